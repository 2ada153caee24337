// SPDX-License-Identifier: MIT
// Allocation profiles of several snapshots lined up by site: file, line, function or whole stack.
//
// Stacks of a profile are a prefix tree, caller before callee. So
// - cumulative counts are one pass from the leaves up: each stack hands its sum to its caller;
// - equal stacks of different snapshots become one by one pass from the root down: a stack is its
//   caller's number and its frame's number, looked up in a hash map.
// No traceback is ever spelled out, and nothing is compared frame by frame but ties in an order.
//
// Source: Snapshot._group_by() and _compare_grouped_stats() of CPython's Lib/tracemalloc.py define
// what the groups are; tests/tracemalloc compares with them.
#include "analysis/filter.h"
#include "analysis/stacks.h"
#include "analysis/totals_private.h"

#include "base/alloc.h"
#include "base/fail.h"
#include "store/intern.h"
#include "store/map64.h"

#include <string.h>

typedef struct sites {
    hsn__totals_builder builder;
    const hsn_totals_options *options;
    const char *metric; // that all profiles are asked for; NULL while no profile has totals
    hsn__intern names;  // files and functions
    hsn__map64 places;  // (file, function or "") → place
    hsn__map64 frames;  // (place, line) → frame of all snapshots
    uint32_t *rows;     // of a frame, or of a stack by traceback; HSN_NONE = none yet
    size_t row_count, row_capacity;
    hsn_frame *frame_list; // by frame
    size_t frame_count, frame_capacity;
    hsn__stacks stacks;
    hsn__map64 domains; // by domain: ids are rows
} sites;

enum { MODULE_ROOM = 512 };

static int intern(sites *s, const char *text, uint32_t *out_id, hsn_error *err)
{
    if (hsn__intern_put(&s->names, text, strlen(text), out_id) != HSN__INTERN_OK)
        return hsn__fail_memory(err);
    return HSN_OK;
}

// The frame of all snapshots that `frame` falls on, as coarse as the grouping wants it. The
// function tells frames apart only where it is asked for, or where no file does.
static int put_frame(sites *s, const hsn_frame *frame, uint32_t *out_id, hsn_error *err)
{
    hsn_by by = s->options->by;
    uint32_t line = by == HSN_BY_LINENO || by == HSN_BY_TRACEBACK ? frame->line : 0;
    bool by_function = by == HSN_BY_FUNCTION ||
                       (by != HSN_BY_FILENAME && by != HSN_BY_SITE_MODULE && !*frame->file);
    uint32_t file, function;
    char module[MODULE_ROOM];
    hsn_frame whole = {.file = module, .function = "", .line = 0};
    if (by == HSN_BY_SITE_MODULE) {
        hsn_site_module(frame, module, sizeof module);
        frame = &whole;
    }
    int r = intern(s, frame->file, &file, err);
    if (r >= 0)
        r = intern(s, by_function ? frame->function : "", &function, err);
    if (r < 0)
        return r;
    uint32_t place = hsn__map64_put(&s->places, (uint64_t)file << 32 | function);
    if (place == UINT32_MAX)
        return hsn__fail_memory(err);
    *out_id = hsn__map64_put(&s->frames, (uint64_t)place << 32 | line);
    if (*out_id == UINT32_MAX)
        return hsn__fail_memory(err);
    if (*out_id < s->frame_count)
        return HSN_OK;
    if (!hsn__array_grow(&s->frame_list, &s->frame_capacity, s->frame_count + 1,
                         sizeof *s->frame_list, UINT32_MAX))
        return hsn__fail_memory(err);
    const char *shown = by == HSN_BY_FILENAME ? "" : frame->function;
    hsn_frame *fresh = &s->frame_list[s->frame_count++];
    fresh->file = hsn__arena_copy(s->builder.arena, frame->file, strlen(frame->file));
    fresh->function = hsn__arena_copy(s->builder.arena, shown, strlen(shown));
    fresh->line = line;
    return fresh->file && fresh->function ? HSN_OK : hsn__fail_memory(err);
}

