// SPDX-License-Identifier: MIT
// A shortest cycle of a component.
//
// Length 1 is a scan. Length 2: of the two objects of such a cycle one has no more references than
// the other, and its references are looked through from there, O(m √m) for m references and near m
// in heaps. Longer: a breadth-first search from each object, no deeper than the best cycle so far,
// after which the object is taken out together with all that then lies on no cycle because nothing
// refers to it any more; so rings and other sparse components fall apart at once. Everything is
// counted against a budget. Objects are tried in ascending order: the result is the same every
// time.
#include "analysis/cycles_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

typedef struct area {
    hsn__girth *girth;
    const hsn__adjacency *side;
    const uint32_t *of;
    const hsn_node_id *members;
    uint32_t count;
    uint32_t component;
    uint64_t left; // of the budget
    bool spent;    // it did not suffice
} area;

static bool keep(hsn__girth *girth, size_t index, hsn_node_id node)
{
    if (!hsn__array_grow(&girth->cycle, &girth->capacity, index + 1, sizeof *girth->cycle,
                         HSN_MAX_OBJECTS))
        return false;
    girth->cycle[index] = node;
    return true;
}

// Whether cycles through this node count.
static inline bool is_wanted(const area *a, hsn_node_id node)
{
    const hsn__girth *g = a->girth;
    return !g->wanted || g->wanted[g->types[node]];
}

static hsn_node_id refers_to_itself(const area *a)
{
    for (uint32_t i = 0; i < a->count; i++) {
        if (!is_wanted(a, a->members[i]))
            continue;
        hsn_span refs = hsn__adjacency_span(a->side, a->members[i]);
        for (size_t k = 0; k < refs.count; k++)
            if (refs.ids[k] == a->members[i])
                return a->members[i];
    }
    return HSN_NONE;
}

static bool spend(area *a, uint64_t visits)
{
    if (a->left < visits)
        a->spent = true;
    else
        a->left -= visits;
    return !a->spent;
}

static bool refers(hsn_span refs, hsn_node_id target)
{
    for (size_t i = 0; i < refs.count; i++)
        if (refs.ids[i] == target)
            return true;
    return false;
}

// The first pair that refers to each other; false when there is none, or the budget is spent.
static bool find_pair(area *a, hsn_node_id *out_a, hsn_node_id *out_b)
{
    for (uint32_t i = 0; i < a->count; i++) {
        hsn_node_id node = a->members[i];
        hsn_span refs = hsn__adjacency_span(a->side, node);
        if (!is_wanted(a, node))
            continue;
        if (!spend(a, refs.count))
            return false;
        for (size_t k = 0; k < refs.count; k++) {
            hsn_node_id other = refs.ids[k];
            if (a->of[other] != a->component)
                continue;
            hsn_span back = hsn__adjacency_span(a->side, other);
            if (back.count > refs.count && is_wanted(a, other))
                continue; // found from the other side
            if (!spend(a, back.count))
                return false;
            if (refers(back, node)) {
                *out_a = node;
                *out_b = other;
                return true;
            }
        }
    }
    return false;
}

static void count_degrees(const area *a)
{
    uint32_t *degree = a->girth->degree;
    for (uint32_t i = 0; i < a->count; i++) {
        degree[a->members[i]] = 0;
        a->girth->seen[a->members[i]] = 0;
    }
    for (uint32_t i = 0; i < a->count; i++) {
        hsn_span refs = hsn__adjacency_span(a->side, a->members[i]);
        for (size_t k = 0; k < refs.count; k++)
            if (a->of[refs.ids[k]] == a->component && degree[refs.ids[k]] < UINT32_MAX - 1)
                degree[refs.ids[k]]++;
    }
}

static inline bool is_left(const area *a, hsn_node_id node)
{
    return a->of[node] == a->component && a->girth->degree[node] != UINT32_MAX;
}

// Take a node out, and then whatever nothing refers to any more. The queue serves as a stack.
static void take_out(area *a, hsn_node_id start)
{
    hsn__girth *g = a->girth;
    size_t depth = 0;
    g->degree[start] = UINT32_MAX;
    g->queue[depth++] = start;
    while (depth) {
        hsn_span refs = hsn__adjacency_span(a->side, g->queue[--depth]);
        for (size_t k = 0; k < refs.count; k++) {
            hsn_node_id next = refs.ids[k];
            if (is_left(a, next) && --g->degree[next] == 0) {
                g->degree[next] = UINT32_MAX;
                g->queue[depth++] = next;
            }
        }
    }
}

