// SPDX-License-Identifier: MIT
// Rules about many snapshots: growth at every step, and growth too slow for any one night to show.
#include "report/report_private.h"

#include "report/judge_stats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    LEAST_STEPS = 4,  // fewer rises in a row are chance
    SHORT_STEPS = 3,  // of a rise that stands out
    AUTO_STEPS = 5,   // once there are nights before them
    LEAST_BEFORE = 8, // nights that tell the noise
    NOISE_BEFORE = 7, // nights that a night is compared with, for its noise
    NOISE_WINDOW = 28,
    TYPE_FACTOR = 4, // a type must creep by so many times the share that the heap may
};

// A type's creep counts from this share of the heap.
static const double least_share_of_heap = 0.02;
// A cache that fills gains less and less: the later half of the steps by this part of the earlier.
static const double least_late_early = 0.2;
// While the noise is not known, a gain counts from this share of the row itself.
static const double least_share_of_row = 0.15;
// A gain counts when it is so many times the largest loss.
static const double drop_factor = 2;
// A step that is even: at least so much of the mean one.
static const double least_even = 0.5;

// The newest values that are known, oldest first; at most HSN__STATS_MAX.
static size_t known_values(const hsn__run *run, const double *values, double *out)
{
    size_t count = 0, known = 0, points = run->report->point_count;
    for (size_t i = 0; i < points; i++)
        known += !isnan(values[i]);
    for (size_t i = 0; i < points; i++) {
        if (isnan(values[i]))
            continue;
        if (known-- <= HSN__STATS_MAX)
            out[count++] = values[i];
    }
    return count;
}

static double highest(const double *values, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, values[i]);
    return most;
}

// The most that so many steps lost at once: what moves up and down falls as far as it rises.
static double largest_drop(const double *values, size_t count, size_t steps)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count && j <= i + steps; j++)
            most = fmax(most, values[i] - values[j]);
    return most;
}

// ---- at every step ----------------------------------------------------------------------------

typedef struct stepping {
    size_t steps;
    double least_gain;
    bool evenly; // the noise is not known: steps must be alike
} stepping;

static bool grew_every_step(const double *known, size_t count, const stepping *s)
{
    if (count < s->steps + 1)
        return false;
    const double *last = known + count - s->steps - 1;
    size_t before = count - s->steps - 1, half = (s->steps + 1) / 2;
    double gain = last[s->steps] - last[0];
    if (s->evenly && gain < last[0] * least_share_of_row)
        return false;
    double least_step = s->evenly ? gain / (double)s->steps * least_even : 0;
    for (size_t i = 0; i < s->steps; i++)
        if (last[i + 1] - last[i] <= least_step)
            return false;
    double early = last[half] - last[0], late = last[s->steps] - last[s->steps - half];
    double margin = hsn__night_margin(known, before, NOISE_BEFORE, NOISE_WINDOW);
    return gain >= s->least_gain && late >= early * least_late_early && gain >= margin &&
           gain >= drop_factor * largest_drop(known, count, s->steps) &&
           last[s->steps] > highest(known, before);
}

// Fewer steps tell when they are far beyond what the row does by itself; 0 = they do not.
static size_t short_rise(const double *known, size_t count, const stepping *s)
{
    return hsn__rise_stands_out(known, count, SHORT_STEPS, s->least_gain) ? SHORT_STEPS : 0;
}

// What it takes to count: a share of the heap, and an amount.
static double least_gain(const hsn__limit *limit, double heap_bytes)
{
    double gain = limit->has_amount ? limit->amount : 0;
    return limit->has_share ? fmax(gain, limit->share * heap_bytes) : gain;
}

