// SPDX-License-Identifier: MIT
// Flame graphs of snapshots: what stacks hold, of one profile as it stands or of two lined up.
#include "analysis/flame_private.h"

#include "analysis/filter.h"
#include "base/alloc.h"
#include "base/fail.h"

// Ids come from a file: everything that is used as an index is checked before it is.
static int check_profile(const hsn_profile *profile, hsn_error *err)
{
    for (size_t i = 0; i < profile->stack_count; i++)
        if (profile->stacks[i].frame >= profile->frame_count ||
            (profile->stacks[i].parent != HSN_NONE && profile->stacks[i].parent >= i))
            return hsn__fail(err, HSN_EFORMAT, NULL, "allocation stack %zu is damaged", i);
    for (size_t i = 0; i < profile->total_count; i++)
        if (profile->totals[i].stack != HSN_NONE &&
            profile->totals[i].stack >= profile->stack_count)
            return hsn__fail(err, HSN_EFORMAT, NULL, "allocation %zu has no such stack", i);
    return HSN_OK;
}

int hsn__flame_of_profile(const hsn_profile *profile, const hsn_flame_options *options,
                          hsn_flame *out, hsn_error *err)
{
    hsn__flame_input input = {.frames = profile->frames,
                              .frame_count = profile->frame_count,
                              .stacks = profile->stacks,
                              .stack_count = profile->stack_count,
                              .snapshots = 1,
                              .metric = HSN_METRIC_INUSE_NAME,
                              .unit = HSN_UNIT_BYTES};
    hsn__filter filter = {0};
    size_t chosen, first = 0, count = profile->total_count;
    *out = (hsn_flame){0};
    input.rows = hsn__alloc_array(profile->total_count, sizeof *input.rows);
    int r = input.rows ? check_profile(profile, err) : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn__filter_prepare(&filter, profile, options->filters, options->filter_count, err);
    if (r >= 0)
        r = hsn_metric_choose(profile->metrics, profile->metric_count, options->metric, &chosen,
                              &input.by_count, err);
    if (r >= 0 && profile->metric_count) {
        input.metric = profile->metrics[chosen].name;
        input.unit = profile->metrics[chosen].unit;
        first = profile->metrics[chosen].first_total;
        count = profile->metrics[chosen].total_count;
    }
    for (size_t i = first; r >= 0 && i < first + count; i++) {
        const hsn_stack_total *total = &profile->totals[i];
        hsn__cell_add(&input.wholes[1], total->count, total->size_bytes);
        if (!hsn__filter_passes(&filter, total->stack, total->domain))
            continue;
        // Domains of one stack stand together.
        if (!input.row_count || input.rows[input.row_count - 1].stack != total->stack)
            input.rows[input.row_count++] = (hsn__flame_row){.stack = total->stack};
        hsn__flame_row *row = &input.rows[input.row_count - 1];
        hsn__cell_add(&row->cells[1], total->count, total->size_bytes);
        row->cells[0] = row->cells[1];
    }
    input.wholes[0] = input.wholes[1];
    if (r >= 0)
        r = hsn__flame_merge_stacks(&input, options, out, err);
    hsn__filter_clear(&filter);
    hsn__free(input.rows);
    return r;
}

int hsn__flame_of_totals(const hsn_totals *totals, const hsn_flame_options *options, hsn_flame *out,
                         hsn_error *err)
{
    size_t last = totals->columns - 1;
    hsn__flame_input input = {.frames = totals->frames,
                              .frame_count = totals->frame_count,
                              .stacks = totals->stacks,
                              .stack_count = totals->stack_count,
                              .row_count = totals->count,
                              .snapshots = totals->columns,
                              .wholes = {totals->wholes[0], totals->wholes[last]},
                              .metric = totals->metric,
                              .unit = totals->unit,
                              .by_count = totals->by_count};
    *out = (hsn_flame){0};
    input.rows = hsn__alloc_array(totals->count, sizeof *input.rows);
    int r = input.rows ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; r >= 0 && i < totals->count; i++) {
        const hsn_cell *cells = &totals->cells[i * totals->columns];
        input.rows[i] = (hsn__flame_row){totals->keys[i].stack, {cells[0], cells[last]}};
    }
    if (r >= 0)
        r = hsn__flame_merge_stacks(&input, options, out, err);
    hsn__free(input.rows);
    return r;
}

