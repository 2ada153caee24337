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
    hsn__free(map->table);
    hsn__free(map->keys);
    hsn__free(map->data);
    hsn__free(map->order);
    hsn__address_map_init(map);
}

static bool grow_table(hsn__address_map *map)
{
    size_t slots = map->mask ? (map->mask + 1) * 2 : 1024;
    hsn__block_slot *table = hsn__alloc_zeroed(slots, sizeof *table);
    if (!table)
        return false;
    for (size_t block = 0; block < map->block_count; block++) {
        size_t at = hsn__mix64(map->keys[block]) & (slots - 1);
        while (table[at].block_plus_1)
            at = (at + 1) & (slots - 1);
        table[at] = (hsn__block_slot){map->keys[block], (uint32_t)block + 1};
    }
    hsn__free(map->table);
    map->table = table;
    map->mask = slots - 1;
    return true;
}

// The slot where a key is or would be.
static size_t find_slot(const hsn__address_map *map, uint64_t key)
{
    size_t at = hsn__mix64(key) & map->mask;
    while (map->table[at].block_plus_1 && map->table[at].key != key)
        at = (at + 1) & map->mask;
    return at;
}

uint32_t hsn__address_map_block(const hsn__address_map *map, uint64_t key)
{
    uint32_t found = map->mask ? map->table[find_slot(map, key)].block_plus_1 : 0;
    return found ? found - 1 : UINT32_MAX;
}

static bool add_block(hsn__address_map *map, size_t slot, uint64_t key)
{
    size_t block = map->block_count;
    if (!hsn__array_grow(&map->keys, &map->keys_capacity, block + 1, sizeof *map->keys,
                         UINT32_MAX - 1) ||
        !hsn__array_grow(&map->data, &map->data_capacity, block + 1, sizeof *map->data,
                         UINT32_MAX - 1))
        return false;
    map->keys[block] = key;
    map->data[block] = (hsn__address_block){0};
    map->table[slot] = (hsn__block_slot){key, (uint32_t)++map->block_count};
    return true;
}

uint64_t hsn__address_map_pid_slow(hsn__address_map *map, uint64_t address)
{
    uint64_t place = address >> map->shift;
    uint64_t key = place / HSN__BLOCK_PLACES;
    if ((!map->mask || map->block_count >= (map->mask + 1) / 3 * 2) && !grow_table(map))
        return HSN__NO_PID;
    size_t slot = find_slot(map, key);
    if (!map->table[slot].block_plus_1 && !add_block(map, slot, key))
        return HSN__NO_PID;
    uint64_t block_plus_1 = map->table[slot].block_plus_1;
    map->recent[key % HSN__RECENT_BLOCKS] = (hsn__recent_block){key, block_plus_1};
    return (block_plus_1 - 1) * HSN__BLOCK_PLACES + place % HSN__BLOCK_PLACES;
}

bool hsn__address_map_reshift(hsn__address_map *map, unsigned shift, hsn__address_map *out_new)
{
    hsn__address_map_init(out_new);
    out_new->shift = shift;
    for (size_t block = 0; block < map->block_count; block++)
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
    size_t count = map->block_count;
    keyed_block *sorted = hsn__alloc_array(count, sizeof *sorted);
    map->order = hsn__alloc_array(count, sizeof *map->order);
    bool ok = sorted && map->order;
    uint32_t before = 0;
    for (size_t i = 0; ok && i < count; i++)
        sorted[i] = (keyed_block){map->keys[i], (uint32_t)i};
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
    size_t blocks = map->block_count;
    return blocks * (sizeof *map->data + sizeof *map->keys + sizeof *map->order) +
           (map->mask + 1) * sizeof *map->table;
}
