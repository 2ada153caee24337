// SPDX-License-Identifier: MIT
// The dominator tree as an icicle: width is retained bytes, a row is a level.
#ifndef HEAPSNAP_ICICLE_H
#define HEAPSNAP_ICICLE_H

#include "heapsnap/retained.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Draw a tree as SVG that stands alone: no script, no link; exact bytes as tooltips; light and dark
 * pages. `source` names the snapshot in the heading. docs/analysis/retained.md tells the colours.
 *
 * Owns:   *out is the caller's, NUL-terminated; hsn_icicle_free().
 * Errors: HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT.
 * Cost:   O(boxes).
 */
HSN_API int hsn_icicle_render(hsn_heap *heap, const hsn_dominators *dominators,
                              const hsn_retained_tree *tree, const char *source, char **out,
                              size_t *out_size, hsn_error *err);
HSN_API void hsn_icicle_free(char *svg);

#ifdef __cplusplus
}
#endif

#endif
