// SPDX-License-Identifier: MIT
// Leak suspects: what right below the roots keeps much of the heap, and where it piles up.
#include "analysis/retained_private.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/suspects_private.h"
#include "base/alloc.h"
#include "base/bitmap.h"
#include "base/fail.h"

/*
 * Going down from a suspect, the largest child must keep so much of its dominator to be followed:
 * the ratio of Eclipse Memory Analyzer, which has found accumulation points with it for years.
 */
static const double FOLLOW_SHARE = 0.7;

typedef struct search {
    const hsn_dominators *d;
    hsn__below below;
    uint32_t *type_of;
    const hsn_type *kinds; // by type
    size_t types;
    uint64_t *bytes_of; // by type: scratch
    uint64_t *count_of;
    uint64_t *namespaces; // bitmap
    uint64_t least;       // bytes that make a suspect
    hsn_suspects *out;
    size_t capacity;
} search;

static int add_suspect(search *s, const hsn_suspect *suspect, hsn_error *err)
{
    if (!hsn__array_grow(&s->out->rows, &s->capacity, s->out->count + 1, sizeof *s->out->rows,
                         UINT32_MAX))
        return hsn__fail_memory(err);
    s->out->rows[s->out->count] = *suspect;
    s->out->rows[s->out->count++].share =
        (double)suspect->retained_bytes / (double)(s->d->live_bytes + s->d->garbage_bytes);
    return HSN_OK;
}

static hsn_node_id largest_child(const search *s, hsn_node_id node)
{
    hsn_node_id best = HSN_NONE;
    for (hsn_node_id kid = s->below.first[node]; kid != HSN_NONE; kid = s->below.next[kid])
        if (best == HSN_NONE || s->d->retained_bytes[kid] > s->d->retained_bytes[best])
            best = kid;
    return best;
}

// The type below `node` that retains most.
static void find_content(search *s, hsn_node_id node, hsn_suspect *out)
{
    out->content_type = HSN_NONE;
    for (hsn_node_id kid = s->below.first[node]; kid != HSN_NONE; kid = s->below.next[kid]) {
        s->bytes_of[s->type_of[kid]] += s->d->retained_bytes[kid];
        s->count_of[s->type_of[kid]]++;
    }
    for (hsn_node_id kid = s->below.first[node]; kid != HSN_NONE; kid = s->below.next[kid]) {
        uint32_t type = s->type_of[kid];
        if (s->bytes_of[type] > out->content_bytes) {
            out->content_type = type;
            out->content_count = s->count_of[type];
            out->content_bytes = s->bytes_of[type];
        }
        s->bytes_of[type] = s->count_of[type] = 0;
    }
}

static int add_single(search *s, hsn_node_id top, int is_garbage, hsn_error *err)
{
    const hsn_dominators *d = s->d;
    hsn_node_id at = top, kid;
    while ((kid = largest_child(s, at)) != HSN_NONE &&
           (double)d->retained_bytes[kid] >= FOLLOW_SHARE * (double)d->retained_bytes[at])
        at = kid;
    uint64_t size_bytes = d->retained_bytes[top];
    for (kid = s->below.first[top]; kid != HSN_NONE; kid = s->below.next[kid])
        size_bytes -= d->retained_bytes[kid];
    hsn_suspect suspect = {.type = s->type_of[top],
                           .count = 1,
                           .node = top,
                           .size_bytes = size_bytes,
                           .retained_bytes = d->retained_bytes[top],
                           .is_garbage = is_garbage,
                           .accumulation = at,
                           .accumulation_bytes = d->retained_bytes[at],
                           .path_end = is_garbage ? HSN_NONE : at,
                           .path_count = 1};
    find_content(s, at, &suspect);
    return add_suspect(s, &suspect, err);
}

// The dictionaries of modules and types: every process has hundreds of them.
static void mark_namespaces(search *s, const hsn_graph *graph)
{
    for (uint32_t node = 0; node < s->d->node_count; node++) {
        hsn_kind kind = s->kinds[s->type_of[node]].kind;
        if (kind != HSN_KIND_MODULE && kind != HSN_KIND_TYPE)
            continue;
        hsn_span refs = hsn_graph_refs(graph, node);
        for (size_t i = 0; i < refs.count; i++)
            if (s->kinds[s->type_of[refs.ids[i]]].kind == HSN_KIND_DICT)
                hsn__bitmap_set(s->namespaces, refs.ids[i]);
    }
}

// Whether a top stands with the others of its type.
static bool is_grouped(const search *s, hsn_node_id top)
{
    return s->d->retained_bytes[top] < s->least && !hsn__bitmap_get(s->namespaces, top);
}

// All tops of a type that are no suspects themselves.
static int add_group(search *s, hsn_node_id tops, uint32_t type, int is_garbage, hsn_error *err)
{
    const hsn_dominators *d = s->d;
    hsn_suspect suspect = {.type = type,
                           .node = HSN_NONE,
                           .is_garbage = is_garbage,
                           .accumulation = HSN_NONE,
                           .content_type = HSN_NONE,
                           .path_end = HSN_NONE};
    for (hsn_node_id top = tops; top != HSN_NONE; top = s->below.next[top]) {
        if (s->type_of[top] != type || !is_grouped(s, top))
            continue;
        suspect.count++;
        suspect.retained_bytes += d->retained_bytes[top];
        suspect.size_bytes += d->retained_bytes[top];
        for (hsn_node_id kid = s->below.first[top]; kid != HSN_NONE; kid = s->below.next[kid])
            suspect.size_bytes -= d->retained_bytes[kid];
        if (suspect.node == HSN_NONE || d->retained_bytes[top] > d->retained_bytes[suspect.node])
            suspect.node = top;
    }
    return add_suspect(s, &suspect, err);
}

