// SPDX-License-Identifier: MIT
// The parts of the search for chains: distances to the targets, and a chain as an expression.
#ifndef HSN_ANALYSIS_CHAIN_PRIVATE_H
#define HSN_ANALYSIS_CHAIN_PRIVATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "graph/graph_internal.h"
#include "heapsnap/chain.h"

/** What tells references of the runtime's own from those of the application. */
typedef struct hsn__housekeeping {
    const hsn_graph *graph;
    uint8_t *kinds;       /**< by node: hsn_kind */
    uint64_t *looked;     /**< bitmap: dicts that were asked about … */
    uint64_t *namespaces; /**< … and those that are a module's */
} hsn__housekeeping;

/** `graph` needs the backward side. Clear it, failed or not. Errors: HSN_ENOMEM, HSN_ESTORE,
 * HSN_EFORMAT. Cost: one pass over the types; a byte a node. */
int hsn__housekeeping_init(hsn__housekeeping *h, hsn_heap *heap, const hsn_graph *graph,
                           hsn_error *err);
void hsn__housekeeping_clear(hsn__housekeeping *h);

/** A reference from `source` to `target`, whichever it is, is one of the runtime's own. */
bool hsn__is_housekeeping(const hsn__housekeeping *h, hsn_node_id source, hsn_node_id target);

/** How far nodes are from the nearest target. Clear with hsn__distances_clear(), failed or not. */
typedef struct hsn__distances {
    uint32_t *to_target; /**< references + 1; 0 = farther than the search went, or not at all */
    hsn_node_id *queue;  /**< nodes seen, nearest first */
    size_t first, count; /**< the farthest ones: queue[first] … queue[count - 1] */
    bool found;          /**< some of these are starts */
} hsn__distances;

/**
 * Go from the targets to referrers, level by level, until a level holds a node of `starts` (a
 * bitmap) or lies `max_references` (0 = no limit) away. Targets may repeat. References that are
 * housekeeping are left out unless that is NULL. Errors: HSN_ENOMEM,
 * HSN_ECANCELED. Cost: O(nodes + references) at worst, 8 bytes a node.
 */
int hsn__distances_find(const hsn_graph *graph, const hsn_node_id *targets, size_t target_count,
                        const uint64_t *starts, const hsn__housekeeping *housekeeping,
                        uint32_t max_references, const hsn_progress *progress, hsn__distances *out,
                        hsn_error *err);
void hsn__distances_clear(hsn__distances *distances);

/** Write a chain as an expression: steps and root stand. Failures stick in `out`. */
void hsn__chain_text(const hsn_chain *chain, hsn__buf *out);

/**
 * A reference as a part of an expression: `.parent`, `['k']`, `[3]`, `[*]`. A nameless one shows
 * the type of its target: `.<list>`.
 */
void hsn__ref_text(const hsn_ref *ref, const char *label, const char *type_name, hsn__buf *out);

#endif
