// SPDX-License-Identifier: MIT
// snapload: dumps into a store.
#include "cli/dumps.h"
#include "cli/tool.h"
#include "cli/values.h"

#include <heapsnap/load_many.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const char *output, *format, *label, *keep_graphs;
static struct opt_list tags;
static bool append, force, each, no_symbols;
static uint64_t keep_totals_s, jobs;

static const struct opt opts[] = {
    {OPT_TEXT, 'o', "output", "FILE", &output, "the store to write; default: the dump's name, .db"},
    {OPT_FLAG, 'a', "append", NULL, &append, "add to the store if it exists"},
    {OPT_FLAG, 'f', "force", NULL, &force, "replace the store if it exists"},
    {OPT_TEXT, 'l', "label", "LABEL", &label, "name the snapshot, as in nightly.db#LABEL"},
    {OPT_LIST, 't', "tag", "NAME=VALUE", &tags, "give it a tag; may be repeated"},
    {OPT_TEXT, 0, "format", "FORMAT", &format,
     "the dumps' format, when it is not recognised; see snapinfo --formats"},
    {OPT_FLAG, 0, "no-symbols", NULL, &no_symbols,
     "do not name addresses from the programs and libraries of this machine"},
    {OPT_GROUP, .name = "Many dumps: of a folder, of a quoted pattern, or with --each"},
    {OPT_FLAG, 0, "each", NULL, &each, "every dump is a snapshot of its own"},
    {OPT_COUNT, 'j', "jobs", "N", &jobs, "load N dumps at a time; default: as many as cores"},
    {OPT_GROUP, .name = "Retention, with --append"},
    {OPT_TEXT, 0, "keep-graphs", "N|DURATION", &keep_graphs,
     "drop objects and references but of the newest N snapshots, or of the last 7d"},
    {OPT_DURATION, 0, "keep-totals", "DURATION", &keep_totals_s,
     "drop snapshots as a whole when they are older than that: 365d"},
    {0},
};

static const hsn_column columns[] = {
    {HSN_COLUMN_TEXT, "store", "Store"},
    {HSN_COLUMN_COUNT, "id", "Id"},
    {HSN_COLUMN_TEXT, "label", "Label"},
    {HSN_COLUMN_TEXT, "format", "Format"},
    {HSN_COLUMN_COUNT, "objects", "Objects"},
    {HSN_COLUMN_COUNT, "references", "References"},
    {HSN_COLUMN_COUNT, "dangling_references", "Dangling"},
    {HSN_COLUMN_COUNT, "roots", "Roots"},
    {HSN_COLUMN_BYTES, "heap_bytes", "Heap"},
    {HSN_COLUMN_COUNT, "types", "Types"},
    {HSN_COLUMN_COUNT, "allocations", "Allocations"},
    {HSN_COLUMN_COUNT, "samples", "Samples"},
    {HSN_COLUMN_COUNT, "warnings", "Warnings"},
    {HSN_COLUMN_BOOL, "complete", "Complete"},
    {0},
};

static int parse_retention(struct cli *cli, hsn_retention *out)
{
    *out = (hsn_retention){.totals_age_s = keep_totals_s};
    if (!keep_graphs)
        return STATUS_OK;
    out->limit_graphs = 1;
    if (parse_count(keep_graphs, &out->graphs))
        return STATUS_OK;
    if (!parse_duration(keep_graphs, &out->graphs_age_s) || !out->graphs_age_s)
        return cli_usage(cli, "option '--keep-graphs': '%s' is neither a number nor a duration",
                         keep_graphs);
    return STATUS_OK;
}

static void tell_dropped(struct cli *cli, const char *store, const hsn_retention_result *dropped)
{
    if (dropped->graphs_dropped || dropped->snapshots_dropped)
        cli_note(cli, "%s: dropped %llu graphs and %llu snapshots by retention", store,
                 (unsigned long long)dropped->graphs_dropped,
                 (unsigned long long)dropped->snapshots_dropped);
}

static bool known_format(const char *name)
{
    hsn_format row;
    for (size_t i = 0; hsn_format_get(i, &row) == HSN_OK; i++)
        if (!strcmp(row.name, name))
            return true;
    return false;
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint64_t peak_rss_bytes(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) ? 0 : (uint64_t)usage.ru_maxrss * 1024;
}

