// SPDX-License-Identifier: MIT
// Unit tests of graph/: adjacency against sorted pairs, blocks of 64 Ki nodes, failing allocations.
#include "heapsnap/graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "check.h"
#include "random_graph.h"
#include "snapshot_of.h"

static int by_target_then_source(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

// The slow twin: all pairs (target, source), sorted.
static void check_against_sorted_pairs(const random_graph *given, const hsn_graph *graph)
{
    uint64_t count = given->offsets[given->node_count], at = 0;
    uint64_t *pairs = malloc((count + 1) * sizeof *pairs);
    bool same = true;
    for (uint32_t node = 0; node < given->node_count; node++)
        for (uint64_t i = given->offsets[node]; i < given->offsets[node + 1]; i++)
            pairs[i] = (uint64_t)given->targets[i] << 32 | node;
    qsort(pairs, count, sizeof *pairs, by_target_then_source);
    for (uint32_t node = 0; node < given->node_count; node++) {
        hsn_span refs = hsn_graph_refs(graph, node), back = hsn_graph_referrers(graph, node);
        uint64_t start = given->offsets[node], degree = given->offsets[node + 1] - start;
        same = same && refs.count == degree &&
               !memcmp(refs.ids, given->targets + start, degree * sizeof *refs.ids);
        for (size_t i = 0; i < back.count && same; i++)
            same = at < count && pairs[at++] == ((uint64_t)node << 32 | back.ids[i]);
        same = same && (at == count || pairs[at] >> 32 > node);
    }
    CHECK(same);
    CHECK_EQ(at, count);
    free(pairs);
}

static void test_graph_referrers_equal_sorted_pairs_on_random_graphs(void)
{
    check_random random = {1};
    for (int round = 0; round < 3000; round++) {
        hsn_graph *graph;
        hsn_error err = {0};
        random_graph given;
        random_graph_make(&given, &random, check_random_below(&random, 60), 4);
        if (CHECK_OK(hsn_graph_build(&graph, given.node_count, given.offsets, given.targets,
                                     HSN_GRAPH_FORWARD | HSN_GRAPH_BACKWARD, &err),
                     &err)) {
            CHECK_EQ(hsn_graph_node_count(graph), given.node_count);
            CHECK_EQ(hsn_graph_reference_count(graph), given.offsets[given.node_count]);
            check_against_sorted_pairs(&given, graph);
            hsn_graph_free(graph);
        }
        random_graph_clear(&given);
    }
}

static void test_graph_blocks_of_nodes_join_at_their_borders(void)
{
    static const uint32_t counts[] = {65535, 65536, 65537, 131072, 200001};
    check_random random = {2};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        hsn_graph *graph;
        hsn_error err = {0};
        random_graph given;
        random_graph_make(&given, &random, counts[i], 3);
        if (CHECK_OK(hsn_graph_build(&graph, given.node_count, given.offsets, given.targets,
                                     HSN_GRAPH_FORWARD | HSN_GRAPH_BACKWARD, &err),
                     &err)) {
            check_against_sorted_pairs(&given, graph);
            hsn_graph_free(graph);
        }
        random_graph_clear(&given);
    }
}

static void test_graph_one_side_alone(void)
{
    static const uint64_t offsets[] = {0, 2, 2, 3};
    static const hsn_node_id targets[] = {2, 2, 0};
    hsn_graph *graph;
    CHECK_EQ(hsn_graph_build(&graph, 3, offsets, targets, HSN_GRAPH_BACKWARD, NULL), HSN_OK);
    CHECK_EQ(hsn_graph_parts(graph), HSN_GRAPH_BACKWARD);
    hsn_span back = hsn_graph_referrers(graph, 2);
    CHECK(back.count == 2 && back.ids[0] == 0 && back.ids[1] == 0);
    CHECK_EQ(hsn_graph_referrers(graph, 1).count, 0);
    CHECK_EQ(hsn_graph_referrers(graph, 0).count, 1);
    hsn_graph_free(graph);
}

static void test_graph_without_nodes(void)
{
    static const uint64_t offsets[] = {0};
    hsn_graph *graph;
    CHECK_EQ(
        hsn_graph_build(&graph, 0, offsets, NULL, HSN_GRAPH_FORWARD | HSN_GRAPH_BACKWARD, NULL),
        HSN_OK);
    CHECK_EQ(hsn_graph_node_count(graph), 0);
    CHECK_EQ(hsn_graph_reference_count(graph), 0);
    hsn_graph_free(graph);
    hsn_graph_free(NULL);
}

static void test_graph_refuses_targets_and_offsets_out_of_range(void)
{
    static const uint64_t offsets[] = {0, 1, 2}, descending[] = {0, 2, 1};
    static const hsn_node_id outside[] = {0, 2}, inside[] = {0, 1};
    hsn_graph *graph;
    hsn_error err = {0};
    CHECK_STATUS(hsn_graph_build(&graph, 2, offsets, outside, HSN_GRAPH_FORWARD, &err), HSN_EINVAL);
    CHECK_STR(err.message, "target 2 of 2 nodes");
    CHECK(!graph);
    CHECK_STATUS(hsn_graph_build(&graph, 2, descending, inside, HSN_GRAPH_FORWARD, NULL),
                 HSN_EINVAL);
}

