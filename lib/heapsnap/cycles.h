// SPDX-License-Identifier: MIT
// Reference cycles of a snapshot: what can only be freed by a collector, ranked, with what to cut.
#ifndef HEAPSNAP_CYCLES_H
#define HEAPSNAP_CYCLES_H

#include "heapsnap/graph.h"
#include "heapsnap/label.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What keeps the objects of a component: X(NAME, "word"). docs/analysis/cycles.md defines them. */
#define HSN_CYCLE_KIND_LIST(X)                                                                     \
    X(LIVE, "live")       /* a root reaches it */                                                  \
    X(GARBAGE, "garbage") /* nothing does: a collection would free it */                           \
    X(PINNED, "pinned")   /* no root, but references that the snapshot does not show */            \
    X(UNKNOWN, "unknown") /* the snapshot has neither roots nor refcounts */

typedef enum hsn_cycle_kind {
#define HSN_CYCLE_KIND_ROW(name, text) HSN_CYCLE_##name,
    HSN_CYCLE_KIND_LIST(HSN_CYCLE_KIND_ROW)
#undef HSN_CYCLE_KIND_ROW
        HSN_CYCLE_KIND_COUNT
} hsn_cycle_kind;

/** The word of a kind. Static. */
HSN_API const char *hsn_cycle_kind_name(hsn_cycle_kind kind);

/** All zero means: every component. */
typedef struct hsn_cycles_options {
    unsigned kinds; /**< bits 1u << hsn_cycle_kind; 0 = all */
    /**
     * Only components with an object of a type whose flag is set (indexed by type id), and as their
     * shortest cycle one through such an object. NULL = all.
     */
    const uint8_t *types;
    uint64_t min_objects; /**< only components of at least so many objects */
    /**
     * Leave out what every Python process has: cycles of live objects through a class, a module, or
     * the globals of a function or frame. docs/analysis/cycles.md says why. Components that no root
     * reaches are the same with and without.
     */
    int no_housekeeping;
    /**
     * One row for all components that are alike: of one kind, with as many objects of the same
     * types. The first of them by rank stands for the others, and rows are ranked by what all of
     * them hold.
     */
    int group_alike;
    uint64_t limit; /**< rows; what they hold costs time, the rest is counted. 0 = all */
} hsn_cycles_options;

/** An object of a shortest cycle and its reference to the next one (of the last: to the first). */
typedef struct hsn_cycle_step {
    hsn_node_id node;
    uint32_t type; /**< type id */
    uint64_t address;
    const char *type_name;  /**< full: "app.tree.Node" */
    const char *short_name; /**< without the module: "Node" */
    const char *label;      /**< of `ref`, as hsn_label_text() says */
    const char
        *expression; /**< of `ref`, as it is typed: ".parent", "['k']", "[3]"; "" = no name */
    hsn_ref ref;
} hsn_cycle_step;

/** Objects of a type within a component. */
typedef struct hsn_type_count {
    uint32_t type;
    uint64_t count;
    const char *name; /**< full name of the type */
} hsn_type_count;

/** A component: every object of it reaches every other one by strong references. */
typedef struct hsn_cycle {
    uint64_t component; /**< rank among all components of the snapshot, from 1 */
    hsn_cycle_kind kind;
    uint64_t objects;
    uint64_t size_bytes; /**< shallow bytes of its objects */
    uint64_t alike;      /**< components that this row stands for; 1 without group_alike */
    uint64_t alike_objects;
    uint64_t alike_size_bytes;
    hsn_type_count *types; /**< by count (largest first), then by name */
    size_t type_count;
    const hsn_node_id *nodes; /**< its objects, ascending; `objects` of them */
    /**
     * A shortest cycle. Begins at its object of lowest address whose kind is instance, if it has
     * one, else at its object of lowest address.
     */
    hsn_cycle_step *shortest;
    size_t shortest_count;
    const char *shortest_text; /**< "Node .children → list [0] → Node .parent → Node"; the first
                                  steps of a long one */
    int shortest_is_exact;     /**< 0: the search hit its bound; there may be a shorter one
                                */
    size_t cut;                /**< shortest[cut].ref is the reference to remove */
    int cut_is_counted; /**< 0: the component is too large (65 536 objects or references) … */
    uint64_t cut_frees; /**< … else: objects on no cycle of the component without that reference */
} hsn_cycle;

/** Components of a kind, before any filter but by kind. */
typedef struct hsn_cycle_total {
    uint64_t components;
    uint64_t objects;
    uint64_t size_bytes;
} hsn_cycle_total;

