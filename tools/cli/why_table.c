// SPDX-License-Identifier: MIT
// Growth by holder as a table: one line a row, what a person would look at first at the top.
#include "cli/why_table.h"

#include <heapsnap/why.h>

#include <string.h>

// Rows of JSON and CSV unless --limit says more: beyond them come single objects.
enum { MOST_ROWS = 100 };

static const hsn_column step_fields[] = {
    {HSN_COLUMN_TEXT, "type", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "label", NULL, 0, NULL},
    {0},
};
static const hsn_column frame_fields[] = {
    {HSN_COLUMN_TEXT, "file", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "line", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "function", NULL, 0, NULL},
    {0},
};
static const hsn_column holder_fields[] = {
    {HSN_COLUMN_TEXT, "type", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "path", NULL, 0, NULL},
    {HSN_COLUMN_DELTA_COUNT, "count_delta", NULL, 0, NULL},
    {HSN_COLUMN_DELTA_BYTES, "size_bytes_delta", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "items_old", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "items_new", NULL, 0, NULL},
    {0},
};
static const hsn_column bare_count[] = {{HSN_COLUMN_COUNT, NULL, NULL, 0, NULL}, {0}};
static const hsn_column bare_bytes[] = {{HSN_COLUMN_BYTES, NULL, NULL, 0, NULL}, {0}};

