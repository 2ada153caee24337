// SPDX-License-Identifier: MIT
// Rules about what was not there before: types, and cycles of types.
#include "report/report_private.h"

#include "base/alloc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A component of so many types is a tangle of a whole program; its shape changes every night.
enum { MAX_TYPES_OF_A_CYCLE = 64, MAX_SIGNATURE_TYPES = 12 };

// ---- types ------------------------------------------------------------------------------------

// Not in most of the nights of the baseline, and in none before them.
static bool is_new_row(const hsn__run *run, const double *values)
{
    size_t tonight = run->report->point_count - 1, with = 0, without = 0;
    for (size_t i = 0; i < tonight; i++) {
        if (isnan(values[i]))
            continue;
        if (i < run->first_before && values[i] > 0)
            return false;
        if (i >= run->first_before && values[i] > 0)
            with++;
        else if (i >= run->first_before)
            without++;
    }
    return without > with;
}

static int new_type_finding(hsn__run *run, size_t index, const hsn_key *key, const double *values)
{
    hsn_report_finding finding = hsn__finding_of(run, index, "new");
    char size[32];
    double tonight = values[run->report->point_count - 1];
    hsn__unit_text(HSN__UNIT_BYTES, tonight, size);
    finding.type = finding.finding.subject = hsn__report_text(run, key->type);
    finding.points = hsn__points_of(run, values);
    if (!finding.type || !finding.points)
        return HSN_ENOMEM;
    finding.finding.value_old = 0;
    finding.finding.value_new = tonight;
    finding.finding.value_limit = run->policy->rules[index].min_size_bytes;
    finding.finding.message =
        hsn__report_format(run, "type %s is new, with %s", finding.type, size);
    return finding.finding.message ? hsn__finding_add(run, &finding, "type") : HSN_ENOMEM;
}

int hsn__judge_new_types(hsn__run *run, size_t index)
{
    const hsn__rule *rule = &run->policy->rules[index];
    const hsn__columns *columns;
    size_t before = 0, matched = 0;
    int r = hsn__totals_over(run, HSN_BY_TYPE, &columns);
    if (r < 0)
        return r;
    if (!hsn__has_tonight(run, columns))
        return hsn__rule_skip(run, index, true, "the snapshot has no objects");
    if (columns->totals.columns < 2)
        return hsn__rule_skip(run, index, run->report->point_count > 1,
                              "nothing to compare with yet");
    double *values = hsn__arena_zeroed(run->arena, run->report->point_count, sizeof *values);
    if (!values)
        return hsn__fail_memory(run->err);
    for (size_t row = 0; row < columns->totals.count && r >= 0; row++) {
        const hsn_key *key = &columns->totals.keys[row];
        if (rule->pattern && !hsn_glob_match(rule->pattern, key->type))
            continue;
        matched++;
        hsn__row_values(run, columns, row, false, values);
        if (values[run->report->point_count - 1] >= rule->min_size_bytes &&
            is_new_row(run, values)) {
            r = new_type_finding(run, index, key, values);
            before++;
        }
    }
    if (r < 0)
        return r;
    const char *reason = hsn__report_format(run, "%zu types looked at, %zu new", matched, before);
    return hsn__rule_close(run, index, reason);
}

// ---- cycles -----------------------------------------------------------------------------------

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The types on the shortest cycle, each once, sorted: the same for the same mistake.
static const char *signature(hsn__run *run, const hsn_cycle *cycle)
{
    const char *names[MAX_TYPES_OF_A_CYCLE];
    char text[900];
    size_t count = 0, size = 0;
    for (size_t i = 0; i < cycle->shortest_count && count < MAX_TYPES_OF_A_CYCLE; i++)
        names[count++] = cycle->shortest[i].type_name;
    qsort(names, count, sizeof *names, compare_names);
    text[0] = 0;
    for (size_t i = 0, shown = 0; i < count && shown < MAX_SIGNATURE_TYPES; i++) {
        if (i && !strcmp(names[i], names[i - 1]))
            continue;
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%s", shown++ ? " + " : "",
                                 names[i]);
        if (size >= sizeof text)
            break;
    }
    return hsn__report_text(run, text);
}

static bool is_tangle(const hsn_cycle *cycle)
{
    return cycle->type_count > MAX_TYPES_OF_A_CYCLE || !cycle->shortest_count;
}

// 1 = that night had the cycle, 0 = it had not, -1 = nothing is known of that night's cycles.
static int had_cycle(hsn__run *run, size_t point, const char *subject)
{
    const hsn_finding_list *list = &run->before[point];
    int known = -1;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->rows[i].rule, "new_cycles"))
            continue;
        known = known < 0 ? 0 : known;
        if (!strcmp(list->rows[i].subject, subject))
            return 1;
    }
    if (known < 0 && run->old_cycles_read && point == hsn__graph_before(run)) {
        known = 0;
        for (size_t i = 0; i < run->old_cycles.count && !known; i++) {
            const char *other = signature(run, &run->old_cycles.rows[i]);
            known = other && !strcmp(other, subject);
        }
    }
    return known;
}

