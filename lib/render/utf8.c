// SPDX-License-Identifier: MIT
// UTF-8 as it must be: strict decoding, columns on a terminal, characters that must not get there.
#include "render/utf8.h"

#include <stdio.h>
#include <string.h>

#include "heapsnap/table.h"

// A range of characters, both ends included.
struct range {
    uint32_t first, last;
};

size_t hsn__utf8_decode(const char *text, size_t size, uint32_t *out)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t length = p[0] < 0x80   ? 1
                    : p[0] < 0xc2 ? 0 // a continuation, or an overlong form
                    : p[0] < 0xe0 ? 2
                    : p[0] < 0xf0 ? 3
                    : p[0] < 0xf5 ? 4
                                  : 0;
    if (!length || length > size)
        return 0;
    uint32_t c = length == 1 ? p[0] : p[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fu);
    }
    bool overlong = (length == 3 && c < 0x800) || (length == 4 && c < 0x10000);
    if (overlong || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
        return 0;
    *out = c;
    return length;
}

static bool within(uint32_t c, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

unsigned hsn__utf8_columns(uint32_t c)
{
    static const struct range none[] = {
        {0x300, 0x36f}, {0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
    };
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xac00, 0xd7a3},
        {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
        {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd},
    };
    if (c < 0x300)
        return 1;
    if (within(c, none, sizeof none / sizeof *none))
        return 0;
    return within(c, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

size_t hsn__utf8_text_columns(const char *text, size_t size)
{
    size_t columns = 0;
    for (size_t i = 0; i < size;) {
        uint32_t c = 0;
        size_t length = hsn__utf8_decode(text + i, size - i, &c);
        columns += length ? hsn__utf8_columns(c) : 1;
        i += length ? length : 1;
    }
    return columns;
}

bool hsn__utf8_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

// One character or bad byte at `text`, as it goes out; returns the bytes taken from `text`.
static size_t escape_one(const char *text, size_t size, char out[16], size_t *out_size)
{
    uint32_t c = 0;
    size_t length = hsn__utf8_decode(text, size, &c);
    int written = (int)length;
    if (!length)
        written = snprintf(out, 16, "\\x%02x", (unsigned)(uint8_t)*text);
    else if (!hsn__utf8_unsafe(c))
        memcpy(out, text, length);
    else if (c == '\n' || c == '\t' || c == '\r')
        written = snprintf(out, 16, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
    else
        written = snprintf(out, 16, c < 0x80 ? "\\x%02x" : "\\u%04x", (unsigned)c);
    *out_size = (size_t)written;
    return length ? length : 1;
}

void hsn__text_escape(hsn__buf *buf, const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        size_t plain = i;
        while (plain < size && text[plain] >= 0x20 && text[plain] < 0x7f)
            plain++;
        hsn__buf_append(buf, text + i, plain - i);
        i = plain;
        if (i == size)
            break;
        char piece[16];
        size_t piece_size;
        i += escape_one(text + i, size - i, piece, &piece_size);
        hsn__buf_append(buf, piece, piece_size);
    }
}

size_t hsn_text_escape(const char *text, size_t size, char *out, size_t room)
{
    size_t total = 0, written = 0;
    bool full = room == 0;
    for (size_t i = 0; i < size;) {
        char piece[16];
        size_t piece_size;
        i += escape_one(text + i, size - i, piece, &piece_size);
        total += piece_size;
        full = full || written + piece_size >= room;
        if (!full) {
            memcpy(out + written, piece, piece_size);
            written += piece_size;
        }
    }
    if (room)
        out[written] = 0;
    return total;
}
