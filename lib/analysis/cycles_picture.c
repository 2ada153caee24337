// SPDX-License-Identifier: MIT
// What to draw of a component: the shortest cycle and what is near it.
#include "analysis/cycles_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

// Neighbours of a box that become boxes, when the component is too large to be drawn whole.
enum { MOST_NEIGHBOURS = 6 };

typedef struct work {
    hsn_heap *heap;
    const hsn_cycle *cycle;
    hsn_cycle_picture *out;
    hsn__arena *arena;
    size_t max_boxes;
    size_t edge_capacity;
    bool whole;
} work;

static char *copy(work *w, const char *text)
{
    return hsn__arena_copy(w->arena, text, strlen(text));
}

static int by_id(const void *a, const void *b)
{
    hsn_node_id x = *(const hsn_node_id *)a, y = *(const hsn_node_id *)b;
    return (x > y) - (x < y);
}

static bool is_member(const work *w, hsn_node_id node)
{
    return bsearch(&node, w->cycle->nodes, (size_t)w->cycle->objects, sizeof node, by_id) != NULL;
}

// Pictures are small, and the boxes looked for are mostly the last ones.
static size_t find_box(const work *w, hsn_node_id node)
{
    for (size_t i = w->out->box_count; i-- > 0;)
        if (w->out->boxes[i].node == node)
            return i;
    return SIZE_MAX;
}

static int add_box(work *w, hsn_node_id node, uint32_t depth, hsn_error *err)
{
    hsn_object object;
    int r = hsn_heap_object(w->heap, node, &object, err);
    if (r < 0)
        return r;
    const hsn_type *type = &hsn_heap_types(w->heap)->rows[object.type];
    hsn_cycle_box *box = &w->out->boxes[w->out->box_count++];
    *box = (hsn_cycle_box){.node = node,
                           .address = object.address,
                           .size_bytes = object.size_bytes,
                           .length = object.length,
                           .type_name = copy(w, type->name),
                           .short_name = copy(w, hsn__name_without_module(type)),
                           .text = copy(w, object.text),
                           .kind = type->kind,
                           .depth = depth,
                           .has_finalizer = type->has_finalizer};
    if (!box->type_name || !box->short_name || !box->text)
        return hsn__fail_memory(err);
    return hsn_heap_retained(w->heap, node, &box->retained_bytes, err);
}

// Boxes for what box `index` refers to: best references first, as many as there is room for.
static int add_neighbours(work *w, size_t index, hsn_error *err)
{
    const hsn_ref *refs;
    size_t count, added = 0;
    int r = hsn_heap_refs(w->heap, w->out->boxes[index].node, &refs, &count, err);
    for (unsigned rank = 0; rank <= 4 && r >= 0; rank++)
        for (size_t i = 0; i < count && r >= 0; i++) {
            if (w->out->box_count == w->max_boxes || (!w->whole && added == MOST_NEIGHBOURS))
                return HSN_OK;
            if (refs[i].kind == HSN_REF_WEAK || hsn_ref_rank(&refs[i]) != rank ||
                !is_member(w, refs[i].target) || find_box(w, refs[i].target) != SIZE_MAX)
                continue;
            r = add_box(w, refs[i].target, w->out->boxes[index].depth + 1, err);
            added++;
        }
    return r;
}

static int add_label(work *w, hsn_cycle_edge *edge, const hsn_ref *ref, hsn_error *err)
{
    char label[HSN_LABEL_TEXT_BYTES];
    edge->count++;
    if (edge->label_count == HSN_CYCLE_LABELS)
        return HSN_OK;
    int r = hsn_label_text(w->heap, ref, label, err);
    if (r < 0 || !*label)
        return r;
    for (size_t i = 0; i < edge->label_count; i++)
        if (!strcmp(edge->labels[i], label))
            return HSN_OK;
    edge->labels[edge->label_count] = copy(w, label);
    return edge->labels[edge->label_count++] ? HSN_OK : hsn__fail_memory(err);
}

