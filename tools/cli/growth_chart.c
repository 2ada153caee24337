// SPDX-License-Identifier: MIT
// Growth as small charts: the series, the line of its slope, and the lines of the interval's ends.
#include "cli/growth_chart.h"

#include <heapsnap/plot.h>

#include <math.h>
#include <string.h>

enum { LINES = 4, MOST_ROWS = 59 };

// What all panels have in common.
typedef struct chart {
    struct cli *cli;
    const hsn_growth *growth;
    size_t first;  // snapshot after the warm-up
    bool by_clock; // else by steps
    double *x;     // seconds since 1970, or the number of the snapshot from 1
    hsn_plot_panel *panels;
    size_t count;
} chart;

static double *fitted(chart *c, double start, double rate, double at)
{
    size_t count = c->growth->snapshots;
    double *y = cli_alloc(c->cli, count, sizeof *y);
    for (size_t i = 0; i < count; i++)
        y[i] = start + rate * (c->x[i] - at);
    return y;
}

// The line of the slope begins at the first snapshot; those of the interval cross it in the middle.
static void add_panel(chart *c, const char *title, const hsn_growth_row *row)
{
    const hsn_growth *growth = c->growth;
    size_t count = growth->snapshots, used = count - c->first;
    double unit = c->by_clock ? 3600 : 1, from = c->x[c->first];
    double slope = (c->by_clock ? row->hourly.slope : row->slope_bytes) / unit;
    double low = (c->by_clock ? row->hourly.low : row->slope_bytes_low) / unit;
    double high = (c->by_clock ? row->hourly.high : row->slope_bytes_high) / unit;
    double start = c->by_clock ? row->hourly.start : row->start_bytes;
    double middle = from / 2 + c->x[count - 1] / 2, level = start + slope * (middle - from);
    double *bytes = cli_alloc(c->cli, count, sizeof *bytes);
    hsn_plot_line *lines = cli_alloc(c->cli, LINES, sizeof *lines);
    char rate[HSN_BYTES_TEXT_SIZE];
    for (size_t i = 0; i < count; i++)
        bytes[i] = (double)row->cells[i].size_bytes;
    double shown = c->by_clock ? row->hourly.slope : row->slope_bytes;
    hsn_bytes_text((uint64_t)fabs(shown), rate);
    const double *rest = c->x + c->first;
    unsigned fit = HSN_PLOT_THIN | HSN_PLOT_SAME | HSN_PLOT_UNNAMED;
    lines[0] = (hsn_plot_line){title, NULL, c->x, bytes, count, HSN_PLOT_DOTS | HSN_PLOT_UNNAMED};
    lines[1] =
        (hsn_plot_line){"slope", NULL, rest, fitted(c, start, slope, from) + c->first, used, fit};
    lines[2] = (hsn_plot_line){"95 %, low", NULL, rest, fitted(c, level, low, middle) + c->first,
                               used,        fit};
    lines[3] = (hsn_plot_line){"95 %, high", NULL, rest, fitted(c, level, high, middle) + c->first,
                               used,         fit};
    c->panels[c->count++] = (hsn_plot_panel){
        .title = title,
        .note = cli_format(c->cli, "%s, %s%s%s", hsn_verdict_name(row->trend.verdict),
                           shown < 0 ? "-" : "+", rate, c->by_clock ? "/h" : " a step"),
        .lines = lines,
        .line_count = LINES,
        .y_unit = HSN_PLOT_BYTES,
        .y_from_data = 1,
    };
}

static const char *title_of(chart *c, const hsn_growth_row *row, bool by_holder)
{
    const hsn_key *key = &row->key;
    if (by_holder)
        return cli_format(c->cli, "%s → %s", row->holder, key->type);
    if (*key->type || *key->module)
        return *key->type ? key->type : key->module;
    if (!key->line)
        return cli_format(c->cli, "%s %s", key->file, key->function);
    return cli_format(c->cli, "%s:%u %s", key->file, key->line, key->function);
}

static int write_svg(struct cli *cli, const char *path, const hsn_plot *plot)
{
    struct out *out;
    hsn_error err = {0};
    char *data = NULL;
    size_t size = 0;
    if (hsn_plot_render(plot, &data, &size, &err) < 0)
        return cli_failed(cli, path, &err);
    int r = out_open(cli, path, &out);
    if (!r) {
        out_write(out, data, size);
        r = out_close(out);
    }
    hsn_plot_free(data);
    if (!r && strcmp(path, "-"))
        cli_note(cli, "wrote %s (%zu charts)", path, plot->panel_count);
    return r;
}

int growth_draw(struct cli *cli, const hsn_growth *growth, const int64_t *captured_at_unix_ms,
                bool by_holder, const char *path)
{
    size_t rows = growth->count < MOST_ROWS ? growth->count : MOST_ROWS;
    chart c = {
        .cli = cli,
        .growth = growth,
        .first = by_holder ? 0 : growth->warmup,
        .by_clock = growth->clock == HSN_GROWTH_CLOCK_RISES,
        .x = cli_alloc(cli, growth->snapshots, sizeof *c.x),
        .panels = cli_alloc(cli, rows + 1, sizeof *c.panels),
    };
    const int64_t *times = captured_at_unix_ms + (by_holder ? growth->warmup : 0);
    // Times before the warm-up's end may be of no use although the others rise.
    for (size_t i = 0; i < growth->snapshots; i++)
        c.by_clock = c.by_clock && times[i] > 0 && (!i || times[i] > times[i - 1]);
    for (size_t i = 0; i < growth->snapshots; i++)
        c.x[i] = c.by_clock ? (double)times[i] / 1000 : (double)(i + 1);
    add_panel(&c, "(total)", &growth->whole);
    for (size_t i = 0; i < rows; i++)
        add_panel(&c, title_of(&c, &growth->rows[i], by_holder), &growth->rows[i]);
    return write_svg(cli, path,
                     &(hsn_plot){
                         .title = "Growth",
                         .subtitle = cli_format(cli, "%zu snapshots", growth->snapshots),
                         .x_unit = c.by_clock ? HSN_PLOT_CLOCK : HSN_PLOT_STEPS,
                         .panels = c.panels,
                         .panel_count = c.count,
                     });
}
