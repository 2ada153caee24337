// SPDX-License-Identifier: MIT
// Curves of memory over time, their peaks and slopes, and calls of functions along them.
//
// The least-squares line is computed about the means, so that times since 1970 lose no digits. The
// median slope needs times that rise at every step: of equal times the last value counts.
#include "heapsnap/timeline.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/fail.h"
#include "heapsnap/trend.h"

enum { MAX_CALLS = 1 << 20 };
static const char call_mark[] = ".function.";

typedef struct point {
    double time_s, value;
    size_t number; // in the dump: the order of equal times
} point;

static int by_time(const void *a, const void *b)
{
    const point *x = a, *y = b;
    if (x->time_s != y->time_s)
        return x->time_s < y->time_s ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

// Longer calls first, so that a call comes after the one that it lies within.
static int by_begin(const void *a, const void *b)
{
    const hsn_timeline_call *x = a, *y = b;
    if (x->begin_s != y->begin_s)
        return x->begin_s < y->begin_s ? -1 : 1;
    if (x->end_s != y->end_s)
        return x->end_s > y->end_s ? -1 : 1;
    return (x->function > y->function) - (x->function < y->function);
}

static void fit_line(hsn_timeline_curve *curve)
{
    double mean_t = 0, mean_v = 0, tt = 0, tv = 0;
    double count = (double)curve->count;
    for (size_t i = 0; i < curve->count; i++) {
        mean_t += (curve->times[i] - curve->times[0]) / count;
        mean_v += curve->values[i] / count;
    }
    for (size_t i = 0; i < curve->count; i++) {
        double t = curve->times[i] - curve->times[0] - mean_t;
        tt += t * t;
        tv += t * (curve->values[i] - mean_v);
    }
    curve->slope = tt > 0 ? tv / tt : 0;
    curve->at_start = mean_v - curve->slope * mean_t;
}

static int find_median_slope(hsn_timeline_curve *curve, hsn_error *err)
{
    size_t step = (curve->count + HSN_TREND_MAX_VALUES - 1) / HSN_TREND_MAX_VALUES, kept = 0;
    double *times = hsn__alloc_array(curve->count, sizeof *times);
    double *values = hsn__alloc_array(curve->count, sizeof *values);
    hsn_slope slope = {0};
    int r = times && values ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; r >= 0 && i < curve->count; i += step) {
        double time = curve->times[i] - curve->times[0];
        if (kept && times[kept - 1] == time)
            kept--;
        times[kept] = time;
        values[kept++] = curve->values[i];
    }
    if (r >= 0)
        r = hsn_trend_slope(&(hsn_trend_series){times, values, kept}, &slope, err);
    curve->median_slope = slope.slope;
    hsn__free(times);
    hsn__free(values);
    return r;
}

// "rss.child.4711" → "child 4711", "rss.pid.4711" → "pid 4711".
static const char *curve_name(hsn__arena *arena, const char *name)
{
    static const char *const marks[] = {".child.", ".pid."};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const char *mark = strstr(name, marks[i]);
        if (!mark || strncmp(name, "rss", (size_t)(mark - name)))
            continue;
        size_t length = strlen(mark + 1);
        char *copy = hsn__arena_copy(arena, mark + 1, length);
        char *dot = copy ? strchr(copy, '.') : NULL;
        if (dot)
            *dot = ' ';
        return copy;
    }
    return hsn__arena_copy(arena, name, strlen(name));
}

// Whether `calls` holds calls along the curve `name`.
static bool is_along(const char *calls, const char *name)
{
    size_t length = strlen(name);
    return !strncmp(calls, name, length) &&
           !strncmp(calls + length, call_mark, sizeof call_mark - 1);
}

// A curve has its own samples and those at the ends of calls along it, as in `mprof plot`.
static int add_curve(hsn_timeline *out, const hsn_series_list *list, const hsn_series *series,
                     hsn_error *err)
{
    hsn__arena *arena = out->memory;
    size_t most = series->count;
    for (size_t k = 0; k < list->count; k++)
        most += is_along(list->rows[k].name, series->name) ? list->rows[k].count : 0;
    point *points = hsn__alloc_array(most, sizeof *points);
    double *times = hsn__arena_zeroed(arena, most, sizeof *times);
    double *values = hsn__arena_zeroed(arena, most, sizeof *values);
    hsn_timeline_curve curve = {.name = curve_name(arena, series->name)};
    int r = points && times && values && curve.name ? HSN_OK : hsn__fail_memory(err);
    for (size_t k = 0; r >= 0 && k < list->count; k++) {
        const hsn_series *from = &list->rows[k];
        for (size_t i = 0;
             (from == series || is_along(from->name, series->name)) && i < from->count; i++)
            if (isfinite(from->times[i]) && isfinite(from->values[i]))
                points[curve.count++] = (point){from->times[i], from->values[i], curve.count};
    }
    if (r >= 0 && curve.count) {
        qsort(points, curve.count, sizeof *points, by_time);
        for (size_t i = 0; i < curve.count; i++) {
            times[i] = points[i].time_s;
            values[i] = points[i].value;
            if (values[i] > values[curve.peak])
                curve.peak = i;
        }
        curve.times = times;
        curve.values = values;
        fit_line(&curve);
        r = find_median_slope(&curve, err);
        out->curves[out->curve_count++] = curve;
    }
    hsn__free(points);
    return r;
}

