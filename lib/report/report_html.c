// SPDX-License-Identifier: MIT
// A report as one HTML page: verdict, findings, rules, trends, tables, pictures. Style, script and
// pictures are inside; the page asks nothing of a network and is whole without its script.
#include "report/report_html.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char style[] = {
#include "page_css.h"
};
static const char script[] = {
#include "page_js.h"
};

enum { MOST_FINDINGS = 200, MOST_CAUSES = 10 };

// ---- the head ---------------------------------------------------------------------------------

static void put_fact(hsn__buf *out, const char *name, const char *value)
{
    if (!*value)
        return;
    hsn__buf_puts(out, "<div><dt>");
    hsn__put_xml(out, name);
    hsn__buf_puts(out, "</dt><dd>");
    hsn__put_xml(out, value);
    hsn__buf_puts(out, "</dd></div>\n");
}

static void put_facts(hsn__rendering *r)
{
    const hsn_report *report = r->report;
    const hsn_report_input *judged = &report->inputs[report->judged];
    const hsn_snapshot_info *info = &judged->info;
    char text[64], size[HSN_BYTES_TEXT_SIZE];
    hsn__buf_puts(r->out, "<dl class=\"facts\">\n");
    put_fact(r->out, "Snapshot", judged->argument);
    put_fact(r->out, "Label", info->label);
    hsn__date_text(info->captured_at_unix_ms, true, text);
    put_fact(r->out, "Captured", text);
    hsn_bytes_text(info->objects ? info->heap_bytes : info->allocation_bytes, size);
    put_fact(r->out, info->objects ? "Heap" : "Allocated", size);
    if (info->objects) {
        snprintf(text, sizeof text, "%llu", (unsigned long long)info->objects);
        put_fact(r->out, "Objects", text);
    }
    if (info->rss_bytes > 0) {
        hsn_bytes_text((uint64_t)info->rss_bytes, size);
        put_fact(r->out, "Resident", size);
    }
    if (!isnan(judged->longest_pause_ms)) {
        snprintf(text, sizeof text, "%.1f ms", judged->longest_pause_ms);
        put_fact(r->out, "Longest collector pause", text);
    }
    snprintf(text, sizeof text, "%.40s %.20s", info->runtime, info->runtime_version);
    put_fact(r->out, "Runtime", *info->runtime ? text : "");
    put_fact(r->out, "Program", info->program);
    put_fact(r->out, "Host", info->host);
    for (size_t i = 0; i < judged->tag_count; i++)
        put_fact(r->out, judged->tags[i].name, judged->tags[i].value);
    hsn__buf_puts(r->out, "</dl>\n");
}

static void put_head(hsn__rendering *r)
{
    const hsn_report *report = r->report;
    const char *verdict = hsn_outcome_name(report->verdict);
    hsn__buf_puts(r->out,
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n"
                  "<meta name=\"generator\" content=\"heapsnap\">\n"
                  "<link rel=\"icon\" href=\"data:,\">\n<title>");
    hsn__put_xml(r->out, report->name);
    hsn__buf_puts(r->out, ": ");
    hsn__buf_puts(r->out, verdict);
    hsn__buf_puts(r->out, "</title>\n<style>\n");
    hsn__buf_puts(r->out, style);
    hsn__buf_puts(r->out,
                  "</style>\n</head>\n<body>\n"
                  "<a class=\"skip-link\" href=\"#findings\">To the findings</a>\n<header>\n");
    hsn__buf_printf(r->out, "<div class=\"verdict %s\">\n<h1>", verdict);
    hsn__put_xml(r->out, report->name);
    hsn__buf_puts(r->out, ": memory ");
    hsn__buf_puts(r->out, report->verdict == HSN_OUTCOME_FAILED    ? "got worse"
                          : report->verdict == HSN_OUTCOME_WARNED  ? "wants a look"
                          : report->verdict == HSN_OUTCOME_SKIPPED ? "was not judged"
                                                                   : "is fine");
    hsn__buf_puts(r->out, "</h1>\n<p>");
    hsn__put_xml(r->out, report->headline);
    hsn__buf_puts(r->out, report->is_partial
                              ? "</p>\n<p>Some input was damaged or left out, or some "
                                "rule could not be judged; see the end of the page."
                              : "");
    hsn__buf_puts(r->out, "</p>\n<p class=\"faint\">Compared with ");
    hsn__put_xml(r->out, report->baseline_text);
    hsn__buf_puts(r->out, ".</p>\n</div>\n");
    put_facts(r);
    hsn__buf_puts(r->out, "</header>\n");
}

// ---- findings ---------------------------------------------------------------------------------

