// SPDX-License-Identifier: MIT
// snaptop: what is in a heap, largest first.
#include "cli/grouping.h"

#include <heapsnap/top.h>

#include <math.h>

// Words of --by; those of tracemalloc and those of docs/cli.md mean the same.
enum {
    BY_AUTO,
    BY_TYPE,
    BY_MODULE,
    BY_FILENAME,
    BY_FILE,
    BY_LINENO,
    BY_SITE,
    BY_FUNCTION,
    BY_TRACEBACK,
    BY_OBJECT
};
static const char *const words[] = {"auto", "type",     "module",    "filename", "file", "lineno",
                                    "site", "function", "traceback", "object",   NULL};
static const hsn_by groupings[] = {
    [BY_TYPE] = HSN_BY_TYPE,         [BY_MODULE] = HSN_BY_MODULE,
    [BY_FILENAME] = HSN_BY_FILENAME, [BY_FILE] = HSN_BY_FILENAME,
    [BY_LINENO] = HSN_BY_LINENO,     [BY_SITE] = HSN_BY_LINENO,
    [BY_FUNCTION] = HSN_BY_FUNCTION, [BY_TRACEBACK] = HSN_BY_TRACEBACK,
};
static const char *const sorts[] = {"bytes", "count", NULL};

static struct grouping grouping = GROUPING_DEFAULTS;
static int sort_by = HSN_TOP_BY_BYTES;

static const struct opt opts[] = {
    {OPT_CHOICE, 0, "by", "WHAT", &grouping.by,
     "what a row is; auto is type, or lineno for a snapshot without objects; file and site are "
     "filename and lineno",
     .choices = words},
    {OPT_CHOICE, 0, "sort", "KEY", &sort_by, "largest first by bytes or by count",
     .choices = sorts},
    GROUPING_TYPE_ROWS(grouping),
    GROUPING_SITE_ROWS(grouping),
    {0},
};

