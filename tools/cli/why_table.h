// SPDX-License-Identifier: MIT
// The table of `snapdiff --why` and `snapgrow --why`.
#ifndef CLI_WHY_TABLE_H
#define CLI_WHY_TABLE_H

#include "cli/tool.h"

#include <heapsnap/totals.h>

/**
 * Explain the growth from the first to the last of the snapshots and print it. `dominators`:
 * hsn_dominators_flag bits, where a store does not hold what retained bytes need. With --exit-code
 * a row that is no noise and gained `min_growth` bytes or more is a finding. STATUS_OK,
 * STATUS_FINDING or STATUS_TROUBLE (printed).
 */
int why_print(struct cli *cli, const hsn_snapshot_ref *snapshots, size_t count, const char *subject,
              uint64_t min_growth, unsigned dominators);

/** The flags of the options --shallow and --keep. */
unsigned why_dominators(bool shallow, bool keep);

#endif
