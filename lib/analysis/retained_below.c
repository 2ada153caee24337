// SPDX-License-Identifier: MIT
// The dominator tree downwards, and sums over it that count every byte once.
#include "analysis/retained_private.h"

#include "base/alloc.h"
#include "base/fail.h"

int hsn__below_make(hsn__below *below, const hsn_dominators *d, hsn_error *err)
{
    *below = (hsn__below){.live = HSN_NONE, .garbage = HSN_NONE};
    below->first = hsn__alloc_array(d->node_count, sizeof *below->first);
    below->next = hsn__alloc_array(d->node_count, sizeof *below->next);
    if (!below->first || !below->next)
        return hsn__fail_memory(err);
    for (uint32_t node = 0; node < d->node_count; node++)
        below->first[node] = HSN_NONE;
    // Backwards, so that every chain ascends.
    for (uint32_t node = d->node_count; node-- > 0;) {
        hsn_node_id above = d->dominator[node];
        hsn_node_id *head = above == HSN_HELD_BY_ROOTS     ? &below->live
                            : above == HSN_HELD_BY_NOTHING ? &below->garbage
                                                           : &below->first[above];
        below->next[node] = *head;
        *head = node;
    }
    return HSN_OK;
}

void hsn__below_clear(hsn__below *below)
{
    hsn__free(below->first);
    hsn__free(below->next);
    *below = (hsn__below){0};
}

// All below one top, without a stack: the way back up is the dominator.
static uint32_t sum_tree(const hsn_dominators *d, const hsn__below *below, hsn_node_id top,
                         const uint32_t *group, uint32_t *open, uint64_t *out)
{
    hsn_node_id node = top;
    uint32_t visited = 0;
    for (;;) {
        visited++;
        if (!open[group[node]]++)
            out[group[node]] += d->retained_bytes[node];
        if (below->first[node] != HSN_NONE) {
            node = below->first[node];
            continue;
        }
        open[group[node]]--;
        while (node != top && below->next[node] == HSN_NONE) {
            node = d->dominator[node];
            open[group[node]]--;
        }
        if (node == top)
            return visited;
        node = below->next[node];
    }
}

int hsn__retained_sum(const hsn_dominators *d, const hsn__below *below, const uint32_t *group,
                      size_t groups, uint64_t *out, hsn_error *err)
{
    // How many nodes of each group lie on the way from the top to the node at hand.
    uint32_t *open = hsn__alloc_zeroed(groups, sizeof *open);
    uint64_t visited = 0;
    if (!open)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < groups; i++)
        out[i] = 0;
    for (hsn_node_id top = below->live; top != HSN_NONE; top = below->next[top])
        visited += sum_tree(d, below, top, group, open, out);
    for (hsn_node_id top = below->garbage; top != HSN_NONE; top = below->next[top])
        visited += sum_tree(d, below, top, group, open, out);
    hsn__free(open);
    if (visited != d->node_count)
        return hsn__fail(err, HSN_EFORMAT, NULL, "damaged store: dominators are no tree");
    return HSN_OK;
}
