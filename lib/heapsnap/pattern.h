// SPDX-License-Identifier: MIT
// pattern: who holds the objects of a type, chains merged: `app.cache._pending[*] → Request
// ×100000`.
#ifndef HEAPSNAP_PATTERN_H
#define HEAPSNAP_PATTERN_H

#include "heapsnap/heap.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Why objects of a pattern are there: X(NAME, "word"). docs/analysis/pattern.md defines them. */
#define HSN_HELD_LIST(X)                                                                           \
    X(LIVE, "live")       /* a root reaches them */                                                \
    X(GARBAGE, "garbage") /* nothing does: a collection would free them */                         \
    X(EXTREF, "extref")   /* no root, but references that the snapshot does not show */

typedef enum hsn_held {
#define HSN_HELD_ROW(name, text) HSN_HELD_##name,
    HSN_HELD_LIST(HSN_HELD_ROW)
#undef HSN_HELD_ROW
        HSN_HELD_COUNT
} hsn_held;

/** The word. Static. */
HSN_API const char *hsn_held_name(hsn_held held);

/** An object of a chain and the reference that leads to it. */
typedef struct hsn_pattern_step {
    const char *type;  /**< full: "app.cache.Request" */
    const char *label; /**< "_pending", "[*]", "[3]"; of the first step the root's name */
} hsn_pattern_step;

/** Objects with the same chain but for indexes and keys. */
typedef struct hsn_pattern {
    const char *text; /**< `app.cache._pending[*]` */
    const char *type; /**< of the objects at its end */
    hsn_held held;
    uint64_t count;
    uint64_t size_bytes;     /**< shallow */
    hsn_pattern_step *steps; /**< root → object */
    size_t step_count;
} hsn_pattern;

typedef struct hsn_pattern_list {
    hsn_pattern *rows; /**< by size_bytes, count (largest first), then text */
    size_t count;
    uint64_t matched; /**< patterns of the type, listed or not */
    uint64_t objects; /**< of the type */
    uint64_t size_bytes;
    void *memory; /**< private */
} hsn_pattern_list;

/**
 * Merge the chains of all objects whose type's flag is set in `types` (indexed by type id; NULL =
 * every type) by pattern. Each object counts once, at its canonical chain.
 *
 * Owns:    free *out with hsn_pattern_list_free(). Independent of the heap after that.
 * Errors:  HSN_ENOMEM, HSN_ELIMIT, HSN_ESTORE, HSN_EFORMAT, HSN_ECANCELED.
 * Cost:    O(nodes + references); 24 bytes a node and 8 a reference.
 * Threads: needs exclusive use of `heap` while it runs.
 * Source:  docs/analysis/pattern.md
 */
HSN_API int hsn_pattern_find(hsn_heap *heap, const uint8_t *types, size_t limit,
                             const hsn_progress *progress, hsn_pattern_list *out, hsn_error *err);

/** Accepts a list that is all zero. */
HSN_API void hsn_pattern_list_free(hsn_pattern_list *list);

#ifdef __cplusplus
}
#endif

#endif
