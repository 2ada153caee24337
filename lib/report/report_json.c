// SPDX-License-Identifier: MIT
// A report as one JSON document, and its findings as CSV: schemas/json/report.schema.json.
#include "report/report_render.h"

#include <math.h>
#include <string.h>

static const hsn_column bare_text[] = {{HSN_COLUMN_TEXT, NULL, NULL, 0, NULL}, {0}};
static const hsn_column bare_real[] = {{HSN_COLUMN_REAL, NULL, NULL, 0, NULL}, {0}};

static const hsn_column tag_columns[] = {
    {HSN_COLUMN_TEXT, "name", NULL, 0, NULL}, {HSN_COLUMN_TEXT, "value", NULL, 0, NULL}, {0}};

static const hsn_column input_columns[] = {
    {HSN_COLUMN_TEXT, "argument", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "label", NULL, 0, NULL},
    {HSN_COLUMN_TIME, "captured_at_unix_ms", NULL, 0, NULL},
    {HSN_COLUMN_BYTES, "heap_bytes", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "objects", NULL, 0, NULL},
    {HSN_COLUMN_LIST, "tags", NULL, 0, tag_columns},
    {HSN_COLUMN_BOOL, "has_graph", NULL, 0, NULL},
    {HSN_COLUMN_BOOL, "in_history", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "excluded", NULL, 0, NULL},
    {0},
};

static const hsn_column rule_columns[] = {
    {HSN_COLUMN_TEXT, "rule", NULL, 0, NULL},      {HSN_COLUMN_TEXT, "subject", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "title", NULL, 0, NULL},     {HSN_COLUMN_TEXT, "severity", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "verdict", NULL, 0, NULL},   {HSN_COLUMN_TEXT, "reason", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "unit", NULL, 0, NULL},      {HSN_COLUMN_REAL, "value_old", NULL, 0, NULL},
    {HSN_COLUMN_REAL, "value_new", NULL, 0, NULL}, {HSN_COLUMN_REAL, "value_limit", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "findings", NULL, 0, NULL}, {HSN_COLUMN_COUNT, "allowed", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "line", NULL, 0, NULL},     {0},
};

static const hsn_column series_columns[] = {
    {HSN_COLUMN_TEXT, "name", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "unit", NULL, 0, NULL},
    {HSN_COLUMN_LIST, "points", NULL, 0, bare_real},
    {0},
};

