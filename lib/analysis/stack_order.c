// SPDX-License-Identifier: MIT
// The order of all stacks at once: by their frames from the oldest on, a beginning before what goes
// on from it. In the prefix tree that is the order of a walk that visits callers before callees and
// callees in order of their frames, so no two stacks are compared frame by frame.
#include "analysis/totals_private.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <stdlib.h>
#include <string.h>

static int compare_frames(const void *a, const void *b, void *context)
{
    const hsn_frame *frames = context;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    int order = strcmp(frames[i].file, frames[j].file);
    if (!order && frames[i].line != frames[j].line)
        order = frames[i].line < frames[j].line ? -1 : 1;
    if (!order)
        order = strcmp(frames[i].function, frames[j].function);
    return order ? order : (i > j) - (i < j);
}

static size_t depth_of(const hsn_totals *totals, uint32_t stack)
{
    size_t depth = 0;
    for (; stack != HSN_NONE; stack = totals->stacks[stack].parent)
        depth++;
    return depth;
}

// Equal stacks are one stack: two that differ are told apart where their callers become the same.
int hsn__stack_compare(const hsn_totals *totals, uint32_t a, uint32_t b)
{
    const hsn_stack *stacks = totals->stacks;
    size_t depth_a = depth_of(totals, a), depth_b = depth_of(totals, b);
    for (size_t i = depth_b; i < depth_a; i++)
        a = stacks[a].parent;
    for (size_t i = depth_a; i < depth_b; i++)
        b = stacks[b].parent;
    if (a == b)
        return (depth_a > depth_b) - (depth_a < depth_b);
    while (stacks[a].parent != stacks[b].parent) {
        a = stacks[a].parent;
        b = stacks[b].parent;
    }
    return compare_frames(&stacks[a].frame, &stacks[b].frame, (void *)(uintptr_t)totals->frames);
}

// Stacks in order of their newest frames, by counting. `starts` has room for frame_count + 1.
static void order_by_frame(const hsn_totals *totals, const uint32_t *rank, uint32_t *starts,
                           uint32_t *out)
{
    memset(starts, 0, (totals->frame_count + 1) * sizeof *starts);
    for (size_t i = 0; i < totals->stack_count; i++)
        starts[rank[totals->stacks[i].frame] + 1]++;
    for (size_t i = 0; i < totals->frame_count; i++)
        starts[i + 1] += starts[i];
    for (uint32_t i = 0; i < totals->stack_count; i++)
        out[starts[rank[totals->stacks[i].frame]]++] = i;
}

// Numbers in the order of the walk. `first` has one more element: the children of nobody.
static void walk(const hsn_totals *totals, const uint32_t *first, const uint32_t *next,
                 uint32_t *out)
{
    uint32_t number = 0, at = first[totals->stack_count];
    while (at != HSN_NONE) {
        out[at] = number++;
        if (first[at] != HSN_NONE) {
            at = first[at];
            continue;
        }
        while (at != HSN_NONE && next[at] == HSN_NONE)
            at = totals->stacks[at].parent;
        at = at == HSN_NONE ? HSN_NONE : next[at];
    }
}

// The number of each stack in the order of all.
static int number_stacks(const hsn_totals *totals, uint32_t *out, hsn_error *err)
{
    size_t frames = totals->frame_count, stacks = totals->stack_count;
    uint32_t *sorted = hsn__alloc_array(frames, sizeof *sorted);
    uint32_t *rank = hsn__alloc_array(frames, sizeof *rank);
    uint32_t *starts = hsn__alloc_array(frames + 1, sizeof *starts);
    uint32_t *by_frame = hsn__alloc_array(stacks, sizeof *by_frame);
    uint32_t *first = hsn__alloc_array(stacks + 1, sizeof *first);
    uint32_t *next = hsn__alloc_array(stacks, sizeof *next);
    int r = sorted && rank && starts && by_frame && first && next ? HSN_OK : hsn__fail_memory(err);
    if (r < 0)
        goto done;
    for (uint32_t i = 0; i < frames; i++)
        sorted[i] = i;
    qsort_r(sorted, frames, sizeof *sorted, compare_frames, (void *)(uintptr_t)totals->frames);
    for (uint32_t i = 0; i < frames; i++)
        rank[sorted[i]] = i;
    order_by_frame(totals, rank, starts, by_frame);
    for (size_t i = 0; i <= stacks; i++)
        first[i] = HSN_NONE;
    for (size_t i = stacks; i-- > 0;) {
        uint32_t stack = by_frame[i], parent = totals->stacks[stack].parent;
        size_t list = parent == HSN_NONE ? stacks : parent;
        next[stack] = first[list];
        first[list] = stack;
    }
    walk(totals, first, next, out);
done:
    hsn__free(sorted);
    hsn__free(rank);
    hsn__free(starts);
    hsn__free(by_frame);
    hsn__free(first);
    hsn__free(next);
    return r;
}

int hsn__totals_order_stacks(hsn_totals *totals, hsn_error *err)
{
    if (totals->by != HSN_BY_TRACEBACK || totals->stack_order)
        return HSN_OK;
    uint32_t *order = hsn__arena_alloc(totals->memory, totals->stack_count * sizeof *order);
    int r = order ? number_stacks(totals, order, err) : hsn__fail_memory(err);
    if (r >= 0)
        totals->stack_order = order;
    return r;
}
