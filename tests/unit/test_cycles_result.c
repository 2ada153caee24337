// SPDX-License-Identifier: MIT
// Unit tests of hsn_cycles_find() on snapshots: kinds, ranks, filters, labels, cuts, failures.
#include "heapsnap/cycles.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "check.h"
#include "snapshot_of.h"

static const char types[] = "{'type':0,'name':'Node','module':'app.tree'}\n"
                            "{'type':1,'name':'list','kind':'list'}\n"
                            "{'type':2,'name':'module','kind':'module'}\n"
                            "{'type':3,'name':'Job','module':'app'}\n"
                            "{'string':0,'text':'parent'}\n{'string':1,'text':'children'}\n"
                            "{'string':2,'text':'jobs'}\n{'string':3,'text':'peer'}\n";

// A live pair of jobs, a garbage tree node with its child, and a pinned job that holds itself.
static const char mixed[] = "{'object':16,'type':2,'size':50,'rc':1,'flags':1,'attr':[2,32]}\n"
                            "{'object':32,'type':3,'size':40,'rc':2,'flags':1,'attr':[3,48]}\n"
                            "{'object':48,'type':3,'size':60,'rc':1,'flags':1,'attr':[3,32]}\n"
                            "{'object':64,'type':0,'size':100,'rc':1,'flags':1,'attr':[1,80]}\n"
                            "{'object':80,'type':1,'size':88,'rc':1,'flags':1,'item':[96]}\n"
                            "{'object':96,'type':0,'size':100,'rc':1,'flags':1,'attr':[0,64]}\n"
                            "{'object':112,'type':3,'size':70,'rc':2,'flags':1,'attr':[3,112]}\n";
static const char root[] = "{'root':16,'kind':'module','name':'app'}\n";

static bool open_lines(snapshot_of *s, const char *lines, const char *more)
{
    char *text = malloc(sizeof types + strlen(lines) + strlen(more));
    strcpy(text, types);
    strcat(text, lines);
    strcat(text, more);
    bool ok = snapshot_open(s, text, HSN_GRAPH_FORWARD);
    free(text);
    return ok;
}

static bool find(snapshot_of *s, const hsn_cycles_options *options, hsn_cycles *out)
{
    hsn_error err = {0};
    return CHECK_OK(hsn_cycles_find(s->heap, s->graph, options, NULL, out, &err), &err);
}

static void check_tree(const hsn_cycle *row)
{
    CHECK_EQ(row->component, 1);
    CHECK_EQ(row->kind, HSN_CYCLE_GARBAGE);
    CHECK_EQ(row->objects, 3);
    CHECK_EQ(row->size_bytes, 288);
    CHECK_EQ(row->type_count, 2);
    CHECK_STR(row->types[0].name, "app.tree.Node");
    CHECK_EQ(row->types[0].count, 2);
    CHECK_STR(row->types[1].name, "list");
    CHECK_EQ(row->nodes[0], 3);
    CHECK_EQ(row->nodes[2], 5);
    CHECK(row->shortest_is_exact);
    if (CHECK_EQ(row->shortest_count, 3)) {
        CHECK_EQ(row->shortest[0].address, 64);
        CHECK_STR(row->shortest[0].label, "children");
        CHECK_STR(row->shortest[1].label, "[0]");
        CHECK_STR(row->shortest[2].label, "parent");
        CHECK_STR(row->shortest[2].type_name, "app.tree.Node");
    }
    CHECK_STR(row->shortest_text,
              "Node .children \xe2\x86\x92 list [0] \xe2\x86\x92 Node .parent \xe2\x86\x92 Node");
    CHECK_EQ(row->cut, 2);
    CHECK(row->cut_is_counted);
    CHECK_EQ(row->cut_frees, 3);
}

static void test_cycles_tells_live_garbage_and_pinned_apart(void)
{
    snapshot_of s;
    hsn_cycles cycles;
    if (!open_lines(&s, mixed, root))
        return;
    if (find(&s, NULL, &cycles) && CHECK_EQ(cycles.count, 3)) {
        check_tree(&cycles.rows[0]);
        CHECK_EQ(cycles.rows[1].kind, HSN_CYCLE_LIVE);
        CHECK_EQ(cycles.rows[1].size_bytes, 100);
        CHECK_EQ(cycles.rows[2].kind, HSN_CYCLE_PINNED);
        CHECK_EQ(cycles.rows[2].shortest_count, 1);
        CHECK_EQ(cycles.matched, 3);
        CHECK_EQ(cycles.totals[HSN_CYCLE_GARBAGE].objects, 3);
        CHECK_EQ(cycles.totals[HSN_CYCLE_PINNED].size_bytes, 70);
        CHECK(cycles.has_roots && cycles.tells_pinned);
    }
    hsn_cycles_free(&cycles);
    snapshot_close(&s);
}

