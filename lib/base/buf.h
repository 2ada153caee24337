// SPDX-License-Identifier: MIT
// A growable byte buffer with a sticky failure: append many times, check once.
#ifndef HSN_BASE_BUF_H
#define HSN_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"

/** Largest buffer: 1 GiB unless `max` says otherwise. */
#define HSN__BUF_MAX ((size_t)1 << 30)

/** Start with `{0}`. After a failed append, `failed` stays set and appends do nothing. */
typedef struct hsn__buf {
    char *data;      /**< NUL-terminated only after hsn__buf_text() */
    size_t size;     /**< bytes in use */
    size_t capacity; /**< bytes allocated */
    size_t max;      /**< most bytes; 0 = HSN__BUF_MAX */
    bool failed;     /**< out of memory, or over max */
} hsn__buf;

/** Room for `extra` more bytes; false and failed when there is none. */
bool hsn__buf_reserve(hsn__buf *buf, size_t extra);

void hsn__buf_append(hsn__buf *buf, const void *data, size_t size);
void hsn__buf_puts(hsn__buf *buf, const char *text);
void hsn__buf_putc(hsn__buf *buf, char c);
void hsn__buf_printf(hsn__buf *buf, const char *format, ...) HSN__PRINTF(2, 3);

/** NUL-terminates and returns the text; "" when it failed or is empty. Owned by the buffer. */
const char *hsn__buf_text(hsn__buf *buf);

/** Empties it and keeps the memory. */
void hsn__buf_reset(hsn__buf *buf);

/** Frees the memory; the buffer is as new. */
void hsn__buf_clear(hsn__buf *buf);

#endif
