// SPDX-License-Identifier: MIT
// objects: which objects are new, gone and still there, told by ids that objects keep.
#ifndef HEAPSNAP_OBJECTS_H
#define HEAPSNAP_OBJECTS_H

#include "heapsnap/totals.h"

#ifdef __cplusplus
extern "C" {
#endif

/** All zero = every type. */
typedef struct hsn_objects_options {
    const char *type; /**< glob over full type names */
} hsn_objects_options;

/** Objects of a type. Sizes are shallow. */
typedef struct hsn_objects_row {
    const char *type;
    hsn_cell fresh;           /**< in the second snapshot and not in the first */
    hsn_cell gone;            /**< in the one before the last, and no longer in the last */
    hsn_cell survived;        /**< in both; bytes as they are in the last */
    int64_t size_bytes_delta; /**< bytes that the last snapshot has more for all of this */
    uint64_t example;         /**< id of one that is new and alive; 0 = there is none */
} hsn_objects_row;

typedef struct hsn_objects {
    hsn_objects_row *rows; /**< by size_bytes_delta, fresh.count (most first), type */
    size_t count;
    hsn_objects_row sum;  /**< of all rows; its type is "" */
    uint64_t common;      /**< ids in the first two snapshots */
    uint64_t disagreeing; /**< … whose types differ: objects that changed their class */
    void *memory;         /**< private */
} hsn_objects;

/**
 * Compare objects of `count` snapshots of one process, by id.
 *
 * With two, `fresh` are in the second only, `gone` in the first only, `survived` in both. With
 * three, all is about what came between the first and the second (`fresh`): whether the third still
 * has it (`survived`) or not (`gone`). Whatever a warm-up made is in the first, and what is
 * short-lived is not in the third, so that what survives is what leaks.
 *
 * Owns:   free *out with hsn_objects_free(). Independent of the stores after that.
 * Errors: HSN_EINVAL (not two or three, no stable ids, ids of different processes), HSN_ENOMEM,
 *         HSN_ESTORE, HSN_EFORMAT.
 * Cost:   O(objects) time, 20 bytes an object of each snapshot.
 * Source: docs/analysis/objects.md
 */
HSN_API int hsn_objects_between(const hsn_snapshot_ref *snapshots, size_t count,
                                const hsn_objects_options *options, hsn_objects *out,
                                hsn_error *err);

/** Accepts a result that is all zero. */
HSN_API void hsn_objects_free(hsn_objects *objects);

#ifdef __cplusplus
}
#endif

#endif