static const hsn_column columns[] = {
    {HSN_COLUMN_PERCENT, "share", "Share", 0, NULL},
    {HSN_COLUMN_DELTA_BYTES, "held_bytes_delta", "Held +/-", 0, NULL},
    {HSN_COLUMN_DELTA_BYTES, "retained_bytes_delta", "Retained +/-", HSN_COLUMN_IF_ANY, NULL},
    {HSN_COLUMN_DELTA_COUNT, "count_delta", "Count +/-", 0, NULL},
    {HSN_COLUMN_TEXT, "kind", "Kind", 0, NULL},
    {HSN_COLUMN_TEXT, "what", "Path → type", HSN_COLUMN_TEXT_ONLY, NULL},
    {HSN_COLUMN_TEXT, "site", "Allocated at", HSN_COLUMN_TEXT_ONLY | HSN_COLUMN_IF_ANY, NULL},
    {HSN_COLUMN_TEXT, "type", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_DELTA_BYTES, "size_bytes_delta", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_BYTES, "retained_bytes_old", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_BYTES, "retained_bytes_new", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_TEXT, "path", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_LIST, "path_steps", NULL, HSN_COLUMN_DATA_ONLY, step_fields},
    {HSN_COLUMN_TEXT, "cut", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_OBJECT, "holder", NULL, HSN_COLUMN_DATA_ONLY, holder_fields},
    {HSN_COLUMN_OBJECT, "allocated_at", NULL, HSN_COLUMN_DATA_ONLY, frame_fields},
    {HSN_COLUMN_LIST, "allocated_stack", NULL, HSN_COLUMN_DATA_ONLY, frame_fields},
    {HSN_COLUMN_LIST, "counts", NULL, HSN_COLUMN_DATA_ONLY, bare_count},
    {HSN_COLUMN_LIST, "sizes_bytes", NULL, HSN_COLUMN_DATA_ONLY, bare_bytes},
    {HSN_COLUMN_LIST, "held_bytes", NULL, HSN_COLUMN_DATA_ONLY, bare_bytes},
    {HSN_COLUMN_BOOL, "grew_every_step", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_BOOL, "noise", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_TEXT, "matched_by", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {0},
};

static void text_or_null(hsn_table *table, const char *text)
{
    if (*text)
        hsn_table_text(table, text);
    else
        hsn_table_null(table);
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const char *what(struct cli *cli, const hsn_why_row *row)
{
    // Garbage and what native code holds say their type in the path already.
    if (row->kind != HSN_WHY_GROWTH)
        return row->path;
    return cli_format(cli, "%s → %s", row->path, row->type);
}

static void frame_cells(hsn_table *table, const hsn_frame *frame)
{
    hsn_table_text(table, frame->file);
    hsn_table_count(table, frame->line);
    text_or_null(table, frame->function);
}

static void series_cells(hsn_table *table, const hsn_why_row *row, size_t snapshots)
{
    hsn_table_begin(table);
    for (size_t i = 0; i < snapshots; i++)
        hsn_table_count(table, row->cells[i].count);
    hsn_table_end(table);
    hsn_table_begin(table);
    for (size_t i = 0; i < snapshots; i++)
        hsn_table_bytes(table, row->cells[i].size_bytes);
    hsn_table_end(table);
    hsn_table_begin(table);
    for (size_t i = 0; i < snapshots; i++)
        hsn_table_bytes(table, row->held_bytes[i]);
    hsn_table_end(table);
}

static void holder_cells(hsn_table *table, const hsn_why_holder *holder)
{
    if (!*holder->type) {
        hsn_table_null(table);
        return;
    }
    hsn_table_begin(table);
    hsn_table_text(table, holder->type);
    hsn_table_text(table, holder->path);
    hsn_table_delta(table, holder->count_delta);
    hsn_table_delta(table, holder->size_bytes_delta);
    hsn_table_count(table, holder->items_old);
    hsn_table_count(table, holder->items_new);
    hsn_table_end(table);
}

static void row_cells(struct cli *cli, hsn_table *table, const hsn_why *why, const hsn_why_row *row)
{
    const hsn_frame *at = row->allocated_at;
    hsn_table_real(table, row->share);
    hsn_table_delta(table, row->held_bytes_delta);
    if (why->has_retained)
        hsn_table_delta(table, row->retained_bytes_delta);
    else
        hsn_table_null(table);
    hsn_table_delta(table, row->count_delta);
    hsn_table_text(table, hsn_why_kind_name(row->kind));
    hsn_table_text(table, what(cli, row));
    if (at)
        hsn_table_text(table, cli_format(cli, *at->function ? "%s:%u %s" : "%s:%u",
                                         file_name(at->file), at->line, at->function));
    else
        hsn_table_null(table);
    hsn_table_text(table, row->type);
    hsn_table_delta(table, row->size_bytes_delta);
    if (why->has_retained) {
        hsn_table_bytes(table, row->retained_bytes_old);
        hsn_table_bytes(table, row->retained_bytes_new);
    } else {
        hsn_table_null(table);
        hsn_table_null(table);
    }
    hsn_table_text(table, row->path);
    hsn_table_begin(table);
    for (size_t i = 0; i < row->step_count; i++) {
        hsn_table_text(table, row->steps[i].type);
        hsn_table_text(table, row->steps[i].label);
    }
    hsn_table_end(table);
    text_or_null(table, row->cut);
    holder_cells(table, &row->holder);
    if (at) {
        hsn_table_begin(table);
        frame_cells(table, at);
        hsn_table_end(table);
    } else {
        hsn_table_null(table);
    }
    hsn_table_begin(table);
    for (size_t i = 0; i < row->stack_count; i++)
        frame_cells(table, &row->allocated_stack[i]);
    hsn_table_end(table);
    series_cells(table, row, why->snapshots);
    hsn_table_bool(table, row->grew_every_step);
    hsn_table_bool(table, row->is_noise);
    hsn_table_text(table, hsn_why_match_name(why->matched_by));
}

static hsn_table *make_members(const hsn_why *why)
{
    static const hsn_column member_columns[] = {
        {HSN_COLUMN_BYTES, "gained_bytes", NULL, 0, NULL},
        {HSN_COLUMN_DELTA_BYTES, "heap_bytes_delta", NULL, 0, NULL},
        {HSN_COLUMN_PERCENT, "explained", NULL, 0, NULL},
        {HSN_COLUMN_COUNT, "rows_in_all", NULL, 0, NULL},
        {HSN_COLUMN_COUNT, "patterns", NULL, 0, NULL},
        {HSN_COLUMN_BOOL, "coarse", NULL, 0, NULL},
        {0},
    };
    hsn_table *members = NULL;
    double explained = 0;
    if (hsn_table_new(&members, member_columns, NULL) < 0)
        return NULL;
    for (size_t i = 0; i < why->count; i++)
        explained += why->rows[i].share;
    hsn_table_bytes(members, why->gained_bytes);
    hsn_table_delta(members, why->heap_bytes_delta);
    hsn_table_real(members, explained);
    hsn_table_count(members, why->matched);
    hsn_table_count(members, why->patterns);
    hsn_table_bool(members, why->is_coarse);
    return members;
}

// The last line of text: what all rows explain of it.
static void note_cells(struct cli *cli, hsn_table *table, const hsn_why *why)
{
    double explained = 0;
    int64_t held = 0;
    for (size_t i = 0; i < why->count; i++) {
        explained += why->rows[i].share;
        held += why->rows[i].held_bytes_delta;
    }
    hsn_table_real(table, explained);
    hsn_table_delta(table, held);
    hsn_table_null(table); // objects below others' would count twice
    hsn_table_null(table);
    hsn_table_null(table);
    hsn_table_text(table,
                   why->matched > why->count
                       ? cli_format(cli, "(of %s gained; %zu more rows)",
                                    cli_bytes(cli, why->gained_bytes), why->matched - why->count)
                       : cli_format(cli, "(of %s gained)", cli_bytes(cli, why->gained_bytes)));
    for (const hsn_column *c = &columns[6]; c->type != HSN_COLUMN_END; c++)
        hsn_table_null(table);
}

static int print(struct cli *cli, const hsn_why *why)
{
    hsn_table *table = NULL, *members = make_members(why);
    hsn_error err = {0};
    int r = STATUS_OK;
    if (!members || hsn_table_new(&table, columns, &err) < 0)
        r = cli_error(cli, NULL, "out of memory");
    for (size_t i = 0; !r && i < why->count; i++)
        row_cells(cli, table, why, &why->rows[i]);
    if (!r && cli->format == FORMAT_TEXT)
        note_cells(cli, table, why);
    if (!r)
        r = out_table(cli, "why", table, members);
    hsn_table_free(table);
    hsn_table_free(members);
    return r;
}

static bool found(const hsn_why *why, uint64_t min_growth)
{
    for (size_t i = 0; i < why->count; i++) {
        const hsn_why_row *row = &why->rows[i];
        if (!row->is_noise && row->held_bytes_delta > 0 &&
            (uint64_t)row->held_bytes_delta >= min_growth)
            return true;
    }
    return false;
}

unsigned why_dominators(bool shallow, bool keep)
{
    if (shallow)
        return 0;
    return HSN_DOMINATORS_COMPUTE | (keep ? HSN_DOMINATORS_KEEP : 0);
}

int why_print(struct cli *cli, const hsn_snapshot_ref *snapshots, size_t count, const char *subject,
              uint64_t min_growth, unsigned dominators)
{
    hsn_why_options options = {.limit = cli->limit < UINT64_MAX ? (size_t)cli->limit : MOST_ROWS,
                               .dominators = dominators};
    hsn_error err = {0};
    hsn_why why;
    if (hsn_why_over(snapshots, count, &options, cli_progress(cli), &why, &err) < 0)
        return cli_failed(cli, subject, &err);
    cli_detail(cli, "%llu patterns%s", (unsigned long long)why.patterns,
               why.is_coarse ? ", deep ones merged" : "");
    if (why.id_obstacle)
        cli_note(cli, "%s: matched by pattern and type, not by id: %s", subject, why.id_obstacle);
    int r = print(cli, &why);
    if (!r && cli->exit_code && found(&why, min_growth))
        r = STATUS_FINDING;
    hsn_why_free(&why);
    return r;
}
