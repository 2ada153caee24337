// SPDX-License-Identifier: MIT
// The shortest chain from a root: distances first, then down from the best root, best label first.
#include "analysis/chain_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/bitmap.h"
#include "base/fail.h"

typedef struct work {
    hsn_heap *heap;
    const hsn_graph *graph;
    const hsn_chain_options *options;
    const hsn_root_list *roots;
    uint64_t *starts; // bitmap
    hsn__distances distances;
    hsn__housekeeping housekeeping;
    bool goes_round; // the distances leave housekeeping out
    hsn__arena *arena;
} work;

static bool is_wanted(const work *w, const hsn_root *root)
{
    unsigned kinds = w->options->root_kinds;
    return root->node < w->graph->node_count && (!kinds || kinds >> root->kind & 1);
}

static int mark_starts(work *w, hsn_error *err)
{
    int r = HSN_OK;
    w->starts = hsn__bitmap_new(w->graph->node_count);
    if (!w->starts)
        return hsn__fail_memory(err);
    if (w->options->start_types) {
        hsn_node_id *nodes;
        size_t count;
        r = hsn_heap_nodes_of_types(w->heap, w->options->start_types, &nodes, &count, err);
        if (r < 0)
            return r;
        for (size_t i = 0; i < count; i++)
            hsn__bitmap_set(w->starts, nodes[i]);
        hsn_free_nodes(nodes);
        return HSN_OK;
    }
    r = hsn_heap_roots(w->heap, &w->roots, err);
    for (size_t i = 0; r >= 0 && i < w->roots->count; i++)
        if (is_wanted(w, &w->roots->rows[i]))
            hsn__bitmap_set(w->starts, w->roots->rows[i].node);
    return r;
}

static char *copy(work *w, const char *text)
{
    return hsn__arena_copy(w->arena, text, strlen(text));
}

// The node to begin at, of those that the search stopped at.
static int choose_start(work *w, hsn_chain *out, hsn_node_id *out_node, hsn_error *err)
{
    const hsn__distances *d = &w->distances;
    const hsn_root *best = NULL;
    *out_node = HSN_NONE;
    for (size_t i = d->first; i < d->count; i++)
        if (hsn__bitmap_get(w->starts, d->queue[i]) && d->queue[i] < *out_node)
            *out_node = d->queue[i];
    out->root = (hsn_root){.node = *out_node, .kind = HSN_ROOT_OTHER, .name = "", .thread = ""};
    if (!w->roots)
        return HSN_OK;
    // Roots stand by node, then kind, then name: the first one of the least kind.
    uint32_t farthest = d->to_target[*out_node];
    for (size_t i = 0; i < w->roots->count; i++) {
        const hsn_root *root = &w->roots->rows[i];
        if (is_wanted(w, root) && d->to_target[root->node] == farthest &&
            (!best || root->kind < best->kind))
            best = root;
    }
    *out_node = best->node;
    out->root = (hsn_root){best->node, best->kind, copy(w, best->name), copy(w, best->thread)};
    return out->root.name && out->root.thread ? HSN_OK : hsn__fail_memory(err);
}

static int fill_step(work *w, hsn_node_id node, const hsn_ref *ref, hsn_chain_step *step,
                     hsn_error *err)
{
    hsn_object object;
    char label[HSN_LABEL_TEXT_BYTES] = "";
    int r = ref ? hsn_label_text(w->heap, ref, label, err) : HSN_OK;
    if (r >= 0)
        r = hsn_heap_object(w->heap, node, &object, err);
    if (r < 0)
        return r;
    const hsn_type *type = &hsn_heap_types(w->heap)->rows[object.type];
    *step = (hsn_chain_step){.node = node,
                             .type = object.type,
                             .address = object.address,
                             .type_name = copy(w, type->name),
                             .text = copy(w, object.text),
                             .label = copy(w, label),
                             .kind = type->kind};
    if (ref)
        step->ref = *ref;
    return step->type_name && step->text && step->label ? HSN_OK : hsn__fail_memory(err);
}

// The reference of `node` that leads one step nearer: best rank, then lowest target, then first.
static int choose_ref(work *w, hsn_node_id node, hsn_ref *out, hsn_error *err)
{
    const uint32_t *to_target = w->distances.to_target;
    const hsn_ref *refs, *best = NULL;
    size_t count;
    int r = hsn_heap_refs(w->heap, node, &refs, &count, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < count; i++) {
        const hsn_ref *ref = &refs[i];
        if (to_target[ref->target] + 1 != to_target[node] || !to_target[ref->target] ||
            ref->kind == HSN_REF_WEAK)
            continue;
        if (w->goes_round && hsn__is_housekeeping(&w->housekeeping, node, ref->target))
            continue;
        unsigned rank = hsn_ref_rank(ref), best_rank = best ? hsn_ref_rank(best) : UINT32_MAX;
        if (rank < best_rank || (rank == best_rank && ref->target < best->target))
            best = ref;
    }
    if (!best)
        return hsn__fail(err, HSN_EINVAL, NULL, "the graph is not that of the heap");
    *out = *best;
    return HSN_OK;
}

