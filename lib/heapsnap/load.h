// SPDX-License-Identifier: MIT
// Dumps into stores, and the snapshot arguments of the tools.
#ifndef HEAPSNAP_LOAD_H
#define HEAPSNAP_LOAD_H

#include "heapsnap/history.h"

#ifdef __cplusplus
extern "C" {
#endif

/** All zero = defaults. */
typedef struct hsn_load_options {
    const char *format;   /**< reader's name; NULL = recognise by the first bytes */
    const char *label;    /**< label of the snapshot; NULL = the dump's own, if it has one */
    const hsn_pair *tags; /**< more tags, over the dump's own */
    size_t tag_count;
    int append;                     /**< add to an existing store instead of making a new one */
    int replace;                    /**< a new store may replace an existing file */
    int strict;                     /**< a damaged dump is an error and stores nothing */
    int no_symbols;                 /**< no names from the programs and libraries of this machine */
    uint64_t max_objects;           /**< 0 = HSN_MAX_OBJECTS */
    uint64_t max_string_bytes;      /**< all strings together; 0 = 16 GiB */
    const hsn_progress *progress;   /**< may be NULL */
    const hsn_retention *retention; /**< applied afterwards, in the same transaction; NULL = none */
} hsn_load_options;

/** What a load did. Free with hsn_load_result_free(). */
typedef struct hsn_load_result {
    hsn_snapshot_id id;           /**< the last one stored */
    hsn_snapshot_list snapshots;  /**< what was stored: one row as a rule */
    hsn_error damage;             /**< of a partial load: what and where */
    uint64_t peak_bytes;          /**< most bytes that the builder held at once */
    hsn_retention_result dropped; /**< by retention */
} hsn_load_result;

HSN_API void hsn_load_result_free(hsn_load_result *result);

/**
 * Load dumps of one process at one instant as one snapshot into the store at `store_path`. A single
 * dump that holds several snapshots (guppy's .hpy, a log of smaps) becomes as many, in its order; a
 * label is then of the first, and LABEL-2, LABEL-3 … of the others.
 *
 * A new store is written beside its name and renamed when it is whole; appending is one
 * transaction, which waits up to a minute for another process that writes. When two processes
 * append to a store that is not there yet, one makes it and the other adds to it. On failure
 * nothing is left behind. `result` may be NULL.
 *
 * Errors: HSN_PARTIAL (stored, marked incomplete; the place in result->damage and *err),
 *         HSN_ENOTFOUND, HSN_EIO, HSN_EFORMAT, HSN_EUNSUPPORTED, HSN_ELIMIT, HSN_ESTORE,
 * HSN_ENOMEM, HSN_EINVAL (the store exists and neither append nor replace was asked for),
 *         HSN_ECANCELED.
 * Cost:   one pass over the dump; memory: at most 32 bytes an object and 8 a reference plus
 * strings.
 */
HSN_API int hsn_load(const char *store_path, const char *const *dump_paths, size_t dump_count,
                     const hsn_load_options *options, hsn_load_result *result, hsn_error *err);

/**
 * Open a snapshot argument of a tool: `a.db`, `a.db#LABEL`, `a.db#3`, `a.db#last`, or a dump, which
 * is loaded into a store in memory. Of a dump with several snapshots it is the last, `log.hpy#2`
 * the second.
 *
 * Owns:   *out_store is the caller's; hsn_store_close().
 * Errors: as hsn_store_open(), hsn_snapshot_find() and hsn_load(); HSN_PARTIAL: opened, but the
 * dump was damaged (*err says how) or the stored snapshot is incomplete.
 */
HSN_API int hsn_snapshot_open(hsn_store **out_store, hsn_snapshot_id *out_id, const char *argument,
                              const hsn_load_options *options, hsn_error *err);

/**
 * Whether `path` is a folder that a profiler wrote as one result (Fil's fil-result/TIME): it is
 * loaded as one dump, wherever a dump can be named.
 */
HSN_API int hsn_is_result_folder(const char *path);

/** A dump format that is built in. */
typedef struct hsn_format {
    const char *name;
    const char *title;
    const char *spec;
    int has_graph, has_types, has_allocations, has_series;
} hsn_format;

/** Row `index` of the table of formats; HSN_DONE after the last one. Static strings. */
HSN_API int hsn_format_get(size_t index, hsn_format *out);

#ifdef __cplusplus
}
#endif

#endif
