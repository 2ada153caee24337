// SPDX-License-Identifier: MIT
// Rules that compare numbers: one a snapshot, or one for each type, module or line.
#include "report/report_private.h"

#include "base/alloc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_NIGHTS = 8 };

// By what factor a type's bytes must exceed all earlier nights for the default rule.
static const double unheard_of = 1.5;

// ---- words ------------------------------------------------------------------------------------

// "+10 % and +1.0 MiB", or "" when there is no limit.
static void limit_text(const hsn__limit *limit, hsn__unit unit, char *out, size_t room)
{
    char amount[32];
    size_t size = 0;
    out[0] = 0;
    if (limit->has_share)
        size = (size_t)snprintf(out, room, "+%.4g %%", limit->share * 100);
    if (limit->has_amount && size < room) {
        hsn__unit_text(unit, limit->amount, amount);
        snprintf(out + size, room - size, "%s+%s", size ? " and " : "", amount);
    }
}

static void rule_limits(const hsn__rule *rule, char *out, size_t room)
{
    char growth[80], counts[80], amount[32];
    size_t size = 0;
    limit_text(&rule->max_growth, rule->kind->unit, growth, sizeof growth);
    limit_text(&rule->max_count_growth, HSN__UNIT_COUNT, counts, sizeof counts);
    out[0] = 0;
    if (!isnan(rule->max)) {
        hsn__unit_text(rule->kind->unit, rule->max, amount);
        size += (size_t)snprintf(out, room, "at most %s", amount);
    }
    if (*growth && size < room)
        size += (size_t)snprintf(out + size, room - size, "%sat most %s", size ? ", " : "", growth);
    if (!isnan(rule->max_count) && size < room)
        size += (size_t)snprintf(out + size, room - size, "%sat most %.0f objects",
                                 size ? ", " : "", rule->max_count);
    if (*counts && size < room)
        snprintf(out + size, room - size, "%sat most %s objects", size ? ", " : "", counts);
}

static int describe(hsn__run *run, size_t index)
{
    const hsn__rule *rule = &run->policy->rules[index];
    hsn_report_rule *to = &run->report->rules[index];
    char limits[300], line[16] = "";
    rule_limits(rule, limits, sizeof limits);
    if (rule->file_line)
        snprintf(line, sizeof line, ":%u", (unsigned)rule->file_line);
    *to = (hsn_report_rule){.name = rule->kind->name,
                            .severity = rule->severity,
                            .unit = hsn__unit_name(rule->kind->unit),
                            .reason = "",
                            .value_old = NAN,
                            .value_new = NAN,
                            .value_limit = NAN,
                            .line = rule->line};
    to->subject = hsn__report_format(run, "%s%s", rule->pattern ? rule->pattern : "", line);
    if (rule->title)
        to->title = hsn__report_text(run, rule->title);
    else
        to->title = to->subject ? hsn__report_format(run, "%s%s%s%s%s", rule->kind->title,
                                                     *to->subject ? " " : "", to->subject,
                                                     *limits ? ": " : "", limits)
                                : NULL;
    return to->subject && to->title ? HSN_OK : HSN_ENOMEM;
}

static const char *change_text(hsn__run *run, hsn__unit unit, const hsn__comparison *c)
{
    char old_text[32], new_text[32];
    hsn__unit_text(unit, c->value_old, old_text);
    hsn__unit_text(unit, c->value_new, new_text);
    if (isnan(c->value_old))
        return hsn__report_text(run, new_text);
    if (c->value_old > 0)
        return hsn__report_format(run, "%s → %s (%+.1f %%)", old_text, new_text,
                                  (c->value_new / c->value_old - 1) * 100);
    return hsn__report_format(run, "%s → %s", old_text, new_text);
}

// ---- one number -------------------------------------------------------------------------------

// Which limit is exceeded, and its value; false when none is.
static bool exceeds(double max, const hsn__limit *growth, const hsn__comparison *c,
                    double *out_limit, bool *out_absolute)
{
    double limit = NAN;
    *out_absolute = !isnan(max) && c->value_new > max;
    bool grew = hsn__grew_too_much(c, growth, &limit);
    *out_limit = *out_absolute ? max : !isnan(limit) ? limit : max;
    return *out_absolute || grew;
}

static int scalar_finding(hsn__run *run, size_t index, const hsn__comparison *c, double limit,
                          bool absolute, const double *values)
{
    const hsn__rule *rule = &run->policy->rules[index];
    hsn_report_finding finding = hsn__finding_of(run, index, absolute ? "limit" : "growth");
    const char *change = change_text(run, rule->kind->unit, c);
    char limit_shown[32];
    if (!change)
        return HSN_ENOMEM;
    hsn__unit_text(rule->kind->unit, limit, limit_shown);
    finding.finding.subject = run->report->rules[index].subject;
    finding.finding.value_old = c->value_old;
    finding.finding.value_new = c->value_new;
    finding.finding.value_limit = limit;
    if (rule->kind->measure == HSN__MEASURE_HOLDER)
        finding.finding.path = finding.finding.subject;
    finding.finding.message = hsn__report_format(
        run, "%s%s%s: %s, over the limit of %s", rule->kind->title,
        *finding.finding.subject ? " " : "", finding.finding.subject, change, limit_shown);
    finding.points = hsn__points_of(run, values);
    if (!finding.finding.message || !finding.points)
        return HSN_ENOMEM;
    return hsn__finding_add(run, &finding, rule->kind->name);
}