static int walk_down(work *w, hsn_chain *out, hsn_error *err)
{
    hsn_node_id node;
    hsn_ref ref;
    int r = choose_start(w, out, &node, err);
    if (r < 0)
        return r;
    size_t count = w->distances.to_target[node];
    out->steps = hsn__arena_zeroed(w->arena, count, sizeof *out->steps);
    if (!out->steps)
        return hsn__fail_memory(err);
    r = fill_step(w, node, NULL, &out->steps[0], err);
    for (size_t i = 1; i < count && r >= 0; i++) {
        r = choose_ref(w, node, &ref, err);
        if (r < 0)
            break;
        node = ref.target;
        r = fill_step(w, node, &ref, &out->steps[i], err);
    }
    out->step_count = count;
    out->target = node;
    out->found = 1;
    return r;
}

static int write_expression(work *w, hsn_chain *out, hsn_error *err)
{
    hsn__buf text = {0};
    hsn__chain_text(out, &text);
    out->expression = text.failed ? NULL : copy(w, hsn__buf_text(&text));
    hsn__buf_clear(&text);
    return out->expression ? HSN_OK : hsn__fail_memory(err);
}

static int check_arguments(const hsn_graph *graph, const hsn_node_id *targets, size_t count,
                           hsn_error *err)
{
    unsigned parts = hsn_graph_parts(graph);
    if (!(parts & HSN_GRAPH_BACKWARD) || parts & HSN_GRAPH_WEAK)
        return hsn__fail(err, HSN_EINVAL, NULL, "chains need the strong referrers of the graph");
    for (size_t i = 0; i < count; i++)
        if (targets[i] >= graph->node_count)
            return hsn__fail(err, HSN_EINVAL, NULL, "no object number %u", targets[i]);
    return HSN_OK;
}

// A chain of the application's own references if there is one, else any.
static int find_distances(work *w, const hsn_node_id *targets, size_t target_count,
                          const hsn_progress *progress, hsn_error *err)
{
    uint32_t most = w->options->max_references;
    int r = hsn__housekeeping_init(&w->housekeeping, w->heap, w->graph, err);
    if (r < 0)
        return r;
    w->goes_round = true;
    r = hsn__distances_find(w->graph, targets, target_count, w->starts, &w->housekeeping, most,
                            progress, &w->distances, err);
    if (r < 0 || w->distances.found)
        return r;
    hsn__distances_clear(&w->distances);
    w->goes_round = false;
    return hsn__distances_find(w->graph, targets, target_count, w->starts, NULL, most, progress,
                               &w->distances, err);
}

int hsn_chain_find(hsn_heap *heap, const hsn_graph *graph, const hsn_node_id *targets,
                   size_t target_count, const hsn_chain_options *options,
                   const hsn_progress *progress, hsn_chain *out, hsn_error *err)
{
    static const hsn_chain_options defaults;
    work w = {.heap = heap, .graph = graph, .options = options ? options : &defaults};
    *out = (hsn_chain){.target = HSN_NONE, .expression = ""};
    out->root = (hsn_root){.node = HSN_NONE, .kind = HSN_ROOT_OTHER, .name = "", .thread = ""};
    int r = check_arguments(graph, targets, target_count, err);
    if (r < 0)
        return r;
    w.arena = out->memory = hsn__alloc_zeroed(1, sizeof *w.arena);
    r = w.arena ? mark_starts(&w, err) : hsn__fail_memory(err);
    if (r >= 0)
        r = find_distances(&w, targets, target_count, progress, err);
    if (r >= 0 && w.distances.found)
        r = walk_down(&w, out, err);
    if (r >= 0 && out->found)
        r = write_expression(&w, out, err);
    hsn__distances_clear(&w.distances);
    hsn__housekeeping_clear(&w.housekeeping);
    hsn__free(w.starts);
    if (r < 0)
        hsn_chain_free(out);
    return r;
}

void hsn_chain_free(hsn_chain *chain)
{
    if (chain->memory) {
        hsn__arena_clear(chain->memory);
        hsn__free(chain->memory);
    }
    *chain = (hsn_chain){.target = HSN_NONE, .expression = ""};
}
