// SPDX-License-Identifier: MIT
// Growth as small charts.
#include "heapsnap/growth_svg.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "heapsnap/plot.h"
#include "render/draw_private.h"
#include "render/units.h"

enum { DEFAULT_ROWS = 8 };

typedef struct picture {
    const hsn_growth *growth;
    const hsn_growth_svg_options *options;
    hsn__arena arena;
    size_t first, count; // snapshots that are drawn
    const double *x;
    bool clock;
    bool by_count;
    bool is_bytes; // else plain numbers: counts, or another unit's
} picture;

static const char *keep(picture *p, hsn__buf *text)
{
    const char *copy =
        text->failed ? NULL : hsn__arena_copy(&p->arena, hsn__buf_text(text), text->size);
    hsn__buf_clear(text);
    return copy;
}

static double *make_x(picture *p)
{
    const int64_t *times = p->options->captured_at_unix_ms;
    double *x = hsn__arena_zeroed(&p->arena, p->count, sizeof *x);
    p->clock = times != NULL;
    for (size_t i = 0; times && i < p->count; i++)
        if (times[i] <= 0 || (i && times[i] <= times[i - 1]))
            p->clock = false;
    for (size_t i = 0; x && i < p->count; i++)
        x[i] = p->clock ? (double)times[i] / 1000 : (double)(i + 1);
    return x;
}

// By holder the cells begin after the warm-up; by type and site with the first snapshot.
static const double *make_y(picture *p, const hsn_cell *cells)
{
    double *y = hsn__arena_zeroed(&p->arena, p->count, sizeof *y);
    size_t skip = p->count - p->growth->snapshots;
    for (size_t i = 0; y && i < p->count; i++)
        y[i] = i < skip      ? NAN
               : p->by_count ? (double)cells[i - skip].count
                             : (double)cells[i - skip].size_bytes;
    return y;
}

static const char *row_title(picture *p, const hsn_growth_row *row)
{
    const hsn_key *key = &row->key;
    const hsn_totals *totals = &p->growth->totals;
    hsn__buf text = {0};
    if (row->holder && *row->holder) {
        hsn__buf_puts(&text, row->holder);
    } else if (!*key->type && !*key->file && !*key->function && *key->module) {
        hsn__buf_puts(&text, key->module);
    } else if (*key->type) {
        hsn__buf_puts(&text, key->type);
    } else if (key->stack != HSN_NONE && totals->stacks) {
        const hsn_frame *frame = &totals->frames[totals->stacks[key->stack].frame];
        hsn__buf_printf(&text, "%s:%" PRIu32, frame->file, frame->line);
    } else {
        hsn__buf_puts(&text, *key->file ? key->file : *key->function ? "" : "(unknown)");
        if (key->line)
            hsn__buf_printf(&text, ":%" PRIu32, key->line);
        if (*key->function) {
            hsn__buf_puts(&text, *key->file ? " " : "");
            hsn__buf_puts(&text, key->function);
        }
    }
    return keep(p, &text);
}

// "leak, +1.2 MiB a step, +9.6 MiB in all"
static const char *row_note(picture *p, const hsn_growth_row *row)
{
    hsn__buf text = {0};
    bool by_count = p->by_count;
    double slope = by_count ? row->slope_count : row->slope_bytes;
    int64_t delta = by_count ? row->count_delta : row->size_bytes_delta;
    hsn__buf_puts(&text, hsn_verdict_name(row->trend.verdict));
    hsn__buf_puts(&text, !p->is_bytes && slope > 0 ? ", +" : ", ");
    if (!p->is_bytes)
        hsn__units_real(&text, slope, 1);
    else
        hsn__units_real_bytes(&text, slope, false);
    hsn__buf_puts(&text, " a step, ");
    if (!p->is_bytes)
        hsn__buf_printf(&text, "%+" PRId64, delta);
    else
        hsn__units_delta_bytes(&text, delta, false);
    hsn__buf_puts(&text, " in all");
    return keep(p, &text);
}

// The line of the slope, and crossing it in the middle those of both ends of its interval, over the
// snapshots after the warm-up. Returns how many lines; 0 when memory runs out.
static size_t add_fit(picture *p, const hsn_growth_row *row, hsn_plot_line *lines)
{
    static const char *const names[] = {"slope", "95 %, low", "95 %, high"};
    bool hourly = p->clock && isfinite(row->hourly.slope);
    size_t first = p->growth->warmup, used = p->count - first;
    const double *x = p->x + first;
    double unit = !p->clock ? 1 : 3600, middle = x[0] / 2 + x[used - 1] / 2;
    double slope = hourly ? row->hourly.slope : row->slope_bytes;
    double rates[] = {slope, hourly ? row->hourly.low : row->slope_bytes_low,
                      hourly ? row->hourly.high : row->slope_bytes_high};
    double level = hourly ? row->hourly.start : row->start_bytes;
    level += slope / unit * (middle - x[0]);
    if (hourly != p->clock)
        return 1; // steps have no place on a clock
    for (size_t i = 0; i < 3; i++) {
        double *y = hsn__arena_zeroed(&p->arena, used, sizeof *y);
        if (!y)
            return 0;
        // Below zero there is nothing to fit, and the axis would have to go there.
        for (size_t j = 0; j < used; j++) {
            double value = level + rates[i] / unit * (x[j] - middle);
            y[j] = value >= 0 ? value : NAN;
        }
        lines[i + 1] = (hsn_plot_line){.name = names[i],
                                       .x = x,
                                       .y = y,
                                       .count = used,
                                       .look = HSN_PLOT_THIN | HSN_PLOT_SAME | HSN_PLOT_UNNAMED};
    }
    return 4;
}

