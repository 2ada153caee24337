// SPDX-License-Identifier: MIT
// Reference cycles: components, their kinds and bytes, ranked and filtered.
#include "analysis/cycles_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

// What a result keeps.
typedef struct memory {
    hsn__arena arena;
    hsn_node_id *members;
} memory;

// What one call works with.
typedef struct work {
    hsn_heap *heap;
    const hsn_graph *graph;
    hsn_graph *filtered; // without housekeeping; `graph` is this one then
    const hsn_cycles_options *options;
    hsn__components components;
    uint64_t *size_bytes;  // by component
    uint8_t *kinds;        // by component
    uint8_t *matches;      // by component: holds an object of a wanted type
    uint32_t *types;       // by node
    uint32_t *order;       // components, ranked
    uint64_t *type_counts; // by type, all 0 between rows
    uint64_t row_limit;
    hsn__girth girth;
    memory *memory;
} work;

const char *hsn_cycle_kind_name(hsn_cycle_kind kind)
{
    static const char *const names[] = {
#define NAME(name, text) [HSN_CYCLE_##name] = text,
        HSN_CYCLE_KIND_LIST(NAME)
#undef NAME
    };
    return (unsigned)kind < HSN_CYCLE_KIND_COUNT ? names[kind] : "unknown";
}

// Into `components`; the members become the result's.
static int find_components(work *w, hsn__components *components, hsn_cycles *out,
                           const hsn_progress *progress, hsn_error *err)
{
    const hsn_root_list *list;
    int r = hsn_heap_roots(w->heap, &list, err);
    if (r < 0)
        return r;
    hsn_node_id *roots = hsn__alloc_array(list->count, sizeof *roots);
    size_t count = 0;
    if (!roots)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < list->count; i++)
        if (list->rows[i].node < w->graph->node_count)
            roots[count++] = list->rows[i].node;
    out->has_roots = count > 0;
    r = hsn__components_find(w->graph, roots, count, progress, components, err);
    hsn__free(roots);
    return r;
}

static inline const hsn_node_id *members_of(const work *w, uint32_t component, uint64_t *out_count)
{
    uint32_t start = w->components.starts[component];
    *out_count = w->components.starts[component + 1] - start;
    return w->components.members + start;
}

static int sum_sizes(work *w, hsn_error *err)
{
    uint32_t nodes = w->graph->node_count;
    uint64_t *sizes = hsn__alloc_array(nodes, sizeof *sizes);
    w->size_bytes = hsn__alloc_zeroed(w->components.count, sizeof *w->size_bytes);
    if (!sizes || !w->size_bytes) {
        hsn__free(sizes);
        return hsn__fail_memory(err);
    }
    int r = hsn_heap_column_sizes(w->heap, sizes, err);
    for (uint32_t node = 0; node < nodes && r >= 0; node++)
        if (w->components.of[node] != HSN__ON_NO_CYCLE)
            w->size_bytes[w->components.of[node]] += sizes[node];
    hsn__free(sizes);
    return r;
}

// The unreachable components that references from outside of the snapshot keep.
static int find_pinned(work *w, uint64_t **out_pinned, hsn_error *err)
{
    uint32_t nodes = w->graph->node_count;
    uint32_t *refcounts = hsn__alloc_array(nodes, sizeof *refcounts);
    uint8_t *flags = hsn__alloc_array(nodes, sizeof *flags);
    int r = refcounts && flags ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_heap_column_refcounts(w->heap, refcounts, err);
    if (r >= 0)
        r = hsn_heap_column_flags(w->heap, flags, err);
    if (r >= 0)
        r = hsn__cycles_pinned(w->graph, &w->components, refcounts, flags, out_pinned, err);
    hsn__free(refcounts);
    hsn__free(flags);
    return r;
}

