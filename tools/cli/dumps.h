// SPDX-License-Identifier: MIT
// The dumps that operands name: files, folders and patterns.
#ifndef CLI_DUMPS_H
#define CLI_DUMPS_H

#include "cli/tool.h"

/** Files in order; cli owns them. */
struct dumps {
    const char **paths;
    size_t count;
    bool many; /**< an operand was a folder or a pattern: they are not of one process */
};

/**
 * Operands as files. A folder stands for the files in it, but for hidden ones, stores, what lies
 * beside a store, and what is still being written (.tmp); a name that is no file and has one of *?[
 * for what it matches. Both in order of name. Returns STATUS_OK, or STATUS_TROUBLE (printed).
 */
int cli_dumps(struct cli *cli, struct dumps *out);

#endif
