// SPDX-License-Identifier: MIT
// Vertex-disjoint chains: maximum flow with capacity one for each object, backward from the target.
//
// A chain runs from the target over referrers to a root. Every object but the target may lie on one
// chain. The flow is kept as the two neighbours of an object on its chain:
//
//     target ◀── toward_target ── object ── toward_root ──▶ … root
//
// An object has two sides. The search reaches its near side from an object that it refers to. If it
// lies on no chain, it goes on from its far side to its referrers. If it lies on one, the search
// must push that chain back: it continues at the far side of the object before it (towards the
// target), from which the old chain may take another way; and from a far side that was reached that
// way it may also go back to the near side of the same object and push further.
#include "heapsnap/disjoint.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/bitmap.h"
#include "base/fail.h"
#include "graph/graph_internal.h"

enum { DEFAULT_LIMIT = 16 };

// A side of an object in one number. Node ids leave a bit free only below 2^31, so 64 bits.
typedef uint64_t side;
static side near_side(hsn_node_id node)
{
    return (side)node << 1;
}
static side far_side(hsn_node_id node)
{
    return (side)node << 1 | 1;
}

// A visit of the search: which side, and the visit that led to it.
typedef struct visit {
    side at;
    uint64_t before;
} visit;

// An object on a chain.
typedef struct used {
    hsn_node_id node, toward_target, toward_root; // toward_root HSN_NONE = the chain's root
} used;

typedef struct flow {
    const hsn_graph *graph;
    hsn_node_id target;
    uint64_t *is_root;
    uint64_t *on_chain; // objects that lie on some chain
    uint64_t *seen;     // sides: 2 bits a node
    used *used;         // ascending by node
    size_t used_count, used_capacity;
    visit *visits;
    size_t visit_count, visit_capacity;
} flow;

