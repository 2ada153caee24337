// SPDX-License-Identifier: MIT
// A report for a terminal and a log: the verdict first, then the rules, then what was found.
#include "report/report_render.h"

#include <string.h>

static void put_colored(hsn__rendering *r, const char *text, hsn_outcome outcome)
{
    static const char *const colors[] = {"\033[2m", "\033[32m", "\033[33m", "\033[31m"};
    if (r->options.color)
        hsn__buf_puts(r->out, colors[outcome]);
    hsn__put_plain(r->out, text);
    if (r->options.color)
        hsn__buf_puts(r->out, "\033[0m");
}

static void put_size(hsn__rendering *r, uint64_t size_bytes)
{
    char text[HSN_BYTES_TEXT_SIZE];
    hsn_bytes_text(size_bytes, text);
    if (r->options.exact_bytes)
        hsn__buf_printf(r->out, "%llu", (unsigned long long)size_bytes);
    else
        hsn__buf_puts(r->out, text);
}

static void put_judged(hsn__rendering *r)
{
    const hsn_report *report = r->report;
    const hsn_report_input *judged = &report->inputs[report->judged];
    char date[24];
    hsn__date_text(judged->info.captured_at_unix_ms, true, date);
    hsn__buf_puts(r->out, "\nJudged    ");
    hsn__put_plain(r->out, judged->argument);
    if (*judged->info.label) {
        hsn__buf_puts(r->out, " (");
        hsn__put_plain(r->out, judged->info.label);
        hsn__buf_puts(r->out, ")");
    }
    if (*date)
        hsn__buf_printf(r->out, ", %s", date);
    hsn__buf_puts(r->out, ", ");
    if (judged->info.objects) {
        put_size(r, judged->info.heap_bytes);
        hsn__buf_printf(r->out, " in %llu objects", (unsigned long long)judged->info.objects);
    } else {
        put_size(r, judged->info.allocation_bytes);
        hsn__buf_printf(r->out, " in %llu allocations",
                        (unsigned long long)judged->info.allocations);
    }
    hsn__buf_puts(r->out, "\nBaseline  ");
    hsn__put_plain(r->out, report->baseline_text);
    hsn__buf_puts(r->out, "\n");
}

static size_t text_width(const char *text)
{
    return strlen(text);
}

static void put_rules(hsn__rendering *r)
{
    const hsn_report *report = r->report;
    size_t width = 4;
    for (size_t i = 0; i < report->rule_count; i++)
        if (text_width(report->rules[i].name) > width)
            width = text_width(report->rules[i].name);
    hsn__buf_printf(r->out, "\n%-*s  Verdict  Result\n", (int)width, "Rule");
    for (size_t i = 0; i < report->rule_count; i++) {
        const hsn_report_rule *rule = &report->rules[i];
        hsn__buf_printf(r->out, "%-*s  ", (int)width, rule->name);
        put_colored(r, hsn_outcome_name(rule->verdict), rule->verdict);
        hsn__buf_printf(r->out, "%*s", (int)(9 - text_width(hsn_outcome_name(rule->verdict))), "");
        if (*rule->subject) {
            hsn__put_plain(r->out, rule->subject);
            hsn__buf_puts(r->out, ": ");
        }
        hsn__put_plain(r->out, rule->reason);
        hsn__buf_putc(r->out, '\n');
    }
}

static void put_cause(hsn__rendering *r, const hsn_report_finding *finding)
{
    const hsn_why_row *why = &r->report->why.rows[finding->why];
    hsn__buf_puts(r->out, "      ");
    hsn__put_plain(r->out, finding->finding.message);
    hsn__buf_putc(r->out, '\n');
    if (*finding->finding.allocated_at) {
        hsn__buf_puts(r->out, "        allocated at ");
        hsn__put_plain(r->out, finding->finding.allocated_at);
        hsn__buf_putc(r->out, '\n');
    }
    if (*why->cut) {
        hsn__buf_puts(r->out, "        cut ");
        hsn__put_plain(r->out, why->cut);
        hsn__buf_putc(r->out, '\n');
    }
    if (*finding->allowed) {
        hsn__buf_puts(r->out, "        allowed: ");
        hsn__put_plain(r->out, finding->allowed);
        hsn__buf_putc(r->out, '\n');
    }
}

static void put_finding(hsn__rendering *r, const hsn_report_finding *finding)
{
    char since[64];
    bool counts = hsn__finding_counts(finding);
    const char *word = counts ? hsn_severity_name(finding->finding.severity) : "allowed";
    hsn__since_text(finding, since);
    put_colored(r, word,
                !counts                                          ? HSN_OUTCOME_SKIPPED
                : finding->finding.severity == HSN_SEVERITY_FAIL ? HSN_OUTCOME_FAILED
                                                                 : HSN_OUTCOME_WARNED);
    hsn__buf_puts(r->out, "  ");
    hsn__put_plain(r->out, finding->finding.message);
    hsn__buf_printf(r->out, "\n      %s; fingerprint %s\n", since, finding->finding.fingerprint);
    if (!counts) {
        hsn__buf_puts(r->out, "      ");
        hsn__put_plain(r->out, finding->allowed);
        if (*finding->allowed_until)
            hsn__buf_printf(r->out, " (until %s)", finding->allowed_until);
        hsn__buf_putc(r->out, '\n');
    }
}

int hsn__render_text(hsn__rendering *r)
{
    const hsn_report *report = r->report;
    size_t shown = 0, hidden = 0;
    put_colored(r, report->headline, report->verdict);
    hsn__buf_putc(r->out, '\n');
    put_judged(r);
    put_rules(r);
    for (size_t i = 0; i < report->finding_count; i++) {
        const hsn_report_finding *finding = &report->findings[i];
        if (!hsn__finding_counts(finding) && !*finding->allowed)
            continue;
        if (finding->cause_of != SIZE_MAX) {
            if (shown <= r->options.limit && !hidden)
                put_cause(r, finding);
            continue;
        }
        if (shown++ >= r->options.limit) {
            hidden++;
            continue;
        }
        if (shown == 1)
            hsn__buf_puts(r->out, "\n");
        put_finding(r, finding);
    }
    if (hidden)
        hsn__buf_printf(r->out, "(%zu more findings)\n", hidden);
    return HSN_OK;
}
