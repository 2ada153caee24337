// SPDX-License-Identifier: MIT
// aggregate: the snapshots of many processes as one, so that a service is judged, not a worker.
#ifndef HEAPSNAP_AGGREGATE_H
#define HEAPSNAP_AGGREGATE_H

#include "heapsnap/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How the snapshots of a group become one: X(NAME, "word of --aggregate"). */
#define HSN_AGGREGATE_LIST(X)                                                                      \
    X(SUM, "sum")     /* what all processes have together */                                       \
    X(MEAN, "mean")   /* what one has on average; rows that round to nothing go */                 \
    X(WORST, "worst") /* the process with the largest heap; of several the first */

typedef enum hsn_aggregate {
#define HSN_AGGREGATE_ROW(name, text) HSN_AGGREGATE_##name,
    HSN_AGGREGATE_LIST(HSN_AGGREGATE_ROW)
#undef HSN_AGGREGATE_ROW
        HSN_AGGREGATE_COUNT
} hsn_aggregate;

typedef struct hsn_aggregate_options {
    hsn_aggregate how;
    /**
     * What snapshots of one group have in common: words joined by commas. `day` and `hour` of
     * capture (UTC), `host`, `program`, `label` (without the number at its end: worker-1 and
     * worker-2 are `worker`), anything else is the name of a tag; tag:NAME always is. NULL = all
     * snapshots are one group. What a snapshot does not say is "-".
     */
    const char *group;
    const hsn_pair *tags; /**< only snapshots with all of these */
    size_t tag_count;
} hsn_aggregate_options;

/**
 * A store in memory with one snapshot for each group of complete snapshots of `source`, in order of
 * their latest capture, then of their first id. It has totals by type and by line, and the tags
 * that all of the group share; no graph, no stacks, no samples. Its label is what the group has in
 * common ("payment 2026-11-18"; "all" without a group). The facts `aggregate` ("sum") and
 * `aggregate.snapshots` (how many) tell what it is made of; the other columns are those of the
 * process with the largest heap.
 *
 * Owns:   close *out with hsn_store_close(); it does not need `source` any more.
 * Errors: HSN_ENOTFOUND (no complete snapshot, or none with these tags), HSN_EINVAL (no such
 *         way), HSN_EUNSUPPORTED (`source` is not a file), HSN_ESTORE, HSN_EFORMAT, HSN_ENOMEM.
 * Cost:   O(totals of the chosen snapshots).
 */
HSN_API int hsn_aggregate_open(hsn_store **out, hsn_store *source,
                               const hsn_aggregate_options *options, hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
