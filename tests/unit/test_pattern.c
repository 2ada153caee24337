// SPDX-License-Identifier: MIT
// Chains merged by pattern, against chains spelled out one by one on random heaps.
#include "heapsnap/pattern.h"
#include "heapsnap/retained.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/pattern_private.h"
#include "base/alloc.h"
#include "snapshot_of.h"

typedef struct pen {
    char *text;
    size_t size, capacity;
} pen;

static void put(pen *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(pen *p, const char *format, ...)
{
    va_list arguments;
    if (p->capacity < p->size + 256) {
        p->capacity = p->size * 2 + 4096;
        p->text = realloc(p->text, p->capacity);
    }
    va_start(arguments, format);
    p->size += (size_t)vsnprintf(p->text + p->size, 256, format, arguments);
    va_end(arguments);
}

static bool open_text(snapshot_of *out, pen *p)
{
    bool ok = snapshot_open(out, p->text, HSN_GRAPH_FORWARD);
    free(p->text);
    *p = (pen){0};
    return ok;
}

// ---- the twin: a heap as a matrix, chains as text

enum { MOST = 40, TYPES = 5, NAMES = 4 };

typedef struct heap {
    int nodes;
    int type[MOST];            // 0 = module, 1 = list, then application types
    int reference[MOST][MOST]; // 0 = none, 1 + name = attribute, INDEXED = item
} heap;

enum { INDEXED = 100 };

static void make(heap *h, check_random *random)
{
    memset(h, 0, sizeof *h);
    h->nodes = 4 + (int)check_random_below(random, MOST - 4);
    for (int v = 1; v < h->nodes; v++)
        h->type[v] = 1 + (int)check_random_below(random, TYPES - 1);
    // A tree: every object has one chain.
    for (int v = 1; v < h->nodes; v++) {
        int from = (int)check_random_below(random, (uint32_t)v);
        h->reference[from][v] =
            h->type[from] == 1 ? INDEXED : 1 + (int)check_random_below(random, NAMES);
    }
}

static bool write_heap(const heap *h, snapshot_of *out)
{
    pen p = {0};
    put(&p, "{'type':0,'name':'module','kind':'module'}\n{'type':1,'name':'list','kind':'list'}\n");
    for (int t = 2; t < TYPES; t++)
        put(&p, "{'type':%d,'name':'T%d','module':'app'}\n", t, t);
    for (int n = 0; n < NAMES; n++)
        put(&p, "{'string':%d,'text':'n%d'}\n", n, n);
    for (int v = 0; v < h->nodes; v++) {
        bool list = h->type[v] == 1, first = true;
        put(&p, "{'object':%d,'type':%d,'size':%d,'rc':1", 64 * (v + 1), h->type[v], 16 + v);
        for (int w = 0; w < h->nodes; w++) {
            if (!h->reference[v][w])
                continue;
            put(&p, "%s", first ? (list ? ",'item':[" : ",'attr':[") : ",");
            if (!list)
                put(&p, "%d,", h->reference[v][w] - 1);
            put(&p, "%d", 64 * (w + 1));
            first = false;
        }
        put(&p, "%s}\n", first ? "" : "]");
    }
    put(&p, "{'root':64,'kind':'module','name':'app'}\n");
    return open_text(out, &p);
}

typedef struct row {
    char key[1024];
    uint64_t count, size_bytes;
} row;

// The pattern of an object by its chain in the tree: labels and types. 1 = it repeats a type.
static bool chain_key(const heap *h, int node, char *key, size_t room)
{
    int chain[MOST], length = 0;
    for (int at = node; at >= 0;) {
        chain[length++] = at;
        int above = -1;
        for (int v = 0; v < at; v++)
            if (h->reference[v][at])
                above = v;
        at = above;
    }
    size_t used = 0;
    key[0] = 0;
    for (int i = length - 1; i >= 0; i--) {
        int v = chain[i];
        int label = i == length - 1 ? 0 : h->reference[chain[i + 1]][v];
        used += (size_t)snprintf(key + used, room - used, "%d:%d/", label, h->type[v]);
        for (int k = i + 1; k < length; k++)
            if (h->type[chain[k]] == h->type[v])
                return false;
    }
    return true;
}

static int compare_rows(const void *a, const void *b)
{
    const row *x = a, *y = b;
    if (x->size_bytes != y->size_bytes)
        return x->size_bytes > y->size_bytes ? -1 : 1;
    return x->count > y->count ? -1 : x->count < y->count;
}

static void check_against_twin(const heap *h)
{
    snapshot_of s;
    hsn_error err = {0};
    hsn_pattern_list list;
    static row rows[MOST];
    size_t count = 0;
    for (int v = 0; v < h->nodes; v++) {
        char key[sizeof rows[0].key];
        if (!chain_key(h, v, key, sizeof key))
            return; // folded: other tests look at it
        size_t i = 0;
        while (i < count && strcmp(rows[i].key, key) != 0)
            i++;
        if (i == count) {
            rows[count] = (row){.count = 0};
            memcpy(rows[count++].key, key, sizeof key);
        }
        rows[i].count++;
        rows[i].size_bytes += (uint64_t)(16 + v);
    }
    qsort(rows, count, sizeof *rows, compare_rows);
    if (!write_heap(h, &s))
        return;
    if (CHECK_OK(hsn_pattern_find(s.heap, NULL, 0, NULL, &list, &err), &err) &&
        CHECK_EQ(list.count, count))
        for (size_t i = 0; i < count; i++) {
            CHECK_EQ(list.rows[i].count, rows[i].count);
            CHECK_EQ(list.rows[i].size_bytes, rows[i].size_bytes);
        }
    CHECK_EQ(list.objects, h->nodes);
    hsn_pattern_list_free(&list);
    snapshot_close(&s);
}

static void test_pattern_counts_are_those_of_single_chains(void)
{
    check_random random = {99};
    for (int round = 0; round < 600; round++) {
        heap h;
        make(&h, &random);
        check_against_twin(&h);
    }
}

// ---- shapes

#define TYPES_AND_NAMES                                                                            \
    "{'type':0,'name':'module','kind':'module'}\n{'type':1,'name':'Node','module':'app'}\n"        \
    "{'type':2,'name':'list','kind':'list'}\n{'type':3,'name':'function','kind':'function'}\n"     \
    "{'type':4,'name':'dict','kind':'dict'}\n{'type':5,'name':'Page','module':'app'}\n"            \
    "{'string':0,'text':'head'}\n{'string':1,'text':'next'}\n{'string':2,'text':'children'}\n"     \
    "{'string':3,'text':'__globals__'}\n{'string':4,'text':'__dict__'}\n"                          \
    "{'string':5,'text':'run'}\n{'string':6,'text':'pages'}\n{'string':7,'text':'index'}\n"

// ---- what the objects at the end of a pattern retain

// By definition: what the root no longer reaches once the object is gone. Objects without any way
// from the root are not asked for.
static uint64_t bytes_without(const heap *h, int gone)
{
    bool seen[MOST] = {false};
    int queue[MOST], count = 0;
    uint64_t lost = 0;
    if (gone != 0)
        seen[0] = true, queue[count++] = 0;
    for (int i = 0; i < count; i++)
        for (int w = 0; w < h->nodes; w++)
            if (h->reference[queue[i]][w] && !seen[w] && w != gone)
                seen[w] = true, queue[count++] = w;
    for (int v = 0; v < h->nodes; v++)
        lost += seen[v] ? 0 : 16 + (uint64_t)v;
    return lost;
}

static bool escape(const char *text, char *glob, size_t room)
{
    size_t size = 0;
    for (; *text && size + 4 < room; text++)
        size += (size_t)snprintf(glob + size, room - size, strchr("[*?\\", *text) ? "[%c]" : "%c",
                                 *text);
    glob[size] = 0;
    return !*text;
}

static bool is_only_one(const hsn_pattern_list *list, size_t at)
{
    for (size_t i = 0; i < list->count; i++)
        if (i != at && !strcmp(list->rows[i].text, list->rows[at].text))
            return false;
    return list->rows[at].count == 1;
}

// An object is known by its size where it is alone on its pattern.
static size_t check_retained(const heap *h)
{
    snapshot_of s;
    hsn_error err = {0};
    hsn_pattern_list list = {0};
    char glob[1024];
    uint64_t bytes[2], whole = 0;
    size_t asked = 0;
    if (!write_heap(h, &s) || !CHECK_OK(hsn_pattern_find(s.heap, NULL, 0, NULL, &list, &err), &err))
        return 0;
    for (int v = 0; v < h->nodes; v++)
        whole += 16 + (uint64_t)v;
    for (size_t i = 0; i < list.count; i++) {
        if (!is_only_one(&list, i) || !escape(list.rows[i].text, glob, sizeof glob))
            continue;
        const char *globs[] = {glob, "*"};
        CHECK_OK(hsn_retained_holders(s.heap, globs, 2, HSN_DOMINATORS_COMPUTE, NULL, bytes, &err),
                 &err);
        CHECK_EQ(bytes[0], bytes_without(h, (int)list.rows[i].size_bytes - 16));
        CHECK_EQ(bytes[1], whole);
        asked++;
    }
    hsn_pattern_list_free(&list);
    snapshot_close(&s);
    return asked;
}

static void test_holders_retain_what_goes_with_them(void)
{
    check_random random = {7};
    size_t asked = 0;
    for (int round = 0; round < 60; round++) {
        static heap h;
        make(&h, &random);
        for (uint32_t extra = check_random_below(&random, 12); extra > 0; extra--) {
            int from = (int)check_random_below(&random, (uint32_t)h.nodes);
            int to = (int)check_random_below(&random, (uint32_t)h.nodes);
            h.reference[from][to] =
                h.type[from] == 1 ? INDEXED : 1 + (int)check_random_below(&random, NAMES);
        }
        asked += check_retained(&h);
    }
    CHECK(asked > 300);
}

static bool open_shape(snapshot_of *out, const char *objects)
{
    pen p = {0};
    for (const char *c = TYPES_AND_NAMES; *c; c++)
        put(&p, "%c", *c);
    for (const char *c = objects; *c; c++)
        put(&p, "%c", *c);
    return open_text(out, &p);
}

static void check_pattern(const hsn_pattern_list *list, const char *type, const char *text,
                          uint64_t count)
{
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->rows[i].text, text) && !strcmp(list->rows[i].type, type)) {
            CHECK_EQ(list->rows[i].count, count);
            return;
        }
    for (size_t i = 0; i < list->count; i++)
        printf("  %s -> %s x%d\n", list->rows[i].text, list->rows[i].type,
               (int)list->rows[i].count);
    CHECK_STR("no such pattern", text);
}

