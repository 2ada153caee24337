// SPDX-License-Identifier: MIT
// What the files of the flame graph share: stacks with what they hold, and boxes in the making.
#ifndef HSN_ANALYSIS_FLAME_PRIVATE_H
#define HSN_ANALYSIS_FLAME_PRIVATE_H

#include <stdbool.h>

#include "analysis/totals_private.h"
#include "heapsnap/flame.h"
#include "store/map64.h"

/** What one stack holds, in the first and in the last snapshot. */
typedef struct hsn__flame_row {
    uint32_t stack; /**< HSN_NONE = none was recorded */
    hsn_cell cells[2];
} hsn__flame_row;

/** Stacks of one or two snapshots, callers before callees, and what they hold. */
typedef struct hsn__flame_input {
    const hsn_frame *frames;
    size_t frame_count;
    const hsn_stack *stacks;
    size_t stack_count;
    hsn__flame_row *rows;
    size_t row_count;
    size_t snapshots;
    hsn_cell wholes[2];
    const char *metric, *unit;
    int by_count;
} hsn__flame_input;

/** A box in the making. */
typedef struct hsn__flame_node {
    uint32_t parent, depth;
    uint32_t group; /**< HSN_NONE: everything, or what has no stack */
    uint64_t width;
    hsn_cell cells[2], owns[2];
} hsn__flame_node;

typedef struct hsn__flame_merge {
    const hsn__flame_input *input;
    hsn_flame_options options;
    uint32_t *groups;      /**< by frame */
    hsn_flame_frame *rows; /**< by group */
    size_t group_count, row_capacity;
    hsn__flame_node *nodes; /**< parents before children; the first one is everything */
    size_t count, capacity;
    hsn__map64 children; /**< (parent, group) → node - 1 */
    uint64_t least;      /**< narrower ones are dropped */
    hsn_flame *out;
    hsn__arena *arena;
} hsn__flame_merge;

/** The value that makes boxes wide. */
static inline uint64_t hsn__flame_value(const hsn__flame_merge *m, const hsn_cell *cell)
{
    return m->input->by_count ? cell->count : cell->size_bytes;
}

static inline uint64_t hsn__flame_width(const hsn__flame_merge *m, const hsn_cell cells[2])
{
    uint64_t first = hsn__flame_value(m, &cells[0]), last = hsn__flame_value(m, &cells[1]);
    return first > last ? first : last;
}

static inline void hsn__flame_add(hsn_cell *sums, const hsn_cell *cells)
{
    for (int i = 0; i < 2; i++)
        hsn__cell_add(&sums[i], cells[i].count, cells[i].size_bytes);
}

/** Add a node. Errors: HSN_ELIMIT, HSN_ENOMEM. */
int hsn__flame_node_add(hsn__flame_merge *m, uint32_t parent, uint32_t group, uint32_t *out,
                        hsn_error *err);

/** The node of a group below another one, made when it is new. Errors: as above. */
int hsn__flame_child(hsn__flame_merge *m, uint32_t parent, uint32_t group, uint32_t *out,
                     hsn_error *err);

/** All nodes with their sums: from the newest frame of every stack on. Errors: as above. */
int hsn__flame_reverse(hsn__flame_merge *m, hsn_error *err);

/** The boxes of the result, of the nodes that are wide enough. Errors: HSN_ENOMEM. */
int hsn__flame_boxes(hsn__flame_merge *m, hsn_error *err);

/** Merge. Errors: as hsn_flame_read(). */
int hsn__flame_merge_stacks(const hsn__flame_input *input, const hsn_flame_options *options,
                            hsn_flame *out, hsn_error *err);

/** Of a profile, or of totals by traceback with one or two columns. Errors: as hsn_flame_read(). */
int hsn__flame_of_profile(const hsn_profile *profile, const hsn_flame_options *options,
                          hsn_flame *out, hsn_error *err);
int hsn__flame_of_totals(const hsn_totals *totals, const hsn_flame_options *options, hsn_flame *out,
                         hsn_error *err);

/**
 * What the objects of a snapshot retain, by allocation stack, HSN_NONE last: the topmost object
 * with a stack takes all that it dominates. `stacks` = stacks of the profile. *out_totals is the
 * caller's; hsn__free(). Errors: HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM.
 */
int hsn__flame_retained(hsn_heap *heap, const hsn_dominators *dominators, size_t stacks,
                        hsn_stack_total **out_totals, size_t *out_count, hsn_error *err);

#endif
