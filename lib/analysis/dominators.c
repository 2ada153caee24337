// SPDX-License-Identifier: MIT
// Dominators of a snapshot: computed from the graph, or read from the store where they are kept.
#include "heapsnap/dominators.h"

#include <string.h>

#include "analysis/dominators_private.h"
#include "analysis/retained_private.h"
#include "analysis/roots_private.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "store/results.h"
#include "base/varint.h"

enum { AHEAD = 16 };

// ---- computing --------------------------------------------------------------------------------

static int make_arrays(hsn_dominators *out, uint32_t nodes, hsn_error *err)
{
    *out = (hsn_dominators){.node_count = nodes};
    out->dominator = hsn__alloc_array(nodes, sizeof *out->dominator);
    out->retained_bytes = hsn__alloc_array(nodes, sizeof *out->retained_bytes);
    return out->dominator && out->retained_bytes ? HSN_OK : hsn__fail_memory(err);
}

// Children come after their dominator, so one pass back adds up.
void hsn__dominators_add_up(const hsn__preorder *p, hsn_dominators *out)
{
    for (uint32_t number = p->count; number > 0; number--) {
        if (number > AHEAD) {
            uint32_t soon = number - AHEAD;
            __builtin_prefetch(&out->retained_bytes[p->vertex[soon]], 1);
            __builtin_prefetch(&out->dominator[p->vertex[soon]], 1);
            __builtin_prefetch(&p->vertex[p->parent[soon]]);
        }
        hsn_node_id node = p->vertex[number], above = p->vertex[p->parent[number]];
        uint64_t retained = out->retained_bytes[node];
        if (p->parent[number]) {
            out->dominator[node] = above;
            out->retained_bytes[above] += retained;
        } else if (number < p->garbage) {
            out->dominator[node] = HSN_HELD_BY_ROOTS;
            out->live_bytes += retained;
        } else {
            out->dominator[node] = HSN_HELD_BY_NOTHING;
            out->garbage_bytes += retained;
        }
    }
}

// Frees the graph as soon as its referrers are known when it is ours: `own`, else NULL.
static int find(hsn_heap *heap, const hsn_graph *graph, hsn_graph *own,
                const hsn_progress *progress, hsn_dominators *out, hsn_error *err)
{
    uint32_t nodes = hsn_graph_node_count(graph);
    hsn__preorder preorder = {0};
    hsn__referrers referrers = {0};
    hsn__sources sources = {0};
    int r = hsn__sources_read(heap, &sources, err);
    if (r >= 0)
        r = hsn__preorder_find(graph, &sources.holders, progress, &preorder, err);
    hsn__sources_clear(&sources);
    if (r >= 0)
        r = hsn__referrers_find(graph, &preorder, progress, &referrers, err);
    hsn_graph_free(own);
    if (r >= 0)
        r = hsn__dominators_sweep(&preorder, &referrers, progress, err);
    hsn__referrers_clear(&referrers);
    hsn__free(preorder.seen);
    preorder.seen = NULL;
    if (r >= 0)
        r = make_arrays(out, nodes, err);
    if (r >= 0)
        r = hsn_heap_column_sizes(heap, out->retained_bytes, err);
    if (r >= 0)
        hsn__dominators_add_up(&preorder, out);
    hsn__preorder_clear(&preorder);
    if (r < 0)
        hsn_dominators_free(out);
    return r;
}

int hsn_dominators_find(hsn_heap *heap, const hsn_graph *graph, const hsn_progress *progress,
                        hsn_dominators *out, hsn_error *err)
{
    *out = (hsn_dominators){0};
    unsigned parts = hsn_graph_parts(graph);
    if (!(parts & HSN_GRAPH_FORWARD) || parts & HSN_GRAPH_WEAK ||
        hsn_graph_node_count(graph) != hsn_heap_info(heap)->objects)
        return hsn__fail(err, HSN_EINVAL, NULL,
                         "dominators need the strong references of the heap's graph");
    return find(heap, graph, NULL, progress, out, err);
}

void hsn_dominators_free(hsn_dominators *dominators)
{
    hsn__free(dominators->dominator);
    hsn__free(dominators->retained_bytes);
    *dominators = (hsn_dominators){0};
}

// ---- keeping ----------------------------------------------------------------------------------

enum { CODE_ROOTS, CODE_NOTHING, CODE_NODE };

static void fill_dominators(const void *context, uint64_t first, uint32_t rows, uint64_t *out)
{
    const hsn_dominators *d = context;
    for (uint32_t i = 0; i < rows; i++) {
        hsn_node_id above = d->dominator[first + i];
        out[i] = above == HSN_HELD_BY_ROOTS ? CODE_ROOTS
                 : above == HSN_HELD_BY_NOTHING
                     ? CODE_NOTHING
                     : hsn__zigzag((int64_t)above - (int64_t)first - i) + CODE_NODE - 1;
    }
}

static void fill_retained(const void *context, uint64_t first, uint32_t rows, uint64_t *out)
{
    const hsn_dominators *d = context;
    for (uint32_t i = 0; i < rows; i++)
        out[i] = d->retained_bytes[first + i];
}

// Without branches: which kind a value is of changes from one to the next.
static const char *take_dominators(void *context, uint64_t first, uint32_t rows,
                                   const uint64_t *values)
{
    hsn_dominators *d = context;
    hsn_node_id *out = d->dominator + first;
    uint64_t nodes = d->node_count, wrong = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint64_t code = values[i];
        uint64_t above = first + i + (uint64_t)hsn__unzigzag(code - (CODE_NODE - 1));
        above = code == CODE_NOTHING ? HSN_HELD_BY_NOTHING : above;
        above = code == CODE_ROOTS ? HSN_HELD_BY_ROOTS : above;
        wrong |= (above >= nodes) & (code >= CODE_NODE);
        out[i] = (hsn_node_id)above;
    }
    return wrong ? "a dominator is no object" : NULL;
}

