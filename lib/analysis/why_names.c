// SPDX-License-Identifier: MIT
// Attributes made at run time: many new names on one object are items of a container.
//
// A pattern keeps the names of attributes, since a program has few of them. One that calls
// setattr(state, 'user_17', …) or fills globals() collects under names as others do under keys:
// each of its patterns has one object and tells nothing. When an object that the first snapshot
// has gained MANY_NAMES attributes of one type, they and what hangs below them become one
// pattern, `state.__dict__[*]`.
#include "analysis/why_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

enum { MANY_NAMES = 16 };

typedef struct named {
    uint32_t parent, type, pattern;
} named;

static int compare_named(const void *a, const void *b)
{
    const named *x = a, *y = b;
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    return x->pattern < y->pattern ? -1 : x->pattern > y->pattern;
}

static bool is_new_name(const hsn__patterns *patterns, const hsn__pattern_cell *before,
                        const hsn__pattern_cell *after, uint32_t p)
{
    const hsn__pattern *row = &patterns->rows[p];
    return row->label >> HSN__LABEL_NAME_BITS == HSN_REF_ATTRIBUTE &&
           row->label & HSN__LABEL_NAME_MASK && row->parent >= HSN__TOP_COUNT &&
           before[row->parent].count && !before[p].count && after[p].count;
}

// Patterns that are to be merged, in `moved`; whether there are any.
static int find_names(const hsn__patterns *patterns, const hsn__pattern_cell *before,
                      const hsn__pattern_cell *after, uint32_t *moved, bool *out_any,
                      hsn_error *err)
{
    named *found = NULL;
    size_t count = 0, capacity = 0;
    *out_any = false;
    for (uint32_t p = HSN__TOP_COUNT; p < patterns->count; p++) {
        if (!is_new_name(patterns, before, after, p))
            continue;
        if (!hsn__array_grow(&found, &capacity, count + 1, sizeof *found, SIZE_MAX)) {
            hsn__free(found);
            return hsn__fail_memory(err);
        }
        const hsn__pattern *row = &patterns->rows[p];
        found[count++] = (named){row->parent, row->type, p};
    }
    if (count)
        qsort(found, count, sizeof *found, compare_named);
    for (size_t start = 0, end; start < count; start = end) {
        for (end = start; end < count && found[end].parent == found[start].parent &&
                          found[end].type == found[start].type;)
            end++;
        if (end - start < MANY_NAMES)
            continue;
        *out_any = true;
        for (size_t i = start; i < end; i++)
            moved[found[i].pattern] = HSN_NONE;
    }
    hsn__free(found);
    return HSN_OK;
}

// Parents stand before their children, and so do the patterns that are made for them.
static int move(hsn__patterns *patterns, uint32_t *moved, size_t count, hsn_error *err)
{
    uint32_t any = hsn__pattern_label(HSN_REF_ATTRIBUTE, patterns->any_name);
    for (uint32_t p = HSN__TOP_COUNT; p < count; p++) {
        hsn__pattern row = patterns->rows[p];
        bool merges = moved[p] == HSN_NONE;
        if (!merges && moved[row.parent] == row.parent)
            continue;
        moved[p] =
            hsn__patterns_child(patterns, moved[row.parent], merges ? any : row.label, row.type);
        if (moved[p] == HSN_NONE)
            return hsn__fail_memory(err);
    }
    for (uint32_t p = HSN__TOP_COUNT; p < count; p++) {
        hsn__pattern *to = &patterns->rows[moved[p]];
        uint32_t from = patterns->rows[p].fold_from;
        if (moved[p] == p || from == HSN_NONE || to->fold_from != HSN_NONE)
            continue;
        to->fold_from = moved[from];
        to->fold_label = patterns->rows[p].fold_label;
    }
    return HSN_OK;
}

static int move_cells(hsn__pattern_cell **cells, const uint32_t *moved, size_t before, size_t after,
                      hsn_error *err)
{
    hsn__pattern_cell *longer = hsn__realloc(*cells, after * sizeof *longer);
    if (!longer)
        return hsn__fail_memory(err);
    memset(longer + before, 0, (after - before) * sizeof *longer);
    for (uint32_t p = HSN__TOP_COUNT; p < before; p++) {
        if (moved[p] == p)
            continue;
        longer[moved[p]].count += longer[p].count;
        longer[moved[p]].size_bytes += longer[p].size_bytes;
        longer[p] = (hsn__pattern_cell){0};
    }
    *cells = longer;
    return HSN_OK;
}

int hsn__why_merge_names(hsn__patterns *patterns, hsn__pattern_cell **cells, size_t snapshots,
                         hsn__placed *placed, hsn_error *err)
{
    size_t count = patterns->count;
    uint32_t *moved = hsn__alloc_array(count, sizeof *moved);
    bool any = false;
    if (!moved)
        return hsn__fail_memory(err);
    for (uint32_t p = 0; p < count; p++)
        moved[p] = p;
    int r = find_names(patterns, cells[0], cells[snapshots - 1], moved, &any, err);
    if (r < 0 || !any)
        goto done;
    r = hsn__patterns_name(patterns, "__dict__[*]", &patterns->any_name, err);
    if (r >= 0)
        r = move(patterns, moved, count, err);
    for (size_t i = 0; i < snapshots && r >= 0; i++)
        r = move_cells(&cells[i], moved, count, patterns->count, err);
    for (uint32_t node = 0; r >= 0 && node < placed->graph->node_count; node++)
        placed->pattern[node] = moved[placed->pattern[node]];
done:
    hsn__free(moved);
    return r;
}
