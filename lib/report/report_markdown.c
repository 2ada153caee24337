// SPDX-License-Identifier: MIT
// A report as a comment of a pull request: GitHub's and GitLab's Markdown.
#include "report/report_render.h"

#include <string.h>

static void put_code(hsn__buf *out, const char *text)
{
    hsn__buf_puts(out, "<code>");
    hsn__put_xml(out, text);
    hsn__buf_puts(out, "</code>");
}

static void put_rules(hsn__rendering *r)
{
    static const char *const marks[] = {"➖", "✅", "⚠️", "❌"};
    hsn__buf_puts(r->out, "\n| | Rule | Result |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < r->report->rule_count; i++) {
        const hsn_report_rule *rule = &r->report->rules[i];
        hsn__buf_printf(r->out, "| %s %s | ", marks[rule->verdict],
                        hsn_outcome_name(rule->verdict));
        hsn__put_markdown(r->out, rule->title);
        hsn__buf_puts(r->out, " | ");
        hsn__put_markdown(r->out, rule->reason);
        hsn__buf_puts(r->out, " |\n");
    }
}

static void put_finding(hsn__rendering *r, const hsn_report_finding *finding)
{
    char since[64];
    bool is_cause = finding->cause_of != SIZE_MAX;
    hsn__since_text(finding, since);
    hsn__buf_puts(r->out, is_cause ? "  - " : "- ");
    if (!is_cause) {
        hsn__buf_puts(r->out, "**");
        hsn__buf_puts(r->out,
                      *finding->allowed ? "allowed" : hsn_severity_name(finding->finding.severity));
        hsn__buf_puts(r->out, "** ");
    }
    hsn__put_markdown(r->out, finding->finding.message);
    if (*finding->finding.allocated_at) {
        hsn__buf_puts(r->out, ", allocated at ");
        put_code(r->out, finding->finding.allocated_at);
    }
    if (is_cause && *r->report->why.rows[finding->why].cut) {
        hsn__buf_puts(r->out, ", cut ");
        put_code(r->out, r->report->why.rows[finding->why].cut);
    }
    if (*finding->allowed) {
        hsn__buf_puts(r->out, " (");
        hsn__put_markdown(r->out, finding->allowed);
        hsn__buf_puts(r->out, ")");
    }
    hsn__buf_printf(r->out, " — %s, `%s`\n", since, finding->finding.fingerprint);
}

static void put_types(hsn__rendering *r)
{
    const hsn_diff *types = &r->report->types;
    size_t rows = 0;
    for (size_t i = 0; i < types->count && rows < r->options.limit; i++) {
        const hsn_diff_row *row = &types->rows[i];
        char gained[HSN_BYTES_TEXT_SIZE], size[HSN_BYTES_TEXT_SIZE];
        if (row->size_bytes_delta <= 0)
            continue;
        if (!rows++)
            hsn__buf_puts(r->out, "\n<details><summary>What grew</summary>\n\n"
                                  "| What | Count +/- | Bytes +/- | Bytes |\n"
                                  "| --- | ---: | ---: | ---: |\n");
        hsn_bytes_text((uint64_t)row->size_bytes_delta, gained);
        hsn_bytes_text(row->new_cell.size_bytes, size);
        hsn__buf_puts(r->out, "| ");
        hsn__put_markdown(r->out, *row->key.type ? row->key.type : row->key.file);
        if (!*row->key.type)
            hsn__buf_printf(r->out, ":%u", (unsigned)row->key.line);
        hsn__buf_printf(r->out, " | %+lld | +%s | %s |\n", (long long)row->count_delta, gained,
                        size);
    }
    if (rows)
        hsn__buf_puts(r->out, "\n</details>\n");
}

int hsn__render_markdown(hsn__rendering *r)
{
    const hsn_report *report = r->report;
    const hsn_report_input *judged = &report->inputs[report->judged];
    size_t shown = 0, hidden = 0;
    hsn__buf_puts(r->out, "### Memory: ");
    hsn__put_markdown(r->out, report->headline);
    hsn__buf_puts(r->out, "\n\nJudged ");
    put_code(r->out, judged->argument);
    hsn__buf_puts(r->out, " against ");
    hsn__put_markdown(r->out, report->baseline_text);
    hsn__buf_puts(r->out, ".\n");
    put_rules(r);
    for (size_t i = 0; i < report->finding_count; i++) {
        const hsn_report_finding *finding = &report->findings[i];
        if (!hsn__finding_counts(finding) && !*finding->allowed)
            continue;
        if (finding->cause_of == SIZE_MAX && shown++ >= r->options.limit)
            hidden++;
        if (hidden)
            continue;
        if (shown == 1 && finding->cause_of == SIZE_MAX)
            hsn__buf_puts(r->out, "\n");
        put_finding(r, finding);
    }
    if (hidden)
        hsn__buf_printf(r->out, "- … and %zu more\n", hidden);
    put_types(r);
    for (size_t i = 0; i < report->warning_count; i++) {
        hsn__buf_puts(r->out, i ? "> " : "\n> ");
        hsn__put_markdown(r->out, report->warnings[i]);
        hsn__buf_puts(r->out, "\n");
    }
    return HSN_OK;
}
