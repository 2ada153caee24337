// SPDX-License-Identifier: MIT
// LEB128 varints and zigzag: how small numbers are kept small in columns and in the builder's log.
#ifndef HSN_BASE_VARINT_H
#define HSN_BASE_VARINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest varint of 64 bits. */
#define HSN__VARINT_MAX 10

static inline uint8_t *hsn__varint_put(uint8_t *p, uint64_t value)
{
    while (value >= 0x80) {
        *p++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *p++ = (uint8_t)value;
    return p;
}

/** For input that this process wrote itself: no bounds. */
static inline const uint8_t *hsn__varint_get(const uint8_t *p, uint64_t *out)
{
    uint64_t value = *p++;
    if (value >= 0x80) {
        unsigned shift = 7;
        uint64_t byte;
        value &= 0x7f;
        do {
            byte = *p++;
            value |= (byte & 0x7f) << shift;
            shift += 7;
        } while (byte >= 0x80);
    }
    *out = value;
    return p;
}

/** For bytes from outside: NULL when the varint runs past `end` or past 64 bits. */
static inline const uint8_t *hsn__varint_read(const uint8_t *p, const uint8_t *end, uint64_t *out)
{
    if (p < end && *p < 0x80) {
        *out = *p;
        return p + 1;
    }
    uint64_t value = 0;
    for (unsigned shift = 0; p < end && shift < 64; shift += 7) {
        uint64_t byte = *p++;
        if (shift == 63 && byte > 1)
            return NULL;
        value |= (byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return p;
        }
    }
    return NULL;
}

static inline uint64_t hsn__zigzag(int64_t value)
{
    return (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
}

static inline int64_t hsn__unzigzag(uint64_t value)
{
    return (int64_t)(value >> 1 ^ -(value & 1));
}

#endif
