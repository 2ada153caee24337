// SPDX-License-Identifier: MIT
// Unit tests of base/arena.c.
#include "base/arena.h"
#include "base/alloc.h"
#include "check.h"

#include <string.h>

static void test_arena_blocks_stay_where_they_are(void)
{
    hsn__arena arena = {0};
    char *texts[1000];
    for (int i = 0; i < 1000; i++) {
        char text[300];
        memset(text, 'a' + i % 26, sizeof text);
        texts[i] = hsn__arena_copy(&arena, text, (size_t)i % 300);
    }
    for (int i = 0; i < 1000; i++) {
        CHECK_EQ(strlen(texts[i]), i % 300);
        CHECK(!*texts[i] || *texts[i] == 'a' + i % 26);
    }
    hsn__arena_clear(&arena);
    CHECK(!arena.last);
}

static void test_arena_gives_blocks_larger_than_its_own(void)
{
    hsn__arena arena = {0};
    char *large = hsn__arena_zeroed(&arena, 5 << 20, 1);
    CHECK(large && large[(5 << 20) - 1] == 0);
    CHECK(!hsn__arena_zeroed(&arena, SIZE_MAX / 2, 4));
    hsn__arena_clear(&arena);
}

static void test_arena_reports_failing_allocation(void)
{
    hsn__arena arena = {0};
    hsn__alloc_fail_at(1, false);
    CHECK(!hsn__arena_alloc(&arena, 10));
    CHECK(hsn__arena_alloc(&arena, 10) != NULL);
    hsn__alloc_fail_at(0, false);
    hsn__arena_clear(&arena);
}

CHECK_MAIN(CHECK_CASE(test_arena_blocks_stay_where_they_are),
           CHECK_CASE(test_arena_gives_blocks_larger_than_its_own),
           CHECK_CASE(test_arena_reports_failing_allocation))
