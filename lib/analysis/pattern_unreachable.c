// SPDX-License-Identifier: MIT
// The places of objects that no root reaches: below what native code holds, or below the owner of
// their cycle.
//
// Garbage has no root, so one is chosen by type: application types before those of the runtime;
// then the rarer one, since an owner has many of what it owns; then the one that others call their
// parent or owner. All objects of a type begin at once.
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
    uint32_t *flags = hsn__alloc_array(nodes, sizeof *flags);
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

static int place_garbage(hsn__pattern_walk *w, hsn_error *err)
{
    const hsn__placed *placed = w->placed;
    uint32_t nodes = placed->graph->node_count;
    size_t types = w->patterns->type_names.count, count = 0, left = nodes - w->count;
    hsn_node_id *lost = hsn__alloc_array(left, sizeof *lost);
    hsn_node_id *sorted = hsn__alloc_array(left, sizeof *sorted);
    lost_type *rows = hsn__alloc_zeroed(types, sizeof *rows);
    int r = lost && sorted && rows ? HSN_OK : hsn__fail_memory(err);
    if (r < 0)
        goto done;
    for (uint32_t node = 0; node < nodes; node++)
        if (!hsn__bitmap_get(placed->seen, node)) {
            lost[count++] = node;
            rows[placed->types[node]].count++;
        }
    r = count_owners(w, lost, count, rows, err);
    if (r < 0)
        goto done;
    uint64_t start = 0;
    for (size_t i = 0; i < types; i++) {
        rows[i].type = (uint32_t)i;
        rows[i].rank = w->patterns->types[i].rank;
        rows[i].start = start;
        start += rows[i].count;
    }
    for (size_t i = 0; i < count; i++)
        sorted[rows[placed->types[lost[i]]].start++] = lost[i];
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
done:
    hsn__free(lost);
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
