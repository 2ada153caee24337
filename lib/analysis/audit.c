// SPDX-License-Identifier: MIT
// Refcounts against visible references: in-degrees by counting, then the few that differ.
#include "analysis/audit_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "store/heap_private.h"

typedef struct work {
    hsn_heap *heap;
    const hsn_audit_options *options;
    const hsn_progress *progress;
    uint32_t *refcounts; // by node; UINT32_MAX = unknown or immortal
    uint32_t *visible;   // by node; stops at UINT32_MAX
    uint32_t *type_of;   // by node
    hsn_audit_object *rows;
    size_t count, capacity;
    hsn__audit_matcher matcher;
} work;

static int tick(const work *w, uint32_t done, hsn_error *err)
{
    const hsn_progress *progress = w->progress;
    if (progress &&
        progress->tick(progress->context, "references", done, hsn__heap_part_count(w->heap)))
        return hsn__fail(err, HSN_ECANCELED, NULL, "canceled");
    return HSN_OK;
}

// Count the strong references to every node, a part of the references at a time.
static int count_visible(work *w, hsn_error *err)
{
    uint32_t *degrees = hsn__alloc_array(HSN__PART_NODES, sizeof *degrees);
    hsn_node_id *targets = NULL;
    size_t capacity = 0;
    int r = degrees ? HSN_OK : hsn__fail_memory(err);
    for (uint32_t part = 0; r >= 0 && part < hsn__heap_part_count(w->heap); part++) {
        uint64_t total;
        r = hsn__heap_degrees(w->heap, part, false, degrees, &total, err);
        if (r >= 0 &&
            !hsn__array_grow(&targets, &capacity, (size_t)total, sizeof *targets, SIZE_MAX))
            r = hsn__fail_memory(err);
        if (r >= 0)
            r = hsn__heap_targets(w->heap, part, false, targets, total, err);
        for (uint64_t i = 0; r >= 0 && i < total; i++)
            w->visible[targets[i]] += w->visible[targets[i]] != UINT32_MAX;
        if (r >= 0)
            r = tick(w, part + 1, err);
    }
    hsn__free(degrees);
    hsn__free(targets);
    return r;
}

static int read_columns(work *w, hsn_error *err)
{
    const hsn_snapshot_info *info = hsn_heap_info(w->heap);
    size_t objects = (size_t)info->objects;
    if (!info->has_refcounts)
        return hsn__fail(err, HSN_ENOTFOUND, NULL, "no refcounts in this snapshot");
    w->refcounts = hsn__alloc_array(objects, sizeof *w->refcounts);
    w->visible = hsn__alloc_zeroed(objects, sizeof *w->visible);
    w->type_of = hsn__alloc_array(objects, sizeof *w->type_of);
    if (!w->refcounts || !w->visible || !w->type_of)
        return hsn__fail_memory(err);
    int r = hsn_heap_column_refcounts(w->heap, w->refcounts, err);
    if (r >= 0)
        r = hsn_heap_column_types(w->heap, w->type_of, err);
    return r < 0 ? r : count_visible(w, err);
}

static int collect(work *w, hsn_audit *out, hsn_error *err)
{
    uint32_t objects = (uint32_t)hsn_heap_info(w->heap)->objects;
    for (uint32_t node = 0; node < objects; node++) {
        uint32_t refcount = w->refcounts[node], visible = w->visible[node];
        if (refcount == UINT32_MAX) {
            out->uncounted++;
            continue;
        }
        out->counted++;
        if (refcount == visible)
            continue;
        if (!hsn__array_grow(&w->rows, &w->capacity, w->count + 1, sizeof *w->rows, SIZE_MAX))
            return hsn__fail_memory(err);
        w->rows[w->count++] = (hsn_audit_object){.node = node,
                                                 .type = w->type_of[node],
                                                 .refcount = refcount,
                                                 .visible = visible,
                                                 .surplus = (int64_t)refcount - visible};
    }
    return HSN_OK;
}

static int explain(work *w, hsn_error *err)
{
    int r = hsn__audit_matcher_init(&w->matcher, w->heap, w->type_of, err);
    return r < 0 ? r : hsn__audit_explain(&w->matcher, w->rows, w->count, err);
}

void hsn__audit_add(hsn_audit_total *total, const hsn_audit_object *object)
{
    uint64_t rest = hsn__audit_rest(object);
    bool below = object->surplus < object->explained;
    total->objects++;
    *(object->surplus < 0 ? &total->deficit : &total->surplus) +=
        (uint64_t)(object->surplus < 0 ? -object->surplus : object->surplus);
    total->unexplained_objects += rest > 0;
    *(below ? &total->unexplained_deficit : &total->unexplained) += rest;
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? 1 : a > b ? -1 : 0;
}

static int compare_objects(const void *a, const void *b, void *context)
{
    const hsn_type_list *types = context;
    const hsn_audit_object *x = a, *y = b;
    // A deficit stands behind every surplus.
    bool x_below = x->surplus < x->explained, y_below = y->surplus < y->explained;
    int order = (int)x_below - (int)y_below;
    if (!order)
        order = compare_numbers(hsn__audit_rest(x), hsn__audit_rest(y));
    if (!order)
        order = strcmp(types->rows[x->type].name, types->rows[y->type].name);
    return order ? order : x->node < y->node ? -1 : x->node > y->node;
}

