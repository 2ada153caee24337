// SPDX-License-Identifier: MIT
// Unit tests of lib/report: policies whole and broken, each rule on a small week, failing memory.
#include "base/alloc.h"
#include "base/buf.h"
#include "check.h"
#include "heapsnap/load.h"
#include "heapsnap/report.h"
#include "report/policy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_NIGHTS = 40 };
static const int64_t first_ms = INT64_C(1794787200000), day_ms = 86400000;

// ---- a week of snapshots ----------------------------------------------------------------------

typedef struct week {
    char folder[64];
    size_t nights;
    const char *inputs[MOST_NIGHTS];
    char paths[MOST_NIGHTS][128];
} week;

// A night: bytes of app.Leak, bytes of app.Rest, pairs on cycles.
static bool add_night(week *w, unsigned leak_bytes, unsigned rest_bytes, unsigned pairs)
{
    unsigned address = 0x1000;
    char *path = w->paths[w->nights];
    const size_t night = w->nights;
    char folder[sizeof w->folder];
    memcpy(folder, w->folder, sizeof folder);
    snprintf(path, sizeof w->paths[0], "%s/%02zu.jsonl", folder, night);
    FILE *file = fopen(path, "w");
    if (!CHECK(file != NULL))
        return false;
    fprintf(file, "{\"heapsnap\":1,\"runtime\":\"cpython\",\"pid\":7,\"captured_at_unix_ms\":%lld,",
            (long long)(first_ms + (int64_t)w->nights * day_ms));
    fprintf(file, "\"tags\":{\"release\":\"1.%zu\"},\"rss_bytes\":%u,", w->nights,
            100000 + leak_bytes);
    fprintf(file, "\"facts\":{\"gc.pause.longest_ns\":%zu}}\n", (w->nights + 1) * 10000000);
    fprintf(file, "{\"type\":0,\"name\":\"Leak\",\"module\":\"app\"}\n"
                  "{\"type\":1,\"name\":\"Rest\",\"module\":\"app\"}\n"
                  "{\"type\":2,\"name\":\"module\",\"kind\":\"module\"}\n"
                  "{\"type\":3,\"name\":\"Node\",\"module\":\"app\"}\n"
                  "{\"string\":0,\"text\":\"leak\"}\n{\"string\":1,\"text\":\"rest\"}\n"
                  "{\"string\":2,\"text\":\"next\"}\n");
    fprintf(file,
            "{\"object\":256,\"type\":2,\"size\":64,\"rc\":2,\"flags\":1,\"text\":\"app\","
            "\"attr\":[0,512,1,768]}\n"
            "{\"object\":512,\"type\":0,\"size\":%u,\"rc\":1,\"flags\":1}\n"
            "{\"object\":768,\"type\":1,\"size\":%u,\"rc\":1,\"flags\":1}\n",
            leak_bytes, rest_bytes);
    for (unsigned i = 0; i < pairs; i++, address += 128)
        fprintf(file,
                "{\"object\":%u,\"type\":3,\"size\":48,\"rc\":1,\"flags\":1,\"attr\":[2,%u]}\n"
                "{\"object\":%u,\"type\":3,\"size\":48,\"rc\":1,\"flags\":1,\"attr\":[2,%u]}\n",
                address, address + 64, address + 64, address);
    fprintf(file,
            "{\"root\":256,\"kind\":\"module\",\"name\":\"app\"}\n"
            "{\"end\":1,\"objects\":%u,\"references\":%u,\"types\":4,\"strings\":3,"
            "\"roots\":1}\n",
            3 + 2 * pairs, 2 + 2 * pairs);
    fclose(file);
    w->inputs[w->nights] = path;
    w->nights++;
    return true;
}

static bool begin(week *w)
{
    *w = (week){.folder = "/tmp/heapsnap-report-XXXXXX"};
    return CHECK(mkdtemp(w->folder) != NULL);
}

static void end(week *w)
{
    for (size_t i = 0; i < w->nights; i++)
        unlink(w->paths[i]);
    rmdir(w->folder);
}

