// SPDX-License-Identifier: MIT
// Objects and types as people name them on the command line.
#ifndef CLI_CHOOSE_H
#define CLI_CHOOSE_H

#include "cli/tool.h"

#include <heapsnap/heap.h>

/** `0x7f12…` or decimal; false for anything else. */
bool choose_parse_address(const char *text, uint64_t *out);

/** The object at an address. Returns STATUS_OK, or STATUS_TROUBLE after the message was printed. */
int choose_object(struct cli *cli, hsn_heap *heap, const char *argument, uint64_t address,
                  hsn_node_id *out);

/**
 * Set the flag of every type that `pattern` names best: a full name, else a name without its
 * module, else a glob over either. `flags` is indexed by type id. Returns how many types match.
 */
size_t choose_types(const hsn_heap *heap, const char *pattern, uint8_t *flags);

#endif
