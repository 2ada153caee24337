// SPDX-License-Identifier: MIT
// The Theil–Sen slope without looking at all pairs.
//
// A pair i < j has a slope less than k exactly when value - k × time falls from i to j, so sorting
// the values less k × time counts such pairs as inversions. A sample of pairs gives two slopes
// between which the median and both ends of its confidence interval lie almost surely; counting
// says whether they do; the pairs between them, of the order of n^1.5, are listed while sorting
// once more, and selection among those is exact. Where ties or bad luck leave too many between,
// each rank is narrowed on its own. Matoušek 1991; Dillencourt, Mount and Netanyahu, "A randomized
// algorithm for slope selection", 1992. The sample is the same for the same series.
#include "analysis/trend_private.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <assert.h>
#include <math.h>

// Up to so many values all pairs are listed; beyond, at most so many pairs for each value.
#define SMALL           96
#define PAIRS_PER_VALUE 128
// 97.5 % of the normal distribution: an interval of 95 %.
#define Z 1.959963984540054

typedef struct selection {
    hsn__trend_work *work;
    const hsn_trend_series *series;
    uint64_t pairs;
    uint64_t most;      // pairs to list at once
    double value_span;  // largest distance from the first value
    double time_span;   // from the first time to the last
    double least_step;  // between two times
    uint64_t generator; // xorshift64*
} selection;

// Slopes from `low` to `high`: those less than low are below_low in number, less than high
// below_high.
typedef struct bracket {
    double low, high;
    uint64_t below_low, below_high;
    bool found; // every wanted slope is `low`
} bracket;

static double slope_of(const hsn_trend_series *series, size_t i, size_t j)
{
    double rise = series->values[j] - series->values[i];
    return rise / (hsn__trend_time(series, j) - hsn__trend_time(series, i));
}

static void measure(selection *of)
{
    const hsn_trend_series *series = of->series;
    of->least_step = INFINITY;
    for (size_t i = 1; i < series->count; i++) {
        double step = hsn__trend_time(series, i) - hsn__trend_time(series, i - 1);
        assert(step > 0);
        of->least_step = fmin(of->least_step, step);
        of->value_span = fmax(of->value_span, fabs(series->values[i] - series->values[0]));
    }
    of->time_span = hsn__trend_time(series, series->count - 1) - hsn__trend_time(series, 0);
}

// Slopes nearer to each other than this may be counted in the wrong order.
static double rounding(const selection *of, double slope)
{
    return 0x1p-50 * (of->value_span + fabs(slope) * of->time_span) / of->least_step;
}

static void shift(const selection *of, double slope)
{
    const hsn_trend_series *series = of->series;
    double start = hsn__trend_time(series, 0);
    for (size_t i = 0; i < series->count; i++)
        of->work->shifted[i] =
            (series->values[i] - series->values[0]) - slope * (hsn__trend_time(series, i) - start);
}

static uint64_t count_below(const selection *of, double slope)
{
    shift(of, slope);
    return hsn__sort_count(of->work->shifted, of->series->count, of->work->spare);
}

static uint64_t random_below(selection *of, uint64_t below)
{
    of->generator ^= of->generator >> 12;
    of->generator ^= of->generator << 25;
    of->generator ^= of->generator >> 27;
    return ((of->generator * UINT64_C(2685821657736338717)) >> 32) * below >> 32;
}

// Slopes of random pairs inside the bracket, into work->pairs; returns how many.
static size_t sample(selection *of, const bracket *in, size_t wanted)
{
    size_t count = 0;
    for (size_t tries = 0; count < wanted && tries < 64 * wanted; tries++) {
        size_t i = random_below(of, of->series->count);
        size_t j = random_below(of, of->series->count - 1);
        j += j >= i;
        double slope = slope_of(of->series, i < j ? i : j, i < j ? j : i);
        if (slope > in->low && slope < in->high)
            of->work->pairs[count++] = slope;
    }
    return count;
}

