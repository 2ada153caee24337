// SPDX-License-Identifier: MIT
// Unit tests of analysis/diff.c, against a twin that compares every row with every other.
#include "analysis/totals_private.h"
#include "base/alloc.h"
#include "check.h"

#include <stdio.h>
#include <string.h>

enum { MAX_TYPES = 40 };

typedef struct side {
    hsn_type_list list;
    hsn_type types[MAX_TYPES];
} side;

static void add(side *to, const char *name, uint64_t count, uint64_t size_bytes)
{
    to->list.rows = to->types;
    to->types[to->list.count++] =
        (hsn_type){.name = name, .module = "", .count = count, .size_bytes = size_bytes};
}

static int compare_sides(const side *before, const side *after, const hsn_diff_options *options,
                         hsn_diff *out, hsn_error *err)
{
    const hsn_type_list *lists[] = {&before->list, &after->list};
    hsn_totals totals = {0};
    int r = hsn__totals_of_types(lists, 2, &options->totals, &totals, err);
    return r < 0 ? r : hsn__diff_rank(&totals, options, out, err);
}

static void test_diff_type_absent_on_one_side_counts_as_zero(void)
{
    side before = {0}, after = {0};
    hsn_error err = {0};
    hsn_diff diff;
    add(&before, "Gone", 3, 300);
    add(&before, "Same", 5, 50);
    add(&after, "Same", 5, 50);
    add(&after, "New", 2, 20);
    if (!CHECK_OK(compare_sides(&before, &after, &(hsn_diff_options){0}, &diff, &err), &err))
        return;
    CHECK_EQ(diff.count, 3);
    CHECK_STR(diff.rows[0].key.type, "New");
    CHECK_EQ(diff.rows[0].old_cell.count, 0);
    CHECK_EQ(diff.rows[0].count_delta, 2);
    CHECK_EQ(diff.rows[0].size_bytes_delta, 20);
    CHECK_STR(diff.rows[1].key.type, "Same");
    CHECK_STR(diff.rows[2].key.type, "Gone");
    CHECK_EQ(diff.rows[2].new_cell.size_bytes, 0);
    CHECK_EQ(diff.rows[2].size_bytes_delta, -300);
    CHECK_EQ(diff.grew, 1);
    CHECK_EQ(diff.shrank, 1);
    CHECK_EQ(diff.unchanged, 1);
    CHECK_EQ(diff.whole.count_delta, -1);
    CHECK_EQ(diff.sum.size_bytes_delta, -280);
    hsn_diff_free(&diff);

    CHECK_OK(compare_sides(&before, &after, &(hsn_diff_options){.changed_only = 1}, &diff, &err),
             &err);
    CHECK_EQ(diff.count, 2);
    CHECK_EQ(diff.unchanged, 1);
    hsn_diff_free(&diff);
}

static void test_diff_of_equal_snapshots_has_no_change(void)
{
    side before = {0};
    hsn_error err = {0};
    hsn_diff diff;
    hsn_diff_options options = {.changed_only = 1};
    add(&before, "A", 3, 300);
    add(&before, "B", 3, 300);
    CHECK_OK(compare_sides(&before, &before, &options, &diff, &err), &err);
    CHECK_EQ(diff.count, 0);
    CHECK_EQ(diff.unchanged, 2);
    hsn_diff_free(&diff);
    CHECK_OK(compare_sides(&(side){0}, &(side){0}, &options, &diff, &err), &err);
    CHECK_EQ(diff.count + diff.unchanged, 0);
    hsn_diff_free(&diff);
}

static void test_diff_deltas_stop_at_the_largest_numbers(void)
{
    side before = {0}, after = {0};
    hsn_error err = {0};
    hsn_diff diff;
    add(&before, "Down", UINT64_MAX, UINT64_MAX);
    add(&after, "Up", UINT64_MAX, UINT64_MAX);
    add(&before, "Near", 0, (uint64_t)INT64_MAX + 1);
    CHECK_OK(compare_sides(&before, &after, &(hsn_diff_options){0}, &diff, &err), &err);
    CHECK_STR(diff.rows[0].key.type, "Up");
    CHECK_EQ(diff.rows[0].size_bytes_delta, INT64_MAX);
    CHECK_STR(diff.rows[1].key.type, "Near"); // fewer lost than Down: by count
    CHECK_EQ(diff.rows[1].size_bytes_delta, INT64_MIN);
    CHECK_EQ(diff.rows[2].size_bytes_delta, INT64_MIN);
    hsn_diff_free(&diff);
}

static void test_diff_counts_before_bytes_when_asked(void)
{
    side before = {0}, after = {0};
    hsn_error err = {0};
    hsn_diff diff;
    add(&before, "Big", 1, 10);
    add(&after, "Big", 2, 9000);
    add(&after, "Many", 50, 500);
    CHECK_OK(compare_sides(&before, &after, &(hsn_diff_options){.sort = HSN_DIFF_SORT_COUNT}, &diff,
                           &err),
             &err);
    CHECK_STR(diff.rows[0].key.type, "Many");
    hsn_diff_free(&diff);
}

// ---- the twin: a row's place is the number of rows that belong before it
// ----------------------------

typedef struct twin_row {
    const char *name;
    int64_t counts[2], sizes[2];
} twin_row;

