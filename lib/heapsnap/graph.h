// SPDX-License-Identifier: MIT
// The object graph of one snapshot in memory: who refers to whom, forward and backward.
#ifndef HEAPSNAP_GRAPH_H
#define HEAPSNAP_GRAPH_H

#include "heapsnap/heap.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Read-only adjacency in compressed sparse rows: per direction one array of offsets (4 bytes a
 * node) and one of neighbours (4 bytes a reference). It never changes after loading, so threads
 * share it without locks. Labels are not here: hsn_heap_refs() has them for the nodes that are
 * shown.
 */
typedef struct hsn_graph hsn_graph;

enum hsn_graph_parts {
    HSN_GRAPH_FORWARD = 1,  /**< references of a node */
    HSN_GRAPH_BACKWARD = 2, /**< referrers of a node */
    HSN_GRAPH_WEAK = 4,     /**< weak references too; without it only strong ones */
};

/** A run of node ids; parallel references repeat. */
typedef struct hsn_span {
    const hsn_node_id *ids;
    size_t count;
} hsn_span;

/**
 * Load the parts asked for.
 *
 * Owns:   the caller owns *out; free with hsn_graph_free(). Independent of heap and store after
 * that. Errors: HSN_ESTORE, HSN_EFORMAT (damaged segment), HSN_ENOMEM, HSN_ECANCELED. Cost: O(nodes
 * + references); at most 4 bytes a node and 4 a reference for each direction.
 */
HSN_API int hsn_graph_load(hsn_graph **out, hsn_heap *heap, unsigned parts,
                           const hsn_progress *progress, hsn_error *err);

/**
 * A graph from arrays: `offsets` has node_count + 1 elements, `targets` offsets[node_count]. Both
 * are copied. For tests and for readers of other tools' graphs.
 *
 * Owns:   the caller owns *out; free with hsn_graph_free().
 * Errors: HSN_EINVAL, HSN_ENOMEM.
 */
HSN_API int hsn_graph_build(hsn_graph **out, uint32_t node_count, const uint64_t *offsets,
                            const hsn_node_id *targets, unsigned parts, hsn_error *err);

/** Accepts NULL. */
HSN_API void hsn_graph_free(hsn_graph *graph);

HSN_API uint32_t hsn_graph_node_count(const hsn_graph *graph);
HSN_API uint64_t hsn_graph_reference_count(const hsn_graph *graph);

/** The hsn_graph_parts that it holds. */
HSN_API unsigned hsn_graph_parts(const hsn_graph *graph);

/** The references of `node`, in the dump's order. Needs HSN_GRAPH_FORWARD. O(1). */
HSN_API hsn_span hsn_graph_refs(const hsn_graph *graph, hsn_node_id node);

/** The referrers of `node`, in order of node id. Needs HSN_GRAPH_BACKWARD. O(1). */
HSN_API hsn_span hsn_graph_referrers(const hsn_graph *graph, hsn_node_id node);

#ifdef __cplusplus
}
#endif

#endif
