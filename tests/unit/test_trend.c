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

static double values[MOST], times[MOST], left[MOST], slopes[MOST * MOST / 2];

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
    double slope = slopes[(pairs - 1) / 2] / 2 + slopes[pairs / 2] / 2;
    for (size_t i = 0; i < n; i++)
        left[i] =
            series->values[i] - slope * (hsn__trend_time(series, i) - hsn__trend_time(series, 0));
    qsort(left, n, sizeof *left, compare_doubles);
    return (hsn_slope){
        .start = left[(n - 1) / 2] / 2 + left[n / 2] / 2,
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
          near(fast.high, slow.high, scale) && near(fast.start, slow.start, scale + 1));
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

static void test_slope_of_the_largest_numbers_is_finite(void)
{
    for (size_t n = 4; n <= 200; n += 196) {
        hsn_slope slope;
        hsn_trend trend;
        hsn_trend_series series = {NULL, values, n};
        for (size_t i = 0; i < n; i++)
            values[i] = i % 2 ? (double)UINT64_MAX : 0;
        CHECK_OK(hsn_trend_slope(&series, &slope, NULL), NULL);
        CHECK_OK(hsn_trend_judge(&series, NULL, &trend, NULL), NULL);
        CHECK(isfinite(slope.slope) && isfinite(slope.low) && isfinite(slope.high));
        CHECK(isfinite(slope.start) && isfinite(trend.gain) && isfinite(trend.noise));
        CHECK_EQ(trend.verdict, HSN_VERDICT_NOISY);
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

// Numbers of other programs, for series that anyone can make again: with s → 1103515245 s + 12345
// modulo 2^32, begun at n, and u its upper 16 bits, values are u % modulus + drift × i, then times
// are running sums of (1 + u % 100) / 4. theilslopes(values), theilslopes(values, times) and
// kendalltau(range(n), values, method="exact").pvalue of SciPy 1.17.1 (NAN: it has none for ties or
// was not asked), original_test(values) of pymannkendall 1.4.3.
typedef struct figures {
    size_t count;
    uint32_t modulus, drift;
    double steps[3], timed[3]; // slope, low, high
    int64_t s;
    double variance, normal_p, exact_p;
} figures;

static const figures scipy[] = {
    {7,
     50,
     9,
     {13, 8.75, 16},
     {1.4193548387096775, 0.65420560747663548, 2},
     19,
     44.333333333333336,
     0.0068637949854490898,
     0.0027777777777777779},
    {12,
     1000,
     0,
     {-7.1500000000000004, -47.600000000000001, 69.555555555555557},
     {-0.53388278388278387, -3.6056338028169015, 5.2058212058212057},
     -6,
     212.66666666666666,
     0.73170172322421023,
     0.73730552465795518},
    {15,
     4,
     0,
     {-0.1111111111111111, -0.22222222222222221, 0},
     {-0.0071813285457809697, -0.016194331983805668, 0},
     -33,
     366.33333333333331,
     0.094542933016745545,
     NAN},
    {30,
     100,
     1,
     {1.173913043478261, -0.34999999999999998, 2.75},
     {0.087847730600292828, -0.025225225225225224, 0.20253164556962025},
     85,
     3139.6666666666665,
     0.13384150410368845,
     NAN},
    {50,
     5,
     0,
     {0, -0.020833333333333332, 0},
     {0, -0.0018273184102329831, 0},
     -37,
     13431.666666666666,
     0.75608509846431415,
     NAN},
    {120,
     1000,
     3,
     {2.1945759009828905, 0.61111111111111116, 3.6749999999999998},
     {0.17558402797635703, 0.048702338993912207, 0.29595015576323985},
     1176,
     194358.66666666666,
     0.0076933973768995578,
     NAN},
    {400,
     50,
     0,
     {0, -0.016129032258064516, 0.0080000000000000002},
     {0, -0.0013162224415926291, 0.0006583278472679394},
     -1532,
     7132712,
     0.5664720539782353,
     NAN},
    {700,
     100000,
     40,
     {34.878532668881505, 27.544444444444444, 41.905956112852664},
     {2.7110625255006302, 2.1374902165405687, 3.2609162717219591},
     52689,
     38192578.333333336,
     0,
     NAN},
};

static uint32_t next_number(uint32_t *state)
{
    *state = *state * 1103515245u + 12345u;
    return *state >> 16;
}

static void check_interval(const hsn_trend_series *series, const double *expected)
{
    hsn_slope slope;
    CHECK_OK(hsn_trend_slope(series, &slope, NULL), NULL);
    CHECK(near(slope.slope, expected[0], 0) && near(slope.low, expected[1], 0) &&
          near(slope.high, expected[2], 0));
}

static void test_trend_equals_scipy_and_pymannkendall(void)
{
    for (size_t f = 0; f < sizeof scipy / sizeof *scipy; f++) {
        const figures *of = &scipy[f];
        uint32_t state = (uint32_t)of->count;
        double at = 0;
        hsn_kendall kendall;
        for (size_t i = 0; i < of->count; i++)
            values[i] = next_number(&state) % of->modulus + of->drift * (double)i;
        for (size_t i = 0; i < of->count; i++)
            times[i] = (at += 1 + next_number(&state) % 100) / 4;
        check_interval(&(hsn_trend_series){NULL, values, of->count}, of->steps);
        check_interval(&(hsn_trend_series){times, values, of->count}, of->timed);
        CHECK_OK(hsn_trend_kendall(values, of->count, &kendall, NULL), NULL);
        CHECK_EQ(kendall.s, of->s);
        CHECK(near(kendall.variance, of->variance, 0));
        if (!kendall.is_exact)
            CHECK(fabs(kendall.p_value - of->normal_p) < 1e-12);
        else if (!isnan(of->exact_p))
            CHECK(near(kendall.p_value, of->exact_p, 0));
    }
}

static hsn_verdict verdict_of(size_t count)
{
    hsn_trend trend = {0};
    hsn_trend_series series = {NULL, values, count};
    CHECK_OK(hsn_trend_judge(&series, NULL, &trend, NULL), NULL);
    return trend.verdict;
}

static double noise(check_random *random, double part)
{
    return part * ((double)check_random_below(random, 2001) / 1000 - 1);
}

// What a history does, by its name in the tests below. `i` of n nights, a million bytes.
static double night(const char *story, size_t i, size_t n, check_random *random)
{
    double at = (double)i, whole = (double)n, level = 1e6 * (1 + noise(random, 0.005));
    if (!strcmp(story, "leak"))
        return level + at * 20000;
    if (!strcmp(story, "creep")) // 3 % a week
        return level + 1e6 * 0.03 / 7 * at;
    if (!strcmp(story, "spike"))
        return i == n / 2 ? 3 * level : level;
    if (!strcmp(story, "wave"))
        return level * (1 + 0.2 * sin(at * 6.283185307 / 7));
    if (!strcmp(story, "week"))
        return i % 7 < 5 ? level * 1.3 : level;
    if (!strcmp(story, "cache"))
        return level * fmin(1, 0.1 + at / whole / 0.4);
    if (!strcmp(story, "step"))
        return i < n / 2 ? level : level * 1.3;
    if (!strcmp(story, "noise"))
        return 1e6 * (1 + noise(random, 0.3));
    return level; // "flat"
}

static void check_story(const char *story, size_t n, hsn_verdict expected)
{
    check_random random = {n};
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < n; i++)
            values[i] = floor(night(story, i, n, &random));
        CHECK_STR(hsn_verdict_name(verdict_of(n)), hsn_verdict_name(expected));
    }
}

