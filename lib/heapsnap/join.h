// SPDX-License-Identifier: MIT
// join: what two kinds of measurement say of the same code, side by side.
#ifndef HEAPSNAP_JOIN_H
#define HEAPSNAP_JOIN_H

#include "heapsnap/dominators.h"
#include "heapsnap/pattern.h"
#include "heapsnap/totals.h"

#ifdef __cplusplus
extern "C" {
#endif

// ---- the heap beside its allocations ------------------------------------------------------------

/** All zero means: every line, no types, no holders. */
typedef struct hsn_join_options {
    size_t limit;        /**< lines; 0 = all */
    size_t most_types;   /**< types told of a line */
    size_t most_holders; /**< holders told of a line */
    unsigned dominators; /**< hsn_dominators_flag: what to do where the store keeps none */
} hsn_join_options;

/** Objects of one type that a line allocated. */
typedef struct hsn_join_type {
    const char *type;
    uint64_t count;
    uint64_t size_bytes; /**< shallow */
} hsn_join_type;

/** Objects that a line allocated, by where they are held. */
typedef struct hsn_join_holder {
    const char *path; /**< pattern: `app.cache._pending[*]` */
    const char *type; /**< of the objects at its end */
    hsn_held held;
    uint64_t count;
    uint64_t size_bytes; /**< shallow */
} hsn_join_holder;

/** A line of source, as the newest frame of what was allocated there. */
typedef struct hsn_join_line {
    const char *file;     /**< "" = unknown */
    const char *function; /**< the first one seen there; "" = unknown */
    uint32_t line;        /**< 0 = unknown */
    /** The allocator's view: live blocks, objects or not. 0 where the snapshot has no profile. */
    uint64_t allocated_count;
    uint64_t allocated_bytes;
    uint64_t count;          /**< objects of the heap that were allocated there */
    uint64_t size_bytes;     /**< … their shallow bytes */
    uint64_t retained_bytes; /**< … and what would go with them, every byte once */
    hsn_join_type *types;    /**< by size_bytes, count (largest first), then name */
    size_t type_count;
    hsn_join_holder *holders; /**< likewise largest first */
    size_t holder_count;
} hsn_join_line;

typedef struct hsn_join_lines {
    hsn_join_line *rows; /**< by retained_bytes, allocated_bytes (largest first), file, line */
    size_t count;
    uint64_t matched; /**< lines, listed or not */
    int has_profile;  /**< allocated_count and allocated_bytes mean something */
    void *memory;     /**< private */
} hsn_join_lines;

/**
 * Live and retained bytes by line, the types that each line allocated and who holds them. The
 * snapshot needs an object graph whose objects carry allocation stacks; where an allocation profile
 * of the same instant is in it, the allocator's view stands beside.
 *
 * Owns:    free *out with hsn_join_lines_free(). Independent of the heap after that.
 * Errors:  HSN_ENOTFOUND (no object carries a stack, or no dominators and none to be computed),
 *          HSN_ENOMEM, HSN_ELIMIT, HSN_ESTORE, HSN_EFORMAT, HSN_ECANCELED.
 * Cost:    that of hsn_dominators_read(), and with holders of hsn_pattern_find().
 * Threads: needs exclusive use of `heap` while it runs.
 * Source:  docs/analysis/join.md
 */
HSN_API int hsn_join_lines_find(hsn_heap *heap, const hsn_join_options *options,
                                const hsn_progress *progress, hsn_join_lines *out, hsn_error *err);
/** Accepts a list that is all zero. */
HSN_API void hsn_join_lines_free(hsn_join_lines *lines);

// ---- time beside memory -----------------------------------------------------------------------

/** A function in a profile of time and in one of memory. */
typedef struct hsn_join_function {
    const char *file;     /**< "" = unknown */
    const char *function; /**< "" = unknown: all of the file that no function of the profile has */
    uint32_t line;        /**< where it begins, if the profile of time tells; else 0 */
    uint64_t calls;
    uint64_t own_ns;           /**< in the function itself */
    uint64_t total_ns;         /**< … and in what it calls */
    uint64_t count;            /**< live blocks (or what the metric counts) allocated by it … */
    uint64_t size_bytes;       /**< … and their bytes */
    uint64_t total_size_bytes; /**< allocated by it and by what it calls; a stack counts once */
} hsn_join_function;

typedef enum hsn_join_order {
    HSN_JOIN_BY_BYTES, /**< total_size_bytes, size_bytes, total_ns, own_ns (largest first) */
    HSN_JOIN_BY_TIME,  /**< total_ns, own_ns, total_size_bytes, size_bytes */
} hsn_join_order;

typedef struct hsn_join_functions {
    hsn_join_function *rows; /**< in the order asked for, then by file, line, function */
    size_t count;
    hsn_join_function whole; /**< of both profiles; total_ns and total_size_bytes as own ones */
    const char *metric;      /**< of memory: "inuse" */
    void *memory;            /**< private */
} hsn_join_functions;

/**
 * Lay a profile of time (cProfile's, or one with a metric in `ns`) beside a profile of memory, by
 * function. They may be one snapshot or two. Where frames of memory have no function (tracemalloc),
 * it is the one that begins nearest above their line in the same file.
 *
 * `metric`: of memory, as hsn_metric_choose() takes it; NULL = the default one.
 *
 * Owns:   free *out with hsn_join_functions_free(). Independent of the stores.
 * Errors: HSN_ENOTFOUND (no time in the one, no such metric in the other), HSN_EINVAL (the metric
 * is no memory), HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM. Cost:   O(frames log frames + stacks ×
 * depth). Source: docs/analysis/join.md
 */
HSN_API int hsn_join_functions_find(const hsn_snapshot_ref *memory, const hsn_snapshot_ref *time,
                                    const char *metric, hsn_join_order order,
                                    hsn_join_functions *out, hsn_error *err);
/** Accepts a list that is all zero. */
HSN_API void hsn_join_functions_free(hsn_join_functions *functions);

#ifdef __cplusplus
}
#endif

#endif
