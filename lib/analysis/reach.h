// SPDX-License-Identifier: MIT
// Everything that some nodes reach, breadth first.
#ifndef HSN_ANALYSIS_REACH_H
#define HSN_ANALYSIS_REACH_H

#include "base/bitmap.h"
#include "graph/graph_internal.h"

/**
 * Add to `seen` all that the first `count` nodes of `queue` reach along `side`, and to `queue`
 * after them, nearest first. Those `count` nodes are in `seen` already and stand once. Nodes
 * outside of `inside` (NULL = none are) count as missing. `queue` has room for every node. Returns
 * how many nodes the queue then holds.
 *
 * Cost: O(nodes + references) reached. The queue tells what comes, so nothing waits for memory.
 */
size_t hsn__reach(const hsn__adjacency *side, const uint64_t *inside, uint64_t *seen,
                  hsn_node_id *queue, size_t count);

/** Put a node into the queue unless it was seen. Returns the new count. */
static inline size_t hsn__reach_from(uint64_t *seen, hsn_node_id *queue, size_t count,
                                     hsn_node_id node)
{
    if (!hsn__bitmap_get(seen, node)) {
        hsn__bitmap_set(seen, node);
        queue[count++] = node;
    }
    return count;
}

#endif