static void test_verdict_names_leaks(void)
{
    check_story("leak", 5, HSN_VERDICT_LEAK);
    check_story("leak", 12, HSN_VERDICT_LEAK);
    check_story("leak", 365, HSN_VERDICT_LEAK);
    check_story("creep", 60, HSN_VERDICT_LEAK);
    check_story("creep", 365, HSN_VERDICT_LEAK);
}

static void test_verdict_does_not_cry_wolf(void)
{
    for (size_t n = 28; n <= 364; n *= 13) {
        check_story("flat", n, HSN_VERDICT_STABLE);
        check_story("spike", n, HSN_VERDICT_STABLE);
        check_story("cache", n, HSN_VERDICT_STABLE);
        check_story("step", n, HSN_VERDICT_STABLE);
        check_story("wave", n, HSN_VERDICT_NOISY);
        check_story("week", n, HSN_VERDICT_NOISY);
    }
    check_story("noise", 364, HSN_VERDICT_NOISY);
}

// Chance alone: the rate of false alarms, not their absence, is what a test can promise.
static void test_verdict_of_noise_is_rarely_a_leak(void)
{
    check_random random = {21};
    for (size_t n = 5; n <= 40; n += 5) {
        size_t leaks = 0, growing = 0;
        for (int round = 0; round < 4000; round++) {
            for (size_t i = 0; i < n; i++)
                values[i] = night("noise", i, n, &random);
            hsn_verdict verdict = verdict_of(n);
            leaks += verdict == HSN_VERDICT_LEAK;
            growing += verdict == HSN_VERDICT_GROWING;
        }
        CHECK(leaks < 4000 / 80 && growing < 4000 / 80);
    }
}

