// SPDX-License-Identifier: MIT
// Copying a snapshot from one store into another, row by row.
//
// Most tables are copied as they are, with the new snapshot's number in front. Types and frames are
// shared by the snapshots of a store, so their numbers are looked up in the target, and the totals
// that name them are sorted by the new numbers: rows that ascend fill the pages.
#include "store/copy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "store/builder_private.h"
#include "store/intern.h"
#include "store/map64.h"
#include "store/store_private.h"

enum { MAX_NUMBERS = 6 };

// Numbers of shared rows: in the source, and what they are in the target.
typedef struct numbers {
    hsn__map64 known;
    int64_t *targets; // by id in known
    size_t capacity;
} numbers;

typedef struct copying {
    hsn_store *source, *target;
    hsn_snapshot_id from, to;
    numbers types, frames;
} copying;

static int begin(copying *c, hsn__query query, sqlite3_stmt **out, hsn_error *err)
{
    int r = hsn__query_get(c->source, query, out, err);
    if (r == HSN_OK)
        sqlite3_bind_int64(*out, 1, c->from);
    return r;
}

// ---- tables that are the same in both stores ---------------------------------------------------

static int insert_row(copying *c, hsn__query query, sqlite3_stmt *row, hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(c->target, query, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, c->to);
    for (int i = 1; i < sqlite3_bind_parameter_count(statement); i++)
        sqlite3_bind_value(statement, i + 1, sqlite3_column_value(row, i - 1));
    return hsn__query_run(c->target, statement, err);
}

typedef struct table {
    hsn__query read, insert;
} table;

static int copy_segments(copying *c, hsn_error *err)
{
    sqlite3_stmt *row;
    int r = begin(c, HSN__QUERY_COPY_SEGMENTS, &row, err);
    if (r == HSN_OK)
        sqlite3_bind_int(row, 2, HSN__COLUMN_FRAME); // it names rows of the source
    while (r == HSN_OK && (r = hsn__query_next(c->source, row, err)) == HSN_OK)
        r = insert_row(c, HSN__QUERY_SEGMENT_INSERT, row, err);
    return r < 0 ? r : HSN_OK;
}

static int copy_tables(copying *c, const table *tables, size_t count, hsn_error *err)
{
    sqlite3_stmt *row;
    int r = HSN_OK;
    for (size_t i = 0; r >= 0 && i < count; i++) {
        r = begin(c, tables[i].read, &row, err);
        while (r == HSN_OK && (r = hsn__query_next(c->source, row, err)) == HSN_OK)
            r = insert_row(c, tables[i].insert, row, err);
    }
    return r < 0 ? r : HSN_OK;
}

// ---- shared rows -------------------------------------------------------------------------------

static int put_number(numbers *map, int64_t from, int64_t to, hsn_error *err)
{
    uint32_t id = hsn__map64_put(&map->known, (uint64_t)from);
    if (id == UINT32_MAX || !hsn__array_grow(&map->targets, &map->capacity, map->known.count,
                                             sizeof *map->targets, UINT32_MAX))
        return hsn__fail_memory(err);
    map->targets[id] = to;
    return HSN_OK;
}

static int find_number(const copying *c, const numbers *map, int64_t from, int64_t *out,
                       hsn_error *err)
{
    uint32_t id = hsn__map64_get(&map->known, (uint64_t)from);
    if (id == UINT32_MAX)
        return hsn__fail(err, HSN_EFORMAT, hsn_store_path(c->source),
                         "damaged store: totals of snapshot %" PRId64 " name nothing", c->from);
    *out = map->targets[id];
    return HSN_OK;
}

static void numbers_clear(numbers *map)
{
    hsn__map64_clear(&map->known);
    hsn__free(map->targets);
}

