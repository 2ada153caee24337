// SPDX-License-Identifier: MIT
// The builder's tables into rows, and the snapshot's own row.
#include "store/builder_private.h"
#include "base/alloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void bind_text(sqlite3_stmt *statement, int position, const char *text)
{
    if (text)
        sqlite3_bind_text64(statement, position, text, strlen(text), SQLITE_STATIC, SQLITE_UTF8);
}

// A fact that ought to be a whole number; anything else stays NULL here and readable as a fact.
static void bind_number_fact(sqlite3_stmt *statement, int position, const char *text)
{
    size_t digits = text ? strspn(text, "0123456789") : 0;
    if (digits && !text[digits] && digits < 19)
        sqlite3_bind_int64(statement, position, (int64_t)strtoull(text, NULL, 10));
}

static int write_pairs(hsn_store *store, hsn__query query, hsn_snapshot_id id, const hsn_pair *rows,
                       size_t count, hsn_error *err)
{
    int r = HSN_OK;
    for (size_t i = 0; r == HSN_OK && i < count; i++) {
        sqlite3_stmt *statement;
        r = hsn__query_get(store, query, &statement, err);
        if (r < 0)
            break;
        sqlite3_bind_int64(statement, 1, id);
        bind_text(statement, 2, rows[i].name);
        bind_text(statement, 3, rows[i].value);
        r = hsn__query_run(store, statement, err);
    }
    return r;
}

static int write_warnings(hsn__builder *b, hsn_store *store, hsn_snapshot_id id, hsn_error *err)
{
    int r = HSN_OK;
    for (size_t i = 0; r == HSN_OK && i < b->warning_count; i++) {
        sqlite3_stmt *statement;
        r = hsn__query_get(store, HSN__QUERY_WARNING_INSERT, &statement, err);
        if (r < 0)
            break;
        sqlite3_bind_int64(statement, 1, id);
        sqlite3_bind_int64(statement, 2, (int64_t)i);
        if (b->warnings[i].offset != HSN_NO_OFFSET)
            sqlite3_bind_int64(statement, 3, (int64_t)b->warnings[i].offset);
        bind_text(statement, 4, b->warnings[i].message);
        r = hsn__query_run(store, statement, err);
    }
    return r;
}

// Objects, if there are any, are counted; otherwise what the dump says of its types holds.
static void take_stated_totals(hsn__builder *b)
{
    if (b->addresses.count)
        return;
    for (size_t i = 0; i < b->type_count; i++) {
        b->types[i].count = b->types[i].stated_count;
        b->types[i].size_bytes = b->types[i].stated_size_bytes;
    }
    b->heap_bytes = b->stated_bytes;
}

static int by_node(const void *a, const void *b)
{
    const hsn__built_root *x = a, *y = b;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int names = strcmp(x->name, y->name);
    return names ? names : strcmp(x->thread, y->thread);
}

// Roots whose object is missing sort to the end and are not written.
static int write_roots(hsn__builder *b, hsn_store *store, hsn_snapshot_id id, uint64_t *out_count,
                       hsn_error *err)
{
    int r = HSN_OK;
    for (size_t i = 0; i < b->root_count; i++)
        b->roots[i].node = hsn__address_map_find(&b->addresses, b->roots[i].address);
    if (b->root_count)
        qsort(b->roots, b->root_count, sizeof *b->roots, by_node);
    *out_count = 0;
    for (size_t i = 0; r == HSN_OK && i < b->root_count && b->roots[i].node != HSN_NONE; i++) {
        sqlite3_stmt *statement;
        r = hsn__query_get(store, HSN__QUERY_ROOT_INSERT, &statement, err);
        if (r < 0)
            break;
        sqlite3_bind_int64(statement, 1, id);
        sqlite3_bind_int64(statement, 2, (int64_t)i);
        sqlite3_bind_int64(statement, 3, b->roots[i].node);
        sqlite3_bind_int64(statement, 4, (int64_t)b->roots[i].address);
        sqlite3_bind_int(statement, 5, b->roots[i].kind);
        bind_text(statement, 6, b->roots[i].name);
        bind_text(statement, 7, b->roots[i].thread);
        r = hsn__query_run(store, statement, err);
        ++*out_count;
    }
    return r;
}

static int write_samples(hsn__builder *b, hsn_store *store, hsn_snapshot_id id, hsn_error *err)
{
    int r = HSN_OK;
    for (size_t i = 0; r == HSN_OK && i < b->sample_count; i++) {
        sqlite3_stmt *statement;
        r = hsn__query_get(store, HSN__QUERY_SAMPLE_INSERT, &statement, err);
        if (r < 0)
            break;
        sqlite3_bind_int64(statement, 1, id);
        sqlite3_bind_int64(statement, 2, (int64_t)i);
        bind_text(statement, 3, b->samples[i].series);
        sqlite3_bind_double(statement, 4, b->samples[i].time_s);
        sqlite3_bind_double(statement, 5, b->samples[i].value);
        r = hsn__query_run(store, statement, err);
    }
    return r;
}

