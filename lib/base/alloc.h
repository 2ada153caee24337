// SPDX-License-Identifier: MIT
// The only door to malloc: checked sizes, limits, and a hook through which tests fail allocations.
#ifndef HSN_BASE_ALLOC_H
#define HSN_BASE_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Uninitialised memory; NULL when there is none. Never returns NULL for size 0 otherwise. */
void *hsn__alloc(size_t size);

/** `count` zeroed elements of `size` bytes; NULL on overflow too. */
void *hsn__alloc_zeroed(size_t count, size_t size);

/** As realloc: on NULL the old block still stands. */
void *hsn__realloc(void *pointer, size_t size);

/** Accepts NULL. */
void hsn__free(void *pointer);

/** `count * size` bytes, uninitialised; NULL on overflow. */
void *hsn__alloc_array(size_t count, size_t size);

/**
 * Make room for `need` elements of `size` bytes in *array, growing by half so that appending is
 * O(1) on average. *capacity counts elements. False, with nothing changed, when need > max or
 * when memory runs out.
 */
bool hsn__array_grow(void *array, size_t *capacity, size_t need, size_t size, size_t max);

/**
 * Test hook: from now on the allocation number `nth` (1 = the next one) fails, and all later ones
 * too when `forever`. 0 turns it off. Returns the number of allocations seen since the last call.
 * Process-wide: for single-threaded tests only; the library itself never calls it.
 */
uint64_t hsn__alloc_fail_at(uint64_t nth, bool forever);

#endif
