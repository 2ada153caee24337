// SPDX-License-Identifier: MIT
// A store: one SQLite file with one or many snapshots. Opening, listing, totals, single objects.
#ifndef HEAPSNAP_STORE_H
#define HEAPSNAP_STORE_H

#include "heapsnap/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An open store. Not thread-safe: one thread at a time. */
typedef struct hsn_store hsn_store;

/** Row id of a snapshot in its store, from 1. */
typedef int64_t hsn_snapshot_id;

typedef struct hsn_store_options {
    int writable; /**< also open for appending and for keeping results; default: read only */
} hsn_store_options;

/**
 * Open an existing store.
 *
 * Owns:   the caller owns *out; close it with hsn_store_close().
 * Errors: HSN_ENOTFOUND (no such file), HSN_EIO, HSN_EFORMAT (not a heapsnap store),
 *         HSN_EUNSUPPORTED (a newer or older schema), HSN_ESTORE, HSN_ENOMEM.
 * Cost:   O(1); reads the header page and the schema version only.
 */
HSN_API int hsn_store_open(hsn_store **out, const char *path, const hsn_store_options *options,
                           hsn_error *err);

/** Accepts NULL. */
HSN_API void hsn_store_close(hsn_store *store);

/** The path that it was opened with; "" for a store in memory. Lives as long as the store. */
HSN_API const char *hsn_store_path(const hsn_store *store);

/** Why a snapshot has totals only. Order is part of the store. */
typedef enum hsn_graph_dropped {
    HSN_GRAPH_NOT_DROPPED,
    HSN_GRAPH_DROPPED,    /**< retention took it */
    HSN_GRAPH_AGGREGATED, /**< it is many snapshots as one: heapsnap/aggregate.h */
} hsn_graph_dropped;

/** One snapshot: what `snapinfo` shows. Strings are never NULL; unknown numbers are 0. */
typedef struct hsn_snapshot_info {
    hsn_snapshot_id id;
    const char *label;           /**< unique in the store; "" = none */
    const char *source;          /**< the dump's file name(s) */
    const char *format;          /**< reader's name */
    const char *runtime;         /**< "cpython" */
    const char *runtime_version; /**< "3.11.7" */
    const char *program;
    const char *host;
    int64_t pid;
    int64_t captured_at_unix_ms; /**< 0 = unknown */
    int64_t rss_bytes;           /**< 0 = unknown */
    uint64_t objects;
    uint64_t references; /**< strong and weak, dangling ones not counted */
    uint64_t weak_references;
    uint64_t dangling_references; /**< targets that the dump does not hold; skipped */
    uint64_t duplicate_objects;   /**< addresses that came twice; the first was kept */
    uint64_t roots;
    uint64_t heap_bytes; /**< sum of shallow bytes */
    uint64_t types;
    uint64_t strings;
    uint64_t frames;
    uint64_t stacks;
    uint64_t allocations; /**< live blocks of the allocation profile */
    uint64_t allocation_bytes;
    uint64_t samples;
    uint64_t warnings;
    uint64_t bytes_read;    /**< coverage: bytes of the dump file that were read … */
    uint64_t bytes_total;   /**< … of how many; 0 = unknown */
    int complete;           /**< 0: the dump was truncated or damaged */
    int has_refcounts;      /**< some object carries a refcount */
    unsigned address_shift; /**< all addresses are multiples of 1 << address_shift */
    int has_graph;          /**< the objects are there, not only their totals by type */
    int graph_dropped;      /**< hsn_graph_dropped: why there is no graph; totals stay */
    int stable_ids;         /**< addresses are ids that an object keeps as long as it lives */
} hsn_snapshot_info;

typedef struct hsn_snapshot_list {
    hsn_snapshot_info *rows; /**< in order of id */
    size_t count;
    void *memory; /**< private */
} hsn_snapshot_list;

/** Owns: free *out with hsn_snapshot_list_free(). Errors: HSN_ESTORE, HSN_ENOMEM. */
HSN_API int hsn_snapshot_list_read(hsn_store *store, hsn_snapshot_list *out, hsn_error *err);
HSN_API void hsn_snapshot_list_free(hsn_snapshot_list *list);

/**
 * Find a snapshot by selector: NULL or "last" = the newest row, a label, a row number ("3"; a label
 * that is a number wins), "first".
 *
 * Errors: HSN_ENOTFOUND ("no snapshot named 'tuesday'"), HSN_ESTORE.
 */
HSN_API int hsn_snapshot_find(hsn_store *store, const char *selector, hsn_snapshot_id *out,
                              hsn_error *err);

/** A name and a value: facts, tags, warnings (name = "offset" as text or ""). */
typedef struct hsn_pair {
    const char *name;
    const char *value;
} hsn_pair;

typedef struct hsn_pair_list {
    hsn_pair *rows;
    size_t count;
    void *memory; /**< private */
} hsn_pair_list;

/** Facts by name; tags by name; warnings in order. Free with hsn_pair_list_free(). Errors:
 * HSN_ESTORE, HSN_ENOMEM. */
HSN_API int hsn_snapshot_facts(hsn_store *store, hsn_snapshot_id id, hsn_pair_list *out,
                               hsn_error *err);
HSN_API int hsn_snapshot_tags(hsn_store *store, hsn_snapshot_id id, hsn_pair_list *out,
                              hsn_error *err);
HSN_API int hsn_snapshot_warnings(hsn_store *store, hsn_snapshot_id id, hsn_pair_list *out,
                                  hsn_error *err);
HSN_API void hsn_pair_list_free(hsn_pair_list *list);

