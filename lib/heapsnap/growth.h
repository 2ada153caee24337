// SPDX-License-Identifier: MIT
// growth: which types or sites grow over several snapshots, and how steadily.
#ifndef HEAPSNAP_GROWTH_H
#define HEAPSNAP_GROWTH_H

#include "heapsnap/totals.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most snapshots of one call. */
#define HSN_GROWTH_MAX_SNAPSHOTS 4096

/** All zero = every type. */
typedef struct hsn_growth_options {
    hsn_totals_options totals;
    int growing_only;         /**< leave out rows that gained nothing from first to last */
    uint64_t min_delta_bytes; /**< leave out rows that gained fewer bytes from first to last */
} hsn_growth_options;

typedef struct hsn_growth_row {
    hsn_key key;
    const hsn_cell *cells; /**< one per snapshot; 0, 0 where absent */
    int64_t count_delta;   /**< last - first; stops at INT64_MIN and INT64_MAX */
    int64_t size_bytes_delta;
    double slope_count;      /**< objects a step: the median of the slopes of all pairs */
    double slope_bytes;      /**< bytes a step */
    int grew_every_step;     /**< at every step count or bytes rose and neither fell */
    double late_early_ratio; /**< bytes gained in the late half of the steps by those in the early
                                half; NAN with fewer than three snapshots or no early gain */
} hsn_growth_row;

typedef struct hsn_growth {
    hsn_growth_row *rows;
    size_t count;
    size_t snapshots;
    size_t steady;        /**< rows that grew at every step, listed or not */
    hsn_growth_row whole; /**< of the whole snapshots; its key is empty */
    hsn_totals totals;    /**< what the rows point into */
} hsn_growth;

/**
 * Rank types, modules or allocation sites by their growth over `count` ≥ 2 snapshots, in the order
 * given.
 *
 * Rows that grew at every step come first; then the steepest in bytes, in count; then the key,
 * ascending. The slope is Theil's and Sen's, which one odd snapshot cannot move.
 *
 * Owns:   free *out with hsn_growth_free().
 * Errors: as hsn_totals_read(); HSN_EINVAL (fewer than two snapshots), HSN_ELIMIT.
 * Cost:   O(t log t + c s²), t = keys, c = keys that change, s = snapshots; 4 s² bytes.
 * Source: docs/analysis/growth.md
 */
HSN_API int hsn_growth_over(const hsn_snapshot_ref *snapshots, size_t count,
                            const hsn_growth_options *options, hsn_growth *out, hsn_error *err);
HSN_API void hsn_growth_free(hsn_growth *growth);

#ifdef __cplusplus
}
#endif

#endif
