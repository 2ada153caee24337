// SPDX-License-Identifier: MIT
// Versions of the libraries that inflate.
#ifndef HSN_BASE_CODEC_VERSION_H
#define HSN_BASE_CODEC_VERSION_H

/** As linked: "1.2.13". Static. */
const char *hsn__zlib_version(void);

/** As linked; "none" when it is not built in. Static. */
const char *hsn__zstd_version(void);

#endif
