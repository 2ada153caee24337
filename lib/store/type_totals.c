// SPDX-License-Identifier: MIT
// Reading totals by type: names once per store, then numbers only.
#include "store/type_totals.h"

#include <inttypes.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "store/store_private.h"

typedef struct names_memory {
    hsn__arena arena;
    size_t ids, names, modules; // capacities
} names_memory;

static const char *text(names_memory *memory, sqlite3_stmt *row, int column)
{
    const char *value = (const char *)sqlite3_column_text(row, column);
    int length = sqlite3_column_bytes(row, column);
    return length ? hsn__arena_copy(&memory->arena, value, (size_t)length) : "";
}

static int add_name(sqlite3_stmt *row, hsn__type_names *out, hsn_error *err)
{
    names_memory *memory = out->memory;
    size_t need = out->count + 1;
    const char *name = text(memory, row, 1), *module = text(memory, row, 2);
    if (!name || !module ||
        !hsn__array_grow(&out->ids, &memory->ids, need, sizeof *out->ids, UINT32_MAX) ||
        !hsn__array_grow(&out->names, &memory->names, need, sizeof *out->names, UINT32_MAX) ||
        !hsn__array_grow(&out->modules, &memory->modules, need, sizeof *out->modules, UINT32_MAX))
        return hsn__fail_memory(err);
    out->ids[out->count] = sqlite3_column_int64(row, 0);
    out->names[out->count] = name;
    out->modules[out->count++] = module;
    return HSN_OK;
}

int hsn__type_names_read(hsn_store *store, hsn__type_names *out, hsn_error *err)
{
    sqlite3_stmt *row;
    *out = (hsn__type_names){.memory = hsn__alloc_zeroed(1, sizeof(names_memory))};
    int r = out->memory ? hsn__query_get(store, HSN__QUERY_TYPE_NAMES, &row, err)
                        : hsn__fail_memory(err);
    while (r == HSN_OK && (r = hsn__query_next(store, row, err)) == HSN_OK)
        r = add_name(row, out, err);
    if (r < 0)
        hsn__type_names_free(out);
    return r < 0 ? r : HSN_OK;
}

void hsn__type_names_free(hsn__type_names *names)
{
    if (names->memory)
        hsn__arena_clear(&((names_memory *)names->memory)->arena);
    hsn__free(names->memory);
    hsn__free(names->ids);
    hsn__free(names->names);
    hsn__free(names->modules);
    *names = (hsn__type_names){0};
}

// ---- numbers ----------------------------------------------------------------------------------

// Rows are taken by an aggregate function: a history has ten million of them, and handing each out
// of sqlite3_step() takes half as long again as reading it.
typedef struct taking {
    hsn_store *store;
    hsn_snapshot_id id;
    const hsn__type_names *names;
    int (*take)(void *context, const hsn__type_total *total, hsn_error *err);
    void *context;
    hsn_error *err;
    size_t at, count;
    int r;
} taking;

// Only a statement of ours can name a pointer of this kind.
static const char pointer_kind[] = "hsn__taking";

static void take_row(sqlite3_context *context, int value_count, sqlite3_value **values)
{
    // Kept from the first row on: to look at the pointer's kind costs a comparison of strings.
    taking **kept = sqlite3_aggregate_context(context, sizeof *kept), *t;
    (void)value_count;
    if (!kept) {
        sqlite3_result_error_nomem(context);
        return;
    }
    if (!*kept)
        *kept = sqlite3_value_pointer(values[0], pointer_kind);
    t = *kept;
    if (!t || t->r < 0)
        return;
    const hsn__type_names *names = t->names;
    int64_t type = sqlite3_value_int64(values[1]);
    // Both are in order of type, so finding the name is a step or few.
    if (t->at == names->count || names->ids[t->at] > type)
        t->at = 0;
    while (t->at < names->count && names->ids[t->at] < type)
        t->at++;
    if (t->at == names->count || names->ids[t->at] != type) {
        t->r = hsn__fail(t->err, HSN_EFORMAT, hsn_store_path(t->store),
                         "damaged store: totals of snapshot %" PRId64 " name no type", t->id);
        return;
    }
    hsn__type_total total = {
        .type = t->at,
        .count = (uint64_t)sqlite3_value_int64(values[2]),
        .size_bytes = (uint64_t)sqlite3_value_int64(values[3]),
    };
    t->count++;
    t->r = t->take(t->context, &total, t->err);
}

static void taken(sqlite3_context *context)
{
    sqlite3_result_null(context);
}

// Once a connection. A borrowed one that is running a statement has the function already.
static int add_function(hsn_store *store, hsn_error *err)
{
    if (store->statements[HSN__QUERY_TYPE_TOTAL_TAKE])
        return HSN_OK;
    int rc =
        sqlite3_create_function_v2(store->db, "hsn__take_total", 4, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                   NULL, NULL, take_row, taken, NULL);
    return rc == SQLITE_OK || rc == SQLITE_BUSY ? HSN_OK : hsn__store_fail(store, rc, err);
}

int hsn__type_totals_each(hsn_store *store, hsn_snapshot_id id, const hsn__type_names *names,
                          int (*take)(void *context, const hsn__type_total *total, hsn_error *err),
                          void *context, size_t *out_count, hsn_error *err)
{
    sqlite3_stmt *row;
    taking t = {
        .store = store, .id = id, .names = names, .take = take, .context = context, .err = err};
    *out_count = 0;
    int r = add_function(store, err);
    if (r >= 0)
        r = hsn__query_get(store, HSN__QUERY_TYPE_TOTAL_TAKE, &row, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(row, 1, id);
    sqlite3_bind_pointer(row, 2, &t, pointer_kind, NULL);
    r = hsn__query_run(store, row, err);
    sqlite3_clear_bindings(row);
    *out_count = t.count;
    return r < 0 ? r : t.r < 0 ? t.r : HSN_OK;
}