// Count around `pivot` and keep the side on which the ranks first … last are.
static void narrow(selection *of, bracket *in, double pivot, uint64_t first, uint64_t last)
{
    double margin = rounding(of, pivot);
    if (in->found || pivot <= in->low || pivot >= in->high)
        return;
    uint64_t below = count_below(of, pivot - margin), upto = count_below(of, pivot + margin);
    if (last < below) {
        in->high = pivot - margin;
        in->below_high = below;
    } else if (first >= upto) {
        in->low = pivot + margin;
        in->below_low = upto;
    } else if (below <= first && last < upto) {
        in->low = pivot;
        in->found = true;
    }
}

// Where a rank stands in a sample of the bracket; `offset` is added to it.
static double sampled(selection *of, const bracket *in, size_t count, uint64_t rank, double offset)
{
    double share = (double)(rank - in->below_low) / (double)(in->below_high - in->below_low);
    double place = fmin(fmax(share * (double)count + offset, 0), (double)count - 1);
    return hsn__select(of->work->pairs, count, (size_t)place);
}

// One round of sampling and counting. False when it can get no narrower.
static bool narrow_by_sample(selection *of, bracket *in, uint64_t first, uint64_t last)
{
    uint64_t before = in->below_high - in->below_low;
    size_t wanted = of->series->count * 4 < 16384 ? of->series->count * 4 : 16384;
    size_t count = sample(of, in, wanted);
    if (!count)
        return false;
    double offset = 1.5 * sqrt((double)count);
    double low = sampled(of, in, count, first, -offset);
    double high = sampled(of, in, count, last, offset);
    narrow(of, in, low, first, last);
    narrow(of, in, high, first, last);
    return in->found || in->below_high - in->below_low < before;
}

// Merge two runs of indexes by shifted value; each inversion is a pair of the bracket.
static size_t merge_listing(const selection *of, const uint32_t *left, size_t left_count,
                            const uint32_t *right, size_t right_count, uint32_t *out, size_t listed)
{
    const double *shifted = of->work->shifted;
    size_t i = 0, j = 0;
    while (i < left_count && j < right_count) {
        if (shifted[right[j]] < shifted[left[i]]) {
            for (size_t k = i; k < left_count && listed < of->most; k++) {
                uint32_t a = left[k], b = right[j];
                of->work->pairs[listed++] = slope_of(of->series, a < b ? a : b, a < b ? b : a);
            }
            out[i + j] = right[j];
            j++;
        } else {
            out[i + j] = left[i];
            i++;
        }
    }
    for (; i < left_count; i++)
        out[i + j] = left[i];
    for (; j < right_count; j++)
        out[i + j] = right[j];
    return listed;
}

// Sort work->order by shifted value. With `listing`, inversions go to work->pairs; their number.
static size_t sort_order(const selection *of, bool listing)
{
    size_t count = of->series->count, listed = listing ? 0 : of->most;
    uint32_t *from = of->work->order, *to = of->work->spare_order;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t at = 0; at < count; at += 2 * width) {
            size_t left = count - at < width ? count - at : width;
            size_t right = count - at - left < width ? count - at - left : width;
            listed = merge_listing(of, from + at, left, from + at + left, right, to + at, listed);
        }
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    of->work->order = from;
    of->work->spare_order = to;
    return listed;
}

// The slopes inside the bracket, into work->pairs. In order of what is left at its lower end a pair
// of the bracket stands as it does in time; on the way to the upper end its order changes.
static size_t list_bracket(const selection *of, const bracket *in)
{
    for (size_t i = 0; i < of->series->count; i++)
        of->work->order[i] = (uint32_t)i;
    shift(of, in->low);
    sort_order(of, false);
    shift(of, in->high);
    return sort_order(of, true);
}

static size_t list_all(const selection *of)
{
    size_t listed = 0;
    for (size_t i = 0; i < of->series->count; i++)
        for (size_t j = i + 1; j < of->series->count; j++)
            of->work->pairs[listed++] = slope_of(of->series, i, j);
    return listed;
}