static size_t twin_rows(const side *before, const side *after, twin_row *rows)
{
    const side *sides[] = {before, after};
    size_t count = 0;
    for (int s = 0; s < 2; s++)
        for (size_t i = 0; i < sides[s]->list.count; i++) {
            const hsn_type *type = &sides[s]->types[i];
            size_t at = 0;
            if (!type->count && !type->size_bytes)
                continue;
            while (at < count && strcmp(rows[at].name, type->name))
                at++;
            if (at == count)
                rows[count++] = (twin_row){.name = type->name};
            rows[at].counts[s] += (int64_t)type->count;
            rows[at].sizes[s] += (int64_t)type->size_bytes;
        }
    return count;
}

static int64_t distance(const int64_t *pair)
{
    return pair[1] > pair[0] ? pair[1] - pair[0] : pair[0] - pair[1];
}

static bool twin_before(const twin_row *a, const twin_row *b, hsn_diff_sort sort)
{
    int64_t size_a = a->sizes[1] - a->sizes[0], size_b = b->sizes[1] - b->sizes[0];
    int64_t count_a = a->counts[1] - a->counts[0], count_b = b->counts[1] - b->counts[0];
    if (sort == HSN_DIFF_SORT_MAGNITUDE) {
        if (distance(a->sizes) != distance(b->sizes))
            return distance(a->sizes) > distance(b->sizes);
        if (a->sizes[1] != b->sizes[1])
            return a->sizes[1] > b->sizes[1];
        if (distance(a->counts) != distance(b->counts))
            return distance(a->counts) > distance(b->counts);
        if (a->counts[1] != b->counts[1])
            return a->counts[1] > b->counts[1];
        return strcmp(a->name, b->name) > 0;
    }
    if (sort == HSN_DIFF_SORT_COUNT && count_a != count_b)
        return count_a > count_b;
    if (sort != HSN_DIFF_SORT_NAME && size_a != size_b)
        return size_a > size_b;
    if (sort != HSN_DIFF_SORT_NAME && count_a != count_b)
        return count_a > count_b;
    return strcmp(a->name, b->name) < 0;
}

static void check_against_twin(const hsn_diff *diff, const twin_row *rows, size_t count,
                               hsn_diff_sort sort)
{
    if (!CHECK_EQ(diff->count, count))
        return;
    for (size_t i = 0; i < count; i++) {
        size_t place = 0;
        for (size_t j = 0; j < count; j++)
            place += j != i && twin_before(&rows[j], &rows[i], sort);
        const hsn_diff_row *row = &diff->rows[place];
        CHECK_STR(row->key.type, rows[i].name);
        CHECK_EQ(row->old_cell.count, rows[i].counts[0]);
        CHECK_EQ(row->new_cell.count, rows[i].counts[1]);
        CHECK_EQ(row->size_bytes_delta, rows[i].sizes[1] - rows[i].sizes[0]);
        CHECK_EQ(row->count_delta, rows[i].counts[1] - rows[i].counts[0]);
    }
}

static void make_random(side *to, check_random *random)
{
    static char names[20][8];
    *to = (struct side){0};
    for (uint32_t n = check_random_below(random, MAX_TYPES); n > 0; n--) {
        uint32_t name = check_random_below(random, 20);
        snprintf(names[name], sizeof names[name], "T%u", name);
        add(to, names[name], check_random_below(random, 4), check_random_below(random, 4));
    }
}

static void test_diff_equals_the_quadratic_twin_in_every_order(void)
{
    check_random random = {5};
    for (int round = 0; round < 2000; round++) {
        side before, after;
        twin_row rows[2 * MAX_TYPES];
        hsn_diff diff;
        hsn_error err = {0};
        hsn_diff_options options = {
            .sort = HSN_DIFF_SORT_DEFAULT + check_random_below(&random, 5),
        };
        make_random(&before, &random);
        make_random(&after, &random);
        size_t count = twin_rows(&before, &after, rows);
        if (CHECK_OK(compare_sides(&before, &after, &options, &diff, &err), &err))
            check_against_twin(&diff, rows, count, options.sort);
        hsn_diff_free(&diff);
    }
}

static void test_diff_survives_every_failing_allocation(void)
{
    side before = {0}, after = {0};
    int r = HSN_ENOMEM;
    add(&before, "A", 3, 300);
    add(&after, "B", 5, 50);
    for (uint64_t nth = 1; r != HSN_OK && nth < 1000; nth++) {
        hsn_diff diff = {0};
        hsn__alloc_fail_at(nth, nth % 2);
        r = compare_sides(&before, &after, &(hsn_diff_options){0}, &diff, NULL);
        hsn__alloc_fail_at(0, false);
        if (r != HSN_OK)
            CHECK_STATUS(r, HSN_ENOMEM);
        hsn_diff_free(&diff);
    }
    CHECK_STATUS(r, HSN_OK);
}

CHECK_MAIN(CHECK_CASE(test_diff_type_absent_on_one_side_counts_as_zero),
           CHECK_CASE(test_diff_of_equal_snapshots_has_no_change),
           CHECK_CASE(test_diff_deltas_stop_at_the_largest_numbers),
           CHECK_CASE(test_diff_counts_before_bytes_when_asked),
           CHECK_CASE(test_diff_equals_the_quadratic_twin_in_every_order),
           CHECK_CASE(test_diff_survives_every_failing_allocation))