static const hsn_column numbers[] = {
    {HSN_COLUMN_COUNT, "count", "Count", 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", "Bytes", 0, NULL},
    {HSN_COLUMN_BYTES, "retained_bytes", "Retained", HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_PERCENT, "share", "Share", 0, NULL},
    {HSN_COLUMN_PERCENT, "cumulative_share", "Cumulative", 0, NULL},
    {0},
};

static void number_cells(hsn_table *table, hsn_cell cell, double share, double cumulative_share)
{
    hsn_table_count(table, cell.count);
    hsn_table_bytes(table, cell.size_bytes);
    hsn_table_null(table); // retained bytes need dominators
    hsn_table_real(table, share);
    if (isnan(cumulative_share))
        hsn_table_null(table);
    else
        hsn_table_real(table, cumulative_share);
}

static double share_of(hsn_cell part, hsn_cell whole)
{
    return whole.size_bytes ? (double)part.size_bytes / (double)whole.size_bytes : 0;
}

// What the limit cut off, and all: for people only, since it is no row.
static void note_rows(struct cli *cli, hsn_table *table, const hsn_top *top, size_t shown)
{
    bool adds_up = !grouping.cumulative;
    if (shown < top->count && adds_up) {
        hsn_cell rest = top->sum;
        for (size_t i = 0; i < shown; i++) {
            rest.count -= top->rows[i].count;
            rest.size_bytes -= top->rows[i].size_bytes;
        }
        grouping_note_cells(table, top->totals.by,
                            cli_format(cli, "(%zu more)", top->count - shown));
        number_cells(table, rest, share_of(rest, top->whole), NAN);
    }
    if (adds_up && top->sum.size_bytes != top->whole.size_bytes) {
        grouping_note_cells(table, top->totals.by, "(chosen)");
        number_cells(table, top->sum, share_of(top->sum, top->whole), NAN);
    }
    grouping_note_cells(table, top->totals.by, "(total)");
    number_cells(table, top->whole, share_of(top->whole, top->whole), NAN);
}

static int print_groups(struct cli *cli, struct snapshot *snapshot, hsn_by by)
{
    hsn_top_options options = {.sort = sort_by};
    hsn_snapshot_ref ref = {snapshot->store, snapshot->id};
    hsn_table *table = NULL;
    hsn_error err = {0};
    hsn_top top = {0};
    int r = grouping_options(cli, &grouping, by, &options.totals);
    if (!r)
        r = grouping_check(cli, by, &snapshot, 1);
    if (r)
        return r;
    if (hsn_top_read(ref, &options, &top, &err) < 0)
        return cli_failed(cli, snapshot->argument, &err);
    size_t shown = grouping_shown(cli, top.count);
    r = grouping_table(cli, by, numbers, &table);
    for (size_t i = 0; !r && i < shown; i++) {
        const hsn_top_row *row = &top.rows[i];
        grouping_cells(cli, table, &top.totals, &row->key);
        number_cells(table, (hsn_cell){row->count, row->size_bytes}, row->share,
                     row->cumulative_share);
    }
    if (!r && cli->format == FORMAT_TEXT)
        note_rows(cli, table, &top, shown);
    if (!r)
        r = out_table(cli, "top", table, NULL);
    hsn_table_free(table);
    hsn_top_free(&top);
    return r;
}

static const hsn_column object_columns[] = {
    {HSN_COLUMN_ADDRESS, "address", "Address", 0, NULL},
    {HSN_COLUMN_TEXT, "type", "Type", 0, NULL},
    {HSN_COLUMN_COUNT, "count", NULL, HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", "Bytes", 0, NULL},
    {HSN_COLUMN_BYTES, "retained_bytes", "Retained", HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_COUNT, "length", "Length", 0, NULL},
    {HSN_COLUMN_PERCENT, "share", "Share", 0, NULL},
    {0},
};

static int object_cells(hsn_table *table, hsn_heap *heap, const hsn_top_objects *top,
                        const hsn_top_object *row, hsn_error *err)
{
    hsn_object object;
    int r = hsn_heap_object(heap, row->node, &object, err);
    if (r < 0)
        return r;
    hsn_table_address(table, object.address);
    hsn_table_text(table, hsn_heap_types(heap)->rows[row->type].name);
    hsn_table_count(table, 1);
    hsn_table_bytes(table, row->size_bytes);
    hsn_table_null(table);
    if (object.length == HSN_NO_LENGTH)
        hsn_table_null(table);
    else
        hsn_table_count(table, object.length);
    hsn_table_real(table, share_of((hsn_cell){1, row->size_bytes}, top->whole));
    return HSN_OK;
}

static int print_objects(struct cli *cli, const struct snapshot *snapshot)
{
    hsn_totals_options none;
    hsn_top_objects top = {0};
    hsn_table *table = NULL;
    hsn_heap *heap = NULL;
    hsn_error err = {0};
    if (sort_by == HSN_TOP_BY_COUNT)
        return cli_usage(cli, "--sort count needs groups; it does not go with --by object");
    // The options for allocations are refused as they are for types.
    int status = grouping_options(cli, &grouping, HSN_BY_TYPE, &none);
    if (status)
        return status;
    int r = hsn_heap_open(&heap, snapshot->store, snapshot->id, &err);
    if (r >= 0)
        r = hsn_top_objects_read(heap, grouping.type, grouping.module,
                                 grouping_shown(cli, SIZE_MAX), &top, &err);
    if (r >= 0)
        r = hsn_table_new(&table, object_columns, &err);
    for (size_t i = 0; r >= 0 && i < top.count; i++)
        r = object_cells(table, heap, &top, &top.rows[i], &err);
    status = r < 0 ? cli_failed(cli, snapshot->argument, &err) : out_table(cli, "top", table, NULL);
    hsn_table_free(table);
    hsn_top_objects_free(&top);
    hsn_heap_close(heap);
    return status;
}

static int run(struct cli *cli)
{
    struct snapshot *snapshot;
    int r = cli_open(cli, cli->args[0], &snapshot);
    if (r)
        return r;
    if (grouping.by == BY_OBJECT)
        return print_objects(cli, snapshot);
    return print_groups(cli, snapshot,
                        grouping.by == BY_AUTO ? grouping_default(&snapshot, 1)
                                               : groupings[grouping.by]);
}

const struct tool tool = {
    .name = "snaptop",
    .summary = "list what is in a heap, largest first",
    .args = "SNAPSHOT",
    .examples = "snaptop a.db\n"
                "snaptop a.db --by module\n"
                "snaptop a.db --by object --type dict\n"
                "snaptop trace.pickle --by lineno --exclude '<frozen importlib*' --json",
    .opts = opts,
    .features = TOOL_TABLE | TOOL_LIMIT | TOOL_SNAPSHOTS,
    .min_args = 1,
    .max_args = 1,
    .run = run,
};
