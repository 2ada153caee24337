// SPDX-License-Identifier: MIT
// The stages of the search for dominators: preorder from the roots, then SEMI-NCA over it.
#ifndef HSN_ANALYSIS_DOMINATORS_PRIVATE_H
#define HSN_ANALYSIS_DOMINATORS_PRIVATE_H

#include <stdbool.h>

#include "base/bitmap.h"
#include "graph/graph_internal.h"
#include "heapsnap/dominators.h"

/** What the search knows of a node; side by side, since both are wanted at once. */
typedef struct hsn__seen {
    uint32_t number;    /**< in preorder, from 1; 0 = not visited */
    uint32_t referrers; /**< references to it from visited nodes, parallel ones counted each */
} hsn__seen;

/**
 * All nodes in preorder of a depth-first search from two virtual roots: numbers 1 … garbage - 1 are
 * alive, from `garbage` on unreachable. Virtual roots have no references of their own: `tops` marks
 * the nodes that hang on them.
 */
typedef struct hsn__preorder {
    hsn__seen *seen;     /**< by node */
    hsn_node_id *vertex; /**< by number; count + 1, the first one unused */
    uint32_t *parent;    /**< by number: in the tree of the search; 0 = a virtual root */
    uint64_t *tops;      /**< bitmap by node */
    uint32_t count;      /**< nodes visited */
    uint32_t garbage;    /**< first number of an unreachable node; count + 1 = there is none */
    uint32_t held;       /**< nodes that are tops only because something outside holds them */
} hsn__preorder;

/** What makes nodes roots. */
typedef struct hsn__holders {
    const hsn_node_id *declared; /**< may repeat nodes */
    size_t declared_count;
    const uint32_t *refcounts; /**< by node; UINT32_MAX = unknown or immortal. NULL = none known */
    const uint8_t *flags;      /**< hsn_object_flag bits by node; not NULL when refcounts is not */
    /**
     * Called when there is garbage: the nodes to begin with where there is a choice, as a bitmap
     * that this module frees. NULL = no preference.
     */
    int (*prefer)(void *context, uint64_t **out, hsn_error *err);
    void *context;
} hsn__holders;

/**
 * Visit every node: from the declared roots, from what is held from outside, then from one object
 * of each piece of garbage. Clear *out with hsn__preorder_clear(), failed or not.
 *
 * Errors: HSN_ENOMEM, HSN_ECANCELED. Cost: O(nodes + references); 16 bytes a node, and up to 16
 * more for the stack where objects hang in long chains.
 */
int hsn__preorder_find(const hsn_graph *graph, const hsn__holders *holders,
                       const hsn_progress *progress, hsn__preorder *out, hsn_error *err);
void hsn__preorder_clear(hsn__preorder *preorder);

/** The search itself: all arrays allocated, `nodes` become tops and are walked from in order. */
int hsn__preorder_walk(hsn__preorder *preorder, const hsn_graph *graph, const hsn_node_id *nodes,
                       size_t count, const hsn_progress *progress, hsn_error *err);

/** The referrers of every node, by number, as numbers: those of w follow those of w - 1. */
typedef struct hsn__referrers {
    uint64_t *bases; /**< by block of numbers: what seen->referrers, now a place, counts from */
    uint32_t *ids;
    uint64_t count;
} hsn__referrers;

/**
 * Collect the referrers of every node that is no top. Consumes seen->referrers. The graph is not
 * needed any more then. Clear *out with hsn__referrers_clear(), failed or not.
 *
 * Errors: HSN_ENOMEM, HSN_ELIMIT, HSN_ECANCELED. Cost: O(nodes + references); 4 bytes a reference.
 */
int hsn__referrers_find(const hsn_graph *graph, hsn__preorder *preorder,
                        const hsn_progress *progress, hsn__referrers *out, hsn_error *err);
void hsn__referrers_clear(hsn__referrers *referrers);

/**
 * Turn `parent` into immediate dominators, by number; 0 = a virtual root.
 *
 * Errors: HSN_ENOMEM, HSN_ECANCELED. Cost: O((nodes + references) log nodes) at the very worst,
 * linear in practice; 12 bytes a node beside the preorder and the referrers.
 */
int hsn__dominators_sweep(hsn__preorder *preorder, const hsn__referrers *referrers,
                          const hsn_progress *progress, hsn_error *err);

/**
 * After the sweep: fill out->dominator and the sums by node. out->retained_bytes holds shallow
 * bytes before.
 */
void hsn__dominators_add_up(const hsn__preorder *preorder, hsn_dominators *out);

#endif
