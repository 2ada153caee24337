// SPDX-License-Identifier: MIT
// The neighbours of a level of boxes: found through references, each read once.
//
// Labels stand with the source of a reference. Backward, the sources are the referrers of the
// boxes' objects, and each one's references are read once and filtered by "leads into a box"
// (box_of); forward, they are the objects of the boxes themselves. Either way the outcome is a list
// of links, from which everything else is made without looking at the direction again.
#include "analysis/backrefs_private.h"
#include "base/alloc.h"
#include "base/fail.h"

#include <stdlib.h>
#include <string.h>

// Links between one source and one box; further references are only counted.
#define SOURCE_LINKS HSN__BACKREFS_DISTINCT

bool hsn__backrefs_is_open(const hsn__backrefs_search *search, uint32_t box)
{
    const hsn_backrefs *out = search->out;
    const hsn_backrefs_box *row = &out->boxes[box];
    bool culled = (row->flags & HSN_BACKREFS_MODULE) && row->depth && !out->refs;
    return row->depth < out->max_depth && !culled && !(row->flags & HSN_BACKREFS_UNFOLLOWED);
}

int hsn__backrefs_compare_tasks(const void *a, const void *b)
{
    const hsn__backrefs_task *x = a, *y = b;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static bool is_skipped(const hsn__backrefs_search *search, hsn_node_id node)
{
    return hsn__backrefs_listed(search->options->ignored, search->options->ignored_count, node);
}

static int add_task(hsn__backrefs_search *search, hsn_node_id node, size_t place, hsn_error *err)
{
    if (!hsn__array_grow(&search->tasks, &search->task_capacity, search->task_count + 1,
                         sizeof *search->tasks, UINT32_MAX))
        return hsn__fail_memory(err);
    search->tasks[search->task_count++] = (hsn__backrefs_task){node, (uint32_t)place};
    return HSN_OK;
}

static void sort_tasks(hsn__backrefs_search *search)
{
    if (search->task_count)
        qsort(search->tasks, search->task_count, sizeof *search->tasks,
              hsn__backrefs_compare_tasks);
}

static int add_sources_of(hsn__backrefs_search *search, uint32_t box, hsn_error *err)
{
    const hsn__backrefs_members *members = &search->members[box];
    int r = HSN_OK;
    for (size_t i = 0; i < members->count; i++) {
        if (search->options->refs) {
            r = add_task(search, members->nodes[i], box, err);
            continue;
        }
        hsn_span span = hsn_graph_referrers(search->graph, members->nodes[i]);
        for (size_t k = 0; r >= 0 && k < span.count; k++)
            if ((!k || span.ids[k] != span.ids[k - 1]) && !is_skipped(search, span.ids[k]))
                r = add_task(search, span.ids[k], 0, err);
        if (r < 0)
            break;
    }
    return r;
}

// Takes the references behind a box from the budget; false and marked when they are too many.
static bool is_affordable(hsn__backrefs_search *search, uint32_t box)
{
    hsn_backrefs_box *row = &search->out->boxes[box];
    const hsn__backrefs_members *members = &search->members[box];
    bool is_root = row->flags & HSN_BACKREFS_ROOT;
    uint64_t count = 0;
    if (search->options->refs)
        count = members->count;
    else
        for (size_t i = 0; i < members->count; i++)
            count += hsn_graph_referrers(search->graph, members->nodes[i]).count;
    if (count > (is_root ? HSN__BACKREFS_ROOT_BUDGET : search->budget)) {
        row->flags |= HSN_BACKREFS_UNFOLLOWED;
        row->more = count;
        return false;
    }
    if (!is_root)
        search->budget -= count;
    return true;
}

// By box of the level: how many links the source at hand has into it, and which is the last one.
typedef struct tally {
    hsn_node_id source;
    uint32_t count;
    size_t last;
} tally;

static int add_link(hsn__backrefs_search *search, tally *tallies, uint32_t box, hsn_node_id source,
                    hsn_node_id node, const hsn_ref *ref, hsn_error *err)
{
    tally *own = &tallies[box - search->first_box];
    if (own->source != source || search->options->refs)
        *own = (tally){.source = source};
    // What a source says beyond the limit is still counted, at its last link.
    if (own->count == SOURCE_LINKS) {
        search->links[own->last].times++;
        return HSN_OK;
    }
    if (!hsn__array_grow(&search->links, &search->link_capacity, search->link_count + 1,
                         sizeof *search->links, UINT32_MAX))
        return hsn__fail_memory(err);
    search->links[search->link_count] = (hsn__backrefs_link){.box = box,
                                                             .node = node,
                                                             .order = (uint32_t)search->link_count,
                                                             .label = ref->label,
                                                             .times = 1,
                                                             .kind = ref->kind,
                                                             .label_form = ref->label_form};
    own->count++;
    own->last = search->link_count++;
    return HSN_OK;
}

// The box of the level that a reference of `task` concerns; UINT32_MAX = none.
static uint32_t box_behind(const hsn__backrefs_search *search, const hsn__backrefs_task *task,
                           const hsn_ref *ref)
{
    if (ref->kind == HSN_REF_WEAK && !search->options->weak)
        return UINT32_MAX;
    if (search->options->refs)
        return is_skipped(search, ref->target) ? UINT32_MAX : task->place;
    uint32_t box = search->box_of[ref->target];
    bool here =
        box > search->first_box && box <= search->end_box && hsn__backrefs_is_open(search, box - 1);
    return here ? box - 1 : UINT32_MAX;
}

static int collect_links(hsn__backrefs_search *search, hsn_error *err)
{
    size_t level = search->end_box - search->first_box;
    tally *tallies = hsn__alloc_array(level, sizeof *tallies);
    int r = tallies ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; r >= 0 && i < level; i++)
        tallies[i] = (tally){.source = HSN_NONE};
    search->link_count = 0;
    for (size_t i = 0; r >= 0 && i < search->task_count; i++) {
        const hsn__backrefs_task *task = &search->tasks[i];
        const hsn_ref *refs;
        size_t count;
        if (i && task->node == task[-1].node)
            continue;
        r = hsn_heap_refs(search->heap, task->node, &refs, &count, err);
        for (size_t k = 0; r >= 0 && k < count; k++) {
            uint32_t box = box_behind(search, task, &refs[k]);
            hsn_node_id node = search->options->refs ? refs[k].target : task->node;
            if (box == UINT32_MAX)
                continue;
            if (search->link_count >= HSN__BACKREFS_ROOT_BUDGET * 2)
                r = hsn__fail_limit(err, "references around the objects",
                                    HSN__BACKREFS_ROOT_BUDGET * 2);
            else
                r = add_link(search, tallies, box, task->node, node, &refs[k], err);
        }
    }
    hsn__free(tallies);
    return r;
}

