// SPDX-License-Identifier: MIT
// Memory over time of one or several processes as a chart.
#ifndef HEAPSNAP_TIMELINE_SVG_H
#define HEAPSNAP_TIMELINE_SVG_H

#include "heapsnap/timeline.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where time begins for several processes. */
typedef enum hsn_timeline_align {
    HSN_TIMELINE_AUTO,  /**< by the clock when all of them ran at one time, else each from its start
                         */
    HSN_TIMELINE_CLOCK, /**< the earliest of all */
    HSN_TIMELINE_START, /**< each its own */
} hsn_timeline_align;

/** All zero = the defaults. */
typedef struct hsn_timeline_svg_options {
    const char *title; /**< NULL = made of names and peak */
    hsn_timeline_align align;
    int no_slope;      /**< leave out the least-squares lines */
    size_t most_calls; /**< the longest calls get brackets; 0 = 200 */
} hsn_timeline_svg_options;

/**
 * Draw as SVG: a line a curve with its peak and its least-squares line, brackets at calls.
 * `names` tells the processes apart; one a timeline.
 *
 * Owns:   *out is the caller's, NUL-terminated; hsn_plot_free() of <heapsnap/plot.h>.
 * Errors: HSN_EINVAL (no curve), HSN_ENOMEM.
 * Cost:   O(samples).
 */
HSN_API int hsn_timeline_render(const hsn_timeline *timelines, const char *const *names,
                                size_t count, const hsn_timeline_svg_options *options, char **out,
                                size_t *out_size, hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
