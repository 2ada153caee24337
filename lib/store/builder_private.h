// SPDX-License-Identifier: MIT
// Between the files of the builder's writing half.
#ifndef HSN_STORE_BUILDER_PRIVATE_H
#define HSN_STORE_BUILDER_PRIVATE_H

#include "store/builder.h"
#include "store/store_private.h"

typedef struct hsn__weak_ref {
    uint32_t target;
    uint32_t label;
    uint8_t step;
} hsn__weak_ref;

/** Segments under construction. Set store and snapshot, leave the rest zero. */
typedef struct hsn__column_writer {
    hsn_store *store;
    hsn_snapshot_id snapshot;
    const hsn__builder *builder;
    hsn__buf data, targets, labels;
    uint32_t *ranks;     /**< code of a name of references, by its number in the log */
    hsn__weak_ref *weak; /**< of the object being written */
    size_t weak_count, weak_capacity;
    uint64_t references, weak_references, dangling; /**< results */
    uint64_t peak_bytes;                            /**< result */
} hsn__column_writer;

/** The next free id. Errors: HSN_EINVAL (label taken; "" never is), HSN_ESTORE. */
int hsn__snapshot_new_id(hsn_store *store, const char *label, hsn_snapshot_id *out_id,
                         hsn_error *err);

/** What makes a type the same in two snapshots. */
typedef struct hsn__type_identity {
    const char *name, *module;
    int kind, has_finalizer;
} hsn__type_identity;

/** The row of a type in the table `type`, made on first sight. */
int hsn__type_row(hsn_store *store, const hsn__type_identity *type, int64_t *out, hsn_error *err);

/** Types, their totals, and how this snapshot numbers them. Addresses must be final. */
int hsn__builder_write_types(const hsn__builder *builder, hsn_store *store, hsn_snapshot_id id,
                             hsn_error *err);

/** All segments of the snapshot. Frees what the writer holds; the results stay. */
int hsn__builder_write_columns(hsn__builder *builder, hsn__column_writer *writer,
                               const hsn_progress *progress, hsn_error *err);

/** Frames, stacks and totals by metric: rows and segments. To be called after the columns. */
int hsn__builder_write_profile(hsn__builder *builder, hsn_store *store, hsn_snapshot_id id,
                               hsn_error *err);

/** Encode and write one segment of plain values. */
int hsn__column_writer_put(hsn__column_writer *writer, hsn__column column, uint32_t part,
                           const uint64_t *values, size_t count, int ascending, hsn_error *err);

#endif
