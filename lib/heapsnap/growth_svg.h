// SPDX-License-Identifier: MIT
// Growth over several snapshots as small charts: the whole heap, then what grows most.
#ifndef HEAPSNAP_GROWTH_SVG_H
#define HEAPSNAP_GROWTH_SVG_H

#include "heapsnap/growth.h"

#ifdef __cplusplus
extern "C" {
#endif

/** All zero = bytes by step, 8 rows. */
typedef struct hsn_growth_svg_options {
    const char *title;                  /**< NULL = made of the rows */
    const int64_t *captured_at_unix_ms; /**< one a snapshot; NULL, or not rising = steps */
    const int64_t *rss_bytes;           /**< one a snapshot, 0 = unknown; NULL = all are */
    size_t most;                        /**< rows that get a chart; 0 = 8 */
    int by_count;                       /**< objects or blocks, not bytes */
} hsn_growth_svg_options;

/**
 * Draw as SVG: a chart for the whole, and one for each of the first rows, with the lines of its
 * slope and of both ends of the interval.
 *
 * Owns:   *out is the caller's, NUL-terminated; hsn_plot_free() of <heapsnap/plot.h>.
 * Errors: HSN_EINVAL (no snapshots), HSN_ELIMIT (charts), HSN_ENOMEM.
 * Cost:   O(charts × snapshots).
 */
HSN_API int hsn_growth_render(const hsn_growth *growth, const hsn_growth_svg_options *options,
                              char **out, size_t *out_size, hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
