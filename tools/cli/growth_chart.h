// SPDX-License-Identifier: MIT
// snapgrow --svg: a panel for the whole and for each row, with the line of its slope.
#ifndef CLI_GROWTH_CHART_H
#define CLI_GROWTH_CHART_H

#include "cli/tool.h"

#include <heapsnap/growth.h>

/**
 * Draw the rows into `path`. `captured_at_unix_ms` has one time a snapshot that the growth was
 * asked for. STATUS_OK or STATUS_TROUBLE (printed).
 */
int growth_draw(struct cli *cli, const hsn_growth *growth, const int64_t *captured_at_unix_ms,
                bool by_holder, const char *path);

#endif
