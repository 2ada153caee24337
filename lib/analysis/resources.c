// SPDX-License-Identifier: MIT
// Resources and their holders: one search from all roots for the way to each of them, groups of
// equal ways, and a chain for a representative of each group that is listed.
#include "analysis/resources_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/bitmap.h"
#include "base/fail.h"

// Steps of a way that are looked at, and types that count as one when they recur so soon, so that
// the links of a list all have the same way.
enum { WAY_STEPS = 64, WAY_RECENT = 4 };

typedef struct entry {
    const hsn__resource_rule *rule;
    const char *state;
    uint64_t way; // hash of the types on the way from a root, and of the root
    uint64_t size_bytes;
    uint64_t parts;
    uint32_t type;
    hsn_node_id node;
} entry;

typedef struct work {
    hsn_heap *heap;
    const hsn_resources_options *options;
    const hsn_progress *progress;
    const hsn_root_list *roots;
    const hsn__resource_rule **rules; // by type; NULL = none
    uint32_t *type_of;                // by node
    hsn_node_id *parents;             // by node: on the way from a root; itself for a root
    uint64_t *running;                // bitmap: frames that run
    hsn_node_id *nodes;               // resources, ascending
    size_t node_count;
    entry *entries; // those that are no part of another one
    size_t count;
} work;

static bool type_passes(const hsn_type *type, const hsn_resources_options *options)
{
    const char *module = *type->module ? type->module : "builtins";
    return (!options->type || hsn_glob_match(options->type, type->name)) &&
           (!options->module || hsn_glob_match(options->module, module));
}

static int find_nodes(work *w, hsn_error *err)
{
    const hsn_type_list *types = hsn_heap_types(w->heap);
    uint8_t *wanted = hsn__alloc_zeroed(types->count, 1);
    w->rules = hsn__alloc_array(types->count, sizeof *w->rules);
    w->type_of = hsn__alloc_array((size_t)hsn_heap_info(w->heap)->objects, sizeof *w->type_of);
    int r = wanted && w->rules && w->type_of ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; r >= 0 && i < types->count; i++) {
        w->rules[i] = hsn__resource_rule_of(&types->rows[i]);
        wanted[i] = w->rules[i] != NULL;
    }
    if (r >= 0)
        r = hsn_heap_nodes_of_types(w->heap, wanted, &w->nodes, &w->node_count, err);
    if (r >= 0)
        r = hsn_heap_column_types(w->heap, w->type_of, err);
    hsn__free(wanted);
    return r;
}

// Breadth first from all roots at once, in their order: the parent of each node.
static void search(work *w, const hsn_graph *graph, hsn_node_id *queue)
{
    size_t count = 0;
    for (size_t i = 0; i < w->roots->count; i++) {
        hsn_node_id node = w->roots->rows[i].node;
        if (w->parents[node] == HSN_NONE) {
            w->parents[node] = node;
            queue[count++] = node;
        }
    }
    for (size_t i = 0; i < count; i++) {
        hsn_span refs = hsn_graph_refs(graph, queue[i]);
        for (size_t k = 0; k < refs.count; k++)
            if (w->parents[refs.ids[k]] == HSN_NONE) {
                w->parents[refs.ids[k]] = queue[i];
                queue[count++] = refs.ids[k];
            }
    }
}

static bool is_part(const work *w, hsn_node_id node, hsn_node_id holder)
{
    const hsn_type_list *types = hsn_heap_types(w->heap);
    const hsn__resource_rule *rule = w->rules[w->type_of[node]];
    return rule && holder != HSN_NONE && holder != node &&
           rule->within >> types->rows[w->type_of[holder]].kind & 1;
}

// What no root reaches has no way; but it is part of what holds it, too.
static void adopt(work *w, const hsn_graph *graph)
{
    for (size_t i = 0; i < w->node_count; i++) {
        hsn_node_id node = w->nodes[i];
        hsn_span refs = hsn_graph_refs(graph, node);
        for (size_t k = 0; w->parents[node] == HSN_NONE && k < refs.count; k++)
            // An object of higher address only: no two can be part of each other.
            if (refs.ids[k] > node && w->parents[refs.ids[k]] == HSN_NONE &&
                is_part(w, refs.ids[k], node))
                w->parents[refs.ids[k]] = node;
    }
}