static int tell_kinds(work *w, hsn_cycles *out, hsn_error *err)
{
    uint64_t *pinned = NULL;
    bool all_live = true;
    uint32_t count = w->components.count;
    int r = HSN_OK;
    w->kinds = hsn__alloc_zeroed(count, sizeof *w->kinds);
    if (!w->kinds)
        return hsn__fail_memory(err);
    for (uint32_t i = 0; i < count && all_live; i++)
        all_live = hsn__component_is_live(&w->components, i);
    out->tells_pinned = hsn_heap_info(w->heap)->has_refcounts != 0;
    if (out->tells_pinned && !all_live && (r = find_pinned(w, &pinned, err)) < 0)
        return r;
    for (uint32_t i = 0; i < count; i++) {
        hsn_node_id first = w->components.members[w->components.starts[i]];
        if (hsn__component_is_live(&w->components, i))
            w->kinds[i] = HSN_CYCLE_LIVE;
        else if (pinned)
            w->kinds[i] = hsn__bitmap_get(pinned, first) ? HSN_CYCLE_PINNED : HSN_CYCLE_GARBAGE;
        else
            w->kinds[i] = out->has_roots ? HSN_CYCLE_GARBAGE : HSN_CYCLE_UNKNOWN;
    }
    hsn__free(pinned);
    return HSN_OK;
}

// Let go of the components, and keep what leave_out_housekeeping() must know of their nodes: which
// are pinned, and what those are that are neither live nor pinned.
static int forget_components(work *w, uint64_t **out_live, uint64_t **out_pinned,
                             hsn_cycle_kind *out_rest, hsn_error *err)
{
    *out_rest = HSN_CYCLE_GARBAGE;
    *out_pinned = hsn__bitmap_new(w->graph->node_count);
    if (!*out_pinned)
        return hsn__fail_memory(err);
    for (uint32_t i = 0; i < w->components.count; i++) {
        uint64_t objects;
        const hsn_node_id *members = members_of(w, i, &objects);
        if (w->kinds[i] == HSN_CYCLE_UNKNOWN)
            *out_rest = HSN_CYCLE_UNKNOWN;
        for (uint64_t k = 0; k < objects && w->kinds[i] == HSN_CYCLE_PINNED; k++)
            hsn__bitmap_set(*out_pinned, members[k]);
    }
    *out_live = w->components.live;
    w->components.live = NULL;
    hsn__components_clear(&w->components);
    hsn__free(w->kinds);
    w->kinds = NULL;
    return HSN_OK;
}

// Find the components anew without housekeeping. Each lies within one that was found with it, and
// is of the same kind.
static int leave_out_housekeeping(work *w, hsn_cycles *out, const hsn_progress *progress,
                                  hsn_error *err)
{
    uint64_t *live = NULL, *pinned = NULL;
    hsn_cycle_kind rest;
    int r = forget_components(w, &live, &pinned, &rest, err);
    if (r >= 0)
        r = hsn__cycles_without_housekeeping(w->graph, live, hsn_heap_types(w->heap), w->types,
                                             &w->filtered, err);
    if (r >= 0) {
        w->graph = w->filtered;
        r = find_components(w, &w->components, out, progress, err);
    }
    if (r >= 0) {
        // What roots reach is a matter of all references.
        hsn__free(w->components.live);
        w->components.live = live;
        live = NULL;
        w->kinds = hsn__alloc_zeroed(w->components.count, sizeof *w->kinds);
        if (!w->kinds)
            r = hsn__fail_memory(err);
    }
    for (uint32_t i = 0; i < w->components.count && r >= 0; i++) {
        hsn_node_id first = w->components.members[w->components.starts[i]];
        w->kinds[i] = hsn__component_is_live(&w->components, i) ? HSN_CYCLE_LIVE
                      : hsn__bitmap_get(pinned, first)          ? HSN_CYCLE_PINNED
                                                                : (uint8_t)rest;
    }
    hsn__free(live);
    hsn__free(pinned);
    return r;
}

static void sum_totals(const work *w, hsn_cycles *out)
{
    for (uint32_t i = 0; i < w->components.count; i++) {
        hsn_cycle_total *total = &out->totals[w->kinds[i]];
        uint64_t objects;
        members_of(w, i, &objects);
        total->components++;
        total->objects += objects;
        total->size_bytes += w->size_bytes[i];
    }
}

