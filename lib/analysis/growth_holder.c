// SPDX-License-Identifier: MIT
// Growth by holder: the rows of why, each a series over all snapshots, ranked like totals.
#include "analysis/growth_private.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "heapsnap/why.h"

#include <string.h>

// What rows by holder point into besides their totals.
typedef struct holders {
    hsn_why why;
    const char **paths; // by key
} holders;

static void free_holders(holders *of)
{
    if (!of)
        return;
    hsn__free(of->paths);
    hsn_why_free(&of->why);
    hsn__free(of);
}

void hsn_growth_free(hsn_growth *growth)
{
    if (!growth)
        return;
    hsn__free(growth->rows);
    hsn_totals_free(&growth->totals);
    free_holders(growth->memory);
    *growth = (hsn_growth){0};
}

// Totals whose keys are the rows of why; noise of the interpreter itself is left out.
static int make_totals(holders *of, const hsn_cell *wholes, size_t count, hsn_totals *out,
                       hsn_error *err)
{
    hsn__totals_builder builder;
    int r = hsn__totals_begin(&builder, HSN_BY_TYPE, count, err);
    of->paths = hsn__alloc_array(of->why.count + 1, sizeof *of->paths);
    if (r >= 0 && !of->paths)
        r = hsn__fail_memory(err);
    for (size_t i = 0; i < of->why.count && r >= 0; i++) {
        const hsn_why_row *why = &of->why.rows[i];
        hsn_key key = {
            .type = why->type, .module = "", .file = "", .function = "", .stack = HSN_NONE};
        size_t row;
        if (why->is_noise)
            continue;
        r = hsn__totals_add_key(&builder, &key, &row, err);
        if (r < 0)
            break;
        of->paths[row] = why->path;
        for (size_t column = 0; column < count; column++)
            hsn__cell_add(hsn__totals_cell(&builder, row, column), why->cells[column].count,
                          why->held_bytes[column]);
    }
    if (r < 0) {
        hsn_totals_free(&builder.totals);
        return r;
    }
    memcpy(builder.totals.wholes, wholes, count * sizeof *wholes);
    *out = builder.totals;
    return HSN_OK;
}

// Explain the snapshots after the warm-up and rank what was found.
static int rank_holders(const hsn_snapshot_ref *snapshots, const hsn_cell *wholes, size_t count,
                        const hsn_growth_options *options, const hsn_progress *progress,
                        hsn_growth *out, hsn_error *err)
{
    hsn_totals totals = {0};
    holders *of = hsn__alloc_zeroed(1, sizeof *of);
    if (!of)
        return hsn__fail_memory(err);
    int r = hsn_why_over(snapshots, count, NULL, progress, &of->why, err);
    if (r >= 0)
        r = make_totals(of, wholes, count, &totals, err);
    if (r >= 0)
        r = hsn__growth_rank_held(&totals, of->paths, options, out, err);
    if (r < 0)
        free_holders(of);
    else
        out->memory = of;
    return r;
}

int hsn_growth_by_holder(const hsn_snapshot_ref *snapshots, size_t count,
                         const hsn_growth_options *options, const hsn_progress *progress,
                         hsn_growth *out, hsn_error *err)
{
    hsn_growth_options rest = options ? *options : (hsn_growth_options){0};
    hsn__growth_work work = {0};
    hsn_growth begun = {0};
    hsn_totals totals = {0};
    *out = (hsn_growth){0};
    if (count < 2)
        return hsn__fail(err, HSN_EINVAL, NULL, "growth needs two or more snapshots");
    rest.totals = (hsn_totals_options){0};
    int r = hsn_totals_read(snapshots, count, &rest.totals, &totals, err);
    if (r >= 0)
        r = hsn__growth_begin(&work, &rest, totals.wholes, count, &begun, err);
    if (r < 0)
        goto done;
    // What comes next sees only the snapshots after the warm-up.
    rest.warmup = 0;
    rest.warmup_ms = 0;
    if (rest.captured_at_unix_ms)
        rest.captured_at_unix_ms += begun.warmup;
    r = rank_holders(snapshots + begun.warmup, totals.wholes + begun.warmup, count - begun.warmup,
                     &rest, progress, out, err);
    out->warmup = begun.warmup;
done:
    hsn__growth_clear(&work);
    hsn_totals_free(&totals);
    return r;
}
