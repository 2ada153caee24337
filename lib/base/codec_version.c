// SPDX-License-Identifier: MIT
// Versions of the libraries that inflate.
#include "base/codec_version.h"

#include <zlib.h>
#ifdef HSN_HAVE_ZSTD
#include <zstd.h>
#endif

const char *hsn__zlib_version(void)
{
    return zlibVersion();
}

const char *hsn__zstd_version(void)
{
#ifdef HSN_HAVE_ZSTD
    return ZSTD_versionString();
#else
    return "none";
#endif
}