static const hsn_column type_columns[] = {
    {HSN_COLUMN_TEXT, "type", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "file", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "line", NULL, 0, NULL},
    {HSN_COLUMN_DELTA_COUNT, "count_delta", NULL, 0, NULL},
    {HSN_COLUMN_DELTA_BYTES, "size_bytes_delta", NULL, 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes_new", NULL, 0, NULL},
    {0},
};

static const hsn_column cycle_columns[] = {
    {HSN_COLUMN_TEXT, "kind", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "text", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "components", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "objects", NULL, 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", NULL, 0, NULL},
    {HSN_COLUMN_BOOL, "is_new", NULL, 0, NULL},
    {0},
};

static const hsn_column member_columns[] = {
    {HSN_COLUMN_TEXT, "policy", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "name", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "verdict", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "headline", NULL, 0, NULL},
    {HSN_COLUMN_BOOL, "partial", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "judged", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "baseline", NULL, 0, NULL},
    {HSN_COLUMN_LIST, "inputs", NULL, 0, input_columns},
    {HSN_COLUMN_LIST, "rules", NULL, 0, rule_columns},
    {HSN_COLUMN_LIST, "series", NULL, 0, series_columns},
    {HSN_COLUMN_LIST, "types", NULL, 0, type_columns},
    {HSN_COLUMN_LIST, "cycles", NULL, 0, cycle_columns},
    {HSN_COLUMN_LIST, "warnings", NULL, 0, bare_text},
    {0},
};

static const hsn_column finding_columns[] = {
    {HSN_COLUMN_TEXT, "fingerprint", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "rule", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "severity", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "kind", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "subject", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "type", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "path", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "allocated_at", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "cut", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "unit", NULL, 0, NULL},
    {HSN_COLUMN_REAL, "value_old", NULL, 0, NULL},
    {HSN_COLUMN_REAL, "value_new", NULL, 0, NULL},
    {HSN_COLUMN_REAL, "value_limit", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "message", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "cause_of", NULL, 0, NULL},
    {HSN_COLUMN_BOOL, "is_new", NULL, 0, NULL},
    {HSN_COLUMN_TIME, "first_seen_unix_ms", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "nights", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "allowed", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "allowed_until", NULL, 0, NULL},
    {0},
};

static void text_or_null(hsn_table *table, const char *text)
{
    hsn_table_text(table, *text ? text : NULL);
}

static void real_or_null(hsn_table *table, double value)
{
    if (isnan(value))
        hsn_table_null(table);
    else
        hsn_table_real(table, value);
}

static void time_or_null(hsn_table *table, int64_t unix_ms)
{
    if (unix_ms)
        hsn_table_time(table, unix_ms);
    else
        hsn_table_null(table);
}

static void put_inputs(hsn_table *table, const hsn_report *report)
{
    hsn_table_begin(table);
    for (size_t i = 0; i < report->input_count; i++) {
        const hsn_report_input *input = &report->inputs[i];
        hsn_table_text(table, input->argument);
        text_or_null(table, input->info.label);
        time_or_null(table, input->info.captured_at_unix_ms);
        hsn_table_bytes(table, input->info.heap_bytes);
        hsn_table_count(table, input->info.objects);
        hsn_table_begin(table);
        for (size_t j = 0; j < input->tag_count; j++) {
            hsn_table_text(table, input->tags[j].name);
            hsn_table_text(table, input->tags[j].value);
        }
        hsn_table_end(table);
        hsn_table_bool(table, input->has_graph);
        hsn_table_bool(table, input->in_history);
        text_or_null(table, input->excluded);
    }
    hsn_table_end(table);
}

static void put_rules(hsn_table *table, const hsn_report *report)
{
    hsn_table_begin(table);
    for (size_t i = 0; i < report->rule_count; i++) {
        const hsn_report_rule *rule = &report->rules[i];
        hsn_table_text(table, rule->name);
        text_or_null(table, rule->subject);
        hsn_table_text(table, rule->title);
        hsn_table_text(table, hsn_severity_name(rule->severity));
        hsn_table_text(table, hsn_outcome_name(rule->verdict));
        hsn_table_text(table, rule->reason);
        text_or_null(table, rule->unit);
        real_or_null(table, rule->value_old);
        real_or_null(table, rule->value_new);
        real_or_null(table, rule->value_limit);
        hsn_table_count(table, rule->findings);
        hsn_table_count(table, rule->allowed);
        if (rule->line)
            hsn_table_count(table, rule->line);
        else
            hsn_table_null(table);
    }
    hsn_table_end(table);
}

static void put_series(hsn_table *table, const hsn_report *report)
{
    hsn_table_begin(table);
    for (size_t i = 0; i < report->series_count; i++) {
        hsn_table_text(table, report->series[i].name);
        hsn_table_text(table, report->series[i].unit);
        hsn_table_begin(table);
        for (size_t j = 0; j < report->point_count; j++)
            real_or_null(table, report->series[i].points[j]);
        hsn_table_end(table);
    }
    hsn_table_end(table);
}

static void put_types(hsn_table *table, const hsn_report *report, size_t limit)
{
    hsn_table_begin(table);
    for (size_t i = 0; i < report->types.count && i < limit; i++) {
        const hsn_diff_row *row = &report->types.rows[i];
        text_or_null(table, row->key.type);
        text_or_null(table, row->key.file);
        if (row->key.line)
            hsn_table_count(table, row->key.line);
        else
            hsn_table_null(table);
        hsn_table_delta(table, row->count_delta);
        hsn_table_delta(table, row->size_bytes_delta);
        hsn_table_bytes(table, row->new_cell.size_bytes);
    }
    hsn_table_end(table);
}

static void put_cycles(hsn_table *table, const hsn_report *report, size_t limit)
{
    hsn_table_begin(table);
    for (size_t i = 0; i < report->cycles.count && i < limit; i++) {
        const hsn_cycle *cycle = &report->cycles.rows[i];
        hsn_table_text(table, hsn_cycle_kind_name(cycle->kind));
        hsn_table_text(table, cycle->shortest_text);
        hsn_table_count(table, cycle->alike);
        hsn_table_count(table, cycle->alike_objects);
        hsn_table_bytes(table, cycle->alike_size_bytes);
        hsn_table_bool(table, report->cycle_is_new[i]);
    }
    hsn_table_end(table);
}

static void put_members(hsn_table *table, const hsn_report *report, size_t limit)
{
    text_or_null(table, report->policy_path);
    hsn_table_text(table, report->name);
    hsn_table_text(table, hsn_outcome_name(report->verdict));
    hsn_table_text(table, report->headline);
    hsn_table_bool(table, report->is_partial);
    hsn_table_text(table, report->inputs[report->judged].argument);
    hsn_table_text(table, report->baseline_text);
    put_inputs(table, report);
    put_rules(table, report);
    put_series(table, report);
    put_types(table, report, limit);
    put_cycles(table, report, limit);
    hsn_table_begin(table);
    for (size_t i = 0; i < report->warning_count; i++)
        hsn_table_text(table, report->warnings[i]);
    hsn_table_end(table);
}

static void put_finding(hsn_table *table, const hsn_report *report,
                        const hsn_report_finding *finding, const size_t *number)
{
    const hsn_finding *f = &finding->finding;
    hsn_table_text(table, f->fingerprint);
    hsn_table_text(table, f->rule);
    hsn_table_text(table, hsn_severity_name(f->severity));
    text_or_null(table, f->kind);
    text_or_null(table, f->subject);
    text_or_null(table, finding->type);
    text_or_null(table, f->path);
    text_or_null(table, f->allocated_at);
    text_or_null(table, finding->why == SIZE_MAX ? "" : report->why.rows[finding->why].cut);
    text_or_null(table, f->unit);
    real_or_null(table, f->value_old);
    real_or_null(table, f->value_new);
    real_or_null(table, f->value_limit);
    hsn_table_text(table, f->message);
    if (finding->cause_of == SIZE_MAX)
        hsn_table_null(table);
    else
        hsn_table_count(table, number[finding->cause_of]);
    hsn_table_bool(table, finding->is_new);
    time_or_null(table, f->seen.first_seen_unix_ms);
    hsn_table_count(table, f->seen.nights);
    text_or_null(table, finding->allowed);
    text_or_null(table, finding->allowed_until);
}

// The rows: what counts and what is allowed. Notes stand last and are left out.
static int make_rows(hsn__rendering *r, hsn_table **out)
{
    const hsn_report *report = r->report;
    hsn__buf numbers = {0};
    int status = hsn_table_new(out, finding_columns, r->err);
    if (status >= 0 && !hsn__buf_reserve(&numbers, (report->finding_count + 1) * sizeof(size_t)))
        status = hsn__fail_memory(r->err);
    size_t *number = (size_t *)(void *)numbers.data, rows = 0;
    for (size_t i = 0; status >= 0 && i < report->finding_count; i++) {
        const hsn_report_finding *finding = &report->findings[i];
        if (!hsn__finding_counts(finding) && !*finding->allowed)
            continue;
        number[i] = rows++;
        put_finding(*out, report, finding, number);
    }
    hsn__buf_clear(&numbers);
    return status;
}

int hsn__render_json(hsn__rendering *r)
{
    const hsn_report *report = r->report;
    hsn_table *members = NULL, *rows = NULL;
    hsn__buf infos = {0};
    int status = hsn_table_new(&members, member_columns, r->err);
    if (status >= 0)
        status = make_rows(r, &rows);
    if (status >= 0 && !hsn__buf_reserve(&infos, (report->point_count + 1) * sizeof(void *)))
        status = hsn__fail_memory(r->err);
    if (status >= 0) {
        const hsn_snapshot_info **list = (const hsn_snapshot_info **)(void *)infos.data;
        for (size_t i = 0; i < report->point_count; i++)
            list[i] = &report->inputs[report->points[i]].info;
        put_members(members, report, r->options.limit);
        hsn_envelope envelope = {.schema = "heapsnap.report/1",
                                 .tool_name = "snapreport",
                                 .tool_version = hsn_version(),
                                 .snapshots = list,
                                 .snapshot_count = report->point_count,
                                 .members = members};
        status = hsn_table_render_json(rows, &envelope, r->writer, r->err);
    }
    hsn__buf_clear(&infos);
    hsn_table_free(members);
    hsn_table_free(rows);
    return status;
}

int hsn__render_csv(hsn__rendering *r)
{
    hsn_table *rows = NULL;
    int status = make_rows(r, &rows);
    if (status >= 0)
        status = hsn_table_render_csv(rows, r->writer, r->err);
    hsn_table_free(rows);
    return status;
}
