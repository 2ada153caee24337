// SPDX-License-Identifier: MIT
// Distances to the nearest target: breadth first over referrers, stopped at the first start.
#include "analysis/chain_private.h"

#include "base/alloc.h"
#include "base/bitmap.h"
#include "base/fail.h"

// Places ahead in the queue at which offsets and referrers are prefetched.
enum { AHEAD_OFFSET = 24, AHEAD_REFS = 12 };

// Enter a node at `distance` unless it was seen. Returns whether it is a start.
static inline bool enter(hsn__distances *d, const uint64_t *starts, hsn_node_id node,
                         uint32_t distance)
{
    if (d->to_target[node])
        return false;
    d->to_target[node] = distance + 1;
    d->queue[d->count++] = node;
    return hsn__bitmap_get(starts, node);
}

// The next level, at `distance`.
static void expand(hsn__distances *d, const hsn__adjacency *side, const uint64_t *starts,
                   const hsn__housekeeping *housekeeping, uint32_t distance)
{
    size_t end = d->count;
    for (size_t i = d->first; i < end; i++) {
        if (i + AHEAD_OFFSET < end) {
            __builtin_prefetch(&side->offsets[d->queue[i + AHEAD_OFFSET]]);
            hsn_node_id soon = d->queue[i + AHEAD_REFS];
            __builtin_prefetch(&side->ids[hsn__adjacency_start(side, soon)]);
        }
        hsn_span referrers = hsn__adjacency_span(side, d->queue[i]);
        for (size_t k = 0; k < referrers.count; k++) {
            if (housekeeping && hsn__is_housekeeping(housekeeping, referrers.ids[k], d->queue[i]))
                continue;
            if (enter(d, starts, referrers.ids[k], distance))
                d->found = true;
        }
    }
    d->first = end;
}

int hsn__distances_find(const hsn_graph *graph, const hsn_node_id *targets, size_t target_count,
                        const uint64_t *starts, const hsn__housekeeping *housekeeping,
                        uint32_t max_references, const hsn_progress *progress, hsn__distances *out,
                        hsn_error *err)
{
    *out = (hsn__distances){0};
    out->to_target = hsn__alloc_zeroed(graph->node_count, sizeof *out->to_target);
    out->queue = hsn__alloc_array(graph->node_count, sizeof *out->queue);
    if (!out->to_target || !out->queue)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < target_count; i++)
        if (enter(out, starts, targets[i], 0))
            out->found = true;
    for (uint32_t distance = 1; !out->found && out->first < out->count; distance++) {
        if (max_references && distance > max_references)
            break;
        if (progress && progress->tick(progress->context, "chain", out->count, graph->node_count))
            return hsn__fail(err, HSN_ECANCELED, NULL, "canceled");
        expand(out, &graph->backward, starts, housekeeping, distance);
    }
    return HSN_OK;
}

void hsn__distances_clear(hsn__distances *distances)
{
    hsn__free(distances->to_target);
    hsn__free(distances->queue);
    *distances = (hsn__distances){0};
}
