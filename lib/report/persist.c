// SPDX-License-Identifier: MIT
// What was found and is still there: a baseline that follows the nights gets used to a regression,
// the team should not.
#include "report/report_private.h"

#include <math.h>
#include <string.h>

enum { LEAST_NIGHTS = 2 };

// Found tonight too, by whatever said so?
static bool is_told(const hsn_report *report, const char *fingerprint)
{
    for (size_t i = 0; i < report->finding_count; i++)
        if (!strcmp(report->findings[i].finding.fingerprint, fingerprint) &&
            report->findings[i].finding.severity != HSN_SEVERITY_NOTE)
            return true;
    return false;
}

// The rule of the policy that would say it again; SIZE_MAX = none does any more.
static size_t find_rule(const hsn__run *run, const hsn_finding *old)
{
    const hsn_policy *policy = run->policy;
    for (size_t i = 0; i < policy->rule_count; i++) {
        const hsn__rule *rule = &policy->rules[i];
        bool scalar = rule->kind->look == HSN__LOOK_SCALAR;
        if (strcmp(rule->kind->name, old->rule) != 0 ||
            (!scalar && rule->kind->look != HSN__LOOK_ROWS))
            continue;
        if (scalar ? !strcmp(run->report->rules[i].subject, old->subject)
                   : !rule->pattern || hsn_glob_match(rule->pattern, old->subject))
            return i;
    }
    return SIZE_MAX;
}

// Tonight's value and its curve; NAN = not known.
static int read_level(hsn__run *run, size_t rule, const hsn_finding *old, double *values,
                      double *out)
{
    const hsn__rule *judged = &run->policy->rules[rule];
    const hsn__columns *columns;
    size_t points = run->report->point_count;
    double *curve = NULL;
    *out = NAN;
    if (judged->kind->look == HSN__LOOK_SCALAR) {
        int r = hsn__measure_read(run, judged->kind->measure, rule, &curve);
        if (r < 0)
            return r;
        memcpy(values, curve, points * sizeof *values);
        *out = values[points - 1];
        return HSN_OK;
    }
    int r = hsn__totals_over(run, judged->by, &columns);
    if (r < 0 || !hsn__has_tonight(run, columns))
        return r;
    for (size_t row = 0; row < columns->totals.count; row++) {
        const char *name = hsn__row_text(run, judged->by, &columns->totals.keys[row]);
        if (!name)
            return HSN_ENOMEM;
        if (strcmp(name, old->subject) != 0)
            continue;
        hsn__row_values(run, columns, row, !strcmp(old->unit, "count"), values);
        *out = values[points - 1];
        break;
    }
    return HSN_OK;
}

static int add(hsn__run *run, size_t rule, const hsn_finding *old, const double *values)
{
    const hsn__rule *judged = &run->policy->rules[rule];
    bool scalar = judged->kind->look == HSN__LOOK_SCALAR;
    hsn__unit unit = !strcmp(old->unit, "count") ? HSN__UNIT_COUNT : judged->kind->unit;
    hsn_report_finding finding = hsn__finding_of(run, rule, "persisting");
    hsn_report_rule *to = &run->report->rules[rule];
    char before[32], now[32];
    finding.finding.severity = HSN_SEVERITY_WARN;
    finding.finding.unit = hsn__unit_name(unit);
    finding.finding.subject = hsn__report_text(run, old->subject);
    finding.finding.value_old = old->value_old;
    finding.finding.value_new = values[run->report->point_count - 1];
    finding.finding.value_limit = old->value_limit;
    if (!finding.finding.subject)
        return HSN_ENOMEM;
    if (judged->kind->measure == HSN__MEASURE_HOLDER)
        finding.finding.path = finding.finding.subject;
    if (!scalar && judged->by == HSN_BY_TYPE)
        finding.type = finding.finding.subject;
    hsn__unit_text(unit, old->value_old, before);
    hsn__unit_text(unit, finding.finding.value_new, now);
    finding.finding.message = hsn__report_format(
        run, "%s%s%s%s is still at %s; it was %s before", scalar ? judged->kind->title : "",
        scalar ? "" : hsn__by_word(judged->by), *old->subject ? " " : "", old->subject, now,
        before);
    finding.points = hsn__points_of(run, values);
    if (!finding.finding.message || !finding.points)
        return HSN_ENOMEM;
    size_t counted = to->findings;
    int r = hsn__finding_add(run, &finding, scalar ? judged->kind->name : hsn__by_word(judged->by));
    if (r >= 0 && to->findings > counted && to->verdict < HSN_OUTCOME_WARNED)
        to->verdict = HSN_OUTCOME_WARNED;
    return r;
}

// A growth that was reported last night, or what persisted then: an allowance may have ended.
static bool may_persist(const hsn_finding *old)
{
    bool is_growth = !strcmp(old->kind, "growth") && old->severity != HSN_SEVERITY_NOTE &&
                     old->seen.nights >= LEAST_NIGHTS;
    return (is_growth || !strcmp(old->kind, "persisting")) && !isnan(old->value_old) &&
           !isnan(old->value_limit);
}

int hsn__persist(hsn__run *run)
{
    const hsn_report *report = run->report;
    hsn_finding_list last = {0};
    // A baseline that is named does not get used to anything.
    if (report->point_count < LEAST_NIGHTS + 1 || run->policy->baseline.kind >= HSN__BASELINE_TAG)
        return HSN_OK;
    hsn_snapshot_ref ref = hsn__point_ref(run, report->point_count - 2);
    double *values = hsn__arena_zeroed(run->arena, report->point_count, sizeof *values);
    if (!values)
        return hsn__fail_memory(run->err);
    int r = hsn_finding_list_read(ref.store, ref.id, &last, run->err);
    for (size_t i = 0; i < last.count && r >= 0; i++) {
        const hsn_finding *old = &last.rows[i];
        size_t rule = find_rule(run, old);
        double level;
        if (!may_persist(old) || rule == SIZE_MAX || is_told(report, old->fingerprint))
            continue;
        r = read_level(run, rule, old, values, &level);
        if (r >= 0 && level > old->value_limit)
            r = add(run, rule, old, values);
    }
    hsn_finding_list_free(&last);
    return r;
}
