// SPDX-License-Identifier: MIT
// Unit tests of backrefs: small heaps written as dumps, and a slow twin on random ones.
#include "heapsnap/backrefs.h"
#include "base/alloc.h"
#include "check.h"
#include "heapsnap/draw_backrefs.h"
#include "heapsnap/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct fixture {
    hsn_store *store;
    hsn_heap *heap;
    hsn_graph *graph;
    hsn_backrefs found;
} fixture;

static bool open_dump(fixture *f, const char *text)
{
    char path[] = "/tmp/test_backrefs-XXXXXX";
    hsn_error err = {0};
    hsn_snapshot_id id = 0;
    *f = (fixture){0};
    int file = mkstemp(path);
    if (!CHECK(file >= 0) || !CHECK_EQ(write(file, text, strlen(text)), strlen(text)))
        return false;
    close(file);
    bool ok = CHECK_OK(hsn_snapshot_open(&f->store, &id, path, NULL, &err), &err) &&
              CHECK_OK(hsn_heap_open(&f->heap, f->store, id, &err), &err) &&
              CHECK_OK(hsn_graph_load(&f->graph, f->heap, HSN_GRAPH_BACKWARD | HSN_GRAPH_WEAK, NULL,
                                      &err),
                       &err);
    unlink(path);
    return ok;
}

static void close_dump(fixture *f)
{
    hsn_backrefs_free(&f->found);
    hsn_graph_free(f->graph);
    hsn_heap_close(f->heap);
    hsn_store_close(f->store);
}

static hsn_node_id node_at(fixture *f, uint64_t address)
{
    hsn_error err = {0};
    hsn_node_id node = HSN_NONE;
    CHECK_OK(hsn_heap_find_address(f->heap, address, &node, &err), &err);
    return node;
}

static bool find(fixture *f, uint64_t address, const hsn_backrefs_options *options)
{
    hsn_error err = {0};
    hsn_node_id node = node_at(f, address);
    hsn_backrefs_free(&f->found);
    return CHECK_OK(hsn_backrefs_find(f->heap, f->graph, &node, 1, options, NULL, &f->found, &err),
                    &err);
}

// The box of an object's address; NULL = it has none.
static const hsn_backrefs_box *box_at(const fixture *f, uint64_t address)
{
    for (size_t i = 0; i < f->found.box_count; i++)
        if (f->found.boxes[i].address == address)
            return &f->found.boxes[i];
    return NULL;
}

static const hsn_backrefs_edge *edge_between(const fixture *f, uint64_t source, uint64_t target)
{
    for (size_t i = 0; i < f->found.edge_count; i++) {
        const hsn_backrefs_edge *edge = &f->found.edges[i];
        if (f->found.boxes[edge->source].address == source &&
            f->found.boxes[edge->target].address == target)
            return edge;
    }
    return NULL;
}

#define HEAD                                                                                       \
    "{\"heapsnap\":1,\"runtime\":\"cpython\",\"runtime_version\":\"3.11.7\"}\n"                    \
    "{\"type\":0,\"name\":\"Request\",\"module\":\"app\",\"finalizer\":true}\n"                    \
    "{\"type\":1,\"name\":\"list\",\"kind\":\"list\"}\n"                                           \
    "{\"type\":2,\"name\":\"dict\",\"kind\":\"dict\"}\n"                                           \
    "{\"type\":3,\"name\":\"module\",\"kind\":\"module\"}\n"                                       \
    "{\"type\":4,\"name\":\"Session\",\"module\":\"app\"}\n"                                       \
    "{\"string\":0,\"text\":\"owner\"}\n{\"string\":1,\"text\":\"last\"}\n"                        \
    "{\"string\":2,\"text\":\"__dict__\"}\n"