static void test_pattern_folds_a_list_of_a_million(void)
{
    enum { LINKS = 1000000 };
    snapshot_of s;
    hsn_error err = {0};
    hsn_pattern_list list;
    pen p = {0};
    for (const char *c = TYPES_AND_NAMES; *c; c++)
        put(&p, "%c", *c);
    put(&p, "{'object':16,'type':0,'size':72,'attr':[0,32]}\n"
            "{'root':16,'kind':'module','name':'app'}\n");
    for (unsigned i = 0; i < LINKS; i++)
        if (i + 1 < LINKS)
            put(&p, "{'object':%u,'type':1,'size':48,'attr':[1,%u]}\n", 32 + 16 * i, 48 + 16 * i);
        else
            put(&p, "{'object':%u,'type':1,'size':48}\n", 32 + 16 * i);
    if (!open_text(&s, &p))
        return;
    if (CHECK_OK(hsn_pattern_find(s.heap, NULL, 0, NULL, &list, &err), &err)) {
        CHECK(list.count <= 4);
        CHECK(list.rows[0].count >= LINKS - 1);
        CHECK_STR(list.rows[0].type, "app.Node");
        CHECK(strstr(list.rows[0].text, ".next*") != NULL);
    }
    hsn_pattern_list_free(&list);
    snapshot_close(&s);
}

