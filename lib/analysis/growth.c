// SPDX-License-Identifier: MIT
// Ranking totals by their growth over several snapshots.
//
// The slope is the median of the slopes between all pairs of snapshots: up to 29 % of the snapshots
// may be off (a cache was full, a job was running) without moving it. H. Theil, "A rank-invariant
// method of linear and polynomial regression analysis", 1950; P. K. Sen, "Estimates of the
// regression coefficient based on Kendall's tau", JASA 63, 1968.
#include "analysis/totals_private.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <math.h>
#include <stdlib.h>

// The element that sorting would put at `wanted`; quickselect with the median of three as pivot.
// Afterwards what lies before it is not larger and what lies behind it not smaller.
static double select_nth(double *values, size_t count, size_t wanted)
{
    size_t low = 0, high = count - 1;
    while (low < high) {
        double a = values[low], b = values[low + (high - low) / 2], c = values[high];
        double pivot = fmax(fmin(a, b), fmin(fmax(a, b), c));
        size_t i = low, j = high;
        for (;;) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i >= j)
                break;
            double swap = values[i];
            values[i++] = values[j];
            values[j--] = swap;
        }
        // Now low … j are not larger than the pivot, j + 1 … high not smaller.
        if (wanted <= j)
            high = j;
        else
            low = j + 1;
    }
    return values[wanted];
}

static double difference(uint64_t before, uint64_t after)
{
    return after >= before ? (double)(after - before) : -(double)(before - after);
}

double hsn__growth_slope(const uint64_t *values, size_t count, double *scratch)
{
    size_t pairs = 0;
    bool constant = true;
    for (size_t i = 1; i < count; i++)
        constant = constant && values[i] == values[0];
    if (constant)
        return 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++)
            scratch[pairs++] = difference(values[i], values[j]) / (double)(j - i);
    double upper = select_nth(scratch, pairs, pairs / 2);
    if (pairs % 2)
        return upper;
    double lower = scratch[0];
    for (size_t i = 1; i < pairs / 2; i++)
        lower = fmax(lower, scratch[i]);
    return lower / 2 + upper / 2;
}

static int grew_every_step(const hsn_cell *cells, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (cells[i].count < cells[i - 1].count || cells[i].size_bytes < cells[i - 1].size_bytes)
            return 0;
        if (cells[i].count == cells[i - 1].count && cells[i].size_bytes == cells[i - 1].size_bytes)
            return 0;
    }
    return 1;
}

// With an odd number of steps the one in the middle is in neither half.
static double late_early_ratio(const hsn_cell *cells, size_t count)
{
    size_t half = (count - 1) / 2;
    if (!half)
        return NAN;
    double early = difference(cells[0].size_bytes, cells[half].size_bytes);
    double late = difference(cells[count - 1 - half].size_bytes, cells[count - 1].size_bytes);
    return early > 0 ? late / early : NAN;
}

typedef struct buffers {
    double *slopes;
    uint64_t *values;
} buffers;

static hsn_growth_row make_row(const hsn_cell *cells, size_t count, buffers *scratch)
{
    hsn_growth_row row = {
        .cells = cells,
        .count_delta = hsn__delta(cells[0].count, cells[count - 1].count),
        .size_bytes_delta = hsn__delta(cells[0].size_bytes, cells[count - 1].size_bytes),
        .grew_every_step = grew_every_step(cells, count),
        .late_early_ratio = late_early_ratio(cells, count),
    };
    for (size_t i = 0; i < count; i++)
        scratch->values[i] = cells[i].count;
    row.slope_count = hsn__growth_slope(scratch->values, count, scratch->slopes);
    for (size_t i = 0; i < count; i++)
        scratch->values[i] = cells[i].size_bytes;
    row.slope_bytes = hsn__growth_slope(scratch->values, count, scratch->slopes);
    return row;
}

static int compare(const void *a, const void *b, void *context)
{
    const hsn_growth_row *x = a, *y = b;
    const hsn_totals *totals = context;
    if (x->grew_every_step != y->grew_every_step)
        return y->grew_every_step - x->grew_every_step;
    if (x->slope_bytes < y->slope_bytes || x->slope_bytes > y->slope_bytes)
        return x->slope_bytes < y->slope_bytes ? 1 : -1;
    if (x->slope_count < y->slope_count || x->slope_count > y->slope_count)
        return x->slope_count < y->slope_count ? 1 : -1;
    // Keys are not moved, so a row's cells tell its number.
    return hsn_totals_compare_keys(totals, (size_t)(x->cells - totals->cells) / totals->columns,
                                   (size_t)(y->cells - totals->cells) / totals->columns);
}

static bool is_wanted(const hsn_growth_row *row, const hsn_growth_options *options)
{
    if (options->growing_only && row->size_bytes_delta <= 0 && row->count_delta <= 0)
        return false;
    return !options->min_delta_bytes ||
           (row->size_bytes_delta > 0 &&
            (uint64_t)row->size_bytes_delta >= options->min_delta_bytes);
}

int hsn__growth_rank(hsn_totals *totals, const hsn_growth_options *options, hsn_growth *out,
                     hsn_error *err)
{
    size_t count = totals->count, snapshots = totals->columns;
    buffers scratch = {
        .slopes = hsn__alloc_array(snapshots * (snapshots - 1) / 2, sizeof(double)),
        .values = hsn__alloc_array(snapshots, sizeof(uint64_t)),
    };
    *out = (hsn_growth){.totals = *totals, .snapshots = snapshots};
    *totals = (hsn_totals){0};
    out->rows = hsn__alloc_array(count, sizeof *out->rows);
    int r = scratch.slopes && scratch.values && out->rows ? HSN_OK : hsn__fail_memory(err);
    if (r < 0)
        goto done;
    for (size_t i = 0; i < count; i++) {
        hsn_growth_row row = make_row(&out->totals.cells[i * snapshots], snapshots, &scratch);
        row.key = out->totals.keys[i];
        out->steady += row.grew_every_step;
        if (is_wanted(&row, options))
            out->rows[out->count++] = row;
    }
    qsort_r(out->rows, out->count, sizeof *out->rows, compare, &out->totals);
    out->whole = make_row(out->totals.wholes, snapshots, &scratch);
done:
    hsn__free(scratch.slopes);
    hsn__free(scratch.values);
    if (r < 0)
        hsn_growth_free(out);
    return r;
}

int hsn_growth_over(const hsn_snapshot_ref *snapshots, size_t count,
                    const hsn_growth_options *options, hsn_growth *out, hsn_error *err)
{
    static const hsn_growth_options defaults = {0};
    hsn_totals totals = {0};
    options = options ? options : &defaults;
    *out = (hsn_growth){0};
    if (count < 2)
        return hsn__fail(err, HSN_EINVAL, NULL, "growth needs two or more snapshots");
    if (count > HSN_GROWTH_MAX_SNAPSHOTS)
        return hsn__fail_limit(err, "snapshots", HSN_GROWTH_MAX_SNAPSHOTS);
    int r = hsn_totals_read(snapshots, count, &options->totals, &totals, err);
    return r < 0 ? r : hsn__growth_rank(&totals, options, out, err);
}

void hsn_growth_free(hsn_growth *growth)
{
    if (!growth)
        return;
    hsn__free(growth->rows);
    hsn_totals_free(&growth->totals);
    *growth = (hsn_growth){0};
}