// The row of frame (or stack) number `id`, made on first use.
static int put_row(sites *s, uint32_t id, size_t *out_row, hsn_error *err)
{
    bool by_stack = s->options->by == HSN_BY_TRACEBACK;
    size_t ids = by_stack ? s->stacks.count : s->frame_count;
    if (!hsn__array_grow(&s->rows, &s->row_capacity, ids, sizeof *s->rows, UINT32_MAX))
        return hsn__fail_memory(err);
    while (s->row_count < ids)
        s->rows[s->row_count++] = HSN_NONE;
    *out_row = s->rows[id];
    if (s->rows[id] != HSN_NONE)
        return HSN_OK;
    const hsn_frame *frame = &s->frame_list[by_stack ? s->stacks.list[id].frame : id];
    bool by_module = s->options->by == HSN_BY_SITE_MODULE;
    hsn_key key = {.type = "",
                   .module = by_module ? frame->file : "",
                   .file = by_module ? "" : frame->file,
                   .function = frame->function,
                   .line = frame->line,
                   .stack = by_stack ? id : HSN_NONE};
    int r = hsn__totals_add_key(&s->builder, &key, out_row, err);
    if (r >= 0)
        s->rows[id] = (uint32_t)*out_row;
    return r;
}

static int add_to_domain(sites *s, size_t column, const hsn_stack_total *total, hsn_error *err)
{
    size_t row = hsn__map64_put(&s->domains, total->domain);
    int r = row == UINT32_MAX ? hsn__fail_memory(err) : HSN_OK;
    if (r >= 0 && row == s->builder.totals.count) {
        hsn_key key = {.type = "",
                       .module = "",
                       .file = "",
                       .function = "",
                       .stack = HSN_NONE,
                       .domain = total->domain};
        r = hsn__totals_add_key(&s->builder, &key, &row, err);
    }
    if (r >= 0)
        hsn__cell_add(hsn__totals_cell(&s->builder, row, column), total->count, total->size_bytes);
    return r;
}

static int keep_metric(sites *s, const hsn_metric *metric, int by_count, hsn_error *err)
{
    hsn_totals *totals = &s->builder.totals;
    if (*totals->metric && strcmp(totals->unit, metric->unit) != 0)
        return hsn__fail(err, HSN_EINVAL, NULL,
                         "metric '%s' is in %s in one snapshot, in %s in another", metric->name,
                         totals->unit, metric->unit);
    if (*totals->metric)
        return HSN_OK;
    totals->by_count = by_count;
    totals->metric = hsn__arena_copy(s->builder.arena, metric->name, strlen(metric->name));
    totals->unit = hsn__arena_copy(s->builder.arena, metric->unit, strlen(metric->unit));
    return totals->metric && totals->unit ? HSN_OK : hsn__fail_memory(err);
}

// The totals of the metric that was asked for. Profiles made by hand have no list of metrics; one
// without any totals has nothing to be asked.
static int choose_metric(sites *s, const hsn_profile *profile, size_t *out_first, size_t *out_count,
                         hsn_error *err)
{
    static const hsn_metric inuse = {.name = HSN_METRIC_INUSE_NAME, .unit = HSN_UNIT_BYTES};
    size_t index;
    int by_count;
    *out_first = 0;
    *out_count = profile->total_count;
    if (!profile->total_count)
        return HSN_OK;
    int r = hsn_metric_choose(profile->metrics, profile->metric_count, s->metric, &index, &by_count,
                              err);
    if (r < 0 || !profile->metric_count)
        return r < 0 ? r : keep_metric(s, &inuse, by_count, err);
    *out_first = profile->metrics[index].first_total;
    *out_count = profile->metrics[index].total_count;
    return keep_metric(s, &profile->metrics[index], by_count, err);
}