// A request at 1600 that a list holds twice, a dict under two names and by key, a session weakly;
// the dict is a module's namespace, and something holds the module.
static const char small[] =
    HEAD "{\"object\":1600,\"type\":0,\"size\":64,\"rc\":5}\n"
         "{\"object\":3200,\"type\":1,\"size\":100,\"rc\":1,\"len\":2,\"item\":[1600,1600]}\n"
         "{\"object\":4800,\"type\":2,\"size\":200,\"rc\":1,\"len\":2,"
         "\"dict\":[0,1600,1600,1,1600,1600]}\n"
         "{\"object\":6400,\"type\":4,\"size\":48,\"weak\":[0,1600]}\n"
         "{\"object\":8000,\"type\":3,\"size\":72,\"text\":\"app\",\"internal\":[2,4800]}\n"
         "{\"object\":9600,\"type\":1,\"size\":56,\"len\":1,\"flags\":2,\"item\":[8000]}\n"
         "{\"root\":8000,\"kind\":\"module\",\"name\":\"app\"}\n"
         "{\"end\":1,\"objects\":6,\"references\":9,\"types\":5,\"strings\":3,\"roots\":1}\n";

static void test_backrefs_parallel_references_become_one_edge_with_labels(void)
{
    fixture f;
    if (open_dump(&f, small) && find(&f, 1600, NULL)) {
        const hsn_backrefs_edge *edge = edge_between(&f, 3200, 1600);
        CHECK_EQ(f.found.box_count, 4);
        if (CHECK(edge != NULL)) {
            CHECK_EQ(edge->count, 2);
            CHECK_EQ(edge->label_count, 2);
            CHECK_STR(edge->labels[0], "[0]");
            CHECK_STR(edge->labels[1], "[1]");
        }
        edge = edge_between(&f, 4800, 1600);
        if (CHECK(edge != NULL)) {
            CHECK_EQ(edge->count, 4);
            CHECK_EQ(edge->label_count, 4);
            CHECK_STR(edge->labels[0], "owner");
            CHECK_STR(edge->labels[1], "last");
            CHECK_STR(edge->labels[2], "owner (key)");
        }
    }
    close_dump(&f);
}

static void test_backrefs_modules_are_drawn_but_not_looked_behind(void)
{
    fixture f;
    if (open_dump(&f, small) && find(&f, 1600, NULL)) {
        const hsn_backrefs_box *module = box_at(&f, 8000);
        if (CHECK(module != NULL)) {
            CHECK_EQ(module->depth, 2);
            CHECK_EQ(module->flags, HSN_BACKREFS_MODULE | HSN_BACKREFS_HOLDER);
            CHECK_STR(module->root_name, "app");
        }
        CHECK(!box_at(&f, 9600));
        // A module that is asked for is looked behind.
        if (find(&f, 8000, NULL))
            CHECK(box_at(&f, 9600) != NULL);
    }
    close_dump(&f);
}

static void test_backrefs_root_has_its_facts(void)
{
    fixture f;
    if (open_dump(&f, small) && find(&f, 1600, NULL)) {
        const hsn_backrefs_box *box = &f.found.boxes[0];
        CHECK_EQ(box->flags, HSN_BACKREFS_ROOT | HSN_BACKREFS_FINALIZER);
        CHECK_STR(box->type_name, "app.Request");
        CHECK_STR(box->short_name, "Request");
        CHECK_EQ(box->refcount, 5);
        CHECK_EQ(box->size_bytes, 64);
        CHECK_EQ(f.found.root_count, 1);
        CHECK_EQ(f.found.cut_objects, 0);
    }
    close_dump(&f);
}

static void test_backrefs_weak_references_only_when_asked(void)
{
    fixture f;
    if (open_dump(&f, small) && find(&f, 1600, NULL)) {
        CHECK(!box_at(&f, 6400));
        if (find(&f, 1600, &(hsn_backrefs_options){.weak = 1})) {
            const hsn_backrefs_edge *edge = edge_between(&f, 6400, 1600);
            CHECK(edge && edge->weak);
            edge = edge_between(&f, 3200, 1600);
            CHECK(edge && !edge->weak);
        }
    }
    close_dump(&f);
}

static void test_backrefs_depth_zero_is_the_root_alone(void)
{
    fixture f;
    if (open_dump(&f, small) && find(&f, 1600, &(hsn_backrefs_options){.depth_is_set = 1})) {
        CHECK_EQ(f.found.box_count, 1);
        CHECK_EQ(f.found.max_depth, 0);
        CHECK_EQ(f.found.boxes[0].more, 0);
    }
    close_dump(&f);
}