// One line: what was stored, and how fast.
static void summarize(struct cli *cli, const char *store, const hsn_snapshot_info *info,
                      double elapsed_s)
{
    const char *name = *info->label ? cli_format(cli, " '%s'", info->label) : "";
    const char *rate =
        elapsed_s > 0 ? cli_bytes(cli, (uint64_t)((double)info->bytes_read / elapsed_s)) : "?";
    const char *samples =
        info->samples ? cli_format(cli, ", %llu samples", (unsigned long long)info->samples) : "";
    const char *allocations = info->allocations ? cli_format(cli, ", %llu allocations",
                                                             (unsigned long long)info->allocations)
                                                : "";
    const char *warned =
        info->warnings ? cli_format(cli, ", %llu warnings", (unsigned long long)info->warnings)
                       : "";
    cli_note(cli,
             "%s: stored snapshot %lld%s: %llu objects (%s), %llu references%s%s%s in %.2f s, "
             "%s/s",
             store, (long long)info->id, name, (unsigned long long)info->objects,
             cli_bytes(cli, info->heap_bytes), (unsigned long long)info->references, allocations,
             samples, warned, elapsed_s, rate);
    if (info->dangling_references || info->duplicate_objects)
        cli_detail(cli, "%s: %llu dangling references, %llu duplicate objects skipped", store,
                   (unsigned long long)info->dangling_references,
                   (unsigned long long)info->duplicate_objects);
}

static void show_row(hsn_table *table, const char *store, const hsn_snapshot_info *info)
{
    hsn_table_text(table, store);
    hsn_table_count(table, (uint64_t)info->id);
    hsn_table_text(table, info->label);
    hsn_table_text(table, info->format);
    hsn_table_count(table, info->objects);
    hsn_table_count(table, info->references);
    hsn_table_count(table, info->dangling_references);
    hsn_table_count(table, info->roots);
    hsn_table_bytes(table, info->heap_bytes);
    hsn_table_count(table, info->types);
    hsn_table_count(table, info->allocations);
    hsn_table_count(table, info->samples);
    hsn_table_count(table, info->warnings);
    hsn_table_bool(table, info->complete);
}

