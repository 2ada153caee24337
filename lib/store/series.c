// SPDX-License-Identifier: MIT
// Reading the timed values of a snapshot, parted by series.
#include "heapsnap/series.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "store/intern.h"
#include "store/store_private.h"

typedef struct sample {
    uint32_t series;
    double time_s, value;
} sample;

typedef struct reading {
    hsn__intern names;
    sample *samples;
    size_t count, capacity;
} reading;

static int read_samples(hsn_store *store, hsn_snapshot_id id, reading *to, hsn_error *err)
{
    sqlite3_stmt *row;
    int r = hsn__query_get(store, HSN__QUERY_SAMPLE_LIST, &row, err);
    if (r == HSN_OK)
        sqlite3_bind_int64(row, 1, id);
    while (r == HSN_OK && (r = hsn__query_next(store, row, err)) == HSN_OK) {
        const char *name = (const char *)sqlite3_column_text(row, 0);
        size_t length = (size_t)sqlite3_column_bytes(row, 0);
        sample one = {.time_s = sqlite3_column_double(row, 1),
                      .value = sqlite3_column_double(row, 2)};
        if (hsn__intern_put(&to->names, name ? name : "", length, &one.series) != HSN__INTERN_OK ||
            !hsn__array_grow(&to->samples, &to->capacity, to->count + 1, sizeof *to->samples,
                             SIZE_MAX))
            r = hsn__fail_memory(err);
        else
            to->samples[to->count++] = one;
    }
    return r < 0 ? r : HSN_OK;
}

// Each series' values one after another, in the order of the dump.
static int part(const reading *from, hsn_series_list *out, hsn_error *err)
{
    hsn__arena *arena = out->memory = hsn__alloc_zeroed(1, sizeof *arena);
    double *times = arena ? hsn__arena_zeroed(arena, from->count, sizeof *times) : NULL;
    double *values = arena ? hsn__arena_zeroed(arena, from->count, sizeof *values) : NULL;
    size_t at = 0;
    out->rows = arena ? hsn__arena_zeroed(arena, from->names.count, sizeof *out->rows) : NULL;
    if (!times || !values || !out->rows)
        return hsn__fail_memory(err);
    out->count = from->names.count;
    for (size_t i = 0; i < from->count; i++)
        out->rows[from->samples[i].series].count++;
    for (size_t i = 0; i < out->count; i++) {
        size_t length;
        const char *name = hsn__intern_get(&from->names, (uint32_t)i, &length);
        hsn_series *row = &out->rows[i];
        row->name = hsn__arena_copy(arena, name, length);
        if (!row->name)
            return hsn__fail_memory(err);
        row->times = times + at;
        row->values = values + at;
        at += row->count;
        row->count = 0;
    }
    for (size_t i = 0; i < from->count; i++) {
        hsn_series *row = &out->rows[from->samples[i].series];
        size_t to = (size_t)(row->times - times) + row->count++;
        times[to] = from->samples[i].time_s;
        values[to] = from->samples[i].value;
    }
    return HSN_OK;
}

int hsn_series_list_read(hsn_store *store, hsn_snapshot_id id, hsn_series_list *out, hsn_error *err)
{
    reading from = {0};
    *out = (hsn_series_list){0};
    int r = read_samples(store, id, &from, err);
    if (r >= 0)
        r = part(&from, out, err);
    hsn__intern_clear(&from.names);
    hsn__free(from.samples);
    if (r < 0)
        hsn_series_list_free(out);
    return r;
}

void hsn_series_list_free(hsn_series_list *list)
{
    if (list->memory)
        hsn__arena_clear(list->memory);
    hsn__free(list->memory);
    *list = (hsn_series_list){0};
}