static void test_backrefs_hidden_and_ignored_objects_are_skipped(void)
{
    fixture f;
    uint8_t flags[5] = {[1] = HSN_BACKREFS_HIDE, [0] = HSN_BACKREFS_HIDE | HSN_BACKREFS_COLOUR};
    if (open_dump(&f, small) && find(&f, 1600, &(hsn_backrefs_options){.type_flags = flags})) {
        CHECK(!box_at(&f, 3200));
        CHECK(box_at(&f, 4800) != NULL);
        // Roots are never hidden.
        CHECK(f.found.boxes[0].flags & HSN_BACKREFS_COLOURED);
        hsn_node_id ignored = node_at(&f, 4800);
        if (find(&f, 1600, &(hsn_backrefs_options){.ignored = &ignored, .ignored_count = 1})) {
            CHECK(box_at(&f, 3200) != NULL);
            CHECK(!box_at(&f, 4800) && !box_at(&f, 8000));
        }
    }
    close_dump(&f);
}

static void test_backrefs_forward_follows_references_without_a_graph(void)
{
    fixture f;
    hsn_error err = {0};
    if (open_dump(&f, small)) {
        hsn_node_id node = node_at(&f, 9600);
        CHECK_OK(hsn_backrefs_find(f.heap, NULL, &node, 1, &(hsn_backrefs_options){.refs = 1}, NULL,
                                   &f.found, &err),
                 &err);
        CHECK_EQ(f.found.box_count, 4);
        const hsn_backrefs_edge *edge = edge_between(&f, 8000, 4800);
        CHECK(edge && !strcmp(edge->labels[0], "__dict__") && edge->kind == HSN_REF_INTERNAL);
        CHECK(edge_between(&f, 4800, 1600) != NULL);
    }
    close_dump(&f);
}

static void test_backrefs_refuses_what_it_cannot_do(void)
{
    fixture f;
    if (open_dump(&f, small)) {
        hsn_node_id node = 99;
        hsn_error err = {0};
        CHECK_STATUS(hsn_backrefs_find(f.heap, f.graph, &node, 1, NULL, NULL, &f.found, &err),
                     HSN_EINVAL);
        CHECK_STATUS(hsn_backrefs_find(f.heap, f.graph, &node, 0, NULL, NULL, &f.found, NULL),
                     HSN_EINVAL);
        node = 0;
        CHECK_STATUS(hsn_backrefs_find(f.heap, NULL, &node, 1, NULL, NULL, &f.found, NULL),
                     HSN_EINVAL);
    }
    close_dump(&f);
}

// 30 sessions hold the request at 16 as `owner`, 5 as `last`, and a list holds the 30.
static void write_siblings(char *text, size_t size)
{
    size_t at = (size_t)snprintf(text, size, HEAD "{\"object\":16,\"type\":0,\"size\":64}\n");
    for (int i = 0; i < 35; i++)
        at += (size_t)snprintf(text + at, size - at,
                               "{\"object\":%d,\"type\":4,\"size\":%d,\"attr\":[%d,16]}\n",
                               1600 + 16 * i, 40 + i, i < 30 ? 0 : 1);
    at += (size_t)snprintf(text + at, size - at,
                           "{\"object\":32000,\"type\":1,\"size\":300,\"len\":30,\"item\":[1600");
    for (int i = 1; i < 30; i++)
        at += (size_t)snprintf(text + at, size - at, ",%d", 1600 + 16 * i);
    snprintf(text + at, size - at,
             "]}\n{\"end\":1,\"objects\":37,\"references\":65,\"types\":5,\"strings\":3}\n");
}

