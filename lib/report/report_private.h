// SPDX-License-Identifier: MIT
// A report under construction: the snapshots, their numbers, and what the rules say of them.
#ifndef HSN_REPORT_REPORT_PRIVATE_H
#define HSN_REPORT_REPORT_PRIVATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "heapsnap/totals.h"
#include "report/policy.h"

#define HSN__MAX_INPUTS 10000

/** Nights that a row or a creep is judged over at most. */
#define HSN__MAX_NIGHTS 120

/** An input while stores are open. */
typedef struct hsn__source {
    hsn_snapshot_ref ref;
    size_t store; /**< index into stores */
} hsn__source;

/** What stands in a snapshot's graph as single numbers; NAN = not known. */
typedef struct hsn__graph_numbers {
    bool tried;
    double garbage_bytes;
    double surplus;
    double *held_bytes; /**< one a rule; of holder rules only */
} hsn__graph_numbers;

/** Totals over the newest points that have any, read once. */
typedef struct hsn__columns {
    bool read;
    int status; /**< HSN_ENOTFOUND: no point has any */
    hsn_totals totals;
    size_t *points; /**< of each column, rising; the last one is tonight's if tonight has any */
} hsn__columns;

typedef struct hsn__run {
    const hsn_policy *policy;
    const hsn_report_options *options;
    hsn_report *report;
    hsn__arena *arena; /**< report->memory */
    hsn_error *err;

    hsn_store **stores; /**< each opened once */
    const char **store_paths;
    size_t store_count, store_capacity;
    size_t history;       /**< index of the history store; SIZE_MAX = none */
    hsn__source *sources; /**< parallel to report->inputs */
    size_t input_capacity, source_capacity, warning_capacity, finding_capacity;

    size_t reference;    /**< point that is the baseline of single comparisons; SIZE_MAX = none */
    size_t first_before; /**< points first_before … end-1 make the baseline of curves */
    bool is_banded;      /**< the baseline follows the nights: noise counts */
    hsn__columns columns[HSN_BY_COUNT];
    hsn_cycles old_cycles; /**< of the baseline's graph */
    bool cycles_read, old_cycles_read;
    hsn__graph_numbers *graphs; /**< one a point; looked at when asked */
    hsn_finding_list *before;   /**< findings of earlier nights, one a point; NULL = not read */
} hsn__run;

/** Text that lives as long as the report; NULL when memory runs out (and err says so). */
const char *hsn__report_text(hsn__run *run, const char *text);
const char *hsn__report_format(hsn__run *run, const char *format, ...) HSN__PRINTF(2, 3);

/** A line that the user must see. Errors: HSN_ENOMEM. */
int hsn__report_warn(hsn__run *run, bool partial, const char *format, ...) HSN__PRINTF(3, 4);

/** "1.5 MiB", "12", "50 ms", as the unit asks; into `out`. */
void hsn__unit_text(hsn__unit unit, double value, char out[32]);
const char *hsn__unit_name(hsn__unit unit);
/** What a row is called in a sentence: "type", "module", "line". Static. */
const char *hsn__by_word(hsn_by by);
/** The row of a severity's verdict. */
hsn_outcome hsn__outcome_of(hsn_severity severity);

// ---- inputs -----------------------------------------------------------------------------------

/** Find and open everything, choose, order: inputs, points, judged. */
int hsn__inputs_find(hsn__run *run);

/** Add one argument's snapshots: `a.db`, `a.db#label`, a dump. */
int hsn__inputs_add(hsn__run *run, const char *path, const char *label, size_t *out_first);

/** Two rows of one capture, in two stores? */
bool hsn__same_moment(const hsn_snapshot_info *a, const hsn_snapshot_info *b);

/** Index in stores of an opened path; SIZE_MAX. */
size_t hsn__inputs_store(const hsn__run *run, const char *path);

/** The place of a point's snapshot. */
const hsn_report_input *hsn__point(const hsn__run *run, size_t point);
hsn_snapshot_ref hsn__point_ref(const hsn__run *run, size_t point);

// ---- pictures ---------------------------------------------------------------------------------

/** Draw into report->pictures when the options ask for it. Errors: HSN_ENOMEM. */
int hsn__pictures_draw(hsn__run *run);

