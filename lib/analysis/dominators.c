// SPDX-License-Identifier: MIT
// Dominators of a snapshot: computed from the graph, or read from the store where they are kept.
#include "heapsnap/dominators.h"

#include "analysis/dominators_private.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "store/results.h"
#include "store/varint.h"

enum { AHEAD = 16 };

// ---- what makes roots -------------------------------------------------------------------------

// The columns of a heap that say what is a root.
typedef struct sources {
    hsn_heap *heap;
    hsn_node_id *declared;
    uint32_t *refcounts, *flags;
    hsn__holders holders;
} sources;

// A piece of garbage is best named by an object that user code made.
static int prefer_instances(void *context, uint64_t **out, hsn_error *err)
{
    hsn_heap *heap = context;
    uint32_t nodes = (uint32_t)hsn_heap_info(heap)->objects;
    uint32_t *types = hsn__alloc_array(nodes, sizeof *types);
    *out = hsn__bitmap_new(nodes);
    int r = types && *out ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_heap_column_types(heap, types, err);
    for (uint32_t node = 0; r >= 0 && node < nodes; node++)
        if (hsn_heap_types(heap)->rows[types[node]].kind == HSN_KIND_INSTANCE)
            hsn__bitmap_set(*out, node);
    hsn__free(types);
    return r;
}

static int read_sources(hsn_heap *heap, sources *s, hsn_error *err)
{
    uint32_t nodes = (uint32_t)hsn_heap_info(heap)->objects;
    const hsn_root_list *roots;
    *s = (sources){.heap = heap};
    int r = hsn_heap_roots(heap, &roots, err);
    if (r < 0)
        return r;
    s->declared = hsn__alloc_array(roots->count, sizeof *s->declared);
    if (!s->declared)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < roots->count; i++)
        s->declared[i] = roots->rows[i].node;
    if (hsn_heap_info(heap)->has_refcounts) {
        s->refcounts = hsn__alloc_array(nodes, sizeof *s->refcounts);
        s->flags = hsn__alloc_array(nodes, sizeof *s->flags);
        r = s->refcounts && s->flags ? HSN_OK : hsn__fail_memory(err);
        if (r >= 0)
            r = hsn_heap_column_refcounts(heap, s->refcounts, err);
        if (r >= 0)
            r = hsn_heap_column_flags(heap, s->flags, err);
    }
    s->holders = (hsn__holders){.declared = s->declared,
                                .declared_count = roots->count,
                                .refcounts = s->refcounts,
                                .flags = s->flags,
                                .prefer = prefer_instances,
                                .context = heap};
    return r;
}

static void sources_clear(sources *s)
{
    hsn__free(s->declared);
    hsn__free(s->refcounts);
    hsn__free(s->flags);
}

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

int hsn_dominators_find(hsn_heap *heap, const hsn_graph *graph, const hsn_progress *progress,
                        hsn_dominators *out, hsn_error *err)
{
    uint32_t nodes = hsn_graph_node_count(graph);
    hsn__preorder preorder = {0};
    sources s = {0};
    *out = (hsn_dominators){0};
    unsigned parts = hsn_graph_parts(graph);
    if (!(parts & HSN_GRAPH_FORWARD) || parts & HSN_GRAPH_WEAK ||
        nodes != hsn_heap_info(heap)->objects)
        return hsn__fail(err, HSN_EINVAL, NULL,
                         "dominators need the strong references of the heap's graph");
    int r = read_sources(heap, &s, err);
    if (r >= 0)
        r = hsn__preorder_find(graph, &s.holders, progress, &preorder, err);
    sources_clear(&s);
    if (r >= 0)
        r = hsn__dominators_sweep(graph, &preorder, progress, err);
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

static const char *take_dominators(void *context, uint64_t first, uint32_t rows,
                                   const uint64_t *values)
{
    hsn_dominators *d = context;
    for (uint32_t i = 0; i < rows; i++) {
        if (values[i] < CODE_NODE) {
            d->dominator[first + i] =
                values[i] == CODE_ROOTS ? HSN_HELD_BY_ROOTS : HSN_HELD_BY_NOTHING;
            continue;
        }
        uint64_t above = first + i + (uint64_t)hsn__unzigzag(values[i] - (CODE_NODE - 1));
        if (above >= d->node_count)
            return "a dominator is no object";
        d->dominator[first + i] = (hsn_node_id)above;
    }
    return NULL;
}

// The dominators of these rows stand already.
static const char *take_retained(void *context, uint64_t first, uint32_t rows,
                                 const uint64_t *values)
{
    hsn_dominators *d = context;
    for (uint32_t i = 0; i < rows; i++) {
        d->retained_bytes[first + i] = values[i];
        if (d->dominator[first + i] == HSN_HELD_BY_ROOTS)
            d->live_bytes += values[i];
        else if (d->dominator[first + i] == HSN_HELD_BY_NOTHING)
            d->garbage_bytes += values[i];
    }
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

static void keep(hsn_heap *heap, hsn_dominators *d)
{
    hsn_error ignored = {0};
    hsn__result results[] = {
        {HSN__COLUMN_DOMINATOR, d->node_count, fill_dominators, d},
        {HSN__COLUMN_RETAINED, d->node_count, fill_retained, d},
    };
    d->stored = hsn__results_keep(heap, results, 2, &ignored) == HSN_OK;
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
            r = hsn_dominators_find(heap, graph, progress, out, err);
        hsn_graph_free(graph);
        if (r >= 0 && flags & HSN_DOMINATORS_KEEP)
            keep(heap, out);
    }
    if (r < 0)
        hsn_dominators_free(out);
    return r;
}
