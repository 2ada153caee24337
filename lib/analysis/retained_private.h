// SPDX-License-Identifier: MIT
// What the questions to the dominator tree share: going down it.
#ifndef HSN_ANALYSIS_RETAINED_PRIVATE_H
#define HSN_ANALYSIS_RETAINED_PRIVATE_H

#include <stdbool.h>

#include "heapsnap/retained.h"

/** The dominator tree downwards: children of a node are a chain in order of node. */
typedef struct hsn__below {
    hsn_node_id *first;  /**< by node; HSN_NONE = dominates nothing */
    hsn_node_id *next;   /**< by node: of the same dominator; HSN_NONE = the last one */
    hsn_node_id live;    /**< first top that the roots hold */
    hsn_node_id garbage; /**< first top that nothing holds */
} hsn__below;

/** Errors: HSN_ENOMEM. Cost: O(nodes), 8 bytes a node. Clear it, failed or not. */
int hsn__below_make(hsn__below *below, const hsn_dominators *dominators, hsn_error *err);
void hsn__below_clear(hsn__below *below);

static inline bool hsn__is_top(const hsn_dominators *dominators, hsn_node_id node)
{
    return dominators->dominator[node] >= HSN_HELD_BY_NOTHING;
}

/**
 * Sum per group, every byte once: of the nodes of a group with none of it above them. `group` by
 * node, less than `groups`. Errors: HSN_EFORMAT (no tree: the store lies), HSN_ENOMEM.
 */
int hsn__retained_sum(const hsn_dominators *dominators, const hsn__below *below,
                      const uint32_t *group, size_t groups, uint64_t *out, hsn_error *err);

/**
 * The group of each type, by type id: types of equal name (HSN_BY_TYPE) or module are one, numbered
 * in order of name from 0. Errors: HSN_ENOMEM.
 */
int hsn__group_types(const hsn_type_list *types, hsn_by by, uint32_t *out, size_t *out_groups,
                     hsn_error *err);

#endif
