// SPDX-License-Identifier: MIT
// From addresses to dense ids in address order, one bit per place where an object may start.
//
// Heaps are dense: objects of CPython start every 16 bytes, some 64 bytes apart. So instead of a
// hash table with an entry per object, the address space is cut into blocks of 256 places, and a
// block keeps a bitmap of the places where an object starts. One block (60 bytes) serves some 60
// objects, the whole table of a 10-million-object heap nearly fits a second-level cache, and the
// dense id of an object is the number of bits before its own: no sorting of objects is ever needed.
//
//   address >> shift:  [ block key ........ | place 0..255 ]
//   pid (provisional id) = block number, in order of first sight, * 256 + place
//   final id = objects in lower blocks + bits of this block below the place
#ifndef HSN_STORE_ADDRESS_MAP_H
#define HSN_STORE_ADDRESS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/map64.h" // hsn__mix64

enum { HSN__BLOCK_PLACES = 256, HSN__RECENT_BLOCKS = 512 };

/** A block: where its objects start, and, after finish, how many objects lie before them. */
typedef struct hsn__address_block {
    uint64_t bits[HSN__BLOCK_PLACES / 64];
    uint32_t base;                          /**< objects in lower blocks */
    uint8_t before[HSN__BLOCK_PLACES / 64]; /**< objects of this block in lower words */
} hsn__address_block;

/** A block found lately, so that most look-ups touch one line of the first-level cache. */
typedef struct hsn__recent_block {
    uint64_t key;
    uint64_t block_plus_1; /**< 0 = empty */
} hsn__recent_block;

/** A slot of the hash table of blocks: the key is here too, so that a look-up misses one line. */
typedef struct hsn__block_slot {
    uint64_t key;
    uint32_t block_plus_1; /**< 0 = free */
} hsn__block_slot;

typedef struct hsn__address_map {
    hsn__block_slot *table;   /**< open addressing, at most two thirds full */
    size_t mask;              /**< slots - 1; 0 while there is no table */
    uint64_t *keys;           /**< by block number, in order of first sight */
    hsn__address_block *data; /**< by block number */
    size_t block_count;
    size_t keys_capacity, data_capacity;
    uint32_t *order; /**< block numbers, ascending by key; after finish */
    uint64_t count;  /**< objects */
    unsigned shift;  /**< addresses are multiples of 1 << shift; 16 bytes unless it proves wrong */
    hsn__recent_block recent[HSN__RECENT_BLOCKS]; /**< by key modulo their number */
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
    uint64_t place = address >> map->shift, key = place / HSN__BLOCK_PLACES;
    const hsn__recent_block *recent = &map->recent[key % HSN__RECENT_BLOCKS];
    if (recent->block_plus_1 && recent->key == key)
        return (recent->block_plus_1 - 1) * HSN__BLOCK_PLACES + place % HSN__BLOCK_PLACES;
    return hsn__address_map_pid_slow(map, address);
}

/** Begin to fetch what hsn__address_map_pid() of this address will look at. */
static inline void hsn__address_map_prefetch(const hsn__address_map *map, uint64_t address)
{
    uint64_t key = address >> map->shift;
    key /= HSN__BLOCK_PLACES;
    if (map->mask && map->recent[key % HSN__RECENT_BLOCKS].key != key)
        __builtin_prefetch(&map->table[hsn__mix64(key) & map->mask]);
}

/** The address of a pid. */
static inline uint64_t hsn__address_map_address(const hsn__address_map *map, uint64_t pid)
{
    uint64_t key = map->keys[pid / HSN__BLOCK_PLACES];
    return (key * HSN__BLOCK_PLACES + pid % HSN__BLOCK_PLACES) << map->shift;
}

/** Mark the object; false when there was one already. */
static inline bool hsn__address_map_add(hsn__address_map *map, uint64_t pid)
{
    uint64_t *word = &map->data[pid / HSN__BLOCK_PLACES].bits[pid % HSN__BLOCK_PLACES / 64];
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

/** Bits set in a word, without asking for an instruction that old processors lack. */
static inline unsigned hsn__count_bits(uint64_t x)
{
    x -= x >> 1 & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + (x >> 2 & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (unsigned)(x * UINT64_C(0x0101010101010101) >> 56);
}

/** The final id of a pid; UINT32_MAX when no object is there. After finish. */
static inline uint32_t hsn__address_map_id(const hsn__address_map *map, uint64_t pid)
{
    const hsn__address_block *block = &map->data[pid / HSN__BLOCK_PLACES];
    unsigned word = (unsigned)(pid % HSN__BLOCK_PLACES / 64);
    uint64_t bit = UINT64_C(1) << pid % 64;
    if (!(block->bits[word] & bit))
        return UINT32_MAX;
    return block->base + block->before[word] + hsn__count_bits(block->bits[word] & (bit - 1));
}

/** The block number of a key; UINT32_MAX when there is none. */
uint32_t hsn__address_map_block(const hsn__address_map *map, uint64_t key);

/** The final id of the object at an address; UINT32_MAX when there is none. After finish. */
static inline uint32_t hsn__address_map_find(const hsn__address_map *map, uint64_t address)
{
    uint64_t place = address >> map->shift;
    if (!hsn__address_fits(map, address))
        return UINT32_MAX;
    uint32_t block = hsn__address_map_block(map, place / HSN__BLOCK_PLACES);
    if (block == UINT32_MAX)
        return UINT32_MAX;
    return hsn__address_map_id(map,
                               (uint64_t)block * HSN__BLOCK_PLACES + place % HSN__BLOCK_PLACES);
}

/** Bytes held now. */
size_t hsn__address_map_bytes(const hsn__address_map *map);

#endif
