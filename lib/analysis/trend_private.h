// SPDX-License-Identifier: MIT
// The parts of trend, with memory that is kept from one series to the next.
#ifndef HSN_ANALYSIS_TREND_PRIVATE_H
#define HSN_ANALYSIS_TREND_PRIVATE_H

#include <stdbool.h>

#include "heapsnap/trend.h"

/** Scratch memory. Start with `{0}`; clear with hsn__trend_clear(). */
typedef struct hsn__trend_work {
    size_t capacity;       /**< values that the arrays have room for */
    double *sorted;        /**< after hsn__kendall(): the values in order */
    double *shifted;       /**< values less a slope times the time */
    double *spare;         /**< of merging, and copies for medians */
    uint32_t *order;       /**< indexes by shifted value … */
    uint32_t *spare_order; /**< … and of merging them */
    double *pairs;         /**< slopes of pairs */
    size_t pair_capacity;
} hsn__trend_work;

/** Room for `count` values. Errors: HSN_ENOMEM, HSN_ELIMIT. */
int hsn__trend_reserve(hsn__trend_work *work, size_t count, hsn_error *err);
void hsn__trend_clear(hsn__trend_work *work);

/** Sort ascending; gives the number of pairs i < j with values[j] < values[i]. `spare` has room for
 * `count`. */
uint64_t hsn__sort_count(double *values, size_t count, double *spare);

/** The value that sorting would put at `wanted` < count. What lies before it is not larger then,
 * and what lies behind it not smaller. Cost: O(n) expected. */
double hsn__select(double *values, size_t count, size_t wanted);

/** The median, of count ≥ 1; reorders. */
double hsn__median(double *values, size_t count);

/** As the public calls of these names; `work` has room for the series. */
void hsn__kendall(hsn__trend_work *work, const double *values, size_t count, hsn_kendall *out);
int hsn__slope(hsn__trend_work *work, const hsn_trend_series *series, hsn_slope *out,
               hsn_error *err);
void hsn__judge(hsn__trend_work *work, const hsn_trend_series *series,
                const hsn_trend_options *options, hsn_trend *out);

/** Whether the slope is certainly less than `threshold`: one sort, where the slope takes several.
 */
bool hsn__slope_is_below(hsn__trend_work *work, const hsn_trend_series *series, double threshold);

/** Two-sided p of an |s| as large when `count` ≤ HSN__KENDALL_EXACT values, `sorted`, come in
 * random order. */
double hsn__kendall_exact(const double *sorted, size_t count, int64_t s);
enum { HSN__KENDALL_EXACT = 20 };

static inline double hsn__trend_time(const hsn_trend_series *series, size_t i)
{
    return series->times ? series->times[i] : (double)i;
}

#endif
