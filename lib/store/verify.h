// SPDX-License-Identifier: MIT
// Between the files that check a store.
#ifndef HSN_STORE_VERIFY_H
#define HSN_STORE_VERIFY_H

#include "store/store_private.h"

/** HSN_EFORMAT: "damaged store: snapshot 3: number of roots". */
int hsn__verify_wrong(hsn_store *store, hsn_snapshot_id id, hsn_error *err, const char *what);

/** Frames, stacks, metrics and their totals. */
int hsn__verify_profile(hsn_store *store, const hsn_snapshot_info *info, hsn_error *err);

#endif
