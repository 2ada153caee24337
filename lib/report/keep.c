// SPDX-License-Identifier: MIT
// After the verdict: tonight's snapshot and findings into the history, old graphs out of it.
#include "report/report_private.h"

#include "base/alloc.h"
#include "heapsnap/history.h"

enum { DAY_S = 86400 };

// The row of the history that is this capture; 0 = there is none.
static hsn_snapshot_id find_kept(const hsn_snapshot_list *rows, const hsn_snapshot_info *info)
{
    for (size_t i = rows->count; i-- > 0;)
        if (hsn__same_moment(&rows->rows[i], info))
            return rows->rows[i].id;
    return 0;
}

static int keep_findings(hsn__run *run, hsn_store *history, hsn_snapshot_id id)
{
    const hsn_report *report = run->report;
    hsn_finding *rows = hsn__alloc_array(report->finding_count + 1, sizeof *rows);
    if (!rows)
        return hsn__fail_memory(run->err);
    for (size_t i = 0; i < report->finding_count; i++)
        rows[i] = report->findings[i].finding;
    int r = hsn_finding_list_write(history, id, rows, report->finding_count, run->err);
    hsn__free(rows);
    return r;
}

static int keep_points(hsn__run *run, hsn_store *history)
{
    hsn_report *report = run->report;
    const hsn_policy *policy = run->policy;
    bool fixed = policy->baseline.kind >= HSN__BASELINE_TAG;
    hsn_history_options options = {.with_graph = policy->keep_graphs > 0, .unique_label = 1};
    hsn_snapshot_list rows = {0};
    int r = hsn_snapshot_list_read(history, &rows, run->err);
    for (size_t i = 0; i < report->point_count && r >= 0; i++) {
        const hsn_report_input *input = hsn__point(run, i);
        hsn_snapshot_ref ref = hsn__point_ref(run, i);
        bool tonight = i + 1 == report->point_count;
        hsn_snapshot_id id = input->in_history ? input->info.id : find_kept(&rows, &input->info);
        // A baseline of its own is not one of the nights.
        if (fixed && i == run->reference && !input->in_history)
            continue;
        if (!id) {
            r = hsn_history_append(history, ref.store, ref.id, &options, &id, run->err);
            report->kept += r >= 0;
        }
        if (r >= 0 && tonight)
            r = keep_findings(run, history, id);
    }
    hsn_snapshot_list_free(&rows);
    return r;
}

int hsn__history_keep(hsn__run *run)
{
    const hsn_policy *policy = run->policy;
    hsn_retention retention = {.limit_graphs = policy->keep_graphs > 0,
                               .graphs = policy->keep_graphs,
                               .totals_age_s = policy->keep_totals_days * DAY_S};
    hsn_store *history = NULL;
    // Nothing of the history is read any more; an open reader would hold up the writer.
    if (run->history != SIZE_MAX) {
        hsn_store_close(run->stores[run->history]);
        run->stores[run->history] = NULL;
    }
    int r = hsn_history_open(&history, run->report->history, run->err);
    if (r >= 0)
        r = keep_points(run, history);
    if (r >= 0)
        r = hsn_history_retain(history, &retention, NULL, run->err);
    hsn_store_close(history);
    return r;
}