// The dominators of these rows stand already.
static const char *take_retained(void *context, uint64_t first, uint32_t rows,
                                 const uint64_t *values)
{
    hsn_dominators *d = context;
    const hsn_node_id *dominator = d->dominator + first;
    uint64_t live = 0, garbage = 0;
    memcpy(d->retained_bytes + first, values, rows * sizeof *values);
    for (uint32_t i = 0; i < rows; i++) {
        live += dominator[i] == HSN_HELD_BY_ROOTS ? values[i] : 0;
        garbage += dominator[i] == HSN_HELD_BY_NOTHING ? values[i] : 0;
    }
    d->live_bytes += live;
    d->garbage_bytes += garbage;
    return NULL;
}

static int read_stored(hsn_heap *heap, hsn_dominators *out, hsn_error *err)
{
    uint64_t nodes = hsn_heap_info(heap)->objects;
    int r = make_arrays(out, (uint32_t)nodes, err);
    if (r >= 0)
        r = hsn__results_read(heap, HSN__COLUMN_DOMINATOR, nodes, take_dominators, out, err);
    if (r >= 0)
        r = hsn__results_read(heap, HSN__COLUMN_RETAINED, nodes, take_retained, out, err);
    if (r >= 0 && out->live_bytes + out->garbage_bytes != hsn_heap_info(heap)->heap_bytes)
        r = hsn__fail(err, HSN_EFORMAT, NULL, "damaged store: retained bytes do not add up");
    out->stored = 1;
    return r;
}

static void fill_types(const void *context, uint64_t first, uint32_t rows, uint64_t *out)
{
    memcpy(out, (const uint64_t *)context + first, rows * sizeof *out);
}

// Retained bytes of types or modules, by type id; the caller frees them.
static int sum_types(hsn_heap *heap, const hsn_dominators *d, const hsn__below *below, hsn_by by,
                     const uint32_t *type_of, uint64_t **out, hsn_error *err)
{
    const hsn_type_list *types = hsn_heap_types(heap);
    uint32_t *group_of = hsn__alloc_array(types->count, sizeof *group_of);
    uint32_t *group = hsn__alloc_array(d->node_count, sizeof *group);
    uint64_t *sums = hsn__alloc_array(types->count, sizeof *sums);
    size_t groups;
    *out = hsn__alloc_array(types->count, sizeof **out);
    int r = group_of && group && sums && *out ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn__group_types(types, by, group_of, &groups, err);
    for (uint32_t node = 0; r >= 0 && node < d->node_count; node++)
        group[node] = group_of[type_of[node]];
    if (r >= 0)
        r = hsn__retained_sum(d, below, group, groups, sums, err);
    for (size_t i = 0; r >= 0 && i < types->count; i++)
        (*out)[i] = sums[group_of[i]];
    hsn__free(group_of);
    hsn__free(group);
    hsn__free(sums);
    return r;
}

// A store that cannot be written costs the next one the same time, and nothing else.
static void keep(hsn_heap *heap, hsn_dominators *d)
{
    hsn__below below = {0};
    uint64_t *by_type = NULL, *by_module = NULL;
    uint32_t *type_of = hsn__alloc_array(d->node_count, sizeof *type_of);
    uint64_t types = hsn_heap_types(heap)->count;
    int r = type_of ? hsn_heap_column_types(heap, type_of, NULL) : HSN_ENOMEM;
    if (r >= 0)
        r = hsn__below_make(&below, d, NULL);
    if (r >= 0)
        r = sum_types(heap, d, &below, HSN_BY_TYPE, type_of, &by_type, NULL);
    if (r >= 0)
        r = sum_types(heap, d, &below, HSN_BY_MODULE, type_of, &by_module, NULL);
    hsn__below_clear(&below);
    hsn__free(type_of);
    hsn__result results[] = {
        {HSN__COLUMN_DOMINATOR, d->node_count, fill_dominators, d},
        {HSN__COLUMN_RETAINED, d->node_count, fill_retained, d},
        {HSN__COLUMN_TYPE_RETAINED, types, fill_types, by_type},
        {HSN__COLUMN_MODULE_RETAINED, types, fill_types, by_module},
    };
    d->stored = r >= 0 && hsn__results_keep(heap, results, 4, NULL) == HSN_OK;
    hsn__free(by_type);
    hsn__free(by_module);
}

int hsn_dominators_read(hsn_heap *heap, unsigned flags, const hsn_progress *progress,
                        hsn_dominators *out, hsn_error *err)
{
    hsn_graph *graph = NULL;
    bool have;
    *out = (hsn_dominators){0};
    int r =
        hsn__results_have(heap, HSN__COLUMN_DOMINATOR, hsn_heap_info(heap)->objects, &have, err);
    if (r >= 0 && have) {
        r = read_stored(heap, out, err);
    } else if (r >= 0 && !(flags & HSN_DOMINATORS_COMPUTE)) {
        r = hsn__fail(err, HSN_ENOTFOUND, NULL, "the store holds no dominators of this snapshot");
    } else if (r >= 0) {
        r = hsn_graph_load(&graph, heap, HSN_GRAPH_FORWARD, progress, err);
        if (r >= 0)
            r = find(heap, graph, graph, progress, out, err);
        if (r >= 0 && flags & HSN_DOMINATORS_KEEP && hsn__results_can_keep(heap))
            keep(heap, out);
    }
    if (r < 0)
        hsn_dominators_free(out);
    return r;
}
