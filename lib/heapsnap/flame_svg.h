// SPDX-License-Identifier: MIT
// Flame graphs as interactive SVG, and as folded stacks for other tools.
#ifndef HEAPSNAP_FLAME_SVG_H
#define HEAPSNAP_FLAME_SVG_H

#include "heapsnap/flame.h"
#include "heapsnap/table.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a flame graph loses when it is drawn: boxes below a quarter of a pixel. */
#define HSN_FLAME_LEAST_SHARE (0.25 / 1180)

/** Levels that a picture has unless told otherwise. */
#define HSN_FLAME_MAX_DEPTH 512

/** All zero = an icicle: the root box on top. */
typedef struct hsn_flame_svg_options {
    const char *title;      /**< heading; NULL = made of the sources */
    const char *sources[2]; /**< names of the snapshots; NULL = none */
    int upwards;            /**< the root box at the bottom, as flames are drawn */
} hsn_flame_svg_options;

/**
 * Draw as one SVG that needs nothing else: script and style are inside. Click or Enter zooms, / or
 * Ctrl-F searches, Escape zooms out. Less than 5 MB: what is too narrow is left out and counted.
 *
 * Owns:   *out is the caller's, NUL-terminated; hsn_flame_svg_free().
 * Errors: HSN_ENOMEM.
 * Cost:   O(boxes).
 * Source: docs/drawing.md
 */
HSN_API int hsn_flame_render(const hsn_flame *flame, const hsn_flame_svg_options *options,
                             char **out, size_t *out_size, hsn_error *err);
HSN_API void hsn_flame_svg_free(char *svg);

/**
 * Print every stack that has something of its own as `root;caller;leaf 4096`, in the order of the
 * boxes, with both values when there are two snapshots: what the folded reader and flame graph
 * tools read.
 *
 * Errors: HSN_EINVAL (a reversed flame graph), HSN_EIO (write), HSN_ENOMEM.
 * Cost:   O(frames of all stacks).
 * Source: docs/formats/folded.md
 */
HSN_API int hsn_flame_folded(const hsn_flame *flame, const hsn_writer *writer, hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
