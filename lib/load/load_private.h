// SPDX-License-Identifier: MIT
// What loading one dump and loading many share.
#ifndef HSN_LOAD_PRIVATE_H
#define HSN_LOAD_PRIVATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "heapsnap/load.h"

/**
 * All snapshots of a dump into a store in memory. Returns HSN_PARTIAL as hsn_load() does.
 * Owns: close *out.
 */
int hsn__load_in_memory(hsn_store **out, const char *path, const hsn_load_options *options,
                        hsn_load_result *result, hsn_error *err);

/**
 * Give a new store its name. With options->append, when the name is taken, its snapshots
 * `*list` are added to the store of that name in one transaction, retention is applied there, and
 * *list tells what they are there. The store is closed in any case.
 */
int hsn__load_publish(hsn_store *store, const char *path, const hsn_load_options *options,
                      int unique_labels, hsn_snapshot_list *list, hsn_retention_result *dropped,
                      hsn_error *err);

/** The dump within a folder that a profiler wrote; false when `path` is no such folder. */
bool hsn__result_folder_file(const char *path, hsn__buf *out);

#endif
