// SPDX-License-Identifier: MIT
// The numbers that rules look at: from the snapshot's row, from totals, from the graph, and for
// nights whose graph is gone from what was remembered of them.
#include "report/report_private.h"

#include "heapsnap/audit.h"
#include "heapsnap/retained.h"

#include <math.h>
#include <string.h>

// ---- totals -----------------------------------------------------------------------------------

static bool has_totals(const hsn_report_input *input, hsn_by by)
{
    return hsn_by_is_site(by) ? input->info.allocations > 0 : input->info.objects > 0;
}

static int read_columns(hsn__run *run, hsn_by by, hsn__columns *columns)
{
    const hsn_report *report = run->report;
    size_t count = 0, wanted = 0;
    hsn_snapshot_ref *refs = hsn__arena_zeroed(run->arena, report->point_count, sizeof *refs);
    columns->points = hsn__arena_zeroed(run->arena, report->point_count, sizeof *columns->points);
    if (!refs || !columns->points)
        return hsn__fail_memory(run->err);
    for (size_t i = 0; i < report->point_count; i++)
        wanted += has_totals(hsn__point(run, i), by);
    for (size_t i = 0, left = wanted; i < report->point_count; i++) {
        if (!has_totals(hsn__point(run, i), by))
            continue;
        bool fixed = i == run->reference && run->policy->baseline.kind >= HSN__BASELINE_TAG;
        if (left-- > HSN__MAX_NIGHTS && !fixed)
            continue;
        columns->points[count] = i;
        refs[count++] = hsn__point_ref(run, i);
    }
    if (!count)
        return HSN_ENOTFOUND;
    return hsn_totals_read(refs, count, &(hsn_totals_options){.by = by}, &columns->totals,
                           run->err);
}

int hsn__totals_over(hsn__run *run, hsn_by by, const hsn__columns **out)
{
    hsn__columns *columns = &run->columns[by];
    if (!columns->read) {
        columns->status = read_columns(run, by, columns);
        columns->read = true;
    }
    *out = columns;
    return columns->status == HSN_ENOTFOUND ? HSN_OK : columns->status;
}

bool hsn__has_tonight(const hsn__run *run, const hsn__columns *columns)
{
    return columns->status >= 0 &&
           columns->points[columns->totals.columns - 1] == run->report->point_count - 1;
}

void hsn__row_values(const hsn__run *run, const hsn__columns *columns, size_t row, bool counts,
                     double *out)
{
    const hsn_totals *totals = &columns->totals;
    for (size_t i = 0; i < run->report->point_count; i++)
        out[i] = NAN;
    for (size_t i = 0; i < totals->columns; i++) {
        const hsn_cell *cell = &totals->cells[row * totals->columns + i];
        out[columns->points[i]] = (double)(counts ? cell->count : cell->size_bytes);
    }
}

// ---- what was remembered ----------------------------------------------------------------------

int hsn__findings_before(hsn__run *run)
{
    const hsn_report *report = run->report;
    enum { MOST = HSN__MAX_NIGHTS };
    if (run->before)
        return HSN_OK;
    run->before = hsn__arena_zeroed(run->arena, report->point_count, sizeof *run->before);
    if (!run->before)
        return hsn__fail_memory(run->err);
    size_t first = report->point_count > MOST ? report->point_count - MOST : 0;
    for (size_t i = first; i + 1 < report->point_count; i++) {
        hsn_snapshot_ref ref = hsn__point_ref(run, i);
        int r = hsn_finding_list_read(ref.store, ref.id, &run->before[i], run->err);
        if (r < 0)
            return r;
    }
    return HSN_OK;
}

static double remembered(const hsn__run *run, size_t point, const char *rule, const char *subject)
{
    const hsn_finding_list *list = &run->before[point];
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->rows[i].rule, rule) && !strcmp(list->rows[i].subject, subject))
            return list->rows[i].value_new;
    return NAN;
}

// ---- graphs -----------------------------------------------------------------------------------

size_t hsn__graph_before(const hsn__run *run)
{
    size_t tonight = run->report->point_count - 1;
    if (run->reference != SIZE_MAX && hsn__point(run, run->reference)->has_graph)
        return run->reference;
    for (size_t i = tonight; i-- > 0;)
        if (hsn__point(run, i)->has_graph)
            return i;
    return SIZE_MAX;
}