static int compare_types(const void *a, const void *b, void *context)
{
    const hsn_type_list *types = context;
    const hsn_audit_type *x = a, *y = b;
    int order = compare_numbers(x->total.unexplained, y->total.unexplained);
    if (!order)
        order = compare_numbers(x->total.unexplained_deficit, y->total.unexplained_deficit);
    if (!order)
        order = compare_numbers(x->total.surplus, y->total.surplus);
    if (!order)
        order = strcmp(types->rows[x->type].name, types->rows[y->type].name);
    return order ? order : x->type < y->type ? -1 : x->type > y->type;
}

// The totals, before filters.
static void add_up(const work *w, hsn_audit *out)
{
    for (size_t i = 0; i < w->count; i++) {
        hsn__audit_add(&out->whole, &w->rows[i]);
        if (w->rows[i].holder != HSN_AUDIT_UNEXPLAINED)
            hsn__audit_add(&out->holders[w->rows[i].holder], &w->rows[i]);
    }
}

// Sorted by type first, rows of a type are neighbours, the one with most left over in front.
static int group(const work *w, hsn_audit *out, hsn_error *err)
{
    hsn_type_list *types = (hsn_type_list *)hsn_heap_types(w->heap);
    uint32_t *place = hsn__alloc_array(types->count, sizeof *place);
    size_t capacity = 0;
    int r = place ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; r >= 0 && i < types->count; i++)
        place[i] = HSN_NONE;
    for (size_t i = 0; r >= 0 && i < out->object_count; i++) {
        const hsn_audit_object *object = &out->objects[i];
        if (place[object->type] == HSN_NONE) {
            if (!hsn__array_grow(&out->types, &capacity, out->type_count + 1, sizeof *out->types,
                                 SIZE_MAX)) {
                r = hsn__fail_memory(err);
                break;
            }
            place[object->type] = (uint32_t)out->type_count;
            // Objects come in order, so the first one has most left over.
            out->types[out->type_count++] =
                (hsn_audit_type){.type = object->type,
                                 .count = types->rows[object->type].count,
                                 .example = object->node,
                                 .holder = object->holder};
        }
        hsn_audit_type *row = &out->types[place[object->type]];
        hsn__audit_add(&row->total, object);
        row->refcount += object->refcount;
        row->visible += object->visible;
        if (row->holder == HSN_AUDIT_UNEXPLAINED)
            row->holder = object->holder;
    }
    if (r >= 0 && out->type_count)
        qsort_r(out->types, out->type_count, sizeof *out->types, compare_types, types);
    hsn__free(place);
    return r;
}

static bool type_passes(const hsn_type *type, const hsn_audit_options *options)
{
    const char *module = *type->module ? type->module : "builtins";
    return (!options->type || hsn_glob_match(options->type, type->name)) &&
           (!options->module || hsn_glob_match(options->module, module));
}

static int choose(work *w, hsn_audit *out, hsn_error *err)
{
    const hsn_type_list *types = hsn_heap_types(w->heap);
    size_t kept = 0;
    for (size_t i = 0; i < w->count; i++) {
        const hsn_audit_object *row = &w->rows[i];
        if ((w->options->explained || hsn__audit_rest(row)) &&
            type_passes(&types->rows[row->type], w->options))
            w->rows[kept++] = *row;
    }
    if (kept)
        qsort_r(w->rows, kept, sizeof *w->rows, compare_objects, (void *)types);
    out->objects = w->rows;
    out->object_count = kept;
    w->rows = NULL;
    return group(w, out, err);
}

int hsn_audit_read(hsn_heap *heap, const hsn_audit_options *options, const hsn_progress *progress,
                   hsn_audit *out, hsn_error *err)
{
    static const hsn_audit_options defaults = {0};
    work w = {.heap = heap, .options = options ? options : &defaults, .progress = progress};
    *out = (hsn_audit){0};
    int r = read_columns(&w, err);
    if (r >= 0)
        r = collect(&w, out, err);
    hsn__free(w.refcounts);
    hsn__free(w.visible);
    out->holders = hsn__alloc_zeroed(hsn__audit_rule_count, sizeof *out->holders);
    if (r >= 0 && !out->holders)
        r = hsn__fail_memory(err);
    if (r >= 0)
        r = explain(&w, err);
    if (r >= 0) {
        add_up(&w, out);
        r = choose(&w, out, err);
    }
    hsn__audit_matcher_clear(&w.matcher);
    hsn__free(w.rows);
    hsn__free(w.type_of);
    if (r < 0)
        hsn_audit_free(out);
    return r < 0 ? r : HSN_OK;
}

void hsn_audit_free(hsn_audit *audit)
{
    if (!audit)
        return;
    hsn__free(audit->objects);
    hsn__free(audit->types);
    hsn__free(audit->holders);
    *audit = (hsn_audit){0};
}
