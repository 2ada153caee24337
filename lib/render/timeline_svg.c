// SPDX-License-Identifier: MIT
// Memory over time as a chart: curves, peaks, least-squares lines, and brackets at calls.
#include "heapsnap/timeline_svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "heapsnap/plot.h"
#include "render/units.h"

enum { DEFAULT_CALLS = 200, MOST_PEAKS = 8 };

typedef struct picture {
    const hsn_timeline *timelines;
    const char *const *names;
    size_t count;
    const hsn_timeline_svg_options *options;
    hsn__arena arena;
    double *origins; // by timeline: what is subtracted from its times
    hsn_plot_line *lines;
    size_t line_count, curve_count;
    hsn_plot_interval *calls;
    size_t call_count, all_calls;
    hsn_plot_mark *marks;
    size_t mark_count;
} picture;

static const char *keep(picture *p, hsn__buf *text)
{
    const char *copy =
        text->failed ? NULL : hsn__arena_copy(&p->arena, hsn__buf_text(text), text->size);
    hsn__buf_clear(text);
    return copy;
}

// By the clock when there is a moment at which all of them ran.
static void set_origins(picture *p)
{
    double latest_start = -INFINITY, earliest_end = INFINITY, earliest = INFINITY;
    for (size_t i = 0; i < p->count; i++) {
        latest_start = fmax(latest_start, p->timelines[i].first_s);
        earliest_end = fmin(earliest_end, p->timelines[i].last_s);
        earliest = fmin(earliest, p->timelines[i].first_s);
    }
    bool clock = p->options->align == HSN_TIMELINE_CLOCK ||
                 (p->options->align == HSN_TIMELINE_AUTO && latest_start <= earliest_end);
    for (size_t i = 0; i < p->count; i++)
        p->origins[i] = clock ? earliest : p->timelines[i].first_s;
}

static void put_size(hsn__buf *out, double bytes)
{
    hsn__units_bytes(out, bytes > 0 ? (uint64_t)(bytes + 0.5) : 0, false);
}

static void put_rate(hsn__buf *out, double slope)
{
    hsn__units_real_bytes(out, slope, false);
    hsn__buf_puts(out, "/s");
}

static const char *curve_name(picture *p, size_t timeline, const hsn_timeline_curve *curve)
{
    hsn__buf text = {0};
    if (p->count > 1) {
        hsn__buf_puts(&text, p->names[timeline]);
        hsn__buf_puts(&text, ": ");
    }
    hsn__buf_puts(&text, curve->name);
    if (!p->options->no_slope && curve->count > 1) {
        hsn__buf_puts(&text, ", slope ");
        put_rate(&text, curve->slope);
    }
    return keep(p, &text);
}

static const char *curve_note(picture *p, const hsn_timeline_curve *curve)
{
    hsn__buf text = {0};
    hsn__buf_puts(&text, "peak ");
    put_size(&text, curve->values[curve->peak]);
    hsn__buf_puts(&text, " after ");
    hsn__units_real(&text, curve->times[curve->peak] - curve->times[0], 1);
    hsn__buf_puts(&text, " s, slope ");
    put_rate(&text, curve->slope);
    hsn__buf_puts(&text, ", median slope ");
    put_rate(&text, curve->median_slope);
    return keep(p, &text);
}

static int add_slope(picture *p, const hsn_timeline_curve *curve, const double *x, hsn_error *err)
{
    double *ends = hsn__arena_zeroed(&p->arena, 4, sizeof *ends);
    if (!ends)
        return hsn__fail_memory(err);
    double span = curve->times[curve->count - 1] - curve->times[0];
    ends[0] = x[0];
    ends[1] = x[curve->count - 1];
    ends[2] = curve->at_start;
    ends[3] = curve->at_start + curve->slope * span;
    p->lines[p->line_count++] =
        (hsn_plot_line){.name = "slope",
                        .x = ends,
                        .y = ends + 2,
                        .count = 2,
                        .look = HSN_PLOT_THIN | HSN_PLOT_UNNAMED | HSN_PLOT_SAME};
    return HSN_OK;
}

static int add_peak(picture *p, const hsn_timeline_curve *curve, const double *x, hsn_error *err)
{
    hsn__buf text = {0};
    hsn__buf_puts(&text, "peak ");
    put_size(&text, curve->values[curve->peak]);
    hsn_plot_mark mark = {keep(p, &text), x[curve->peak], curve->values[curve->peak]};
    if (!mark.text)
        return hsn__fail_memory(err);
    p->marks[p->mark_count++] = mark;
    return HSN_OK;
}

static int add_curve(picture *p, size_t timeline, const hsn_timeline_curve *curve, hsn_error *err)
{
    double *x = hsn__arena_zeroed(&p->arena, curve->count, sizeof *x);
    hsn_plot_line line = {.name = curve_name(p, timeline, curve),
                          .note = curve_note(p, curve),
                          .x = x,
                          .y = curve->values,
                          .count = curve->count,
                          .look = HSN_PLOT_DOTS};
    if (!x || !line.name || !line.note)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < curve->count; i++)
        x[i] = curve->times[i] - p->origins[timeline];
    p->lines[p->line_count++] = line;
    int r = HSN_OK;
    if (!p->options->no_slope && curve->count > 1)
        r = add_slope(p, curve, x, err);
    if (r >= 0 && p->curve_count <= MOST_PEAKS)
        r = add_peak(p, curve, x, err);
    return r;
}