static int step_finding(hsn__run *run, size_t index, const hsn_key *key, const double *values,
                        const double *known, size_t count, size_t steps)
{
    const hsn__rule *rule = &run->policy->rules[index];
    hsn_report_finding finding = hsn__finding_of(run, index, "growth");
    double old_value = known[count - steps - 1], new_value = known[count - 1];
    char old_text[32], new_text[32];
    hsn__unit_text(HSN__UNIT_BYTES, old_value, old_text);
    hsn__unit_text(HSN__UNIT_BYTES, new_value, new_text);
    finding.finding.subject =
        rule->by == HSN_BY_TYPE ? hsn__report_text(run, key->type)
        : rule->by == HSN_BY_MODULE
            ? hsn__report_text(run, key->module)
            : hsn__report_format(run, "%s:%u", key->file, (unsigned)key->line);
    if (!finding.finding.subject)
        return HSN_ENOMEM;
    if (rule->by == HSN_BY_TYPE)
        finding.type = finding.finding.subject;
    finding.finding.value_old = old_value;
    finding.finding.value_new = new_value;
    finding.finding.message = hsn__report_format(
        run, "%s %s grew at each of the last %zu steps: %s → %s", hsn__by_word(rule->by),
        finding.finding.subject, steps, old_text, new_text);
    finding.points = hsn__points_of(run, values);
    if (!finding.finding.message || !finding.points)
        return HSN_ENOMEM;
    return hsn__finding_add(run, &finding, hsn__by_word(rule->by));
}

static bool row_asked_for(const hsn__rule *rule, const hsn_key *key)
{
    const char *subject = rule->by == HSN_BY_TYPE     ? key->type
                          : rule->by == HSN_BY_MODULE ? key->module
                                                      : key->file;
    return !rule->pattern || hsn_glob_match(rule->pattern, subject);
}

static int judge_steps_over(hsn__run *run, size_t index, const hsn__columns *columns)
{
    const hsn__rule *rule = &run->policy->rules[index];
    const hsn_totals *totals = &columns->totals;
    double known[HSN__STATS_MAX];
    double *values = hsn__arena_zeroed(run->arena, run->report->point_count, sizeof *values);
    size_t steps = totals->columns - 1, matched = 0;
    int r = HSN_OK;
    if (!values)
        return hsn__fail_memory(run->err);
    stepping s = {.steps = rule->steps          ? rule->steps
                           : steps < AUTO_STEPS ? steps
                                                : AUTO_STEPS,
                  .evenly = !rule->steps && steps < AUTO_STEPS + LEAST_BEFORE,
                  .least_gain = least_gain(&rule->min_growth,
                                           (double)totals->wholes[totals->columns - 1].size_bytes)};
    for (size_t row = 0; row < totals->count && r >= 0; row++) {
        const hsn_cell *cells = &totals->cells[row * totals->columns];
        if (!row_asked_for(rule, &totals->keys[row]))
            continue;
        matched++;
        // Most rows end here: cheaper than copying a curve.
        if ((double)cells[steps].size_bytes < s.least_gain ||
            (rule->steps && cells[steps].size_bytes <= cells[steps - 1].size_bytes))
            continue;
        hsn__row_values(run, columns, row, false, values);
        size_t count = known_values(run, values, known);
        size_t found = rule->steps ? 0 : short_rise(known, count, &s);
        if (!found && grew_every_step(known, count, &s))
            found = s.steps;
        if (found)
            r = step_finding(run, index, &totals->keys[row], values, known, count, found);
    }
    if (r < 0)
        return r;
    if (!matched && rule->pattern)
        return hsn__rule_skip(run, index, true, "no %s matches '%s'", hsn__by_word(rule->by),
                              rule->pattern);
    const char *reason = hsn__report_format(run, "%zu %ss over %zu steps looked at", matched,
                                            hsn__by_word(rule->by), s.steps);
    return hsn__rule_close(run, index, reason);
}

int hsn__judge_steps(hsn__run *run, size_t index)
{
    const hsn__rule *rule = &run->policy->rules[index];
    const hsn__columns *columns;
    size_t least = rule->steps ? rule->steps : LEAST_STEPS;
    int r = hsn__totals_over(run, rule->by, &columns);
    if (r < 0)
        return r;
    if (!hsn__has_tonight(run, columns))
        return hsn__rule_skip(run, index, true, "the snapshot has no %s",
                              hsn_by_is_site(rule->by) ? "allocation profile" : "objects");
    if (columns->totals.columns < least + 1)
        return hsn__rule_skip(run, index, false, "%zu snapshots, and it takes %zu",
                              columns->totals.columns, least + 1);
    return judge_steps_over(run, index, columns);
}

// ---- over weeks -------------------------------------------------------------------------------

