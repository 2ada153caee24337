// SPDX-License-Identifier: MIT
// Stacks merged into the tree of a flame graph, from the root on.
//
// Stacks are a prefix tree already, callers before callees. By line, where no two frames fall
// together, it is the tree that is wanted: one pass up sums what stands above a stack, one pass
// down takes what is wide enough. Else a box is its parent's number and its frame's group, looked
// up in a hash map: one pass down makes the boxes, one pass up sums them. Nothing recurses, and no
// stack is ever spelled out.
#include "analysis/flame_private.h"

#include <string.h>

#include "analysis/pattern_private.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "store/intern.h"

enum { MAX_BOXES = UINT32_MAX - 2 };

// ---- frames -----------------------------------------------------------------------------------

static hsn_flame_origin origin_of(const hsn_frame *frame)
{
    if (!*frame->file)
        return HSN_FLAME_NATIVE;
    if (hsn__is_stdlib_file(frame->file))
        return HSN_FLAME_STDLIB;
    if (hsn__is_application_file(frame->file))
        return HSN_FLAME_APPLICATION;
    return *frame->file == '<' ? HSN_FLAME_STDLIB : HSN_FLAME_PACKAGE;
}

static int add_group(hsn__flame_merge *m, const hsn_frame *frame, hsn_error *err)
{
    hsn_by by = m->options.by;
    if (!hsn__array_grow(&m->rows, &m->row_capacity, m->group_count + 1, sizeof *m->rows,
                         UINT32_MAX))
        return hsn__fail_memory(err);
    bool whole = by == HSN_BY_LINENO || !*frame->file;
    hsn_flame_frame *row = &m->rows[m->group_count++];
    row->frame.file = hsn__arena_copy(m->arena, frame->file, strlen(frame->file));
    row->frame.function = by == HSN_BY_FILENAME && !whole
                              ? ""
                              : hsn__arena_copy(m->arena, frame->function, strlen(frame->function));
    row->frame.line = by == HSN_BY_LINENO ? frame->line : 0;
    row->origin = origin_of(frame);
    return row->frame.file && row->frame.function ? HSN_OK : hsn__fail_memory(err);
}

// The group of every frame as coarse as asked.
static int group_frames(hsn__flame_merge *m, hsn_error *err)
{
    const hsn__flame_input *input = m->input;
    hsn__intern names = {0};
    hsn__map64 places = {0}, frames = {0};
    uint32_t file = 0, function = 0;
    int r = HSN_OK;
    m->groups = hsn__alloc_array(input->frame_count, sizeof *m->groups);
    if (!m->groups)
        r = hsn__fail_memory(err);
    for (size_t i = 0; r >= 0 && i < input->frame_count; i++) {
        const hsn_frame *frame = &input->frames[i];
        hsn_by by = m->options.by;
        // Without a line, functions of a file are told apart.
        bool by_function =
            by == HSN_BY_FUNCTION || !*frame->file || (by == HSN_BY_LINENO && !frame->line);
        const char *shown = by_function ? frame->function : "";
        if (hsn__intern_put(&names, frame->file, strlen(frame->file), &file) ||
            hsn__intern_put(&names, shown, strlen(shown), &function))
            r = hsn__fail_memory(err);
        uint32_t place = hsn__map64_put(&places, (uint64_t)file << 32 | function);
        m->groups[i] = hsn__map64_put(&frames, (uint64_t)place << 32 |
                                                   (by == HSN_BY_LINENO ? frame->line : 0));
        if (r >= 0 && (place == UINT32_MAX || m->groups[i] == UINT32_MAX))
            r = hsn__fail_memory(err);
        if (r >= 0 && m->groups[i] == m->group_count)
            r = add_group(m, frame, err);
    }
    hsn__intern_clear(&names);
    hsn__map64_clear(&places);
    hsn__map64_clear(&frames);
    return r;
}

// ---- nodes ------------------------------------------------------------------------------------

