// SPDX-License-Identifier: MIT
// The graph of back-references: breadth-first search over boxes, by objgraph's rules.
//
// A box holds one object or several siblings. `box_of` maps each object that is in a box to it; the
// array is as long as the heap, but memory is touched only where something is drawn.
#include "analysis/backrefs_private.h"
#include "base/alloc.h"
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

#define MAX_TEXT_BYTES 1000

// Referrers of a dictionary among which its owner is looked for.
#define MAX_OWNERS 8

static const char *copy_text(hsn__backrefs_search *search, const char *text)
{
    size_t length = strlen(text);
    return hsn__arena_copy(search->arena, text, length < MAX_TEXT_BYTES ? length : MAX_TEXT_BYTES);
}

// "Request" of "app.cache.Request" in module "app.cache".
static const char *short_name(const hsn_type *type)
{
    size_t length = strlen(type->module);
    bool prefixed = length && !strncmp(type->name, type->module, length) &&
                    type->name[length] == '.' && type->name[length + 1];
    return prefixed ? type->name + length + 1 : type->name;
}

static int fill_texts(hsn__backrefs_search *search, hsn_backrefs_box *box, const char *text,
                      hsn_error *err)
{
    const hsn_type *type = &search->types->rows[box->type];
    const hsn_root *root = box->count == 1 ? hsn__backrefs_root_of(search, box->node) : NULL;
    box->type_name = copy_text(search, type->name);
    box->short_name = copy_text(search, short_name(type));
    box->text = copy_text(search, text);
    box->root_name = copy_text(search, root ? root->name : "");
    box->root_thread = copy_text(search, root ? root->thread : "");
    if (root) {
        box->flags |= HSN_BACKREFS_HOLDER;
        box->root_kind = root->kind;
    }
    return box->type_name && box->short_name && box->text && box->root_name && box->root_thread
               ? HSN_OK
               : hsn__fail_memory(err);
}

// What the search itself needs to know of a box.
static void begin_box(const hsn__backrefs_search *search, hsn_backrefs_box *box)
{
    const hsn_type *type = &search->types->rows[box->type];
    const hsn_backrefs_options *options = search->options;
    box->kind = type->kind;
    if (type->kind == HSN_KIND_MODULE)
        box->flags |= HSN_BACKREFS_MODULE;
    if (type->has_finalizer)
        box->flags |= HSN_BACKREFS_FINALIZER;
    if ((hsn__backrefs_type_flags(search, box->type) & HSN_BACKREFS_COLOUR) ||
        hsn__backrefs_listed(options->coloured, options->coloured_count, box->node))
        box->flags |= HSN_BACKREFS_COLOURED;
}

static int fill_box(hsn__backrefs_search *search, hsn_backrefs_box *box, hsn_error *err)
{
    hsn_object object;
    int r = hsn_heap_object(search->heap, box->node, &object, err);
    if (r < 0)
        return r;
    box->address = object.address;
    box->object_flags = object.flags;
    box->length = box->count == 1 ? object.length : HSN_NO_LENGTH;
    box->refcount = box->count == 1 ? object.refcount : HSN_NO_REFCOUNT;
    return fill_texts(search, box, object.text, err);
}

// The rest of what boxes show, in order of id: each part of the heap is decoded once.
static int fill_boxes(hsn__backrefs_search *search, hsn_error *err)
{
    hsn_backrefs *out = search->out;
    hsn__backrefs_task *tasks = hsn__arena_alloc(search->arena, out->box_count * sizeof *tasks);
    if (!tasks)
        return hsn__fail_memory(err);
    for (uint32_t i = 0; i < out->box_count; i++)
        tasks[i] = (hsn__backrefs_task){out->boxes[i].node, i};
    qsort(tasks, out->box_count, sizeof *tasks, hsn__backrefs_compare_tasks);
    int r = HSN_OK;
    for (size_t i = 0; r >= 0 && i < out->box_count; i++)
        r = fill_box(search, &out->boxes[tasks[i].place], err);
    return r;
}

// A dictionary says nothing of itself; that it is the namespace of app.cache says all.
static int name_namespace(hsn__backrefs_search *search, hsn_backrefs_box *box, const char *owner,
                          hsn_error *err)
{
    hsn__buf text = {0};
    hsn__buf_printf(&text, "__dict__ of %s", owner);
    box->text = copy_text(search, hsn__buf_text(&text));
    hsn__buf_clear(&text);
    return box->text ? HSN_OK : hsn__fail_memory(err);
}