static used *find_used(flow *f, hsn_node_id node)
{
    size_t low = 0, high = f->used_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->used[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    return &f->used[low];
}

static bool reach(flow *f, side at, uint64_t before)
{
    if (hsn__bitmap_get(f->seen, at))
        return true;
    if (!hsn__array_grow(&f->visits, &f->visit_capacity, f->visit_count + 1, sizeof *f->visits,
                         SIZE_MAX))
        return false;
    hsn__bitmap_set(f->seen, at);
    f->visits[f->visit_count++] = (visit){at, before};
    return true;
}

// From the far side: to the near sides of referrers. The chain's own reference is in use already.
static bool leave(flow *f, hsn_node_id node, uint64_t from)
{
    hsn_span referrers = hsn__adjacency_span(&f->graph->backward, node);
    hsn_node_id in_use = HSN_NONE;
    if (node != f->target && hsn__bitmap_get(f->on_chain, node))
        in_use = find_used(f, node)->toward_root;
    for (size_t i = 0; i < referrers.count; i++) {
        hsn_node_id next = referrers.ids[i];
        if (next == f->target || next == in_use)
            continue;
        if (node == f->target && hsn__bitmap_get(f->on_chain, next) &&
            find_used(f, next)->toward_target == node)
            continue;
        if (!reach(f, near_side(next), from))
            return false;
    }
    return true;
}

enum { FAILED = -1, NOTHING, FOUND };

// A shortest way to add a chain; *out_last is the visit at a root's far side.
static int search(flow *f, uint64_t *out_last)
{
    memset(f->seen, 0, hsn__bitmap_words((size_t)f->graph->node_count * 2) * sizeof *f->seen);
    f->visit_count = 0;
    if (!reach(f, far_side(f->target), UINT64_MAX))
        return FAILED;
    for (uint64_t i = 0; i < f->visit_count; i++) {
        side at = f->visits[i].at;
        hsn_node_id node = (hsn_node_id)(at >> 1);
        bool is_near = !(at & 1), ok = true;
        bool chained = node != f->target && hsn__bitmap_get(f->on_chain, node);
        if (is_near && chained) {
            // Push the chain back to the object before it.
            hsn_node_id before = find_used(f, node)->toward_target;
            if (before != f->target)
                ok = reach(f, far_side(before), i);
        } else if (is_near) {
            ok = reach(f, far_side(node), i);
        } else {
            // A root that ends a chain already has no capacity left.
            bool ends = chained && find_used(f, node)->toward_root == HSN_NONE;
            if (node != f->target && hsn__bitmap_get(f->is_root, node) && !ends) {
                *out_last = i;
                return FOUND;
            }
            if (chained)
                ok = reach(f, near_side(node), i);
            if (ok)
                ok = leave(f, node, i);
        }
        if (!ok)
            return FAILED;
    }
    return NOTHING;
}

// ---- laying the found way over the chains

typedef struct link {
    hsn_node_id from, to; // towards the root
} link;

static int compare_links(const void *a, const void *b)
{
    const link *x = a, *y = b;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return x->to < y->to ? -1 : x->to > y->to;
}

// All references in use after the way to `last` was laid: its new ones, without those pushed back.
static int lay(flow *f, uint64_t last, hsn_error *err)
{
    size_t capacity = f->used_count + f->visit_count + 2, count = 0, kept = 0, removed_count = 0;
    link *links = hsn__alloc_array(capacity, sizeof *links);
    link *removed = hsn__alloc_array(capacity, sizeof *removed);
    int r = links && removed ? HSN_OK : hsn__fail_memory(err);
    if (r < 0)
        goto done;
    for (size_t i = 0; i < f->used_count; i++)
        links[count++] = (link){f->used[i].toward_target, f->used[i].node};
    for (uint64_t i = last; f->visits[i].before != UINT64_MAX; i = f->visits[i].before) {
        const visit *to = &f->visits[i], *from = &f->visits[to->before];
        hsn_node_id to_node = (hsn_node_id)(to->at >> 1), from_node = (hsn_node_id)(from->at >> 1);
        if (to_node == from_node)
            continue;
        if (!(to->at & 1))
            links[count++] = (link){from_node, to_node};
        else
            removed[removed_count++] = (link){to_node, from_node};
    }
    if (removed_count)
        qsort(removed, removed_count, sizeof *removed, compare_links);
    for (size_t i = 0; i < count; i++)
        if (!removed_count ||
            !bsearch(&links[i], removed, removed_count, sizeof *removed, compare_links))
            links[kept++] = links[i];
    // Every object but the target has one link to it.
    if (!hsn__array_grow(&f->used, &f->used_capacity, kept, sizeof *f->used, SIZE_MAX)) {
        r = hsn__fail_memory(err);
        goto done;
    }
    for (size_t i = 0; i < f->used_count; i++)
        hsn__bitmap_unset(f->on_chain, f->used[i].node);
    for (size_t i = 0; i < kept; i++) {
        link swapped = {links[i].to, links[i].from};
        links[i] = swapped;
    }
    qsort(links, kept, sizeof *links, compare_links);
    f->used_count = kept;
    for (size_t i = 0; i < kept; i++) {
        f->used[i] = (used){links[i].from, links[i].to, HSN_NONE};
        hsn__bitmap_set(f->on_chain, links[i].from);
    }
    for (size_t i = 0; i < kept; i++)
        if (f->used[i].toward_target != f->target)
            find_used(f, f->used[i].toward_target)->toward_root = f->used[i].node;
done:
    hsn__free(links);
    hsn__free(removed);
    return r;
}

// ---- the result

static int compare_chains(const void *a, const void *b)
{
    const hsn_disjoint_chain *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? -1 : 1;
    return x->nodes[0] < y->nodes[0] ? -1 : x->nodes[0] > y->nodes[0];
}

static int write_chains(flow *f, hsn__arena *arena, hsn_disjoint *out, hsn_error *err)
{
    size_t chains = 0;
    for (size_t i = 0; i < f->used_count; i++)
        chains += f->used[i].toward_target == f->target;
    out->chains = hsn__arena_zeroed(arena, chains, sizeof *out->chains);
    if (!out->chains)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < f->used_count; i++) {
        if (f->used[i].toward_target != f->target)
            continue;
        hsn_disjoint_chain *chain = &out->chains[out->count++];
        size_t length = 1;
        for (hsn_node_id at = f->used[i].node; at != HSN_NONE; at = find_used(f, at)->toward_root)
            length++;
        chain->count = length;
        chain->nodes = hsn__arena_alloc(arena, length * sizeof *chain->nodes);
        if (!chain->nodes)
            return hsn__fail_memory(err);
        chain->nodes[--length] = f->target;
        for (hsn_node_id at = f->used[i].node; at != HSN_NONE; at = find_used(f, at)->toward_root)
            chain->nodes[--length] = at;
    }
    if (out->count)
        qsort(out->chains, out->count, sizeof *out->chains, compare_chains);
    return HSN_OK;
}

