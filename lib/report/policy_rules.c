// SPDX-License-Identifier: MIT
// The kinds of rules, the keys that a rule takes, and the rules of an empty policy.
#include "report/policy.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

// Defaults are what a rule means that says nothing but its name.
static const hsn__rule_kind kinds[] = {
    {.name = "heap",
     .title = "heap bytes",
     .measure = HSN__MEASURE_HEAP,
     .unit = HSN__UNIT_BYTES,
     .keys = HSN__KEY_MAX | HSN__KEY_MAX_GROWTH,
     .max_growth = "10%"},
    {.name = "objects",
     .title = "objects",
     .measure = HSN__MEASURE_OBJECTS,
     .unit = HSN__UNIT_COUNT,
     .keys = HSN__KEY_MAX | HSN__KEY_MAX_GROWTH,
     .max_growth = "10%"},
    {.name = "rss",
     .title = "resident memory",
     .measure = HSN__MEASURE_RSS,
     .unit = HSN__UNIT_BYTES,
     .keys = HSN__KEY_MAX | HSN__KEY_MAX_GROWTH,
     .max_growth = "10%"},
    {.name = "longest_pause",
     .title = "longest collector pause",
     .measure = HSN__MEASURE_LONGEST_PAUSE,
     .unit = HSN__UNIT_MS,
     .keys = HSN__KEY_MAX | HSN__KEY_MAX_GROWTH,
     .max = "50ms"},
    {.name = "total_pause",
     .title = "time in the collector",
     .measure = HSN__MEASURE_TOTAL_PAUSE,
     .unit = HSN__UNIT_MS,
     .keys = HSN__KEY_MAX | HSN__KEY_MAX_GROWTH,
     .max_growth = "20%, 100ms"},
    {.name = "garbage",
     .title = "uncollected garbage",
     .measure = HSN__MEASURE_GARBAGE,
     .unit = HSN__UNIT_BYTES,
     .keys = HSN__KEY_MAX | HSN__KEY_MAX_GROWTH,
     .max_growth = "50%, 1MiB"},
    {.name = "refcount_surplus",
     .title = "references that nothing visible holds",
     .measure = HSN__MEASURE_SURPLUS,
     .unit = HSN__UNIT_COUNT,
     .keys = HSN__KEY_MAX | HSN__KEY_MAX_GROWTH,
     .max_growth = "10%, 100"},
    {.name = "holder",
     .title = "bytes retained by",
     .measure = HSN__MEASURE_HOLDER,
     .unit = HSN__UNIT_BYTES,
     .keys = HSN__KEY_MAX | HSN__KEY_MAX_GROWTH | HSN__KEY_PATTERN,
     .pattern_key = "holder",
     .max_growth = "10%, 64KiB"},
    {.name = "type",
     .title = "bytes of type",
     .look = HSN__LOOK_ROWS,
     .measure = HSN__MEASURE_NONE,
     .unit = HSN__UNIT_BYTES,
     .by = HSN_BY_TYPE,
     .keys = HSN__KEY_MAX | HSN__KEY_MAX_GROWTH | HSN__KEY_COUNT | HSN__KEY_PATTERN |
             HSN__KEY_MIN_SHARE,
     .pattern_key = "type",
     .max_growth = "10%, 64KiB"},
    {.name = "module",
     .title = "bytes of module",
     .look = HSN__LOOK_ROWS,
     .measure = HSN__MEASURE_NONE,
     .unit = HSN__UNIT_BYTES,
     .by = HSN_BY_MODULE,
     .keys = HSN__KEY_MAX | HSN__KEY_MAX_GROWTH | HSN__KEY_COUNT | HSN__KEY_PATTERN |
             HSN__KEY_MIN_SHARE,
     .pattern_key = "module",
     .max_growth = "10%, 64KiB"},
    {.name = "line",
     .title = "bytes allocated at",
     .look = HSN__LOOK_ROWS,
     .measure = HSN__MEASURE_NONE,
     .unit = HSN__UNIT_BYTES,
     .by = HSN_BY_LINENO,
     .keys = HSN__KEY_MAX | HSN__KEY_MAX_GROWTH | HSN__KEY_COUNT | HSN__KEY_PATTERN |
             HSN__KEY_LINE | HSN__KEY_MIN_SHARE,
     .pattern_key = "file",
     .max_growth = "10%, 64KiB"},
    {.name = "new_types",
     .title = "new types",
     .look = HSN__LOOK_NEW_TYPES,
     .measure = HSN__MEASURE_NONE,
     .unit = HSN__UNIT_BYTES,
     .by = HSN_BY_TYPE,
     .keys = HSN__KEY_MIN_SIZE | HSN__KEY_PATTERN,
     .pattern_key = "type"},
    {.name = "new_cycles",
     .title = "new reference cycles",
     .look = HSN__LOOK_NEW_CYCLES,
     .measure = HSN__MEASURE_NONE,
     .unit = HSN__UNIT_COUNT,
     .keys = HSN__KEY_MIN_OBJECTS | HSN__KEY_PATTERN,
     .pattern_key = "type"},
    {.name = "growth",
     .title = "growth at every step",
     .look = HSN__LOOK_STEPS,
     .measure = HSN__MEASURE_NONE,
     .unit = HSN__UNIT_BYTES,
     .by = HSN_BY_TYPE,
     .keys = HSN__KEY_BY | HSN__KEY_STEPS | HSN__KEY_MIN_GROWTH | HSN__KEY_PATTERN,
     .pattern_key = "type",
     .min_growth = "1%, 64KiB"},
    {.name = "creep",
     .title = "slow growth",
     .look = HSN__LOOK_CREEP,
     .measure = HSN__MEASURE_NONE,
     .unit = HSN__UNIT_BYTES,
     .by = HSN_BY_TYPE,
     .keys = HSN__KEY_WINDOW | HSN__KEY_MIN_GROWTH,
     .min_growth = "8%"},
};

