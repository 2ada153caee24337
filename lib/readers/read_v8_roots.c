// SPDX-License-Identifier: MIT
// The roots of a V8 heap snapshot: what its synthetic nodes lead to, under their names.
#include "read_v8.h"

#include <stdlib.h>

static uint32_t root_node(const hsn__v8_reading *v)
{
    uint64_t node = v->root_offset / (uint64_t)v->layout.node_count;
    return node < v->node_count ? (uint32_t)node : 0;
}

static int find_synthetic(hsn__v8_roots *roots, hsn_error *err)
{
    hsn__v8_reading *v = roots->v;
    hsn__v8_edge_walk walk = {.p = v->edges.data};
    const uint8_t *p = v->nodes.data;
    uint64_t left = v->edge_count;
    uint32_t root = root_node(v);
    int r = HSN_OK;
    roots->synthetic = hsn__bitmap_new(v->node_count);
    roots->is_root = hsn__bitmap_new(v->node_count);
    if (!roots->synthetic || !roots->is_root)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < v->node_count && r == HSN_OK; i++) {
        hsn__v8_node node;
        hsn__v8_edge edge;
        p = hsn__v8_node_get(p, &node);
        bool synthetic = !node.size_bytes && (node.kind == HSN__V8_NODE_SYNTHETIC || i == root);
        if (synthetic)
            hsn__bitmap_set(roots->synthetic, i);
        for (uint64_t k = hsn__v8_take_edges(&node, &left); k && r == HSN_OK; k--) {
            hsn__v8_edge_get(&walk, &edge);
            if (!synthetic || edge.kind == HSN__V8_EDGE_WEAK || edge.target >= v->node_count)
                continue;
            r = hsn__v8_grow(&roots->edges, &roots->capacity, roots->edge_count + 1,
                             sizeof *roots->edges, "edges of roots", err);
            if (r == HSN_OK)
                roots->edges[roots->edge_count++] =
                    (hsn__v8_root_edge){(uint32_t)i, (uint32_t)edge.target, edge.kind};
        }
    }
    return r;
}

// The first edge of a source.
static size_t first_edge(const hsn__v8_roots *roots, uint32_t source)
{
    size_t low = 0, high = roots->edge_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (roots->edges[middle].source < source)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int mark_roots(hsn__v8_roots *roots, hsn_error *err)
{
    uint32_t root = root_node(roots->v), *queue = NULL;
    size_t count = 0, capacity = 0;
    int r = HSN_OK;
    if (!hsn__bitmap_get(roots->synthetic, root))
        return HSN_OK;
    r = hsn__v8_grow(&queue, &capacity, 1, sizeof *queue, "roots", err);
    if (r == HSN_OK) {
        queue[count++] = root;
        hsn__bitmap_set(roots->is_root, root);
    }
    for (size_t at = 0; at < count && r == HSN_OK; at++) {
        for (size_t i = first_edge(roots, queue[at]);
             i < roots->edge_count && roots->edges[i].source == queue[at] && r == HSN_OK; i++) {
            uint32_t target = roots->edges[i].target;
            if (!hsn__bitmap_get(roots->synthetic, target) ||
                hsn__bitmap_get(roots->is_root, target))
                continue;
            hsn__bitmap_set(roots->is_root, target);
            r = hsn__v8_grow(&queue, &capacity, count + 1, sizeof *queue, "roots", err);
            if (r == HSN_OK)
                queue[count++] = target;
        }
    }
    hsn__free(queue);
    return r;
}

static int compare_root_edges(const void *a, const void *b)
{
    const hsn__v8_root_edge *x = a, *y = b;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return (int)x->kind - (int)y->kind;
}

// Newer V8 has no shortcuts: the global objects go by their names.
static int find_globals(hsn__v8_roots *roots, hsn_error *err)
{
    hsn__v8_reading *v = roots->v;
    const uint8_t *p = v->nodes.data;
    uint32_t top = root_node(v);
    for (size_t i = first_edge(roots, top); i < roots->edge_count && roots->edges[i].source == top;
         i++)
        if (roots->edges[i].kind == HSN__V8_EDGE_SHORTCUT)
            return HSN_OK;
    uint64_t *is_global = hsn__bitmap_new(v->string_count);
    int r = is_global ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; i < v->string_count && r == HSN_OK; i++)
        if (hsn__v8_global_name(hsn__v8_string(v, i)).length < hsn__v8_string(v, i).length)
            hsn__bitmap_set(is_global, i);
    for (size_t i = 0; i < v->node_count && r == HSN_OK; i++) {
        hsn__v8_node node;
        p = hsn__v8_node_get(p, &node);
        if (node.kind != HSN__V8_NODE_OBJECT || v->names[i] >= v->string_count ||
            !hsn__bitmap_get(is_global, v->names[i]))
            continue;
        r = hsn__v8_grow(&roots->edges, &roots->capacity, roots->edge_count + 1,
                         sizeof *roots->edges, "edges of roots", err);
        if (r == HSN_OK)
            roots->edges[roots->edge_count++] =
                (hsn__v8_root_edge){top, (uint32_t)i, HSN__V8_EDGE_SHORTCUT};
    }
    hsn__free(is_global);
    return r;
}

int hsn__v8_give_roots(hsn__v8_roots *roots, hsn_error *err)
{
    const hsn__v8_reading *v = roots->v;
    uint32_t top = root_node(v);
    int r = HSN_OK;
    if (roots->edge_count)
        qsort(roots->edges, roots->edge_count, sizeof *roots->edges, compare_root_edges);
    for (size_t i = 0; i < roots->edge_count && r == HSN_OK; i++) {
        const hsn__v8_root_edge *edge = &roots->edges[i], *before = i ? edge - 1 : NULL;
        if (!hsn__bitmap_get(roots->is_root, edge->source) ||
            hsn__bitmap_get(roots->is_root, edge->target) ||
            (before && before->target == edge->target && before->source == edge->source))
            continue;
        hsn_text name = hsn__v8_string(v, v->names[edge->source]);
        hsn_sink_root root = {v->ids[edge->target], hsn__v8_root_kind(name), name, {"", 0}};
        if (edge->source == top) {
            // What the root holds itself: the global objects of the program.
            bool global = edge->kind == HSN__V8_EDGE_SHORTCUT;
            root.kind = global ? HSN_ROOT_MODULE : HSN_ROOT_OTHER;
            root.name = hsn__v8_global_name(hsn__v8_string(v, v->names[edge->target]));
        }
        if (!root.name.length)
            root.name = hsn__text("(root)");
        r = v->sink->ops->root(v->sink->context, &root, err);
    }
    return r;
}

int hsn__v8_find_roots(hsn__v8_reading *v, hsn__v8_roots *out, hsn_error *err)
{
    *out = (hsn__v8_roots){.v = v};
    int r = find_synthetic(out, err);
    if (r == HSN_OK)
        r = mark_roots(out, err);
    return r == HSN_OK && hsn__bitmap_get(out->is_root, root_node(v)) ? find_globals(out, err) : r;
}

void hsn__v8_roots_clear(hsn__v8_roots *roots)
{
    hsn__free(roots->synthetic);
    hsn__free(roots->is_root);
    hsn__free(roots->edges);
    *roots = (hsn__v8_roots){0};
}