static int by_bytes_objects_first(const void *a, const void *b, void *context)
{
    const work *w = context;
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    uint64_t x_objects, y_objects;
    const hsn_node_id *x_first = members_of(w, x, &x_objects);
    const hsn_node_id *y_first = members_of(w, y, &y_objects);
    if (w->size_bytes[x] != w->size_bytes[y])
        return w->size_bytes[x] < w->size_bytes[y] ? 1 : -1;
    if (x_objects != y_objects)
        return x_objects < y_objects ? 1 : -1;
    return *x_first < *y_first ? -1 : *x_first > *y_first;
}

// Rank all components, and mark those with an object of a wanted type.
static int rank(work *w, hsn_error *err)
{
    uint32_t count = w->components.count, nodes = w->graph->node_count;
    w->order = hsn__alloc_array(count, sizeof *w->order);
    w->matches = hsn__alloc_zeroed(count, sizeof *w->matches);
    if (!w->order || !w->matches)
        return hsn__fail_memory(err);
    for (uint32_t i = 0; i < count; i++)
        w->order[i] = i;
    qsort_r(w->order, count, sizeof *w->order, by_bytes_objects_first, w);
    for (uint32_t node = 0; node < nodes && w->options->types; node++)
        if (w->components.of[node] != HSN__ON_NO_CYCLE && w->options->types[w->types[node]])
            w->matches[w->components.of[node]] = 1;
    return HSN_OK;
}

static int read_types(work *w, hsn_error *err)
{
    w->types = hsn__alloc_array(w->graph->node_count, sizeof *w->types);
    return w->types ? hsn_heap_column_types(w->heap, w->types, err) : hsn__fail_memory(err);
}

static bool passes(const work *w, uint32_t component)
{
    const hsn_cycles_options *options = w->options;
    uint64_t objects;
    members_of(w, component, &objects);
    return (!options->kinds || options->kinds >> w->kinds[component] & 1) &&
           (!options->types || w->matches[component]) && objects >= options->min_objects;
}

// What is known of a row before its types and cycle are looked at.
static void begin_row(const work *w, const hsn__alike *alike, hsn_cycle *row)
{
    uint32_t component = w->order[alike->rank];
    row->component = (uint64_t)alike->rank + 1;
    row->kind = w->kinds[component];
    row->size_bytes = w->size_bytes[component];
    row->nodes = members_of(w, component, &row->objects);
    row->alike = alike->components;
    row->alike_objects = alike->objects;
    row->alike_size_bytes = alike->size_bytes;
}

static int make_rows_of_groups(work *w, const uint32_t *ranked, hsn_cycles *out, hsn_error *err)
{
    hsn__alike *groups;
    size_t group_count;
    int r = hsn__cycles_alike(&w->components, w->types, w->kinds, w->size_bytes, ranked, w->order,
                              (size_t)out->matched, &groups, &group_count, err);
    if (r < 0)
        return r;
    out->groups = group_count;
    for (size_t i = 0; i < group_count && out->count < w->row_limit; i++)
        begin_row(w, &groups[i], &out->rows[out->count++]);
    hsn__free(groups);
    return HSN_OK;
}

// Rows for what the filters let through, as many as the limit allows.
static int make_rows(work *w, hsn_cycles *out, hsn_error *err)
{
    uint32_t *ranked = hsn__alloc_array(w->components.count, sizeof *ranked);
    int r = HSN_OK;
    if (!ranked)
        return hsn__fail_memory(err);
    for (uint32_t rank = 0; rank < w->components.count; rank++)
        if (passes(w, w->order[rank]))
            ranked[out->matched++] = rank;
    out->groups = out->matched;
    w->row_limit =
        w->options->limit && w->options->limit < out->matched ? w->options->limit : out->matched;
    out->rows = hsn__arena_zeroed(&w->memory->arena, (size_t)w->row_limit, sizeof *out->rows);
    if (!out->rows)
        r = hsn__fail_memory(err);
    else if (w->options->group_alike)
        r = make_rows_of_groups(w, ranked, out, err);
    else
        for (; out->count < w->row_limit; out->count++) {
            uint32_t component = w->order[ranked[out->count]];
            uint64_t objects;
            members_of(w, component, &objects);
            begin_row(w, &(hsn__alike){ranked[out->count], 1, objects, w->size_bytes[component]},
                      &out->rows[out->count]);
        }
    hsn__free(ranked);
    return r;
}

