// SPDX-License-Identifier: MIT
// Snapshots that SQL statements look at, opened on first use.
#include "base/alloc.h"
#include "sql/vtab.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

static void free_snapshot(hsn__sql_snapshot *snapshot)
{
    hsn_graph_free(snapshot->backward);
    hsn_graph_free(snapshot->strong);
    hsn_profile_free(&snapshot->profile);
    hsn__free(snapshot->frame_ids);
    hsn__free(snapshot->addresses);
    hsn_heap_close(snapshot->heap);
    hsn__free(snapshot);
}

static int open_snapshot(hsn__sql_context *context, hsn_snapshot_id id, hsn__sql_snapshot **out,
                         hsn_error *err)
{
    hsn__sql_snapshot *snapshot = hsn__alloc_zeroed(1, sizeof *snapshot);
    if (!snapshot)
        return hsn__fail_memory(err);
    snapshot->id = id;
    int r = hsn_heap_open(&snapshot->heap, context->store, id, err);
    if (r == HSN_OK) {
        snapshot->addresses = hsn__alloc_array((size_t)hsn_heap_info(snapshot->heap)->objects,
                                               sizeof *snapshot->addresses);
        r = snapshot->addresses
                ? hsn_heap_column_addresses(snapshot->heap, snapshot->addresses, err)
                : hsn__fail_memory(err);
    }
    if (r < 0) {
        free_snapshot(snapshot);
        return r;
    }
    snapshot->next = context->snapshots;
    context->snapshots = *out = snapshot;
    return HSN_OK;
}

int hsn__sql_snapshot_get(hsn__sql_context *context, hsn_snapshot_id id, hsn__sql_snapshot **out,
                          hsn_error *err)
{
    if (!id)
        id = context->chosen;
    if (!id) {
        int r = hsn_snapshot_find(context->store, NULL, &id, err);
        if (r < 0)
            return r;
    }
    for (*out = context->snapshots; *out; *out = (*out)->next)
        if ((*out)->id == id)
            return HSN_OK;
    return open_snapshot(context, id, out, err);
}

int hsn__sql_snapshot_backward(hsn__sql_snapshot *snapshot, hsn_error *err)
{
    if (snapshot->backward)
        return HSN_OK;
    return hsn_graph_load(&snapshot->backward, snapshot->heap, HSN_GRAPH_BACKWARD | HSN_GRAPH_WEAK,
                          NULL, err);
}

int hsn__sql_snapshot_strong(hsn__sql_snapshot *snapshot, hsn_error *err)
{
    if (snapshot->strong)
        return HSN_OK;
    return hsn_graph_load(&snapshot->strong, snapshot->heap, HSN_GRAPH_BACKWARD, NULL, err);
}

int hsn__sql_snapshot_profile(hsn__sql_snapshot *snapshot, hsn_error *err)
{
    hsn_store *store = hsn__heap_store(snapshot->heap);
    if (snapshot->frame_ids)
        return HSN_OK;
    int r = hsn_profile_read(store, snapshot->id, &snapshot->profile, err);
    if (r < 0)
        return r;
    size_t frames = snapshot->profile.frame_count;
    uint64_t *ids = hsn__alloc_array(frames, sizeof *ids);
    r = ids ? hsn__profile_frame_ids(store, snapshot->id, frames, ids, err) : hsn__fail_memory(err);
    if (r < 0) {
        hsn__free(ids);
        hsn_profile_free(&snapshot->profile);
    } else {
        snapshot->frame_ids = ids;
    }
    return r;
}

hsn_node_id hsn__sql_node(const hsn__sql_snapshot *snapshot, sqlite3_value *value)
{
    uint64_t address = (uint64_t)sqlite3_value_int64(value);
    int type = sqlite3_value_type(value);
    if (type != SQLITE_INTEGER && type != SQLITE_TEXT)
        return HSN_NONE;
    if (type == SQLITE_TEXT) {
        const char *text = (const char *)sqlite3_value_text(value);
        char *end = NULL;
        errno = 0;
        address = text ? strtoull(text, &end, 0) : 0;
        if (!text || end == text || *end || errno)
            return HSN_NONE;
    }
    uint64_t low = 0, high = hsn_heap_info(snapshot->heap)->objects;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (snapshot->addresses[middle] < address)
            low = middle + 1;
        else
            high = middle;
    }
    bool found =
        low < hsn_heap_info(snapshot->heap)->objects && snapshot->addresses[low] == address;
    return found ? (hsn_node_id)low : HSN_NONE;
}

void hsn__sql_context_free(hsn__sql_context *context)
{
    while (context->snapshots) {
        hsn__sql_snapshot *next = context->snapshots->next;
        free_snapshot(context->snapshots);
        context->snapshots = next;
    }
    if (context->owns_store)
        hsn_store_close(context->store);
    hsn__free(context);
}