// ---- baseline ---------------------------------------------------------------------------------

/** Choose reference, first_before, is_banded; report->baseline and its text. */
int hsn__baseline_choose(hsn__run *run);

/** A value tonight against the policy's baseline. */
typedef struct hsn__comparison {
    double value_old; /**< NAN = nothing to compare with */
    double value_new;
    double margin;   /**< what nights differ by anyway; 0 = unknown */
    double week_old; /**< of the same day of the weeks before; NAN = not known */
    double week_margin;
    double highest; /**< before the last three nights; 0 = unknown */
    size_t nights;  /**< known before tonight */
} hsn__comparison;

/** `values`: one a point; the last one is tonight's. NANs are left out. */
hsn__comparison hsn__compare(const hsn__run *run, const double *values);

/** Is the growth beyond the tolerance, and beyond the noise? *out_limit: the value not to exceed.
 */
bool hsn__grew_too_much(const hsn__comparison *comparison, const hsn__limit *limit,
                        double *out_limit);

// ---- numbers ----------------------------------------------------------------------------------

/** One number a point, NAN = unknown; arena. `rule` for holders. */
int hsn__measure_read(hsn__run *run, hsn__measure measure, size_t rule, double **out);

/** Totals of the last points, read once; out->status tells whether there are any. */
int hsn__totals_over(hsn__run *run, hsn_by by, const hsn__columns **out);

/** Bytes (or counts) of a row, one a point, NAN where the totals have no column. Into `out`. */
void hsn__row_values(const hsn__run *run, const hsn__columns *columns, size_t row, bool counts,
                     double *out);

/** Is the totals' last column tonight's? */
bool hsn__has_tonight(const hsn__run *run, const hsn__columns *columns);

/** The nearest point before tonight with a graph: the reference if it has one. SIZE_MAX = none. */
size_t hsn__graph_before(const hsn__run *run);

/** Cycles of tonight and of the baseline, read once. */
int hsn__cycles_over(hsn__run *run);

/** Findings of earlier nights from their stores, read once. */
int hsn__findings_before(hsn__run *run);

// ---- rules ------------------------------------------------------------------------------------

/** Judge every rule of the policy. */
int hsn__rules_judge(hsn__run *run);

int hsn__judge_scalar(hsn__run *run, size_t rule);
int hsn__judge_rows(hsn__run *run, size_t rule);
int hsn__judge_new_types(hsn__run *run, size_t rule);
int hsn__judge_new_cycles(hsn__run *run, size_t rule);
int hsn__judge_steps(hsn__run *run, size_t rule);
int hsn__judge_creep(hsn__run *run, size_t rule);

/** A finding with the rule's severity and no values; append with hsn__finding_add(). */
hsn_report_finding hsn__finding_of(const hsn__run *run, size_t rule, const char *kind);

/** Copies nothing: strings are the report's. The allow-list and "since when" are applied. */
int hsn__finding_add(hsn__run *run, hsn_report_finding *finding, const char *identity);

/** A finding that is only remembered: value of tonight for later nights. */
int hsn__finding_note(hsn__run *run, size_t rule, const char *subject, double value,
                      const char *identity);

/** The rule could not be judged. `partial`: it should have been. */
int hsn__rule_skip(hsn__run *run, size_t rule, bool partial, const char *format, ...)
    HSN__PRINTF(4, 5);

/** After its findings: verdict and reason. */
int hsn__rule_close(hsn__run *run, size_t rule, const char *reason);

/** A copy of a curve for a finding; NULL when memory runs out. */
double *hsn__points_of(hsn__run *run, const double *values);

/** What a row is called in a finding: the type, the module, "app.py:31". NULL: no memory. */
const char *hsn__row_text(hsn__run *run, hsn_by by, const hsn_key *key);

/** Growth that the last night had, that no rule finds any more, and that is still there: warnings
 * of kind "persisting". Errors: HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT. */
int hsn__persist(hsn__run *run);

// ---- after the rules --------------------------------------------------------------------------

/** types, why, cycles: what a page shows; findings that name the causes. */
int hsn__explain(hsn__run *run);

// ---- the history ------------------------------------------------------------------------------

/** Add what was looked at to the history, in order of capture, and tonight's findings. */
int hsn__history_keep(hsn__run *run);

#endif
