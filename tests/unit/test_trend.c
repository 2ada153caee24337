// SPDX-License-Identifier: MIT
// Unit tests of analysis/trend*.c: twins that look at all pairs and at all orders, and figures of
// SciPy.
#include "analysis/trend_private.h"
#include "base/alloc.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 700 };

static double values[MOST], times[MOST], slopes[MOST * MOST / 2];

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static bool near(double a, double b, double scale)
{
    return fabs(a - b) <= 1e-9 * (fabs(a) + fabs(b) + scale);
}

static int64_t slow_s(const double *of, size_t count)
{
    int64_t s = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            s += (of[j] > of[i]) - (of[j] < of[i]);
    return s;
}

static double slow_variance(const double *of, size_t count)
{
    double n = (double)count, sum = n * (n - 1) * (2 * n + 5);
    for (size_t i = 0; i < count; i++) {
        double ties = 0;
        for (size_t j = 0; j < count; j++)
            ties += of[j] == of[i];
        sum -= (ties - 1) * (2 * ties + 5);
    }
    return sum / 18;
}

// All pairs, sorted. The interval is that of Sen 1968.
static hsn_slope slow_slope(const hsn_trend_series *series)
{
    size_t pairs = 0, n = series->count;
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < j; i++)
            slopes[pairs++] = (series->values[j] - series->values[i]) /
                              (hsn__trend_time(series, j) - hsn__trend_time(series, i));
    qsort(slopes, pairs, sizeof *slopes, compare_doubles);
    double reach = 1.959963984540054 * sqrt(slow_variance(series->values, n));
    double low = rint(((double)pairs - reach) / 2) - 1, high = rint(((double)pairs + reach) / 2);
    return (hsn_slope){
        .slope = slopes[(pairs - 1) / 2] / 2 + slopes[pairs / 2] / 2,
        .low = slopes[low < 0 ? 0 : (size_t)low],
        .high = slopes[high < (double)pairs ? (size_t)high : pairs - 1],
    };
}

// A series of one of several shapes, with few or many ties, evenly spaced or not.
static hsn_trend_series random_series(check_random *random, size_t count)
{
    uint32_t shape = check_random_below(random, 6), range = 1 + check_random_below(random, 1000);
    double at = 0, walk = 0, unit = check_random_below(random, 2) ? 1 : 1e9;
    bool is_even = check_random_below(random, 2);
    for (size_t i = 0; i < count; i++) {
        double noise = check_random_below(random, range);
        walk += noise - range / 2;
        at += is_even ? 1 : (1 + check_random_below(random, 10000)) / 3600.0;
        times[i] = at;
        values[i] = shape == 0   ? noise
                    : shape == 1 ? noise + (double)i * range
                    : shape == 2 ? walk
                    : shape == 3 ? check_random_below(random, 3) // ties
                    : shape == 4 ? (i % 7) * 10.0 + (double)(i / 20)
                                 : (double)(i / 3) * 48; // stairs
        values[i] *= unit;
    }
    return (hsn_trend_series){is_even ? NULL : times, values, count};
}

static void check_slope(const hsn_trend_series *series)
{
    hsn_slope fast, slow = slow_slope(series);
    hsn_error err = {0};
    double scale = 0;
    for (size_t i = 0; i < series->count; i++)
        scale = fmax(scale, fabs(series->values[i]) * 1e-3);
    if (!CHECK_OK(hsn_trend_slope(series, &fast, &err), &err))
        return;
    CHECK(near(fast.slope, slow.slope, scale) && near(fast.low, slow.low, scale) &&
          near(fast.high, slow.high, scale));
}

static void test_slope_equals_the_twin_of_all_pairs(void)
{
    check_random random = {11};
    for (int round = 0; round < 4000; round++) {
        hsn_trend_series series = random_series(&random, 2 + check_random_below(&random, 30));
        check_slope(&series);
    }
}

static void test_slope_of_long_series_equals_the_twin_of_all_pairs(void)
{
    check_random random = {12};
    for (int round = 0; round < 150; round++) {
        hsn_trend_series series =
            random_series(&random, 90 + check_random_below(&random, MOST - 90));
        check_slope(&series);
    }
}

