// SPDX-License-Identifier: MIT
// Unit tests of analysis/top.c and of the totals of types.
#include "analysis/totals_private.h"
#include "base/alloc.h"
#include "check.h"
#include "snapshot_of.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static hsn_type make_type(const char *name, const char *module, uint64_t count, uint64_t size_bytes)
{
    return (hsn_type){.name = name, .module = module, .count = count, .size_bytes = size_bytes};
}

static int rank(hsn_type *types, size_t count, const hsn_top_options *options, hsn_top *out,
                hsn_error *err)
{
    hsn_type_list list = {.rows = types, .count = count};
    const hsn_type_list *lists[] = {&list};
    hsn_totals totals = {0};
    int r = hsn__totals_of_types(lists, 1, &options->totals, &totals, err);
    return r < 0 ? r : hsn__top_rank(&totals, options, out, err);
}

static void test_top_orders_by_bytes_then_count_then_name(void)
{
    hsn_type types[] = {
        make_type("b", "", 2, 100),    make_type("app.A", "app", 2, 100),
        make_type("dict", "", 3, 100), make_type("str", "", 1, 500),
        make_type("unused", "", 0, 0),
    };
    hsn_top_options options = {0};
    hsn_error err = {0};
    hsn_top top;
    if (!CHECK_OK(rank(types, 5, &options, &top, &err), &err))
        return;
    CHECK_EQ(top.count, 4); // types without an instance are no rows
    CHECK_STR(top.rows[0].key.type, "str");
    CHECK_STR(top.rows[1].key.type, "dict");
    CHECK_STR(top.rows[2].key.type, "app.A");
    CHECK_STR(top.rows[3].key.type, "b");
    CHECK_STR(top.rows[2].key.module, "app");
    CHECK_STR(top.rows[3].key.module, "builtins");
    CHECK(fabs(top.rows[0].share - 0.625) < 1e-12);
    CHECK(fabs(top.rows[1].cumulative_share - 0.75) < 1e-12);
    CHECK(fabs(top.rows[3].cumulative_share - 1) < 1e-12);
    CHECK_EQ(top.whole.count, 8);
    CHECK_EQ(top.sum.size_bytes, 800);
    hsn_top_free(&top);

    options.sort = HSN_TOP_BY_COUNT;
    CHECK_OK(rank(types, 5, &options, &top, &err), &err);
    CHECK_STR(top.rows[0].key.type, "dict");
    CHECK_STR(top.rows[3].key.type, "str");
    hsn_top_free(&top);
}

static void test_top_adds_up_types_of_one_name_and_of_one_module(void)
{
    hsn_type types[] = {make_type("app.A", "app", 1, 10), make_type("app.A", "app", 2, 20),
                        make_type("app.B", "app", 1, 5), make_type("int", "", 9, 90)};
    hsn_top_options options = {0};
    hsn_error err = {0};
    hsn_top top;
    CHECK_OK(rank(types, 4, &options, &top, &err), &err);
    CHECK_EQ(top.count, 3);
    CHECK_EQ(top.rows[1].count, 3);
    CHECK_EQ(top.rows[1].size_bytes, 30);
    hsn_top_free(&top);
    options.totals.by = HSN_BY_MODULE;
    CHECK_OK(rank(types, 4, &options, &top, &err), &err);
    CHECK_EQ(top.count, 2);
    CHECK_STR(top.rows[0].key.module, "builtins");
    CHECK_STR(top.rows[1].key.module, "app");
    CHECK_STR(top.rows[1].key.type, "");
    CHECK_EQ(top.rows[1].size_bytes, 35);
    hsn_top_free(&top);
}

static void test_top_filters_by_globs_and_shares_stay_those_of_the_heap(void)
{
    hsn_type types[] = {make_type("app.A", "app", 1, 10), make_type("lib.A", "lib", 2, 30),
                        make_type("int", "", 9, 60)};
    hsn_top_options options = {.totals = {.type = "*.A"}};
    hsn_error err = {0};
    hsn_top top;
    CHECK_OK(rank(types, 3, &options, &top, &err), &err);
    CHECK_EQ(top.count, 2);
    CHECK(fabs(top.rows[0].share - 0.3) < 1e-12);
    CHECK_EQ(top.sum.size_bytes, 40);
    CHECK_EQ(top.whole.size_bytes, 100);
    hsn_top_free(&top);
    options.totals = (hsn_totals_options){.module = "builtins"};
    CHECK_OK(rank(types, 3, &options, &top, &err), &err);
    CHECK_EQ(top.count, 1);
    CHECK_STR(top.rows[0].key.type, "int");
    hsn_top_free(&top);
}