static int match_types(copying *c, hsn_error *err)
{
    sqlite3_stmt *row;
    int r = begin(c, HSN__QUERY_COPY_TYPES, &row, err);
    while (r == HSN_OK && (r = hsn__query_next(c->source, row, err)) == HSN_OK) {
        hsn__type_identity type = {
            .name = (const char *)sqlite3_column_text(row, 1),
            .module = (const char *)sqlite3_column_text(row, 2),
            .kind = sqlite3_column_int(row, 3),
            .has_finalizer = sqlite3_column_int(row, 4),
        };
        int64_t target;
        if (!type.name || !type.module)
            r = hsn__fail_memory(err);
        else
            r = hsn__type_row(c->target, &type, &target, err);
        if (r == HSN_OK)
            r = put_number(&c->types, sqlite3_column_int64(row, 0), target, err);
    }
    return r < 0 ? r : HSN_OK;
}

// Frames of a store are told apart by file, function and line.
static int name_frame(hsn__intern *names, hsn__buf *text, sqlite3_stmt *row, uint32_t *out,
                      hsn_error *err)
{
    hsn__buf_reset(text);
    for (int i = 1; i <= 3; i++) { // the line as digits
        const unsigned char *part = sqlite3_column_text(row, i);
        hsn__buf_append(text, part ? part : (const unsigned char *)"",
                        (size_t)sqlite3_column_bytes(row, i));
        hsn__buf_putc(text, 0);
    }
    if (text->failed || hsn__intern_put(names, text->data, text->size, out) != HSN__INTERN_OK)
        return hsn__fail_memory(err);
    return HSN_OK;
}

typedef struct frame_names {
    hsn__intern names;
    hsn__buf text;
    int64_t *rows; // of the target, by id in names
    size_t count, capacity;
    int64_t last;
} frame_names;

static int put_frame(frame_names *known, sqlite3_stmt *row, int64_t id, uint32_t *out,
                     hsn_error *err)
{
    int r = name_frame(&known->names, &known->text, row, out, err);
    if (r < 0 || *out < known->count)
        return r;
    if (!hsn__array_grow(&known->rows, &known->capacity, (size_t)*out + 1, sizeof *known->rows,
                         UINT32_MAX))
        return hsn__fail_memory(err);
    known->rows[known->count++] = id;
    return HSN_OK;
}

