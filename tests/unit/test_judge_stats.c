// SPDX-License-Identifier: MIT
// Unit tests of report/judge_stats.c: twins that sort everything, and nights with the truth known.
#include "check.h"
#include "report/judge_stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NIGHTS = 120, WINDOW = 28, BEGAN = 60, SEEDS = 100 };

static double uniform(check_random *random)
{
    return (double)(check_random_next(random) >> 11) / 9007199254740992.0;
}

// Close enough to a normal deviate: twelve uniform ones.
static double normal(check_random *random)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += uniform(random);
    return sum;
}

static double twin_median(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t less = 0, equal = 0;
        for (size_t j = 0; j < count; j++) {
            less += values[j] < values[i];
            equal += values[j] == values[i];
        }
        if (less <= (count - 1) / 2 && (count - 1) / 2 < less + equal) {
            double next = INFINITY;
            for (size_t j = 0; j < count; j++)
                if (values[j] > values[i])
                    next = fmin(next, values[j]);
            bool alone = count % 2 || count / 2 < less + equal;
            return alone ? values[i] : (values[i] + next) / 2;
        }
    }
    return NAN;
}

static void test_median_is_that_of_counting(void)
{
    check_random random = {7};
    for (int round = 0; round < 500; round++) {
        double values[40];
        size_t count = 1 + check_random_below(&random, 40);
        for (size_t i = 0; i < count; i++)
            values[i] = check_random_below(&random, 12);
        CHECK(hsn__night_median(values, count) == twin_median(values, count));
    }
    CHECK(isnan(hsn__night_median(NULL, 0)));
}

static void test_margin_follows_the_noise_and_not_a_spike_or_a_step(void)
{
    check_random random = {3};
    double quiet[NIGHTS], odd[NIGHTS];
    for (size_t i = 0; i < NIGHTS; i++) {
        quiet[i] = 1000 + 10 * normal(&random);
        odd[i] = quiet[i] + (i == NIGHTS - 9 ? 500 : 0) + (i > NIGHTS - 15 ? 200 : 0);
    }
    double margin = hsn__night_margin(quiet, NIGHTS, 7, WINDOW);
    CHECK(margin > 25 && margin < 120);
    double with_odd = hsn__night_margin(odd, NIGHTS, 7, WINDOW);
    CHECK(with_odd < 2.5 * margin);
    CHECK(hsn__night_margin(quiet, 7, 7, WINDOW) == 0);
    CHECK(hsn__night_margin(quiet, 9, 7, WINDOW) > 0);
}

static void test_week_margin_sees_through_a_weekly_wave(void)
{
    double values[NIGHTS], level = 0, margin = 0;
    for (size_t i = 0; i < NIGHTS; i++)
        values[i] = 1000 + (i % 7 == 2 ? 300 : 0);
    CHECK(hsn__week_margin(values, NIGHTS, WINDOW, &level, &margin));
    CHECK(level == values[NIGHTS - 7] && margin == 0);
    CHECK(!hsn__week_margin(values, 20, WINDOW, &level, &margin));
}

typedef double shape(double day);

static double flat(double day)
{
    (void)day;
    return 1;
}
static double three_percent_a_week(double day)
{
    return day < BEGAN ? 1 : pow(1.03, (day - BEGAN) / 7);
}
static double step(double day)
{
    return day < BEGAN ? 1 : 1.2;
}
static double spike(double day)
{
    return day == BEGAN ? 2 : 1;
}
static double weekly(double day)
{
    return 1 + 0.08 * sin(day * 2 * M_PI / 7);
}
static double yearly(double day)
{
    return 1 + 0.1 * sin(day * 2 * M_PI / 365);
}

// The first night from BEGAN on at which it creeps, and how often it does before.
static size_t find_creep(shape *of, double noise, uint64_t seed, size_t *out_before)
{
    check_random random = {seed};
    double values[NIGHTS];
    size_t found = SIZE_MAX;
    *out_before = 0;
    for (size_t i = 0; i < NIGHTS; i++) {
        hsn__creep creep;
        values[i] = 1e6 * of((double)i) * (1 + noise * normal(&random));
        if (i < WINDOW)
            continue;
        double level = hsn__night_median(values + i + 1 - WINDOW, WINDOW / 4);
        CHECK_OK(hsn__creep_find(values, i + 1, WINDOW, 0.08 * level, &creep, NULL), NULL);
        if (creep.creeps && i < BEGAN)
            ++*out_before;
        else if (creep.creeps && found == SIZE_MAX)
            found = i - BEGAN;
    }
    return found;
}

