// SPDX-License-Identifier: MIT
// Drawings of object graphs: boxes and arrows as DOT text, and as SVG, PNG and PDF through
// Graphviz.
#ifndef HEAPSNAP_DRAW_H
#define HEAPSNAP_DRAW_H

#include "heapsnap/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A drawing knows nothing of heaps: an analysis (or its tool) adds boxes and arrows, and every text
 * is raw. Escaping, shortening, colours and fonts are decided here, in one place, so that all
 * drawings of the toolkit look alike. Equal calls give equal DOT, byte for byte. docs/drawing.md
 * shows the rules.
 */
typedef struct hsn_drawing hsn_drawing;

/** Most boxes and arrows that a drawing takes; far more than any layout is worth looking at. */
#define HSN_DRAW_MAX_NODES 10000
#define HSN_DRAW_MAX_EDGES 100000

/** What the tools offer as --max-nodes unless told otherwise: what still reads well. */
#define HSN_DRAW_DEFAULT_NODES 300

/** Which way the arrows run, mostly. */
typedef enum hsn_draw_direction {
    HSN_DRAW_AUTO,  /**< down, or to the right when a row of boxes would be too wide to read */
    HSN_DRAW_DOWN,  /**< as objgraph: holders on top, what they hold below */
    HSN_DRAW_RIGHT, /**< better for long chains */
} hsn_draw_direction;

/** The frame around the picture. Texts are copied; NULL = none. */
typedef struct hsn_draw_head {
    const char *title;       /**< one line: the document's title, and the caption under the graph */
    const char *description; /**< a sentence or two for readers who cannot see the picture */
    const char *language;    /**< of the texts; NULL = "en" */
    hsn_draw_direction direction;
    unsigned max_depth; /**< where the grey ramp ends; 0 = all boxes as light as depth 0 */
} hsn_draw_head;

/** How a box is filled. */
typedef enum hsn_draw_role {
    HSN_DRAW_ORDINARY,  /**< white at depth 0, darker with depth */
    HSN_DRAW_MODULE,    /**< green */
    HSN_DRAW_HIGHLIGHT, /**< blue; wins over module, the caller sees to that */
} hsn_draw_role;

/** Bits of a box. */
enum hsn_draw_flag {
    HSN_DRAW_ROOT = 1,      /**< what the picture is about: red text, as objgraph */
    HSN_DRAW_FINALIZER = 2, /**< a red badge `__del__`: user code runs when it dies */
    HSN_DRAW_HOLDER = 4,    /**< alive on its own (frame, module, interpreter): a bold border */
};

/** Lines of a box. */
#define HSN_DRAW_LINES 4

/** A box. All texts are raw and are copied; all zero is a valid, empty one. */
typedef struct hsn_draw_node {
    uint64_t address; /**< unique; names the box in DOT, `o<decimal>`; 0 = it gets a number */
    /**
     * Line 0 is the type's name, 1 a name or short value, 2 sizes; NULL and "" are left out.
     * Control characters are shown, long lines lose their middle.
     */
    const char *lines[HSN_DRAW_LINES];
    const char *tooltip; /**< shown in full when the pointer rests; NULL = the lines in full */
    uint64_t count; /**< objects that the box stands for; above 1: `×1 204` and a second border */
    uint32_t depth; /**< from the drawing's roots: how dark it is */
    hsn_draw_role role;
    unsigned flags;   /**< hsn_draw_flag bits */
    uint32_t cluster; /**< index from hsn_drawing_add_cluster() + 1; 0 = none */
    /** A small dark-red box that points to this one, "38 more backreferences"; NULL = none. */
    const char *more_sources;
    /** The same on the other side, "12 more references"; NULL = none. */
    const char *more_targets;
} hsn_draw_node;

/** How an arrow is drawn. */
typedef enum hsn_draw_style {
    HSN_DRAW_STRONG, /**< solid */
    HSN_DRAW_WEAK,   /**< dashed grey: does not keep its target alive */
    HSN_DRAW_CYCLE,  /**< part of a cycle: dark orange */
    HSN_DRAW_BREAK,  /**< the one to cut: bold red */
    HSN_DRAW_ELIDED, /**< dotted: something between the two was left out */
} hsn_draw_style;

