// SPDX-License-Identifier: MIT
// The shortest chain of strong references from a root to an object: why it is alive.
#ifndef HEAPSNAP_CHAIN_H
#define HEAPSNAP_CHAIN_H

#include "heapsnap/graph.h"
#include "heapsnap/label.h"

#ifdef __cplusplus
extern "C" {
#endif

/** All zero means: from any root, however long. */
typedef struct hsn_chain_options {
    unsigned root_kinds; /**< bits 1u << hsn_root_kind; 0 = roots of every kind */
    /**
     * Instead of roots: begin at an object whose type's flag is set (indexed by type id, as many as
     * hsn_heap_types() has). NULL = begin at roots.
     */
    const uint8_t *start_types;
    uint32_t max_references; /**< longest chain, in references; 0 = no limit */
} hsn_chain_options;

/** An object of a chain and the reference that leads to it. */
typedef struct hsn_chain_step {
    hsn_node_id node;
    uint32_t type; /**< type id */
    uint64_t address;
    const char *type_name; /**< full: "app.cache.Request" */
    const char *text;      /**< the object's name or short value; "" = none */
    const char *label;     /**< as hsn_label_text() says; "" in the first step */
    hsn_ref ref;           /**< from the step before; meaningless in the first step */
    hsn_kind kind;         /**< of the object's type */
} hsn_chain_step;

typedef struct hsn_chain {
    int found;             /**< 0: no chain; step_count is 0 then */
    hsn_node_id target;    /**< the one of the targets that the chain leads to; HSN_NONE = none */
    hsn_root root;         /**< of the first step; name "" when the chain began by start_types */
    hsn_chain_step *steps; /**< root → target */
    size_t step_count;
    const char *expression; /**< `app.cache._pending['k'][3].owner`; docs/analysis/chain.md */
    void *memory;           /**< private */
} hsn_chain;

/**
 * Find a shortest chain of strong references from a root to any of `targets`.
 *
 * A chain goes round housekeeping: references of instances to their class, of classes to their
 * bases, of functions and frames to the globals of a module. Only where no other chain leads to a
 * root may it pass through them.
 *
 * A target that is a root itself gives one step. Among shortest chains the choice is the same every
 * time: the first step is the root of the first kind in the order of hsn_root_kind (modules, then
 * frames …), then of the lowest address; from there every step takes the reference of the best
 * hsn_ref_rank(), then the target of the lowest address, then the reference that stands first in
 * the object. Not finding a chain is success with `found` 0.
 *
 * `graph` needs HSN_GRAPH_BACKWARD without HSN_GRAPH_WEAK, and comes from the same heap.
 *
 * Owns:    free *out with hsn_chain_free(). Independent of heap and graph after that.
 * Errors:  HSN_EINVAL (no such target, parts missing), HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT,
 *          HSN_ECANCELED.
 * Cost:    O(nodes + references) at worst, twice where only housekeeping leads there; stops at the
 *          first root. 9 bytes a node.
 * Threads: needs exclusive use of `heap` while it runs.
 * Source:  docs/analysis/chain.md; breadth-first search from the targets over referrers.
 */
HSN_API int hsn_chain_find(hsn_heap *heap, const hsn_graph *graph, const hsn_node_id *targets,
                           size_t target_count, const hsn_chain_options *options,
                           const hsn_progress *progress, hsn_chain *out, hsn_error *err);

/** Accepts a chain that is all zero. */
HSN_API void hsn_chain_free(hsn_chain *chain);

#ifdef __cplusplus
}
#endif

#endif
