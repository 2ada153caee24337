// SPDX-License-Identifier: MIT
// What lib/store and lib/sql share about an open store.
#ifndef HSN_STORE_PRIVATE_H
#define HSN_STORE_PRIVATE_H

#include "store/sqlite_api.h"

#include "heapsnap/store.h"
#include "store/column.h"
#include "store/query.h"

/** "hsnp" */
#define HSN__APPLICATION_ID 0x68736e70
#define HSN__SCHEMA_VERSION 2

struct hsn_store {
    sqlite3 *db;
    char *path;       /**< "" in memory */
    char *final_path; /**< a new store: the name it gets when whole */
    sqlite3_stmt *statements[HSN__QUERY_COUNT];
    int borrowed; /**< db belongs to someone else: the extension */
};

/** Turn an SQLite result into a status: full disk and I/O errors, corruption, memory, the rest. */
int hsn__store_fail(hsn_store *store, int rc, hsn_error *err);

/**
 * A new store. With a path, it is written beside it under a temporary name until
 * hsn__store_commit_file() renames it; NULL = in memory.
 * Errors: HSN_EIO, HSN_ESTORE, HSN_ENOMEM.
 */
int hsn__store_create(hsn_store **out, const char *path, hsn_error *err);

/**
 * Finish a new store: flush to the disk and give it its name. With `replace`, an existing file
 * goes; without, it is HSN_EINVAL. The store is closed in any case; on failure the temporary file
 * is gone.
 */
int hsn__store_commit_file(hsn_store *store, int replace, hsn_error *err);

/**
 * Give a new store its name unless the name is taken: then HSN_DONE, and nothing has changed. After
 * HSN_OK close it: SQLite does not write to a file that was moved. No transaction may be open.
 */
int hsn__store_publish(hsn_store *store, hsn_error *err);

/** A store over a connection that someone else owns. Errors: HSN_EFORMAT, HSN_EUNSUPPORTED,
 * HSN_ENOMEM. */
int hsn__store_borrow(hsn_store **out, sqlite3 *db, hsn_error *err);

/** Finalise all prepared statements; they are prepared again when needed. */
void hsn__store_forget_statements(hsn_store *store);

/** Close; a new store that was not committed is deleted. */
void hsn__store_abandon(hsn_store *store);

/** One of BEGIN, COMMIT, ROLLBACK. */
int hsn__store_transaction(hsn_store *store, hsn__query what, hsn_error *err);

int hsn__segment_write(hsn_store *store, hsn_snapshot_id id, hsn__column column, uint32_t part,
                       uint64_t row_count, uint64_t value_count, const void *data, size_t size,
                       hsn_error *err);

/** The bytes of a segment, checked by CRC; valid until the next read or hsn__segment_done(). */
typedef struct hsn__segment {
    const uint8_t *data;
    size_t size;
    uint64_t row_count;
    uint64_t value_count;
} hsn__segment;

/**
 * Errors: HSN_EFORMAT (missing, damaged: "segment target/3: checksum does not match"), HSN_ESTORE.
 * `expected_rows` is what the snapshot's counts ask for.
 */
int hsn__segment_read(hsn_store *store, hsn_snapshot_id id, hsn__column column, uint32_t part,
                      uint64_t expected_rows, hsn__segment *out, hsn_error *err);

/** Let go of the bytes of the last read: while they stand, nobody can write to the file. */
void hsn__segment_done(hsn_store *store);

/** The fault of a segment whose bytes cannot be decoded. */
int hsn__segment_fail(hsn_store *store, hsn__column column, uint32_t part, const char *what,
                      hsn_error *err);

/** Read and decode a column segment of plain values (not TARGET, LABEL, STRING). */
int hsn__segment_values(hsn_store *store, hsn_snapshot_id id, hsn__column column, uint32_t part,
                        uint64_t *out, size_t count, hsn_error *err);

/** Which rows of the table `frame` a snapshot's `count` frames are. */
int hsn__profile_frame_ids(hsn_store *store, hsn_snapshot_id id, uint64_t count, uint64_t *out,
                           hsn_error *err);

/** The store that a heap reads. */
struct hsn_heap;
hsn_store *hsn__heap_store(struct hsn_heap *heap);

/** The rows of one snapshot (`only` = its id) or of all (0), checked for impossible counts. */
int hsn__snapshot_info_list(hsn_store *store, hsn_snapshot_id only, hsn_snapshot_list *out,
                            hsn_error *err);

/** Rows of part `part` of `total` rows. */
static inline uint32_t hsn__segment_rows(uint64_t total, uint32_t part)
{
    uint64_t first = (uint64_t)part * HSN__SEGMENT_ROWS;
    uint64_t left = total > first ? total - first : 0;
    return left < HSN__SEGMENT_ROWS ? (uint32_t)left : HSN__SEGMENT_ROWS;
}

#endif
