// SPDX-License-Identifier: MIT
// flame: the stacks of one or two allocation profiles merged into a tree, for flame graphs.
#ifndef HEAPSNAP_FLAME_H
#define HEAPSNAP_FLAME_H

#include "heapsnap/retained.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Whose code a frame is. */
typedef enum hsn_flame_origin {
    HSN_FLAME_APPLICATION, /**< a source file of none of the others */
    HSN_FLAME_PACKAGE,     /**< installed: site-packages */
    HSN_FLAME_STDLIB,      /**< the runtime's own */
    HSN_FLAME_NATIVE,      /**< no file is known */
} hsn_flame_origin;

/** All zero = stacks by line from the root on, weighed by the default metric. */
typedef struct hsn_flame_options {
    hsn_by by;          /**< what one frame is: LINENO (also 0), FUNCTION or FILENAME */
    const char *metric; /**< as hsn_metric_choose() takes it; NULL = the default one */
    int reverse;        /**< the newest frame first, its callers below it */
    int retained;       /**< objects of the graph, by what they retain; see hsn_flame_read() */
    int keep;           /**< with `retained`: dominators are kept in the store */
    double least_share; /**< boxes with less of the whole are dropped; 0 = none */
    uint32_t max_depth; /**< levels below the root box; deeper ones are dropped; 0 = all */
    const hsn_site_filter *filters;
    size_t filter_count;
} hsn_flame_options;

/** A frame as the grouping has it: by function without its line, by filename only its file. */
typedef struct hsn_flame_frame {
    hsn_frame frame;
    hsn_flame_origin origin;
} hsn_flame_frame;

/** A frame and what was allocated by it and by what it called. */
typedef struct hsn_flame_box {
    uint32_t parent; /**< box; HSN_NONE = the root box, which is everything */
    uint32_t depth;  /**< 0 = the root box */
    uint32_t frame;  /**< index into frames; HSN_NONE = the root box, or no stack was recorded */
    uint64_t width;  /**< of two snapshots the larger value, stack by stack: what vanished shows */
    hsn_cell cells[2]; /**< in the first and in the last snapshot; of one, both the same */
    hsn_cell owns[2];  /**< allocated by the frame itself; with `reverse`: stacks that end here */
} hsn_flame_box;

typedef struct hsn_flame {
    hsn_flame_box
        *boxes;   /**< preorder; below a box the widest first, then by file, function, line */
    size_t count; /**< at least 1, the root box */
    hsn_flame_frame *frames;
    size_t frame_count;
    uint64_t stacks;           /**< different stacks with allocations, after filters */
    size_t snapshots;          /**< 1 or 2 */
    uint32_t levels;           /**< depth of the deepest box */
    uint64_t dropped;          /**< boxes too narrow, right below one that is there … */
    uint64_t dropped_deep;     /**< … and boxes right below max_depth */
    hsn_cell wholes[2];        /**< of the snapshots, whatever the filters leave out */
    hsn_flame_options options; /**< as given, but without metric and filters */
    const char *metric;        /**< its name: "inuse" */
    const char *unit;          /**< of its sizes: "bytes" */
    int by_count;              /**< boxes are as wide as counts: "inuse_count" was asked for */
    void *memory;              /**< private */
} hsn_flame;

/**
 * Merge the stacks of one snapshot, or of two (first the older one), lined up by name.
 *
 * With `retained` an object's retained bytes stand at the stack that allocated it, for the topmost
 * objects of the dominator tree that carry a stack: everything below them is theirs, so that every
 * byte is counted once. What nothing with a stack dominates stands in a box without a frame.
 * By filename, frames of one file that call each other are one box.
 *
 * Owns:   free *out with hsn_flame_free(). Independent of the stores.
 * Errors: HSN_EINVAL (another `by`, or not 1 or 2 snapshots), HSN_ENOTFOUND (no allocations, or no
 * such metric; no functions by function; no objects with `retained`), HSN_ELIMIT, HSN_EFORMAT,
 * HSN_ESTORE, HSN_ENOMEM, HSN_ECANCELED. Cost:   O(stacks); reversed O(stacks × depth) at worst;
 * with `retained` and that of dominators. Source: docs/analysis/flame.md
 */
HSN_API int hsn_flame_read(const hsn_snapshot_ref *snapshots, size_t count,
                           const hsn_flame_options *options, const hsn_progress *progress,
                           hsn_flame *out, hsn_error *err);
HSN_API void hsn_flame_free(hsn_flame *flame);

#ifdef __cplusplus
}
#endif

#endif