int hsn__flame_node_add(hsn__flame_merge *m, uint32_t parent, uint32_t group, uint32_t *out,
                        hsn_error *err)
{
    if (m->count >= MAX_BOXES)
        return hsn__fail_limit(err, "boxes", MAX_BOXES);
    if (!hsn__array_grow(&m->nodes, &m->capacity, m->count + 1, sizeof *m->nodes, MAX_BOXES))
        return hsn__fail_memory(err);
    uint32_t depth = parent == HSN_NONE ? 0 : m->nodes[parent].depth + 1;
    *out = (uint32_t)m->count;
    m->nodes[m->count++] = (hsn__flame_node){.parent = parent, .depth = depth, .group = group};
    if (depth > m->out->levels)
        m->out->levels = depth;
    return HSN_OK;
}

int hsn__flame_child(hsn__flame_merge *m, uint32_t parent, uint32_t group, uint32_t *out,
                     hsn_error *err)
{
    // Frames of one file that call each other: one box.
    if (m->options.by == HSN_BY_FILENAME && m->nodes[parent].group == group) {
        *out = parent;
        return HSN_OK;
    }
    uint32_t found = hsn__map64_put(&m->children, (uint64_t)parent << 32 | group);
    if (found == UINT32_MAX)
        return hsn__fail_memory(err);
    *out = found + 1; // the root box is not in the map
    return *out < m->count ? HSN_OK : hsn__flame_node_add(m, parent, group, out, err);
}

// ---- sums by stack ----------------------------------------------------------------------------

// What stands above a stack, itself included.
typedef struct sum {
    uint64_t width;
    hsn_cell cells[2];
} sum;

// The sums of all stacks. Those of one snapshot are not stored twice, and are as wide as they say.
typedef struct sums {
    hsn_cell *cells;  // by stack, `columns` each
    uint64_t *widths; // by stack; NULL with one column
    size_t columns;
} sums;

static sum get_sum(const hsn__flame_merge *m, const sums *s, size_t stack)
{
    const hsn_cell *cells = &s->cells[stack * s->columns];
    return (sum){s->widths ? s->widths[stack] : hsn__flame_value(m, cells),
                 {cells[0], cells[s->columns - 1]}};
}

static void add_to(sums *s, size_t stack, const sum *from)
{
    hsn_cell *cells = &s->cells[stack * s->columns];
    for (size_t i = 0; i < s->columns; i++)
        hsn__cell_add(&cells[i], from->cells[i].count, from->cells[i].size_bytes);
    if (s->widths)
        s->widths[stack] = hsn__add_saturated(s->widths[stack], from->width);
}

static void add_to_node(hsn__flame_node *node, const sum *from)
{
    node->width = hsn__add_saturated(node->width, from->width);
    hsn__flame_add(node->cells, from->cells);
}

static bool is_empty(const sum *one)
{
    return !(one->cells[0].count | one->cells[0].size_bytes | one->cells[1].count |
             one->cells[1].size_bytes);
}

// Sums of all stacks and of the root box; *none is what has no stack.
static int sum_stacks(hsn__flame_merge *m, sums *s, sum *none, hsn_error *err)
{
    const hsn__flame_input *input = m->input;
    s->columns = input->snapshots;
    s->cells = hsn__alloc_zeroed(input->stack_count, s->columns * sizeof *s->cells);
    if (s->columns > 1)
        s->widths = hsn__alloc_zeroed(input->stack_count, sizeof *s->widths);
    if (!s->cells || (s->columns > 1 && !s->widths))
        return hsn__fail_memory(err);
    hsn__flame_node whole = {.parent = HSN_NONE, .group = HSN_NONE}, rest = {0};
    for (size_t i = 0; i < input->row_count; i++) {
        const hsn__flame_row *row = &input->rows[i];
        sum one = {hsn__flame_width(m, row->cells), {row->cells[0], row->cells[1]}};
        if (row->stack == HSN_NONE)
            add_to_node(&rest, &one);
        else
            add_to(s, row->stack, &one);
        add_to_node(&whole, &one);
    }
    for (size_t i = input->stack_count; i-- > 0;) {
        uint32_t parent = input->stacks[i].parent;
        sum one = get_sum(m, s, i);
        if (parent != HSN_NONE && !is_empty(&one))
            add_to(s, parent, &one);
    }
    m->nodes[0] = whole;
    m->least = (uint64_t)(m->options.least_share * (double)whole.width);
    *none = (sum){rest.width, {rest.cells[0], rest.cells[1]}};
    return HSN_OK;
}

