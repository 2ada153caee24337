// SPDX-License-Identifier: MIT
// Random access to the objects of one snapshot: for showing the few that an analysis picked out.
#ifndef HEAPSNAP_HEAP_H
#define HEAPSNAP_HEAP_H

#include "heapsnap/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Reads single objects out of the columns; keeps the few segments that it decoded last. */
typedef struct hsn_heap hsn_heap;

/**
 * Owns:    the caller owns *out; close it before the store.
 * Errors:  HSN_ENOTFOUND (no such snapshot, or its graph was dropped by retention), HSN_ESTORE,
 *          HSN_ENOMEM.
 * Cost:    O(types + segments); objects are read when they are asked for.
 * Threads: one thread at a time, together with its store.
 */
HSN_API int hsn_heap_open(hsn_heap **out, hsn_store *store, hsn_snapshot_id id, hsn_error *err);

/** Accepts NULL. */
HSN_API void hsn_heap_close(hsn_heap *heap);

HSN_API const hsn_snapshot_info *hsn_heap_info(const hsn_heap *heap);

/** The types with totals, indexed by type id. Lives as long as the heap. */
HSN_API const hsn_type_list *hsn_heap_types(const hsn_heap *heap);

/** The roots, by node. Read on first use. Errors: HSN_ESTORE, HSN_ENOMEM. */
HSN_API int hsn_heap_roots(hsn_heap *heap, const hsn_root_list **out, hsn_error *err);

/** An object. `text` lives until the next call that names this heap. */
typedef struct hsn_object {
    uint64_t address;
    uint64_t size_bytes; /**< shallow */
    uint64_t length;     /**< HSN_NO_LENGTH = has none */
    uint64_t refcount;   /**< HSN_NO_REFCOUNT = unknown or immortal */
    const char *text;    /**< name or short value; "" = none */
    uint32_t type;       /**< index into hsn_heap_types() */
    uint32_t stack;      /**< allocation stack; HSN_NONE = unknown */
    uint32_t flags;      /**< hsn_object_flag bits */
    uint8_t generation;  /**< HSN_NO_GENERATION = unknown */
} hsn_object;

/** Errors: HSN_EINVAL (no such node), HSN_EFORMAT (damaged segment), HSN_ESTORE, HSN_ENOMEM. */
HSN_API int hsn_heap_object(hsn_heap *heap, hsn_node_id node, hsn_object *out, hsn_error *err);

#define HSN_NO_RETAINED UINT64_MAX

/**
 * Retained bytes of an object, as the store keeps them once dominators were found
 * (heapsnap/dominators.h); HSN_NO_RETAINED while it keeps none. Errors: HSN_EINVAL (no such node),
 * HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM.
 */
HSN_API int hsn_heap_retained(hsn_heap *heap, hsn_node_id node, uint64_t *out_bytes,
                              hsn_error *err);

/** A reference as it stands in the dump's order, weak ones last. */
typedef struct hsn_ref {
    hsn_node_id target;
    uint32_t label;     /**< string id or index, as label_form says */
    uint8_t kind;       /**< hsn_ref_kind */
    uint8_t label_form; /**< hsn_label_form */
} hsn_ref;

/**
 * The references of a node. *out lives until the next call of hsn_heap_refs() on this heap.
 *
 * Errors: HSN_EINVAL (no such node), HSN_EFORMAT (damaged segment), HSN_ESTORE, HSN_ENOMEM.
 * Cost:   O(references of the 64 Ki nodes around it) the first time, O(its references) after that.
 */
HSN_API int hsn_heap_refs(hsn_heap *heap, hsn_node_id node, const hsn_ref **out, size_t *out_count,
                          hsn_error *err);

/**
 * An interned string (label, text). NUL-terminated; lives as long as the heap.
 *
 * Errors: HSN_EINVAL (no such string), HSN_EFORMAT (damaged segment), HSN_ESTORE, HSN_ENOMEM.
 */
HSN_API int hsn_heap_string(hsn_heap *heap, uint32_t id, const char **out, hsn_error *err);

/** The node at an address. Errors: HSN_ENOTFOUND. Cost: O(log objects) segments. */
HSN_API int hsn_heap_find_address(hsn_heap *heap, uint64_t address, hsn_node_id *out,
                                  hsn_error *err);

/**
 * The nodes whose type's flag is set in `wanted` (indexed by type id), ascending.
 *
 * Owns:   *out is the caller's; free it with hsn_free_nodes().
 * Errors: HSN_EFORMAT (damaged segment), HSN_ESTORE, HSN_ENOMEM.
 * Cost:   one pass over the type column.
 */
HSN_API int hsn_heap_nodes_of_types(hsn_heap *heap, const uint8_t *wanted, hsn_node_id **out,
                                    size_t *out_count, hsn_error *err);
HSN_API void hsn_free_nodes(hsn_node_id *nodes);

/**
 * Whole columns, decoded into arrays of `objects` elements that the caller owns. Refcounts are
 * clamped to UINT32_MAX - 1; UINT32_MAX = unknown or immortal. Flags are hsn_object_flag bits.
 *
 * Errors: HSN_EFORMAT (damaged segment), HSN_ESTORE, HSN_ENOMEM.
 */
HSN_API int hsn_heap_column_types(hsn_heap *heap, uint32_t *out, hsn_error *err);
HSN_API int hsn_heap_column_sizes(hsn_heap *heap, uint64_t *out, hsn_error *err);
HSN_API int hsn_heap_column_addresses(hsn_heap *heap, uint64_t *out, hsn_error *err);
HSN_API int hsn_heap_column_refcounts(hsn_heap *heap, uint32_t *out, hsn_error *err);
HSN_API int hsn_heap_column_flags(hsn_heap *heap, uint8_t *out, hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