static bool has_functions(const hsn_profile *profile)
{
    for (size_t i = 0; i < profile->frame_count; i++)
        if (*profile->frames[i].function)
            return true;
    return false;
}

// The profile of a snapshot, and with `retained` what stands in the place of its totals.
static int read_profile(const hsn_snapshot_ref *snapshot, const hsn_flame_options *options,
                        const hsn_progress *progress, hsn_profile *out,
                        hsn_stack_total **out_retained, size_t *out_count, hsn_error *err)
{
    hsn_dominators dominators = {0};
    hsn_heap *heap = NULL;
    int r = hsn_profile_read(snapshot->store, snapshot->id, out, err);
    if (r < 0 || !options->retained)
        return r;
    r = hsn_heap_open(&heap, snapshot->store, snapshot->id, err);
    if (r >= 0 && (!hsn_heap_info(heap)->objects || !out->stack_count))
        r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(snapshot->store),
                      "no object carries its allocation stack");
    if (r >= 0)
        r = hsn_dominators_read(heap,
                                HSN_DOMINATORS_COMPUTE | (options->keep ? HSN_DOMINATORS_KEEP : 0),
                                progress, &dominators, err);
    if (r >= 0)
        r = hsn__flame_retained(heap, &dominators, out->stack_count, out_retained, out_count, err);
    hsn_dominators_free(&dominators);
    hsn_heap_close(heap);
    return r;
}

int hsn_flame_read(const hsn_snapshot_ref *snapshots, size_t count,
                   const hsn_flame_options *options, const hsn_progress *progress, hsn_flame *out,
                   hsn_error *err)
{
    hsn_totals_options traceback = {
        .by = HSN_BY_TRACEBACK, .filters = options->filters, .filter_count = options->filter_count};
    hsn_profile profiles[2] = {{0}}, shown[2];
    const hsn_profile *pointers[2] = {&shown[0], &shown[1]};
    hsn_stack_total *retained[2] = {NULL, NULL};
    hsn_metric live[2]; // of retained bytes
    hsn_totals totals = {0};
    size_t rows = 0;
    bool functions = false;
    int r = HSN_OK;
    *out = (hsn_flame){0};
    if (count < 1 || count > 2)
        return hsn__fail(err, HSN_EINVAL, NULL, "a flame graph shows one snapshot or two");
    if (options->by && options->by != HSN_BY_LINENO && options->by != HSN_BY_FUNCTION &&
        options->by != HSN_BY_FILENAME)
        return hsn__fail(err, HSN_EINVAL, NULL,
                         "frames are grouped by lineno, function or filename");
    for (size_t i = 0; i < count && r >= 0; i++) {
        size_t count_retained = 0;
        r = read_profile(&snapshots[i], options, progress, &profiles[i], &retained[i],
                         &count_retained, err);
        shown[i] = profiles[i];
        if (retained[i]) {
            shown[i].totals = retained[i];
            shown[i].total_count = count_retained;
            shown[i].metrics = &live[i];
            shown[i].metric_count = 1;
            live[i] = (hsn_metric){.name = HSN_METRIC_INUSE_NAME,
                                   .unit = HSN_UNIT_BYTES,
                                   .total_count = count_retained};
        }
        rows += shown[i].total_count;
        functions = functions || has_functions(&profiles[i]);
    }
    if (r >= 0 && !rows)
        r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(snapshots[0].store),
                      "no allocations were traced");
    if (r >= 0 && options->by == HSN_BY_FUNCTION && !functions)
        r = hsn__fail(err, HSN_ENOTFOUND, hsn_store_path(snapshots[0].store),
                      "no function names among the frames; group by lineno");
    if (r >= 0 && count == 1)
        r = hsn__flame_of_profile(&shown[0], options, out, err);
    else if (r >= 0)
        r = hsn__totals_of_profiles(pointers, count, &traceback, &totals, err);
    for (size_t i = 0; i < count; i++) {
        hsn_profile_free(&profiles[i]);
        hsn__free(retained[i]);
    }
    if (r >= 0 && count == 2)
        r = hsn__flame_of_totals(&totals, options, out, err);
    hsn_totals_free(&totals);
    return r;
}