// What the stacks of kept boxes hold themselves.
static void add_owns(hsn__flame_merge *m, const uint32_t *node_of, uint32_t no_stack)
{
    const hsn__flame_input *input = m->input;
    for (size_t i = 0; i < input->row_count; i++) {
        const hsn__flame_row *row = &input->rows[i];
        uint32_t to = row->stack == HSN_NONE ? no_stack : node_of[row->stack];
        if (to != HSN_NONE)
            hsn__flame_add(m->nodes[to].owns, row->cells);
    }
}

// ---- stacks that are boxes --------------------------------------------------------------------

// A node for a stack below `parent` if it is wide and high enough; else HSN_NONE.
static int take(hsn__flame_merge *m, uint32_t parent, uint32_t group, const sum *from,
                uint32_t *out, hsn_error *err)
{
    *out = HSN_NONE;
    if (parent == HSN_NONE || !from->width)
        return HSN_OK;
    if (from->width < m->least) {
        m->out->dropped++;
        return HSN_OK;
    }
    if (m->options.max_depth && m->nodes[parent].depth >= m->options.max_depth) {
        m->out->dropped_deep++;
        return HSN_OK;
    }
    int r = hsn__flame_node_add(m, parent, group, out, err);
    if (r >= 0)
        add_to_node(&m->nodes[*out], from);
    return r;
}

static int unmerged(hsn__flame_merge *m, const sums *s, uint32_t *node_of, hsn_error *err)
{
    const hsn__flame_input *input = m->input;
    int r = HSN_OK;
    for (size_t i = 0; r >= 0 && i < input->stack_count; i++) {
        const hsn_stack *stack = &input->stacks[i];
        uint32_t parent = stack->parent == HSN_NONE ? 0 : node_of[stack->parent];
        sum one = get_sum(m, s, i);
        r = take(m, parent, m->groups[stack->frame], &one, &node_of[i], err);
    }
    return r;
}

// ---- stacks that fall together ----------------------------------------------------------------

// The stacks of a level, still to be taken apart. Those of a node that is dropped are left alone.
typedef struct level {
    uint32_t *stacks;
    size_t count, capacity;
} level;

typedef struct callees {
    uint32_t *first; // by stack, and of no caller last
    uint32_t *next;  // by stack: the next one of the same caller
} callees;

static int push(level *to, uint32_t stack, hsn_error *err)
{
    if (!hsn__array_grow(&to->stacks, &to->capacity, to->count + 1, sizeof *to->stacks, UINT32_MAX))
        return hsn__fail_memory(err);
    to->stacks[to->count++] = stack;
    return HSN_OK;
}

static int list_callees(const hsn__flame_input *input, callees *out, hsn_error *err)
{
    size_t count = input->stack_count;
    out->first = hsn__alloc_array(count + 1, sizeof *out->first);
    out->next = hsn__alloc_array(count, sizeof *out->next);
    if (!out->first || !out->next)
        return hsn__fail_memory(err);
    for (size_t i = 0; i <= count; i++)
        out->first[i] = HSN_NONE;
    for (size_t i = count; i-- > 0;) {
        uint32_t parent = input->stacks[i].parent;
        uint32_t *head = &out->first[parent == HSN_NONE ? count : parent];
        out->next[i] = *head;
        *head = (uint32_t)i;
    }
    return HSN_OK;
}

// The callees of one stack onto the boxes below `node`. By filename those of the same file stay in
// the box and in this level.
static int take_apart(hsn__flame_merge *m, const sums *s, const callees *below, uint32_t node,
                      uint32_t first, uint32_t *node_of, level *here, level *next, hsn_error *err)
{
    int r = HSN_OK;
    for (uint32_t i = first; r >= 0 && i != HSN_NONE; i = below->next[i]) {
        sum one = get_sum(m, s, i);
        if (is_empty(&one))
            continue;
        r = hsn__flame_child(m, node, m->groups[m->input->stacks[i].frame], &node_of[i], err);
        if (r >= 0 && node_of[i] != node)
            add_to_node(&m->nodes[node_of[i]], &one);
        if (r >= 0)
            r = push(node_of[i] == node ? here : next, i, err);
    }
    return r;
}

