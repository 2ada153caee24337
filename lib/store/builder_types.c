// SPDX-License-Identifier: MIT
// Types and their totals into rows.
//
// A store has one row for every type that looks the same in its snapshots, so that totals of
// thousands of snapshots are small and line up by number. Totals are written in order of that
// number: rows that ascend fill the pages.
#include "store/builder_private.h"

#include <stdlib.h>

#include "base/alloc.h"

typedef struct total {
    int64_t type; // row of the table `type`
    uint64_t count;
    uint64_t size_bytes;
} total;

static void bind_type(sqlite3_stmt *statement, const hsn__type_identity *type)
{
    sqlite3_bind_text(statement, 1, type->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, type->module, -1, SQLITE_STATIC);
    sqlite3_bind_int(statement, 3, type->kind);
    sqlite3_bind_int(statement, 4, type->has_finalizer);
}

int hsn__type_row(hsn_store *store, const hsn__type_identity *type, int64_t *out, hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(store, HSN__QUERY_TYPE_FIND, &statement, err);
    if (r < 0)
        return r;
    bind_type(statement, type);
    r = hsn__query_next(store, statement, err);
    if (r == HSN_OK) {
        *out = sqlite3_column_int64(statement, 0);
        sqlite3_reset(statement);
    }
    if (r != HSN_DONE)
        return r;
    r = hsn__query_get(store, HSN__QUERY_TYPE_INSERT, &statement, err);
    if (r < 0)
        return r;
    bind_type(statement, type);
    r = hsn__query_run(store, statement, err);
    *out = sqlite3_last_insert_rowid(store->db);
    return r;
}

static int write_numbered(const hsn__builder *b, hsn_store *store, hsn_snapshot_id id, size_t at,
                          int64_t row, hsn_error *err)
{
    const hsn__built_type *type = &b->types[at];
    sqlite3_stmt *statement;
    int r = hsn__query_get(store, HSN__QUERY_SNAPSHOT_TYPE_INSERT, &statement, err);
    if (r < 0)
        return r;
    uint32_t node = type->object_address
                        ? hsn__address_map_find(&b->addresses, type->object_address)
                        : HSN_NONE;
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_int64(statement, 2, (int64_t)at);
    sqlite3_bind_int64(statement, 3, row);
    if (node != HSN_NONE)
        sqlite3_bind_int64(statement, 4, node);
    if (type->object_address)
        sqlite3_bind_int64(statement, 5, (int64_t)type->object_address);
    sqlite3_bind_int64(statement, 6, (int64_t)type->count);
    sqlite3_bind_int64(statement, 7, (int64_t)type->size_bytes);
    return hsn__query_run(store, statement, err);
}

static int by_type(const void *a, const void *b)
{
    const total *x = a, *y = b;
    return x->type < y->type ? -1 : x->type > y->type;
}

// One row a type that has instances; `totals` are sorted by type.
static int write_totals(hsn_store *store, hsn_snapshot_id id, const total *totals, size_t count,
                        hsn_error *err)
{
    int r = HSN_OK;
    for (size_t i = 0, end; r == HSN_OK && i < count; i = end) {
        total sum = totals[i];
        for (end = i + 1; end < count && totals[end].type == sum.type; end++) {
            sum.count += totals[end].count;
            sum.size_bytes += totals[end].size_bytes;
        }
        if (!sum.count && !sum.size_bytes)
            continue;
        sqlite3_stmt *statement;
        r = hsn__query_get(store, HSN__QUERY_TYPE_TOTAL_INSERT, &statement, err);
        if (r < 0)
            break;
        sqlite3_bind_int64(statement, 1, id);
        sqlite3_bind_int64(statement, 2, sum.type);
        sqlite3_bind_int64(statement, 3, (int64_t)sum.count);
        sqlite3_bind_int64(statement, 4, (int64_t)sum.size_bytes);
        r = hsn__query_run(store, statement, err);
    }
    return r;
}

int hsn__builder_write_types(const hsn__builder *b, hsn_store *store, hsn_snapshot_id id,
                             hsn_error *err)
{
    total *totals = hsn__alloc_array(b->type_count, sizeof *totals);
    int r = totals ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; r == HSN_OK && i < b->type_count; i++) {
        totals[i].count = b->types[i].count;
        totals[i].size_bytes = b->types[i].size_bytes;
        hsn__type_identity type = {b->types[i].name, b->types[i].module, b->types[i].kind,
                                   b->types[i].has_finalizer};
        r = hsn__type_row(store, &type, &totals[i].type, err);
        if (r == HSN_OK)
            r = write_numbered(b, store, id, i, totals[i].type, err);
    }
    if (r == HSN_OK && b->type_count)
        qsort(totals, b->type_count, sizeof *totals, by_type);
    if (r == HSN_OK)
        r = write_totals(store, id, totals, b->type_count, err);
    hsn__free(totals);
    return r;
}
