// SPDX-License-Identifier: MIT
// Whole columns of a heap: for analyses that look at every object once.
#include "base/alloc.h"
#include "store/heap_private.h"
#include "store/store_private.h"
#include "base/varint.h"

#include <string.h>

// Goes through a column segment by segment.
typedef struct scan {
    hsn_heap *heap;
    hsn__column column;
    uint64_t *values; // of the segment at hand
    uint64_t first;   // node of values[0]
    uint32_t rows;
    uint32_t part; // the next one
} scan;

static int scan_begin(scan *s, hsn_heap *heap, hsn__column column, hsn_error *err)
{
    *s = (scan){.heap = heap, .column = column};
    s->values = hsn__alloc_array(HSN__SEGMENT_ROWS, sizeof *s->values);
    return s->values ? HSN_OK : hsn__fail_memory(err);
}

// HSN_OK with a segment in hand, HSN_DONE, or an error. The values are freed on both last ones.
static int scan_next(scan *s, hsn_error *err)
{
    int r = HSN_DONE;
    s->first = (uint64_t)s->part * HSN__SEGMENT_ROWS;
    s->rows = hsn__segment_rows(hsn_heap_info(s->heap)->objects, s->part);
    if (s->rows)
        r = hsn__segment_values(hsn__heap_store(s->heap), hsn_heap_info(s->heap)->id, s->column,
                                s->part++, s->values, s->rows, err);
    if (r != HSN_OK) {
        hsn__free(s->values);
        s->values = NULL;
    }
    return r;
}

int hsn_heap_nodes_of_types(hsn_heap *heap, const uint8_t *wanted, hsn_node_id **out,
                            size_t *out_count, hsn_error *err)
{
    scan s;
    size_t capacity = 0, types = hsn_heap_types(heap)->count;
    hsn_node_id *nodes = NULL;
    *out = NULL;
    *out_count = 0;
    int r = scan_begin(&s, heap, HSN__COLUMN_TYPE, err);
    while (r == HSN_OK && (r = scan_next(&s, err)) == HSN_OK)
        for (uint32_t i = 0; i < s.rows; i++) {
            if (s.values[i] >= types || !wanted[s.values[i]])
                continue;
            if (!hsn__array_grow(&nodes, &capacity, *out_count + 1, sizeof *nodes, SIZE_MAX)) {
                hsn__free(s.values);
                r = hsn__fail_memory(err);
                break;
            }
            nodes[(*out_count)++] = (hsn_node_id)(s.first + i);
        }
    if (r < 0) {
        hsn__free(nodes);
        *out_count = 0;
        return r;
    }
    *out = nodes;
    return HSN_OK;
}

void hsn_free_nodes(hsn_node_id *nodes)
{
    hsn__free(nodes);
}

int hsn_heap_column_types(hsn_heap *heap, uint32_t *out, hsn_error *err)
{
    scan s;
    size_t types = hsn_heap_types(heap)->count;
    int r = scan_begin(&s, heap, HSN__COLUMN_TYPE, err);
    while (r == HSN_OK && (r = scan_next(&s, err)) == HSN_OK)
        for (uint32_t i = 0; i < s.rows; i++) {
            if (s.values[i] >= types) {
                hsn__free(s.values);
                return hsn__segment_fail(hsn__heap_store(heap), HSN__COLUMN_TYPE, s.part - 1,
                                         "no such type", err);
            }
            out[s.first + i] = (uint32_t)s.values[i];
        }
    return r < 0 ? r : HSN_OK;
}

int hsn_heap_column_refcounts(hsn_heap *heap, uint32_t *out, hsn_error *err)
{
    scan s;
    int r = scan_begin(&s, heap, HSN__COLUMN_REFCOUNT, err);
    while (r == HSN_OK && (r = scan_next(&s, err)) == HSN_OK)
        for (uint32_t i = 0; i < s.rows; i++) {
            // Stored plus one, 0 = unknown: minus one makes that all ones, which is "unknown"
            // again.
            uint64_t count = s.values[i] - 1;
            out[s.first + i] =
                count == UINT64_MAX || count < UINT32_MAX ? (uint32_t)count : UINT32_MAX - 1;
        }
    return r < 0 ? r : HSN_OK;
}

int hsn_heap_column_flags(hsn_heap *heap, uint8_t *out, hsn_error *err)
{
    scan s;
    int r = scan_begin(&s, heap, HSN__COLUMN_FLAGS, err);
    while (r == HSN_OK && (r = scan_next(&s, err)) == HSN_OK)
        for (uint32_t i = 0; i < s.rows; i++)
            out[s.first + i] = (uint8_t)s.values[i]; // the generation stands above
    return r < 0 ? r : HSN_OK;
}

static int wide_column(hsn_heap *heap, hsn__column column, uint64_t *out, hsn_error *err)
{
    scan s;
    int r = scan_begin(&s, heap, column, err);
    while (r == HSN_OK && (r = scan_next(&s, err)) == HSN_OK)
        memcpy(out + s.first, s.values, s.rows * sizeof *out);
    return r < 0 ? r : HSN_OK;
}

