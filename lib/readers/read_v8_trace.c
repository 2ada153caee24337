// SPDX-License-Identifier: MIT
// Who allocated: the tree of calls of a V8 heap snapshot, and the stacks of its nodes.
#include "read_v8.h"

#include <stdlib.h>

enum { MAX_DEPTH = 1024, MAX_FRAMES = 256 };

// An open array: whose children stand in it, and which field of a group of five comes next.
typedef struct level {
    uint32_t parent; // index of a trace; HSN_NONE = the whole tree
    uint32_t now;    // the trace of the group at hand
    int place;
} level;

typedef struct tree {
    hsn__v8_reading *v;
    level *levels;
    size_t depth, capacity;
} tree;

static int open_level(tree *t, hsn_error *err)
{
    uint32_t parent = t->depth ? t->levels[t->depth - 1].now : HSN_NONE;
    if (t->depth == MAX_DEPTH)
        return hsn__fail_limit(err, "depth of trace_tree", MAX_DEPTH);
    if (!hsn__array_grow(&t->levels, &t->capacity, t->depth + 1, sizeof *t->levels, MAX_DEPTH))
        return hsn__fail_memory(err);
    t->levels[t->depth++] = (level){parent, HSN_NONE, 0};
    return HSN_OK;
}

static int put_number(tree *t, uint64_t value, hsn_error *err)
{
    hsn__v8_reading *v = t->v;
    level *l = &t->levels[t->depth - 1];
    int r = HSN_OK;
    if (!l->place) {
        r = hsn__v8_grow(&v->traces, &v->traces_capacity, v->trace_count + 1, sizeof *v->traces,
                         "trace_tree", err);
        if (r != HSN_OK)
            return r;
        l->now = (uint32_t)v->trace_count++;
        v->traces[l->now] = (hsn__v8_trace){
            .parent = l->parent, .function = HSN_NONE, .frame = HSN_NONE, .stack = HSN_NONE};
    }
    if (l->now != HSN_NONE && l->place == v->layout.trace_id)
        v->traces[l->now].id = value;
    if (l->now != HSN_NONE && l->place == v->layout.trace_function && value < HSN_NONE)
        v->traces[l->now].function = (uint32_t)value;
    if (l->now != HSN_NONE && l->place == v->layout.trace_blocks)
        v->traces[l->now].blocks = value;
    if (l->now != HSN_NONE && l->place == v->layout.trace_size)
        v->traces[l->now].size_bytes = value;
    l->place = (l->place + 1) % v->layout.trace_count;
    return r;
}

// One element of the innermost array, or its end.
static int read_element(tree *t, hsn_error *err)
{
    hsn__v8_reading *v = t->v;
    level *l = &t->levels[t->depth - 1];
    uint64_t value;
    bool first = true;
    uint8_t c = hsn__json_document_peek(&v->json);
    if (c == ']') {
        v->in->next++;
        t->depth--;
        return HSN_OK;
    }
    if (c == ',') {
        v->in->next++;
        c = hsn__json_document_peek(&v->json);
    }
    if (c == '[') {
        v->in->next++;
        l->place = (l->place + 1) % v->layout.trace_count;
        return open_level(t, err);
    }
    if (hsn__v8_number_slowly(v, &first, &value) != HSN_OK)
        return hsn__v8_damaged(v, "a number was expected", err);
    return put_number(t, value, err);
}

int hsn__v8_read_traces(hsn__v8_reading *v, hsn_error *err)
{
    tree t = {.v = v};
    int r;
    if (v->layout.trace_id != 0 || v->layout.trace_function < 0 || v->layout.trace_children < 0)
        return hsn__json_document_skip(&v->json) ? HSN_OK
                                                 : hsn__v8_damaged(v, v->json.problem, err);
    if (!hsn__json_document_take(&v->json, '['))
        return hsn__v8_damaged(v, v->json.problem, err);
    r = open_level(&t, err);
    while (r == HSN_OK && t.depth)
        r = read_element(&t, err);
    hsn__free(t.levels);
    return r;
}

