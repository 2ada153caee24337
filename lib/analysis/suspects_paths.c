// SPDX-License-Identifier: MIT
// Shortest ways from the roots to everything, and what many of them have in common.
#include "analysis/suspects_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/bitmap.h"
#include "base/fail.h"

static void enter(hsn__paths *p, hsn_node_id node, uint32_t parent)
{
    if (p->place[node])
        return;
    p->order[p->count] = node;
    p->parent[p->count] = parent;
    p->place[node] = ++p->count;
}

int hsn__paths_find(hsn__paths *p, hsn_heap *heap, const hsn_graph *graph,
                    const hsn_progress *progress, hsn_error *err)
{
    uint32_t nodes = hsn_graph_node_count(graph);
    const hsn_root_list *roots;
    *p = (hsn__paths){0};
    p->order = hsn__alloc_array(nodes, sizeof *p->order);
    p->parent = hsn__alloc_array(nodes, sizeof *p->parent);
    p->place = hsn__alloc_zeroed(nodes, sizeof *p->place);
    p->weight = hsn__alloc_zeroed(nodes, sizeof *p->weight);
    p->marked = hsn__bitmap_new(nodes);
    if (!p->order || !p->parent || !p->place || !p->weight || !p->marked)
        return hsn__fail_memory(err);
    int r = hsn_heap_roots(heap, &roots, err);
    for (int kind = 0; r >= 0 && kind < HSN_ROOT_KIND_COUNT; kind++)
        for (size_t i = 0; i < roots->count; i++)
            if ((int)roots->rows[i].kind == kind)
                enter(p, roots->rows[i].node, HSN_NONE);
    for (uint32_t i = 0; r >= 0 && i < p->count; i++) {
        hsn_span refs = hsn_graph_refs(graph, p->order[i]);
        for (size_t k = 0; k < refs.count; k++)
            enter(p, refs.ids[k], i);
        if (progress && !(i & 0xffff) &&
            progress->tick(progress->context, "suspects", p->count, nodes))
            r = hsn__fail(err, HSN_ECANCELED, NULL, "canceled");
    }
    return r;
}

void hsn__paths_clear(hsn__paths *p)
{
    hsn__free(p->order);
    hsn__free(p->parent);
    hsn__free(p->place);
    hsn__free(p->weight);
    hsn__free(p->marked);
    *p = (hsn__paths){0};
}

bool hsn__paths_mark(hsn__paths *p, hsn_node_id node)
{
    if (!p->place[node])
        return false;
    hsn__bitmap_set(p->marked, p->place[node] - 1);
    return true;
}

hsn_node_id hsn__paths_common(hsn__paths *p, uint64_t *out_count)
{
    uint64_t marked = 0;
    uint32_t best = HSN_NONE;
    *out_count = 0;
    for (uint32_t i = p->count; i-- > 0;) {
        bool is_marked = hsn__bitmap_get(p->marked, i);
        marked += is_marked;
        p->weight[i] += is_marked;
        if (p->parent[i] != HSN_NONE)
            p->weight[p->parent[i]] += p->weight[i];
    }
    // More than half of the ways lead through at most one node of each distance: the last one wins.
    for (uint32_t i = 0; i < p->count; i++)
        if ((uint64_t)p->weight[i] * 2 > marked && !hsn__bitmap_get(p->marked, i))
            best = i;
    hsn_node_id node = best == HSN_NONE ? HSN_NONE : p->order[best];
    if (best != HSN_NONE)
        *out_count = p->weight[best];
    memset(p->weight, 0, p->count * sizeof *p->weight);
    memset(p->marked, 0, hsn__bitmap_words(p->count) * sizeof *p->marked);
    return node;
}
