// SPDX-License-Identifier: MIT
// Checking the allocation profile of a snapshot: metrics against totals, rows of `frame_total`
// against the totals of stacks.
#include "store/verify.h"
#include "base/alloc.h"
#include "store/map64.h"

#include <inttypes.h>

// Sums by newest frame, metric and domain.
typedef struct sums {
    hsn__map64 frames; // rows of the table `frame` -> frame of the snapshot
    hsn__map64 planes; // metric << 32 | domain
    hsn__map64 places; // frame << 32 | plane -> index into cells
    struct cell {
        uint64_t count, size_bytes;
    } * cells;
    size_t capacity;
} sums;

static int number_frames(hsn_store *store, const hsn_snapshot_info *info, sums *sum, hsn_error *err)
{
    uint64_t *ids = hsn__alloc_array((size_t)info->frames, sizeof *ids);
    int r = ids ? hsn__profile_frame_ids(store, info->id, info->frames, ids, err)
                : hsn__fail_memory(err);
    for (uint64_t i = 0; r == HSN_OK && i < info->frames; i++)
        if (hsn__map64_put(&sum->frames, ids[i]) == UINT32_MAX)
            r = hsn__fail_memory(err);
    hsn__free(ids);
    return r;
}

static int add_totals(const hsn_profile *profile, sums *sum, hsn_error *err)
{
    size_t count = 0;
    for (size_t i = 0; i < profile->total_count; i++) {
        const hsn_stack_total *total = &profile->totals[i];
        uint32_t frame = profile->stacks[total->stack].frame;
        uint32_t plane =
            hsn__map64_put(&sum->planes, (uint64_t)total->metric << 32 | total->domain);
        uint32_t place = plane == UINT32_MAX
                             ? plane
                             : hsn__map64_put(&sum->places, (uint64_t)frame << 32 | plane);
        if (place == UINT32_MAX || !hsn__array_grow(&sum->cells, &sum->capacity, (size_t)place + 1,
                                                    sizeof *sum->cells, SIZE_MAX))
            return hsn__fail_memory(err);
        if (place == count) {
            sum->cells[place] = (struct cell){0};
            count++;
        }
        sum->cells[place].count += total->count;
        sum->cells[place].size_bytes += total->size_bytes;
    }
    return HSN_OK;
}

// Every row must say what the stacks say, and there are as many rows as places.
static int compare_rows(hsn_store *store, const hsn_snapshot_info *info, const sums *sum,
                        hsn_error *err)
{
    static const char what[] = "totals of a frame differ from its stacks'";
    sqlite3_stmt *row;
    size_t rows = 0;
    int r = hsn__query_get(store, HSN__QUERY_FRAME_TOTAL_LIST, &row, err);
    if (r == HSN_OK)
        sqlite3_bind_int64(row, 1, info->id);
    for (; r == HSN_OK && (r = hsn__query_next(store, row, err)) == HSN_OK; rows++) {
        uint64_t plane_key =
            (uint64_t)sqlite3_column_int64(row, 0) << 32 | (uint32_t)sqlite3_column_int64(row, 2);
        uint32_t frame = hsn__map64_get(&sum->frames, (uint64_t)sqlite3_column_int64(row, 1));
        uint32_t plane = hsn__map64_get(&sum->planes, plane_key);
        uint32_t place = hsn__map64_get(&sum->places, (uint64_t)frame << 32 | plane);
        if (frame == UINT32_MAX || plane == UINT32_MAX || place == UINT32_MAX ||
            sum->cells[place].count != (uint64_t)sqlite3_column_int64(row, 3) ||
            sum->cells[place].size_bytes != (uint64_t)sqlite3_column_int64(row, 4)) {
            sqlite3_reset(row);
            return hsn__verify_wrong(store, info->id, err, what);
        }
    }
    if (r < 0)
        return r;
    return rows == sum->places.count ? HSN_OK : hsn__verify_wrong(store, info->id, err, what);
}

static int check_metrics(hsn_store *store, const hsn_snapshot_info *info,
                         const hsn_profile *profile, hsn_error *err)
{
    for (size_t m = 0; m < profile->metric_count; m++) {
        const hsn_metric *metric = &profile->metrics[m];
        const hsn_stack_total *totals = profile->totals + metric->first_total;
        uint64_t count = 0, size_bytes = 0;
        for (size_t i = 0; i < metric->total_count; i++) {
            if (i && (totals[i].stack < totals[i - 1].stack ||
                      (totals[i].stack == totals[i - 1].stack &&
                       totals[i].domain <= totals[i - 1].domain)))
                return hsn__verify_wrong(store, info->id, err, "order of the totals of stacks");
            count += totals[i].count;
            size_bytes += totals[i].size_bytes;
        }
        if (count != metric->count || size_bytes != metric->size_bytes)
            return hsn__verify_wrong(store, info->id, err, "totals of a metric");
    }
    const hsn_metric *inuse = &profile->metrics[HSN_METRIC_INUSE];
    if (inuse->count != info->allocations || inuse->size_bytes != info->allocation_bytes)
        return hsn__verify_wrong(store, info->id, err, "totals of allocations");
    return HSN_OK;
}

int hsn__verify_profile(hsn_store *store, const hsn_snapshot_info *info, hsn_error *err)
{
    hsn_profile profile = {0};
    sums sum = {0};
    hsn_error cause = {0};
    int r = hsn_profile_read(store, info->id, &profile, &cause);
    if (r == HSN_ENOTFOUND) // its stacks were dropped; what is left has nothing to differ from
        return HSN_OK;
    if (r < 0 && err && !err->code)
        *err = cause;
    if (r == HSN_OK && (profile.frame_count != info->frames || profile.stack_count != info->stacks))
        r = hsn__verify_wrong(store, info->id, err, "number of frames or stacks");
    if (r == HSN_OK)
        r = check_metrics(store, info, &profile, err);
    if (r == HSN_OK)
        r = number_frames(store, info, &sum, err);
    if (r == HSN_OK)
        r = add_totals(&profile, &sum, err);
    if (r == HSN_OK)
        r = compare_rows(store, info, &sum, err);
    hsn__map64_clear(&sum.frames);
    hsn__map64_clear(&sum.planes);
    hsn__map64_clear(&sum.places);
    hsn__free(sum.cells);
    hsn_profile_free(&profile);
    return r;
}
