// SPDX-License-Identifier: MIT
// Ranking the totals of one snapshot.
#include "analysis/ranking.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <math.h>

static int choose(hsn_top *top, const hsn_top_options *options, hsn__ranking *ranking,
                  hsn_error *err)
{
    hsn_totals *totals = &top->totals;
    bool by_count = options->sort == HSN_TOP_BY_COUNT || totals->by_count;
    int tie_sign = hsn_by_is_site(totals->by) ? -1 : 1;
    int r = hsn__ranking_begin(ranking, totals, options->limit, tie_sign, err);
    for (size_t i = 0; r >= 0 && i < totals->count; i++) {
        const hsn_cell *cell = &totals->cells[i];
        hsn__rank_key key = {.numbers = {by_count ? cell->count : cell->size_bytes,
                                         by_count ? cell->size_bytes : cell->count},
                             .row = (uint32_t)i};
        hsn__cell_add(&top->sum, cell->count, cell->size_bytes);
        hsn__ranking_put(ranking, &key);
    }
    if (r >= 0)
        hsn__ranking_end(ranking);
    return r;
}

static void fill_rows(hsn_top *top, const hsn__ranking *ranking, bool cumulative)
{
    const hsn_totals *totals = &top->totals;
    double whole = (double)top->whole.size_bytes;
    hsn_cell sum = {0};
    for (size_t i = 0; i < ranking->count; i++) {
        uint32_t row = ranking->keys[i].row;
        hsn_cell cell = totals->cells[row];
        hsn__cell_add(&sum, cell.count, cell.size_bytes);
        top->rows[i] = (hsn_top_row){
            .key = totals->keys[row],
            .count = cell.count,
            .size_bytes = cell.size_bytes,
            .share = whole > 0 ? (double)cell.size_bytes / whole : 0,
            .cumulative_share = cumulative  ? NAN
                                : whole > 0 ? (double)sum.size_bytes / whole
                                            : 0,
        };
    }
    top->count = ranking->count;
}

int hsn__top_rank(hsn_totals *totals, const hsn_top_options *options, hsn_top *out, hsn_error *err)
{
    hsn__ranking ranking;
    *out = (hsn_top){.totals = *totals, .whole = totals->wholes[0], .matched = totals->count};
    *totals = (hsn_totals){0};
    int r = choose(out, options, &ranking, err);
    if (r < 0)
        goto done;
    out->rows = hsn__alloc_array(ranking.count, sizeof *out->rows);
    if (out->rows)
        fill_rows(out, &ranking, options->totals.cumulative);
    else
        r = hsn__fail_memory(err);
done:
    hsn__ranking_clear(&ranking);
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
