// SPDX-License-Identifier: MIT
// Whether a series grows: the verdict, from the Mann–Kendall test and medians of thirds.
//
// The slope of Theil and Sen tells how fast; it takes as long as many tests do. The verdict needs
// no more than a line through the medians of the first and the last third (Tukey's resistant line),
// so that thousands of series of thousands of values are judged in a fraction of a second.
// docs/analysis/growth.md tells what each condition keeps out.
#include "analysis/trend_private.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <math.h>
#include <string.h>

// The test: p at most so. Five values that rise at every step have 0.0167.
#define SIGNIFICANT 0.02
// With fewer values chance alone may order them.
#define FEWEST 5
// What counts as moving: this part of the level.
#define MATTERS 0.01
// Gain by noise: of what grows, and of a leak.
#define CLEAR_OF_NOISE 2
#define BEYOND_NOISE   3
// A rate that fell below this part of the whole is slowing down.
#define SLOWING 0.5
// Median absolute deviation to the standard deviation of a normal distribution.
#define DEVIATION 1.4826
// Standard error of a median of normal values: this by σ / √n.
#define MEDIAN_ERROR 1.2533

const char *hsn_verdict_name(hsn_verdict verdict)
{
    static const char *const names[] = {
#define NAME(name, text) text,
        HSN_VERDICT_LIST(NAME)
#undef NAME
    };
    return (unsigned)verdict < HSN_VERDICT_COUNT ? names[verdict] : "unknown";
}

int hsn__trend_reserve(hsn__trend_work *work, size_t count, hsn_error *err)
{
    if (count > HSN_TREND_MAX_VALUES)
        return hsn__fail_limit(err, "values of a series", HSN_TREND_MAX_VALUES);
    if (work->capacity && count <= work->capacity)
        return HSN_OK;
    hsn__trend_clear(work);
    work->sorted = hsn__alloc_array(count, sizeof *work->sorted);
    work->shifted = hsn__alloc_array(count, sizeof *work->shifted);
    work->spare = hsn__alloc_array(count, sizeof *work->spare);
    work->order = hsn__alloc_array(count, sizeof *work->order);
    work->spare_order = hsn__alloc_array(count, sizeof *work->spare_order);
    if (!work->sorted || !work->shifted || !work->spare || !work->order || !work->spare_order) {
        hsn__trend_clear(work);
        return hsn__fail_memory(err);
    }
    work->capacity = count;
    return HSN_OK;
}

void hsn__trend_clear(hsn__trend_work *work)
{
    hsn__free(work->sorted);
    hsn__free(work->shifted);
    hsn__free(work->spare);
    hsn__free(work->order);
    hsn__free(work->spare_order);
    hsn__free(work->pairs);
    *work = (hsn__trend_work){0};
}

// Medians of the times and values first … end - 1.
typedef struct point {
    double time, value;
} point;

static point middle(hsn__trend_work *work, const hsn_trend_series *series, size_t first, size_t end)
{
    size_t count = end - first, half = count / 2;
    memcpy(work->spare, series->values + first, count * sizeof *work->spare);
    double time = hsn__trend_time(series, first + half);
    if (count % 2 == 0)
        time = time / 2 + hsn__trend_time(series, first + half - 1) / 2;
    return (point){time, hsn__median(work->spare, count)};
}

static double rate_between(point a, point b)
{
    return (b.value - a.value) / (b.time - a.time);
}

// Spread of first … end - 1 about a line of this rate, into work->spare.
static double spread(hsn__trend_work *work, const hsn_trend_series *series, size_t first,
                     size_t end, double rate)
{
    size_t count = end - first;
    double start = hsn__trend_time(series, first);
    for (size_t i = 0; i < count; i++)
        work->spare[i] =
            series->values[first + i] - rate * (hsn__trend_time(series, first + i) - start);
    double centre = hsn__median(work->spare, count);
    for (size_t i = 0; i < count; i++)
        work->spare[i] = fabs(work->spare[i] - centre);
    return DEVIATION * hsn__median(work->spare, count);
}

static void fit_thirds(hsn__trend_work *work, const hsn_trend_series *series, hsn_trend *out)
{
    size_t n = series->count, third = n / 3 + (n % 3 == 2);
    point left = middle(work, series, 0, third ? third : 1);
    point right = middle(work, series, n - (third ? third : 1), n);
    out->rate = rate_between(left, right);
    out->gain = out->rate * (hsn__trend_time(series, n - 1) - hsn__trend_time(series, 0));
    out->noise = spread(work, series, 0, n, out->rate);
    if (n > 2 * third)
        out->late = rate_between(middle(work, series, third, n - third), right);
}

// The rate within the last `part` values, from the median of the first half of them to that of the
// second. *out_levelled: it is shown, not only likely, to be less than half of the whole. The
// spread of so few values is itself uncertain, hence the wider bound for fewer.
static double end_rate(hsn__trend_work *work, const hsn_trend_series *series, size_t part,
                       double whole, bool *out_levelled)
{
    size_t n = series->count, half = part / 2;
    point before = middle(work, series, n - part, n - part + half);
    point after = middle(work, series, n - half, n);
    double rate = rate_between(before, after), count = (double)half;
    double noise = spread(work, series, n - part, n, rate);
    double error = MEDIAN_ERROR * noise * sqrt(2 / count) / (after.time - before.time);
    *out_levelled = rate + 2 * (1 + 2 / count) * error < SLOWING * whole;
    return rate;
}

