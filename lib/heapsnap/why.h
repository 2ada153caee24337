// SPDX-License-Identifier: MIT
// why: the growth of the heap by who holds it: the container that leaks, what it leaks, since which
// line of the program.
#ifndef HEAPSNAP_WHY_H
#define HEAPSNAP_WHY_H

#include "heapsnap/dominators.h"
#include "heapsnap/pattern.h"
#include "heapsnap/totals.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What keeps the objects that were gained: X(NAME, "word"). docs/analysis/why.md defines them. */
#define HSN_WHY_KIND_LIST(X)                                                                       \
    X(GROWTH, "growth")   /* a chain from a root: something collects them */                       \
    X(GARBAGE, "garbage") /* nothing: cycles that wait for the collector */                        \
    X(EXTREF, "extref")   /* references from outside of the heap that nothing accounts for */

typedef enum hsn_why_kind {
#define HSN_WHY_KIND_ROW(name, text) HSN_WHY_##name,
    HSN_WHY_KIND_LIST(HSN_WHY_KIND_ROW)
#undef HSN_WHY_KIND_ROW
        HSN_WHY_KIND_COUNT
} hsn_why_kind;

/** The word of a kind. Static. */
HSN_API const char *hsn_why_kind_name(hsn_why_kind kind);

/** How objects of the snapshots were matched: X(NAME, "words"). */
#define HSN_WHY_MATCH_LIST(X)                                                                      \
    X(PATTERN, "pattern and type")                                                                 \
    X(ID, "stable id") /* … and by pattern and type what is not in all */

typedef enum hsn_why_match {
#define HSN_WHY_MATCH_ROW(name, text) HSN_WHY_BY_##name,
    HSN_WHY_MATCH_LIST(HSN_WHY_MATCH_ROW)
#undef HSN_WHY_MATCH_ROW
} hsn_why_match;

/** Its words. Static. */
HSN_API const char *hsn_why_match_name(hsn_why_match match);

/** Most snapshots of one call. */
#define HSN_WHY_MAX_SNAPSHOTS 256

typedef struct hsn_why_options {
    size_t limit;        /**< rows; 0 = all */
    unsigned dominators; /**< hsn_dominators_flag bits: for retained bytes, what to do where a store
                              keeps no dominators; 0 = tell none then */
} hsn_why_options;

/** What holds the objects of a row. */
typedef struct hsn_why_holder {
    const char *type; /**< "" = a root */
    const char *path;
    int64_t count_delta;      /**< of such holders */
    int64_t size_bytes_delta; /**< their own shallow bytes */
    uint64_t items_old;       /**< objects that hang on them directly, of whatever type */
    uint64_t items_new;
} hsn_why_holder;

typedef struct hsn_why_row {
    const char *type; /**< that a person would name: the application's, not what it consists of */
    hsn_why_kind kind;
    int64_t count_delta;      /**< objects of the type at the path */
    int64_t size_bytes_delta; /**< their shallow bytes */
    int64_t held_bytes_delta; /**< with all that hangs on the same holder */
    /** What single objects of the type at the path dominate, every byte once, in the first and in
        the last snapshot. 0 without hsn_why.has_retained. */
    uint64_t retained_bytes_old, retained_bytes_new;
    int64_t retained_bytes_delta;
    double share;            /**< held_bytes_delta by all that the heap gained, 0 to 1 */
    const char *path;        /**< `app.cache._pending[*]` leads to an object of the type */
    hsn_pattern_step *steps; /**< root → object */
    size_t step_count;
    const char *cut; /**< the reference to cut, as an expression; for garbage the one that closes
                          the cycle; "" = none is known */
    hsn_why_holder holder;
    const hsn_frame *allocated_at; /**< into allocated_stack; NULL = unknown, or no frame of the
                                        application */
    hsn_frame *allocated_stack;    /**< of most of its objects, newest first */
    size_t stack_count;
    hsn_cell *cells;      /**< of type and path, one a snapshot */
    uint64_t *held_bytes; /**< one a snapshot */
    int grew_every_step;  /**< held bytes or count rose at every step and neither fell */
    int is_noise;         /**< the interpreter's own caches, modules being imported: comes last */
} hsn_why_row;

typedef struct hsn_why {
    hsn_why_row *rows; /**< what a person would look at first */
    size_t count;
    size_t matched; /**< rows without the limit */
    size_t snapshots;
    uint64_t gained_bytes; /**< by types whose bytes rose, from the first to the last snapshot */
    int64_t heap_bytes_delta;
    uint64_t patterns;
    int is_coarse;    /**< the limit of patterns was reached: deep ones were merged */
    int has_retained; /**< both stores keep dominators, or they were computed */
    hsn_why_match matched_by;
    const char
        *id_obstacle; /**< why stable ids were not used; NULL = they were, or are not there */
    void *memory;     /**< private */
} hsn_why;

/**
 * Explain the growth from the first to the last of `count` ≥ 2 snapshots.
 *
 * Snapshots are laid over one tree of patterns and compared by pattern and type; addresses do not
 * matter, so they may come from different processes. Where all have stable ids of one process, an
 * object that is still there counts where it is in the last one. A row is a holder whose number of
 * items grew beyond what the number of its holders explains.
 *
 * Owns:    free *out with hsn_why_free(). Independent of the stores after that.
 * Errors:  HSN_EINVAL (fewer than two snapshots), HSN_ENOMEM, HSN_ELIMIT, HSN_ESTORE, HSN_EFORMAT,
 *          HSN_ECANCELED.
 * Cost:    O(nodes + references) a snapshot, one in memory at a time: 24 bytes a node and 8 a
 *          reference, and up to 90 bytes a pattern. With retained bytes 40 a node, and what
 *          hsn_dominators_read() costs for the first and the last one.
 *          With stable ids 20 more a node of every snapshot but the last.
 * Threads: needs exclusive use of the stores while it runs.
 * Source:  docs/analysis/why.md
 */
HSN_API int hsn_why_over(const hsn_snapshot_ref *snapshots, size_t count,
                         const hsn_why_options *options, const hsn_progress *progress, hsn_why *out,
                         hsn_error *err);

/** Accepts a result that is all zero. */
HSN_API void hsn_why_free(hsn_why *why);

#ifdef __cplusplus
}
#endif

#endif
