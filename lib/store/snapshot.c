// SPDX-License-Identifier: MIT
// Listing and finding snapshots, and the small tables around them, read into arena-owned rows.
#include "base/alloc.h"
#include "base/arena.h"
#include "store/store_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// A list under construction: rows grow in place, texts lie in the arena.
typedef struct list {
    hsn__arena *arena;
    size_t capacity;
} list;

static int list_begin(list *building, void **memory, hsn_error *err)
{
    *building = (list){0};
    *memory = building->arena = hsn__alloc_zeroed(1, sizeof *building->arena);
    return building->arena ? HSN_OK : hsn__fail_memory(err);
}

static void list_free(void *rows, void *memory)
{
    if (memory)
        hsn__arena_clear(memory);
    hsn__free(memory);
    hsn__free(rows);
}

static const char *text(list *building, sqlite3_stmt *row, int column)
{
    const char *value = (const char *)sqlite3_column_text(row, column);
    int length = sqlite3_column_bytes(row, column);
    return length ? hsn__arena_copy(building->arena, value, (size_t)length) : "";
}

static uint64_t number(sqlite3_stmt *row, int column)
{
    return (uint64_t)sqlite3_column_int64(row, column);
}

static void read_info(list *building, sqlite3_stmt *row, hsn_snapshot_info *out)
{
    *out = (hsn_snapshot_info){
        .id = sqlite3_column_int64(row, 0),
        .label = text(building, row, 1),
        .source = text(building, row, 2),
        .format = text(building, row, 3),
        .runtime = text(building, row, 4),
        .runtime_version = text(building, row, 5),
        .program = text(building, row, 6),
        .host = text(building, row, 7),
        .pid = sqlite3_column_int64(row, 8),
        .captured_at_unix_ms = sqlite3_column_int64(row, 9),
        .rss_bytes = sqlite3_column_int64(row, 10),
        .objects = number(row, 11),
        .references = number(row, 12),
        .weak_references = number(row, 13),
        .dangling_references = number(row, 14),
        .duplicate_objects = number(row, 15),
        .roots = number(row, 16),
        .heap_bytes = number(row, 17),
        .types = number(row, 18),
        .strings = number(row, 19),
        .frames = number(row, 20),
        .stacks = number(row, 21),
        .allocations = number(row, 22),
        .allocation_bytes = number(row, 23),
        .samples = number(row, 24),
        .warnings = number(row, 25),
        .bytes_read = number(row, 26),
        .bytes_total = number(row, 27),
        .complete = sqlite3_column_int(row, 28),
        .has_refcounts = sqlite3_column_int(row, 29),
        .address_shift = (unsigned)sqlite3_column_int(row, 30),
        .has_graph = sqlite3_column_int(row, 31),
        .graph_dropped = sqlite3_column_int(row, 33),
        .stable_ids = sqlite3_column_int(row, 32),
    };
}

static int check_info(hsn_store *store, const hsn_snapshot_info *info, hsn_error *err)
{
    const char *const texts[] = {info->label,   info->source,          info->format, info->runtime,
                                 info->program, info->runtime_version, info->host};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!texts[i])
            return hsn__fail_memory(err);
    if (info->objects > HSN_MAX_OBJECTS || info->types > UINT32_MAX || info->strings > UINT32_MAX ||
        info->references > UINT64_MAX / 16 || info->weak_references > info->references ||
        info->address_shift > 63)
        return hsn__fail(err, HSN_EFORMAT, hsn_store_path(store),
                         "damaged store: impossible counts in snapshot %" PRId64, info->id);
    return HSN_OK;
}

int hsn__snapshot_info_list(hsn_store *store, hsn_snapshot_id only, hsn_snapshot_list *out,
                            hsn_error *err)
{
    list building;
    sqlite3_stmt *row;
    *out = (hsn_snapshot_list){0};
    int r = list_begin(&building, &out->memory, err);
    if (r == HSN_OK)
        r = hsn__query_get(store, HSN__QUERY_SNAPSHOT_LIST, &row, err);
    if (r == HSN_OK && only)
        sqlite3_bind_int64(row, 1, only);
    while (r == HSN_OK && (r = hsn__query_next(store, row, err)) == HSN_OK) {
        if (!hsn__array_grow(&out->rows, &building.capacity, out->count + 1, sizeof *out->rows,
                             SIZE_MAX)) {
            r = hsn__fail_memory(err);
            break;
        }
        read_info(&building, row, &out->rows[out->count]);
        r = check_info(store, &out->rows[out->count], err);
        if (r == HSN_OK)
            out->count++;
    }
    if (r < 0)
        hsn_snapshot_list_free(out);
    return r < 0 ? r : HSN_OK;
}

