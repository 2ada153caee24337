// SPDX-License-Identifier: MIT
// Ranking totals by their growth over several snapshots.
//
// A verdict takes one sort of a row's series, a slope several. So every row is judged, but slopes
// are found only where a row may be among those that are listed: once as many slopes are known as
// are wanted, one sort tells that a row's slope is less than all of them.
#include "analysis/growth_private.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_verdicts(const void *a, const void *b)
{
    const hsn_growth_row *x = a, *y = b;
    if (x->trend.verdict != y->trend.verdict)
        return x->trend.verdict < y->trend.verdict ? -1 : 1;
    // Likely order of the slopes; what is not known yet.
    if (x->trend.rate < y->trend.rate || x->trend.rate > y->trend.rate)
        return x->trend.rate < y->trend.rate ? 1 : -1;
    return x->cells < y->cells ? -1 : x->cells > y->cells;
}

static int compare(const void *a, const void *b, void *context)
{
    const hsn_growth_row *x = a, *y = b;
    const hsn_totals *totals = context;
    if (x->trend.verdict != y->trend.verdict)
        return x->trend.verdict < y->trend.verdict ? -1 : 1;
    if (totals->by_count && (x->slope_count < y->slope_count || x->slope_count > y->slope_count))
        return x->slope_count < y->slope_count ? 1 : -1;
    if (x->slope_bytes < y->slope_bytes || x->slope_bytes > y->slope_bytes)
        return x->slope_bytes < y->slope_bytes ? 1 : -1;
    if (x->slope_count < y->slope_count || x->slope_count > y->slope_count)
        return x->slope_count < y->slope_count ? 1 : -1;
    // Keys are not moved, so a row's cells tell its number.
    int order =
        hsn_totals_compare_keys(totals, (size_t)(x->cells - totals->cells) / totals->columns,
                                (size_t)(y->cells - totals->cells) / totals->columns);
    return order ? order : strcmp(x->holder, y->holder);
}

static bool is_wanted(const hsn_growth_row *row, const hsn_growth_options *options)
{
    bool gained = row->size_bytes_delta > 0 || row->count_delta > 0;
    if (options->growing_only && !gained && row->trend.verdict > HSN_VERDICT_GROWING)
        return false;
    return !options->min_delta_bytes ||
           (row->size_bytes_delta > 0 &&
            (uint64_t)row->size_bytes_delta >= options->min_delta_bytes);
}

// The steepest slopes seen, largest first; at most `wanted`.
typedef struct steepest {
    double *slopes;
    size_t count, wanted;
} steepest;

static void keep(steepest *of, double slope)
{
    size_t at = of->count < of->wanted ? of->count++ : of->wanted - 1;
    for (; at > 0 && of->slopes[at - 1] < slope; at--)
        of->slopes[at] = of->slopes[at - 1];
    of->slopes[at] = slope;
}

// Find the slopes of rows of one verdict that may be among the `wanted` steepest, and move these
// rows to the front. *out_kept is how many there are: `wanted` or more, unless there are fewer
// rows.
static int find_steepest(hsn__growth_work *work, hsn_growth_row *rows, size_t count, size_t wanted,
                         size_t *out_kept, hsn_error *err)
{
    steepest best = {.wanted = wanted};
    size_t kept = 0;
    int r = HSN_OK;
    if (count > wanted) {
        best.slopes = hsn__alloc_array(wanted, sizeof *best.slopes);
        if (!best.slopes)
            return hsn__fail_memory(err);
    }
    for (size_t i = 0; i < count && r >= 0; i++) {
        hsn_growth_row row = rows[i];
        bool is_full = best.slopes && best.count == wanted;
        if (is_full && hsn__growth_is_below(work, &row, best.slopes[wanted - 1]))
            continue;
        r = hsn__growth_slopes(work, &row, err);
        rows[kept++] = row;
        if (best.slopes) {
            // A slope that is less, though not certainly so, does no harm among the others.
            if (!is_full || row.slope_bytes > best.slopes[wanted - 1])
                keep(&best, row.slope_bytes);
        }
    }
    hsn__free(best.slopes);
    *out_kept = kept;
    return r;
}

// Order the rows, verdict by verdict, until `limit` of them are found.
static int order_rows(hsn__growth_work *work, hsn_growth *out, size_t limit, hsn_error *err)
{
    size_t listed = 0, matched = out->count;
    int r = HSN_OK;
    qsort(out->rows, matched, sizeof *out->rows, compare_verdicts);
    for (size_t at = 0, end; at < matched && listed < limit && r >= 0; at = end) {
        size_t kept = 0, wanted = limit - listed;
        for (end = at; end < matched; end++)
            if (out->rows[end].trend.verdict != out->rows[at].trend.verdict)
                break;
        r = find_steepest(work, out->rows + at, end - at, wanted, &kept, err);
        if (r < 0)
            break;
        qsort_r(out->rows + at, kept, sizeof *out->rows, compare, &out->totals);
        kept = kept < wanted ? kept : wanted;
        memmove(out->rows + listed, out->rows + at, kept * sizeof *out->rows);
        listed += kept;
    }
    for (size_t i = 0; i < listed && r >= 0; i++)
        r = hsn__growth_rates(work, &out->rows[i], err);
    out->matched = matched;
    out->count = listed;
    return r;
}

static int rank_all(hsn__growth_work *work, const char *const *holders, hsn_growth *out,
                    hsn_error *err)
{
    const hsn_growth_options *options = work->options;
    const hsn_totals *totals = &out->totals;
    for (size_t i = 0; i < totals->count; i++) {
        hsn_growth_row *row = &out->rows[out->count];
        hsn__growth_judge(work, &totals->cells[i * totals->columns], row);
        row->key = totals->keys[i];
        row->holder = holders ? holders[i] : "";
        out->steady += row->grew_every_step;
        if (!is_wanted(row, options))
            continue;
        out->found += row->grew_every_step || row->trend.verdict == HSN_VERDICT_LEAK;
        out->count++;
    }
    int r = order_rows(work, out, options->limit ? options->limit : SIZE_MAX, err);
    if (r < 0)
        return r;
    hsn__growth_judge(work, totals->wholes, &out->whole);
    r = hsn__growth_slopes(work, &out->whole, err);
    return r < 0 ? r : hsn__growth_rates(work, &out->whole, err);
}

int hsn__growth_rank_held(hsn_totals *totals, const char *const *holders,
                          const hsn_growth_options *options, hsn_growth *out, hsn_error *err)
{
    hsn__growth_work work = {0};
    *out = (hsn_growth){.totals = *totals, .snapshots = totals->columns};
    *totals = (hsn_totals){0};
    // One row more than there are keys: the place of a row that is not wanted.
    out->rows = hsn__alloc_array(out->totals.count + 1, sizeof *out->rows);
    int r = out->rows ? hsn__totals_order_stacks(&out->totals, err) : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn__growth_begin(&work, options, out->totals.wholes, out->snapshots, out, err);
    if (r >= 0)
        r = rank_all(&work, holders, out, err);
    hsn__growth_clear(&work);
    if (r < 0)
        hsn_growth_free(out);
    return r;
}

int hsn__growth_rank(hsn_totals *totals, const hsn_growth_options *options, hsn_growth *out,
                     hsn_error *err)
{
    return hsn__growth_rank_held(totals, NULL, options, out, err);
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