static bool is_new_cycle(hsn__run *run, const char *subject, size_t *out_known)
{
    size_t tonight = run->report->point_count - 1, with = 0, without = 0;
    bool long_known = false;
    for (size_t i = 0; i < tonight; i++) {
        int had = had_cycle(run, i, subject);
        if (had < 0)
            continue;
        ++*out_known;
        if (i < run->first_before)
            long_known = long_known || had;
        else if (had)
            with++;
        else
            without++;
    }
    return !long_known && without > with;
}

static bool has_type(const hsn_cycle *cycle, const char *pattern)
{
    for (size_t i = 0; i < cycle->type_count; i++)
        if (hsn_glob_match(pattern, cycle->types[i].name))
            return true;
    return false;
}

static int cycle_finding(hsn__run *run, size_t index, size_t row, const char *subject)
{
    const hsn_cycle *cycle = &run->report->cycles.rows[row];
    hsn_report_finding finding = hsn__finding_of(run, index, hsn_cycle_kind_name(cycle->kind));
    char size[32];
    hsn__unit_text(HSN__UNIT_BYTES, (double)cycle->alike_size_bytes, size);
    finding.cycle = row;
    finding.finding.subject = subject;
    finding.finding.value_old = 0;
    finding.finding.value_new = (double)cycle->alike_objects;
    finding.finding.value_limit = run->policy->rules[index].min_objects;
    finding.finding.message = hsn__report_format(
        run, "new %s cycle %s: %llu objects, %s", hsn_cycle_kind_name(cycle->kind),
        cycle->shortest_text, (unsigned long long)cycle->alike_objects, size);
    // A type of the application names the cycle for the allow-list.
    finding.type = hsn__report_text(run, cycle->type_count ? cycle->types[0].name : "");
    for (size_t i = 0; i < cycle->type_count; i++)
        if (strchr(cycle->types[i].name, '.')) {
            finding.type = hsn__report_text(run, cycle->types[i].name);
            break;
        }
    if (!finding.finding.message || !finding.type)
        return HSN_ENOMEM;
    finding.finding.path = subject;
    return hsn__finding_add(run, &finding, "cycle");
}

// Remembers every cycle of tonight, new or not; a mark even when there is none.
static int remember_cycles(hsn__run *run, size_t index, const char *const *subjects)
{
    const hsn_cycles *cycles = &run->report->cycles;
    int r = hsn__finding_note(run, index, "", (double)cycles->matched, "cycles");
    for (size_t i = 0; i < cycles->count && r >= 0; i++) {
        bool repeated = false;
        for (size_t j = 0; j < i && !repeated; j++)
            repeated = !strcmp(subjects[i], subjects[j]);
        if (!repeated && !is_tangle(&cycles->rows[i]))
            r = hsn__finding_note(run, index, subjects[i], (double)cycles->rows[i].alike_objects,
                                  "cycle note");
    }
    return r;
}

static int judge_cycles(hsn__run *run, size_t index, const char **subjects)
{
    const hsn__rule *rule = &run->policy->rules[index];
    const hsn_cycles *cycles = &run->report->cycles;
    size_t fresh = 0, known = 0, matched = 0;
    int r = HSN_OK;
    for (size_t i = 0; i < cycles->count; i++)
        if (!(subjects[i] = signature(run, &cycles->rows[i])))
            return HSN_ENOMEM;
    (void)is_new_cycle(run, "", &known);
    r = remember_cycles(run, index, subjects);
    if (!known)
        return r < 0 ? r
                     : hsn__rule_skip(run, index, run->report->point_count > 1,
                                      "nothing is known of earlier cycles yet");
    for (size_t i = 0; i < cycles->count && r >= 0; i++) {
        const hsn_cycle *cycle = &cycles->rows[i];
        if (is_tangle(cycle) || (double)cycle->alike_objects < rule->min_objects ||
            (rule->pattern && !has_type(cycle, rule->pattern)))
            continue;
        matched++;
        if (!is_new_cycle(run, subjects[i], &known))
            continue;
        run->report->cycle_is_new[i] = 1;
        fresh++;
        r = cycle_finding(run, index, i, subjects[i]);
    }
    if (r < 0)
        return r;
    const char *reason =
        hsn__report_format(run, "%zu kinds of cycles looked at, %zu new", matched, fresh);
    return hsn__rule_close(run, index, reason);
}

int hsn__judge_new_cycles(hsn__run *run, size_t index)
{
    hsn_report *report = run->report;
    int r = hsn__findings_before(run);
    if (r >= 0)
        r = hsn__cycles_over(run);
    if (r < 0)
        return r;
    if (!report->has_cycles)
        return hsn__rule_skip(run, index, true, "the snapshot has no objects");
    const char **subjects =
        hsn__arena_zeroed(run->arena, report->cycles.count + 1, sizeof *subjects);
    return subjects ? judge_cycles(run, index, subjects) : hsn__fail_memory(run->err);
}