static void test_cycles_picture_shows_the_shortest_and_the_cut(void)
{
    snapshot_of s;
    hsn_cycles cycles;
    hsn_cycle_picture picture;
    hsn_error err = {0};
    if (!open_lines(&s, mixed, root))
        return;
    if (find(&s, NULL, &cycles) &&
        CHECK_OK(hsn_cycle_picture_find(s.heap, &cycles.rows[0], 10, &picture, &err), &err)) {
        CHECK_EQ(picture.box_count, 3);
        CHECK_EQ(picture.edge_count, 3);
        for (size_t i = 0; i < picture.edge_count; i++) {
            CHECK(picture.edges[i].on_shortest);
            CHECK_EQ(picture.edges[i].is_cut, !strcmp(picture.edges[i].labels[0], "parent"));
        }
        CHECK_STR(picture.boxes[0].short_name, "Node");
        hsn_cycle_picture_free(&picture);
        CHECK_OK(hsn_cycle_picture_find(s.heap, &cycles.rows[0], 2, &picture, &err), &err);
        CHECK_EQ(picture.box_count, 2);
        CHECK_EQ(picture.edge_count, 1);
        CHECK_EQ(picture.boxes[1].more, 1);
        hsn_cycle_picture_free(&picture);
    }
    hsn_cycles_free(&cycles);
    snapshot_close(&s);
}

static void test_cycles_filters_keep_the_rank_among_all(void)
{
    static const uint8_t jobs[] = {0, 0, 0, 1};
    snapshot_of s;
    hsn_cycles cycles;
    if (!open_lines(&s, mixed, root))
        return;
    if (find(&s, &(hsn_cycles_options){.types = jobs, .limit = 1}, &cycles)) {
        CHECK_EQ(cycles.count, 1);
        CHECK_EQ(cycles.matched, 2);
        CHECK_EQ(cycles.rows[0].component, 2);
    }
    hsn_cycles_free(&cycles);
    if (find(&s, &(hsn_cycles_options){.kinds = 1u << HSN_CYCLE_PINNED}, &cycles)) {
        CHECK_EQ(cycles.count, 1);
        CHECK_EQ(cycles.rows[0].component, 3);
    }
    hsn_cycles_free(&cycles);
    if (find(&s, &(hsn_cycles_options){.min_objects = 4}, &cycles))
        CHECK_EQ(cycles.count, 0);
    hsn_cycles_free(&cycles);
    snapshot_close(&s);
}

static void test_cycles_without_refcounts_cannot_tell_pinned(void)
{
    static const char pair[] = "{'object':16,'type':3,'size':1,'attr':[3,32]}\n"
                               "{'object':32,'type':3,'size':1,'attr':[3,16]}\n"
                               "{'object':48,'type':2,'size':1}\n";
    snapshot_of s;
    hsn_cycles cycles;
    if (!open_lines(&s, pair, "{'root':48,'kind':'module','name':'app'}\n"))
        return;
    if (find(&s, NULL, &cycles) && CHECK_EQ(cycles.count, 1)) {
        CHECK(cycles.has_roots && !cycles.tells_pinned);
        CHECK_EQ(cycles.rows[0].kind, HSN_CYCLE_GARBAGE);
    }
    hsn_cycles_free(&cycles);
    snapshot_close(&s);
    if (!open_lines(&s, pair, ""))
        return;
    if (find(&s, NULL, &cycles) && CHECK_EQ(cycles.count, 1))
        CHECK_EQ(cycles.rows[0].kind, HSN_CYCLE_UNKNOWN);
    hsn_cycles_free(&cycles);
    snapshot_close(&s);
}

static void test_cycles_without_roots_ask_the_refcounts(void)
{
    snapshot_of s;
    hsn_cycles cycles;
    if (!open_lines(&s, mixed, ""))
        return;
    // The module's one reference is not shown, so it is held from outside, and the jobs with it.
    if (find(&s, NULL, &cycles) && CHECK_EQ(cycles.count, 3)) {
        CHECK(!cycles.has_roots);
        CHECK_EQ(cycles.rows[0].kind, HSN_CYCLE_GARBAGE);
        CHECK_EQ(cycles.rows[1].kind, HSN_CYCLE_PINNED);
        CHECK_EQ(cycles.rows[2].kind, HSN_CYCLE_PINNED);
    }
    hsn_cycles_free(&cycles);
    snapshot_close(&s);
}

