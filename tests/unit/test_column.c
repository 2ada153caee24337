// SPDX-License-Identifier: MIT
// Unit tests of store/column.c, store/map64.c, store/intern.c and store/address_map.c.
#include "base/alloc.h"
#include "check.h"
#include "store/address_map.h"
#include "store/column.h"
#include "store/intern.h"
#include "base/varint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_value(check_random *random, int shape, uint64_t before)
{
    uint64_t x = check_random_next(random);
    switch (shape) {
    case 0:
        return 42;
    case 1:
        return x % 20 ? 0 : x % 1000;
    case 2:
        return (x % 5000) * 8 + 16;
    case 3:
        return before + 16 * (1 + x % 20);
    case 4:
        return x;
    case 5:
        return x % 3 ? x % 100 : UINT64_MAX - x % 3;
    default:
        return x % 2 ? UINT64_MAX : 0;
    }
}

static void test_column_decodes_what_it_encoded_in_every_shape(void)
{
    check_random random = {7};
    enum { MOST = 3000 };
    uint64_t *values = calloc(MOST, sizeof *values), *back = calloc(MOST, sizeof *back);
    for (int round = 0; round < 2000; round++) {
        size_t count = check_random_below(&random, round % 10 ? 50 : MOST);
        int shape = round % 7;
        hsn__buf buf = {0};
        for (size_t i = 0; i < count; i++)
            values[i] = random_value(&random, shape, i ? values[i - 1] : 1000000);
        hsn__column_encode(&buf, values, count, shape == 3);
        CHECK(!buf.failed);
        CHECK(hsn__column_decode((uint8_t *)buf.data, buf.size, back, count));
        CHECK_MEM(values, back, count * sizeof *values);
        hsn__buf_clear(&buf);
    }
    free(values);
    free(back);
}

static void test_column_refuses_every_prefix_and_never_reads_beyond(void)
{
    check_random random = {9};
    uint64_t values[300], back[300];
    for (int shape = 0; shape < 7; shape++) {
        hsn__buf buf = {0};
        for (size_t i = 0; i < 300; i++)
            values[i] = random_value(&random, shape, i ? values[i - 1] : 99);
        hsn__column_encode(&buf, values, 300, shape == 3);
        for (size_t size = 0; size < buf.size; size++) {
            uint8_t *exact = malloc(size ? size : 1); // ASan watches its end
            memcpy(exact, buf.data, size);
            CHECK(!hsn__column_decode(exact, size, back, 300));
            free(exact);
        }
        for (size_t at = 0; at < buf.size; at++)
            for (int bit = 0; bit < 8; bit++) {
                uint8_t *exact = malloc(buf.size);
                memcpy(exact, buf.data, buf.size);
                exact[at] ^= (uint8_t)(1 << bit);
                hsn__column_decode(exact, buf.size, back, 300);
                free(exact);
            }
        hsn__buf_clear(&buf);
    }
}

static void test_varint_refuses_more_than_64_bits(void)
{
    uint8_t bytes[12];
    uint64_t value = 0;
    memset(bytes, 0xff, sizeof bytes);
    bytes[9] = 1;
    CHECK(hsn__varint_read(bytes, bytes + 10, &value) == bytes + 10);
    CHECK(value == UINT64_MAX);
    bytes[9] = 2;
    CHECK(!hsn__varint_read(bytes, bytes + 10, &value));
    bytes[9] = 0xff;
    CHECK(!hsn__varint_read(bytes, bytes + 12, &value));
    for (int64_t v = -70000; v <= 70000; v += 7)
        CHECK_EQ(hsn__unzigzag(hsn__zigzag(v)), v);
    CHECK_EQ(hsn__unzigzag(hsn__zigzag(INT64_MIN)), INT64_MIN);
}