// The edge from the box at hand, whose edges begin at `first`, to `target`; made when it is
// missing.
static hsn_cycle_edge *edge_to(work *w, size_t first, uint32_t source, uint32_t target,
                               const hsn_ref *ref)
{
    hsn_cycle_picture *out = w->out;
    for (size_t i = first; i < out->edge_count; i++)
        if (out->edges[i].target == target)
            return &out->edges[i];
    if (!hsn__array_grow(&out->edges, &w->edge_capacity, out->edge_count + 1, sizeof *out->edges,
                         SIZE_MAX))
        return NULL;
    hsn_cycle_edge *edge = &out->edges[out->edge_count++];
    *edge = (hsn_cycle_edge){.source = source, .target = target, .kind = ref->kind};
    for (size_t i = 0; i < w->cycle->shortest_count; i++) {
        const hsn_cycle_step *step = &w->cycle->shortest[i];
        bool same = step->node == out->boxes[source].node && step->ref.target == ref->target;
        edge->on_shortest = edge->on_shortest || same;
        edge->is_cut = edge->is_cut || (same && i == w->cycle->cut);
    }
    return edge;
}

static int add_edges(work *w, uint32_t source, hsn_error *err)
{
    const hsn_ref *refs;
    size_t count, first = w->out->edge_count;
    hsn_cycle_box *box = &w->out->boxes[source];
    int r = hsn_heap_refs(w->heap, box->node, &refs, &count, err);
    for (unsigned rank = 0; rank <= 4 && r >= 0; rank++)
        for (size_t i = 0; i < count && r >= 0; i++) {
            if (refs[i].kind == HSN_REF_WEAK || hsn_ref_rank(&refs[i]) != rank)
                continue;
            size_t target = find_box(w, refs[i].target);
            if (target == SIZE_MAX) {
                box->more += is_member(w, refs[i].target);
                continue;
            }
            hsn_cycle_edge *edge = edge_to(w, first, source, (uint32_t)target, &refs[i]);
            r = edge ? add_label(w, edge, &refs[i], err) : hsn__fail_memory(err);
        }
    return r;
}

int hsn_cycle_picture_find(hsn_heap *heap, const hsn_cycle *cycle, size_t max_boxes,
                           hsn_cycle_picture *out, hsn_error *err)
{
    work w = {.heap = heap, .cycle = cycle, .out = out, .max_boxes = max_boxes};
    int r = HSN_OK;
    *out = (hsn_cycle_picture){0};
    if (!max_boxes)
        return hsn__fail(err, HSN_EINVAL, NULL, "a picture without boxes");
    if (max_boxes > cycle->objects)
        w.max_boxes = (size_t)cycle->objects;
    w.whole = w.max_boxes == cycle->objects;
    w.arena = out->memory = hsn__alloc_zeroed(1, sizeof *w.arena);
    if (w.arena)
        out->boxes = hsn__arena_zeroed(w.arena, w.max_boxes, sizeof *out->boxes);
    if (!w.arena || !out->boxes)
        r = hsn__fail_memory(err);
    for (size_t i = 0; i < cycle->shortest_count && i < w.max_boxes && r >= 0; i++)
        r = add_box(&w, cycle->shortest[i].node, 0, err);
    for (size_t i = 0; i < out->box_count && out->box_count < w.max_boxes && r >= 0; i++)
        r = add_neighbours(&w, i, err);
    for (size_t i = 0; i < out->box_count && r >= 0; i++)
        r = add_edges(&w, (uint32_t)i, err);
    if (r < 0)
        hsn_cycle_picture_free(out);
    return r;
}

void hsn_cycle_picture_free(hsn_cycle_picture *picture)
{
    if (picture->memory) {
        hsn__arena_clear(picture->memory);
        hsn__free(picture->memory);
    }
    hsn__free(picture->edges);
    *picture = (hsn_cycle_picture){0};
}
