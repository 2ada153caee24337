// SPDX-License-Identifier: MIT
// The objects that retain most: one pass with a heap of the best so far, then their facts.
//
// Reading an object decodes the segment that it is in. A few rows are read as they come; many are
// read in order of address, so that each segment is decoded once.
#include "heapsnap/retained.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/fail.h"

// From so many rows on, all segments are read.
enum { MANY = 4096 };

typedef struct best {
    hsn_node_id *nodes;
    size_t count;
    uint64_t matched;
} best;

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

static void offer(const hsn_dominators *d, best *out, size_t limit, hsn_node_id node)
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

static int choose(hsn_heap *heap, const hsn_dominators *d, const hsn_retained_options *options,
                  best *out, hsn_error *err)
{
    uint32_t *types = NULL, nodes = d->node_count;
    size_t limit = options->limit && options->limit < nodes ? (size_t)options->limit : nodes;
    int r = HSN_OK;
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
    return r;
}

// ---- facts ------------------------------------------------------------------------------------

static int fill_row(hsn_heap *heap, const hsn_dominators *d, hsn_node_id node, hsn__arena *arena,
                    hsn_retained_object *row, hsn_error *err)
{
    hsn_object object;
    int r = hsn_heap_object(heap, node, &object, err);
    if (r < 0)
        return r;
    *row = (hsn_retained_object){.node = node,
                                 .type = object.type,
                                 .address = object.address,
                                 .size_bytes = object.size_bytes,
                                 .name = "",
                                 .dominator = d->dominator[node],
                                 .dominator_type = HSN_NONE};
    if (*object.text)
        row->name = hsn__arena_copy(arena, object.text, strlen(object.text));
    return row->name ? HSN_OK : hsn__fail_memory(err);
}

static int fill_few(hsn_heap *heap, const hsn_dominators *d, const best *chosen, hsn__arena *arena,
                    hsn_retained_object *rows, hsn_error *err)
{
    int r = HSN_OK;
    for (size_t i = 0; i < chosen->count && r >= 0; i++) {
        hsn_object above;
        r = fill_row(heap, d, chosen->nodes[i], arena, &rows[i], err);
        if (r < 0 || rows[i].dominator >= HSN_HELD_BY_NOTHING)
            continue;
        r = hsn_heap_object(heap, rows[i].dominator, &above, err);
        if (r >= 0) {
            rows[i].dominator_type = above.type;
            rows[i].dominator_address = above.address;
        }
    }
    return r;
}

static int fill_many(hsn_heap *heap, const hsn_dominators *d, const best *chosen, hsn__arena *arena,
                     hsn_retained_object *rows, hsn_error *err)
{
    uint32_t nodes = d->node_count;
    uint32_t *place = hsn__alloc_array(nodes, sizeof *place);
    uint32_t *types = hsn__alloc_array(nodes, sizeof *types);
    uint64_t *addresses = hsn__alloc_array(nodes, sizeof *addresses);
    int r = place && types && addresses ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_heap_column_types(heap, types, err);
    if (r >= 0)
        r = hsn_heap_column_addresses(heap, addresses, err);
    for (uint32_t node = 0; r >= 0 && node < nodes; node++)
        place[node] = HSN_NONE;
    for (size_t i = 0; r >= 0 && i < chosen->count; i++)
        place[chosen->nodes[i]] = (uint32_t)i;
    for (uint32_t node = 0; r >= 0 && node < nodes; node++) {
        if (place[node] == HSN_NONE)
            continue;
        hsn_retained_object *row = &rows[place[node]];
        r = fill_row(heap, d, node, arena, row, err);
        if (r < 0 || row->dominator >= HSN_HELD_BY_NOTHING)
            continue;
        row->dominator_type = types[row->dominator];
        row->dominator_address = addresses[row->dominator];
    }
    hsn__free(place);
    hsn__free(types);
    hsn__free(addresses);
    return r;
}

int hsn_retained_objects_find(hsn_heap *heap, const hsn_dominators *d,
                              const hsn_retained_options *options, hsn_retained_objects *out,
                              hsn_error *err)
{
    static const hsn_retained_options defaults;
    best chosen = {0};
    *out = (hsn_retained_objects){0};
    int r = choose(heap, d, options ? options : &defaults, &chosen, err);
    if (r >= 0) {
        out->memory = hsn__alloc_zeroed(1, sizeof(hsn__arena));
        out->rows = hsn__alloc_array(chosen.count, sizeof *out->rows);
        out->count = chosen.count;
        out->matched = chosen.matched;
        r = out->memory && out->rows ? HSN_OK : hsn__fail_memory(err);
    }
    if (r >= 0)
        r = (chosen.count < MANY ? fill_few : fill_many)(heap, d, &chosen, out->memory, out->rows,
                                                         err);
    hsn__free(chosen.nodes);
    if (r < 0)
        hsn_retained_objects_free(out);
    return r;
}

void hsn_retained_objects_free(hsn_retained_objects *objects)
{
    if (objects->memory)
        hsn__arena_clear(objects->memory);
    hsn__free(objects->memory);
    hsn__free(objects->rows);
    *objects = (hsn_retained_objects){0};
}
