// SPDX-License-Identifier: MIT
// Once something was found: who holds what was gained, and what else a page shows.
#include "report/report_private.h"

#include <math.h>
#include <string.h>

enum { MAX_WHY_ROWS = 20, MAX_CAUSES = 5 };

// A holder that explains less of the growth is no cause.
static const double least_share = 0.05;
// From this share on a holder is what the finding is about.
static const double least_main_share = 0.5;

// ---- tables -----------------------------------------------------------------------------------

static int read_types(hsn__run *run)
{
    hsn_report *report = run->report;
    if (run->reference == SIZE_MAX)
        return HSN_OK;
    const hsn_report_input *old = hsn__point(run, run->reference);
    const hsn_report_input *fresh = &report->inputs[report->judged];
    report->baseline = report->points[run->reference];
    hsn_by by = old->info.objects && fresh->info.objects ? HSN_BY_TYPE : HSN_BY_LINENO;
    if (by == HSN_BY_LINENO && (!old->info.allocations || !fresh->info.allocations))
        return HSN_OK;
    return hsn_diff_between(
        hsn__point_ref(run, run->reference), hsn__point_ref(run, report->point_count - 1),
        &(hsn_diff_options){.totals.by = by, .changed_only = 1}, &report->types, run->err);
}

static int add_series(hsn__run *run, hsn__measure measure, const char *name, const char *unit)
{
    hsn_report *report = run->report;
    double *values;
    bool known = false;
    int r = hsn__measure_read(run, measure, 0, &values);
    for (size_t i = 0; r >= 0 && i < report->point_count; i++)
        known = known || !isnan(values[i]);
    if (r >= 0 && known)
        report->series[report->series_count++] = (hsn_report_series){name, unit, values};
    return r;
}