/** A type of one snapshot with its totals. */
typedef struct hsn_type {
    const char *name;   /**< full: "app.cache.Request", builtins bare: "dict" */
    const char *module; /**< "app.cache"; "" for builtins */
    hsn_kind kind;
    int has_finalizer;
    hsn_node_id node;    /**< the object that is this type; HSN_NONE = not in the dump */
    uint64_t count;      /**< objects */
    uint64_t size_bytes; /**< sum of their shallow bytes */
} hsn_type;

/** The types, indexed by type id (dense from 0); those with instances only once the graph is gone.
 */
typedef struct hsn_type_list {
    hsn_type *rows;
    size_t count;
    void *memory; /**< private */
} hsn_type_list;

/**
 * Types with their stored totals: no object is looked at.
 *
 * Owns:   free *out with hsn_type_list_free().
 * Errors: HSN_ESTORE, HSN_ENOMEM.
 * Cost:   O(types).
 */
HSN_API int hsn_type_list_read(hsn_store *store, hsn_snapshot_id id, hsn_type_list *out,
                               hsn_error *err);
HSN_API void hsn_type_list_free(hsn_type_list *list);

/** A root of the snapshot. */
typedef struct hsn_root {
    hsn_node_id node;
    hsn_root_kind kind;
    const char *name;   /**< "app.cache", "handle app.py:31" */
    const char *thread; /**< of a frame; "" otherwise */
} hsn_root;

typedef struct hsn_root_list {
    hsn_root *rows; /**< by node, then kind, then name */
    size_t count;
    void *memory; /**< private */
} hsn_root_list;

/** Owns: free *out with hsn_root_list_free(). Errors: HSN_ESTORE, HSN_ENOMEM. */
HSN_API int hsn_root_list_read(hsn_store *store, hsn_snapshot_id id, hsn_root_list *out,
                               hsn_error *err);
HSN_API void hsn_root_list_free(hsn_root_list *list);

/** A frame: line 0 = unknown. */
typedef struct hsn_frame {
    const char *file;
    const char *function; /**< "" = unknown */
    uint32_t line;
} hsn_frame;

/** A node of the prefix tree of stacks: the newest frame, and the stack of its callers. */
typedef struct hsn_stack {
    uint32_t frame;  /**< index into frames */
    uint32_t parent; /**< stack of the caller; HSN_NONE = outermost; always less than its own id */
} hsn_stack;

/** What one stack and allocator domain hold of one metric. */
typedef struct hsn_stack_total {
    uint32_t stack;
    uint32_t domain;
    uint64_t count;      /**< blocks, calls, samples; 0 = the dump did not say */
    uint64_t size_bytes; /**< in the metric's unit */
    uint32_t metric;     /**< index into metrics */
} hsn_stack_total;

/**
 * A metric of the allocation profile: a family of numbers by stack. `inuse` (live memory) is always
 * there and number 0; `alloc`, `peak`, `temporary`, `cpu` and others are where dumps have them.
 */
typedef struct hsn_metric {
    const char *name;
    const char *unit;    /**< HSN_UNIT_BYTES, HSN_UNIT_NS, HSN_UNIT_COUNT, or the dump's word */
    uint64_t count;      /**< sum over all stacks */
    uint64_t size_bytes; /**< sum, in the metric's unit */
    size_t first_total;  /**< in a profile: its totals are a run of them */
    size_t total_count;
    int is_default; /**< of one: what the dump puts first, else `inuse`, else the first with totals
                     */
} hsn_metric;

typedef struct hsn_metric_list {
    hsn_metric *rows; /**< by number; the first is `inuse` */
    size_t count;
    void *memory; /**< private */
} hsn_metric_list;

/** Owns: free *out with hsn_metric_list_free(). Errors: HSN_ESTORE, HSN_EFORMAT, HSN_ENOMEM. */
HSN_API int hsn_metric_list_read(hsn_store *store, hsn_snapshot_id id, hsn_metric_list *out,
                                 hsn_error *err);
HSN_API void hsn_metric_list_free(hsn_metric_list *list);

/** The allocation profile of a snapshot. */
typedef struct hsn_profile {
    hsn_frame *frames;
    size_t frame_count;
    hsn_stack *stacks; /**< no two of the same frame and caller */
    size_t stack_count;
    hsn_stack_total *totals; /**< by metric, then stack, then domain */
    size_t total_count;
    hsn_metric *metrics; /**< the first is `inuse`; NULL in profiles made by hand = only that */
    size_t metric_count;
    void *memory; /**< private */
} hsn_profile;

/**
 * Owns:   free with hsn_profile_free().
 * Errors: HSN_ENOTFOUND (its stacks were dropped), HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM.
 * Cost:   O(frames + stacks); a million stacks take some 50 ms.
 */
HSN_API int hsn_profile_read(hsn_store *store, hsn_snapshot_id id, hsn_profile *out,
                             hsn_error *err);

/**
 * The profile cut down to the newest frame of each stack: every stack is one frame without a
 * caller. Enough for groupings by file, line or function that are not cumulative; read from rows
 * that stay when stacks are dropped.
 *
 * Owns:   free with hsn_profile_free().
 * Errors: HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM.
 * Cost:   O(frames that allocated).
 */
HSN_API int hsn_profile_read_newest(hsn_store *store, hsn_snapshot_id id, hsn_profile *out,
                                    hsn_error *err);
HSN_API void hsn_profile_free(hsn_profile *profile);

/**
 * Check everything: SQLite's own structures, every segment's CRC and decoding, counts and totals
 * against the columns, ids in range. Returns HSN_OK or HSN_EFORMAT with the first fault in *err.
 */
HSN_API int hsn_store_verify(hsn_store *store, hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
