// SPDX-License-Identifier: MIT
// A growable byte buffer with a sticky failure.
#include "base/buf.h"
#include "base/alloc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool hsn__buf_reserve(hsn__buf *buf, size_t extra)
{
    size_t max = buf->max ? buf->max : HSN__BUF_MAX;
    if (buf->failed)
        return false;
    // One byte more than asked for, so that hsn__buf_text() can always end the text.
    if (extra >= max || buf->size >= max - extra ||
        !hsn__array_grow(&buf->data, &buf->capacity, buf->size + extra + 1, 1, max)) {
        buf->failed = true;
        return false;
    }
    return true;
}

void hsn__buf_append(hsn__buf *buf, const void *data, size_t size)
{
    if (size && hsn__buf_reserve(buf, size)) {
        memcpy(buf->data + buf->size, data, size);
        buf->size += size;
    }
}

void hsn__buf_puts(hsn__buf *buf, const char *text)
{
    hsn__buf_append(buf, text, strlen(text));
}

void hsn__buf_putc(hsn__buf *buf, char c)
{
    hsn__buf_append(buf, &c, 1);
}

void hsn__buf_printf(hsn__buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        buf->failed = true;
    if (length <= 0 || !hsn__buf_reserve(buf, (size_t)length))
        return;
    va_start(arguments, format);
    vsnprintf(buf->data + buf->size, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buf->size += (size_t)length;
}

const char *hsn__buf_text(hsn__buf *buf)
{
    if (buf->failed || !buf->size)
        return "";
    buf->data[buf->size] = 0;
    return buf->data;
}

void hsn__buf_reset(hsn__buf *buf)
{
    buf->size = 0;
    buf->failed = false;
}

void hsn__buf_clear(hsn__buf *buf)
{
    hsn__free(buf->data);
    *buf = (hsn__buf){.max = buf->max};
}
