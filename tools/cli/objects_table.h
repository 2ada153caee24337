// SPDX-License-Identifier: MIT
// New, gone and surviving objects by type, as a table.
#ifndef CLI_OBJECTS_TABLE_H
#define CLI_OBJECTS_TABLE_H

#include "cli/tool.h"

#include <heapsnap/objects.h>

/** Compare two or three snapshots by id and print it. Text leaves out types of which nothing is new
 * and nothing gone, unless `unchanged`. STATUS_FINDING with --exit-code when a type gained
 * `min_growth` bytes. */
int objects_print(struct cli *cli, struct snapshot *const *snapshots, size_t count,
                  const char *type, bool unchanged, uint64_t min_growth);

#endif
