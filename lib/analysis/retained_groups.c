// SPDX-License-Identifier: MIT
// Retained bytes by type, module and allocation site.
#include "analysis/retained_private.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/totals_private.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "store/results.h"

// ---- groups of types --------------------------------------------------------------------------

typedef struct named {
    const char *name;
    uint32_t line;
    uint32_t id;
} named;

static int by_name(const void *a, const void *b)
{
    const named *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

// Number equal names in order; `out` by id.
static size_t number_names(named *names, size_t count, uint32_t *out)
{
    size_t groups = 0;
    qsort(names, count, sizeof *names, by_name);
    for (size_t i = 0; i < count; i++) {
        if (!i || by_name(&names[i - 1], &names[i]))
            groups++;
        out[names[i].id] = (uint32_t)(groups - 1);
    }
    return groups;
}

static const char *type_group_name(const hsn_type *type, hsn_by by)
{
    return by == HSN_BY_TYPE ? type->name : hsn__type_module(type);
}

int hsn__group_types(const hsn_type_list *types, hsn_by by, uint32_t *out, size_t *out_groups,
                     hsn_error *err)
{
    named *names = hsn__alloc_array(types->count, sizeof *names);
    if (!names)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < types->count; i++)
        names[i] = (named){type_group_name(&types->rows[i], by), 0, (uint32_t)i};
    *out_groups = number_names(names, types->count, out);
    hsn__free(names);
    return HSN_OK;
}

// ---- the group of every node ------------------------------------------------------------------

typedef struct grouping {
    hsn_by by;
    uint32_t *group; // by node
    uint32_t *of_id; // by type id, or by stack id + 1: its group
    size_t ids;
    hsn_retained_group *rows; // by group
    size_t count;
    hsn_profile profile;
} grouping;

static int group_by_type(grouping *g, hsn_heap *heap, uint32_t nodes, hsn_error *err)
{
    const hsn_type_list *types = hsn_heap_types(heap);
    g->of_id = hsn__alloc_array(types->count, sizeof *g->of_id);
    int r = g->of_id ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn__group_types(types, g->by, g->of_id, &g->count, err);
    if (r >= 0)
        r = hsn_heap_column_types(heap, g->group, err);
    for (uint32_t node = 0; r >= 0 && node < nodes; node++)
        g->group[node] = g->of_id[g->group[node]];
    g->rows = hsn__alloc_zeroed(g->count, sizeof *g->rows);
    if (r >= 0 && !g->rows)
        r = hsn__fail_memory(err);
    for (size_t i = 0; r >= 0 && i < types->count; i++)
        g->rows[g->of_id[i]].name = type_group_name(&types->rows[i], g->by);
    return r;
}

static const char *take_stacks(void *context, uint64_t first, uint32_t rows, const uint64_t *values)
{
    grouping *g = context;
    for (uint32_t i = 0; i < rows; i++) {
        if (values[i] >= g->ids)
            return "no such stack";
        g->group[first + i] = g->of_id[values[i]];
    }
    return NULL;
}

static int group_by_site(grouping *g, hsn_heap *heap, uint32_t nodes, hsn_error *err)
{
    named *names = NULL;
    int r = hsn_profile_read(hsn__results_store(heap), hsn_heap_info(heap)->id, &g->profile, err);
    if (r < 0)
        return r;
    g->ids = g->profile.stack_count + 1;
    if (g->ids == 1)
        return hsn__fail(err, HSN_ENOTFOUND, NULL, "no object carries its allocation stack");
    names = hsn__alloc_array(g->ids, sizeof *names);
    g->of_id = hsn__alloc_array(g->ids, sizeof *g->of_id);
    if (!names || !g->of_id) {
        r = hsn__fail_memory(err);
        goto done;
    }
    names[0] = (named){"", 0, 0};
    for (size_t i = 1; i < g->ids; i++) {
        uint32_t frame = g->profile.stacks[i - 1].frame;
        if (frame >= g->profile.frame_count) {
            r = hsn__fail(err, HSN_EFORMAT, NULL, "allocation stack %zu is damaged", i - 1);
            goto done;
        }
        names[i] =
            (named){g->profile.frames[frame].file, g->profile.frames[frame].line, (uint32_t)i};
    }
    g->count = number_names(names, g->ids, g->of_id);
    g->rows = hsn__alloc_zeroed(g->count, sizeof *g->rows);
    if (!g->rows) {
        r = hsn__fail_memory(err);
        goto done;
    }
    for (size_t i = 0; i < g->ids; i++) {
        g->rows[g->of_id[names[i].id]].name = names[i].name;
        g->rows[g->of_id[names[i].id]].line = names[i].line;
    }
    r = hsn__results_read(heap, HSN__COLUMN_STACK, nodes, take_stacks, g, err);
done:
    hsn__free(names);
    return r;
}

