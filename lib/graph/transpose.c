// SPDX-License-Identifier: MIT
// From references to referrers: a counting sort by target.
//
// Two passes over the targets, each with one access to a random place per target. What costs is the
// wait for memory, so both passes ask for a place some targets ahead. `offsets` serve as counters,
// then as starts, then as the places to write to; nothing else is allocated.
#include "graph/graph_internal.h"

#include "base/alloc.h"
#include "base/fail.h"

// Targets ahead at which counters and places are prefetched. Flat between 12 and 64.
enum { AHEAD_COUNTER = 32, AHEAD_PLACE = 16 };

void hsn__adjacency_count(hsn__adjacency *side, const hsn_node_id *targets, uint64_t count)
{
    uint32_t *counters = side->offsets;
    uint64_t ahead = count > AHEAD_COUNTER ? count - AHEAD_COUNTER : 0, i = 0;
    for (; i < ahead; i++) {
        __builtin_prefetch(&counters[targets[i + AHEAD_COUNTER]], 1);
        counters[targets[i]]++;
    }
    for (; i < count; i++)
        counters[targets[i]]++;
}

int hsn__adjacency_sum(hsn__adjacency *side, uint32_t node_count, uint64_t reference_count,
                       hsn_error *err)
{
    uint64_t start = 0;
    for (uint32_t node = 0; node <= node_count; node++) {
        uint32_t count = side->offsets[node];
        int r = hsn__adjacency_set_start(side, node, start, err);
        if (r < 0)
            return r;
        start += count;
    }
    // A counter that ran over its 32 bits shows here.
    if (start != reference_count)
        return hsn__fail_limit(err, "referrers of one object", UINT32_MAX);
    return HSN_OK;
}

static inline hsn_node_id *place_of(const hsn__adjacency *side, hsn_node_id target)
{
    return side->ids + hsn__adjacency_start(side, target);
}

void hsn__adjacency_scatter(hsn__adjacency *side, uint32_t first, uint32_t count,
                            const uint32_t *offsets, uint64_t end, const hsn_node_id *targets)
{
    uint64_t i = count ? offsets[0] : end;
    for (uint32_t n = 0; n < count; n++) {
        uint64_t stop = n + 1 < count ? offsets[n + 1] : end;
        for (; i < stop; i++) {
            if (i + AHEAD_COUNTER < end) {
                __builtin_prefetch(&side->offsets[targets[i + AHEAD_COUNTER]], 1);
                __builtin_prefetch(place_of(side, targets[i + AHEAD_PLACE]), 1);
            }
            *place_of(side, targets[i]) = first + n;
            side->offsets[targets[i]]++;
        }
    }
}

void hsn__adjacency_finish(hsn__adjacency *side, uint32_t node_count)
{
    // Every offset now tells where its node ends, which is where the next one of the block begins.
    uint32_t previous = 0;
    for (uint32_t node = 0; node <= node_count; node++) {
        uint32_t end = side->offsets[node];
        side->offsets[node] = node % HSN__BLOCK_NODES ? previous : 0;
        previous = end;
    }
}

int hsn__adjacency_transpose(hsn__adjacency *to, const hsn__adjacency *from, uint32_t node_count,
                             uint64_t reference_count, const hsn_progress *progress, hsn_error *err)
{
    hsn__adjacency_count(to, from->ids, reference_count);
    int r = hsn__adjacency_sum(to, node_count, reference_count, err);
    for (uint64_t first = 0; r >= 0 && first < node_count; first += HSN__BLOCK_NODES) {
        uint64_t next = first + HSN__BLOCK_NODES;
        if (next > node_count)
            next = node_count;
        uint64_t base = from->bases[first >> HSN__BLOCK_SHIFT];
        uint64_t end = hsn__adjacency_start(from, (uint32_t)next) - base;
        hsn__adjacency_scatter(to, (uint32_t)first, (uint32_t)(next - first), from->offsets + first,
                               end, from->ids + base);
        if (progress && progress->tick(progress->context, "referrers", next, node_count))
            r = hsn__fail(err, HSN_ECANCELED, NULL, "canceled");
    }
    if (r >= 0)
        hsn__adjacency_finish(to, node_count);
    return r;
}
