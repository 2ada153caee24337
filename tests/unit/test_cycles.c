// SPDX-License-Identifier: MIT
// Unit tests of the stages of cycles against slow, obvious twins on random graphs.
#include "analysis/cycles_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "check.h"
#include "random_graph.h"

enum { MOST_NODES = 40, ROUNDS = 4000 };

// A random graph, its matrix of reachability (by one reference or more), and some roots.
typedef struct sample {
    random_graph arrays;
    hsn_graph *graph;
    bool reaches[MOST_NODES][MOST_NODES];
    hsn_node_id roots[3];
    size_t root_count;
} sample;

static bool make_sample(sample *s, check_random *random)
{
    hsn_error err = {0};
    uint32_t n = 1 + check_random_below(random, MOST_NODES);
    random_graph_make(&s->arrays, random, n, 1 + check_random_below(random, 2));
    memset(s->reaches, 0, sizeof s->reaches);
    for (uint32_t i = 0; i < n; i++)
        for (uint64_t k = s->arrays.offsets[i]; k < s->arrays.offsets[i + 1]; k++)
            s->reaches[i][s->arrays.targets[k]] = true;
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j < n; j++)
                s->reaches[i][j] = s->reaches[i][j] || (s->reaches[i][k] && s->reaches[k][j]);
    s->root_count = check_random_below(random, 4);
    for (size_t i = 0; i < s->root_count; i++)
        s->roots[i] = check_random_below(random, n);
    return CHECK_OK(hsn_graph_build(&s->graph, n, s->arrays.offsets, s->arrays.targets,
                                    HSN_GRAPH_FORWARD, &err),
                    &err);
}

static void clear_sample(sample *s)
{
    hsn_graph_free(s->graph);
    random_graph_clear(&s->arrays);
}

static bool twin_is_live(const sample *s, hsn_node_id node)
{
    for (size_t i = 0; i < s->root_count; i++)
        if (s->roots[i] == node || s->reaches[s->roots[i]][node])
            return true;
    return false;
}

static bool components_equal_twin(const sample *s, const hsn__components *c)
{
    uint64_t unreachable = 0;
    for (uint32_t i = 0; i < s->arrays.node_count; i++) {
        unreachable += !twin_is_live(s, i);
        if (s->reaches[i][i] != (c->of[i] != HSN__ON_NO_CYCLE) ||
            twin_is_live(s, i) != hsn__bitmap_get(c->live, i))
            return false;
        for (uint32_t j = 0; j < s->arrays.node_count; j++) {
            bool same = i == j || (s->reaches[i][j] && s->reaches[j][i]);
            if (s->reaches[i][i] && s->reaches[j][j] && same != (c->of[i] == c->of[j]))
                return false;
        }
    }
    for (uint32_t component = 0; component < c->count; component++)
        for (uint32_t i = c->starts[component]; i < c->starts[component + 1]; i++)
            if (c->of[c->members[i]] != component ||
                (i > c->starts[component] && c->members[i] <= c->members[i - 1]))
                return false;
    return unreachable == c->unreachable;
}

static void test_cycles_components_equal_mutual_reachability_on_random_graphs(void)
{
    check_random random = {1};
    for (int round = 0; round < ROUNDS; round++) {
        sample s;
        hsn__components c = {0};
        hsn_error err = {0};
        if (make_sample(&s, &random) &&
            CHECK_OK(hsn__components_find(s.graph, s.roots, s.root_count, NULL, &c, &err), &err) &&
            !CHECK(components_equal_twin(&s, &c)))
            round = ROUNDS;
        hsn__components_clear(&c);
        clear_sample(&s);
    }
}

// The slow twin: the distance from each node back to itself, by plain breadth-first search.
static size_t twin_girth(const sample *s, const hsn__components *c, uint32_t component,
                         const hsn__girth *girth)
{
    size_t best = SIZE_MAX, distance[MOST_NODES];
    for (uint32_t i = c->starts[component]; i < c->starts[component + 1]; i++) {
        hsn_node_id start = c->members[i], queue[MOST_NODES];
        size_t count = 0;
        if (girth->wanted && !girth->wanted[girth->types[start]])
            continue;
        memset(distance, 0xff, sizeof distance);
        queue[count++] = start;
        for (size_t at = 0; at < count; at++) {
            size_t here = at ? distance[queue[at]] : 0;
            for (uint64_t k = s->arrays.offsets[queue[at]]; k < s->arrays.offsets[queue[at] + 1];
                 k++) {
                hsn_node_id next = s->arrays.targets[k];
                if (distance[next] != SIZE_MAX)
                    continue;
                distance[next] = here + 1;
                if (next != start)
                    queue[count++] = next;
            }
        }
        best = distance[start] < best ? distance[start] : best;
    }
    return best;
}