// A curve of a finding over the report's points, the last one marked.
static void put_spark(hsn__rendering *r, const double *points)
{
    enum { WIDTH = 150, HEIGHT = 34, EDGE = 4 };
    size_t count = r->report->point_count, known = 0;
    double low = INFINITY, high = -INFINITY, x = 0, y = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(points[i])) {
            low = fmin(low, points[i]);
            high = fmax(high, points[i]);
            known++;
        }
    if (known < 2)
        return;
    hsn__buf_printf(
        r->out,
        "<svg class=\"spark\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
        "aria-label=\"over %zu snapshots\"><path d=\"",
        WIDTH, HEIGHT, WIDTH, HEIGHT, known);
    bool pen_down = false;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(points[i])) {
            pen_down = false;
            continue;
        }
        x = EDGE + (WIDTH - 2 * EDGE) * (count > 1 ? (double)i / (double)(count - 1) : 0.5);
        y = HEIGHT - EDGE -
            (HEIGHT - 2 * EDGE) * (high > low ? (points[i] - low) / (high - low) : 0.5);
        hsn__buf_printf(r->out, "%c%.1f %.1f", pen_down ? 'L' : 'M', x, y);
        pen_down = true;
    }
    hsn__buf_printf(r->out, "\"/><circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/></svg>\n", x, y);
}

static void put_steps(hsn__rendering *r, const hsn_why_row *row)
{
    if (row->step_count < 2)
        return;
    hsn__buf_puts(r->out, "<details><summary>From the root to the object</summary>"
                          "<ol class=\"steps\">");
    for (size_t i = 0; i < row->step_count; i++) {
        hsn__buf_puts(r->out, "<li><code>");
        hsn__put_xml(r->out, row->steps[i].label);
        hsn__buf_puts(r->out, "</code> <span class=\"faint\">");
        hsn__put_xml(r->out, row->steps[i].type);
        hsn__buf_puts(r->out, "</span></li>");
    }
    hsn__buf_puts(r->out, "</ol></details>\n");
}

static void put_stack(hsn__rendering *r, const hsn_why_row *row)
{
    if (!row->stack_count)
        return;
    hsn__buf_puts(r->out, "<details><summary>Allocated by</summary><ol class=\"steps\">");
    for (size_t i = 0; i < row->stack_count; i++) {
        const hsn_frame *frame = &row->allocated_stack[i];
        hsn__buf_puts(r->out, "<li><code>");
        hsn__put_xml(r->out, frame->file);
        hsn__buf_printf(r->out, ":%u</code> ", frame->line);
        hsn__put_xml(r->out, frame->function);
        hsn__buf_puts(r->out, "</li>");
    }
    hsn__buf_puts(r->out, "</ol></details>\n");
}

static void put_since(hsn__rendering *r, const hsn_report_finding *finding)
{
    char since[64];
    hsn__since_text(finding, since);
    hsn__buf_printf(r->out, "<p class=\"faint\"><span class=\"badge %s\">",
                    finding->is_new ? "new" : "since");
    hsn__put_xml(r->out, since);
    hsn__buf_puts(r->out, "</span> · <code>");
    hsn__put_xml(r->out, finding->finding.fingerprint);
    hsn__buf_puts(r->out, "</code> · rule ");
    hsn__put_xml(r->out, finding->finding.rule);
    if (*finding->finding.allocated_at) {
        hsn__buf_puts(r->out, " · allocated at <code>");
        hsn__put_xml(r->out, finding->finding.allocated_at);
        hsn__buf_puts(r->out, "</code>");
    }
    hsn__buf_puts(r->out, "</p>\n");
}

// A holder that explains the finding above.
static void put_cause(hsn__rendering *r, const hsn_report_finding *cause)
{
    const hsn_why *why = &r->report->why;
    hsn__buf_puts(r->out, "<li><p>");
    hsn__put_xml(r->out, cause->finding.message);
    hsn__buf_puts(r->out, "</p>\n");
    put_since(r, cause);
    if (cause->why < why->count) {
        const hsn_why_row *row = &why->rows[cause->why];
        if (*row->cut) {
            hsn__buf_puts(r->out, "<p>Cut <code>");
            hsn__put_xml(r->out, row->cut);
            hsn__buf_puts(r->out, "</code></p>\n");
        }
        put_steps(r, row);
        put_stack(r, row);
    }
    hsn__buf_puts(r->out, "</li>\n");
}

static void put_causes(hsn__rendering *r, size_t of)
{
    const hsn_report *report = r->report;
    size_t count = 0;
    for (size_t i = 0; i < report->finding_count && count < MOST_CAUSES; i++) {
        if (report->findings[i].cause_of != of)
            continue;
        if (!count++)
            hsn__buf_puts(r->out, "<ul class=\"causes\">\n");
        put_cause(r, &report->findings[i]);
    }
    hsn__buf_puts(r->out, count ? "</ul>\n" : "");
}

