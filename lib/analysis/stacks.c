// SPDX-License-Identifier: MIT
// Stacks of several snapshots, equal ones made one: a hash table that stays near its callers.
//
// With millions of stacks every step of a lookup is a cache miss, unless neighbours are looked up
// one after the other. Stacks come callers before callees, and callees mostly soon after. So
// - a stack is first expected right behind the one that was found last: profiles of one program
//   come in much the same order;
// - its bucket, a cache line, is chosen by its caller's number alone, and only when that is full by
//   a hash of all;
// - a slot holds the frame too, so that a stack of another frame is passed by without a look at it.
#include "analysis/stacks.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "store/map64.h"

#include <string.h>

enum { SLOTS = 8 }; // of a bucket: 64 bytes

static const uint64_t FREE = UINT64_MAX;

// Neighbouring callers share a bucket: there are half as many slots again as stacks, or more.
static size_t near_bucket(const hsn__stacks *stacks, uint32_t caller)
{
    return (caller == HSN_NONE ? 0 : (size_t)caller / 4 + 1) & (stacks->buckets - 1);
}

// The id of the stack, or HSN_NONE and the free slot where it belongs.
static uint32_t look_up(const hsn__stacks *stacks, uint32_t caller, uint32_t frame,
                        uint64_t **out_slot)
{
    uint64_t hash = hsn__mix64((uint64_t)caller << 32 | frame);
    size_t bucket = near_bucket(stacks, caller), next = (size_t)hash;
    // Buckets of early callers, which have the most callees, are full and stand side by side: a
    // search that went on to the next one would take long to leave them.
    for (;; next += (size_t)(hash >> 32) | 1) {
        uint64_t *slots = &stacks->slots[bucket * SLOTS];
        for (int i = 0; i < SLOTS; i++) {
            uint32_t id = (uint32_t)slots[i];
            if (slots[i] == FREE) {
                *out_slot = &slots[i];
                return HSN_NONE;
            }
            if (slots[i] >> 32 == frame && stacks->list[id].parent == caller)
                return id;
        }
        bucket = next & (stacks->buckets - 1);
    }
}

// Make the slots, or twice as many of them, and put in what is there.
static int index_all(hsn__stacks *stacks, hsn_error *err)
{
    size_t buckets = stacks->buckets ? stacks->buckets : 8;
    while (buckets * SLOTS / 2 < stacks->count + 1)
        buckets *= 2;
    uint64_t *slots = hsn__alloc_array(buckets * SLOTS, sizeof *slots), *slot;
    if (!slots)
        return hsn__fail_memory(err);
    memset(slots, 0xff, buckets * SLOTS * sizeof *slots);
    hsn__free(stacks->slots);
    stacks->slots = slots;
    stacks->buckets = buckets;
    for (stacks->indexed = 0; stacks->indexed < stacks->count; stacks->indexed++) {
        const hsn_stack *stack = &stacks->list[stacks->indexed];
        if (look_up(stacks, stack->parent, stack->frame, &slot) == HSN_NONE)
            *slot = (uint64_t)stack->frame << 32 | stacks->indexed;
    }
    return HSN_OK;
}

int hsn__stacks_take(hsn__stacks *stacks, const hsn_profile *profile, const uint32_t *frames,
                     hsn_error *err)
{
    if (!hsn__array_grow(&stacks->list, &stacks->capacity, profile->stack_count,
                         sizeof *stacks->list, UINT32_MAX - 2))
        return hsn__fail_memory(err);
    for (; stacks->count < profile->stack_count; stacks->count++) {
        const hsn_stack *stack = &profile->stacks[stacks->count];
        stacks->list[stacks->count] = (hsn_stack){frames[stack->frame], stack->parent};
    }
    return HSN_OK;
}

int hsn__stacks_put(hsn__stacks *stacks, uint32_t caller, uint32_t frame, uint32_t *out_id,
                    hsn_error *err)
{
    uint64_t *slot;
    uint32_t next = stacks->last + 1;
    if (next < stacks->count && stacks->list[next].parent == caller &&
        stacks->list[next].frame == frame) {
        *out_id = stacks->last = next;
        return HSN_OK;
    }
    // Three quarters full at most.
    if ((!stacks->slots || stacks->indexed >= stacks->buckets * SLOTS / 4 * 3) &&
        index_all(stacks, err) < 0)
        return HSN_ENOMEM;
    *out_id = stacks->last = look_up(stacks, caller, frame, &slot);
    if (*out_id != HSN_NONE)
        return HSN_OK;
    if (!hsn__array_grow(&stacks->list, &stacks->capacity, stacks->count + 1, sizeof *stacks->list,
                         UINT32_MAX - 2))
        return hsn__fail_memory(err);
    *out_id = stacks->last = (uint32_t)stacks->count++;
    stacks->list[*out_id] = (hsn_stack){.frame = frame, .parent = caller};
    *slot = (uint64_t)frame << 32 | *out_id;
    stacks->indexed++;
    return HSN_OK;
}

void hsn__stacks_clear(hsn__stacks *stacks)
{
    hsn__free(stacks->list);
    hsn__free(stacks->slots);
    *stacks = (hsn__stacks){0};
}
