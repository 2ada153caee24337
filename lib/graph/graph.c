// SPDX-License-Identifier: MIT
// The object graph in memory: making it, freeing it, asking it.
#include "graph/graph_internal.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

int hsn__adjacency_init(hsn__adjacency *side, uint32_t node_count, uint64_t reference_count,
                        hsn_error *err)
{
    size_t blocks = ((size_t)node_count >> HSN__BLOCK_SHIFT) + 1;
    side->bases = hsn__alloc_zeroed(blocks, sizeof *side->bases);
    side->offsets = hsn__alloc_zeroed((size_t)node_count + 1, sizeof *side->offsets);
    side->ids = hsn__alloc_array((size_t)reference_count, sizeof *side->ids);
    return side->bases && side->offsets && side->ids ? HSN_OK : hsn__fail_memory(err);
}

void hsn__adjacency_clear(hsn__adjacency *side)
{
    hsn__free(side->bases);
    hsn__free(side->offsets);
    hsn__free(side->ids);
    *side = (hsn__adjacency){0};
}

int hsn__graph_new(hsn_graph **out, uint32_t node_count, uint64_t reference_count, unsigned parts,
                   hsn_error *err)
{
    int r = HSN_OK;
    *out = NULL;
    if (node_count > HSN_MAX_OBJECTS)
        return hsn__fail_limit(err, "objects", HSN_MAX_OBJECTS);
    hsn_graph *graph = hsn__alloc_zeroed(1, sizeof *graph);
    if (!graph)
        return hsn__fail_memory(err);
    graph->node_count = node_count;
    graph->reference_count = reference_count;
    graph->parts = parts;
    if (parts & HSN_GRAPH_FORWARD)
        r = hsn__adjacency_init(&graph->forward, node_count, reference_count, err);
    if (r >= 0 && parts & HSN_GRAPH_BACKWARD)
        r = hsn__adjacency_init(&graph->backward, node_count, reference_count, err);
    if (r < 0) {
        hsn_graph_free(graph);
        return r;
    }
    *out = graph;
    return HSN_OK;
}

void hsn_graph_free(hsn_graph *graph)
{
    if (!graph)
        return;
    hsn__adjacency_clear(&graph->forward);
    hsn__adjacency_clear(&graph->backward);
    hsn__free(graph);
}

int hsn__adjacency_set_start(hsn__adjacency *side, uint32_t node, uint64_t start, hsn_error *err)
{
    uint64_t *base = &side->bases[node >> HSN__BLOCK_SHIFT];
    if (node % HSN__BLOCK_NODES == 0)
        *base = start;
    if (start - *base > UINT32_MAX)
        return hsn__fail_limit(err, "references of 65536 neighbouring objects", UINT32_MAX);
    side->offsets[node] = (uint32_t)(start - *base);
    return HSN_OK;
}

static int check_arrays(uint32_t node_count, const uint64_t *offsets, const hsn_node_id *targets,
                        hsn_error *err)
{
    for (uint32_t node = 0; node < node_count; node++)
        if (offsets[node] > offsets[node + 1])
            return hsn__fail(err, HSN_EINVAL, NULL, "offsets descend at node %u", node);
    for (uint64_t i = offsets[0]; i < offsets[node_count]; i++)
        if (targets[i] >= node_count)
            return hsn__fail(err, HSN_EINVAL, NULL, "target %u of %u nodes", targets[i],
                             node_count);
    return HSN_OK;
}

int hsn_graph_build(hsn_graph **out, uint32_t node_count, const uint64_t *offsets,
                    const hsn_node_id *targets, unsigned parts, hsn_error *err)
{
    hsn_graph *graph = NULL;
    *out = NULL;
    int r = check_arrays(node_count, offsets, targets, err);
    if (r < 0)
        goto done;
    uint64_t first = offsets[0], count = offsets[node_count] - first;
    // The backward side is made from the forward one, which is dropped when nobody asked for it.
    r = hsn__graph_new(&graph, node_count, count, parts | HSN_GRAPH_FORWARD, err);
    if (r < 0)
        goto done;
    for (uint32_t node = 0; node <= node_count; node++) {
        r = hsn__adjacency_set_start(&graph->forward, node, offsets[node] - first, err);
        if (r < 0)
            goto done;
    }
    if (count)
        memcpy(graph->forward.ids, targets + first, count * sizeof *targets);
    if (parts & HSN_GRAPH_BACKWARD)
        r = hsn__adjacency_transpose(&graph->backward, &graph->forward, node_count, count, NULL,
                                     err);
    if (r < 0)
        goto done;
    if (!(parts & HSN_GRAPH_FORWARD))
        hsn__adjacency_clear(&graph->forward);
    graph->parts = parts;
    *out = graph;
    graph = NULL;
done:
    hsn_graph_free(graph);
    return r;
}

uint32_t hsn_graph_node_count(const hsn_graph *graph)
{
    return graph->node_count;
}

uint64_t hsn_graph_reference_count(const hsn_graph *graph)
{
    return graph->reference_count;
}

unsigned hsn_graph_parts(const hsn_graph *graph)
{
    return graph->parts;
}

hsn_span hsn_graph_refs(const hsn_graph *graph, hsn_node_id node)
{
    return hsn__adjacency_span(&graph->forward, node);
}

hsn_span hsn_graph_referrers(const hsn_graph *graph, hsn_node_id node)
{
    return hsn__adjacency_span(&graph->backward, node);
}