int hsn__judge_scalar(hsn__run *run, size_t index)
{
    const hsn__rule *rule = &run->policy->rules[index];
    hsn_report_rule *to = &run->report->rules[index];
    double *values, limit;
    bool absolute;
    int r = hsn__measure_read(run, rule->kind->measure, index, &values);
    if (r < 0)
        return r;
    hsn__comparison c = hsn__compare(run, values);
    to->value_old = c.value_old;
    to->value_new = c.value_new;
    bool remember = rule->kind->measure >= HSN__MEASURE_PLAIN && !isnan(c.value_new);
    if (remember)
        r = hsn__finding_note(run, index, to->subject, c.value_new, rule->kind->name);
    if (r < 0)
        return r;
    if (isnan(c.value_new))
        return hsn__rule_skip(run, index, true, "the snapshot does not tell: %s",
                              rule->kind->title);
    bool relative = rule->max_growth.has_share || rule->max_growth.has_amount;
    if (isnan(rule->max) && isnan(c.value_old))
        return hsn__rule_skip(run, index, run->report->point_count > 1,
                              "nothing to compare with yet");
    bool exceeded = exceeds(rule->max, &rule->max_growth, &c, &limit, &absolute);
    to->value_limit = limit;
    if (exceeded)
        r = scalar_finding(run, index, &c, limit, absolute, values);
    const char *change = change_text(run, rule->kind->unit, &c);
    if (r < 0 || !change)
        return r < 0 ? r : HSN_ENOMEM;
    char shown[32];
    hsn__unit_text(rule->kind->unit, limit, shown);
    bool waits = relative && isnan(c.value_old);
    const char *reason = hsn__report_format(run, "%s; the limit is %s%s", change, shown,
                                            waits ? "; nothing to compare with yet" : "");
    return hsn__rule_close(run, index, reason);
}

// ---- rows -------------------------------------------------------------------------------------

static bool row_matches(const hsn__rule *rule, const hsn_key *key)
{
    const char *subject = rule->by == HSN_BY_TYPE     ? key->type
                          : rule->by == HSN_BY_MODULE ? key->module
                                                      : key->file;
    if (rule->file_line && key->line != rule->file_line)
        return false;
    return !rule->pattern || hsn_glob_match(rule->pattern, subject);
}

typedef struct exceeded_row {
    size_t row;
    hsn__comparison comparison;
    double limit;
    bool absolute, counts;
    double excess; // over the limit, for the order
} exceeded_row;

