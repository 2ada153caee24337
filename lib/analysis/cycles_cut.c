// SPDX-License-Identifier: MIT
// Which reference of a shortest cycle to remove.
//
// First one that a program can remove and that is called like a way back to an owner; then those of
// the best hsn_ref_rank(): attributes, slots, values, items, variables. Among equals the one
// without which most objects of the component are on no cycle; then the first one of the cycle.
#include "analysis/cycles_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

// The last word of the name, as people call what leads back.
static const char *const back_words[] = {
    "back",   "backref",  "container", "context", "controller", "creator",   "enclosing",
    "holder", "host",     "manager",   "master",  "outer",      "owner",     "parent",
    "prev",   "previous", "referrer",  "root",    "super",      "traceback", "up",
};

bool hsn__is_back_pointer(const char *name)
{
    size_t end = strlen(name);
    while (end && name[end - 1] == '_')
        end--;
    size_t start = end;
    while (start && name[start - 1] != '_')
        start--;
    for (size_t i = 0; i < sizeof back_words / sizeof *back_words; i++)
        if (strlen(back_words[i]) == end - start &&
            !strncmp(back_words[i], name + start, end - start))
            return true;
    return false;
}

// Up to this hsn_ref_rank() a program can remove the reference by itself.
enum { RANK_REMOVABLE = 1 };

// 0 = best.
static unsigned class_of(const hsn_cycle_step *step)
{
    unsigned rank = hsn_ref_rank(&step->ref);
    if (rank <= RANK_REMOVABLE && step->ref.label_form == HSN_LABEL_STRING &&
        hsn__is_back_pointer(step->label))
        return 0;
    return 1 + rank;
}

// A component as a graph of its own: local ids in order of the members.
typedef struct local {
    uint64_t *offsets;
    hsn_node_id *targets;
    const hsn_node_id *members;
    uint32_t count;
} local;

static hsn_node_id local_id(const local *l, hsn_node_id node)
{
    uint32_t low = 0, high = l->count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (l->members[middle] <= node)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void fill_local(local *l, const hsn_graph *graph, const hsn__components *components,
                       uint32_t component)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        hsn_span refs = hsn__adjacency_span(&graph->forward, l->members[i]);
        l->offsets[i] = count;
        for (size_t k = 0; k < refs.count; k++)
            if (components->of[refs.ids[k]] == component)
                l->targets[count++] = local_id(l, refs.ids[k]);
    }
    l->offsets[l->count] = count;
}

// How many objects are on no cycle when one reference from `source` to `target` is gone.
static int count_freed(local *l, hsn_node_id source, hsn_node_id target, uint64_t *out,
                       hsn_error *err)
{
    hsn_graph *graph = NULL;
    hsn__components rest = {0};
    uint64_t at = l->offsets[local_id(l, source)];
    hsn_node_id gone = local_id(l, target);
    while (l->targets[at] != gone)
        at++;
    // The reference is replaced by one that closes no cycle: to an extra node without references.
    l->targets[at] = l->count;
    int r = hsn_graph_build(&graph, l->count + 1, l->offsets, l->targets, HSN_GRAPH_FORWARD, err);
    l->targets[at] = gone;
    if (r >= 0)
        r = hsn__components_find(graph, NULL, 0, NULL, &rest, err);
    if (r >= 0)
        *out = l->count - rest.starts[rest.count];
    hsn__components_clear(&rest);
    hsn_graph_free(graph);
    return r;
}

static uint64_t references_of(const hsn_graph *graph, const hsn_node_id *nodes, uint64_t count)
{
    uint64_t references = 0;
    for (uint64_t i = 0; i < count; i++)
        references += hsn__adjacency_span(&graph->forward, nodes[i]).count;
    return references;
}

// Among the candidates of the best class, the one that frees most.
static int choose_by_count(local *l, hsn_cycle *row, unsigned best_class, hsn_error *err)
{
    int r = HSN_OK;
    enum { MOST_TRIED = 16 };
    unsigned tried = 0;
    for (size_t i = 0; i < row->shortest_count && r >= 0 && tried < MOST_TRIED; i++) {
        const hsn_cycle_step *step = &row->shortest[i];
        uint64_t freed = 0;
        if (class_of(step) != best_class)
            continue;
        r = count_freed(l, step->node, step->ref.target, &freed, err);
        if (r >= 0 && (!tried++ || freed > row->cut_frees)) {
            row->cut = i;
            row->cut_frees = freed;
        }
    }
    return r;
}

int hsn__cut_choose(const hsn_graph *graph, const hsn__components *components, uint32_t component,
                    hsn_cycle *row, hsn_error *err)
{
    local l = {.members = row->nodes, .count = (uint32_t)row->objects};
    unsigned best_class = UINT32_MAX;
    int r = HSN_OK;
    for (size_t i = 0; i < row->shortest_count; i++)
        if (class_of(&row->shortest[i]) < best_class) {
            best_class = class_of(&row->shortest[i]);
            row->cut = i;
        }
    if (row->objects > HSN__CUT_LIMIT)
        return HSN_OK;
    uint64_t references = references_of(graph, row->nodes, row->objects);
    if (references > HSN__CUT_LIMIT)
        return HSN_OK;
    // One more offset for the extra node.
    l.offsets = hsn__alloc_array((size_t)row->objects + 2, sizeof *l.offsets);
    l.targets = hsn__alloc_array((size_t)references, sizeof *l.targets);
    if (!l.offsets || !l.targets) {
        r = hsn__fail_memory(err);
        goto done;
    }
    fill_local(&l, graph, components, component);
    l.offsets[l.count + 1] = l.offsets[l.count];
    r = choose_by_count(&l, row, best_class, err);
    row->cut_is_counted = r >= 0;
done:
    hsn__free(l.offsets);
    hsn__free(l.targets);
    return r;
}
