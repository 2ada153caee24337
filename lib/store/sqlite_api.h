// SPDX-License-Identifier: MIT
// SQLite as a library, or, in the loadable extension, through the table of calls of its host.
#ifndef HSN_STORE_SQLITE_API_H
#define HSN_STORE_SQLITE_API_H

#ifdef HSN_LOADABLE
#include <sqlite3ext.h>
extern const sqlite3_api_routines *sqlite3_api;
#else
#include <sqlite3.h>
#endif

#endif
