// SPDX-License-Identifier: MIT
// For tests of the tracemalloc reader: the same result with and without its shortcut.
#ifndef HSN_READERS_READ_TRACEMALLOC_H
#define HSN_READERS_READ_TRACEMALLOC_H

#include "readers/reader.h"

/** As the reader's `read`; `shortcut` false lets every opcode take the general way. */
int hsn__tracemalloc_read(hsn_input *in, const hsn_sink *sink, bool shortcut, hsn_error *err);

#endif