static void test_backrefs_siblings_of_one_type_and_label_are_one_box(void)
{
    fixture f;
    char text[8192];
    write_siblings(text, sizeof text);
    if (open_dump(&f, text) && find(&f, 16, NULL)) {
        CHECK_EQ(f.found.box_count, 4);
        const hsn_backrefs_box *owners = box_at(&f, 1600);
        if (CHECK(owners != NULL)) {
            CHECK_EQ(owners->count, 30);
            CHECK_EQ(owners->size_bytes, 30 * 40 + 29 * 30 / 2);
            CHECK_EQ(owners->refcount, HSN_NO_REFCOUNT);
        }
        const hsn_backrefs_box *lasts = box_at(&f, 1600 + 16 * 30);
        CHECK(lasts && lasts->count == 5);
        const hsn_backrefs_edge *edge = edge_between(&f, 32000, 1600);
        if (CHECK(edge != NULL)) {
            CHECK_EQ(edge->count, 30);
            CHECK_EQ(edge->label_count, 1);
            CHECK_STR(edge->labels[0], "[*]");
        }
    }
    close_dump(&f);
}

static void test_backrefs_too_many_are_counted(void)
{
    fixture f;
    char text[8192];
    write_siblings(text, sizeof text);
    hsn_backrefs_options options = {.no_collapse = 1, .max_depth = 1};
    if (open_dump(&f, text) && find(&f, 16, &options)) {
        CHECK_EQ(f.found.box_count, 11);
        CHECK_EQ(f.found.boxes[0].more, 25);
        CHECK_EQ(f.found.cut_objects, 25);
        // The largest come first.
        CHECK_EQ(f.found.boxes[1].size_bytes, 74);
        options.max_boxes = 5;
        if (find(&f, 16, &options)) {
            CHECK_EQ(f.found.box_count, 5);
            CHECK_EQ(f.found.boxes[0].more, 31);
        }
    }
    close_dump(&f);
}

static void test_backrefs_roots_of_a_type_are_one_box_unless_each(void)
{
    fixture f;
    hsn_error err = {0};
    char text[8192];
    write_siblings(text, sizeof text);
    if (open_dump(&f, text)) {
        hsn_node_id nodes[36];
        for (uint32_t i = 0; i < 36; i++)
            nodes[i] = node_at(&f, i < 35 ? 1600 + 16 * i : 1600);
        CHECK_OK(hsn_backrefs_find(f.heap, f.graph, nodes, 36, NULL, NULL, &f.found, &err), &err);
        CHECK_EQ(f.found.root_count, 35);
        CHECK_EQ(f.found.boxes[0].count, 35);
        CHECK_EQ(f.found.box_count, 2);
        CHECK_EQ(f.found.edges[0].count, 30);
        hsn_backrefs_free(&f.found);
        hsn_backrefs_options options = {.each = 2};
        CHECK_OK(hsn_backrefs_find(f.heap, f.graph, nodes, 36, &options, NULL, &f.found, &err),
                 &err);
        CHECK_EQ(f.found.box_count, 3);
        CHECK_EQ(f.found.boxes[1].address, 1616);
        CHECK_EQ(f.found.cut_objects, 33);
        const hsn_backrefs_edge *edge = edge_between(&f, 32000, 1616);
        CHECK(edge && edge->label_count == 1 && !strcmp(edge->labels[0], "[1]"));
    }
    close_dump(&f);
}