static int list_frames(hsn_store *store, sqlite3_stmt **out, hsn_error *err)
{
    int r = hsn__query_get(store, HSN__QUERY_FRAME_LIST, out, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(*out, 1, INT64_MIN);
    sqlite3_bind_int64(*out, 2, INT64_MAX);
    return HSN_OK;
}

static int read_target_frames(copying *c, frame_names *known, hsn_error *err)
{
    sqlite3_stmt *row;
    uint32_t name;
    int r = list_frames(c->target, &row, err);
    while (r == HSN_OK && (r = hsn__query_next(c->target, row, err)) == HSN_OK) {
        known->last = sqlite3_column_int64(row, 0);
        r = put_frame(known, row, known->last, &name, err);
    }
    return r < 0 ? r : HSN_OK;
}

static int insert_frame(copying *c, sqlite3_stmt *row, int64_t id, hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(c->target, HSN__QUERY_FRAME_INSERT, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, id);
    for (int i = 1; i <= 3; i++)
        sqlite3_bind_value(statement, i + 1, sqlite3_column_value(row, i));
    return hsn__query_run(c->target, statement, err);
}

// Frames that the snapshot names and the target lacks are made.
static int match_wanted_frames(copying *c, frame_names *known, const hsn__map64 *wanted,
                               hsn_error *err)
{
    sqlite3_stmt *row;
    int r = list_frames(c->source, &row, err);
    while (r == HSN_OK && (r = hsn__query_next(c->source, row, err)) == HSN_OK) {
        int64_t id = sqlite3_column_int64(row, 0);
        size_t count = known->count;
        uint32_t name;
        if (hsn__map64_get(wanted, (uint64_t)id) == UINT32_MAX)
            continue;
        r = put_frame(known, row, known->last + 1, &name, err);
        if (r == HSN_OK && known->count > count)
            r = insert_frame(c, row, ++known->last, err);
        if (r == HSN_OK)
            r = put_number(&c->frames, id, known->rows[name], err);
    }
    return r < 0 ? r : HSN_OK;
}

static int want_frames(copying *c, const hsn_snapshot_info *info, int with_graph,
                       hsn__map64 *wanted, uint64_t *values, hsn_error *err)
{
    sqlite3_stmt *row;
    int r = begin(c, HSN__QUERY_FRAME_TOTAL_LIST, &row, err);
    while (r == HSN_OK && (r = hsn__query_next(c->source, row, err)) == HSN_OK)
        if (hsn__map64_put(wanted, (uint64_t)sqlite3_column_int64(row, 1)) == UINT32_MAX)
            r = hsn__fail_memory(err);
    r = r < 0 ? r : HSN_OK;
    for (uint32_t part = 0;
         with_graph && r == HSN_OK && (uint64_t)part * HSN__SEGMENT_ROWS < info->frames; part++) {
        uint32_t rows = hsn__segment_rows(info->frames, part);
        r = hsn__segment_values(c->source, c->from, HSN__COLUMN_FRAME, part, values, rows, err);
        for (uint32_t i = 0; r == HSN_OK && i < rows; i++)
            if (hsn__map64_put(wanted, values[i]) == UINT32_MAX)
                r = hsn__fail_memory(err);
    }
    return r;
}

// The column of frames names rows of the store, so it is written anew.
static int copy_frame_column(copying *c, const hsn_snapshot_info *info, uint64_t *values,
                             hsn_error *err)
{
    hsn__column_writer writer = {.store = c->target, .snapshot = c->to};
    int r = HSN_OK;
    for (uint32_t part = 0; r == HSN_OK && (uint64_t)part * HSN__SEGMENT_ROWS < info->frames;
         part++) {
        uint32_t rows = hsn__segment_rows(info->frames, part);
        int ascending = 1;
        r = hsn__segment_values(c->source, c->from, HSN__COLUMN_FRAME, part, values, rows, err);
        for (uint32_t i = 0; r == HSN_OK && i < rows; i++) {
            int64_t row = 0;
            r = find_number(c, &c->frames, (int64_t)values[i], &row, err);
            values[i] = (uint64_t)row;
            ascending = ascending && (!i || values[i] >= values[i - 1]);
        }
        if (r == HSN_OK)
            r = hsn__column_writer_put(&writer, HSN__COLUMN_FRAME, part, values, rows, ascending,
                                       err);
    }
    hsn__buf_clear(&writer.data);
    return r;
}

static int copy_frames(copying *c, const hsn_snapshot_info *info, int with_graph, hsn_error *err)
{
    frame_names known = {.last = 0};
    hsn__map64 wanted = {0};
    uint64_t *values = hsn__alloc_array(HSN__SEGMENT_ROWS, sizeof *values);
    int r = values ? want_frames(c, info, with_graph, &wanted, values, err) : hsn__fail_memory(err);
    if (r == HSN_OK && wanted.count) {
        r = read_target_frames(c, &known, err);
        if (r == HSN_OK)
            r = match_wanted_frames(c, &known, &wanted, err);
    }
    if (r == HSN_OK && with_graph)
        r = copy_frame_column(c, info, values, err);
    hsn__intern_clear(&known.names);
    hsn__buf_clear(&known.text);
    hsn__free(known.rows);
    hsn__map64_clear(&wanted);
    hsn__free(values);
    return r;
}

// ---- tables that name shared rows --------------------------------------------------------------

// Up to MAX_NUMBERS integers a row; NULL is kept.
typedef struct number_row {
    int64_t values[MAX_NUMBERS];
    uint8_t nulls;
} number_row;

static int by_values(const void *a, const void *b)
{
    const number_row *x = a, *y = b;
    for (size_t i = 0; i < MAX_NUMBERS; i++)
        if (x->values[i] != y->values[i])
            return x->values[i] < y->values[i] ? -1 : 1;
    return 0;
}

static int read_numbers(copying *c, hsn__query read, const numbers *map, int mapped,
                        number_row **out, size_t *out_count, hsn_error *err)
{
    sqlite3_stmt *row;
    size_t capacity = 0;
    int r = begin(c, read, &row, err);
    while (r == HSN_OK && (r = hsn__query_next(c->source, row, err)) == HSN_OK) {
        number_row next = {{0}, 0};
        for (int i = 0; i < sqlite3_column_count(row) && i < MAX_NUMBERS; i++) {
            next.values[i] = sqlite3_column_int64(row, i);
            if (sqlite3_column_type(row, i) == SQLITE_NULL)
                next.nulls |= (uint8_t)(1U << i);
        }
        r = find_number(c, map, next.values[mapped], &next.values[mapped], err);
        if (r == HSN_OK && !hsn__array_grow(out, &capacity, *out_count + 1, sizeof **out, SIZE_MAX))
            r = hsn__fail_memory(err);
        if (r == HSN_OK)
            (*out)[(*out_count)++] = next;
    }
    return r < 0 ? r : HSN_OK;
}

static int write_numbers(copying *c, hsn__query insert, const number_row *row, hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(c->target, insert, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, c->to);
    for (int i = 1; i < sqlite3_bind_parameter_count(statement); i++)
        if (!(row->nulls >> (i - 1) & 1))
            sqlite3_bind_int64(statement, i + 1, row->values[i - 1]);
    return hsn__query_run(c->target, statement, err);
}

// `mapped` is the column that names a shared row. All columns but those behind the key are what
// the rows are sorted by; keys are unique, so the rest does not matter.
static int copy_numbers(copying *c, hsn__query read, hsn__query insert, const numbers *map,
                        int mapped, hsn_error *err)
{
    number_row *rows = NULL;
    size_t count = 0;
    int r = read_numbers(c, read, map, mapped, &rows, &count, err);
    if (r == HSN_OK && count)
        qsort(rows, count, sizeof *rows, by_values);
    for (size_t i = 0; r == HSN_OK && i < count; i++)
        r = write_numbers(c, insert, &rows[i], err);
    hsn__free(rows);
    return r;
}

// ---- the snapshot ------------------------------------------------------------------------------

int hsn__label_unique(hsn_store *store, const char *label, hsn__buf *out, hsn_error *err)
{
    int r = HSN_OK;
    hsn__buf_reset(out);
    hsn__buf_puts(out, label);
    for (unsigned n = 2; r == HSN_OK; n++) {
        sqlite3_stmt *statement;
        if (out->failed)
            return hsn__fail_memory(err);
        r = hsn__query_get(store, HSN__QUERY_SNAPSHOT_BY_LABEL, &statement, err);
        if (r < 0)
            return r;
        sqlite3_bind_text(statement, 1, hsn__buf_text(out), -1, SQLITE_STATIC);
        r = hsn__query_next(store, statement, err);
        sqlite3_reset(statement);
        if (r == HSN_OK) {
            hsn__buf_reset(out);
            hsn__buf_printf(out, "%s-%u", label, n);
        }
    }
    return r < 0 ? r : HSN_OK;
}

static int copy_snapshot_row(copying *c, const char *label, hsn_error *err)
{
    sqlite3_stmt *row, *statement;
    int r = begin(c, HSN__QUERY_SNAPSHOT_LIST, &row, err);
    if (r == HSN_OK)
        r = hsn__query_next(c->source, row, err);
    if (r == HSN_DONE)
        return hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(c->source), "no snapshot %" PRId64,
                         c->from);
    if (r == HSN_OK)
        r = hsn__query_get(c->target, HSN__QUERY_SNAPSHOT_INSERT, &statement, err);
    if (r < 0)
        return r;
    // Both statements name the columns in the same order; the list has some more behind.
    for (int i = 0; i < sqlite3_bind_parameter_count(statement); i++)
        sqlite3_bind_value(statement, i + 1, sqlite3_column_value(row, i));
    sqlite3_bind_int64(statement, 1, c->to);
    if (*label)
        sqlite3_bind_text(statement, 2, label, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, 2);
    r = hsn__query_run(c->target, statement, err);
    sqlite3_reset(row);
    return r;
}

