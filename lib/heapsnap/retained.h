// SPDX-License-Identifier: MIT
// Questions to the dominator tree: largest objects, types, modules and sites; suspects; what if.
#ifndef HEAPSNAP_RETAINED_H
#define HEAPSNAP_RETAINED_H

#include "heapsnap/dominators.h"
#include "heapsnap/label.h"
#include "heapsnap/totals.h"

#ifdef __cplusplus
extern "C" {
#endif

// ---- objects ----------------------------------------------------------------------------------

/** All zero means: every object. */
typedef struct hsn_retained_options {
    const uint8_t *types; /**< only objects of types whose flag is set, by type id; NULL = all */
    int pieces;           /**< only objects that begin a piece of garbage */
    uint64_t limit;       /**< rows; 0 = all */
} hsn_retained_options;

/** An object with what there is to say of it. */
typedef struct hsn_retained_object {
    hsn_node_id node;
    uint32_t type; /**< type id */
    uint64_t address;
    uint64_t size_bytes;
    const char *name;           /**< its name or short value; "" = none */
    hsn_node_id dominator;      /**< or HSN_HELD_BY_ROOTS, HSN_HELD_BY_NOTHING */
    uint32_t dominator_type;    /**< HSN_NONE where no object dominates */
    uint64_t dominator_address; /**< 0 where no object dominates */
} hsn_retained_object;

typedef struct hsn_retained_objects {
    hsn_retained_object *rows; /**< by retained bytes, largest first, then by node */
    size_t count;
    uint64_t matched; /**< objects that passed; count when no limit applied */
    void *memory;     /**< private */
} hsn_retained_objects;

/**
 * The objects that retain most.
 *
 * Owns:   free *out with hsn_retained_objects_free(). Independent of the heap.
 * Errors: HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT.
 * Cost:   O(nodes log limit); of many rows, one pass over the heap in order of address.
 */
HSN_API int hsn_retained_objects_find(hsn_heap *heap, const hsn_dominators *dominators,
                                      const hsn_retained_options *options,
                                      hsn_retained_objects *out, hsn_error *err);
HSN_API void hsn_retained_objects_free(hsn_retained_objects *objects);

/**
 * What the reference is called by which its dominator holds an object: hsn_label_text() of the best
 * one; "" when it holds it through others, and for tops. `out` has HSN_LABEL_TEXT_BYTES.
 *
 * Errors: HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM.
 * Cost:   O(references of the dominator).
 */
HSN_API int hsn_retained_label(hsn_heap *heap, const hsn_dominators *dominators, hsn_node_id node,
                               char *out, hsn_error *err);

/**
 * For an unreachable object: the nearest live object that refers weakly to something that keeps it,
 * and that something. HSN_NONE, HSN_NONE: there is none, or the object is alive.
 *
 * Errors: HSN_EINVAL, HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT, HSN_ECANCELED.
 * Cost:   O(nodes + references): it loads the graph with weak references.
 */
HSN_API int hsn_retained_weak_path(hsn_heap *heap, const hsn_dominators *dominators,
                                   hsn_node_id node, const hsn_progress *progress,
                                   hsn_node_id *out_holder, hsn_node_id *out_target,
                                   hsn_error *err);

// ---- groups -----------------------------------------------------------------------------------

/** Objects of a type, of a module's types, or allocated at a line. */
typedef struct hsn_retained_group {
    const char *name;        /**< type, module ("builtins" for builtins) or file; "" = unknown */
    uint32_t line;           /**< of a site; 0 = unknown, or no site */
    uint64_t count;          /**< objects */
    uint64_t size_bytes;     /**< shallow */
    uint64_t retained_bytes; /**< every byte once: objects below another one of the group add
                                  nothing */
} hsn_retained_group;

typedef struct hsn_retained_groups {
    hsn_retained_group *rows; /**< by retained bytes, then size_bytes (largest first), then name */
    size_t count;
    void *memory; /**< private */
} hsn_retained_groups;

/**
 * Retained bytes by type, module (of the type) or allocation site. `by` is HSN_BY_TYPE,
 * HSN_BY_MODULE or HSN_BY_LINENO. Types of equal name are one group.
 *
 * Owns:   free *out with hsn_retained_groups_free().
 * Errors: HSN_EINVAL (another `by`), HSN_ENOTFOUND (no object carries an allocation stack),
 *         HSN_EFORMAT (damaged store), HSN_ESTORE, HSN_ENOMEM.
 * Cost:   O(nodes); 12 bytes a node.
 */
HSN_API int hsn_retained_groups_find(hsn_heap *heap, const hsn_dominators *dominators, hsn_by by,
                                     hsn_retained_groups *out, hsn_error *err);
HSN_API void hsn_retained_groups_free(hsn_retained_groups *groups);

/**
 * The retained bytes of the types (HSN_BY_TYPE) or modules (HSN_BY_MODULE) of a snapshot, by type
 * id, as the store keeps them beside the dominators: nothing else is looked at. A type has the
 * value of all types of its name. `out` has as many elements as hsn_heap_types().
 *
 * Errors: HSN_ENOTFOUND (the store holds none), HSN_EINVAL, HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM.
 */
HSN_API int hsn_retained_stored(hsn_heap *heap, hsn_by by, uint64_t *out, hsn_error *err);

/**
 * Retained bytes of the objects at the end of holder patterns: out[i] of all objects whose pattern
 * (docs/analysis/pattern.md: `app.cache._pending`, `app.cache._pending[*]`) fits globs[i] as a
 * whole, every byte once; 0 when none does. Globs are those of hsn_glob_match(); a '[' that means
 * itself is `[[]`. `flags` are those of hsn_dominators_read().
 *
 * Errors: HSN_ENOTFOUND (the store holds no dominators, and none are to be computed), HSN_ENOMEM,
 *         HSN_ELIMIT, HSN_ESTORE, HSN_EFORMAT, HSN_ECANCELED.
 * Cost:   those of hsn_pattern_find() and, after it, of hsn_dominators_read(); O(nodes) a glob.
 * Threads: needs exclusive use of `heap` while it runs.
 */
HSN_API int hsn_retained_holders(hsn_heap *heap, const char *const *globs, size_t count,
                                 unsigned flags, const hsn_progress *progress, uint64_t *out,
                                 hsn_error *err);

/** What immediately dominates the objects of some types, by the dominators' type. */
typedef struct hsn_dominating_type {
    uint32_t type;           /**< type id; HSN_NONE: no object, see `name` */
    const char *name;        /**< full name; "roots" or "nothing" where no object dominates */
    uint64_t dominators;     /**< different objects of this type that dominate some */
    uint64_t count;          /**< objects that they dominate */
    uint64_t size_bytes;     /**< shallow bytes of the dominators; 0 where no object dominates */
    uint64_t retained_bytes; /**< what the dominated objects retain; no byte twice */
} hsn_dominating_type;

typedef struct hsn_dominating_types {
    hsn_dominating_type *rows; /**< by retained bytes, then count (largest first), then name */
    size_t count;
} hsn_dominating_types;

/**
 * Group the objects of the types whose flag is set (by type id) by the type of their immediate
 * dominator: who keeps all the Requests? Objects right below another one of these types are left to
 * that one.
 *
 * Owns:   free *out with hsn_dominating_types_free(). Its names live as long as the heap.
 * Errors: HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM.
 * Cost:   O(nodes).
 */
HSN_API int hsn_dominating_types_find(hsn_heap *heap, const hsn_dominators *dominators,
                                      const uint8_t *types, hsn_dominating_types *out,
                                      hsn_error *err);
HSN_API void hsn_dominating_types_free(hsn_dominating_types *types);

// ---- tree -------------------------------------------------------------------------------------

/** A box of the tree: an object, or all objects of one type below the box above. */
typedef struct hsn_retained_box {
    uint32_t parent;  /**< box above; HSN_NONE = none */
    uint32_t depth;   /**< 0 = where the tree begins */
    uint32_t type;    /**< type id; HSN_NONE = what is too small to show, of any type */
    hsn_node_id node; /**< the object that retains most; HSN_NONE with `type` HSN_NONE */
    uint64_t count;   /**< objects */
    uint64_t size_bytes;
    uint64_t retained_bytes;
} hsn_retained_box;

/** All zero is not useful: depth and rows are 0 then. */
typedef struct hsn_retained_tree_options {
    hsn_node_id from;       /**< an object; HSN_HELD_BY_ROOTS or HSN_HELD_BY_NOTHING = all tops */
    uint32_t depth;         /**< levels below `from` */
    uint64_t min_bytes;     /**< boxes that retain less are put together */
    uint32_t most_children; /**< boxes below one box; the others are put together */
    uint64_t alone_bytes;   /**< objects that retain so much stand alone; 0 = all do */
} hsn_retained_tree_options;

typedef struct hsn_retained_tree {
    hsn_retained_box *boxes; /**< preorder; below a box largest first, what is too small last */
    size_t count;
    uint64_t whole_bytes; /**< what the tree retains */
} hsn_retained_tree;

/**
 * The dominator tree from an object, or from all tops, objects of one type below one box together.
 *
 * Owns:   free *out with hsn_retained_tree_free().
 * Errors: HSN_EINVAL (no such object), HSN_ELIMIT (boxes), HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM.
 * Cost:   O(nodes); 16 bytes a node, and 4 for each object in a box that is shown.
 */
HSN_API int hsn_retained_tree_find(hsn_heap *heap, const hsn_dominators *dominators,
                                   const hsn_retained_tree_options *options, hsn_retained_tree *out,
                                   hsn_error *err);
HSN_API void hsn_retained_tree_free(hsn_retained_tree *tree);

// ---- what if ----------------------------------------------------------------------------------

/** Objects or references to imagine away. */
typedef struct hsn_absence {
    const hsn_node_id *nodes; /**< these objects, or where the references come from */
    size_t node_count;
    const hsn_node_id *targets; /**< NULL = the objects go; else only their references to these */
    size_t target_count;
    const char *label; /**< only references of this label, as hsn_label_text(); NULL = all */
} hsn_absence;

typedef struct hsn_absence_result {
    uint64_t objects;    /**< what would go */
    uint64_t size_bytes; /**< exact */
    uint64_t references; /**< that `targets` and `label` chose; 0 when objects go */
} hsn_absence_result;

/**
 * What would go if these objects and references did not exist: out[i] for absences[i] alone,
 * out[count] for all of them together, overlaps counted once. Roots stay roots. `graph` needs
 * HSN_GRAPH_FORWARD without HSN_GRAPH_WEAK.
 *
 * Errors: HSN_EINVAL, HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT, HSN_ECANCELED.
 * Cost:   O(nodes + references) for each.
 */
HSN_API int hsn_retained_without(hsn_heap *heap, const hsn_graph *graph,
                                 const hsn_absence *absences, size_t count,
                                 const hsn_progress *progress, hsn_absence_result *out,
                                 hsn_error *err);

/**
 * What would go if all objects of a set went, for many sets at once: out[i] for sets[i]. The sets
 * share no object, and within each one every object reaches every other one, as in the components
 * of hsn_cycles_find(); the first object is the one of the lowest number.
 *
 * Errors: HSN_EINVAL, HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT, HSN_ECANCELED.
 * Cost:   as hsn_dominators_find(), and 4 bytes a reference and 8 a node more.
 */
HSN_API int hsn_retained_sets(hsn_heap *heap, const hsn_graph *graph, const hsn_span *sets,
                              size_t count, const hsn_progress *progress, uint64_t *out,
                              hsn_error *err);

// ---- suspects ---------------------------------------------------------------------------------

/** An object, or all objects of one type, right below the roots, that keeps much of the heap. */
typedef struct hsn_suspect {
    uint32_t type;
    uint64_t count;      /**< objects; 1 = `node` alone */
    hsn_node_id node;    /**< the one that retains most */
    uint64_t size_bytes; /**< shallow */
    uint64_t retained_bytes;
    double share; /**< of the whole heap */
    int is_garbage;
    /**
     * Where the bytes pile up: the last object going down from `node` along the largest child while
     * that keeps most of what is above it. HSN_NONE for groups.
     */
    hsn_node_id accumulation;
    uint64_t accumulation_bytes; /**< what it retains */
    uint32_t content_type;       /**< the type below it that retains most; HSN_NONE = none */
    uint64_t content_count;      /**< its objects there … */
    uint64_t content_bytes;      /**< … and what they retain */
    /**
     * The object nearest to the suspects that lies on the way from the roots to most of them;
     * `node`'s accumulation point when it stands alone. HSN_NONE = there is none.
     */
    hsn_node_id path_end;
    uint64_t path_count; /**< suspects whose shortest way leads through it */
    uint64_t outside;    /**< of a group: objects that no declared root reaches; roots.md */
} hsn_suspect;

typedef struct hsn_suspects {
    hsn_suspect *rows; /**< by retained bytes, largest first, then by node */
    size_t count;
} hsn_suspects;

/**
 * Find what keeps at least `share` (0 … 1) of the heap: a top of the dominator tree, or all other
 * tops of one type together.
 *
 * Owns:   free *out with hsn_suspects_free().
 * Errors: HSN_EINVAL, HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT, HSN_ECANCELED.
 * Cost:   O(nodes), and O(nodes + references) when there is a group.
 * Source: docs/analysis/retained.md
 */
HSN_API int hsn_suspects_find(hsn_heap *heap, const hsn_graph *graph,
                              const hsn_dominators *dominators, double share,
                              const hsn_progress *progress, hsn_suspects *out, hsn_error *err);
HSN_API void hsn_suspects_free(hsn_suspects *suspects);

#ifdef __cplusplus
}
#endif

#endif
