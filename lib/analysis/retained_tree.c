// SPDX-License-Identifier: MIT
// The dominator tree as boxes: objects of one type below one box together, large ones first.
//
// A box keeps its objects until it is put out, then makes the boxes below from what they dominate.
// Boxes wait on a stack, smallest at the bottom, so that they come out in preorder. An object
// stands in one box, so all waiting boxes together hold every object at most once.
#include "analysis/retained_private.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

#define MOST_BOXES ((size_t)1 << 20)

typedef struct waiting {
    hsn_retained_box box;
    hsn_node_id *nodes; // box.count of them
    bool alone;
} waiting;

typedef struct building {
    const hsn_dominators *d;
    const hsn_retained_tree_options *options;
    hsn_retained_tree *out;
    hsn__below below;
    uint32_t *type_of;
    size_t types;
    size_t out_capacity;
    waiting *stack;
    size_t depth, capacity;
    waiting *fresh; // boxes below the one at hand
    size_t fresh_count, fresh_capacity;
    uint32_t *fresh_of; // by type: its box in `fresh`; HSN_NONE
} building;

static bool stands_alone(const building *b, hsn_node_id kid)
{
    return b->d->retained_bytes[kid] >= b->options->alone_bytes;
}

// A box for a kid, or the one of its type.
static int count_kid(building *b, hsn_node_id kid, hsn_error *err)
{
    uint32_t type = b->type_of[kid];
    bool alone = stands_alone(b, kid);
    waiting *to = alone || b->fresh_of[type] == HSN_NONE ? NULL : &b->fresh[b->fresh_of[type]];
    if (!to) {
        if (!hsn__array_grow(&b->fresh, &b->fresh_capacity, b->fresh_count + 1, sizeof *b->fresh,
                             UINT32_MAX - 1))
            return hsn__fail_memory(err);
        if (!alone)
            b->fresh_of[type] = (uint32_t)b->fresh_count;
        to = &b->fresh[b->fresh_count++];
        *to = (waiting){.box = {.type = type, .node = kid}, .alone = alone};
    }
    to->box.count++;
    to->box.retained_bytes += b->d->retained_bytes[kid];
    if (b->d->retained_bytes[kid] > b->d->retained_bytes[to->box.node])
        to->box.node = kid;
    return HSN_OK;
}

static int by_bytes_first(const void *a, const void *b)
{
    const hsn_retained_box *x = &((const waiting *)a)->box, *y = &((const waiting *)b)->box;
    if (x->retained_bytes != y->retained_bytes)
        return x->retained_bytes < y->retained_bytes ? 1 : -1;
    return x->node < y->node ? -1 : x->node > y->node;
}

// Boxes that are too many or too small become one at the end.
static void put_together(building *b)
{
    const hsn_retained_tree_options *options = b->options;
    size_t keep = 0;
    while (keep < b->fresh_count && keep < options->most_children &&
           b->fresh[keep].box.retained_bytes >= options->min_bytes)
        keep++;
    if (b->fresh_count - keep < 2)
        return;
    waiting rest = {.box = {.type = HSN_NONE, .node = HSN_NONE}};
    for (size_t i = keep; i < b->fresh_count; i++) {
        rest.box.count += b->fresh[i].box.count;
        rest.box.retained_bytes += b->fresh[i].box.retained_bytes;
        if (!b->fresh[i].alone)
            b->fresh_of[b->fresh[i].box.type] = (uint32_t)keep;
    }
    b->fresh[keep] = rest;
    b->fresh_count = keep + 1;
}

// What the objects of a box dominate; of no box: the tops.
static hsn_node_id first_below(const building *b, hsn_node_id node)
{
    return node == HSN_HELD_BY_ROOTS     ? b->below.live
           : node == HSN_HELD_BY_NOTHING ? b->below.garbage
                                         : b->below.first[node];
}

static int make_room(building *b, hsn_error *err)
{
    for (size_t i = 0; i < b->fresh_count; i++) {
        waiting *fresh = &b->fresh[i];
        fresh->nodes = hsn__alloc_array((size_t)fresh->box.count, sizeof *fresh->nodes);
        if (!fresh->nodes)
            return hsn__fail_memory(err);
        if (fresh->box.type != HSN_NONE && !fresh->alone)
            b->fresh_of[fresh->box.type] = (uint32_t)i;
        fresh->box.count = 0;
        if (fresh->alone)
            fresh->nodes[fresh->box.count++] = fresh->box.node;
    }
    return HSN_OK;
}

// Hand every kid to the box of its type, or to the last one: those that stand alone are in theirs.
static int hand_out(building *b, const hsn_node_id *nodes, uint64_t count, hsn_error *err)
{
    waiting *last = &b->fresh[b->fresh_count - 1];
    bool has_rest = last->box.type == HSN_NONE;
    const waiting *worst = has_rest && b->fresh_count > 1 ? last - 1 : last;
    int r = make_room(b, err);
    for (uint64_t i = 0; r >= 0 && i < count; i++)
        for (hsn_node_id kid = first_below(b, nodes[i]); kid != HSN_NONE;
             kid = b->below.next[kid]) {
            waiting *to = last;
            if (stands_alone(b, kid)) {
                waiting own = {.box = {.node = kid, .retained_bytes = b->d->retained_bytes[kid]}};
                if (!has_rest || (worst != last && by_bytes_first(&own, worst) <= 0))
                    continue;
            } else {
                to = &b->fresh[b->fresh_of[b->type_of[kid]]];
            }
            to->nodes[to->box.count++] = kid;
        }
    return r;
}