static const table kept_tables[] = {
    {HSN__QUERY_FACT_LIST, HSN__QUERY_FACT_INSERT},
    {HSN__QUERY_TAG_LIST, HSN__QUERY_TAG_INSERT},
    {HSN__QUERY_METRIC_LIST, HSN__QUERY_METRIC_INSERT},
    {HSN__QUERY_COPY_SAMPLES, HSN__QUERY_SAMPLE_INSERT},
    {HSN__QUERY_COPY_FINDINGS, HSN__QUERY_FINDING_INSERT},
};
static const table graph_tables[] = {
    {HSN__QUERY_COPY_WARNINGS, HSN__QUERY_WARNING_INSERT},
    {HSN__QUERY_COPY_ROOTS, HSN__QUERY_ROOT_INSERT},
};

static int copy_all(copying *c, const hsn_snapshot_info *info, int with_graph, hsn_error *err)
{
    // What never had a graph has nothing to leave out.
    if (!info->graph_dropped && !info->has_graph && !info->stacks)
        with_graph = 1;
    int r = match_types(c, err);
    if (r == HSN_OK)
        r = copy_tables(c, kept_tables, sizeof kept_tables / sizeof *kept_tables, err);
    if (r == HSN_OK)
        r = copy_numbers(c, HSN__QUERY_TYPE_TOTAL_LIST, HSN__QUERY_TYPE_TOTAL_INSERT, &c->types, 0,
                         err);
    if (r == HSN_OK)
        r = copy_frames(c, info, with_graph, err);
    if (r == HSN_OK)
        r = copy_numbers(c, HSN__QUERY_FRAME_TOTAL_LIST, HSN__QUERY_FRAME_TOTAL_INSERT, &c->frames,
                         1, err);
    if (r == HSN_OK && with_graph)
        r = copy_segments(c, err);
    if (r == HSN_OK && with_graph)
        r = copy_tables(c, graph_tables, sizeof graph_tables / sizeof *graph_tables, err);
    if (r == HSN_OK && with_graph)
        r = copy_numbers(c, HSN__QUERY_COPY_SNAPSHOT_TYPES, HSN__QUERY_SNAPSHOT_TYPE_INSERT,
                         &c->types, 1, err);
    if (r == HSN_OK && (!with_graph || info->graph_dropped))
        r = hsn__graph_drop(c->target, c->to, err);
    return r;
}

