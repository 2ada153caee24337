// SPDX-License-Identifier: MIT
// The builder's allocation profile into frames, metrics, totals by frame (rows), and stacks and
// their totals (segments).
//
// Frames are shared by the snapshots of a store, so those that it has are read once and looked up
// in the builder's own maps. Totals are put in order by counting: stacks, metrics and domains are
// numbered densely, and dumps of a million stacks bring several totals each.
#include "store/builder_private.h"
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

typedef struct profile_writer {
    hsn__builder *builder;
    hsn__column_writer columns;
    uint64_t *values;   // of one segment
    int64_t *frame_ids; // by frame of the snapshot: row of the table `frame`
    size_t frame_count;
    uint32_t *order; // totals by metric, stack, domain; empty ones are left out
    size_t total_count;
    uint64_t metric_totals[HSN_MAX_METRICS];
} profile_writer;

static uint32_t stack_of(const hsn__builder *b, uint32_t total)
{
    return (uint32_t)(b->totals_map.keys[total] >> 32);
}

static uint32_t plane_of(const hsn__builder *b, uint32_t total)
{
    return (uint32_t)b->totals_map.keys[total];
}

static uint32_t metric_of(const hsn__builder *b, uint32_t total)
{
    return (uint32_t)(b->planes.keys[plane_of(b, total)] >> 32);
}

static uint32_t domain_of(const hsn__builder *b, uint32_t total)
{
    return (uint32_t)b->planes.keys[plane_of(b, total)];
}

// ---- frames ------------------------------------------------------------------------------------