static void test_map64_gives_dense_ids_in_order_of_first_sight(void)
{
    hsn__map64 map = {0};
    check_random random = {3};
    uint64_t keys[2000];
    size_t known = 0;
    for (int i = 0; i < 20000; i++) {
        uint64_t key = (uint64_t)check_random_below(&random, 2000)
                       << check_random_below(&random, 3);
        size_t at = 0;
        while (at < known && keys[at] != key)
            at++;
        if (known < 2000 || at < known) {
            CHECK_EQ(hsn__map64_put(&map, key), at);
            if (at == known)
                keys[known++] = key;
        }
    }
    CHECK_EQ(hsn__map64_get(&map, UINT64_MAX), UINT32_MAX);
    hsn__map64_clear(&map);
}

static void test_intern_gives_equal_texts_equal_ids(void)
{
    hsn__intern strings = {.max_bytes = 1 << 20};
    char text[40];
    uint32_t id;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 5000; i++) {
            int length = snprintf(text, sizeof text, "name_%d%s", i, i % 3 ? "" : "_with_a_tail");
            CHECK_EQ(hsn__intern_put(&strings, text, (size_t)length, &id), HSN__INTERN_OK);
            CHECK_EQ(id, i);
        }
    size_t length;
    CHECK(!memcmp(hsn__intern_get(&strings, 4998, &length), "name_4998", 9));
    CHECK_EQ(hsn__intern_put(&strings, NULL, 0, &id), HSN__INTERN_OK);
    CHECK_EQ(id, 5000);
    char *large = calloc(1, 2 << 20);
    CHECK_EQ(hsn__intern_put(&strings, large, 2 << 20, &id), HSN__INTERN_LIMIT);
    free(large);
    hsn__intern_clear(&strings);
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void test_address_map_ranks_as_sorting_does(void)
{
    check_random random = {11};
    enum { MOST = 2000 };
    static uint64_t addresses[MOST], sorted[MOST], pids[MOST];
    for (int round = 0; round < 60; round++) {
        unsigned shift = round % 2 ? 4 : (unsigned)round % 7 / 2;
        hsn__address_map map;
        size_t count = 0, want = 1 + check_random_below(&random, MOST - 1);
        hsn__address_map_init(&map);
        if (shift < 4) {
            hsn__address_map empty;
            CHECK(hsn__address_map_reshift(&map, shift, &empty));
            map = empty;
        }
        for (size_t i = 0; i < want; i++) {
            uint64_t far = round % 3 ? 0 : (check_random_next(&random) & 0xff) << 40;
            uint64_t address = (far + check_random_below(&random, 1 << 16)) << shift;
            uint64_t pid = hsn__address_map_pid(&map, address);
            CHECK_EQ(hsn__address_map_address(&map, pid), address);
            size_t at = 0;
            while (at < count && addresses[at] != address)
                at++;
            CHECK_EQ(hsn__address_map_add(&map, pid), at == count);
            if (at == count) {
                pids[count] = pid;
                addresses[count++] = address;
            }
        }
        memcpy(sorted, addresses, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, by_value);
        CHECK_EQ(map.count, count);
        CHECK(hsn__address_map_finish(&map));
        for (size_t i = 0; i < count; i++) {
            uint32_t id = hsn__address_map_id(&map, pids[i]);
            CHECK(id < count && sorted[id] == addresses[i]);
            CHECK_EQ(hsn__address_map_find(&map, addresses[i]), id);
        }
        CHECK_EQ(hsn__address_map_find(&map, UINT64_C(0xdead) << 48), UINT32_MAX);
        hsn__address_map_clear(&map);
    }
}

CHECK_MAIN(CHECK_CASE(test_column_decodes_what_it_encoded_in_every_shape),
           CHECK_CASE(test_column_refuses_every_prefix_and_never_reads_beyond),
           CHECK_CASE(test_varint_refuses_more_than_64_bits),
           CHECK_CASE(test_map64_gives_dense_ids_in_order_of_first_sight),
           CHECK_CASE(test_intern_gives_equal_texts_equal_ids),
           CHECK_CASE(test_address_map_ranks_as_sorting_does))
