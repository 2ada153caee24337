// SPDX-License-Identifier: MIT
// Unit tests of chains: distances against a slow twin, the choice among equals, expressions.
#include "analysis/chain_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bitmap.h"
#include "check.h"
#include "random_graph.h"
#include "snapshot_of.h"

enum { MOST_NODES = 40 };

// The slow twin: relax every reference until nothing changes.
static void twin_distances(const random_graph *g, const hsn_node_id *targets, size_t count,
                           uint32_t *out)
{
    bool changed = true;
    for (uint32_t i = 0; i < g->node_count; i++)
        out[i] = UINT32_MAX;
    for (size_t i = 0; i < count; i++)
        out[targets[i]] = 0;
    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < g->node_count; i++)
            for (uint64_t k = g->offsets[i]; k < g->offsets[i + 1]; k++) {
                uint32_t there = out[g->targets[k]];
                if (there == UINT32_MAX || there + 1 >= out[i])
                    continue;
                out[i] = there + 1;
                changed = true;
            }
    }
}

static void check_distances(const random_graph *g, check_random *random)
{
    uint32_t expected[MOST_NODES], nearest = UINT32_MAX;
    hsn_node_id targets[2] = {check_random_below(random, g->node_count),
                              check_random_below(random, g->node_count)};
    uint64_t starts[2] = {0};
    uint32_t most = check_random_below(random, 5);
    hsn_graph *graph = NULL;
    hsn__distances d = {0};
    hsn_error err = {0};
    twin_distances(g, targets, 2, expected);
    for (uint32_t i = 0; i < g->node_count; i++)
        if (check_random_below(random, 8) == 0) {
            hsn__bitmap_set(starts, i);
            nearest = expected[i] < nearest ? expected[i] : nearest;
        }
    bool reachable = nearest != UINT32_MAX && (!most || nearest <= most);
    CHECK_OK(
        hsn_graph_build(&graph, g->node_count, g->offsets, g->targets, HSN_GRAPH_BACKWARD, &err),
        &err);
    CHECK_OK(hsn__distances_find(graph, targets, 2, starts, NULL, most, NULL, &d, &err), &err);
    CHECK_EQ(d.found, reachable);
    for (uint32_t i = 0; i < g->node_count; i++)
        if (d.to_target[i])
            CHECK_EQ(d.to_target[i] - 1, expected[i]);
        else
            CHECK(expected[i] == UINT32_MAX || (reachable && expected[i] > nearest) ||
                  (most && expected[i] > most));
    for (size_t i = d.first; i < d.count && d.found; i++)
        CHECK_EQ(d.to_target[d.queue[i]] - 1, nearest);
    hsn__distances_clear(&d);
    hsn_graph_free(graph);
}

static void test_chain_distances_equal_relaxation_on_random_graphs(void)
{
    check_random random = {5};
    for (int round = 0; round < 4000; round++) {
        random_graph g;
        random_graph_make(&g, &random, 1 + check_random_below(&random, MOST_NODES), 2);
        check_distances(&g, &random);
        random_graph_clear(&g);
    }
}

static const char types[] = "{'type':0,'name':'module','kind':'module'}\n"
                            "{'type':1,'name':'dict','kind':'dict'}\n"
                            "{'type':2,'name':'list','kind':'list'}\n"
                            "{'type':3,'name':'Request','module':'app.cache'}\n"
                            "{'type':4,'name':'frame','kind':'frame'}\n"
                            "{'type':5,'name':'function','kind':'function'}\n"
                            "{'type':6,'name':'cell','kind':'cell'}\n"
                            "{'type':7,'name':'type','kind':'type'}\n"
                            "{'string':0,'text':'__dict__'}\n{'string':1,'text':'cache'}\n"
                            "{'string':2,'text':'_pending'}\n{'string':3,'text':'k'}\n"
                            "{'string':4,'text':'owner'}\n{'string':5,'text':'handle'}\n"
                            "{'string':6,'text':'__closure__'}\n{'string':7,'text':'a b'}\n"
                            "{'string':8,'text':'cell_contents'}\n";

