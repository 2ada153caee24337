// SPDX-License-Identifier: MIT
// Running SQL statements over a store.
#include "heapsnap/sql.h"

#include <ctype.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "sql/vtab.h"

struct hsn_sql {
    hsn_store *store;
    sqlite3_stmt *statement;
    hsn__buf hex; // of a blob
};

// A mistake in the statement is the user's, anything else the store's.
static int fail_statement(hsn_store *store, int rc, hsn_error *err)
{
    if ((rc & 0xff) == SQLITE_ERROR || (rc & 0xff) == SQLITE_RANGE)
        return hsn__fail(err, HSN_EINVAL, NULL, "%s", sqlite3_errmsg(store->db));
    return hsn__store_fail(store, rc, err);
}

static int register_tables(hsn_store *store, hsn_snapshot_id id, hsn_error *err)
{
    hsn__sql_context *context = hsn__alloc_zeroed(1, sizeof *context);
    if (!context)
        return hsn__fail_memory(err);
    *context = (hsn__sql_context){.store = store, .chosen = id};
    // Registering a name again replaces it, and frees the context of the time before.
    int rc = hsn__sql_register(store->db, context);
    return rc == SQLITE_OK ? HSN_OK : hsn__store_fail(store, rc, err);
}

static bool only_blanks(const char *text)
{
    while (isspace((unsigned char)*text) || *text == ';')
        text++;
    return !*text;
}

int hsn_sql_prepare(hsn_sql **out, hsn_store *store, hsn_snapshot_id id, const char *text,
                    hsn_error *err)
{
    const char *rest = "";
    hsn_sql *sql = NULL;
    *out = NULL;
    int r = register_tables(store, id, err);
    if (r < 0)
        return r;
    sql = hsn__alloc_zeroed(1, sizeof *sql);
    if (!sql)
        return hsn__fail_memory(err);
    sql->store = store;
    int rc = sqlite3_prepare_v2(store->db, text, -1, &sql->statement, &rest);
    if (rc != SQLITE_OK)
        r = fail_statement(store, rc, err);
    else if (!sql->statement)
        r = hsn__fail(err, HSN_EINVAL, NULL, "no SQL statement");
    else if (!only_blanks(rest))
        r = hsn__fail(err, HSN_EINVAL, NULL, "more than one SQL statement");
    if (r < 0)
        hsn_sql_close(sql);
    else
        *out = sql;
    return r;
}

void hsn_sql_close(hsn_sql *sql)
{
    if (!sql)
        return;
    sqlite3_finalize(sql->statement);
    hsn__buf_clear(&sql->hex);
    hsn__free(sql);
}

int hsn_sql_next(hsn_sql *sql, hsn_error *err)
{
    int rc = sqlite3_step(sql->statement);
    if (rc == SQLITE_ROW)
        return HSN_OK;
    return rc == SQLITE_DONE ? HSN_DONE : fail_statement(sql->store, rc, err);
}

int hsn_sql_column_count(const hsn_sql *sql)
{
    return sqlite3_column_count(sql->statement);
}

const char *hsn_sql_column_name(const hsn_sql *sql, int column)
{
    const char *name = sqlite3_column_name(sql->statement, column);
    return name ? name : "";
}

static int blob_text(hsn_sql *sql, int column, hsn_sql_value *out, hsn_error *err)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = sqlite3_column_blob(sql->statement, column);
    size_t size = (size_t)sqlite3_column_bytes(sql->statement, column);
    hsn__buf_reset(&sql->hex);
    if (!hsn__buf_reserve(&sql->hex, size * 2))
        return hsn__fail_memory(err);
    for (size_t i = 0; i < size; i++) {
        hsn__buf_putc(&sql->hex, digits[bytes[i] >> 4]);
        hsn__buf_putc(&sql->hex, digits[bytes[i] & 15]);
    }
    out->text = hsn__buf_text(&sql->hex);
    out->text_length = size * 2;
    return HSN_OK;
}

int hsn_sql_column(hsn_sql *sql, int column, hsn_sql_value *out, hsn_error *err)
{
    *out = (hsn_sql_value){.type = HSN_SQL_NULL, .text = ""};
    switch (sqlite3_column_type(sql->statement, column)) {
    case SQLITE_INTEGER:
        out->type = HSN_SQL_INTEGER;
        out->integer = sqlite3_column_int64(sql->statement, column);
        break;
    case SQLITE_FLOAT:
        out->type = HSN_SQL_REAL;
        out->real = sqlite3_column_double(sql->statement, column);
        break;
    case SQLITE_TEXT:
        out->type = HSN_SQL_TEXT;
        out->text = (const char *)sqlite3_column_text(sql->statement, column);
        if (!out->text)
            return hsn__fail_memory(err);
        out->text_length = (size_t)sqlite3_column_bytes(sql->statement, column);
        break;
    case SQLITE_BLOB:
        out->type = HSN_SQL_TEXT;
        return blob_text(sql, column, out, err);
    }
    return HSN_OK;
}

static int collect(hsn_sql *sql, hsn_node_id **out, size_t *out_count, hsn_error *err)
{
    size_t capacity = 0;
    int r;
    while ((r = hsn_sql_next(sql, err)) == HSN_OK) {
        if (!hsn__array_grow(out, &capacity, *out_count + 1, sizeof **out, SIZE_MAX))
            return hsn__fail_memory(err);
        (*out)[(*out_count)++] = (hsn_node_id)sqlite3_column_int64(sql->statement, 0);
    }
    return r;
}

int hsn_sql_nodes_where(hsn_store *store, hsn_snapshot_id id, const char *where, hsn_node_id **out,
                        size_t *out_count, hsn_error *err)
{
    hsn__buf text = {0};
    hsn_sql *sql = NULL;
    *out = NULL;
    *out_count = 0;
    // On a line of its own, so that a comment at the end of `where` ends there.
    hsn__buf_printf(&text, "SELECT id FROM object WHERE (%s\n) ORDER BY id", where);
    int r = text.failed ? hsn__fail_memory(err)
                        : hsn_sql_prepare(&sql, store, id, hsn__buf_text(&text), err);
    if (r == HSN_OK)
        r = collect(sql, out, out_count, err);
    if (r < 0) {
        hsn__free(*out);
        *out = NULL;
        *out_count = 0;
    }
    hsn_sql_close(sql);
    hsn__buf_clear(&text);
    return r < 0 ? r : HSN_OK;
}