static bool refers_to(const sample *s, hsn_node_id source, hsn_node_id target)
{
    for (uint64_t k = s->arrays.offsets[source]; k < s->arrays.offsets[source + 1]; k++)
        if (s->arrays.targets[k] == target)
            return true;
    return false;
}

static bool is_cycle(const sample *s, const hsn__girth *girth)
{
    for (size_t i = 0; i < girth->count; i++)
        if (!refers_to(s, girth->cycle[i], girth->cycle[(i + 1) % girth->count]))
            return false;
    return girth->count > 0;
}

static bool passes_wanted(const hsn__girth *girth)
{
    for (size_t i = 0; i < girth->count; i++)
        if (!girth->wanted || girth->wanted[girth->types[girth->cycle[i]]])
            return true;
    return false;
}

// With `picky`, only cycles through some of the objects count.
static void check_girth(const sample *s, const hsn__components *c, uint64_t budget, bool picky)
{
    static const uint8_t wanted[] = {0, 1};
    uint32_t type_of[MOST_NODES];
    hsn__girth girth = {.wanted = picky ? wanted : NULL, .types = type_of};
    hsn_error err = {0};
    for (uint32_t i = 0; i < MOST_NODES; i++)
        type_of[i] = i % 3 == 0;
    for (uint32_t i = 0; i < c->count; i++) {
        if (twin_girth(s, c, i, &girth) == SIZE_MAX)
            continue;
        if (!CHECK_OK(hsn__girth_find(&girth, s->graph, c, i, budget, &err), &err))
            break;
        CHECK(is_cycle(s, &girth) && passes_wanted(&girth));
        for (size_t k = 0; k < girth.count; k++)
            CHECK_EQ(c->of[girth.cycle[k]], i);
        size_t expected = twin_girth(s, c, i, &girth);
        if (girth.is_exact)
            CHECK_EQ(girth.count, expected);
        else
            CHECK(girth.count >= expected);
        CHECK(girth.is_exact || budget < 10000);
    }
    hsn__girth_clear(&girth);
}

static void test_cycles_shortest_equals_brute_force_on_random_graphs(void)
{
    check_random random = {2};
    for (int round = 0; round < ROUNDS; round++) {
        sample s;
        hsn__components c = {0};
        hsn_error err = {0};
        if (make_sample(&s, &random) &&
            CHECK_OK(hsn__components_find(s.graph, NULL, 0, NULL, &c, &err), &err)) {
            check_girth(&s, &c, 1 << 24, false);
            check_girth(&s, &c, 1 << 24, true);
            check_girth(&s, &c, check_random_below(&random, 100), round % 2);
        }
        hsn__components_clear(&c);
        clear_sample(&s);
    }
}

// The slow twin of the collector's rule, by marking until nothing changes.
static void twin_pinned(const sample *s, const uint32_t *refcounts, const uint8_t *flags, bool *out)
{
    bool tells = false, changed = true;
    for (uint32_t i = 0; i < s->arrays.node_count; i++)
        tells = tells || flags[i] & HSN_OBJECT_TRACKED;
    for (uint32_t i = 0; i < s->arrays.node_count; i++) {
        uint32_t visible = 0;
        for (uint32_t j = 0; j < s->arrays.node_count; j++)
            for (uint64_t k = s->arrays.offsets[j]; k < s->arrays.offsets[j + 1]; k++)
                visible +=
                    s->arrays.targets[k] == i && !twin_is_live(s, j) &&
                    (!tells || flags[j] & HSN_OBJECT_TRACKED || !(flags[i] & HSN_OBJECT_TRACKED));
        out[i] = !twin_is_live(s, i) && ((refcounts[i] != UINT32_MAX && refcounts[i] > visible) ||
                                         flags[i] & HSN_OBJECT_IMMORTAL);
    }
    while (changed) {
        changed = false;
        for (uint32_t j = 0; j < s->arrays.node_count; j++)
            for (uint64_t k = s->arrays.offsets[j]; out[j] && k < s->arrays.offsets[j + 1]; k++) {
                hsn_node_id next = s->arrays.targets[k];
                changed = changed || (!out[next] && !twin_is_live(s, next));
                out[next] = !twin_is_live(s, next);
            }
    }
}

