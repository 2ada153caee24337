// SPDX-License-Identifier: MIT
// Which unreachable objects are held from outside, with all that they reach.
#include "analysis/cycles_private.h"

#include <string.h>

#include "analysis/reach.h"
#include "analysis/roots_private.h"
#include "base/alloc.h"
#include "base/fail.h"

int hsn__cycles_pinned(const hsn_graph *graph, const hsn__components *components,
                       uint32_t *refcounts, const uint8_t *flags, uint64_t **out_pinned,
                       hsn_error *err)
{
    uint64_t *pinned = hsn__bitmap_new(graph->node_count);
    hsn_node_id *queue = hsn__alloc_array((size_t)components->unreachable, sizeof *queue);
    size_t count = 0, words = hsn__bitmap_words(graph->node_count);
    int r = HSN_OK;
    *out_pinned = NULL;
    if (!pinned || !queue) {
        r = hsn__fail_memory(err);
        goto done;
    }
    // Live objects count as seen, so that the search stays among the others.
    memcpy(pinned, components->live, words * sizeof *pinned);
    count = hsn__roots_pinned(graph, components->live, refcounts, flags, queue);
    for (size_t i = 0; i < count; i++)
        hsn__bitmap_set(pinned, queue[i]);
    hsn__reach(&graph->forward, NULL, pinned, queue, count);
    for (size_t i = 0; i < words; i++)
        pinned[i] &= ~components->live[i];
    *out_pinned = pinned;
    pinned = NULL;
done:
    hsn__free(pinned);
    hsn__free(queue);
    return r;
}
