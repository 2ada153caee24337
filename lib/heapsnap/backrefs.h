// SPDX-License-Identifier: MIT
// The graph of back-references around some objects: who refers to them, who refers to those, …
#ifndef HEAPSNAP_BACKREFS_H
#define HEAPSNAP_BACKREFS_H

#include "heapsnap/graph.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The defaults of objgraph, where the rules come from. */
#define HSN_BACKREFS_MAX_DEPTH 3
#define HSN_BACKREFS_TOO_MANY  10
#define HSN_BACKREFS_MAX_BOXES 300

/** Labels that an edge keeps. */
#define HSN_BACKREFS_LABELS 4

/** Flags of a type in hsn_backrefs_options.type_flags. */
enum hsn_backrefs_type_flag {
    HSN_BACKREFS_HIDE = 1,   /**< objects of the type are skipped; roots never are */
    HSN_BACKREFS_COLOUR = 2, /**< they are marked in the result */
};

/** All zero = as objgraph: depth 3, ten neighbours, nothing hidden; siblings collapsed. */
typedef struct hsn_backrefs_options {
    int refs;         /**< follow references (forward) instead of back-references */
    int weak;         /**< weak references too; the graph must hold them */
    int no_collapse;  /**< every neighbour is a box of its own */
    int depth_is_set; /**< take max_depth as it is, even 0: the roots alone */
    uint32_t max_depth;
    uint32_t too_many;  /**< neighbours of a box that become boxes; 0 = HSN_BACKREFS_TOO_MANY */
    uint32_t max_boxes; /**< 0 = HSN_BACKREFS_MAX_BOXES */
    uint32_t each;      /**< so many of the roots become boxes of their own; 0 = one box per type */
    const uint8_t *type_flags;  /**< by type id, as many as hsn_heap_types(); NULL = none */
    const hsn_node_id *ignored; /**< objects to skip, ascending */
    size_t ignored_count;
    const hsn_node_id *coloured; /**< objects to mark, ascending */
    size_t coloured_count;
} hsn_backrefs_options;

/** Bits of a box. */
enum hsn_backrefs_box_flag {
    HSN_BACKREFS_ROOT = 1, /**< one of the objects asked for */
    HSN_BACKREFS_MODULE =
        2, /**< a module: not looked behind, what a module is held by is no news */
    HSN_BACKREFS_COLOURED = 4,    /**< by type_flags or `coloured` */
    HSN_BACKREFS_FINALIZER = 8,   /**< its type has a finalizer of the user */
    HSN_BACKREFS_HOLDER = 16,     /**< a root of the snapshot: alive on its own */
    HSN_BACKREFS_UNFOLLOWED = 32, /**< too many references behind it: `more` counts references */
};

/** An object, or several of one type that relate to the same box in the same way. */
typedef struct hsn_backrefs_box {
    hsn_node_id node;       /**< the object, or the one of the lowest address */
    uint32_t type;          /**< type id */
    uint64_t address;       /**< of `node` */
    const char *type_name;  /**< full: "app.cache.Request" */
    const char *short_name; /**< without the module: "Request" */
    const char *text; /**< name or short value of `node`, "__dict__ of app.cache"; "" = none */
    hsn_kind kind;
    uint32_t depth;          /**< 0 = root */
    unsigned flags;          /**< hsn_backrefs_box_flag bits */
    unsigned object_flags;   /**< hsn_object_flag bits of `node` */
    uint64_t count;          /**< objects, at least 1 */
    uint64_t size_bytes;     /**< shallow, of all of them */
    uint64_t retained_bytes; /**< of `node`; HSN_NO_RETAINED = not in the store, or count > 1 */
    uint64_t length;         /**< of `node`; HSN_NO_LENGTH = has none, or count > 1 */
    uint64_t refcount;       /**< of `node`; HSN_NO_REFCOUNT = unknown, or count > 1 */
    uint64_t more;           /**< neighbours (objects) that did not become boxes */
    hsn_root_kind root_kind; /**< with HSN_BACKREFS_HOLDER */
    const char *root_name;
    const char *root_thread;
} hsn_backrefs_box;

/** All references from the objects of one box to those of another. */
typedef struct hsn_backrefs_edge {
    uint32_t source; /**< indices of boxes; the arrow runs source → target in either direction */
    uint32_t target;
    const char *labels[HSN_BACKREFS_LABELS]; /**< different ones: "parent", "[3]", "[*]" */
    uint32_t label_count;
    uint64_t more_labels; /**< different labels that found no room; at most a lower bound */
    uint64_t count;       /**< references */
    hsn_ref_kind kind;    /**< of the best one */
    int weak;             /**< all of them are weak */
} hsn_backrefs_edge;

/** The graph. Boxes stand in the order of the search, edges by the box that was looked behind. */
typedef struct hsn_backrefs {
    hsn_backrefs_box *boxes;
    size_t box_count;
    hsn_backrefs_edge *edges;
    size_t edge_count;
    uint32_t max_depth; /**< the one in effect */
    int refs;
    uint64_t root_count;  /**< objects asked for */
    uint64_t cut_objects; /**< objects that a limit left out, the sum of `more` */
    void *memory;         /**< private */
} hsn_backrefs;

/**
 * Search breadth first from `roots` over referrers (or references), as objgraph.show_backrefs does.
 *
 * A box is dequeued, and unless it is at max_depth or a module its neighbours are put in order:
 * those whose best reference is an application's first (hsn_ref_rank()), what the interpreter keeps
 * (types, globals of modules) last; then the largest in bytes, then the lowest address. Siblings of
 * one type and one set of labels count as one; modules and frames always stand alone, other objects
 * with names do when they are few. The first `too_many` become boxes or lead to boxes that exist,
 * the others are counted. Roots of one type are one box unless `each` is set.
 *
 * `graph` needs HSN_GRAPH_BACKWARD (and HSN_GRAPH_WEAK with `weak`); with `refs` it may be NULL.
 *
 * Owns:    free *out with hsn_backrefs_free(). Independent of heap and graph after that.
 * Errors:  HSN_EINVAL (no root, no such node, parts of the graph missing), HSN_ENOMEM, HSN_ESTORE,
 *          HSN_EFORMAT (damaged segment), HSN_ECANCELED.
 * Cost:    O(references of the roots and their neighbours) and at most 2 million references more;
 *          4 bytes a node of address space, of which only what is drawn is touched.
 * Threads: needs exclusive use of `heap` while it runs.
 * Source:  docs/analysis/backrefs.md
 */
HSN_API int hsn_backrefs_find(hsn_heap *heap, const hsn_graph *graph, const hsn_node_id *roots,
                              size_t root_count, const hsn_backrefs_options *options,
                              const hsn_progress *progress, hsn_backrefs *out, hsn_error *err);

/** Accepts a graph that is all zero. */
HSN_API void hsn_backrefs_free(hsn_backrefs *backrefs);

#ifdef __cplusplus
}
#endif

#endif
