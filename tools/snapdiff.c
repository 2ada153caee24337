// SPDX-License-Identifier: MIT
// snapdiff: what changed between two snapshots.
#include "cli/grouping.h"
#include "cli/objects_table.h"
#include "cli/why_table.h"

#include <heapsnap/diff.h>

enum { BY_AUTO, BY_FIRST };
static const char *const words[] = {"auto",
#define WORD(name, text) text,
                                    HSN_BY_LIST(WORD)
#undef WORD
                                        NULL};
static const char *const sorts[] = {
#define WORD(name, text) text,
    HSN_DIFF_SORT_LIST(WORD)
#undef WORD
        NULL};

static struct grouping grouping = GROUPING_DEFAULTS;
static int sort_by = HSN_DIFF_SORT_DEFAULT;
static bool unchanged, why, objects, shallow, keep = true;
static uint64_t min_growth;

static const struct opt opts[] = {
    {OPT_FLAG, 0, "why", NULL, &why,
     "explain growth by who holds it: the container that leaks, and where it was allocated"},
    {OPT_FLAG, 0, "shallow", NULL, &shallow,
     "with --why: tell retained bytes only where the stores keep them; faster"},
    {OPT_FLAG, 0, "keep", NULL, &keep,
     "with --why: keep what was found for retained bytes in the stores (default)"},
    {OPT_FLAG, 0, "objects", NULL, &objects,
     "which objects are new, gone and still there, by stable id; of three snapshots, what came "
     "with the second and whether the third still has it"},
    {OPT_CHOICE, 0, "by", "WHAT", &grouping.by,
     "what a row is; auto is type, without objects lineno, of time function", .choices = words},
    {OPT_CHOICE, 0, "sort", "ORDER", &sort_by,
     "by bytes gained, objects gained, or largest change in either direction; default is growth, "
     "and magnitude for allocations",
     .choices = sorts},
    GROUPING_TYPE_ROWS(grouping),
    {OPT_FLAG, 0, "unchanged", NULL, &unchanged,
     "in text, list also what did not change (JSON and CSV always do)"},
    {OPT_BYTES, 0, "min-growth", "SIZE", &min_growth,
     "with --exit-code: growth by less than SIZE is none"},
    GROUPING_SITE_ROWS(grouping),
    {0},
};

