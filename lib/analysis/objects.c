// SPDX-License-Identifier: MIT
// Which objects are new, gone and still there: a merge of ascending ids.
#include "heapsnap/objects.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/identity.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/fail.h"
#include "heapsnap/heap.h"

enum { MAX_SNAPSHOTS = 3 };

typedef struct side {
    uint64_t *ids, *sizes; // by node, which is by id
    uint32_t *types;       // number in `names`
    uint32_t count;
} side;

typedef struct work {
    side sides[MAX_SNAPSHOTS];
    size_t count;
    hsn__intern names; // of types
    hsn_objects_row *rows;
    hsn__arena *arena;
} work;

// ---- reading

static int number_types(work *w, hsn_heap *heap, side *out, hsn_error *err)
{
    const hsn_type_list *types = hsn_heap_types(heap);
    uint32_t *known = hsn__alloc_array(types->count, sizeof *known);
    int r = known ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; i < types->count && r >= 0; i++) {
        const char *name = types->rows[i].name;
        if (hsn__intern_put(&w->names, name, strlen(name), &known[i]) != HSN__INTERN_OK)
            r = hsn__fail_memory(err);
    }
    for (uint32_t i = 0; i < out->count && r >= 0; i++)
        out->types[i] = known[out->types[i]];
    hsn__free(known);
    return r;
}

static int read_side(work *w, hsn_heap *heap, side *out, hsn_error *err)
{
    out->count = (uint32_t)hsn_heap_info(heap)->objects;
    out->ids = hsn__alloc_array(out->count, sizeof *out->ids);
    out->sizes = hsn__alloc_array(out->count, sizeof *out->sizes);
    out->types = hsn__alloc_array(out->count, sizeof *out->types);
    if (!out->ids || !out->sizes || !out->types)
        return hsn__fail_memory(err);
    int r = hsn_heap_column_addresses(heap, out->ids, err);
    if (r >= 0)
        r = hsn_heap_column_sizes(heap, out->sizes, err);
    if (r >= 0)
        r = hsn_heap_column_types(heap, out->types, err);
    return r < 0 ? r : number_types(w, heap, out, err);
}

// What the snapshots say of themselves is asked before any object is read.
static int read_sides(work *w, const hsn_snapshot_ref *snapshots, hsn_error *err)
{
    hsn_heap *heaps[MAX_SNAPSHOTS] = {NULL};
    int r = HSN_OK;
    for (size_t i = 0; i < w->count && r >= 0; i++)
        r = hsn_heap_open(&heaps[i], snapshots[i].store, snapshots[i].id, err);
    for (size_t i = 0; i < w->count && r >= 0; i++) {
        const hsn_snapshot_info *info = hsn_heap_info(heaps[i]);
        const char *obstacle = hsn__identity_obstacle(hsn_heap_info(heaps[0]), info);
        if (obstacle)
            r = hsn__fail(err, HSN_EINVAL, info->source, "objects cannot be matched by id: %s",
                          obstacle);
    }
    for (size_t i = 0; i < w->count && r >= 0; i++)
        r = read_side(w, heaps[i], &w->sides[i], err);
    for (size_t i = 0; i < MAX_SNAPSHOTS; i++)
        hsn_heap_close(heaps[i]);
    return r;
}

static int check_sides(const work *w, hsn_objects *out, hsn_error *err)
{
    for (size_t i = 1; i < w->count; i++) {
        const side *a = &w->sides[i - 1], *b = &w->sides[i];
        hsn__identities old = {a->ids, a->types, a->count}, new = {b->ids, b->types, b->count};
        hsn__identity identity = hsn__identity_compare(&old, &new, &w->names);
        if (!hsn__identity_holds(&identity))
            return hsn__fail(err, HSN_EINVAL, NULL,
                             "objects cannot be matched by id: ids of different processes, %" PRIu64
                             " of %" PRIu64 " common ones are of another type",
                             identity.disagreeing, identity.common);
        if (i == 1)
            *out = (hsn_objects){.common = identity.common, .disagreeing = identity.disagreeing};
    }
    return HSN_OK;
}

// ---- comparing

static void add(hsn_cell *cell, const side *s, uint32_t i)
{
    cell->count++;
    cell->size_bytes += s->sizes[i];
}

// Between two snapshots everything counts.
static void compare_two(work *w)
{
    const side *a = &w->sides[0], *b = &w->sides[1];
    for (uint32_t i = 0, k = 0; i < a->count || k < b->count;) {
        bool has_old = i < a->count && (k == b->count || a->ids[i] <= b->ids[k]);
        bool has_new = k < b->count && (i == a->count || b->ids[k] <= a->ids[i]);
        hsn_objects_row *row = &w->rows[has_new ? b->types[k] : a->types[i]];
        if (has_old)
            w->rows[a->types[i]].size_bytes_delta -= (int64_t)a->sizes[i];
        if (has_new)
            row->size_bytes_delta += (int64_t)b->sizes[k];
        if (has_new && !has_old && !row->example)
            row->example = b->ids[k];
        add(has_old && has_new ? &row->survived
            : has_new          ? &row->fresh
                               : &row->gone,
            has_new ? b : a, has_new ? k : i);
        i += has_old;
        k += has_new;
    }
}

