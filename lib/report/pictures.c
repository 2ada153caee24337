// SPDX-License-Identifier: MIT
// Pictures for a page: trends of the nights, cycles, the flame graph of what was allocated.
//
// A picture that cannot be made (no allocations, no room) is left out: a report is not worse for
// it.
#include "report/report_private.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "heapsnap/draw_cycles.h"
#include "heapsnap/flame_svg.h"
#include "heapsnap/plot.h"

enum { MOST_PICTURES = 8, MOST_CYCLES = 3, CYCLE_BOXES = 30, MOST_CURVES = 12 };
// A page holds one flame graph; boxes get wider until it is no larger than this.
enum { MOST_FLAME_BYTES = 1 << 20 };

static int keep(hsn__run *run, hsn_report_picture_kind kind, const char *title, const char *svg,
                size_t size)
{
    hsn_report *report = run->report;
    if (!report->pictures)
        report->pictures = hsn__arena_zeroed(run->arena, MOST_PICTURES, sizeof *report->pictures);
    char *copy = hsn__arena_copy(run->arena, svg, size);
    const char *words = hsn__report_text(run, title);
    if (!report->pictures || !copy || !words)
        return hsn__fail_memory(run->err);
    if (report->picture_count < MOST_PICTURES)
        report->pictures[report->picture_count++] = (hsn_report_picture){kind, words, copy, size};
    return HSN_OK;
}

// ---- trends -----------------------------------------------------------------------------------

// Seconds since 1970, or steps where times are missing or go backwards.
static hsn_plot_unit read_times(const hsn__run *run, double *out)
{
    size_t count = run->report->point_count;
    bool rising = true;
    for (size_t i = 0; i < count; i++) {
        int64_t at = hsn__point(run, i)->info.captured_at_unix_ms;
        out[i] = (double)at / 1000;
        rising = rising && at > 0 && (!i || out[i] > out[i - 1]);
    }
    for (size_t i = 0; i < count && !rising; i++)
        out[i] = (double)i + 1;
    return rising ? HSN_PLOT_CLOCK : HSN_PLOT_STEPS;
}

static size_t count_known(const double *values, size_t count)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        known += isfinite(values[i]) != 0;
    return known;
}

// What a person calls a series.
static const char *series_title(const char *name)
{
    static const struct {
        const char *name, *title;
    } titles[] = {
        {"heap_bytes", "Heap"},
        {"objects", "Objects"},
        {"rss_bytes", "Resident memory"},
        {"allocation_bytes", "Live allocations"},
        {"longest_pause_ms", "Longest collector pause, ms"},
        {"total_pause_ms", "Time in the collector, ms"},
    };
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        if (!strcmp(titles[i].name, name))
            return titles[i].title;
    return name;
}

typedef struct curves {
    hsn_plot_panel panels[MOST_CURVES];
    hsn_plot_line lines[MOST_CURVES];
    size_t count;
    const double *times;
    size_t points;
} curves;

static void add_curve(curves *c, const char *title, const char *unit, const double *values)
{
    if (c->count == MOST_CURVES || count_known(values, c->points) < 2)
        return;
    hsn_plot_line *line = &c->lines[c->count];
    *line = (hsn_plot_line){.name = title,
                            .x = c->times,
                            .y = values,
                            .count = c->points,
                            .look = HSN_PLOT_DOTS | HSN_PLOT_UNNAMED};
    c->panels[c->count++] =
        (hsn_plot_panel){.title = title,
                         .lines = line,
                         .line_count = 1,
                         .y_unit = strcmp(unit, "bytes") ? HSN_PLOT_NUMBER : HSN_PLOT_BYTES};
}

static int draw_curves(hsn__run *run, const curves *c, hsn_plot_unit x_unit, const char *title)
{
    hsn_plot plot = {
        .title = title, .x_unit = x_unit, .panels = c->panels, .panel_count = c->count};
    char *svg = NULL;
    size_t size;
    int r = HSN_OK;
    if (c->count && hsn_plot_render(&plot, &svg, &size, NULL) >= 0)
        r = keep(run, HSN_REPORT_TREND, title, svg, size);
    hsn_plot_free(svg);
    return r;
}

static int draw_trends(hsn__run *run)
{
    const hsn_report *report = run->report;
    double *times = hsn__arena_alloc(run->arena, (report->point_count + 1) * sizeof *times);
    if (!times)
        return hsn__fail_memory(run->err);
    hsn_plot_unit unit = read_times(run, times);
    curves all = {.times = times, .points = report->point_count};
    curves found = all;
    for (size_t i = 0; i < report->series_count; i++)
        add_curve(&all, series_title(report->series[i].name), report->series[i].unit,
                  report->series[i].points);
    for (size_t i = 0; i < report->finding_count; i++) {
        const hsn_report_finding *finding = &report->findings[i];
        if (finding->points && finding->finding.severity != HSN_SEVERITY_NOTE &&
            finding->cause_of == SIZE_MAX && *finding->finding.subject)
            add_curve(&found, finding->finding.subject, finding->finding.unit, finding->points);
    }
    int r = draw_curves(run, &all, unit, "Over the snapshots");
    return r < 0 ? r : draw_curves(run, &found, unit, "What the findings are about");
}