static const hsn_column numbers[] = {
    {HSN_COLUMN_COUNT, "count_old", "Old", 0, NULL},
    {HSN_COLUMN_COUNT, "count_new", "New", 0, NULL},
    {HSN_COLUMN_DELTA_COUNT, "count_delta", "Count +/-", 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes_old", "Old bytes", HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_BYTES, "size_bytes_new", "Bytes", 0, NULL},
    {HSN_COLUMN_DELTA_BYTES, "size_bytes_delta", "Bytes +/-", 0, NULL},
    {0},
};

static void number_cells(hsn_table *table, const hsn_diff_row *row)
{
    hsn_table_count(table, row->old_cell.count);
    hsn_table_count(table, row->new_cell.count);
    hsn_table_delta(table, row->count_delta);
    hsn_table_bytes(table, row->old_cell.size_bytes);
    hsn_table_bytes(table, row->new_cell.size_bytes);
    hsn_table_delta(table, row->size_bytes_delta);
}

// Everything that is not listed: cut off by the limit, or unchanged.
static hsn_diff_row rest_of(const hsn_diff *diff)
{
    hsn_diff_row rest = diff->sum;
    for (size_t i = 0; i < diff->count; i++) {
        const hsn_diff_row *row = &diff->rows[i];
        rest.old_cell.count -= row->old_cell.count;
        rest.new_cell.count -= row->new_cell.count;
        rest.count_delta -= row->count_delta;
        rest.old_cell.size_bytes -= row->old_cell.size_bytes;
        rest.new_cell.size_bytes -= row->new_cell.size_bytes;
        rest.size_bytes_delta -= row->size_bytes_delta;
    }
    return rest;
}

static void note_rows(struct cli *cli, hsn_table *table, const hsn_diff *diff)
{
    bool adds_up = !grouping.cumulative;
    size_t cut = diff->matched - diff->count;
    size_t hidden = unchanged ? 0 : diff->unchanged;
    const char *note = cut && hidden ? cli_format(cli, "(%zu more, %zu unchanged)", cut, hidden)
                       : cut         ? cli_format(cli, "(%zu more)", cut)
                       : hidden      ? cli_format(cli, "(%zu unchanged)", hidden)
                                     : NULL;
    if (note && adds_up) {
        hsn_diff_row rest = rest_of(diff);
        grouping_note_cells(table, diff->totals.by, note);
        number_cells(table, &rest);
    }
    if (adds_up && (diff->sum.old_cell.size_bytes != diff->whole.old_cell.size_bytes ||
                    diff->sum.new_cell.size_bytes != diff->whole.new_cell.size_bytes)) {
        grouping_note_cells(table, diff->totals.by, "(chosen)");
        number_cells(table, &diff->sum);
    }
    grouping_note_cells(table, diff->totals.by, "(total)");
    number_cells(table, &diff->whole);
}

static int print_diff(struct cli *cli, const hsn_diff *diff)
{
    hsn_table *table = NULL;
    int r = grouping_table(cli, &diff->totals, numbers, &table);
    for (size_t i = 0; !r && i < diff->count; i++) {
        grouping_cells(cli, table, &diff->totals, &diff->rows[i].key);
        number_cells(table, &diff->rows[i]);
    }
    if (!r && cli->format == FORMAT_TEXT)
        note_rows(cli, table, diff);
    hsn_table *members = grouping_members(&diff->totals);
    if (!r)
        r = out_table(cli, "diff", table, members);
    hsn_table_free(members);
    hsn_table_free(table);
    return r;
}

static bool grew(const hsn_diff *diff)
{
    return diff->most_bytes_gained > 0 && (uint64_t)diff->most_bytes_gained >= min_growth;
}

static int run_why(struct cli *cli, struct snapshot **snapshots, size_t count)
{
    hsn_snapshot_ref refs[2] = {{snapshots[0]->store, snapshots[0]->id},
                                {snapshots[1]->store, snapshots[1]->id}};
    int r = grouping_check(cli, HSN_BY_TYPE, snapshots, count);
    return r ? r
             : why_print(cli, refs, 2, snapshots[0]->argument, min_growth,
                         why_dominators(shallow, keep));
}

// What --why does not look at is refused.
static bool goes_with_why(void)
{
    return grouping.by == BY_AUTO && sort_by == HSN_DIFF_SORT_DEFAULT && !unchanged &&
           !grouping.type && !grouping.module && !grouping.metric && !grouping.cumulative &&
           !grouping.include.count && !grouping.exclude.count && grouping.domain == UINT64_MAX;
}

// And what --objects does not.
static bool goes_with_objects(void)
{
    return grouping.by == BY_AUTO && sort_by == HSN_DIFF_SORT_DEFAULT && !why && !grouping.module &&
           !grouping.cumulative && !grouping.include.count && !grouping.exclude.count &&
           grouping.domain == UINT64_MAX;
}

static int check_options(struct cli *cli)
{
    if (min_growth && !cli->exit_code)
        return cli_usage(cli, "--min-growth needs --exit-code");
    if ((shallow || !keep) && !why)
        return cli_usage(cli, "%s needs --why", shallow ? "--shallow" : "--no-keep");
    if (why && !goes_with_why())
        return cli_usage(cli, "--why explains the whole heap; it takes no --by, --sort or filter");
    if (objects && !goes_with_objects())
        return cli_usage(cli, "--objects takes no option that chooses but --type");
    if (cli->arg_count > 2 && !objects)
        return cli_usage(cli, "a third snapshot needs --objects; snapgrow takes any number");
    return STATUS_OK;
}

static int run(struct cli *cli)
{
    hsn_diff_options options = {.sort = sort_by, .limit = grouping_limit(cli)};
    struct snapshot **snapshots;
    hsn_error err = {0};
    hsn_diff diff = {0};
    size_t count;
    int r = check_options(cli);
    if (!r)
        r = cli_open_all(cli, 0, &snapshots, &count);
    if (r)
        return r;
    if (objects)
        return objects_print(cli, snapshots, count, grouping.type, unchanged, min_growth);
    if (why)
        return run_why(cli, snapshots, count);
    hsn_by by = grouping.by == BY_AUTO ? HSN_BY_COUNT : (hsn_by)(grouping.by - BY_FIRST);
    by = grouping_by(&grouping, by, snapshots, count);
    r = grouping_options(cli, &grouping, by, &options.totals);
    if (!r)
        r = grouping_check(cli, by, snapshots, count);
    if (r)
        return r;
    options.changed_only = cli->format == FORMAT_TEXT && !unchanged;
    hsn_snapshot_ref old_ref = {snapshots[0]->store, snapshots[0]->id};
    hsn_snapshot_ref new_ref = {snapshots[1]->store, snapshots[1]->id};
    if (hsn_diff_between(old_ref, new_ref, &options, &diff, &err) < 0)
        return cli_failed(cli, snapshots[0]->argument, &err);
    r = print_diff(cli, &diff);
    if (!r && cli->exit_code && grew(&diff))
        r = STATUS_FINDING;
    hsn_diff_free(&diff);
    return r;
}

const struct tool tool = {
    .name = "snapdiff",
    .summary = "show what changed between two snapshots",
    .args = "OLD NEW [LATER]",
    .examples = "snapdiff mon.db tue.db\n"
                "snapdiff mon.db tue.db --why\n"
                "snapdiff warm.heapsnapshot busy.heapsnapshot idle.heapsnapshot --objects\n"
                "snapdiff nightly.db#first nightly.db#last --type 'app.*'\n"
                "snapdiff before.pickle after.pickle --by lineno --json\n"
                "snapdiff good.db new.db --exit-code --min-growth 10M\n"
                "snapdiff mon.db tue.db --aggregate worst",
    .opts = opts,
    .features = TOOL_TABLE | TOOL_LIMIT | TOOL_SNAPSHOTS | TOOL_AGGREGATE | TOOL_EXIT_CODE,
    .min_args = 2,
    .max_args = 3,
    .exit_notes = "something grew, by --min-growth or more",
    .run = run,
};
