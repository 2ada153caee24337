// SPDX-License-Identifier: MIT
// The stages of why: growth by pattern, the patterns at which it begins, the rows.
#ifndef HSN_ANALYSIS_WHY_PRIVATE_H
#define HSN_ANALYSIS_WHY_PRIVATE_H

#include "analysis/pattern_private.h"
#include "heapsnap/why.h"

/** What a pattern gained from the first snapshot to the last. */
typedef struct hsn__gain {
    double own;   /**< bytes, scaled to what its type gained in all; never below 0 */
    double below; /**< own, and of everything that hangs below, less what is a row of its own */
} hsn__gain;

/** Where growth begins: the objects below one holder. */
typedef struct hsn__entry {
    uint32_t number;  /**< in entry_of */
    uint32_t group;   /**< pattern of the holder; of the entry itself where it is held by name */
    uint32_t entry;   /**< pattern of the objects that were gained; the largest of the group */
    uint32_t subject; /**< pattern of the objects that a person would name */
    double gained;    /**< bytes */
    double score;
    bool grew_in_size_only;
    bool is_noise;
} hsn__entry;

typedef struct hsn__growth_tree {
    const hsn__patterns *patterns;
    const hsn__pattern_cell *before, *after; /**< by pattern */
    hsn__gain *gains;                        /**< by pattern */
    uint32_t *first_child, *next_sibling;    /**< by pattern; HSN_NONE = none */
    uint32_t *entry_of;  /**< by pattern: number of the entry that it counts for */
    hsn__entry *entries; /**< best first */
    size_t count, capacity;
    double gained; /**< bytes by types that gained */
} hsn__growth_tree;

/** Find the entries. Clear *tree with hsn__growth_tree_clear(), failed or not. Errors: HSN_ENOMEM.
 * Cost: O(patterns + types). */
int hsn__growth_tree_find(hsn__growth_tree *tree, const hsn__patterns *patterns,
                          const hsn__pattern_cell *before, const hsn__pattern_cell *after,
                          hsn_error *err);
void hsn__growth_tree_clear(hsn__growth_tree *tree);

static inline int64_t hsn__gained_count(const hsn__growth_tree *tree, uint32_t pattern)
{
    return (int64_t)(tree->after[pattern].count - tree->before[pattern].count);
}

/** A cycle through a node among unreachable objects. */
typedef struct hsn__why_cycle {
    hsn_pattern_step *steps; /**< from the node round to itself; both ends stand here */
    size_t step_count;       /**< 0 = none was found */
    const char *text;        /**< `.children[0].parent` */
    const char *cut;         /**< `__main__.Child.parent`: the reference that closes it */
} hsn__why_cycle;

/** Find a shortest one. Texts come from the arena. Errors: HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT.
 * Cost: 64 Ki objects at most. */
int hsn__why_cycle_find(const hsn__placed *placed, const hsn__patterns *patterns, hsn_node_id node,
                        hsn__arena *arena, hsn__why_cycle *out, hsn_error *err);

/**
 * Merge the patterns of attributes that were made at run time. `cells` (by snapshot, as long as the
 * patterns) and the patterns of `placed`, the last snapshot, follow; what the first one has stays.
 *
 * Errors: HSN_ENOMEM, HSN_ELIMIT. Cost: O(patterns log patterns + nodes).
 */
int hsn__why_merge_names(hsn__patterns *patterns, hsn__pattern_cell **cells, size_t snapshots,
                         hsn__placed *placed, hsn_error *err);

/** What the rows are made from. */
typedef struct hsn__why_source {
    const hsn__growth_tree *tree;
    const hsn__placed *placed;       /**< of the last snapshot */
    hsn_snapshot_ref snapshot;       /**< the last one */
    hsn__pattern_cell *const *cells; /**< by snapshot, then pattern; all as long as the tree */
    size_t snapshots;
} hsn__why_source;

/** Whether retained bytes are to be told: `flags` (hsn_dominators_flag) compute them, or the store
 * keeps them. Errors: HSN_ESTORE. */
int hsn__why_has_retained(hsn_heap *heap, unsigned flags, bool *out, hsn_error *err);

/** By pattern: the row, of the first `rows` entries, whose objects it holds; `rows` = none. The
 * caller frees *out, failed or not. Errors: HSN_ENOMEM. */
int hsn__why_number_rows(const hsn__growth_tree *tree, size_t rows, uint32_t **out, hsn_error *err);

/** The pattern of each object of a snapshot, packed: one or two bytes each instead of four. */
typedef struct hsn__why_places {
    uint8_t *bytes;
    uint32_t nodes;
} hsn__why_places;

/** Pack patterns by node. Clear *out, failed or not. Errors: HSN_ENOMEM. Cost: O(nodes). */
int hsn__why_pack(const uint32_t *pattern, uint32_t nodes, hsn__why_places *out, hsn_error *err);
void hsn__why_places_clear(hsn__why_places *places);

/** The row of each object. */
typedef struct hsn__why_rows_of {
    const hsn__why_places *places;
    const uint32_t *row_of; /**< by pattern, from hsn__why_number_rows() */
    size_t rows;
} hsn__why_rows_of;

/**
 * Retained bytes of the objects of each row, every byte once. `out` has rows + 1 elements, the last
 * one without meaning.
 *
 * Errors: as hsn_dominators_read(). Cost: as that, and 8 bytes a node beside the dominators.
 */
int hsn__why_retained(hsn_heap *heap, unsigned flags, const hsn__why_rows_of *rows_of,
                      const hsn_progress *progress, uint64_t *out, hsn_error *err);

/** Fill out->rows from the first `limit` entries. Errors: HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT. */
int hsn__why_rows(const hsn__why_source *source, size_t limit, hsn__arena *arena, hsn_why *out,
                  hsn_error *err);

#endif