// Sums per stack of the profile; those without a stack go to the last place. By domain, rows.
static int sum_stacks(sites *s, const hsn_profile *profile, size_t column, hsn_cell *sums,
                      hsn_error *err)
{
    hsn_cell *whole = &s->builder.totals.wholes[column];
    hsn__filter filter = {0};
    size_t first, count;
    int r = choose_metric(s, profile, &first, &count, err);
    if (r >= 0)
        r = hsn__filter_prepare(&filter, profile, s->options->filters, s->options->filter_count,
                                err);
    for (size_t i = first; r >= 0 && i < first + count; i++) {
        const hsn_stack_total *total = &profile->totals[i];
        size_t at = total->stack == HSN_NONE ? profile->stack_count : total->stack;
        hsn__cell_add(whole, total->count, total->size_bytes);
        if (!hsn__filter_passes(&filter, total->stack, total->domain))
            continue;
        if (s->options->by == HSN_BY_DOMAIN)
            r = add_to_domain(s, column, total, err);
        else
            hsn__cell_add(&sums[at], total->count, total->size_bytes);
    }
    for (size_t i = profile->stack_count; r >= 0 && s->options->cumulative && i-- > 0;) {
        uint32_t caller = profile->stacks[i].parent;
        if (caller != HSN_NONE)
            hsn__cell_add(&sums[caller], sums[i].count, sums[i].size_bytes);
    }
    hsn__filter_clear(&filter);
    return r;
}

static int add_row(sites *s, uint32_t id, size_t column, const hsn_cell *sum, hsn_error *err)
{
    size_t row;
    int r = put_row(s, id, &row, err);
    if (r >= 0)
        hsn__cell_add(hsn__totals_cell(&s->builder, row, column), sum->count, sum->size_bytes);
    return r;
}

// Allocations without any stack: one row without a file.
static int add_stackless(sites *s, size_t column, const hsn_cell *sum, hsn_error *err)
{
    static const hsn_frame unknown = {.file = "", .function = "", .line = 0};
    uint32_t id;
    int r = put_frame(s, &unknown, &id, err);
    if (r >= 0 && s->options->by == HSN_BY_TRACEBACK)
        r = hsn__stacks_put(&s->stacks, HSN_NONE, id, &id, err);
    return r < 0 ? r : add_row(s, id, column, sum, err);
}

// By function and module what recurs in a stack counts once for it, as pprof counts; by file and
// line every time, as tracemalloc does. Whether a caller of stack `i` has counted already.
static bool has_counted(const sites *s, const hsn_profile *profile, const uint32_t *frames,
                        size_t i)
{
    hsn_by by = s->options->by;
    if (!s->options->cumulative || (by != HSN_BY_FUNCTION && by != HSN_BY_SITE_MODULE))
        return false;
    uint32_t frame = frames[profile->stacks[i].frame], at = profile->stacks[i].parent;
    while (at != HSN_NONE && frames[profile->stacks[at].frame] != frame)
        at = profile->stacks[at].parent;
    return at != HSN_NONE;
}

static int add_profile(sites *s, const hsn_profile *profile, size_t column, hsn_error *err)
{
    bool by_stack = s->options->by == HSN_BY_TRACEBACK, by_domain = s->options->by == HSN_BY_DOMAIN;
    hsn_cell *sums = hsn__alloc_zeroed(profile->stack_count + 1, sizeof *sums);
    uint32_t *frames = hsn__alloc_array(profile->frame_count, sizeof *frames);
    uint32_t *stacks = hsn__alloc_array(by_stack ? profile->stack_count : 0, sizeof *stacks);
    bool is_first = !s->stacks.count && !s->frame_count;
    int r = sums && frames && stacks ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; r >= 0 && !by_domain && i < profile->frame_count; i++)
        r = put_frame(s, &profile->frames[i], &frames[i], err);
    if (r >= 0)
        r = sum_stacks(s, profile, column, sums, err);
    // Stacks differ within a profile; so they do here, unless two frames have become one.
    bool is_taken = by_stack && is_first && s->frame_count == profile->frame_count;
    if (r >= 0 && is_taken)
        r = hsn__stacks_take(&s->stacks, profile, frames, err);
    for (size_t i = 0; r >= 0 && !by_domain && i < profile->stack_count; i++) {
        const hsn_stack *stack = &profile->stacks[i];
        uint32_t id = frames[stack->frame];
        if (is_taken) {
            id = (uint32_t)i;
        } else if (by_stack) {
            uint32_t caller = stack->parent == HSN_NONE ? HSN_NONE : stacks[stack->parent];
            r = hsn__stacks_put(&s->stacks, caller, id, &stacks[i], err);
            id = stacks[i];
        }
        if (r >= 0 && (sums[i].count || sums[i].size_bytes) && !has_counted(s, profile, frames, i))
            r = add_row(s, id, column, &sums[i], err);
    }
    const hsn_cell *rest = sums ? &sums[profile->stack_count] : NULL;
    if (r >= 0 && (rest->count || rest->size_bytes))
        r = add_stackless(s, column, rest, err);
    hsn__free(sums);
    hsn__free(frames);
    hsn__free(stacks);
    return r;
}

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