// Modules, types and code are the program itself: as groups they say nothing.
static bool is_program(hsn_kind kind)
{
    return kind == HSN_KIND_MODULE || kind == HSN_KIND_TYPE || kind == HSN_KIND_FUNCTION ||
           kind == HSN_KIND_METHOD || kind == HSN_KIND_BUILTIN || kind == HSN_KIND_CODE;
}

static int add_all(search *s, hsn_node_id tops, int is_garbage, hsn_error *err)
{
    int r = HSN_OK;
    uint64_t *sums = hsn__alloc_zeroed(s->types, sizeof *sums);
    if (!sums)
        return hsn__fail_memory(err);
    for (hsn_node_id top = tops; top != HSN_NONE && r >= 0; top = s->below.next[top]) {
        if (s->d->retained_bytes[top] >= s->least)
            r = add_single(s, top, is_garbage, err);
        else if (is_grouped(s, top))
            sums[s->type_of[top]] += s->d->retained_bytes[top];
    }
    for (size_t type = 0; type < s->types && r >= 0; type++)
        if (sums[type] >= s->least && !is_program(s->kinds[type].kind))
            r = add_group(s, tops, (uint32_t)type, is_garbage, err);
    hsn__free(sums);
    return r;
}

static int by_bytes_first(const void *a, const void *b)
{
    const hsn_suspect *x = a, *y = b;
    if (x->retained_bytes != y->retained_bytes)
        return x->retained_bytes < y->retained_bytes ? 1 : -1;
    return (x->node > y->node) - (x->node < y->node);
}

// What most of a live group is reached through.
static int find_paths(search *s, hsn_heap *heap, const hsn_graph *graph,
                      const hsn_progress *progress, hsn_error *err)
{
    hsn__paths paths = {0};
    int r = HSN_OK;
    for (size_t i = 0; i < s->out->count && r >= 0; i++) {
        hsn_suspect *suspect = &s->out->rows[i];
        if (suspect->count < 2 || suspect->is_garbage)
            continue;
        if (!paths.order)
            r = hsn__paths_find(&paths, heap, graph, progress, err);
        if (r < 0)
            break;
        for (hsn_node_id top = s->below.live; top != HSN_NONE; top = s->below.next[top])
            if (s->type_of[top] == suspect->type && is_grouped(s, top))
                suspect->outside += !hsn__paths_mark(&paths, top);
        suspect->path_end = hsn__paths_common(&paths, &suspect->path_count);
    }
    hsn__paths_clear(&paths);
    return r;
}

// Strings and numbers that many hold are names and constants, unless most of them lie in one place.
static void drop_values(search *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->out->count; i++) {
        const hsn_suspect *row = &s->out->rows[i];
        hsn_kind kind = s->kinds[row->type].kind;
        bool value = kind == HSN_KIND_STR || kind == HSN_KIND_BYTES || kind == HSN_KIND_INT ||
                     kind == HSN_KIND_FLOAT;
        if (!value || row->count < 2 || row->is_garbage || row->path_end != HSN_NONE)
            s->out->rows[kept++] = *row;
    }
    s->out->count = kept;
}

int hsn_suspects_find(hsn_heap *heap, const hsn_graph *graph, const hsn_dominators *d, double share,
                      const hsn_progress *progress, hsn_suspects *out, hsn_error *err)
{
    search s = {.d = d,
                .kinds = hsn_heap_types(heap)->rows,
                .types = hsn_heap_types(heap)->count,
                .out = out};
    *out = (hsn_suspects){0};
    if (!(share > 0 && share <= 1))
        return hsn__fail(err, HSN_EINVAL, NULL, "a share lies between 0 and 1");
    if (!(hsn_graph_parts(graph) & HSN_GRAPH_FORWARD))
        return hsn__fail(err, HSN_EINVAL, NULL, "suspects need the references of the graph");
    double least = share * (double)(d->live_bytes + d->garbage_bytes);
    s.least = least < 1 ? 1 : (uint64_t)least;
    s.type_of = hsn__alloc_array(d->node_count, sizeof *s.type_of);
    s.bytes_of = hsn__alloc_zeroed(s.types, sizeof *s.bytes_of);
    s.count_of = hsn__alloc_zeroed(s.types, sizeof *s.count_of);
    s.namespaces = hsn__bitmap_new(d->node_count);
    bool all = s.type_of && s.bytes_of && s.count_of && s.namespaces;
    int r = all ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_heap_column_types(heap, s.type_of, err);
    if (r >= 0)
        mark_namespaces(&s, graph);
    if (r >= 0)
        r = hsn__below_make(&s.below, d, err);
    if (r >= 0)
        r = add_all(&s, s.below.live, 0, err);
    if (r >= 0)
        r = add_all(&s, s.below.garbage, 1, err);
    if (r >= 0)
        r = find_paths(&s, heap, graph, progress, err);
    drop_values(&s);
    if (r >= 0 && out->count)
        qsort(out->rows, out->count, sizeof *out->rows, by_bytes_first);
    hsn__below_clear(&s.below);
    hsn__free(s.type_of);
    hsn__free(s.bytes_of);
    hsn__free(s.count_of);
    hsn__free(s.namespaces);
    if (r < 0)
        hsn_suspects_free(out);
    return r;
}

void hsn_suspects_free(hsn_suspects *suspects)
{
    hsn__free(suspects->rows);
    *suspects = (hsn_suspects){0};
}