static int find_all(flow *f, size_t limit, const hsn_progress *progress, hsn_disjoint *out,
                    hsn_error *err)
{
    uint64_t last;
    for (size_t i = 0; i < limit; i++) {
        if (progress && progress->tick(progress->context, "chains", i, limit))
            return hsn__fail(err, HSN_ECANCELED, NULL, "canceled");
        int found = search(f, &last);
        if (found == FAILED)
            return hsn__fail_memory(err);
        if (found == NOTHING) {
            out->is_all = 1;
            return HSN_OK;
        }
        int r = lay(f, last, err);
        if (r < 0)
            return r;
    }
    // Whether there would be one more.
    int found = search(f, &last);
    out->is_all = found == NOTHING;
    return found == FAILED ? hsn__fail_memory(err) : HSN_OK;
}

static int check(const hsn_graph *graph, const hsn_node_id *roots, size_t root_count,
                 hsn_node_id target, hsn_error *err)
{
    if (!(graph->parts & HSN_GRAPH_BACKWARD) || graph->parts & HSN_GRAPH_WEAK)
        return hsn__fail(err, HSN_EINVAL, NULL, "chains need the strong referrers of the graph");
    if (target >= graph->node_count)
        return hsn__fail(err, HSN_EINVAL, NULL, "no object number %u", target);
    for (size_t i = 0; i < root_count; i++)
        if (roots[i] >= graph->node_count)
            return hsn__fail(err, HSN_EINVAL, NULL, "no object number %u", roots[i]);
    return HSN_OK;
}

// The target is a root: no other object holds it, and nothing can be cut.
static int root_itself(hsn_node_id target, hsn__arena *arena, hsn_disjoint *out, hsn_error *err)
{
    out->chains = hsn__arena_zeroed(arena, 1, sizeof *out->chains);
    hsn_node_id *node = hsn__arena_alloc(arena, sizeof *node);
    if (!out->chains || !node)
        return hsn__fail_memory(err);
    *node = target;
    out->chains[0] = (hsn_disjoint_chain){node, 1};
    out->count = 1;
    return HSN_OK;
}

int hsn_disjoint_find(const hsn_graph *graph, const hsn_node_id *roots, size_t root_count,
                      hsn_node_id target, size_t limit, const hsn_progress *progress,
                      hsn_disjoint *out, hsn_error *err)
{
    flow f = {.graph = graph, .target = target};
    *out = (hsn_disjoint){0};
    int r = check(graph, roots, root_count, target, err);
    if (r < 0)
        return r;
    hsn__arena *arena = out->memory = hsn__alloc_zeroed(1, sizeof *arena);
    f.is_root = hsn__bitmap_new(graph->node_count);
    f.on_chain = hsn__bitmap_new(graph->node_count);
    f.seen = hsn__bitmap_new((size_t)graph->node_count * 2);
    if (!arena || !f.is_root || !f.on_chain || !f.seen)
        r = hsn__fail_memory(err);
    for (size_t i = 0; i < root_count && r >= 0; i++)
        hsn__bitmap_set(f.is_root, roots[i]);
    if (r >= 0 && hsn__bitmap_get(f.is_root, target)) {
        r = root_itself(target, arena, out, err);
    } else if (r >= 0) {
        r = find_all(&f, limit ? limit : DEFAULT_LIMIT, progress, out, err);
        if (r >= 0)
            r = write_chains(&f, arena, out, err);
    }
    hsn__free(f.is_root);
    hsn__free(f.on_chain);
    hsn__free(f.seen);
    hsn__free(f.used);

    hsn__free(f.visits);
    if (r < 0)
        hsn_disjoint_free(out);
    return r < 0 ? r : HSN_OK;
}

void hsn_disjoint_free(hsn_disjoint *disjoint)
{
    if (disjoint->memory) {
        hsn__arena_clear(disjoint->memory);
        hsn__free(disjoint->memory);
    }
    *disjoint = (hsn_disjoint){0};
}
