// SPDX-License-Identifier: MIT
// What tonight is compared with: one snapshot, or the nights before it.
#include "report/report_private.h"

#include "report/judge_stats.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

enum { LEAST_NIGHTS = 3, NOISE_WINDOW = 28, RECENT = 3 };

// ---- choosing ---------------------------------------------------------------------------------

static bool has_tag(const hsn_report_input *input, const char *name, const char *value)
{
    for (size_t i = 0; i < input->tag_count; i++)
        if (!strcmp(input->tags[i].name, name) && hsn_glob_match(value, input->tags[i].value))
            return true;
    return false;
}

// The newest one before tonight; inputs that the policy's tags leave out may be the baseline too.
static size_t find_named(const hsn__run *run)
{
    const hsn_report *report = run->report;
    const hsn__baseline_choice *choice = &run->policy->baseline;
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < report->input_count; i++) {
        const hsn_report_input *input = &report->inputs[i];
        bool fits = choice->kind == HSN__BASELINE_TAG
                        ? has_tag(input, choice->name, choice->value)
                        : hsn_glob_match(choice->name, input->info.label);
        if (i == report->judged || !input->info.complete || !fits)
            continue;
        if (best == SIZE_MAX ||
            input->info.captured_at_unix_ms >= report->inputs[best].info.captured_at_unix_ms)
            best = i;
    }
    return best;
}

// A baseline of its own becomes the first point, so that every curve holds it.
static int put_first(hsn__run *run, size_t input)
{
    hsn_report *report = run->report;
    size_t *points = hsn__arena_zeroed(run->arena, report->point_count + 1, sizeof *points);
    if (!points)
        return hsn__fail_memory(run->err);
    points[0] = input;
    size_t count = 1;
    for (size_t i = 0; i < report->point_count; i++)
        if (report->points[i] != input)
            points[count++] = report->points[i];
    report->points = points;
    report->point_count = count;
    report->inputs[input].excluded = "";
    run->reference = 0;
    return HSN_OK;
}

static int choose_store(hsn__run *run, size_t *out)
{
    const char *path = run->policy->baseline.name;
    hsn_report *report = run->report;
    size_t first = 0, warnings = report->warning_count;
    if (path[0] != '/')
        path = hsn__report_format(run, "%s%s", run->policy->folder, path);
    int r = path ? hsn__inputs_add(run, path, NULL, &first) : HSN_ENOMEM;
    if (r < 0)
        return r;
    if (report->warning_count > warnings)
        return hsn__fail(run->err, HSN_ENOTFOUND, NULL, "no baseline: %s",
                         report->warnings[warnings]);
    if (first == report->input_count)
        return hsn__fail(run->err, HSN_ENOTFOUND, path, "no baseline: the store is empty");
    // The newest snapshot of the store stands for it.
    for (size_t i = first; i + 1 < report->input_count; i++)
        report->inputs[i].excluded = "an older snapshot of the baseline's store";
    *out = report->input_count - 1;
    return HSN_OK;
}

static int choose_fixed(hsn__run *run)
{
    const hsn__baseline_choice *choice = &run->policy->baseline;
    hsn_report *report = run->report;
    size_t found = SIZE_MAX;
    int r = HSN_OK;
    if (choice->kind == HSN__BASELINE_STORE)
        r = choose_store(run, &found);
    else
        found = find_named(run);
    if (r < 0)
        return r;
    if (found == SIZE_MAX)
        return choice->kind == HSN__BASELINE_TAG
                   ? hsn__fail(run->err, HSN_ENOTFOUND, run->policy->path,
                               "no baseline: no other snapshot has the tag %s=%s", choice->name,
                               choice->value)
                   : hsn__fail(run->err, HSN_ENOTFOUND, run->policy->path,
                               "no baseline: no other snapshot has the label '%s'", choice->name);
    r = put_first(run, found);
    run->first_before = 0;
    report->baseline_text =
        choice->kind == HSN__BASELINE_TAG
            ? hsn__report_format(run, "%s, the newest with %s=%s", report->inputs[found].argument,
                                 choice->name, choice->value)
            : hsn__report_format(run, "%s, as the policy says", report->inputs[found].argument);
    return r < 0 || report->baseline_text ? r : HSN_ENOMEM;
}

// The point of lowest heap among the last `count` before tonight.
static size_t best_point(const hsn__run *run, size_t first)
{
    size_t best = first;
    for (size_t i = first; i + 1 < run->report->point_count; i++) {
        const hsn_snapshot_info *a = &hsn__point(run, i)->info, *b = &hsn__point(run, best)->info;
        if (a->heap_bytes + a->allocation_bytes <= b->heap_bytes + b->allocation_bytes)
            best = i;
    }
    return best;
}