int hsn_snapshot_list_read(hsn_store *store, hsn_snapshot_list *out, hsn_error *err)
{
    return hsn__snapshot_info_list(store, 0, out, err);
}

void hsn_snapshot_list_free(hsn_snapshot_list *snapshots)
{
    if (!snapshots)
        return;
    list_free(snapshots->rows, snapshots->memory);
    *snapshots = (hsn_snapshot_list){0};
}

// One integer of a one-row query; HSN_DONE when there is no row or it is NULL.
static int find_id(hsn_store *store, hsn__query query, const char *label, int64_t number_id,
                   hsn_snapshot_id *out, hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(store, query, &statement, err);
    if (r < 0)
        return r;
    if (label)
        sqlite3_bind_text(statement, 1, label, -1, SQLITE_STATIC);
    else if (number_id)
        sqlite3_bind_int64(statement, 1, number_id);
    r = hsn__query_next(store, statement, err);
    if (r == HSN_OK) {
        if (sqlite3_column_type(statement, 0) == SQLITE_NULL)
            r = HSN_DONE;
        *out = sqlite3_column_int64(statement, 0);
    }
    sqlite3_reset(statement);
    return r;
}

int hsn_snapshot_find(hsn_store *store, const char *selector, hsn_snapshot_id *out, hsn_error *err)
{
    int r = HSN_DONE;
    if (selector && *selector)
        r = find_id(store, HSN__QUERY_SNAPSHOT_BY_LABEL, selector, 0, out, err);
    if (r == HSN_DONE && (!selector || !*selector || !strcmp(selector, "last")))
        r = find_id(store, HSN__QUERY_SNAPSHOT_LAST, NULL, 0, out, err);
    else if (r == HSN_DONE && !strcmp(selector, "first"))
        r = find_id(store, HSN__QUERY_SNAPSHOT_FIRST, NULL, 0, out, err);
    else if (r == HSN_DONE && strspn(selector, "0123456789") == strlen(selector) &&
             strlen(selector) < 19)
        r = find_id(store, HSN__QUERY_SNAPSHOT_BY_ID, NULL, (int64_t)strtoull(selector, NULL, 10),
                    out, err);
    if (r != HSN_DONE)
        return r;
    if (!selector || !*selector)
        return hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(store), "the store holds no snapshot");
    return hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(store), "no snapshot named '%s'", selector);
}

static int read_pairs(hsn_store *store, hsn__query query, hsn_snapshot_id id, hsn_pair_list *out,
                      hsn_error *err)
{
    list building;
    sqlite3_stmt *row;
    *out = (hsn_pair_list){0};
    int r = list_begin(&building, &out->memory, err);
    if (r == HSN_OK)
        r = hsn__query_get(store, query, &row, err);
    if (r == HSN_OK)
        sqlite3_bind_int64(row, 1, id);
    while (r == HSN_OK && (r = hsn__query_next(store, row, err)) == HSN_OK) {
        hsn_pair pair = {text(&building, row, 0), text(&building, row, 1)};
        if (!pair.name || !pair.value ||
            !hsn__array_grow(&out->rows, &building.capacity, out->count + 1, sizeof *out->rows,
                             SIZE_MAX))
            r = hsn__fail_memory(err);
        else
            out->rows[out->count++] = pair;
    }
    if (r < 0)
        hsn_pair_list_free(out);
    return r < 0 ? r : HSN_OK;
}

int hsn_snapshot_facts(hsn_store *store, hsn_snapshot_id id, hsn_pair_list *out, hsn_error *err)
{
    return read_pairs(store, HSN__QUERY_FACT_LIST, id, out, err);
}

int hsn_snapshot_tags(hsn_store *store, hsn_snapshot_id id, hsn_pair_list *out, hsn_error *err)
{
    return read_pairs(store, HSN__QUERY_TAG_LIST, id, out, err);
}