// The frames that the store has already. Those that this snapshot lacks get ids behind its own.
static int match_frames(profile_writer *p, int64_t *out_last, hsn_error *err)
{
    hsn_sink sink = hsn__builder_sink(p->builder);
    sqlite3_stmt *row;
    int r = hsn__query_get(p->columns.store, HSN__QUERY_FRAME_LIST, &row, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(row, 1, INT64_MIN);
    sqlite3_bind_int64(row, 2, INT64_MAX);
    *out_last = 0;
    while ((r = hsn__query_next(p->columns.store, row, err)) == HSN_OK) {
        uint32_t frame;
        *out_last = sqlite3_column_int64(row, 0);
        hsn_sink_frame known = {
            .file = {(const char *)sqlite3_column_text(row, 1),
                     (size_t)sqlite3_column_bytes(row, 1)},
            .function = {(const char *)sqlite3_column_text(row, 2),
                         (size_t)sqlite3_column_bytes(row, 2)},
            .line = (uint32_t)sqlite3_column_int64(row, 3),
        };
        r = sink.ops->frame(sink.context, &known, &frame, err);
        if (r < 0)
            break;
        if (frame < p->frame_count)
            p->frame_ids[frame] = *out_last;
    }
    sqlite3_reset(row);
    return r < 0 ? r : HSN_OK;
}

static int write_frame(profile_writer *p, size_t frame, int64_t id, hsn_error *err)
{
    hsn__builder *b = p->builder;
    uint64_t place = b->frame_functions.keys[b->frame_lines.keys[frame] >> 32];
    size_t file_bytes, function_bytes;
    const char *file = hsn__intern_get(&b->names, (uint32_t)(place >> 32), &file_bytes);
    const char *function = hsn__intern_get(&b->names, (uint32_t)place, &function_bytes);
    sqlite3_stmt *statement;
    int r = hsn__query_get(p->columns.store, HSN__QUERY_FRAME_INSERT, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_text64(statement, 2, file, file_bytes, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_text64(statement, 3, function, function_bytes, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_int64(statement, 4, (uint32_t)b->frame_lines.keys[frame]);
    return hsn__query_run(p->columns.store, statement, err);
}

static int write_frames(profile_writer *p, hsn_error *err)
{
    int64_t last;
    p->frame_count = p->builder->frame_lines.count;
    p->frame_ids = hsn__alloc_zeroed(p->frame_count, sizeof *p->frame_ids);
    int r = p->frame_ids ? HSN_OK : hsn__fail_memory(err);
    if (r == HSN_OK)
        r = match_frames(p, &last, err);
    for (size_t i = 0; r == HSN_OK && i < p->frame_count; i++) {
        if (p->frame_ids[i])
            continue;
        p->frame_ids[i] = ++last;
        r = write_frame(p, i, last, err);
    }
    return r;
}

// ---- totals in order ---------------------------------------------------------------------------

static int by_domain(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    uint32_t domain_x = (uint32_t)(x >> 32), domain_y = (uint32_t)(y >> 32);
    if (domain_x != domain_y)
        return domain_x < domain_y ? -1 : 1;
    return (x > y) - (x < y);
}

// The rank of every plane's domain.
static uint32_t *rank_domains(const hsn__builder *b)
{
    size_t count = b->planes.count;
    uint64_t *sorted = hsn__alloc_array(count, sizeof *sorted);
    uint32_t *ranks = hsn__alloc_array(count, sizeof *ranks);
    for (size_t i = 0; sorted && ranks && i < count; i++)
        sorted[i] = (uint64_t)(uint32_t)b->planes.keys[i] << 32 | i;
    if (sorted && ranks && count)
        qsort(sorted, count, sizeof *sorted, by_domain);
    for (size_t i = 0; sorted && ranks && i < count; i++)
        ranks[(uint32_t)sorted[i]] = (uint32_t)i;
    if (!sorted) {
        hsn__free(ranks);
        ranks = NULL;
    }
    hsn__free(sorted);
    return ranks;
}

enum order_key { BY_DOMAIN, BY_STACK, BY_METRIC };

static uint32_t key_of(const hsn__builder *b, const uint32_t *ranks, enum order_key key,
                       uint32_t total)
{
    return key == BY_DOMAIN  ? ranks[plane_of(b, total)]
           : key == BY_STACK ? stack_of(b, total)
                             : metric_of(b, total);
}

// A stable pass of a radix sort: `from` by one key into `to`. `starts` has room for keys + 1.
static void sort_pass(const hsn__builder *b, const uint32_t *ranks, enum order_key key, size_t keys,
                      uint32_t *starts, const uint32_t *from, uint32_t *to, size_t count)
{
    memset(starts, 0, (keys + 1) * sizeof *starts);
    for (size_t i = 0; i < count; i++)
        starts[key_of(b, ranks, key, from[i]) + 1]++;
    for (size_t i = 0; i < keys; i++)
        starts[i + 1] += starts[i];
    for (size_t i = 0; i < count; i++)
        to[starts[key_of(b, ranks, key, from[i])]++] = from[i];
}

static int order_totals(profile_writer *p, hsn_error *err)
{
    const hsn__builder *b = p->builder;
    size_t count = b->totals_map.count, planes = b->planes.count;
    size_t keys = b->stacks.count > planes ? b->stacks.count : planes;
    keys = keys > HSN_MAX_METRICS ? keys : HSN_MAX_METRICS;
    uint32_t *starts = hsn__alloc_array(keys + 1, sizeof *starts);
    uint32_t *other = hsn__alloc_array(count, sizeof *other);
    uint32_t *ranks = rank_domains(b);
    p->order = hsn__alloc_array(count, sizeof *p->order);
    int r = starts && other && ranks && p->order ? HSN_OK : hsn__fail_memory(err);
    for (uint32_t i = 0; r == HSN_OK && i < count; i++)
        if (b->totals[i].count || b->totals[i].size_bytes) {
            p->order[p->total_count++] = i;
            p->metric_totals[metric_of(b, i)]++;
        }
    if (r == HSN_OK) {
        sort_pass(b, ranks, BY_DOMAIN, planes, starts, p->order, other, p->total_count);
        sort_pass(b, ranks, BY_STACK, b->stacks.count, starts, other, p->order, p->total_count);
        sort_pass(b, ranks, BY_METRIC, HSN_MAX_METRICS, starts, p->order, other, p->total_count);
        memcpy(p->order, other, p->total_count * sizeof *other);
    }
    hsn__free(starts);
    hsn__free(other);
    hsn__free(ranks);
    return r;
}

// ---- segments ----------------------------------------------------------------------------------

static uint64_t value_of(const profile_writer *p, hsn__column column, size_t row)
{
    const hsn__builder *b = p->builder;
    uint64_t parent;
    switch (column) {
    case HSN__COLUMN_FRAME:
        return (uint64_t)p->frame_ids[row];
    case HSN__COLUMN_STACK_FRAME:
        return (uint32_t)b->stacks.keys[row];
    case HSN__COLUMN_STACK_PARENT:
        parent = b->stacks.keys[row] >> 32; // + 1; 0 = none
        return parent ? row + 1 - parent : 0;
    case HSN__COLUMN_TOTAL_STACK:
        return stack_of(b, p->order[row]);
    case HSN__COLUMN_TOTAL_DOMAIN:
        return domain_of(b, p->order[row]);
    case HSN__COLUMN_TOTAL_COUNT:
        return b->totals[p->order[row]].count;
    default:
        return b->totals[p->order[row]].size_bytes;
    }
}

static int write_column(profile_writer *p, hsn__column column, size_t count, hsn_error *err)
{
    int r = HSN_OK;
    for (uint32_t part = 0; r == HSN_OK && (uint64_t)part * HSN__SEGMENT_ROWS < count; part++) {
        uint32_t rows = hsn__segment_rows(count, part);
        size_t first = (size_t)part * HSN__SEGMENT_ROWS;
        int ascending = column == HSN__COLUMN_FRAME || column == HSN__COLUMN_TOTAL_STACK;
        for (uint32_t i = 0; i < rows; i++) {
            p->values[i] = value_of(p, column, first + i);
            ascending = ascending && (!i || p->values[i] >= p->values[i - 1]);
        }
        r = hsn__column_writer_put(&p->columns, column, part, p->values, rows, ascending, err);
    }
    return r;
}

static int write_columns(profile_writer *p, hsn_error *err)
{
    const struct {
        hsn__column column;
        size_t count;
    } columns[] = {
        {HSN__COLUMN_FRAME, p->frame_count},
        {HSN__COLUMN_STACK_FRAME, p->builder->stacks.count},
        {HSN__COLUMN_STACK_PARENT, p->builder->stacks.count},
        {HSN__COLUMN_TOTAL_STACK, p->total_count},
        {HSN__COLUMN_TOTAL_DOMAIN, p->total_count},
        {HSN__COLUMN_TOTAL_COUNT, p->total_count},
        {HSN__COLUMN_TOTAL_SIZE, p->total_count},
    };
    int r = HSN_OK;
    p->values = hsn__alloc_array(HSN__SEGMENT_ROWS, sizeof *p->values);
    if (!p->values)
        return hsn__fail_memory(err);
    for (size_t i = 0; r == HSN_OK && i < sizeof columns / sizeof *columns; i++)
        r = write_column(p, columns[i].column, columns[i].count, err);
    return r;
}

// ---- rows --------------------------------------------------------------------------------------

static int write_metrics(profile_writer *p, hsn_error *err)
{
    int r = HSN_OK;
    for (uint32_t i = 0; r == HSN_OK && i < p->builder->metric_count; i++) {
        const hsn__built_metric *metric = &p->builder->metrics[i];
        sqlite3_stmt *statement;
        r = hsn__query_get(p->columns.store, HSN__QUERY_METRIC_INSERT, &statement, err);
        if (r < 0)
            break;
        sqlite3_bind_int64(statement, 1, p->columns.snapshot);
        sqlite3_bind_int64(statement, 2, i);
        sqlite3_bind_text(statement, 3, metric->name, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 4, metric->unit, -1, SQLITE_STATIC);
        sqlite3_bind_int64(statement, 5, (int64_t)p->metric_totals[i]);
        sqlite3_bind_int64(statement, 6, (int64_t)metric->count);
        sqlite3_bind_int64(statement, 7, (int64_t)metric->size_bytes);
        r = hsn__query_run(p->columns.store, statement, err);
    }
    return r;
}

typedef struct frame_total {
    int64_t frame; // row of the table `frame`
    uint64_t count, size_bytes;
    uint32_t metric, domain;
} frame_total;

static int by_key(const void *a, const void *b)
{
    const frame_total *x = a, *y = b;
    if (x->metric != y->metric)
        return x->metric < y->metric ? -1 : 1;
    if (x->frame != y->frame)
        return x->frame < y->frame ? -1 : 1;
    return (x->domain > y->domain) - (x->domain < y->domain);
}

// Sums by newest frame, metric and domain.
static int sum_frames(const profile_writer *p, frame_total **out, size_t *out_count, hsn_error *err)
{
    const hsn__builder *b = p->builder;
    hsn__map64 seen = {0}; // frame << 32 | plane
    size_t capacity = 0;
    int r = HSN_OK;
    for (size_t i = 0; i < p->total_count; i++) {
        uint32_t total = p->order[i];
        uint32_t frame = (uint32_t)b->stacks.keys[stack_of(b, total)];
        uint32_t row = hsn__map64_put(&seen, (uint64_t)frame << 32 | plane_of(b, total));
        if (row == UINT32_MAX ||
            !hsn__array_grow(out, &capacity, (size_t)row + 1, sizeof **out, SIZE_MAX)) {
            r = hsn__fail_memory(err);
            break;
        }
        if (row == *out_count)
            (*out)[(*out_count)++] = (frame_total){.frame = p->frame_ids[frame],
                                                   .metric = metric_of(b, total),
                                                   .domain = domain_of(b, total)};
        (*out)[row].count += b->totals[total].count;
        (*out)[row].size_bytes += b->totals[total].size_bytes;
    }
    hsn__map64_clear(&seen);
    return r;
}

static int write_frame_totals(profile_writer *p, hsn_error *err)
{
    frame_total *rows = NULL;
    size_t count = 0;
    int r = sum_frames(p, &rows, &count, err);
    if (r == HSN_OK && count)
        qsort(rows, count, sizeof *rows, by_key);
    for (size_t i = 0; r == HSN_OK && i < count; i++) {
        sqlite3_stmt *statement;
        r = hsn__query_get(p->columns.store, HSN__QUERY_FRAME_TOTAL_INSERT, &statement, err);
        if (r < 0)
            break;
        sqlite3_bind_int64(statement, 1, p->columns.snapshot);
        sqlite3_bind_int64(statement, 2, rows[i].metric);
        sqlite3_bind_int64(statement, 3, rows[i].frame);
        sqlite3_bind_int64(statement, 4, rows[i].domain);
        sqlite3_bind_int64(statement, 5, (int64_t)rows[i].count);
        sqlite3_bind_int64(statement, 6, (int64_t)rows[i].size_bytes);
        r = hsn__query_run(p->columns.store, statement, err);
    }
    hsn__free(rows);
    return r;
}

int hsn__builder_write_profile(hsn__builder *b, hsn_store *store, hsn_snapshot_id id,
                               hsn_error *err)
{
    profile_writer p = {.builder = b, .columns = {.store = store, .snapshot = id}};
    int r = HSN_OK;
    if (b->frame_lines.count)
        r = write_frames(&p, err);
    if (r == HSN_OK)
        r = order_totals(&p, err);
    if (r == HSN_OK)
        r = write_columns(&p, err);
    if (r == HSN_OK)
        r = write_metrics(&p, err);
    if (r == HSN_OK)
        r = write_frame_totals(&p, err);
    hsn__buf_clear(&p.columns.data);
    hsn__free(p.values);
    hsn__free(p.frame_ids);
    hsn__free(p.order);
    return r;
}