static int merged(hsn__flame_merge *m, const sums *s, uint32_t *node_of, hsn_error *err)
{
    callees below = {0};
    level here = {0}, next = {0};
    uint32_t max_depth = m->options.max_depth;
    int r = list_callees(m->input, &below, err);
    if (r >= 0)
        r = take_apart(m, s, &below, 0, below.first[m->input->stack_count], node_of, &here, &next,
                       err);
    while (r >= 0 && next.count) {
        level emptied = here;
        here = next;
        next = emptied;
        next.count = 0;
        for (size_t i = 0; r >= 0 && i < here.count; i++) {
            uint32_t stack = here.stacks[i], node = node_of[stack];
            // Widths of a level are final once it is made.
            if (m->nodes[node].width >= m->least &&
                (!max_depth || m->nodes[node].depth <= max_depth))
                r = take_apart(m, s, &below, node, below.first[stack], node_of, &here, &next, err);
        }
    }
    hsn__free(below.first);
    hsn__free(below.next);
    hsn__free(here.stacks);
    hsn__free(next.stacks);
    return r;
}

static int from_root(hsn__flame_merge *m, hsn_error *err)
{
    const hsn__flame_input *input = m->input;
    sums s = {0};
    sum none = {0};
    uint32_t no_stack = HSN_NONE, *node_of = hsn__alloc_array(input->stack_count, sizeof *node_of);
    int r = node_of ? sum_stacks(m, &s, &none, err) : hsn__fail_memory(err);
    if (r >= 0 && none.width) {
        r = hsn__flame_child(m, 0, HSN_NONE, &no_stack, err);
        if (r >= 0)
            add_to_node(&m->nodes[no_stack], &none);
    }
    for (size_t i = 0; r >= 0 && i < input->stack_count; i++)
        node_of[i] = HSN_NONE;
    if (r >= 0)
        r = m->options.by == HSN_BY_LINENO && m->group_count == input->frame_count
                ? unmerged(m, &s, node_of, err)
                : merged(m, &s, node_of, err);
    if (r >= 0)
        add_owns(m, node_of, no_stack);
    hsn__free(s.cells);
    hsn__free(s.widths);
    hsn__free(node_of);
    return r;
}

int hsn__flame_merge_stacks(const hsn__flame_input *input, const hsn_flame_options *options,
                            hsn_flame *out, hsn_error *err)
{
    hsn__flame_merge m = {.input = input, .options = *options, .out = out};
    uint32_t root;
    if (!m.options.by)
        m.options.by = HSN_BY_LINENO;
    m.options.metric = NULL;
    m.options.filters = NULL;
    m.options.filter_count = 0;
    *out = (hsn_flame){.options = m.options,
                       .stacks = input->row_count,
                       .snapshots = input->snapshots,
                       .by_count = input->by_count};
    memcpy(out->wholes, input->wholes, sizeof out->wholes);
    m.arena = out->memory = hsn__alloc_zeroed(1, sizeof(hsn__arena));
    int r = out->memory ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0) {
        out->metric = hsn__arena_copy(m.arena, input->metric, strlen(input->metric));
        out->unit = hsn__arena_copy(m.arena, input->unit, strlen(input->unit));
        r = out->metric && out->unit ? HSN_OK : hsn__fail_memory(err);
    }
    if (r >= 0)
        r = group_frames(&m, err);
    if (r >= 0)
        r = hsn__flame_node_add(&m, HSN_NONE, HSN_NONE, &root, err);
    if (r >= 0)
        r = m.options.reverse ? hsn__flame_reverse(&m, err) : from_root(&m, err);
    if (r >= 0)
        r = hsn__flame_boxes(&m, err);
    out->frames = m.rows;
    out->frame_count = m.group_count;
    hsn__free(m.groups);
    hsn__free(m.nodes);
    hsn__map64_clear(&m.children);
    if (r < 0)
        hsn_flame_free(out);
    return r;
}

void hsn_flame_free(hsn_flame *flame)
{
    if (flame->memory)
        hsn__arena_clear(flame->memory);
    hsn__free(flame->memory);
    hsn__free(flame->boxes);
    hsn__free(flame->frames);
    *flame = (hsn_flame){0};
}
