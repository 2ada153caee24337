// SPDX-License-Identifier: MIT
// UTF-8 as it must be: strict decoding, columns on a terminal, characters that must not get there.
#ifndef HSN_RENDER_UTF8_H
#define HSN_RENDER_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/**
 * Decode the character at `text` (size > 0 bytes). Returns its bytes, 1 … 4, or 0 when they are not
 * UTF-8: a lone continuation, an overlong form, a surrogate, a cut end.
 */
size_t hsn__utf8_decode(const char *text, size_t size, uint32_t *out);

/** Columns that a character takes: 0 for combining marks, 2 for East Asian wide ones and emoji. */
unsigned hsn__utf8_columns(uint32_t character);

/** Columns of a text that is valid UTF-8 without control characters. */
size_t hsn__utf8_text_columns(const char *text, size_t size);

/** C0, DEL, C1, and the marks that reverse or hide text. */
bool hsn__utf8_unsafe(uint32_t character);

/** Append with unsafe characters and bad bytes escaped: valid UTF-8 that is safe on a terminal. */
void hsn__text_escape(hsn__buf *buf, const char *text, size_t size);

#endif
