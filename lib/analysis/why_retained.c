// SPDX-License-Identifier: MIT
// Retained bytes of the objects of each row, in one snapshot.
#include "analysis/retained_private.h"
#include "analysis/why_private.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "store/results.h"
#include "base/varint.h"

int hsn__why_has_retained(hsn_heap *heap, unsigned flags, bool *out, hsn_error *err)
{
    *out = true;
    if (flags & HSN_DOMINATORS_COMPUTE)
        return HSN_OK;
    return hsn__results_have(heap, HSN__COLUMN_DOMINATOR, hsn_heap_info(heap)->objects, out, err);
}

int hsn__why_number_rows(const hsn__growth_tree *tree, size_t rows, uint32_t **out, hsn_error *err)
{
    size_t patterns = tree->patterns->count;
    uint32_t *row_of = *out = hsn__alloc_array(patterns, sizeof *row_of);
    if (!row_of)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < patterns; i++)
        row_of[i] = (uint32_t)rows;
    for (size_t i = 0; i < rows; i++)
        row_of[tree->entries[i].subject] = (uint32_t)i;
    return HSN_OK;
}

// ---- places -----------------------------------------------------------------------------------

// Neighbours in memory often hang on the same pattern, or on one that was made soon after.
int hsn__why_pack(const uint32_t *pattern, uint32_t nodes, hsn__why_places *out, hsn_error *err)
{
    enum { MOST_BYTES = 5 };
    uint32_t before = 0;
    uint8_t *bytes = hsn__alloc_array((size_t)nodes + 1, MOST_BYTES), *end = bytes;
    if (!bytes)
        return hsn__fail_memory(err);
    for (uint32_t node = 0; node < nodes; node++) {
        end = hsn__varint_put(end, hsn__zigzag((int64_t)pattern[node] - before));
        before = pattern[node];
    }
    uint8_t *shrunk = hsn__realloc(bytes, (size_t)(end - bytes) + 1);
    *out = (hsn__why_places){shrunk ? shrunk : bytes, nodes};
    return HSN_OK;
}

void hsn__why_places_clear(hsn__why_places *places)
{
    hsn__free(places->bytes);
    *places = (hsn__why_places){0};
}

static uint32_t *unpack(const hsn__why_rows_of *rows_of)
{
    const hsn__why_places *places = rows_of->places;
    uint32_t *row = hsn__alloc_array(places->nodes, sizeof *row);
    const uint8_t *at = places->bytes;
    uint64_t step, pattern = 0;
    for (uint32_t node = 0; row && node < places->nodes; node++) {
        at = hsn__varint_get(at, &step);
        pattern += (uint64_t)hsn__unzigzag(step);
        row[node] = rows_of->row_of[pattern];
    }
    return row;
}

// ---- retained bytes ---------------------------------------------------------------------------

int hsn__why_retained(hsn_heap *heap, unsigned flags, const hsn__why_rows_of *rows_of,
                      const hsn_progress *progress, uint64_t *out, hsn_error *err)
{
    hsn_dominators dominators = {0};
    hsn__below below = {0};
    uint32_t *row = NULL;
    int r = hsn_dominators_read(heap, flags, progress, &dominators, err);
    if (r >= 0)
        r = hsn__below_make(&below, &dominators, err);
    if (r >= 0 && !(row = unpack(rows_of)))
        r = hsn__fail_memory(err);
    // One group more than rows: of what is in none.
    if (r >= 0)
        r = hsn__retained_sum(&dominators, &below, row, rows_of->rows + 1, out, err);
    hsn__free(row);
    hsn__below_clear(&below);
    hsn_dominators_free(&dominators);
    return r;
}
