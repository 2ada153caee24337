// SPDX-License-Identifier: MIT
// Unit tests of dominators and retained bytes against slow, obvious twins: deletion of every node.
#include "analysis/dominators_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "check.h"
#include "random_graph.h"

enum { MOST_NODES = 24, ROUNDS = 6000 };

// A random graph with everything that makes roots, and what the twins say of it.
typedef struct sample {
    random_graph arrays;
    hsn_graph *graph;
    hsn_node_id declared[3];
    size_t declared_count;
    bool has_refcounts;
    uint32_t refcounts[MOST_NODES];
    uint8_t flags[MOST_NODES];
    uint64_t sizes[MOST_NODES], prefer;
    bool reaches[MOST_NODES][MOST_NODES]; // by no reference or more
    bool live[MOST_NODES], top[MOST_NODES];
} sample;

static uint32_t nodes_of(const sample *s)
{
    return s->arrays.node_count;
}

static uint32_t count_refs(const sample *s, uint32_t source, uint32_t target)
{
    uint32_t count = 0;
    for (uint64_t k = s->arrays.offsets[source]; k < s->arrays.offsets[source + 1]; k++)
        count += s->arrays.targets[k] == target;
    return count;
}

static void make_counts(sample *s, check_random *random)
{
    uint32_t n = nodes_of(s);
    s->has_refcounts = check_random_below(random, 3) != 0;
    bool tells_tracked = check_random_below(random, 2);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t dice = check_random_below(random, 24);
        s->refcounts[i] = 0;
        for (uint32_t k = 0; k < n; k++)
            s->refcounts[i] += count_refs(s, k, i);
        if (dice == 0)
            s->refcounts[i] = UINT32_MAX;
        else if (dice <= 2)
            s->refcounts[i]++;
        else if (dice == 3 && s->refcounts[i])
            s->refcounts[i]--;
        s->flags[i] = dice == 4 ? HSN_OBJECT_IMMORTAL : 0;
        if (tells_tracked && check_random_below(random, 8))
            s->flags[i] |= HSN_OBJECT_TRACKED;
        s->sizes[i] = check_random_below(random, 100);
    }
}

// ---- twins: roots
// ---------------------------------------------------------------------------------

static void spread(const sample *s, bool *set)
{
    bool from[MOST_NODES];
    memcpy(from, set, sizeof from);
    for (uint32_t i = 0; i < nodes_of(s); i++)
        for (uint32_t k = 0; k < nodes_of(s); k++)
            set[k] = set[k] || (from[i] && s->reaches[i][k]);
}

// What the collector finds that it has to keep.
static void twin_pinned(const sample *s, const bool *live, bool *out)
{
    bool any_tracked = false;
    for (uint32_t i = 0; i < nodes_of(s); i++)
        any_tracked = any_tracked || s->flags[i] & HSN_OBJECT_TRACKED;
    for (uint32_t i = 0; i < nodes_of(s); i++) {
        uint32_t seen = 0;
        for (uint32_t k = 0; k < nodes_of(s); k++)
            if (!live[k] && (!any_tracked || s->flags[k] & HSN_OBJECT_TRACKED ||
                             !(s->flags[i] & HSN_OBJECT_TRACKED)))
                seen += count_refs(s, k, i);
        bool surplus = s->refcounts[i] != UINT32_MAX && s->refcounts[i] > seen;
        out[i] = !live[i] && (surplus || s->flags[i] & HSN_OBJECT_IMMORTAL);
    }
}

// Node i begins a piece of garbage: only its equals refer to it, and it is the first of them.
static bool twin_is_entry(const sample *s, uint32_t i)
{
    for (uint32_t k = 0; k < nodes_of(s); k++) {
        if (k == i || s->live[k] || !s->reaches[k][i])
            continue;
        bool equal = s->reaches[i][k];
        bool i_preferred = s->prefer >> i & 1, k_preferred = s->prefer >> k & 1;
        if (!equal || (k_preferred != i_preferred ? k_preferred : k < i))
            return false;
    }
    return true;
}

