// SPDX-License-Identifier: MIT
// Virtual tables over the columns of snapshots: what object, ref and the table-valued functions
// share.
#ifndef HSN_SQL_VTAB_H
#define HSN_SQL_VTAB_H

#include "heapsnap/graph.h"
#include "store/heap_private.h"
#include "store/store_private.h"

/** A snapshot that some statement looks at. Kept until the connection closes. */
typedef struct hsn__sql_snapshot {
    struct hsn__sql_snapshot *next;
    hsn_snapshot_id id;
    hsn_heap *heap;      /**< for random access; cursors that scan have their own */
    uint64_t *addresses; /**< by node */
    hsn_graph *backward; /**< with weak references; NULL until somebody asks for referrers */
    hsn_graph *strong;   /**< without; NULL until somebody asks for a chain */
    hsn_profile profile; /**< empty until somebody asks for a stack */
    uint64_t *frame_ids; /**< by frame of the profile: row of the table `frame` */
} hsn__sql_snapshot;

/** What all virtual tables of a connection share. */
typedef struct hsn__sql_context {
    hsn_store *store;
    hsn_snapshot_id chosen; /**< shown when a statement names none; 0 = the last one */
    bool owns_store;        /**< the extension's, over its host's connection */
    hsn__sql_snapshot *snapshots;
} hsn__sql_context;

/** The snapshot `id`, 0 = the chosen one; opened on first use. Errors: as hsn_heap_open(). */
int hsn__sql_snapshot_get(hsn__sql_context *context, hsn_snapshot_id id, hsn__sql_snapshot **out,
                          hsn_error *err);

/** Load a backward graph, with weak references and without, unless it is there. */
int hsn__sql_snapshot_backward(hsn__sql_snapshot *snapshot, hsn_error *err);
int hsn__sql_snapshot_strong(hsn__sql_snapshot *snapshot, hsn_error *err);

/** Load the allocation profile unless it is there. */
int hsn__sql_snapshot_profile(hsn__sql_snapshot *snapshot, hsn_error *err);

/** The node at an address: integer, or text as "0x7f…". HSN_NONE when there is none. */
hsn_node_id hsn__sql_node(const hsn__sql_snapshot *snapshot, sqlite3_value *address);

/** A node id as a statement gives it; HSN_NONE for what cannot be one. */
static inline hsn_node_id hsn__sql_id(sqlite3_value *value)
{
    sqlite3_int64 id = sqlite3_value_int64(value);
    bool fits = sqlite3_value_type(value) == SQLITE_INTEGER && id >= 0 && id < HSN_NONE;
    return fits ? (hsn_node_id)id : HSN_NONE;
}

/** The node that a statement pins by address, by id, or by both; either may be NULL. HSN_NONE =
 * none. */
static inline hsn_node_id hsn__sql_pinned(const hsn__sql_snapshot *snapshot, sqlite3_value *address,
                                          sqlite3_value *id)
{
    hsn_node_id by_address = address ? hsn__sql_node(snapshot, address) : HSN_NONE;
    hsn_node_id by_id = id ? hsn__sql_id(id) : HSN_NONE;
    if (address && id && by_address != by_id)
        return HSN_NONE;
    return address ? by_address : by_id;
}

void hsn__sql_context_free(hsn__sql_context *context);

/** A cursor: the common part; each table's own cursor begins with it. */
typedef struct hsn__cursor {
    sqlite3_vtab_cursor base;
    hsn__sql_context *context;
    hsn__sql_snapshot *snapshot; /**< of this run */
    hsn_heap *heap;              /**< its own, so that scans do not disturb one another */
    hsn_snapshot_id heap_id;
    sqlite3_int64 rowid;
    bool at_end;
} hsn__cursor;

/** A column that a statement may pin with `=`; the pinned value reaches filter(). */
typedef struct hsn__vtab_key {
    int column;
    double rows; /**< how many rows are left, about, when it is pinned; 0 = does not matter */
    bool required;
} hsn__vtab_key;

enum { HSN__VTAB_KEYS = 6 };

/** A virtual table. Key 0 is always the hidden column `snapshot`. */
typedef struct hsn__vtab_spec {
    const char *name;
    const char *declaration; /**< CREATE TABLE x(…) */
    hsn__vtab_key keys[HSN__VTAB_KEYS];
    int key_count;
    double rows; /**< without any key, about */
    size_t cursor_size;
    /** Begin: pinned[k] is the value of key k or NULL. Stand on the first row or set at_end. */
    int (*filter)(hsn__cursor *cursor, sqlite3_value **pinned, hsn_error *err);
    int (*next)(hsn__cursor *cursor, hsn_error *err);
    int (*column)(hsn__cursor *cursor, sqlite3_context *result, int column, hsn_error *err);
    void (*close)(hsn__cursor *cursor); /**< frees what is its own; may be NULL */
} hsn__vtab_spec;

extern const hsn__vtab_spec hsn__vtab_object, hsn__vtab_ref, hsn__vtab_referrers,
    hsn__vtab_referents, hsn__vtab_path_to_root, hsn__vtab_stack, hsn__vtab_stack_total;

/** Register all virtual tables; the connection owns the context from then on, failed or not. */
int hsn__sql_register(sqlite3 *db, hsn__sql_context *context);

/** Addresses as SQL sees them: signed 64 bits. */
static inline void hsn__result_address(sqlite3_context *result, uint64_t address)
{
    sqlite3_result_int64(result, (sqlite3_int64)address);
}

/** The label of a reference: text, an integer for an index, or NULL. */
int hsn__result_label(hsn__cursor *cursor, sqlite3_context *result, const hsn_ref *ref,
                      hsn_error *err);

#endif
