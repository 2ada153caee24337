// SPDX-License-Identifier: MIT
// Stacks of several snapshots, equal ones made one.
#ifndef HSN_ANALYSIS_STACKS_H
#define HSN_ANALYSIS_STACKS_H

#include "heapsnap/store.h"

/** Start with `{0}`. A stack is its caller and its frame; ids count from 0, callers before callees.
 */
typedef struct hsn__stacks {
    hsn_stack *list; /**< by id */
    size_t count, capacity;
    uint64_t *slots; /**< frame << 32 | id; UINT64_MAX = free. NULL until something is looked up */
    size_t buckets;  /**< of 8 slots; a power of two */
    size_t indexed;  /**< stacks that the slots know */
    uint32_t last;   /**< what was found last */
} hsn__stacks;

/**
 * Take over the stacks of a profile into an empty list: ids are the profile's. `frames` says what
 * each of its frames has become, all different; so no two stacks are equal. Errors: HSN_ENOMEM.
 */
int hsn__stacks_take(hsn__stacks *stacks, const hsn_profile *profile, const uint32_t *frames,
                     hsn_error *err);

/** The id of a stack, made when it is new. `caller` is an id or HSN_NONE. Errors: HSN_ENOMEM. */
int hsn__stacks_put(hsn__stacks *stacks, uint32_t caller, uint32_t frame, uint32_t *out_id,
                    hsn_error *err);

void hsn__stacks_clear(hsn__stacks *stacks);

#endif
