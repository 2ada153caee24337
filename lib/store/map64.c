// SPDX-License-Identifier: MIT
// A hash map from 64-bit keys to dense ids: linear probing, at most three quarters full.
#include "store/map64.h"
#include "base/alloc.h"

static bool grow(hsn__map64 *map)
{
    size_t slots = map->mask ? (map->mask + 1) * 2 : 64;
    uint32_t *table = hsn__alloc_zeroed(slots, sizeof *table);
    if (!table)
        return false;
    size_t mask = slots - 1;
    for (size_t id = 0; id < map->count; id++) {
        size_t at = hsn__mix64(map->keys[id]) & mask;
        while (table[at])
            at = (at + 1) & mask;
        table[at] = (uint32_t)id + 1;
    }
    hsn__free(map->table);
    map->table = table;
    map->mask = mask;
    return true;
}

uint32_t hsn__map64_put(hsn__map64 *map, uint64_t key)
{
    if ((!map->mask || map->count >= (map->mask + 1) / 4 * 3) && !grow(map))
        return UINT32_MAX;
    size_t at = hsn__mix64(key) & map->mask;
    for (; map->table[at]; at = (at + 1) & map->mask)
        if (map->keys[map->table[at] - 1] == key)
            return map->table[at] - 1;
    if (!hsn__array_grow(&map->keys, &map->capacity, map->count + 1, sizeof *map->keys,
                         UINT32_MAX - 1))
        return UINT32_MAX;
    map->keys[map->count] = key;
    map->table[at] = (uint32_t)++map->count;
    return (uint32_t)map->count - 1;
}

uint32_t hsn__map64_get(const hsn__map64 *map, uint64_t key)
{
    if (!map->mask)
        return UINT32_MAX;
    size_t at = hsn__mix64(key) & map->mask;
    for (; map->table[at]; at = (at + 1) & map->mask)
        if (map->keys[map->table[at] - 1] == key)
            return map->table[at] - 1;
    return UINT32_MAX;
}

void hsn__map64_clear(hsn__map64 *map)
{
    hsn__free(map->keys);
    hsn__free(map->table);
    *map = (hsn__map64){0};
}