static void test_pattern_prefers_an_application_chain_to_globals(void)
{
    // other.run.__globals__ leads to app's dictionary; app.index to the same page by two steps.
    snapshot_of s;
    hsn_error err = {0};
    hsn_pattern_list list;
    if (!open_shape(&s, "{'object':16,'type':0,'size':72,'internal':[4,32]}\n"
                        "{'object':32,'type':4,'size':232,'dict':[7,0,48]}\n"
                        "{'object':48,'type':2,'size':64,'item':[64]}\n"
                        "{'object':64,'type':5,'size':48}\n"
                        "{'object':80,'type':0,'size':72,'attr':[5,96]}\n"
                        "{'object':96,'type':3,'size':144,'internal':[3,112]}\n"
                        "{'object':112,'type':4,'size':232,'dict':[6,0,64,6,0,128]}\n"
                        "{'object':128,'type':5,'size':48}\n"
                        "{'root':16,'kind':'module','name':'app'}\n"
                        "{'root':80,'kind':'module','name':'other'}\n"))
        return;
    if (CHECK_OK(hsn_pattern_find(s.heap, NULL, 0, NULL, &list, &err), &err)) {
        // All objects of a pattern hang on one list here, so that its index is said.
        check_pattern(&list, "app.Page", "app.index[0]", 1);
        check_pattern(&list, "app.Page", "other.run.__globals__['pages']", 1);
    }
    hsn_pattern_list_free(&list);
    snapshot_close(&s);
}

