// SPDX-License-Identifier: MIT
// The history of a store: appending snapshots of other stores, and dropping what a rule does not
// keep. Rows that go leave free pages, which later snapshots fill.
#include "heapsnap/history.h"

#include <unistd.h>

#include "base/buf.h"
#include "store/copy.h"
#include "store/store_private.h"

static int run_for(hsn_store *store, hsn__query query, hsn_snapshot_id id, hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(store, query, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, id);
    return hsn__query_run(store, statement, err);
}

static int run_all(hsn_store *store, const hsn__query *queries, size_t count, hsn_snapshot_id id,
                   hsn_error *err)
{
    int r = HSN_OK;
    for (size_t i = 0; r == HSN_OK && i < count; i++)
        r = run_for(store, queries[i], id, err);
    return r;
}

// What retention drops first. The number of warnings stays in the snapshot's row.
static const hsn__query graph_deletes[] = {
    HSN__QUERY_SEGMENT_DELETE, HSN__QUERY_ROOT_DELETE,         HSN__QUERY_SNAPSHOT_TYPE_DELETE,
    HSN__QUERY_WARNING_DELETE, HSN__QUERY_SNAPSHOT_DROP_GRAPH,
};
static const hsn__query rest_deletes[] = {
    HSN__QUERY_METRIC_DELETE,  HSN__QUERY_FRAME_TOTAL_DELETE, HSN__QUERY_TYPE_TOTAL_DELETE,
    HSN__QUERY_FACT_DELETE,    HSN__QUERY_TAG_DELETE,         HSN__QUERY_SAMPLE_DELETE,
    HSN__QUERY_FINDING_DELETE, HSN__QUERY_SNAPSHOT_DELETE,
};

int hsn__graph_drop(hsn_store *store, hsn_snapshot_id id, hsn_error *err)
{
    return run_all(store, graph_deletes, sizeof graph_deletes / sizeof *graph_deletes, id, err);
}

static int drop_snapshot(hsn_store *store, hsn_snapshot_id id, hsn_error *err)
{
    int r = hsn__graph_drop(store, id, err);
    return r < 0
               ? r
               : run_all(store, rest_deletes, sizeof rest_deletes / sizeof *rest_deletes, id, err);
}

// Seconds before the newest capture, rounded down; 0 when the time is unknown.
static uint64_t age_s(const hsn_snapshot_info *info, int64_t newest_ms)
{
    return info->captured_at_unix_ms && newest_ms > info->captured_at_unix_ms
               ? (uint64_t)(newest_ms - info->captured_at_unix_ms) / 1000
               : 0;
}

static bool graph_goes(const hsn_retention *rule, const hsn_snapshot_list *list, size_t at,
                       int64_t newest_ms)
{
    const hsn_snapshot_info *info = &list->rows[at];
    if (!rule->limit_graphs || (!info->has_graph && !info->stacks))
        return false;
    return rule->graphs_age_s ? age_s(info, newest_ms) > rule->graphs_age_s
                              : list->count - at > rule->graphs;
}

int hsn__retention_apply(hsn_store *store, const hsn_retention *rule, hsn_retention_result *out,
                         hsn_error *err)
{
    hsn_snapshot_list list;
    int64_t newest_ms = 0;
    *out = (hsn_retention_result){0};
    int r = hsn_snapshot_list_read(store, &list, err);
    for (size_t i = 0; r == HSN_OK && i < list.count; i++)
        if (list.rows[i].captured_at_unix_ms > newest_ms)
            newest_ms = list.rows[i].captured_at_unix_ms;
    for (size_t i = 0; r == HSN_OK && i < list.count; i++) {
        const hsn_snapshot_info *info = &list.rows[i];
        if (rule->totals_age_s && age_s(info, newest_ms) > rule->totals_age_s) {
            r = drop_snapshot(store, info->id, err);
            out->snapshots_dropped++;
        } else if (graph_goes(rule, &list, i, newest_ms)) {
            r = hsn__graph_drop(store, info->id, err);
            out->graphs_dropped++;
        }
    }
    hsn_snapshot_list_free(&list);
    return r;
}

int hsn_history_open(hsn_store **out, const char *path, hsn_error *err)
{
    static const hsn_store_options writable = {.writable = 1};
    hsn_store *fresh = NULL;
    *out = NULL;
    if (access(path, F_OK)) {
        int r = hsn__store_create(&fresh, path, err);
        if (r == HSN_OK)
            r = hsn__store_publish(fresh, err);
        if (r < 0) {
            hsn__store_abandon(fresh);
            return r;
        }
        // Either ours is there now, or another process was faster.
        if (r == HSN_DONE)
            hsn__store_abandon(fresh);
        else
            hsn_store_close(fresh);
    }
    return hsn_store_open(out, path, &writable, err);
}

static int end(hsn_store *store, int r, hsn_error *err)
{
    if (r == HSN_OK)
        r = hsn__store_transaction(store, HSN__QUERY_COMMIT, err);
    if (r < 0)
        hsn__store_transaction(store, HSN__QUERY_ROLLBACK, NULL);
    return r;
}

int hsn_history_append(hsn_store *history, hsn_store *source, hsn_snapshot_id id,
                       const hsn_history_options *options, hsn_snapshot_id *out_id, hsn_error *err)
{
    static const hsn_history_options defaults = {0};
    hsn_retention_result dropped;
    hsn_snapshot_id copy = 0;
    options = options ? options : &defaults;
    *out_id = 0;
    int r = hsn__store_transaction(history, HSN__QUERY_BEGIN, err);
    if (r < 0)
        return r;
    r = hsn__snapshot_copy(history, source, id, options, &copy, err);
    if (r == HSN_OK && options->retention)
        r = hsn__retention_apply(history, options->retention, &dropped, err);
    r = end(history, r, err);
    if (r == HSN_OK)
        *out_id = copy;
    return r;
}

int hsn_history_retain(hsn_store *history, const hsn_retention *retention,
                       hsn_retention_result *out, hsn_error *err)
{
    hsn_retention_result dropped = {0};
    int r = hsn__store_transaction(history, HSN__QUERY_BEGIN, err);
    if (r < 0)
        return r;
    r = end(history, hsn__retention_apply(history, retention, &dropped, err), err);
    if (r == HSN_OK && out)
        *out = dropped;
    return r;
}
