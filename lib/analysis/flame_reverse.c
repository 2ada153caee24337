// SPDX-License-Identifier: MIT
// A flame graph from the newest frames on: below each one its callers.
//
// The stacks are taken apart level by level: an item is a stack, cut at some caller, with what was
// allocated there. Items that meet in the same caller below the same box become one, and items
// whose box is too narrow to be drawn are not followed any further.
#include "analysis/flame_private.h"

#include "base/alloc.h"
#include "base/fail.h"

// A stack cut at a caller, and the box that stands for the part cut off.
typedef struct item {
    uint32_t node, stack;
    uint64_t width;
    hsn_cell cells[2];
} item;

typedef struct items {
    item *rows;
    size_t count, capacity;
} items;

// By filename: the oldest of the callers in a row that are of the same file.
static uint32_t end_of_run(const hsn__flame_merge *m, uint32_t stack)
{
    const hsn_stack *stacks = m->input->stacks;
    uint32_t caller;
    if (m->options.by != HSN_BY_FILENAME)
        return stack;
    while ((caller = stacks[stack].parent) != HSN_NONE &&
           m->groups[stacks[caller].frame] == m->groups[stacks[stack].frame])
        stack = caller;
    return stack;
}

// Put `one` on box `to`, and into the list where it is met again; `places` numbers (box, stack).
static int put_item(hsn__flame_merge *m, items *list, hsn__map64 *places, uint32_t to,
                    const item *one, uint32_t stack, hsn_error *err)
{
    hsn__flame_add(m->nodes[to].cells, one->cells);
    m->nodes[to].width = hsn__add_saturated(m->nodes[to].width, one->width);
    uint32_t at = hsn__map64_put(places, (uint64_t)to << 32 | stack);
    if (at == UINT32_MAX || !hsn__array_grow(&list->rows, &list->capacity, (size_t)at + 1,
                                             sizeof *list->rows, UINT32_MAX))
        return hsn__fail_memory(err);
    if (at == list->count)
        list->rows[list->count++] = (item){.node = to, .stack = stack};
    list->rows[at].width = hsn__add_saturated(list->rows[at].width, one->width);
    hsn__flame_add(list->rows[at].cells, one->cells);
    return HSN_OK;
}

static int first_level(hsn__flame_merge *m, items *list, hsn_error *err)
{
    const hsn__flame_input *input = m->input;
    hsn__map64 places = {0};
    int r = HSN_OK;
    for (size_t i = 0; r >= 0 && i < input->row_count; i++) {
        const hsn__flame_row *row = &input->rows[i];
        bool none = row->stack == HSN_NONE;
        item one = {.width = hsn__flame_width(m, row->cells),
                    .cells = {row->cells[0], row->cells[1]}};
        uint32_t group = none ? HSN_NONE : m->groups[input->stacks[row->stack].frame], to;
        hsn__flame_add(m->nodes[0].cells, one.cells);
        m->nodes[0].width = hsn__add_saturated(m->nodes[0].width, one.width);
        r = hsn__flame_child(m, 0, group, &to, err);
        if (r >= 0)
            r = put_item(m, list, &places, to, &one, none ? HSN_NONE : end_of_run(m, row->stack),
                         err);
    }
    hsn__map64_clear(&places);
    return r;
}

// Widths of a level are final once it is made: what a narrow box stands for is left alone.
static int next_level(hsn__flame_merge *m, const items *level, items *out, hsn_error *err)
{
    hsn__map64 places = {0};
    uint32_t max_depth = m->options.max_depth;
    int r = HSN_OK;
    for (size_t i = 0; r >= 0 && i < level->count; i++) {
        const item *one = &level->rows[i];
        uint32_t to,
            caller = one->stack == HSN_NONE ? HSN_NONE : m->input->stacks[one->stack].parent;
        hsn__flame_node *at = &m->nodes[one->node];
        if (caller == HSN_NONE) {
            hsn__flame_add(at->owns, one->cells);
            continue;
        }
        if (at->width < m->least || (max_depth && at->depth > max_depth))
            continue;
        r = hsn__flame_child(m, one->node, m->groups[m->input->stacks[caller].frame], &to, err);
        if (r >= 0)
            r = put_item(m, out, &places, to, one, end_of_run(m, caller), err);
    }
    hsn__map64_clear(&places);
    return r;
}

int hsn__flame_reverse(hsn__flame_merge *m, hsn_error *err)
{
    items level = {0}, next = {0};
    int r = first_level(m, &level, err);
    if (r >= 0)
        m->least = (uint64_t)(m->options.least_share * (double)m->nodes[0].width);
    while (r >= 0 && level.count) {
        items emptied;
        next.count = 0;
        r = next_level(m, &level, &next, err);
        emptied = level;
        level = next;
        next = emptied;
    }
    hsn__free(level.rows);
    hsn__free(next.rows);
    return r;
}
