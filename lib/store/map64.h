// SPDX-License-Identifier: MIT
// A hash map from 64-bit keys to dense ids in order of first sight.
#ifndef HSN_STORE_MAP64_H
#define HSN_STORE_MAP64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Start with `{0}`. Keys are any numbers; ids count from 0. 8 bytes a key + 4 to 8 of table. */
typedef struct hsn__map64 {
    uint64_t *keys; /**< by id */
    size_t count;
    size_t capacity; /**< of keys */
    uint32_t *table; /**< id + 1; 0 = free */
    size_t mask;     /**< slots - 1; 0 while there is no table */
} hsn__map64;

/** The id of `key`, made when it is new. UINT32_MAX when memory runs out. O(1) expected. */
uint32_t hsn__map64_put(hsn__map64 *map, uint64_t key);

/** UINT32_MAX when the key is not there. */
uint32_t hsn__map64_get(const hsn__map64 *map, uint64_t key);

void hsn__map64_clear(hsn__map64 *map);

/** A good mix of all bits (the finaliser of splitmix64: Steele, Lea, Flood 2014). */
static inline uint64_t hsn__mix64(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

#endif