static int read_series(hsn__run *run)
{
    static const struct {
        hsn__measure measure;
        const char *name, *unit;
    } rows[] = {
        {HSN__MEASURE_HEAP, "heap_bytes", "bytes"},
        {HSN__MEASURE_OBJECTS, "objects", "count"},
        {HSN__MEASURE_RSS, "rss_bytes", "bytes"},
        {HSN__MEASURE_LONGEST_PAUSE, "longest_pause_ms", "ms"},
        {HSN__MEASURE_TOTAL_PAUSE, "total_pause_ms", "ms"},
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    int r = HSN_OK;
    run->report->series = hsn__arena_zeroed(run->arena, ROWS, sizeof *run->report->series);
    if (!run->report->series)
        return hsn__fail_memory(run->err);
    for (size_t i = 0; i < ROWS && r >= 0; i++)
        r = add_series(run, rows[i].measure, rows[i].name, rows[i].unit);
    return r;
}

// ---- causes -----------------------------------------------------------------------------------

// The first finding that says that memory grew.
static size_t find_effect(const hsn_report *report)
{
    static const char *const rules[] = {"heap", "objects", "creep",  "rss",
                                        "type", "growth",  "module", "line"};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        for (size_t j = 0; j < report->finding_count; j++)
            if (!strcmp(report->findings[j].finding.rule, rules[i]) &&
                report->findings[j].finding.severity != HSN_SEVERITY_NOTE &&
                strcmp(report->findings[j].finding.kind, "persisting") != 0)
                return j;
    return SIZE_MAX;
}

static const char *place(hsn__run *run, const hsn_frame *frame)
{
    if (!frame)
        return "";
    return hsn__report_format(run, "%s:%u%s%s", frame->file, (unsigned)frame->line,
                              *frame->function ? " in " : "", frame->function);
}

static int add_cause(hsn__run *run, size_t effect, size_t row)
{
    const hsn_why_row *why = &run->report->why.rows[row];
    const hsn_report_finding *of = &run->report->findings[effect];
    hsn_report_finding cause = hsn__finding_of(run, of->rule, hsn_why_kind_name(why->kind));
    char gained[32];
    hsn__unit_text(HSN__UNIT_BYTES, (double)why->held_bytes_delta, gained);
    cause.cause_of = effect;
    cause.why = row;
    cause.finding.severity = of->finding.severity;
    cause.finding.unit = "bytes";
    cause.type = cause.finding.subject = hsn__report_text(run, why->type);
    cause.finding.path = hsn__report_text(run, why->path);
    cause.finding.allocated_at = place(run, why->allocated_at);
    cause.finding.value_old = (double)why->held_bytes[0];
    cause.finding.value_new = (double)why->held_bytes[run->report->why.snapshots - 1];
    cause.finding.message =
        hsn__report_format(run, "%s → %s %+lld, +%s, %.0f %% of the growth", why->path, why->type,
                           (long long)why->count_delta, gained, why->share * 100);
    if (!cause.type || !cause.finding.path || !cause.finding.allocated_at || !cause.finding.message)
        return HSN_ENOMEM;
    return hsn__finding_add(run, &cause, "holder");
}

// What the allow-list lets through of the growth: the rest may be within the limit.
static void forgive(hsn_report *report, size_t effect)
{
    hsn_report_finding *of = &report->findings[effect];
    hsn_report_rule *rule = &report->rules[of->rule];
    double allowed = 0;
    for (size_t i = 0; i < report->finding_count; i++) {
        const hsn_report_finding *cause = &report->findings[i];
        if (cause->cause_of != effect || !*cause->allowed)
            continue;
        allowed += cause->finding.value_new - cause->finding.value_old;
        of->allowed = cause->allowed;
        of->allowed_until = cause->allowed_until;
    }
    if (!allowed || strcmp(of->finding.rule, "heap") || strcmp(of->finding.kind, "growth") ||
        of->finding.value_new - allowed > of->finding.value_limit) {
        of->allowed = of->allowed_until = "";
        return;
    }
    of->finding.severity = HSN_SEVERITY_NOTE;
    rule->findings--;
    rule->allowed++;
    if (!rule->findings)
        rule->verdict = HSN_OUTCOME_PASSED;
}

// Did it gain no more than bytes of its type come and go by anyway, night by night? Or, beside
// larger ones, is it back where it was, as a cache is some nights after a restart?
static bool is_usual(hsn__run *run, const hsn__columns *columns, const hsn_why_row *why,
                     double *values)
{
    const hsn_totals *totals = &columns->totals;
    for (size_t row = 0; row < totals->count; row++) {
        if (strcmp(totals->keys[row].type, why->type) != 0)
            continue;
        hsn__row_values(run, columns, row, false, values);
        hsn__comparison c = hsn__compare(run, values);
        bool is_back = why->share < least_main_share && c.value_new <= c.highest;
        return run->is_banded && (is_back || (double)why->held_bytes_delta <= c.margin);
    }
    return false;
}

static int add_causes(hsn__run *run, size_t effect)
{
    hsn_report *report = run->report;
    const hsn__columns *columns;
    size_t causes = 0;
    int r = hsn__totals_over(run, HSN_BY_TYPE, &columns);
    double *values = hsn__arena_zeroed(run->arena, report->point_count, sizeof *values);
    if (r < 0 || !values)
        return r < 0 ? r : hsn__fail_memory(run->err);
    for (size_t i = 0; i < report->why.count && causes < MAX_CAUSES && r >= 0; i++) {
        const hsn_why_row *why = &report->why.rows[i];
        if (why->is_noise || why->held_bytes_delta <= 0 || why->share < least_share ||
            is_usual(run, columns, why, values))
            continue;
        r = add_cause(run, effect, i);
        causes++;
    }
    if (r < 0)
        return r;
    // A finding about a type is told where it hangs; its name stays.
    for (size_t i = 0; i < report->finding_count; i++)
        for (size_t j = 0; j < report->why.count && *report->findings[i].type; j++)
            if (report->findings[i].why == SIZE_MAX &&
                !strcmp(report->findings[i].type, report->why.rows[j].type))
                report->findings[i].why = j;
    forgive(report, effect);
    return HSN_OK;
}

// Against many nights: the newest of those whose value is nearest to what the finding began with.
// The night before may have the regression already.
static size_t graph_to_compare(const hsn__run *run, size_t effect)
{
    const hsn_report *report = run->report;
    size_t best = hsn__graph_before(run);
    if (effect == SIZE_MAX || !run->is_banded || !report->findings[effect].points)
        return best;
    const hsn_report_finding *finding = &report->findings[effect];
    double least = INFINITY;
    for (size_t i = report->point_count - 1; i-- > 0;) {
        double away = fabs(finding->points[i] - finding->finding.value_old);
        if (hsn__point(run, i)->has_graph && away < least) {
            least = away;
            best = i;
        }
    }
    return best;
}

static int read_why(hsn__run *run)
{
    hsn_report *report = run->report;
    size_t tonight = report->point_count - 1, effect = find_effect(report);
    size_t before = graph_to_compare(run, effect);
    if (effect == SIZE_MAX || before == SIZE_MAX || !run->policy->explain ||
        !hsn__point(run, tonight)->has_graph)
        return HSN_OK;
    hsn_snapshot_ref refs[] = {hsn__point_ref(run, before), hsn__point_ref(run, tonight)};
    int r = hsn_why_over(refs, 2, &(hsn_why_options){.limit = MAX_WHY_ROWS}, run->options->progress,
                         &report->why, run->err);
    if (r < 0)
        return r;
    report->has_why = 1;
    report->baseline = report->points[before];
    return add_causes(run, effect);
}

int hsn__explain(hsn__run *run)
{
    int r = read_types(run);
    if (r >= 0)
        r = read_series(run);
    return r < 0 ? r : read_why(run);
}
