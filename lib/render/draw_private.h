// SPDX-License-Identifier: MIT
// What the files of the drawing share: the model with cleaned texts, and the steps of rendering.
#ifndef HSN_RENDER_DRAW_PRIVATE_H
#define HSN_RENDER_DRAW_PRIVATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "heapsnap/draw.h"

/** Most characters of a line of a box, of an arrow's label, and of a tooltip. */
#define HSN__DRAW_LINE_CHARS    60
#define HSN__DRAW_LABEL_CHARS   40
#define HSN__DRAW_TOOLTIP_CHARS 2000
#define HSN__DRAW_MAX_CLUSTERS  1000

/** Most bytes of a picture. */
#define HSN__DRAW_MAX_BYTES ((size_t)64 << 20)

/** Texts in here are cleaned: valid UTF-8, nothing invisible, short. NULL never occurs, "" does. */
struct hsn_drawing {
    hsn__arena arena;
    hsn_draw_head head;
    const char **clusters;
    size_t cluster_count, cluster_capacity;
    hsn_draw_node *nodes;
    size_t node_count, node_capacity;
    hsn_draw_edge *edges;
    size_t edge_count, edge_capacity;
};

/**
 * Append `text` so that it can be shown: bad UTF-8 becomes U+FFFD, control characters and marks
 * that turn the reading direction are spelled out (`\n`, `\u202e`), and when it has more than
 * `max_chars` characters its middle gives way to an ellipsis. `keep_lines` leaves newlines alone.
 */
void hsn__draw_clean(hsn__buf *buf, const char *text, size_t max_chars, bool keep_lines);

/** Append the number with its digits in groups of three: `1 204`. */
void hsn__draw_number(hsn__buf *buf, uint64_t number);

/** What the DOT is for: a file that people keep, or our own rendering, which needs ids instead. */
typedef enum hsn__dot_purpose {
    HSN__DOT_FILE,   /**< with tooltips */
    HSN__DOT_RENDER, /**< with the ids `n<index>` and `e<index>`, by which SVG finds its tooltips */
} hsn__dot_purpose;

void hsn__dot_print(const hsn_drawing *drawing, hsn__dot_purpose purpose, hsn__buf *out);

/** Lay out DOT text and render it as `format`, one of Graphviz' words ("svg", "png", "pdf"). */
int hsn__graphviz_render(const char *dot, const char *format, hsn__buf *out, hsn_error *err);

/**
 * Rewrite Graphviz' SVG: title, description, language, tooltips, and colours that follow the page.
 * The input is Graphviz' own output, so what it does not find it leaves as it is.
 */
void hsn__draw_svg_finish(const hsn_drawing *drawing, const char *svg, size_t size, hsn__buf *out);

/** Append `size` bytes of a text without NUL as XML's character data. */
void hsn__draw_put_xml(hsn__buf *out, const char *text, size_t size);

#endif
