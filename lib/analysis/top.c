// SPDX-License-Identifier: MIT
// Ranking the totals of one snapshot.
#include "analysis/totals_private.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <math.h>
#include <stdlib.h>

typedef struct order {
    const hsn_totals *totals;
    bool by_count;
    int tie_sign; // +1 = keys ascending, -1 = descending
} order;

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? 1 : a > b ? -1 : 0;
}

static int compare(const void *a, const void *b, void *context)
{
    const order *by = context;
    size_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    const hsn_cell *x = &by->totals->cells[i], *y = &by->totals->cells[j];
    int bytes = compare_numbers(x->size_bytes, y->size_bytes);
    int count = compare_numbers(x->count, y->count);
    if (by->by_count ? count : bytes)
        return by->by_count ? count : bytes;
    if (bytes || count)
        return bytes ? bytes : count;
    return by->tie_sign * hsn_totals_compare_keys(by->totals, i, j);
}

static void fill_rows(hsn_top *top, const uint32_t *numbers, bool cumulative)
{
    hsn_totals *totals = &top->totals;
    double whole = (double)top->whole.size_bytes;
    for (size_t i = 0; i < totals->count; i++) {
        hsn_cell cell = totals->cells[numbers[i]];
        hsn__cell_add(&top->sum, cell.count, cell.size_bytes);
        top->rows[i] = (hsn_top_row){
            .key = totals->keys[numbers[i]],
            .count = cell.count,
            .size_bytes = cell.size_bytes,
            .share = whole > 0 ? (double)cell.size_bytes / whole : 0,
            .cumulative_share = cumulative  ? NAN
                                : whole > 0 ? (double)top->sum.size_bytes / whole
                                            : 0,
        };
    }
}

int hsn__top_rank(hsn_totals *totals, const hsn_top_options *options, hsn_top *out, hsn_error *err)
{
    size_t count = totals->count;
    uint32_t *numbers = hsn__alloc_array(count, sizeof *numbers);
    *out = (hsn_top){.totals = *totals, .whole = totals->wholes[0]};
    *totals = (hsn_totals){0};
    out->rows = hsn__alloc_array(count, sizeof *out->rows);
    int r = numbers && out->rows ? HSN_OK : hsn__fail_memory(err);
    if (r < 0)
        goto done;
    for (size_t i = 0; i < count; i++)
        numbers[i] = (uint32_t)i;
    order by = {.totals = &out->totals,
                .by_count = options->sort == HSN_TOP_BY_COUNT || out->totals.by_count,
                .tie_sign = hsn_by_is_site(out->totals.by) ? -1 : 1};
    qsort_r(numbers, count, sizeof *numbers, compare, &by);
    out->count = count;
    fill_rows(out, numbers, options->totals.cumulative);
done:
    hsn__free(numbers);
    if (r < 0)
        hsn_top_free(out);
    return r;
}

int hsn_top_read(hsn_snapshot_ref snapshot, const hsn_top_options *options, hsn_top *out,
                 hsn_error *err)
{
    static const hsn_top_options defaults = {0};
    hsn_totals totals = {0};
    options = options ? options : &defaults;
    *out = (hsn_top){0};
    int r = hsn_totals_read(&snapshot, 1, &options->totals, &totals, err);
    return r < 0 ? r : hsn__top_rank(&totals, options, out, err);
}

void hsn_top_free(hsn_top *top)
{
    if (!top)
        return;
    hsn__free(top->rows);
    hsn_totals_free(&top->totals);
    *top = (hsn_top){0};
}
