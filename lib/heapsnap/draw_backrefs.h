// SPDX-License-Identifier: MIT
// The drawing of a graph of back-references: what stands in its boxes and beside its arrows.
#ifndef HEAPSNAP_DRAW_BACKREFS_H
#define HEAPSNAP_DRAW_BACKREFS_H

#include "heapsnap/backrefs.h"
#include "heapsnap/draw.h"

#ifdef __cplusplus
extern "C" {
#endif

/** All zero = short names, sizes, no refcounts. */
typedef struct hsn_draw_backrefs_options {
    const char *origin; /**< where it comes from, for the caption: "leak.db"; NULL = nothing */
    int full_names;     /**< `app.cache.Request` instead of `Request` */
    int refcounts;      /**< `Request [3]`; an immortal's is `[∞]` */
    int no_sizes;       /**< without the line of bytes */
    int exact_bytes;    /**< 1536 B instead of 1.5 KiB */
} hsn_draw_backrefs_options;

/**
 * Draw a graph of back-references (or references). `options` may be NULL.
 *
 * Owns:   the caller owns *out; free it with hsn_drawing_free(). Independent of `backrefs`.
 * Errors: HSN_ELIMIT (more boxes than a drawing takes), HSN_ENOMEM.
 * Cost:   O(boxes + edges).
 * Source: docs/drawing.md
 */
HSN_API int hsn_draw_backrefs(const hsn_backrefs *backrefs,
                              const hsn_draw_backrefs_options *options, hsn_drawing **out,
                              hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
