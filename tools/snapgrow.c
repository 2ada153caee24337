// SPDX-License-Identifier: MIT
// snapgrow: the fastest-growing types over several snapshots.
#include "cli/grouping.h"
#include "cli/growth_table.h"
#include "cli/values.h"
#include "cli/why_table.h"

#include <heapsnap/growth_svg.h>
#include <heapsnap/plot.h>
#include <heapsnap/why.h>

#include <stdlib.h>
#include <string.h>

enum { BY_AUTO, BY_FIRST, BY_HOLDER = BY_FIRST + HSN_BY_COUNT };
enum { MOST_CHARTS = 59 };
static const char *const words[] = {"auto",
#define WORD(name, text) text,
                                    HSN_BY_LIST(WORD)
#undef WORD
                                        "holder",
                                    NULL};

static struct grouping grouping = GROUPING_DEFAULTS;
static uint64_t min_delta, since_s, memory_limit;
static const char *warmup;
static struct opt_file svg;
static bool all, why, shallow, keep = true;

static const struct opt opts[] = {
    {OPT_FLAG, 0, "why", NULL, &why,
     "explain growth from the first to the last by who holds it: the container that leaks"},
    {OPT_FLAG, 0, "shallow", NULL, &shallow,
     "with --why: tell retained bytes only where the stores keep them; faster"},
    {OPT_FLAG, 0, "keep", NULL, &keep,
     "with --why: keep what was found for retained bytes in the stores (default)"},
    {OPT_CHOICE, 0, "by", "WHAT", &grouping.by,
     "what a row is; auto is type, without objects lineno, of time function", .choices = words},
    {OPT_TEXT, 0, "warmup", "N|TIME|auto", &warmup,
     "leave out the first N snapshots, or those of the first TIME"},
    {OPT_FILE, 0, "svg", "FILE", &svg,
     "draw the total and the rows, with the lines of their slopes", .extension = ".svg"},
    {OPT_BYTES, 0, "memory-limit", "SIZE", &memory_limit,
     "tell the time until the heap reaches SIZE; --limit=2GiB means this too"},
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

// What --why does not look at is refused.
static bool has_filter(void)
{
    return grouping.type || grouping.module || grouping.metric || grouping.cumulative ||
           grouping.include.count || grouping.exclude.count || grouping.domain != UINT64_MAX;
}

static int check_options(struct cli *cli)
{
    if ((shallow || !keep) && !why)
        return cli_usage(cli, "%s needs --why", shallow ? "--shallow" : "--no-keep");
    if (why &&
        (grouping.by != BY_AUTO || all || has_filter() || warmup || memory_limit || svg.given))
        return cli_usage(cli, "--why explains the whole heap from the first to the last snapshot; "
                              "it takes no --by, --all, --warmup, --memory-limit, --svg or filter");
    if (grouping.by == BY_HOLDER && has_filter())
        return cli_usage(cli, "--by holder looks at the whole heap; it takes no filter");
    return STATUS_OK;
}

static int warmup_options(struct cli *cli, hsn_growth_options *out)
{
    uint64_t snapshots, duration_s;
    if (!warmup)
        return STATUS_OK;
    if (!strcmp(warmup, "auto"))
        out->warmup = HSN_GROWTH_WARMUP_AUTO;
    else if (parse_count(warmup, &snapshots) && snapshots < HSN_GROWTH_MAX_SNAPSHOTS)
        out->warmup = (size_t)snapshots;
    else if (parse_duration(warmup, &duration_s) && duration_s <= INT64_MAX / 1000)
        out->warmup_ms = duration_s * 1000;
    else
        return cli_usage(cli, "option '--warmup': '%s' is no number of snapshots, duration or auto",
                         warmup);
    return STATUS_OK;
}

// Totals of types and sites, or holders by way of their graphs.
static int find_growth(struct cli *cli, struct snapshot *const *snapshots,
                       const hsn_snapshot_ref *refs, size_t count, hsn_growth_options *options,
                       hsn_growth *out)
{
    bool by_holder = grouping.by == BY_HOLDER;
    if (by_holder && count > HSN_WHY_MAX_SNAPSHOTS)
        return cli_error(cli, cli->args[0],
                         "--by holder reads the graphs of %d snapshots at most; try --since",
                         HSN_WHY_MAX_SNAPSHOTS);
    hsn_by by = grouping.by == BY_AUTO ? HSN_BY_COUNT
                : by_holder            ? HSN_BY_TYPE
                                       : (hsn_by)(grouping.by - BY_FIRST);
    by = grouping_by(&grouping, by, snapshots, count);
    hsn_error err = {0};
    int r = grouping_options(cli, &grouping, by, &options->totals);
    if (!r)
        r = grouping_check(cli, by, snapshots, count);
    if (r)
        return r;
    if (by_holder)
        r = hsn_growth_by_holder(refs, count, options, cli_progress(cli), out, &err);
    else
        r = hsn_growth_over(refs, count, options, out, &err);
    return r < 0 ? cli_failed(cli, cli->args[0], &err) : STATUS_OK;
}

static int draw(struct cli *cli, const hsn_growth *growth, const int64_t *times)
{
    const char *path = cli_derived_path(cli, &svg, cli->args[0], "-growth.svg");
    hsn_growth_svg_options options = {.title = grouping.by == BY_HOLDER ? "Growth by holder" : NULL,
                                      .captured_at_unix_ms = times,
                                      .most = growth->count < MOST_CHARTS ? growth->count
                                                                          : MOST_CHARTS};
    struct out *out;
    hsn_error err = {0};
    char *data = NULL;
    size_t size;
    if (hsn_growth_render(growth, &options, &data, &size, &err) < 0)
        return cli_failed(cli, path, &err);
    int r = out_open(cli, path, &out);
    if (!r) {
        out_write(out, data, size);
        r = out_close(out);
    }
    hsn_plot_free(data);
    if (!r && strcmp(path, "-"))
        cli_note(cli, "wrote %s (%zu charts)", path, options.most + 1);
    return r;
}

static int run(struct cli *cli)
{
    hsn_growth_options options = {.min_delta_bytes = min_delta, .memory_limit_bytes = memory_limit};
    hsn_growth growth = {0};
    place *places = NULL;
    size_t count = 0;
    int r = check_options(cli);
    if (!r)
        r = warmup_options(cli, &options);
    if (!r)
        r = choose(cli, &places, &count);
    if (r)
        return r;
    struct snapshot **snapshots = cli_alloc(cli, count, sizeof *snapshots);
    hsn_snapshot_ref *refs = cli_alloc(cli, count, sizeof *refs);
    int64_t *times = cli_alloc(cli, count, sizeof *times);
    size_t *order = cli_alloc(cli, count, sizeof *order);
    for (size_t i = 0; i < count; i++) {
        snapshots[i] = places[i].snapshot;
        refs[i] = (hsn_snapshot_ref){snapshots[i]->store, snapshots[i]->id};
        times[i] = snapshots[i]->info->captured_at_unix_ms;
        order[i] = places[i].number;
    }
    if (why) {
        r = grouping_check(cli, HSN_BY_TYPE, snapshots, count);
        return r ? r
                 : why_print(cli, refs, count, cli->args[0], min_delta,
                             why_dominators(shallow, keep));
    }
    options.captured_at_unix_ms = times;
    options.limit = cli->limit == UINT64_MAX ? 0 : (size_t)cli->limit;
    options.growing_only = cli->format == FORMAT_TEXT && !all;
    r = find_growth(cli, snapshots, refs, count, &options, &growth);
    if (r)
        return r;
    growth_say(cli, &growth, cli->args[0], memory_limit);
    r = growth_print(cli, &growth, order, grouping.by == BY_HOLDER);
    if (!r && svg.given)
        r = draw(cli, &growth, times);
    if (!r && cli->exit_code && growth.found)
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
                "snapgrow nightly.db --warmup 1h --memory-limit 2GiB\n"
                "snapgrow mon.db tue.db wed.db --by holder\n"
                "snapgrow mon.db tue.db wed.db --svg\n"
                "snapgrow 1.pickle 2.pickle 3.pickle --by lineno\n"
                "snapgrow history.db --aggregate sum --group day --tag service=shop",
    .opts = opts,
    .features = TOOL_TABLE | TOOL_LIMIT | TOOL_SNAPSHOTS | TOOL_AGGREGATE | TOOL_EXIT_CODE,
    .min_args = 1,
    .exit_notes = "a leak, or what grew at every step, by --min-delta or more in all",
    .limit_size = &memory_limit,
    .run = run,
};
