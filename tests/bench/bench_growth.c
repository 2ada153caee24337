// SPDX-License-Identifier: MIT
// What random histories are called, and how long the statistics of growth take beside all pairs.
//
//     bench_growth [histories of a kind and length; default 400]
#include "analysis/trend_private.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MOST = 2000 };
#define TURN 6.283185307179586

static uint64_t state = 88172645463325252u;

static double uniform(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return ((double)(state >> 11) + 0.5) / 0x1p53;
}

static double normal(void)
{
    return sqrt(-2 * log(uniform())) * cos(TURN * uniform());
}

// One random history: what its value is at night i of n; `a` and `b` are drawn once for each.
typedef struct story {
    const char *name;
    double (*at)(size_t i, size_t n, double a, double b);
} story;

static double noise(size_t i, size_t n, double a, double b)
{
    (void)i, (void)n, (void)a, (void)b;
    return 1 + 0.1 * normal();
}

// Half of the last deviation and more is in the next: seen through one static.
static double remembers(size_t i, size_t n, double a, double b)
{
    static double last;
    (void)n, (void)a, (void)b;
    last = i ? 0.7 * last + 0.05 * normal() : 0;
    return 1 + last;
}

static double spike(size_t i, size_t n, double a, double b)
{
    (void)b;
    return (i == (size_t)(a * (double)n) ? 3 : 1) * (1 + 0.002 * normal());
}

static double wave(size_t i, size_t n, double a, double b)
{
    (void)n, (void)b;
    return 1 + 0.2 * sin(TURN * ((double)i / 7 + a)) + 0.02 * normal();
}

static double week(size_t i, size_t n, double a, double b)
{
    (void)n, (void)b;
    return ((i + (size_t)(a * 7)) % 7 < 5 ? 1.3 : 1) + 0.02 * normal();
}

static double cache(size_t i, size_t n, double a, double b)
{
    (void)b;
    return fmin(1, 0.1 + (double)i / ((0.1 + 0.5 * a) * (double)n)) + 0.001 * normal();
}

static double filling(size_t i, size_t n, double a, double b)
{
    (void)b;
    return 1 - exp(-(double)(i + 1) / ((0.05 + 0.2 * a) * (double)n)) + 0.001 * normal();
}

static double step(size_t i, size_t n, double a, double b)
{
    (void)b;
    return (i > (size_t)(a * (double)(n - 1)) ? 1.3 : 1) * (1 + 0.002 * normal());
}

static double leak(size_t i, size_t n, double a, double b)
{
    (void)n, (void)a, (void)b;
    return 1 + 0.1 * (double)i + 0.02 * normal();
}

static double noisy_leak(size_t i, size_t n, double a, double b)
{
    (void)a, (void)b;
    return 1 + (double)i / (double)n + 0.1 * normal();
}

static double creep(size_t i, size_t n, double a, double b)
{
    (void)n, (void)a, (void)b;
    return (1 + 0.03 / 7 * (double)i) * (1 + 0.01 * normal());
}

static double leak_in_wave(size_t i, size_t n, double a, double b)
{
    return wave(i, n, a, b) + 0.05 * (double)i;
}

static const story stories[] = {
    {"noise", noise},
    {"noise_that_remembers", remembers},
    {"spike", spike},
    {"wave", wave},
    {"five_days_of_seven", week},
    {"cache", cache},
    {"filling", filling},
    {"step", step},
    {"leak", leak},
    {"noisy_leak", noisy_leak},
    {"creep", creep},
    {"leak_in_wave", leak_in_wave},
};

static void fill(const story *of, size_t n, double *out)
{
    double a = uniform(), b = uniform();
    for (size_t i = 0; i < n; i++)
        out[i] = floor(1e6 * of->at(i, n, a, b));
}

static int count_verdicts(const story *of, size_t n, size_t rounds)
{
    double values[MOST];
    size_t verdicts[HSN_VERDICT_COUNT] = {0}, starts = 0;
    for (size_t round = 0; round < rounds; round++) {
        hsn_trend trend;
        hsn_trend_series series = {NULL, values, n};
        fill(of, n, values);
        if (hsn_trend_judge(&series, NULL, &trend, NULL) < 0)
            return 2;
        verdicts[trend.verdict]++;
        starts += hsn_trend_warmup(&series) > 0;
    }
    printf("{\"name\": \"verdicts\", \"history\": \"%s\", \"n\": %zu", of->name, n);
    for (int v = 0; v < HSN_VERDICT_COUNT; v++)
        printf(", \"%s_percent\": %.2f", hsn_verdict_name((hsn_verdict)v),
               100.0 * (double)verdicts[v] / (double)rounds);
    printf(", \"warmup_percent\": %.2f}\n", 100.0 * (double)starts / (double)rounds);
    return 0;
}

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

// The reference: the median of all pairs' slopes, by the same selection.
static double all_pairs_ns(const double *values, size_t n, double *pairs, const hsn_slope *expected)
{
    double start = cpu_ns();
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            pairs[count++] = (values[j] - values[i]) / (double)(j - i);
    double median = hsn__median(pairs, count), took = cpu_ns() - start;
    return fabs(median - expected->slope) < 1e-6 ? took : NAN;
}

static int measure(size_t n)
{
    static double all[MOST * (MOST - 1) / 2];
    double values[MOST], judge = INFINITY, slope = INFINITY, pairs = INFINITY;
    fill(&stories[0], n, values);
    for (int round = 0; round < 20; round++) {
        hsn_trend_series series = {NULL, values, n};
        hsn_trend trend;
        hsn_slope out;
        double start = cpu_ns();
        if (hsn_trend_judge(&series, NULL, &trend, NULL) < 0)
            return 2;
        judge = fmin(judge, cpu_ns() - start);
        start = cpu_ns();
        if (hsn_trend_slope(&series, &out, NULL) < 0)
            return 2;
        slope = fmin(slope, cpu_ns() - start);
        pairs = fmin(pairs, all_pairs_ns(values, n, all, &out));
    }
    printf("{\"name\": \"trend\", \"n\": %zu, \"judge_ns\": %.0f, \"slope_ns\": %.0f, "
           "\"all_pairs_ns\": %.0f, \"slope_by_all_pairs\": %.2f}\n",
           n, judge, slope, pairs, slope / pairs);
    return 0;
}

int main(int argc, char **argv)
{
    static const size_t lengths[] = {5, 10, 30, 365};
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 400;
    int r = rounds > 0 ? 0 : 2;
    for (size_t s = 0; s < sizeof stories / sizeof *stories; s++)
        for (size_t n = 0; !r && n < sizeof lengths / sizeof *lengths; n++)
            r = count_verdicts(&stories[s], lengths[n], (size_t)rounds);
    for (size_t n = 30; !r && n <= MOST; n = n < 300 ? 300 : n < MOST ? MOST : MOST + 1)
        r = measure(n);
    return r;
}
