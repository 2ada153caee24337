// SPDX-License-Identifier: MIT
// Where the two virtual roots hold on: declared roots, what is held from outside, pieces of
// garbage.
#include "analysis/roots_private.h"

#include <string.h>

#include "analysis/dominators_private.h"
#include "analysis/reach.h"
#include "base/alloc.h"
#include "base/fail.h"

static uint64_t *visited(const hsn__preorder *preorder, uint32_t node_count)
{
    uint64_t *bits = hsn__bitmap_new(node_count);
    for (uint32_t node = 0; bits && node < node_count; node++)
        if (preorder->seen[node].number)
            hsn__bitmap_set(bits, node);
    return bits;
}

// Unreachable objects that something outside of the snapshot holds are alive.
static int visit_pinned(hsn__preorder *p, const hsn_graph *graph, const hsn__holders *holders,
                        const hsn_progress *progress, hsn_error *err)
{
    uint32_t nodes = graph->node_count;
    uint64_t *live = visited(p, nodes);
    hsn_node_id *pinned = hsn__alloc_array((size_t)nodes - p->count, sizeof *pinned);
    uint32_t *refcounts = hsn__alloc_array(nodes, sizeof *refcounts);
    int r = live && pinned && refcounts ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0) {
        memcpy(refcounts, holders->refcounts, nodes * sizeof *refcounts);
        size_t count = hsn__roots_pinned(graph, live, refcounts, holders->flags, pinned);
        p->held += (uint32_t)count;
        r = hsn__preorder_walk(p, graph, pinned, count, progress, err);
    }
    hsn__free(live);
    hsn__free(pinned);
    hsn__free(refcounts);
    return r;
}

// From every node that was not seen, those of `prefer` first: the nodes begun with, in order.
static size_t begin_all(const hsn_graph *graph, const uint64_t *prefer, uint64_t *seen,
                        hsn_node_id *queue, hsn_node_id *starts)
{
    size_t count = 0, done = 0;
    for (int round = 0; round < 2; round++)
        for (uint32_t node = 0; node < graph->node_count; node++) {
            bool first = !prefer || hsn__bitmap_get(prefer, node);
            if (hsn__bitmap_get(seen, node) || first != (round == 0))
                continue;
            starts[count++] = node;
            hsn__bitmap_set(seen, node);
            queue[done] = node;
            done += hsn__reach(&graph->forward, NULL, seen, queue + done, 1);
        }
    return count;
}

/*
 * One node of each piece of garbage: of each component to which no other one refers. What such a
 * node reaches is nothing that a later start reaches (it would have been begun with), so going
 * through the starts backwards and leaving out those that were reached leaves exactly one in each
 * of these components: the first one in the order of preference, then of address.
 */
static size_t choose_entries(const hsn_graph *graph, uint64_t *seen, hsn_node_id *queue,
                             hsn_node_id *starts, size_t count)
{
    size_t kept = count, done = 0;
    for (size_t i = count; i-- > 0;) {
        if (hsn__bitmap_get(seen, starts[i]))
            continue;
        hsn_node_id entry = starts[--kept] = starts[i];
        hsn__bitmap_set(seen, entry);
        queue[done] = entry;
        done += hsn__reach(&graph->forward, NULL, seen, queue + done, 1);
    }
    memmove(starts, starts + kept, (count - kept) * sizeof *starts);
    return count - kept;
}

static int visit_garbage(hsn__preorder *p, const hsn_graph *graph, const hsn__holders *holders,
                         const hsn_progress *progress, hsn_error *err)
{
    uint32_t nodes = graph->node_count;
    size_t left = (size_t)nodes - p->count, words = hsn__bitmap_words(nodes);
    uint64_t *live = visited(p, nodes), *seen = hsn__bitmap_new(nodes), *prefer = NULL;
    hsn_node_id *queue = hsn__alloc_array(left, sizeof *queue);
    hsn_node_id *starts = hsn__alloc_array(left, sizeof *starts);
    int r = live && seen && queue && starts ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0 && holders->prefer)
        r = holders->prefer(holders->context, &prefer, err);
    if (r >= 0) {
        memcpy(seen, live, words * sizeof *seen);
        size_t count = begin_all(graph, prefer, seen, queue, starts);
        memcpy(seen, live, words * sizeof *seen);
        count = choose_entries(graph, seen, queue, starts, count);
        r = hsn__preorder_walk(p, graph, starts, count, progress, err);
    }
    hsn__free(live);
    hsn__free(seen);
    hsn__free(prefer);
    hsn__free(queue);
    hsn__free(starts);
    return r;
}

// Live objects with more references than the snapshot shows do not go with their holders.
static void mark_held(hsn__preorder *p, const hsn__holders *holders)
{
    for (uint32_t number = 1; number < p->garbage; number++) {
        hsn_node_id node = p->vertex[number];
        uint32_t refcount = holders->refcounts[node];
        bool surplus = refcount != UINT32_MAX && refcount > p->seen[node].referrers;
        if ((surplus || holders->flags[node] & HSN_OBJECT_IMMORTAL) &&
            !hsn__bitmap_get(p->tops, node)) {
            hsn__bitmap_set(p->tops, node);
            p->held++;
        }
    }
}

int hsn__preorder_find(const hsn_graph *graph, const hsn__holders *holders,
                       const hsn_progress *progress, hsn__preorder *out, hsn_error *err)
{
    uint32_t nodes = graph->node_count;
    *out = (hsn__preorder){0};
    out->seen = hsn__alloc_zeroed(nodes, sizeof *out->seen);
    out->vertex = hsn__alloc_array((size_t)nodes + 1, sizeof *out->vertex);
    out->parent = hsn__alloc_array((size_t)nodes + 1, sizeof *out->parent);
    out->tops = hsn__bitmap_new(nodes);
    if (!out->seen || !out->vertex || !out->parent || !out->tops)
        return hsn__fail_memory(err);
    out->vertex[0] = HSN_NONE;
    out->parent[0] = 0;
    int r =
        hsn__preorder_walk(out, graph, holders->declared, holders->declared_count, progress, err);
    if (r >= 0 && out->count < nodes && holders->refcounts)
        r = visit_pinned(out, graph, holders, progress, err);
    out->garbage = out->count + 1;
    if (r >= 0 && out->count < nodes)
        r = visit_garbage(out, graph, holders, progress, err);
    if (r >= 0 && holders->refcounts)
        mark_held(out, holders);
    return r;
}