enum {
    KIND_COUNT = sizeof kinds / sizeof *kinds,
    DEFAULT_WINDOW = 28,
    DEFAULT_MIN_SIZE_BYTES = 1 << 20,
    DEFAULT_MIN_OBJECTS = 10,
};

#define DEFAULT_MIN_SHARE 0.05

const hsn__rule_kind *hsn__rule_kind_get(size_t index)
{
    return index < KIND_COUNT ? &kinds[index] : NULL;
}

const hsn__rule_kind *hsn__rule_kind_find(const char *name)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (!strcmp(kinds[i].name, name))
            return &kinds[i];
    return NULL;
}

hsn__rule hsn__rule_of(const hsn__rule_kind *kind)
{
    return (hsn__rule){.kind = kind,
                       .severity = HSN_SEVERITY_FAIL,
                       .max = NAN,
                       .max_count = NAN,
                       .min_size_bytes = DEFAULT_MIN_SIZE_BYTES,
                       .min_objects = DEFAULT_MIN_OBJECTS,
                       .by = kind->by,
                       .window = DEFAULT_WINDOW};
}

// A rule without any limit of its own gets those of its kind.
static void fill_defaults(hsn__rule *rule)
{
    const hsn__rule_kind *kind = rule->kind;
    bool limited = !isnan(rule->max) || !isnan(rule->max_count) || rule->max_growth.has_share ||
                   rule->max_growth.has_amount || rule->max_count_growth.has_share ||
                   rule->max_count_growth.has_amount;
    if (!limited && kind->max)
        hsn__amount_read(kind->max, kind->unit, &rule->max);
    if (!limited && kind->max_growth)
        hsn__limit_read(kind->max_growth, kind->unit, &rule->max_growth);
    if (!rule->min_growth.has_share && !rule->min_growth.has_amount && kind->min_growth)
        hsn__limit_read(kind->min_growth, kind->unit, &rule->min_growth);
}

