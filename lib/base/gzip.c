// SPDX-License-Identifier: MIT
// Writing gzip through zlib.
#include "base/gzip.h"

#include <limits.h>
#include <zlib.h>

#include "base/alloc.h"

struct hsn__gzip {
    z_stream stream;
    int (*write)(void *context, const void *data, size_t size);
    void *context;
    unsigned char out[1 << 16];
};

static voidpf take(voidpf opaque, uInt items, uInt size)
{
    (void)opaque;
    return hsn__alloc_array(items, size);
}

static void give(voidpf opaque, voidpf pointer)
{
    (void)opaque;
    hsn__free(pointer);
}

int hsn__gzip_new(hsn__gzip **out, int (*write)(void *context, const void *data, size_t size),
                  void *context, hsn_error *err)
{
    // 15 bits of window, and 16 for a gzip header, which zlib leaves without a time.
    enum { GZIP_WINDOW = 15 + 16, MEMORY_LEVEL = 8 };
    hsn__gzip *gzip = *out = hsn__alloc_zeroed(1, sizeof *gzip);
    if (!gzip)
        return hsn__fail_memory(err);
    gzip->write = write;
    gzip->context = context;
    gzip->stream.zalloc = take;
    gzip->stream.zfree = give;
    if (deflateInit2(&gzip->stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        hsn__free(gzip);
        *out = NULL;
        return hsn__fail_memory(err);
    }
    return HSN_OK;
}

// Deflate what is in until it is eaten, or with Z_FINISH until the end is out.
static int pump(hsn__gzip *gzip, int flush, hsn_error *err)
{
    int status;
    do {
        gzip->stream.next_out = gzip->out;
        gzip->stream.avail_out = sizeof gzip->out;
        status = deflate(&gzip->stream, flush);
        size_t ready = sizeof gzip->out - gzip->stream.avail_out;
        if (ready && gzip->write(gzip->context, gzip->out, ready))
            return hsn__fail(err, HSN_EIO, NULL, "cannot write");
    } while (!gzip->stream.avail_out || (flush == Z_FINISH && status != Z_STREAM_END));
    return HSN_OK;
}

int hsn__gzip_put(hsn__gzip *gzip, const void *data, size_t size, hsn_error *err)
{
    const unsigned char *at = data;
    int r = HSN_OK;
    while (size && r >= 0) {
        size_t part = size < UINT_MAX ? size : UINT_MAX;
        // zlib reads through this pointer only.
        gzip->stream.next_in = (z_const Bytef *)at;
        gzip->stream.avail_in = (uInt)part;
        r = pump(gzip, Z_NO_FLUSH, err);
        at += part;
        size -= part;
    }
    return r;
}

int hsn__gzip_finish(hsn__gzip *gzip, hsn_error *err)
{
    gzip->stream.avail_in = 0;
    return pump(gzip, Z_FINISH, err);
}

void hsn__gzip_free(hsn__gzip *gzip)
{
    if (!gzip)
        return;
    deflateEnd(&gzip->stream);
    hsn__free(gzip);
}
