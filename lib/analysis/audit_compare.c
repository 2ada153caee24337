// SPDX-License-Identifier: MIT
// Two audits side by side, matched by the names of types.
#include "analysis/audit_private.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/totals_private.h"
#include "base/alloc.h"
#include "base/fail.h"

static void add(hsn_audit_total *sum, const hsn_audit_total *part)
{
    sum->objects += part->objects;
    sum->surplus += part->surplus;
    sum->deficit += part->deficit;
    sum->unexplained_objects += part->unexplained_objects;
    sum->unexplained += part->unexplained;
    sum->unexplained_deficit += part->unexplained_deficit;
}

static int compare_names(const void *a, const void *b)
{
    const hsn_audit_diff_row *x = a, *y = b;
    int order = strcmp(x->type, y->type);
    // Of equal names, the row with an example first: it is kept.
    return order ? order : x->example < y->example ? -1 : x->example > y->example;
}

static int compare_deltas(int64_t a, int64_t b)
{
    return a < b ? 1 : a > b ? -1 : 0;
}

static int compare_rows(const void *a, const void *b)
{
    const hsn_audit_diff_row *x = a, *y = b;
    int order = compare_deltas(x->unexplained_delta, y->unexplained_delta);
    if (!order)
        order = compare_deltas(x->surplus_delta, y->surplus_delta);
    return order ? order : strcmp(x->type, y->type);
}

// Rows of equal names become one. Two types of one name may exist in one snapshot.
static size_t merge(hsn_audit_diff_row *rows, size_t count)
{
    size_t kept = 0;
    if (count)
        qsort(rows, count, sizeof *rows, compare_names);
    for (size_t i = 0; i < count; i++) {
        if (kept && !strcmp(rows[kept - 1].type, rows[i].type)) {
            add(&rows[kept - 1].old_total, &rows[i].old_total);
            add(&rows[kept - 1].new_total, &rows[i].new_total);
        } else {
            rows[kept++] = rows[i];
        }
    }
    return kept;
}

int hsn_audit_compare(const hsn_type_list *old_types, const hsn_audit *old_audit,
                      const hsn_type_list *new_types, const hsn_audit *new_audit,
                      hsn_audit_diff *out, hsn_error *err)
{
    size_t count = 0;
    hsn__arena *arena = hsn__alloc_zeroed(1, sizeof *arena);
    *out = (hsn_audit_diff){.memory = arena};
    out->rows = hsn__alloc_array(old_audit->type_count + new_audit->type_count, sizeof *out->rows);
    int r = arena && out->rows ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; r >= 0 && i < old_audit->type_count + new_audit->type_count; i++) {
        bool is_new = i >= old_audit->type_count;
        const hsn_audit_type *row =
            is_new ? &new_audit->types[i - old_audit->type_count] : &old_audit->types[i];
        const char *name = (is_new ? new_types : old_types)->rows[row->type].name;
        out->rows[count] = (hsn_audit_diff_row){.example = is_new ? row->example : HSN_NONE};
        *(is_new ? &out->rows[count].new_total : &out->rows[count].old_total) = row->total;
        out->rows[count].type = hsn__arena_copy(arena, name, strlen(name));
        r = out->rows[count++].type ? HSN_OK : hsn__fail_memory(err);
    }
    if (r < 0) {
        hsn_audit_diff_free(out);
        return r;
    }
    out->count = merge(out->rows, count);
    for (size_t i = 0; i < out->count; i++) {
        hsn_audit_diff_row *row = &out->rows[i];
        row->unexplained_objects_delta =
            hsn__delta(row->old_total.unexplained_objects, row->new_total.unexplained_objects);
        row->unexplained_delta = hsn__delta(row->old_total.unexplained, row->new_total.unexplained);
        row->surplus_delta = hsn__delta(row->old_total.surplus, row->new_total.surplus);
    }
    if (out->count)
        qsort(out->rows, out->count, sizeof *out->rows, compare_rows);
    return HSN_OK;
}

void hsn_audit_diff_free(hsn_audit_diff *diff)
{
    if (!diff)
        return;
    hsn__free(diff->rows);
    if (diff->memory)
        hsn__arena_clear(diff->memory);
    hsn__free(diff->memory);
    *diff = (hsn_audit_diff){0};
}