// Whether the series does no longer do at its end what it does as a whole.
static bool has_levelled(hsn__trend_work *work, const hsn_trend_series *series, hsn_trend *out)
{
    size_t n = series->count;
    bool third = false, sixth = false;
    if (n < FEWEST)
        return false;
    out->recent = end_rate(work, series, n / 3 > 4 ? n / 3 : 4, out->rate, &third);
    if (n / 6 >= 4)
        end_rate(work, series, n / 6, out->rate, &sixth);
    return third || sixth;
}

static bool moves(const hsn_trend *trend, const hsn_trend_options *options, double by)
{
    return by > 0 && (by >= MATTERS * fabs(trend->level) ||
                      (options->least_gain > 0 && by >= options->least_gain));
}

// A quarter of the values may be anywhere. Half of them, as for the noise, would be too many here:
// five days of a week are alike.
static bool is_noisy(hsn__trend_work *work, const hsn_trend_series *series,
                     const hsn_trend_options *options, const hsn_trend *trend)
{
    size_t n = series->count, upper = (3 * n - 1) / 4, lower = n / 4;
    double start = hsn__trend_time(series, 0);
    if (moves(trend, options, trend->noise))
        return true;
    for (size_t i = 0; i < n; i++)
        work->spare[i] = series->values[i] - trend->rate * (hsn__trend_time(series, i) - start);
    double high = hsn__select(work->spare, n, upper);
    return moves(trend, options, high - hsn__select(work->spare, upper + 1, lower));
}

static bool rises(const hsn_trend *trend, size_t count, uint64_t untied)
{
    const hsn_kendall *test = &trend->kendall;
    if (count < FEWEST)
        return test->s > 0 && (uint64_t)test->s == untied;
    return test->s > 0 && test->p_value <= SIGNIFICANT;
}

static uint64_t untied_pairs(const double *sorted, size_t count)
{
    uint64_t pairs = (uint64_t)count * (count - 1) / 2;
    for (size_t i = 0, ties; i < count; i += ties) {
        for (ties = 1; i + ties < count && sorted[i + ties] == sorted[i]; ties++)
            continue;
        pairs -= (uint64_t)ties * (ties - 1) / 2;
    }
    return pairs;
}

void hsn__judge(hsn__trend_work *work, const hsn_trend_series *series,
                const hsn_trend_options *options, hsn_trend *out)
{
    static const hsn_trend_options defaults = {0};
    size_t n = series->count;
    options = options ? options : &defaults;
    *out = (hsn_trend){.verdict = HSN_VERDICT_STABLE, .kendall = {.p_value = 1, .is_exact = 1}};
    if (!n)
        return;
    hsn__kendall(work, series->values, n, &out->kendall);
    const double *sorted = work->sorted;
    out->level = sorted[(n - 1) / 2] / 2 + sorted[n / 2] / 2;
    if (sorted[0] == sorted[n - 1])
        return;
    bool rising = rises(out, n, n < FEWEST ? untied_pairs(sorted, n) : 0);
    if (n < FEWEST && !rising) {
        bool falls = (uint64_t)-out->kendall.s == untied_pairs(sorted, n);
        if (!falls && moves(out, options, sorted[n - 1] - sorted[0]))
            out->verdict = HSN_VERDICT_NOISY;
        return;
    }
    // Half of the values lie between the quartiles: what moves less than that is a spike.
    if (!rising && !moves(out, options, sorted[(3 * n - 1) / 4] - sorted[n / 4]))
        return;
    fit_thirds(work, series, out);
    if (!rising || out->gain < CLEAR_OF_NOISE * out->noise)
        out->verdict =
            is_noisy(work, series, options, out) ? HSN_VERDICT_NOISY : HSN_VERDICT_STABLE;
    else if (has_levelled(work, series, out) || !moves(out, options, out->gain))
        out->verdict = HSN_VERDICT_STABLE;
    else if (n < FEWEST || out->gain < BEYOND_NOISE * out->noise ||
             out->late < SLOWING * out->rate || out->recent < SLOWING * out->rate)
        out->verdict = HSN_VERDICT_GROWING;
    else
        out->verdict = HSN_VERDICT_LEAK;
}

int hsn_trend_judge(const hsn_trend_series *series, const hsn_trend_options *options,
                    hsn_trend *out, hsn_error *err)
{
    hsn__trend_work work = {0};
    int r = hsn__trend_reserve(&work, series->count, err);
    if (r >= 0)
        hsn__judge(&work, series, options, out);
    hsn__trend_clear(&work);
    return r;
}

int hsn_trend_kendall(const double *values, size_t count, hsn_kendall *out, hsn_error *err)
{
    hsn__trend_work work = {0};
    int r = hsn__trend_reserve(&work, count, err);
    if (r >= 0)
        hsn__kendall(&work, values, count, out);
    hsn__trend_clear(&work);
    return r;
}

int hsn_trend_slope(const hsn_trend_series *series, hsn_slope *out, hsn_error *err)
{
    hsn__trend_work work = {0};
    int r = hsn__trend_reserve(&work, series->count, err);
    if (r >= 0)
        r = hsn__slope(&work, series, out, err);
    hsn__trend_clear(&work);
    return r;
}