static int judge(const week *w, const char *text, hsn_report *out, hsn_error *err)
{
    hsn_policy *policy = NULL;
    int r = hsn_policy_parse(&policy, "policy.yaml", text, strlen(text), err);
    hsn_report_options options = {.inputs = w->inputs, .input_count = w->nights};
    *out = (hsn_report){0};
    if (r >= 0)
        r = hsn_report_run(policy, &options, out, err);
    hsn_policy_free(policy);
    return r;
}

// The verdict of the first rule; the number of its findings when asked for.
static hsn_outcome verdict(const week *w, const char *text, size_t *out_findings)
{
    hsn_report report;
    hsn_error err = {0};
    hsn_outcome outcome = HSN_OUTCOME_COUNT;
    if (CHECK_OK(judge(w, text, &report, &err), &err)) {
        outcome = report.rules[0].verdict;
        if (out_findings)
            *out_findings = report.rules[0].findings;
    }
    hsn_report_free(&report);
    return outcome;
}

// ---- rules ------------------------------------------------------------------------------------

static void test_heap_rule_takes_share_and_amount_together(void)
{
    week w;
    if (!begin(&w))
        return;
    add_night(&w, 1000, 100000, 0);
    add_night(&w, 21000, 100000, 0);
    CHECK_EQ(verdict(&w, "rules: [heap]", NULL), HSN_OUTCOME_FAILED);
    CHECK_EQ(verdict(&w, "rules: [{rule: heap, max_growth: 25%}]", NULL), HSN_OUTCOME_PASSED);
    CHECK_EQ(verdict(&w, "rules: [{rule: heap, max_growth: [10%, 1MiB]}]", NULL),
             HSN_OUTCOME_PASSED);
    CHECK_EQ(verdict(&w, "rules: [{rule: heap, max_growth: [10%, 1K]}]", NULL), HSN_OUTCOME_FAILED);
    CHECK_EQ(verdict(&w, "rules: [{rule: heap, max: 1K, severity: warn}]", NULL),
             HSN_OUTCOME_WARNED);
    end(&w);
}

static void test_each_rule_fails_on_its_own_kind_of_growth(void)
{
    static const struct {
        const char *policy;
        hsn_outcome expected;
    } rows[] = {
        {"rules: [{rule: objects, max_growth: 3}]", HSN_OUTCOME_FAILED},
        {"rules: [{rule: objects, max_growth: 4}]", HSN_OUTCOME_PASSED},
        {"rules: [{rule: rss, max: 120000}]", HSN_OUTCOME_FAILED},
        {"rules: [{rule: longest_pause, max: 15ms}]", HSN_OUTCOME_FAILED},
        {"rules: [{rule: longest_pause, max: 20ms}]", HSN_OUTCOME_PASSED},
        {"rules: [total_pause]", HSN_OUTCOME_SKIPPED},
        {"rules: [{rule: type, type: app.Leak, max_growth: 100}]", HSN_OUTCOME_FAILED},
        {"rules: [{rule: type, type: app.Rest}]", HSN_OUTCOME_PASSED},
        {"rules: [{rule: type, type: app.No}]", HSN_OUTCOME_SKIPPED},
        {"rules: [{rule: type, type: 'app.*', max_count: 3}]", HSN_OUTCOME_FAILED},
        {"rules: [{rule: type, type: 'app.*', max_growth: 1, min_share: 90%}]", HSN_OUTCOME_PASSED},
        {"rules: [{rule: module, module: app, max_growth: 10%}]", HSN_OUTCOME_FAILED},
        {"rules: [{rule: line}]", HSN_OUTCOME_SKIPPED},
        {"rules: [{rule: holder, holder: app.leak, max: 10000}]", HSN_OUTCOME_FAILED},
        {"rules: [{rule: holder, holder: app.rest, max: 200000}]", HSN_OUTCOME_PASSED},
        {"rules: [{rule: garbage, max: 100}]", HSN_OUTCOME_FAILED},
        {"rules: [{rule: garbage, max: 1K}]", HSN_OUTCOME_PASSED},
        {"rules: [{rule: new_types, min_size: 100}]", HSN_OUTCOME_FAILED},
        {"rules: [{rule: new_types, min_size: 1K}]", HSN_OUTCOME_PASSED},
        {"rules: [{rule: new_cycles, min_objects: 4}]", HSN_OUTCOME_FAILED},
        {"rules: [{rule: new_cycles, min_objects: 5}]", HSN_OUTCOME_PASSED},
        {"rules: [growth]", HSN_OUTCOME_SKIPPED},
        {"rules: [creep]", HSN_OUTCOME_SKIPPED},
    };
    week w;
    if (!begin(&w))
        return;
    add_night(&w, 1000, 100000, 0);
    add_night(&w, 21000, 100000, 2);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!CHECK_EQ(verdict(&w, rows[i].policy, NULL), rows[i].expected))
            fprintf(stderr, "    %s\n", rows[i].policy);
    end(&w);
}