static void check_pinned(const sample *s, const hsn__components *c, check_random *random)
{
    uint32_t refcounts[MOST_NODES], given[MOST_NODES];
    uint8_t flags[MOST_NODES];
    bool expected[MOST_NODES], all_untracked = check_random_below(random, 4) == 0;
    uint64_t *pinned;
    hsn_error err = {0};
    memset(refcounts, 0, sizeof refcounts);
    for (uint64_t k = 0; k < s->arrays.offsets[s->arrays.node_count]; k++)
        refcounts[s->arrays.targets[k]]++;
    for (uint32_t i = 0; i < s->arrays.node_count; i++) {
        uint32_t dice = check_random_below(random, 40);
        flags[i] = !all_untracked && dice % 8 ? HSN_OBJECT_TRACKED : 0;
        refcounts[i] = dice == 1 ? UINT32_MAX : refcounts[i] + (dice == 2) - (dice == 3);
        if (refcounts[i] == UINT32_MAX && check_random_below(random, 2))
            flags[i] |= HSN_OBJECT_IMMORTAL;
    }
    memcpy(given, refcounts, sizeof given);
    twin_pinned(s, refcounts, flags, expected);
    if (!CHECK_OK(hsn__cycles_pinned(s->graph, c, given, flags, &pinned, &err), &err))
        return;
    bool same = true;
    for (uint32_t i = 0; i < s->arrays.node_count; i++)
        same = same && hsn__bitmap_get(pinned, i) == expected[i];
    CHECK(same);
    hsn__free(pinned);
}

static void test_cycles_pinned_equals_naive_marking_on_random_graphs(void)
{
    check_random random = {3};
    for (int round = 0; round < ROUNDS; round++) {
        sample s;
        hsn__components c = {0};
        hsn_error err = {0};
        if (make_sample(&s, &random) &&
            CHECK_OK(hsn__components_find(s.graph, s.roots, s.root_count, NULL, &c, &err), &err))
            check_pinned(&s, &c, &random);
        hsn__components_clear(&c);
        clear_sample(&s);
    }
}

// Objects on a cycle when one reference from `source` to `target` is gone.
static uint64_t twin_rest(const sample *s, hsn_node_id source, hsn_node_id target,
                          const hsn__components *c, uint32_t component)
{
    static bool reaches[MOST_NODES][MOST_NODES];
    uint32_t n = s->arrays.node_count;
    bool gone = false;
    uint64_t rest = 0;
    memset(reaches, 0, sizeof reaches);
    for (uint32_t i = 0; i < n; i++)
        for (uint64_t k = s->arrays.offsets[i]; k < s->arrays.offsets[i + 1]; k++) {
            hsn_node_id to = s->arrays.targets[k];
            if (i == source && to == target && !gone)
                gone = true;
            else if (c->of[i] == component && c->of[to] == component)
                reaches[i][to] = true;
        }
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = 0; j < n; j++)
                reaches[i][j] = reaches[i][j] || (reaches[i][k] && reaches[k][j]);
    for (uint32_t i = 0; i < n; i++)
        rest += reaches[i][i];
    return rest;
}

static void check_cut(const sample *s, const hsn__components *c, uint32_t component,
                      const hsn__girth *girth)
{
    hsn_cycle_step steps[MOST_NODES];
    hsn_error err = {0};
    hsn_cycle row = {.nodes = c->members + c->starts[component],
                     .objects = c->starts[component + 1] - c->starts[component],
                     .shortest = steps,
                     .shortest_count = girth->count};
    for (size_t i = 0; i < girth->count; i++)
        steps[i] = (hsn_cycle_step){
            .node = girth->cycle[i],
            .label = "x",
            .ref = {.target = girth->cycle[(i + 1) % girth->count], .kind = HSN_REF_ATTRIBUTE}};
    if (!CHECK_OK(hsn__cut_choose(s->graph, c, component, &row, &err), &err))
        return;
    CHECK(row.cut_is_counted);
    uint64_t most = 0;
    for (size_t i = girth->count < 16 ? girth->count : 16; i-- > 0;) {
        uint64_t freed =
            row.objects - twin_rest(s, steps[i].node, steps[i].ref.target, c, component);
        most = freed > most ? freed : most;
        if (i == row.cut)
            CHECK_EQ(row.cut_frees, freed);
    }
    CHECK_EQ(row.cut_frees, most);
}

static void test_cycles_cut_frees_most_of_the_shortest_cycle(void)
{
    check_random random = {4};
    for (int round = 0; round < ROUNDS / 4; round++) {
        sample s;
        hsn__components c = {0};
        hsn__girth girth = {0};
        hsn_error err = {0};
        if (make_sample(&s, &random) &&
            CHECK_OK(hsn__components_find(s.graph, NULL, 0, NULL, &c, &err), &err))
            for (uint32_t i = 0; i < c.count; i++)
                if (CHECK_OK(hsn__girth_find(&girth, s.graph, &c, i, 1 << 24, &err), &err))
                    check_cut(&s, &c, i, &girth);
        hsn__girth_clear(&girth);
        hsn__components_clear(&c);
        clear_sample(&s);
    }
}

