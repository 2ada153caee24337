// SPDX-License-Identifier: MIT
// What would go with a whole component: the retained bytes of many sets in one search.
//
// In a copy of the references, those that lead into a set from outside are led to its first object.
// Every object of the set is reached from there, and now only from there: so what the first object
// then dominates is what only the set reaches.
#include "heapsnap/retained.h"

#include <string.h>

#include "analysis/dominators_private.h"
#include "analysis/roots_private.h"
#include "base/alloc.h"
#include "base/fail.h"

// The first object of the set of each node; a node of no set stands for itself.
static int map_nodes(const hsn_graph *graph, const hsn_span *sets, size_t count, hsn_node_id **out,
                     hsn_error *err)
{
    hsn_node_id *first = *out = hsn__alloc_array(graph->node_count, sizeof *first);
    if (!first)
        return hsn__fail_memory(err);
    for (uint32_t node = 0; node < graph->node_count; node++)
        first[node] = node;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sets[i].count; k++) {
            if (sets[i].ids[k] >= graph->node_count)
                return hsn__fail(err, HSN_EINVAL, NULL, "no object number %u", sets[i].ids[k]);
            first[sets[i].ids[k]] = sets[i].ids[0];
        }
    return HSN_OK;
}

static int lead_to_first(const hsn_graph *graph, const hsn_node_id *first, hsn_graph *out,
                         hsn_error *err)
{
    *out = *graph;
    out->forward.ids = hsn__alloc_array((size_t)graph->reference_count, sizeof *out->forward.ids);
    if (!out->forward.ids)
        return hsn__fail_memory(err);
    for (uint32_t node = 0; node < graph->node_count; node++) {
        uint64_t at = hsn__adjacency_start(&graph->forward, node);
        uint64_t end = hsn__adjacency_start(&graph->forward, node + 1);
        for (; at < end; at++) {
            hsn_node_id target = graph->forward.ids[at];
            bool inside = first[target] == first[node];
            out->forward.ids[at] = inside ? target : first[target];
        }
    }
    return HSN_OK;
}

// What the roots hold directly, as nodes of the changed graph.
static int find_tops(hsn_heap *heap, const hsn_graph *graph, const hsn_node_id *first,
                     const hsn_progress *progress, hsn_node_id **out, size_t *out_count,
                     hsn_error *err)
{
    hsn__sources sources = {0};
    hsn__preorder p = {0};
    *out_count = 0;
    int r = hsn__sources_read(heap, &sources, err);
    if (r >= 0)
        r = hsn__preorder_find(graph, &sources.holders, progress, &p, err);
    hsn__sources_clear(&sources);
    *out = hsn__alloc_array(graph->node_count, sizeof **out);
    if (r >= 0 && !*out)
        r = hsn__fail_memory(err);
    for (uint32_t node = 0; r >= 0 && node < graph->node_count; node++)
        if (hsn__bitmap_get(p.tops, node) && p.seen[node].number < p.garbage)
            (*out)[(*out_count)++] = first[node];
    hsn__preorder_clear(&p);
    return r;
}

static int find(hsn_heap *heap, const hsn_graph *changed, const hsn__holders *holders,
                const hsn_progress *progress, hsn_dominators *d, hsn_error *err)
{
    hsn__preorder p = {0};
    hsn__referrers referrers = {0};
    int r = hsn__preorder_find(changed, holders, progress, &p, err);
    if (r >= 0)
        r = hsn__referrers_find(changed, &p, progress, &referrers, err);
    if (r >= 0)
        r = hsn__dominators_sweep(&p, &referrers, progress, err);
    hsn__referrers_clear(&referrers);
    d->node_count = changed->node_count;
    d->dominator = hsn__alloc_array(changed->node_count, sizeof *d->dominator);
    d->retained_bytes = hsn__alloc_array(changed->node_count, sizeof *d->retained_bytes);
    if (r >= 0 && (!d->dominator || !d->retained_bytes))
        r = hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_heap_column_sizes(heap, d->retained_bytes, err);
    if (r >= 0)
        hsn__dominators_add_up(&p, d);
    hsn__preorder_clear(&p);
    return r;
}

int hsn_retained_sets(hsn_heap *heap, const hsn_graph *graph, const hsn_span *sets, size_t count,
                      const hsn_progress *progress, uint64_t *out, hsn_error *err)
{
    hsn_graph changed = {0};
    hsn_dominators d = {0};
    hsn_node_id *first = NULL, *tops = NULL;
    unsigned parts = hsn_graph_parts(graph);
    if (!(parts & HSN_GRAPH_FORWARD) || parts & HSN_GRAPH_WEAK)
        return hsn__fail(err, HSN_EINVAL, NULL,
                         "retained bytes need the strong references of the graph");
    hsn__holders holders = {0};
    int r = map_nodes(graph, sets, count, &first, err);
    if (r >= 0)
        r = find_tops(heap, graph, first, progress, &tops, &holders.declared_count, err);
    holders.declared = tops;
    if (r >= 0)
        r = lead_to_first(graph, first, &changed, err);
    if (r >= 0)
        r = find(heap, &changed, &holders, progress, &d, err);
    for (size_t i = 0; r >= 0 && i < count; i++)
        out[i] = sets[i].count ? d.retained_bytes[sets[i].ids[0]] : 0;
    hsn__free(changed.forward.ids);
    hsn__free(first);
    hsn__free(tops);
    hsn_dominators_free(&d);
    return r;
}
