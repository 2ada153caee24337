// SPDX-License-Identifier: MIT
// A report as OpenMetrics text: what node_exporter's textfile collector takes.
//
// Source: OpenMetrics 1.0.0, "Text format".
#include "report/report_render.h"

#include <math.h>
#include <string.h>

static void put_label(hsn__buf *out, const char *name, const char *value, bool first)
{
    hsn__buf_printf(out, "%s%s=\"", first ? "" : ",", name);
    for (const char *p = value; *p; p++)
        if (*p == '\\' || *p == '"')
            hsn__buf_append(out, (char[]){'\\', *p}, 2);
        else
            hsn__buf_putc(out, (unsigned char)*p < 0x20 ? ' ' : *p);
    hsn__buf_putc(out, '"');
}

static void put_family(hsn__buf *out, const char *name, const char *unit, const char *help)
{
    hsn__buf_printf(out, "# TYPE heapsnap_%s gauge\n", name);
    if (*unit)
        hsn__buf_printf(out, "# UNIT heapsnap_%s %s\n", name, unit);
    hsn__buf_printf(out, "# HELP heapsnap_%s %s\n", name, help);
}

static void put_sample(hsn__rendering *r, const char *name, double value)
{
    hsn__buf_printf(r->out, "heapsnap_%s{", name);
    put_label(r->out, "policy", r->report->name, true);
    hsn__buf_puts(r->out, "} ");
    hsn__put_number(r->out, value);
    hsn__buf_putc(r->out, '\n');
}

typedef struct gauge {
    const char *name, *unit, *help, *series;
    double factor;
} gauge;

static const gauge gauges[] = {
    {"heap_bytes", "bytes", "Shallow bytes of all objects, or live bytes of allocations.",
     "heap_bytes", 1},
    {"objects", "", "Objects, or live allocations.", "objects", 1},
    {"rss_bytes", "bytes", "Resident set of the process when captured.", "rss_bytes", 1},
    {"longest_pause_seconds", "seconds", "Longest pause of the collector.", "longest_pause_ms",
     1e-3},
    {"total_pause_seconds", "seconds", "Time spent in the collector.", "total_pause_ms", 1e-3},
};

static void put_gauges(hsn__rendering *r)
{
    const hsn_report *report = r->report;
    for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++)
        for (size_t j = 0; j < report->series_count; j++) {
            double value = report->series[j].points[report->point_count - 1];
            if (strcmp(report->series[j].name, gauges[i].series) || isnan(value))
                continue;
            put_family(r->out, gauges[i].name, gauges[i].unit, gauges[i].help);
            put_sample(r, gauges[i].name, value * gauges[i].factor);
        }
}

static void put_rules(hsn__rendering *r)
{
    const hsn_report *report = r->report;
    put_family(r->out, "rule_verdict", "",
               "Verdict of each rule: -1 skipped, 0 passed, 1 warned, 2 failed.");
    for (size_t i = 0; i < report->rule_count; i++) {
        const hsn_report_rule *rule = &report->rules[i];
        hsn__buf_puts(r->out, "heapsnap_rule_verdict{");
        put_label(r->out, "policy", report->name, true);
        hsn__buf_printf(r->out, ",number=\"%zu\"", i + 1);
        put_label(r->out, "rule", rule->name, false);
        put_label(r->out, "subject", rule->subject, false);
        hsn__buf_printf(r->out, "} %d\n", (int)rule->verdict - (int)HSN_OUTCOME_PASSED);
    }
}

int hsn__render_openmetrics(hsn__rendering *r)
{
    const hsn_report *report = r->report;
    const hsn_snapshot_info *info = &report->inputs[report->judged].info;
    double counts[HSN_SEVERITY_COUNT] = {0}, fresh = 0;
    for (size_t i = 0; i < report->finding_count; i++)
        if (report->findings[i].cause_of == SIZE_MAX) {
            counts[report->findings[i].finding.severity]++;
            fresh += hsn__finding_counts(&report->findings[i]) && report->findings[i].is_new;
        }
    put_family(r->out, "verdict", "",
               "Verdict of the report: -1 skipped, 0 passed, 1 warned, "
               "2 failed.");
    put_sample(r, "verdict", (double)report->verdict - HSN_OUTCOME_PASSED);
    put_family(r->out, "partial", "", "1 when some input could not be read or some rule judged.");
    put_sample(r, "partial", report->is_partial != 0);
    put_family(r->out, "findings", "", "Findings that count, by severity.");
    for (int severity = HSN_SEVERITY_WARN; severity <= HSN_SEVERITY_FAIL; severity++) {
        hsn__buf_puts(r->out, "heapsnap_findings{");
        put_label(r->out, "policy", report->name, true);
        put_label(r->out, "severity", hsn_severity_name((hsn_severity)severity), false);
        hsn__buf_printf(r->out, "} %.0f\n", counts[severity]);
    }
    put_family(r->out, "new_findings", "", "Findings that no earlier night had.");
    put_sample(r, "new_findings", fresh);
    put_rules(r);
    put_gauges(r);
    if (info->captured_at_unix_ms) {
        put_family(r->out, "captured_timestamp_seconds", "seconds",
                   "Time of capture of the judged snapshot.");
        put_sample(r, "captured_timestamp_seconds", (double)info->captured_at_unix_ms / 1000);
    }
    hsn__buf_puts(r->out, "# EOF\n");
    return HSN_OK;
}
