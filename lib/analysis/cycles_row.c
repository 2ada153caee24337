// SPDX-License-Identifier: MIT
// A row of the result: the types of a component, its shortest cycle with labels, the cut.
#include "analysis/cycles_private.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/chain_private.h"
#include "base/alloc.h"
#include "base/fail.h"

// Visits of references that each step of the search for a shortest cycle may take. At some 30 ns of
// waiting for memory each, half a second for a component that holds most of a large heap.
enum { GIRTH_BUDGET = 1 << 24 };

static int by_count_then_name(const void *a, const void *b)
{
    const hsn_type_count *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->type > y->type) - (x->type < y->type);
}

const char *hsn__name_without_module(const hsn_type *type)
{
    size_t length = strlen(type->module);
    bool prefixed = length && !strncmp(type->name, type->module, length);
    return prefixed && type->name[length] == '.' ? type->name + length + 1 : type->name;
}

static char *copy(hsn__arena *arena, const char *text)
{
    return hsn__arena_copy(arena, text, strlen(text));
}

// `counts` is all 0 before and after.
static int fill_types(hsn_heap *heap, const uint32_t *types, uint64_t *counts, hsn__arena *arena,
                      hsn_cycle *row, hsn_error *err)
{
    const hsn_type_list *list = hsn_heap_types(heap);
    int r = HSN_OK;
    for (uint64_t i = 0; i < row->objects; i++)
        row->type_count += !counts[types[row->nodes[i]]]++;
    row->types = hsn__arena_zeroed(arena, row->type_count, sizeof *row->types);
    size_t at = 0;
    for (uint64_t i = 0; i < row->objects; i++) {
        uint32_t type = types[row->nodes[i]];
        uint64_t count = counts[type];
        counts[type] = 0;
        if (!count || !row->types || r < 0)
            continue;
        row->types[at] = (hsn_type_count){.type = type, .count = count};
        row->types[at].name = copy(arena, list->rows[type].name);
        if (!row->types[at++].name)
            r = hsn__fail_memory(err);
    }
    if (!row->types)
        r = hsn__fail_memory(err);
    if (r >= 0)
        qsort(row->types, row->type_count, sizeof *row->types, by_count_then_name);
    return r;
}

int hsn__best_ref(hsn_heap *heap, hsn_node_id source, hsn_node_id target, hsn_ref *out,
                  hsn_error *err)
{
    const hsn_ref *refs;
    size_t count;
    unsigned best = UINT32_MAX;
    int r = hsn_heap_refs(heap, source, &refs, &count, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++) {
        unsigned rank = hsn_ref_rank(&refs[i]);
        if (refs[i].target == target && rank < best) {
            best = rank;
            *out = refs[i];
        }
    }
    if (best == UINT32_MAX)
        return hsn__fail(err, HSN_EINVAL, NULL, "the graph is not that of the heap");
    return HSN_OK;
}

// Where to begin: the instance of lowest address, else the object of lowest address.
static size_t first_of(const hsn__girth *girth, const hsn_type_list *list, const uint32_t *types)
{
    size_t best = 0;
    bool best_is_instance = false;
    for (size_t i = 0; i < girth->count; i++) {
        hsn_node_id node = girth->cycle[i];
        bool is_instance = list->rows[types[node]].kind == HSN_KIND_INSTANCE;
        if (!i || (is_instance && !best_is_instance) ||
            (is_instance == best_is_instance && node < girth->cycle[best])) {
            best = i;
            best_is_instance = is_instance;
        }
    }
    return best;
}

static const char *write_expression(hsn__arena *arena, const hsn_ref *ref, const char *label)
{
    hsn__buf text = {0};
    const char *result = "";
    if (*label || ref->kind != HSN_REF_OTHER) {
        hsn__ref_text(ref, label, hsn_ref_kind_name(ref->kind), &text);
        result = text.failed ? NULL : copy(arena, hsn__buf_text(&text));
    }
    hsn__buf_clear(&text);
    return result;
}

static int fill_step(hsn_heap *heap, hsn_node_id node, hsn_node_id next, hsn__arena *arena,
                     hsn_cycle_step *step, hsn_error *err)
{
    hsn_object object;
    char label[HSN_LABEL_TEXT_BYTES];
    int r = hsn_heap_object(heap, node, &object, err);
    if (r >= 0)
        r = hsn__best_ref(heap, node, next, &step->ref, err);
    if (r >= 0)
        r = hsn_label_text(heap, &step->ref, label, err);
    if (r < 0)
        return r;
    step->node = node;
    step->type = object.type;
    step->address = object.address;
    step->type_name = copy(arena, hsn_heap_types(heap)->rows[object.type].name);
    step->short_name =
        copy(arena, hsn__name_without_module(&hsn_heap_types(heap)->rows[object.type]));
    step->label = copy(arena, label);
    step->expression = write_expression(arena, &step->ref, label);
    bool whole = step->type_name && step->short_name && step->label && step->expression;
    return whole ? HSN_OK : hsn__fail_memory(err);
}

// The cycle as a line: as many steps as a line holds.
static int write_text(hsn__arena *arena, hsn_cycle *row, hsn_error *err)
{
    enum { MOST_STEPS = 8 };
    static const char arrow[] = " \xe2\x86\x92 ";
    hsn__buf text = {0};
    for (size_t i = 0; i < row->shortest_count && i < MOST_STEPS; i++) {
        const hsn_cycle_step *step = &row->shortest[i];
        hsn__buf_printf(&text, *step->expression ? "%s %s" : "%s", step->short_name,
                        step->expression);
        hsn__buf_puts(&text, arrow);
    }
    if (row->shortest_count > MOST_STEPS)
        hsn__buf_printf(&text, "(%zu more)%s", row->shortest_count - MOST_STEPS, arrow);
    hsn__buf_puts(&text, row->shortest[0].short_name);
    row->shortest_text = text.failed ? NULL : copy(arena, hsn__buf_text(&text));
    hsn__buf_clear(&text);
    return row->shortest_text ? HSN_OK : hsn__fail_memory(err);
}

int hsn__cycle_row_fill(hsn_heap *heap, const hsn_graph *graph, const hsn__components *components,
                        uint32_t component, const uint32_t *types, uint64_t *type_counts,
                        hsn__girth *girth, hsn__arena *arena, hsn_cycle *row, hsn_error *err)
{
    int r = fill_types(heap, types, type_counts, arena, row, err);
    if (r >= 0)
        r = hsn__girth_find(girth, graph, components, component, GIRTH_BUDGET, err);
    if (r < 0)
        return r;
    size_t first = first_of(girth, hsn_heap_types(heap), types);
    row->shortest = hsn__arena_zeroed(arena, girth->count, sizeof *row->shortest);
    if (!row->shortest)
        return hsn__fail_memory(err);
    row->shortest_is_exact = girth->is_exact;
    for (size_t i = 0; i < girth->count && r >= 0; i++) {
        hsn_node_id node = girth->cycle[(first + i) % girth->count];
        hsn_node_id next = girth->cycle[(first + i + 1) % girth->count];
        r = fill_step(heap, node, next, arena, &row->shortest[row->shortest_count++], err);
    }
    if (r >= 0)
        r = write_text(arena, row, err);
    return r < 0 ? r : hsn__cut_choose(graph, components, component, row, err);
}
