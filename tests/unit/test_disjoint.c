// SPDX-License-Identifier: MIT
// Vertex-disjoint chains against a maximum flow by matrix on random graphs.
#include "heapsnap/disjoint.h"

#include <string.h>

#include "base/alloc.h"
#include "random_graph.h"

enum { MOST = 24, SIDES = 2 * MOST + 2 };

// Capacities of the flow network: 2v = near side, 2v + 1 = far side, then source and sink.
static int capacity[SIDES][SIDES];

static bool augment(int from, int sink, int sides, bool *seen)
{
    if (from == sink)
        return true;
    seen[from] = true;
    for (int to = 0; to < sides; to++)
        if (capacity[from][to] && !seen[to] && augment(to, sink, sides, seen)) {
            capacity[from][to]--;
            capacity[to][from]++;
            return true;
        }
    return false;
}

static size_t twin(const random_graph *g, const uint8_t *is_root, hsn_node_id target)
{
    int nodes = (int)g->node_count, source = 2 * nodes, sides = 2 * nodes + 1;
    size_t flow = 0;
    memset(capacity, 0, sizeof capacity);
    for (int v = 0; v < nodes; v++) {
        capacity[2 * v][2 * v + 1] = (hsn_node_id)v == target ? MOST : 1;
        if (is_root[v])
            capacity[source][2 * v] = 1;
        for (uint64_t i = g->offsets[v]; i < g->offsets[v + 1]; i++)
            capacity[2 * v + 1][2 * g->targets[i]] = 1;
    }
    for (;;) {
        bool seen[SIDES] = {false};
        if (!augment(source, (int)(2 * target), sides, seen))
            return flow;
        flow++;
    }
}

static bool has_reference(const random_graph *g, hsn_node_id from, hsn_node_id to)
{
    for (uint64_t i = g->offsets[from]; i < g->offsets[from + 1]; i++)
        if (g->targets[i] == to)
            return true;
    return false;
}

static void check_chains(const random_graph *g, const uint8_t *is_root, hsn_node_id target,
                         const hsn_disjoint *found)
{
    bool used[MOST] = {false};
    for (size_t i = 0; i < found->count; i++) {
        const hsn_disjoint_chain *chain = &found->chains[i];
        CHECK(is_root[chain->nodes[0]]);
        CHECK_EQ(chain->nodes[chain->count - 1], target);
        for (size_t k = 0; k + 1 < chain->count; k++) {
            CHECK(has_reference(g, chain->nodes[k], chain->nodes[k + 1]));
            CHECK(!used[chain->nodes[k]]);
            used[chain->nodes[k]] = true;
        }
        if (i)
            CHECK(found->chains[i - 1].count <= chain->count);
    }
}

static void test_disjoint_chains_are_as_many_as_the_flow(void)
{
    check_random random = {4711};
    for (int round = 0; round < 4000; round++) {
        random_graph g;
        hsn_graph *graph = NULL;
        hsn_error err = {0};
        uint8_t is_root[MOST] = {0};
        hsn_node_id roots[MOST];
        size_t root_count = 0;
        hsn_disjoint found = {0};
        uint32_t nodes = 3 + check_random_below(&random, MOST - 3);
        random_graph_make(&g, &random, nodes, 1 + check_random_below(&random, 4));
        hsn_node_id target = check_random_below(&random, nodes);
        for (uint32_t v = 0; v < nodes; v++)
            if (v != target && check_random_below(&random, 4) == 0) {
                is_root[v] = 1;
                roots[root_count++] = v;
            }
        size_t limit = 1 + check_random_below(&random, 6);
        CHECK_OK(hsn_graph_build(&graph, nodes, g.offsets, g.targets, HSN_GRAPH_BACKWARD, &err),
                 &err);
        CHECK_OK(hsn_disjoint_find(graph, roots, root_count, target, limit, NULL, &found, &err),
                 &err);
        size_t most = twin(&g, is_root, target);
        CHECK_EQ(found.count, most < limit ? most : limit);
        CHECK_EQ(found.is_all, most <= limit);
        check_chains(&g, is_root, target, &found);
        hsn_disjoint_free(&found);
        hsn_graph_free(graph);
        random_graph_clear(&g);
    }
}

