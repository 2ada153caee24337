// SPDX-License-Identifier: MIT
// snapjoin: the object graph beside the allocations of the same instant, line by line.
#include "cli/tool.h"

#include <heapsnap/join.h>

static uint64_t most_types = 3, most_holders = 3;
static bool keep = true;

static const struct opt opts[] = {
    {OPT_COUNT, 0, "types", "N", &most_types, "tell at most N types of a line (default 3)"},
    {OPT_COUNT, 0, "holders", "N", &most_holders,
     "tell at most N holders of a line (default 3); 0 looks for none, which is faster"},
    {OPT_FLAG, 0, "keep", NULL, &keep, "keep results in the store for the next time (default)"},
    {0},
};

static const hsn_column type_fields[] = {
    {HSN_COLUMN_TEXT, "type"},
    {HSN_COLUMN_COUNT, "count"},
    {HSN_COLUMN_BYTES, "size_bytes"},
    {0},
};
static const hsn_column holder_fields[] = {
    {HSN_COLUMN_TEXT, "path"},   {HSN_COLUMN_TEXT, "type"},        {HSN_COLUMN_TEXT, "kind"},
    {HSN_COLUMN_COUNT, "count"}, {HSN_COLUMN_BYTES, "size_bytes"}, {0},
};
static const hsn_column columns[] = {
    {HSN_COLUMN_TEXT, "where", "Line", HSN_COLUMN_TEXT_ONLY},
    {HSN_COLUMN_TEXT, "file", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_COUNT, "line", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_TEXT, "function", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_COUNT, "allocated_count", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_BYTES, "allocated_bytes", "Allocated", HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_COUNT, "count", "Objects"},
    {HSN_COLUMN_BYTES, "size_bytes", "Shallow"},
    {HSN_COLUMN_BYTES, "retained_bytes", "Retained"},
    {HSN_COLUMN_TEXT, "what", "Types", HSN_COLUMN_TEXT_ONLY},
    {HSN_COLUMN_TEXT, "holder", "Held by", HSN_COLUMN_TEXT_ONLY | HSN_COLUMN_IF_ANY},
    {HSN_COLUMN_LIST, "types", NULL, HSN_COLUMN_DATA_ONLY, type_fields},
    {HSN_COLUMN_LIST, "holders", NULL, HSN_COLUMN_DATA_ONLY, holder_fields},
    {0},
};

static const char *where(struct cli *cli, const hsn_join_line *row)
{
    const char *file = *row->file ? row->file : "?";
    return *row->function ? cli_format(cli, "%s:%u %s", file, row->line, row->function)
                          : cli_format(cli, "%s:%u", file, row->line);
}

// "Request ×1000, dict ×1000"
static const char *types_text(struct cli *cli, const hsn_join_line *row)
{
    const char *text = "";
    for (size_t i = 0; i < row->type_count; i++)
        text = cli_format(cli, "%s%s%s ×%llu", text, i ? ", " : "", row->types[i].type,
                          (unsigned long long)row->types[i].count);
    return text;
}

static void text_or_null(hsn_table *table, const char *text)
{
    if (*text)
        hsn_table_text(table, text);
    else
        hsn_table_null(table);
}

static void part_cells(hsn_table *table, const hsn_join_line *row)
{
    hsn_table_begin(table);
    for (size_t i = 0; i < row->type_count; i++) {
        hsn_table_text(table, row->types[i].type);
        hsn_table_count(table, row->types[i].count);
        hsn_table_bytes(table, row->types[i].size_bytes);
    }
    hsn_table_end(table);
    hsn_table_begin(table);
    for (size_t i = 0; i < row->holder_count; i++) {
        hsn_table_text(table, row->holders[i].path);
        hsn_table_text(table, row->holders[i].type);
        hsn_table_text(table, hsn_held_name(row->holders[i].held));
        hsn_table_count(table, row->holders[i].count);
        hsn_table_bytes(table, row->holders[i].size_bytes);
    }
    hsn_table_end(table);
}

static void line_cells(struct cli *cli, hsn_table *table, const hsn_join_line *row,
                       bool has_profile)
{
    hsn_table_text(table, where(cli, row));
    hsn_table_text(table, row->file);
    hsn_table_count(table, row->line);
    text_or_null(table, row->function);
    if (has_profile) {
        hsn_table_count(table, row->allocated_count);
        hsn_table_bytes(table, row->allocated_bytes);
    } else {
        hsn_table_null(table);
        hsn_table_null(table);
    }
    hsn_table_count(table, row->count);
    hsn_table_bytes(table, row->size_bytes);
    hsn_table_bytes(table, row->retained_bytes);
    hsn_table_text(table, types_text(cli, row));
    if (row->holder_count)
        hsn_table_text(table, row->holders[0].path);
    else
        hsn_table_null(table);
    part_cells(table, row);
}

static int print(struct cli *cli, const hsn_join_lines *lines)
{
    hsn_error err = {0};
    hsn_table *table = NULL;
    if (hsn_table_new(&table, columns, &err) < 0)
        return cli_failed(cli, cli->args[0], &err);
    for (size_t i = 0; i < lines->count; i++)
        line_cells(cli, table, &lines->rows[i], lines->has_profile);
    if (cli->format == FORMAT_TEXT && lines->count < lines->matched)
        cli_note(cli, "%zu of %llu lines; --limit 0 shows all", lines->count,
                 (unsigned long long)lines->matched);
    int r = out_table(cli, "join", table, NULL);
    hsn_table_free(table);
    return r;
}

static int run(struct cli *cli)
{
    hsn_join_options options = {
        .limit = cli->limit < UINT64_MAX ? (size_t)cli->limit : 0,
        .most_types = (size_t)most_types,
        .most_holders = (size_t)most_holders,
        .dominators = HSN_DOMINATORS_COMPUTE | (keep ? HSN_DOMINATORS_KEEP : 0u),
    };
    struct snapshot **snapshots;
    hsn_join_lines lines = {0};
    hsn_heap *heap = NULL;
    hsn_error err = {0};
    size_t count;
    int status = cli_open_all(cli, 0, &snapshots, &count);
    if (status)
        return status;
    int r = hsn_heap_open(&heap, snapshots[0]->store, snapshots[0]->id, &err);
    if (r >= 0)
        r = hsn_join_lines_find(heap, &options, cli_progress(cli), &lines, &err);
    status = r < 0 ? cli_failed(cli, snapshots[0]->argument, &err) : print(cli, &lines);
    hsn_join_lines_free(&lines);
    hsn_heap_close(heap);
    return status;
}

const struct tool tool = {
    .name = "snapjoin",
    .summary = "lay retained bytes, types and holders beside the allocations of each line",
    .args = "SNAPSHOT",
    .examples = "snapjoin a.db\n"
                "snapjoin a.db --limit 5 --json",
    .opts = opts,
    .features = TOOL_TABLE | TOOL_LIMIT | TOOL_SNAPSHOTS,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
