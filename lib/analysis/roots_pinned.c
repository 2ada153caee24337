// SPDX-License-Identifier: MIT
// Which unreachable objects are held from outside: the rule of CPython's deduce_unreachable(),
// offline.
//
// The collector copies the refcount of every tracked object, subtracts one for each reference that
// a tracked object holds to it, and keeps what has a rest, with all that it reaches. Live objects
// hold no reference to unreachable ones, so only these are looked at. An object that the collector
// does not track (a NumPy array of objects) subtracts nothing from one that it does: its targets
// have a rest, as they have in CPython. Of what is not tracked itself the collector says nothing: a
// text in a tuple of texts lives as long as the tuple, so every reference that shows is subtracted.
#include "analysis/roots_private.h"

static bool tells_tracked(const uint8_t *flags, uint32_t node_count)
{
    for (uint32_t node = 0; node < node_count; node++)
        if (flags[node] & HSN_OBJECT_TRACKED)
            return true;
    return false;
}

static void subtract(const hsn_graph *graph, const uint64_t *live, uint32_t *refcounts,
                     const uint8_t *flags)
{
    bool all = !tells_tracked(flags, graph->node_count);
    for (uint32_t node = 0; node < graph->node_count; node++) {
        if (hsn__bitmap_get(live, node))
            continue;
        bool tracked = all || flags[node] & HSN_OBJECT_TRACKED;
        hsn_span refs = hsn__adjacency_span(&graph->forward, node);
        for (size_t i = 0; i < refs.count; i++) {
            uint32_t *rest = &refcounts[refs.ids[i]];
            // A deficit stays at 0: uncounted references of free-threaded builds, or a wrong dump.
            bool counts = tracked || !(flags[refs.ids[i]] & HSN_OBJECT_TRACKED);
            if (counts && *rest && *rest != UINT32_MAX)
                --*rest;
        }
    }
}

size_t hsn__roots_pinned(const hsn_graph *graph, const uint64_t *live, uint32_t *refcounts,
                         const uint8_t *flags, hsn_node_id *out)
{
    size_t count = 0;
    subtract(graph, live, refcounts, flags);
    for (uint32_t node = 0; node < graph->node_count; node++) {
        bool surplus = refcounts[node] && refcounts[node] != UINT32_MAX;
        if (!hsn__bitmap_get(live, node) && (surplus || flags[node] & HSN_OBJECT_IMMORTAL))
            out[count++] = node;
    }
    return count;
}
