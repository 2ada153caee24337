// SPDX-License-Identifier: MIT
// The tables of the HTML page: sorted and searched by its script, read without it.
#include "report/report_html.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_TYPES = 1000, MOST_WHY = 100, MOST_SNAPSHOTS = 400 };

typedef struct column {
    const char *title;
    bool is_number;
} column;

// ---- cells ------------------------------------------------------------------------------------

// Ended by a column without title. With `search` a field stands above the table.
static void begin_table(hsn__buf *out, const char *id, const char *caption, const char *search,
                        const column *columns)
{
    if (search)
        hsn__buf_printf(out,
                        "<form class=\"search\" data-table=\"%s-table\" role=\"search\"><label>%s "
                        "<input type=\"search\" placeholder=\"press / to search\"></label>"
                        "<output class=\"faint\"></output></form>\n",
                        id, search);
    hsn__buf_printf(out, "<div class=\"wide\"><table class=\"sortable\" id=\"%s-table\">\n", id);
    if (caption)
        hsn__buf_printf(out, "<caption>%s</caption>\n", caption);
    hsn__buf_puts(out, "<thead><tr>");
    for (const column *c = columns; c->title; c++)
        hsn__buf_printf(out, "<th scope=\"col\"%s>%s</th>", c->is_number ? " class=\"n\"" : "",
                        c->title);
    hsn__buf_puts(out, "</tr></thead>\n<tbody>\n");
}

static void end_table(hsn__buf *out)
{
    hsn__buf_puts(out, "</tbody></table></div>\n");
}

static void text_cell(hsn__buf *out, const char *text)
{
    hsn__buf_puts(out, "<td class=\"t\">");
    hsn__put_xml(out, text);
    hsn__buf_puts(out, "</td>");
}

static void code_cell(hsn__buf *out, const char *text)
{
    hsn__buf_puts(out, "<td class=\"t\"><code>");
    hsn__put_xml(out, text);
    hsn__buf_puts(out, "</code></td>");
}

static void count_cell(hsn__buf *out, uint64_t count)
{
    hsn__buf_printf(out, "<td class=\"n\">%llu</td>", (unsigned long long)count);
}

static void bytes_cell(hsn__buf *out, uint64_t size_bytes)
{
    char text[HSN_BYTES_TEXT_SIZE];
    hsn_bytes_text(size_bytes, text);
    hsn__buf_printf(out, "<td class=\"n\" data-v=\"%llu\" title=\"%llu bytes\">%s</td>",
                    (unsigned long long)size_bytes, (unsigned long long)size_bytes, text);
}

static const char *direction(int64_t delta)
{
    return delta > 0 ? " up" : delta < 0 ? " down" : "";
}

static void delta_cell(hsn__buf *out, int64_t delta)
{
    hsn__buf_printf(out, "<td class=\"n%s\" data-v=\"%lld\">%+lld</td>", direction(delta),
                    (long long)delta, (long long)delta);
}

static void bytes_delta_cell(hsn__buf *out, int64_t delta)
{
    char text[HSN_BYTES_TEXT_SIZE];
    hsn_bytes_text(delta < 0 ? 0 - (uint64_t)delta : (uint64_t)delta, text);
    hsn__buf_printf(out, "<td class=\"n%s\" data-v=\"%lld\" title=\"%+lld bytes\">%s%s</td>",
                    direction(delta), (long long)delta, (long long)delta,
                    delta > 0   ? "+"
                    : delta < 0 ? "−"
                                : "",
                    text);
}

static void missing_cell(hsn__buf *out)
{
    hsn__buf_puts(out, "<td class=\"n\" data-v=\"NaN\">–</td>");
}

// A value of a rule, in the rule's unit.
static void value_cell(hsn__buf *out, double value, const char *unit)
{
    char text[HSN_BYTES_TEXT_SIZE];
    if (!isfinite(value)) {
        missing_cell(out);
        return;
    }
    hsn__buf_puts(out, "<td class=\"n\" data-v=\"");
    hsn__put_number(out, value);
    hsn__buf_puts(out, "\">");
    if (!strcmp(unit, "bytes") && value >= 0 && value < 9e18) {
        hsn_bytes_text((uint64_t)value, text);
        hsn__buf_puts(out, text);
    } else {
        hsn__buf_printf(out, "%.6g", value);
        hsn__buf_puts(out, !strcmp(unit, "ms") ? " ms" : "");
    }
    hsn__buf_puts(out, "</td>");
}

static void badge_cell(hsn__buf *out, const char *word)
{
    hsn__buf_printf(out, "<td><span class=\"badge %s\">%s</span></td>", word, word);
}

