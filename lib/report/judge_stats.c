// SPDX-License-Identifier: MIT
// Robust statistics over a few dozen nights. docs/report.md tells why these and not others.
//
// Source: F. R. Hampel, "The influence curve and its role in robust estimation", JASA 69, 1974.
#include "report/judge_stats.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "heapsnap/trend.h"

// Each quarter of a creep gains at least a LEAST_PARTth of the whole; an even one gains a third.
enum {
    LEAST_ERRORS = 5,
    LEAST_BEFORE = 3,
    LEAST_PART = 5,
    WEEK = 7,
    WEEKS = 4,
    RISE_BEFORE = 28,
    RISE_WINDOW = 56
};

static const double mad_to_sigma = 1.4826;
static const double noise_factor = 4, little_known = 7;
static const double creep_factor = 3;
static const double rise_factor = 6, run_factor = 2, least_even = 0.5;
static const double creep_p_value = 0.0027; // three sigma

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of_sorted(const double *sorted, size_t count)
{
    if (!count)
        return NAN;
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

double hsn__night_median(const double *values, size_t count)
{
    double sorted[HSN__STATS_MAX];
    assert(count <= HSN__STATS_MAX);
    for (size_t i = 0; i < count; i++)
        sorted[i] = values[i];
    qsort(sorted, count, sizeof *sorted, compare);
    return median_of_sorted(sorted, count);
}

static double margin_of(double *errors, size_t count)
{
    if (count < LEAST_ERRORS)
        return 0;
    double center = hsn__night_median(errors, count);
    for (size_t i = 0; i < count; i++)
        errors[i] = fabs(errors[i] - center);
    double noise = mad_to_sigma * hsn__night_median(errors, count);
    return noise * noise_factor * (1 + little_known / (double)count);
}

double hsn__night_margin(const double *values, size_t count, size_t before, size_t window)
{
    double errors[HSN__STATS_MAX];
    size_t found = 0, first = count > window ? count - window : 0;
    assert(before <= HSN__STATS_MAX);
    for (size_t i = first > LEAST_BEFORE ? first : LEAST_BEFORE; i < count; i++) {
        size_t from = i > before ? i - before : 0;
        if (found < HSN__STATS_MAX)
            errors[found++] = values[i] - hsn__night_median(values + from, i - from);
    }
    return margin_of(errors, found);
}

// The median of the values some weeks before `place`; NAN with fewer than LEAST_BEFORE.
static double week_level(const double *values, size_t place)
{
    double same_day[WEEKS];
    size_t found = 0;
    for (size_t week = 1; week <= WEEKS && week * WEEK <= place; week++)
        same_day[found++] = values[place - week * WEEK];
    return found < LEAST_BEFORE ? NAN : hsn__night_median(same_day, found);
}

bool hsn__week_margin(const double *values, size_t count, size_t window, double *out_level,
                      double *out_margin)
{
    double errors[HSN__STATS_MAX], level = week_level(values, count);
    size_t found = 0, first = count > window ? count - window : 0;
    for (size_t i = first; i < count && found < HSN__STATS_MAX; i++) {
        double before = week_level(values, i);
        if (!isnan(before))
            errors[found++] = values[i] - before;
    }
    if (isnan(level) || found < LEAST_ERRORS)
        return false;
    *out_level = level;
    *out_margin = margin_of(errors, found);
    return true;
}

// ---- a short rise -----------------------------------------------------------------------------

// Is each of the `steps` steps up to `end` at least half of the mean one? *out_gain: all of them.
static bool rises_evenly(const double *values, size_t end, size_t steps, double *out_gain)
{
    double gain = values[end] - values[end - steps];
    double least = gain / (double)steps * least_even;
    for (size_t i = end - steps; i < end; i++)
        if (values[i + 1] - values[i] <= least)
            return false;
    *out_gain = gain;
    return gain > 0;
}

// What chance does over `steps` nights before the last ones: its spread, and its largest even rise.
static void chance_before(const double *values, size_t count, size_t steps, double *out_noise,
                          double *out_largest)
{
    double gains[HSN__STATS_MAX] = {0}, gain;
    size_t found = 0, end = count - 1 - steps;
    *out_largest = 0;
    for (size_t i = end > RISE_WINDOW ? end - RISE_WINDOW : 0; i + steps <= end; i++) {
        gains[found++] = values[i + steps] - values[i];
        if (rises_evenly(values, i + steps, steps, &gain))
            *out_largest = fmax(*out_largest, gain);
    }
    double center = hsn__night_median(gains, found);
    for (size_t i = 0; i < found; i++)
        gains[i] = fabs(gains[i] - center);
    *out_noise = mad_to_sigma * hsn__night_median(gains, found);
}

bool hsn__rise_stands_out(const double *values, size_t count, size_t steps, double min_gain)
{
    double from_week[HSN__STATS_MAX], noise, largest, week_noise, week_largest, gain;
    size_t weekly = 0;
    assert(count <= HSN__STATS_MAX && steps > 0);
    if (count < steps + 1 + RISE_BEFORE)
        return false;
    chance_before(values, count, steps, &noise, &largest);
    for (size_t i = LEAST_BEFORE * WEEK; i < count; i++)
        from_week[weekly++] = values[i] - week_level(values, i);
    if (weekly >= steps + 1 + RISE_BEFORE) {
        chance_before(from_week, weekly, steps, &week_noise, &week_largest);
        if (week_noise < noise) {
            noise = week_noise;
            largest = week_largest;
            values = from_week;
            count = weekly;
        }
    }
    if (!rises_evenly(values, count - 1, steps, &gain))
        return false;
    double highest = -INFINITY;
    for (size_t i = count - 1 - steps - RISE_BEFORE; i < count - 1 - steps; i++)
        highest = fmax(highest, values[i]);
    return gain >= min_gain && gain >= rise_factor * noise && gain >= run_factor * largest &&
           values[count - 1] - highest >= gain / 2;
}

// The noise of one night without what comes back every `lag` nights and without a slope.
static double noise_of_lag(const double *values, size_t count, size_t lag)
{
    double errors[HSN__STATS_MAX] = {0};
    for (size_t i = lag; i < count; i++)
        errors[i - lag] = values[i] - values[i - lag];
    double center = hsn__night_median(errors, count - lag);
    for (size_t i = 0; i < count - lag; i++)
        errors[i] = fabs(errors[i] - center);
    return mad_to_sigma * hsn__night_median(errors, count - lag) / sqrt(2);
}

// The highest median of `width` consecutive values that end before `count`.
static double highest_level(const double *values, size_t count, size_t width)
{
    double highest = -INFINITY;
    for (size_t i = 0; i + width <= count; i++)
        highest = fmax(highest, hsn__night_median(values + i, width));
    return highest;
}

int hsn__creep_find(const double *values, size_t count, size_t window, double min_gain,
                    hsn__creep *out, hsn_error *err)
{
    size_t quarter = window / 4;
    double levels[4];
    hsn_kendall kendall;
    hsn_slope slope;
    *out = (hsn__creep){.p_value = 1};
    if (quarter < 2 || count < quarter * 4 || window > HSN__STATS_MAX)
        return HSN_OK;
    const double *last = values + count - quarter * 4;
    for (size_t i = 0; i < 4; i++)
        levels[i] = hsn__night_median(last + i * quarter, quarter);
    double gain = levels[3] - levels[0];
    out->level_old = levels[0];
    out->level_new = levels[3];
    if (gain <= 0 || gain < min_gain)
        return HSN_OK;
    for (size_t i = 1; i < 4; i++)
        if (levels[i] - levels[i - 1] < gain / LEAST_PART)
            return HSN_OK;
    if (gain < creep_factor * noise_of_lag(last, quarter * 4, quarter))
        return HSN_OK;
    int r = hsn_trend_kendall(last, quarter * 4, &kendall, err);
    if (r >= 0)
        r = hsn_trend_slope(&(hsn_trend_series){.values = last, .count = quarter * 4}, &slope, err);
    if (r < 0)
        return r;
    out->p_value = kendall.p_value;
    out->slope = slope.slope;
    out->creeps = kendall.s > 0 && kendall.p_value < creep_p_value && slope.low > 0 &&
                  highest_level(values, count - quarter * 4, quarter) + min_gain / 2 < levels[3];
    return HSN_OK;
}