// root 0 → 1 → 3 and 2 → 3 and root 4 → 1: shortest chains in turn could block each other.
static void test_disjoint_pushes_a_chain_back(void)
{
    // 0 → {1, 2}; 5 → 1; 1 → 3; 2 → 4; 1 → 4; 3 → 6; 4 → 6
    static const uint64_t offsets[] = {0, 2, 4, 5, 6, 7, 8, 8};
    static const hsn_node_id targets[] = {1, 2, 3, 4, 4, 6, 6, 1}, roots[] = {0, 5};
    hsn_graph *graph = NULL;
    hsn_disjoint found;
    hsn_error err = {0};
    CHECK_OK(hsn_graph_build(&graph, 7, offsets, targets, HSN_GRAPH_BACKWARD, &err), &err);
    CHECK_OK(hsn_disjoint_find(graph, roots, 2, 6, 0, NULL, &found, &err), &err);
    CHECK_EQ(found.count, 2);
    CHECK_EQ(found.is_all, 1);
    hsn_disjoint_free(&found);
    hsn_graph_free(graph);
}

static void test_disjoint_of_a_root_is_itself(void)
{
    static const uint64_t offsets[] = {0, 1, 1};
    static const hsn_node_id targets[] = {1}, roots[] = {1, 1};
    hsn_graph *graph = NULL;
    hsn_disjoint found;
    hsn_error err = {0};
    CHECK_OK(hsn_graph_build(&graph, 2, offsets, targets, HSN_GRAPH_BACKWARD, &err), &err);
    CHECK_OK(hsn_disjoint_find(graph, roots, 2, 1, 0, NULL, &found, &err), &err);
    CHECK_EQ(found.count, 1);
    CHECK_EQ(found.chains[0].count, 1);
    CHECK_EQ(found.is_all, 0);
    hsn_disjoint_free(&found);
    CHECK_STATUS(hsn_disjoint_find(graph, roots, 2, 2, 0, NULL, &found, NULL), HSN_EINVAL);
    hsn_graph_free(graph);
}

static void test_disjoint_survives_a_long_chain(void)
{
    enum { NODES = 300000 };
    uint64_t *offsets = malloc((NODES + 1) * sizeof *offsets);
    hsn_node_id *targets = malloc(NODES * sizeof *targets), root = 0;
    hsn_graph *graph = NULL;
    hsn_disjoint found;
    hsn_error err = {0};
    for (uint32_t i = 0; i <= NODES; i++)
        offsets[i] = i < NODES ? i : NODES - 1;
    for (uint32_t i = 0; i + 1 < NODES; i++)
        targets[i] = i + 1;
    CHECK_OK(hsn_graph_build(&graph, NODES, offsets, targets, HSN_GRAPH_BACKWARD, &err), &err);
    CHECK_OK(hsn_disjoint_find(graph, &root, 1, NODES - 1, 0, NULL, &found, &err), &err);
    CHECK_EQ(found.count, 1);
    CHECK_EQ(found.chains[0].count, NODES);
    hsn_disjoint_free(&found);
    hsn_graph_free(graph);
    free(offsets);
    free(targets);
}

static void test_disjoint_reports_missing_memory(void)
{
    static const uint64_t offsets[] = {0, 2, 3, 4, 4};
    static const hsn_node_id targets[] = {1, 2, 3, 3}, root = 0;
    hsn_graph *graph = NULL;
    hsn_error err = {0};
    CHECK_OK(hsn_graph_build(&graph, 4, offsets, targets, HSN_GRAPH_BACKWARD, &err), &err);
    for (uint64_t nth = 1;; nth++) {
        hsn_disjoint found;
        hsn__alloc_fail_at(nth, true);
        int r = hsn_disjoint_find(graph, &root, 1, 3, 0, NULL, &found, NULL);
        hsn__alloc_fail_at(0, false);
        if (r == HSN_OK) {
            CHECK(nth > 5);
            CHECK_EQ(found.count, 1);
            hsn_disjoint_free(&found);
            break;
        }
        if (!CHECK_STATUS(r, HSN_ENOMEM) || !CHECK(nth < 100))
            break;
    }
    hsn_graph_free(graph);
}

CHECK_MAIN(CHECK_CASE(test_disjoint_chains_are_as_many_as_the_flow),
           CHECK_CASE(test_disjoint_pushes_a_chain_back),
           CHECK_CASE(test_disjoint_of_a_root_is_itself),
           CHECK_CASE(test_disjoint_survives_a_long_chain),
           CHECK_CASE(test_disjoint_reports_missing_memory))
