// SPDX-License-Identifier: MIT
// Texts of drawings made fit to be seen: they come from dumps and may hold anything.
#include "render/draw_private.h"

#include <inttypes.h>
#include <string.h>

#include "render/utf8.h"

// A byte that is no UTF-8 counts as one character, and is shown as this one.
#define REPLACEMENT 0xFFFD

static size_t decode(const char *text, size_t size, uint32_t *out)
{
    size_t length = hsn__utf8_decode(text, size, out);
    if (length)
        return length;
    *out = REPLACEMENT;
    return 1;
}

static void put(hsn__buf *buf, const char *text, size_t length, uint32_t c, bool keep_lines)
{
    // XML forbids the characters that end in FFFE and FFFF.
    if (c == REPLACEMENT || (c & 0xFFFE) == 0xFFFE)
        hsn__buf_puts(buf, "\xEF\xBF\xBD");
    else if (hsn__utf8_unsafe(c) && !(c == '\n' && keep_lines))
        hsn__text_escape(buf, text, length);
    else
        hsn__buf_append(buf, text, length);
}

void hsn__draw_clean(hsn__buf *buf, const char *text, size_t max_chars, bool keep_lines)
{
    uint32_t c;
    size_t size = strlen(text), chars = 0;
    for (size_t i = 0; i < size; i += decode(text + i, size - i, &c))
        chars++;
    // The ends of a name tell more than its middle: the package, the class.
    size_t head = chars <= max_chars ? chars : max_chars / 2;
    size_t tail = chars <= max_chars ? chars : chars - (max_chars - head - 1);
    for (size_t i = 0, at = 0; i < size; at++) {
        size_t length = decode(text + i, size - i, &c);
        if (at < head || at >= tail)
            put(buf, text + i, length, c, keep_lines);
        else if (at == head)
            hsn__buf_puts(buf, "\xE2\x80\xA6");
        i += length;
    }
}

void hsn__draw_number(hsn__buf *buf, uint64_t number)
{
    char digits[24];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count--) {
        hsn__buf_putc(buf, digits[count]);
        if (count && count % 3 == 0)
            hsn__buf_putc(buf, ' ');
    }
}
