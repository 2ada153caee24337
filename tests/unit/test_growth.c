// SPDX-License-Identifier: MIT
// Unit tests of analysis/growth.c; the slope has a twin that sorts all pairs.
#include "analysis/totals_private.h"
#include "base/alloc.h"
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SNAPSHOTS = 12, MAX_TYPES = 8 };

// Lists of a few types whose sizes are given; counts are a tenth of them.
typedef struct series {
    hsn_type_list lists[MAX_SNAPSHOTS];
    hsn_type types[MAX_SNAPSHOTS][MAX_TYPES];
    size_t snapshots;
} series;

static void add(series *to, const char *name, const uint64_t *sizes_bytes, size_t snapshots)
{
    to->snapshots = snapshots;
    for (size_t i = 0; i < snapshots; i++) {
        to->lists[i].rows = to->types[i];
        if (sizes_bytes[i])
            to->types[i][to->lists[i].count++] = (hsn_type){.name = name,
                                                            .module = "",
                                                            .count = sizes_bytes[i] / 10,
                                                            .size_bytes = sizes_bytes[i]};
    }
}

static int rank(const series *all, const hsn_growth_options *options, hsn_growth *out,
                hsn_error *err)
{
    const hsn_type_list *lists[MAX_SNAPSHOTS];
    hsn_totals totals = {0};
    for (size_t i = 0; i < all->snapshots; i++)
        lists[i] = &all->lists[i];
    int r = hsn__totals_of_types(lists, all->snapshots, &options->totals, &totals, err);
    return r < 0 ? r : hsn__growth_rank(&totals, options, out, err);
}

