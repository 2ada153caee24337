// SPDX-License-Identifier: MIT
// Property: whatever bytes a segment holds behind a matching checksum, checking the store returns a
// status with a message, reads nothing outside of them and leaks nothing.
//
// Input: a byte that chooses the segment, then its new bytes. The checksum is made to match, since
// nothing behind it would be reached otherwise.
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heapsnap/load.h"
#include "replay.h"
#include "store/builder.h"
#include "store/store_private.h"

static void require(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "violated: %s\n", what);
        abort();
    }
}

// A small heap with every column in use.
static void push(const hsn_sink *sink)
{
    uint32_t type, word, frame, stack;
    hsn_error err = {0};
    bool ok =
        sink->ops->type(sink->context, &(hsn_sink_type){.name = hsn__text("Node")}, &type, &err) ==
            HSN_OK &&
        sink->ops->string(sink->context, hsn__text("parent"), &word, &err) == HSN_OK &&
        sink->ops->frame(sink->context, &(hsn_sink_frame){.file = hsn__text("a.py"), .line = 3},
                         &frame, &err) == HSN_OK &&
        sink->ops->stack(sink->context, &frame, 1, 1, &stack, &err) == HSN_OK;
    for (uint32_t i = 1; ok && i <= 20; i++) {
        hsn_sink_ref refs[] = {
            {.target = (i % 20 + 1) * 32,
             .label = word,
             .label_form = HSN_LABEL_STRING,
             .kind = HSN_REF_ATTRIBUTE},
            {.target = 32, .label = 0, .label_form = HSN_LABEL_INDEX, .kind = HSN_REF_INDEX},
            {.target = 64, .label = 7, .label_form = HSN_LABEL_INDEX, .kind = HSN_REF_INDEX},
            {.target = 96, .label_form = HSN_LABEL_NONE, .kind = HSN_REF_WEAK},
        };
        hsn_sink_object object = {.address = i * 32,
                                  .size_bytes = 16 + i,
                                  .length = i % 3,
                                  .refcount = i % 5,
                                  .text = hsn__text(i % 2 ? "name" : ""),
                                  .type = type,
                                  .stack = i % 4 ? stack : HSN_NONE,
                                  .flags = i % 8,
                                  .generation = i % 3};
        ok = sink->ops->object(sink->context, &object, &err) == HSN_OK &&
             sink->ops->refs(sink->context, refs, i % 5 ? i % 5 - 1 : 4, &err) == HSN_OK;
    }
    hsn_sink_root root = {.address = 32, .kind = HSN_ROOT_MODULE, .name = hsn__text("app")};
    require(ok && sink->ops->root(sink->context, &root, &err) == HSN_OK, "the heap is pushed");
}

static hsn_store *make_store(void)
{
    hsn__builder builder;
    hsn_store *store = NULL;
    hsn_snapshot_id id;
    uint64_t peak;
    hsn__builder_init(&builder, 0, 0);
    hsn_sink sink = hsn__builder_sink(&builder);
    push(&sink);
    hsn__snapshot_meta meta = {.source = "made", .format = "test", .complete = true};
    require(hsn__store_create(&store, NULL, NULL) == HSN_OK &&
                hsn__builder_write(&builder, store, &meta, NULL, &id, &peak, NULL) == HSN_OK &&
                hsn_store_verify(store, NULL) == HSN_OK,
            "the store is made");
    hsn__builder_clear(&builder);
    return store;
}

static void replace_segment(hsn_store *store, int column, const uint8_t *data, size_t size)
{
    sqlite3_stmt *statement = NULL;
    sqlite3_prepare_v2(store->db, "DELETE FROM segment WHERE \"column\" = ?1 RETURNING row_count",
                       -1, &statement, NULL);
    sqlite3_bind_int(statement, 1, column);
    int rc = sqlite3_step(statement);
    uint64_t rows = rc == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    while (rc == SQLITE_ROW)
        rc = sqlite3_step(statement);
    sqlite3_finalize(statement);
    if (rows)
        require(hsn__segment_write(store, 1, (hsn__column)column, 0, rows, rows, data, size,
                                   NULL) == HSN_OK,
                "the segment is replaced");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static hsn_store *store; // made once; every run undoes its change
    hsn_error err = {0};
    if (!size)
        return 0;
    if (!store)
        store = make_store();
    require(hsn__store_transaction(store, HSN__QUERY_BEGIN, NULL) == HSN_OK, "a change begins");
    replace_segment(store, HSN__COLUMN_ADDRESS + data[0] % HSN__COLUMN_NAME, data + 1, size - 1);
    int r = hsn_store_verify(store, &err);
    require(r <= HSN_OK && (r == HSN_OK) == (err.code == 0), "a status and its error agree");
    require(r == HSN_OK || err.message[0], "a failure has a message");
    hsn__store_forget_statements(store);
    require(hsn__store_transaction(store, HSN__QUERY_ROLLBACK, NULL) == HSN_OK, "it is undone");
    return 0;
}
