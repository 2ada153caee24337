// SPDX-License-Identifier: MIT
// What is alive on its own beside the declared roots. docs/analysis/roots.md states the rules.
#ifndef HSN_ANALYSIS_ROOTS_PRIVATE_H
#define HSN_ANALYSIS_ROOTS_PRIVATE_H

#include <stdbool.h>

#include "analysis/dominators_private.h"
#include "base/bitmap.h"
#include "graph/graph_internal.h"

/**
 * Into `out`, ascending: the nodes outside of `live` (a bitmap: all that the declared roots reach)
 * that references from outside of the snapshot hold, or that are immortal. What they reach is not
 * among them unless it is held so itself. `refcounts` is consumed: UINT32_MAX = unknown or
 * immortal. `flags`: hsn_object_flag bits by node. `out` has room for every node outside of `live`.
 * Returns how many there are.
 *
 * Cost: O(nodes + references of the nodes outside of `live`).
 */
size_t hsn__roots_pinned(const hsn_graph *graph, const uint64_t *live, uint32_t *refcounts,
                         const uint8_t *flags, hsn_node_id *out);

/** What makes roots of a heap's nodes. Start with `{0}`; clear it, failed or not. */
typedef struct hsn__sources {
    hsn_node_id *declared;
    uint32_t *refcounts;
    uint8_t *flags;
    hsn__holders holders; /**< points to these arrays and to the heap */
} hsn__sources;

/** Errors: HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT. Cost: two columns, 5 bytes a node. */
int hsn__sources_read(hsn_heap *heap, hsn__sources *out, hsn_error *err);
void hsn__sources_clear(hsn__sources *sources);

#endif