// The longest first, then in order.
static int by_length(const void *a, const void *b)
{
    const hsn_plot_interval *x = a, *y = b;
    double left = x->x1 - x->x0, right = y->x1 - y->x0;
    if (left != right)
        return left > right ? -1 : 1;
    if (x->x0 != y->x0)
        return x->x0 < y->x0 ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int add_calls(picture *p, size_t timeline, unsigned *color, hsn_error *err)
{
    const hsn_timeline *t = &p->timelines[timeline];
    for (size_t i = 0; i < t->call_count; i++) {
        const hsn_timeline_call *call = &t->calls[i];
        hsn__buf text = {0};
        if (p->count > 1) {
            hsn__buf_puts(&text, p->names[timeline]);
            hsn__buf_puts(&text, ": ");
        }
        hsn__buf_puts(&text, call->name);
        hsn__buf_puts(&text, " ");
        hsn__units_real(&text, call->end_s - call->begin_s, 3);
        hsn__buf_puts(&text, " s");
        hsn_plot_interval one = {.name = keep(p, &text),
                                 .x0 = call->begin_s - p->origins[timeline],
                                 .y0 = call->begin_value,
                                 .x1 = call->end_s - p->origins[timeline],
                                 .y1 = call->end_value,
                                 .color = *color + call->function,
                                 .level = call->depth};
        if (!one.name)
            return hsn__fail_memory(err);
        p->calls[p->call_count++] = one;
    }
    *color += (unsigned)t->function_count;
    return HSN_OK;
}

static const char *make_title(picture *p)
{
    const hsn_timeline_curve *highest = NULL;
    hsn__buf text = {0};
    if (p->options->title) {
        hsn__buf_puts(&text, p->options->title);
        return keep(p, &text);
    }
    for (size_t i = 0; i < p->count; i++)
        for (size_t k = 0; k < p->timelines[i].curve_count; k++) {
            const hsn_timeline_curve *curve = &p->timelines[i].curves[k];
            if (!highest || curve->values[curve->peak] > highest->values[highest->peak])
                highest = curve;
        }
    hsn__buf_puts(&text, "Memory over time");
    for (size_t i = 0; i < p->count && i < 3; i++) {
        hsn__buf_puts(&text, i ? ", " : " of ");
        hsn__buf_puts(&text, p->names[i]);
    }
    if (p->count > 3)
        hsn__buf_printf(&text, " and %zu more", p->count - 3);
    if (highest) {
        hsn__buf_puts(&text, ": peak ");
        put_size(&text, highest->values[highest->peak]);
    }
    return keep(p, &text);
}

static const char *make_subtitle(picture *p, size_t shown)
{
    hsn__buf text = {0};
    hsn__buf_puts(&text, p->options->no_slope ? "" : "thin lines: least squares");
    if (p->all_calls) {
        hsn__buf_puts(&text, text.size ? "; " : "");
        hsn__buf_puts(&text, "brackets: a function from call to return");
    }
    if (shown < p->all_calls)
        hsn__buf_printf(&text, " (the %zu longest of %zu calls)", shown, p->all_calls);
    return keep(p, &text);
}

static int collect(picture *p, hsn_error *err)
{
    for (size_t i = 0; i < p->count; i++) {
        p->curve_count += p->timelines[i].curve_count;
        p->all_calls += p->timelines[i].call_count;
    }
    p->origins = hsn__arena_zeroed(&p->arena, p->count + 1, sizeof *p->origins);
    p->lines = hsn__arena_zeroed(&p->arena, p->curve_count * 2 + 1, sizeof *p->lines);
    p->calls = hsn__arena_zeroed(&p->arena, p->all_calls + 1, sizeof *p->calls);
    p->marks = hsn__arena_zeroed(&p->arena, p->curve_count + 1, sizeof *p->marks);
    if (!p->origins || !p->lines || !p->calls || !p->marks)
        return hsn__fail_memory(err);
    set_origins(p);
    unsigned color = (unsigned)p->curve_count; // after those of the curves
    for (size_t i = 0; i < p->count; i++) {
        for (size_t k = 0; k < p->timelines[i].curve_count; k++) {
            int r = add_curve(p, i, &p->timelines[i].curves[k], err);
            if (r < 0)
                return r;
        }
        int r = add_calls(p, i, &color, err);
        if (r < 0)
            return r;
    }
    if (p->call_count)
        qsort(p->calls, p->call_count, sizeof *p->calls, by_length);
    return HSN_OK;
}

int hsn_timeline_render(const hsn_timeline *timelines, const char *const *names, size_t count,
                        const hsn_timeline_svg_options *options, char **out, size_t *out_size,
                        hsn_error *err)
{
    picture p = {.timelines = timelines, .names = names, .count = count, .options = options};
    size_t most = options->most_calls ? options->most_calls : DEFAULT_CALLS;
    *out = NULL;
    *out_size = 0;
    int r = collect(&p, err);
    size_t shown = p.call_count < most ? p.call_count : most;
    if (r >= 0 && !p.curve_count && !shown)
        r = hsn__fail(err, HSN_EINVAL, NULL, "no memory over time to draw");
    hsn_plot_panel panel = {.lines = p.lines,
                            .line_count = p.line_count,
                            .intervals = p.calls,
                            .interval_count = shown,
                            .marks = p.marks,
                            .mark_count = p.mark_count,
                            .y_unit = HSN_PLOT_BYTES};
    hsn_plot plot = {.x_unit = HSN_PLOT_SECONDS, .panels = &panel, .panel_count = 1};
    if (r >= 0) {
        plot.title = make_title(&p);
        plot.subtitle = make_subtitle(&p, shown);
        r = plot.title && plot.subtitle ? hsn_plot_render(&plot, out, out_size, err)
                                        : hsn__fail_memory(err);
    }
    hsn__arena_clear(&p.arena);
    return r;
}
