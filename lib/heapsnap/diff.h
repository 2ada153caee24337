// SPDX-License-Identifier: MIT
// diff: what changed between two snapshots.
#ifndef HEAPSNAP_DIFF_H
#define HEAPSNAP_DIFF_H

#include "heapsnap/totals.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Orders, each ending with the key. X(NAME, "word of --sort"). */
#define HSN_DIFF_SORT_LIST(X)                                                                      \
    X(DEFAULT, "default")     /* growth for types and modules, magnitude for sites */              \
    X(GROWTH, "growth")       /* bytes gained, most first; count gained; key ascending */          \
    X(COUNT, "count")         /* count gained, most first; bytes gained; key ascending */          \
    X(MAGNITUDE, "magnitude") /* bytes gained or lost, new bytes, count gained or lost, new count, \
                                 key: all descending, as tracemalloc's compare_to() */             \
    X(NAME, "name")           /* key ascending */

typedef enum hsn_diff_sort {
#define HSN_DIFF_SORT_ROW(name, text) HSN_DIFF_SORT_##name,
    HSN_DIFF_SORT_LIST(HSN_DIFF_SORT_ROW)
#undef HSN_DIFF_SORT_ROW
} hsn_diff_sort;

/** All zero = every type, growth first. */
typedef struct hsn_diff_options {
    hsn_totals_options totals;
    hsn_diff_sort sort;
    size_t limit;     /**< rows; 0 = all */
    int changed_only; /**< leave out rows whose count and bytes are equal on both sides */
} hsn_diff_options;

typedef struct hsn_diff_row {
    hsn_key key;
    hsn_cell old_cell; /**< 0, 0 when absent */
    hsn_cell new_cell;
    int64_t count_delta; /**< new - old; stops at INT64_MIN and INT64_MAX */
    int64_t size_bytes_delta;
} hsn_diff_row;

typedef struct hsn_diff {
    hsn_diff_row *rows;
    size_t count;
    size_t matched;            /**< rows without the limit */
    size_t grew;               /**< rows with more bytes, listed or not */
    size_t shrank;             /**< rows with fewer */
    size_t unchanged;          /**< rows with equal count and bytes */
    int64_t most_bytes_gained; /**< by any row, listed or not; 0 = none grew */
    hsn_diff_row sum;          /**< of everything that the filters let through; its key is empty */
    hsn_diff_row whole;        /**< of the two snapshots */
    hsn_totals totals;         /**< what the rows point into */
} hsn_diff;

/**
 * Compare two snapshots by type, module or allocation site.
 *
 * Sizes are shallow bytes of objects, live bytes of allocations. Every key of either side is a row;
 * on the side that lacks it, it counts as 0. Sites and their default order are those of
 * tracemalloc's compare_to() on the same snapshots.
 *
 * Owns:   free *out with hsn_diff_free().
 * Errors: as hsn_totals_read().
 * Cost:   O(t log limit), t = types, or stacks, on both sides; no object is looked at.
 * Source: docs/analysis/diff.md
 */
HSN_API int hsn_diff_between(hsn_snapshot_ref old_snapshot, hsn_snapshot_ref new_snapshot,
                             const hsn_diff_options *options, hsn_diff *out, hsn_error *err);
HSN_API void hsn_diff_free(hsn_diff *diff);

#ifdef __cplusplus
}
#endif

#endif
