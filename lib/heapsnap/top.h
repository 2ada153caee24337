// SPDX-License-Identifier: MIT
// top: what is in the heap, largest first.
#ifndef HEAPSNAP_TOP_H
#define HEAPSNAP_TOP_H

#include "heapsnap/heap.h"
#include "heapsnap/totals.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum hsn_top_sort {
    HSN_TOP_BY_BYTES, /**< size_bytes, count, key */
    HSN_TOP_BY_COUNT, /**< count, size_bytes, key */
} hsn_top_sort;

/** All zero = types by bytes. */
typedef struct hsn_top_options {
    hsn_totals_options totals;
    hsn_top_sort sort;
    size_t limit; /**< rows; 0 = all */
} hsn_top_options;

typedef struct hsn_top_row {
    hsn_key key;
    uint64_t count;
    uint64_t size_bytes;
    double share;            /**< size_bytes of the whole snapshot's bytes, 0 … 1 */
    double cumulative_share; /**< of this row and all before it; NAN with `cumulative` */
} hsn_top_row;

typedef struct hsn_top {
    hsn_top_row *rows;
    size_t count;
    size_t matched;    /**< rows without the limit */
    hsn_cell sum;      /**< of all rows, listed or not; more than `whole` with `cumulative` */
    hsn_cell whole;    /**< of the snapshot, whatever the filters leave out */
    hsn_totals totals; /**< what the rows point into */
} hsn_top;

/**
 * Rank the types, modules or allocation sites of a snapshot by its stored totals.
 *
 * Rows are in descending order of bytes, then count. Ties: types and modules by name, ascending;
 * sites by frames, descending, so that rows and order are those of tracemalloc's
 * Snapshot.statistics().
 *
 * Owns:   free *out with hsn_top_free().
 * Errors: as hsn_totals_read().
 * Cost:   O(t log limit), t = types, or stacks; no object is looked at.
 * Source: docs/analysis/top.md
 */
HSN_API int hsn_top_read(hsn_snapshot_ref snapshot, const hsn_top_options *options, hsn_top *out,
                         hsn_error *err);
HSN_API void hsn_top_free(hsn_top *top);

/** A large object. */
typedef struct hsn_top_object {
    hsn_node_id node;
    uint32_t type; /**< index into hsn_heap_types() */
    uint64_t size_bytes;
} hsn_top_object;

typedef struct hsn_top_objects {
    hsn_top_object *rows;
    size_t count;
    hsn_cell sum;   /**< of all objects that the filters let through, listed or not */
    hsn_cell whole; /**< of the snapshot */
} hsn_top_objects;

/**
 * The `limit` largest objects whose type and module match (globs; NULL = all): by shallow bytes,
 * descending, then by node, which is address order.
 *
 * Owns:   free *out with hsn_top_objects_free().
 * Errors: HSN_ENOTFOUND (no objects in the snapshot), HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM.
 * Cost:   one pass over types and sizes: O(n log limit) time, 12 bytes an object.
 */
HSN_API int hsn_top_objects_read(hsn_heap *heap, const char *type, const char *module, size_t limit,
                                 hsn_top_objects *out, hsn_error *err);
HSN_API void hsn_top_objects_free(hsn_top_objects *objects);

#ifdef __cplusplus
}
#endif

#endif
