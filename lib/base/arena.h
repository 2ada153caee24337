// SPDX-License-Identifier: MIT
// An arena: many small allocations that die together.
#ifndef HSN_BASE_ARENA_H
#define HSN_BASE_ARENA_H

#include <stddef.h>

/** Start with `{0}`. Freed as a whole; blocks are chained, nothing moves. */
typedef struct hsn__arena {
    struct hsn__arena_block *last;
} hsn__arena;

/** `size` bytes aligned for any type, uninitialised; NULL when memory runs out. */
void *hsn__arena_alloc(hsn__arena *arena, size_t size);

/** `count` zeroed elements; NULL on overflow too. */
void *hsn__arena_zeroed(hsn__arena *arena, size_t count, size_t size);

/** A NUL-terminated copy of `length` bytes. */
char *hsn__arena_copy(hsn__arena *arena, const char *text, size_t length);

/** Frees all of it and makes the arena empty again. */
void hsn__arena_clear(hsn__arena *arena);

#endif