static void twin_roots(sample *s)
{
    bool pinned[MOST_NODES] = {0};
    uint32_t n = nodes_of(s);
    memset(s->live, 0, sizeof s->live);
    memset(s->top, 0, sizeof s->top);
    for (size_t i = 0; i < s->declared_count; i++)
        s->live[s->declared[i]] = s->top[s->declared[i]] = true;
    spread(s, s->live);
    if (s->has_refcounts)
        twin_pinned(s, s->live, pinned);
    for (uint32_t i = 0; i < n; i++)
        s->top[i] = s->top[i] || pinned[i], s->live[i] = s->live[i] || pinned[i];
    spread(s, s->live);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t referrers = 0;
        for (uint32_t k = 0; k < n; k++)
            referrers += count_refs(s, k, i);
        bool surplus = s->refcounts[i] != UINT32_MAX && s->refcounts[i] > referrers;
        if (s->live[i])
            s->top[i] =
                s->top[i] || (s->has_refcounts && (surplus || s->flags[i] & HSN_OBJECT_IMMORTAL));
        else
            s->top[i] = twin_is_entry(s, i);
    }
}

static bool make_sample(sample *s, check_random *random)
{
    hsn_error err = {0};
    uint32_t n = 1 + check_random_below(random, MOST_NODES);
    random_graph_make(&s->arrays, random, n, 1 + check_random_below(random, 2));
    memset(s->reaches, 0, sizeof s->reaches);
    for (uint32_t i = 0; i < n; i++) {
        s->reaches[i][i] = true;
        for (uint64_t k = s->arrays.offsets[i]; k < s->arrays.offsets[i + 1]; k++)
            s->reaches[i][s->arrays.targets[k]] = true;
    }
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j < n; j++)
                s->reaches[i][j] = s->reaches[i][j] || (s->reaches[i][k] && s->reaches[k][j]);
    s->declared_count = check_random_below(random, 4);
    for (size_t i = 0; i < s->declared_count; i++)
        s->declared[i] = check_random_below(random, n);
    s->prefer = check_random_next(random);
    make_counts(s, random);
    twin_roots(s);
    return CHECK_OK(hsn_graph_build(&s->graph, n, s->arrays.offsets, s->arrays.targets,
                                    HSN_GRAPH_FORWARD, &err),
                    &err);
}

static void clear_sample(sample *s)
{
    hsn_graph_free(s->graph);
    random_graph_clear(&s->arrays);
}

// ---- twins: deletion
// -------------------------------------------------------------------------------

// What tops reach when `without` is not there; garbage reaches nothing that is alive.
static void twin_reached(const sample *s, uint32_t without, bool *out)
{
    uint32_t stack[MOST_NODES], depth = 0;
    memset(out, 0, MOST_NODES * sizeof *out);
    for (uint32_t i = 0; i < nodes_of(s); i++)
        if (s->top[i] && i != without) {
            out[i] = true;
            stack[depth++] = i;
        }
    while (depth) {
        uint32_t i = stack[--depth];
        for (uint64_t k = s->arrays.offsets[i]; k < s->arrays.offsets[i + 1]; k++) {
            uint32_t target = s->arrays.targets[k];
            if (out[target] || target == without || s->live[i] != s->live[target])
                continue;
            out[target] = true;
            stack[depth++] = target;
        }
    }
}

static bool equals_twin(const sample *s, const hsn_dominators *d)
{
    bool dominates[MOST_NODES][MOST_NODES] = {{0}}; // strictly
    uint64_t live = 0, garbage = 0;
    for (uint32_t u = 0; u < nodes_of(s); u++) {
        bool reached[MOST_NODES];
        uint64_t gone = 0;
        twin_reached(s, u, reached);
        for (uint32_t w = 0; w < nodes_of(s); w++) {
            dominates[u][w] = w != u && !reached[w];
            gone += reached[w] ? 0 : s->sizes[w];
        }
        if (d->retained_bytes[u] != gone)
            return false;
        *(s->live[u] ? &live : &garbage) += s->sizes[u];
    }
    for (uint32_t w = 0; w < nodes_of(s); w++) {
        // The nearest one is the one that all others dominate.
        hsn_node_id nearest = s->live[w] ? HSN_HELD_BY_ROOTS : HSN_HELD_BY_NOTHING;
        for (uint32_t u = 0; u < nodes_of(s); u++) {
            bool is_nearest = dominates[u][w];
            for (uint32_t x = 0; x < nodes_of(s); x++)
                is_nearest = is_nearest && (x == u || !dominates[x][w] || dominates[x][u]);
            nearest = is_nearest ? u : nearest;
        }
        if (d->dominator[w] != nearest)
            return false;
    }
    return live == d->live_bytes && garbage == d->garbage_bytes;
}

