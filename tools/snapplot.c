// SPDX-License-Identifier: MIT
// snapplot: memory over time, and growth over several snapshots, as charts.
#include "cli/grouping.h"

#include <heapsnap/growth_svg.h>
#include <heapsnap/plot.h>
#include <heapsnap/timeline_svg.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BY_AUTO, BY_FIRST };
static const char *const words[] = {"auto",
#define WORD(name, text) text,
                                    HSN_BY_LIST(WORD)
#undef WORD
                                        NULL};
static const char *const aligns[] = {"auto", "clock", "start", NULL};

static struct grouping grouping = GROUPING_DEFAULTS;
static const char *output, *title;
static int align;
static uint64_t top = 8;
static bool slope = true, by_count;

static const struct opt opts[] = {
    {OPT_TEXT, 'o', "output", "FILE", &output,
     "the SVG; default: the first snapshot's name, -plot.svg"},
    {OPT_TEXT, 0, "title", "TEXT", &title, "heading of the picture"},
    {OPT_GROUP, .name = "Memory over time"},
    {OPT_CHOICE, 0, "align", "WHEN", &align,
     "where several processes begin; auto is by the clock when all of them ran at one time, else "
     "each "
     "at its own start",
     .choices = aligns},
    {OPT_FLAG, 0, "slope", NULL, &slope, "draw least-squares lines (default)"},
    {OPT_GROUP, .name = "Growth over snapshots"},
    {OPT_CHOICE, 0, "by", "WHAT", &grouping.by,
     "chart growth of these, also where there is memory over time; auto is type, or lineno for "
     "snapshots without objects",
     .choices = words},
    {OPT_COUNT, 0, "top", "N", &top, "charts of the N that grow most, 8 unless told otherwise"},
    {OPT_FLAG, 0, "count", NULL, &by_count, "objects or blocks in place of bytes"},
    GROUPING_TYPE_ROWS(grouping),
    GROUPING_SITE_ROWS(grouping),
    {0},
};

