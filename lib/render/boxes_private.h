// SPDX-License-Identifier: MIT
// Pictures of boxes upon boxes: flame graphs and the dominator tree, one drawing for both.
#ifndef HSN_RENDER_BOXES_PRIVATE_H
#define HSN_RENDER_BOXES_PRIVATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "heapsnap/model.h"

/** Most bytes of a picture; more boxes are dropped until it fits. */
#define HSN__BOXES_MAX_BYTES 5000000

/** A box; they stand in preorder. */
typedef struct hsn__box {
    uint32_t parent; /**< less than its own index; HSN_NONE = none: the first one only */
    uint32_t depth;
    uint64_t width; /**< children of a box are together no wider than it */
} hsn__box;

/** What a box says. Texts need no escaping for XML, but must be safe to show. */
typedef struct hsn__box_text {
    hsn__buf name;    /**< one line */
    hsn__buf tooltip; /**< lines; the first one begins with the amount, up to " (" or its end */
    const char *look; /**< class of the style sheet: "w1", "app", "up3" */
} hsn__box_text;

/** A line of the legend: a class of the style sheet, and what it means. */
typedef struct hsn__box_legend {
    const char *look, *text;
} hsn__box_legend;

typedef struct hsn__boxes {
    const hsn__box *boxes;
    size_t count;
    const char *title;       /**< heading */
    const char *how_to_read; /**< a line below it */
    const char *description; /**< a sentence for who cannot see it */
    const hsn__box_legend *legend;
    size_t legend_count;
    uint64_t dropped;      /**< left out before as too narrow */
    uint64_t dropped_deep; /**< left out before as too deep … */
    uint32_t max_depth;    /**< … below this level */
    bool upwards;          /**< the first box at the bottom */
    /** Fill *out for a box; its buffers are empty. */
    int (*describe)(void *context, size_t box, hsn__box_text *out, hsn_error *err);
    void *context;
} hsn__boxes;

/** Draw as SVG with script and style. Errors: HSN_ENOMEM, and those of `describe`. */
int hsn__boxes_draw(const hsn__boxes *boxes, hsn__buf *out, hsn_error *err);

#endif