static void test_backrefs_drawing_is_the_same_every_time(void)
{
    static const char expected[] =
        "  o16[label=\"Request\\n64 B\",fillcolor=\"0,0,1\",fontcolor=red,class=root,"
        "tooltip=\"app.Request at 0x10\\n64 B\"];\n"
        "  o16->o16_has_a_del[color=red,style=dotted,len=0.25,weight=10,class=badge];\n"
        "  o16_has_a_del[label=\"__del__\",shape=doublecircle,height=0.25,width=0.25,margin=0,"
        "color=red,fillcolor=\"0,.5,1\",fontsize=6,class=badge];\n"
        "  o1600[label=\"Session \xC3\x97"
        "30\\n1.6 KiB\",fillcolor=\"0,0,0.767\",peripheries=2,"
        "class=ordinary,tooltip=\"app.Session\\n30 objects, 1.6 KiB in all\\nthe first at "
        "0x640\"];\n"
        "  o2080[label=\"Session \xC3\x97"
        "5\\n360 B\",fillcolor=\"0,0,0.767\",peripheries=2,"
        "class=ordinary,tooltip=\"app.Session\\n5 objects, 360 B in all\\nthe first at 0x820\"];\n"
        "  o32000[label=\"list\\n30 items\\n300 B\",fillcolor=\"0,0,0.534\",class=ordinary,"
        "tooltip=\"list at 0x7d00\\n30 items\\n300 B\"];\n"
        "  o1600 -> o16 [label=\" owner \xC3\x97"
        "30 \",weight=2,class=strong,tooltip=\"owner\"];\n"
        "  o2080 -> o16 [label=\" last \xC3\x97"
        "5 \",weight=2,class=strong,tooltip=\"last\"];\n"
        "  o32000 -> o1600 [label=\" [*] \xC3\x97"
        "30 \",weight=2,class=strong,tooltip=\"[*]\"];\n}\n";
    fixture f;
    hsn_error err = {0};
    char text[8192];
    write_siblings(text, sizeof text);
    if (open_dump(&f, text) && find(&f, 16, NULL)) {
        hsn_drawing *drawing = NULL;
        char *dot = NULL;
        size_t size;
        CHECK_OK(hsn_draw_backrefs(&f.found, NULL, &drawing, &err), &err);
        CHECK_OK(hsn_drawing_render(drawing, HSN_DRAW_DOT, &dot, &size, &err), &err);
        const char *body = strstr(dot, "  o16[");
        CHECK_STR(body, expected);
        CHECK(strstr(dot, "label=\"backreferences of Request, depth 3\"") != NULL);
        hsn_drawing_free_data(dot);
        hsn_drawing_free(drawing);
    }
    close_dump(&f);
}

static void test_backrefs_many_entries_of_a_mapping_are_one_label(void)
{
    fixture f;
    char text[4096];
    for (int entries = 8; entries <= 9; entries++) {
        size_t at = (size_t)snprintf(text, sizeof text, HEAD);
        for (int i = 3; i < 3 + entries; i++)
            at += (size_t)snprintf(text + at, sizeof text - at,
                                   "{\"string\":%d,\"text\":\"key%d\"}\n", i, i);
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "{\"object\":16,\"type\":0,\"size\":64}\n"
                               "{\"object\":32,\"type\":2,\"size\":64,\"dict\":[");
        for (int i = 3; i < 3 + entries; i++)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%d,0,16", i > 3 ? "," : "", i);
        snprintf(text + at, sizeof text - at,
                 "]}\n{\"end\":1,\"objects\":2,\"references\":%d,\"types\":5,\"strings\":%d}\n",
                 entries, 3 + entries);
        if (open_dump(&f, text) && find(&f, 16, NULL)) {
            const hsn_backrefs_edge *edge = edge_between(&f, 32, 16);
            if (CHECK(edge != NULL)) {
                CHECK_EQ(edge->count, entries);
                CHECK_EQ(edge->label_count, entries == 8 ? 4 : 1);
                CHECK_EQ(edge->more_labels, entries == 8 ? 4 : 0);
                CHECK_STR(edge->labels[0], entries == 8 ? "key3" : "[*]");
            }
        }
        close_dump(&f);
    }
}

static void test_backrefs_failing_allocations_leave_nothing(void)
{
    fixture f;
    char text[8192];
    write_siblings(text, sizeof text);
    if (!open_dump(&f, text))
        return;
    hsn_node_id node = node_at(&f, 16);
    uint64_t nth = 0;
    for (int r = HSN_ENOMEM; r != HSN_OK && nth < 1000;) {
        hsn_error err = {0};
        hsn_drawing *drawing = NULL;
        hsn__alloc_fail_at(++nth, true);
        r = hsn_backrefs_find(f.heap, f.graph, &node, 1, NULL, NULL, &f.found, &err);
        if (r >= 0)
            r = hsn_draw_backrefs(&f.found, NULL, &drawing, &err);
        hsn__alloc_fail_at(0, false);
        CHECK(r == HSN_OK || r == HSN_ENOMEM);
        CHECK_EQ(err.code, r);
        CHECK_EQ(drawing != NULL, r == HSN_OK);
        hsn_drawing_free(drawing);
        hsn_backrefs_free(&f.found);
    }
    CHECK(nth > 10 && nth < 1000);
    close_dump(&f);
}

