// SPDX-License-Identifier: MIT
// Results of analyses as columns: kept once, read by whoever asks next.
#ifndef HSN_STORE_RESULTS_H
#define HSN_STORE_RESULTS_H

#include <stdbool.h>

#include "heapsnap/heap.h"
#include "store/column.h"

/** A column to keep: `fill` gives the values of rows first … first + rows - 1. */
typedef struct hsn__result {
    hsn__column column;
    uint64_t rows;
    void (*fill)(const void *context, uint64_t first, uint32_t rows, uint64_t *out);
    const void *context;
} hsn__result;

/** The store that a heap reads. */
hsn_store *hsn__results_store(hsn_heap *heap);

/** Whether the store holds such a column of `rows` rows for the snapshot. Errors: HSN_ESTORE. */
int hsn__results_have(hsn_heap *heap, hsn__column column, uint64_t rows, bool *out, hsn_error *err);

/**
 * Read a column, part by part: `take` gets the values of rows first … first + rows - 1, or refuses
 * them with a text. Errors: HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM.
 */
int hsn__results_read(hsn_heap *heap, hsn__column column, uint64_t rows,
                      const char *(*take)(void *context, uint64_t first, uint32_t rows,
                                          const uint64_t *values),
                      void *context, hsn_error *err);

/** Whether the snapshot lies in a file of ours that may be written. */
bool hsn__results_can_keep(hsn_heap *heap);

/**
 * Write columns in one transaction, through a connection of its own when the store is open for
 * reading only. Only when hsn__results_can_keep(). HSN_DONE: the first column was there already.
 * Errors: HSN_EIO (cannot be written), HSN_ESTORE, HSN_ENOMEM; the store is as before then.
 */
int hsn__results_keep(hsn_heap *heap, const hsn__result *results, size_t count, hsn_error *err);

#endif
