// SPDX-License-Identifier: MIT
// The drawing of components: every one in a frame, its shortest cycle coloured, the cut in red.
#ifndef HEAPSNAP_DRAW_CYCLES_H
#define HEAPSNAP_DRAW_CYCLES_H

#include "heapsnap/cycles.h"
#include "heapsnap/draw.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Draw components and their pictures, which run in parallel, `count` of each. `origin` ("leak.db")
 * may be NULL. Objects of the shortest cycle are blue, its references orange, the one to cut bold
 * red.
 *
 * Owns:   the caller owns *out; free it with hsn_drawing_free(). Independent of its inputs.
 * Errors: HSN_ELIMIT (more boxes than a drawing takes), HSN_ENOMEM.
 * Cost:   O(boxes + edges).
 * Source: docs/analysis/cycles.md
 */
HSN_API int hsn_draw_cycles(const hsn_cycle *cycles, const hsn_cycle_picture *pictures,
                            size_t count, int full_names, const char *origin, hsn_drawing **out,
                            hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