int hsn_heap_column_sizes(hsn_heap *heap, uint64_t *out, hsn_error *err)
{
    return wide_column(heap, HSN__COLUMN_SIZE, out, err);
}

int hsn_heap_column_addresses(hsn_heap *heap, uint64_t *out, hsn_error *err)
{
    return wide_column(heap, HSN__COLUMN_ADDRESS, out, err);
}

uint32_t hsn__heap_part_count(const hsn_heap *heap)
{
    return (uint32_t)((hsn_heap_info(heap)->objects + HSN__PART_NODES - 1) / HSN__PART_NODES);
}

uint32_t hsn__heap_part_nodes(const hsn_heap *heap, uint32_t part)
{
    return hsn__segment_rows(hsn_heap_info(heap)->objects, part);
}

int hsn__heap_read_degrees(hsn_heap *heap, uint32_t part, uint64_t **out, hsn_error *err)
{
    static const hsn__column columns[2] = {HSN__COLUMN_DEGREE, HSN__COLUMN_WEAK};
    uint32_t rows = hsn__heap_part_nodes(heap, part);
    uint64_t *degrees = hsn__alloc_array((size_t)HSN__SEGMENT_ROWS * 2, sizeof *degrees);
    int r = degrees ? HSN_OK : hsn__fail_memory(err);
    for (int i = 0; r == HSN_OK && i < 2; i++)
        r = hsn__segment_values(hsn__heap_store(heap), hsn_heap_info(heap)->id, columns[i], part,
                                degrees + (size_t)i * HSN__SEGMENT_ROWS, rows, err);
    for (uint32_t i = 0; r == HSN_OK && i < rows; i++)
        if (degrees[i] > UINT32_MAX || degrees[HSN__SEGMENT_ROWS + i] > degrees[i])
            r = hsn__segment_fail(hsn__heap_store(heap), HSN__COLUMN_DEGREE, part,
                                  "impossible number of references", err);
    if (r < 0) {
        hsn__free(degrees);
        degrees = NULL;
    }
    *out = degrees;
    return r;
}

// Both columns of one part: degrees[0] = all, degrees[1] = weak. Free degrees[0].
static int read_degrees(hsn_heap *heap, uint32_t part, uint64_t *out_degrees[2], hsn_error *err)
{
    int r = hsn__heap_read_degrees(heap, part, &out_degrees[0], err);
    out_degrees[1] = r < 0 ? NULL : out_degrees[0] + HSN__SEGMENT_ROWS;
    return r;
}

int hsn__heap_degrees(hsn_heap *heap, uint32_t part, bool with_weak, uint32_t *out_degrees,
                      uint64_t *out_total, hsn_error *err)
{
    uint64_t *degrees[2], total = 0;
    int r = read_degrees(heap, part, degrees, err);
    if (r < 0)
        return r;
    for (uint32_t i = 0; i < hsn__heap_part_nodes(heap, part); i++) {
        out_degrees[i] = (uint32_t)(degrees[0][i] - (with_weak ? 0 : degrees[1][i]));
        total += out_degrees[i];
    }
    hsn__free(degrees[0]);
    *out_total = total;
    return HSN_OK;
}

int hsn__heap_targets(hsn_heap *heap, uint32_t part, bool with_weak, hsn_node_id *out,
                      uint64_t total, hsn_error *err)
{
    uint64_t objects = hsn_heap_info(heap)->objects, *degrees[2], value, written = 0;
    uint32_t rows = hsn__heap_part_nodes(heap, part);
    hsn_store *store = hsn__heap_store(heap);
    hsn__segment segment;
    int r = read_degrees(heap, part, degrees, err);
    if (r == HSN_OK)
        r = hsn__segment_read(store, hsn_heap_info(heap)->id, HSN__COLUMN_TARGET, part, rows,
                              &segment, err);
    if (r < 0)
        goto done;
    const uint8_t *p = segment.data, *end = p + segment.size;
    for (uint32_t i = 0; r == HSN_OK && i < rows; i++) {
        uint64_t source = (uint64_t)part * HSN__PART_NODES + i;
        uint64_t keep = degrees[0][i] - (with_weak ? 0 : degrees[1][i]);
        for (uint64_t k = 0; k < degrees[0][i]; k++) {
            p = hsn__varint_read(p, end, &value);
            uint64_t target = p ? source + (uint64_t)hsn__unzigzag(value) : UINT64_MAX;
            if (target >= objects || (k < keep && written == total)) {
                r = hsn__segment_fail(store, HSN__COLUMN_TARGET, part, "cannot be decoded", err);
                break;
            }
            if (k < keep)
                out[written++] = (hsn_node_id)target;
        }
    }
    if (r == HSN_OK && (p != end || written != total))
        r = hsn__segment_fail(store, HSN__COLUMN_TARGET, part, "wrong length", err);
    hsn__segment_done(store);
done:
    hsn__free(degrees[0]);
    return r;
}
