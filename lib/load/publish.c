// SPDX-License-Identifier: MIT
// The end of a load into a new store: its name, or the store that has the name by now.
#include "load/load_private.h"

#include "store/copy.h"
#include "store/store_private.h"

// The snapshots of `store` from `first` on.
static int list_from(hsn_store *store, hsn_snapshot_id first, hsn_snapshot_list *out,
                     hsn_error *err)
{
    size_t kept = 0;
    int r = hsn_snapshot_list_read(store, out, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < out->count; i++)
        if (out->rows[i].id >= first)
            out->rows[kept++] = out->rows[i];
    out->count = kept;
    return HSN_OK;
}

static int copy_into(hsn_store *target, hsn_store *source, int unique_labels,
                     const hsn_retention *retention, hsn_snapshot_list *list,
                     hsn_retention_result *dropped, hsn_error *err)
{
    const hsn_history_options options = {.with_graph = 1, .unique_label = unique_labels};
    hsn_snapshot_list copies = {0};
    hsn_retention_result here = {0};
    hsn_snapshot_id id = 0, first = 0;
    int r = HSN_OK;
    for (size_t i = 0; r >= 0 && i < list->count; i++) {
        r = hsn__snapshot_copy(target, source, list->rows[i].id, &options, &id, err);
        first = i ? first : id;
    }
    if (r >= 0)
        r = list_from(target, first, &copies, err);
    if (r >= 0 && retention)
        r = hsn__retention_apply(target, retention, &here, err);
    // Beside what went of the new store already.
    dropped->graphs_dropped += here.graphs_dropped;
    dropped->snapshots_dropped += here.snapshots_dropped;
    if (r >= 0)
        r = hsn__store_transaction(target, HSN__QUERY_COMMIT, err);
    if (r < 0) {
        hsn__store_transaction(target, HSN__QUERY_ROLLBACK, NULL);
        hsn_snapshot_list_free(&copies);
        return r;
    }
    hsn_snapshot_list_free(list);
    *list = copies;
    return HSN_OK;
}

int hsn__load_publish(hsn_store *store, const char *path, const hsn_load_options *options,
                      int unique_labels, hsn_snapshot_list *list, hsn_retention_result *dropped,
                      hsn_error *err)
{
    hsn_store *other = NULL;
    if (!options->append)
        return hsn__store_commit_file(store, options->replace, err);
    int r = hsn__store_publish(store, err);
    if (r == HSN_OK) {
        hsn_store_close(store);
        return r;
    }
    if (r == HSN_DONE)
        r = hsn_store_open(&other, path, &(hsn_store_options){.writable = 1}, err);
    if (r >= 0)
        r = hsn__store_transaction(other, HSN__QUERY_BEGIN, err);
    if (r >= 0)
        r = copy_into(other, store, unique_labels, options->retention, list, dropped, err);
    hsn_store_close(other);
    hsn__store_abandon(store);
    return r;
}
