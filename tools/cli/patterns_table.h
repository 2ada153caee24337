// SPDX-License-Identifier: MIT
// The table of `backrefs --patterns`.
#ifndef CLI_PATTERNS_TABLE_H
#define CLI_PATTERNS_TABLE_H

#include "cli/tool.h"

#include <heapsnap/pattern.h>

/** Merge the chains of the objects of the flagged types (by type id) and print them. STATUS_OK or
 * STATUS_TROUBLE (printed). */
int patterns_print(struct cli *cli, hsn_heap *heap, const uint8_t *types, const char *subject,
                   size_t limit);

#endif