/** An arrow. Parallel references are one arrow with several labels. */
typedef struct hsn_draw_edge {
    uint32_t source; /**< indices of boxes */
    uint32_t target;
    const char *const *labels; /**< raw: `_pending`, `[3]`; NULL and "" are left out */
    size_t label_count;        /**< the first HSN_DRAW_LABELS are drawn */
    uint64_t more_labels;      /**< labels that are not in the list; told as `+ 5 more` */
    uint64_t count;            /**< references; `×7` when there are more than labels */
    const char *tooltip;       /**< NULL = the labels in full */
    hsn_draw_style style;
    unsigned weight; /**< how straight: 0 = 1; 10 for `__dict__` and the like, 2 for names */
    int against;     /**< runs against the others: the layout takes it the other way round */
} hsn_draw_edge;

/** Labels that are drawn at one arrow. */
#define HSN_DRAW_LABELS 4

/**
 * Owns:   the caller owns *out; free it with hsn_drawing_free().
 * Errors: HSN_ENOMEM.
 */
HSN_API int hsn_drawing_new(hsn_drawing **out, const hsn_draw_head *head, hsn_error *err);

/** Accepts NULL. */
HSN_API void hsn_drawing_free(hsn_drawing *drawing);

/** A frame around boxes, with a caption. Errors: HSN_ELIMIT, HSN_ENOMEM. */
HSN_API int hsn_drawing_add_cluster(hsn_drawing *drawing, const char *title, uint32_t *out_index,
                                    hsn_error *err);

/** *out_index (may be NULL) counts from 0 in order of the calls. Errors: HSN_ELIMIT, HSN_ENOMEM. */
HSN_API int hsn_drawing_add_node(hsn_drawing *drawing, const hsn_draw_node *node,
                                 uint32_t *out_index, hsn_error *err);

/** Both boxes stand already. Errors: HSN_ELIMIT, HSN_ENOMEM. */
HSN_API int hsn_drawing_add_edge(hsn_drawing *drawing, const hsn_draw_edge *edge, hsn_error *err);

HSN_API size_t hsn_drawing_node_count(const hsn_drawing *drawing);
HSN_API size_t hsn_drawing_edge_count(const hsn_drawing *drawing);

/** Formats: X(NAME, "word"); the word is also the file name's ending. */
#define HSN_DRAW_FORMAT_LIST(X)                                                                    \
    X(DOT, "dot")                                                                                  \
    X(SVG, "svg")                                                                                  \
    X(PNG, "png")                                                                                  \
    X(PDF, "pdf")

typedef enum hsn_draw_format {
#define HSN_DRAW_FORMAT_ROW(name, text) HSN_DRAW_##name,
    HSN_DRAW_FORMAT_LIST(HSN_DRAW_FORMAT_ROW)
#undef HSN_DRAW_FORMAT_ROW
        HSN_DRAW_FORMAT_COUNT
} hsn_draw_format;

/** The word of a format. Static. */
HSN_API const char *hsn_draw_format_name(hsn_draw_format format);

/**
 * The drawing as the bytes of a file.
 *
 * Owns:    the caller owns *out (a NUL follows its bytes); free it with hsn_drawing_free_data().
 * Errors:  HSN_EUNSUPPORTED (Graphviz lacks the format or refuses the layout; *err has its words),
 *          HSN_ELIMIT (more than 64 MiB), HSN_ENOMEM.
 * Cost:    DOT: O(boxes + arrows). Others: the layout's, up to a second at 300 boxes.
 * Threads: any; pictures take turns, because Graphviz keeps state of the process. Its context, some
 *          100 KiB, stays until the process ends.
 */
HSN_API int hsn_drawing_render(const hsn_drawing *drawing, hsn_draw_format format, char **out,
                               size_t *out_size, hsn_error *err);
HSN_API void hsn_drawing_free_data(char *data);

/** The version of the Graphviz libraries, "2.43.0"; for --version. Static. */
HSN_API const char *hsn_draw_graphviz_version(void);

#ifdef __cplusplus
}
#endif

#endif