static int by_first_node(const void *a, const void *b)
{
    hsn_node_id x = (*(hsn_cycle *const *)a)->nodes[0], y = (*(hsn_cycle *const *)b)->nodes[0];
    return (x > y) - (x < y);
}

// Types, shortest cycles and cuts, in order of address: the heap keeps few decoded segments.
static int fill_rows(work *w, hsn_cycles *out, const hsn_progress *progress, hsn_error *err)
{
    int r = HSN_OK;
    hsn_cycle **rows = hsn__alloc_array(out->count, sizeof *rows);
    w->type_counts = hsn__alloc_zeroed(hsn_heap_types(w->heap)->count, sizeof *w->type_counts);
    w->girth.wanted = w->options->types;
    w->girth.types = w->types;
    if (!rows || !w->type_counts)
        r = hsn__fail_memory(err);
    for (size_t i = 0; i < out->count && r >= 0; i++)
        rows[i] = &out->rows[i];
    if (r >= 0)
        qsort(rows, out->count, sizeof *rows, by_first_node);
    for (size_t i = 0; i < out->count && r >= 0; i++) {
        uint32_t component = w->components.of[rows[i]->nodes[0]];
        if (progress && progress->tick(progress->context, "shortest", i, out->count))
            r = hsn__fail(err, HSN_ECANCELED, NULL, "canceled");
        else
            r = hsn__cycle_row_fill(w->heap, w->graph, &w->components, component, w->types,
                                    w->type_counts, &w->girth, &w->memory->arena, rows[i], err);
    }
    hsn__free(rows);
    return r;
}

static void clear(work *w)
{
    hsn__components_clear(&w->components);
    hsn_graph_free(w->filtered);
    hsn__girth_clear(&w->girth);
    hsn__free(w->size_bytes);
    hsn__free(w->kinds);
    hsn__free(w->matches);
    hsn__free(w->types);
    hsn__free(w->order);
    hsn__free(w->type_counts);
}

int hsn_cycles_find(hsn_heap *heap, const hsn_graph *graph, const hsn_cycles_options *options,
                    const hsn_progress *progress, hsn_cycles *out, hsn_error *err)
{
    static const hsn_cycles_options defaults;
    work w = {.heap = heap, .graph = graph, .options = options ? options : &defaults};
    int r = HSN_OK;
    *out = (hsn_cycles){0};
    if (!(hsn_graph_parts(graph) & HSN_GRAPH_FORWARD) || hsn_graph_parts(graph) & HSN_GRAPH_WEAK)
        return hsn__fail(err, HSN_EINVAL, NULL, "cycles need the strong references of the graph");
    w.memory = out->memory = hsn__alloc_zeroed(1, sizeof *w.memory);
    if (!w.memory)
        return hsn__fail_memory(err);
    r = find_components(&w, &w.components, out, progress, err);
    if (r >= 0)
        r = tell_kinds(&w, out, err);
    if (r >= 0)
        r = read_types(&w, err);
    if (r >= 0 && w.options->no_housekeeping)
        r = leave_out_housekeeping(&w, out, progress, err);
    if (r >= 0)
        r = sum_sizes(&w, err);
    if (r >= 0) {
        sum_totals(&w, out);
        r = rank(&w, err);
    }
    if (r >= 0)
        r = make_rows(&w, out, err);
    if (r >= 0)
        r = fill_rows(&w, out, progress, err);
    w.memory->members = w.components.members; // rows point into them
    w.components.members = NULL;
    clear(&w);
    if (r < 0)
        hsn_cycles_free(out);
    return r;
}

void hsn_cycles_free(hsn_cycles *cycles)
{
    memory *kept = cycles->memory;
    if (kept) {
        hsn__arena_clear(&kept->arena);
        hsn__free(kept->members);
        hsn__free(kept);
    }
    *cycles = (hsn_cycles){0};
}