// ---- cases
// ----------------------------------------------------------------------------------------

static int prefer_sample(void *context, uint64_t **out, hsn_error *err)
{
    const sample *s = context;
    (void)err;
    *out = hsn__bitmap_new(nodes_of(s));
    **out = s->prefer & ((UINT64_C(1) << MOST_NODES) - 1);
    return HSN_OK;
}

static bool find(const hsn_graph *graph, const hsn__holders *holders, const uint64_t *sizes,
                 hsn_dominators *out)
{
    hsn_error err = {0};
    hsn__preorder preorder;
    hsn__referrers referrers = {0};
    uint32_t nodes = hsn_graph_node_count(graph);
    bool ok = CHECK_OK(hsn__preorder_find(graph, holders, NULL, &preorder, &err), &err) &&
              CHECK_EQ(preorder.count, nodes) &&
              CHECK_OK(hsn__referrers_find(graph, &preorder, NULL, &referrers, &err), &err) &&
              CHECK_OK(hsn__dominators_sweep(&preorder, &referrers, NULL, &err), &err);
    hsn__referrers_clear(&referrers);
    *out = (hsn_dominators){.node_count = nodes};
    out->dominator = hsn__alloc_array(nodes, sizeof *out->dominator);
    out->retained_bytes = hsn__alloc_array(nodes, sizeof *out->retained_bytes);
    if (ok) {
        memcpy(out->retained_bytes, sizes, nodes * sizeof *sizes);
        hsn__dominators_add_up(&preorder, out);
    }
    hsn__preorder_clear(&preorder);
    return ok;
}

static void test_dominators_equal_deletion_on_random_graphs(void)
{
    check_random random = {1};
    for (int round = 0; round < ROUNDS; round++) {
        sample s;
        hsn_dominators d = {0};
        if (make_sample(&s, &random)) {
            hsn__holders holders = {.declared = s.declared,
                                    .declared_count = s.declared_count,
                                    .refcounts = s.has_refcounts ? s.refcounts : NULL,
                                    .flags = s.has_refcounts ? s.flags : NULL,
                                    .prefer = prefer_sample,
                                    .context = &s};
            if (!find(s.graph, &holders, s.sizes, &d) || !CHECK(equals_twin(&s, &d))) {
                CHECK_EQ(round, -1);
                round = ROUNDS;
            }
        }
        hsn_dominators_free(&d);
        clear_sample(&s);
    }
}

// A graph of one shape, node 0 being the root, every node one byte.
typedef struct shape {
    uint64_t *offsets, *sizes;
    hsn_node_id *targets;
    uint64_t count;
    uint32_t nodes;
} shape;

static void shape_begin(shape *s, uint32_t nodes, uint64_t references)
{
    *s = (shape){.nodes = nodes};
    s->offsets = calloc((size_t)nodes + 1, sizeof *s->offsets);
    s->sizes = malloc(nodes * sizeof *s->sizes);
    s->targets = malloc(references * sizeof *s->targets);
    for (uint32_t i = 0; i < nodes; i++)
        s->sizes[i] = 1;
}

// References must be put in order of their source.
static void shape_put(shape *s, uint32_t source, hsn_node_id target)
{
    s->targets[s->count++] = target;
    s->offsets[source + 1] = s->count;
}

static bool shape_find(shape *s, hsn_dominators *out)
{
    static const hsn_node_id root[] = {0};
    hsn__holders holders = {.declared = root, .declared_count = 1};
    hsn_graph *graph = NULL;
    hsn_error err = {0};
    for (uint32_t i = 1; i <= s->nodes; i++)
        if (s->offsets[i] < s->offsets[i - 1])
            s->offsets[i] = s->offsets[i - 1];
    *out = (hsn_dominators){0};
    bool ok =
        CHECK_OK(hsn_graph_build(&graph, s->nodes, s->offsets, s->targets, HSN_GRAPH_FORWARD, &err),
                 &err) &&
        find(graph, &holders, s->sizes, out);
    hsn_graph_free(graph);
    free(s->offsets);
    free(s->sizes);
    free(s->targets);
    return ok;
}

