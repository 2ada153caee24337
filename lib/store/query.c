// SPDX-License-Identifier: MIT
// Preparing and running the store's statements.
#include "store/query.h"
#include "store/store_private.h"

static const char *const sql[] = {
#define ROW(name, text) text,
    HSN__QUERY_LIST(ROW)
#undef ROW
};

int hsn__query_get(hsn_store *store, hsn__query query, sqlite3_stmt **out, hsn_error *err)
{
    sqlite3_stmt **statement = &store->statements[query];
    if (!*statement) {
        int rc = sqlite3_prepare_v3(store->db, sql[query], -1, SQLITE_PREPARE_PERSISTENT, statement,
                                    NULL);
        if (rc != SQLITE_OK)
            return hsn__store_fail(store, rc, err);
    }
    sqlite3_reset(*statement);
    sqlite3_clear_bindings(*statement);
    *out = *statement;
    return HSN_OK;
}

int hsn__query_next(hsn_store *store, sqlite3_stmt *statement, hsn_error *err)
{
    int rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        return HSN_OK;
    if (rc == SQLITE_DONE) {
        sqlite3_reset(statement);
        return HSN_DONE;
    }
    int r = hsn__store_fail(store, rc, err);
    sqlite3_reset(statement);
    return r;
}

int hsn__query_run(hsn_store *store, sqlite3_stmt *statement, hsn_error *err)
{
    int r = hsn__query_next(store, statement, err);
    sqlite3_reset(statement);
    return r < 0 ? r : HSN_OK;
}
