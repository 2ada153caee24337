// SPDX-License-Identifier: MIT
// From addresses to dense ids in address order. See the header for the layout.
#include "store/address_map.h"
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

// CPython, glibc's malloc and most allocators align to 16.
enum { FIRST_SHIFT = 4 };

void hsn__address_map_init(hsn__address_map *map)
{
    *map = (hsn__address_map){.shift = FIRST_SHIFT};
}

void hsn__address_map_clear(hsn__address_map *map)
{
    hsn__map64_clear(&map->blocks);
    hsn__free(map->data);
    hsn__free(map->order);
    hsn__address_map_init(map);
}

uint64_t hsn__address_map_pid_slow(hsn__address_map *map, uint64_t address)
{
    uint64_t place = address >> map->shift;
    uint64_t key = place / HSN__BLOCK_PLACES;
    size_t before = map->blocks.count;
    uint32_t block = hsn__map64_put(&map->blocks, key);
    if (block == UINT32_MAX)
        return HSN__NO_PID;
    if (block == before) {
        // If this fails, the block stays without data, so nothing may be looked up again: the
        // builder stops at the first failure.
        if (!hsn__array_grow(&map->data, &map->capacity, before + 1, sizeof *map->data, UINT32_MAX))
            return HSN__NO_PID;
        map->data[block] = (hsn__address_block){0};
    }
    map->recent[key % HSN__RECENT_BLOCKS] = (hsn__recent_block){key, (uint64_t)block + 1};
    return (uint64_t)block * HSN__BLOCK_PLACES + place % HSN__BLOCK_PLACES;
}

bool hsn__address_map_reshift(hsn__address_map *map, unsigned shift, hsn__address_map *out_new)
{
    hsn__address_map_init(out_new);
    out_new->shift = shift;
    for (size_t block = 0; block < map->blocks.count; block++)
        for (unsigned word = 0; word < 4; word++)
            for (uint64_t bits = map->data[block].bits[word]; bits; bits &= bits - 1) {
                uint64_t old =
                    block * HSN__BLOCK_PLACES + word * 64 + (unsigned)__builtin_ctzll(bits);
                uint64_t pid = hsn__address_map_pid(out_new, hsn__address_map_address(map, old));
                if (pid == HSN__NO_PID) {
                    hsn__address_map_clear(out_new);
                    return false;
                }
                hsn__address_map_add(out_new, pid);
            }
    return true;
}

typedef struct keyed_block {
    uint64_t key;
    uint32_t block;
} keyed_block;

static int by_key(const void *a, const void *b)
{
    const keyed_block *x = a, *y = b;
    return (x->key > y->key) - (x->key < y->key);
}

bool hsn__address_map_finish(hsn__address_map *map)
{
    size_t count = map->blocks.count;
    keyed_block *sorted = hsn__alloc_array(count, sizeof *sorted);
    map->order = hsn__alloc_array(count, sizeof *map->order);
    bool ok = sorted && map->order;
    uint32_t before = 0;
    for (size_t i = 0; ok && i < count; i++)
        sorted[i] = (keyed_block){map->blocks.keys[i], (uint32_t)i};
    if (ok)
        qsort(sorted, count, sizeof *sorted, by_key);
    for (size_t i = 0; ok && i < count; i++) {
        uint32_t block = sorted[i].block;
        map->order[i] = block;
        map->data[block].base = before;
        for (unsigned word = 0; word < HSN__BLOCK_PLACES / 64; word++) {
            map->data[block].before[word] = (uint8_t)(before - map->data[block].base);
            before += hsn__count_bits(map->data[block].bits[word]);
        }
    }
    hsn__free(sorted);
    return ok;
}

size_t hsn__address_map_bytes(const hsn__address_map *map)
{
    size_t blocks = map->blocks.count;
    return blocks * (sizeof *map->data + sizeof *map->blocks.keys + sizeof *map->order) +
           (map->blocks.mask + 1) * sizeof *map->blocks.table;
}