// The types among the few referrers of dictionaries, in order of id.
static int name_by_types(hsn__backrefs_search *search, hsn__backrefs_task *tasks, size_t count,
                         hsn_error *err)
{
    int r = HSN_OK;
    if (count)
        qsort(tasks, count, sizeof *tasks, hsn__backrefs_compare_tasks);
    for (size_t i = 0; r >= 0 && i < count; i++) {
        hsn_backrefs_box *box = &search->out->boxes[tasks[i].place];
        hsn_object owner;
        r = hsn_heap_object(search->heap, tasks[i].node, &owner, err);
        if (r >= 0 && search->types->rows[owner.type].kind == HSN_KIND_TYPE && *owner.text &&
            !*box->text)
            r = name_namespace(search, box, owner.text, err);
    }
    return r;
}

static int name_namespaces(hsn__backrefs_search *search, hsn_error *err)
{
    hsn_backrefs *out = search->out;
    size_t count = 0;
    if (out->refs)
        return HSN_OK;
    hsn__backrefs_task *tasks =
        hsn__arena_alloc(search->arena, out->box_count * MAX_OWNERS * sizeof *tasks);
    if (!tasks)
        return hsn__fail_memory(err);
    for (uint32_t i = 0; i < out->box_count; i++) {
        hsn_backrefs_box *box = &out->boxes[i];
        if (box->kind != HSN_KIND_DICT || box->count > 1 || *box->text)
            continue;
        const hsn_root *module = hsn__backrefs_module_of(search, box->node);
        hsn_span span = hsn_graph_referrers(search->graph, box->node);
        if (module) {
            int r = name_namespace(search, box, module->name, err);
            if (r < 0)
                return r;
        }
        for (size_t k = 0; !module && k < span.count && k < MAX_OWNERS; k++)
            tasks[count++] = (hsn__backrefs_task){span.ids[k], i};
    }
    return name_by_types(search, tasks, count, err);
}

// A new box for objects of one type; `members` live in the arena. *out_index is its place.
static int add_box(hsn__backrefs_search *search, hsn__backrefs_members members,
                   const hsn_backrefs_box *start, uint32_t *out_index, hsn_error *err)
{
    hsn_backrefs *out = search->out;
    hsn_backrefs_box box = *start;
    box.node = members.nodes[0];
    box.count = members.count;
    begin_box(search, &box);
    if (!hsn__array_grow(&out->boxes, &search->box_capacity, out->box_count + 1, sizeof *out->boxes,
                         UINT32_MAX - 1) ||
        !hsn__array_grow(&search->members, &search->member_capacity, out->box_count + 1,
                         sizeof *search->members, UINT32_MAX - 1))
        return hsn__fail_memory(err);
    for (size_t i = 0; i < members.count; i++)
        search->box_of[members.nodes[i]] = (uint32_t)out->box_count + 1;
    search->members[out->box_count] = members;
    *out_index = (uint32_t)out->box_count;
    out->boxes[out->box_count++] = box;
    return HSN_OK;
}

static bool has_room(const hsn__backrefs_search *search)
{
    uint32_t max = search->options->max_boxes;
    return search->out->box_count < (max ? max : HSN_BACKREFS_MAX_BOXES);
}

typedef struct root_node {
    hsn_node_id node;
    uint32_t type;
    uint32_t order; // as given
    uint64_t size_bytes;
} root_node;

// Roots that become one box.
typedef struct root_group {
    size_t first, count;
    uint64_t size_bytes;
} root_group;

