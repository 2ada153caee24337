// SPDX-License-Identifier: MIT
// Statuses in words, and filling an hsn_error.
#include "base/fail.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *hsn_status_name(int status)
{
    switch (status) {
#define ROW(name, value, text)                                                                     \
    case value:                                                                                    \
        return #name;
        HSN_STATUS_LIST(ROW)
#undef ROW
    default:
        return "UNKNOWN";
    }
}

const char *hsn_status_text(int status)
{
    switch (status) {
#define ROW(name, value, text)                                                                     \
    case value:                                                                                    \
        return text;
        HSN_STATUS_LIST(ROW)
#undef ROW
    default:
        return "unknown status";
    }
}

const char *hsn_version(void)
{
    return HSN_VERSION;
}

// The end of a path tells more than its beginning, so a long one loses its front.
static void copy_source(char *destination, size_t size, const char *source)
{
    size_t length = source ? strlen(source) : 0;
    if (length < size) {
        memcpy(destination, source ? source : "", length);
        destination[length] = 0;
        return;
    }
    size_t keep = size - 4;
    memcpy(destination, "...", 3);
    memcpy(destination + 3, source + length - keep, keep + 1);
}

static int fail(hsn_error *err, int code, int os_errno, const char *source, uint64_t offset,
                const char *format, va_list arguments)
{
    if (!err || err->code)
        return code;
    err->code = code;
    err->os_errno = os_errno;
    err->offset = offset;
    copy_source(err->source, sizeof err->source, source);
    vsnprintf(err->message, sizeof err->message, format, arguments);
    for (char *c = err->message; *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
    return code;
}

int hsn__fail(hsn_error *err, int code, const char *source, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail(err, code, 0, source, HSN_NO_OFFSET, format, arguments);
    va_end(arguments);
    return code;
}

int hsn__fail_at(hsn_error *err, int code, const char *source, uint64_t offset, const char *format,
                 ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail(err, code, 0, source, offset, format, arguments);
    va_end(arguments);
    return code;
}

static int fail_os(hsn_error *err, int os_errno, const char *source, const char *format, ...)
    HSN__PRINTF(4, 5);

static int fail_os(hsn_error *err, int os_errno, const char *source, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail(err, HSN_EIO, os_errno, source, HSN_NO_OFFSET, format, arguments);
    va_end(arguments);
    return HSN_EIO;
}

int hsn__fail_errno(hsn_error *err, const char *source, const char *what)
{
    int os_errno = errno;
    fail_os(err, os_errno, source, "%s: %s", what, strerror(os_errno));
    errno = os_errno;
    return HSN_EIO;
}

int hsn__fail_memory(hsn_error *err)
{
    return hsn__fail(err, HSN_ENOMEM, NULL, "out of memory");
}

int hsn__fail_limit(hsn_error *err, const char *what, uint64_t limit)
{
    return hsn__fail(err, HSN_ELIMIT, NULL, "%s: more than %" PRIu64, what, limit);
}
