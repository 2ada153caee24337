// SPDX-License-Identifier: MIT
// timeline: memory over time of a process: its curves with peak and slope, and calls of functions.
#ifndef HEAPSNAP_TIMELINE_H
#define HEAPSNAP_TIMELINE_H

#include "heapsnap/series.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A curve, in order of time. */
typedef struct hsn_timeline_curve {
    const char *name; /**< "rss", "child 4711" */
    const double *times;
    const double *values;
    size_t count;    /**< at least 1 */
    size_t peak;     /**< index of the largest value, the first one of equals */
    double slope;    /**< of the least-squares line, value a second; 0 where times are all equal */
    double at_start; /**< value of that line at times[0] */
    double median_slope; /**< Theil and Sen's: the median of the slopes of all pairs */
} hsn_timeline_curve;

/** A call of a function, with memory at its start and end. */
typedef struct hsn_timeline_call {
    const char *name;
    uint32_t function; /**< equal names, equal number, in order of first sight */
    uint32_t depth;    /**< calls of the timeline that it lies within */
    double begin_s, end_s;
    double begin_value, end_value;
} hsn_timeline_call;

typedef struct hsn_timeline {
    hsn_timeline_curve *curves; /**< in order of first sight */
    size_t curve_count;
    hsn_timeline_call *calls; /**< by begin, longest first */
    size_t call_count;
    size_t function_count;
    double first_s, last_s; /**< earliest and latest time of all; 0, 0 without any */
    void *memory;           /**< private */
} hsn_timeline;

/**
 * Read the series of a snapshot as curves and calls: `….function.NAME` holds pairs of begin and end
 * (mprof), everything else is a curve; the ends of calls are samples of their curve, too. Values
 * that are not finite are left out.
 *
 * Owns:   free *out with hsn_timeline_free().
 * Errors: HSN_ENOTFOUND (no samples in the snapshot), HSN_ELIMIT, HSN_ESTORE, HSN_ENOMEM.
 * Cost:   O(samples log samples); the median slope O(samples^1.5) of at most 65 536 samples a
 *         curve, every n-th of more.
 * Source: docs/analysis/timeline.md
 */
HSN_API int hsn_timeline_read(hsn_store *store, hsn_snapshot_id id, hsn_timeline *out,
                              hsn_error *err);
HSN_API void hsn_timeline_free(hsn_timeline *timeline);

#ifdef __cplusplus
}
#endif

#endif
