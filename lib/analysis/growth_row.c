// SPDX-License-Identifier: MIT
// The numbers of a row of growth: its series after the warm-up, verdict, slopes, time to the limit.
#include "analysis/growth_private.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <math.h>

#define MS_PER_HOUR 3600000.0
// A gain that counts although it is less than 1 % of what was there.
#define LEAST_GAIN_BYTES 1048576.0

static hsn_growth_clock read_clock(const int64_t *times, size_t count)
{
    bool rises = true;
    for (size_t i = 0; i < count; i++) {
        if (!times || !times[i])
            return HSN_GROWTH_CLOCK_UNKNOWN;
        rises = rises && (!i || times[i] > times[i - 1]);
    }
    return rises ? HSN_GROWTH_CLOCK_RISES : HSN_GROWTH_CLOCK_WENT_BACK;
}

static void fill_hours(double *hours, const int64_t *times, size_t count)
{
    for (size_t i = 0; i < count; i++)
        hours[i] = (double)(times[i] - times[0]) / MS_PER_HOUR;
}

static void fill_bytes(double *values, const hsn_cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = (double)cells[i].size_bytes;
}

// Snapshots at the start that are left out; uses work->hours and ->values.
static int find_warmup(hsn__growth_work *work, const hsn_cell *wholes, size_t count,
                       size_t *out_warmup, hsn_error *err)
{
    const hsn_growth_options *options = work->options;
    const int64_t *times = options->captured_at_unix_ms;
    bool is_auto = options->warmup == HSN_GROWTH_WARMUP_AUTO;
    size_t warmup = is_auto ? 0 : options->warmup, early = 0;
    if (is_auto) {
        bool has_hours = read_clock(times, count) == HSN_GROWTH_CLOCK_RISES;
        if (has_hours)
            fill_hours(work->hours, times, count);
        fill_bytes(work->values, wholes, count);
        warmup = hsn_trend_warmup(
            &(hsn_trend_series){has_hours ? work->hours : NULL, work->values, count});
    }
    if (options->warmup_ms) {
        if (!times || !times[0])
            return hsn__fail(err, HSN_EINVAL, NULL,
                             "a warm-up by time needs the times of the snapshots");
        while (early < count && times[early] >= times[0] &&
               (uint64_t)(times[early] - times[0]) < options->warmup_ms)
            early++;
    }
    *out_warmup = early > warmup ? early : warmup;
    if (*out_warmup > count || count - *out_warmup < 2)
        return hsn__fail(err, HSN_EINVAL, NULL, "the warm-up leaves fewer than two snapshots");
    return HSN_OK;
}

int hsn__growth_begin(hsn__growth_work *work, const hsn_growth_options *options,
                      const hsn_cell *wholes, size_t count, hsn_growth *out, hsn_error *err)
{
    const int64_t *times = options->captured_at_unix_ms;
    *work = (hsn__growth_work){.options = options, .last_bytes = wholes[count - 1].size_bytes};
    work->hours = hsn__alloc_array(count, sizeof *work->hours);
    work->values = hsn__alloc_array(count, sizeof *work->values);
    if (!work->hours || !work->values)
        return hsn__fail_memory(err);
    int r = hsn__trend_reserve(&work->trend, count, err);
    if (r >= 0)
        r = find_warmup(work, wholes, count, &work->first, err);
    if (r < 0)
        return r;
    work->count = count - work->first;
    out->warmup = work->first;
    out->clock = read_clock(times ? times + work->first : NULL, work->count);
    work->has_hours = out->clock == HSN_GROWTH_CLOCK_RISES;
    if (work->has_hours)
        fill_hours(work->hours, times + work->first, work->count);
    return HSN_OK;
}

void hsn__growth_clear(hsn__growth_work *work)
{
    hsn__free(work->hours);
    hsn__free(work->values);
    hsn__trend_clear(&work->trend);
    *work = (hsn__growth_work){0};
}

static double difference(uint64_t before, uint64_t after)
{
    return after >= before ? (double)(after - before) : -(double)(before - after);
}

static int grew_every_step(const hsn_cell *cells, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (cells[i].count < cells[i - 1].count || cells[i].size_bytes < cells[i - 1].size_bytes)
            return 0;
        if (cells[i].count == cells[i - 1].count && cells[i].size_bytes == cells[i - 1].size_bytes)
            return 0;
    }
    return 1;
}

// With an odd number of steps the one in the middle is in neither half.
static double late_early_ratio(const hsn_cell *cells, size_t count)
{
    size_t half = (count - 1) / 2;
    if (!half)
        return NAN;
    double early = difference(cells[0].size_bytes, cells[half].size_bytes);
    double late = difference(cells[count - 1 - half].size_bytes, cells[count - 1].size_bytes);
    return early > 0 ? late / early : NAN;
}

