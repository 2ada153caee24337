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

int hsn__type_totals_each(hsn_store *store, hsn_snapshot_id id, const hsn__type_names *names,
                          int (*take)(void *context, const hsn__type_total *total, hsn_error *err),
                          void *context, size_t *out_count, hsn_error *err)
{
    sqlite3_stmt *row;
    size_t at = 0;
    *out_count = 0;
    int r = hsn__query_get(store, HSN__QUERY_TYPE_TOTAL_LIST, &row, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(row, 1, id);
    while (r == HSN_OK && (r = hsn__query_next(store, row, err)) == HSN_OK) {
        int64_t type = sqlite3_column_int64(row, 0);
        // Both are in order of type, so finding the name is a step or few.
        while (at < names->count && names->ids[at] < type)
            at++;
        if (at == names->count || names->ids[at] != type) {
            r = hsn__fail(err, HSN_EFORMAT, hsn_store_path(store),
                          "damaged store: totals of snapshot %" PRId64 " name no type", id);
            break;
        }
        hsn__type_total total = {
            .type = at,
            .count = (uint64_t)sqlite3_column_int64(row, 1),
            .size_bytes = (uint64_t)sqlite3_column_int64(row, 2),
        };
        ++*out_count;
        r = take(context, &total, err);
    }
    sqlite3_reset(row);
    return r < 0 ? r : HSN_OK;
}