static int compare_rows(const void *a, const void *b)
{
    const exceeded_row *x = a, *y = b;
    if (x->counts != y->counts)
        return x->counts - y->counts;
    if (x->excess != y->excess)
        return x->excess > y->excess ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

// Did the row gain the share of the heap from which it counts?
static bool feels(const hsn__columns *columns, const hsn__rule *rule, const hsn__comparison *c)
{
    const hsn_totals *totals = &columns->totals;
    double heap = (double)totals->wholes[totals->columns - 1].size_bytes;
    return !(rule->min_share > 0) || c->value_new - c->value_old >= rule->min_share * heap;
}

// The default rule speaks once it knows what is usual, and of nothing that was there before.
static bool is_unheard_of(const hsn__comparison *c)
{
    return c->nights >= LEAST_NIGHTS && c->value_new > c->highest * unheard_of;
}

static bool judge_row(hsn__run *run, const hsn__rule *rule, const hsn__columns *columns, size_t row,
                      double *values, exceeded_row *out)
{
    for (int counts = 0; counts < 2; counts++) {
        double max = counts ? rule->max_count : rule->max;
        const hsn__limit *growth = counts ? &rule->max_count_growth : &rule->max_growth;
        if (isnan(max) && !growth->has_share && !growth->has_amount)
            continue;
        hsn__row_values(run, columns, row, counts, values);
        hsn__comparison c = hsn__compare(run, values);
        double limit;
        bool absolute;
        if (!exceeds(max, growth, &c, &limit, &absolute))
            continue;
        if (!absolute && (!feels(columns, rule, &c) || (!rule->line && !is_unheard_of(&c))))
            continue;
        *out = (exceeded_row){row, c, limit, absolute, counts, c.value_new - limit};
        return true;
    }
    return false;
}

const char *hsn__by_word(hsn_by by)
{
    return by == HSN_BY_LINENO ? "line" : hsn_by_name(by);
}

const char *hsn__row_text(hsn__run *run, hsn_by by, const hsn_key *key)
{
    if (by == HSN_BY_TYPE)
        return hsn__report_text(run, key->type);
    if (by == HSN_BY_MODULE)
        return hsn__report_text(run, key->module);
    return hsn__report_format(run, "%s:%u", key->file, (unsigned)key->line);
}

static int row_finding(hsn__run *run, size_t index, const hsn__columns *columns,
                       const exceeded_row *found, double *values)
{
    const hsn__rule *rule = &run->policy->rules[index];
    hsn_report_finding finding = hsn__finding_of(run, index, found->absolute ? "limit" : "growth");
    hsn__unit unit = found->counts ? HSN__UNIT_COUNT : rule->kind->unit;
    const hsn_key *key = &columns->totals.keys[found->row];
    const char *change = change_text(run, unit, &found->comparison);
    const char *subject = hsn__row_text(run, rule->by, key);
    char limit[32];
    hsn__unit_text(unit, found->limit, limit);
    hsn__row_values(run, columns, found->row, found->counts, values);
    finding.points = hsn__points_of(run, values);
    if (!change || !subject || !finding.points)
        return HSN_ENOMEM;
    finding.finding.subject = subject;
    finding.finding.unit = hsn__unit_name(unit);
    if (rule->by == HSN_BY_TYPE)
        finding.type = subject;
    finding.finding.value_old = found->comparison.value_old;
    finding.finding.value_new = found->comparison.value_new;
    finding.finding.value_limit = found->limit;
    finding.finding.message =
        hsn__report_format(run, "%s %s%s: %s, over the limit of %s", hsn__by_word(rule->by),
                           subject, found->counts ? " (objects)" : "", change, limit);
    return finding.finding.message ? hsn__finding_add(run, &finding, hsn__by_word(rule->by))
                                   : HSN_ENOMEM;
}

static int judge_matching(hsn__run *run, size_t index, const hsn__columns *columns)
{
    const hsn__rule *rule = &run->policy->rules[index];
    const hsn_totals *totals = &columns->totals;
    double *values = hsn__arena_zeroed(run->arena, run->report->point_count, sizeof *values);
    exceeded_row *found = hsn__alloc_array(totals->count + 1, sizeof *found);
    size_t matched = 0, count = 0;
    int r = values && found ? HSN_OK : hsn__fail_memory(run->err);
    for (size_t row = 0; r >= 0 && row < totals->count; row++)
        if (row_matches(rule, &totals->keys[row])) {
            matched++;
            count += judge_row(run, rule, columns, row, values, &found[count]);
        }
    if (r >= 0)
        qsort(found, count, sizeof *found, compare_rows);
    for (size_t i = 0; i < count && r >= 0; i++)
        r = row_finding(run, index, columns, &found[i], values);
    hsn__free(found);
    if (r < 0)
        return r;
    if (!matched)
        return hsn__rule_skip(run, index, true, "no %s matches '%s'", hsn__by_word(rule->by),
                              run->report->rules[index].subject);
    const char *reason = matched == 1
                             ? hsn__report_format(run, "1 %s looked at", hsn__by_word(rule->by))
                             : hsn__report_format(run, "%zu %ss looked at, %zu over the limit",
                                                  matched, hsn__by_word(rule->by), count);
    return hsn__rule_close(run, index, reason);
}

int hsn__judge_rows(hsn__run *run, size_t index)
{
    const hsn__rule *rule = &run->policy->rules[index];
    const hsn__columns *columns;
    int r = hsn__totals_over(run, rule->by, &columns);
    if (r < 0)
        return r;
    if (!hsn__has_tonight(run, columns))
        return hsn__rule_skip(run, index, true, "the snapshot has no %s",
                              hsn_by_is_site(rule->by) ? "allocation profile" : "objects");
    if (run->report->point_count == 1 && isnan(rule->max) && isnan(rule->max_count))
        return hsn__rule_skip(run, index, false, "nothing to compare with yet");
    return judge_matching(run, index, columns);
}

// ---- all --------------------------------------------------------------------------------------

int hsn__rules_judge(hsn__run *run)
{
    // By hsn__rule_look.
    static int (*const judges[])(hsn__run * run, size_t rule) = {
        hsn__judge_scalar,     hsn__judge_rows,  hsn__judge_new_types,
        hsn__judge_new_cycles, hsn__judge_steps, hsn__judge_creep,
    };
    hsn_report *report = run->report;
    const hsn_policy *policy = run->policy;
    int r = HSN_OK;
    report->rules = hsn__arena_zeroed(run->arena, policy->rule_count, sizeof *report->rules);
    if (!report->rules)
        return hsn__fail_memory(run->err);
    for (size_t i = 0; i < policy->rule_count && r >= 0; i++) {
        r = describe(run, i);
        report->rule_count = i + 1;
        if (r >= 0)
            r = judges[policy->rules[i].kind->look](run, i);
    }
    return r;
}