typedef struct hsn_cycles {
    hsn_cycle
        *rows; /**< by size_bytes, then objects (largest first), then address of first object */
    size_t count;
    uint64_t matched; /**< components that the filters let through */
    uint64_t groups;  /**< rows that they make: count when no limit applied */
    hsn_cycle_total totals[HSN_CYCLE_KIND_COUNT]; /**< of the whole snapshot */
    int has_roots;                                /**< 0: nothing is live, for want of roots */
    int tells_pinned; /**< 0: no refcounts; what is pinned stands as garbage */
    void *memory;     /**< private */
} hsn_cycles;

/**
 * Find the reference cycles of a snapshot.
 *
 * Strong references only. A component of the result is strongly connected and has at least two
 * objects, or one that refers to itself. A self reference is always found; longer cycles are
 * shortest ones as long as each step of the search stays within 16 Mi visits of references: always
 * for up to 4096 objects with 4096 references, and nearly always beyond.
 *
 * `graph` needs HSN_GRAPH_FORWARD without HSN_GRAPH_WEAK, and comes from the same heap.
 *
 * Owns:    the caller owns *out; free it with hsn_cycles_free(). Independent of heap and graph.
 * Errors:  HSN_EINVAL (parts missing), HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT, HSN_ECANCELED.
 * Cost:    O(nodes + references), and the bounded search for each row. Up to 28 bytes an object
 * beside the graph. Threads: needs exclusive use of `heap` while it runs. Source:
 * docs/analysis/cycles.md; Tarjan 1972, Pearce 2016; CPython's deduce_unreachable().
 */
HSN_API int hsn_cycles_find(hsn_heap *heap, const hsn_graph *graph,
                            const hsn_cycles_options *options, const hsn_progress *progress,
                            hsn_cycles *out, hsn_error *err);

/** Accepts a result that is all zero. */
HSN_API void hsn_cycles_free(hsn_cycles *cycles);

/** Labels that an edge of a picture keeps. */
#define HSN_CYCLE_LABELS 4

/** An object of a picture. */
typedef struct hsn_cycle_box {
    hsn_node_id node;
    uint64_t address;
    uint64_t size_bytes;
    uint64_t retained_bytes; /**< HSN_NO_RETAINED = the store keeps none */
    uint64_t length;         /**< HSN_NO_LENGTH = has none */
    uint64_t more;         /**< objects of the component that it refers to and that are not drawn */
    const char *type_name; /**< full: "app.tree.Node" */
    const char *short_name; /**< without the module: "Node" */
    const char *text;       /**< name or short value; "" = none */
    hsn_kind kind;
    uint32_t depth; /**< references from the shortest cycle; 0 = on it */
    int has_finalizer;
} hsn_cycle_box;

/** All references from one box to another. */
typedef struct hsn_cycle_edge {
    uint32_t source; /**< indices of boxes */
    uint32_t target;
    const char *labels[HSN_CYCLE_LABELS]; /**< best ones first; different ones */
    size_t label_count;
    uint64_t count;    /**< references */
    hsn_ref_kind kind; /**< of the best one */
    int on_shortest;
    int is_cut;
} hsn_cycle_edge;

/** What to draw of a component: its shortest cycle first, then what that refers to. */
typedef struct hsn_cycle_picture {
    hsn_cycle_box *boxes;
    size_t box_count;
    hsn_cycle_edge *edges; /**< by source, then in order of the references */
    size_t edge_count;
    void *memory; /**< private */
} hsn_cycle_picture;

/**
 * Choose what to draw of a component. One of at most `max_boxes` objects is drawn whole; of a
 * larger one the shortest cycle (its first `max_boxes` objects), and around it, nearest first, up
 * to six objects behind each.
 *
 * Owns:    the caller owns *out; free it with hsn_cycle_picture_free().
 * Errors:  HSN_EINVAL (max_boxes is 0), HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT.
 * Cost:    O(references of the boxes); objects per component O(log) to tell members.
 * Threads: needs exclusive use of `heap` while it runs.
 */
HSN_API int hsn_cycle_picture_find(hsn_heap *heap, const hsn_cycle *cycle, size_t max_boxes,
                                   hsn_cycle_picture *out, hsn_error *err);

/** Accepts a picture that is all zero. */
HSN_API void hsn_cycle_picture_free(hsn_cycle_picture *picture);

#ifdef __cplusplus
}
#endif

#endif
