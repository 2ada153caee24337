// SPDX-License-Identifier: MIT
// The search for back-references: its state, and the neighbours of one box.
#ifndef HSN_ANALYSIS_BACKREFS_PRIVATE_H
#define HSN_ANALYSIS_BACKREFS_PRIVATE_H

#include <stdbool.h>

#include "base/arena.h"
#include "heapsnap/backrefs.h"

/** References that one box of roots may have behind it, and all other boxes together. */
#define HSN__BACKREFS_ROOT_BUDGET  (UINT64_C(4) << 20)
#define HSN__BACKREFS_OTHER_BUDGET (UINT64_C(2) << 20)

/** Different labels that are told apart between two boxes; further ones are only counted. */
#define HSN__BACKREFS_DISTINCT 64

/** The objects of a box, ascending. */
typedef struct hsn__backrefs_members {
    const hsn_node_id *nodes;
    size_t count;
} hsn__backrefs_members;

/** References of one kind and label between a neighbour and a box. */
typedef struct hsn__backrefs_link {
    uint32_t box;     /**< that is looked behind */
    hsn_node_id node; /**< the neighbour */
    uint32_t order;   /**< as they were found */
    uint32_t label;
    uint32_t times;
    uint8_t kind;
    uint8_t label_form;
} hsn__backrefs_link;

/** An object next to a box. */
typedef struct hsn__backrefs_neighbour {
    uint32_t box; /**< that is looked behind */
    hsn_node_id node;
    uint32_t first_link;
    uint32_t link_count;
    uint32_t type;
    uint32_t own_box;   /**< the box that it is in itself, plus 1; 0 = none yet */
    unsigned tier;      /**< 0 = what an application wrote, higher = the runtime's own */
    bool weak;          /**< by weak references only */
    bool lone;          /**< never collapsed with its siblings */
    uint64_t signature; /**< of its labels: equal for siblings */
    uint64_t size_bytes;
} hsn__backrefs_neighbour;

/** Neighbours that count as one: a run of the array of neighbours. */
typedef struct hsn__backrefs_siblings {
    size_t first, count;
    uint64_t size_bytes;
} hsn__backrefs_siblings;

/** An object that is to be read, and for which box. */
typedef struct hsn__backrefs_task {
    hsn_node_id node;
    uint32_t place; /**< box or neighbour */
} hsn__backrefs_task;

typedef struct hsn__backrefs_search {
    hsn_heap *heap;
    const hsn_graph *graph;
    const hsn_backrefs_options *options;
    const hsn_type_list *types;
    const hsn_root_list *roots;
    uint32_t *box_of; /**< by node: its box plus 1, 0 = in none */
    uint32_t node_count;
    uint64_t budget; /**< references that may still be looked at */
    hsn__arena *arena;
    hsn_backrefs *out;
    size_t box_capacity, edge_capacity;
    hsn__backrefs_members *members; /**< by box */
    size_t member_capacity;
    // Scratch of the level that is being looked behind: boxes first_box … end_box - 1.
    uint32_t first_box, end_box;
    hsn__backrefs_task *tasks;
    size_t task_count, task_capacity;
    hsn__backrefs_link *links;
    size_t link_count, link_capacity;
    hsn__backrefs_neighbour *neighbours; /**< by box */
    size_t neighbour_count, neighbour_capacity;
    hsn__backrefs_siblings *siblings; /**< of one box */
    size_t sibling_count, sibling_capacity;
} hsn__backrefs_search;

/**
 * Find what is next to the boxes first_box … end_box - 1 that are looked behind at all, all of them
 * in one pass over the objects in order of id: a part of the heap is decoded once for all boxes.
 * Boxes with too many references get HSN_BACKREFS_UNFOLLOWED and their number in `more`.
 */
int hsn__backrefs_look(hsn__backrefs_search *search, hsn_error *err);

/**
 * Fill `siblings` with the neighbours first … first + count - 1, which are those of one box, in the
 * order in which they are to be drawn.
 */
int hsn__backrefs_arrange(hsn__backrefs_search *search, size_t first, size_t count, hsn_error *err);

/** Whether a box is looked behind: not at max_depth, and no module. */
bool hsn__backrefs_is_open(const hsn__backrefs_search *search, uint32_t box);

/** By node, then place. */
int hsn__backrefs_compare_tasks(const void *a, const void *b);

/** The root of the snapshot that `node` is; NULL = none. */
const hsn_root *hsn__backrefs_root_of(const hsn__backrefs_search *search, hsn_node_id node);

/** The module whose namespace a dictionary is, by the snapshot's roots; NULL = none. */
const hsn_root *hsn__backrefs_module_of(const hsn__backrefs_search *search, hsn_node_id node);

/** The edge that stands for all links of a run of neighbours; texts go into the search's arena. */
int hsn__backrefs_describe(hsn__backrefs_search *search, const hsn__backrefs_siblings *siblings,
                           hsn_backrefs_edge *edge, hsn_error *err);

/** The type's flags by hsn_backrefs_type_flag. */
static inline unsigned hsn__backrefs_type_flags(const hsn__backrefs_search *search, uint32_t type)
{
    return search->options->type_flags ? search->options->type_flags[type] : 0;
}

static inline uint32_t hsn__backrefs_too_many(const hsn_backrefs_options *options)
{
    return options->too_many ? options->too_many : HSN_BACKREFS_TOO_MANY;
}

/** Whether an ascending list holds `node`. */
bool hsn__backrefs_listed(const hsn_node_id *nodes, size_t count, hsn_node_id node);

#endif