static int put_panel(picture *p, const hsn_growth_row *row, const char *title, hsn_plot_panel *out,
                     hsn_error *err)
{
    hsn_plot_line *line = hsn__arena_zeroed(&p->arena, 4, sizeof *line);
    const double *y = make_y(p, row->cells);
    const char *note = row_note(p, row);
    if (!line || !y || !note || !title)
        return hsn__fail_memory(err);
    *line =
        (hsn_plot_line){.name = title, .x = p->x, .y = y, .count = p->count, .look = HSN_PLOT_DOTS};
    *out = (hsn_plot_panel){.title = title,
                            .note = note,
                            .lines = line,
                            .line_count = p->by_count ? 1 : add_fit(p, row, line),
                            .y_unit = p->is_bytes ? HSN_PLOT_BYTES : HSN_PLOT_NUMBER};
    return out->line_count ? HSN_OK : hsn__fail_memory(err);
}

// Resident memory, where it is known. *out_added tells.
static int put_rss(picture *p, hsn_plot_panel *out, bool *out_added, hsn_error *err)
{
    const int64_t *rss = p->options->rss_bytes;
    double *y = hsn__arena_zeroed(&p->arena, p->count, sizeof *y);
    hsn_plot_line *line = hsn__arena_zeroed(&p->arena, 1, sizeof *line);
    size_t known = 0;
    *out_added = false;
    if (!y || !line)
        return hsn__fail_memory(err);
    for (size_t i = 0; rss && i < p->count; i++) {
        y[i] = rss[i] > 0 ? (double)rss[i] : NAN;
        known += rss[i] > 0;
    }
    if (known < 2)
        return HSN_OK;
    *line = (hsn_plot_line){
        .name = "resident memory", .x = p->x, .y = y, .count = p->count, .look = HSN_PLOT_DOTS};
    *out = (hsn_plot_panel){
        .title = line->name, .lines = line, .line_count = 1, .y_unit = HSN_PLOT_BYTES};
    *out_added = true;
    return HSN_OK;
}

static const char *make_title(picture *p)
{
    hsn__buf text = {0};
    if (p->options->title)
        hsn__buf_puts(&text, p->options->title);
    else
        hsn__buf_printf(&text, "Growth by %s over %zu snapshots", hsn_by_name(p->growth->totals.by),
                        p->count);
    return keep(p, &text);
}

int hsn_growth_render(const hsn_growth *growth, const hsn_growth_svg_options *options, char **out,
                      size_t *out_size, hsn_error *err)
{
    picture p = {.growth = growth,
                 .options = options,
                 .by_count = options->by_count || growth->totals.by_count};
    size_t most = options->most ? options->most : DEFAULT_ROWS;
    size_t rows = growth->count < most ? growth->count : most;
    bool by_holder = growth->count && growth->rows[0].holder && *growth->rows[0].holder;
    bool rss = false;
    hsn_plot_panel *panels = NULL;
    *out = NULL;
    *out_size = 0;
    p.is_bytes = !p.by_count && !strcmp(growth->totals.unit, HSN_UNIT_BYTES);
    p.count = growth->snapshots + (by_holder ? growth->warmup : 0);
    if (!p.count)
        return hsn__fail(err, HSN_EINVAL, NULL, "no snapshots to draw");
    p.x = make_x(&p);
    panels = hsn__arena_zeroed(&p.arena, rows + 2, sizeof *panels);
    int r = p.x && panels ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = put_panel(&p, &growth->whole,
                      hsn_by_is_site(growth->totals.by) ? "all allocations" : "whole heap",
                      &panels[0], err);
    if (r >= 0)
        r = put_rss(&p, &panels[1], &rss, err);
    for (size_t i = 0; r >= 0 && i < rows; i++)
        r = put_panel(&p, &growth->rows[i], row_title(&p, &growth->rows[i]), &panels[i + 1 + rss],
                      err);
    const char *title = r >= 0 ? make_title(&p) : NULL;
    if (r >= 0 && !title)
        r = hsn__fail_memory(err);
    hsn_plot plot = {.title = title,
                     .subtitle = "every chart has a scale of its own",
                     .x_unit = p.clock ? HSN_PLOT_CLOCK : HSN_PLOT_STEPS,
                     .panels = panels,
                     .panel_count = rows + 1 + rss};
    if (r >= 0)
        r = hsn_plot_render(&plot, out, out_size, err);
    hsn__arena_clear(&p.arena);
    return r;
}
