// SPDX-License-Identifier: MIT
// A graph out of the columns of a heap, part by part of 64 Ki nodes.
//
// Degrees are read first, so that every array is allocated once and targets are decoded into their
// final place. Referrers alone are made from targets decoded twice, which costs a tenth of a second
// for 30 M references and saves the 4 bytes a reference of a forward side that nobody asked for.
#include "graph/graph_internal.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "store/heap_private.h"

_Static_assert((int)HSN__PART_NODES == HSN__BLOCK_NODES, "a part is a block");

typedef struct loading {
    hsn_heap *heap;
    hsn_graph *graph;
    bool with_weak;
    uint32_t *offsets;    // of one part, and where it ends
    uint64_t *totals;     // references of each part
    hsn_node_id *targets; // of one part, when there is no forward side
    const hsn_progress *progress;
    uint64_t done, steps;
} loading;

static int tick(loading *l, hsn_error *err)
{
    l->done++;
    if (l->progress && l->progress->tick(l->progress->context, "references", l->done, l->steps))
        return hsn__fail(err, HSN_ECANCELED, NULL, "canceled");
    return HSN_OK;
}

// The offsets of a part within it.
static int read_offsets(loading *l, uint32_t part, hsn_error *err)
{
    uint32_t nodes = hsn__heap_part_nodes(l->heap, part);
    uint64_t total, sum = 0;
    int r = hsn__heap_degrees(l->heap, part, l->with_weak, l->offsets, &total, err);
    if (r < 0)
        return r;
    if (total > UINT32_MAX)
        return hsn__fail_limit(err, "references of 65536 neighbouring objects", UINT32_MAX);
    for (uint32_t i = 0; i < nodes; i++) {
        uint32_t degree = l->offsets[i];
        l->offsets[i] = (uint32_t)sum;
        sum += degree;
    }
    l->offsets[nodes] = (uint32_t)sum;
    l->totals[part] = total;
    return HSN_OK;
}

static int read_totals(loading *l, uint64_t *out_total, uint64_t *out_largest, hsn_error *err)
{
    int r = HSN_OK;
    *out_total = *out_largest = 0;
    for (uint32_t part = 0; part < hsn__heap_part_count(l->heap) && r >= 0; part++) {
        r = read_offsets(l, part, err);
        if (r < 0)
            break;
        *out_total += l->totals[part];
        if (l->totals[part] > *out_largest)
            *out_largest = l->totals[part];
        r = tick(l, err);
    }
    return r;
}

static int load_forward(loading *l, hsn_error *err)
{
    hsn__adjacency *side = &l->graph->forward;
    uint64_t start = 0;
    int r = HSN_OK;
    for (uint32_t part = 0; part < hsn__heap_part_count(l->heap) && r >= 0; part++) {
        uint32_t nodes = hsn__heap_part_nodes(l->heap, part), first = part * HSN__PART_NODES;
        r = read_offsets(l, part, err);
        for (uint32_t i = 0; i < nodes && r >= 0; i++)
            r = hsn__adjacency_set_start(side, first + i, start + l->offsets[i], err);
        if (r >= 0)
            r = hsn__heap_targets(l->heap, part, l->with_weak, side->ids + start, l->totals[part],
                                  err);
        start += l->totals[part];
        if (r >= 0)
            r = tick(l, err);
    }
    if (r >= 0)
        r = hsn__adjacency_set_start(side, l->graph->node_count, start, err);
    return r;
}

// One pass over all targets: to count them, or to enter their sources.
static int pass_targets(loading *l, bool enter, hsn_error *err)
{
    hsn__adjacency *side = &l->graph->backward;
    int r = HSN_OK;
    for (uint32_t part = 0; part < hsn__heap_part_count(l->heap) && r >= 0; part++) {
        r = read_offsets(l, part, err);
        if (r >= 0)
            r = hsn__heap_targets(l->heap, part, l->with_weak, l->targets, l->totals[part], err);
        if (r < 0)
            break;
        if (enter)
            hsn__adjacency_scatter(side, part * HSN__PART_NODES,
                                   hsn__heap_part_nodes(l->heap, part), l->offsets, l->totals[part],
                                   l->targets);
        else
            hsn__adjacency_count(side, l->targets, l->totals[part]);
        r = tick(l, err);
    }
    return r;
}

static int load_backward(loading *l, uint64_t largest_part, hsn_error *err)
{
    hsn_graph *graph = l->graph;
    l->targets = hsn__alloc_array((size_t)largest_part, sizeof *l->targets);
    int r = l->targets ? pass_targets(l, false, err) : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn__adjacency_sum(&graph->backward, graph->node_count, graph->reference_count, err);
    if (r >= 0)
        r = pass_targets(l, true, err);
    if (r >= 0)
        hsn__adjacency_finish(&graph->backward, graph->node_count);
    return r;
}

int hsn_graph_load(hsn_graph **out, hsn_heap *heap, unsigned parts, const hsn_progress *progress,
                   hsn_error *err)
{
    uint32_t part_count = hsn__heap_part_count(heap);
    unsigned sides = parts & (HSN_GRAPH_FORWARD | HSN_GRAPH_BACKWARD);
    loading l = {.heap = heap, .with_weak = parts & HSN_GRAPH_WEAK, .progress = progress};
    uint64_t total, largest;
    *out = NULL;
    l.steps = (uint64_t)part_count * (sides == HSN_GRAPH_BACKWARD ? 3 : 2);
    l.offsets = hsn__alloc_array(HSN__PART_NODES + 1, sizeof *l.offsets);
    l.totals = hsn__alloc_array(part_count, sizeof *l.totals);
    int r = l.offsets && l.totals ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0 && hsn_heap_info(heap)->objects > HSN_MAX_OBJECTS)
        r = hsn__fail_limit(err, "objects", HSN_MAX_OBJECTS);
    if (r >= 0)
        r = read_totals(&l, &total, &largest, err);
    if (r >= 0)
        r = hsn__graph_new(&l.graph, (uint32_t)hsn_heap_info(heap)->objects, total, parts, err);
    if (r >= 0 && sides & HSN_GRAPH_FORWARD)
        r = load_forward(&l, err);
    if (r >= 0 && sides == HSN_GRAPH_BACKWARD)
        r = load_backward(&l, largest, err);
    if (r >= 0 && sides == (HSN_GRAPH_FORWARD | HSN_GRAPH_BACKWARD))
        r = hsn__adjacency_transpose(&l.graph->backward, &l.graph->forward, l.graph->node_count,
                                     total, progress, err);
    hsn__free(l.targets);
    hsn__free(l.offsets);
    hsn__free(l.totals);
    if (r < 0)
        hsn_graph_free(l.graph);
    else
        *out = l.graph;
    return r < 0 ? r : HSN_OK;
}
