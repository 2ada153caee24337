// SPDX-License-Identifier: MIT
// Ranking the differences between the totals of two snapshots.
#include "analysis/totals_private.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <stdlib.h>

// What a row is sorted by: up to four numbers, descending, then its key.
typedef struct sort_key {
    uint64_t numbers[4];
    uint32_t row;
} sort_key;

typedef struct order {
    const hsn_totals *totals;
    int tie_sign; // +1 = keys ascending, -1 = descending
} order;

static int compare(const void *a, const void *b, void *context)
{
    const sort_key *x = a, *y = b;
    const order *by = context;
    for (int i = 0; i < 4; i++)
        if (x->numbers[i] != y->numbers[i])
            return x->numbers[i] < y->numbers[i] ? 1 : -1;
    return by->tie_sign * hsn_totals_compare_keys(by->totals, x->row, y->row);
}

// Signed order in unsigned numbers.
static uint64_t bias(int64_t value)
{
    return (uint64_t)value ^ UINT64_C(1) << 63;
}

static uint64_t magnitude(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

static hsn_diff_row make_row(hsn_cell old_cell, hsn_cell new_cell)
{
    return (hsn_diff_row){
        .old_cell = old_cell,
        .new_cell = new_cell,
        .count_delta = hsn__delta(old_cell.count, new_cell.count),
        .size_bytes_delta = hsn__delta(old_cell.size_bytes, new_cell.size_bytes),
    };
}

static void swap(uint64_t *a, uint64_t *b)
{
    uint64_t kept = *a;
    *a = *b;
    *b = kept;
}

static sort_key make_sort_key(const hsn_diff_row *row, uint32_t number, hsn_diff_sort sort,
                              bool by_count)
{
    sort_key key = {.row = number};
    uint64_t count = bias(row->count_delta), bytes = bias(row->size_bytes_delta);
    switch (sort) {
    case HSN_DIFF_SORT_DEFAULT:
    case HSN_DIFF_SORT_GROWTH:
        key.numbers[0] = bytes;
        key.numbers[1] = count;
        break;
    case HSN_DIFF_SORT_COUNT:
        key.numbers[0] = count;
        key.numbers[1] = bytes;
        break;
    case HSN_DIFF_SORT_MAGNITUDE:
        key.numbers[0] = magnitude(row->old_cell.size_bytes, row->new_cell.size_bytes);
        key.numbers[1] = row->new_cell.size_bytes;
        key.numbers[2] = magnitude(row->old_cell.count, row->new_cell.count);
        key.numbers[3] = row->new_cell.count;
        break;
    case HSN_DIFF_SORT_NAME:
        break;
    }
    if (by_count && sort == HSN_DIFF_SORT_GROWTH)
        swap(&key.numbers[0], &key.numbers[1]);
    if (by_count && sort == HSN_DIFF_SORT_MAGNITUDE) {
        swap(&key.numbers[0], &key.numbers[2]);
        swap(&key.numbers[1], &key.numbers[3]);
    }
    return key;
}

static void count_row(hsn_diff *diff, const hsn_diff_row *row)
{
    hsn__cell_add(&diff->sum.old_cell, row->old_cell.count, row->old_cell.size_bytes);
    hsn__cell_add(&diff->sum.new_cell, row->new_cell.count, row->new_cell.size_bytes);
    diff->grew += row->size_bytes_delta > 0;
    diff->shrank += row->size_bytes_delta < 0;
    diff->unchanged += !row->size_bytes_delta && !row->count_delta;
}

int hsn__diff_rank(hsn_totals *totals, const hsn_diff_options *options, hsn_diff *out,
                   hsn_error *err)
{
    size_t count = totals->count;
    hsn_diff_sort sort = options->sort;
    sort_key *keys = hsn__alloc_array(count, sizeof *keys);
    *out = (hsn_diff){.totals = *totals};
    *totals = (hsn_totals){0};
    out->rows = hsn__alloc_array(count, sizeof *out->rows);
    int r = keys && out->rows ? HSN_OK : hsn__fail_memory(err);
    if (r < 0)
        goto done;
    if (sort == HSN_DIFF_SORT_DEFAULT)
        sort = hsn_by_is_site(out->totals.by) ? HSN_DIFF_SORT_MAGNITUDE : HSN_DIFF_SORT_GROWTH;
    for (size_t i = 0; i < count; i++) {
        const hsn_cell *cells = &out->totals.cells[2 * i];
        hsn_diff_row row = make_row(cells[0], cells[1]);
        count_row(out, &row);
        if (!options->changed_only || row.count_delta || row.size_bytes_delta)
            keys[out->count++] = make_sort_key(&row, (uint32_t)i, sort, out->totals.by_count);
    }
    order by = {.totals = &out->totals, .tie_sign = sort == HSN_DIFF_SORT_MAGNITUDE ? -1 : 1};
    qsort_r(keys, out->count, sizeof *keys, compare, &by);
    for (size_t i = 0; i < out->count; i++) {
        const hsn_cell *cells = &out->totals.cells[2 * (size_t)keys[i].row];
        out->rows[i] = make_row(cells[0], cells[1]);
        out->rows[i].key = out->totals.keys[keys[i].row];
    }
    out->sum = make_row(out->sum.old_cell, out->sum.new_cell);
    out->whole = make_row(out->totals.wholes[0], out->totals.wholes[1]);
done:
    hsn__free(keys);
    if (r < 0)
        hsn_diff_free(out);
    return r;
}

int hsn_diff_between(hsn_snapshot_ref old_snapshot, hsn_snapshot_ref new_snapshot,
                     const hsn_diff_options *options, hsn_diff *out, hsn_error *err)
{
    static const hsn_diff_options defaults = {0};
    hsn_snapshot_ref snapshots[] = {old_snapshot, new_snapshot};
    hsn_totals totals = {0};
    options = options ? options : &defaults;
    *out = (hsn_diff){0};
    int r = hsn_totals_read(snapshots, 2, &options->totals, &totals, err);
    return r < 0 ? r : hsn__diff_rank(&totals, options, out, err);
}

void hsn_diff_free(hsn_diff *diff)
{
    if (!diff)
        return;
    hsn__free(diff->rows);
    hsn_totals_free(&diff->totals);
    *diff = (hsn_diff){0};
}
