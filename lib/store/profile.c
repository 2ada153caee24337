// SPDX-License-Identifier: MIT
// Reading the allocation profile of a snapshot: frames, the prefix tree of stacks, totals.
#include "base/alloc.h"
#include "base/arena.h"
#include "store/store_private.h"

#include <inttypes.h>

typedef struct profile_memory {
    hsn__arena arena;
    size_t frames, stacks, totals; // capacities
} profile_memory;

static const char *text(profile_memory *memory, sqlite3_stmt *row, int column)
{
    const char *value = (const char *)sqlite3_column_text(row, column);
    int length = sqlite3_column_bytes(row, column);
    return length ? hsn__arena_copy(&memory->arena, value, (size_t)length) : "";
}

static int damaged(hsn_store *store, const char *what, hsn_snapshot_id id, hsn_error *err)
{
    return hsn__fail(err, HSN_EFORMAT, hsn_store_path(store),
                     "damaged store: %s of snapshot %" PRId64, what, id);
}

static int begin(hsn_store *store, hsn__query query, hsn_snapshot_id id, sqlite3_stmt **out,
                 hsn_error *err)
{
    int r = hsn__query_get(store, query, out, err);
    if (r == HSN_OK)
        sqlite3_bind_int64(*out, 1, id);
    return r;
}

static int read_frames(hsn_store *store, hsn_snapshot_id id, hsn_profile *out, hsn_error *err)
{
    profile_memory *memory = out->memory;
    sqlite3_stmt *row;
    const char *file = "", *function = "";
    int r = begin(store, HSN__QUERY_FRAME_LIST, id, &row, err);
    while (r == HSN_OK && (r = hsn__query_next(store, row, err)) == HSN_OK) {
        if ((uint64_t)sqlite3_column_int64(row, 0) != out->frame_count)
            return damaged(store, "frames", id, err);
        file = text(memory, row, 1);
        function = text(memory, row, 2);
        if (!file || !function ||
            !hsn__array_grow(&out->frames, &memory->frames, out->frame_count + 1,
                             sizeof *out->frames, UINT32_MAX))
            return hsn__fail_memory(err);
        out->frames[out->frame_count++] =
            (hsn_frame){file, function, (uint32_t)sqlite3_column_int64(row, 3)};
    }
    return r;
}

static int read_stacks(hsn_store *store, hsn_snapshot_id id, hsn_profile *out, hsn_error *err)
{
    profile_memory *memory = out->memory;
    sqlite3_stmt *row;
    int r = begin(store, HSN__QUERY_STACK_LIST, id, &row, err);
    while (r == HSN_OK && (r = hsn__query_next(store, row, err)) == HSN_OK) {
        hsn_stack stack = {.frame = (uint32_t)sqlite3_column_int64(row, 1), .parent = HSN_NONE};
        if (sqlite3_column_type(row, 2) != SQLITE_NULL) {
            stack.parent = (uint32_t)sqlite3_column_int64(row, 2);
            if (stack.parent >= out->stack_count)
                return damaged(store, "stacks", id, err);
        }
        if ((uint64_t)sqlite3_column_int64(row, 0) != out->stack_count ||
            stack.frame >= out->frame_count)
            return damaged(store, "stacks", id, err);
        if (!hsn__array_grow(&out->stacks, &memory->stacks, out->stack_count + 1,
                             sizeof *out->stacks, UINT32_MAX))
            return hsn__fail_memory(err);
        out->stacks[out->stack_count++] = stack;
    }
    return r;
}

static int read_totals(hsn_store *store, hsn_snapshot_id id, hsn_profile *out, hsn_error *err)
{
    profile_memory *memory = out->memory;
    sqlite3_stmt *row;
    int r = begin(store, HSN__QUERY_STACK_TOTAL_LIST, id, &row, err);
    while (r == HSN_OK && (r = hsn__query_next(store, row, err)) == HSN_OK) {
        hsn_stack_total total = {
            .stack = (uint32_t)sqlite3_column_int64(row, 0),
            .domain = (uint32_t)sqlite3_column_int64(row, 1),
            .count = (uint64_t)sqlite3_column_int64(row, 2),
            .size_bytes = (uint64_t)sqlite3_column_int64(row, 3),
        };
        if (total.stack >= out->stack_count)
            return damaged(store, "totals of stacks", id, err);
        if (!hsn__array_grow(&out->totals, &memory->totals, out->total_count + 1,
                             sizeof *out->totals, SIZE_MAX))
            return hsn__fail_memory(err);
        out->totals[out->total_count++] = total;
    }
    return r;
}

int hsn_profile_read(hsn_store *store, hsn_snapshot_id id, hsn_profile *out, hsn_error *err)
{
    *out = (hsn_profile){.memory = hsn__alloc_zeroed(1, sizeof(profile_memory))};
    int r = out->memory ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = read_frames(store, id, out, err);
    if (r >= 0)
        r = read_stacks(store, id, out, err);
    if (r >= 0)
        r = read_totals(store, id, out, err);
    if (r < 0)
        hsn_profile_free(out);
    return r < 0 ? r : HSN_OK;
}

void hsn_profile_free(hsn_profile *profile)
{
    if (!profile)
        return;
    profile_memory *memory = profile->memory;
    if (memory)
        hsn__arena_clear(&memory->arena);
    hsn__free(memory);
    hsn__free(profile->frames);
    hsn__free(profile->stacks);
    hsn__free(profile->totals);
    *profile = (hsn_profile){0};
}
