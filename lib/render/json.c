// SPDX-License-Identifier: MIT
// JSON's scalars: strings and numbers that are valid whatever goes in.
#include "render/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/units.h"
#include "render/utf8.h"

static void escaped(hsn__buf *buf, uint32_t c)
{
    static const char named[][2] = {{'"', '"'},  {'\\', '\\'}, {'\n', 'n'}, {'\t', 't'},
                                    {'\r', 'r'}, {'\b', 'b'},  {'\f', 'f'}};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (c == (uint32_t)named[i][0]) {
            hsn__buf_append(buf, (char[]){'\\', named[i][1]}, 2);
            return;
        }
    hsn__buf_printf(buf, "\\u%04x", (unsigned)c);
}

void hsn__json_put_text(hsn__buf *buf, const char *text, size_t size)
{
    hsn__buf_putc(buf, '"');
    size_t start = 0;
    for (size_t i = 0; i < size;) {
        uint32_t c = 0;
        size_t length = hsn__utf8_decode(text + i, size - i, &c);
        // Control characters beyond those that JSON forbids are escaped for the terminal's sake.
        bool plain = length && c != '"' && c != '\\' && !hsn__utf8_unsafe(c);
        if (!plain) {
            hsn__buf_append(buf, text + start, i - start);
            if (length)
                escaped(buf, c);
            else
                hsn__buf_puts(buf, "\xef\xbf\xbd");
            start = i + (length ? length : 1);
        }
        i += length ? length : 1;
    }
    hsn__buf_append(buf, text + start, size - start);
    hsn__buf_putc(buf, '"');
}

void hsn__json_put_real(hsn__buf *buf, double value)
{
    char text[40];
    if (!isfinite(value)) {
        hsn__buf_puts(buf, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    hsn__c_locale_number(text);
    hsn__buf_puts(buf, text);
}