static void test_dominators_of_a_list_of_a_million_links_stand_one_below_another(void)
{
    enum { LINKS = 1000000 };
    hsn_dominators d;
    shape s;
    shape_begin(&s, LINKS, LINKS);
    for (uint32_t i = 0; i + 1 < LINKS; i++)
        shape_put(&s, i, i + 1);
    if (shape_find(&s, &d)) {
        uint32_t wrong = 0;
        for (uint32_t i = 1; i < LINKS; i++)
            wrong += d.dominator[i] != i - 1 || d.retained_bytes[i] != LINKS - i;
        CHECK_EQ(wrong, 0);
        CHECK_EQ(d.dominator[0], HSN_HELD_BY_ROOTS);
        CHECK_EQ(d.retained_bytes[0], LINKS);
    }
    hsn_dominators_free(&d);
}

static void test_dominators_of_a_doubly_linked_list_with_a_tail_reference_are_right(void)
{
    // root → first, root → last: every link is reached from both sides, so only the root holds.
    enum { LINKS = 1000000 };
    hsn_dominators d;
    shape s;
    shape_begin(&s, LINKS, (uint64_t)LINKS * 2 + 2);
    shape_put(&s, 0, 1);
    shape_put(&s, 0, LINKS - 1);
    for (uint32_t i = 1; i < LINKS; i++) {
        if (i + 1 < LINKS)
            shape_put(&s, i, i + 1);
        if (i > 1)
            shape_put(&s, i, i - 1);
    }
    if (shape_find(&s, &d)) {
        uint32_t wrong = 0;
        for (uint32_t i = 1; i < LINKS; i++)
            wrong += d.dominator[i] != 0 || d.retained_bytes[i] != 1;
        CHECK_EQ(wrong, 0);
    }
    hsn_dominators_free(&d);
}

static void test_dominators_of_an_object_with_a_million_referrers_is_their_holder(void)
{
    enum { HOLDERS = 1000000 };
    hsn_dominators d;
    shape s;
    // 0 → list 1 → holders 3 … → shared 2, each twice, and each to itself.
    shape_begin(&s, HOLDERS + 3, (uint64_t)HOLDERS * 4 + 1);
    shape_put(&s, 0, 1);
    for (uint32_t i = 0; i < HOLDERS; i++)
        shape_put(&s, 1, i + 3);
    for (uint32_t i = 0; i < HOLDERS; i++) {
        shape_put(&s, i + 3, 2);
        shape_put(&s, i + 3, i + 3);
        shape_put(&s, i + 3, 2);
    }
    if (shape_find(&s, &d)) {
        CHECK_EQ(d.dominator[2], 1);
        CHECK_EQ(d.retained_bytes[2], 1);
        CHECK_EQ(d.retained_bytes[3], 1);
        CHECK_EQ(d.retained_bytes[1], HOLDERS + 2);
    }
    hsn_dominators_free(&d);
}

static void test_dominators_within_one_component_are_those_of_its_entry(void)
{
    enum { NODES = 300000 };
    check_random random = {7};
    hsn_dominators d;
    shape s;
    // A ring makes it one component; random references make every other way.
    shape_begin(&s, NODES, (uint64_t)NODES * 3);
    for (uint32_t i = 0; i < NODES; i++) {
        shape_put(&s, i, (i + 1) % NODES);
        shape_put(&s, i, check_random_below(&random, NODES));
        shape_put(&s, i, check_random_below(&random, NODES));
    }
    if (shape_find(&s, &d)) {
        uint64_t below_root = 0;
        for (uint32_t i = 1; i < NODES; i++)
            below_root += d.dominator[i] == 0 ? d.retained_bytes[i] : 0;
        CHECK_EQ(below_root, NODES - 1);
        CHECK_EQ(d.retained_bytes[0], NODES);
    }
    hsn_dominators_free(&d);
}

CHECK_MAIN(CHECK_CASE(test_dominators_equal_deletion_on_random_graphs),
           CHECK_CASE(test_dominators_of_a_list_of_a_million_links_stand_one_below_another),
           CHECK_CASE(test_dominators_of_a_doubly_linked_list_with_a_tail_reference_are_right),
           CHECK_CASE(test_dominators_of_an_object_with_a_million_referrers_is_their_holder),
           CHECK_CASE(test_dominators_within_one_component_are_those_of_its_entry))
