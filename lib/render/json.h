// SPDX-License-Identifier: MIT
// JSON's scalars: strings and numbers that are valid whatever goes in.
#ifndef HSN_RENDER_JSON_H
#define HSN_RENDER_JSON_H

#include "base/buf.h"

/** Append a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, one for each. */
void hsn__json_put_text(hsn__buf *buf, const char *text, size_t size);

/** Append a number that reads back as the same double, whatever the locale; null when not finite.
 */
void hsn__json_put_real(hsn__buf *buf, double value);

#endif