static bool open_lines(snapshot_of *s, const char *lines)
{
    char *text = malloc(sizeof types + strlen(lines));
    strcpy(text, types);
    strcat(text, lines);
    bool ok = snapshot_open(s, text, HSN_GRAPH_BACKWARD);
    free(text);
    return ok;
}

static void check_expression(const char *lines, uint64_t address, const hsn_chain_options *options,
                             const char *expected)
{
    snapshot_of s;
    hsn_chain chain;
    hsn_node_id target;
    hsn_error err = {0};
    if (!open_lines(&s, lines))
        return;
    if (CHECK_OK(hsn_heap_find_address(s.heap, address, &target, &err), &err) &&
        CHECK_OK(hsn_chain_find(s.heap, s.graph, &target, 1, options, NULL, &chain, &err), &err)) {
        CHECK_EQ(chain.found, expected != NULL);
        CHECK_STR(chain.expression, expected ? expected : "");
        CHECK_EQ(chain.target, expected ? target : HSN_NONE);
        CHECK_EQ(chain.step_count > 0, expected != NULL);
        if (chain.step_count)
            CHECK_EQ(chain.steps[chain.step_count - 1].address, address);
        hsn_chain_free(&chain);
    }
    snapshot_close(&s);
}

static void test_chain_reads_as_an_expression(void)
{
    static const char lines[] =
        "{'object':16,'type':0,'size':1,'internal':[0,32]}\n"
        "{'object':32,'type':1,'size':1,'dict':[1,0,48]}\n"
        "{'object':48,'type':3,'size':1,'attr':[2,64]}\n"
        "{'object':64,'type':1,'size':1,'dict':[3,0,80,-1,0,112,7,0,128]}\n"
        "{'object':80,'type':2,'size':1,'item':[0,0,0,96]}\n"
        "{'object':96,'type':3,'size':1,'attr':[4,100]}\n"
        "{'object':100,'type':3,'size':1}\n{'object':112,'type':3,'size':1}\n"
        "{'object':128,'type':3,'size':1,'elem':[144],'internal':[0,160]}\n"
        "{'object':144,'type':3,'size':1,'ref':[176]}\n{'object':160,'type':1,'size':1}\n"
        "{'object':176,'type':3,'size':1}\n"
        "{'root':16,'kind':'module','name':'app'}\n";
    check_expression(lines, 100, NULL, "app.cache._pending['k'][3].owner");
    check_expression(lines, 32, NULL, "app.__dict__");
    check_expression(lines, 16, NULL, "app");
    check_expression(lines, 112, NULL, "app.cache._pending[*]");
    check_expression(lines, 160, NULL, "app.cache._pending['a b'].__dict__");
    check_expression(lines, 176, NULL, "app.cache._pending['a b'][*].<app.cache.Request>");
}

static void test_chain_from_a_frame_through_a_closure(void)
{
    static const char lines[] = "{'object':16,'type':4,'size':1,'local':[5,32]}\n"
                                "{'object':32,'type':5,'size':1,'internal':[6,48]}\n"
                                "{'object':48,'type':2,'size':1,'cell':[4,64]}\n"
                                "{'object':64,'type':6,'size':1,'internal':[8,80]}\n"
                                "{'object':80,'type':3,'size':1}\n"
                                "{'root':16,'kind':'frame','name':'handle app.py:31'}\n";
    check_expression(lines, 80, NULL,
                     "<frame handle app.py:31>.handle.__closure__['owner'].cell_contents");
}

static void test_chain_weak_references_hold_nothing(void)
{
    static const char lines[] = "{'object':16,'type':3,'size':1,'weak':[32]}\n"
                                "{'object':32,'type':3,'size':1}\n"
                                "{'root':16,'kind':'module','name':'app'}\n";
    check_expression(lines, 32, NULL, NULL);
}