static hsn_trend_series series_of(const hsn__growth_work *work, bool by_hours)
{
    return (hsn_trend_series){by_hours ? work->hours : NULL, work->values, work->count};
}

void hsn__growth_judge(hsn__growth_work *work, const hsn_cell *cells, hsn_growth_row *out)
{
    const hsn_cell *used = cells + work->first, *last = used + work->count - 1;
    *out = (hsn_growth_row){
        .holder = "",
        .cells = cells,
        .count_delta = hsn__delta(used->count, last->count),
        .size_bytes_delta = hsn__delta(used->size_bytes, last->size_bytes),
        .grew_every_step = grew_every_step(used, work->count),
        .late_early_ratio = late_early_ratio(used, work->count),
        .hourly = {NAN, NAN, NAN, NAN},
        .steps_to_limit = NAN,
        .hours_to_limit = NAN,
        .hours_to_limit_low = NAN,
    };
    fill_bytes(work->values, used, work->count);
    hsn_trend_series series = series_of(work, work->has_hours);
    hsn__judge(&work->trend, &series, &(hsn_trend_options){.least_gain = LEAST_GAIN_BYTES},
               &out->trend);
}

// A row whose bytes do not change has the slope 0, without sorting anything.
static bool is_constant(const hsn_growth_row *row)
{
    return row->trend.kendall.variance == 0;
}

int hsn__growth_slopes(hsn__growth_work *work, hsn_growth_row *row, hsn_error *err)
{
    const hsn_cell *used = row->cells + work->first;
    hsn_trend_series series = series_of(work, false);
    hsn_slope slope = {0}, counts;
    int r = HSN_OK;
    if (!is_constant(row)) {
        fill_bytes(work->values, used, work->count);
        r = hsn__slope(&work->trend, &series, &slope, err);
    }
    row->slope_bytes = slope.slope;
    row->slope_bytes_low = slope.low;
    row->slope_bytes_high = slope.high;
    row->start_bytes = is_constant(row) ? (double)used->size_bytes : slope.start;
    for (size_t i = 0; i < work->count; i++)
        work->values[i] = (double)used[i].count;
    if (r >= 0)
        r = hsn__slope(&work->trend, &series, &counts, err);
    if (r >= 0)
        row->slope_count = counts.slope;
    return r;
}

// Whether the range of the values alone says so: more than half of all pairs are `far` steps apart
// or more, and none of those is steeper than the range by so many steps.
static bool is_flat(const double *values, size_t count, double threshold)
{
    size_t far = count - (size_t)ceil(0.7072 * (double)count);
    double low = values[0], high = values[0];
    for (size_t i = 1; i < count; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    size_t pairs = count * (count - 1) / 2, apart = (count - far) * (count - far + 1) / 2;
    return far > 0 && apart > pairs / 2 && (high - low) / (double)far < threshold;
}

bool hsn__growth_is_below(hsn__growth_work *work, const hsn_growth_row *row, double threshold)
{
    if (is_constant(row))
        return threshold > 0;
    // More pairs fall than rise.
    if (threshold > 0 && row->trend.kendall.s < 0)
        return true;
    fill_bytes(work->values, row->cells + work->first, work->count);
    if (is_flat(work->values, work->count, threshold))
        return true;
    hsn_trend_series series = series_of(work, false);
    return hsn__slope_is_below(&work->trend, &series, threshold);
}

// How long `left` lasts at a rate; NAN when it does not end.
static double lasts(double left, double rate)
{
    return left <= 0 ? 0 : rate > 0 ? left / rate : NAN;
}

int hsn__growth_rates(hsn__growth_work *work, hsn_growth_row *row, hsn_error *err)
{
    double left = difference(work->last_bytes, work->options->memory_limit_bytes);
    bool is_limited = work->options->memory_limit_bytes > 0;
    int r = HSN_OK;
    if (is_limited)
        row->steps_to_limit = lasts(left, row->slope_bytes);
    if (!work->has_hours)
        return HSN_OK;
    row->hourly = (hsn_slope){.start = row->start_bytes};
    if (!is_constant(row)) {
        fill_bytes(work->values, row->cells + work->first, work->count);
        hsn_trend_series series = series_of(work, true);
        r = hsn__slope(&work->trend, &series, &row->hourly, err);
    }
    if (r >= 0 && is_limited) {
        row->hours_to_limit = lasts(left, row->hourly.slope);
        row->hours_to_limit_low = lasts(left, row->hourly.high);
    }
    return r;
}
