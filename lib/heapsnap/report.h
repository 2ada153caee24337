// SPDX-License-Identifier: MIT
// report: a policy judged over snapshots: did memory get worse tonight, what, since when, who holds
// it.
#ifndef HEAPSNAP_REPORT_H
#define HEAPSNAP_REPORT_H

#include "heapsnap/cycles.h"
#include "heapsnap/diff.h"
#include "heapsnap/finding.h"
#include "heapsnap/table.h"
#include "heapsnap/why.h"

#ifdef __cplusplus
extern "C" {
#endif

// ---- the policy -------------------------------------------------------------------------------

/** What to look at and what not to tolerate: docs/report.md, schemas/policy.schema.json. */
typedef struct hsn_policy hsn_policy;

/**
 * Read a policy file (YAML). An empty one is valid: the defaults judge.
 *
 * Owns:   free *out with hsn_policy_free().
 * Errors: HSN_EIO, HSN_EFORMAT (message: "line 4, column 5: unknown key 'sevrity' (did you mean
 *         'severity'?)"), HSN_ELIMIT (size, depth, rules), HSN_ENOMEM.
 * Cost:   O(size of the file), which may have 1 MiB.
 */
HSN_API int hsn_policy_read(hsn_policy **out, const char *path, hsn_error *err);

/**
 * The same from memory. `path` is for messages, and its folder is where relative paths begin.
 *
 * Owns:   free *out with hsn_policy_free().
 * Errors: as hsn_policy_read().
 */
HSN_API int hsn_policy_parse(hsn_policy **out, const char *path, const char *text, size_t size,
                             hsn_error *err);

/** Accepts NULL. */
HSN_API void hsn_policy_free(hsn_policy *policy);

// ---- the outcome ------------------------------------------------------------------------------

/** X(NAME, "word"). Of a rule, and of the whole report: the worst of its rules. */
#define HSN_OUTCOME_LIST(X)                                                                        \
    X(SKIPPED, "skipped") /* could not be judged: the reason says why */                           \
    X(PASSED, "passed")                                                                            \
    X(WARNED, "warned")                                                                            \
    X(FAILED, "failed")

typedef enum hsn_outcome {
#define HSN_OUTCOME_ROW(name, text) HSN_OUTCOME_##name,
    HSN_OUTCOME_LIST(HSN_OUTCOME_ROW)
#undef HSN_OUTCOME_ROW
        HSN_OUTCOME_COUNT
} hsn_outcome;

/** The word of an outcome; "unknown" outside the list. Static. */
HSN_API const char *hsn_outcome_name(hsn_outcome verdict);

/** A snapshot that was found. */
typedef struct hsn_report_input {
    const char *argument;   /**< how a tool would open it: "nightly.db#3" */
    hsn_snapshot_info info; /**< its strings live as long as the report */
    hsn_pair *tags;
    size_t tag_count;
    double longest_pause_ms; /**< NAN = unknown */
    double total_pause_ms;
    int has_graph;        /**< objects and references, not totals alone */
    int in_history;       /**< it comes from the history store */
    const char *excluded; /**< why it was not looked at; "" = it was */
} hsn_report_input;

/** What a rule found: one row of the policy, one verdict. */
typedef struct hsn_report_rule {
    const char *name;    /**< "heap", "type" …: the policy's word */
    const char *subject; /**< what it looks at: "app.*", "app.cache._pending[*]"; "" = all */
    const char *title;   /**< one line: "heap bytes grow by at most 10 %" */
    hsn_severity severity;
    hsn_outcome verdict;
    const char *reason; /**< one line: what was compared, or why it was skipped */
    const char *unit;   /**< of the values: "bytes", "count", "ms"; "" = none */
    double value_old;   /**< baseline; NAN = none, or several subjects */
    double value_new;
    double value_limit; /**< NAN = none */
    size_t findings;    /**< that count: not allowed */
    size_t allowed;     /**< that the allow-list lets through */
    uint32_t line;      /**< in the policy; 0 = a default rule */
} hsn_report_rule;

/** A finding with what a page shows beside it. */
typedef struct hsn_report_finding {
    hsn_finding finding;       /**< severity NOTE: allowed, or only remembered for later nights */
    size_t rule;               /**< index into rules */
    const char *type;          /**< full type name; "" = none */
    size_t cause_of;           /**< finding that it explains; SIZE_MAX = stands for itself */
    size_t why;                /**< row of hsn_report.why; SIZE_MAX = none */
    size_t cycle;              /**< row of hsn_report.cycles; SIZE_MAX = none */
    const char *allowed;       /**< reason of the allow-list; "" = it counts */
    const char *allowed_until; /**< "2027-01-31"; "" = for ever */
    int is_new;                /**< no earlier snapshot has it */
    double *points;            /**< one per report point, NAN = unknown; NULL = none */
} hsn_report_finding;

/** A curve over the report's points. */
typedef struct hsn_report_series {
    const char *name; /**< "heap_bytes", "objects", "rss_bytes", "longest_pause_ms" … */
    const char *unit; /**< "bytes", "count", "ms" */
    double *points;   /**< one per report point, NAN = unknown */
} hsn_report_series;

typedef enum hsn_report_picture_kind {
    HSN_REPORT_TREND, /**< curves over the report's points */
    HSN_REPORT_CYCLE, /**< a reference cycle */
    HSN_REPORT_FLAME, /**< allocations by stack; has a script of its own */
} hsn_report_picture_kind;

/** A picture for a page. */
typedef struct hsn_report_picture {
    hsn_report_picture_kind kind;
    const char *title;
    const char *svg; /**< NUL-terminated document */
    size_t svg_size;
} hsn_report_picture;

typedef struct hsn_report {
    const char *name;        /**< of the policy; else its file's */
    const char *policy_path; /**< "" = defaults */
    hsn_outcome verdict;
    const char *headline; /**< one line: "failed: heap grew by 18 %, 2 findings, 1 new" */
    int is_partial;       /**< something could not be read or judged: warnings tell */

    hsn_report_input *inputs; /**< in the order found */
    size_t input_count;
    size_t *points; /**< inputs that were looked at, by time of capture; the last one is judged */
    size_t point_count;
    size_t judged;             /**< input */
    size_t baseline;           /**< input that objects were compared with; SIZE_MAX = none */
    const char *baseline_text; /**< "median of the 7 snapshots before", and why that one */

    hsn_report_rule *rules; /**< in the order of the policy */
    size_t rule_count;
    hsn_report_finding *findings; /**< worst first; a cause stands after what it explains */
    size_t finding_count;
    hsn_report_series *series;
    size_t series_count;
    const char **warnings; /**< one line each */
    size_t warning_count;

    hsn_diff types; /**< baseline → judged, by type; no rows without a baseline */
    int has_why;
    hsn_why why; /**< baseline → judged, when both have objects */
    int has_cycles;
    hsn_cycles cycles;     /**< of the judged snapshot, alike components together */
    uint8_t *cycle_is_new; /**< one per row of cycles */

    hsn_report_picture *pictures; /**< none unless the options ask for them */
    size_t picture_count;

    const char *history; /**< path of the history store; "" = none */
    size_t kept;         /**< snapshots that were added to it */
    void *memory;        /**< private */
} hsn_report;

/** All zero = what the policy says. */
typedef struct hsn_report_options {
    const char *const *inputs; /**< instead of the policy's: paths, relative to where we are */
    size_t input_count;
    const char *history; /**< history store instead of the policy's; it need not exist yet */
    int pictures;        /**< also draw what a page shows */
    int keep;            /**< add what was looked at to the history, with the findings */
    const hsn_progress *progress;
} hsn_report_options;

/**
 * Judge: find the inputs, choose the snapshot of tonight and its baseline, apply every rule,
 * explain what grew, and look up since when each finding is known.
 *
 * Nothing is written but, with options->keep, the history, and the dominators that a rule `holder`
 * computed into the store that it looked at. Dates (of the allow-list) are compared
 * with the time of capture of the judged snapshot, so the same inputs give the same report at any
 * time.
 *
 * Owns:    free *out with hsn_report_free(). Independent of the stores after that.
 * Errors:  HSN_ENOTFOUND (no snapshot, none that matches, a baseline that is named and missing),
 *          HSN_ELIMIT (snapshots), HSN_EIO, HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM, HSN_ECANCELED.
 *          An input that cannot be read is a warning and makes the report partial.
 * Cost:    O(snapshots + types × window) and, when something grew or cycles are asked for, that of
 *          hsn_why_over() and hsn_cycles_find() on two snapshots.
 * Threads: one thread at a time over the same stores.
 * Source:  docs/report.md
 */
HSN_API int hsn_report_run(const hsn_policy *policy, const hsn_report_options *options,
                           hsn_report *out, hsn_error *err);

/** Accepts a report that is all zero, and NULL. */
HSN_API void hsn_report_free(hsn_report *report);

// ---- outputs ----------------------------------------------------------------------------------

/** X(NAME, "word of the format"). */
#define HSN_REPORT_FORMAT_LIST(X)                                                                  \
    X(TEXT, "text")                                                                                \
    X(JSON, "json")               /* schemas/json/report.schema.json */                            \
    X(CSV, "csv")                 /* the findings */                                               \
    X(MARKDOWN, "md")             /* for a pull request */                                         \
    X(HTML, "html")               /* a page that stands alone */                                   \
    X(JUNIT, "junit")             /* XML: a test case per rule */                                  \
    X(OPENMETRICS, "openmetrics") /* for node_exporter's textfile collector */                     \
    X(GITHUB, "github")           /* workflow commands */                                          \
    X(GITLAB, "gitlab")           /* code quality JSON */                                          \
    X(AZURE, "azure")             /* logging commands */                                           \
    X(TEAMCITY, "teamcity")       /* service messages */

typedef enum hsn_report_format {
#define HSN_REPORT_FORMAT_ROW(name, text) HSN_REPORT_##name,
    HSN_REPORT_FORMAT_LIST(HSN_REPORT_FORMAT_ROW)
#undef HSN_REPORT_FORMAT_ROW
        HSN_REPORT_FORMAT_COUNT
} hsn_report_format;

typedef struct hsn_report_render_options {
    size_t limit;       /**< rows of each table; 0 = 20 */
    int exact_bytes;    /**< text: 1572864 instead of "1.5 MiB" */
    int color;          /**< text */
    unsigned width;     /**< text: columns of the terminal; 0 = do not cut */
    const char *folder; /**< annotations: files below it are told from there; NULL = as captured */
} hsn_report_render_options;

/** The word of a format; "unknown" outside the list. Static. */
HSN_API const char *hsn_report_format_name(hsn_report_format format);

/**
 * Print a report. The same report gives the same bytes.
 *
 * Errors: HSN_EIO (write), HSN_ENOMEM, HSN_ELIMIT.
 */
HSN_API int hsn_report_render(const hsn_report *report, hsn_report_format format,
                              const hsn_report_render_options *options, const hsn_writer *writer,
                              hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
