// SPDX-License-Identifier: MIT
// SEMI-NCA: immediate dominators from a preorder.
//
// Everything is numbered in preorder, so that parents come before children and one sweep backwards
// meets what it needs. Referrers of number w stand at ids[start(w)] … as numbers.
//
// - Semidominators: for w from the last to the first, the least over its referrers v: v itself when
//   it comes before w, else the least semidominator on the path of the tree from v up to (not
//   including) the first node that comes before w. Paths are shortened as they are walked: every
//   node passed is hung onto its grandparent (path splitting), which needs no stack.
// - Dominators: the nearest common ancestor, in the dominator tree, of the parent and the
//   semidominator: for w from the first to the last, go up from the parent while above it.
//
// Nodes that hang on a virtual root have it as their dominator whatever refers to them, so their
// referrers are not entered at all.
#include "analysis/dominators_private.h"

#include "base/alloc.h"
#include "base/fail.h"

enum { AHEAD_SEEN = 40, AHEAD_BASE = 24, AHEAD_PLACE = 12, AHEAD_LINK = 32, AHEAD_VERTEX = 16 };
enum { TICK_NODES = 1 << 17 };

// A node in the forest of those that were swept: `best` is the least semidominator from it up to,
// not including, `above`.
typedef struct link {
    uint32_t above;
    uint32_t best;
} link;

typedef struct sweep {
    hsn__preorder *p;
    const hsn__referrers *referrers;
    link *links;
    uint32_t *semi;
    const hsn_progress *progress;
} sweep;

typedef struct collection {
    const hsn_graph *graph;
    hsn__preorder *p;
    hsn__referrers *out;
} collection;

static int tick(const hsn_progress *progress, const char *what, uint64_t done, uint64_t total,
                hsn_error *err)
{
    if (progress && progress->tick(progress->context, what, done, total))
        return hsn__fail(err, HSN_ECANCELED, NULL, "canceled");
    return HSN_OK;
}

// ---- referrers --------------------------------------------------------------------------------

// Turn the number of referrers of every node into the place of the first one.
static int place_referrers(collection *c, hsn_error *err)
{
    hsn__preorder *p = c->p;
    uint64_t *bases = c->out->bases;
    uint64_t start = 0, all = 0;
    for (uint32_t number = 1; number <= p->count; number++) {
        if (number + AHEAD_VERTEX <= p->count)
            __builtin_prefetch(&p->seen[p->vertex[number + AHEAD_VERTEX]], 1);
        hsn_node_id node = p->vertex[number];
        uint32_t block = number >> HSN__BLOCK_SHIFT;
        uint32_t count = hsn__bitmap_get(p->tops, node) ? 0 : p->seen[node].referrers;
        if (number == 1 || !(number & (HSN__BLOCK_NODES - 1)))
            bases[block] = start;
        all += p->seen[node].referrers;
        // The place moves on by `count`, and must not run over its 32 bits.
        if (start - bases[block] + count > UINT32_MAX)
            return hsn__fail_limit(err, "referrers of 65536 objects", UINT32_MAX);
        p->seen[node].referrers = (uint32_t)(start - bases[block]);
        start += count;
    }
    c->out->count = start;
    // A counter that ran over its 32 bits shows here.
    if (all != c->graph->reference_count)
        return hsn__fail_limit(err, "referrers of one object", UINT32_MAX);
    return HSN_OK;
}

static inline uint64_t place_of(const collection *c, hsn_node_id node)
{
    hsn__seen seen = c->p->seen[node];
    return c->out->bases[seen.number >> HSN__BLOCK_SHIFT] + seen.referrers;
}

static inline void enter_referrer(collection *c, uint32_t source, hsn_node_id target)
{
    hsn__preorder *p = c->p;
    if (hsn__bitmap_get(p->tops, target))
        return;
    uint64_t place = place_of(c, target);
    // What garbage refers to is not held by it: a node as its own referrer says nothing.
    bool idle = source >= p->garbage && p->seen[target].number < p->garbage;
    c->out->ids[place] = idle ? p->seen[target].number : source;
    p->seen[target].referrers++;
}

// A block of sources in order of id: its references are one run.
static void enter_block(collection *c, uint32_t first, uint32_t end)
{
    const hsn__adjacency *side = &c->graph->forward;
    uint64_t at = hsn__adjacency_start(side, first), stop = hsn__adjacency_start(side, end);
    const hsn_node_id *ids = side->ids;
    for (uint32_t node = first; node < end; node++) {
        uint32_t source = c->p->seen[node].number;
        uint64_t last = hsn__adjacency_start(side, node + 1);
        for (; at < last; at++) {
            if (at + AHEAD_SEEN < stop) {
                __builtin_prefetch(&c->p->seen[ids[at + AHEAD_SEEN]], 1);
                __builtin_prefetch(&c->out->ids[place_of(c, ids[at + AHEAD_PLACE])], 1);
            }
            enter_referrer(c, source, ids[at]);
        }
    }
}

