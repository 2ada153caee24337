// SPDX-License-Identifier: MIT
// Whom the first row of why names: attributes made at run time, classes, keys, imports, few large.
#include "heapsnap/why.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "snapshot_of.h"

// The module `app` with one instance, app.state; objects below it follow.
#define HEAD                                                                                       \
    "{'type':0,'name':'module','kind':'module'}\n{'type':1,'name':'dict','kind':'dict'}\n"         \
    "{'type':2,'name':'list','kind':'list'}\n{'type':3,'name':'State','module':'app'}\n"           \
    "{'type':4,'name':'str','kind':'str'}\n{'type':5,'name':'User','module':'app'}\n"              \
    "{'type':6,'name':'type','kind':'type'}\n{'type':7,'name':'Thing','module':'pkg.core'}\n"      \
    "{'string':0,'text':'__dict__'}\n{'string':1,'text':'state'}\n"                                \
    "{'string':2,'text':'name'}\n{'string':3,'text':'other'}\n"                                    \
    "{'object':16,'type':0,'size':72,'rc':2,'text':'app','internal':[0,32]}\n"                     \
    "{'root':16,'kind':'module','name':'app'}\n"                                                   \
    "{'object':32,'type':1,'size':232,'rc':1,'dict':[1,48,64]}\n"                                  \
    "{'object':48,'type':4,'size':60,'rc':1}\n"

enum { BASE = 4096, STEP = 64 };

static void check_first(hsn__buf *before, hsn__buf *after, const char *path, const char *type,
                        int64_t count)
{
    snapshot_of old, new;
    hsn_error err = {0};
    hsn_why why;
    if (!CHECK(snapshot_open(&old, hsn__buf_text(before), HSN_GRAPH_FORWARD)) ||
        !CHECK(snapshot_open(&new, hsn__buf_text(after), HSN_GRAPH_FORWARD)))
        return;
    hsn_snapshot_ref refs[] = {{old.store, hsn_heap_info(old.heap)->id},
                               {new.store, hsn_heap_info(new.heap)->id}};
    if (CHECK_OK(hsn_why_over(refs, 2, NULL, NULL, &why, &err), &err) && CHECK(why.count >= 1)) {
        CHECK_STR(why.rows[0].path, path);
        CHECK_STR(why.rows[0].type, type);
        CHECK_EQ(why.rows[0].count_delta, count);
        CHECK_EQ(why.rows[0].is_noise, 0);
    }
    hsn_why_free(&why);
    snapshot_close(&old);
    snapshot_close(&new);
    hsn__buf_clear(before);
    hsn__buf_clear(after);
}

// app.state with `count` users, each under a name of its own and with a text.
static hsn__buf named(unsigned count)
{
    hsn__buf text = {0};
    hsn__buf_puts(&text, HEAD);
    for (unsigned i = 0; i < count; i++)
        hsn__buf_printf(&text, "{'string':%u,'text':'user_%u'}\n", 10 + i, i);
    hsn__buf_puts(&text, "{'object':64,'type':3,'size':48,'rc':1,'flags':1,'attr':[2,80");
    for (unsigned i = 0; i < count; i++)
        hsn__buf_printf(&text, ",%u,%u", 10 + i, BASE + 2 * i * STEP);
    hsn__buf_puts(&text, "]}\n{'object':80,'type':4,'size':60,'rc':1}\n");
    for (unsigned i = 0; i < count; i++)
        hsn__buf_printf(&text,
                        "{'object':%u,'type':5,'size':48,'rc':1,'attr':[2,%u]}\n"
                        "{'object':%u,'type':4,'size':100,'rc':1}\n",
                        BASE + 2 * i * STEP, BASE + (2 * i + 1) * STEP, BASE + (2 * i + 1) * STEP);
    return text;
}

static void test_attributes_made_at_run_time_are_one_row(void)
{
    hsn__buf before = named(3), after = named(103);
    check_first(&before, &after, "app.state.__dict__[*]", "app.User", 100);
}

