// SPDX-License-Identifier: MIT
// Totals of several snapshots lined up by name: building the table, types, and reading from stores.
//
// Ids of types, frames and stacks are private to a snapshot. So the rows of every snapshot are
// keyed by their names, each name is interned once, and a row is a small vector of cells, one per
// snapshot.
#include "analysis/totals_private.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "store/intern.h"
#include "store/type_totals.h"

#include <string.h>

const char *hsn_by_name(hsn_by by)
{
    static const char *const names[] = {
#define NAME(name, text) text,
        HSN_BY_LIST(NAME)
#undef NAME
    };
    return (unsigned)by < HSN_BY_COUNT ? names[by] : "unknown";
}

int hsn_by_is_site(hsn_by by)
{
    return by != HSN_BY_TYPE && by != HSN_BY_MODULE;
}

int hsn__totals_begin(hsn__totals_builder *builder, hsn_by by, size_t columns, hsn_error *err)
{
    *builder = (hsn__totals_builder){
        .totals = {.by = by, .metric = "", .unit = HSN_UNIT_BYTES, .columns = columns}};
    builder->arena = hsn__alloc_zeroed(1, sizeof *builder->arena);
    if (!builder->arena)
        return hsn__fail_memory(err);
    builder->totals.memory = builder->arena;
    builder->totals.wholes = hsn__arena_zeroed(builder->arena, columns, sizeof(hsn_cell));
    return builder->totals.wholes ? HSN_OK : hsn__fail_memory(err);
}

int hsn__totals_add_key(hsn__totals_builder *builder, const hsn_key *key, size_t *out_row,
                        hsn_error *err)
{
    hsn_totals *totals = &builder->totals;
    size_t columns = totals->columns;
    if (totals->count >= HSN__TOTALS_MAX_KEYS)
        return hsn__fail_limit(err, "rows", HSN__TOTALS_MAX_KEYS);
    if (!hsn__array_grow(&totals->keys, &builder->key_capacity, totals->count + 1,
                         sizeof *totals->keys, HSN__TOTALS_MAX_KEYS) ||
        !hsn__array_grow(&totals->cells, &builder->cell_capacity, (totals->count + 1) * columns,
                         sizeof *totals->cells, SIZE_MAX))
        return hsn__fail_memory(err);
    *out_row = totals->count++;
    totals->keys[*out_row] = *key;
    memset(&totals->cells[*out_row * columns], 0, columns * sizeof *totals->cells);
    return HSN_OK;
}

void hsn_totals_free(hsn_totals *totals)
{
    if (!totals)
        return;
    hsn__free(totals->keys);
    hsn__free(totals->cells);
    if (totals->memory)
        hsn__arena_clear(totals->memory);
    hsn__free(totals->memory);
    *totals = (hsn_totals){0};
}

int hsn__totals_check(const hsn_totals_options *options, hsn_error *err)
{
    const char *word = hsn_by_name(options->by);
    if ((unsigned)options->by >= HSN_BY_COUNT)
        return hsn__fail(err, HSN_EINVAL, NULL, "no such grouping");
    if (hsn_by_is_site(options->by) && (options->type || options->module))
        return hsn__fail(err, HSN_EINVAL, NULL, "types cannot be chosen when grouping by %s", word);
    if (!hsn_by_is_site(options->by) && options->filter_count)
        return hsn__fail(err, HSN_EINVAL, NULL,
                         "allocations cannot be filtered when grouping by %s", word);
    if (!hsn_by_is_site(options->by) && options->metric)
        return hsn__fail(err, HSN_EINVAL, NULL, "objects have no metrics: not by %s", word);
    if (options->cumulative && (!hsn_by_is_site(options->by) || options->by == HSN_BY_TRACEBACK ||
                                options->by == HSN_BY_DOMAIN))
        return hsn__fail(err, HSN_EINVAL, NULL, "cumulative counts need frames: not by %s", word);
    return HSN_OK;
}

// Types and modules by name. Interned names get their rows in order of first sight, so the id of a
// name is its row.
typedef struct type_rows {
    hsn__totals_builder builder;
    const hsn_totals_options *options;
    hsn__intern names;
} type_rows;

enum { NOT_WANTED = UINT32_MAX, NOT_SEEN = UINT32_MAX - 1 };

static void type_rows_clear(type_rows *rows)
{
    hsn__intern_clear(&rows->names);
    hsn_totals_free(&rows->builder.totals);
}

