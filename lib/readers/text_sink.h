// SPDX-License-Identifier: MIT
// A sink that writes every event as a line of text: golden records and a debugging aid.
#ifndef HSN_READERS_TEXT_SINK_H
#define HSN_READERS_TEXT_SINK_H

#include "base/buf.h"
#include "readers/sink.h"

/**
 * One event a line: its word, then `name=value` in a fixed order. Text is quoted, bytes outside
 * printable ASCII as \xNN. Events that give out an id show it first.
 */
typedef struct hsn__text_sink {
    /** Takes a complete line with its newline, or several; negative stops the reader. */
    int (*write)(void *context, const char *text, size_t size, hsn_error *err);
    void *context;
    hsn__buf line;
    uint32_t types, strings, frames, stacks; /**< ids given out */
    uint32_t metrics;                        /**< given out beside `inuse` */
} hsn__text_sink;

/** Fill in `write` and `context` first; free with hsn__text_sink_clear(). */
hsn_sink hsn__text_sink_init(hsn__text_sink *text);

void hsn__text_sink_clear(hsn__text_sink *text);

#endif