static void test_top_of_nothing_has_no_rows(void)
{
    hsn_top_options options = {.totals = {.type = "none.*"}};
    hsn_error err = {0};
    hsn_type type = make_type("empty", "", 4, 0);
    hsn_top top;
    CHECK_OK(rank(NULL, 0, &options, &top, &err), &err);
    CHECK_EQ(top.count, 0);
    hsn_top_free(&top);
    options.totals.type = NULL;
    CHECK_OK(rank(&type, 1, &options, &top, &err), &err);
    CHECK_EQ(top.count, 1);
    CHECK(top.rows[0].share == 0 && top.rows[0].cumulative_share == 0);
    hsn_top_free(&top);
}

static void test_top_sums_stop_at_the_largest_number(void)
{
    hsn_type types[] = {make_type("a", "", UINT64_MAX, UINT64_MAX), make_type("a", "", 1, 1)};
    hsn_top_options options = {0};
    hsn_error err = {0};
    hsn_top top;
    CHECK_OK(rank(types, 2, &options, &top, &err), &err);
    CHECK(top.rows[0].count == UINT64_MAX && top.rows[0].size_bytes == UINT64_MAX);
    CHECK(top.whole.size_bytes == UINT64_MAX);
    hsn_top_free(&top);
}

static void test_top_refuses_options_that_do_not_go_together(void)
{
    hsn_site_filter filter = {.pattern = "*"};
    hsn_totals_options bad[] = {
        {.by = HSN_BY_LINENO, .type = "*"},
        {.by = HSN_BY_FILENAME, .module = "*"},
        {.by = HSN_BY_TYPE, .filters = &filter, .filter_count = 1},
        {.by = HSN_BY_MODULE, .cumulative = 1},
        {.by = HSN_BY_TRACEBACK, .cumulative = 1},
        {.by = HSN_BY_COUNT},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_STATUS(hsn__totals_check(&bad[i], NULL), HSN_EINVAL);
    CHECK_STATUS(
        hsn__totals_check(&(hsn_totals_options){.by = HSN_BY_LINENO, .cumulative = 1}, NULL),
        HSN_OK);
}

// Sites with equal numbers come by descending frames, as sorted(reverse=True) leaves them.
static void test_top_orders_equal_sites_descending(void)
{
    hsn_frame frames[] = {{"a.py", "", 2}, {"a.py", "", 10}, {"b.py", "", 1}};
    hsn_stack stacks[] = {{0, HSN_NONE}, {1, HSN_NONE}, {2, HSN_NONE}};
    hsn_stack_total sums[] = {{0, 0, 1, 8, 0}, {1, 0, 1, 8, 0}, {2, 0, 1, 8, 0}};
    hsn_profile profile = {frames, 3, stacks, 3, sums, 3, NULL, 0, NULL};
    const hsn_profile *profiles[] = {&profile};
    hsn_top_options options = {.totals = {.by = HSN_BY_LINENO, .cumulative = 1}};
    hsn_error err = {0};
    hsn_totals totals = {0};
    hsn_top top = {0};
    CHECK_OK(hsn__totals_of_profiles(profiles, 1, &options.totals, &totals, &err), &err);
    CHECK_OK(hsn__top_rank(&totals, &options, &top, &err), &err);
    if (CHECK_EQ(top.count, 3)) {
        CHECK_STR(top.rows[0].key.file, "b.py");
        CHECK_EQ(top.rows[1].key.line, 10);
        CHECK_EQ(top.rows[2].key.line, 2);
        CHECK(isnan(top.rows[0].cumulative_share));
    }
    hsn_top_free(&top);
}

static void test_top_survives_every_failing_allocation(void)
{
    hsn_type types[] = {make_type("app.A", "app", 1, 10), make_type("int", "", 9, 60)};
    hsn_top_options options = {0};
    int r = HSN_ENOMEM;
    for (uint64_t nth = 1; r != HSN_OK && nth < 1000; nth++) {
        hsn_top top = {0};
        hsn__alloc_fail_at(nth, nth % 2);
        r = rank(types, 2, &options, &top, NULL);
        hsn__alloc_fail_at(0, false);
        if (r != HSN_OK)
            CHECK_STATUS(r, HSN_ENOMEM);
        hsn_top_free(&top);
    }
    CHECK_STATUS(r, HSN_OK);
}

// ---- objects
// ---------------------------------------------------------------------------------------

enum { OBJECTS = 300 };

// Objects of three types with sizes drawn from a few, so that there are many ties.
static bool open_objects(snapshot_of *out, uint64_t *sizes_bytes, uint32_t *types)
{
    static char text[OBJECTS * 80];
    check_random random = {13};
    size_t used = (size_t)snprintf(text, sizeof text,
                                   "{'type':0,'name':'dict','kind':'dict'}\n"
                                   "{'type':1,'name':'A','module':'app'}\n"
                                   "{'type':2,'name':'B','module':'lib'}\n");
    for (size_t i = 0; i < OBJECTS; i++) {
        sizes_bytes[i] = 16 * (1 + check_random_below(&random, 20));
        types[i] = check_random_below(&random, 3);
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "{'object':%zu,'type':%u,'size':%u}\n", 4096 + i * 16, types[i],
                                 (unsigned)sizes_bytes[i]);
    }
    return snapshot_open(out, text, HSN_GRAPH_FORWARD);
}

