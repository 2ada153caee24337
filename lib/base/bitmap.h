// SPDX-License-Identifier: MIT
// A set of node ids as one bit each.
#ifndef HSN_BASE_BITMAP_H
#define HSN_BASE_BITMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"

/** Words for `count` bits. Allocate zeroed with hsn__bitmap_new, free with hsn__free. */
static inline size_t hsn__bitmap_words(size_t count)
{
    return count / 64 + 1;
}

static inline uint64_t *hsn__bitmap_new(size_t count)
{
    return hsn__alloc_zeroed(hsn__bitmap_words(count), sizeof(uint64_t));
}

static inline bool hsn__bitmap_get(const uint64_t *bits, size_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static inline void hsn__bitmap_set(uint64_t *bits, size_t i)
{
    bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static inline void hsn__bitmap_unset(uint64_t *bits, size_t i)
{
    bits[i / 64] &= ~(UINT64_C(1) << (i % 64));
}

#endif
