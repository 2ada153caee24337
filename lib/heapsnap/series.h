// SPDX-License-Identifier: MIT
// Timed values of a snapshot: memory over time, as the dump has them.
#ifndef HEAPSNAP_SERIES_H
#define HEAPSNAP_SERIES_H

#include "heapsnap/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A series. Values stand in the order of the dump: mprof's times are not always ascending. */
typedef struct hsn_series {
    const char *name;     /**< "rss", "rss.child.4711", "rss.function.app.load" */
    const double *times;  /**< seconds, since 1970 or since a start */
    const double *values; /**< bytes where the name says memory */
    size_t count;
} hsn_series;

typedef struct hsn_series_list {
    hsn_series *rows; /**< in order of first sight */
    size_t count;
    void *memory; /**< private */
} hsn_series_list;

/**
 * Read all series of a snapshot; none is no error.
 *
 * Owns:   free *out with hsn_series_list_free().
 * Errors: HSN_ESTORE, HSN_ENOMEM.
 * Cost:   O(samples).
 */
HSN_API int hsn_series_list_read(hsn_store *store, hsn_snapshot_id id, hsn_series_list *out,
                                 hsn_error *err);
HSN_API void hsn_series_list_free(hsn_series_list *list);

#ifdef __cplusplus
}
#endif

#endif