static int write_snapshot(const hsn__builder *b, hsn_store *store, hsn_snapshot_id id,
                          const hsn__snapshot_meta *meta, const hsn__column_writer *columns,
                          uint64_t roots, uint64_t frames, hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(store, HSN__QUERY_SNAPSHOT_INSERT, &statement, err);
    if (r < 0)
        return r;
    const char *label = meta->label ? meta->label : hsn__builder_fact(b, "label");
    sqlite3_bind_int64(statement, 1, id);
    bind_text(statement, 2, label && *label ? label : NULL);
    bind_text(statement, 3, meta->source);
    bind_text(statement, 4, meta->format);
    bind_text(statement, 5, hsn__builder_fact(b, "runtime"));
    bind_text(statement, 6, hsn__builder_fact(b, "runtime_version"));
    bind_text(statement, 7, hsn__builder_fact(b, "program"));
    bind_text(statement, 8, hsn__builder_fact(b, "host"));
    bind_number_fact(statement, 9, hsn__builder_fact(b, "pid"));
    bind_number_fact(statement, 10, hsn__builder_fact(b, "captured_at_unix_ms"));
    bind_number_fact(statement, 11, hsn__builder_fact(b, "rss_bytes"));
    const char *stable = hsn__builder_fact(b, "stable_ids");
    bool has_graph = b->addresses.count > 0;
    uint64_t objects = has_graph ? b->addresses.count : b->stated_objects;
    const uint64_t numbers[] = {
        objects,
        columns->references,
        columns->weak_references,
        columns->dangling,
        b->duplicate_objects,
        roots,
        b->heap_bytes,
        b->type_count,
        b->strings.count,
        frames,
        b->stacks.count,
        b->metrics[HSN_METRIC_INUSE].count,
        b->metrics[HSN_METRIC_INUSE].size_bytes,
        b->sample_count,
        b->warnings_seen,
        meta->bytes_read,
        meta->bytes_total,
        meta->complete,
        b->has_refcounts,
        b->addresses.shift,
        has_graph,
        has_graph && stable && !strcmp(stable, "1"),
    };
    for (int i = 0; i < (int)(sizeof numbers / sizeof *numbers); i++)
        sqlite3_bind_int64(statement, 12 + i, (int64_t)numbers[i]);
    return hsn__query_run(store, statement, err);
}

int hsn__snapshot_new_id(hsn_store *store, const char *label, hsn_snapshot_id *out_id,
                         hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(store, HSN__QUERY_SNAPSHOT_NEXT_ID, &statement, err);
    if (r == HSN_OK)
        r = hsn__query_next(store, statement, err);
    if (r < 0)
        return r;
    *out_id = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    if (!label || !*label)
        return HSN_OK;
    r = hsn__query_get(store, HSN__QUERY_SNAPSHOT_BY_LABEL, &statement, err);
    if (r < 0)
        return r;
    bind_text(statement, 1, label);
    r = hsn__query_next(store, statement, err);
    sqlite3_reset(statement);
    if (r == HSN_OK)
        return hsn__fail(err, HSN_EINVAL, hsn_store_path(store),
                         "the store has a snapshot labelled '%s' already", label);
    return r < 0 ? r : HSN_OK;
}

int hsn__builder_write(hsn__builder *b, hsn_store *store, const hsn__snapshot_meta *meta,
                       const hsn_progress *progress, hsn_snapshot_id *out_id,
                       uint64_t *out_peak_bytes, hsn_error *err)
{
    hsn__column_writer columns = {.store = store};
    uint64_t roots = 0, frames = b->frame_lines.count; // those of the store join them below
    int r = hsn__snapshot_new_id(store, meta->label ? meta->label : hsn__builder_fact(b, "label"),
                                 out_id, err);
    if (r < 0)
        return r;
    columns.snapshot = *out_id;
    hsn__builder_end(b);
    if (!hsn__address_map_finish(&b->addresses))
        return hsn__fail_memory(err);
    r = hsn__builder_write_columns(b, &columns, progress, err);
    if (r == HSN_OK)
        r = write_roots(b, store, *out_id, &roots, err);
    take_stated_totals(b);
    if (r == HSN_OK)
        r = hsn__builder_write_types(b, store, *out_id, err);
    if (r == HSN_OK)
        r = hsn__builder_write_profile(b, store, *out_id, err);
    if (r == HSN_OK)
        r = write_samples(b, store, *out_id, err);
    if (r == HSN_OK)
        r = write_pairs(store, HSN__QUERY_FACT_INSERT, *out_id, b->facts, b->fact_count, err);
    if (r == HSN_OK)
        r = write_pairs(store, HSN__QUERY_TAG_INSERT, *out_id, b->tags, b->tag_count, err);
    if (r == HSN_OK)
        r = write_warnings(b, store, *out_id, err);
    if (r == HSN_OK)
        r = write_snapshot(b, store, *out_id, meta, &columns, roots, frames, err);
    *out_peak_bytes = columns.peak_bytes;
    return r;
}
