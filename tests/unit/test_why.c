// SPDX-License-Identifier: MIT
// Growth by holder: small heaps of which everybody would say the same.
#include "heapsnap/why.h"

#include <stdarg.h>

#include "base/alloc.h"
#include "snapshot_of.h"

// Types, names and roots that all heaps here share; objects follow.
#define HEAD                                                                                       \
    "{'type':0,'name':'module','kind':'module'}\n{'type':1,'name':'dict','kind':'dict'}\n"         \
    "{'type':2,'name':'list','kind':'list'}\n{'type':3,'name':'Request','module':'app.cache'}\n"   \
    "{'type':4,'name':'str','kind':'str'}\n{'type':5,'name':'Future','module':'asyncio'}\n"        \
    "{'string':0,'text':'__dict__'}\n{'string':1,'text':'pending'}\n"                              \
    "{'string':2,'text':'body'}\n{'string':3,'text':'next'}\n{'string':4,'text':'parent'}\n"       \
    "{'string':5,'text':'__globals__'}\n"                                                          \
    "{'frame':0,'file':'/usr/lib/python3.11/queue.py','line':7}\n"                                 \
    "{'frame':1,'file':'/srv/views.py','line':41,'function':'handle'}\n"                           \
    "{'stack':0,'frames':[0,1]}\n"                                                                 \
    "{'object':16,'type':0,'size':72,'rc':2,'text':'app.cache','internal':[0,32]}\n"               \
    "{'root':16,'kind':'module','name':'app.cache'}\n"                                             \
    "{'object':32,'type':1,'size':232,'rc':1,'dict':[1,48,64]}\n"                                  \
    "{'object':48,'type':4,'size':60,'rc':1}\n"

enum { BASE = 4096, STEP = 64 };

typedef struct pen {
    char *text;
    size_t size;
} pen;