// Among three, what came with the second.
static void compare_three(work *w)
{
    const side *a = &w->sides[0], *b = &w->sides[1], *c = &w->sides[2];
    uint32_t i = 0, m = 0;
    for (uint32_t k = 0; k < b->count; k++) {
        hsn_objects_row *row = &w->rows[b->types[k]];
        while (i < a->count && a->ids[i] < b->ids[k])
            i++;
        if (i < a->count && a->ids[i] == b->ids[k])
            continue;
        add(&row->fresh, b, k);
        while (m < c->count && c->ids[m] < b->ids[k])
            m++;
        if (m == c->count || c->ids[m] != b->ids[k]) {
            add(&row->gone, b, k);
            continue;
        }
        add(&row->survived, c, m);
        row->size_bytes_delta += (int64_t)c->sizes[m];
        if (!row->example)
            row->example = b->ids[k];
    }
}

// ---- rows

static int compare_rows(const void *x, const void *y)
{
    const hsn_objects_row *a = x, *b = y;
    if (a->size_bytes_delta != b->size_bytes_delta)
        return a->size_bytes_delta > b->size_bytes_delta ? -1 : 1;
    if (a->fresh.count != b->fresh.count)
        return a->fresh.count > b->fresh.count ? -1 : 1;
    return strcmp(a->type, b->type);
}

static void add_cell(hsn_cell *to, const hsn_cell *cell)
{
    to->count += cell->count;
    to->size_bytes += cell->size_bytes;
}

static int keep_rows(work *w, const hsn_objects_options *options, hsn_objects *out, hsn_error *err)
{
    out->rows = hsn__arena_zeroed(w->arena, w->names.count, sizeof *out->rows);
    out->sum.type = "";
    if (!out->rows)
        return hsn__fail_memory(err);
    for (uint32_t i = 0; i < w->names.count; i++) {
        hsn_objects_row *row = &w->rows[i];
        size_t length;
        const char *name = hsn__intern_get(&w->names, i, &length);
        row->type = hsn__arena_copy(w->arena, name, length);
        if (!row->type)
            return hsn__fail_memory(err);
        if ((!row->fresh.count && !row->gone.count && !row->survived.count) ||
            (options && options->type && !hsn_glob_match(options->type, row->type)))
            continue;
        add_cell(&out->sum.fresh, &row->fresh);
        add_cell(&out->sum.gone, &row->gone);
        add_cell(&out->sum.survived, &row->survived);
        out->sum.size_bytes_delta += row->size_bytes_delta;
        out->rows[out->count++] = *row;
    }
    if (out->count)
        qsort(out->rows, out->count, sizeof *out->rows, compare_rows);
    return HSN_OK;
}

int hsn_objects_between(const hsn_snapshot_ref *snapshots, size_t count,
                        const hsn_objects_options *options, hsn_objects *out, hsn_error *err)
{
    work w = {.count = count};
    *out = (hsn_objects){0};
    if (count < 2 || count > MAX_SNAPSHOTS)
        return hsn__fail(err, HSN_EINVAL, NULL, "objects are compared between 2 or 3 snapshots");
    int r = read_sides(&w, snapshots, err);
    if (r >= 0)
        r = check_sides(&w, out, err);
    if (r >= 0) {
        w.arena = out->memory = hsn__alloc_zeroed(1, sizeof *w.arena);
        w.rows = hsn__alloc_zeroed(w.names.count, sizeof *w.rows);
        if (!w.arena || !w.rows)
            r = hsn__fail_memory(err);
    }
    if (r >= 0) {
        if (count == 2)
            compare_two(&w);
        else
            compare_three(&w);
        r = keep_rows(&w, options, out, err);
    }
    for (size_t i = 0; i < MAX_SNAPSHOTS; i++) {
        hsn__free(w.sides[i].ids);
        hsn__free(w.sides[i].sizes);
        hsn__free(w.sides[i].types);
    }
    hsn__intern_clear(&w.names);
    hsn__free(w.rows);
    if (r < 0)
        hsn_objects_free(out);
    return r < 0 ? r : HSN_OK;
}

void hsn_objects_free(hsn_objects *objects)
{
    if (objects->memory) {
        hsn__arena_clear(objects->memory);
        hsn__free(objects->memory);
    }
    *objects = (hsn_objects){0};
}