static void test_a_few_attributes_keep_their_names(void)
{
    snapshot_of old, new;
    hsn__buf before = named(3), after = named(18);
    hsn_error err = {0};
    hsn_why why;
    if (!CHECK(snapshot_open(&old, hsn__buf_text(&before), HSN_GRAPH_FORWARD)) ||
        !CHECK(snapshot_open(&new, hsn__buf_text(&after), HSN_GRAPH_FORWARD)))
        return;
    hsn_snapshot_ref refs[] = {{old.store, hsn_heap_info(old.heap)->id},
                               {new.store, hsn_heap_info(new.heap)->id}};
    if (CHECK_OK(hsn_why_over(refs, 2, NULL, NULL, &why, &err), &err)) {
        CHECK_EQ(why.count, 15);
        for (size_t i = 0; i < why.count; i++) {
            CHECK(strncmp(why.rows[i].path, "app.state.user_", 15) == 0);
            CHECK_EQ(why.rows[i].held_bytes_delta, 148);
        }
    }
    hsn_why_free(&why);
    snapshot_close(&old);
    snapshot_close(&new);
    hsn__buf_clear(&before);
    hsn__buf_clear(&after);
}

static void test_merged_attributes_survive_missing_memory(void)
{
    snapshot_of old, new;
    hsn__buf before = named(3), after = named(40);
    if (!CHECK(snapshot_open(&old, hsn__buf_text(&before), HSN_GRAPH_FORWARD)) ||
        !CHECK(snapshot_open(&new, hsn__buf_text(&after), HSN_GRAPH_FORWARD)))
        return;
    hsn_snapshot_ref refs[] = {{old.store, hsn_heap_info(old.heap)->id},
                               {new.store, hsn_heap_info(new.heap)->id}};
    for (uint64_t nth = 1;; nth++) {
        hsn_why why;
        hsn__alloc_fail_at(nth, true);
        int r = hsn_why_over(refs, 2, NULL, NULL, &why, NULL);
        hsn__alloc_fail_at(0, false);
        if (r == HSN_OK) {
            CHECK(nth > 20);
            hsn_why_free(&why);
            break;
        }
        if (!CHECK_STATUS(r, HSN_ENOMEM) || !CHECK(nth < 5000))
            break;
    }
    snapshot_close(&old);
    snapshot_close(&new);
    hsn__buf_clear(&before);
    hsn__buf_clear(&after);
}

// app.state is a list of classes, each with a member of its own.
static hsn__buf classes(unsigned count)
{
    hsn__buf text = {0};
    hsn__buf_printf(&text, "%s{'object':64,'type':2,'size':%u,'rc':1,'item':[", HEAD,
                    56 + 8 * count);
    for (unsigned i = 0; i < count; i++)
        hsn__buf_printf(&text, "%s%u", i ? "," : "", BASE + 2 * i * STEP);
    hsn__buf_puts(&text, "]}\n");
    for (unsigned i = 0; i < count; i++)
        hsn__buf_printf(&text,
                        "{'object':%u,'type':6,'size':48,'rc':1,'attr':[2,%u]}\n"
                        "{'object':%u,'type':5,'size':1000,'rc':1}\n",
                        BASE + 2 * i * STEP, BASE + (2 * i + 1) * STEP, BASE + (2 * i + 1) * STEP);
    return text;
}

static void test_classes_win_over_their_members(void)
{
    hsn__buf before = classes(2), after = classes(52);
    check_first(&before, &after, "app.state[*]", "type", 50);
}

// app.state is a dictionary of lists or texts, whose keys weigh more than they.
static hsn__buf entries(unsigned count, unsigned type)
{
    hsn__buf text = {0};
    hsn__buf_printf(&text, "%s{'object':64,'type':1,'size':%u,'rc':1,'dict':[", HEAD,
                    64 + 24 * count);
    for (unsigned i = 0; i < count; i++)
        hsn__buf_printf(&text, "%s-1,%u,%u", i ? "," : "", BASE + 2 * i * STEP,
                        BASE + (2 * i + 1) * STEP);
    hsn__buf_puts(&text, "]}\n");
    for (unsigned i = 0; i < count; i++)
        hsn__buf_printf(&text,
                        "{'object':%u,'type':4,'size':70,'rc':1}\n"
                        "{'object':%u,'type':%u,'size':56,'rc':1}\n",
                        BASE + 2 * i * STEP, BASE + (2 * i + 1) * STEP, type);
    return text;
}