static void hidden_rows(hsn__buf *out, size_t hidden)
{
    if (hidden)
        hsn__buf_printf(out, "<p class=\"faint\">%zu more rows are left out of this page.</p>\n",
                        hidden);
}

// ---- sections ---------------------------------------------------------------------------------

void hsn__html_rules(hsn__rendering *r)
{
    static const column columns[] = {{"Verdict", false},
                                     {"Rule", false},
                                     {"Result", false},
                                     {"Baseline", true},
                                     {"Tonight", true},
                                     {"Limit", true},
                                     {0}};
    const hsn_report *report = r->report;
    hsn__buf_puts(r->out, "<section id=\"rules\">\n<h2>Rules</h2>\n");
    begin_table(r->out, "rules", NULL, NULL, columns);
    for (size_t i = 0; i < report->rule_count; i++) {
        const hsn_report_rule *rule = &report->rules[i];
        hsn__buf_puts(r->out, "<tr>");
        badge_cell(r->out, hsn_outcome_name(rule->verdict));
        text_cell(r->out, rule->title);
        text_cell(r->out, rule->reason);
        value_cell(r->out, rule->value_old, rule->unit);
        value_cell(r->out, rule->value_new, rule->unit);
        value_cell(r->out, rule->value_limit, rule->unit);
        hsn__buf_puts(r->out, "</tr>\n");
    }
    end_table(r->out);
    hsn__buf_puts(r->out, "</section>\n");
}

static void type_row(hsn__buf *out, const hsn_diff_row *row, uint64_t most)
{
    enum { BAR_PIXELS = 90 };
    uint64_t gained = row->size_bytes_delta > 0 ? (uint64_t)row->size_bytes_delta : 0;
    hsn__buf_puts(out, "<tr>");
    if (*row->key.type) {
        code_cell(out, row->key.type);
    } else {
        hsn__buf_puts(out, "<td class=\"t\"><code>");
        hsn__put_xml(out, row->key.file);
        hsn__buf_printf(out, ":%u</code></td>", row->key.line);
    }
    count_cell(out, row->old_cell.count);
    count_cell(out, row->new_cell.count);
    delta_cell(out, row->count_delta);
    bytes_cell(out, row->old_cell.size_bytes);
    bytes_cell(out, row->new_cell.size_bytes);
    bytes_delta_cell(out, row->size_bytes_delta);
    hsn__buf_printf(out,
                    "<td data-v=\"%llu\"><span class=\"bar\" style=\"width:%dpx\"></span></td>"
                    "</tr>\n",
                    (unsigned long long)gained,
                    most ? (int)((double)gained / (double)most * BAR_PIXELS) : 0);
}

void hsn__html_types(hsn__rendering *r)
{
    static const column columns[] = {
        {"What", false},   {"Before", true},       {"After", true},
        {"Count ±", true}, {"Bytes before", true}, {"Bytes after", true},
        {"Bytes ±", true}, {"Gain", true},         {0}};
    const hsn_diff *types = &r->report->types;
    size_t shown = 0;
    uint64_t most = 0;
    if (!types->count)
        return;
    for (size_t i = 0; i < types->count; i++)
        if (types->rows[i].size_bytes_delta > 0 && (uint64_t)types->rows[i].size_bytes_delta > most)
            most = (uint64_t)types->rows[i].size_bytes_delta;
    hsn__buf_puts(r->out, "<section id=\"grew\">\n<h2>What grew</h2>\n");
    begin_table(r->out, "grew", NULL, "Search", columns);
    for (size_t i = 0; i < types->count && shown < MOST_TYPES; i++, shown++)
        type_row(r->out, &types->rows[i], most);
    end_table(r->out);
    hidden_rows(r->out, types->count - shown);
    hsn__buf_puts(r->out, "</section>\n");
}