// Among the listed slopes of the bracket, of which the first `*done` are in place: what stands
// there is not larger than what follows.
static double pick(const selection *of, const bracket *in, size_t listed, uint64_t rank,
                   size_t *done)
{
    size_t place = (size_t)(rank - in->below_low);
    if (in->found || !listed)
        return in->low;
    place = place < listed ? place : listed - 1;
    double found = hsn__select(of->work->pairs + *done, listed - *done, place - *done);
    *done = place;
    return found;
}

// One slope, when ties or chance leave too many pairs between the ends for all of them.
static double find_rank(selection *of, bracket in, uint64_t rank)
{
    while (!in.found && in.below_high - in.below_low > of->most)
        if (!narrow_by_sample(of, &in, rank, rank)) {
            // All that is left are slopes that differ by rounding.
            in.low = in.low / 2 + in.high / 2;
            in.found = true;
        }
    size_t done = 0;
    return pick(of, &in, in.found ? 0 : list_bracket(of, &in), rank, &done);
}

// The slopes at ascending ranks.
static void find_ranks(selection *of, const uint64_t *ranks, size_t count, double *out)
{
    double beyond = 1 + 4 * of->value_span / of->least_step;
    bracket in = {.low = -beyond, .high = beyond, .below_high = of->pairs};
    bool small = of->pairs <= of->most;
    size_t listed = small ? list_all(of) : 0, done = 0;
    if (!small)
        narrow_by_sample(of, &in, ranks[0], ranks[count - 1]);
    bool few = small || in.found || in.below_high - in.below_low <= of->most;
    if (few && !small && !in.found)
        listed = list_bracket(of, &in);
    for (size_t i = 0; i < count; i++)
        out[i] = few ? pick(of, &in, listed, ranks[i], &done) : find_rank(of, in, ranks[i]);
}

static int begin(selection *of, hsn__trend_work *work, const hsn_trend_series *series,
                 hsn_error *err)
{
    size_t n = series->count;
    *of = (selection){.work = work,
                      .series = series,
                      .pairs = (uint64_t)n * (n - 1) / 2,
                      .most = n <= SMALL ? SMALL * SMALL / 2 : (uint64_t)n * PAIRS_PER_VALUE,
                      .generator = UINT64_C(0x9e3779b97f4a7c15)};
    if (!hsn__array_grow(&work->pairs, &work->pair_capacity, (size_t)of->most, sizeof *work->pairs,
                         SIZE_MAX))
        return hsn__fail_memory(err);
    measure(of);
    return HSN_OK;
}

int hsn__slope(hsn__trend_work *work, const hsn_trend_series *series, hsn_slope *out,
               hsn_error *err)
{
    selection of;
    hsn_kendall kendall;
    double found[4];
    *out = (hsn_slope){0};
    if (series->count)
        out->start = series->values[0];
    if (series->count < 2)
        return HSN_OK;
    int r = begin(&of, work, series, err);
    if (r < 0)
        return r;
    hsn__kendall(work, series->values, series->count, &kendall);
    if (kendall.variance == 0)
        return HSN_OK;
    // Sen's interval, its ends rounded as scipy.stats.theilslopes() does.
    double pairs = (double)of.pairs, reach = Z * sqrt(kendall.variance);
    double first = fmax(nearbyint((pairs - reach) / 2) - 1, 0);
    double last = fmin(nearbyint((pairs + reach) / 2), pairs - 1);
    uint64_t ranks[4] = {(uint64_t)first, (of.pairs - 1) / 2, of.pairs / 2, (uint64_t)last};
    find_ranks(&of, ranks, 4, found);
    *out = (hsn_slope){.slope = found[1] / 2 + found[2] / 2, .low = found[0], .high = found[3]};
    shift(&of, out->slope);
    out->start = series->values[0] + hsn__median(work->shifted, series->count);
    return HSN_OK;
}

bool hsn__slope_is_below(hsn__trend_work *work, const hsn_trend_series *series, double threshold)
{
    selection of = {.work = work, .series = series};
    uint64_t pairs = (uint64_t)series->count * (series->count - 1) / 2;
    if (series->count < 2)
        return false;
    measure(&of);
    return count_below(&of, threshold - rounding(&of, threshold)) > pairs / 2;
}
