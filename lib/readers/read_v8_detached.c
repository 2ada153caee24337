// SPDX-License-Identifier: MIT
// Detached DOM nodes of a V8 heap snapshot. Entry points say of themselves whether they hang on a
// document; what hangs on them, natively, is as they are, and attached where both lead.
#include "read_v8.h"

typedef struct work {
    hsn__v8_reading *v;
    size_t *heads;     // by node: where it stands in v->nodes
    size_t *edges;     // by node: where its edges begin in v->edges
    uint64_t *targets; // by node: the target before its first edge, from which steps count
    uint32_t *queue;
    size_t count;
    uint64_t *seen;
} work;

static void mark(work *w, uint64_t node, uint8_t state)
{
    uint8_t *head = &w->v->nodes.data[w->heads[node]];
    if (hsn__bitmap_get(w->seen, node))
        return;
    hsn__bitmap_set(w->seen, node);
    if ((*head & 15) != HSN__V8_NODE_NATIVE)
        return;
    *head = (uint8_t)((*head & 15) | state << 4);
    w->queue[w->count++] = (uint32_t)node;
}

static void spread(work *w, uint8_t state)
{
    for (size_t at = 0; at < w->count; at++) {
        uint32_t from = w->queue[at];
        hsn__v8_edge_walk walk = {w->v->edges.data + w->edges[from], w->targets[from]};
        hsn__v8_node node;
        hsn__v8_edge edge;
        hsn__v8_node_get(w->v->nodes.data + w->heads[from], &node);
        // Edges that the file lacks lie behind the end.
        while (node.edges-- && walk.p < w->v->edges.data + w->v->edges.size) {
            hsn__v8_edge_get(&walk, &edge);
            if (edge.kind != HSN__V8_EDGE_HIDDEN && edge.kind != HSN__V8_EDGE_WEAK &&
                edge.kind != HSN__V8_EDGE_SHORTCUT && edge.target < w->v->node_count)
                mark(w, edge.target, state);
        }
    }
}

static void find_places(work *w)
{
    hsn__v8_reading *v = w->v;
    hsn__v8_edge_walk walk = {.p = v->edges.data};
    const uint8_t *p = v->nodes.data;
    uint64_t left = v->edge_count;
    for (size_t i = 0; i < v->node_count; i++) {
        hsn__v8_node node;
        hsn__v8_edge edge;
        w->heads[i] = (size_t)(p - v->nodes.data);
        w->edges[i] = (size_t)(walk.p - v->edges.data);
        w->targets[i] = walk.target;
        p = hsn__v8_node_get(p, &node);
        for (uint64_t k = hsn__v8_take_edges(&node, &left); k; k--)
            hsn__v8_edge_get(&walk, &edge);
    }
}

int hsn__v8_propagate_detached(hsn__v8_reading *v, hsn_error *err)
{
    work w = {.v = v};
    int r = HSN_OK;
    // Only browsers have documents: nothing is allocated for others.
    if (!v->has_detachedness)
        return HSN_OK;
    w.heads = hsn__alloc_array(v->node_count, sizeof *w.heads);
    w.edges = hsn__alloc_array(v->node_count, sizeof *w.edges);
    w.targets = hsn__alloc_array(v->node_count, sizeof *w.targets);
    w.queue = hsn__alloc_array(v->node_count, sizeof *w.queue);
    w.seen = hsn__bitmap_new(v->node_count);
    if (!w.heads || !w.edges || !w.targets || !w.queue || !w.seen) {
        r = hsn__fail_memory(err);
        goto done;
    }
    find_places(&w);
    for (size_t i = 0; i < v->node_count; i++)
        if (v->nodes.data[w.heads[i]] >> 4)
            hsn__bitmap_set(w.seen, i);
    for (unsigned state = HSN__V8_ATTACHED; state <= HSN__V8_DETACHED; state++) {
        w.count = 0;
        for (size_t i = 0; i < v->node_count; i++)
            if (v->nodes.data[w.heads[i]] == (state << 4 | HSN__V8_NODE_NATIVE))
                w.queue[w.count++] = (uint32_t)i;
        spread(&w, (uint8_t)state);
    }
done:
    hsn__free(w.heads);
    hsn__free(w.edges);
    hsn__free(w.targets);
    hsn__free(w.queue);
    hsn__free(w.seen);
    return r;
}
