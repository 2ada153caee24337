// SPDX-License-Identifier: MIT
// Writing and reading segments: bytes, checksums and places.
#include "store/store_private.h"

#include <limits.h>
#include <zlib.h>

// SQLite's own largest blob, less some room for the row around it.
enum { LARGEST_SEGMENT = 1000000000 - 4096 };

static uint32_t checksum(const void *data, size_t size)
{
    return (uint32_t)crc32_z(0, data, size);
}

int hsn__segment_write(hsn_store *store, hsn_snapshot_id id, hsn__column column, uint32_t part,
                       uint64_t row_count, uint64_t value_count, const void *data, size_t size,
                       hsn_error *err)
{
    sqlite3_stmt *statement;
    if (size > LARGEST_SEGMENT)
        return hsn__fail(err, HSN_ELIMIT, hsn_store_path(store),
                         "segment %s/%u: more than %d bytes", hsn__column_name(column), part,
                         LARGEST_SEGMENT);
    int r = hsn__query_get(store, HSN__QUERY_SEGMENT_INSERT, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_int64(statement, 2, column);
    sqlite3_bind_int64(statement, 3, part);
    sqlite3_bind_int64(statement, 4, (int64_t)row_count);
    sqlite3_bind_int64(statement, 5, (int64_t)value_count);
    sqlite3_bind_int64(statement, 6, checksum(data, size));
    sqlite3_bind_blob64(statement, 7, size ? data : "", size, SQLITE_STATIC); // NULL binds NULL
    return hsn__query_run(store, statement, err);
}

int hsn__segment_fail(hsn_store *store, hsn__column column, uint32_t part, const char *what,
                      hsn_error *err)
{
    return hsn__fail(err, HSN_EFORMAT, hsn_store_path(store), "damaged store: segment %s/%u: %s",
                     hsn__column_name(column), part, what);
}

int hsn__segment_read(hsn_store *store, hsn_snapshot_id id, hsn__column column, uint32_t part,
                      uint64_t expected_rows, hsn__segment *out, hsn_error *err)
{
    sqlite3_stmt *statement;
    int r = hsn__query_get(store, HSN__QUERY_SEGMENT_READ, &statement, err);
    if (r < 0)
        return r;
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_int64(statement, 2, column);
    sqlite3_bind_int64(statement, 3, part);
    r = hsn__query_next(store, statement, err);
    if (r == HSN_DONE)
        return hsn__segment_fail(store, column, part, "missing", err);
    if (r < 0)
        return r;
    int64_t crc = sqlite3_column_int64(statement, 2);
    out->row_count = (uint64_t)sqlite3_column_int64(statement, 0);
    out->value_count = (uint64_t)sqlite3_column_int64(statement, 1);
    out->data = sqlite3_column_blob(statement, 3);
    out->size = (size_t)sqlite3_column_bytes(statement, 3);
    if (out->row_count != expected_rows)
        r = hsn__segment_fail(store, column, part, "wrong number of rows", err);
    else if (crc != checksum(out->data, out->size))
        r = hsn__segment_fail(store, column, part, "checksum does not match", err);
    if (r < 0)
        hsn__segment_done(store);
    return r;
}

void hsn__segment_done(hsn_store *store)
{
    sqlite3_reset(store->statements[HSN__QUERY_SEGMENT_READ]);
}

int hsn__segment_values(hsn_store *store, hsn_snapshot_id id, hsn__column column, uint32_t part,
                        uint64_t *out, size_t count, hsn_error *err)
{
    hsn__segment segment = {0};
    int r = hsn__segment_read(store, id, column, part, count, &segment, err);
    if (r < 0)
        return r;
    if (!hsn__column_decode(segment.data, segment.size, out, count))
        r = hsn__segment_fail(store, column, part, "cannot be decoded", err);
    hsn__segment_done(store);
    return r;
}