// '*' is any text; '[' is itself, so that `_pending[*]` can be written as it is shown.
static int holder_glob(hsn__run *run, const char *pattern, const char **out)
{
    size_t size = strlen(pattern);
    char *glob = hsn__arena_alloc(run->arena, 3 * size + 2);
    if (!glob)
        return hsn__fail_memory(run->err);
    char *to = glob;
    for (size_t i = 0; i < size; i++)
        if (pattern[i] == '[')
            memcpy(to, "[[]", 3), to += 3;
        else
            *to++ = pattern[i];
    *to = 0;
    *out = glob;
    return HSN_OK;
}

static int read_garbage(hsn__run *run, hsn_heap *heap, hsn__graph_numbers *to)
{
    hsn_pattern_list list = {0};
    int r = hsn_pattern_find(heap, NULL, 0, run->options->progress, &list, run->err);
    to->garbage_bytes = r < 0 ? NAN : 0;
    for (size_t i = 0; i < list.count; i++)
        if (list.rows[i].held == HSN_HELD_GARBAGE)
            to->garbage_bytes += (double)list.rows[i].size_bytes;
    hsn_pattern_list_free(&list);
    return r;
}

// What the objects at the end of each holder rule's pattern retain.
static int read_holders(hsn__run *run, hsn_heap *heap, hsn__graph_numbers *to)
{
    const hsn_policy *policy = run->policy;
    // The next night and `retained` find them in the store, unless nothing is to be written.
    unsigned flags = HSN_DOMINATORS_COMPUTE | (run->options->keep ? HSN_DOMINATORS_KEEP : 0);
    const char **globs = hsn__arena_zeroed(run->arena, policy->rule_count, sizeof *globs);
    uint64_t *bytes = hsn__arena_zeroed(run->arena, policy->rule_count, sizeof *bytes);
    size_t count = 0;
    int r = globs && bytes ? HSN_OK : hsn__fail_memory(run->err);
    for (size_t i = 0; i < policy->rule_count && r >= 0; i++)
        if (policy->rules[i].kind->measure == HSN__MEASURE_HOLDER)
            r = holder_glob(run, policy->rules[i].pattern, &globs[count++]);
    if (r >= 0)
        r = hsn_retained_holders(heap, globs, count, flags, run->options->progress, bytes,
                                 run->err);
    for (size_t i = policy->rule_count; i-- > 0 && r >= 0;)
        if (policy->rules[i].kind->measure == HSN__MEASURE_HOLDER)
            to->held_bytes[i] = (double)bytes[--count];
    return r;
}

static bool wants(const hsn_policy *policy, hsn__measure measure)
{
    for (size_t i = 0; i < policy->rule_count; i++)
        if (policy->rules[i].kind->measure == measure)
            return true;
    return false;
}

static int read_audit(hsn__run *run, hsn_heap *heap, hsn__graph_numbers *to)
{
    hsn_audit audit = {0};
    hsn_error err = {0};
    int r = hsn_audit_read(heap, NULL, run->options->progress, &audit, &err);
    if (r >= 0)
        to->surplus = (double)audit.whole.unexplained;
    hsn_audit_free(&audit);
    if (r == HSN_ENOTFOUND)
        return HSN_OK;
    return r < 0 ? hsn__fail(run->err, r, err.source, "%s", err.message) : HSN_OK;
}

// Tonight and the snapshot that it is compared with; older nights are remembered.
static int read_graph(hsn__run *run, size_t point)
{
    hsn__graph_numbers *to = &run->graphs[point];
    hsn_snapshot_ref ref = hsn__point_ref(run, point);
    hsn_heap *heap = NULL;
    int r;
    if (to->tried)
        return HSN_OK;
    *to = (hsn__graph_numbers){.tried = true, .garbage_bytes = NAN, .surplus = NAN};
    to->held_bytes = hsn__arena_zeroed(run->arena, run->policy->rule_count, sizeof(double));
    if (!to->held_bytes)
        return hsn__fail_memory(run->err);
    for (size_t i = 0; i < run->policy->rule_count; i++)
        to->held_bytes[i] = NAN;
    if (!hsn__point(run, point)->has_graph)
        return HSN_OK;
    r = hsn_heap_open(&heap, ref.store, ref.id, run->err);
    if (r >= 0 && wants(run->policy, HSN__MEASURE_GARBAGE))
        r = read_garbage(run, heap, to);
    if (r >= 0 && wants(run->policy, HSN__MEASURE_HOLDER))
        r = read_holders(run, heap, to);
    if (r >= 0 && wants(run->policy, HSN__MEASURE_SURPLUS))
        r = read_audit(run, heap, to);
    hsn_heap_close(heap);
    return r < 0 ? r : HSN_OK;
}