static int show(struct cli *cli, const char *store, const hsn_snapshot_list *list, hsn_error *err)
{
    hsn_table *table = NULL;
    int r = hsn_table_new(&table, columns, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < list->count; i++) {
        show_row(table, store, &list->rows[i]);
        cli_mention(cli, &list->rows[i]);
    }
    r = out_table(cli, "load", table, NULL);
    hsn_table_free(table);
    return r;
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int check_options(struct cli *cli)
{
    if ((keep_graphs || keep_totals_s) && !append)
        return cli_usage(cli, "%s needs --append", keep_graphs ? "--keep-graphs" : "--keep-totals");
    if (append && force)
        return cli_usage(cli, "only one of --append and --force");
    if (format && !known_format(format))
        return cli_usage(cli, "no format is named '%s', see 'snapinfo --formats'", format);
    if (!output && !strcmp(cli->args[0], "-"))
        return cli_usage(cli, "a dump from standard input needs --output");
    if (!output && strpbrk(cli->args[0], "*?["))
        return cli_usage(cli, "a pattern needs --output");
    if (output && !strcmp(output, "-"))
        return cli_usage(cli, "a store cannot be written to standard output");
    return STATUS_OK;
}

static int fail(struct cli *cli, const char *store, const char *subject, int r,
                const hsn_error *err)
{
    if (r == HSN_EINVAL && !append && !force && !access(store, F_OK))
        return cli_error(cli, store, "the file exists; --append adds to it, --force replaces it");
    return cli_failed(cli, subject, err);
}

// Dumps of one process at one instant.
static int load_one(struct cli *cli, const char *store, const struct dumps *dumps,
                    const hsn_load_options *options)
{
    hsn_error err = {0};
    hsn_load_result result = {0};
    double started_s = now_s();
    int r = hsn_load(store, dumps->paths, dumps->count, options, &result, &err);
    if (r == HSN_PARTIAL)
        cli_damaged(cli, dumps->paths[0], &result.damage);
    if (r < 0)
        return fail(cli, store, dumps->paths[0], r, &err);
    double elapsed_s = now_s() - started_s;
    for (size_t i = 0; i < result.snapshots.count; i++)
        summarize(cli, store, &result.snapshots.rows[i], elapsed_s);
    tell_dropped(cli, store, &result.dropped);
    cli_detail(cli, "%s: peak memory %s while building, %s in all", store,
               cli_bytes(cli, result.peak_bytes), cli_bytes(cli, peak_rss_bytes()));
    r = cli->format == FORMAT_JSON ? show(cli, store, &result.snapshots, &err) : STATUS_OK;
    hsn_load_result_free(&result);
    return r < 0 ? cli_failed(cli, store, &err) : r;
}

static void tell_outcome(struct cli *cli, const char *path, const hsn_load_outcome *outcome)
{
    hsn_error told = outcome->error;
    if (outcome->status < 0)
        snprintf(told.message, sizeof told.message, "%.240s; left out", outcome->error.message);
    if (outcome->status != HSN_OK)
        cli_damaged(cli, path, &told);
}

static void summarize_many(struct cli *cli, const char *store, const hsn_load_many_result *result,
                           double elapsed_s)
{
    uint64_t objects = 0, bytes_read = 0;
    for (size_t i = 0; i < result->snapshots.count; i++) {
        objects += result->snapshots.rows[i].objects;
        bytes_read += result->snapshots.rows[i].bytes_read;
    }
    const char *rate =
        elapsed_s > 0 ? cli_bytes(cli, (uint64_t)((double)bytes_read / elapsed_s)) : "?";
    const char *left_out =
        result->left_out ? cli_format(cli, ", %zu left out", result->left_out) : "";
    cli_note(cli, "%s: stored %zu snapshots of %zu dumps%s: %llu objects in %.2f s, %s/s", store,
             result->snapshots.count, result->count, left_out, (unsigned long long)objects,
             elapsed_s, rate);
    cli_detail(cli, "%s: peak memory %s", store, cli_bytes(cli, peak_rss_bytes()));
}

// Every dump a snapshot of its own, side by side.
static int load_each(struct cli *cli, const char *store, const struct dumps *dumps,
                     const hsn_load_options *options)
{
    hsn_error err = {0};
    hsn_load_many_result result = {0};
    double started_s = now_s();
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned at_once = jobs ? jobs > 256 ? 256 : (unsigned)jobs : cores > 0 ? (unsigned)cores : 1;
    int r = hsn_load_many(store, dumps->paths, dumps->count, options, at_once, &result, &err);
    // When nothing was stored, the reason is the message.
    if (r >= 0)
        for (size_t i = 0; i < result.count; i++)
            tell_outcome(cli, dumps->paths[i], &result.dumps[i]);
    if (r >= 0) {
        summarize_many(cli, store, &result, now_s() - started_s);
        tell_dropped(cli, store, &result.dropped);
        r = cli->format == FORMAT_JSON ? show(cli, store, &result.snapshots, &err) : STATUS_OK;
    }
    r = r < 0 ? fail(cli, store, dumps->paths[0], r, &err) : r;
    hsn_load_many_free(&result);
    return r;
}

static int run(struct cli *cli)
{
    hsn_pair *pairs = NULL;
    hsn_retention retention;
    struct dumps dumps;
    if (check_options(cli) || parse_retention(cli, &retention) ||
        cli_pairs(cli, "tag", &tags, &pairs) || cli_dumps(cli, &dumps))
        return STATUS_TROUBLE;
    if (jobs && !dumps.many && !each)
        return cli_usage(cli, "--jobs goes with a folder, a pattern or --each");
    const char *store =
        output ? output : cli_derived_path(cli, &(struct opt_file){0}, cli->args[0], ".db");
    for (size_t i = 0; force && i < dumps.count; i++)
        if (same_file(dumps.paths[i], store))
            return cli_error(cli, store, "is an input, and would be lost");
    hsn_load_options options = {
        .format = format,
        .label = label,
        .tags = pairs,
        .tag_count = tags.count,
        .append = append,
        .replace = force,
        .strict = cli->strict,
        .no_symbols = no_symbols,
        .progress = cli_progress(cli),
        .retention = &retention,
    };
    return dumps.many || each ? load_each(cli, store, &dumps, &options)
                              : load_one(cli, store, &dumps, &options);
}

const struct tool tool = {
    .name = "snapload",
    .summary = "read dumps of one process at one instant, or of many processes, into a store",
    .args = "DUMP...",
    .examples = "snapload app.jsonl.gz -o app.db\n"
                "snapload tuesday.jsonl.gz --append -o nightly.db --label tuesday\n"
                "snapload heap.jsonl.gz allocations.jsonl -o both.db --tag service=payment\n"
                "snapload new.jsonl.gz -a -o history.db --keep-graphs 7 --keep-totals 365d\n"
                "snapload dumps/ -o fleet.db --tag service=shop\n"
                "gzip -dc app.jsonl.gz | snapload - -o app.db",
    .opts = opts,
    .features = TOOL_JSON | TOOL_SNAPSHOTS,
    .min_args = 1,
    .run = run,
};
