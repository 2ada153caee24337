// SPDX-License-Identifier: MIT
// Robust statistics over a few dozen nights: what one odd night cannot move.
#ifndef HSN_REPORT_JUDGE_STATS_H
#define HSN_REPORT_JUDGE_STATS_H

#include <stdbool.h>
#include <stddef.h>

#include "heapsnap/status.h"

/** Most values of one call; callers pass the newest ones. */
#define HSN__STATS_MAX 365

/** Median of `count` values; NAN of none. They stay as they are. O(n²) at worst, n ≤ 365. */
double hsn__night_median(const double *values, size_t count);

/**
 * By how much a night must lie above the median of the nights before it to be no chance: the noise
 * (1.4826 × MAD of the one-step prediction errors over the last `window` values, so that it is
 * measured the way it is used) times 4 (1 + 7 / errors): 5 once there are four weeks, more while
 * little is known. 0 with fewer than 5 errors.
 */
double hsn__night_margin(const double *values, size_t count, size_t before, size_t window);

/**
 * The same against the same day of the weeks before: the median of the values 7, 14, 21 and 28
 * nights ago. *out_level is that of the value after the last one. False, with nothing written,
 * while fewer than three weeks are known.
 */
bool hsn__week_margin(const double *values, size_t count, size_t window, double *out_level,
                      double *out_margin);

/**
 * Did the last `steps` steps rise as this row never does by chance? Each step is at least half of
 * the mean one (a release is one jump), and the gain is at least `min_gain`, six times the noise of
 * so many nights (1.4826 × MAD of the differences of nights `steps` apart, over the 56 before),
 * twice the largest such run of steps among them, and lies at least half above the highest of 28.
 * Where it leaves less noise, nights count as what they differ from the same day of weeks before.
 *
 * False while fewer than 28 nights are known before the first step.
 */
bool hsn__rise_stands_out(const double *values, size_t count, size_t steps, double min_gain);

/** What a slow growth looks like. */
typedef struct hsn__creep {
    double level_old; /**< median of the first quarter of the window */
    double level_new; /**< median of the last quarter */
    double slope;     /**< Theil-Sen, a night */
    double p_value;   /**< Mann-Kendall, two-sided */
    bool creeps;
} hsn__creep;

/**
 * Does the end of `values` creep upwards over `window` nights? It does when Mann-Kendall says so
 * (p < 0.0027), each quarter of the window lies above the one before by a fair part of the whole (a
 * step has one jump only, noise goes back), the whole is at least `min_gain`, and no earlier week
 * was as high (a wave comes back to where it was).
 *
 * A quarter of 28 nights is a week, so that a weekly pattern does not matter.
 *
 * Errors: HSN_ENOMEM.
 */
int hsn__creep_find(const double *values, size_t count, size_t window, double min_gain,
                    hsn__creep *out, hsn_error *err);

#endif
