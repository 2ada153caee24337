// SPDX-License-Identifier: MIT
// snapgrow: the fastest-growing types over several snapshots.
#include "cli/grouping.h"
#include "cli/why_table.h"

#include <heapsnap/growth.h>

#include <math.h>
#include <stdlib.h>

enum { BY_AUTO, BY_FIRST };
static const char *const words[] = {"auto",
#define WORD(name, text) text,
                                    HSN_BY_LIST(WORD)
#undef WORD
                                        NULL};

static struct grouping grouping = GROUPING_DEFAULTS;
static uint64_t min_delta, since_s;
static bool all, why, shallow, keep = true;

static const struct opt opts[] = {
    {OPT_FLAG, 0, "why", NULL, &why,
     "explain growth from the first to the last by who holds it: the container that leaks"},
    {OPT_FLAG, 0, "shallow", NULL, &shallow,
     "with --why: tell retained bytes only where the stores keep them; faster"},
    {OPT_FLAG, 0, "keep", NULL, &keep,
     "with --why: keep what was found for retained bytes in the stores (default)"},
    {OPT_CHOICE, 0, "by", "WHAT", &grouping.by,
     "what a row is; auto is type, or lineno for snapshots without objects", .choices = words},
    GROUPING_TYPE_ROWS(grouping),
    {OPT_BYTES, 0, "min-delta", "SIZE", &min_delta,
     "hide what gained less from the first snapshot to the last"},
    {OPT_FLAG, 0, "all", NULL, &all,
     "in text, list also what gained nothing (JSON and CSV always do)"},
    {OPT_DURATION, 0, "since", "TIME", &since_s,
     "only snapshots of the last TIME before the newest one: 7d, 12h"},
    GROUPING_SITE_ROWS(grouping),
    {0},
};

// ---- which snapshots
// -------------------------------------------------------------------------------

typedef struct place {
    struct snapshot *snapshot;
    size_t number; // in the envelope
} place;

