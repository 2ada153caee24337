// SPDX-License-Identifier: MIT
// snapjoin: what two kinds of measurement say of the same code: objects beside allocations, by
// line; time beside memory, by function.
#include "cli/tool.h"

#include <heapsnap/join.h>

enum { BY_AUTO, BY_LINENO, BY_FUNCTION };
static const char *const words[] = {"auto", "lineno", "function", NULL};
static const char *const sorts[] = {"bytes", "time", NULL};

static int by, sort_by;
static const char *metric;
static uint64_t most_types = 3, most_holders = 3;
static bool keep = true;

static const struct opt opts[] = {
    {OPT_CHOICE, 0, "by", "WHAT", &by,
     "what a row is, a line with objects beside allocations or a function with time beside memory; "
     "auto is function for two snapshots",
     .choices = words},
    {OPT_GROUP, 0, "By line"},
    {OPT_COUNT, 0, "types", "N", &most_types, "tell at most N types of a line (default 3)"},
    {OPT_COUNT, 0, "holders", "N", &most_holders,
     "tell at most N holders of a line (default 3); 0 looks for none, which is faster"},
    {OPT_FLAG, 0, "keep", NULL, &keep, "keep results in the store for the next time (default)"},
    {OPT_GROUP, 0, "By function"},
    {OPT_CHOICE, 0, "sort", "KEY", &sort_by, "largest first by bytes or by time", .choices = sorts},
    {OPT_TEXT, 0, "metric", "NAME", &metric,
     "of memory: inuse, alloc, peak …; snapinfo lists those of a snapshot"},
    {0},
};

// ---- by line ----------------------------------------------------------------------------------

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

static int print_lines(struct cli *cli, const hsn_join_lines *lines)
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

static int run_lines(struct cli *cli, const struct snapshot *snapshot)
{
    hsn_join_options options = {
        .limit = cli->limit < UINT64_MAX ? (size_t)cli->limit : 0,
        .most_types = (size_t)most_types,
        .most_holders = (size_t)most_holders,
        .dominators = HSN_DOMINATORS_COMPUTE | (keep ? HSN_DOMINATORS_KEEP : 0u),
    };
    hsn_join_lines lines = {0};
    hsn_heap *heap = NULL;
    hsn_error err = {0};
    int r = hsn_heap_open(&heap, snapshot->store, snapshot->id, &err);
    if (r >= 0)
        r = hsn_join_lines_find(heap, &options, cli_progress(cli), &lines, &err);
    int status = r < 0 ? cli_failed(cli, snapshot->argument, &err) : print_lines(cli, &lines);
    hsn_join_lines_free(&lines);
    hsn_heap_close(heap);
    return status;
}

// ---- by function ------------------------------------------------------------------------------

static const hsn_column function_columns[] = {
    {HSN_COLUMN_TEXT, "where", "Function", HSN_COLUMN_TEXT_ONLY},
    {HSN_COLUMN_TEXT, "file", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_COUNT, "line", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_TEXT, "function", NULL, HSN_COLUMN_DATA_ONLY},
    {HSN_COLUMN_COUNT, "calls", "Calls"},
    {HSN_COLUMN_BYTES, "own_ns", "Own time", HSN_COLUMN_NS},
    {HSN_COLUMN_BYTES, "total_ns", "Total time", HSN_COLUMN_NS},
    {HSN_COLUMN_COUNT, "count", "Blocks"},
    {HSN_COLUMN_BYTES, "size_bytes", "Own bytes"},
    {HSN_COLUMN_BYTES, "total_size_bytes", "Total bytes"},
    {0},
};

static const hsn_column metric_column[] = {{HSN_COLUMN_TEXT, "metric"}, {0}};

static const char *function_text(struct cli *cli, const hsn_join_function *row)
{
    const char *file = *row->file ? row->file : "?";
    const char *function = *row->function ? row->function : "-";
    return row->line ? cli_format(cli, "%s:%u %s", file, row->line, function)
                     : cli_format(cli, "%s %s", file, function);
}

static void function_cells(hsn_table *table, const hsn_join_function *row, const char *where_text)
{
    hsn_table_text(table, where_text);
    hsn_table_text(table, row->file);
    hsn_table_count(table, row->line);
    text_or_null(table, row->function);
    hsn_table_count(table, row->calls);
    hsn_table_bytes(table, row->own_ns);
    hsn_table_bytes(table, row->total_ns);
    hsn_table_count(table, row->count);
    hsn_table_bytes(table, row->size_bytes);
    hsn_table_bytes(table, row->total_size_bytes);
}

static int print_functions(struct cli *cli, const hsn_join_functions *functions)
{
    size_t shown = functions->count < cli->limit ? functions->count : (size_t)cli->limit;
    hsn_table *table = NULL, *members = NULL;
    hsn_error err = {0};
    int r = hsn_table_new(&table, function_columns, &err);
    if (r >= 0)
        r = hsn_table_new(&members, metric_column, &err);
    if (r >= 0) {
        hsn_table_text(members, functions->metric);
        for (size_t i = 0; i < shown; i++)
            function_cells(table, &functions->rows[i], function_text(cli, &functions->rows[i]));
        if (cli->format == FORMAT_TEXT)
            function_cells(table, &functions->whole,
                           shown < functions->count
                               ? cli_format(cli, "(total; %zu more)", functions->count - shown)
                               : "(total)");
    }
    int status =
        r < 0 ? cli_failed(cli, cli->args[0], &err) : out_table(cli, "function", table, members);
    hsn_table_free(table);
    hsn_table_free(members);
    return status;
}

static int run_functions(struct cli *cli, struct snapshot **snapshots, size_t count)
{
    hsn_snapshot_ref memory = {snapshots[0]->store, snapshots[0]->id};
    hsn_snapshot_ref time = {snapshots[count - 1]->store, snapshots[count - 1]->id};
    hsn_join_functions functions;
    hsn_error err = {0};
    if (hsn_join_functions_find(&memory, &time, metric, (hsn_join_order)sort_by, &functions, &err) <
        0)
        return cli_failed(cli, cli->args[0], &err);
    int r = print_functions(cli, &functions);
    hsn_join_functions_free(&functions);
    return r;
}

static int run(struct cli *cli)
{
    struct snapshot **snapshots;
    size_t count;
    bool by_function = by == BY_FUNCTION || (by == BY_AUTO && cli->arg_count == 2);
    if (by == BY_LINENO && cli->arg_count == 2)
        return cli_usage(cli, "--by lineno looks at one snapshot");
    if (!by_function && (metric || sort_by))
        return cli_usage(cli, "%s goes with --by function", metric ? "--metric" : "--sort");
    int r = cli_open_all(cli, 0, &snapshots, &count);
    if (r)
        return r;
    return by_function ? run_functions(cli, snapshots, count) : run_lines(cli, snapshots[0]);
}

const struct tool tool = {
    .name = "snapjoin",
    .summary = "lay objects beside allocations by line, or time beside memory by function",
    .args = "SNAPSHOT [PROFILE]",
    .examples = "snapjoin a.db\n"
                "snapjoin a.db --limit 5 --json\n"
                "snapjoin a.pickle a.pstats\n"
                "snapjoin a.pickle a.pstats --sort time",
    .opts = opts,
    .features = TOOL_TABLE | TOOL_LIMIT | TOOL_SNAPSHOTS,
    .min_args = 1,
    .max_args = 2,
    .run = run,
};
