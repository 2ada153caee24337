// SPDX-License-Identifier: MIT
// trend: whether a series of numbers grows: slope, test and verdict. Pure functions on arrays.
#ifndef HEAPSNAP_TREND_H
#define HEAPSNAP_TREND_H

#include "heapsnap/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What a series does, worst first: X(NAME, "word"). docs/analysis/growth.md has the thresholds. */
#define HSN_VERDICT_LIST(X)                                                                        \
    X(LEAK, "leak")       /* rises beyond doubt, and still does at its end */                      \
    X(GROWING, "growing") /* rises, but too short, too uneven or too noisy to be called a leak */  \
    X(NOISY, "noisy")     /* moves up and down */                                                  \
    X(STABLE, "stable")   /* does not move, levelled off, or falls */

typedef enum hsn_verdict {
#define HSN_VERDICT_ROW(name, text) HSN_VERDICT_##name,
    HSN_VERDICT_LIST(HSN_VERDICT_ROW)
#undef HSN_VERDICT_ROW
        HSN_VERDICT_COUNT
} hsn_verdict;

/** The word of a verdict; "unknown" outside the list. Static. */
HSN_API const char *hsn_verdict_name(hsn_verdict verdict);

/** Most values of a series. */
#define HSN_TREND_MAX_VALUES 65536

/**
 * A series. Values are finite. Times are finite and rise at every step, in a unit of the caller's
 * choice; without them a step is the unit of time.
 */
typedef struct hsn_trend_series {
    const double *times; /**< NULL = 0, 1, 2 … */
    const double *values;
    size_t count;
} hsn_trend_series;

/** The Mann–Kendall test. */
typedef struct hsn_kendall {
    int64_t s;       /**< rising less falling pairs */
    double variance; /**< of s when the order is chance, corrected for ties */
    double p_value;  /**< two-sided: how often chance gives an |s| as large; 1 below two values */
    int is_exact;    /**< counted (up to 20 values, ties too); else the normal approximation with
                          continuity correction */
} hsn_kendall;

/** The Theil–Sen slope with Sen's confidence interval of 95 %: units of value a unit of time. */
typedef struct hsn_slope {
    double slope; /**< median of the slopes of all pairs; 0 below two values */
    double low;
    double high;
    double start; /**< of the line of this slope at the first time: median of what it leaves */
} hsn_slope;

/** All zero = the defaults. */
typedef struct hsn_trend_options {
    double least_gain; /**< a gain as large counts even below 1 % of the level; 0 = only 1 % does */
} hsn_trend_options;

/** A verdict and what it rests on. Rates are units of value a unit of time. */
typedef struct hsn_trend {
    hsn_verdict verdict;
    hsn_kendall kendall;
    double level;  /**< median of the values */
    double gain;   /**< from the first time to the last along a line through the medians of the
                        first and the last third; one odd value does not move it */
    double noise;  /**< spread of the values about that line: 1.4826 × median absolute deviation */
    double rate;   /**< of that line */
    double late;   /**< rate from the middle third to the last one; 0 below three values */
    double recent; /**< rate at the end: within the last third, four values at least; 0 below five
                           and for what does not rise */
} hsn_trend;

/**
 * Judge a series by the rules of docs/analysis/growth.md.
 *
 * Errors: HSN_ENOMEM, HSN_ELIMIT (values).
 * Cost:   O(n log n) time, 40 bytes a value.
 * Source: J. W. Tukey, "Exploratory Data Analysis", 1977 (line through medians of thirds).
 */
HSN_API int hsn_trend_judge(const hsn_trend_series *series, const hsn_trend_options *options,
                            hsn_trend *out, hsn_error *err);

/**
 * Test for a monotone trend. Times do not matter beyond their order.
 *
 * Errors: HSN_ENOMEM, HSN_ELIMIT (values).
 * Cost:   O(n log n).
 * Source: H. B. Mann, "Nonparametric tests against trend", Econometrica 13, 1945; M. G. Kendall,
 *         "Rank Correlation Methods", 1975; W. R. Knight, JASA 61, 1966 (counting by merging).
 */
HSN_API int hsn_trend_kendall(const double *values, size_t count, hsn_kendall *out, hsn_error *err);

/**
 * The slope. Exact up to the rounding of doubles, whatever path was taken; equal series give equal
 * slopes.
 *
 * Errors: HSN_ENOMEM, HSN_ELIMIT (values).
 * Cost:   O(n^1.5) expected; n² / 2 slopes below a hundred values.
 * Source: P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63,
 *         1968; J. Matoušek, "Randomized optimal algorithm for slope selection", IPL 39, 1991.
 */
HSN_API int hsn_trend_slope(const hsn_trend_series *series, hsn_slope *out, hsn_error *err);

/**
 * How many values at the start are warm-up: a rise several times as steep as what follows. At most
 * a third of the series; 0 below eight values, and where nothing sets the start apart.
 *
 * Cost:   O(n), no memory.
 * Source: docs/analysis/growth.md; K. P. White, "An effective truncation heuristic for bias
 *         reduction in simulation output", Simulation 69, 1997 (MSER).
 */
HSN_API size_t hsn_trend_warmup(const hsn_trend_series *series);

#ifdef __cplusplus
}
#endif

#endif
