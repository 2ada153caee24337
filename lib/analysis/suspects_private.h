// SPDX-License-Identifier: MIT
// Shortest ways from the roots to everything, and what many of them have in common.
#ifndef HSN_ANALYSIS_SUSPECTS_PRIVATE_H
#define HSN_ANALYSIS_SUSPECTS_PRIVATE_H

#include <stdbool.h>

#include "graph/graph_internal.h"

/** A breadth-first tree. Start with `{0}`. */
typedef struct hsn__paths {
    hsn_node_id *order; /**< nodes, nearest to the roots first */
    uint32_t *parent;   /**< by place in `order`: place of the node before it; HSN_NONE = a root */
    uint32_t *place;    /**< by node: place in `order` + 1; 0 = no declared root reaches it */
    uint32_t *weight;   /**< by place: marked nodes there and behind; all 0 between questions */
    uint64_t *marked;   /**< bitmap by place */
    uint32_t count;
} hsn__paths;

/** From the declared roots, modules first. Errors: HSN_ENOMEM, HSN_ESTORE. 16 bytes a node. */
int hsn__paths_find(hsn__paths *paths, hsn_heap *heap, const hsn_graph *graph,
                    const hsn_progress *progress, hsn_error *err);
void hsn__paths_clear(hsn__paths *paths);

/** Ask about this node too; false when no way leads to it. */
bool hsn__paths_mark(hsn__paths *paths, hsn_node_id node);

/**
 * The farthest node, not marked itself, through which more than half of the ways to marked nodes
 * lead, and how many; HSN_NONE and 0 = there is none. Unmarks all. O(nodes).
 */
hsn_node_id hsn__paths_common(hsn__paths *paths, uint64_t *out_count);

#endif