static int choose_nights(hsn__run *run)
{
    const hsn__baseline_choice *choice = &run->policy->baseline;
    hsn_report *report = run->report;
    size_t before = report->point_count - 1;
    size_t count = choice->kind == HSN__BASELINE_PREVIOUS ? 1 : choice->count;
    if (choice->kind == HSN__BASELINE_AUTO && before < LEAST_NIGHTS)
        count = 1;
    count = count < before ? count : before;
    run->first_before = before - count;
    run->is_banded = choice->kind == HSN__BASELINE_AUTO && count > 1;
    run->reference =
        choice->kind == HSN__BASELINE_BEST ? best_point(run, run->first_before) : before - 1;
    if (choice->kind == HSN__BASELINE_BEST && count > 1)
        report->baseline_text =
            hsn__report_format(run, "the best of the %zu snapshots before", count);
    else if (count == 1)
        report->baseline_text = hsn__report_format(run, "%s, the snapshot before",
                                                   hsn__point(run, before - 1)->argument);
    else
        report->baseline_text = hsn__report_format(
            run, "the median of the %zu snapshots before%s", count,
            run->is_banded ? ", and beyond what is usual from night to night" : "");
    return report->baseline_text ? HSN_OK : HSN_ENOMEM;
}

int hsn__baseline_choose(hsn__run *run)
{
    hsn_report *report = run->report;
    hsn__baseline_kind kind = run->policy->baseline.kind;
    int r = HSN_OK;
    run->reference = SIZE_MAX;
    report->baseline = SIZE_MAX;
    if (kind == HSN__BASELINE_TAG || kind == HSN__BASELINE_LABEL || kind == HSN__BASELINE_STORE)
        r = choose_fixed(run);
    else if (report->point_count > 1)
        r = choose_nights(run);
    else
        report->baseline_text = "none: this is the only snapshot";
    return r;
}

// ---- comparing --------------------------------------------------------------------------------

static double value_before(const hsn__run *run, const double *before, size_t count)
{
    double best = INFINITY;
    if (!count)
        return NAN;
    if (run->policy->baseline.kind != HSN__BASELINE_BEST)
        return hsn__night_median(before, count);
    for (size_t i = 0; i < count; i++)
        best = fmin(best, before[i]);
    return best;
}

hsn__comparison hsn__compare(const hsn__run *run, const double *values)
{
    double known[HSN__STATS_MAX], before[HSN__STATS_MAX];
    size_t known_count = 0, before_count = 0, tonight = run->report->point_count - 1;
    bool fixed = run->policy->baseline.kind >= HSN__BASELINE_TAG;
    for (size_t i = 0; i < tonight; i++) {
        if (isnan(values[i]))
            continue;
        if (tonight - i < HSN__STATS_MAX)
            known[known_count++] = values[i];
        if (i >= run->first_before && (!fixed || i == run->reference) &&
            before_count < HSN__STATS_MAX)
            before[before_count++] = values[i];
    }
    hsn__comparison result = {.value_old = value_before(run, before, before_count),
                              .value_new = values[tonight],
                              .week_old = NAN,
                              .nights = known_count};
    for (size_t i = 0; i + RECENT < known_count; i++)
        result.highest = fmax(result.highest, known[i]);
    if (run->is_banded) {
        result.margin =
            hsn__night_margin(known, known_count, run->policy->baseline.count, NOISE_WINDOW);
        hsn__week_margin(known, known_count, NOISE_WINDOW, &result.week_old, &result.week_margin);
    }
    return result;
}

bool hsn__grew_too_much(const hsn__comparison *comparison, const hsn__limit *limit,
                        double *out_limit)
{
    double allowed = 0;
    *out_limit = NAN;
    if ((!limit->has_share && !limit->has_amount) || isnan(comparison->value_old) ||
        isnan(comparison->value_new))
        return false;
    if (limit->has_share)
        allowed = comparison->value_old * limit->share;
    if (limit->has_amount)
        allowed = fmax(allowed, limit->amount);
    double old = comparison->value_old;
    *out_limit = old + fmax(allowed, comparison->margin);
    // A weekly wave hides nothing from the same day of other weeks.
    if (!isnan(comparison->week_old))
        *out_limit =
            fmin(*out_limit, fmax(old + allowed,
                                  comparison->week_old + fmax(allowed, comparison->week_margin)));
    return comparison->value_new > *out_limit;
}
