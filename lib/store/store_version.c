// SPDX-License-Identifier: MIT
// Versions that only the store knows.
#include "store/store_version.h"

#include <sqlite3.h>

#include "store/store_private.h"

#define TEXT_OF(number) #number
#define TEXT(macro)     TEXT_OF(macro)

const char *hsn__sqlite_version(void)
{
    return sqlite3_libversion();
}

const char *hsn__schema_version(void)
{
    return TEXT(HSN__SCHEMA_VERSION);
}
