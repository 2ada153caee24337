// SPDX-License-Identifier: MIT
// The drawing of a chain of references from a root to an object.
#ifndef HEAPSNAP_DRAW_CHAIN_H
#define HEAPSNAP_DRAW_CHAIN_H

#include "heapsnap/chain.h"
#include "heapsnap/draw.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Draw chains, root on top; what several of them share is drawn once. Chains that were not found
 * are left out. The target is the box with red text. `origin` ("leak.db") may be NULL.
 *
 * Owns:   the caller owns *out; free it with hsn_drawing_free(). Independent of the chains.
 * Errors: HSN_ELIMIT (more steps than a drawing takes), HSN_ENOMEM.
 * Cost:   O(steps × log steps).
 * Source: docs/drawing.md
 */
HSN_API int hsn_draw_chains(const hsn_chain *chains, size_t count, int full_names,
                            const char *origin, hsn_drawing **out, hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