// The cycle's drawing; its row of the table where it was not drawn.
static void put_cycle_link(hsn__rendering *r, const hsn_report_finding *finding)
{
    const hsn_report *report = r->report;
    if (!report->has_cycles || finding->cycle >= report->cycles.count)
        return;
    const char *text = report->cycles.rows[finding->cycle].shortest_text;
    for (size_t i = 0; i < report->picture_count; i++)
        if (report->pictures[i].kind == HSN_REPORT_CYCLE &&
            !strcmp(report->pictures[i].title, text)) {
            hsn__buf_printf(r->out, "<p><a href=\"#picture-%zu\">The cycle drawn</a></p>\n", i);
            return;
        }
    if (finding->cycle < HSN__HTML_CYCLES)
        hsn__buf_printf(r->out, "<p><a href=\"#cycle-%zu\">The cycle in the table</a></p>\n",
                        finding->cycle);
}

// The same in every report, so that a link to a finding lasts; only the first may have it.
static void put_anchor(hsn__rendering *r, size_t number)
{
    const hsn_report_finding *rows = r->report->findings;
    const char *fingerprint = rows[number].finding.fingerprint;
    bool taken = false;
    for (size_t i = 0; i < number; i++)
        taken = taken ||
                (rows[i].cause_of == SIZE_MAX && !strcmp(rows[i].finding.fingerprint, fingerprint));
    hsn__buf_printf(r->out, "finding-%s", fingerprint);
    if (taken)
        hsn__buf_printf(r->out, "-%zu", number);
}

static void put_finding(hsn__rendering *r, size_t number)
{
    const hsn_report_finding *finding = &r->report->findings[number];
    bool allowed = *finding->allowed;
    const char *severity = hsn_severity_name(finding->finding.severity);
    hsn__buf_printf(r->out, "<article class=\"finding %s\" id=\"", allowed ? "note" : severity);
    put_anchor(r, number);
    hsn__buf_puts(r->out, "\">\n");
    if (finding->points)
        put_spark(r, finding->points);
    hsn__buf_printf(r->out, "<h3><span class=\"badge %s\">%s</span> ",
                    allowed ? "allowed" : severity, allowed ? "allowed" : severity);
    hsn__put_xml(r->out, finding->finding.message);
    hsn__buf_puts(r->out, "</h3>\n");
    put_since(r, finding);
    put_cycle_link(r, finding);
    if (allowed) {
        hsn__buf_puts(r->out, "<p>Allowed: ");
        hsn__put_xml(r->out, finding->allowed);
        if (*finding->allowed_until) {
            hsn__buf_puts(r->out, ", until ");
            hsn__put_xml(r->out, finding->allowed_until);
        }
        hsn__buf_puts(r->out, "</p>\n");
    }
    put_causes(r, number);
    hsn__buf_puts(r->out, "</article>\n");
}

static void put_findings(hsn__rendering *r)
{
    const hsn_report *report = r->report;
    size_t shown = 0, hidden = 0;
    hsn__buf_puts(r->out, "<section id=\"findings\">\n<h2>Findings</h2>\n");
    // Those that count first, those that the policy allows after them.
    for (int allowed = 0; allowed < 2; allowed++)
        for (size_t i = 0; i < report->finding_count; i++) {
            const hsn_report_finding *finding = &report->findings[i];
            bool wanted = allowed ? *finding->allowed != 0 : hsn__finding_counts(finding);
            if (!wanted || finding->cause_of != SIZE_MAX)
                continue;
            if (shown < MOST_FINDINGS)
                put_finding(r, i);
            else
                hidden++;
            shown++;
        }
    if (!shown)
        hsn__buf_puts(r->out, "<p>Nothing was found.</p>\n");
    if (hidden)
        hsn__buf_printf(r->out, "<p>%zu more are in the JSON document.</p>\n", hidden);
    hsn__buf_puts(r->out, "</section>\n");
}

// ---- pictures ---------------------------------------------------------------------------------

static void put_base64(hsn__buf *out, const char *data, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *at = (const unsigned char *)data;
    for (size_t i = 0; i < size; i += 3) {
        uint32_t group = (uint32_t)at[i] << 16 | (uint32_t)(i + 1 < size ? at[i + 1] : 0) << 8 |
                         (uint32_t)(i + 2 < size ? at[i + 2] : 0);
        hsn__buf_putc(out, digits[group >> 18]);
        hsn__buf_putc(out, digits[group >> 12 & 63]);
        hsn__buf_putc(out, i + 1 < size ? digits[group >> 6 & 63] : '=');
        hsn__buf_putc(out, i + 2 < size ? digits[group & 63] : '=');
    }
}

// From its element on: what stands before it is for files of its own.
static const char *svg_element(const hsn_report_picture *picture)
{
    const char *at = strstr(picture->svg, "<svg");
    return at ? at : picture->svg;
}

