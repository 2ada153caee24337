// SPDX-License-Identifier: MIT
// Whole segments of a heap's columns, for loading graphs.
#ifndef HSN_STORE_HEAP_PRIVATE_H
#define HSN_STORE_HEAP_PRIVATE_H

#include <stdbool.h>

#include "heapsnap/heap.h"
#include "store/column.h"

/** Nodes of a part: as a segment's rows. Part p holds nodes p * 65536 … */
#define HSN__PART_NODES 65536u

/** One value of a plain column as it is stored: see lib/store/column.h. */
int hsn__heap_value(hsn_heap *heap, hsn__column column, hsn_node_id node, uint64_t *out,
                    hsn_error *err);

/** Number of parts and of nodes in one. */
uint32_t hsn__heap_part_count(const hsn_heap *heap);
uint32_t hsn__heap_part_nodes(const hsn_heap *heap, uint32_t part);

/**
 * How many references each node of the part has, with or without weak ones.
 * Errors: HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM.
 */
int hsn__heap_degrees(hsn_heap *heap, uint32_t part, bool with_weak, uint32_t *out_degrees,
                      uint64_t *out_total, hsn_error *err);

/**
 * The targets of the part's nodes, one after another, `total` of them as hsn__heap_degrees() said,
 * in the dump's order. Every one is checked to be a node. Errors: as above.
 */
int hsn__heap_targets(hsn_heap *heap, uint32_t part, bool with_weak, hsn_node_id *out,
                      uint64_t total, hsn_error *err);

/**
 * How many references each node of the part has, and 65536 further on how many of them are weak.
 * The caller frees *out. Errors: HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM.
 */
int hsn__heap_read_degrees(hsn_heap *heap, uint32_t part, uint64_t **out, hsn_error *err);

/** Names of references, by label code - HSN__LABEL_NAMES: string id * 16 + kind. Lives as long as
 * the heap. Errors: HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM. */
int hsn__heap_names(hsn_heap *heap, const uint64_t **out, uint64_t *out_count, hsn_error *err);

/**
 * The label codes (lib/store/label_code.h) of the part's strong references without their indexes,
 * in the order of hsn__heap_targets(); an index that follows reads as one that counts on. Every
 * code is less than HSN__LABEL_NAMES + number of names. Errors: as hsn__heap_targets().
 */
int hsn__heap_label_codes(hsn_heap *heap, uint32_t part, uint32_t *out, uint64_t total,
                          hsn_error *err);

#endif
