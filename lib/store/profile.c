// SPDX-License-Identifier: MIT
// Reading the allocation profile of a snapshot: metrics, frames, the prefix tree of stacks, totals.
#include "base/alloc.h"
#include "base/arena.h"
#include "store/map64.h"
#include "store/store_private.h"

#include <inttypes.h>
#include <string.h>

typedef struct profile_memory {
    hsn__arena arena;
    size_t frames, stacks, totals; // capacities
} profile_memory;

// A reading under way.
typedef struct reading {
    hsn_store *store;
    hsn_snapshot_id id;
    hsn_profile *out;
    profile_memory *memory;
    uint64_t *values; // of one segment
    uint64_t *others; // of another one beside it
    hsn__map64 known; // rows of the table `frame` -> index into out->frames
} reading;

static const char *text(hsn__arena *arena, sqlite3_stmt *row, int column)
{
    const char *value = (const char *)sqlite3_column_text(row, column);
    int length = sqlite3_column_bytes(row, column);
    return length ? hsn__arena_copy(arena, value, (size_t)length) : "";
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

// ---- metrics -----------------------------------------------------------------------------------

// The one that the dump names, when it has totals; else `inuse`; else the first with totals.
static int mark_default(hsn_store *store, hsn_snapshot_id id, hsn_metric *metrics, size_t count,
                        hsn_error *err)
{
    sqlite3_stmt *row;
    size_t chosen = HSN_METRIC_INUSE;
    for (size_t i = count; i-- > 0 && !metrics[HSN_METRIC_INUSE].total_count;)
        chosen = metrics[i].total_count ? i : chosen;
    int r = begin(store, HSN__QUERY_METRIC_DEFAULT, id, &row, err);
    if (r == HSN_OK)
        r = hsn__query_next(store, row, err);
    for (size_t i = 0; r == HSN_OK && i < count; i++) {
        const char *name = (const char *)sqlite3_column_text(row, 0);
        if (name && !strcmp(name, metrics[i].name) && metrics[i].total_count)
            chosen = i;
    }
    if (r == HSN_OK)
        sqlite3_reset(row);
    metrics[chosen].is_default = 1;
    return r < 0 ? r : HSN_OK;
}

static int read_metrics(hsn_store *store, hsn_snapshot_id id, hsn__arena *arena, hsn_metric **out,
                        size_t *out_count, hsn_error *err)
{
    sqlite3_stmt *row;
    size_t capacity = 0;
    uint64_t first = 0;
    int r = begin(store, HSN__QUERY_METRIC_LIST, id, &row, err);
    while (r == HSN_OK && (r = hsn__query_next(store, row, err)) == HSN_OK) {
        hsn_metric metric = {
            .name = text(arena, row, 1),
            .unit = text(arena, row, 2),
            .first_total = (size_t)first,
            .total_count = (size_t)sqlite3_column_int64(row, 3),
            .count = (uint64_t)sqlite3_column_int64(row, 4),
            .size_bytes = (uint64_t)sqlite3_column_int64(row, 5),
        };
        if ((uint64_t)sqlite3_column_int64(row, 0) != *out_count || *out_count >= HSN_MAX_METRICS ||
            __builtin_add_overflow(first, metric.total_count, &first) || first > INT64_MAX)
            return damaged(store, "metrics", id, err);
        if (!metric.name || !metric.unit ||
            !hsn__array_grow(out, &capacity, *out_count + 1, sizeof **out, HSN_MAX_METRICS))
            return hsn__fail_memory(err);
        (*out)[(*out_count)++] = metric;
    }
    if (r == HSN_DONE && (!*out_count || strcmp((*out)[0].name, HSN_METRIC_INUSE_NAME) != 0))
        return damaged(store, "metrics", id, err);
    return r < 0 ? r : mark_default(store, id, *out, *out_count, err);
}

int hsn_metric_list_read(hsn_store *store, hsn_snapshot_id id, hsn_metric_list *out, hsn_error *err)
{
    *out = (hsn_metric_list){.memory = hsn__alloc_zeroed(1, sizeof(hsn__arena))};
    int r = out->memory ? HSN_OK : hsn__fail_memory(err);
    if (r == HSN_OK)
        r = read_metrics(store, id, out->memory, &out->rows, &out->count, err);
    if (r < 0)
        hsn_metric_list_free(out);
    return r;
}

void hsn_metric_list_free(hsn_metric_list *list)
{
    if (!list)
        return;
    if (list->memory)
        hsn__arena_clear(list->memory);
    hsn__free(list->memory);
    hsn__free(list->rows);
    *list = (hsn_metric_list){0};
}

// ---- segments ----------------------------------------------------------------------------------

// Part `part` of a column of `total` rows into `values`; *out_rows = how many.
static int read_part(reading *g, hsn__column column, uint64_t total, uint32_t part,
                     uint64_t *values, uint32_t *out_rows, hsn_error *err)
{
    *out_rows = hsn__segment_rows(total, part);
    return hsn__segment_values(g->store, g->id, column, part, values, *out_rows, err);
}

static bool more_parts(uint64_t total, uint32_t part)
{
    return (uint64_t)part * HSN__SEGMENT_ROWS < total;
}

int hsn__profile_frame_ids(hsn_store *store, hsn_snapshot_id id, uint64_t count, uint64_t *out,
                           hsn_error *err)
{
    int r = HSN_OK;
    for (uint32_t part = 0; r == HSN_OK && more_parts(count, part); part++)
        r = hsn__segment_values(store, id, HSN__COLUMN_FRAME, part,
                                out + (size_t)part * HSN__SEGMENT_ROWS,
                                hsn__segment_rows(count, part), err);
    return r;
}

// Which rows of the table `frame` the snapshot's frames are.
static int read_frame_ids(reading *g, uint64_t frames, hsn_error *err)
{
    uint32_t rows;
    int r = HSN_OK;
    for (uint32_t part = 0; r == HSN_OK && more_parts(frames, part); part++) {
        r = read_part(g, HSN__COLUMN_FRAME, frames, part, g->values, &rows, err);
        for (uint32_t i = 0; r == HSN_OK && i < rows; i++) {
            uint32_t frame = hsn__map64_put(&g->known, g->values[i]);
            if (frame == UINT32_MAX)
                r = hsn__fail_memory(err);
            else if (frame != part * HSN__SEGMENT_ROWS + i)
                r = damaged(g->store, "frames", g->id, err);
        }
    }
    return r;
}

// The names of the frames in g->known.
static int read_frames(reading *g, hsn_error *err)
{
    const hsn__map64 *known = &g->known;
    sqlite3_stmt *row;
    uint64_t least = INT64_MAX, most = 0;
    size_t found = 0;
    const char *file = "";
    int r;
    if (!known->count)
        return HSN_OK;
    for (size_t i = 0; i < known->count; i++) {
        least = known->keys[i] < least ? known->keys[i] : least;
        most = known->keys[i] > most ? known->keys[i] : most;
    }
    if (!hsn__array_grow(&g->out->frames, &g->memory->frames, known->count, sizeof(hsn_frame),
                         UINT32_MAX))
        return hsn__fail_memory(err);
    r = begin(g->store, HSN__QUERY_FRAME_LIST, (int64_t)least, &row, err);
    if (r == HSN_OK)
        sqlite3_bind_int64(row, 2, (int64_t)most);
    while (r == HSN_OK && (r = hsn__query_next(g->store, row, err)) == HSN_OK) {
        uint32_t frame = hsn__map64_get(known, (uint64_t)sqlite3_column_int64(row, 0));
        if (frame == UINT32_MAX)
            continue;
        // Frames of one file come in a row as a rule: share its name with the one before.
        const char *name = (const char *)sqlite3_column_text(row, 1);
        if (!name || strcmp(file, name) != 0)
            file = text(&g->memory->arena, row, 1);
        hsn_frame *out = &g->out->frames[frame];
        out->file = file;
        out->function = text(&g->memory->arena, row, 2);
        out->line = (uint32_t)sqlite3_column_int64(row, 3);
        if (!out->file || !out->function)
            return hsn__fail_memory(err);
        found++;
    }
    if (r == HSN_DONE && found != known->count)
        return damaged(g->store, "frames", g->id, err);
    g->out->frame_count = known->count;
    return r < 0 ? r : HSN_OK;
}

static int put_stack(reading *g, uint64_t frame, uint64_t step, hsn_error *err)
{
    hsn_profile *out = g->out;
    if (frame >= out->frame_count || step > out->stack_count)
        return damaged(g->store, "stacks", g->id, err);
    out->stacks[out->stack_count] = (hsn_stack){
        .frame = (uint32_t)frame,
        .parent = step ? (uint32_t)(out->stack_count - step) : HSN_NONE,
    };
    out->stack_count++;
    return HSN_OK;
}

static int read_stacks(reading *g, uint64_t stacks, hsn_error *err)
{
    uint32_t rows;
    int r = HSN_OK;
    for (uint32_t part = 0; r == HSN_OK && more_parts(stacks, part); part++) {
        r = read_part(g, HSN__COLUMN_STACK_FRAME, stacks, part, g->values, &rows, err);
        if (r == HSN_OK)
            r = read_part(g, HSN__COLUMN_STACK_PARENT, stacks, part, g->others, &rows, err);
        if (r == HSN_OK &&
            !hsn__array_grow(&g->out->stacks, &g->memory->stacks, g->out->stack_count + rows,
                             sizeof *g->out->stacks, UINT32_MAX))
            r = hsn__fail_memory(err);
        for (uint32_t i = 0; r == HSN_OK && i < rows; i++)
            r = put_stack(g, g->values[i], g->others[i], err);
    }
    return r;
}

static int read_total_part(reading *g, uint64_t totals, uint32_t part, uint32_t *out_rows,
                           hsn_error *err)
{
    const hsn__column columns[] = {HSN__COLUMN_TOTAL_STACK, HSN__COLUMN_TOTAL_DOMAIN,
                                   HSN__COLUMN_TOTAL_COUNT, HSN__COLUMN_TOTAL_SIZE};
    size_t first = (size_t)part * HSN__SEGMENT_ROWS;
    int r = HSN_OK;
    for (int c = 0; r == HSN_OK && c < 4; c++) {
        r = read_part(g, columns[c], totals, part, g->values, out_rows, err);
        if (r == HSN_OK && !c &&
            !hsn__array_grow(&g->out->totals, &g->memory->totals, first + *out_rows,
                             sizeof *g->out->totals, SIZE_MAX))
            r = hsn__fail_memory(err);
        for (uint32_t i = 0; r == HSN_OK && i < *out_rows; i++) {
            hsn_stack_total *total = &g->out->totals[first + i];
            uint64_t value = g->values[i];
            if (c == 0 && value >= g->out->stack_count)
                r = damaged(g->store, "totals of stacks", g->id, err);
            else if (c == 0)
                *total = (hsn_stack_total){.stack = (uint32_t)value};
            else if (c == 1)
                total->domain = (uint32_t)value;
            else if (c == 2)
                total->count = value;
            else
                total->size_bytes = value;
        }
    }
    return r;
}

static int read_totals(reading *g, hsn_error *err)
{
    hsn_profile *out = g->out;
    const hsn_metric *last = &out->metrics[out->metric_count - 1];
    uint64_t totals = last->first_total + last->total_count;
    uint32_t rows = 0;
    int r = HSN_OK;
    for (uint32_t part = 0; r == HSN_OK && more_parts(totals, part); part++) {
        r = read_total_part(g, totals, part, &rows, err);
        out->total_count += rows;
    }
    for (uint32_t m = 0; r == HSN_OK && m < out->metric_count; m++)
        for (size_t i = 0; i < out->metrics[m].total_count; i++)
            out->totals[out->metrics[m].first_total + i].metric = m;
    return r;
}

// ---- totals by frame ---------------------------------------------------------------------------

static int read_frame_totals(reading *g, hsn_error *err)
{
    hsn_profile *out = g->out;
    sqlite3_stmt *row;
    int r = begin(g->store, HSN__QUERY_FRAME_TOTAL_LIST, g->id, &row, err);
    for (size_t m = 0; m < out->metric_count; m++)
        out->metrics[m].first_total = out->metrics[m].total_count = 0;
    while (r == HSN_OK && (r = hsn__query_next(g->store, row, err)) == HSN_OK) {
        uint64_t metric = (uint64_t)sqlite3_column_int64(row, 0);
        uint32_t frame = hsn__map64_put(&g->known, (uint64_t)sqlite3_column_int64(row, 1));
        if (metric >= out->metric_count)
            return damaged(g->store, "totals of frames", g->id, err);
        if (frame == UINT32_MAX ||
            !hsn__array_grow(&out->totals, &g->memory->totals, out->total_count + 1,
                             sizeof *out->totals, SIZE_MAX))
            return hsn__fail_memory(err);
        if (!out->metrics[metric].total_count++)
            out->metrics[metric].first_total = out->total_count;
        out->totals[out->total_count++] = (hsn_stack_total){
            .stack = frame,
            .domain = (uint32_t)sqlite3_column_int64(row, 2),
            .count = (uint64_t)sqlite3_column_int64(row, 3),
            .size_bytes = (uint64_t)sqlite3_column_int64(row, 4),
            .metric = (uint32_t)metric,
        };
    }
    return r < 0 ? r : HSN_OK;
}

static int one_frame_stacks(reading *g, hsn_error *err)
{
    hsn_profile *out = g->out;
    if (!hsn__array_grow(&out->stacks, &g->memory->stacks, out->frame_count, sizeof *out->stacks,
                         UINT32_MAX))
        return hsn__fail_memory(err);
    for (size_t i = 0; i < out->frame_count; i++)
        out->stacks[i] = (hsn_stack){.frame = (uint32_t)i, .parent = HSN_NONE};
    out->stack_count = out->frame_count;
    return HSN_OK;
}

// ---- both --------------------------------------------------------------------------------------

static int reading_begin(reading *g, hsn_store *store, hsn_snapshot_id id, hsn_profile *out,
                         hsn_error *err)
{
    *g = (reading){.store = store, .id = id, .out = out};
    *out = (hsn_profile){.memory = hsn__alloc_zeroed(1, sizeof(profile_memory))};
    g->memory = out->memory;
    g->values = hsn__alloc_array(HSN__SEGMENT_ROWS, sizeof *g->values);
    g->others = hsn__alloc_array(HSN__SEGMENT_ROWS, sizeof *g->others);
    if (!g->memory || !g->values || !g->others)
        return hsn__fail_memory(err);
    return read_metrics(store, id, &g->memory->arena, &out->metrics, &out->metric_count, err);
}

static int reading_end(reading *g, int r)
{
    hsn__free(g->values);
    hsn__free(g->others);
    hsn__map64_clear(&g->known);
    if (r < 0)
        hsn_profile_free(g->out);
    return r < 0 ? r : HSN_OK;
}

int hsn_profile_read(hsn_store *store, hsn_snapshot_id id, hsn_profile *out, hsn_error *err)
{
    reading g;
    hsn_snapshot_list list = {0};
    int r = reading_begin(&g, store, id, out, err);
    if (r == HSN_OK)
        r = hsn__snapshot_info_list(store, id, &list, err);
    if (r == HSN_OK && list.count) {
        const hsn_snapshot_info *info = &list.rows[0];
        if (info->graph_dropped == HSN_GRAPH_AGGREGATED)
            r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(store),
                          "an aggregate of snapshots has totals by line, but no stacks");
        if (r == HSN_OK && !info->stacks &&
            out->metrics[out->metric_count - 1].first_total +
                out->metrics[out->metric_count - 1].total_count)
            r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(store),
                          "the stacks of snapshot %" PRId64
                          " were dropped by retention; totals by line remain",
                          id);
        if (r == HSN_OK)
            r = read_frame_ids(&g, info->frames, err);
        if (r == HSN_OK)
            r = read_frames(&g, err);
        if (r == HSN_OK)
            r = read_stacks(&g, info->stacks, err);
        if (r == HSN_OK)
            r = read_totals(&g, err);
    }
    hsn_snapshot_list_free(&list);
    return reading_end(&g, r);
}

int hsn_profile_read_newest(hsn_store *store, hsn_snapshot_id id, hsn_profile *out, hsn_error *err)
{
    reading g;
    int r = reading_begin(&g, store, id, out, err);
    if (r == HSN_OK)
        r = read_frame_totals(&g, err);
    if (r == HSN_OK)
        r = read_frames(&g, err);
    if (r == HSN_OK)
        r = one_frame_stacks(&g, err);
    return reading_end(&g, r);
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
    hsn__free(profile->metrics);
    *profile = (hsn_profile){0};
}