static void test_graph_reports_each_failing_allocation(void)
{
    static const uint64_t offsets[] = {0, 1, 2};
    static const hsn_node_id targets[] = {1, 0};
    unsigned parts = HSN_GRAPH_FORWARD | HSN_GRAPH_BACKWARD;
    hsn_graph *graph = NULL;
    int r = HSN_ENOMEM;
    unsigned nth = 0;
    while (r == HSN_ENOMEM && nth < 100) {
        hsn__alloc_fail_at(++nth, false);
        r = hsn_graph_build(&graph, 2, offsets, targets, parts, NULL);
        hsn__alloc_fail_at(0, false);
        CHECK(r == HSN_OK || !graph);
    }
    CHECK_EQ(r, HSN_OK);
    CHECK_EQ(nth, 8);
    hsn_graph_free(graph);
}

// Object i refers to object (7 i + 1) mod LOADED, and weakly to the next one.
enum { LOADED = 70001 };

static bool open_two_parts(snapshot_of *s, unsigned parts)
{
    enum { LINE = 80 };
    char *lines = malloc((size_t)LOADED * LINE + LINE);
    int at = snprintf(lines, LINE, "{'type':0,'name':'Thing'}\n");
    for (int i = 0; i < LOADED; i++)
        at += snprintf(lines + at, LINE, "{'object':%d,'type':0,'size':1,'weak':[%d],'ref':[%d]}\n",
                       16 * (i + 1), 16 * ((i + 1) % LOADED + 1), 16 * ((7 * i + 1) % LOADED + 1));
    bool ok = snapshot_open(s, lines, parts);
    free(lines);
    return ok;
}

static void check_loaded(const hsn_graph *graph, unsigned parts)
{
    bool weak = parts & HSN_GRAPH_WEAK, same = true;
    CHECK_EQ(hsn_graph_node_count(graph), LOADED);
    CHECK_EQ(hsn_graph_reference_count(graph), weak ? 2 * LOADED : LOADED);
    CHECK_EQ(hsn_graph_parts(graph), parts);
    for (uint32_t i = 0; i < LOADED && same; i++) {
        uint32_t strong = (7 * i + 1) % LOADED;
        if (parts & HSN_GRAPH_FORWARD) {
            hsn_span refs = hsn_graph_refs(graph, i);
            same = refs.count == 1u + weak && refs.ids[0] == strong &&
                   (!weak || refs.ids[1] == (i + 1) % LOADED);
        }
        if (parts & HSN_GRAPH_BACKWARD) {
            hsn_span back = hsn_graph_referrers(graph, strong);
            bool found = false;
            for (size_t k = 0; k < back.count; k++)
                found = found || back.ids[k] == i;
            same =
                same && found && back.count == 1u + weak && (!weak || back.ids[0] <= back.ids[1]);
        }
    }
    CHECK(same);
}

static void test_graph_loads_each_choice_of_parts(void)
{
    snapshot_of s;
    if (!open_two_parts(&s, HSN_GRAPH_FORWARD))
        return;
    for (unsigned parts = 0; parts < 8; parts++) {
        hsn_graph *graph;
        hsn_error err = {0};
        if (CHECK_OK(hsn_graph_load(&graph, s.heap, parts, NULL, &err), &err))
            check_loaded(graph, parts);
        hsn_graph_free(graph);
    }
    snapshot_close(&s);
}

static void test_graph_load_reports_each_failing_allocation(void)
{
    snapshot_of s;
    if (!open_two_parts(&s, HSN_GRAPH_FORWARD))
        return;
    for (unsigned parts = 1; parts < 4; parts++) {
        hsn_graph *graph = NULL;
        int r = HSN_ENOMEM;
        uint64_t nth = 0;
        while (r == HSN_ENOMEM && nth < 200) {
            hsn__alloc_fail_at(++nth, false);
            r = hsn_graph_load(&graph, s.heap, parts, NULL, NULL);
            hsn__alloc_fail_at(0, false);
            CHECK(r == HSN_OK || !graph);
        }
        CHECK_EQ(r, HSN_OK);
        CHECK(nth > 8);
        hsn_graph_free(graph);
    }
    snapshot_close(&s);
}

CHECK_MAIN(CHECK_CASE(test_graph_referrers_equal_sorted_pairs_on_random_graphs),
           CHECK_CASE(test_graph_blocks_of_nodes_join_at_their_borders),
           CHECK_CASE(test_graph_one_side_alone), CHECK_CASE(test_graph_without_nodes),
           CHECK_CASE(test_graph_refuses_targets_and_offsets_out_of_range),
           CHECK_CASE(test_graph_reports_each_failing_allocation),
           CHECK_CASE(test_graph_loads_each_choice_of_parts),
           CHECK_CASE(test_graph_load_reports_each_failing_allocation))