// ---- cycles -----------------------------------------------------------------------------------

// New ones first; without any, garbage.
static size_t choose_cycles(const hsn_report *report, size_t out[MOST_CYCLES])
{
    size_t count = 0;
    for (int pass = 0; pass < 2 && !count; pass++)
        for (size_t i = 0; i < report->cycles.count && count < MOST_CYCLES; i++) {
            bool is_new = report->cycle_is_new && report->cycle_is_new[i];
            if (pass ? report->cycles.rows[i].kind == HSN_CYCLE_GARBAGE : is_new)
                out[count++] = i;
        }
    return count;
}

static int draw_cycle(hsn__run *run, hsn_heap *heap, const hsn_cycle *cycle)
{
    hsn_cycle_picture picture = {0};
    hsn_drawing *drawing = NULL;
    char *svg = NULL;
    size_t size;
    int r = HSN_OK;
    if (hsn_cycle_picture_find(heap, cycle, CYCLE_BOXES, &picture, NULL) >= 0 &&
        hsn_draw_cycles(cycle, &picture, 1, 0, NULL, &drawing, NULL) >= 0 &&
        hsn_drawing_render(drawing, HSN_DRAW_SVG, &svg, &size, NULL) >= 0)
        r = keep(run, HSN_REPORT_CYCLE, cycle->shortest_text, svg, size);
    hsn_drawing_free_data(svg);
    hsn_drawing_free(drawing);
    hsn_cycle_picture_free(&picture);
    return r;
}

static int draw_cycles(hsn__run *run)
{
    hsn_report *report = run->report;
    hsn_heap *heap = NULL;
    size_t chosen[MOST_CYCLES];
    size_t count = report->has_cycles ? choose_cycles(report, chosen) : 0;
    int r = HSN_OK;
    if (!count)
        return HSN_OK;
    hsn_snapshot_ref ref = hsn__point_ref(run, report->point_count - 1);
    if (hsn_heap_open(&heap, ref.store, ref.id, NULL) >= 0)
        for (size_t i = 0; i < count && r >= 0; i++)
            r = draw_cycle(run, heap, &report->cycles.rows[chosen[i]]);
    hsn_heap_close(heap);
    return r;
}

// ---- allocations ------------------------------------------------------------------------------

static bool has_stacks(const hsn__run *run, size_t point)
{
    const hsn_snapshot_info *info = &hsn__point(run, point)->info;
    return info->stacks && info->allocation_bytes;
}

static int draw_flame(hsn__run *run)
{
    const hsn_report *report = run->report;
    size_t tonight = report->point_count - 1, count = 0;
    hsn_snapshot_ref refs[2];
    hsn_flame_svg_options look = {0};
    char *svg = NULL;
    size_t size = SIZE_MAX;
    int r = HSN_OK;
    if (!has_stacks(run, tonight))
        return HSN_OK;
    if (run->reference < tonight && has_stacks(run, run->reference)) {
        look.sources[count] = hsn__point(run, run->reference)->argument;
        refs[count++] = hsn__point_ref(run, run->reference);
    }
    look.sources[count] = hsn__point(run, tonight)->argument;
    refs[count++] = hsn__point_ref(run, tonight);
    for (double share = 2 * HSN_FLAME_LEAST_SHARE; share < 0.02 && size > MOST_FLAME_BYTES;
         share *= 4) {
        hsn_flame flame = {0};
        hsn_flame_options options = {.least_share = share, .max_depth = HSN_FLAME_MAX_DEPTH};
        hsn_flame_svg_free(svg);
        svg = NULL;
        if (hsn_flame_read(refs, count, &options, run->options->progress, &flame, NULL) < 0 ||
            hsn_flame_render(&flame, &look, &svg, &size, NULL) < 0)
            size = 0;
        hsn_flame_free(&flame);
    }
    if (svg && size && size <= MOST_FLAME_BYTES)
        r = keep(run, HSN_REPORT_FLAME,
                 count == 2 ? "Live allocations by stack, and what changed since the baseline"
                            : "Live allocations by stack",
                 svg, size);
    hsn_flame_svg_free(svg);
    return r;
}

int hsn__pictures_draw(hsn__run *run)
{
    if (!run->options->pictures || !run->report->point_count)
        return HSN_OK;
    int r = draw_trends(run);
    if (r >= 0)
        r = draw_cycles(run);
    return r < 0 ? r : draw_flame(run);
}