static int push_fresh(building *b, uint32_t parent, uint32_t depth, hsn_error *err)
{
    if (!hsn__array_grow(&b->stack, &b->capacity, b->depth + b->fresh_count, sizeof *b->stack,
                         MOST_BOXES))
        return hsn__fail_limit(err, "boxes of a tree", MOST_BOXES);
    while (b->fresh_count) {
        waiting *fresh = &b->fresh[--b->fresh_count];
        fresh->box.parent = parent;
        fresh->box.depth = depth;
        b->stack[b->depth++] = *fresh;
    }
    return HSN_OK;
}

static void clear_fresh(building *b)
{
    while (b->fresh_count)
        hsn__free(b->fresh[--b->fresh_count].nodes);
}

// The boxes below `nodes`, onto the stack.
static int expand(building *b, const hsn_node_id *nodes, uint64_t count, uint32_t parent,
                  uint32_t depth, hsn_error *err)
{
    int r = HSN_OK;
    for (size_t i = 0; i < b->types; i++)
        b->fresh_of[i] = HSN_NONE;
    for (uint64_t i = 0; i < count && r >= 0; i++)
        for (hsn_node_id kid = first_below(b, nodes[i]); kid != HSN_NONE && r >= 0;
             kid = b->below.next[kid])
            r = count_kid(b, kid, err);
    if (r < 0 || !b->fresh_count)
        return r;
    qsort(b->fresh, b->fresh_count, sizeof *b->fresh, by_bytes_first);
    // Types whose boxes are put together are sent there; the others get their place in hand_out().
    put_together(b);
    r = hand_out(b, nodes, count, err);
    if (r >= 0)
        r = push_fresh(b, parent, depth, err);
    clear_fresh(b);
    return r;
}

static uint64_t bytes_below(const building *b, const hsn_node_id *nodes, uint64_t count)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++)
        for (hsn_node_id kid = b->below.first[nodes[i]]; kid != HSN_NONE; kid = b->below.next[kid])
            sum += b->d->retained_bytes[kid];
    return sum;
}

static int put_out(building *b, hsn_error *err)
{
    waiting w = b->stack[--b->depth];
    hsn_retained_tree *out = b->out;
    int r = HSN_OK;
    w.box.size_bytes = w.box.retained_bytes - bytes_below(b, w.nodes, w.box.count);
    if (hsn__array_grow(&out->boxes, &b->out_capacity, out->count + 1, sizeof *out->boxes,
                        MOST_BOXES))
        out->boxes[out->count++] = w.box;
    else
        r = hsn__fail_limit(err, "boxes of a tree", MOST_BOXES);
    if (r >= 0 && w.box.type != HSN_NONE && w.box.depth < b->options->depth)
        r = expand(b, w.nodes, w.box.count, (uint32_t)(out->count - 1), w.box.depth + 1, err);
    hsn__free(w.nodes);
    return r;
}

static int begin(building *b, hsn_error *err)
{
    const hsn_dominators *d = b->d;
    hsn_node_id from = b->options->from;
    if (from == HSN_HELD_BY_ROOTS || from == HSN_HELD_BY_NOTHING) {
        b->out->whole_bytes = from == HSN_HELD_BY_ROOTS ? d->live_bytes : d->garbage_bytes;
        return expand(b, &from, 1, HSN_NONE, 0, err);
    }
    if (from >= d->node_count)
        return hsn__fail(err, HSN_EINVAL, NULL, "no object number %u", from);
    b->out->whole_bytes = d->retained_bytes[from];
    waiting w = {.box = {.parent = HSN_NONE,
                         .type = b->type_of[from],
                         .node = from,
                         .count = 1,
                         .retained_bytes = d->retained_bytes[from]}};
    w.nodes = hsn__alloc_array(1, sizeof *w.nodes);
    if (!w.nodes || !hsn__array_grow(&b->stack, &b->capacity, 1, sizeof *b->stack, MOST_BOXES)) {
        hsn__free(w.nodes);
        return hsn__fail_memory(err);
    }
    *w.nodes = from;
    b->stack[b->depth++] = w;
    return HSN_OK;
}

int hsn_retained_tree_find(hsn_heap *heap, const hsn_dominators *d,
                           const hsn_retained_tree_options *options, hsn_retained_tree *out,
                           hsn_error *err)
{
    building b = {.d = d, .options = options, .out = out, .types = hsn_heap_types(heap)->count};
    *out = (hsn_retained_tree){0};
    b.type_of = hsn__alloc_array(d->node_count, sizeof *b.type_of);
    b.fresh_of = hsn__alloc_array(b.types, sizeof *b.fresh_of);
    int r = b.type_of && b.fresh_of ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_heap_column_types(heap, b.type_of, err);
    if (r >= 0)
        r = hsn__below_make(&b.below, d, err);
    if (r >= 0)
        r = begin(&b, err);
    while (r >= 0 && b.depth)
        r = put_out(&b, err);
    while (b.depth)
        hsn__free(b.stack[--b.depth].nodes);
    hsn__free(b.stack);
    hsn__free(b.fresh);
    hsn__free(b.fresh_of);
    hsn__free(b.type_of);
    hsn__below_clear(&b.below);
    if (r < 0)
        hsn_retained_tree_free(out);
    return r;
}

void hsn_retained_tree_free(hsn_retained_tree *tree)
{
    hsn__free(tree->boxes);
    *tree = (hsn_retained_tree){0};
}
