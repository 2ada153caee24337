// SPDX-License-Identifier: MIT
// Detached DOM nodes of a V8 heap snapshot. Entry points say of themselves whether they hang on a
// document; what hangs on them, natively, is as they are, and attached where both lead.
//
// Only native nodes are looked at, and few of a heap are: they alone get a place to find them by.
#include "read_v8.h"

// Where a native node stands.
typedef struct native {
    uint32_t node;   // ordinal
    size_t head;     // in v->nodes
    size_t edges;    // in v->edges
    uint64_t target; // of the edge before its first one, from which steps count
} native;

typedef struct work {
    hsn__v8_reading *v;
    native *natives; // ascending
    size_t native_count, capacity;
    uint32_t *queue; // indexes into natives
    size_t count;
    uint64_t *seen; // by native: a state is known
} work;

static int find_natives(work *w, hsn_error *err)
{
    hsn__v8_reading *v = w->v;
    hsn__v8_edge_walk walk = {.p = v->edges.data};
    const uint8_t *p = v->nodes.data;
    uint64_t left = v->edge_count;
    int r = HSN_OK;
    for (size_t i = 0; i < v->node_count && r == HSN_OK; i++) {
        native place = {(uint32_t)i, (size_t)(p - v->nodes.data), (size_t)(walk.p - v->edges.data),
                        walk.target};
        hsn__v8_node node;
        hsn__v8_edge edge;
        p = hsn__v8_node_get(p, &node);
        if (node.kind == HSN__V8_NODE_NATIVE) {
            r = hsn__v8_grow(&w->natives, &w->capacity, w->native_count + 1, sizeof *w->natives,
                             "native nodes", err);
            if (r == HSN_OK)
                w->natives[w->native_count++] = place;
        }
        for (uint64_t k = hsn__v8_take_edges(&node, &left); k; k--)
            hsn__v8_edge_get(&walk, &edge);
    }
    return r;
}

static size_t find(const work *w, uint64_t node)
{
    size_t low = 0, high = w->native_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (w->natives[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low < w->native_count && w->natives[low].node == node ? low : w->native_count;
}

static void mark(work *w, uint64_t node, unsigned state)
{
    size_t i = find(w, node);
    if (i == w->native_count || hsn__bitmap_get(w->seen, i))
        return;
    hsn__bitmap_set(w->seen, i);
    w->v->nodes.data[w->natives[i].head] = (uint8_t)(state << 4 | HSN__V8_NODE_NATIVE);
    w->queue[w->count++] = (uint32_t)i;
}

static void spread(work *w, unsigned state)
{
    const hsn__v8_reading *v = w->v;
    for (size_t at = 0; at < w->count; at++) {
        const native *from = &w->natives[w->queue[at]];
        hsn__v8_edge_walk walk = {v->edges.data + from->edges, from->target};
        hsn__v8_node node;
        hsn__v8_edge edge;
        hsn__v8_node_get(v->nodes.data + from->head, &node);
        // Edges that the file lacks lie behind the end.
        while (node.edges-- && walk.p < v->edges.data + v->edges.size) {
            hsn__v8_edge_get(&walk, &edge);
            if (edge.kind != HSN__V8_EDGE_HIDDEN && edge.kind != HSN__V8_EDGE_WEAK &&
                edge.kind != HSN__V8_EDGE_SHORTCUT)
                mark(w, edge.target, state);
        }
    }
}

// First all that know their own state are seen; then what is attached spreads, then the rest.
static void propagate(work *w)
{
    const uint8_t *heads = w->v->nodes.data;
    for (size_t i = 0; i < w->native_count; i++)
        if (heads[w->natives[i].head] >> 4)
            hsn__bitmap_set(w->seen, i);
    for (unsigned state = HSN__V8_ATTACHED; state <= HSN__V8_DETACHED; state++) {
        w->count = 0;
        for (size_t i = 0; i < w->native_count; i++)
            if (heads[w->natives[i].head] >> 4 == state)
                w->queue[w->count++] = (uint32_t)i;
        spread(w, state);
    }
}

int hsn__v8_propagate_detached(hsn__v8_reading *v, hsn_error *err)
{
    work w = {.v = v};
    if (!v->has_detachedness)
        return HSN_OK;
    int r = find_natives(&w, err);
    if (r == HSN_OK) {
        w.queue = hsn__alloc_array(w.native_count, sizeof *w.queue);
        w.seen = hsn__bitmap_new(w.native_count);
        if (w.queue && w.seen)
            propagate(&w);
        else
            r = hsn__fail_memory(err);
    }
    hsn__free(w.natives);
    hsn__free(w.queue);
    hsn__free(w.seen);
    return r;
}
