// SPDX-License-Identifier: MIT
// Retained bytes by allocation stack: every byte at the topmost object with a stack above it.
//
// The dominator tree is walked from its tops down, without a stack: the way back up is the
// dominator. The first object on the way that carries an allocation stack takes all that it
// retains, and nothing below it is looked at. Objects above it, without a stack, count their own
// bytes to no stack.
#include "analysis/flame_private.h"

#include <stdlib.h>

#include "analysis/retained_private.h"
#include "analysis/totals_private.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "store/results.h"

typedef struct columns {
    uint32_t *stacks; // by node
    uint64_t *sizes;  // by node
    size_t stack_count;
} columns;

static const char *take_stacks(void *context, uint64_t first, uint32_t rows, const uint64_t *values)
{
    columns *c = context;
    for (uint32_t i = 0; i < rows; i++) {
        if (values[i] > c->stack_count)
            return "no such stack";
        c->stacks[first + i] = values[i] ? (uint32_t)(values[i] - 1) : HSN_NONE;
    }
    return NULL;
}

static void sum_tree(const hsn_dominators *d, const hsn__below *below, const columns *c,
                     hsn_node_id top, hsn_cell *sums)
{
    hsn_node_id node = top;
    for (;;) {
        uint32_t stack = c->stacks[node];
        bool taken = stack != HSN_NONE;
        hsn__cell_add(&sums[taken ? stack : c->stack_count], 1,
                      taken ? d->retained_bytes[node] : c->sizes[node]);
        if (!taken && below->first[node] != HSN_NONE) {
            node = below->first[node];
            continue;
        }
        while (node != top && below->next[node] == HSN_NONE)
            node = d->dominator[node];
        if (node == top)
            return;
        node = below->next[node];
    }
}

// The sums as rows of a profile; what has no stack comes last.
static int make_totals(const hsn_cell *sums, size_t stacks, hsn_stack_total **out,
                       size_t *out_count, hsn_error *err)
{
    size_t count = 0;
    hsn_stack_total *rows = hsn__alloc_array(stacks + 1, sizeof *rows);
    if (!rows)
        return hsn__fail_memory(err);
    for (size_t i = 0; i <= stacks; i++)
        if (sums[i].count)
            rows[count++] = (hsn_stack_total){.stack = i < stacks ? (uint32_t)i : HSN_NONE,
                                              .count = sums[i].count,
                                              .size_bytes = sums[i].size_bytes};
    *out = rows;
    *out_count = count;
    return HSN_OK;
}

int hsn__flame_retained(hsn_heap *heap, const hsn_dominators *d, size_t stacks,
                        hsn_stack_total **out_totals, size_t *out_count, hsn_error *err)
{
    columns c = {.stack_count = stacks};
    hsn__below below = {0};
    hsn_cell *sums = hsn__alloc_zeroed(stacks + 1, sizeof *sums);
    c.stacks = hsn__alloc_array(d->node_count, sizeof *c.stacks);
    c.sizes = hsn__alloc_array(d->node_count, sizeof *c.sizes);
    int r = sums && c.stacks && c.sizes ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn__results_read(heap, HSN__COLUMN_STACK, d->node_count, take_stacks, &c, err);
    if (r >= 0)
        r = hsn_heap_column_sizes(heap, c.sizes, err);
    if (r >= 0)
        r = hsn__below_make(&below, d, err);
    if (r >= 0) {
        for (hsn_node_id top = below.live; top != HSN_NONE; top = below.next[top])
            sum_tree(d, &below, &c, top, sums);
        for (hsn_node_id top = below.garbage; top != HSN_NONE; top = below.next[top])
            sum_tree(d, &below, &c, top, sums);
        r = make_totals(sums, stacks, out_totals, out_count, err);
    }
    hsn__below_clear(&below);
    hsn__free(sums);
    hsn__free(c.stacks);
    hsn__free(c.sizes);
    return r;
}
