// SPDX-License-Identifier: MIT
// Which unreachable objects are held from outside: the rule of CPython's deduce_unreachable(),
// offline.
//
// The collector copies the refcount of every tracked object, subtracts one for each reference that
// a tracked object holds to it, and keeps what has a rest, with all that it reaches. Live objects
// hold no reference to unreachable ones, so only these are looked at. An object that the collector
// does not track (a NumPy array of objects) subtracts nothing: its targets have a rest, as they
// have in CPython.
#include "analysis/cycles_private.h"

#include <string.h>

#include "analysis/reach.h"
#include "base/alloc.h"
#include "base/fail.h"

static bool tells_tracked(const uint32_t *flags, uint32_t node_count)
{
    for (uint32_t node = 0; node < node_count; node++)
        if (flags[node] & HSN_OBJECT_TRACKED)
            return true;
    return false;
}

static void subtract(const hsn_graph *graph, const hsn__components *components, uint32_t *refcounts,
                     const uint32_t *flags)
{
    bool all = !tells_tracked(flags, graph->node_count);
    for (uint32_t node = 0; node < graph->node_count; node++) {
        if (hsn__bitmap_get(components->live, node) || !(all || flags[node] & HSN_OBJECT_TRACKED))
            continue;
        hsn_span refs = hsn__adjacency_span(&graph->forward, node);
        for (size_t i = 0; i < refs.count; i++) {
            uint32_t *rest = &refcounts[refs.ids[i]];
            // A deficit stays at 0: uncounted references of free-threaded builds, or a wrong dump.
            if (*rest && *rest != UINT32_MAX)
                --*rest;
        }
    }
}

int hsn__cycles_pinned(const hsn_graph *graph, const hsn__components *components,
                       uint32_t *refcounts, const uint32_t *flags, uint64_t **out_pinned,
                       hsn_error *err)
{
    uint64_t *pinned = hsn__bitmap_new(graph->node_count);
    hsn_node_id *queue = hsn__alloc_array((size_t)components->unreachable, sizeof *queue);
    size_t count = 0, words = hsn__bitmap_words(graph->node_count);
    int r = HSN_OK;
    *out_pinned = NULL;
    if (!pinned || !queue) {
        r = hsn__fail_memory(err);
        goto done;
    }
    subtract(graph, components, refcounts, flags);
    // Live objects count as seen, so that the search stays among the others.
    memcpy(pinned, components->live, words * sizeof *pinned);
    for (uint32_t node = 0; node < graph->node_count; node++) {
        bool surplus = refcounts[node] && refcounts[node] != UINT32_MAX;
        if (!hsn__bitmap_get(components->live, node) &&
            (surplus || flags[node] & HSN_OBJECT_IMMORTAL))
            count = hsn__reach_from(pinned, queue, count, node);
    }
    hsn__reach(&graph->forward, NULL, pinned, queue, count);
    for (size_t i = 0; i < words; i++)
        pinned[i] &= ~components->live[i];
    *out_pinned = pinned;
    pinned = NULL;
done:
    hsn__free(pinned);
    hsn__free(queue);
    return r;
}