// The last node of a shortest cycle through `start` of less than `shorter_than` references.
// HSN_NONE: there is none, or the budget is spent.
static hsn_node_id search_from(area *a, hsn_node_id start, size_t shorter_than)
{
    hsn__girth *g = a->girth;
    size_t count = 1, level_end = 1, distance = 0;
    uint32_t search = ++g->search;
    g->queue[0] = start;
    g->seen[start] = search;
    for (size_t i = 0; i < count; i++) {
        if (i == level_end) {
            level_end = count;
            distance++;
        }
        if (distance + 1 >= shorter_than)
            return HSN_NONE;
        hsn_span refs = hsn__adjacency_span(a->side, g->queue[i]);
        if (!spend(a, refs.count))
            return HSN_NONE;
        for (size_t k = 0; k < refs.count; k++) {
            hsn_node_id next = refs.ids[k];
            if (next == start)
                return g->queue[i];
            if (!is_left(a, next) || g->seen[next] == search)
                continue;
            g->seen[next] = search;
            g->parent[next] = g->queue[i];
            g->queue[count++] = next;
        }
    }
    return HSN_NONE;
}

static bool keep_path(hsn__girth *g, hsn_node_id start, hsn_node_id last)
{
    size_t count = 1;
    for (hsn_node_id node = last; node != start; node = g->parent[node])
        count++;
    g->count = count;
    if (!keep(g, count - 1, last))
        return false;
    while (--count)
        g->cycle[count - 1] = g->parent[g->cycle[count]];
    return true;
}

// Cycles of three references and more. Every object of a component lies on a cycle, so the first
// search finds one; it runs to its end, and the budget counts from there.
static int find_longer(area *a, hsn_error *err)
{
    hsn__girth *g = a->girth;
    uint64_t budget = a->left;
    a->left = UINT64_MAX;
    count_degrees(a);
    for (uint32_t i = 0; i < a->count && !a->spent && (!g->count || g->count > 3); i++) {
        hsn_node_id start = a->members[i];
        if (!is_left(a, start) || !is_wanted(a, start))
            continue;
        hsn_node_id last = search_from(a, start, g->count ? g->count : SIZE_MAX);
        if (!g->count)
            a->left = budget;
        if (last != HSN_NONE && !keep_path(g, start, last))
            return hsn__fail_memory(err);
        take_out(a, start);
    }
    g->is_exact = g->is_exact && !a->spent;
    return HSN_OK;
}

static int make_room(hsn__girth *g, uint32_t node_count, hsn_error *err)
{
    if (g->queue)
        return HSN_OK;
    hsn__free(g->degree);
    hsn__free(g->seen);
    hsn__free(g->parent);
    g->degree = hsn__alloc_array(node_count, sizeof *g->degree);
    g->seen = hsn__alloc_array(node_count, sizeof *g->seen);
    g->parent = hsn__alloc_array(node_count, sizeof *g->parent);
    g->queue = hsn__alloc_array(node_count, sizeof *g->queue);
    return g->degree && g->seen && g->parent && g->queue ? HSN_OK : hsn__fail_memory(err);
}

int hsn__girth_find(hsn__girth *girth, const hsn_graph *graph, const hsn__components *components,
                    uint32_t component, uint64_t budget, hsn_error *err)
{
    uint32_t start = components->starts[component];
    area a = {.girth = girth,
              .side = &graph->forward,
              .of = components->of,
              .members = components->members + start,
              .count = components->starts[component + 1] - start,
              .component = component,
              .left = budget};
    hsn_node_id node = refers_to_itself(&a), other;
    girth->count = 0;
    girth->is_exact = true;
    if (node != HSN_NONE) {
        girth->count = 1;
        return keep(girth, 0, node) ? HSN_OK : hsn__fail_memory(err);
    }
    if (find_pair(&a, &node, &other)) {
        girth->count = 2;
        return keep(girth, 0, node) && keep(girth, 1, other) ? HSN_OK : hsn__fail_memory(err);
    }
    girth->is_exact = !a.spent;
    a.spent = false;
    a.left = budget;
    int r = make_room(girth, graph->node_count, err);
    return r < 0 ? r : find_longer(&a, err);
}

void hsn__girth_clear(hsn__girth *girth)
{
    hsn__free(girth->degree);
    hsn__free(girth->seen);
    hsn__free(girth->parent);
    hsn__free(girth->queue);
    hsn__free(girth->cycle);
    *girth = (hsn__girth){0};
}