static int measure_graph(hsn__run *run, hsn__measure measure, size_t rule, double *values)
{
    const hsn_report *report = run->report;
    const hsn__rule *judged = &run->policy->rules[rule];
    const char *subject = judged->pattern ? judged->pattern : "";
    size_t tonight = report->point_count - 1, before = hsn__graph_before(run);
    int r = hsn__findings_before(run);
    if (!run->graphs)
        run->graphs = hsn__arena_zeroed(run->arena, report->point_count, sizeof *run->graphs);
    if (!run->graphs)
        return hsn__fail_memory(run->err);
    for (size_t i = 0; i < report->point_count && r >= 0; i++) {
        values[i] = i < tonight ? remembered(run, i, judged->kind->name, subject) : NAN;
        if (i != tonight && (i != before || !isnan(values[i])))
            continue;
        r = read_graph(run, i);
        if (r < 0)
            return r;
        const hsn__graph_numbers *numbers = &run->graphs[i];
        values[i] = measure == HSN__MEASURE_GARBAGE   ? numbers->garbage_bytes
                    : measure == HSN__MEASURE_SURPLUS ? numbers->surplus
                                                      : numbers->held_bytes[rule];
    }
    return r;
}

// ---- all --------------------------------------------------------------------------------------

// A snapshot without objects is measured by its allocations.
static double plain_number(const hsn_report_input *input, hsn__measure measure)
{
    const hsn_snapshot_info *info = &input->info;
    switch (measure) {
    case HSN__MEASURE_HEAP:
        return info->objects                                 ? (double)info->heap_bytes
               : info->allocations || info->allocation_bytes ? (double)info->allocation_bytes
                                                             : NAN;
    case HSN__MEASURE_OBJECTS:
        return info->objects       ? (double)info->objects
               : info->allocations ? (double)info->allocations
                                   : NAN;
    case HSN__MEASURE_RSS:
        return info->rss_bytes > 0 ? (double)info->rss_bytes : NAN;
    case HSN__MEASURE_LONGEST_PAUSE:
        return input->longest_pause_ms;
    case HSN__MEASURE_TOTAL_PAUSE:
        return input->total_pause_ms;
    default:
        return NAN;
    }
}

int hsn__measure_read(hsn__run *run, hsn__measure measure, size_t rule, double **out)
{
    double *values = hsn__arena_zeroed(run->arena, run->report->point_count, sizeof *values);
    *out = values;
    if (!values)
        return hsn__fail_memory(run->err);
    if (measure >= HSN__MEASURE_PLAIN)
        return measure_graph(run, measure, rule, values);
    for (size_t i = 0; i < run->report->point_count; i++)
        values[i] = plain_number(hsn__point(run, i), measure);
    return HSN_OK;
}

// ---- cycles -----------------------------------------------------------------------------------

static int find_cycles(hsn__run *run, size_t point, hsn_cycles *out)
{
    // What every process has is no news, and alike components are one row.
    static const hsn_cycles_options options = {
        .no_housekeeping = 1, .group_alike = 1, .limit = 200, .min_objects = 2};
    hsn_snapshot_ref ref = hsn__point_ref(run, point);
    hsn_heap *heap = NULL;
    hsn_graph *graph = NULL;
    int r = hsn_heap_open(&heap, ref.store, ref.id, run->err);
    if (r >= 0)
        r = hsn_graph_load(&graph, heap, HSN_GRAPH_FORWARD, run->options->progress, run->err);
    if (r >= 0)
        r = hsn_cycles_find(heap, graph, &options, run->options->progress, out, run->err);
    hsn_graph_free(graph);
    hsn_heap_close(heap);
    return r;
}

int hsn__cycles_over(hsn__run *run)
{
    hsn_report *report = run->report;
    size_t before = hsn__graph_before(run);
    int r = HSN_OK;
    if (run->cycles_read)
        return HSN_OK;
    run->cycles_read = true;
    if (!hsn__point(run, report->point_count - 1)->has_graph)
        return HSN_OK;
    r = find_cycles(run, report->point_count - 1, &report->cycles);
    report->has_cycles = r >= 0;
    if (r >= 0 && before != SIZE_MAX) {
        r = find_cycles(run, before, &run->old_cycles);
        run->old_cycles_read = r >= 0;
    }
    if (r >= 0) {
        report->cycle_is_new = hsn__arena_zeroed(run->arena, report->cycles.count + 1, 1);
        if (!report->cycle_is_new)
            r = hsn__fail_memory(run->err);
    }
    return r;
}
