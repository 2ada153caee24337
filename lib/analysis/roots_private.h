// SPDX-License-Identifier: MIT
// What is alive on its own beside the declared roots. docs/analysis/roots.md states the rules.
#ifndef HSN_ANALYSIS_ROOTS_PRIVATE_H
#define HSN_ANALYSIS_ROOTS_PRIVATE_H

#include <stdbool.h>

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
                         const uint32_t *flags, hsn_node_id *out);

#endif