// The row of a type; NOT_WANTED when the filters leave it out.
static int find_row(type_rows *rows, const char *name, const char *module, uint32_t *out,
                    hsn_error *err)
{
    hsn__totals_builder *builder = &rows->builder;
    bool by_type = builder->totals.by == HSN_BY_TYPE;
    const char *key_text = by_type ? name : module;
    *out = NOT_WANTED;
    if (!hsn__name_passes(name, module, rows->options->type, rows->options->module))
        return HSN_OK;
    if (hsn__intern_put(&rows->names, key_text, strlen(key_text), out) != HSN__INTERN_OK)
        return hsn__fail_memory(err);
    if (*out < builder->totals.count)
        return HSN_OK;
    hsn_key key = {.type = "", .file = "", .function = "", .stack = HSN_NONE};
    size_t row;
    key.module = hsn__arena_copy(builder->arena, module, strlen(module));
    if (by_type)
        key.type = hsn__arena_copy(builder->arena, name, strlen(name));
    if (!key.type || !key.module)
        return hsn__fail_memory(err);
    return hsn__totals_add_key(builder, &key, &row, err);
}

static void add_to(type_rows *rows, uint32_t row, size_t column, uint64_t count,
                   uint64_t size_bytes)
{
    if (row != NOT_WANTED)
        hsn__cell_add(hsn__totals_cell(&rows->builder, row, column), count, size_bytes);
}

int hsn__totals_of_types(const hsn_type_list *const *lists, size_t count,
                         const hsn_totals_options *options, hsn_totals *out, hsn_error *err)
{
    type_rows rows = {.options = options};
    int r = hsn__totals_begin(&rows.builder, options->by, count, err);
    for (size_t column = 0; r >= 0 && column < count; column++) {
        for (size_t i = 0; r >= 0 && i < lists[column]->count; i++) {
            const hsn_type *type = &lists[column]->rows[i];
            uint32_t row = NOT_WANTED;
            hsn__cell_add(&rows.builder.totals.wholes[column], type->count, type->size_bytes);
            // Types without an instance are listed by dumps only because something names them.
            if (type->count || type->size_bytes)
                r = find_row(&rows, type->name, hsn__type_module(type), &row, err);
            if (r >= 0)
                add_to(&rows, row, column, type->count, type->size_bytes);
        }
    }
    if (r >= 0) {
        *out = rows.builder.totals;
        rows.builder.totals = (hsn_totals){0};
    }
    type_rows_clear(&rows);
    return r < 0 ? r : HSN_OK;
}

// One snapshot being read: the types of its store have numbers, and every number its row.
typedef struct type_column {
    type_rows *rows;
    const hsn__type_names *names;
    uint32_t *row_of; // by index into names
    size_t column;
} type_column;

static int take_total(void *context, const hsn__type_total *total, hsn_error *err)
{
    type_column *c = context;
    uint32_t *row = &c->row_of[total->type];
    hsn__cell_add(&c->rows->builder.totals.wholes[c->column], total->count, total->size_bytes);
    if (*row == NOT_SEEN) {
        int r = find_row(c->rows, c->names->names[total->type],
                         hsn__module_name(c->names->modules[total->type]), row, err);
        if (r < 0)
            return r;
    }
    add_to(c->rows, *row, c->column, total->count, total->size_bytes);
    return HSN_OK;
}

static int refuse_empty(const hsn_snapshot_ref *snapshot, hsn_error *err)
{
    hsn_type_list types;
    int r = hsn_type_list_read(snapshot->store, snapshot->id, &types, err);
    if (r >= 0 && !types.count)
        r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(snapshot->store),
                      "no objects in this snapshot; allocations are grouped by lineno");
    hsn_type_list_free(&types);
    return r;
}

// Room for every type of a store, so that the cells of thousands of snapshots are not moved while
// they grow. What the filters leave out is never touched.
static int reserve(type_rows *rows, size_t types, size_t columns, hsn_error *err)
{
    hsn__totals_builder *builder = &rows->builder;
    bool has_room = rows->options->by != HSN_BY_TYPE || types > SIZE_MAX / columns ||
                    hsn__array_grow(&builder->totals.cells, &builder->cell_capacity,
                                    types * columns, sizeof *builder->totals.cells, SIZE_MAX);
    return has_room ? HSN_OK : hsn__fail_memory(err);
}

