// SPDX-License-Identifier: MIT
// Buffers, numbers, JSON strings, and the file that they end in.
#include "capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

char *buffer_room(buffer *b, size_t more)
{
    if (b->room - b->used < more) {
        size_t room = b->room ? b->room * 2 : 4096;
        while (room - b->used < more)
            room *= 2;
        char *bytes = b->failed ? NULL : realloc(b->bytes, room);
        if (!bytes) {
            b->failed = true;
            return NULL;
        }
        b->bytes = bytes;
        b->room = room;
    }
    return b->bytes + b->used;
}

void buffer_add(buffer *b, const char *bytes, size_t count)
{
    char *to = buffer_room(b, count);
    if (to) {
        memcpy(to, bytes, count);
        b->used += count;
    }
}

void buffer_text(buffer *b, const char *text)
{
    buffer_add(b, text, strlen(text));
}

void buffer_number(buffer *b, uint64_t number)
{
    static const char pairs[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243"
        "4445464748495051525354555657585960616263646566676869707172737475767778798081828384858687"
        "888990919293949596979899";
    char digits[20];
    size_t at = sizeof digits;
    while (number >= 100) {
        at -= 2;
        memcpy(digits + at, pairs + number % 100 * 2, 2);
        number /= 100;
    }
    if (number >= 10) {
        at -= 2;
        memcpy(digits + at, pairs + number * 2, 2);
    } else {
        digits[--at] = (char)('0' + number);
    }
    buffer_add(b, digits + at, sizeof digits - at);
}

void buffer_signed(buffer *b, int64_t number)
{
    if (number < 0) {
        buffer_add(b, "-", 1);
        buffer_number(b, -(uint64_t)number);
    } else {
        buffer_number(b, (uint64_t)number);
    }
}

static char *put_unit(char *to, unsigned unit)
{
    static const char hex[] = "0123456789abcdef";
    *to++ = '\\';
    *to++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *to++ = hex[unit >> shift & 15];
    return to;
}

static char *put_character(char *to, uint32_t c)
{
    const char *found;
    static const char plain[] = "\"\\\n\r\t\f\b", escaped[] = "\"\\nrtfb";
    if (c && c < 128 && (found = strchr(plain, (int)c))) {
        *to++ = '\\';
        *to++ = escaped[found - plain];
    } else if (c >= ' ' && c <= '~') {
        *to++ = (char)c;
    } else if (c < 0x10000) {
        to = put_unit(to, c);
    } else {
        to = put_unit(to, 0xd800 + ((c - 0x10000) >> 10));
        to = put_unit(to, 0xdc00 + ((c - 0x10000) & 0x3ff));
    }
    return to;
}

void buffer_quote(buffer *b, PyObject *text, Py_ssize_t limit)
{
#if PY_VERSION_HEX < 0x030c0000
    if (PyUnicode_READY(text) < 0) {
        PyErr_Clear();
        buffer_text(b, "\"\"");
        return;
    }
#endif
    Py_ssize_t length = PyUnicode_GET_LENGTH(text);
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    if (length > limit)
        length = limit;
    char *to = buffer_room(b, (size_t)length * 12 + 2);
    if (!to)
        return;
    *to++ = '"';
    for (Py_ssize_t at = 0; at < length; at++)
        to = put_character(to, PyUnicode_READ(kind, data, at));
    *to++ = '"';
    b->used = (size_t)(to - b->bytes);
}

void buffer_quote_latin1(buffer *b, const unsigned char *bytes, size_t count)
{
    char *to = buffer_room(b, count * 6 + 2);
    if (!to)
        return;
    *to++ = '"';
    for (size_t at = 0; at < count; at++)
        to = put_character(to, bytes[at]);
    *to++ = '"';
    b->used = (size_t)(to - b->bytes);
}

// Holds the interpreter's lock while it writes, so that no other thread changes the heap.
static void write_all(sink *s, const char *bytes, size_t count)
{
    while (count && !s->error) {
        ssize_t written = write(s->fd, bytes, count);
        if (written < 0 && errno != EINTR)
            s->error = errno;
        if (written > 0) {
            bytes += written;
            count -= (size_t)written;
        }
    }
}

#ifdef HAVE_ZLIB

enum { ZLIB_LEVEL = 1, ZLIB_GZIP_WINDOW = 31, ZLIB_MEMORY = 8, ZLIB_CHUNK = 1 << 18 };

bool sink_can_gzip(void)
{
    return true;
}

bool sink_open(sink *s)
{
    if (!s->gzip)
        return true;
    z_stream *stream = calloc(1, sizeof *stream);
    s->stream = stream;
    if (stream && deflateInit2(stream, ZLIB_LEVEL, Z_DEFLATED, ZLIB_GZIP_WINDOW, ZLIB_MEMORY,
                               Z_DEFAULT_STRATEGY) == Z_OK)
        return true;
    free(stream);
    s->stream = NULL;
    s->error = ENOMEM;
    return false;
}

static void deflate_all(sink *s, const char *bytes, size_t count, int flush)
{
    z_stream *stream = s->stream;
    unsigned char *chunk = malloc(ZLIB_CHUNK);
    if (!chunk) {
        s->error = ENOMEM;
        return;
    }
    stream->next_in = (unsigned char *)(uintptr_t)bytes;
    stream->avail_in = (unsigned)count;
    do {
        stream->next_out = chunk;
        stream->avail_out = ZLIB_CHUNK;
        deflate(stream, flush);
        write_all(s, (char *)chunk, ZLIB_CHUNK - stream->avail_out);
    } while (!stream->avail_out && !s->error);
    free(chunk);
}

void sink_close(sink *s)
{
    if (!s->stream)
        return;
    if (!s->error)
        deflate_all(s, "", 0, Z_FINISH);
    deflateEnd(s->stream);
    free(s->stream);
    s->stream = NULL;
}

#else

bool sink_can_gzip(void)
{
    return false;
}

bool sink_open(sink *s)
{
    return !s->gzip;
}

void sink_close(sink *s)
{
    (void)s;
}

#endif

void sink_write(sink *s, const char *bytes, size_t count)
{
    if (s->error || s->raised || !count)
        return;
    if (s->write) {
        PyObject *done = PyObject_CallFunction(s->write, "y#", bytes, (Py_ssize_t)count);
        s->raised = !done;
        Py_XDECREF(done);
        return;
    }
#ifdef HAVE_ZLIB
    if (s->stream) {
        deflate_all(s, bytes, count, Z_NO_FLUSH);
        return;
    }
#endif
    write_all(s, bytes, count);
}
