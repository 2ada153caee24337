// SPDX-License-Identifier: MIT
// Unit tests of analysis/growth*.c; test_trend.c has those of the statistics.
#include "analysis/totals_private.h"
#include "base/alloc.h"
#include "check.h"

#include <math.h>
#include <stdio.h>
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

static void test_growth_leaves_the_warm_up_out_of_its_numbers(void)
{
    series s = {0};
    hsn_error err = {0};
    hsn_growth growth;
    ADD(&s, "Service", 100, 5000, 10000, 10010, 10020, 10030);
    CHECK_OK(rank(&s, &(hsn_growth_options){.warmup = 2}, &growth, &err), &err);
    CHECK_EQ(growth.warmup, 2);
    CHECK_EQ(growth.snapshots, 6);
    CHECK_EQ(growth.rows[0].size_bytes_delta, 30);
    CHECK_EQ(growth.rows[0].cells[0].size_bytes, 100);
    CHECK(growth.rows[0].slope_bytes == 10 && growth.rows[0].late_early_ratio == 1);
    CHECK(growth.whole.slope_bytes == 10);
    hsn_growth_free(&growth);
    CHECK_STATUS(rank(&s, &(hsn_growth_options){.warmup = 5}, &growth, NULL), HSN_EINVAL);
    CHECK_STATUS(rank(&s, &(hsn_growth_options){.warmup_ms = 5}, &growth, NULL), HSN_EINVAL);
}

enum { HOUR_MS = 3600000 };

static void test_growth_by_the_clock_tells_hours(void)
{
    series s = {0};
    hsn_error err = {0};
    hsn_growth growth;
    // 100 bytes an hour, whatever the steps are.
    const int64_t times[] = {HOUR_MS, 2 * HOUR_MS, 12 * HOUR_MS, 13 * HOUR_MS, 33 * HOUR_MS};
    ADD(&s, "Leak", 100, 200, 1200, 1300, 3300);
    hsn_growth_options options = {.captured_at_unix_ms = times, .memory_limit_bytes = 5300};
    CHECK_OK(rank(&s, &options, &growth, &err), &err);
    CHECK_EQ(growth.clock, HSN_GROWTH_CLOCK_RISES);
    CHECK(growth.rows[0].hourly.slope == 100 && growth.rows[0].hourly.low == 100);
    CHECK(growth.rows[0].hours_to_limit == 20 && growth.whole.hours_to_limit == 20);
    CHECK_EQ(growth.rows[0].trend.verdict, HSN_VERDICT_LEAK);
    hsn_growth_free(&growth);
    options.warmup_ms = 2 * HOUR_MS;
    options.memory_limit_bytes = 3300;
    CHECK_OK(rank(&s, &options, &growth, &err), &err);
    CHECK_EQ(growth.warmup, 2);
    CHECK(growth.rows[0].hours_to_limit == 0);
    hsn_growth_free(&growth);
}

static void test_growth_takes_steps_where_the_clock_is_of_no_use(void)
{
    series s = {0};
    hsn_error err = {0};
    hsn_growth growth;
    const int64_t back[] = {3 * HOUR_MS, 2 * HOUR_MS, 4 * HOUR_MS},
                  unknown[] = {HOUR_MS, 0, HOUR_MS};
    const int64_t still[] = {HOUR_MS, HOUR_MS, 2 * HOUR_MS};
    const struct {
        const int64_t *times;
        hsn_growth_clock clock;
    } cases[] = {{back, HSN_GROWTH_CLOCK_WENT_BACK},
                 {still, HSN_GROWTH_CLOCK_WENT_BACK},
                 {unknown, HSN_GROWTH_CLOCK_UNKNOWN},
                 {NULL, HSN_GROWTH_CLOCK_UNKNOWN}};
    ADD(&s, "Leak", 100, 200, 300);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hsn_growth_options options = {.captured_at_unix_ms = cases[i].times,
                                      .memory_limit_bytes = 1000};
        CHECK_OK(rank(&s, &options, &growth, &err), &err);
        CHECK_EQ(growth.clock, cases[i].clock);
        CHECK(isnan(growth.rows[0].hourly.slope) && isnan(growth.rows[0].hours_to_limit));
        CHECK(growth.rows[0].steps_to_limit == 7);
        hsn_growth_free(&growth);
    }
}

static hsn_totals random_totals(check_random *random, size_t keys, size_t columns)
{
    hsn__totals_builder builder;
    CHECK_OK(hsn__totals_begin(&builder, HSN_BY_TYPE, columns, NULL), NULL);
    for (size_t i = 0; i < keys; i++) {
        hsn_key key = {.module = "", .file = "", .function = "", .stack = HSN_NONE};
        uint32_t shape = check_random_below(random, 5), step = check_random_below(random, 40);
        char name[32];
        size_t row;
        snprintf(name, sizeof name, "T%03zu", i);
        key.type = hsn__arena_copy(builder.arena, name, strlen(name));
        CHECK_OK(hsn__totals_add_key(&builder, &key, &row, NULL), NULL);
        for (size_t j = 0; j < columns; j++) {
            uint64_t bytes = 1000 + (shape == 0   ? 0
                                     : shape == 1 ? j * step
                                     : shape == 2 ? check_random_below(random, 1000)
                                     : shape == 3 ? j * step + check_random_below(random, 20)
                                                  : j / 3 * 10);
            hsn__cell_add(hsn__totals_cell(&builder, row, j), bytes / 10, bytes);
            hsn__cell_add(&builder.totals.wholes[j], bytes / 10, bytes);
        }
    }
    return builder.totals;
}

// Slopes are looked for only where they may matter; the answer is as if all had been.
static void test_growth_with_a_limit_begins_like_that_without(void)
{
    check_random random = {31};
    for (int round = 0; round < 60; round++) {
        size_t keys = 1 + check_random_below(&random, 60);
        size_t columns = 2 + check_random_below(&random, 120);
        size_t limit = 1 + check_random_below(&random, 20);
        check_random again = random;
        hsn_totals all = random_totals(&random, keys, columns);
        hsn_totals same = random_totals(&again, keys, columns);
        hsn_growth whole, part;
        hsn_growth_options options = {0};
        CHECK_OK(hsn__growth_rank(&all, &options, &whole, NULL), NULL);
        options.limit = limit;
        CHECK_OK(hsn__growth_rank(&same, &options, &part, NULL), NULL);
        CHECK_EQ(whole.count, keys);
        CHECK_EQ(part.count, limit < keys ? limit : keys);
        CHECK_EQ(part.matched, keys);
        CHECK_EQ(part.found, whole.found);
        for (size_t i = 0; i < part.count; i++) {
            CHECK_STR(part.rows[i].key.type, whole.rows[i].key.type);
            CHECK(part.rows[i].slope_bytes == whole.rows[i].slope_bytes);
        }
        hsn_growth_free(&whole);
        hsn_growth_free(&part);
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
           CHECK_CASE(test_growth_needs_two_snapshots),
           CHECK_CASE(test_growth_survives_every_failing_allocation),
           CHECK_CASE(test_growth_leaves_the_warm_up_out_of_its_numbers),
           CHECK_CASE(test_growth_by_the_clock_tells_hours),
           CHECK_CASE(test_growth_takes_steps_where_the_clock_is_of_no_use),
           CHECK_CASE(test_growth_with_a_limit_begins_like_that_without))
