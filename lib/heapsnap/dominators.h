// SPDX-License-Identifier: MIT
// Dominators and retained bytes of every object: what would go if an object went.
#ifndef HEAPSNAP_DOMINATORS_H
#define HEAPSNAP_DOMINATORS_H

#include "heapsnap/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Dominators that are no objects: no single object keeps these. */
#define HSN_HELD_BY_ROOTS   (UINT32_MAX - 1) /**< alive: the roots keep it, several or directly */
#define HSN_HELD_BY_NOTHING (UINT32_MAX - 2) /**< unreachable: it begins a piece of garbage */

/**
 * The dominator tree of a snapshot. An object dominates another one if every way from the roots to
 * that one goes through it; the immediate dominator is the nearest of these. What is unreachable
 * stands in trees of its own, one for each piece of garbage. docs/analysis/retained.md defines all
 * of it.
 */
typedef struct hsn_dominators {
    uint32_t node_count;
    hsn_node_id *dominator;   /**< by node: immediate dominator, or one of the two above */
    uint64_t *retained_bytes; /**< by node: shallow bytes of it and of all that it dominates */
    uint64_t live_bytes;      /**< of everything that the roots keep */
    uint64_t garbage_bytes;   /**< of everything else */
    int stored;               /**< read from the store, or kept there now */
} hsn_dominators;

/**
 * Compute the dominators from the graph, whatever the store holds.
 *
 * Strong references only. Alive are the declared roots, immortal objects, objects with more
 * references than the snapshot shows, and what these reach (docs/analysis/roots.md). `graph` needs
 * HSN_GRAPH_FORWARD without HSN_GRAPH_WEAK, and comes from the same heap.
 *
 * Owns:    the caller owns *out; hsn_dominators_free(). Independent of heap and graph.
 * Errors:  HSN_EINVAL (parts missing), HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT, HSN_ELIMIT,
 *          HSN_ECANCELED.
 * Cost:    O(nodes + references) in practice; at the peak 28 bytes a node and 4 a reference beside
 *          the graph's 4 and 4. Threads: needs exclusive use of `heap` while it runs.
 * Source:  docs/analysis/retained.md; SEMI-NCA of Georgiadis, Tarjan and Werneck 2006.
 */
HSN_API int hsn_dominators_find(hsn_heap *heap, const hsn_graph *graph,
                                const hsn_progress *progress, hsn_dominators *out, hsn_error *err);

/** What to do beside reading. */
enum hsn_dominators_flag {
    HSN_DOMINATORS_COMPUTE = 1, /**< compute them when the store has none */
    HSN_DOMINATORS_KEEP = 2,    /**< and keep them in the store's file if that can be written */
};

/**
 * The dominators of a snapshot: from the store when it has them, else as `flags` say. Keeping fails
 * silently: out->stored tells.
 *
 * Owns:   as above.
 * Errors: HSN_ENOTFOUND (none stored, and not to be computed), and as above.
 * Cost:   from the store two columns; else that of loading the graph and of hsn_dominators_find().
 */
HSN_API int hsn_dominators_read(hsn_heap *heap, unsigned flags, const hsn_progress *progress,
                                hsn_dominators *out, hsn_error *err);

/** Accepts a result that is all zero. */
HSN_API void hsn_dominators_free(hsn_dominators *dominators);

#ifdef __cplusplus
}
#endif

#endif