enum { MOST = 40 };

// A heap of instances of one type with random sizes and named references.
typedef struct random_heap {
    uint32_t count;
    uint64_t sizes[MOST];
    uint32_t times[MOST][MOST]; // references from … to …
    uint32_t depth[MOST];       // of the twin's boxes; HSN_NONE = no box
    uint64_t more[MOST];
    bool drawn[MOST][MOST]; // edges
    uint32_t box_count;
} random_heap;

static void make_heap(random_heap *heap, check_random *random, char *text, size_t size)
{
    size_t at = (size_t)snprintf(text, size, HEAD);
    uint64_t references = 0;
    memset(heap, 0, sizeof *heap);
    heap->count = 1 + check_random_below(random, MOST);
    for (uint32_t i = 0; i < heap->count; i++) {
        heap->sizes[i] = 16 * check_random_below(random, 5);
        at += (size_t)snprintf(text + at, size - at,
                               "{\"object\":%u,\"type\":4,\"size\":%" PRIu64 ",\"attr\":[",
                               16 * (i + 1), heap->sizes[i]);
        uint32_t count = check_random_below(random, 6);
        for (uint32_t k = 0; k < count; k++) {
            uint32_t target = check_random_below(random, heap->count);
            heap->times[i][target]++;
            at += (size_t)snprintf(text + at, size - at, "%s0,%u", k ? "," : "", 16 * (target + 1));
        }
        references += count;
        at += (size_t)snprintf(text + at, size - at, "]}\n");
    }
    snprintf(text + at, size - at,
             "{\"end\":1,\"objects\":%u,\"references\":%" PRIu64 ",\"types\":5,\"strings\":3}\n",
             heap->count, references);
}

// objgraph's loop as it stands in its documentation, without collapsing.
static void search_slowly(random_heap *heap, uint32_t root, uint32_t max_depth, uint32_t too_many,
                          uint32_t max_boxes)
{
    uint32_t queue[MOST], head = 0;
    memset(heap->depth, 0xff, sizeof heap->depth);
    heap->depth[root] = 0;
    queue[0] = root;
    heap->box_count = 1;
    while (head < heap->box_count) {
        uint32_t target = queue[head++], order[MOST], count = 0, drawn = 0;
        if (heap->depth[target] >= max_depth)
            continue;
        for (uint32_t source = 0; source < heap->count; source++) {
            if (!heap->times[source][target])
                continue;
            uint32_t place = count++;
            for (; place && heap->sizes[order[place - 1]] < heap->sizes[source]; place--)
                order[place] = order[place - 1];
            order[place] = source;
        }
        for (uint32_t i = 0; i < count; i++) {
            bool is_new = heap->depth[order[i]] == HSN_NONE;
            if (drawn == too_many || (is_new && heap->box_count == max_boxes)) {
                heap->more[target]++;
                continue;
            }
            drawn++;
            heap->drawn[order[i]][target] = true;
            if (is_new) {
                heap->depth[order[i]] = heap->depth[target] + 1;
                queue[heap->box_count++] = order[i];
            }
        }
    }
}

static void compare_with_twin(const fixture *f, const random_heap *heap)
{
    uint64_t edge_count = 0;
    CHECK_EQ(f->found.box_count, heap->box_count);
    for (uint32_t i = 0; i < heap->count; i++) {
        const hsn_backrefs_box *box = box_at(f, 16 * (i + 1));
        if (!CHECK((box != NULL) == (heap->depth[i] != HSN_NONE)) || !box)
            continue;
        CHECK_EQ(box->depth, heap->depth[i]);
        CHECK_EQ(box->more, heap->more[i]);
        CHECK_EQ(box->size_bytes, heap->sizes[i]);
        for (uint32_t k = 0; k < heap->count; k++) {
            const hsn_backrefs_edge *edge = edge_between(f, 16 * (i + 1), 16 * (k + 1));
            if (CHECK((edge != NULL) == heap->drawn[i][k]) && edge)
                CHECK_EQ(edge->count, heap->times[i][k]);
            edge_count += edge != NULL;
        }
    }
    CHECK_EQ(f->found.edge_count, edge_count);
}