static void test_growth_at_every_step_is_found_and_a_filling_cache_is_not(void)
{
    week leak, cache;
    size_t findings = 0;
    if (!begin(&leak) || !begin(&cache))
        return;
    for (unsigned i = 0; i < 5; i++) {
        add_night(&leak, 100000 * (i + 1), 1000000, 0);
        add_night(&cache, 1000000 - (1000000u >> (2 * i)), 1000000, 0);
    }
    CHECK_EQ(verdict(&leak, "rules: [growth]", &findings), HSN_OUTCOME_FAILED);
    CHECK_EQ(findings, 1);
    CHECK_EQ(verdict(&cache, "rules: [growth]", NULL), HSN_OUTCOME_PASSED);
    CHECK_EQ(verdict(&leak, "rules: [{rule: growth, min_growth: 1MiB}]", NULL), HSN_OUTCOME_PASSED);
    end(&leak);
    end(&cache);
}

static void test_spike_fails_its_night_and_does_not_move_the_baseline(void)
{
    week w;
    hsn_report report;
    hsn_error err = {0};
    if (!begin(&w))
        return;
    for (unsigned i = 0; i < 6; i++)
        add_night(&w, i == 5 ? 400000 : 1000 + i, 100000, 0);
    CHECK_EQ(verdict(&w, "rules: [heap]", NULL), HSN_OUTCOME_FAILED);
    add_night(&w, 1000, 100000, 0);
    if (CHECK_OK(judge(&w, "rules: [heap]", &report, &err), &err)) {
        CHECK_EQ(report.verdict, HSN_OUTCOME_PASSED);
        CHECK(report.rules[0].value_old < 102000);
    }
    hsn_report_free(&report);
    end(&w);
}

// Judge the newest night into a history.
static int judge_into(const week *w, const char *text, const char *history, hsn_report *out)
{
    hsn_policy *policy = NULL;
    hsn_error err = {0};
    hsn_report_options options = {
        .inputs = w->inputs + w->nights - 1, .input_count = 1, .history = history, .keep = 1};
    *out = (hsn_report){0};
    int r = hsn_policy_parse(&policy, "policy.yaml", text, strlen(text), &err);
    if (r >= 0)
        r = hsn_report_run(policy, &options, out, &err);
    CHECK_OK(r, &err);
    hsn_policy_free(policy);
    return r;
}

