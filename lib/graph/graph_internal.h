// SPDX-License-Identifier: MIT
// The layout of a graph, for the analyses that walk all of it.
#ifndef HSN_GRAPH_INTERNAL_H
#define HSN_GRAPH_INTERNAL_H

#include "heapsnap/graph.h"

/**
 * One direction in compressed sparse rows. The neighbours of node n stand at ids[start(n)] …
 * ids[start(n + 1) - 1]. More than 2^32 references need 64-bit starts, but neighbours of one block
 * of 64 Ki nodes never do, so a start is a block's base and 4 bytes a node:
 *
 *     start(n) = bases[n >> 16] + offsets[n]         0 <= n <= node_count
 */
typedef struct hsn__adjacency {
    uint64_t *bases;   /**< one for each block of 64 Ki nodes, and for the end */
    uint32_t *offsets; /**< node_count + 1 */
    hsn_node_id *ids;  /**< reference_count */
} hsn__adjacency;

struct hsn_graph {
    uint32_t node_count;
    uint64_t reference_count;
    unsigned parts;          /**< hsn_graph_parts that are loaded */
    hsn__adjacency forward;  /**< references, in the dump's order */
    hsn__adjacency backward; /**< referrers, ascending */
};

enum { HSN__BLOCK_SHIFT = 16, HSN__BLOCK_NODES = 1 << HSN__BLOCK_SHIFT };

static inline uint64_t hsn__adjacency_start(const hsn__adjacency *side, uint32_t node)
{
    return side->bases[node >> HSN__BLOCK_SHIFT] + side->offsets[node];
}

static inline hsn_span hsn__adjacency_span(const hsn__adjacency *side, hsn_node_id node)
{
    uint64_t start = hsn__adjacency_start(side, node);
    uint64_t end = hsn__adjacency_start(side, node + 1);
    return (hsn_span){side->ids + start, (size_t)(end - start)};
}

/** An empty graph whose parts are to be filled. Errors: HSN_ELIMIT, HSN_ENOMEM. */
int hsn__graph_new(hsn_graph **out, uint32_t node_count, uint64_t reference_count, unsigned parts,
                   hsn_error *err);

/** Room for one side; free it with hsn__adjacency_clear(), failed or not. All offsets are 0.
 * Errors: HSN_ENOMEM. */
int hsn__adjacency_init(hsn__adjacency *side, uint32_t node_count, uint64_t reference_count,
                        hsn_error *err);

void hsn__adjacency_clear(hsn__adjacency *side);

/**
 * The side as sources come: say where the neighbours of node 0, 1, 2 … begin, at last (node_count)
 * where they end, and fill `ids`. Errors: HSN_ELIMIT (more than 2^32 references in a block).
 */
int hsn__adjacency_set_start(hsn__adjacency *side, uint32_t node, uint64_t start, hsn_error *err);

/*
 * The other side, by counting: hsn__adjacency_count() for every run of targets, then
 * hsn__adjacency_sum(), then hsn__adjacency_scatter() for the same runs with sources ascending,
 * then hsn__adjacency_finish().
 */

/** Count `count` targets. */
void hsn__adjacency_count(hsn__adjacency *side, const hsn_node_id *targets, uint64_t count);

/** Turn counts into starts. Errors: HSN_ELIMIT. */
int hsn__adjacency_sum(hsn__adjacency *side, uint32_t node_count, uint64_t reference_count,
                       hsn_error *err);

/**
 * Enter the references of nodes first … first + count - 1: those of node first + i are
 * targets[offsets[i]] … targets[offsets[i + 1] - 1], and those of the last one end at `end`.
 */
void hsn__adjacency_scatter(hsn__adjacency *side, uint32_t first, uint32_t count,
                            const uint32_t *offsets, uint64_t end, const hsn_node_id *targets);

/** Starts again, after scattering moved them. */
void hsn__adjacency_finish(hsn__adjacency *side, uint32_t node_count);

/**
 * Fill one side, fresh from hsn__adjacency_init(), from the other one.
 * Errors: HSN_ELIMIT, HSN_ECANCELED.
 */
int hsn__adjacency_transpose(hsn__adjacency *to, const hsn__adjacency *from, uint32_t node_count,
                             uint64_t reference_count, const hsn_progress *progress,
                             hsn_error *err);

#endif