static void test_cycles_through_an_untracked_object_are_pinned(void)
{
    // As a NumPy array of objects: the collector does not see what it holds.
    static const char lines[] = "{'object':16,'type':3,'size':1,'rc':1,'flags':1,'attr':[3,32]}\n"
                                "{'object':32,'type':1,'size':1,'rc':1,'ref':[16]}\n";
    snapshot_of s;
    hsn_cycles cycles;
    if (!open_lines(&s, lines, ""))
        return;
    if (find(&s, NULL, &cycles) && CHECK_EQ(cycles.count, 1))
        CHECK_EQ(cycles.rows[0].kind, HSN_CYCLE_PINNED);
    hsn_cycles_free(&cycles);
    snapshot_close(&s);
}

static void test_cycles_weak_references_close_none(void)
{
    snapshot_of s;
    hsn_cycles cycles;
    if (!open_lines(&s,
                    "{'object':16,'type':3,'size':1,'attr':[3,32]}\n"
                    "{'object':32,'type':3,'size':1,'weak':[16]}\n",
                    ""))
        return;
    if (find(&s, NULL, &cycles))
        CHECK_EQ(cycles.count, 0);
    hsn_cycles_free(&cycles);
    snapshot_close(&s);
}

static void test_cycles_refuses_a_graph_without_its_parts(void)
{
    static const uint64_t offsets[] = {0};
    hsn_graph *graph;
    hsn_cycles cycles;
    CHECK_EQ(hsn_graph_build(&graph, 0, offsets, NULL, HSN_GRAPH_BACKWARD, NULL), HSN_OK);
    CHECK_STATUS(hsn_cycles_find(NULL, graph, NULL, NULL, &cycles, NULL), HSN_EINVAL);
    hsn_graph_free(graph);
}

static int stop(void *context, const char *phase, uint64_t done, uint64_t total)
{
    (void)phase;
    (void)done;
    (void)total;
    return ++*(int *)context == 2;
}

static void test_cycles_can_be_canceled(void)
{
    int calls = 0;
    hsn_progress progress = {stop, &calls};
    snapshot_of s;
    hsn_cycles cycles;
    if (!open_lines(&s, mixed, root))
        return;
    CHECK_STATUS(hsn_cycles_find(s.heap, s.graph, NULL, &progress, &cycles, NULL), HSN_ECANCELED);
    CHECK(!cycles.memory);
    snapshot_close(&s);
}

static void test_cycles_result_reports_each_failing_allocation(void)
{
    snapshot_of s;
    hsn_cycles cycles;
    int r = HSN_ENOMEM;
    uint64_t nth = 0;
    if (!open_lines(&s, mixed, root))
        return;
    while (r == HSN_ENOMEM && nth < 500) {
        hsn__alloc_fail_at(++nth, false);
        r = hsn_cycles_find(s.heap, s.graph,
                            &(hsn_cycles_options){.no_housekeeping = 1, .group_alike = 1}, NULL,
                            &cycles, NULL);
        hsn__alloc_fail_at(0, false);
        CHECK(r == HSN_OK || !cycles.memory);
    }
    CHECK_EQ(r, HSN_OK);
    CHECK(nth > 60);
    hsn_cycles_free(&cycles);
    snapshot_close(&s);
}

// A registry in a module: the session and its basket are a cycle of their own, and with the class,
// its method and the method's globals one with the module's namespace. A class that nobody reaches
// keeps its.
static const char app[] =
    "{\"type\":0,\"name\":\"module\",\"kind\":\"module\"}\n"
    "{\"type\":1,\"name\":\"dict\",\"kind\":\"dict\"}\n"
    "{\"type\":2,\"name\":\"type\",\"kind\":\"type\"}\n"
    "{\"type\":3,\"name\":\"function\",\"kind\":\"function\"}\n"
    "{\"type\":4,\"name\":\"Session\",\"module\":\"app\"}\n"
    "{\"type\":5,\"name\":\"Basket\",\"module\":\"app\"}\n"
    "{\"object\":64,\"type\":0,\"size\":72,\"rc\":1,\"flags\":1,\"ref\":[128]}\n"
    "{\"object\":128,\"type\":1,\"size\":232,\"rc\":2,\"flags\":1,\"ref\":[192,320,384,448]}\n"
    "{\"object\":192,\"type\":2,\"size\":1000,\"rc\":5,\"flags\":1,\"ref\":[256]}\n"
    "{\"object\":256,\"type\":3,\"size\":150,\"rc\":1,\"flags\":1,\"ref\":[128]}\n"
    "{\"object\":320,\"type\":4,\"size\":48,\"rc\":2,\"flags\":1,\"ref\":[512,192]}\n"
    "{\"object\":512,\"type\":5,\"size\":48,\"rc\":1,\"flags\":1,\"ref\":[320]}\n"
    "{\"object\":384,\"type\":4,\"size\":56,\"rc\":2,\"flags\":1,\"ref\":[576,192]}\n"
    "{\"object\":576,\"type\":5,\"size\":48,\"rc\":1,\"flags\":1,\"ref\":[384]}\n"
    "{\"object\":448,\"type\":4,\"size\":48,\"rc\":1,\"flags\":1,\"ref\":[192]}\n"
    "{\"object\":640,\"type\":2,\"size\":1000,\"rc\":1,\"flags\":1,\"ref\":[704]}\n"
    "{\"object\":704,\"type\":4,\"size\":48,\"rc\":1,\"flags\":1,\"ref\":[640]}\n";