static void test_cycles_cut_prefers_the_way_back_over_what_frees_more(void)
{
    // 0 → 1 → 2 → 0, and 1 → 0: without 0 → 1 everything is free, without 2 → 0 one object.
    static const uint64_t offsets[] = {0, 1, 3, 4};
    static const hsn_node_id targets[] = {1, 2, 0, 0};
    hsn_cycle_step steps[] = {
        {.node = 0, .label = "children", .ref = {.target = 1, .label_form = HSN_LABEL_STRING}},
        {.node = 1, .label = "", .ref = {.target = 2, .label_form = HSN_LABEL_INDEX}},
        {.node = 2, .label = "_parent", .ref = {.target = 0, .label_form = HSN_LABEL_STRING}}};
    static const hsn_ref_kind kinds[] = {HSN_REF_ATTRIBUTE, HSN_REF_INDEX, HSN_REF_ATTRIBUTE};
    hsn_graph *graph;
    hsn__components c = {0};
    hsn_error err = {0};
    for (int i = 0; i < 3; i++)
        steps[i].ref.kind = kinds[i];
    CHECK_OK(hsn_graph_build(&graph, 3, offsets, targets, HSN_GRAPH_FORWARD, &err), &err);
    CHECK_OK(hsn__components_find(graph, NULL, 0, NULL, &c, &err), &err);
    hsn_cycle row = {.nodes = c.members, .objects = 3, .shortest = steps, .shortest_count = 3};
    CHECK_OK(hsn__cut_choose(graph, &c, 0, &row, &err), &err);
    CHECK_EQ(row.cut, 2);
    CHECK_EQ(row.cut_frees, 1);
    steps[2].label = "link";
    CHECK_OK(hsn__cut_choose(graph, &c, 0, &row, &err), &err);
    CHECK_EQ(row.cut, 0);
    CHECK_EQ(row.cut_frees, 3);
    steps[0].ref.kind = HSN_REF_CLASS; // what a program cannot remove comes last
    CHECK_OK(hsn__cut_choose(graph, &c, 0, &row, &err), &err);
    CHECK_EQ(row.cut, 1);
    hsn__components_clear(&c);
    hsn_graph_free(graph);
}

static void test_cycles_back_pointers_are_told_by_the_last_word(void)
{
    CHECK(hsn__is_back_pointer("parent") && hsn__is_back_pointer("_owner"));
    CHECK(hsn__is_back_pointer("__context__") && hsn__is_back_pointer("node_parent_"));
    CHECK(!hsn__is_back_pointer("parents") && !hsn__is_back_pointer("transparent"));
    CHECK(!hsn__is_back_pointer("") && !hsn__is_back_pointer("_") && !hsn__is_back_pointer("k"));
}

// A ring of `count` objects, closed or not.
static hsn_graph *make_ring(uint32_t count, bool closed)
{
    uint64_t *offsets = malloc(((size_t)count + 1) * sizeof *offsets);
    hsn_node_id *targets = malloc(count * sizeof *targets);
    hsn_graph *graph = NULL;
    for (uint32_t i = 0; i < count; i++) {
        offsets[i] = i;
        targets[i] = (i + 1) % count;
    }
    offsets[count] = closed ? count : count - 1;
    hsn_graph_build(&graph, count, offsets, targets, HSN_GRAPH_FORWARD, NULL);
    free(offsets);
    free(targets);
    return graph;
}

static void test_cycles_a_ring_of_a_million_is_one_exact_cycle(void)
{
    enum { COUNT = 1000000 };
    hsn_graph *graph = make_ring(COUNT, true);
    hsn__components c = {0};
    hsn__girth girth = {0};
    hsn_error err = {0};
    CHECK_OK(hsn__components_find(graph, NULL, 0, NULL, &c, &err), &err);
    CHECK_EQ(c.count, 1);
    CHECK_EQ(c.starts[1], COUNT);
    CHECK_OK(hsn__girth_find(&girth, graph, &c, 0, 1 << 24, &err), &err);
    CHECK(girth.is_exact);
    CHECK_EQ(girth.count, COUNT);
    hsn__girth_clear(&girth);
    hsn__components_clear(&c);
    hsn_graph_free(graph);
}

