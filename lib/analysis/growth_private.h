// SPDX-License-Identifier: MIT
// The stages of growth: the series of a row, its numbers, the rows that are listed.
#ifndef HSN_ANALYSIS_GROWTH_PRIVATE_H
#define HSN_ANALYSIS_GROWTH_PRIVATE_H

#include "analysis/totals_private.h"
#include "analysis/trend_private.h"

/** What is common to all rows. Clear with hsn__growth_clear(). */
typedef struct hsn__growth_work {
    const hsn_growth_options *options;
    size_t first, count; /**< snapshots after the warm-up */
    bool has_hours;
    double *hours;       /**< since the first of them */
    double *values;      /**< of a row */
    uint64_t last_bytes; /**< of the whole last snapshot */
    hsn__trend_work trend;
} hsn__growth_work;

/**
 * Decide on the warm-up and on the clock, from the whole snapshots, into *out too.
 * Errors: HSN_EINVAL, HSN_ENOMEM. Clear *work also when it fails.
 */
int hsn__growth_begin(hsn__growth_work *work, const hsn_growth_options *options,
                      const hsn_cell *wholes, size_t count, hsn_growth *out, hsn_error *err);
void hsn__growth_clear(hsn__growth_work *work);

/** Everything of a row but its slopes and what follows from them. */
void hsn__growth_judge(hsn__growth_work *work, const hsn_cell *cells, hsn_growth_row *out);

/** slope_bytes and its ends, slope_count. Errors: HSN_ENOMEM. */
int hsn__growth_slopes(hsn__growth_work *work, hsn_growth_row *row, hsn_error *err);

/** Whether slope_bytes, yet to be found, is certainly less than `threshold`. */
bool hsn__growth_is_below(hsn__growth_work *work, const hsn_growth_row *row, double threshold);

/** Rates an hour and times to the limit, once the slopes are known. Errors: HSN_ENOMEM. */
int hsn__growth_rates(hsn__growth_work *work, hsn_growth_row *row, hsn_error *err);

/** hsn__growth_rank() with the path of each key's holder; NULL = none has one. */
int hsn__growth_rank_held(hsn_totals *totals, const char *const *holders,
                          const hsn_growth_options *options, hsn_growth *out, hsn_error *err);

#endif