// Module app keeps an instance (its class holds the list that is asked for) and, five references
// away, the same list. Module lib keeps a function whose globals are app's.
static void test_chain_goes_round_housekeeping_where_it_can(void)
{
    static const char both[] = "{'object':16,'type':0,'size':1,'internal':[0,32]}\n"
                               "{'object':32,'type':1,'size':1,'dict':[1,0,48,2,0,112]}\n"
                               "{'object':48,'type':3,'size':1,'class':64}\n"
                               "{'object':64,'type':7,'size':1,'internal':[0,80]}\n"
                               "{'object':80,'type':1,'size':1,'dict':[3,0,96]}\n"
                               "{'object':96,'type':2,'size':1}\n"
                               "{'object':112,'type':2,'size':1,'item':[128]}\n"
                               "{'object':128,'type':2,'size':1,'item':[144]}\n"
                               "{'object':144,'type':2,'size':1,'item':[160]}\n"
                               "{'object':160,'type':2,'size':1,'item':[96]}\n"
                               "{'root':16,'kind':'module','name':'app'}\n";
    static const char class_only[] = "{'object':16,'type':0,'size':1,'internal':[0,32]}\n"
                                     "{'object':32,'type':1,'size':1,'dict':[1,0,48]}\n"
                                     "{'object':48,'type':3,'size':1,'class':64}\n"
                                     "{'object':64,'type':7,'size':1,'internal':[0,80]}\n"
                                     "{'object':80,'type':1,'size':1,'dict':[3,0,96]}\n"
                                     "{'object':96,'type':2,'size':1}\n"
                                     "{'root':16,'kind':'module','name':'app'}\n";
    static const char globals[] = "{'object':16,'type':4,'size':1,'local':[5,32]}\n"
                                  "{'object':32,'type':5,'size':1,'internal':[0,48]}\n"
                                  "{'object':48,'type':1,'size':1,'dict':[3,0,96]}\n"
                                  "{'object':64,'type':0,'size':1,'internal':[0,48]}\n"
                                  "{'object':80,'type':2,'size':1,'item':[64]}\n"
                                  "{'object':96,'type':2,'size':1}\n"
                                  "{'object':112,'type':2,'size':1,'item':[80]}\n"
                                  "{'object':128,'type':2,'size':1,'item':[112]}\n"
                                  "{'root':16,'kind':'frame','name':'run a.py:1'}\n"
                                  "{'root':128,'kind':'interpreter','name':'sys.modules'}\n";
    check_expression(both, 96, NULL, "app._pending[0][0][0][0]");
    check_expression(class_only, 96, NULL, "app.cache.__class__.k");
    check_expression(globals, 96, NULL, "<interpreter sys.modules>[0][0][0].k");
}

static void test_chain_prefers_modules_then_labels_then_addresses(void)
{
    static const char roots[] = "{'object':16,'type':3,'size':1,'attr':[4,96]}\n"
                                "{'object':32,'type':3,'size':1,'attr':[4,96]}\n"
                                "{'object':48,'type':3,'size':1,'attr':[4,96]}\n"
                                "{'object':96,'type':3,'size':1}\n"
                                "{'root':16,'kind':'static','name':'s'}\n"
                                "{'root':48,'kind':'module','name':'late'}\n"
                                "{'root':32,'kind':'module','name':'early'}\n";
    hsn_chain_options only_static = {.root_kinds = 1u << HSN_ROOT_STATIC};
    check_expression(roots, 96, NULL, "early.owner");
    check_expression(roots, 96, &only_static, "<static s>.owner");
    static const char labels[] =
        "{'object':16,'type':3,'size':1,'attr':[1,64,3,48],'ref':[32],'class':96}\n"
        "{'object':32,'type':3,'size':1,'attr':[4,96]}\n"
        "{'object':48,'type':3,'size':1,'attr':[4,96]}\n"
        "{'object':64,'type':3,'size':1,'attr':[4,96]}\n"
        "{'object':96,'type':3,'size':1,'attr':[4,112]}\n{'object':112,'type':3,'size':1}\n"
        "{'root':16,'kind':'module','name':'app'}\n";
    check_expression(labels, 112, NULL, "app.__class__.owner");
    static const char equal[] =
        "{'object':16,'type':3,'size':1,'attr':[1,64,3,48],'ref':[32]}\n"
        "{'object':32,'type':3,'size':1,'attr':[4,96]}\n"
        "{'object':48,'type':3,'size':1,'attr':[4,96]}\n"
        "{'object':64,'type':3,'size':1,'attr':[4,96]}\n{'object':96,'type':3,'size':1}\n"
        "{'root':16,'kind':'module','name':'app'}\n";
    check_expression(equal, 96, NULL, "app.k.owner");
}

