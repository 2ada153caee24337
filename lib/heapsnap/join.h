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

#ifdef __cplusplus
}
#endif

#endif