static int compare_by_node(const void *a, const void *b)
{
    const root_node *x = a, *y = b;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int compare_by_order(const void *a, const void *b)
{
    const root_node *x = a, *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

static int compare_by_type(const void *a, const void *b)
{
    const root_node *x = a, *y = b;
    if (x->type != y->type)
        return x->type < y->type ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static int compare_groups(const void *a, const void *b)
{
    const root_group *x = a, *y = b;
    if (x->size_bytes != y->size_bytes)
        return x->size_bytes > y->size_bytes ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

// The roots, each once, with type and size. They live in the arena.
static int read_roots(hsn__backrefs_search *search, const hsn_node_id *nodes, size_t count,
                      root_node **out, size_t *out_count, hsn_error *err)
{
    root_node *roots = hsn__arena_alloc(search->arena, count * sizeof *roots);
    if (!roots)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        if (nodes[i] >= search->node_count)
            return hsn__fail(err, HSN_EINVAL, NULL, "no such node");
        roots[i] = (root_node){.node = nodes[i], .order = (uint32_t)i};
    }
    qsort(roots, count, sizeof *roots, compare_by_node);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!kept || roots[i].node != roots[kept - 1].node)
            roots[kept++] = roots[i];
    for (size_t i = 0; i < kept; i++) {
        hsn_object object;
        int r = hsn_heap_object(search->heap, roots[i].node, &object, err);
        if (r < 0)
            return r;
        roots[i].type = object.type;
        roots[i].size_bytes = object.size_bytes;
    }
    *out = roots;
    *out_count = kept;
    return HSN_OK;
}

static int add_root_box(hsn__backrefs_search *search, const root_node *roots, size_t count,
                        uint64_t size_bytes, hsn_error *err)
{
    if (!has_room(search)) {
        search->out->cut_objects += count;
        return HSN_OK;
    }
    hsn_node_id *nodes = hsn__arena_alloc(search->arena, count * sizeof *nodes);
    if (!nodes)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < count; i++)
        nodes[i] = roots[i].node;
    uint32_t index;
    hsn_backrefs_box start = {
        .type = roots[0].type, .size_bytes = size_bytes, .flags = HSN_BACKREFS_ROOT};
    return add_box(search, (hsn__backrefs_members){nodes, count}, &start, &index, err);
}

// One box per type, the largest in bytes first.
static int add_roots_by_type(hsn__backrefs_search *search, root_node *roots, size_t count,
                             hsn_error *err)
{
    size_t group_count = 0;
    root_group *groups = hsn__arena_alloc(search->arena, search->types->count * sizeof *groups);
    if (!groups)
        return hsn__fail_memory(err);
    qsort(roots, count, sizeof *roots, compare_by_type);
    for (size_t i = 0; i < count; i++) {
        if (!i || roots[i].type != roots[i - 1].type)
            groups[group_count++] = (root_group){.first = i};
        groups[group_count - 1].count++;
        groups[group_count - 1].size_bytes += roots[i].size_bytes;
    }
    qsort(groups, group_count, sizeof *groups, compare_groups);
    int r = HSN_OK;
    for (size_t i = 0; r >= 0 && i < group_count; i++)
        r = add_root_box(search, roots + groups[i].first, groups[i].count, groups[i].size_bytes,
                         err);
    return r;
}

static int add_roots(hsn__backrefs_search *search, const hsn_node_id *nodes, size_t count,
                     hsn_error *err)
{
    root_node *roots = NULL;
    size_t each = search->options->each;
    int r = read_roots(search, nodes, count, &roots, &count, err);
    if (r < 0)
        return r;
    search->out->root_count = count;
    if (!each)
        return add_roots_by_type(search, roots, count, err);
    qsort(roots, count, sizeof *roots, compare_by_order);
    for (size_t i = 0; r >= 0 && i < count; i++) {
        if (i < each)
            r = add_root_box(search, &roots[i], 1, roots[i].size_bytes, err);
        else
            search->out->cut_objects++;
    }
    return r;
}

static int add_edge(hsn__backrefs_search *search, const hsn__backrefs_siblings *siblings,
                    uint32_t box, uint32_t other, hsn_error *err)
{
    hsn_backrefs *out = search->out;
    bool refs = search->options->refs;
    hsn_backrefs_edge edge = {.source = refs ? box : other, .target = refs ? other : box};
    int r = hsn__backrefs_describe(search, siblings, &edge, err);
    if (r < 0)
        return r;
    if (!hsn__array_grow(&out->edges, &search->edge_capacity, out->edge_count + 1,
                         sizeof *out->edges, UINT32_MAX))
        return hsn__fail_memory(err);
    out->edges[out->edge_count++] = edge;
    return HSN_OK;
}

static int add_sibling_box(hsn__backrefs_search *search, const hsn__backrefs_siblings *siblings,
                           uint32_t depth, uint32_t *out_index, hsn_error *err)
{
    hsn_node_id *nodes = hsn__arena_alloc(search->arena, siblings->count * sizeof *nodes);
    if (!nodes)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < siblings->count; i++)
        nodes[i] = search->neighbours[siblings->first + i].node;
    hsn_backrefs_box start = {.type = search->neighbours[siblings->first].type,
                              .size_bytes = siblings->size_bytes,
                              .depth = depth};
    return add_box(search, (hsn__backrefs_members){nodes, siblings->count}, &start, out_index, err);
}

// Draw what is next to `box`: the neighbours first … first + count - 1.
static int draw_neighbours(hsn__backrefs_search *search, uint32_t box, size_t first, size_t count,
                           hsn_error *err)
{
    hsn_backrefs *out = search->out;
    uint32_t drawn = 0, too_many = hsn__backrefs_too_many(search->options);
    int r = hsn__backrefs_arrange(search, first, count, err);
    for (size_t i = 0; r >= 0 && i < search->sibling_count; i++) {
        const hsn__backrefs_siblings *siblings = &search->siblings[i];
        uint32_t other = search->neighbours[siblings->first].own_box;
        if (drawn == too_many || (!other && !has_room(search))) {
            out->boxes[box].more += siblings->count;
            continue;
        }
        drawn++;
        if (other)
            other--;
        else
            r = add_sibling_box(search, siblings, out->boxes[box].depth + 1, &other, err);
        if (r >= 0)
            r = add_edge(search, siblings, box, other, err);
    }
    return r;
}