static int compare_times(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int64_t at = x->snapshot->info->captured_at_unix_ms;
    int64_t other = y->snapshot->info->captured_at_unix_ms;
    if (at != other)
        return at < other ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

// The snapshots no older than --since before the newest; the order stays.
static size_t keep_recent(place *places, size_t count)
{
    int64_t newest = INT64_MIN;
    size_t kept = 0;
    if (!since_s)
        return count;
    for (size_t i = 0; i < count; i++)
        if (places[i].snapshot->info->captured_at_unix_ms > newest)
            newest = places[i].snapshot->info->captured_at_unix_ms;
    for (size_t i = 0; i < count; i++) {
        int64_t at = places[i].snapshot->info->captured_at_unix_ms;
        if ((uint64_t)newest - (uint64_t)at <= since_s * 1000)
            places[kept++] = places[i];
    }
    return kept;
}

// Several arguments: as given. One store: all of its snapshots, in order of capture.
static int choose(struct cli *cli, place **out, size_t *out_count)
{
    struct snapshot **snapshots;
    size_t count;
    if (since_s > INT64_MAX / 1000)
        return cli_usage(cli, "--since: too long");
    int r = cli->arg_count == 1 ? cli_open_store(cli, cli->args[0], &snapshots, &count)
                                : cli_open_all(cli, 0, &snapshots, &count);
    if (r)
        return r;
    bool series = cli->arg_count == 1;
    size_t usable = 0;
    place *places = cli_alloc(cli, count + 1, sizeof *places);
    // An incomplete snapshot would be a dip in every row. It was warned about; who names it, gets
    // it.
    for (size_t i = 0; i < count; i++)
        if (!series || snapshots[i]->info->complete)
            places[usable++] = (place){snapshots[i], i};
    if (series)
        qsort(places, usable, sizeof *places, compare_times);
    *out = places;
    *out_count = keep_recent(places, usable);
    if (*out_count < 2)
        return cli_error(cli, cli->args[0], "growth needs two or more snapshots, and %s",
                         usable > 1   ? "--since leaves one"
                         : count == 1 ? "this is one"
                                      : "too few of these are complete");
    return STATUS_OK;
}

// ---- the table
// -------------------------------------------------------------------------------------

static const hsn_column bare_count[] = {{HSN_COLUMN_COUNT, NULL, NULL, 0, NULL}, {0}};
static const hsn_column bare_bytes[] = {{HSN_COLUMN_BYTES, NULL, NULL, 0, NULL}, {0}};

static const hsn_column numbers[] = {
    {HSN_COLUMN_LIST, "counts", NULL, HSN_COLUMN_DATA_ONLY, bare_count},
    {HSN_COLUMN_LIST, "sizes_bytes", NULL, HSN_COLUMN_DATA_ONLY, bare_bytes},
    {HSN_COLUMN_COUNT, "first", "First", HSN_COLUMN_TEXT_ONLY, NULL},
    {HSN_COLUMN_COUNT, "last", "Last", HSN_COLUMN_TEXT_ONLY, NULL},
    {HSN_COLUMN_DELTA_COUNT, "count_delta", "Count +/-", HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_DELTA_BYTES, "size_bytes_delta", "Bytes +/-", HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_REAL, "slope_count", "Count/step", 0, NULL},
    {HSN_COLUMN_REAL_BYTES, "slope_bytes", "Bytes/step", 0, NULL},
    {HSN_COLUMN_BOOL, "grew_every_step", "Steady", 0, NULL},
    {HSN_COLUMN_REAL, "late_early_ratio", "Late/early", HSN_COLUMN_DATA_ONLY, NULL},
    {HSN_COLUMN_TEXT, "trend", "Trend", HSN_COLUMN_TEXT_ONLY, NULL},
    {0},
};

// Bytes over the snapshots as a row of blocks, from the least to the most of this row.
static const char *trend(struct cli *cli, const hsn_cell *cells, size_t count)
{
    enum { MOST = 12, BLOCK_BYTES = 3 };
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    size_t shown = count < MOST ? count : MOST;
    char text[MOST * BLOCK_BYTES + 1];
    uint64_t least = UINT64_MAX, most = 0;
    for (size_t i = 0; i < count; i++) {
        least = cells[i].size_bytes < least ? cells[i].size_bytes : least;
        most = cells[i].size_bytes > most ? cells[i].size_bytes : most;
    }
    for (size_t i = 0; i < shown; i++) {
        const hsn_cell *cell = &cells[i * (count - 1) / (shown - 1)];
        double part =
            most > least ? (double)(cell->size_bytes - least) / (double)(most - least) : 0;
        const char *block = blocks[(int)(part * 7 + 0.5)];
        for (size_t b = 0; b < BLOCK_BYTES; b++)
            text[i * BLOCK_BYTES + b] = block[b];
    }
    text[shown * BLOCK_BYTES] = 0;
    return cli_format(cli, "%s", text);
}

static void number_cells(struct cli *cli, hsn_table *table, const hsn_growth_row *row, size_t count)
{
    hsn_table_begin(table);
    for (size_t i = 0; i < count; i++)
        hsn_table_count(table, row->cells[i].count);
    hsn_table_end(table);
    hsn_table_begin(table);
    for (size_t i = 0; i < count; i++)
        hsn_table_bytes(table, row->cells[i].size_bytes);
    hsn_table_end(table);
    hsn_table_count(table, row->cells[0].count);
    hsn_table_count(table, row->cells[count - 1].count);
    hsn_table_delta(table, row->count_delta);
    hsn_table_delta(table, row->size_bytes_delta);
    hsn_table_real(table, row->slope_count);
    hsn_table_real(table, row->slope_bytes);
    hsn_table_bool(table, row->grew_every_step);
    if (isnan(row->late_early_ratio))
        hsn_table_null(table);
    else
        hsn_table_real(table, row->late_early_ratio);
    hsn_table_text(table, cli->format == FORMAT_TEXT ? trend(cli, row->cells, count) : "");
}

// Which of the envelope's snapshots each number of `counts` belongs to.
static hsn_table *make_members(const place *places, size_t count)
{
    static const hsn_column columns[] = {
        {HSN_COLUMN_LIST, "snapshot_order", NULL, 0, bare_count},
        {0},
    };
    hsn_table *members = NULL;
    if (hsn_table_new(&members, columns, NULL) < 0)
        return NULL;
    hsn_table_begin(members);
    for (size_t i = 0; i < count; i++)
        hsn_table_count(members, places[i].number);
    hsn_table_end(members);
    return members;
}

static int print_growth(struct cli *cli, const hsn_growth *growth, const place *places)
{
    hsn_table *table = NULL, *members = make_members(places, growth->snapshots);
    size_t shown = grouping_shown(cli, growth->count);
    int r = members ? grouping_table(cli, growth->totals.by, numbers, &table)
                    : cli_error(cli, NULL, "out of memory");
    for (size_t i = 0; !r && i < shown; i++) {
        grouping_cells(cli, table, &growth->totals, &growth->rows[i].key);
        number_cells(cli, table, &growth->rows[i], growth->snapshots);
    }
    if (!r && cli->format == FORMAT_TEXT) {
        grouping_note_cells(table, growth->totals.by,
                            growth->count > shown
                                ? cli_format(cli, "(total; %zu more grew)", growth->count - shown)
                                : "(total)");
        number_cells(cli, table, &growth->whole, growth->snapshots);
    }
    if (!r)
        r = out_table(cli, "growth", table, members);
    hsn_table_free(table);
    hsn_table_free(members);
    return r;
}

// What --why does not look at is refused.
static bool goes_with_why(void)
{
    return grouping.by == BY_AUTO && !all && !grouping.type && !grouping.module &&
           !grouping.cumulative && !grouping.include.count && !grouping.exclude.count &&
           grouping.domain == UINT64_MAX;
}

static int run(struct cli *cli)
{
    hsn_growth_options options = {.min_delta_bytes = min_delta};
    hsn_growth growth = {0};
    hsn_error err = {0};
    place *places = NULL;
    size_t count = 0;
    if ((shallow || !keep) && !why)
        return cli_usage(cli, "%s needs --why", shallow ? "--shallow" : "--no-keep");
    if (why && !goes_with_why())
        return cli_usage(cli, "--why explains the whole heap; it takes no --by, --all or filter");
    int r = choose(cli, &places, &count);
    if (r)
        return r;
    struct snapshot **snapshots = cli_alloc(cli, count, sizeof *snapshots);
    hsn_snapshot_ref *refs = cli_alloc(cli, count, sizeof *refs);
    for (size_t i = 0; i < count; i++) {
        snapshots[i] = places[i].snapshot;
        refs[i] = (hsn_snapshot_ref){snapshots[i]->store, snapshots[i]->id};
    }
    if (why) {
        r = grouping_check(cli, HSN_BY_TYPE, snapshots, count);
        return r ? r
                 : why_print(cli, refs, count, cli->args[0], min_delta,
                             why_dominators(shallow, keep));
    }
    hsn_by by = grouping.by == BY_AUTO ? grouping_default(snapshots, count)
                                       : (hsn_by)(grouping.by - BY_FIRST);
    r = grouping_options(cli, &grouping, by, &options.totals);
    if (!r)
        r = grouping_check(cli, by, snapshots, count);
    if (r)
        return r;
    options.growing_only = cli->format == FORMAT_TEXT && !all;
    if (hsn_growth_over(refs, count, &options, &growth, &err) < 0)
        return cli_failed(cli, cli->args[0], &err);
    r = print_growth(cli, &growth, places);
    if (!r && cli->exit_code && growth.count && growth.rows[0].grew_every_step)
        r = STATUS_FINDING;
    hsn_growth_free(&growth);
    return r;
}

const struct tool tool = {
    .name = "snapgrow",
    .summary = "list the fastest-growing types over several snapshots",
    .args = "SNAPSHOT...",
    .examples = "snapgrow mon.db tue.db wed.db\n"
                "snapgrow mon.db tue.db wed.db --why\n"
                "snapgrow nightly.db --since 7d --json\n"
                "snapgrow nightly.db --by module --min-delta 1M\n"
                "snapgrow 1.pickle 2.pickle 3.pickle --by lineno",
    .opts = opts,
    .features = TOOL_TABLE | TOOL_LIMIT | TOOL_SNAPSHOTS | TOOL_EXIT_CODE,
    .min_args = 1,
    .exit_notes = "something grew at every step, by --min-delta or more in all",
    .run = run,
};
