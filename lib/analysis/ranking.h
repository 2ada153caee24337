// SPDX-License-Identifier: MIT
// The first rows of totals in an order of numbers and keys, found without sorting the others.
#ifndef HSN_ANALYSIS_RANKING_H
#define HSN_ANALYSIS_RANKING_H

#include "analysis/totals_private.h"

/** What a row is sorted by: up to four numbers, descending, then its key. */
typedef struct hsn__rank_key {
    uint64_t numbers[4];
    uint32_t row;
} hsn__rank_key;

/** Rows being chosen. `keys` holds at most twice the rows that are wanted. */
typedef struct hsn__ranking {
    hsn_totals *totals;
    int tie_sign; /**< +1 = keys ascending, -1 = descending */
    size_t limit; /**< rows wanted */
    hsn__rank_key *keys;
    size_t count, capacity;
    bool has_bar;  /**< keys[limit - 1] is what a row must come before */
    size_t walked; /**< ties of stacks that were decided frame by frame */
} hsn__ranking;

/**
 * Begin with no rows; `limit` 0 = all of them. The totals must stay where they are.
 * Owns: hsn__ranking_clear(), also after a failure. Errors: HSN_ENOMEM.
 */
int hsn__ranking_begin(hsn__ranking *ranking, hsn_totals *totals, size_t limit, int tie_sign,
                       hsn_error *err);

/** Offer a row, each at most once. Cost: O(log limit) at worst, mostly one comparison. */
void hsn__ranking_put(hsn__ranking *ranking, const hsn__rank_key *key);

/** Put the chosen ones in order: ranking->keys, ranking->count. */
void hsn__ranking_end(hsn__ranking *ranking);

void hsn__ranking_clear(hsn__ranking *ranking);

#endif
