// SPDX-License-Identifier: MIT
// Components that are alike, as one row: of one kind, with as many objects of the same types.
//
// A leak makes thousands of equal cycles. Each alone is smaller than some cycle of the runtime that
// is always there; together they are what the reader is looking for.
#include "analysis/cycles_private.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "store/map64.h"

// The same for equal multisets of types: a sum does not see the order. Sixty-four bits, so that two
// different ones among a million agree with a probability of less than one in ten million.
static uint64_t signature(const hsn__components *components, uint32_t component,
                          const uint32_t *types, unsigned kind)
{
    uint64_t sum = 0;
    for (uint32_t i = components->starts[component]; i < components->starts[component + 1]; i++)
        sum += hsn__mix64((uint64_t)types[components->members[i]] + 1);
    return hsn__mix64(sum ^ kind);
}

static int by_bytes_first(const void *a, const void *b)
{
    const hsn__alike *x = a, *y = b;
    if (x->size_bytes != y->size_bytes)
        return x->size_bytes < y->size_bytes ? 1 : -1;
    if (x->objects != y->objects)
        return x->objects < y->objects ? 1 : -1;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

int hsn__cycles_alike(const hsn__components *components, const uint32_t *types,
                      const uint8_t *kinds, const uint64_t *size_bytes, const uint32_t *ranked,
                      const uint32_t *order, size_t count, hsn__alike **out, size_t *out_count,
                      hsn_error *err)
{
    hsn__map64 groups = {0};
    size_t capacity = 0;
    int r = HSN_OK;
    *out = NULL;
    *out_count = 0;
    for (size_t i = 0; i < count && r >= 0; i++) {
        uint32_t component = order[ranked[i]];
        uint32_t group =
            hsn__map64_put(&groups, signature(components, component, types, kinds[component]));
        if (group == UINT32_MAX ||
            !hsn__array_grow(out, &capacity, (size_t)group + 1, sizeof **out, SIZE_MAX)) {
            r = hsn__fail_memory(err);
            break;
        }
        if (group == *out_count)
            (*out)[(*out_count)++] = (hsn__alike){.rank = ranked[i]};
        hsn__alike *it = &(*out)[group];
        it->components++;
        it->objects += components->starts[component + 1] - components->starts[component];
        it->size_bytes += size_bytes[component];
    }
    if (r >= 0 && *out_count)
        qsort(*out, *out_count, sizeof **out, by_bytes_first);
    if (r < 0) {
        hsn__free(*out);
        *out = NULL;
    }
    hsn__map64_clear(&groups);
    return r;
}
