// SPDX-License-Identifier: MIT
// The loadable extension: `.load heapsnap_sqlite` in the sqlite3 shell on a store, and SQL sees its
// heap.
#include "base/alloc.h"
#include "sql/vtab.h"

const sqlite3_api_routines *sqlite3_api;

__attribute__((visibility("default"))) int
sqlite3_heapsnapsqlite_init(sqlite3 *db, char **message, const sqlite3_api_routines *api);

// SQLite finds this function by the file's name: letters only, without "lib".
int sqlite3_heapsnapsqlite_init(sqlite3 *db, char **message, const sqlite3_api_routines *api)
{
    hsn_error err = {0};
    hsn_store *store = NULL;
    sqlite3_api = api;
    int r = hsn__store_borrow(&store, db, &err);
    hsn__sql_context *context = r == HSN_OK ? hsn__alloc_zeroed(1, sizeof *context) : NULL;
    if (!context) {
        *message = sqlite3_mprintf("%s", r < 0 ? err.message : "out of memory");
        hsn_store_close(store);
        return SQLITE_ERROR;
    }
    context->store = store;
    context->owns_store = true;
    return hsn__sql_register(db, context);
}
