// SPDX-License-Identifier: MIT
// A report from its beginning to its verdict: inputs, baseline, rules, causes, order.
#include "report/report_private.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- the order of findings --------------------------------------------------------------------

typedef struct place {
    int rank; // 0 fails, 1 warns, 2 is allowed, 3 is only remembered
    size_t effect, self;
} place;

static int rank(const hsn_report_finding *finding)
{
    switch (finding->finding.severity) {
    case HSN_SEVERITY_FAIL:
        return 0;
    case HSN_SEVERITY_WARN:
        return 1;
    default:
        return *finding->allowed ? 2 : 3;
    }
}

static int compare_places(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank - y->rank;
    if (x->effect != y->effect)
        return x->effect < y->effect ? -1 : 1;
    return x->self < y->self ? -1 : x->self > y->self;
}

static int order_findings(hsn__run *run)
{
    hsn_report *report = run->report;
    size_t count = report->finding_count;
    place *places = hsn__arena_zeroed(run->arena, count + 1, sizeof *places);
    size_t *moved = hsn__arena_zeroed(run->arena, count + 1, sizeof *moved);
    hsn_report_finding *sorted = hsn__alloc_array(count + 1, sizeof *sorted);
    if (!places || !moved || !sorted) {
        hsn__free(sorted);
        return hsn__fail_memory(run->err);
    }
    for (size_t i = 0; i < count; i++) {
        const hsn_report_finding *finding = &report->findings[i];
        size_t effect = finding->cause_of == SIZE_MAX ? i : finding->cause_of;
        places[i] = (place){rank(&report->findings[effect]), effect, i};
    }
    qsort(places, count, sizeof *places, compare_places);
    for (size_t i = 0; i < count; i++)
        moved[places[i].self] = i;
    for (size_t i = 0; i < count; i++) {
        sorted[i] = report->findings[places[i].self];
        if (sorted[i].cause_of != SIZE_MAX)
            sorted[i].cause_of = moved[sorted[i].cause_of];
    }
    hsn__free(report->findings);
    report->findings = sorted;
    return HSN_OK;
}

// ---- the verdict ------------------------------------------------------------------------------

static int conclude(hsn__run *run)
{
    hsn_report *report = run->report;
    size_t findings = 0, fresh = 0, skipped = 0;
    const char *first = NULL;
    report->verdict = HSN_OUTCOME_SKIPPED;
    for (size_t i = 0; i < report->rule_count; i++) {
        if (report->rules[i].verdict > report->verdict)
            report->verdict = report->rules[i].verdict;
        skipped += report->rules[i].verdict == HSN_OUTCOME_SKIPPED;
    }
    for (size_t i = 0; i < report->finding_count; i++) {
        const hsn_report_finding *finding = &report->findings[i];
        if (finding->finding.severity == HSN_SEVERITY_NOTE || finding->cause_of != SIZE_MAX)
            continue;
        first = first ? first : finding->finding.message;
        findings++;
        fresh += finding->is_new != 0;
    }
    if (first)
        report->headline =
            hsn__report_format(run, "%s: %zu %s, %zu new: %s", hsn_outcome_name(report->verdict),
                               findings, findings == 1 ? "finding" : "findings", fresh, first);
    else if (report->verdict == HSN_OUTCOME_SKIPPED)
        report->headline = hsn__report_format(run, "skipped: nothing to judge yet: %s",
                                              report->rule_count ? report->rules[0].reason : "");
    else if (skipped)
        report->headline =
            hsn__report_format(run, "passed: %zu of %zu rules, %zu skipped",
                               report->rule_count - skipped, report->rule_count, skipped);
    else
        report->headline = hsn__report_format(run, "passed: %zu rule%s", report->rule_count,
                                              report->rule_count == 1 ? "" : "s");
    return report->headline ? HSN_OK : HSN_ENOMEM;
}

// ---- all --------------------------------------------------------------------------------------

static int run_all(hsn__run *run)
{
    hsn_report *report = run->report;
    report->name = hsn__report_text(run, run->policy->name);
    report->policy_path = hsn__report_text(run, run->policy->path);
    int r = report->name && report->policy_path ? hsn__inputs_find(run) : HSN_ENOMEM;
    if (r >= 0)
        r = hsn__baseline_choose(run);
    if (r >= 0)
        r = hsn__rules_judge(run);
    if (r >= 0)
        r = hsn__persist(run);
    if (r >= 0)
        r = hsn__explain(run);
    if (r >= 0)
        r = order_findings(run);
    if (r >= 0)
        r = hsn__pictures_draw(run);
    if (r >= 0)
        r = conclude(run);
    return r < 0 || !run->options->keep || !*report->history ? r : hsn__history_keep(run);
}

static void run_clear(hsn__run *run)
{
    for (size_t i = 0; i < HSN_BY_COUNT; i++)
        hsn_totals_free(&run->columns[i].totals);
    if (run->before)
        for (size_t i = 0; i < run->report->point_count; i++)
            hsn_finding_list_free(&run->before[i]);
    hsn_cycles_free(&run->old_cycles);
    for (size_t i = 0; i < run->store_count; i++)
        hsn_store_close(run->stores[i]);
    hsn__free(run->stores);
    hsn__free(run->store_paths);
    hsn__free(run->sources);
}

int hsn_report_run(const hsn_policy *policy, const hsn_report_options *options, hsn_report *out,
                   hsn_error *err)
{
    static const hsn_report_options defaults = {0};
    *out = (hsn_report){.judged = SIZE_MAX, .baseline = SIZE_MAX};
    out->name = out->policy_path = out->headline = out->baseline_text = out->history = "";
    hsn__run run = {.policy = policy,
                    .options = options ? options : &defaults,
                    .report = out,
                    .arena = hsn__alloc_zeroed(1, sizeof(hsn__arena)),
                    .err = err,
                    .history = SIZE_MAX,
                    .reference = SIZE_MAX};
    if (!run.arena)
        return hsn__fail_memory(err);
    out->memory = run.arena;
    int r = run_all(&run);
    run_clear(&run);
    if (r < 0)
        hsn_report_free(out);
    return r < 0 ? r : HSN_OK;
}

void hsn_report_free(hsn_report *report)
{
    if (!report)
        return;
    hsn_diff_free(&report->types);
    hsn_why_free(&report->why);
    hsn_cycles_free(&report->cycles);
    hsn__free(report->inputs);
    hsn__free(report->findings);
    hsn__free(report->warnings);
    if (report->memory)
        hsn__arena_clear(report->memory);
    hsn__free(report->memory);
    *report = (hsn_report){0};
}