static void test_creep_of_three_percent_a_week_is_found_before_a_month_is_over(void)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        size_t before, found = find_creep(three_percent_a_week, 0.01, seed, &before);
        CHECK_EQ(before, 0);
        CHECK(found < 30);
    }
}

static void test_creep_is_neither_step_nor_spike_nor_wave_nor_noise(void)
{
    size_t alarms = 0;
    static shape *const shapes[] = {flat, step, spike, weekly, yearly};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            size_t before, found = find_creep(shapes[i], 0.02, seed, &before);
            alarms += before > 0 || found != SIZE_MAX;
        }
    // Of 500 series of 92 nights each; a wave of a year is the hardest.
    CHECK(alarms <= 1);
}

// ---- a short rise -----------------------------------------------------------------------------

// Nights with noise and a rise of `step` a night over the last `rising`.
static bool short_rise(double noise, double wave, double step, size_t rising, uint64_t seed)
{
    enum { KNOWN = 90 };
    check_random random = {seed};
    double values[KNOWN];
    for (size_t i = 0; i < KNOWN; i++) {
        double above = i + rising < KNOWN ? 0 : (double)(i + rising + 1 - KNOWN);
        values[i] =
            100 + noise * normal(&random) + wave * sin((double)i * 2 * M_PI / 7) + step * above;
    }
    return hsn__rise_stands_out(values, KNOWN, 3, 1);
}

static void test_rise_of_three_nights_stands_out_of_the_rows_own_noise(void)
{
    size_t quiet = 0, noisy = 0, in_wave = 0, chance = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        quiet += short_rise(0.05, 0, 1, 3, seed);
        noisy += short_rise(1, 0, 1, 3, seed);
        in_wave += short_rise(0.05, 4, 1, 3, seed);
        chance += short_rise(2, 0, 0, 3, seed) + short_rise(0.05, 4, 0, 3, seed);
    }
    CHECK_EQ(quiet, SEEDS);
    CHECK_EQ(in_wave, SEEDS);
    CHECK_EQ(noisy, 0);
    CHECK_EQ(chance, 0);
}

static void test_rise_is_neither_a_step_nor_what_was_there_before(void)
{
    enum { KNOWN = 90 };
    double values[KNOWN];
    for (size_t i = 0; i < KNOWN; i++)
        values[i] = i < KNOWN - 3 ? 100 : 110 + (double)i * 0.01;
    CHECK(!hsn__rise_stands_out(values, KNOWN, 3, 1)); // one jump
    for (size_t i = 0; i < KNOWN; i++)
        values[i] = i < KNOWN - 4 ? 100 : 90 + (double)(i + 4 - KNOWN) * 3;
    CHECK(!hsn__rise_stands_out(values, KNOWN, 3, 1)); // a restart: back to where it was
    for (size_t i = 0; i < KNOWN; i++)
        values[i] = i < KNOWN - 3 ? 0 : (double)(i + 4 - KNOWN);
    CHECK(hsn__rise_stands_out(values, KNOWN, 3, 1)); // a new row that rises
    CHECK(hsn__rise_stands_out(values + KNOWN - 32, 32, 3, 1));
    CHECK(!hsn__rise_stands_out(values + KNOWN - 31, 31, 3, 1)); // too few nights
    CHECK(!hsn__rise_stands_out(values, KNOWN, 3, 3.5));         // too little
}

CHECK_MAIN(CHECK_CASE(test_median_is_that_of_counting),
           CHECK_CASE(test_margin_follows_the_noise_and_not_a_spike_or_a_step),
           CHECK_CASE(test_week_margin_sees_through_a_weekly_wave),
           CHECK_CASE(test_rise_of_three_nights_stands_out_of_the_rows_own_noise),
           CHECK_CASE(test_rise_is_neither_a_step_nor_what_was_there_before),
           CHECK_CASE(test_creep_of_three_percent_a_week_is_found_before_a_month_is_over),
           CHECK_CASE(test_creep_is_neither_step_nor_spike_nor_wave_nor_noise))