static void test_regression_stays_a_warning_until_it_is_gone_or_allowed(void)
{
    static const char rules[] = "rules: [heap]",
                      type_rules[] = "rules: [{rule: type, type: app.*}]",
                      allowed[] = "rules: [heap]\nallow: [{rule: heap, reason: known}]";
    const char *const policies[] = {rules, type_rules};
    for (size_t policy = 0; policy < 2; policy++) {
        week w;
        char history[128];
        size_t failed = 0, warned = 0;
        if (!begin(&w))
            return;
        snprintf(history, sizeof history, "%s/h.db", w.folder);
        for (unsigned night = 0; night < 24; night++) {
            bool leaks = night >= 8 && night < 20, lets = night == 18 && !policy;
            hsn_report report;
            add_night(&w, leaks ? 201000 : 1000, 100000, 0);
            if (judge_into(&w, lets ? allowed : policies[policy], history, &report) < 0)
                break;
            hsn_outcome verdict = report.rules[0].verdict;
            failed += verdict == HSN_OUTCOME_FAILED;
            warned += verdict == HSN_OUTCOME_WARNED;
            if (night < 8 || night >= 20 || lets)
                CHECK(verdict <= HSN_OUTCOME_PASSED);
            else
                CHECK(verdict >= HSN_OUTCOME_WARNED);
            for (size_t i = 0; i < report.finding_count; i++)
                if (!strcmp(report.findings[i].finding.kind, "persisting") && !lets) {
                    CHECK(!report.findings[i].is_new);
                    CHECK_EQ(report.findings[i].finding.seen.nights, night - 7);
                    CHECK_EQ(report.findings[i].finding.severity, HSN_SEVERITY_WARN);
                }
            hsn_report_free(&report);
        }
        CHECK(failed >= 3 && warned >= 4);
        unlink(history);
        end(&w);
    }
}

static void test_baseline_by_tag_is_the_named_release(void)
{
    week w;
    hsn_report report;
    hsn_error err = {0};
    if (!begin(&w))
        return;
    for (unsigned i = 0; i < 4; i++)
        add_night(&w, 10000 * (i + 1), 100000, 0);
    const char *text = "baseline: {tag: release=1.0}\nrules: [heap]";
    if (CHECK_OK(judge(&w, text, &report, &err), &err)) {
        CHECK(report.rules[0].value_old == 110064);
        CHECK_EQ(report.verdict, HSN_OUTCOME_FAILED);
        CHECK_EQ(report.baseline, 0);
    }
    hsn_report_free(&report);
    CHECK_EQ(verdict(&w, "rules: [{rule: heap, max_growth: 17%}]", NULL), HSN_OUTCOME_PASSED);
    end(&w);
}

// ---- policies ---------------------------------------------------------------------------------

static const char whole_policy[] =
    "name: shop\ninputs: [a.db, {path: b/, label: 'n*'}]\nhistory: h.db\n"
    "keep: {graphs: 3, totals: 52w}\nselect: {service: shop}\nlast: 9\nmin_snapshots: 1\n"
    "baseline: {best_of: 3}\ndefaults: true\nexplain: false\n"
    "rules:\n  - heap\n  - {rule: line, file: '*.py', line: 3, max: 1MB, severity: warn}\n"
    "allow:\n  - {type: a.b, holder: 'a.c[*]', reason: known, expires: 2028-02-29}\n";

static void test_policy_is_read_whole(void)
{
    hsn_policy *policy = NULL;
    hsn_error err = {0};
    if (!CHECK_OK(hsn_policy_parse(&policy, "d/p.yaml", whole_policy, strlen(whole_policy), &err),
                  &err))
        return;
    CHECK_STR(policy->name, "shop");
    CHECK_STR(policy->folder, "d/");
    CHECK_EQ(policy->input_count, 2);
    CHECK_EQ(policy->keep_totals_days, 364);
    CHECK_EQ(policy->baseline.count, 3);
    CHECK_EQ(policy->rule_count, 8);
    const hsn__rule *line = &policy->rules[7];
    CHECK(line->max == 1e6 && line->file_line == 3 && line->severity == HSN_SEVERITY_WARN);
    CHECK(!line->max_growth.has_share);
    CHECK(policy->rules[6].max_growth.share == 0.1);
    CHECK_EQ(policy->allowances[0].until_unix_ms, INT64_C(1835481600000));
    hsn_policy_free(policy);
}

// Whatever the bytes: a policy, or one line that says what is wrong.
static void test_policy_cut_or_changed_anywhere_is_refused_or_read(void)
{
    size_t size = strlen(whole_policy);
    char text[sizeof whole_policy];
    check_random random = {5};
    for (size_t round = 0; round < 4000; round++) {
        hsn_policy *policy = NULL;
        hsn_error err = {0};
        size_t length = round < size ? round : size;
        memcpy(text, whole_policy, size);
        if (round >= size)
            text[check_random_below(&random, (uint32_t)size)] =
                (char)check_random_below(&random, 256);
        int r = hsn_policy_parse(&policy, "p.yaml", text, length, &err);
        if (r < 0)
            CHECK(!policy && *err.message && !strchr(err.message, '\n'));
        hsn_policy_free(policy);
    }
}

