// SPDX-License-Identifier: MIT
// Preorder of a depth-first search over the whole graph, with an explicit stack.
//
// What costs is the wait for memory: a node's number lies at a random place for every reference. So
// when a node is entered, the numbers of its first targets are asked for at once, and while a long
// run of targets is scanned, those some places ahead.
#include "analysis/dominators_private.h"

#include "base/alloc.h"
#include "base/fail.h"

enum { AHEAD = 12, TICK_NODES = 1 << 17 };

// A node on the path from the root and what is left to scan of its references.
typedef struct frame {
    const hsn_node_id *next;
    uint32_t left;
    uint32_t number;
} frame;

typedef struct walk {
    hsn__preorder *preorder;
    const hsn__adjacency *side;
    frame *stack;
    size_t depth;
} walk;

static inline void enter(walk *w, hsn_node_id node, uint32_t parent)
{
    hsn__preorder *p = w->preorder;
    uint32_t number = ++p->count;
    hsn_span refs = hsn__adjacency_span(w->side, node);
    p->seen[node].number = number;
    p->vertex[number] = node;
    p->parent[number] = parent;
    for (size_t i = 0; i < refs.count && i < AHEAD; i++) {
        __builtin_prefetch(&p->seen[refs.ids[i]], 1);
        __builtin_prefetch(&w->side->offsets[refs.ids[i]]);
    }
    if (refs.count)
        w->stack[w->depth++] = (frame){refs.ids, (uint32_t)refs.count, number};
}

// One step: on to the next target that was not seen, or back.
static inline void step(walk *w)
{
    frame *top = &w->stack[w->depth - 1];
    hsn__seen *seen = w->preorder->seen;
    while (top->left) {
        hsn_node_id target = *top->next++;
        if (--top->left >= AHEAD)
            __builtin_prefetch(&seen[top->next[AHEAD - 1]], 1);
        seen[target].referrers++;
        if (seen[target].number)
            continue;
        // A frame with nothing left is not needed again: a list of links takes one frame.
        uint32_t number = top->number;
        if (!top->left)
            w->depth--;
        enter(w, target, number);
        return;
    }
    w->depth--;
}

int hsn__preorder_walk(hsn__preorder *preorder, const hsn_graph *graph, const hsn_node_id *nodes,
                       size_t count, const hsn_progress *progress, hsn_error *err)
{
    // As many frames as nodes that are left; untouched ones cost nothing.
    size_t room = (size_t)graph->node_count - preorder->count;
    walk w = {.preorder = preorder, .side = &graph->forward};
    uint32_t next_tick = preorder->count + TICK_NODES;
    int r = HSN_OK;
    w.stack = hsn__alloc_array(room, sizeof *w.stack);
    if (!w.stack)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < count && r >= 0; i++) {
        hsn__bitmap_set(preorder->tops, nodes[i]);
        if (preorder->seen[nodes[i]].number)
            continue;
        enter(&w, nodes[i], 0);
        while (w.depth) {
            step(&w);
            if (preorder->count < next_tick)
                continue;
            next_tick = preorder->count + TICK_NODES;
            if (progress &&
                progress->tick(progress->context, "preorder", preorder->count, graph->node_count)) {
                r = hsn__fail(err, HSN_ECANCELED, NULL, "canceled");
                break;
            }
        }
    }
    hsn__free(w.stack);
    return r;
}

void hsn__preorder_clear(hsn__preorder *preorder)
{
    hsn__free(preorder->seen);
    hsn__free(preorder->vertex);
    hsn__free(preorder->parent);
    hsn__free(preorder->tops);
    *preorder = (hsn__preorder){0};
}