static void test_cycles_without_housekeeping_are_those_of_the_application(void)
{
    snapshot_of s;
    hsn_cycles cycles;
    char text[4096];
    snprintf(text, sizeof text, "%s%s", app,
             "{\"root\":64,\"kind\":\"module\",\"name\":\"app\"}\n");
    if (!snapshot_open(&s, text, HSN_GRAPH_FORWARD))
        return;
    if (find(&s, NULL, &cycles) && CHECK_EQ(cycles.count, 2)) {
        CHECK_EQ(cycles.rows[0].objects, 8); // all but the module itself
        CHECK_EQ(cycles.rows[1].kind, HSN_CYCLE_GARBAGE);
    }
    hsn_cycles_free(&cycles);
    if (find(&s, &(hsn_cycles_options){.no_housekeeping = 1}, &cycles) &&
        CHECK_EQ(cycles.count, 3)) {
        CHECK_EQ(cycles.rows[0].kind, HSN_CYCLE_GARBAGE);
        CHECK_EQ(cycles.rows[0].objects, 2);
        CHECK_EQ(cycles.rows[1].kind, HSN_CYCLE_LIVE);
        CHECK_EQ(cycles.rows[1].size_bytes, 104);
        CHECK_EQ(cycles.rows[2].size_bytes, 96);
        CHECK_EQ(cycles.totals[HSN_CYCLE_LIVE].objects, 4);
    }
    hsn_cycles_free(&cycles);
    snapshot_close(&s);
}

static void test_cycles_that_are_alike_make_one_row(void)
{
    snapshot_of s;
    hsn_cycles cycles;
    char text[4096];
    snprintf(text, sizeof text, "%s%s", app,
             "{\"root\":64,\"kind\":\"module\",\"name\":\"app\"}\n");
    if (!snapshot_open(&s, text, HSN_GRAPH_FORWARD))
        return;
    hsn_cycles_options options = {.no_housekeeping = 1, .group_alike = 1};
    if (find(&s, &options, &cycles) && CHECK_EQ(cycles.count, 2)) {
        CHECK_EQ(cycles.matched, 3);
        CHECK_EQ(cycles.groups, 2);
        CHECK_EQ(cycles.rows[0].alike, 1); // the class that nobody reaches holds most
        const hsn_cycle *row = &cycles.rows[1];
        CHECK_EQ(row->component, 2);
        CHECK_EQ(row->alike, 2);
        CHECK_EQ(row->objects, 2);
        CHECK_EQ(row->size_bytes, 104);
        CHECK_EQ(row->alike_objects, 4);
        CHECK_EQ(row->alike_size_bytes, 200);
    }
    hsn_cycles_free(&cycles);
    options.limit = 1;
    if (find(&s, &options, &cycles)) {
        CHECK_EQ(cycles.count, 1);
        CHECK_EQ(cycles.groups, 2);
    }
    hsn_cycles_free(&cycles);
    snapshot_close(&s);
}

CHECK_MAIN(CHECK_CASE(test_cycles_tells_live_garbage_and_pinned_apart),
           CHECK_CASE(test_cycles_picture_shows_the_shortest_and_the_cut),
           CHECK_CASE(test_cycles_filters_keep_the_rank_among_all),
           CHECK_CASE(test_cycles_without_refcounts_cannot_tell_pinned),
           CHECK_CASE(test_cycles_without_roots_ask_the_refcounts),
           CHECK_CASE(test_cycles_through_an_untracked_object_are_pinned),
           CHECK_CASE(test_cycles_weak_references_close_none),
           CHECK_CASE(test_cycles_refuses_a_graph_without_its_parts),
           CHECK_CASE(test_cycles_can_be_canceled),
           CHECK_CASE(test_cycles_without_housekeeping_are_those_of_the_application),
           CHECK_CASE(test_cycles_that_are_alike_make_one_row),
           CHECK_CASE(test_cycles_result_reports_each_failing_allocation))