static int add_calls(hsn_timeline *out, const hsn_series *series, const char *name, hsn_error *err)
{
    const char *copy = hsn__arena_copy(out->memory, name, strlen(name));
    if (!copy)
        return hsn__fail_memory(err);
    for (size_t i = 0; i + 1 < series->count; i += 2) {
        hsn_timeline_call call = {.name = copy,
                                  .function = (uint32_t)out->function_count,
                                  .begin_s = series->times[i],
                                  .end_s = series->times[i + 1],
                                  .begin_value = series->values[i],
                                  .end_value = series->values[i + 1]};
        if (isfinite(call.begin_s) && isfinite(call.end_s) && isfinite(call.begin_value) &&
            isfinite(call.end_value) && call.begin_s <= call.end_s)
            out->calls[out->call_count++] = call;
    }
    out->function_count++;
    return HSN_OK;
}

// How deep each call lies within others: a stack of those that are open.
static int find_depths(hsn_timeline *out, hsn_error *err)
{
    double *ends = hsn__alloc_array(out->call_count, sizeof *ends);
    size_t open = 0;
    if (!ends)
        return hsn__fail_memory(err);
    if (out->call_count)
        qsort(out->calls, out->call_count, sizeof *out->calls, by_begin);
    for (size_t i = 0; i < out->call_count; i++) {
        hsn_timeline_call *call = &out->calls[i];
        while (open && (ends[open - 1] <= call->begin_s || ends[open - 1] < call->end_s))
            open--;
        call->depth = (uint32_t)open;
        ends[open++] = call->end_s;
    }
    hsn__free(ends);
    return HSN_OK;
}

static void find_ends(hsn_timeline *out)
{
    out->first_s = INFINITY;
    out->last_s = -INFINITY;
    for (size_t i = 0; i < out->curve_count; i++) {
        const hsn_timeline_curve *curve = &out->curves[i];
        out->first_s = fmin(out->first_s, curve->times[0]);
        out->last_s = fmax(out->last_s, curve->times[curve->count - 1]);
    }
    for (size_t i = 0; i < out->call_count; i++) {
        out->first_s = fmin(out->first_s, out->calls[i].begin_s);
        out->last_s = fmax(out->last_s, out->calls[i].end_s);
    }
    if (!(out->first_s <= out->last_s))
        out->first_s = out->last_s = 0;
}

int hsn_timeline_read(hsn_store *store, hsn_snapshot_id id, hsn_timeline *out, hsn_error *err)
{
    hsn_series_list list = {0};
    size_t calls = 0;
    *out = (hsn_timeline){0};
    out->memory = hsn__alloc_zeroed(1, sizeof(hsn__arena));
    int r = out->memory ? hsn_series_list_read(store, id, &list, err) : hsn__fail_memory(err);
    if (r >= 0 && !list.count)
        r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(store), "no memory over time");
    for (size_t i = 0; i < list.count; i++)
        calls += strstr(list.rows[i].name, call_mark) ? list.rows[i].count / 2 : 0;
    if (r >= 0 && calls > MAX_CALLS)
        r = hsn__fail_limit(err, "calls of functions", MAX_CALLS);
    if (r >= 0) {
        out->curves = hsn__arena_zeroed(out->memory, list.count, sizeof *out->curves);
        out->calls = hsn__arena_zeroed(out->memory, calls + 1, sizeof *out->calls);
        r = out->curves && out->calls ? HSN_OK : hsn__fail_memory(err);
    }
    for (size_t i = 0; r >= 0 && i < list.count; i++) {
        const char *mark = strstr(list.rows[i].name, call_mark);
        r = mark ? add_calls(out, &list.rows[i], mark + sizeof call_mark - 1, err)
                 : add_curve(out, &list, &list.rows[i], err);
    }
    if (r >= 0)
        r = find_depths(out, err);
    if (r >= 0)
        find_ends(out);
    hsn_series_list_free(&list);
    if (r < 0)
        hsn_timeline_free(out);
    return r;
}

void hsn_timeline_free(hsn_timeline *timeline)
{
    if (timeline->memory)
        hsn__arena_clear(timeline->memory);
    hsn__free(timeline->memory);
    *timeline = (hsn_timeline){0};
}
