// SPDX-License-Identifier: MIT
// The places of objects that no root reaches: below what native code holds, or below the owner of
// their cycle.
//
// Garbage has no root, so one is chosen: of what lies on cycles or leads to them, by type:
// application types before those of the runtime; then the rarer one, since an owner has many of
// what it owns; then the one that others call their parent or owner. All objects of a type begin at
// once.
#include "analysis/cycles_private.h"
#include "analysis/pattern_private.h"
#include "analysis/roots_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

typedef struct lost_type {
    uint32_t type;
    uint8_t rank;
    uint64_t count; // of unreachable objects
    uint64_t called_owner;
    uint64_t start; // of its objects among all unreachable ones
} lost_type;

static int compare_owners(const void *a, const void *b)
{
    const lost_type *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank > y->rank ? -1 : 1;
    if (x->count != y->count)
        return x->count < y->count ? -1 : 1;
    if (x->called_owner != y->called_owner)
        return x->called_owner > y->called_owner ? -1 : 1;
    return x->type < y->type ? -1 : x->type > y->type;
}

static int compare_types(const void *a, const void *b)
{
    const lost_type *x = a, *y = b;
    return x->type < y->type ? -1 : x->type > y->type;
}

static int seed_one(hsn__pattern_walk *w, uint32_t top, hsn_node_id node, hsn_error *err)
{
    uint32_t pattern = hsn__patterns_root(w->patterns, top, 0, w->placed->types[node], 0);
    if (pattern == HSN_NONE)
        return hsn__fail_memory(err);
    hsn__pattern_enqueue(w, node, HSN_NONE, pattern);
    return HSN_OK;
}

static int place_held(hsn__pattern_walk *w, uint64_t unreachable, hsn_error *err)
{
    const hsn__placed *placed = w->placed;
    uint32_t nodes = placed->graph->node_count;
    uint32_t *refcounts = hsn__alloc_array(nodes, sizeof *refcounts);
    uint8_t *flags = hsn__alloc_array(nodes, sizeof *flags);
    hsn_node_id *held = hsn__alloc_array((size_t)unreachable, sizeof *held);
    int r = refcounts && flags && held ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_heap_column_refcounts(placed->heap, refcounts, err);
    if (r >= 0)
        r = hsn_heap_column_flags(placed->heap, flags, err);
    size_t count =
        r < 0 ? 0 : hsn__roots_pinned(placed->graph, placed->seen, refcounts, flags, held);
    hsn__free(refcounts);
    hsn__free(flags);
    for (size_t i = 0; i < count && r >= 0; i++)
        r = seed_one(w, HSN__TOP_EXTREF, held[i], err);
    hsn__free(held);
    return r < 0 ? r : hsn__pattern_follow(w, true, err);
}

// By type: which of them others refer to as parent or owner.
static int count_owners(const hsn__pattern_walk *w, const hsn_node_id *lost, size_t count,
                        lost_type *types, hsn_error *err)
{
    const hsn__placed *placed = w->placed;
    const hsn__adjacency *side = &placed->graph->forward;
    uint8_t *leads_back = hsn__alloc_zeroed((size_t)placed->code_count, 1);
    char text[HSN_LABEL_TEXT_BYTES];
    if (!leads_back)
        return hsn__fail_memory(err);
    for (uint64_t code = 0; code < placed->code_count; code++) {
        uint32_t label = placed->meanings[code].of_instance;
        size_t length;
        const char *name =
            hsn__intern_get(&w->patterns->names, label & HSN__LABEL_NAME_MASK, &length);
        if (label >> HSN__LABEL_NAME_BITS != HSN_REF_ATTRIBUTE || length >= sizeof text)
            continue;
        memcpy(text, name, length);
        text[length] = 0;
        leads_back[code] = hsn__is_back_pointer(text);
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t at = hsn__adjacency_start(side, lost[i]);
        for (; at < hsn__adjacency_start(side, lost[i] + 1); at++)
            if (leads_back[placed->codes[at]])
                types[placed->types[side->ids[at]]].called_owner++;
    }
    hsn__free(leads_back);
    return HSN_OK;
}

// ---- which pieces of garbage can be the beginning of others

// The unreachable objects as a graph of their own: local numbers in order of nodes. A local number
// stands in placed->holder until the object gets its place.
typedef struct lost_graph {
    const hsn__placed *placed;
    hsn_node_id *nodes;
    size_t count;
    uint32_t *left;   // references to other lost objects that were not peeled off
    uint32_t *starts; // of referrers; count + 1
    uint32_t *referrers;
    uint8_t *peeled;
} lost_graph;

static void lost_graph_clear(lost_graph *g)
{
    hsn__free(g->nodes);
    hsn__free(g->left);
    hsn__free(g->starts);
    hsn__free(g->referrers);
    hsn__free(g->peeled);
}