static void test_pattern_says_the_key_that_all_agree_on(void)
{
    snapshot_of s;
    hsn_error err = {0};
    hsn_pattern_list list;
    if (!open_shape(&s, "{'object':16,'type':0,'size':72,'attr':[7,32]}\n"
                        "{'object':32,'type':4,'size':232,'dict':[6,0,48,5,0,64]}\n"
                        "{'object':48,'type':2,'size':72,'item':[80,96]}\n"
                        "{'object':64,'type':2,'size':56}\n"
                        "{'object':80,'type':5,'size':48}\n{'object':96,'type':5,'size':48}\n"
                        "{'root':16,'kind':'module','name':'app'}\n"))
        return;
    if (CHECK_OK(hsn_pattern_find(s.heap, NULL, 0, NULL, &list, &err), &err)) {
        check_pattern(&list, "app.Page", "app.index['pages'][*]", 2);
        check_pattern(&list, "list", "app.index[*]", 2);
    }
    hsn_pattern_list_free(&list);
    snapshot_close(&s);
}

static void test_pattern_table_keeps_its_bound(void)
{
    hsn__patterns patterns;
    hsn_error err = {0};
    uint32_t name, types[3];
    hsn_type type = {.name = "app.A", .module = "app", .kind = HSN_KIND_INSTANCE};
    CHECK_OK(hsn__patterns_init(&patterns, &err), &err);
    patterns.max = 20;
    static const char *const names[] = {"app.A", "app.B", "app.C"};
    for (int i = 0; i < 3; i++) {
        type.name = names[i];
        CHECK_OK(hsn__patterns_type(&patterns, &type, &types[i], &err), &err);
    }
    for (int i = 0; i < 1000; i++) {
        char text[16];
        snprintf(text, sizeof text, "n%d", i);
        CHECK_OK(hsn__patterns_name(&patterns, text, &name, &err), &err);
        uint32_t root = hsn__patterns_root(&patterns, HSN__TOP_LIVE, name, types[i % 3], 0);
        CHECK_EQ(patterns.rows[root].type, types[i % 3]);
    }
    CHECK_EQ(patterns.is_full, 1);
    CHECK(patterns.count <= 23);
    hsn__patterns_clear(&patterns);
}

static void test_pattern_tells_whose_module_and_file_it_is(void)
{
    CHECK(hsn__is_stdlib_module("threading"));
    CHECK(hsn__is_stdlib_module("asyncio.tasks"));
    CHECK(!hsn__is_stdlib_module("asynciox"));
    CHECK(!hsn__is_stdlib_module("async"));
    CHECK(!hsn__is_stdlib_module("__main__"));
    CHECK(!hsn__is_stdlib_module("matplotlib.pyplot"));
    CHECK(hsn__is_application_file("/srv/app/views.py"));
    CHECK(!hsn__is_application_file("/usr/lib/python3.11/queue.py"));
    CHECK(!hsn__is_application_file("/usr/lib/python3/dist-packages/flask/app.py"));
    CHECK(!hsn__is_application_file("<frozen importlib._bootstrap>"));
    CHECK(hsn__is_stdlib_file("/usr/lib/python3.11/queue.py"));
    CHECK(!hsn__is_stdlib_file("/usr/local/lib/python3.11/site-packages/a.py"));
}

CHECK_MAIN(CHECK_CASE(test_pattern_counts_are_those_of_single_chains),
           CHECK_CASE(test_holders_retain_what_goes_with_them),
           CHECK_CASE(test_pattern_folds_a_list_of_a_million),
           CHECK_CASE(test_pattern_prefers_an_application_chain_to_globals),
           CHECK_CASE(test_pattern_says_the_key_that_all_agree_on),
           CHECK_CASE(test_pattern_table_keeps_its_bound),
           CHECK_CASE(test_pattern_tells_whose_module_and_file_it_is))
