// SPDX-License-Identifier: MIT
// Findings: their fingerprints, since when they are known, what the allow-list lets through; and
// how they make the verdict of their rule.
#include "report/report_private.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_FINDINGS_OF_A_RULE = 100 };

const char *hsn_outcome_name(hsn_outcome outcome)
{
    static const char *const names[] = {
#define NAME(name, text) text,
        HSN_OUTCOME_LIST(NAME)
#undef NAME
    };
    return (unsigned)outcome < HSN_OUTCOME_COUNT ? names[outcome] : "unknown";
}

hsn_outcome hsn__outcome_of(hsn_severity severity)
{
    return severity == HSN_SEVERITY_FAIL   ? HSN_OUTCOME_FAILED
           : severity == HSN_SEVERITY_WARN ? HSN_OUTCOME_WARNED
                                           : HSN_OUTCOME_PASSED;
}

// ---- texts ------------------------------------------------------------------------------------

const char *hsn__report_text(hsn__run *run, const char *text)
{
    const char *copy = *text ? hsn__arena_copy(run->arena, text, strlen(text)) : "";
    if (!copy)
        hsn__fail_memory(run->err);
    return copy;
}

static const char *format_text(hsn__run *run, const char *format, va_list arguments)
    HSN__PRINTF(2, 0);

static const char *format_text(hsn__run *run, const char *format, va_list arguments)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, arguments);
    return hsn__report_text(run, text);
}

const char *hsn__report_format(hsn__run *run, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = format_text(run, format, arguments);
    va_end(arguments);
    return text;
}

int hsn__report_warn(hsn__run *run, bool partial, const char *format, ...)
{
    hsn_report *report = run->report;
    va_list arguments;
    va_start(arguments, format);
    const char *text = format_text(run, format, arguments);
    va_end(arguments);
    if (!text)
        return HSN_ENOMEM;
    if (!hsn__array_grow(&report->warnings, &run->warning_capacity, report->warning_count + 1,
                         sizeof *report->warnings, HSN__MAX_INPUTS * 4))
        return hsn__fail_memory(run->err);
    report->warnings[report->warning_count++] = text;
    report->is_partial = report->is_partial || partial;
    return HSN_OK;
}

const char *hsn__unit_name(hsn__unit unit)
{
    static const char *const names[] = {"bytes", "count", "ms"};
    return names[unit];
}

void hsn__unit_text(hsn__unit unit, double value, char out[32])
{
    char bytes[HSN_BYTES_TEXT_SIZE];
    bool negative = value < 0;
    double size = negative ? -value : value;
    if (isnan(value))
        snprintf(out, 32, "unknown");
    else if (unit == HSN__UNIT_MS)
        snprintf(out, 32, "%.*f ms", value == floor(value) ? 0 : 1, value);
    else if (unit == HSN__UNIT_COUNT || size >= 1.8e19)
        snprintf(out, 32, "%.0f", value);
    else {
        hsn_bytes_text((uint64_t)(size + 0.5), bytes);
        snprintf(out, 32, "%s%s", negative ? "-" : "", bytes);
    }
}

double *hsn__points_of(hsn__run *run, const double *values)
{
    size_t count = run->report->point_count;
    double *points = hsn__arena_zeroed(run->arena, count, sizeof *points);
    if (points)
        memcpy(points, values, count * sizeof *points);
    else
        hsn__fail_memory(run->err);
    return points;
}

// ---- the allow-list ---------------------------------------------------------------------------

static bool fits(const char *pattern, const char *text)
{
    return !pattern || (*text && hsn_glob_match(pattern, text));
}

// A holder's pattern is compared as it is shown; only a '*' outside of brackets is any text.
static bool fits_holder(const char *pattern, const char *path)
{
    char glob[1024];
    size_t size = 0;
    if (!pattern)
        return true;
    for (const char *p = pattern; *p && size + 4 < sizeof glob; p++) {
        if (*p == '[')
            memcpy(glob + size, "[[]", 3), size += 3;
        else
            glob[size++] = *p;
    }
    glob[size] = 0;
    return *path && hsn_glob_match(glob, path);
}

