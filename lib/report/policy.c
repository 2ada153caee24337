// SPDX-License-Identifier: MIT
// A policy file: the keys of its top level, each with the function that reads it.
#include "report/policy.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_POLICY_BYTES = 1 << 20,
    MAX_INPUTS = 1000,
    MAX_ALLOWANCES = 1000,
    MAX_SELECT = 100,
    MAX_LAST = 4096,
    MAX_BASELINE = 365,
};

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

// ---- words ------------------------------------------------------------------------------------

// Edits between two words of at most 31 characters; large when they are longer.
static size_t distance(const char *a, const char *b)
{
    enum { MOST = 32 };
    size_t row[MOST], a_size = strlen(a), b_size = strlen(b);
    if (a_size >= MOST || b_size >= MOST)
        return MOST;
    for (size_t j = 0; j <= b_size; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[b_size];
}

const char *hsn__suggest(const char *typed, const char *const *words, size_t count)
{
    const char *best = NULL;
    size_t least = strlen(typed) / 3 + 1;
    for (size_t i = 0; i < count; i++) {
        size_t edits = distance(typed, words[i]);
        if (edits < least || (edits == least && !best)) {
            least = edits;
            best = words[i];
        }
    }
    return best;
}

int hsn__policy_unknown(const hsn_policy *policy, const hsn__yaml *node, bool at_key,
                        const char *what, const char *typed, const char *const *words, size_t count,
                        hsn_error *err)
{
    int (*fail)(hsn_error *, const char *, const hsn__yaml *, const char *, ...) =
        at_key ? hsn__yaml_fail_key : hsn__yaml_fail;
    const char *near = hsn__suggest(typed, words, count);
    char known[200] = "";
    if (near)
        return fail(err, policy->path, node, "unknown %s '%.40s' (did you mean '%s'?)", what, typed,
                    near);
    for (size_t i = 0, size = 0; i < count && size < sizeof known; i++)
        size += (size_t)snprintf(known + size, sizeof known - size, "%s%s", i ? " " : "", words[i]);
    return fail(err, policy->path, node, "unknown %s '%.24s' (known: %s)", what, typed, known);
}

// ---- inputs -----------------------------------------------------------------------------------

static int add_input(hsn_policy *policy, const hsn__input_choice *input, hsn_error *err)
{
    if (policy->input_count == MAX_INPUTS)
        return hsn__fail_limit(err, "inputs of the policy", MAX_INPUTS);
    policy->inputs[policy->input_count++] = *input;
    return HSN_OK;
}

static int read_input(hsn_policy *policy, const hsn__yaml *item, hsn_error *err)
{
    static const char *const names[] = {"path", "label"};
    hsn__input_choice input = {.line = item->line};
    int r = HSN_OK;
    if (item->kind == HSN__YAML_SCALAR)
        r = hsn__policy_text(policy, item, &input.path, err);
    for (const hsn__yaml *node = item->first; node && r >= 0; node = node->next)
        if (item->kind == HSN__YAML_SEQUENCE)
            r = hsn__yaml_fail(err, policy->path, item, "an input is a path or a mapping");
        else if (!strcmp(node->key, "path"))
            r = hsn__policy_text(policy, node, &input.path, err);
        else if (!strcmp(node->key, "label"))
            r = hsn__policy_text(policy, node, &input.label, err);
        else
            r = hsn__policy_unknown(policy, node, true, "key", node->key, names, COUNT_OF(names),
                                    err);
    if (r >= 0 && !input.path)
        r = hsn__yaml_fail(err, policy->path, item, "an input needs the key 'path'");
    return r < 0 ? r : add_input(policy, &input, err);
}

static int read_inputs(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    int r = HSN_OK;
    policy->inputs = hsn__arena_zeroed(&policy->arena, MAX_INPUTS, sizeof *policy->inputs);
    if (!policy->inputs)
        return hsn__fail_memory(err);
    if (node->kind != HSN__YAML_SEQUENCE)
        return read_input(policy, node, err);
    for (const hsn__yaml *item = node->first; item && r >= 0; item = item->next)
        r = read_input(policy, item, err);
    return r;
}

static int read_name(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    return hsn__policy_text(policy, node, &policy->name, err);
}

static int read_history(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    return hsn__policy_text(policy, node, &policy->history, err);
}

static int read_last(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    return hsn__policy_count(policy, node, 1, MAX_LAST, &policy->last, err);
}

static int read_min_snapshots(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    return hsn__policy_count(policy, node, 1, MAX_LAST, &policy->min_snapshots, err);
}

static int read_explain(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    return hsn__policy_bool(policy, node, &policy->explain, err);
}

static int read_select(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    int r = HSN_OK;
    if (node->kind != HSN__YAML_MAPPING)
        return hsn__yaml_fail(err, policy->path, node, "'select' takes tags: 'name: value'");
    policy->select = hsn__arena_zeroed(&policy->arena, MAX_SELECT, sizeof *policy->select);
    if (!policy->select)
        return hsn__fail_memory(err);
    for (const hsn__yaml *tag = node->first; tag && r >= 0; tag = tag->next) {
        hsn_pair *pair = &policy->select[policy->select_count];
        if (policy->select_count == MAX_SELECT)
            return hsn__fail_limit(err, "tags to select by", MAX_SELECT);
        pair->name = tag->key;
        r = hsn__policy_text(policy, tag, &pair->value, err);
        policy->select_count++;
    }
    return r;
}

// ---- baseline ---------------------------------------------------------------------------------

static const char *const baseline_words[] = {"auto", "previous", "median", "best"};
static const hsn__baseline_kind baseline_kinds[] = {HSN__BASELINE_AUTO, HSN__BASELINE_PREVIOUS,
                                                    HSN__BASELINE_MEDIAN, HSN__BASELINE_BEST};
enum { DEFAULT_BASELINE_COUNT = 7, DEFAULT_KEEP_GRAPHS = 7 };

static int read_baseline_tag(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    const char *text;
    int r = hsn__policy_text(policy, node, &text, err);
    if (r < 0)
        return r;
    const char *mark = strchr(text, '=');
    if (!mark || mark == text)
        return hsn__yaml_fail(err, policy->path, node, "'%.60s' is not a tag like release=1.4",
                              text);
    policy->baseline.name = hsn__arena_copy(&policy->arena, text, (size_t)(mark - text));
    policy->baseline.value = mark + 1;
    policy->baseline.kind = HSN__BASELINE_TAG;
    return policy->baseline.name ? HSN_OK : hsn__fail_memory(err);
}

static int read_baseline_label(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    policy->baseline.kind = HSN__BASELINE_LABEL;
    return hsn__policy_text(policy, node, &policy->baseline.name, err);
}

static int read_baseline_store(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    policy->baseline.kind = HSN__BASELINE_STORE;
    return hsn__policy_text(policy, node, &policy->baseline.name, err);
}

static int read_baseline_best(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    policy->baseline.kind = HSN__BASELINE_BEST;
    return hsn__policy_count(policy, node, 1, MAX_BASELINE, &policy->baseline.count, err);
}

static int read_baseline_median(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    policy->baseline.kind = HSN__BASELINE_MEDIAN;
    return hsn__policy_count(policy, node, 1, MAX_BASELINE, &policy->baseline.count, err);
}

typedef struct policy_key {
    const char *name;
    int (*read)(hsn_policy *policy, const hsn__yaml *node, hsn_error *err);
} policy_key;

static const policy_key baseline_keys[] = {
    {"best_of", read_baseline_best}, {"median_of", read_baseline_median},
    {"tag", read_baseline_tag},      {"label", read_baseline_label},
    {"store", read_baseline_store},
};

// Calls the row of a key of `node`, or tells the known ones.
static int read_keys(hsn_policy *policy, const hsn__yaml *node, const policy_key *rows,
                     size_t count, hsn_error *err)
{
    const char *names[32];
    int r = HSN_OK;
    for (const hsn__yaml *child = node->first; child && r >= 0; child = child->next) {
        size_t i = 0;
        while (i < count && strcmp(rows[i].name, child->key))
            names[i] = rows[i].name, i++;
        if (i < count)
            r = rows[i].read(policy, child, err);
        else
            r = hsn__policy_unknown(policy, child, true, "key", child->key, names, count, err);
    }
    return r;
}

static int read_baseline(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    policy->baseline.count = DEFAULT_BASELINE_COUNT;
    if (node->kind == HSN__YAML_SCALAR) {
        for (size_t i = 0; i < COUNT_OF(baseline_words); i++)
            if (!strcmp(node->text, baseline_words[i])) {
                policy->baseline.kind = baseline_kinds[i];
                return HSN_OK;
            }
        return hsn__policy_unknown(policy, node, false, "baseline", node->text, baseline_words,
                                   COUNT_OF(baseline_words), err);
    }
    if (node->kind != HSN__YAML_MAPPING || !node->first || node->first->next)
        return hsn__yaml_fail(
            err, policy->path, node,
            "'baseline' takes a word or one of best_of, median_of, tag, label, store");
    return read_keys(policy, node, baseline_keys, COUNT_OF(baseline_keys), err);
}

// ---- what the history keeps -------------------------------------------------------------------

static int read_keep_graphs(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    return hsn__policy_count(policy, node, 0, MAX_LAST, &policy->keep_graphs, err);
}

static int read_keep_totals(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    return hsn__policy_days(policy, node, &policy->keep_totals_days, err);
}

static int read_keep(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    static const policy_key rows[] = {{"graphs", read_keep_graphs}, {"totals", read_keep_totals}};
    if (node->kind != HSN__YAML_MAPPING)
        return hsn__yaml_fail(err, policy->path, node, "'keep' takes graphs and totals");
    return read_keys(policy, node, rows, COUNT_OF(rows), err);
}

// ---- allow-list -------------------------------------------------------------------------------

typedef struct allow_key {
    const char *name;
    size_t offset;
    bool matches; // it says what is allowed
} allow_key;

#define ALLOW(name, matches)                                                                       \
    {                                                                                              \
#name, offsetof(hsn__allowance, name), matches                                             \
    }
static const allow_key allow_keys[] = {
    ALLOW(rule, true), ALLOW(type, true),        ALLOW(holder, true),  ALLOW(module, true),
    ALLOW(file, true), ALLOW(fingerprint, true), ALLOW(reason, false), ALLOW(expires, false),
};
#undef ALLOW

static int read_allow_key(hsn_policy *policy, const hsn__yaml *node, hsn__allowance *to,
                          hsn_error *err)
{
    const char *names[COUNT_OF(allow_keys)];
    size_t i = 0;
    while (i < COUNT_OF(allow_keys) && strcmp(allow_keys[i].name, node->key))
        names[i] = allow_keys[i].name, i++;
    if (i == COUNT_OF(allow_keys))
        return hsn__policy_unknown(policy, node, true, "key", node->key, names, i, err);
    if (!strcmp(node->key, "expires"))
        return hsn__policy_date(policy, node, &to->expires, &to->until_unix_ms, err);
    return hsn__policy_text(policy, node, (const char **)((char *)to + allow_keys[i].offset), err);
}

static int read_allowance(hsn_policy *policy, const hsn__yaml *item, hsn_error *err)
{
    hsn__allowance *to = &policy->allowances[policy->allowance_count];
    int r = HSN_OK;
    if (item->kind != HSN__YAML_MAPPING)
        return hsn__yaml_fail(err, policy->path, item, "an allowance is a mapping");
    if (policy->allowance_count == MAX_ALLOWANCES)
        return hsn__fail_limit(err, "allowances of the policy", MAX_ALLOWANCES);
    *to = (hsn__allowance){.until_unix_ms = INT64_MAX, .line = item->line};
    for (const hsn__yaml *node = item->first; node && r >= 0; node = node->next)
        r = read_allow_key(policy, node, to, err);
    if (r < 0)
        return r;
    if (!to->rule && !to->type && !to->holder && !to->module && !to->file && !to->fingerprint)
        return hsn__yaml_fail(
            err, policy->path, item,
            "an allowance needs one of rule, type, holder, module, file, fingerprint");
    if (!to->reason)
        return hsn__yaml_fail(err, policy->path, item, "an allowance needs the key 'reason'");
    if (to->rule && !hsn__rule_kind_find(to->rule))
        return hsn__yaml_fail(err, policy->path, item, "no rule is named '%.40s'", to->rule);
    policy->allowance_count++;
    return HSN_OK;
}

static int read_allow(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    int r = HSN_OK;
    if (node->kind != HSN__YAML_SEQUENCE)
        return hsn__yaml_fail(err, policy->path, node, "'allow' takes a list");
    policy->allowances =
        hsn__arena_zeroed(&policy->arena, MAX_ALLOWANCES + 1, sizeof *policy->allowances);
    if (!policy->allowances)
        return hsn__fail_memory(err);
    for (const hsn__yaml *item = node->first; item && r >= 0; item = item->next)
        r = read_allowance(policy, item, err);
    return r;
}

// `defaults: true` keeps the default rules beside those of `rules`.
static int read_defaults(hsn_policy *policy, const hsn__yaml *node, hsn_error *err)
{
    bool wanted = false;
    int r = hsn__policy_bool(policy, node, &wanted, err);
    return r < 0 || !wanted ? r : hsn__policy_default_rules(policy, err);
}

static const policy_key top_keys[] = {
    {"name", read_name},
    {"inputs", read_inputs},
    {"history", read_history},
    {"keep", read_keep},
    {"select", read_select},
    {"last", read_last},
    {"min_snapshots", read_min_snapshots},
    {"baseline", read_baseline},
    {"defaults", read_defaults},
    {"rules", hsn__policy_rules},
    {"allow", read_allow},
    {"explain", read_explain},
};

// ---- the file ---------------------------------------------------------------------------------

static int read_tree(hsn_policy *policy, const hsn__yaml *root, hsn_error *err)
{
    int r = HSN_OK;
    bool chosen = false;
    if (root && root->kind != HSN__YAML_MAPPING)
        return hsn__yaml_fail(err, policy->path, root,
                              "a policy is a mapping: 'rules:', 'inputs:' …");
    if (root)
        r = read_keys(policy, root, top_keys, COUNT_OF(top_keys), err);
    for (const hsn__yaml *node = root ? root->first : NULL; node; node = node->next)
        chosen = chosen || !strcmp(node->key, "rules") || !strcmp(node->key, "defaults");
    if (r >= 0 && !chosen)
        r = hsn__policy_default_rules(policy, err);
    if (r >= 0 && !policy->rule_count)
        r = hsn__fail(err, HSN_EFORMAT, policy->path, "the policy has no rule");
    return r;
}

static int set_path(hsn_policy *policy, const char *path, hsn_error *err)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t length = strcspn(base, ".");
    policy->path = hsn__arena_copy(&policy->arena, path, strlen(path));
    policy->folder = hsn__arena_copy(&policy->arena, path, slash ? (size_t)(slash + 1 - path) : 0);
    policy->name = hsn__arena_copy(&policy->arena, base, length ? length : strlen(base));
    return policy->path && policy->folder && policy->name ? HSN_OK : hsn__fail_memory(err);
}

