// SPDX-License-Identifier: MIT
// load_many: the dumps of a fleet into one store, side by side on all cores.
#ifndef HEAPSNAP_LOAD_MANY_H
#define HEAPSNAP_LOAD_MANY_H

#include "heapsnap/load.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What became of one dump. */
typedef struct hsn_load_outcome {
    int status;      /**< HSN_OK, HSN_PARTIAL (stored as far as it goes), or why it was left out */
    hsn_error error; /**< unless HSN_OK */
} hsn_load_outcome;

/** Free with hsn_load_many_free(). */
typedef struct hsn_load_many_result {
    hsn_load_outcome *dumps; /**< as many as were given, in their order */
    size_t count;
    size_t left_out;              /**< dumps that are not in the store */
    hsn_snapshot_list snapshots;  /**< what was stored: in the dumps' order */
    hsn_retention_result dropped; /**< by retention */
} hsn_load_many_result;

/**
 * Load every dump as a snapshot of its own (or as several, as hsn_load() does), `jobs` at a time.
 *
 * The order in the store is that of `dump_paths`, whichever is finished first. A snapshot has the
 * label that options->label or the dump gives, else its file's name without folder and extensions;
 * where that is taken, LABEL-2, LABEL-3 …. A dump that cannot be read is left out and told in
 * out->dumps; with options->strict it is an error and nothing is stored. All snapshots appear in
 * the store at once.
 *
 * Owns:    free *out with hsn_load_many_free(), whatever is returned.
 * Errors:  HSN_PARTIAL (some dump was left out or damaged; see out->dumps), those of hsn_load() for
 *          the store, and of the first dump when none could be read.
 * Cost:    as hsn_load() for each dump; memory: that of `jobs` dumps, and their stores.
 * Threads: makes jobs - 1 of its own; options->progress is called by one at a time.
 */
HSN_API int hsn_load_many(const char *store_path, const char *const *dump_paths, size_t dump_count,
                          const hsn_load_options *options, unsigned jobs, hsn_load_many_result *out,
                          hsn_error *err);

/** Accepts NULL. */
HSN_API void hsn_load_many_free(hsn_load_many_result *result);

#ifdef __cplusplus
}
#endif

#endif
