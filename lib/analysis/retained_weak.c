// SPDX-License-Identifier: MIT
// Garbage that something alive still refers to, weakly.
#include "analysis/retained_private.h"

#include "base/alloc.h"
#include "base/bitmap.h"
#include "base/fail.h"
#include "graph/graph_internal.h"

// All that stands below the tops that nothing holds.
static void mark_garbage(const hsn_dominators *d, const hsn__below *below, uint64_t *garbage)
{
    for (hsn_node_id top = below->garbage; top != HSN_NONE; top = below->next[top]) {
        hsn_node_id node = top;
        for (;;) {
            hsn__bitmap_set(garbage, node);
            if (below->first[node] != HSN_NONE) {
                node = below->first[node];
                continue;
            }
            while (node != top && below->next[node] == HSN_NONE)
                node = d->dominator[node];
            if (node == top)
                break;
            node = below->next[node];
        }
    }
}

// Nearest first, over referrers of either strength, until one is alive.
static int search(const hsn_graph *graph, const uint64_t *garbage, hsn_node_id from,
                  hsn_node_id *out_holder, hsn_node_id *out_target, hsn_error *err)
{
    hsn_node_id *queue = hsn__alloc_array(graph->node_count, sizeof *queue);
    uint64_t *seen = hsn__bitmap_new(graph->node_count);
    size_t count = 0;
    if (!queue || !seen) {
        hsn__free(queue);
        hsn__free(seen);
        return hsn__fail_memory(err);
    }
    queue[count++] = from;
    hsn__bitmap_set(seen, from);
    for (size_t i = 0; i < count && *out_holder == HSN_NONE; i++) {
        hsn_span referrers = hsn__adjacency_span(&graph->backward, queue[i]);
        for (size_t k = 0; k < referrers.count; k++) {
            hsn_node_id node = referrers.ids[k];
            if (!hsn__bitmap_get(garbage, node)) {
                *out_holder = node;
                *out_target = queue[i];
                break;
            }
            if (hsn__bitmap_get(seen, node))
                continue;
            hsn__bitmap_set(seen, node);
            queue[count++] = node;
        }
    }
    hsn__free(queue);
    hsn__free(seen);
    return HSN_OK;
}

int hsn_retained_weak_path(hsn_heap *heap, const hsn_dominators *d, hsn_node_id node,
                           const hsn_progress *progress, hsn_node_id *out_holder,
                           hsn_node_id *out_target, hsn_error *err)
{
    hsn__below below = {0};
    hsn_graph *graph = NULL;
    *out_holder = *out_target = HSN_NONE;
    if (node >= d->node_count)
        return hsn__fail(err, HSN_EINVAL, NULL, "no object number %u", node);
    uint64_t *garbage = hsn__bitmap_new(d->node_count);
    int r = garbage ? hsn__below_make(&below, d, err) : hsn__fail_memory(err);
    if (r >= 0) {
        mark_garbage(d, &below, garbage);
        hsn__below_clear(&below);
        if (hsn__bitmap_get(garbage, node))
            r = hsn_graph_load(&graph, heap, HSN_GRAPH_BACKWARD | HSN_GRAPH_WEAK, progress, err);
    }
    if (r >= 0 && graph)
        r = search(graph, garbage, node, out_holder, out_target, err);
    hsn__below_clear(&below);
    hsn_graph_free(graph);
    hsn__free(garbage);
    return r;
}
