// SPDX-License-Identifier: MIT
// The parts of resources: which types are some, and what their references tell of their state.
#ifndef HSN_ANALYSIS_RESOURCES_PRIVATE_H
#define HSN_ANALYSIS_RESOURCES_PRIVATE_H

#include <stdbool.h>

#include "base/arena.h"
#include "heapsnap/resources.h"
#include "heapsnap/totals.h"

/** A kind of resource. Of the rows that fit a type, the first one counts. */
typedef struct hsn__resource_rule {
    const char *resource; /**< words; NULL = types of this name are none */
    const char *type;     /**< glob over the full name; NULL = any */
    uint32_t kinds;       /**< bits 1u << hsn_kind; 0 = any */
    uint32_t within;      /**< it is part of an object of these kinds that holds it */
} hsn__resource_rule;

/** What a test of a state looks at. */
typedef enum hsn__state_test {
    HSN__STATE_HAS,  /**< there is such a reference */
    HSN__STATE_NONE, /**< it leads to None */
    HSN__STATE_TRUE, /**< it leads to True */
} hsn__state_test;

/** How a state shows. Of the rows that fit and can tell, the first one counts. */
typedef struct hsn__state_rule {
    const char *type;      /**< glob over the full name; NULL = any */
    uint32_t kinds;        /**< of the resource; 0 = any */
    const char *label;     /**< of the reference; NULL = any label */
    uint32_t target_kinds; /**< of the reference's target; 0 = any */
    hsn__state_test test;
    const char *yes, *no;
} hsn__state_rule;

extern const hsn__resource_rule hsn__resource_rules[];
extern const size_t hsn__resource_rule_count;
extern const hsn__state_rule hsn__state_rules[];
extern const size_t hsn__state_rule_count;

/** The row of a type; NULL = no resource. */
const hsn__resource_rule *hsn__resource_rule_of(const hsn_type *type);

/** Nodes of None, True and False. */
typedef struct hsn__constants {
    hsn_node_id true_node, false_node; /**< HSN_NONE = unknown */
} hsn__constants;

/** Find them in the namespace of builtins, if the snapshot names it. */
int hsn__constants_find(hsn_heap *heap, hsn__constants *out, hsn_error *err);

/** The state of a resource; "" = cannot be seen. `type_of` is by node. */
int hsn__resource_state(hsn_heap *heap, const uint32_t *type_of, const hsn__constants *constants,
                        hsn_node_id node, const char **out, hsn_error *err);

/** Fill in `site` of every row from its `stack`. `profile` may be NULL. */
int hsn__resource_sites(const hsn_profile *profile, hsn__arena *arena, hsn_resource *rows,
                        size_t count, hsn_error *err);

#endif