// Neighbours of one store share its names, so a history of thousands of snapshots reads them once.
static int read_columns(type_rows *rows, const hsn_snapshot_ref *snapshots, size_t count,
                        hsn_error *err)
{
    hsn__type_names names = {0};
    type_column column = {.rows = rows, .names = &names};
    int r = HSN_OK;
    for (size_t i = 0; r >= 0 && i < count; i++) {
        size_t totals = 0;
        if (!i || snapshots[i].store != snapshots[i - 1].store) {
            hsn__type_names_free(&names);
            hsn__free(column.row_of);
            column.row_of = NULL;
            r = hsn__type_names_read(snapshots[i].store, &names, err);
            if (r >= 0 && !(column.row_of = hsn__alloc_array(names.count, sizeof *column.row_of)))
                r = hsn__fail_memory(err);
            for (size_t type = 0; r >= 0 && type < names.count; type++)
                column.row_of[type] = NOT_SEEN;
            if (r >= 0 && !i)
                r = reserve(rows, names.count, count, err);
        }
        column.column = i;
        if (r >= 0)
            r = hsn__type_totals_each(snapshots[i].store, snapshots[i].id, &names, take_total,
                                      &column, &totals, err);
        if (r >= 0 && !totals)
            r = refuse_empty(&snapshots[i], err);
    }
    hsn__type_names_free(&names);
    hsn__free(column.row_of);
    return r;
}

static int read_types(const hsn_snapshot_ref *snapshots, size_t count,
                      const hsn_totals_options *options, hsn_totals *out, hsn_error *err)
{
    type_rows rows = {.options = options};
    int r = hsn__totals_begin(&rows.builder, options->by, count, err);
    if (r >= 0)
        r = read_columns(&rows, snapshots, count, err);
    if (r >= 0) {
        *out = rows.builder.totals;
        rows.builder.totals = (hsn_totals){0};
    }
    type_rows_clear(&rows);
    return r < 0 ? r : HSN_OK;
}

static bool has_functions(const hsn_profile *profile)
{
    for (size_t i = 0; i < profile->frame_count; i++)
        if (*profile->frames[i].function)
            return true;
    return false;
}

// Whether the newest frame of each stack is all that the answer depends on.
static bool newest_is_enough(const hsn_totals_options *options)
{
    bool all_frames = options->cumulative || options->by == HSN_BY_TRACEBACK;
    for (size_t i = 0; i < options->filter_count; i++)
        all_frames |= options->filters[i].all_frames;
    return !all_frames;
}

static int read_profiles(const hsn_snapshot_ref *snapshots, size_t count,
                         const hsn_totals_options *options, hsn_totals *out, hsn_error *err)
{
    hsn_profile *profiles = hsn__alloc_zeroed(count, sizeof *profiles);
    const hsn_profile **pointers = hsn__alloc_zeroed(count, sizeof *pointers);
    size_t read = 0, totals = 0;
    bool functions = false;
    int r = profiles && pointers ? HSN_OK : hsn__fail_memory(err);
    if (r < 0)
        goto done;
    for (; read < count; read++) {
        r = newest_is_enough(options)
                ? hsn_profile_read_newest(snapshots[read].store, snapshots[read].id,
                                          &profiles[read], err)
                : hsn_profile_read(snapshots[read].store, snapshots[read].id, &profiles[read], err);
        if (r < 0)
            goto done;
        pointers[read] = &profiles[read];
        totals += profiles[read].total_count;
        functions = functions || has_functions(&profiles[read]);
    }
    if (!totals)
        r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(snapshots[0].store),
                      "no allocations were traced");
    else if (options->by == HSN_BY_FUNCTION && !functions)
        r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(snapshots[0].store),
                      "no function names among the frames; group by lineno");
    else
        r = hsn__totals_of_profiles(pointers, count, options, out, err);
done:
    for (size_t i = 0; i < read; i++)
        hsn_profile_free(&profiles[i]);
    hsn__free(profiles);
    hsn__free(pointers);
    return r;
}

int hsn_totals_read(const hsn_snapshot_ref *snapshots, size_t count,
                    const hsn_totals_options *options, hsn_totals *out, hsn_error *err)
{
    *out = (hsn_totals){0};
    int r = hsn__totals_check(options, err);
    if (r < 0)
        return r;
    return hsn_by_is_site(options->by) ? read_profiles(snapshots, count, options, out, err)
                                       : read_types(snapshots, count, options, out, err);
}

int hsn_totals_compare_keys(const hsn_totals *totals, size_t a, size_t b)
{
    const hsn_key *x = &totals->keys[a], *y = &totals->keys[b];
    int order;
    if (totals->by == HSN_BY_TRACEBACK && !totals->stack_order)
        return hsn__stack_compare(totals, x->stack, y->stack);
    if (totals->by == HSN_BY_TRACEBACK)
        return (totals->stack_order[x->stack] > totals->stack_order[y->stack]) -
               (totals->stack_order[x->stack] < totals->stack_order[y->stack]);
    order = strcmp(x->type, y->type);
    if (!order && x->domain != y->domain)
        order = x->domain < y->domain ? -1 : 1;
    if (!order)
        order = strcmp(x->module, y->module);
    if (!order)
        order = strcmp(x->file, y->file);
    if (!order && x->line != y->line)
        order = x->line < y->line ? -1 : 1;
    return order ? order : strcmp(x->function, y->function);
}
