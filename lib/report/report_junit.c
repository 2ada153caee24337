// SPDX-License-Identifier: MIT
// A report as JUnit XML: a test case per rule, a failure for what was found.
#include "report/report_render.h"

#include <string.h>

static void put_findings(hsn__rendering *r, size_t rule)
{
    for (size_t i = 0; i < r->report->finding_count; i++) {
        const hsn_report_finding *finding = &r->report->findings[i];
        char since[64];
        if (finding->rule != rule || !hsn__finding_counts(finding))
            continue;
        hsn__since_text(finding, since);
        hsn__buf_puts(r->out, finding->cause_of == SIZE_MAX ? "" : "  ");
        hsn__put_xml(r->out, finding->finding.message);
        if (*finding->finding.allocated_at) {
            hsn__buf_puts(r->out, ", allocated at ");
            hsn__put_xml(r->out, finding->finding.allocated_at);
        }
        hsn__buf_printf(r->out, " (%s, %s)\n", since, finding->finding.fingerprint);
    }
}

static void put_case(hsn__rendering *r, size_t index)
{
    const hsn_report_rule *rule = &r->report->rules[index];
    hsn__buf_puts(r->out, "    <testcase classname=\"heapsnap.");
    hsn__put_xml(r->out, r->report->name);
    hsn__buf_puts(r->out, "\" name=\"");
    hsn__put_xml(r->out, rule->title);
    hsn__buf_puts(r->out, "\" time=\"0\">\n");
    if (rule->verdict == HSN_OUTCOME_SKIPPED) {
        hsn__buf_puts(r->out, "      <skipped message=\"");
        hsn__put_xml(r->out, rule->reason);
        hsn__buf_puts(r->out, "\"/>\n");
    } else if (rule->verdict == HSN_OUTCOME_FAILED) {
        hsn__buf_puts(r->out, "      <failure type=\"");
        hsn__put_xml(r->out, rule->name);
        hsn__buf_puts(r->out, "\" message=\"");
        hsn__put_xml(r->out, rule->reason);
        hsn__buf_puts(r->out, "\">");
        put_findings(r, index);
        hsn__buf_puts(r->out, "</failure>\n");
    } else {
        // A warning is no failure: it stands in the case's output.
        hsn__buf_puts(r->out, "      <system-out>");
        hsn__put_xml(r->out, rule->reason);
        hsn__buf_puts(r->out, "\n");
        put_findings(r, index);
        hsn__buf_puts(r->out, "</system-out>\n");
    }
    hsn__buf_puts(r->out, "    </testcase>\n");
}

int hsn__render_junit(hsn__rendering *r)
{
    const hsn_report *report = r->report;
    size_t failed = 0, skipped = 0;
    char date[24];
    for (size_t i = 0; i < report->rule_count; i++) {
        failed += report->rules[i].verdict == HSN_OUTCOME_FAILED;
        skipped += report->rules[i].verdict == HSN_OUTCOME_SKIPPED;
    }
    hsn__date_text(report->inputs[report->judged].info.captured_at_unix_ms, true, date);
    if (*date)
        date[strlen(date) - 1] = 0; // the schema's times have no zone
    hsn__buf_puts(r->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    hsn__buf_puts(r->out, "  <testsuite name=\"");
    hsn__put_xml(r->out, report->name);
    hsn__buf_printf(r->out,
                    "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"0\"",
                    report->rule_count, failed, skipped);
    if (*date)
        hsn__buf_printf(r->out, " timestamp=\"%s\"", date);
    hsn__buf_puts(r->out, ">\n");
    for (size_t i = 0; i < report->rule_count; i++)
        put_case(r, i);
    hsn__buf_puts(r->out, "  </testsuite>\n</testsuites>\n");
    return HSN_OK;
}
