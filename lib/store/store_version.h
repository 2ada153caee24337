// SPDX-License-Identifier: MIT
// Versions that only the store knows.
#ifndef HSN_STORE_VERSION_H
#define HSN_STORE_VERSION_H

/** SQLite as linked: "3.40.1". Static. */
const char *hsn__sqlite_version(void);

/** The newest schema that this library reads and the one that it writes: "1". Static. */
const char *hsn__schema_version(void);

#endif
