// SPDX-License-Identifier: MIT
// growth: which types, sites or holders grow over several snapshots, how fast, and how surely.
#ifndef HEAPSNAP_GROWTH_H
#define HEAPSNAP_GROWTH_H

#include "heapsnap/totals.h"
#include "heapsnap/trend.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most snapshots of one call. */
#define HSN_GROWTH_MAX_SNAPSHOTS 4096

/** For warmup: find it from the bytes of the whole snapshots, by hsn_trend_warmup(). */
#define HSN_GROWTH_WARMUP_AUTO SIZE_MAX

/** All zero = every type, by steps. */
typedef struct hsn_growth_options {
    hsn_totals_options totals;
    int growing_only;         /**< leave out rows that gained nothing from first to last */
    uint64_t min_delta_bytes; /**< leave out rows that gained fewer bytes from first to last */
    size_t limit; /**< rows; 0 = all. Slopes are found only for rows that may be listed */
    const int64_t *captured_at_unix_ms; /**< one a snapshot, 0 = unknown; NULL = all are */
    size_t warmup;      /**< snapshots at the start that no number but the cells is about */
    uint64_t warmup_ms; /**< … and those captured within this time of the first */
    uint64_t memory_limit_bytes; /**< what the heap may grow to; 0 = not told */
} hsn_growth_options;

/** What the times of the snapshots are good for. */
typedef enum hsn_growth_clock {
    HSN_GROWTH_CLOCK_RISES,   /**< known, each later than the one before: rates an hour are told */
    HSN_GROWTH_CLOCK_UNKNOWN, /**< some time is not known: steps only */
    HSN_GROWTH_CLOCK_WENT_BACK, /**< or stood still: steps only */
} hsn_growth_clock;

/** Bytes and counts from the first snapshot to the last are those after the warm-up. */
typedef struct hsn_growth_row {
    hsn_key key;           /**< by holder: the type of what it holds */
    const char *holder;    /**< by holder: `app.cache._pending[*]`; else "" */
    const hsn_cell *cells; /**< one per snapshot, warm-up included; 0, 0 where absent */
    int64_t count_delta;   /**< last - first; stops at INT64_MIN and INT64_MAX */
    int64_t size_bytes_delta;
    double slope_count;     /**< objects a step: the median of the slopes of all pairs */
    double slope_bytes;     /**< bytes a step */
    double slope_bytes_low; /**< its confidence interval of 95 % */
    double slope_bytes_high;
    double start_bytes;      /**< of the line of that slope, at the first snapshot */
    int grew_every_step;     /**< at every step count or bytes rose and neither fell */
    double late_early_ratio; /**< bytes gained in the late half of the steps by those in the early
                                half; NAN with fewer than three snapshots or no early gain */
    hsn_trend trend;         /**< of its bytes over hours, or steps where hours are not known */
    hsn_slope hourly; /**< bytes an hour, since the first snapshot; NAN where hours are not known */
    /** Until the heap as it was last reaches the limit, if only this row grew: 0 = it has. NAN
        without a limit or slope, and for hours where they are not known. */
    double steps_to_limit;
    double hours_to_limit;
    double hours_to_limit_low; /**< at the upper end of the confidence interval */
} hsn_growth_row;

typedef struct hsn_growth {
    hsn_growth_row *rows;
    size_t count;
    size_t matched;         /**< rows without the limit */
    size_t snapshots;       /**< cells of a row; by holder those after the warm-up only */
    size_t warmup;          /**< snapshots at the start that were left out */
    hsn_growth_clock clock; /**< of the others */
    size_t steady;          /**< rows that grew at every step, listed or not */
    size_t found;           /**< of the matched rows: leaks, and what grew at every step */
    hsn_growth_row whole;   /**< of the whole snapshots; its key is empty */
    hsn_totals totals;      /**< what the rows point into; by holder: keys are by type */
    void *memory;           /**< private */
} hsn_growth;

/**
 * Rank types, modules or allocation sites by their growth over `count` ≥ 2 snapshots, in the order
 * given.
 *
 * Leaks come first, then what grows, what is noisy, what is stable; within these the steepest in
 * bytes, then in count; then the key, ascending. Slopes are Theil's and Sen's.
 *
 * Owns:   free *out with hsn_growth_free().
 * Errors: as hsn_totals_read(); HSN_EINVAL (fewer than two snapshots besides the warm-up, a warm-up
 *         by time where times are not known), HSN_ELIMIT.
 * Cost:   O(c s log s + l s^1.5), c = keys that change, s = snapshots, l = rows listed.
 * Source: docs/analysis/growth.md
 */
HSN_API int hsn_growth_over(const hsn_snapshot_ref *snapshots, size_t count,
                            const hsn_growth_options *options, hsn_growth *out, hsn_error *err);

/**
 * Rank what holds, by path: rows are those of hsn_why_over() over the snapshots after the warm-up,
 * and their bytes are all that hangs on the holder. `options->totals` is not looked at.
 *
 * Owns:   free *out with hsn_growth_free().
 * Errors: as above and as hsn_why_over().
 * Cost:   as hsn_why_over(), which reads every object graph.
 */
HSN_API int hsn_growth_by_holder(const hsn_snapshot_ref *snapshots, size_t count,
                                 const hsn_growth_options *options, const hsn_progress *progress,
                                 hsn_growth *out, hsn_error *err);

HSN_API void hsn_growth_free(hsn_growth *growth);

#ifdef __cplusplus
}
#endif

#endif