static int write_svg(struct cli *cli, const char *data, size_t size, const char *what)
{
    struct opt_file file = {.given = true, .path = output};
    const char *path = cli_derived_path(cli, &file, cli->args[0], "-plot.svg");
    struct out *out;
    int status = out_open(cli, path, &out);
    if (!status) {
        out_write(out, data, size);
        status = out_close(out);
    }
    if (!status && strcmp(path, "-"))
        cli_note(cli, "wrote %s (%s)", path, what);
    return status;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

// ---- memory over time -------------------------------------------------------------------------

static const hsn_column columns[] = {
    {HSN_COLUMN_COUNT, "snapshot"},
    {HSN_COLUMN_TEXT, "kind"},
    {HSN_COLUMN_TEXT, "name"},
    {HSN_COLUMN_COUNT, "samples"},
    {HSN_COLUMN_REAL, "begin_s"},
    {HSN_COLUMN_REAL, "end_s"},
    {HSN_COLUMN_REAL, "begin_value"},
    {HSN_COLUMN_REAL, "end_value"},
    {HSN_COLUMN_REAL, "peak_value"},
    {HSN_COLUMN_REAL, "peak_s"},
    {HSN_COLUMN_REAL, "slope_per_s"},
    {HSN_COLUMN_REAL, "median_slope_per_s"},
    {0},
};

static void curve_cells(hsn_table *table, size_t snapshot, const hsn_timeline_curve *curve)
{
    size_t last = curve->count - 1;
    hsn_table_count(table, snapshot);
    hsn_table_text(table, "curve");
    hsn_table_text(table, curve->name);
    hsn_table_count(table, curve->count);
    hsn_table_real(table, curve->times[0]);
    hsn_table_real(table, curve->times[last]);
    hsn_table_real(table, curve->values[0]);
    hsn_table_real(table, curve->values[last]);
    hsn_table_real(table, curve->values[curve->peak]);
    hsn_table_real(table, curve->times[curve->peak]);
    hsn_table_real(table, curve->slope);
    hsn_table_real(table, curve->median_slope);
}

static void call_cells(hsn_table *table, size_t snapshot, const hsn_timeline_call *call)
{
    hsn_table_count(table, snapshot);
    hsn_table_text(table, "call");
    hsn_table_text(table, call->name);
    hsn_table_count(table, 2);
    hsn_table_real(table, call->begin_s);
    hsn_table_real(table, call->end_s);
    hsn_table_real(table, call->begin_value);
    hsn_table_real(table, call->end_value);
    for (int i = 0; i < 4; i++)
        hsn_table_null(table);
}

static int print_json(struct cli *cli, const hsn_timeline *timelines, size_t count)
{
    hsn_table *table = NULL;
    hsn_error err = {0};
    int r = hsn_table_new(&table, columns, &err);
    for (size_t i = 0; r >= 0 && i < count; i++) {
        for (size_t k = 0; k < timelines[i].curve_count; k++)
            curve_cells(table, i, &timelines[i].curves[k]);
        for (size_t k = 0; k < timelines[i].call_count; k++)
            call_cells(table, i, &timelines[i].calls[k]);
    }
    int status = r < 0 ? cli_failed(cli, NULL, &err) : out_table(cli, "plot", table, NULL);
    hsn_table_free(table);
    return status;
}

static int draw_timelines(struct cli *cli, const hsn_timeline *timelines, const char *const *names,
                          size_t count)
{
    hsn_timeline_svg_options options = {
        .title = title, .align = (hsn_timeline_align)align, .no_slope = !slope};
    hsn_error err = {0};
    char *data;
    size_t size, curves = 0, calls = 0;
    if (hsn_timeline_render(timelines, names, count, &options, &data, &size, &err) < 0)
        return cli_failed(cli, cli->args[0], &err);
    for (size_t i = 0; i < count; i++) {
        curves += timelines[i].curve_count;
        calls += timelines[i].call_count;
    }
    int status =
        write_svg(cli, data, size, cli_format(cli, "curves: %zu, calls: %zu", curves, calls));
    hsn_plot_free(data);
    return status;
}

static int plot_time(struct cli *cli, struct snapshot *const *snapshots, size_t count)
{
    hsn_timeline *timelines = cli_alloc(cli, count, sizeof *timelines);
    const char **names = cli_alloc(cli, count, sizeof *names);
    hsn_error err = {0};
    int status = STATUS_OK;
    for (size_t i = 0; i < count && !status; i++) {
        names[i] = file_name(snapshots[i]->argument);
        if (hsn_timeline_read(snapshots[i]->store, snapshots[i]->id, &timelines[i], &err) < 0)
            status = cli_failed(cli, snapshots[i]->argument, &err);
    }
    if (!status)
        status = cli->format == FORMAT_JSON ? print_json(cli, timelines, count)
                                            : draw_timelines(cli, timelines, names, count);
    for (size_t i = 0; i < count; i++)
        hsn_timeline_free(&timelines[i]);
    return status;
}

// ---- growth over snapshots --------------------------------------------------------------------

static int by_time(const void *a, const void *b)
{
    const struct snapshot *x = *(struct snapshot *const *)a, *y = *(struct snapshot *const *)b;
    int64_t at = x->info->captured_at_unix_ms, other = y->info->captured_at_unix_ms;
    if (at != other)
        return at < other ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static int draw_growth(struct cli *cli, const hsn_growth *growth, const int64_t *times,
                       const int64_t *rss)
{
    hsn_growth_svg_options options = {.title = title,
                                      .captured_at_unix_ms = times,
                                      .rss_bytes = rss,
                                      .most = (size_t)top,
                                      .by_count = by_count};
    hsn_error err = {0};
    char *data;
    size_t size, charts = growth->count < top ? growth->count : (size_t)top;
    if (hsn_growth_render(growth, &options, &data, &size, &err) < 0)
        return cli_failed(cli, cli->args[0], &err);
    int status = write_svg(cli, data, size, cli_format(cli, "the whole and %zu charts", charts));
    hsn_plot_free(data);
    return status;
}

static int plot_growth(struct cli *cli, struct snapshot **snapshots, size_t count)
{
    hsn_growth_options options = {0};
    hsn_growth growth = {0};
    hsn_error err = {0};
    hsn_snapshot_ref *refs = cli_alloc(cli, count, sizeof *refs);
    int64_t *times = cli_alloc(cli, count, sizeof *times);
    int64_t *rss = cli_alloc(cli, count, sizeof *rss);
    hsn_by by = grouping_by(
        &grouping, grouping.by == BY_AUTO ? HSN_BY_COUNT : (hsn_by)(grouping.by - BY_FIRST),
        snapshots, count);
    if (cli->format == FORMAT_JSON)
        return cli_usage(cli, "--json tells memory over time; snapgrow --json has these numbers");
    if (count < 2)
        return cli_error(cli, cli->args[0], "no memory over time, and growth needs two snapshots");
    int status = grouping_options(cli, &grouping, by, &options.totals);
    if (!status)
        status = grouping_check(cli, by, snapshots, count);
    if (status)
        return status;
    if (cli->arg_count == 1)
        qsort(snapshots, count, sizeof *snapshots, by_time);
    for (size_t i = 0; i < count; i++) {
        refs[i] = (hsn_snapshot_ref){snapshots[i]->store, snapshots[i]->id};
        times[i] = snapshots[i]->info->captured_at_unix_ms;
        rss[i] = snapshots[i]->info->rss_bytes;
    }
    options.captured_at_unix_ms = times;
    options.growing_only = 1;
    options.limit = (size_t)top;
    if (hsn_growth_over(refs, count, &options, &growth, &err) < 0)
        return cli_failed(cli, cli->args[0], &err);
    status = draw_growth(cli, &growth, times, rss);
    hsn_growth_free(&growth);
    return status;
}

static int run(struct cli *cli)
{
    struct snapshot **snapshots;
    size_t count;
    bool samples = true;
    if (!top || top > HSN_PLOT_MAX_PANELS - 2)
        return cli_usage(cli, "--top: 1 to %d", HSN_PLOT_MAX_PANELS - 2);
    int status = cli->arg_count == 1 ? cli_open_store(cli, cli->args[0], &snapshots, &count)
                                     : cli_open_all(cli, 0, &snapshots, &count);
    if (status)
        return status;
    for (size_t i = 0; i < count; i++)
        samples = samples && snapshots[i]->info->samples;
    return samples && grouping.by == BY_AUTO ? plot_time(cli, snapshots, count)
                                             : plot_growth(cli, snapshots, count);
}

const struct tool tool = {
    .name = "snapplot",
    .summary = "chart memory over time, or growth over several snapshots",
    .args = "SNAPSHOT...",
    .examples = "snapplot mprofile_1.dat\n"
                "snapplot worker1.csv worker2.csv --align start -o workers.svg\n"
                "snapplot mon.db tue.db wed.db\n"
                "snapplot nightly.db --by module --top 5",
    .opts = opts,
    .features = TOOL_SNAPSHOTS | TOOL_JSON,
    .min_args = 1,
    .run = run,
};