static void test_backrefs_equals_its_slow_twin_on_random_heaps(void)
{
    check_random random = {11};
    char *text = malloc(1 << 16);
    for (int round = 0; round < 60; round++) {
        random_heap heap;
        fixture f;
        make_heap(&heap, &random, text, 1 << 16);
        hsn_backrefs_options options = {.no_collapse = 1,
                                        .depth_is_set = 1,
                                        .max_depth = check_random_below(&random, 5),
                                        .too_many = 1 + check_random_below(&random, 5),
                                        .max_boxes = 1 + check_random_below(&random, 30)};
        uint32_t root = check_random_below(&random, heap.count);
        search_slowly(&heap, root, options.max_depth, options.too_many, options.max_boxes);
        if (open_dump(&f, text) && find(&f, 16 * (root + 1), &options))
            compare_with_twin(&f, &heap);
        close_dump(&f);
    }
    free(text);
}

// Collapsing hides no reference: with room for everything, counts add up to those of the heap.
static void test_backrefs_collapsing_loses_nothing(void)
{
    check_random random = {13};
    char *text = malloc(1 << 16);
    for (int round = 0; round < 40; round++) {
        random_heap heap;
        fixture f;
        make_heap(&heap, &random, text, 1 << 16);
        hsn_backrefs_options options = {.max_depth = 100, .too_many = 1000, .max_boxes = 1000};
        uint32_t root = check_random_below(&random, heap.count);
        search_slowly(&heap, root, 100, 1000, 1000);
        if (open_dump(&f, text) && find(&f, 16 * (root + 1), &options)) {
            uint64_t objects = 0, bytes = 0, references = 0, boxes = 0, sizes = 0, times = 0;
            for (size_t i = 0; i < f.found.box_count; i++) {
                objects += f.found.boxes[i].count;
                bytes += f.found.boxes[i].size_bytes;
            }
            for (size_t i = 0; i < f.found.edge_count; i++)
                references += f.found.edges[i].count;
            for (uint32_t i = 0; i < heap.count; i++) {
                boxes += heap.depth[i] != HSN_NONE;
                sizes += heap.depth[i] != HSN_NONE ? heap.sizes[i] : 0;
                for (uint32_t k = 0; k < heap.count; k++)
                    times += heap.drawn[i][k] ? heap.times[i][k] : 0;
            }
            CHECK_EQ(objects, boxes);
            CHECK_EQ(bytes, sizes);
            CHECK_EQ(references, times);
            CHECK_EQ(f.found.cut_objects, 0);
        }
        close_dump(&f);
    }
    free(text);
}

CHECK_MAIN(CHECK_CASE(test_backrefs_parallel_references_become_one_edge_with_labels),
           CHECK_CASE(test_backrefs_modules_are_drawn_but_not_looked_behind),
           CHECK_CASE(test_backrefs_root_has_its_facts),
           CHECK_CASE(test_backrefs_weak_references_only_when_asked),
           CHECK_CASE(test_backrefs_depth_zero_is_the_root_alone),
           CHECK_CASE(test_backrefs_hidden_and_ignored_objects_are_skipped),
           CHECK_CASE(test_backrefs_forward_follows_references_without_a_graph),
           CHECK_CASE(test_backrefs_refuses_what_it_cannot_do),
           CHECK_CASE(test_backrefs_siblings_of_one_type_and_label_are_one_box),
           CHECK_CASE(test_backrefs_too_many_are_counted),
           CHECK_CASE(test_backrefs_roots_of_a_type_are_one_box_unless_each),
           CHECK_CASE(test_backrefs_drawing_is_the_same_every_time),
           CHECK_CASE(test_backrefs_many_entries_of_a_mapping_are_one_label),
           CHECK_CASE(test_backrefs_failing_allocations_leave_nothing),
           CHECK_CASE(test_backrefs_equals_its_slow_twin_on_random_heaps),
           CHECK_CASE(test_backrefs_collapsing_loses_nothing))