// What all profiles are asked for when nobody says: what every dump puts first, if they agree; else
// live memory, if there is any.
static const char *default_metric(const hsn_profile *const *profiles, size_t count)
{
    const char *first = NULL;
    bool agree = true, live = false;
    for (size_t i = 0; i < count; i++)
        for (size_t m = 0; m < profiles[i]->metric_count && profiles[i]->total_count; m++) {
            const hsn_metric *metric = &profiles[i]->metrics[m];
            live |= m == HSN_METRIC_INUSE && metric->total_count;
            if (!metric->is_default)
                continue;
            agree = agree && (!first || !strcmp(first, metric->name));
            first = first ? first : metric->name;
        }
    return agree || !live ? first : HSN_METRIC_INUSE_NAME;
}

static int keep_stacks(sites *s, hsn_error *err)
{
    hsn_totals *totals = &s->builder.totals;
    size_t frame_bytes = s->frame_count * sizeof *s->frame_list;
    size_t stack_bytes = s->stacks.count * sizeof *s->stacks.list;
    hsn_frame *frames = hsn__arena_alloc(s->builder.arena, frame_bytes);
    hsn_stack *stacks = hsn__arena_alloc(s->builder.arena, stack_bytes);
    if (!frames || !stacks)
        return hsn__fail_memory(err);
    if (frame_bytes)
        memcpy(frames, s->frame_list, frame_bytes);
    if (stack_bytes)
        memcpy(stacks, s->stacks.list, stack_bytes);
    totals->frames = frames;
    totals->frame_count = s->frame_count;
    totals->stacks = stacks;
    totals->stack_count = s->stacks.count;
    return HSN_OK;
}

int hsn__totals_of_profiles(const hsn_profile *const *profiles, size_t count,
                            const hsn_totals_options *options, hsn_totals *out, hsn_error *err)
{
    sites s = {.options = options};
    int r = hsn__totals_begin(&s.builder, options->by, count, err);
    if (r < 0)
        goto done;
    s.metric = options->metric ? options->metric : default_metric(profiles, count);
    for (size_t i = 0; i < count; i++) {
        r = check_profile(profiles[i], err);
        if (r >= 0)
            r = add_profile(&s, profiles[i], i, err);
        if (r < 0)
            goto done;
    }
    if (options->by == HSN_BY_TRACEBACK)
        r = keep_stacks(&s, err);
    if (r < 0)
        goto done;
    if (!*s.builder.totals.metric)
        s.builder.totals.metric = HSN_METRIC_INUSE_NAME;
    *out = s.builder.totals;
    s.builder.totals = (hsn_totals){0};
done:
    hsn_totals_free(&s.builder.totals);
    hsn__intern_clear(&s.names);
    hsn__map64_clear(&s.places);
    hsn__map64_clear(&s.frames);
    hsn__map64_clear(&s.domains);
    hsn__free(s.rows);
    hsn__free(s.frame_list);
    hsn__stacks_clear(&s.stacks);
    return r;
}