static void test_policy_fails_cleanly_without_memory(void)
{
    int r = HSN_ENOMEM;
    for (uint64_t nth = 1; r == HSN_ENOMEM && nth < 1000; nth++) {
        hsn_policy *policy = NULL;
        hsn__alloc_fail_at(nth, true);
        r = hsn_policy_parse(&policy, "p.yaml", whole_policy, strlen(whole_policy), NULL);
        hsn__alloc_fail_at(0, false);
        hsn_policy_free(policy);
    }
    CHECK_EQ(r, HSN_OK);
}

// ---- outputs ----------------------------------------------------------------------------------

static int append(void *context, const void *data, size_t size)
{
    hsn__buf_append(context, data, size);
    return 0;
}

static void test_report_fails_cleanly_without_memory(void)
{
    static const char text[] = "rules: [heap, {rule: type, max_growth: 1}, new_cycles, garbage, "
                               "{rule: holder, holder: app}]\nallow: [{type: app.Leak, reason: x}]";
    week w;
    int r = HSN_ENOMEM;
    if (!begin(&w))
        return;
    add_night(&w, 1000, 100000, 1);
    add_night(&w, 21000, 100000, 7);
    // Strides keep it short; each run fails at another place.
    for (uint64_t nth = 1; r != HSN_OK && nth < 100000; nth += 1 + nth / 40) {
        hsn_report report;
        hsn_error err = {0};
        hsn__alloc_fail_at(nth, true);
        r = judge(&w, text, &report, &err);
        hsn__alloc_fail_at(0, false);
        // An input that memory was short for is an input that could not be read.
        CHECK(r == HSN_OK || r == HSN_ENOMEM || r == HSN_ESTORE || r == HSN_ENOTFOUND);
        hsn_report_free(&report);
    }
    CHECK_EQ(r, HSN_OK);
    end(&w);
}

static void test_report_is_printed_twice_alike_in_every_format(void)
{
    week w;
    hsn_report report;
    hsn_error err = {0};
    if (!begin(&w))
        return;
    add_night(&w, 1000, 100000, 0);
    add_night(&w, 21000, 100000, 12);
    if (CHECK_OK(judge(&w, "", &report, &err), &err))
        for (int format = 0; format < HSN_REPORT_FORMAT_COUNT; format++) {
            hsn__buf first = {0}, second = {0};
            hsn_writer to_first = {append, &first}, to_second = {append, &second};
            CHECK_OK(hsn_report_render(&report, (hsn_report_format)format, NULL, &to_first, &err),
                     &err);
            CHECK_OK(hsn_report_render(&report, (hsn_report_format)format, NULL, &to_second, &err),
                     &err);
            CHECK(first.size > 2);
            CHECK_STR(hsn__buf_text(&first), hsn__buf_text(&second));
            hsn__buf_clear(&first);
            hsn__buf_clear(&second);
        }
    hsn_report_free(&report);
    end(&w);
}

CHECK_MAIN(CHECK_CASE(test_heap_rule_takes_share_and_amount_together),
           CHECK_CASE(test_each_rule_fails_on_its_own_kind_of_growth),
           CHECK_CASE(test_growth_at_every_step_is_found_and_a_filling_cache_is_not),
           CHECK_CASE(test_spike_fails_its_night_and_does_not_move_the_baseline),
           CHECK_CASE(test_regression_stays_a_warning_until_it_is_gone_or_allowed),
           CHECK_CASE(test_baseline_by_tag_is_the_named_release),
           CHECK_CASE(test_policy_is_read_whole),
           CHECK_CASE(test_policy_cut_or_changed_anywhere_is_refused_or_read),
           CHECK_CASE(test_policy_fails_cleanly_without_memory),
           CHECK_CASE(test_report_fails_cleanly_without_memory),
           CHECK_CASE(test_report_is_printed_twice_alike_in_every_format))