static const char *module_of(const char *type, char *room, size_t size)
{
    const char *dot = strrchr(type, '.');
    snprintf(room, size, "%.*s", dot ? (int)(dot - type) : 0, type);
    return dot ? room : *type ? "builtins" : "";
}

static bool allows(const hsn__allowance *allowance, const hsn_report_finding *finding,
                   const char *rule)
{
    char room[512];
    const hsn_finding *f = &finding->finding;
    const char *file = *f->allocated_at ? f->allocated_at : f->subject;
    return (!allowance->rule || !strcmp(allowance->rule, rule)) &&
           fits(allowance->type, finding->type) && fits_holder(allowance->holder, f->path) &&
           fits(allowance->module, module_of(finding->type, room, sizeof room)) &&
           fits(allowance->file, file) &&
           (!allowance->fingerprint || !strcmp(allowance->fingerprint, f->fingerprint));
}

static int apply_allowances(hsn__run *run, hsn_report_finding *finding)
{
    const hsn_policy *policy = run->policy;
    int64_t tonight = run->report->inputs[run->report->judged].info.captured_at_unix_ms;
    for (size_t i = 0; i < policy->allowance_count; i++) {
        const hsn__allowance *allowance = &policy->allowances[i];
        if (!allows(allowance, finding, finding->finding.rule))
            continue;
        if (tonight >= allowance->until_unix_ms) {
            int r =
                hsn__report_warn(run, false, "%s:%u: the allowance expired on %s: %s", policy->path,
                                 (unsigned)allowance->line, allowance->expires, allowance->reason);
            if (r < 0)
                return r;
            continue;
        }
        finding->allowed = hsn__report_text(run, allowance->reason);
        finding->allowed_until =
            hsn__report_text(run, allowance->expires ? allowance->expires : "");
        finding->finding.severity = HSN_SEVERITY_NOTE;
        return finding->allowed && finding->allowed_until ? HSN_OK : HSN_ENOMEM;
    }
    return HSN_OK;
}

// ---- since when -------------------------------------------------------------------------------

// The snapshot of the store that keeps findings, just before tonight.
static bool last_before(const hsn__run *run, hsn_snapshot_ref *out)
{
    size_t tonight = run->report->point_count - 1;
    size_t judged = run->sources[run->report->judged].store;
    size_t store = run->history != SIZE_MAX ? run->history : judged;
    for (size_t i = tonight; i-- > 0;) {
        size_t input = run->report->points[i];
        if (run->sources[input].store == store) {
            *out = run->sources[input].ref;
            return true;
        }
    }
    return false;
}

static int find_seen(hsn__run *run, hsn_report_finding *finding)
{
    const hsn_snapshot_info *tonight = &run->report->inputs[run->report->judged].info;
    hsn_finding_seen *seen = &finding->finding.seen;
    hsn_snapshot_ref ref;
    int r = HSN_OK;
    *seen = (hsn_finding_seen){0};
    if (last_before(run, &ref))
        r = hsn_finding_seen_read(ref.store, finding->finding.fingerprint, ref.id, seen, run->err);
    if (r < 0)
        return r;
    finding->is_new = !seen->snapshots;
    if (finding->is_new) {
        seen->first_seen_unix_ms = tonight->captured_at_unix_ms;
        seen->first_snapshot = tonight->id;
    }
    seen->snapshots++;
    seen->nights++;
    return HSN_OK;
}

// ---- adding -----------------------------------------------------------------------------------

