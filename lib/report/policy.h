// SPDX-License-Identifier: MIT
// A policy as the parser leaves it: inputs, baseline, rules, allow-list.
#ifndef HSN_REPORT_POLICY_H
#define HSN_REPORT_POLICY_H

#include <stdbool.h>

#include "base/arena.h"
#include "heapsnap/report.h"
#include "report/policy_yaml.h"

/** How a rule looks at snapshots. */
typedef enum hsn__rule_look {
    HSN__LOOK_SCALAR, /**< one number a snapshot */
    HSN__LOOK_ROWS,   /**< a number for each type, module or line that matches */
    HSN__LOOK_NEW_TYPES,
    HSN__LOOK_NEW_CYCLES,
    HSN__LOOK_STEPS, /**< growth at every step */
    HSN__LOOK_CREEP, /**< slow growth over weeks */
} hsn__rule_look;

/** What the numbers are. */
typedef enum hsn__unit { HSN__UNIT_BYTES, HSN__UNIT_COUNT, HSN__UNIT_MS } hsn__unit;

/** Where a scalar comes from. */
typedef enum hsn__measure {
    HSN__MEASURE_HEAP,
    HSN__MEASURE_OBJECTS,
    HSN__MEASURE_RSS,
    HSN__MEASURE_LONGEST_PAUSE,
    HSN__MEASURE_TOTAL_PAUSE,
    HSN__MEASURE_PLAIN, /**< those before stand in the totals of every snapshot */
    HSN__MEASURE_GARBAGE = HSN__MEASURE_PLAIN,
    HSN__MEASURE_SURPLUS,
    HSN__MEASURE_HOLDER,
    HSN__MEASURE_NONE,
} hsn__measure;

/** A tolerance: exceeded when each part that is given is exceeded. */
typedef struct hsn__limit {
    bool has_share, has_amount;
    double share;  /**< 0.1 = 10 % */
    double amount; /**< in the rule's unit */
} hsn__limit;

/** A row of the table of kinds: policy_rules.c. */
typedef struct hsn__rule_kind {
    const char *name;
    const char *title; /**< of what is judged: "heap bytes" */
    hsn__rule_look look;
    hsn__measure measure;
    hsn__unit unit;
    hsn_by by;               /**< of HSN__LOOK_ROWS */
    unsigned keys;           /**< bits of hsn__rule_key that it takes */
    const char *pattern_key; /**< the key that names what it looks at; NULL = none */
    const char *max, *max_growth, *min_growth; /**< defaults as they would be written */
} hsn__rule_kind;

/** Bits of hsn__rule_kind.keys beside those that every rule has. */
enum hsn__rule_key {
    HSN__KEY_MAX = 1,
    HSN__KEY_MAX_GROWTH = 2,
    HSN__KEY_COUNT = 4, /**< max_count, max_count_growth */
    HSN__KEY_PATTERN = 8,
    HSN__KEY_LINE = 16,
    HSN__KEY_BY = 32,
    HSN__KEY_STEPS = 64,
    HSN__KEY_MIN_GROWTH = 128,
    HSN__KEY_MIN_SIZE = 256,
    HSN__KEY_MIN_OBJECTS = 512,
    HSN__KEY_WINDOW = 1024,
    HSN__KEY_MIN_SHARE = 2048,
};

typedef struct hsn__rule {
    const hsn__rule_kind *kind;
    uint32_t line; /**< in the file; 0 = default rule */
    hsn_severity severity;
    const char *title;   /**< given by the user; NULL = none */
    const char *pattern; /**< glob; NULL = all */
    uint32_t file_line;  /**< 0 = any */
    double max;          /**< NAN = none */
    double max_count;
    hsn__limit max_growth;
    hsn__limit max_count_growth;
    hsn__limit min_growth;
    double min_share; /**< of the heap that a row must gain to count */
    double min_size_bytes;
    double min_objects;
    hsn_by by;
    uint32_t steps; /**< 0 = as many as there are, up to five */
    uint32_t window;
} hsn__rule;

typedef enum hsn__baseline_kind {
    HSN__BASELINE_AUTO, /**< median of up to 7 before; the previous one while there are few */
    HSN__BASELINE_PREVIOUS,
    HSN__BASELINE_MEDIAN,
    HSN__BASELINE_BEST,
    HSN__BASELINE_TAG,
    HSN__BASELINE_LABEL,
    HSN__BASELINE_STORE,
} hsn__baseline_kind;

typedef struct hsn__baseline_choice {
    hsn__baseline_kind kind;
    uint32_t count;   /**< of MEDIAN and BEST */
    const char *name; /**< tag's name, label, or store argument */
    const char *value;
} hsn__baseline_choice;

