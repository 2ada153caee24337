// SPDX-License-Identifier: MIT
// disjoint: several chains to one object that share no object: all must be cut to free it.
#ifndef HEAPSNAP_DISJOINT_H
#define HEAPSNAP_DISJOINT_H

#include "heapsnap/chain.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A chain of node ids, root → object. */
typedef struct hsn_disjoint_chain {
    hsn_node_id *nodes;
    size_t count;
} hsn_disjoint_chain;

typedef struct hsn_disjoint {
    hsn_disjoint_chain *chains; /**< shortest first; ties by their nodes from the root on */
    size_t count;
    int is_all;   /**< 1: there are no more, so cutting one object of each frees the target */
    void *memory; /**< private */
} hsn_disjoint;

/**
 * Find up to `limit` (0 = 16) chains from `roots` (may repeat) to `target` that share no object but
 * the target. As many as there can be, not merely as many as shortest chains in turn would leave.
 *
 * `graph` needs HSN_GRAPH_BACKWARD without HSN_GRAPH_WEAK. A target that is a root gives one chain
 * of one object.
 *
 * Owns:    free *out with hsn_disjoint_free().
 * Errors:  HSN_EINVAL (no such node, parts missing), HSN_ENOMEM, HSN_ECANCELED.
 * Cost:    O((limit + 1) × (nodes + references)) at worst; 12 bytes a node. Usually it stops where
 *          the first root is near.
 * Threads: any; the graph is only read.
 * Source:  docs/analysis/pattern.md; Menger's theorem, maximum flow of Ford and Fulkerson with
 *          capacity 1 for each object, shortest augmenting chains (Edmonds and Karp 1972).
 */
HSN_API int hsn_disjoint_find(const hsn_graph *graph, const hsn_node_id *roots, size_t root_count,
                              hsn_node_id target, size_t limit, const hsn_progress *progress,
                              hsn_disjoint *out, hsn_error *err);

/**
 * Tell a chain as steps and as an expression.
 *
 * Owns: free *out with hsn_chain_free(). Errors: HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT, HSN_EINVAL.
 */
HSN_API int hsn_disjoint_tell(hsn_heap *heap, const hsn_disjoint_chain *chain, hsn_chain *out,
                              hsn_error *err);

/** Accepts a result that is all zero. */
HSN_API void hsn_disjoint_free(hsn_disjoint *disjoint);

#ifdef __cplusplus
}
#endif

#endif