static const char *take_sizes(void *context, uint64_t first, uint32_t rows, const uint64_t *values)
{
    grouping *g = context;
    for (uint32_t i = 0; i < rows; i++) {
        hsn_retained_group *row = &g->rows[g->group[first + i]];
        row->count++;
        row->size_bytes += values[i];
    }
    return NULL;
}

// ---- rows -------------------------------------------------------------------------------------

static int by_bytes_first(const void *a, const void *b)
{
    const hsn_retained_group *x = a, *y = b;
    if (x->retained_bytes != y->retained_bytes)
        return x->retained_bytes < y->retained_bytes ? 1 : -1;
    if (x->size_bytes != y->size_bytes)
        return x->size_bytes < y->size_bytes ? 1 : -1;
    int order = strcmp(x->name, y->name);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static int copy_rows(const grouping *g, hsn_retained_groups *out, hsn_error *err)
{
    hsn__arena *arena = out->memory = hsn__alloc_zeroed(1, sizeof *arena);
    out->rows = arena ? hsn__arena_zeroed(arena, g->count, sizeof *out->rows) : NULL;
    if (!out->rows)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < g->count; i++) {
        if (!g->rows[i].count)
            continue;
        hsn_retained_group *row = &out->rows[out->count++];
        *row = g->rows[i];
        row->name = hsn__arena_copy(arena, g->rows[i].name, strlen(g->rows[i].name));
        if (!row->name)
            return hsn__fail_memory(err);
    }
    qsort(out->rows, out->count, sizeof *out->rows, by_bytes_first);
    return HSN_OK;
}

int hsn_retained_groups_find(hsn_heap *heap, const hsn_dominators *d, hsn_by by,
                             hsn_retained_groups *out, hsn_error *err)
{
    grouping g = {.by = by};
    hsn__below below = {0};
    uint64_t *sums = NULL;
    *out = (hsn_retained_groups){0};
    if (by != HSN_BY_TYPE && by != HSN_BY_MODULE && by != HSN_BY_LINENO)
        return hsn__fail(err, HSN_EINVAL, NULL, "retained bytes are by type, module or lineno");
    g.group = hsn__alloc_array(d->node_count, sizeof *g.group);
    int r = g.group ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = by == HSN_BY_LINENO ? group_by_site(&g, heap, d->node_count, err)
                                : group_by_type(&g, heap, d->node_count, err);
    if (r >= 0)
        r = hsn__results_read(heap, HSN__COLUMN_SIZE, d->node_count, take_sizes, &g, err);
    if (r >= 0)
        r = hsn__below_make(&below, d, err);
    sums = hsn__alloc_array(g.count, sizeof *sums);
    if (r >= 0 && !sums)
        r = hsn__fail_memory(err);
    if (r >= 0)
        r = hsn__retained_sum(d, &below, g.group, g.count, sums, err);
    for (size_t i = 0; r >= 0 && i < g.count; i++)
        g.rows[i].retained_bytes = sums[i];
    if (r >= 0)
        r = copy_rows(&g, out, err);
    hsn__below_clear(&below);
    hsn__free(sums);
    hsn__free(g.group);
    hsn__free(g.of_id);
    hsn__free(g.rows);
    hsn_profile_free(&g.profile);
    if (r < 0)
        hsn_retained_groups_free(out);
    return r;
}

void hsn_retained_groups_free(hsn_retained_groups *groups)
{
    if (groups->memory)
        hsn__arena_clear(groups->memory);
    hsn__free(groups->memory);
    *groups = (hsn_retained_groups){0};
}

// ---- what the store keeps ---------------------------------------------------------------------

static const char *take_values(void *context, uint64_t first, uint32_t rows, const uint64_t *values)
{
    memcpy((uint64_t *)context + first, values, rows * sizeof *values);
    return NULL;
}

int hsn_retained_stored(hsn_heap *heap, hsn_by by, uint64_t *out, hsn_error *err)
{
    hsn__column column =
        by == HSN_BY_TYPE ? HSN__COLUMN_TYPE_RETAINED : HSN__COLUMN_MODULE_RETAINED;
    uint64_t types = hsn_heap_types(heap)->count;
    bool have;
    if (by != HSN_BY_TYPE && by != HSN_BY_MODULE)
        return hsn__fail(err, HSN_EINVAL, NULL, "retained bytes are kept by type and by module");
    int r = hsn__results_have(heap, column, types, &have, err);
    if (r >= 0 && !have)
        r = hsn__fail(err, HSN_ENOTFOUND, NULL, "the store holds no retained bytes");
    return r < 0 ? r : hsn__results_read(heap, column, types, take_values, out, err);
}