hsn_report_finding hsn__finding_of(const hsn__run *run, size_t rule, const char *kind)
{
    const hsn__rule *from = &run->policy->rules[rule];
    return (hsn_report_finding){
        .finding = {.rule = from->kind->name,
                    .severity = from->severity,
                    .subject = "",
                    .kind = kind,
                    .unit = hsn__unit_name(from->kind->unit),
                    .value_old = NAN,
                    .value_new = NAN,
                    .value_limit = NAN,
                    .message = "",
                    .path = "",
                    .allocated_at = ""},
        .rule = rule,
        .type = "",
        .cause_of = SIZE_MAX,
        .why = SIZE_MAX,
        .cycle = SIZE_MAX,
        .allowed = "",
        .allowed_until = "",
    };
}

// The name is made of what is wrong, not of which rule or number told it.
static int give_fingerprint(hsn__run *run, hsn_report_finding *finding, const char *identity)
{
    const char *what = *finding->type ? finding->type : finding->finding.subject;
    const char *const parts[] = {identity, finding->finding.path, what};
    char text[HSN_FINGERPRINT_SIZE];
    hsn_finding_fingerprint(parts, sizeof parts / sizeof *parts, text);
    finding->finding.fingerprint = hsn__report_text(run, text);
    return finding->finding.fingerprint ? HSN_OK : HSN_ENOMEM;
}

static int append(hsn__run *run, const hsn_report_finding *finding)
{
    hsn_report *report = run->report;
    if (!hsn__array_grow(&report->findings, &run->finding_capacity, report->finding_count + 1,
                         sizeof *report->findings, HSN_MAX_FINDINGS))
        return report->finding_count == HSN_MAX_FINDINGS
                   ? hsn__fail_limit(run->err, "findings", HSN_MAX_FINDINGS)
                   : hsn__fail_memory(run->err);
    report->findings[report->finding_count++] = *finding;
    return HSN_OK;
}

int hsn__finding_add(hsn__run *run, hsn_report_finding *finding, const char *identity)
{
    hsn_report_rule *rule = &run->report->rules[finding->rule];
    int r = give_fingerprint(run, finding, identity);
    if (r >= 0)
        r = apply_allowances(run, finding);
    if (r >= 0)
        r = find_seen(run, finding);
    if (r < 0)
        return r;
    // The worst ones come first; what is beyond is counted.
    size_t listed = rule->findings + rule->allowed;
    if (finding->cause_of == SIZE_MAX) {
        if (*finding->allowed)
            rule->allowed++;
        else
            rule->findings++;
    }
    return listed < MAX_FINDINGS_OF_A_RULE ? append(run, finding) : HSN_OK;
}

int hsn__finding_note(hsn__run *run, size_t rule, const char *subject, double value,
                      const char *identity)
{
    hsn_report_finding note = hsn__finding_of(run, rule, "note");
    note.finding.severity = HSN_SEVERITY_NOTE;
    note.finding.subject = subject;
    note.finding.value_new = value;
    int r = give_fingerprint(run, &note, identity);
    return r < 0 ? r : append(run, &note);
}

// ---- the rule's verdict -----------------------------------------------------------------------

int hsn__rule_skip(hsn__run *run, size_t index, bool partial, const char *format, ...)
{
    hsn_report_rule *rule = &run->report->rules[index];
    va_list arguments;
    va_start(arguments, format);
    rule->reason = format_text(run, format, arguments);
    va_end(arguments);
    if (!rule->reason)
        return HSN_ENOMEM;
    rule->verdict = HSN_OUTCOME_SKIPPED;
    // A default rule that finds nothing to look at says nothing.
    if (!partial || !rule->line)
        return HSN_OK;
    return hsn__report_warn(run, true, "%s:%u: rule '%s' was skipped: %s", run->policy->path,
                            (unsigned)rule->line, rule->name, rule->reason);
}

int hsn__rule_close(hsn__run *run, size_t index, const char *reason)
{
    hsn_report_rule *rule = &run->report->rules[index];
    rule->verdict = rule->findings ? hsn__outcome_of(rule->severity) : HSN_OUTCOME_PASSED;
    rule->reason = reason ? hsn__report_text(run, reason) : NULL;
    return rule->reason ? HSN_OK : HSN_ENOMEM;
}
