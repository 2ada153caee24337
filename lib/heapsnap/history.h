// SPDX-License-Identifier: MIT
// history: one store for the snapshots of many nights; totals stay, graphs go by a retention rule.
#ifndef HEAPSNAP_HISTORY_H
#define HEAPSNAP_HISTORY_H

#include "heapsnap/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What a store keeps. All zero = everything, for ever.
 *
 * Age is measured from the newest time of capture in the store, not from a clock; a snapshot
 * without a time never grows old, but counts among the newest.
 */
typedef struct hsn_retention {
    int limit_graphs;      /**< graphs go, by one of the next two */
    uint64_t graphs;       /**< the newest so many snapshots keep theirs; 0 = see graphs_age_s */
    uint64_t graphs_age_s; /**< those captured within so many seconds keep theirs; 0 = by number */
    uint64_t totals_age_s; /**< snapshots older than so many seconds go as a whole; 0 = never */
} hsn_retention;

/** What retention did. */
typedef struct hsn_retention_result {
    uint64_t graphs_dropped;    /**< snapshots that lost objects, references, stacks, warnings */
    uint64_t snapshots_dropped; /**< snapshots that went as a whole, findings and all */
} hsn_retention_result;

/**
 * Open a history for writing; it is made when the file is not there. Two processes may do so at
 * once.
 *
 * Owns:   close *out with hsn_store_close().
 * Errors: as hsn_store_open(); HSN_EIO (cannot be created).
 */
HSN_API int hsn_history_open(hsn_store **out, const char *path, hsn_error *err);

/** All zero = totals without the graph, the snapshot's own label, no retention. */
typedef struct hsn_history_options {
    int with_graph;                 /**< objects, references and stacks too */
    const char *label;              /**< instead of its own; NULL = its own, if it has one */
    int unique_label;               /**< a label that is taken becomes LABEL-2, LABEL-3 … */
    const hsn_retention *retention; /**< applied afterwards; NULL = none */
} hsn_history_options;

/**
 * Copy a snapshot of `source` into `history`, in one transaction: facts, tags, totals by type and
 * by frame, samples, findings. Waits up to a minute for another process that writes.
 *
 * Errors: HSN_ENOTFOUND (no such snapshot), HSN_EINVAL (label taken; source is the history),
 * HSN_ESTORE (another process kept writing), HSN_EIO, HSN_EFORMAT, HSN_ENOMEM. Cost:   O(types +
 * frames + samples), with the graph O(bytes of its columns).
 */
HSN_API int hsn_history_append(hsn_store *history, hsn_store *source, hsn_snapshot_id id,
                               const hsn_history_options *options, hsn_snapshot_id *out_id,
                               hsn_error *err);

/**
 * Drop what the rule does not keep, in one transaction. The file does not shrink; what is added
 * later fills the room. `out` may be NULL.
 *
 * Errors: HSN_ESTORE, HSN_EIO, HSN_ENOMEM.
 */
HSN_API int hsn_history_retain(hsn_store *history, const hsn_retention *retention,
                               hsn_retention_result *out, hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