static void put(pen *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(pen *p, const char *format, ...)
{
    va_list arguments;
    p->text = realloc(p->text, p->size + 512);
    va_start(arguments, format);
    p->size += (size_t)vsnprintf(p->text + p->size, 512, format, arguments);
    va_end(arguments);
}

static hsn_snapshot_ref ref_of(const snapshot_of *s)
{
    return (hsn_snapshot_ref){s->store, hsn_heap_info(s->heap)->id};
}

static bool open_text(snapshot_of *out, pen *p)
{
    bool ok = snapshot_open(out, p->text, HSN_GRAPH_FORWARD);
    free(p->text);
    *p = (pen){0};
    return ok;
}

// app.cache.pending is a list of `count` requests, each with a body; addresses begin at `base`.
static bool open_pending(snapshot_of *out, unsigned count, unsigned base)
{
    pen p = {0};
    put(&p, "%s", "");
    for (const char *c = HEAD; *c; c++)
        put(&p, "%c", *c);
    put(&p, "{'object':64,'type':2,'size':%u,'rc':1,'len':%u,'item':[", 56 + 8 * count, count);
    for (unsigned i = 0; i < count; i++)
        put(&p, "%s%u", i ? "," : "", base + 2 * i * STEP);
    put(&p, "]}\n");
    for (unsigned i = 0; i < count; i++)
        put(&p,
            "{'object':%u,'type':3,'size':48,'rc':1,'flags':1,'stack':0,'attr':[2,%u]}\n"
            "{'object':%u,'type':4,'size':100,'rc':1}\n",
            base + 2 * i * STEP, base + (2 * i + 1) * STEP, base + (2 * i + 1) * STEP);
    return open_text(out, &p);
}

static void test_why_names_container_type_and_line(void)
{
    snapshot_of before, after;
    hsn_error err = {0};
    hsn_why why;
    // Other addresses throughout: matching is by pattern.
    if (!open_pending(&before, 10, BASE) || !open_pending(&after, 110, 10 * BASE))
        return;
    hsn_snapshot_ref refs[] = {ref_of(&before), ref_of(&after)};
    if (CHECK_OK(hsn_why_over(refs, 2, NULL, NULL, &why, &err), &err) && CHECK(why.count >= 1)) {
        const hsn_why_row *row = &why.rows[0];
        CHECK_EQ(why.count, 1);
        CHECK_STR(row->type, "app.cache.Request");
        CHECK_STR(row->path, "app.cache.pending[*]");
        CHECK_STR(row->cut, "app.cache.pending[*]");
        CHECK_EQ(row->kind, HSN_WHY_GROWTH);
        CHECK_EQ(row->count_delta, 100);
        CHECK_EQ(row->size_bytes_delta, 4800);
        CHECK_EQ(row->held_bytes_delta, 100 * (48 + 100 + 8));
        CHECK(row->share > 0.999 && row->share <= 1);
        CHECK_EQ(why.gained_bytes, 100 * (48 + 100 + 8));
        CHECK_STR(row->holder.type, "list");
        CHECK_STR(row->holder.path, "app.cache.pending");
        CHECK_EQ(row->holder.count_delta, 0);
        CHECK_EQ(row->holder.size_bytes_delta, 800);
        CHECK_EQ(row->holder.items_old, 10);
        CHECK_EQ(row->holder.items_new, 110);
        CHECK_EQ(row->step_count, 3);
        CHECK_STR(row->steps[0].label, "app.cache");
        CHECK_STR(row->steps[1].label, "pending");
        CHECK_STR(row->steps[2].label, "[*]");
        CHECK_STR(row->steps[2].type, "app.cache.Request");
        if (CHECK(row->allocated_at != NULL)) {
            CHECK_STR(row->allocated_at->file, "/srv/views.py");
            CHECK_EQ(row->allocated_at->line, 41);
        }
        CHECK_EQ(row->stack_count, 2);
        CHECK_EQ(row->is_noise, 0);
    }
    hsn_why_free(&why);
    snapshot_close(&before);
    snapshot_close(&after);
}

static void test_why_over_three_tells_steady_growth(void)
{
    snapshot_of s[3];
    hsn_error err = {0};
    hsn_why why;
    static const unsigned counts[] = {10, 50, 90};
    for (int i = 0; i < 3; i++)
        if (!open_pending(&s[i], counts[i], BASE))
            return;
    hsn_snapshot_ref refs[] = {ref_of(&s[0]), ref_of(&s[1]), ref_of(&s[2])};
    if (CHECK_OK(hsn_why_over(refs, 3, NULL, NULL, &why, &err), &err) && CHECK_EQ(why.count, 1)) {
        CHECK_EQ(why.rows[0].grew_every_step, 1);
        for (int i = 0; i < 3; i++)
            CHECK_EQ(why.rows[0].cells[i].count, counts[i]);
    }
    hsn_why_free(&why);
    hsn_snapshot_ref back[] = {refs[2], refs[0]};
    CHECK_OK(hsn_why_over(back, 2, NULL, NULL, &why, &err), &err);
    CHECK_EQ(why.count, 0);
    hsn_why_free(&why);
    CHECK_STATUS(hsn_why_over(refs, 1, NULL, NULL, &why, NULL), HSN_EINVAL);
    for (int i = 0; i < 3; i++)
        snapshot_close(&s[i]);
}

// `count` pairs of requests: a parent whose list holds a child that knows its parent. `refcount`
// of the parent: 1 = the child's reference only.
static bool open_cycles(snapshot_of *out, unsigned count, unsigned refcount)
{
    pen p = {0};
    for (const char *c = HEAD; *c; c++)
        put(&p, "%c", *c);
    put(&p, "{'object':64,'type':2,'size':56,'rc':1,'len':0}\n");
    for (unsigned i = 0; i < count; i++) {
        unsigned at = BASE + 2 * i * STEP;
        put(&p,
            "{'object':%u,'type':3,'size':48,'rc':%u,'flags':1,'attr':[1,%u]}\n"
            "{'object':%u,'type':5,'size':100,'rc':1,'flags':1,'attr':[4,%u]}\n",
            at, refcount, at + STEP, at + STEP, at);
    }
    return open_text(out, &p);
}

static void check_cycles(unsigned refcount, hsn_why_kind kind, const char *path, const char *cut)
{
    snapshot_of before, after;
    hsn_error err = {0};
    hsn_why why;
    if (!open_cycles(&before, 1, refcount) || !open_cycles(&after, 41, refcount))
        return;
    hsn_snapshot_ref refs[] = {ref_of(&before), ref_of(&after)};
    if (CHECK_OK(hsn_why_over(refs, 2, NULL, NULL, &why, &err), &err) && CHECK_EQ(why.count, 1)) {
        CHECK_STR(why.rows[0].type, "app.cache.Request");
        CHECK_EQ(why.rows[0].kind, kind);
        CHECK_EQ(why.rows[0].count_delta, 40);
        CHECK_EQ(why.rows[0].held_bytes_delta, 40 * 148);
        CHECK_STR(why.rows[0].path, path);
        CHECK_STR(why.rows[0].cut, cut);
    }
    hsn_why_free(&why);
    snapshot_close(&before);
    snapshot_close(&after);
}

static void test_why_tells_garbage_from_what_native_code_holds(void)
{
    check_cycles(1, HSN_WHY_GARBAGE, "<garbage app.cache.Request>.pending.parent",
                 "asyncio.Future.parent");
    check_cycles(2, HSN_WHY_EXTREF, "<held by native code: app.cache.Request>", "");
}

// ---- retained bytes, and what says the same slowly

enum { PENDING = 3, OTHER = 4, OTHER_LIST = 5, OTHER_INNER = 6, FIRST_REQUEST = 7, MOST = 96 };

typedef struct little_heap {
    unsigned count, requests; // nodes 1, 2 and PENDING are the HEAD's
    unsigned sizes[MOST];
    bool refers[MOST][MOST];
} little_heap;

static unsigned address_of(unsigned node)
{
    static const unsigned of_head[] = {0, 16, 32, 64};
    return node <= PENDING ? of_head[node] : BASE + STEP * node;
}

// app.cache.pending lists requests; futures hang on them, and on app.other two lists deep, and hold
// each other and requests as it comes.
static void make_little(little_heap *h, unsigned requests, check_random *random)
{
    *h = (little_heap){.requests = requests};
    unsigned futures = FIRST_REQUEST + requests;
    h->count = futures + 2 + check_random_below(random, MOST - futures - 2);
    h->refers[1][2] = h->refers[2][PENDING] = true;
    h->refers[OTHER][OTHER_LIST] = h->refers[OTHER_LIST][OTHER_INNER] = true;
    h->sizes[1] = 72;
    h->sizes[2] = 232;
    for (unsigned i = PENDING; i < h->count; i++)
        h->sizes[i] = 16 + 8 * check_random_below(random, 20);
    for (unsigned i = FIRST_REQUEST; i < futures; i++)
        h->refers[PENDING][i] = true;
    unsigned rare = 1 + check_random_below(random, 6);
    for (unsigned i = futures; i < h->count; i++) {
        h->refers[FIRST_REQUEST + check_random_below(random, requests)][i] = true;
        h->refers[OTHER_INNER][i] = !check_random_below(random, 8);
        for (unsigned k = 0; k < 3; k++) {
            unsigned other = FIRST_REQUEST + check_random_below(random, h->count - FIRST_REQUEST);
            if (!check_random_below(random, rare))
                h->refers[k ? other : i][k ? i : other] = true;
        }
    }
}

static void put_little_refs(pen *p, const little_heap *h, unsigned node, const char *label)
{
    bool first = true;
    for (unsigned i = 0; i < h->count; i++)
        if (h->refers[node][i]) {
            put(p, "%s%s%u", first ? "" : ",", label, address_of(i));
            first = false;
        }
}

static bool open_little(snapshot_of *out, const little_heap *h)
{
    pen p = {0};
    for (const char *c = HEAD; *c; c++)
        put(&p, "%c", *c);
    put(&p, "{'object':64,'type':2,'size':%u,'len':%u,'item':[", h->sizes[PENDING], h->requests);
    put_little_refs(&p, h, PENDING, "");
    put(&p, "]}\n{'root':%u,'kind':'module','name':'app.other'}\n", address_of(OTHER));
    for (unsigned i = OTHER; i < h->count; i++) {
        bool is_list = i == OTHER_LIST || i == OTHER_INNER;
        bool is_request = i >= FIRST_REQUEST && i < FIRST_REQUEST + h->requests;
        put(&p, "{'object':%u,'type':%d,'size':%u,%s'%s':[", address_of(i),
            i == OTHER   ? 0
            : is_list    ? 2
            : is_request ? 3
                         : 5,
            h->sizes[i], i == OTHER ? "'text':'app.other'," : "",
            i == OTHER ? "internal"
            : is_list  ? "item"
                       : "attr");
        put_little_refs(&p, h, i, i == OTHER ? "0," : is_list ? "" : is_request ? "2," : "4,");
        put(&p, "]}\n");
    }
    return open_text(out, &p);
}

static void reach_without(const little_heap *h, unsigned absent, bool *out)
{
    unsigned stack[MOST], depth = 0;
    memset(out, 0, MOST * sizeof *out);
    out[1] = out[OTHER] = true;
    stack[depth++] = 1;
    stack[depth++] = OTHER;
    while (depth) {
        unsigned node = stack[--depth];
        for (unsigned i = 0; i < h->count; i++)
            if (h->refers[node][i] && !out[i] && i != absent) {
                out[i] = true;
                stack[depth++] = i;
            }
    }
}

// Take away one request after the other; count what went with any of them.
static uint64_t retained_slowly(const little_heap *h)
{
    bool whole[MOST], rest[MOST], went[MOST] = {false};
    uint64_t sum = 0;
    reach_without(h, 0, whole);
    for (unsigned k = 0; k < h->requests; k++) {
        reach_without(h, FIRST_REQUEST + k, rest);
        for (unsigned i = 0; i < h->count; i++)
            went[i] |= whole[i] && !rest[i];
    }
    for (unsigned i = 0; i < h->count; i++)
        sum += went[i] ? h->sizes[i] : 0;
    return sum;
}

static void test_why_retained_is_what_goes_with_any_object_of_the_row(void)
{
    check_random random = {20};
    for (int round = 0; round < 60; round++) {
        little_heap heaps[2];
        snapshot_of before, after;
        hsn_error err = {0};
        hsn_why why;
        make_little(&heaps[0], 1 + check_random_below(&random, 5), &random);
        make_little(&heaps[1], 15 + check_random_below(&random, 40), &random);
        if (!open_little(&before, &heaps[0]) || !open_little(&after, &heaps[1]))
            return;
        hsn_snapshot_ref refs[] = {ref_of(&before), ref_of(&after)};
        hsn_why_options options = {.dominators = HSN_DOMINATORS_COMPUTE};
        CHECK_OK(hsn_why_over(refs, 2, &options, NULL, &why, &err), &err);
        const hsn_why_row *row = NULL;
        for (size_t i = 0; i < why.count; i++)
            if (!strcmp(why.rows[i].type, "app.cache.Request") &&
                !strcmp(why.rows[i].path, "app.cache.pending[*]"))
                row = &why.rows[i];
        CHECK_EQ(why.has_retained, 1);
        if (CHECK(row != NULL)) {
            uint64_t old_bytes = retained_slowly(&heaps[0]), bytes = retained_slowly(&heaps[1]);
            CHECK_EQ(row->count_delta, heaps[1].requests - heaps[0].requests);
            CHECK_EQ(row->retained_bytes_old, old_bytes);
            CHECK_EQ(row->retained_bytes_new, bytes);
            CHECK_EQ(row->retained_bytes_delta, (int64_t)(bytes - old_bytes));
        }
        hsn_why_free(&why);
        snapshot_close(&before);
        snapshot_close(&after);
    }
}

static void test_why_tells_no_retained_bytes_unasked(void)
{
    snapshot_of before, after;
    hsn_error err = {0};
    hsn_why why;
    if (!open_pending(&before, 10, BASE) || !open_pending(&after, 110, BASE))
        return;
    hsn_snapshot_ref refs[] = {ref_of(&before), ref_of(&after)};
    if (CHECK_OK(hsn_why_over(refs, 2, NULL, NULL, &why, &err), &err) && CHECK_EQ(why.count, 1)) {
        CHECK_EQ(why.has_retained, 0);
        CHECK_EQ(why.rows[0].retained_bytes_new, 0);
    }
    hsn_why_free(&why);
    // Nothing grew: no row, and nothing to find.
    hsn_why_options options = {.dominators = HSN_DOMINATORS_COMPUTE};
    hsn_snapshot_ref same[] = {refs[0], refs[0]};
    CHECK_OK(hsn_why_over(same, 2, &options, NULL, &why, &err), &err);
    CHECK_EQ(why.count, 0);
    CHECK_EQ(why.has_retained, 1);
    hsn_why_free(&why);
    snapshot_close(&before);
    snapshot_close(&after);
}

static void test_why_reports_missing_memory(void)
{
    snapshot_of before, after;
    if (!open_cycles(&before, 2, 1) || !open_pending(&after, 20, BASE))
        return;
    hsn_snapshot_ref refs[] = {ref_of(&before), ref_of(&after)};
    hsn_why_options options = {.dominators = HSN_DOMINATORS_COMPUTE};
    for (uint64_t nth = 1;; nth++) {
        hsn_why why;
        hsn__alloc_fail_at(nth, true);
        int r = hsn_why_over(refs, 2, &options, NULL, &why, NULL);
        hsn__alloc_fail_at(0, false);
        if (r == HSN_OK) {
            CHECK(nth > 20);
            hsn_why_free(&why);
            break;
        }
        if (!CHECK_STATUS(r, HSN_ENOMEM) || !CHECK(nth < 5000))
            break;
    }
    snapshot_close(&before);
    snapshot_close(&after);
}

CHECK_MAIN(CHECK_CASE(test_why_names_container_type_and_line),
           CHECK_CASE(test_why_over_three_tells_steady_growth),
           CHECK_CASE(test_why_tells_garbage_from_what_native_code_holds),
           CHECK_CASE(test_why_retained_is_what_goes_with_any_object_of_the_row),
           CHECK_CASE(test_why_tells_no_retained_bytes_unasked),
           CHECK_CASE(test_why_reports_missing_memory))
