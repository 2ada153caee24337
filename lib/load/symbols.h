// SPDX-License-Identifier: MIT
// Frames that a dump names by a byte of a file only: their functions, where the file is there.
#ifndef HSN_LOAD_SYMBOLS_H
#define HSN_LOAD_SYMBOLS_H

#include <stdbool.h>

#include "base/arena.h"
#include "readers/sink.h"

/** Start with `{0}` and when the dump was written; end with hsn__symbols_clear(). */
typedef struct hsn__symbols {
    int64_t dump_modified_s; /**< files changed later than this are another version; 0 = unknown */
    struct hsn__symbol_file *files;
    size_t file_count, file_capacity;
    size_t last; /**< used last */
    uint64_t named, unnamed;
    hsn__arena arena; /**< paths */
} hsn__symbols;

void hsn__symbols_clear(hsn__symbols *symbols);

/**
 * What a builder asks for every frame with `by_offset`: *out is the frame to keep. Its texts live
 * until hsn__symbols_clear(). `context` is a hsn__symbols.
 * Errors: HSN_ENOMEM; a file that cannot be used leaves its frames as they are.
 */
int hsn__symbols_name(void *context, const hsn_sink_frame *frame, hsn_sink_frame *out,
                      hsn_error *err);

/** What was done, as facts and warnings of the snapshot. */
int hsn__symbols_tell(const hsn__symbols *symbols, const hsn_sink *sink, hsn_error *err);

#endif
