// SPDX-License-Identifier: MIT
// Lines of allocation beside the objects they made, against counting one by one on random heaps.
#include "heapsnap/join.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heapsnap/retained.h"
#include "snapshot_of.h"

enum { MOST = 60, TYPES = 4, FRAMES = 6, STACKS = 8 };

// Frames 0 and 1 are one line under two functions' names, which happens in generated code.
typedef struct heap {
    int nodes;
    int type[MOST], stack[MOST]; // stack: -1 = unknown
    int above[MOST];             // the object that holds it; the first one is the root
    int newest[STACKS];          // frame
} heap;

typedef struct pen {
    char text[64 << 10];
    size_t size;
} pen;

static void put(pen *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(pen *p, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    p->size += (size_t)vsnprintf(p->text + p->size, sizeof p->text - p->size, format, arguments);
    va_end(arguments);
}

static int line_of(int frame)
{
    return frame <= 1 ? 7 : 10 * frame;
}

static void make(heap *h, check_random *random)
{
    h->nodes = 2 + (int)check_random_below(random, MOST - 2);
    for (int i = 0; i < STACKS; i++)
        h->newest[i] = (int)check_random_below(random, FRAMES);
    for (int v = 0; v < h->nodes; v++) {
        h->type[v] = v ? 1 + (int)check_random_below(random, TYPES - 1) : 0;
        h->stack[v] = (int)check_random_below(random, STACKS + 1) - 1;
        h->above[v] = v ? (int)check_random_below(random, (uint32_t)v) : -1;
    }
    h->stack[0] = -1;
}

static bool write_heap(const heap *h, snapshot_of *out)
{
    static pen p;
    p.size = 0;
    put(&p, "{'type':0,'name':'module','kind':'module'}\n");
    for (int t = 1; t < TYPES; t++)
        put(&p, "{'type':%d,'name':'T%d','module':'app'}\n", t, t);
    for (int f = 0; f < FRAMES; f++)
        put(&p, "{'frame':%d,'file':'/srv/a.py','line':%d,'function':'f%d'}\n", f, line_of(f), f);
    for (int s = 0; s < STACKS; s++)
        put(&p, "{'stack':%d,'frames':[%d,%d]}\n", s, h->newest[s], s % FRAMES);
    for (int v = 0; v < h->nodes; v++) {
        put(&p, "{'object':%d,'type':%d,'size':%d", 64 * (v + 1), h->type[v], 16 + v);
        if (h->stack[v] >= 0)
            put(&p, ",'stack':%d", h->stack[v]);
        bool first = true;
        for (int w = v + 1; w < h->nodes; w++)
            if (h->above[w] == v) {
                put(&p, "%s%d", first ? ",'ref':[" : ",", 64 * (w + 1));
                first = false;
            }
        put(&p, "%s}\n", first ? "" : "]");
    }
    put(&p, "{'root':64,'kind':'module','name':'app'}\n");
    return snapshot_open(out, p.text, HSN_GRAPH_FORWARD);
}

static int line_of_node(const heap *h, int node)
{
    return h->stack[node] < 0 ? 0 : line_of(h->newest[h->stack[node]]);
}

// Everything hangs in a tree, so an object retains what is below it.
static bool lies_below(const heap *h, int node, int line)
{
    for (int at = h->above[node]; at >= 0; at = h->above[at])
        if (line_of_node(h, at) == line)
            return true;
    return false;
}

static uint64_t retained_by_line(const heap *h, int line)
{
    uint64_t bytes = 0;
    for (int v = 0; v < h->nodes; v++)
        if (line_of_node(h, v) == line || lies_below(h, v, line))
            bytes += 16 + (uint64_t)v;
    return bytes;
}

static void check_line(const heap *h, const hsn_join_line *row)
{
    uint64_t count = 0, size_bytes = 0, by_type[TYPES] = {0}, typed = 0, held = 0;
    for (int v = 0; v < h->nodes; v++)
        if (line_of_node(h, v) == (int)row->line) {
            count++;
            size_bytes += 16 + (uint64_t)v;
            by_type[h->type[v]] += 16 + (uint64_t)v;
        }
    CHECK_EQ(row->count, count);
    CHECK_EQ(row->size_bytes, size_bytes);
    CHECK_EQ(row->retained_bytes, retained_by_line(h, (int)row->line));
    // Nothing but objects was announced, so these are the allocations.
    CHECK_EQ(row->allocated_count, count);
    CHECK_EQ(row->allocated_bytes, size_bytes);
    CHECK_STR(row->file, "/srv/a.py");
    for (size_t i = 0; i < row->type_count; i++) {
        int type = atoi(row->types[i].type + sizeof "app.T" - 1);
        CHECK_EQ(row->types[i].size_bytes, by_type[type]);
        CHECK(!i || row->types[i - 1].size_bytes >= row->types[i].size_bytes);
        typed += row->types[i].count;
    }
    CHECK_EQ(typed, count);
    for (size_t i = 0; i < row->holder_count; i++) {
        CHECK(!strncmp(row->holders[i].path, "app", 3));
        CHECK(!strncmp(row->holders[i].type, "app.T", 5));
        held += row->holders[i].count;
    }
    CHECK_EQ(held, count);
}

static void check_heap(const heap *h)
{
    hsn_join_options options = {
        .most_types = TYPES, .most_holders = MOST, .dominators = HSN_DOMINATORS_COMPUTE};
    hsn_join_lines all = {0}, some = {0};
    snapshot_of s;
    hsn_error err = {0};
    size_t lines = 0;
    if (!write_heap(h, &s))
        return;
    for (int frame = 1; frame < FRAMES; frame++) {
        bool any = false;
        for (int v = 0; v < h->nodes; v++)
            any = any || line_of_node(h, v) == line_of(frame);
        lines += any;
    }
    if (CHECK_OK(hsn_join_lines_find(s.heap, &options, NULL, &all, &err), &err)) {
        CHECK_EQ(all.count, lines);
        for (size_t i = 0; i < all.count; i++) {
            check_line(h, &all.rows[i]);
            CHECK(!i || all.rows[i - 1].retained_bytes >= all.rows[i].retained_bytes);
        }
    }
    options.limit = 1;
    options.most_types = options.most_holders = 1;
    if (CHECK_OK(hsn_join_lines_find(s.heap, &options, NULL, &some, &err), &err)) {
        CHECK_EQ(some.count, lines ? 1 : 0);
        CHECK_EQ(some.matched, lines);
        if (lines) {
            CHECK_EQ(some.rows[0].line, all.rows[0].line);
            CHECK_EQ(some.rows[0].type_count, 1);
            CHECK_STR(some.rows[0].types[0].type, all.rows[0].types[0].type);
            CHECK_EQ(some.rows[0].holder_count, 1);
        }
    }
    hsn_join_lines_free(&some);
    hsn_join_lines_free(&all);
    snapshot_close(&s);
}

static void test_join_lines_equal_counting_one_by_one(void)
{
    check_random random = {11};
    static heap h;
    for (int i = 0; i < 300; i++) {
        make(&h, &random);
        check_heap(&h);
    }
}

static void test_join_needs_objects_with_stacks(void)
{
    hsn_join_options options = {.dominators = HSN_DOMINATORS_COMPUTE};
    hsn_join_lines lines;
    snapshot_of s;
    if (!snapshot_open(&s, "{'type':0,'name':'T'}\n{'object':16,'type':0,'size':8}\n",
                       HSN_GRAPH_FORWARD))
        return;
    CHECK_STATUS(hsn_join_lines_find(s.heap, &options, NULL, &lines, NULL), HSN_ENOTFOUND);
    snapshot_close(&s);
}

CHECK_MAIN(CHECK_CASE(test_join_lines_equal_counting_one_by_one),
           CHECK_CASE(test_join_needs_objects_with_stacks))