// Level by level; within one, box by box as they were found.
static int search_all(hsn__backrefs_search *search, const hsn_progress *progress, hsn_error *err)
{
    hsn_backrefs *out = search->out;
    for (search->first_box = 0; search->first_box < out->box_count;
         search->first_box = search->end_box) {
        search->end_box = (uint32_t)out->box_count;
        if (progress && progress->tick(progress->context, "searching", search->first_box, 0))
            return hsn__fail(err, HSN_ECANCELED, NULL, "canceled");
        int r = hsn__backrefs_look(search, err);
        for (size_t first = 0, next; r >= 0 && first < search->neighbour_count; first = next) {
            uint32_t box = search->neighbours[first].box;
            for (next = first + 1; next < search->neighbour_count; next++)
                if (search->neighbours[next].box != box)
                    break;
            r = draw_neighbours(search, box, first, next - first, err);
        }
        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < out->box_count; i++)
        out->cut_objects += out->boxes[i].flags & HSN_BACKREFS_UNFOLLOWED ? 0 : out->boxes[i].more;
    return HSN_OK;
}

static int check(hsn_heap *heap, const hsn_graph *graph, size_t root_count,
                 const hsn_backrefs_options *options, hsn_error *err)
{
    if (!root_count)
        return hsn__fail(err, HSN_EINVAL, NULL, "no object to begin with");
    if (options->refs)
        return HSN_OK;
    unsigned needed = HSN_GRAPH_BACKWARD | (options->weak ? HSN_GRAPH_WEAK : 0);
    if (!graph || (hsn_graph_parts(graph) & needed) != needed ||
        hsn_graph_node_count(graph) != hsn_heap_info(heap)->objects)
        return hsn__fail(err, HSN_EINVAL, NULL, "the graph lacks the referrers");
    return HSN_OK;
}

// What single objects keep, where the store knows it.
static int fill_retained(hsn__backrefs_search *search, hsn_error *err)
{
    int r = HSN_OK;
    for (size_t i = 0; i < search->out->box_count && r >= 0; i++) {
        hsn_backrefs_box *box = &search->out->boxes[i];
        box->retained_bytes = HSN_NO_RETAINED;
        if (box->count == 1)
            r = hsn_heap_retained(search->heap, box->node, &box->retained_bytes, err);
    }
    return r;
}

int hsn_backrefs_find(hsn_heap *heap, const hsn_graph *graph, const hsn_node_id *roots,
                      size_t root_count, const hsn_backrefs_options *options,
                      const hsn_progress *progress, hsn_backrefs *out, hsn_error *err)
{
    static const hsn_backrefs_options defaults;
    options = options ? options : &defaults;
    hsn__arena *arena = NULL;
    hsn__backrefs_search search = {.heap = heap,
                                   .graph = graph,
                                   .options = options,
                                   .types = hsn_heap_types(heap),
                                   .node_count = (uint32_t)hsn_heap_info(heap)->objects,
                                   .budget = HSN__BACKREFS_OTHER_BUDGET,
                                   .out = out};
    *out = (hsn_backrefs){.refs = options->refs};
    out->max_depth =
        options->max_depth || options->depth_is_set ? options->max_depth : HSN_BACKREFS_MAX_DEPTH;
    int r = check(heap, graph, root_count, options, err);
    if (r < 0)
        goto done;
    arena = hsn__alloc_zeroed(1, sizeof *arena);
    search.box_of = hsn__alloc_zeroed(search.node_count, sizeof *search.box_of);
    if (!arena || !search.box_of) {
        r = hsn__fail_memory(err);
        goto done;
    }
    search.arena = out->memory = arena;
    if ((r = hsn_heap_roots(heap, &search.roots, err)) < 0 ||
        (r = add_roots(&search, roots, root_count, err)) < 0)
        goto done;
    if ((r = search_all(&search, progress, err)) >= 0)
        r = fill_boxes(&search, err);
    if (r >= 0)
        r = name_namespaces(&search, err);
    if (r >= 0)
        r = fill_retained(&search, err);
done:
    hsn__free(search.box_of);
    hsn__free(search.members);
    hsn__free(search.tasks);
    hsn__free(search.links);
    hsn__free(search.neighbours);
    hsn__free(search.siblings);
    if (!out->memory)
        hsn__free(arena);
    if (r < 0)
        hsn_backrefs_free(out);
    return r;
}

void hsn_backrefs_free(hsn_backrefs *backrefs)
{
    if (backrefs->memory)
        hsn__arena_clear(backrefs->memory);
    hsn__free(backrefs->memory);
    hsn__free(backrefs->boxes);
    hsn__free(backrefs->edges);
    *backrefs = (hsn_backrefs){0};
}
