// SPDX-License-Identifier: MIT
// Immediate dominators of the objects of some types, by the dominators' type.
#include "analysis/retained_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bitmap.h"
#include "base/fail.h"

static int by_bytes_first(const void *a, const void *b)
{
    const hsn_dominating_type *x = a, *y = b;
    if (x->retained_bytes != y->retained_bytes)
        return x->retained_bytes < y->retained_bytes ? 1 : -1;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->type > y->type) - (x->type < y->type);
}

static void add(const hsn_dominators *d, const uint8_t *types, const uint32_t *type_of,
                const uint64_t *sizes, uint64_t *seen, hsn_dominating_type *rows, uint32_t roots)
{
    for (uint32_t node = 0; node < d->node_count; node++) {
        hsn_node_id above = d->dominator[node];
        bool top = hsn__is_top(d, node);
        if (!types[type_of[node]] || (!top && types[type_of[above]]))
            continue;
        hsn_dominating_type *row = &rows[!top                         ? type_of[above]
                                         : above == HSN_HELD_BY_ROOTS ? roots
                                                                      : roots + 1];
        row->count++;
        row->retained_bytes += d->retained_bytes[node];
        if (top || hsn__bitmap_get(seen, above))
            continue;
        hsn__bitmap_set(seen, above);
        row->dominators++;
        row->size_bytes += sizes[above];
    }
}

int hsn_dominating_types_find(hsn_heap *heap, const hsn_dominators *d, const uint8_t *types,
                              hsn_dominating_types *out, hsn_error *err)
{
    const hsn_type_list *list = hsn_heap_types(heap);
    uint32_t count = (uint32_t)list->count;
    uint32_t *type_of = hsn__alloc_array(d->node_count, sizeof *type_of);
    uint64_t *sizes = hsn__alloc_array(d->node_count, sizeof *sizes);
    uint64_t *seen = hsn__bitmap_new(d->node_count);
    *out = (hsn_dominating_types){0};
    out->rows = hsn__alloc_zeroed((size_t)count + 2, sizeof *out->rows);
    int r = type_of && sizes && seen && out->rows ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_heap_column_types(heap, type_of, err);
    if (r >= 0)
        r = hsn_heap_column_sizes(heap, sizes, err);
    if (r < 0)
        goto done;
    add(d, types, type_of, sizes, seen, out->rows, count);
    for (uint32_t i = 0; i < count + 2; i++) {
        if (!out->rows[i].count)
            continue;
        hsn_dominating_type row = out->rows[i];
        row.type = i < count ? i : HSN_NONE;
        row.name = i < count ? list->rows[i].name : i == count ? "roots" : "nothing";
        out->rows[out->count++] = row;
    }
    qsort(out->rows, out->count, sizeof *out->rows, by_bytes_first);
done:
    hsn__free(type_of);
    hsn__free(sizes);
    hsn__free(seen);
    if (r < 0)
        hsn_dominating_types_free(out);
    return r;
}

void hsn_dominating_types_free(hsn_dominating_types *types)
{
    hsn__free(types->rows);
    *types = (hsn_dominating_types){0};
}
