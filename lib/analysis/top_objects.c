// SPDX-License-Identifier: MIT
// The largest objects of a snapshot: one pass over two columns, with a heap of the best so far.
#include "analysis/totals_private.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <stdlib.h>

// Whether `a` comes after `b` in the result.
static bool after(const hsn_top_object *a, const hsn_top_object *b)
{
    if (a->size_bytes != b->size_bytes)
        return a->size_bytes < b->size_bytes;
    return a->node > b->node;
}

static int compare(const void *a, const void *b)
{
    return after(a, b) ? 1 : after(b, a) ? -1 : 0;
}

// The row that would be listed last lies on top of the heap. Puts `object` at `at` and restores the
// heap below.
static void sift_down(hsn_top_object *heap, size_t count, size_t at, hsn_top_object object)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && after(&heap[child + 1], &heap[child]))
            child++;
        if (!after(&heap[child], &object))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = object;
}

static void offer(hsn_top_objects *top, size_t limit, hsn_top_object object)
{
    if (top->count < limit) {
        top->rows[top->count++] = object;
        if (top->count == limit)
            for (size_t i = limit / 2; i-- > 0;)
                sift_down(top->rows, limit, i, top->rows[i]);
    } else if (limit && after(&top->rows[0], &object)) {
        sift_down(top->rows, limit, 0, object);
    }
}

int hsn_top_objects_read(hsn_heap *heap, const char *type, const char *module, size_t limit,
                         hsn_top_objects *out, hsn_error *err)
{
    const hsn_snapshot_info *info = hsn_heap_info(heap);
    const hsn_type_list *types = hsn_heap_types(heap);
    size_t objects = (size_t)info->objects;
    uint32_t *type_of = NULL;
    uint64_t *size_of = NULL;
    uint8_t *wanted = NULL;
    int r;
    *out = (hsn_top_objects){0};
    if (!objects)
        return hsn__fail(err, HSN_ENOTFOUND, NULL, "no objects in this snapshot");
    limit = limit < objects ? limit : objects;
    type_of = hsn__alloc_array(objects, sizeof *type_of);
    size_of = hsn__alloc_array(objects, sizeof *size_of);
    wanted = hsn__alloc_zeroed(types->count, 1);
    out->rows = hsn__alloc_array(limit, sizeof *out->rows);
    r = type_of && size_of && wanted && out->rows ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_heap_column_types(heap, type_of, err);
    if (r >= 0)
        r = hsn_heap_column_sizes(heap, size_of, err);
    if (r < 0)
        goto done;
    for (size_t i = 0; i < types->count; i++) {
        wanted[i] = hsn__type_passes(&types->rows[i], type, module);
        hsn__cell_add(&out->whole, types->rows[i].count, types->rows[i].size_bytes);
        if (wanted[i])
            hsn__cell_add(&out->sum, types->rows[i].count, types->rows[i].size_bytes);
    }
    for (size_t i = 0; i < objects; i++) {
        if (type_of[i] >= types->count) {
            r = hsn__fail(err, HSN_EFORMAT, NULL, "object %zu has no such type", i);
            goto done;
        }
        if (wanted[type_of[i]])
            offer(out, limit, (hsn_top_object){(hsn_node_id)i, type_of[i], size_of[i]});
    }
    qsort(out->rows, out->count, sizeof *out->rows, compare);
done:
    hsn__free(type_of);
    hsn__free(size_of);
    hsn__free(wanted);
    if (r < 0)
        hsn_top_objects_free(out);
    return r;
}

void hsn_top_objects_free(hsn_top_objects *objects)
{
    if (!objects)
        return;
    hsn__free(objects->rows);
    *objects = (hsn_top_objects){0};
}