int hsn__policy_add_rule(hsn_policy *policy, const hsn__rule *rule, hsn_error *err)
{
    if (policy->rule_count == HSN__MAX_RULES)
        return hsn__fail_limit(err, "rules of the policy", HSN__MAX_RULES);
    if (!policy->rules)
        policy->rules = hsn__arena_zeroed(&policy->arena, HSN__MAX_RULES, sizeof *policy->rules);
    if (!policy->rules)
        return hsn__fail_memory(err);
    policy->rules[policy->rule_count] = *rule;
    fill_defaults(&policy->rules[policy->rule_count++]);
    return HSN_OK;
}

int hsn__policy_default_rules(hsn_policy *policy, hsn_error *err)
{
    static const char *const names[] = {"heap",   "type",  "longest_pause",
                                        "growth", "creep", "new_cycles"};
    int r = HSN_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names && r >= 0; i++) {
        hsn__rule rule = hsn__rule_of(hsn__rule_kind_find(names[i]));
        // Of types, only what the heap would feel.
        if (rule.kind->look == HSN__LOOK_ROWS) {
            hsn__limit_read("25%, 64KiB", HSN__UNIT_BYTES, &rule.max_growth);
            rule.min_share = DEFAULT_MIN_SHARE;
        }
        r = hsn__policy_add_rule(policy, &rule, err);
    }
    return r;
}

// ---- reading ----------------------------------------------------------------------------------

static int read_severity(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule, hsn_error *err)
{
    return hsn__policy_severity(policy, node, &rule->severity, err);
}

static int read_title(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule, hsn_error *err)
{
    return hsn__policy_text(policy, node, &rule->title, err);
}

static int read_max(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule, hsn_error *err)
{
    return hsn__policy_amount(policy, node, rule->kind->unit, &rule->max, err);
}

static int read_max_growth(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule,
                           hsn_error *err)
{
    return hsn__policy_limit(policy, node, rule->kind->unit, &rule->max_growth, err);
}

static int read_max_count(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule,
                          hsn_error *err)
{
    return hsn__policy_amount(policy, node, HSN__UNIT_COUNT, &rule->max_count, err);
}

static int read_max_count_growth(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule,
                                 hsn_error *err)
{
    return hsn__policy_limit(policy, node, HSN__UNIT_COUNT, &rule->max_count_growth, err);
}

static int read_min_growth(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule,
                           hsn_error *err)
{
    return hsn__policy_limit(policy, node, rule->kind->unit, &rule->min_growth, err);
}

static int read_pattern(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule, hsn_error *err)
{
    return hsn__policy_text(policy, node, &rule->pattern, err);
}

static int read_line(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule, hsn_error *err)
{
    return hsn__policy_count(policy, node, 1, UINT32_MAX, &rule->file_line, err);
}

static int read_by(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule, hsn_error *err)
{
    return hsn__policy_by(policy, node, &rule->by, err);
}

static int read_steps(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule, hsn_error *err)
{
    return hsn__policy_count(policy, node, 2, 365, &rule->steps, err);
}

static int read_window(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule, hsn_error *err)
{
    return hsn__policy_count(policy, node, 8, 365, &rule->window, err);
}

static int read_min_size(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule, hsn_error *err)
{
    return hsn__policy_amount(policy, node, HSN__UNIT_BYTES, &rule->min_size_bytes, err);
}

static int read_min_share(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule,
                          hsn_error *err)
{
    hsn__limit limit;
    int r = hsn__policy_limit(policy, node, HSN__UNIT_COUNT, &limit, err);
    if (r >= 0 && !limit.has_share)
        r = hsn__yaml_fail(err, policy->path, node, "'min_share' takes a share like 5%%");
    rule->min_share = limit.share;
    return r;
}

static int read_min_objects(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule,
                            hsn_error *err)
{
    return hsn__policy_amount(policy, node, HSN__UNIT_COUNT, &rule->min_objects, err);
}

typedef struct key_row {
    const char *name; // NULL = the kind's pattern_key
    unsigned bit;     // 0 = every rule takes it
    int (*read)(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule, hsn_error *err);
} key_row;

