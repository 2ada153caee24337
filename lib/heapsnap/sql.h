// SPDX-License-Identifier: MIT
// SQL over a store: its rows, and the objects and references as virtual tables.
#ifndef HEAPSNAP_SQL_H
#define HEAPSNAP_SQL_H

#include "heapsnap/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A running statement. docs/sql.md lists the tables that it sees. */
typedef struct hsn_sql hsn_sql;

/**
 * Prepare one statement. The virtual tables show the snapshot `id` unless the statement says
 * `snapshot = …`. The store is as writable as it was opened.
 *
 * Owns:    the caller owns *out; close it before the store with hsn_sql_close().
 * Errors:  HSN_EINVAL (mistake in the SQL, more than one statement), HSN_ESTORE, HSN_ENOMEM.
 * Threads: one thread at a time, together with its store; one hsn_sql per store at a time.
 */
HSN_API int hsn_sql_prepare(hsn_sql **out, hsn_store *store, hsn_snapshot_id id, const char *text,
                            hsn_error *err);

/** Accepts NULL. */
HSN_API void hsn_sql_close(hsn_sql *sql);

/**
 * The next row: HSN_OK, or HSN_DONE after the last one.
 *
 * Errors: as hsn_sql_prepare(), and HSN_EFORMAT for a damaged store.
 */
HSN_API int hsn_sql_next(hsn_sql *sql, hsn_error *err);

HSN_API int hsn_sql_column_count(const hsn_sql *sql);

/** Lives as long as the statement. */
HSN_API const char *hsn_sql_column_name(const hsn_sql *sql, int column);

typedef enum hsn_sql_type {
    HSN_SQL_NULL,
    HSN_SQL_INTEGER,
    HSN_SQL_REAL,
    HSN_SQL_TEXT
} hsn_sql_type;

/** A value of the row at hand. `text` lives until the next call. Blobs come as text of hexadecimal
 * digits. */
typedef struct hsn_sql_value {
    hsn_sql_type type;
    int64_t integer;
    double real;
    const char *text;
    size_t text_length;
} hsn_sql_value;

/** Errors: HSN_ENOMEM. */
HSN_API int hsn_sql_column(hsn_sql *sql, int column, hsn_sql_value *out, hsn_error *err);

/**
 * The objects for which `where`, an SQL expression over the columns of `object`, holds; ascending.
 *
 * Owns:   *out is the caller's: hsn_free_nodes().
 * Errors: as hsn_sql_prepare() and hsn_sql_next().
 * Cost:   one pass over the columns that `where` names; much less with `address =` or `type =`.
 */
HSN_API int hsn_sql_nodes_where(hsn_store *store, hsn_snapshot_id id, const char *where,
                                hsn_node_id **out, size_t *out_count, hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