static void test_cycles_a_list_of_a_million_links_has_none(void)
{
    hsn_graph *graph = make_ring(1000000, false);
    hsn__components c = {0};
    hsn_error err = {0};
    hsn_node_id root = 500000;
    CHECK_OK(hsn__components_find(graph, &root, 1, NULL, &c, &err), &err);
    CHECK_EQ(c.count, 0);
    CHECK_EQ(c.unreachable, 500000);
    hsn__components_clear(&c);
    hsn_graph_free(graph);
}

static void test_cycles_deep_search_beside_the_large_component(void)
{
    // Two rings, and a hub pair with more references: the hub is taken first, the rings go deep.
    enum { COUNT = 300000, HUB = 2 * COUNT };
    uint64_t *offsets = malloc((HUB + 3) * sizeof *offsets), at = 0;
    hsn_node_id *targets = malloc((HUB + 10) * sizeof *targets);
    hsn_graph *graph = NULL;
    hsn__components c = {0};
    hsn_error err = {0};
    for (uint32_t i = 0; i < HUB; i++) {
        offsets[i] = at;
        targets[at++] = i + 1 == COUNT ? 0 : i + 1 == HUB ? COUNT : i + 1;
    }
    for (uint32_t i = 0; i < 2; i++) {
        offsets[HUB + i] = at;
        for (int k = 0; k < 4; k++)
            targets[at++] = HUB + 1 - i;
    }
    offsets[HUB + 2] = at;
    CHECK_OK(hsn_graph_build(&graph, HUB + 2, offsets, targets, HSN_GRAPH_FORWARD, &err), &err);
    CHECK_OK(hsn__components_find(graph, NULL, 0, NULL, &c, &err), &err);
    CHECK_EQ(c.count, 3);
    CHECK_EQ(c.starts[3], HUB + 2);
    CHECK(c.of[0] != c.of[COUNT] && c.of[0] == c.of[COUNT - 1] && c.of[HUB] == c.of[HUB + 1]);
    hsn__components_clear(&c);
    hsn_graph_free(graph);
    free(offsets);
    free(targets);
}

static int run_all_stages(const hsn_graph *graph)
{
    uint32_t refcounts[3] = {9, 1, 1};
    uint8_t flags[3] = {0};
    hsn__components c = {0};
    hsn__girth girth = {0};
    uint64_t *pinned = NULL;
    hsn_cycle_step steps[3] = {
        {.label = "", .ref.target = 1}, {.label = "", .node = 1, .ref.target = 2}, {.label = ""}};
    steps[2].node = 2;
    int r = hsn__components_find(graph, NULL, 0, NULL, &c, NULL);
    if (r >= 0)
        r = hsn__girth_find(&girth, graph, &c, 0, 1000, NULL);
    if (r >= 0)
        r = hsn__cycles_pinned(graph, &c, refcounts, flags, &pinned, NULL);
    hsn_cycle row = {.nodes = c.members, .objects = 3, .shortest = steps, .shortest_count = 3};
    if (r >= 0)
        r = hsn__cut_choose(graph, &c, 0, &row, NULL);
    hsn__free(pinned);
    hsn__girth_clear(&girth);
    hsn__components_clear(&c);
    return r;
}

static void test_cycles_reports_each_failing_allocation(void)
{
    hsn_graph *graph = make_ring(3, true);
    int r = HSN_ENOMEM;
    uint64_t nth = 0;
    while (r == HSN_ENOMEM && nth < 200) {
        hsn__alloc_fail_at(++nth, false);
        r = run_all_stages(graph);
        hsn__alloc_fail_at(0, false);
    }
    CHECK_EQ(r, HSN_OK);
    CHECK(nth > 40);
    hsn_graph_free(graph);
}

CHECK_MAIN(CHECK_CASE(test_cycles_components_equal_mutual_reachability_on_random_graphs),
           CHECK_CASE(test_cycles_shortest_equals_brute_force_on_random_graphs),
           CHECK_CASE(test_cycles_pinned_equals_naive_marking_on_random_graphs),
           CHECK_CASE(test_cycles_cut_frees_most_of_the_shortest_cycle),
           CHECK_CASE(test_cycles_cut_prefers_the_way_back_over_what_frees_more),
           CHECK_CASE(test_cycles_back_pointers_are_told_by_the_last_word),
           CHECK_CASE(test_cycles_a_ring_of_a_million_is_one_exact_cycle),
           CHECK_CASE(test_cycles_a_list_of_a_million_links_has_none),
           CHECK_CASE(test_cycles_deep_search_beside_the_large_component),
           CHECK_CASE(test_cycles_reports_each_failing_allocation))
