// SPDX-License-Identifier: MIT
// Results of analyses in the table `segment`: written in one transaction, checked as all columns
// are.
#include "store/heap_private.h"

#include "base/alloc.h"
#include "store/results.h"
#include "store/store_private.h"

#include <unistd.h>

static int stored_rows(hsn_store *store, hsn_snapshot_id id, hsn__column column, uint64_t *out,
                       hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(store, HSN__QUERY_NAME_COUNT, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_int64(statement, 2, column);
    r = hsn__query_next(store, statement, err);
    if (r < 0)
        return r;
    *out = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return HSN_OK;
}

hsn_store *hsn__results_store(hsn_heap *heap)
{
    return hsn__heap_store(heap);
}

int hsn__results_have(hsn_heap *heap, hsn__column column, uint64_t rows, bool *out, hsn_error *err)
{
    uint64_t stored = 0;
    int r = stored_rows(hsn__heap_store(heap), hsn_heap_info(heap)->id, column, &stored, err);
    *out = r >= 0 && rows && stored == rows;
    return r;
}

int hsn_heap_retained(hsn_heap *heap, hsn_node_id node, uint64_t *out_bytes, hsn_error *err)
{
    bool have;
    *out_bytes = HSN_NO_RETAINED;
    int r = hsn__results_have(heap, HSN__COLUMN_RETAINED, hsn_heap_info(heap)->objects, &have, err);
    if (r < 0 || !have)
        return r;
    return hsn__heap_value(heap, HSN__COLUMN_RETAINED, node, out_bytes, err);
}

int hsn__results_read(hsn_heap *heap, hsn__column column, uint64_t rows,
                      const char *(*take)(void *context, uint64_t first, uint32_t rows,
                                          const uint64_t *values),
                      void *context, hsn_error *err)
{
    hsn_store *store = hsn__heap_store(heap);
    uint64_t *values = hsn__alloc_array(HSN__SEGMENT_ROWS, sizeof *values);
    int r = values ? HSN_OK : hsn__fail_memory(err);
    for (uint64_t first = 0; r >= 0 && first < rows; first += HSN__SEGMENT_ROWS) {
        uint32_t part = (uint32_t)(first / HSN__SEGMENT_ROWS),
                 count = hsn__segment_rows(rows, part);
        r = hsn__segment_values(store, hsn_heap_info(heap)->id, column, part, values, count, err);
        const char *refused = r < 0 ? NULL : take(context, first, count, values);
        if (refused)
            r = hsn__segment_fail(store, column, part, refused, err);
    }
    hsn__free(values);
    return r;
}

static int write_column(hsn_store *store, hsn_snapshot_id id, const hsn__result *result,
                        uint64_t *values, hsn__buf *data, hsn_error *err)
{
    int r = HSN_OK;
    for (uint64_t first = 0; r >= 0 && first < result->rows; first += HSN__SEGMENT_ROWS) {
        uint32_t part = (uint32_t)(first / HSN__SEGMENT_ROWS);
        uint32_t rows = hsn__segment_rows(result->rows, part);
        result->fill(result->context, first, rows, values);
        hsn__buf_reset(data);
        hsn__column_encode(data, values, rows, 0);
        r = data->failed ? hsn__fail_memory(err)
                         : hsn__segment_write(store, id, result->column, part, rows, rows,
                                              data->data, data->size, err);
    }
    return r;
}

static int write_all(hsn_store *store, hsn_snapshot_id id, const hsn__result *results, size_t count,
                     hsn_error *err)
{
    hsn__buf data = {0};
    uint64_t *values = hsn__alloc_array(HSN__SEGMENT_ROWS, sizeof *values), stored = 0;
    int r = values ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn__store_transaction(store, HSN__QUERY_BEGIN, err);
    if (r < 0)
        goto done;
    // Somebody else may have been faster.
    r = stored_rows(store, id, results[0].column, &stored, err);
    for (size_t i = 0; r >= 0 && !stored && i < count; i++)
        r = write_column(store, id, &results[i], values, &data, err);
    if (r >= 0)
        r = hsn__store_transaction(store, HSN__QUERY_COMMIT, err);
    if (r < 0)
        hsn__store_transaction(store, HSN__QUERY_ROLLBACK, NULL);
    else if (stored)
        r = HSN_DONE;
done:
    hsn__free(values);
    hsn__buf_clear(&data);
    return r;
}

bool hsn__results_can_keep(hsn_heap *heap)
{
    hsn_store *store = hsn__heap_store(heap);
    return *store->path && !store->borrowed && hsn_heap_info(heap)->objects &&
           !access(store->path, W_OK);
}

int hsn__results_keep(hsn_heap *heap, const hsn__result *results, size_t count, hsn_error *err)
{
    hsn_store *store = hsn__heap_store(heap), *own = NULL;
    hsn_snapshot_id id = hsn_heap_info(heap)->id;
    if (!sqlite3_db_readonly(store->db, "main"))
        return write_all(store, id, results, count, err);
    // A statement of ours that stands on a row would keep the writer from committing.
    hsn__store_forget_statements(store);
    int r = hsn_store_open(&own, store->path, &(hsn_store_options){.writable = 1}, err);
    if (r >= 0)
        r = write_all(own, id, results, count, err);
    hsn_store_close(own);
    return r;
}
