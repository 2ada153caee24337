// SPDX-License-Identifier: MIT
// A graph of back-references as tables: a tree for people, boxes and edges for programs.
#ifndef HEAPSNAP_BACKREFS_TABLE_H
#define HEAPSNAP_BACKREFS_TABLE_H

#include "heapsnap/backrefs.h"
#include "heapsnap/table.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A tree for reading: a root, indented below it who refers to it, and so on. A box that has a line
 * already is only named again. Columns: tree, address (of single objects), bytes.
 *
 * Owns:   the caller owns *out; hsn_table_free(). Independent of `backrefs`.
 * Errors: HSN_ENOMEM, HSN_ELIMIT.
 * Cost:   O(boxes + edges).
 */
HSN_API int hsn_backrefs_tree(const hsn_backrefs *backrefs, int full_names, int refcounts,
                              hsn_table **out, hsn_error *err);

/**
 * The boxes, one a row, in order. Columns: address, type, text, count, size_bytes, length,
 * refcount, immortal, depth, root, module, highlight, finalizer, root_kind, root_name, more,
 * followed.
 *
 * Owns:   the caller owns *out; hsn_table_free(). Independent of `backrefs`.
 * Errors: HSN_ENOMEM, HSN_ELIMIT.
 */
HSN_API int hsn_backrefs_boxes(const hsn_backrefs *backrefs, hsn_table **out, hsn_error *err);

/**
 * One row for the whole: direction, max_depth, objects, cut_objects, and `edges`, a list of source
 * and target (rows of hsn_backrefs_boxes(), from 0), labels, more_labels, count, kind, weak.
 *
 * Owns:   the caller owns *out; hsn_table_free(). Independent of `backrefs`.
 * Errors: HSN_ENOMEM, HSN_ELIMIT.
 */
HSN_API int hsn_backrefs_whole(const hsn_backrefs *backrefs, hsn_table **out, hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
