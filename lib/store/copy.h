// SPDX-License-Identifier: MIT
// Copying a snapshot from one store into another, and dropping parts of one.
#ifndef HSN_STORE_COPY_H
#define HSN_STORE_COPY_H

#include "base/buf.h"
#include "heapsnap/history.h"

/** hsn_history_append() inside a transaction of `target`, without retention. */
int hsn__snapshot_copy(hsn_store *target, hsn_store *source, hsn_snapshot_id id,
                       const hsn_history_options *options, hsn_snapshot_id *out_id, hsn_error *err);

/** hsn_history_retain() inside a transaction. */
int hsn__retention_apply(hsn_store *store, const hsn_retention *retention,
                         hsn_retention_result *out, hsn_error *err);

/** Objects, references, stacks, warnings go; the snapshot says so. Inside a transaction. */
int hsn__graph_drop(hsn_store *store, hsn_snapshot_id id, hsn_error *err);

/** A label that the store does not have: `label`, else LABEL-2, LABEL-3 … `out` gets it. */
int hsn__label_unique(hsn_store *store, const char *label, hsn__buf *out, hsn_error *err);

#endif
