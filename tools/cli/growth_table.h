// SPDX-License-Identifier: MIT
// The table of snapgrow.
#ifndef CLI_GROWTH_TABLE_H
#define CLI_GROWTH_TABLE_H

#include "cli/tool.h"

#include <heapsnap/growth.h>

/** Say what the reader of the table must know: a warm-up left out, times that are of no use. */
void growth_say(struct cli *cli, const hsn_growth *growth, const char *subject,
                uint64_t memory_limit);

/**
 * Print it. `order`: the number in the JSON envelope of each snapshot that the growth was asked
 * for. STATUS_OK or STATUS_TROUBLE (printed).
 */
int growth_print(struct cli *cli, const hsn_growth *growth, const size_t *order, bool by_holder);

#endif
