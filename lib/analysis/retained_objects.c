// SPDX-License-Identifier: MIT
// The objects that retain most: one pass with a heap of the best so far.
#include "heapsnap/retained.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/fail.h"

// Whether `a` comes after `b` in the result.
static bool after(const hsn_dominators *d, hsn_node_id a, hsn_node_id b)
{
    if (d->retained_bytes[a] != d->retained_bytes[b])
        return d->retained_bytes[a] < d->retained_bytes[b];
    return a > b;
}

static int compare(const void *a, const void *b, void *context)
{
    hsn_node_id x = *(const hsn_node_id *)a, y = *(const hsn_node_id *)b;
    return after(context, x, y) ? 1 : x != y ? -1 : 0;
}

// The row that would be listed last lies on top. Puts `node` at `at` and restores the heap below.
static void sift_down(const hsn_dominators *d, hsn_node_id *heap, size_t count, size_t at,
                      hsn_node_id node)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= count)
            break;
        if (child + 1 < count && after(d, heap[child + 1], heap[child]))
            child++;
        if (!after(d, heap[child], node))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = node;
}

static void offer(const hsn_dominators *d, hsn_retained_objects *out, size_t limit,
                  hsn_node_id node)
{
    out->matched++;
    if (out->count < limit) {
        out->nodes[out->count++] = node;
        if (out->count == limit && limit < d->node_count)
            for (size_t i = limit / 2; i-- > 0;)
                sift_down(d, out->nodes, limit, i, out->nodes[i]);
    } else if (after(d, out->nodes[0], node)) {
        sift_down(d, out->nodes, limit, 0, node);
    }
}

int hsn_retained_objects_find(hsn_heap *heap, const hsn_dominators *d,
                              const hsn_retained_options *options, hsn_retained_objects *out,
                              hsn_error *err)
{
    static const hsn_retained_options defaults;
    uint32_t *types = NULL, nodes = d->node_count;
    int r = HSN_OK;
    if (!options)
        options = &defaults;
    size_t limit = options->limit && options->limit < nodes ? (size_t)options->limit : nodes;
    *out = (hsn_retained_objects){0};
    out->nodes = hsn__alloc_array(limit, sizeof *out->nodes);
    if (options->types)
        types = hsn__alloc_array(nodes, sizeof *types);
    if (!out->nodes || (options->types && !types))
        r = hsn__fail_memory(err);
    if (r >= 0 && types)
        r = hsn_heap_column_types(heap, types, err);
    for (uint32_t node = 0; r >= 0 && node < nodes; node++)
        if ((!types || options->types[types[node]]) &&
            (!options->pieces || d->dominator[node] == HSN_HELD_BY_NOTHING))
            offer(d, out, limit, node);
    if (r >= 0)
        qsort_r(out->nodes, out->count, sizeof *out->nodes, compare, (void *)(uintptr_t)d);
    hsn__free(types);
    if (r < 0)
        hsn_retained_objects_free(out);
    return r;
}

void hsn_retained_objects_free(hsn_retained_objects *objects)
{
    hsn__free(objects->nodes);
    *objects = (hsn_retained_objects){0};
}