static void test_containers_win_over_their_keys(void)
{
    hsn__buf before = entries(5, 2), after = entries(105, 2);
    check_first(&before, &after, "app.state[*]", "list", 100);
    before = entries(5, 4);
    after = entries(105, 4);
    check_first(&before, &after, "app.state.keys()[*]", "str", 100);
}

// app.state.name lists `large` texts of a megabyte, app.state.other lists `small` users; `things`
// of a package that was imported meanwhile hang on native code.
static hsn__buf mixed(unsigned large, unsigned small, unsigned things)
{
    hsn__buf text = {0};
    hsn__buf_puts(&text, HEAD "{'object':64,'type':3,'size':48,'rc':1,'attr':[2,80,3,96]}\n"
                              "{'object':80,'type':2,'size':56,'rc':1,'item':[");
    for (unsigned i = 0; i < large; i++)
        hsn__buf_printf(&text, "%s%u", i ? "," : "", BASE + i * STEP);
    hsn__buf_puts(&text, "]}\n{'object':96,'type':2,'size':56,'rc':1,'item':[");
    for (unsigned i = 0; i < small; i++)
        hsn__buf_printf(&text, "%s%u", i ? "," : "", 10 * BASE + i * STEP);
    hsn__buf_puts(&text, "]}\n");
    for (unsigned i = 0; i < large; i++)
        hsn__buf_printf(&text, "{'object':%u,'type':4,'size':1000000,'rc':1}\n", BASE + i * STEP);
    for (unsigned i = 0; i < small; i++)
        hsn__buf_printf(&text, "{'object':%u,'type':5,'size':48,'rc':1}\n", 10 * BASE + i * STEP);
    if (things)
        hsn__buf_puts(&text, "{'object':112,'type':0,'size':72,'rc':2,'text':'pkg'}\n"
                             "{'root':112,'kind':'module','name':'pkg'}\n");
    for (unsigned i = 0; i < things; i++)
        hsn__buf_printf(&text, "{'object':%u,'type':7,'size':200,'rc':1,'flags':1}\n",
                        100 * BASE + i * STEP);
    return text;
}

static void test_a_few_large_objects_are_no_noise(void)
{
    hsn__buf before = mixed(1, 10, 0), after = mixed(3, 110, 0);
    check_first(&before, &after, "app.state.name[*]", "str", 2);
}

static void test_what_native_code_of_an_import_holds_is_noise(void)
{
    hsn__buf before = mixed(1, 10, 0), after = mixed(1, 110, 300);
    check_first(&before, &after, "app.state.other[*]", "app.User", 100);
    // The same package, there before: it leaks.
    before = mixed(1, 10, 1);
    after = mixed(1, 110, 300);
    check_first(&before, &after, "<held by native code: pkg.core.Thing>", "pkg.core.Thing", 299);
}

// A module for each tenant, under a name with a hash.
static hsn__buf tenants(unsigned count)
{
    hsn__buf text = {0};
    hsn__buf_puts(&text, HEAD "{'object':64,'type':3,'size':48,'rc':1}\n");
    for (unsigned i = 0; i < count; i++)
        hsn__buf_printf(&text,
                        "{'object':%u,'type':0,'size':72,'rc':2,'text':'tenant_%08x7'}\n"
                        "{'root':%u,'kind':'module','name':'tenant_%08x7'}\n",
                        BASE + i * STEP, (i + 1) * 0x9e3779b9u, BASE + i * STEP,
                        (i + 1) * 0x9e3779b9u);
    return text;
}

static void test_modules_named_by_a_hash_are_one_row(void)
{
    hsn__buf before = tenants(2), after = tenants(52);
    check_first(&before, &after, "tenant_*", "module", 50);
}

CHECK_MAIN(CHECK_CASE(test_attributes_made_at_run_time_are_one_row),
           CHECK_CASE(test_a_few_attributes_keep_their_names),
           CHECK_CASE(test_merged_attributes_survive_missing_memory),
           CHECK_CASE(test_classes_win_over_their_members),
           CHECK_CASE(test_containers_win_over_their_keys),
           CHECK_CASE(test_a_few_large_objects_are_no_noise),
           CHECK_CASE(test_what_native_code_of_an_import_holds_is_noise),
           CHECK_CASE(test_modules_named_by_a_hash_are_one_row))
