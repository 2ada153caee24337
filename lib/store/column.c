// SPDX-License-Identifier: MIT
// Encoding of column segments.
//
// The first byte is the form, then:
//   CONSTANT   varint value
//   OFFSETS    varint least, byte shift, then for each value varint((value - least) >> shift)
//   SPARSE     varint n, then n times: varint(rows skipped), varint value; all other rows are 0
//   ASCENDING  varint first, byte shift, then for each further value varint(difference >> shift)
// Heaps are kind to this: addresses are multiples of 16 some 64 bytes apart, sizes are multiples of
// 8, most lengths and refcounts are below 128. So most values take one byte and decode at the speed
// of a byte loop.
#include "store/column.h"
#include "base/varint.h"

#include <string.h>

enum form { CONSTANT, OFFSETS, SPARSE, ASCENDING };

const char *hsn__column_name(unsigned column)
{
    static const char *const names[] = {
        "unknown",
        "address",
        "type",
        "size",
        "length",
        "refcount",
        "flags",
        "text",
        "stack",
        "degree",
        "weak",
        "target",
        "label",
        "string",
        "name",
        "dominator",
        "retained",
        "type_retained",
        "module_retained",
        "frame",
        "stack_frame",
        "stack_parent",
        "total_stack",
        "total_domain",
        "total_count",
        "total_size",
    };
    return column < sizeof names / sizeof *names ? names[column] : names[0];
}

static unsigned varint_size(uint64_t value)
{
    return (70 - (unsigned)__builtin_clzll(value | 1)) / 7;
}

typedef struct shape {
    uint64_t least, most, first;
    uint64_t low_bits; // OR of value - first value: its trailing zeros are common
    size_t nonzero;
    uint64_t sparse_bytes;
} shape;

static shape measure(const uint64_t *values, size_t count)
{
    shape s = {.least = count ? values[0] : 0, .most = 0, .first = count ? values[0] : 0};
    size_t skipped = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t v = values[i];
        s.least = v < s.least ? v : s.least;
        s.most = v > s.most ? v : s.most;
        s.low_bits |= v - s.first;
        if (v) {
            s.sparse_bytes += varint_size(skipped) + varint_size(v);
            s.nonzero++;
            skipped = 0;
        } else {
            skipped++;
        }
    }
    return s;
}

static unsigned common_shift(uint64_t bits)
{
    return bits ? (unsigned)__builtin_ctzll(bits) : 0;
}

static void put_ascending(hsn__buf *out, const uint64_t *values, size_t count, const shape *s)
{
    unsigned shift = common_shift(s->low_bits);
    uint8_t *p = (uint8_t *)out->data + out->size;
    *p++ = ASCENDING;
    p = hsn__varint_put(p, values[0]);
    *p++ = (uint8_t)shift;
    for (size_t i = 1; i < count; i++)
        p = hsn__varint_put(p, (values[i] - values[i - 1]) >> shift);
    out->size = (size_t)(p - (uint8_t *)out->data);
}

static void put_sparse(hsn__buf *out, const uint64_t *values, size_t count, const shape *s)
{
    uint8_t *p = (uint8_t *)out->data + out->size;
    size_t skipped = 0;
    *p++ = SPARSE;
    p = hsn__varint_put(p, s->nonzero);
    for (size_t i = 0; i < count; i++) {
        if (!values[i]) {
            skipped++;
            continue;
        }
        p = hsn__varint_put(p, skipped);
        p = hsn__varint_put(p, values[i]);
        skipped = 0;
    }
    out->size = (size_t)(p - (uint8_t *)out->data);
}

static void put_offsets(hsn__buf *out, const uint64_t *values, size_t count, const shape *s)
{
    unsigned shift = common_shift(s->low_bits);
    uint8_t *p = (uint8_t *)out->data + out->size;
    *p++ = OFFSETS;
    p = hsn__varint_put(p, s->least);
    *p++ = (uint8_t)shift;
    for (size_t i = 0; i < count; i++)
        p = hsn__varint_put(p, (values[i] - s->least) >> shift);
    out->size = (size_t)(p - (uint8_t *)out->data);
}

void hsn__column_encode(hsn__buf *out, const uint64_t *values, size_t count, int ascending)
{
    shape s = measure(values, count);
    if (!hsn__buf_reserve(out, (count + 4) * 2 * HSN__VARINT_MAX))
        return;
    if (s.least == s.most || !count) {
        uint8_t *p = (uint8_t *)out->data + out->size;
        *p++ = CONSTANT;
        p = hsn__varint_put(p, s.most);
        out->size = (size_t)(p - (uint8_t *)out->data);
    } else if (ascending) {
        put_ascending(out, values, count, &s);
    } else if (s.sparse_bytes < count) {
        put_sparse(out, values, count, &s);
    } else {
        put_offsets(out, values, count, &s);
    }
}

static int get_sparse(const uint8_t *p, const uint8_t *end, uint64_t *out, size_t count)
{
    uint64_t nonzero, skipped, value;
    size_t at = 0;
    p = hsn__varint_read(p, end, &nonzero);
    if (!p || nonzero > count)
        return 0;
    memset(out, 0, count * sizeof *out);
    for (uint64_t i = 0; i < nonzero; i++) {
        p = hsn__varint_read(p, end, &skipped);
        p = p ? hsn__varint_read(p, end, &value) : NULL;
        if (!p || skipped >= count - at)
            return 0;
        at += (size_t)skipped;
        out[at++] = value;
    }
    return p == end;
}

// Eight one-byte varints at a time: the usual case by far.
static const uint8_t *get_varints(const uint8_t *p, const uint8_t *end, uint64_t *out, size_t count)
{
    size_t i = 0;
    while (i < count) {
        uint64_t eight;
        if (count - i >= 8 && end - p >= 8 &&
            (memcpy(&eight, p, 8), !(eight & UINT64_C(0x8080808080808080)))) {
            for (int k = 0; k < 8; k++)
                out[i + k] = p[k];
            i += 8;
            p += 8;
            continue;
        }
        p = hsn__varint_read(p, end, &out[i++]);
        if (!p)
            return NULL;
    }
    return p;
}

int hsn__column_decode(const uint8_t *data, size_t size, uint64_t *out, size_t count)
{
    const uint8_t *p = data, *end = data + size;
    if (!size)
        return 0;
    unsigned form = *p++;
    uint64_t base;
    if (form == SPARSE)
        return get_sparse(p, end, out, count);
    p = hsn__varint_read(p, end, &base);
    if (!p)
        return 0;
    if (form == CONSTANT) {
        for (size_t i = 0; i < count; i++)
            out[i] = base;
        return p == end;
    }
    if (p == end || *p > 63 || !count || (form != OFFSETS && form != ASCENDING))
        return 0;
    unsigned shift = *p++;
    if (form == OFFSETS) {
        p = get_varints(p, end, out, count);
        for (size_t i = 0; p && i < count; i++)
            out[i] = (out[i] << shift) + base;
        return p == end;
    }
    out[0] = base;
    p = get_varints(p, end, out + 1, count - 1);
    for (size_t i = 1; p && i < count; i++)
        out[i] = out[i - 1] + (out[i] << shift);
    return p == end;
}