int hsn__snapshot_copy(hsn_store *target, hsn_store *source, hsn_snapshot_id id,
                       const hsn_history_options *options, hsn_snapshot_id *out_id, hsn_error *err)
{
    copying c = {.source = source, .target = target, .from = id};
    hsn_snapshot_list list = {0};
    hsn__buf label = {0};
    const char *wanted = "";
    if (source == target)
        return hsn__fail(err, HSN_EINVAL, hsn_store_path(source), "is the history itself");
    int r = hsn__snapshot_info_list(source, id, &list, err);
    if (r == HSN_OK && !list.count)
        r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(source), "no snapshot %" PRId64, id);
    if (r < 0)
        goto done;
    wanted = options->label ? options->label : list.rows[0].label;
    if (*wanted && options->unique_label) {
        r = hsn__label_unique(target, wanted, &label, err);
        wanted = hsn__buf_text(&label);
    }
    if (r == HSN_OK)
        r = hsn__snapshot_new_id(target, wanted, &c.to, err);
    if (r == HSN_OK)
        r = copy_snapshot_row(&c, wanted, err);
    if (r == HSN_OK)
        r = copy_all(&c, &list.rows[0], options->with_graph, err);
    *out_id = c.to;
done:
    numbers_clear(&c.types);
    numbers_clear(&c.frames);
    hsn__buf_clear(&label);
    hsn_snapshot_list_free(&list);
    return r;
}