// The place of object i is the number of wanted objects that belong before it.
static void check_objects(const hsn_top_objects *top, const uint64_t *sizes_bytes,
                          const uint32_t *types, uint32_t wanted, size_t limit)
{
    size_t total = 0;
    for (size_t i = 0; i < OBJECTS; i++) {
        size_t place = 0;
        if (!(wanted >> types[i] & 1))
            continue;
        total++;
        for (size_t j = 0; j < OBJECTS; j++)
            place += (wanted >> types[j] & 1) && (sizes_bytes[j] > sizes_bytes[i] ||
                                                  (sizes_bytes[j] == sizes_bytes[i] && j < i));
        if (place < limit && CHECK(place < top->count)) {
            CHECK_EQ(top->rows[place].node, i);
            CHECK_EQ(top->rows[place].size_bytes, sizes_bytes[i]);
        }
    }
    CHECK_EQ(top->count, total < limit ? total : limit);
    CHECK_EQ(top->sum.count, total);
    CHECK_EQ(top->whole.count, OBJECTS);
}

static void test_top_objects_equal_the_quadratic_twin(void)
{
    uint64_t sizes_bytes[OBJECTS];
    uint32_t types[OBJECTS];
    snapshot_of s;
    if (!open_objects(&s, sizes_bytes, types))
        return;
    static const size_t limits[] = {0, 1, 2, 7, 100, OBJECTS, SIZE_MAX};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        hsn_top_objects top;
        hsn_error err = {0};
        CHECK_OK(hsn_top_objects_read(s.heap, NULL, NULL, limits[i], &top, &err), &err);
        check_objects(&top, sizes_bytes, types, 7, limits[i]);
        hsn_top_objects_free(&top);
        CHECK_OK(hsn_top_objects_read(s.heap, "*.A", NULL, limits[i], &top, &err), &err);
        check_objects(&top, sizes_bytes, types, 2, limits[i]);
        hsn_top_objects_free(&top);
        CHECK_OK(hsn_top_objects_read(s.heap, NULL, "[!a]*", limits[i], &top, &err), &err);
        check_objects(&top, sizes_bytes, types, 5, limits[i]);
        hsn_top_objects_free(&top);
    }
    snapshot_close(&s);
}

static void test_top_reads_a_store(void)
{
    snapshot_of s;
    uint64_t sizes_bytes[OBJECTS];
    uint32_t types[OBJECTS];
    hsn_error err = {0};
    hsn_top top;
    if (!open_objects(&s, sizes_bytes, types))
        return;
    hsn_snapshot_ref ref = {s.store, hsn_heap_info(s.heap)->id};
    if (CHECK_OK(hsn_top_read(ref, NULL, &top, &err), &err))
        CHECK_EQ(top.whole.count, OBJECTS);
    hsn_top_free(&top);
    hsn_top_options options = {.totals = {.by = HSN_BY_LINENO}};
    CHECK_STATUS(hsn_top_read(ref, &options, &top, NULL), HSN_ENOTFOUND);
    snapshot_close(&s);
}

CHECK_MAIN(CHECK_CASE(test_top_orders_by_bytes_then_count_then_name),
           CHECK_CASE(test_top_adds_up_types_of_one_name_and_of_one_module),
           CHECK_CASE(test_top_filters_by_globs_and_shares_stay_those_of_the_heap),
           CHECK_CASE(test_top_of_nothing_has_no_rows),
           CHECK_CASE(test_top_sums_stop_at_the_largest_number),
           CHECK_CASE(test_top_refuses_options_that_do_not_go_together),
           CHECK_CASE(test_top_orders_equal_sites_descending),
           CHECK_CASE(test_top_survives_every_failing_allocation),
           CHECK_CASE(test_top_objects_equal_the_quadratic_twin),
           CHECK_CASE(test_top_reads_a_store))
