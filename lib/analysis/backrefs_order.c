// SPDX-License-Identifier: MIT
// The neighbours of one box put in order: siblings together, what matters first.
#include "analysis/backrefs_private.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "heapsnap/label.h"

#include <stdlib.h>

// Siblings with names of their own (functions, types …) are worth a box each up to this many.
#define FEW_NAMES 5

// Dictionaries among the neighbours of which the owner is looked up.
#define MAX_NAMESPACES 64

// Functions refer to their module's namespace too: so many referrers are looked at.
#define MAX_REFERRERS 10000

bool hsn__backrefs_listed(const hsn_node_id *nodes, size_t count, hsn_node_id node)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (nodes[middle] < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && nodes[low] == node;
}

const hsn_root *hsn__backrefs_root_of(const hsn__backrefs_search *search, hsn_node_id node)
{
    const hsn_root_list *roots = search->roots;
    size_t low = 0, high = roots->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (roots->rows[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low < roots->count && roots->rows[low].node == node ? &roots->rows[low] : NULL;
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

// A link as siblings share it: which item of a list it is makes no difference.
static uint64_t link_class(const hsn__backrefs_link *link)
{
    uint64_t label = link->label_form == HSN_LABEL_STRING ? link->label : 0;
    return (uint64_t)link->kind << 40 | (uint64_t)link->label_form << 32 | label;
}

// Equal for neighbours with the same set of classes, whatever their order and number.
static uint64_t signature_of(const hsn__backrefs_link *links, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t class = link_class(&links[i]);
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++)
            seen = link_class(&links[k]) == class;
        if (!seen)
            sum += mix(class + 1);
    }
    return sum;
}

static void rank_links(hsn__backrefs_neighbour *neighbour, const hsn__backrefs_link *links)
{
    neighbour->tier = UINT32_MAX;
    neighbour->weak = true;
    for (size_t i = 0; i < neighbour->link_count; i++) {
        hsn_ref ref = {
            .label = links[i].label, .kind = links[i].kind, .label_form = links[i].label_form};
        unsigned rank = hsn_ref_rank(&ref);
        if (rank < neighbour->tier)
            neighbour->tier = rank;
        neighbour->weak &= links[i].kind == HSN_REF_WEAK;
    }
}

// What stands alone even beside siblings: the question "which one?" is what the picture is for.
static bool is_lone(const hsn__backrefs_search *search, const hsn__backrefs_neighbour *neighbour)
{
    hsn_kind kind = search->types->rows[neighbour->type].kind;
    return search->options->no_collapse || kind == HSN_KIND_MODULE || kind == HSN_KIND_FRAME ||
           hsn__backrefs_root_of(search, neighbour->node) ||
           hsn__backrefs_listed(search->options->coloured, search->options->coloured_count,
                                neighbour->node);
}

const hsn_root *hsn__backrefs_module_of(const hsn__backrefs_search *search, hsn_node_id node)
{
    hsn_span span = hsn_graph_referrers(search->graph, node);
    for (size_t i = 0; i < span.count && i < MAX_REFERRERS; i++) {
        const hsn_root *root = hsn__backrefs_root_of(search, span.ids[i]);
        if (root && root->kind == HSN_ROOT_MODULE)
            return root;
    }
    return NULL;
}

// Whether a dictionary is the namespace of a module or a type.
static int is_namespace(hsn__backrefs_search *search, hsn_node_id node, bool *out, hsn_error *err)
{
    hsn_span span = hsn_graph_referrers(search->graph, node);
    *out = hsn__backrefs_module_of(search, node) != NULL;
    for (size_t i = 0; i < span.count && i < 4 && !*out; i++) {
        hsn_object owner;
        int r = hsn_heap_object(search->heap, span.ids[i], &owner, err);
        if (r < 0)
            return r;
        hsn_kind kind = search->types->rows[owner.type].kind;
        *out = kind == HSN_KIND_TYPE;
    }
    return HSN_OK;
}

// Only where it decides who is drawn at all.
static int demote_namespaces(hsn__backrefs_search *search, hsn__backrefs_neighbour *neighbours,
                             size_t count, hsn_error *err)
{
    size_t looked_up = 0;
    if (search->options->refs || count <= hsn__backrefs_too_many(search->options))
        return HSN_OK;
    for (size_t i = 0; i < count && looked_up < MAX_NAMESPACES; i++) {
        hsn__backrefs_neighbour *neighbour = &neighbours[i];
        bool demote = false;
        if (search->types->rows[neighbour->type].kind != HSN_KIND_DICT)
            continue;
        looked_up++;
        int r = is_namespace(search, neighbour->node, &demote, err);
        if (r < 0)
            return r;
        if (demote)
            neighbour->tier += 25;
    }
    return HSN_OK;
}

// Siblings stand together; neighbours in boxes that exist stand together by box.
static int compare_siblings(const void *a, const void *b)
{
    const hsn__backrefs_neighbour *x = a, *y = b;
    if (x->own_box != y->own_box)
        return x->own_box < y->own_box ? -1 : 1;
    if (!x->own_box) {
        if (x->lone != y->lone)
            return x->lone ? 1 : -1;
        if (x->tier != y->tier)
            return x->tier < y->tier ? -1 : 1;
        if (x->type != y->type)
            return x->type < y->type ? -1 : 1;
        if (x->signature != y->signature)
            return x->signature < y->signature ? -1 : 1;
    }
    return (x->node > y->node) - (x->node < y->node);
}

static bool are_siblings(const hsn__backrefs_neighbour *x, const hsn__backrefs_neighbour *y)
{
    if (x->own_box || y->own_box)
        return x->own_box == y->own_box;
    return !x->lone && !y->lone && x->tier == y->tier && x->type == y->type &&
           x->signature == y->signature;
}

// Kinds whose objects carry names that tell more than their number.
static bool has_name(hsn_kind kind)
{
    return kind == HSN_KIND_FUNCTION || kind == HSN_KIND_TYPE || kind == HSN_KIND_METHOD ||
           kind == HSN_KIND_BUILTIN || kind == HSN_KIND_CODE || kind == HSN_KIND_THREAD ||
           kind == HSN_KIND_TASK || kind == HSN_KIND_FILE || kind == HSN_KIND_SOCKET;
}

static int add_siblings(hsn__backrefs_search *search, size_t first, size_t count, hsn_error *err)
{
    if (!hsn__array_grow(&search->siblings, &search->sibling_capacity, search->sibling_count + 1,
                         sizeof *search->siblings, UINT32_MAX))
        return hsn__fail_memory(err);
    hsn__backrefs_siblings siblings = {.first = first, .count = count};
    for (size_t i = first; i < first + count; i++)
        siblings.size_bytes += search->neighbours[i].size_bytes;
    search->siblings[search->sibling_count++] = siblings;
    return HSN_OK;
}

static int make_siblings(hsn__backrefs_search *search, size_t begin, size_t end, hsn_error *err)
{
    const hsn__backrefs_neighbour *all = search->neighbours;
    search->sibling_count = 0;
    for (size_t first = begin, next; first < end; first = next) {
        for (next = first + 1; next < end; next++)
            if (!are_siblings(&all[first], &all[next]))
                break;
        bool apart = !all[first].own_box && next - first <= FEW_NAMES &&
                     has_name(search->types->rows[all[first].type].kind);
        for (size_t i = first; i < next; i += apart ? 1 : next - first) {
            int r = add_siblings(search, i, apart ? 1 : next - first, err);
            if (r < 0)
                return r;
        }
    }
    return HSN_OK;
}

static int compare_in_order(const void *a, const void *b, void *context)
{
    const hsn__backrefs_siblings *x = a, *y = b;
    const hsn__backrefs_neighbour *neighbours = context;
    const hsn__backrefs_neighbour *p = &neighbours[x->first], *q = &neighbours[y->first];
    if (p->tier != q->tier)
        return p->tier < q->tier ? -1 : 1;
    if (x->size_bytes != y->size_bytes)
        return x->size_bytes > y->size_bytes ? -1 : 1;
    return (p->node > q->node) - (p->node < q->node);
}

// What was found out about a neighbour, judged now that boxes exist which did not before.
static void judge(const hsn__backrefs_search *search, hsn__backrefs_neighbour *neighbour)
{
    const hsn__backrefs_link *links = search->links + neighbour->first_link;
    size_t count = neighbour->link_count;
    neighbour->own_box = search->box_of[neighbour->node];
    rank_links(neighbour, links);
    // Types hold much by their dictionaries and orders of resolution, and never leak it.
    if (search->types->rows[neighbour->type].kind == HSN_KIND_TYPE)
        neighbour->tier += 50;
    neighbour->lone = is_lone(search, neighbour);
    if (!neighbour->lone)
        neighbour->signature =
            signature_of(links, count < HSN__BACKREFS_DISTINCT ? count : HSN__BACKREFS_DISTINCT);
}

int hsn__backrefs_arrange(hsn__backrefs_search *search, size_t first, size_t count, hsn_error *err)
{
    hsn__backrefs_neighbour *neighbours = search->neighbours + first;
    for (size_t i = 0; i < count; i++)
        judge(search, &neighbours[i]);
    int r = demote_namespaces(search, neighbours, count, err);
    if (r < 0)
        return r;
    qsort(neighbours, count, sizeof *neighbours, compare_siblings);
    if ((r = make_siblings(search, first, first + count, err)) < 0)
        return r;
    qsort_r(search->siblings, search->sibling_count, sizeof *search->siblings, compare_in_order,
            search->neighbours);
    return HSN_OK;
}
