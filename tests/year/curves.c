// SPDX-License-Identifier: MIT
// How often a short rise is called one by chance, and how small a creep it finds: many years of
// curves of single rows through the statistics alone.
//
//     curves [YEARS [SEED]]
//
// Bytes are shares of the heap. Printed are false alarms of each kind of innocent row and, of
// creeps, the share found by the third night; then "N passed, N failed".
#include "report/judge_stats.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { NIGHTS = 365, KNOWN = 120, STEPS = 3, BEGIN = 90 };

static const double min_gain = 0.01; // of the heap

static uint64_t state;

static double uniform(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return ((double)(state >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
    return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

// ---- rows -------------------------------------------------------------------------------------

static void calm(double *v)
{
    double noise = 0.002 + 0.02 * uniform();
    for (int i = 0; i < NIGHTS; i++)
        v[i] = 1 + noise * normal();
}

static void noisy_cache(double *v)
{
    double noise = 0.1 + 0.25 * uniform();
    for (int i = 0; i < NIGHTS; i++)
        v[i] = fmax(0, 1 + noise * normal());
}

static void slow_cache(double *v)
{
    double noise = 0.05 + 0.15 * uniform(), keeps = 0.3 + 0.6 * uniform(), x = 0;
    for (int i = 0; i < NIGHTS; i++) {
        x = keeps * x + sqrt(1 - keeps * keeps) * normal();
        v[i] = fmax(0, 1 + noise * x);
    }
}

static void heavy_tails(double *v)
{
    double noise = 0.05 + 0.2 * uniform();
    for (int i = 0; i < NIGHTS; i++)
        v[i] = exp(noise * normal() / sqrt(fmax(0.05, -log(uniform()))));
}

static void weekly_wave(double *v)
{
    double high = 0.05 + 0.25 * uniform(), noise = 0.02 * uniform(), at = 7 * uniform();
    for (int i = 0; i < NIGHTS; i++)
        v[i] = 1 + high * sin(2 * M_PI * (i + at) / 7) + noise * normal();
}

static void weekends(double *v)
{
    double low = 0.1 + 0.4 * uniform(), noise = 0.03 * uniform();
    for (int i = 0; i < NIGHTS; i++)
        v[i] = 1 -
               (i % 7 == 5   ? 0.8
                : i % 7 == 6 ? 1
                : i % 7 == 0 ? 0.5
                             : 0) *
                   low +
               noise * normal();
}

static void yearly_season(double *v)
{
    double high = 0.1 + 0.3 * uniform(), noise = 0.02 * uniform(), at = 365 * uniform();
    for (int i = 0; i < NIGHTS; i++)
        v[i] = 1 + high * sin(2 * M_PI * (i + at) / 365) + 0.1 * sin(2 * M_PI * i / 7) +
               noise * normal();
}

static void releases(double *v)
{
    double level = 1, noise = 0.002 + 0.02 * uniform();
    for (int i = 0; i < NIGHTS; i++) {
        if (uniform() < 0.12)
            level *= 0.97 + 0.06 * uniform();
        v[i] = level * (1 + noise * normal());
    }
}

// After a restart a cache fills within a week.
static void restarts(double *v)
{
    double noise = 0.01 * uniform(), fills = 0.3 + 0.5 * uniform(), up = 0;
    for (int i = 0; i < NIGHTS; i++) {
        up = uniform() < 0.05 ? 0 : up + 1;
        v[i] = (1 - exp(-fills * (up + 1))) * (1 + noise * normal());
    }
}

static void month_ends(double *v)
{
    double high = 0.2 + 0.4 * uniform(), noise = 0.02 * uniform();
    for (int i = 0; i < NIGHTS; i++)
        v[i] = 1 + high * fmax(0, (i % 30) - 25) / 4 + noise * normal();
}

static const struct {
    const char *name;
    void (*draw)(double *values);
} rows[] = {
    {"calm", calm},
    {"noisy cache", noisy_cache},
    {"slow cache", slow_cache},
    {"heavy tails", heavy_tails},
    {"weekly wave", weekly_wave},
    {"weekends", weekends},
    {"yearly season", yearly_season},
    {"releases", releases},
    {"restarts", restarts},
    {"month ends", month_ends},
};

static int stands_out(const double *values, int night)
{
    int first = night + 1 > KNOWN ? night + 1 - KNOWN : 0;
    return hsn__rise_stands_out(values + first, (size_t)(night + 1 - first), STEPS, min_gain);
}

// ---- measuring --------------------------------------------------------------------------------

// False alarms of `years` rows that are from 2 to 40 % of the heap.
static int innocent(size_t kind, int years)
{
    double values[NIGHTS];
    int alarms = 0;
    for (int year = 0; year < years; year++) {
        double share = 0.02 * pow(20, uniform());
        rows[kind].draw(values);
        for (int i = 0; i < NIGHTS; i++)
            values[i] *= share;
        for (int i = 0; i < NIGHTS; i++)
            alarms += stands_out(values, i);
    }
    return alarms;
}

static const double rates[] = {0.02, 0.025, 0.03, 0.04, 0.06, 0.1};
static const double noises[] = {0, 0.0002, 0.0005, 0.001, 0.002, 0.004};
enum { RATES = sizeof rates / sizeof *rates, NOISES = sizeof noises / sizeof *noises };

// Share of creeps of `weekly` of the heap, on a row with that noise, that are found within so
// many nights; the nights' noise is a share of the heap too.
static double found_by(double weekly, double noise, int nights, int years)
{
    double values[NIGHTS];
    int found = 0;
    for (int year = 0; year < years; year++) {
        int hit = 0, begin = BEGIN + (int)(7 * uniform());
        for (int i = 0; i < begin + nights; i++)
            values[i] = 0.1 + noise * normal() + (i >= begin ? weekly / 7 * (i - begin + 1) : 0);
        for (int i = begin; i < begin + nights; i++)
            hit |= stands_out(values, i);
        found += hit;
    }
    return (double)found / years;
}

static void show_noises(void)
{
    printf("%16s", "");
    for (size_t j = 0; j < NOISES; j++)
        printf("%8.2f%%", noises[j] * 100);
    printf("\n");
}

static void show_found(int years)
{
    printf("found in 3 nights, by growth a week and noise of a night, both of the heap\n");
    show_noises();
    for (size_t i = 0; i < RATES; i++) {
        printf("%14.1f %%", rates[i] * 100);
        for (size_t j = 0; j < NOISES; j++)
            printf("%8.0f%%", 100 * found_by(rates[i], noises[j], STEPS, years));
        printf("\n");
    }
    printf("3 %% a week: found by night\n");
    show_noises();
    for (int nights = 3; nights <= 24; nights *= 2) {
        printf("%16d", nights);
        for (size_t j = 0; j < NOISES; j++)
            printf("%8.0f%%", 100 * found_by(0.03, noises[j], nights, years));
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    enum { KINDS = sizeof rows / sizeof *rows };
    int years = argc > 1 ? atoi(argv[1]) : 300, failed = 0, all = 0;
    state = (argc > 2 ? strtoull(argv[2], NULL, 10) : 1) * 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < KINDS; i++) {
        int alarms = innocent(i, years);
        all += alarms;
        printf("%-14s %5d false alarms in %d years of a row\n", rows[i].name, alarms, years);
    }
    double rate = (double)all / ((double)years * KINDS * NIGHTS) * 1e6;
    printf("%.2f false alarms in a million nights of a row\n", rate);
    show_found(years);
    failed += rate > 20;
    failed += found_by(0.03, 0.0002, STEPS, years) < 0.9;
    printf("%d passed, %d failed\n", 2 - failed, failed);
    return failed != 0;
}