static int creep_finding(hsn__run *run, size_t index, const char *type, const double *values,
                         const hsn__creep *creep)
{
    const hsn__rule *rule = &run->policy->rules[index];
    hsn_report_finding finding = hsn__finding_of(run, index, "creep");
    char old_text[32], new_text[32];
    hsn__unit_text(HSN__UNIT_BYTES, creep->level_old, old_text);
    hsn__unit_text(HSN__UNIT_BYTES, creep->level_new, new_text);
    finding.type = hsn__report_text(run, type);
    finding.points = hsn__points_of(run, values);
    if (!finding.type || !finding.points)
        return HSN_ENOMEM;
    finding.finding.subject = finding.type;
    finding.finding.value_old = creep->level_old;
    finding.finding.value_new = creep->level_new;
    finding.finding.message = hsn__report_format(
        run, "%s%s creeps: %s → %s over %u snapshots (%+.2f %% each)", *type ? "type " : "heap",
        type, old_text, new_text, (unsigned)rule->window,
        creep->level_old > 0 ? creep->slope / creep->level_old * 100 : 0.0);
    return finding.finding.message ? hsn__finding_add(run, &finding, *type ? "type" : "heap")
                                   : HSN_ENOMEM;
}

static int creep_of_types(hsn__run *run, size_t index, const hsn__columns *columns, double *values)
{
    const hsn__rule *rule = &run->policy->rules[index];
    const hsn_totals *totals = &columns->totals;
    double known[HSN__STATS_MAX];
    double heap = (double)totals->wholes[totals->columns - 1].size_bytes;
    double share = rule->min_growth.has_share ? rule->min_growth.share : 0;
    int r = HSN_OK;
    if (totals->columns < rule->window)
        return HSN_OK;
    for (size_t row = 0; row < totals->count && r >= 0; row++) {
        const hsn_cell *cells = &totals->cells[row * totals->columns];
        double old_value = (double)cells[totals->columns - rule->window].size_bytes;
        double new_value = (double)cells[totals->columns - 1].size_bytes;
        hsn__creep creep;
        // Far from enough, whatever the statistics say.
        if (new_value < heap * least_share_of_heap || new_value < old_value)
            continue;
        hsn__row_values(run, columns, row, false, values);
        size_t count = known_values(run, values, known);
        if (count < rule->window)
            continue;
        double level = hsn__night_median(known + count - rule->window, rule->window / 4);
        double gain = fmax(heap * least_share_of_heap, level * share * TYPE_FACTOR);
        if (rule->min_growth.has_amount)
            gain = fmax(gain, rule->min_growth.amount);
        r = hsn__creep_find(known, count, rule->window, gain, &creep, run->err);
        if (r >= 0 && creep.creeps)
            r = creep_finding(run, index, totals->keys[row].type, values, &creep);
    }
    return r;
}

int hsn__judge_creep(hsn__run *run, size_t index)
{
    const hsn__rule *rule = &run->policy->rules[index];
    const hsn__columns *columns;
    double *values, known[HSN__STATS_MAX];
    hsn__creep creep;
    int r = hsn__measure_read(run, HSN__MEASURE_HEAP, index, &values);
    if (r < 0)
        return r;
    size_t count = known_values(run, values, known);
    if (count < rule->window)
        return hsn__rule_skip(run, index, false, "%zu snapshots, and it takes %u", count,
                              (unsigned)rule->window);
    double level = hsn__night_median(known + count - rule->window, rule->window / 4);
    double gain = rule->min_growth.has_share ? level * rule->min_growth.share : 0;
    if (rule->min_growth.has_amount)
        gain = fmax(gain, rule->min_growth.amount);
    r = hsn__creep_find(known, count, rule->window, gain, &creep, run->err);
    if (r >= 0 && creep.creeps)
        r = creep_finding(run, index, "", values, &creep);
    if (r >= 0)
        r = hsn__totals_over(run, HSN_BY_TYPE, &columns);
    if (r >= 0 && columns->status >= 0 && hsn__has_tonight(run, columns))
        r = creep_of_types(run, index, columns, values);
    if (r < 0)
        return r;
    const char *reason = hsn__report_format(
        run, "%+.1f %% over %u snapshots",
        creep.level_old > 0 ? (creep.level_new / creep.level_old - 1) * 100 : 0.0,
        (unsigned)rule->window);
    return hsn__rule_close(run, index, reason);
}