static int compare_links(const void *a, const void *b)
{
    const hsn__backrefs_link *x = a, *y = b;
    if (x->box != y->box)
        return x->box < y->box ? -1 : 1;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int add_neighbour(hsn__backrefs_search *search, size_t first, size_t count, hsn_error *err)
{
    if (!hsn__array_grow(&search->neighbours, &search->neighbour_capacity,
                         search->neighbour_count + 1, sizeof *search->neighbours, UINT32_MAX))
        return hsn__fail_memory(err);
    search->neighbours[search->neighbour_count] =
        (hsn__backrefs_neighbour){.box = search->links[first].box,
                                  .node = search->links[first].node,
                                  .first_link = (uint32_t)first,
                                  .link_count = (uint32_t)count};
    return add_task(search, search->links[first].node, search->neighbour_count++, err);
}

// One for each object and box, and a task for each to read its type and size.
static int make_neighbours(hsn__backrefs_search *search, hsn_error *err)
{
    const hsn__backrefs_link *links = search->links;
    search->neighbour_count = search->task_count = 0;
    if (search->link_count)
        qsort(search->links, search->link_count, sizeof *search->links, compare_links);
    for (size_t first = 0, next; first < search->link_count; first = next) {
        for (next = first + 1; next < search->link_count; next++)
            if (links[next].box != links[first].box || links[next].node != links[first].node)
                break;
        int r = add_neighbour(search, first, next - first, err);
        if (r < 0)
            return r;
    }
    return HSN_OK;
}

// Types and sizes, in order of id; then those of hidden types go.
static int read_neighbours(hsn__backrefs_search *search, hsn_error *err)
{
    sort_tasks(search);
    for (size_t i = 0; i < search->task_count; i++) {
        hsn_object object;
        int r = hsn_heap_object(search->heap, search->tasks[i].node, &object, err);
        if (r < 0)
            return r;
        hsn__backrefs_neighbour *neighbour = &search->neighbours[search->tasks[i].place];
        neighbour->type = object.type;
        neighbour->size_bytes = object.size_bytes;
    }
    size_t kept = 0;
    for (size_t i = 0; i < search->neighbour_count; i++)
        if (!(hsn__backrefs_type_flags(search, search->neighbours[i].type) & HSN_BACKREFS_HIDE))
            search->neighbours[kept++] = search->neighbours[i];
    search->neighbour_count = kept;
    return HSN_OK;
}

int hsn__backrefs_look(hsn__backrefs_search *search, hsn_error *err)
{
    int r = HSN_OK;
    search->task_count = 0;
    for (uint32_t box = search->first_box; r >= 0 && box < search->end_box; box++)
        if (hsn__backrefs_is_open(search, box) && is_affordable(search, box))
            r = add_sources_of(search, box, err);
    if (r < 0)
        return r;
    sort_tasks(search);
    if ((r = collect_links(search, err)) < 0 || (r = make_neighbours(search, err)) < 0)
        return r;
    return read_neighbours(search, err);
}