static int lost_graph_make(lost_graph *g, hsn__placed *placed, size_t count, hsn_error *err)
{
    const hsn__adjacency *side = &placed->graph->forward;
    uint32_t nodes = placed->graph->node_count;
    uint64_t total = 0;
    *g = (lost_graph){.placed = placed};
    g->nodes = hsn__alloc_array(count, sizeof *g->nodes);
    g->left = hsn__alloc_zeroed(count, sizeof *g->left);
    g->starts = hsn__alloc_zeroed(count + 2, sizeof *g->starts);
    g->peeled = hsn__alloc_zeroed(count, 1);
    if (!g->nodes || !g->left || !g->starts || !g->peeled)
        return hsn__fail_memory(err);
    for (uint32_t node = 0; node < nodes; node++)
        if (!hsn__bitmap_get(placed->seen, node)) {
            placed->holder[node] = (uint32_t)g->count;
            g->nodes[g->count++] = node;
            total += hsn__adjacency_span(side, node).count;
        }
    if (total > UINT32_MAX)
        return hsn__fail_limit(err, "references of unreachable objects", UINT32_MAX);
    g->referrers = hsn__alloc_array((size_t)total, sizeof *g->referrers);
    if (!g->referrers)
        return hsn__fail_memory(err);
    // Counted two places ahead, so that entering moves them to where they belong.
    for (size_t i = 0; i < g->count; i++) {
        hsn_span refs = hsn__adjacency_span(side, g->nodes[i]);
        for (size_t k = 0; k < refs.count; k++)
            if (!hsn__bitmap_get(placed->seen, refs.ids[k])) {
                g->left[i]++;
                g->starts[placed->holder[refs.ids[k]] + 2]++;
            }
    }
    for (size_t i = 2; i <= g->count; i++)
        g->starts[i] += g->starts[i - 1];
    for (size_t i = 0; i < g->count; i++) {
        hsn_span refs = hsn__adjacency_span(side, g->nodes[i]);
        for (size_t k = 0; k < refs.count; k++)
            if (!hsn__bitmap_get(placed->seen, refs.ids[k]))
                g->referrers[g->starts[placed->holder[refs.ids[k]] + 1]++] = (uint32_t)i;
    }
    return HSN_OK;
}

// Take off what leads to no cycle: something else holds it.
static int peel(lost_graph *g, hsn_error *err)
{
    uint32_t *queue = hsn__alloc_array(g->count, sizeof *queue);
    size_t count = 0;
    if (!queue)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < g->count; i++)
        if (!g->left[i])
            queue[count++] = (uint32_t)i;
    for (size_t at = 0; at < count; at++) {
        uint32_t i = queue[at];
        g->peeled[i] = 1;
        for (uint32_t k = g->starts[i]; k < g->starts[i + 1]; k++)
            if (!--g->left[g->referrers[k]])
                queue[count++] = g->referrers[k];
    }
    hsn__free(queue);
    return HSN_OK;
}

// Begin at the objects of each type in turn; `peeled` ones in the second round.
static int begin_by_type(hsn__pattern_walk *w, const lost_graph *g, lost_type *rows, size_t types,
                         uint8_t peeled, hsn_node_id *sorted, hsn_error *err)
{
    const hsn__placed *placed = w->placed;
    uint64_t start = 0;
    int r = HSN_OK;
    for (size_t i = 0; i < types; i++)
        rows[i].count = 0;
    qsort(rows, types, sizeof *rows, compare_types);
    for (size_t i = 0; i < g->count; i++)
        rows[placed->types[g->nodes[i]]].count += g->peeled[i] == peeled;
    for (size_t i = 0; i < types; i++) {
        rows[i].start = start;
        start += rows[i].count;
    }
    for (size_t i = 0; i < g->count; i++)
        if (g->peeled[i] == peeled)
            sorted[rows[placed->types[g->nodes[i]]].start++] = g->nodes[i];
    qsort(rows, types, sizeof *rows, compare_owners);
    for (size_t i = 0; i < types && r >= 0; i++) {
        if (!rows[i].count)
            continue;
        // start was moved to the end of its objects.
        for (uint64_t at = rows[i].start - rows[i].count; at < rows[i].start && r >= 0; at++)
            r = seed_one(w, HSN__TOP_GARBAGE, sorted[at], err);
        if (r >= 0)
            r = hsn__pattern_follow(w, true, err);
    }
    return r;
}

static int place_garbage(hsn__pattern_walk *w, hsn_error *err)
{
    size_t types = w->patterns->type_names.count;
    size_t left = w->placed->graph->node_count - w->count;
    hsn_node_id *sorted = hsn__alloc_array(left, sizeof *sorted);
    lost_type *rows = hsn__alloc_zeroed(types, sizeof *rows);
    lost_graph g;
    int r = lost_graph_make(&g, w->placed, left, err);
    if (r >= 0 && (!sorted || !rows))
        r = hsn__fail_memory(err);
    for (size_t i = 0; i < types && r >= 0; i++) {
        rows[i].type = (uint32_t)i;
        rows[i].rank = w->patterns->types[i].rank;
    }
    if (r >= 0)
        r = peel(&g, err);
    if (r >= 0)
        r = count_owners(w, g.nodes, g.count, rows, err);
    for (uint8_t round = 0; round < 2 && r >= 0; round++)
        r = begin_by_type(w, &g, rows, types, round, sorted, err);
    lost_graph_clear(&g);
    hsn__free(sorted);
    hsn__free(rows);
    return r;
}

int hsn__pattern_unreachable(hsn__pattern_walk *w, hsn_error *err)
{
    uint32_t nodes = w->placed->graph->node_count;
    int r = HSN_OK;
    if (w->count < nodes)
        r = place_held(w, nodes - w->count, err);
    if (r >= 0 && w->count < nodes)
        r = place_garbage(w, err);
    return r;
}
