// SPDX-License-Identifier: MIT
// Ranking the differences between the totals of two snapshots.
#include "analysis/ranking.h"

#include "base/alloc.h"
#include "base/fail.h"

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

static hsn__rank_key make_sort_key(const hsn_diff_row *row, uint32_t number, hsn_diff_sort sort,
                                   bool by_count)
{
    hsn__rank_key key = {.row = number};
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
    if (row->size_bytes_delta > diff->most_bytes_gained)
        diff->most_bytes_gained = row->size_bytes_delta;
    diff->shrank += row->size_bytes_delta < 0;
    diff->unchanged += !row->size_bytes_delta && !row->count_delta;
}

static int choose(hsn_diff *diff, const hsn_diff_options *options, hsn__ranking *ranking,
                  hsn_error *err)
{
    hsn_totals *totals = &diff->totals;
    hsn_diff_sort sort = options->sort;
    if (sort == HSN_DIFF_SORT_DEFAULT)
        sort = hsn_by_is_site(totals->by) ? HSN_DIFF_SORT_MAGNITUDE : HSN_DIFF_SORT_GROWTH;
    int r = hsn__ranking_begin(ranking, totals, options->limit,
                               sort == HSN_DIFF_SORT_MAGNITUDE ? -1 : 1, err);
    for (size_t i = 0; r >= 0 && i < totals->count; i++) {
        hsn_diff_row row = make_row(totals->cells[2 * i], totals->cells[2 * i + 1]);
        count_row(diff, &row);
        if (options->changed_only && !row.count_delta && !row.size_bytes_delta)
            continue;
        hsn__rank_key key = make_sort_key(&row, (uint32_t)i, sort, totals->by_count);
        hsn__ranking_put(ranking, &key);
        diff->matched++;
    }
    if (r >= 0)
        hsn__ranking_end(ranking);
    return r;
}

int hsn__diff_rank(hsn_totals *totals, const hsn_diff_options *options, hsn_diff *out,
                   hsn_error *err)
{
    hsn__ranking ranking;
    *out = (hsn_diff){.totals = *totals};
    *totals = (hsn_totals){0};
    int r = choose(out, options, &ranking, err);
    if (r < 0)
        goto done;
    out->rows = hsn__alloc_array(ranking.count, sizeof *out->rows);
    if (!out->rows) {
        r = hsn__fail_memory(err);
        goto done;
    }
    for (; out->count < ranking.count; out->count++) {
        uint32_t row = ranking.keys[out->count].row;
        const hsn_cell *cells = &out->totals.cells[2 * (size_t)row];
        out->rows[out->count] = make_row(cells[0], cells[1]);
        out->rows[out->count].key = out->totals.keys[row];
    }
    out->sum = make_row(out->sum.old_cell, out->sum.new_cell);
    out->whole = make_row(out->totals.wholes[0], out->totals.wholes[1]);
done:
    hsn__ranking_clear(&ranking);
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