static int find_ways(work *w, hsn_error *err)
{
    size_t objects = (size_t)hsn_heap_info(w->heap)->objects;
    hsn_graph *graph = NULL;
    hsn_node_id *queue = hsn__alloc_array(objects, sizeof *queue);
    w->parents = hsn__alloc_array(objects, sizeof *w->parents);
    w->running = hsn__bitmap_new(objects);
    int r = queue && w->parents && w->running ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_heap_roots(w->heap, &w->roots, err);
    if (r >= 0)
        r = hsn_graph_load(&graph, w->heap, HSN_GRAPH_FORWARD, w->progress, err);
    if (r >= 0) {
        for (size_t i = 0; i < objects; i++)
            w->parents[i] = HSN_NONE;
        for (size_t i = 0; i < w->roots->count; i++)
            if (w->roots->rows[i].kind == HSN_ROOT_FRAME)
                hsn__bitmap_set(w->running, w->roots->rows[i].node);
        search(w, graph, queue);
        adopt(w, graph);
    }
    hsn_graph_free(graph);
    hsn__free(queue);
    return r;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

// Roots of one name are one holder: the frame of a function that many threads run.
static uint64_t root_hash(const work *w, hsn_node_id node)
{
    size_t low = 0, high = w->roots->count;
    uint64_t hash = 2;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (w->roots->rows[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    for (const char *p = w->roots->rows[low].name; *p; p++)
        hash = mix(hash, (unsigned char)*p);
    return mix(hash, w->roots->rows[low].kind);
}

// What two resources with the same holder have in common.
static uint64_t way_of(const work *w, hsn_node_id node)
{
    uint32_t recent[WAY_RECENT] = {HSN_NONE, HSN_NONE, HSN_NONE, HSN_NONE};
    uint64_t hash = 1;
    for (int step = 0; step < WAY_STEPS; step++) {
        hsn_node_id parent = w->parents[node];
        if (parent == HSN_NONE)
            return hash;
        if (parent == node)
            return mix(hash, root_hash(w, node));
        uint32_t type = w->type_of[parent];
        bool seen = false;
        for (int i = 0; i < WAY_RECENT; i++)
            seen |= recent[i] == type;
        if (!seen)
            hash = mix(hash, type);
        recent[step % WAY_RECENT] = type;
        node = parent;
    }
    return hash;
}

// The resource that a part belongs to.
static hsn_node_id owner_of(const work *w, hsn_node_id node)
{
    // A chain of coroutines may be long, and the way of one never turns back.
    while (is_part(w, node, w->parents[node]))
        node = w->parents[node];
    return node;
}

static int compare_nodes(const void *a, const void *b)
{
    hsn_node_id x = ((const entry *)a)->node, y = ((const entry *)b)->node;
    return x < y ? -1 : x > y;
}

static int fill_entries(work *w, hsn_error *err)
{
    const hsn_type_list *types = hsn_heap_types(w->heap);
    hsn__constants constants;
    hsn_object object;
    w->entries = hsn__alloc_array(w->node_count, sizeof *w->entries);
    int r = w->entries ? hsn__constants_find(w->heap, &constants, err) : hsn__fail_memory(err);
    for (size_t i = 0; r >= 0 && i < w->node_count; i++) {
        hsn_node_id node = w->nodes[i];
        uint32_t type = w->type_of[node];
        if (hsn__bitmap_get(w->running, node) || owner_of(w, node) != node ||
            !type_passes(&types->rows[type], w->options))
            continue;
        entry *e = &w->entries[w->count++];
        *e = (entry){.rule = w->rules[type], .way = way_of(w, node), .type = type, .node = node};
        r = hsn__resource_state(w->heap, w->type_of, &constants, node, &e->state, err);
        if (r >= 0)
            r = hsn_heap_object(w->heap, node, &object, err);
        if (r >= 0)
            e->size_bytes = object.size_bytes;
    }
    for (size_t i = 0; r >= 0 && i < w->node_count && w->count; i++) {
        entry key = {.node = owner_of(w, w->nodes[i])}, *owner;
        owner = bsearch(&key, w->entries, w->count, sizeof key, compare_nodes);
        if (!owner || owner->node == w->nodes[i])
            continue;
        r = hsn_heap_object(w->heap, w->nodes[i], &object, err);
        owner->parts++;
        owner->size_bytes += r < 0 ? 0 : object.size_bytes;
    }
    return r;
}

// ---- groups
// --------------------------------------------------------------------------------------

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

// Members of a group are neighbours, lowest address first.
static int compare_entries(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int order = compare_numbers(x->type, y->type);
    if (!order)
        order = strcmp(x->state, y->state);
    if (!order)
        order = compare_numbers(x->way, y->way);
    return order ? order : compare_numbers(x->node, y->node);
}

static bool same_group(const entry *a, const entry *b)
{
    return a->type == b->type && a->way == b->way && !strcmp(a->state, b->state);
}

static int compare_rows(const void *a, const void *b)
{
    const hsn_resource *x = a, *y = b;
    int order = compare_numbers(y->count, x->count);
    if (!order)
        order = compare_numbers(y->size_bytes, x->size_bytes);
    if (!order)
        order = strcmp(x->resource, y->resource);
    if (!order)
        order = strcmp(x->type_name, y->type_name);
    return order ? order : compare_numbers(x->example, y->example);
}

static int group(work *w, hsn_resources *out, hsn_error *err)
{
    const hsn_type_list *types = hsn_heap_types(w->heap);
    hsn__arena *arena = out->memory;
    out->rows = hsn__alloc_zeroed(w->count, sizeof *out->rows);
    if (!out->rows)
        return hsn__fail_memory(err);
    if (w->count)
        qsort(w->entries, w->count, sizeof *w->entries, compare_entries);
    for (size_t i = 0; i < w->count; i++) {
        const entry *e = &w->entries[i];
        const char *name = types->rows[e->type].name;
        if (!i || !same_group(e, e - 1)) {
            out->rows[out->count++] =
                (hsn_resource){.resource = e->rule->resource,
                               .type_name = hsn__arena_copy(arena, name, strlen(name)),
                               .state = e->state,
                               .example = e->node,
                               .stack = HSN_NONE};
            if (!out->rows[out->count - 1].type_name)
                return hsn__fail_memory(err);
        }
        hsn_resource *row = &out->rows[out->count - 1];
        row->count++;
        row->parts += e->parts;
        row->size_bytes += e->size_bytes;
    }
    if (out->count)
        qsort(out->rows, out->count, sizeof *out->rows, compare_rows);
    out->found = w->count;
    out->groups = out->count;
    if (w->options->limit && out->count > w->options->limit)
        out->count = (size_t)w->options->limit;
    return HSN_OK;
}

static int find_chains(work *w, hsn_resources *out, hsn_error *err)
{
    hsn_graph *graph = NULL;
    hsn_object object;
    int r =
        out->count ? hsn_graph_load(&graph, w->heap, HSN_GRAPH_BACKWARD, w->progress, err) : HSN_OK;
    for (size_t i = 0; r >= 0 && i < out->count; i++) {
        hsn_resource *row = &out->rows[i];
        r = hsn_chain_find(w->heap, graph, &row->example, 1, NULL, w->progress, &row->chain, err);
        if (r >= 0)
            r = hsn_heap_object(w->heap, row->example, &object, err);
        if (r >= 0)
            row->stack = object.stack;
    }
    hsn_graph_free(graph);
    if (r >= 0)
        r = hsn__resource_sites(w->options->profile, out->memory, out->rows, out->count, err);
    return r;
}

int hsn_resources_find(hsn_heap *heap, const hsn_resources_options *options,
                       const hsn_progress *progress, hsn_resources *out, hsn_error *err)
{
    static const hsn_resources_options defaults = {0};
    work w = {.heap = heap, .options = options ? options : &defaults, .progress = progress};
    *out = (hsn_resources){0};
    if (!hsn_heap_info(heap)->objects)
        return hsn__fail(err, HSN_ENOTFOUND, NULL, "no objects in this snapshot");
    out->memory = hsn__alloc_zeroed(1, sizeof(hsn__arena));
    int r = out->memory ? find_nodes(&w, err) : hsn__fail_memory(err);
    if (r >= 0)
        r = find_ways(&w, err);
    if (r >= 0)
        r = fill_entries(&w, err);
    if (r >= 0)
        r = group(&w, out, err);
    hsn__free(w.entries);
    hsn__free(w.parents);
    hsn__free(w.running);
    hsn__free(w.type_of);
    hsn__free(w.rules);
    hsn_free_nodes(w.nodes);
    if (r >= 0)
        r = find_chains(&w, out, err);
    if (r < 0)
        hsn_resources_free(out);
    return r < 0 ? r : HSN_OK;
}

void hsn_resources_free(hsn_resources *resources)
{
    if (!resources)
        return;
    // Rows behind the limit have no chain.
    for (size_t i = 0; i < resources->count; i++)
        hsn_chain_free(&resources->rows[i].chain);
    hsn__free(resources->rows);
    if (resources->memory)
        hsn__arena_clear(resources->memory);
    hsn__free(resources->memory);
    *resources = (hsn_resources){0};
}