static int compare_keys(const void *a, const void *b)
{
    const hsn__v8_trace_key *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static int index_traces(hsn__v8_reading *v, hsn_error *err)
{
    v->trace_keys = hsn__alloc_array(v->trace_count, sizeof *v->trace_keys);
    if (!v->trace_keys)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < v->trace_count; i++)
        v->trace_keys[i] = (hsn__v8_trace_key){v->traces[i].id, (uint32_t)i};
    qsort(v->trace_keys, v->trace_count, sizeof *v->trace_keys, compare_keys);
    return HSN_OK;
}

// The frame of a trace; the root of the tree is none.
static int put_frame(hsn__v8_reading *v, hsn__v8_trace *trace, uint32_t *out, hsn_error *err)
{
    static const hsn__v8_function unknown = {HSN_NONE, HSN_NONE, 0};
    const hsn__v8_function *function =
        trace->function < v->function_count ? &v->functions[trace->function] : &unknown;
    hsn_sink_frame frame = {.file = hsn__v8_string(v, function->script_name),
                            .function = hsn__v8_string(v, function->name)};
    if (!frame.function.length)
        frame.function = hsn__text("(anonymous)");
    if (frame.file.length && function->line != HSN_NONE)
        frame.line = function->line;
    int r = trace->frame == HSN_NONE
                ? v->sink->ops->frame(v->sink->context, &frame, &trace->frame, err)
                : HSN_OK;
    *out = trace->frame;
    return r;
}

static int stack_of(hsn__v8_reading *v, hsn__v8_trace *trace, hsn_error *err)
{
    uint32_t frames[MAX_FRAMES];
    uint64_t total = 0;
    size_t count = 0;
    int r = HSN_OK;
    if (trace->stack != HSN_NONE || trace->parent == HSN_NONE)
        return HSN_OK;
    for (hsn__v8_trace *at = trace; r == HSN_OK && at->parent != HSN_NONE;
         at = &v->traces[at->parent]) {
        if (count < MAX_FRAMES)
            r = put_frame(v, at, &frames[count++], err);
        total++;
    }
    return r == HSN_OK
               ? v->sink->ops->stack(v->sink->context, frames, count, total, &trace->stack, err)
               : r;
}

int hsn__v8_trace_stack(hsn__v8_reading *v, uint64_t id, uint32_t *out, hsn_error *err)
{
    size_t low = 0, high = v->trace_count;
    int r = HSN_OK;
    *out = HSN_NONE;
    if (!id || !v->trace_count)
        return HSN_OK;
    if (!v->trace_keys && (r = index_traces(v, err)) != HSN_OK)
        return r;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v->trace_keys[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == v->trace_count || v->trace_keys[low].id != id)
        return HSN_OK;
    hsn__v8_trace *trace = &v->traces[v->trace_keys[low].index];
    r = stack_of(v, trace, err);
    *out = trace->stack;
    return r;
}

int hsn__v8_give_traces(hsn__v8_reading *v, hsn_error *err)
{
    const hsn_sink_ops *ops = v->sink->ops;
    uint32_t metric = HSN_NONE;
    int r = HSN_OK;
    for (size_t i = 0; i < v->trace_count && r == HSN_OK; i++) {
        hsn__v8_trace *trace = &v->traces[i];
        if (!trace->blocks && !trace->size_bytes)
            continue;
        r = stack_of(v, trace, err);
        if (r != HSN_OK || trace->stack == HSN_NONE)
            continue;
        if (metric == HSN_NONE)
            r = ops->metric(v->sink->context, hsn__text("alloc"), hsn__text("bytes"), &metric, err);
        hsn_sink_allocation allocation = {.stack = trace->stack,
                                          .count = trace->blocks,
                                          .size_bytes = trace->size_bytes,
                                          .metric = metric};
        if (r == HSN_OK)
            r = ops->allocation(v->sink->context, &allocation, err);
    }
    return r;
}
