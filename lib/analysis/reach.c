// SPDX-License-Identifier: MIT
// Everything that some nodes reach, breadth first.
#include "analysis/reach.h"

// Places ahead in the queue at which offsets and references are prefetched.
enum { AHEAD_OFFSET = 24, AHEAD_REFS = 12 };

size_t hsn__reach(const hsn__adjacency *side, const uint64_t *inside, uint64_t *seen,
                  hsn_node_id *queue, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD_OFFSET < count) {
            __builtin_prefetch(&side->offsets[queue[i + AHEAD_OFFSET]]);
            hsn_node_id soon = queue[i + AHEAD_REFS];
            __builtin_prefetch(&side->ids[hsn__adjacency_start(side, soon)]);
        }
        hsn_span next = hsn__adjacency_span(side, queue[i]);
        for (size_t k = 0; k < next.count; k++) {
            hsn_node_id node = next.ids[k];
            if (hsn__bitmap_get(seen, node) || (inside && !hsn__bitmap_get(inside, node)))
                continue;
            hsn__bitmap_set(seen, node);
            queue[count++] = node;
        }
    }
    return count;
}
