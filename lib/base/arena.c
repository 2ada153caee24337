// SPDX-License-Identifier: MIT
// An arena: a chain of blocks that double in size up to 1 MiB.
#include "base/arena.h"
#include "base/alloc.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

enum { FIRST_BLOCK = 1 << 10, LARGEST_BLOCK = 1 << 20 };

struct hsn__arena_block {
    struct hsn__arena_block *previous;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char data[];
};

void *hsn__arena_alloc(hsn__arena *arena, size_t size)
{
    const size_t unit = alignof(max_align_t);
    struct hsn__arena_block *block = arena->last;
    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + unit - 1) / unit * unit;
    if (!block || block->size - block->used < size) {
        size_t room = block ? block->size * 2 : FIRST_BLOCK;
        if (room > LARGEST_BLOCK)
            room = LARGEST_BLOCK;
        if (room < size)
            room = size;
        struct hsn__arena_block *fresh = hsn__alloc(sizeof *fresh + room);
        if (!fresh)
            return NULL;
        fresh->previous = block;
        fresh->used = 0;
        fresh->size = room;
        arena->last = block = fresh;
    }
    void *result = block->data + block->used;
    block->used += size;
    return result;
}

void *hsn__arena_zeroed(hsn__arena *arena, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    void *result = hsn__arena_alloc(arena, count * size);
    if (result)
        memset(result, 0, count * size);
    return result;
}

char *hsn__arena_copy(hsn__arena *arena, const char *text, size_t length)
{
    char *copy = hsn__arena_alloc(arena, length + 1);
    if (!copy)
        return NULL;
    if (length)
        memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

void hsn__arena_clear(hsn__arena *arena)
{
    while (arena->last) {
        struct hsn__arena_block *previous = arena->last->previous;
        hsn__free(arena->last);
        arena->last = previous;
    }
}