typedef struct hsn__input_choice {
    const char *path;  /**< file, folder, glob, or store#SNAPSHOT */
    const char *label; /**< glob over labels; NULL = all */
    bool literal;      /**< from the command line: relative to where we are */
    uint32_t line;     /**< in the file; 0 = from the command line */
} hsn__input_choice;

typedef struct hsn__allowance {
    const char *rule, *type, *holder, *module, *file, *fingerprint; /**< NULL = any */
    const char *reason;
    const char *expires;   /**< "2027-01-31"; NULL = never */
    int64_t until_unix_ms; /**< first moment at which it counts no more; INT64_MAX = never */
    uint32_t line;
} hsn__allowance;

#define HSN__MAX_RULES 1000

struct hsn_policy {
    hsn__arena arena;
    const char *path, *folder; /**< folder ends in '/', or is "" */
    const char *name;
    hsn__input_choice *inputs;
    size_t input_count;
    const char *history;
    uint32_t keep_graphs;      /**< newest snapshots of the history that keep their objects */
    uint64_t keep_totals_days; /**< 0 = for ever */
    hsn_pair *select;
    size_t select_count;
    hsn__baseline_choice baseline;
    uint32_t last;          /**< only so many newest snapshots; 0 = all */
    uint32_t min_snapshots; /**< fewer is trouble; 0 = not said */
    bool explain;           /**< look into the object graph for holders */
    hsn__rule *rules;
    size_t rule_count;
    hsn__allowance *allowances;
    size_t allowance_count;
};

/** Row `index` of the kinds of rules; NULL after the last one. */
const hsn__rule_kind *hsn__rule_kind_get(size_t index);

/** The kind of that name; NULL. */
const hsn__rule_kind *hsn__rule_kind_find(const char *name);

/** A rule of a kind with its defaults. */
hsn__rule hsn__rule_of(const hsn__rule_kind *kind);

/** Append the default rules. Errors: HSN_ENOMEM. */
int hsn__policy_default_rules(hsn_policy *policy, hsn_error *err);

/** Append a rule. Errors: HSN_ELIMIT, HSN_ENOMEM. */
int hsn__policy_add_rule(hsn_policy *policy, const hsn__rule *rule, hsn_error *err);

/** Fill policy->rules from the node of `rules`. */
int hsn__policy_rules(hsn_policy *policy, const hsn__yaml *node, hsn_error *err);

/** The nearest of `words` (by edits) to what was typed; NULL when none is near. */
const char *hsn__suggest(const char *typed, const char *const *words, size_t count);

/** "unknown WHAT 'typed' (did you mean …?)" or "(known: …)" at a key or value. */
int hsn__policy_unknown(const hsn_policy *policy, const hsn__yaml *node, bool at_key,
                        const char *what, const char *typed, const char *const *words, size_t count,
                        hsn_error *err);

// ---- values -----------------------------------------------------------------------------------

/** Text of a scalar that is not empty. */
int hsn__policy_text(const hsn_policy *policy, const hsn__yaml *node, const char **out,
                     hsn_error *err);
int hsn__policy_bool(const hsn_policy *policy, const hsn__yaml *node, bool *out, hsn_error *err);
/** An integer of least … most. */
int hsn__policy_count(const hsn_policy *policy, const hsn__yaml *node, uint32_t least,
                      uint32_t most, uint32_t *out, hsn_error *err);
/** "365d", "52w": whole days. */
int hsn__policy_days(const hsn_policy *policy, const hsn__yaml *node, uint64_t *out,
                     hsn_error *err);
/** "10MiB", "1000", "50ms", as the unit asks. */
int hsn__policy_amount(const hsn_policy *policy, const hsn__yaml *node, hsn__unit unit, double *out,
                       hsn_error *err);
/** "10%", an amount, or a list of both. */
int hsn__policy_limit(const hsn_policy *policy, const hsn__yaml *node, hsn__unit unit,
                      hsn__limit *out, hsn_error *err);
int hsn__policy_severity(const hsn_policy *policy, const hsn__yaml *node, hsn_severity *out,
                         hsn_error *err);
int hsn__policy_by(const hsn_policy *policy, const hsn__yaml *node, hsn_by *out, hsn_error *err);
/** "2027-01-31": the text, and the first moment after that day. */
int hsn__policy_date(const hsn_policy *policy, const hsn__yaml *node, const char **out,
                     int64_t *out_until_unix_ms, hsn_error *err);

/** A limit as it would be written: for the defaults of the table. False when it is no limit. */
bool hsn__limit_read(const char *text, hsn__unit unit, hsn__limit *out);
bool hsn__amount_read(const char *text, hsn__unit unit, double *out);

#endif