int hsn__referrers_find(const hsn_graph *graph, hsn__preorder *preorder,
                        const hsn_progress *progress, hsn__referrers *out, hsn_error *err)
{
    collection c = {graph, preorder, out};
    uint32_t nodes = graph->node_count;
    *out = (hsn__referrers){0};
    out->bases = hsn__alloc_zeroed(((size_t)nodes >> HSN__BLOCK_SHIFT) + 2, sizeof *out->bases);
    int r = out->bases ? place_referrers(&c, err) : hsn__fail_memory(err);
    if (r < 0)
        return r;
    out->ids = hsn__alloc_array((size_t)out->count, sizeof *out->ids);
    if (!out->ids)
        return hsn__fail_memory(err);
    for (uint64_t first = 0; first < nodes && r >= 0; first += HSN__BLOCK_NODES) {
        uint64_t end = first + HSN__BLOCK_NODES < nodes ? first + HSN__BLOCK_NODES : nodes;
        enter_block(&c, (uint32_t)first, (uint32_t)end);
        r = tick(progress, "referrers", end, nodes, err);
    }
    return r;
}

void hsn__referrers_clear(hsn__referrers *referrers)
{
    hsn__free(referrers->bases);
    hsn__free(referrers->ids);
    *referrers = (hsn__referrers){0};
}

// ---- dominators -------------------------------------------------------------------------------

static inline uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

// The least semidominator on the path from `v` up to the last node that comes after `w`.
static inline uint32_t best_above(link *links, uint32_t v, uint32_t w)
{
    link here = links[v];
    uint32_t best = here.best;
    while (here.above > w) {
        link next = links[here.above];
        uint32_t up = here.above;
        best = least(best, next.best);
        if (next.above > w)
            links[v] = (link){next.above, least(here.best, next.best)};
        v = up;
        here = next;
    }
    return best;
}

// From the last referrer to the first: all of them, over all nodes, are one run backwards, and most
// nodes have too few of their own to look ahead among.
static inline uint32_t semidominator(sweep *s, uint32_t w, uint64_t first, uint64_t end)
{
    const uint32_t *ids = s->referrers->ids;
    uint32_t semi = s->p->parent[w];
    for (uint64_t at = end; at-- > first;) {
        if (at >= AHEAD_LINK)
            __builtin_prefetch(&s->links[ids[at - AHEAD_LINK]], 1);
        uint32_t v = ids[at];
        if (v < w)
            semi = least(semi, v);
        else if (v > w)
            semi = least(semi, best_above(s->links, v, w));
    }
    return semi;
}

static int find_semidominators(sweep *s, hsn_error *err)
{
    hsn__preorder *p = s->p;
    const hsn__referrers *from = s->referrers;
    uint64_t end = from->count;
    int r = HSN_OK;
    for (uint32_t w = p->count; w > 0 && r >= 0; w--) {
        // Places have moved to the ends of their runs, where the next number's run begins.
        uint64_t start = 0;
        if (w > 1) {
            start = from->bases[(w - 1) >> HSN__BLOCK_SHIFT] + p->seen[p->vertex[w - 1]].referrers;
            if (w > AHEAD_VERTEX)
                __builtin_prefetch(&p->seen[p->vertex[w - AHEAD_VERTEX]]);
        }
        uint32_t semi =
            hsn__bitmap_get(p->tops, p->vertex[w]) ? 0 : semidominator(s, w, start, end);
        end = start;
        s->semi[w] = semi;
        s->links[w] = (link){p->parent[w], semi};
        if (!(w & (TICK_NODES - 1)))
            r = tick(s->progress, "dominators", p->count - w, p->count, err);
    }
    return r;
}

static void find_dominators(sweep *s)
{
    uint32_t *dominator = s->p->parent;
    for (uint32_t w = 1; w <= s->p->count; w++) {
        uint32_t up = dominator[w];
        while (up > s->semi[w])
            up = dominator[up];
        dominator[w] = up;
    }
}

int hsn__dominators_sweep(hsn__preorder *preorder, const hsn__referrers *referrers,
                          const hsn_progress *progress, hsn_error *err)
{
    sweep s = {.p = preorder, .referrers = referrers, .progress = progress};
    s.links = hsn__alloc_array((size_t)preorder->count + 1, sizeof *s.links);
    s.semi = hsn__alloc_array((size_t)preorder->count + 1, sizeof *s.semi);
    int r = s.links && s.semi ? find_semidominators(&s, err) : hsn__fail_memory(err);
    hsn__free(s.links);
    if (r >= 0)
        find_dominators(&s);
    hsn__free(s.semi);
    return r;
}