static const key_row keys[] = {
    {"severity", 0, read_severity},
    {"title", 0, read_title},
    {NULL, HSN__KEY_PATTERN, read_pattern},
    {"line", HSN__KEY_LINE, read_line},
    {"max", HSN__KEY_MAX, read_max},
    {"max_growth", HSN__KEY_MAX_GROWTH, read_max_growth},
    {"max_count", HSN__KEY_COUNT, read_max_count},
    {"max_count_growth", HSN__KEY_COUNT, read_max_count_growth},
    {"by", HSN__KEY_BY, read_by},
    {"steps", HSN__KEY_STEPS, read_steps},
    {"window", HSN__KEY_WINDOW, read_window},
    {"min_growth", HSN__KEY_MIN_GROWTH, read_min_growth},
    {"min_share", HSN__KEY_MIN_SHARE, read_min_share},
    {"min_size", HSN__KEY_MIN_SIZE, read_min_size},
    {"min_objects", HSN__KEY_MIN_OBJECTS, read_min_objects},
};

enum { KEY_COUNT = sizeof keys / sizeof *keys };

static const char *key_name(const key_row *row, const hsn__rule_kind *kind)
{
    if (row->bit && !(kind->keys & row->bit))
        return NULL;
    return row->name ? row->name : kind->pattern_key;
}

static int read_key(hsn_policy *policy, const hsn__yaml *node, hsn__rule *rule, hsn_error *err)
{
    const char *names[KEY_COUNT + 1] = {"rule"};
    size_t count = 1;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const char *name = key_name(&keys[i], rule->kind);
        if (name && !strcmp(name, node->key))
            return keys[i].read(policy, node, rule, err);
        if (name)
            names[count++] = name;
    }
    return hsn__policy_unknown(policy, node, true, "key", node->key, names, count, err);
}

static int find_kind(hsn_policy *policy, const hsn__yaml *node, const hsn__rule_kind **out,
                     hsn_error *err)
{
    const char *name, *names[KIND_COUNT];
    int r = hsn__policy_text(policy, node, &name, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < KIND_COUNT; i++)
        names[i] = kinds[i].name;
    *out = hsn__rule_kind_find(name);
    return *out ? HSN_OK
                : hsn__policy_unknown(policy, node, false, "rule", name, names, KIND_COUNT, err);
}

static int read_rule(hsn_policy *policy, const hsn__yaml *item, hsn_error *err)
{
    const hsn__rule_kind *kind = NULL;
    const hsn__yaml *name = item->kind == HSN__YAML_SCALAR ? item : NULL;
    if (item->kind == HSN__YAML_SEQUENCE)
        return hsn__yaml_fail(err, policy->path, item, "a rule is a name or a mapping");
    for (const hsn__yaml *node = item->first; node && !name; node = node->next)
        if (!strcmp(node->key, "rule"))
            name = node;
    if (!name)
        return hsn__yaml_fail(err, policy->path, item, "a rule needs the key 'rule'");
    int r = find_kind(policy, name, &kind, err);
    if (r < 0)
        return r;
    hsn__rule rule = hsn__rule_of(kind);
    rule.line = item->line;
    for (const hsn__yaml *node = item->first; node && r >= 0; node = node->next)
        if (node != name)
            r = read_key(policy, node, &rule, err);
    if (r >= 0 && kind->measure == HSN__MEASURE_HOLDER && !rule.pattern)
        r = hsn__yaml_fail(err, policy->path, item, "rule 'holder' needs the key 'holder'");
    return r < 0 ? r : hsn__policy_add_rule(policy, &rule, err);
}

int hsn__policy_rules(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    int r = HSN_OK;
    if (node->kind != HSN__YAML_SEQUENCE)
        return hsn__yaml_fail(err, policy->path, node, "'rules' takes a list");
    for (const hsn__yaml *item = node->first; item && r >= 0; item = item->next)
        r = read_rule(policy, item, err);
    return r;
}