static void test_slope_is_below_only_when_it_is(void)
{
    check_random random = {13};
    for (int round = 0; round < 1000; round++) {
        hsn_trend_series series = random_series(&random, 2 + check_random_below(&random, 60));
        hsn__trend_work work = {0};
        double slope = slow_slope(&series).slope;
        CHECK_OK(hsn__trend_reserve(&work, series.count, NULL), NULL);
        CHECK(!hsn__slope_is_below(&work, &series, slope));
        CHECK(!hsn__slope_is_below(&work, &series, slope - 1));
        CHECK(hsn__slope_is_below(&work, &series,
                                  slopes[series.count * (series.count - 1) / 4] + 1 +
                                      fabs(slope) * 1e-6));
        hsn__trend_clear(&work);
    }
}

static void test_kendall_equals_the_twin_of_all_pairs(void)
{
    check_random random = {14};
    for (int round = 0; round < 2000; round++) {
        hsn_trend_series series = random_series(&random, 1 + check_random_below(&random, 200));
        hsn_kendall kendall;
        hsn_error err = {0};
        if (!CHECK_OK(hsn_trend_kendall(values, series.count, &kendall, &err), &err))
            return;
        CHECK_EQ(kendall.s, slow_s(values, series.count));
        CHECK(near(kendall.variance, slow_variance(values, series.count), 1));
        CHECK(kendall.p_value >= 0 && kendall.p_value <= 1);
        CHECK_EQ(kendall.is_exact, series.count <= 20);
    }
}

// Every order of the values, by counting through all assignments of places.
static double slow_p(const double *of, size_t count)
{
    double order[8];
    size_t place[8], all = 0, as_large = 0;
    int64_t s = slow_s(of, count), limit = 1;
    for (size_t i = 0; i < count; i++)
        limit *= (int64_t)count;
    for (int64_t code = 0; code < limit; code++) {
        int64_t rest = code;
        unsigned used = 0;
        for (size_t i = 0; i < count; i++, rest /= (int64_t)count) {
            place[i] = (size_t)(rest % (int64_t)count);
            used |= 1u << place[i];
            order[i] = of[place[i]];
        }
        if (used != (1u << count) - 1)
            continue;
        all++;
        as_large += llabs(slow_s(order, count)) >= llabs(s);
    }
    return (double)as_large / (double)all;
}

static void test_kendall_of_few_values_counts_all_orders(void)
{
    check_random random = {15};
    for (int round = 0; round < 60; round++) {
        size_t count = 2 + check_random_below(&random, 5);
        uint32_t range = 1 + check_random_below(&random, 8);
        hsn_kendall kendall;
        for (size_t i = 0; i < count; i++)
            values[i] = check_random_below(&random, range);
        CHECK_OK(hsn_trend_kendall(values, count, &kendall, NULL), NULL);
        CHECK(near(kendall.p_value, slow_p(values, count), 0));
    }
}

static void test_trend_of_no_and_one_value_is_stable(void)
{
    double one = 5;
    hsn_trend trend;
    hsn_slope slope;
    for (size_t count = 0; count < 2; count++) {
        hsn_trend_series series = {NULL, &one, count};
        CHECK_OK(hsn_trend_judge(&series, NULL, &trend, NULL), NULL);
        CHECK_OK(hsn_trend_slope(&series, &slope, NULL), NULL);
        CHECK_EQ(trend.verdict, HSN_VERDICT_STABLE);
        CHECK(trend.kendall.p_value == 1 && slope.slope == 0);
    }
}

static void test_trend_too_long_is_refused(void)
{
    hsn_trend trend;
    hsn_trend_series series = {NULL, values, HSN_TREND_MAX_VALUES + 1};
    CHECK_STATUS(hsn_trend_judge(&series, NULL, &trend, NULL), HSN_ELIMIT);
}

CHECK_MAIN(CHECK_CASE(test_slope_equals_the_twin_of_all_pairs),
           CHECK_CASE(test_slope_of_long_series_equals_the_twin_of_all_pairs),
           CHECK_CASE(test_slope_is_below_only_when_it_is),
           CHECK_CASE(test_kendall_equals_the_twin_of_all_pairs),
           CHECK_CASE(test_kendall_of_few_values_counts_all_orders),
           CHECK_CASE(test_trend_of_no_and_one_value_is_stable),
           CHECK_CASE(test_trend_too_long_is_refused))