static void test_verdict_of_few_values_is_not_leak(void)
{
    static const struct {
        double values[4];
        size_t count;
        hsn_verdict verdict;
    } cases[] = {
        {{100, 200}, 2, HSN_VERDICT_GROWING},
        {{200, 100}, 2, HSN_VERDICT_STABLE},
        {{100, 100}, 2, HSN_VERDICT_STABLE},
        {{100, 200, 300}, 3, HSN_VERDICT_GROWING},
        {{100, 300, 200}, 3, HSN_VERDICT_NOISY},
        {{100000, 100300, 100200}, 3, HSN_VERDICT_STABLE},
        {{100, 200, 300, 400}, 4, HSN_VERDICT_GROWING},
        {{100, 100, 100, 200}, 4, HSN_VERDICT_GROWING},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memcpy(values, cases[i].values, sizeof cases[i].values);
        CHECK_STR(hsn_verdict_name(verdict_of(cases[i].count)), hsn_verdict_name(cases[i].verdict));
    }
}

static void test_small_gain_matters_when_it_is_large_in_bytes(void)
{
    hsn_trend trend;
    hsn_trend_series series = {NULL, values, 8};
    for (size_t i = 0; i < 8; i++)
        values[i] = 4e9 + (double)i * 1e6;
    CHECK_OK(hsn_trend_judge(&series, NULL, &trend, NULL), NULL);
    CHECK_EQ(trend.verdict, HSN_VERDICT_STABLE);
    CHECK_OK(hsn_trend_judge(&series, &(hsn_trend_options){.least_gain = 1e6}, &trend, NULL), NULL);
    CHECK_EQ(trend.verdict, HSN_VERDICT_LEAK);
}

static void test_warmup_is_the_steep_start_only(void)
{
    hsn_trend_series series = {NULL, values, 24};
    for (size_t i = 0; i < 24; i++)
        values[i] = 1e6 + (double)i * 1000;
    CHECK_EQ(hsn_trend_warmup(&series), 0);
    for (size_t i = 0; i < 24; i++)
        values[i] = i < 5 ? 1e5 * (double)(2 * i) : 1e6 + (double)i * 1000;
    CHECK_EQ(hsn_trend_warmup(&series), 5);
    for (size_t i = 0; i < 24; i++)
        values[i] = i < 5 ? 1e6 + 1e5 * (double)(10 - 2 * i) : 1e6 + (double)i * 1000; // a fall
    CHECK_EQ(hsn_trend_warmup(&series), 0);
    series.count = 7;
    CHECK_EQ(hsn_trend_warmup(&series), 0);
}

static void test_trend_survives_every_failing_allocation(void)
{
    int r = HSN_ENOMEM;
    hsn_slope slope;
    hsn_trend_series series = {NULL, values, 200};
    for (size_t i = 0; i < 200; i++)
        values[i] = (double)(i * i % 17);
    for (uint64_t nth = 1; r != HSN_OK && nth < 100; nth++) {
        hsn__alloc_fail_at(nth, nth % 2);
        r = hsn_trend_slope(&series, &slope, NULL);
        hsn__alloc_fail_at(0, false);
        if (r != HSN_OK)
            CHECK_STATUS(r, HSN_ENOMEM);
    }
    CHECK_STATUS(r, HSN_OK);
}

CHECK_MAIN(CHECK_CASE(test_slope_equals_the_twin_of_all_pairs),
           CHECK_CASE(test_slope_of_long_series_equals_the_twin_of_all_pairs),
           CHECK_CASE(test_slope_of_the_largest_numbers_is_finite),
           CHECK_CASE(test_slope_is_below_only_when_it_is),
           CHECK_CASE(test_kendall_equals_the_twin_of_all_pairs),
           CHECK_CASE(test_kendall_of_few_values_counts_all_orders),
           CHECK_CASE(test_trend_of_no_and_one_value_is_stable),
           CHECK_CASE(test_trend_too_long_is_refused),
           CHECK_CASE(test_trend_equals_scipy_and_pymannkendall),
           CHECK_CASE(test_verdict_names_leaks), CHECK_CASE(test_verdict_does_not_cry_wolf),
           CHECK_CASE(test_verdict_of_noise_is_rarely_a_leak),
           CHECK_CASE(test_verdict_of_few_values_is_not_leak),
           CHECK_CASE(test_small_gain_matters_when_it_is_large_in_bytes),
           CHECK_CASE(test_warmup_is_the_steep_start_only),
           CHECK_CASE(test_trend_survives_every_failing_allocation))