static void test_chain_begins_at_a_type_and_ends_at_its_limit(void)
{
    static const char lines[] = "{'object':16,'type':2,'size':1,'item':[32]}\n"
                                "{'object':32,'type':2,'size':1,'item':[48]}\n"
                                "{'object':48,'type':3,'size':1}\n";
    static const uint8_t lists[7] = {[2] = 1};
    check_expression(lines, 48, NULL, NULL);
    check_expression(lines, 48, &(hsn_chain_options){.start_types = lists}, "<list 0x20>[0]");
    check_expression(lines, 32, &(hsn_chain_options){.start_types = lists}, "<list 0x20>");
    static const char far[] = "{'object':16,'type':2,'size':1,'item':[32]}\n"
                              "{'object':32,'type':2,'size':1,'item':[48]}\n"
                              "{'object':48,'type':3,'size':1}\n"
                              "{'root':16,'kind':'module','name':'app'}\n";
    check_expression(far, 48, &(hsn_chain_options){.max_references = 1}, NULL);
    check_expression(far, 48, &(hsn_chain_options){.max_references = 2}, "app[0][0]");
}

static void test_chain_of_a_million_links(void)
{
    enum { COUNT = 1000000 };
    uint64_t *offsets = malloc((COUNT + 1) * sizeof *offsets);
    hsn_node_id *targets = malloc(COUNT * sizeof *targets), target = COUNT - 1;
    uint64_t *starts = hsn__bitmap_new(COUNT);
    hsn_graph *graph = NULL;
    hsn__distances d = {0};
    hsn_error err = {0};
    for (uint32_t i = 0; i < COUNT; i++) {
        offsets[i] = i;
        targets[i] = i + 1;
    }
    offsets[COUNT] = COUNT - 1;
    hsn__bitmap_set(starts, 0);
    CHECK_OK(hsn_graph_build(&graph, COUNT, offsets, targets, HSN_GRAPH_BACKWARD, &err), &err);
    CHECK_OK(hsn__distances_find(graph, &target, 1, starts, NULL, 0, NULL, &d, &err), &err);
    CHECK_EQ(d.to_target[0], COUNT);
    hsn__distances_clear(&d);
    hsn_graph_free(graph);
    hsn__free(starts);
    free(offsets);
    free(targets);
}

static void test_chain_reports_each_failing_allocation(void)
{
    snapshot_of s;
    hsn_chain chain;
    hsn_node_id target = 1;
    int r = HSN_ENOMEM;
    uint64_t nth = 0;
    if (!open_lines(&s, "{'object':16,'type':3,'size':1,'attr':[4,32]}\n"
                        "{'object':32,'type':3,'size':1}\n"
                        "{'root':16,'kind':'module','name':'app'}\n"))
        return;
    while (r == HSN_ENOMEM && nth < 200) {
        hsn__alloc_fail_at(++nth, false);
        r = hsn_chain_find(s.heap, s.graph, &target, 1, NULL, NULL, &chain, NULL);
        hsn__alloc_fail_at(0, false);
        CHECK(r == HSN_OK || !chain.memory);
    }
    CHECK_EQ(r, HSN_OK);
    CHECK(nth > 8);
    hsn_chain_free(&chain);
    CHECK_STATUS(hsn_chain_find(s.heap, s.graph, &(hsn_node_id){2}, 1, NULL, NULL, &chain, NULL),
                 HSN_EINVAL);
    hsn_chain_free(&chain);
    snapshot_close(&s);
}

CHECK_MAIN(CHECK_CASE(test_chain_distances_equal_relaxation_on_random_graphs),
           CHECK_CASE(test_chain_reads_as_an_expression),
           CHECK_CASE(test_chain_from_a_frame_through_a_closure),
           CHECK_CASE(test_chain_weak_references_hold_nothing),
           CHECK_CASE(test_chain_goes_round_housekeeping_where_it_can),
           CHECK_CASE(test_chain_prefers_modules_then_labels_then_addresses),
           CHECK_CASE(test_chain_begins_at_a_type_and_ends_at_its_limit),
           CHECK_CASE(test_chain_of_a_million_links),
           CHECK_CASE(test_chain_reports_each_failing_allocation))