int hsn_snapshot_warnings(hsn_store *store, hsn_snapshot_id id, hsn_pair_list *out, hsn_error *err)
{
    return read_pairs(store, HSN__QUERY_WARNING_LIST, id, out, err);
}

void hsn_pair_list_free(hsn_pair_list *pairs)
{
    if (!pairs)
        return;
    list_free(pairs->rows, pairs->memory);
    *pairs = (hsn_pair_list){0};
}

static int is_graph_dropped(hsn_store *store, hsn_snapshot_id id, bool *out, hsn_error *err)
{
    sqlite3_stmt *statement;
    *out = false;
    int r = hsn__query_get(store, HSN__QUERY_SNAPSHOT_GRAPH_DROPPED, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, id);
    r = hsn__query_next(store, statement, err);
    if (r == HSN_OK)
        *out = sqlite3_column_int(statement, 0);
    sqlite3_reset(statement);
    return r < 0 ? r : HSN_OK;
}

int hsn_type_list_read(hsn_store *store, hsn_snapshot_id id, hsn_type_list *out, hsn_error *err)
{
    list building;
    sqlite3_stmt *row;
    bool dropped;
    *out = (hsn_type_list){0};
    int r = is_graph_dropped(store, id, &dropped, err);
    if (r == HSN_OK)
        r = list_begin(&building, &out->memory, err);
    if (r == HSN_OK)
        r = hsn__query_get(store,
                           dropped ? HSN__QUERY_TYPE_TOTAL_TYPES : HSN__QUERY_SNAPSHOT_TYPE_LIST,
                           &row, err);
    if (r == HSN_OK)
        sqlite3_bind_int64(row, 1, id);
    while (r == HSN_OK && (r = hsn__query_next(store, row, err)) == HSN_OK) {
        if (!dropped && number(row, 7) != out->count) {
            r = hsn__fail(err, HSN_EFORMAT, hsn_store_path(store),
                          "damaged store: types of snapshot %" PRId64 " have a gap", id);
            break;
        }
        hsn_type type = {
            .name = text(&building, row, 0),
            .module = text(&building, row, 1),
            .kind = (hsn_kind)sqlite3_column_int(row, 2),
            .has_finalizer = sqlite3_column_int(row, 3),
            .node =
                sqlite3_column_type(row, 4) == SQLITE_NULL ? HSN_NONE : (hsn_node_id)number(row, 4),
            .count = number(row, 5),
            .size_bytes = number(row, 6),
        };
        if (!type.name || !type.module ||
            !hsn__array_grow(&out->rows, &building.capacity, out->count + 1, sizeof *out->rows,
                             UINT32_MAX))
            r = hsn__fail_memory(err);
        else
            out->rows[out->count++] = type;
    }
    if (r < 0)
        hsn_type_list_free(out);
    return r < 0 ? r : HSN_OK;
}

void hsn_type_list_free(hsn_type_list *types)
{
    if (!types)
        return;
    list_free(types->rows, types->memory);
    *types = (hsn_type_list){0};
}

int hsn_root_list_read(hsn_store *store, hsn_snapshot_id id, hsn_root_list *out, hsn_error *err)
{
    list building;
    sqlite3_stmt *row;
    *out = (hsn_root_list){0};
    int r = list_begin(&building, &out->memory, err);
    if (r == HSN_OK)
        r = hsn__query_get(store, HSN__QUERY_ROOT_LIST, &row, err);
    if (r == HSN_OK)
        sqlite3_bind_int64(row, 1, id);
    while (r == HSN_OK && (r = hsn__query_next(store, row, err)) == HSN_OK) {
        hsn_root root = {
            .node = (hsn_node_id)number(row, 0),
            .kind = (hsn_root_kind)sqlite3_column_int(row, 1),
            .name = text(&building, row, 2),
            .thread = text(&building, row, 3),
        };
        if (!root.name || !root.thread ||
            !hsn__array_grow(&out->rows, &building.capacity, out->count + 1, sizeof *out->rows,
                             UINT32_MAX))
            r = hsn__fail_memory(err);
        else
            out->rows[out->count++] = root;
    }
    if (r < 0)
        hsn_root_list_free(out);
    return r < 0 ? r : HSN_OK;
}

void hsn_root_list_free(hsn_root_list *roots)
{
    if (!roots)
        return;
    list_free(roots->rows, roots->memory);
    *roots = (hsn_root_list){0};
}
