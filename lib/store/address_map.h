// SPDX-License-Identifier: MIT
// From addresses to dense ids in address order, one bit per place where an object may start.
//
// Heaps are dense: objects of CPython start every 16 bytes, some 64 bytes apart. So instead of a
// hash table with an entry per object, the address space is cut into blocks of 256 places, and a
// block keeps a bitmap of the places where an object starts. One block (52 bytes) serves some 60
// objects, the whole table of a 10-million-object heap fits a second-level cache, and the dense id
// of an object is the number of bits before its own: no sorting of objects is ever needed.
//
//   address >> shift:  [ block key ........ | place 0..255 ]
//   pid (provisional id) = block number, in order of first sight, * 256 + place
//   final id = objects in lower blocks + bits of this block below the place
#ifndef HSN_STORE_ADDRESS_MAP_H
#define HSN_STORE_ADDRESS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/map64.h"

enum { HSN__BLOCK_PLACES = 256 };

typedef struct hsn__address_map {
    hsn__map64 blocks;      /**< block key -> block number */
    uint64_t (*present)[4]; /**< by block number: the bitmap */
    size_t capacity;        /**< of present */
    uint32_t *base;         /**< by block number: objects in lower blocks; after finish */
    uint32_t *order;        /**< block numbers, ascending by key; after finish */
    uint64_t count;         /**< objects */
    uint64_t last_key;      /**< the block looked up last: references are local */
    uint64_t last_block;
    unsigned shift; /**< addresses are multiples of 1 << shift; 16 bytes unless it proves wrong */
    bool has_last;
} hsn__address_map;

#define HSN__NO_PID UINT64_MAX

void hsn__address_map_init(hsn__address_map *map);
void hsn__address_map_clear(hsn__address_map *map);

/** Does `address` fit the shift? If not, hsn__address_map_reshift() has to come first. */
static inline bool hsn__address_fits(const hsn__address_map *map, uint64_t address)
{
    return !(address & ((UINT64_C(1) << map->shift) - 1));
}

/**
 * Make the shift small enough for `address`. Every pid changes: the new one of each old block
 * number and place is hsn__address_map_pid() of its old address. Only for maps without objects or
 * through the builder, which rewrites its log. False when memory runs out.
 */
bool hsn__address_map_reshift(hsn__address_map *map, unsigned shift, hsn__address_map *out_new);

/** The pid of an address, whether or not an object is there. HSN__NO_PID when memory runs out. */
uint64_t hsn__address_map_pid_slow(hsn__address_map *map, uint64_t address);

static inline uint64_t hsn__address_map_pid(hsn__address_map *map, uint64_t address)
{
    uint64_t place = address >> map->shift;
    if (map->has_last && place / HSN__BLOCK_PLACES == map->last_key)
        return map->last_block * HSN__BLOCK_PLACES + place % HSN__BLOCK_PLACES;
    return hsn__address_map_pid_slow(map, address);
}

/** The address of a pid. */
static inline uint64_t hsn__address_map_address(const hsn__address_map *map, uint64_t pid)
{
    uint64_t key = map->blocks.keys[pid / HSN__BLOCK_PLACES];
    return (key * HSN__BLOCK_PLACES + pid % HSN__BLOCK_PLACES) << map->shift;
}

/** Mark the object; false when there was one already. */
static inline bool hsn__address_map_add(hsn__address_map *map, uint64_t pid)
{
    uint64_t *word = &map->present[pid / HSN__BLOCK_PLACES][pid % HSN__BLOCK_PLACES / 64];
    uint64_t bit = UINT64_C(1) << pid % 64;
    if (*word & bit)
        return false;
    *word |= bit;
    map->count++;
    return true;
}

/** Give out final ids. No pid may be made afterwards. False when memory runs out. O(blocks log
 * blocks). */
bool hsn__address_map_finish(hsn__address_map *map);

/** The final id of a pid; UINT32_MAX when no object is there. After finish. */
static inline uint32_t hsn__address_map_id(const hsn__address_map *map, uint64_t pid)
{
    uint64_t block = pid / HSN__BLOCK_PLACES;
    unsigned word = (unsigned)(pid % HSN__BLOCK_PLACES / 64);
    const uint64_t *bits = map->present[block];
    uint64_t bit = UINT64_C(1) << pid % 64;
    if (!(bits[word] & bit))
        return UINT32_MAX;
    uint32_t id = map->base[block] + (uint32_t)__builtin_popcountll(bits[word] & (bit - 1));
    for (unsigned w = 0; w < word; w++)
        id += (uint32_t)__builtin_popcountll(bits[w]);
    return id;
}

/** The final id of the object at an address; UINT32_MAX when there is none. After finish. */
static inline uint32_t hsn__address_map_find(const hsn__address_map *map, uint64_t address)
{
    uint64_t place = address >> map->shift;
    if (!hsn__address_fits(map, address))
        return UINT32_MAX;
    uint32_t block = hsn__map64_get(&map->blocks, place / HSN__BLOCK_PLACES);
    if (block == UINT32_MAX)
        return UINT32_MAX;
    return hsn__address_map_id(map,
                               (uint64_t)block * HSN__BLOCK_PLACES + place % HSN__BLOCK_PLACES);
}

/** Bytes held now. */
size_t hsn__address_map_bytes(const hsn__address_map *map);

#endif