#define ADD(series, name, ...)                                                                     \
    add(series, name, (const uint64_t[]){__VA_ARGS__},                                             \
        sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void test_growth_lists_what_grew_at_every_step_first(void)
{
    series s = {0};
    hsn_error err = {0};
    hsn_growth growth;
    ADD(&s, "Jumpy", 1000, 9000, 8000, 20000);
    ADD(&s, "Slow", 100, 110, 120, 130);
    ADD(&s, "Leak", 100, 300, 500, 700);
    ADD(&s, "Flat", 50, 50, 50, 50);
    ADD(&s, "Falling", 90, 80, 70, 60);
    if (!CHECK_OK(rank(&s, &(hsn_growth_options){0}, &growth, &err), &err))
        return;
    const char *const expected[] = {"Leak", "Slow", "Jumpy", "Flat", "Falling"};
    if (CHECK_EQ(growth.count, 5))
        for (size_t i = 0; i < 5; i++)
            CHECK_STR(growth.rows[i].key.type, expected[i]);
    CHECK(growth.rows[0].grew_every_step && growth.rows[1].grew_every_step);
    CHECK(!growth.rows[2].grew_every_step && !growth.rows[3].grew_every_step);
    CHECK(growth.rows[0].slope_bytes == 200 && growth.rows[0].slope_count == 20);
    CHECK(growth.rows[3].slope_bytes == 0 && growth.rows[4].slope_bytes == -10);
    CHECK_EQ(growth.rows[0].size_bytes_delta, 600);
    CHECK_EQ(growth.rows[0].cells[2].size_bytes, 500);
    CHECK_EQ(growth.steady, 2);
    CHECK_EQ(growth.whole.size_bytes_delta, 19000 + 30 + 600 - 30);
    hsn_growth_free(&growth);
}

static void test_growth_type_absent_in_old_counts_as_zero(void)
{
    series s = {0};
    hsn_error err = {0};
    hsn_growth growth;
    ADD(&s, "Late", 0, 0, 70);
    CHECK_OK(rank(&s, &(hsn_growth_options){0}, &growth, &err), &err);
    if (CHECK_EQ(growth.count, 1)) {
        CHECK_EQ(growth.rows[0].cells[0].size_bytes, 0);
        CHECK_EQ(growth.rows[0].cells[2].count, 7);
        CHECK(growth.rows[0].slope_bytes == 35); // of 0, 70 and 35
        CHECK(!growth.rows[0].grew_every_step);
        CHECK(isnan(growth.rows[0].late_early_ratio));
    }
    hsn_growth_free(&growth);
}

static void test_growth_orders_ties_by_type_name(void)
{
    series s = {0};
    hsn_error err = {0};
    hsn_growth growth;
    ADD(&s, "b", 10, 20);
    ADD(&s, "a", 10, 20);
    ADD(&s, "c", 10, 20);
    CHECK_OK(rank(&s, &(hsn_growth_options){0}, &growth, &err), &err);
    CHECK_STR(growth.rows[0].key.type, "a");
    CHECK_STR(growth.rows[1].key.type, "b");
    CHECK_STR(growth.rows[2].key.type, "c");
    hsn_growth_free(&growth);
}

static void test_growth_leaves_out_small_and_falling_rows_when_asked(void)
{
    series s = {0};
    hsn_error err = {0};
    hsn_growth growth;
    ADD(&s, "Big", 10, 2000);
    ADD(&s, "Small", 10, 50);
    ADD(&s, "Flat", 10, 10);
    ADD(&s, "Falling", 10, 5);
    CHECK_OK(rank(&s, &(hsn_growth_options){.growing_only = 1}, &growth, &err), &err);
    CHECK_EQ(growth.count, 2);
    hsn_growth_free(&growth);
    CHECK_OK(rank(&s, &(hsn_growth_options){.min_delta_bytes = 41}, &growth, &err), &err);
    CHECK_EQ(growth.count, 1);
    CHECK_EQ(growth.steady, 2);
    hsn_growth_free(&growth);
}

static void test_growth_ratio_tells_a_leak_from_a_warm_up(void)
{
    series s = {0};
    hsn_error err = {0};
    hsn_growth growth;
    ADD(&s, "Leak", 100, 200, 300, 400, 500);
    ADD(&s, "WarmUp", 100, 700, 900, 920, 930);
    ADD(&s, "Faster", 100, 110, 120, 220, 420);
    CHECK_OK(rank(&s, &(hsn_growth_options){0}, &growth, &err), &err);
    for (size_t i = 0; i < growth.count; i++) {
        double ratio = growth.rows[i].late_early_ratio;
        if (!strcmp(growth.rows[i].key.type, "Leak"))
            CHECK(ratio == 1);
        else if (!strcmp(growth.rows[i].key.type, "WarmUp"))
            CHECK(ratio == 30.0 / 800);
        else
            CHECK(ratio == 15);
    }
    hsn_growth_free(&growth);
}

static void test_growth_of_more_objects_in_fewer_bytes_is_not_steady(void)
{
    hsn_type before = {.name = "T", .module = "", .count = 1, .size_bytes = 100};
    hsn_type after = {.name = "T", .module = "", .count = 2, .size_bytes = 90};
    hsn_type_list lists[] = {{&before, 1, NULL}, {&after, 1, NULL}};
    const hsn_type_list *pointers[] = {&lists[0], &lists[1]};
    hsn_growth_options options = {0};
    hsn_error err = {0};
    hsn_totals totals;
    hsn_growth growth;
    CHECK_OK(hsn__totals_of_types(pointers, 2, &options.totals, &totals, &err), &err);
    CHECK_OK(hsn__growth_rank(&totals, &options, &growth, &err), &err);
    CHECK(!growth.rows[0].grew_every_step);
    CHECK(growth.rows[0].slope_count == 1 && growth.rows[0].slope_bytes == -10);
    hsn_growth_free(&growth);
}

static void test_slope_ignores_one_odd_snapshot(void)
{
    uint64_t values[] = {10, 20, 30, 1000000, 50, 60, 70};
    double scratch[21];
    CHECK(hsn__growth_slope(values, 7, scratch) == 10);
}

static void test_slope_of_the_largest_numbers_is_finite(void)
{
    uint64_t values[] = {0, UINT64_MAX, 0, UINT64_MAX};
    double scratch[6];
    double slope = hsn__growth_slope(values, 4, scratch);
    CHECK(isfinite(slope) && slope > 0);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void test_slope_equals_the_sorted_twin(void)
{
    check_random random = {9};
    for (int round = 0; round < 20000; round++) {
        uint64_t values[MAX_SNAPSHOTS];
        double scratch[MAX_SNAPSHOTS * MAX_SNAPSHOTS], slopes[MAX_SNAPSHOTS * MAX_SNAPSHOTS];
        size_t count = 2 + check_random_below(&random, MAX_SNAPSHOTS - 1), pairs = 0;
        uint32_t range = 1 + check_random_below(&random, 1000);
        for (size_t i = 0; i < count; i++)
            values[i] = check_random_below(&random, range);
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < i; j++)
                slopes[pairs++] = ((double)values[i] - (double)values[j]) / (double)(i - j);
        qsort(slopes, pairs, sizeof *slopes, compare_doubles);
        double expected =
            pairs % 2 ? slopes[pairs / 2] : (slopes[pairs / 2 - 1] + slopes[pairs / 2]) / 2;
        CHECK(fabs(hsn__growth_slope(values, count, scratch) - expected) < 1e-9);
    }
}

static void test_growth_needs_two_snapshots(void)
{
    hsn_snapshot_ref one = {0};
    hsn_growth growth;
    CHECK_STATUS(hsn_growth_over(&one, 1, NULL, &growth, NULL), HSN_EINVAL);
    CHECK_STATUS(hsn_growth_over(&one, HSN_GROWTH_MAX_SNAPSHOTS + 1, NULL, &growth, NULL),
                 HSN_ELIMIT);
}

static void test_growth_survives_every_failing_allocation(void)
{
    series s = {0};
    int r = HSN_ENOMEM;
    ADD(&s, "A", 10, 20, 40);
    ADD(&s, "B", 0, 20, 10);
    for (uint64_t nth = 1; r != HSN_OK && nth < 1000; nth++) {
        hsn_growth growth = {0};
        hsn__alloc_fail_at(nth, nth % 2);
        r = rank(&s, &(hsn_growth_options){0}, &growth, NULL);
        hsn__alloc_fail_at(0, false);
        if (r != HSN_OK)
            CHECK_STATUS(r, HSN_ENOMEM);
        hsn_growth_free(&growth);
    }
    CHECK_STATUS(r, HSN_OK);
}

CHECK_MAIN(CHECK_CASE(test_growth_lists_what_grew_at_every_step_first),
           CHECK_CASE(test_growth_type_absent_in_old_counts_as_zero),
           CHECK_CASE(test_growth_orders_ties_by_type_name),
           CHECK_CASE(test_growth_leaves_out_small_and_falling_rows_when_asked),
           CHECK_CASE(test_growth_ratio_tells_a_leak_from_a_warm_up),
           CHECK_CASE(test_growth_of_more_objects_in_fewer_bytes_is_not_steady),
           CHECK_CASE(test_slope_ignores_one_odd_snapshot),
           CHECK_CASE(test_slope_of_the_largest_numbers_is_finite),
           CHECK_CASE(test_slope_equals_the_sorted_twin),
           CHECK_CASE(test_growth_needs_two_snapshots),
           CHECK_CASE(test_growth_survives_every_failing_allocation))