static void put_pictures(hsn__rendering *r, hsn_report_picture_kind kind)
{
    for (size_t i = 0; i < r->report->picture_count; i++) {
        const hsn_report_picture *picture = &r->report->pictures[i];
        if (picture->kind != kind)
            continue;
        hsn__buf_printf(r->out, "<figure class=\"picture\" id=\"picture-%zu\">\n", i);
        if (kind == HSN_REPORT_FLAME) {
            // With its script: it can be zoomed and searched.
            hsn__buf_puts(r->out, svg_element(picture));
        } else {
            hsn__buf_puts(r->out, "<img alt=\"");
            hsn__put_xml(r->out, picture->title);
            hsn__buf_puts(r->out, "\" src=\"data:image/svg+xml;base64,");
            put_base64(r->out, picture->svg, picture->svg_size);
            hsn__buf_puts(r->out, "\">");
        }
        hsn__buf_puts(r->out, "\n<figcaption class=\"faint\">");
        hsn__put_xml(r->out, picture->title);
        hsn__buf_puts(r->out, "</figcaption>\n</figure>\n");
    }
}

bool hsn__html_has_picture(const hsn_report *report, hsn_report_picture_kind kind)
{
    for (size_t i = 0; i < report->picture_count; i++)
        if (report->pictures[i].kind == kind)
            return true;
    return false;
}

static void put_trends(hsn__rendering *r)
{
    if (!hsn__html_has_picture(r->report, HSN_REPORT_TREND))
        return;
    hsn__buf_puts(r->out, "<section id=\"trends\">\n<h2>Trends</h2>\n");
    put_pictures(r, HSN_REPORT_TREND);
    hsn__buf_puts(r->out, "</section>\n");
}

static void put_flame(hsn__rendering *r)
{
    if (!hsn__html_has_picture(r->report, HSN_REPORT_FLAME))
        return;
    hsn__buf_puts(r->out, "<section id=\"flame\">\n<h2>Where it was allocated</h2>\n");
    put_pictures(r, HSN_REPORT_FLAME);
    hsn__buf_puts(r->out, "</section>\n");
}

// ---- all of it --------------------------------------------------------------------------------

static void put_navigation(hsn__rendering *r)
{
    const hsn_report *report = r->report;
    const struct {
        const char *id, *text;
        bool there;
    } places[] = {
        {"findings", "Findings", true},
        {"rules", "Rules", true},
        {"trends", "Trends", hsn__html_has_picture(report, HSN_REPORT_TREND)},
        {"grew", "What grew", report->types.count > 0},
        {"why", "Who holds it", report->has_why && report->why.count},
        {"cycles", "Cycles", report->has_cycles && report->cycles.count},
        {"flame", "Allocations", hsn__html_has_picture(report, HSN_REPORT_FLAME)},
        {"snapshots", "Snapshots", true},
    };
    hsn__buf_puts(r->out, "<nav aria-label=\"Sections\"><ul>");
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (places[i].there)
            hsn__buf_printf(r->out, "<li><a href=\"#%s\">%s</a></li>", places[i].id,
                            places[i].text);
    hsn__buf_puts(r->out, "</ul></nav>\n");
}

static void put_warnings(hsn__rendering *r)
{
    const hsn_report *report = r->report;
    if (!report->warning_count)
        return;
    hsn__buf_puts(r->out,
                  "<section id=\"warnings\">\n<h2>Warnings</h2>\n<ul class=\"warnings\">\n");
    for (size_t i = 0; i < report->warning_count; i++) {
        hsn__buf_puts(r->out, "<li>");
        hsn__put_xml(r->out, report->warnings[i]);
        hsn__buf_puts(r->out, "</li>\n");
    }
    hsn__buf_puts(r->out, "</ul>\n</section>\n");
}

int hsn__render_html(hsn__rendering *r)
{
    put_head(r);
    put_navigation(r);
    hsn__buf_puts(r->out, "<main>\n");
    put_findings(r);
    hsn__html_rules(r);
    put_trends(r);
    hsn__html_types(r);
    hsn__html_why(r);
    hsn__html_cycles_begin(r);
    put_pictures(r, HSN_REPORT_CYCLE);
    hsn__html_cycles_end(r);
    put_flame(r);
    hsn__html_snapshots(r);
    put_warnings(r);
    hsn__buf_puts(r->out, "</main>\n<footer>Made by heapsnap from ");
    hsn__put_xml(r->out, *r->report->policy_path ? r->report->policy_path : "the default policy");
    hsn__buf_puts(r->out, ". Nothing in this page is loaded from elsewhere.</footer>\n<script>\n");
    hsn__buf_puts(r->out, script);
    hsn__buf_puts(r->out, "</script>\n</body>\n</html>\n");
    return HSN_OK;
}
