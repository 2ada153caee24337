// SPDX-License-Identifier: MIT
// Retained bytes of the objects of each row, in one snapshot.
#include "analysis/retained_private.h"
#include "analysis/why_private.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "store/results.h"

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

int hsn__why_retained(hsn_heap *heap, unsigned flags, const uint32_t *row, size_t rows,
                      const hsn_progress *progress, uint64_t *out, hsn_error *err)
{
    hsn_dominators dominators = {0};
    hsn__below below = {0};
    int r = hsn_dominators_read(heap, flags, progress, &dominators, err);
    if (r >= 0)
        r = hsn__below_make(&below, &dominators, err);
    // One group more than rows: of what is in none.
    if (r >= 0)
        r = hsn__retained_sum(&dominators, &below, row, rows + 1, out, err);
    hsn__below_clear(&below);
    hsn_dominators_free(&dominators);
    return r;
}