int hsn_policy_parse(hsn_policy **out, const char *path, const char *text, size_t size,
                     hsn_error *err)
{
    hsn__yaml *root = NULL;
    hsn_policy *policy = hsn__alloc_zeroed(1, sizeof *policy);
    *out = NULL;
    if (!policy)
        return hsn__fail_memory(err);
    policy->explain = true;
    policy->keep_graphs = DEFAULT_KEEP_GRAPHS;
    policy->baseline.count = DEFAULT_BASELINE_COUNT;
    int r = size > MAX_POLICY_BYTES ? hsn__fail_limit(err, "bytes of the policy", MAX_POLICY_BYTES)
                                    : set_path(policy, path, err);
    if (r >= 0)
        r = hsn__yaml_parse(&policy->arena, policy->path, text, size, &root, err);
    if (r >= 0)
        r = read_tree(policy, root, err);
    if (r < 0)
        hsn_policy_free(policy);
    else
        *out = policy;
    return r;
}

int hsn_policy_read(hsn_policy **out, const char *path, hsn_error *err)
{
    hsn__buf text = {.max = MAX_POLICY_BYTES + 1};
    FILE *file = fopen(path, "rbe");
    size_t got = 0;
    int r = HSN_OK;
    *out = NULL;
    if (!file)
        return hsn__fail_errno(err, path, "cannot open the policy");
    do {
        if (!hsn__buf_reserve(&text, 1)) {
            r = text.size >= MAX_POLICY_BYTES
                    ? hsn__fail_limit(err, "bytes of the policy", MAX_POLICY_BYTES)
                    : hsn__fail_memory(err);
            break;
        }
        got = fread(text.data + text.size, 1, text.capacity - text.size, file);
        text.size += got;
    } while (got);
    if (r >= 0 && ferror(file))
        r = hsn__fail_errno(err, path, "cannot read the policy");
    fclose(file);
    if (r >= 0)
        r = hsn_policy_parse(out, path, hsn__buf_text(&text), text.size, err);
    hsn__buf_clear(&text);
    return r;
}

void hsn_policy_free(hsn_policy *policy)
{
    if (!policy)
        return;
    hsn__arena arena = policy->arena;
    hsn__arena_clear(&arena);
    hsn__free(policy);
}
