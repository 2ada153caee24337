// SPDX-License-Identifier: MIT
// The compressions that inputs come in: gzip (zlib), zstd when built in, and those we can only
// name.
#include "input_private.h"

#include <zlib.h>
#ifdef HSN_HAVE_ZSTD
#include <zstd.h>
#endif

#include "base/alloc.h"

bool hsn__codec_refill(hsn__codec *codec)
{
    if (codec->position < codec->size)
        return true;
    codec->position = 0;
    codec->size = hsn__raw_read(codec->raw, codec->buffer, codec->capacity, &codec->err);
    atomic_fetch_add_explicit(&codec->done, codec->size, memory_order_relaxed);
    return codec->size != 0;
}

uint64_t hsn__codec_offset(const hsn__codec *codec)
{
    return atomic_load_explicit(&codec->done, memory_order_relaxed) -
           (codec->size - codec->position);
}

// The stream ends here for good. A cause that is there already (a failed read) stands.
static void end_early(hsn__codec *codec, uint64_t offset, const char *cause)
{
    codec->ended = true;
    if (!codec->err.code)
        hsn__fail_at(&codec->err, HSN_EFORMAT, codec->raw->name, offset, "%s data: %s",
                     codec->ops->name, cause);
}

// zlib's state and window come from one block taken when the input is opened, so that inflating, on
// whatever thread, allocates nothing. zlib needs 7.2 KiB + 32 KiB; other makes of it a little more.
struct gzip {
    z_stream z;
    size_t used;
    uint64_t start; // offset of the member; 0 for the first
    uint8_t pool[64 << 10];
};

static voidpf pool_alloc(voidpf opaque, uInt count, uInt size)
{
    struct gzip *gzip = opaque;
    size_t need = ((size_t)count * size + 63) & ~(size_t)63;
    size_t start = (64 - (uintptr_t)gzip->pool % 64) % 64 + gzip->used;
    if (start + need > sizeof gzip->pool)
        return Z_NULL;
    gzip->used += need;
    return gzip->pool + start;
}

static void pool_free(voidpf opaque, voidpf block)
{
    (void)opaque;
    (void)block;
}

static int gzip_open(hsn__codec *codec)
{
    struct gzip *gzip = hsn__alloc(sizeof *gzip);
    if (!gzip)
        return HSN_ENOMEM;
    gzip->z = (z_stream){.zalloc = pool_alloc, .zfree = pool_free, .opaque = gzip};
    gzip->used = 0;
    gzip->start = 0;
    codec->state = gzip;
    codec->in_stream = true;
    return inflateInit2(&gzip->z, 15 + 16) == Z_OK ? HSN_OK : HSN_ENOMEM;
}

// Between members: padding of zeros is legal and skipped; anything else must begin a member.
static bool gzip_next_member(hsn__codec *codec, struct gzip *gzip)
{
    while (hsn__codec_refill(codec)) {
        if (codec->buffer[codec->position]) {
            inflateReset(&gzip->z);
            gzip->start = hsn__codec_offset(codec);
            codec->in_stream = true;
            return true;
        }
        codec->position++;
    }
    codec->ended = true;
    return false;
}

static void gzip_failed(hsn__codec *codec, const struct gzip *gzip, int r)
{
    const char *cause = gzip->z.msg ? gzip->z.msg : "damaged";
    if (r == Z_MEM_ERROR) {
        codec->ended = true;
        hsn__fail_memory(&codec->err);
    } else if (gzip->start && !strcmp(cause, "incorrect header check")) {
        end_early(codec, gzip->start, "trailing bytes that are no gzip member");
    } else {
        end_early(codec, hsn__codec_offset(codec), cause);
    }
}

// What has been inflated is handed over before waiting for more: a pipe's writer may pause.
static bool must_hand_over(const hsn__codec *codec, bool produced)
{
    return produced && codec->position == codec->size;
}

static size_t gzip_read(hsn__codec *codec, uint8_t *out, size_t room)
{
    struct gzip *gzip = codec->state;
    z_stream *z = &gzip->z;
    z->next_out = out;
    z->avail_out = (uInt)(room < (size_t)1 << 30 ? room : (size_t)1 << 30);
    while (z->avail_out && !codec->ended && !must_hand_over(codec, z->next_out != out)) {
        if (!codec->in_stream && !gzip_next_member(codec, gzip))
            break;
        if (!hsn__codec_refill(codec)) {
            end_early(codec, hsn__codec_offset(codec), "the stream is cut off");
            break;
        }
        z->next_in = codec->buffer + codec->position;
        z->avail_in = (uInt)(codec->size - codec->position);
        int r = inflate(z, Z_NO_FLUSH);
        codec->position = codec->size - z->avail_in;
        if (r == Z_STREAM_END)
            codec->in_stream = false;
        else if (r != Z_OK && r != Z_BUF_ERROR)
            gzip_failed(codec, gzip, r);
    }
    return (size_t)(z->next_out - out);
}

static void gzip_close(hsn__codec *codec)
{
    if (codec->state)
        inflateEnd(&((struct gzip *)codec->state)->z);
    hsn__free(codec->state);
}

#ifdef HSN_HAVE_ZSTD
static int zstd_open(hsn__codec *codec)
{
    codec->state = ZSTD_createDCtx();
    codec->in_stream = true;
    return codec->state ? HSN_OK : HSN_ENOMEM;
}

static size_t zstd_read(hsn__codec *codec, uint8_t *out, size_t room)
{
    ZSTD_outBuffer output = {out, room, 0};
    while (output.pos < output.size && !codec->ended && !must_hand_over(codec, output.pos)) {
        // Bytes may be left inside the library though the input is empty: ask it once more then.
        bool more = hsn__codec_refill(codec);
        size_t before = output.pos;
        ZSTD_inBuffer input = {codec->buffer, codec->size, codec->position};
        size_t r = ZSTD_decompressStream(codec->state, &output, &input);
        codec->position = input.pos;
        if (ZSTD_isError(r))
            end_early(codec, hsn__codec_offset(codec), ZSTD_getErrorName(r));
        else if (r == 0)
            codec->in_stream = false;
        else if (more)
            codec->in_stream = true;
        if (!more && output.pos == before) {
            if (codec->in_stream)
                end_early(codec, hsn__codec_offset(codec), "the stream is cut off");
            codec->ended = true;
        }
    }
    return output.pos;
}

static void zstd_close(hsn__codec *codec)
{
    ZSTD_freeDCtx(codec->state);
}
#else
#define zstd_open  NULL
#define zstd_read  NULL
#define zstd_close NULL
#endif

static const hsn__codec_ops codecs[] = {
    {"gzip", "\x1f\x8b\x08", 3, gzip_open, gzip_read, gzip_close},
    {"zstd", "\x28\xb5\x2f\xfd", 4, zstd_open, zstd_read, zstd_close},
    {"xz",
     "\xfd"
     "7zXZ",
     6, NULL, NULL, NULL},
    {"bzip2", "BZh91AY&SY", 10, NULL, NULL, NULL},
};

const hsn__codec_ops *hsn__codec_probe(const uint8_t *head, size_t size)
{
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++)
        if (size >= codecs[i].magic_size && !memcmp(head, codecs[i].magic, codecs[i].magic_size))
            return &codecs[i];
    return NULL;
}