void hsn__html_why(hsn__rendering *r)
{
    static const column columns[] = {
        {"Share", true},      {"Kind", false},         {"Path", false},
        {"Type", false},      {"Count ±", true},       {"Held ±", true},
        {"Retained ±", true}, {"Allocated at", false}, {0}};
    const hsn_why *why = &r->report->why;
    size_t shown = 0;
    if (!r->report->has_why || !why->count)
        return;
    hsn__buf_puts(r->out, "<section id=\"why\">\n<h2>Who holds what grew</h2>\n");
    begin_table(r->out, "why", NULL, "Search", columns);
    for (size_t i = 0; i < why->count && shown < MOST_WHY; i++, shown++) {
        const hsn_why_row *row = &why->rows[i];
        hsn__buf_printf(r->out, "<tr><td class=\"n\" data-v=\"%.6f\">%.1f %%</td>", row->share,
                        100 * row->share);
        text_cell(r->out, row->is_noise ? "noise" : hsn_why_kind_name(row->kind));
        code_cell(r->out, row->path);
        code_cell(r->out, row->type);
        delta_cell(r->out, row->count_delta);
        bytes_delta_cell(r->out, row->held_bytes_delta);
        if (why->has_retained)
            bytes_delta_cell(r->out, row->retained_bytes_delta);
        else
            missing_cell(r->out);
        hsn__buf_puts(r->out, "<td class=\"t\"><code>");
        if (row->allocated_at) {
            hsn__put_xml(r->out, row->allocated_at->file);
            hsn__buf_printf(r->out, ":%u ", row->allocated_at->line);
            hsn__put_xml(r->out, row->allocated_at->function);
        }
        hsn__buf_puts(r->out, "</code></td></tr>\n");
    }
    end_table(r->out);
    hidden_rows(r->out, why->count - shown);
    hsn__buf_puts(r->out, "</section>\n");
}

void hsn__html_cycles_begin(hsn__rendering *r)
{
    static const column columns[] = {{"Since", false},
                                     {"Kind", false},
                                     {"Cycle", false},
                                     {"Alike", true},
                                     {"Objects", true},
                                     {"Bytes", true},
                                     {0}};
    const hsn_cycles *cycles = &r->report->cycles;
    size_t shown = 0;
    if (!r->report->has_cycles || !cycles->count)
        return;
    hsn__buf_puts(r->out, "<section id=\"cycles\">\n<h2>Reference cycles</h2>\n");
    begin_table(r->out, "cycles", NULL, "Search", columns);
    for (size_t i = 0; i < cycles->count && shown < HSN__HTML_CYCLES; i++, shown++) {
        const hsn_cycle *cycle = &cycles->rows[i];
        bool is_new = r->report->cycle_is_new && r->report->cycle_is_new[i];
        hsn__buf_printf(r->out, "<tr id=\"cycle-%zu\">", i);
        text_cell(r->out, is_new ? "new" : "");
        text_cell(r->out, hsn_cycle_kind_name(cycle->kind));
        code_cell(r->out, cycle->shortest_text);
        count_cell(r->out, cycle->alike);
        count_cell(r->out, cycle->alike_objects);
        bytes_cell(r->out, cycle->alike_size_bytes);
        hsn__buf_puts(r->out, "</tr>\n");
    }
    end_table(r->out);
    hidden_rows(r->out, cycles->count - shown);
}

void hsn__html_cycles_end(hsn__rendering *r)
{
    if (r->report->has_cycles && r->report->cycles.count)
        hsn__buf_puts(r->out, "</section>\n");
}

static void snapshot_row(hsn__buf *out, const hsn_report *report, size_t number)
{
    const hsn_report_input *input = &report->inputs[number];
    const hsn_snapshot_info *info = &input->info;
    char date[24];
    hsn__date_text(info->captured_at_unix_ms, true, date);
    hsn__buf_puts(out, "<tr>");
    code_cell(out, input->argument);
    text_cell(out, info->label);
    text_cell(out, date);
    bytes_cell(out, info->objects ? info->heap_bytes : info->allocation_bytes);
    count_cell(out, info->objects);
    if (info->rss_bytes > 0)
        bytes_cell(out, (uint64_t)info->rss_bytes);
    else
        missing_cell(out);
    text_cell(out, number == report->judged     ? "judged"
                   : number == report->baseline ? "compared with"
                   : *input->excluded           ? input->excluded
                                                : "");
    hsn__buf_puts(out, "</tr>\n");
}

void hsn__html_snapshots(hsn__rendering *r)
{
    static const column columns[] = {
        {"Snapshot", false}, {"Label", false},   {"Captured", false}, {"Heap", true},
        {"Objects", true},   {"Resident", true}, {"Part", false},     {0}};
    const hsn_report *report = r->report;
    size_t first = report->input_count > MOST_SNAPSHOTS ? report->input_count - MOST_SNAPSHOTS : 0;
    hsn__buf_puts(r->out, "<section id=\"snapshots\">\n<h2>Snapshots</h2>\n");
    begin_table(r->out, "snapshots", NULL, NULL, columns);
    for (size_t i = first; i < report->input_count; i++)
        snapshot_row(r->out, report, i);
    end_table(r->out);
    hidden_rows(r->out, first);
    hsn__buf_puts(r->out, "</section>\n");
}
