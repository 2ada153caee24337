// SPDX-License-Identifier: MIT
// A window that slides over the bytes of a dump.
//
//   file ──raw──▶ [codec ──feed (thread)──▶] window ──▶ reader
//
// Plain files are read straight into the window; compressed ones are inflated on another thread and
// copied into it (a copy runs twenty times as fast as inflating). Every buffer is allocated when
// the input is opened; only the window grows later, when a reader asks for a record larger than
// half of it.
#include "input_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

struct hsn__input_source {
    hsn_input in; // what the caller sees
    hsn__raw raw;
    hsn__codec codec;
    hsn__feed *feed;
    bool compressed;
    bool ended;      // no further byte will come into the window
    uint8_t *window; // capacity + HSN__INPUT_PADDING bytes
    size_t capacity;
    uint64_t base; // offset in the inflated stream of window[0]
    uint64_t read; // bytes taken from a plain file
    hsn_error err;
    char name[];
};

static size_t pull(hsn_input *in, uint8_t *out, size_t room)
{
    struct hsn__input_source *source = in->source;
    if (!source->compressed) {
        size_t got = hsn__raw_read(&source->raw, out, room, &source->err);
        source->read += got;
        return got;
    }
    size_t got = source->feed ? hsn__feed_read(source->feed, out, room)
                              : source->codec.ops->read(&source->codec, out, room);
    if (!got)
        source->err = source->codec.err;
    return got;
}

// A window of at least twice `size` bytes, with its contents.
static bool grow(struct hsn__input_source *source, size_t size)
{
    if (size > HSN__INPUT_MAX) {
        hsn__fail_limit(&source->err, "bytes of one record", HSN__INPUT_MAX);
        return false;
    }
    size_t capacity = source->capacity;
    while (capacity / 2 < size)
        capacity *= 2;
    uint8_t *window = hsn__realloc(source->window, capacity + HSN__INPUT_PADDING);
    if (!window) {
        hsn__fail_memory(&source->err);
        return false;
    }
    source->window = window;
    source->capacity = capacity;
    return true;
}

// Room for `size` bytes from `next` on. The window is moved only when that costs no more than the
// bytes consumed since the last time, and grown so that this is always the case: O(1) a byte.
static bool make_room(hsn_input *in, size_t size)
{
    struct hsn__input_source *source = in->source;
    size_t used = (size_t)(in->next - source->window), have = (size_t)(in->end - in->next);
    if (used >= have) {
        memmove(source->window, in->next, have);
        source->base += used;
        used = 0;
    }
    bool ok = size <= source->capacity / 2 || grow(source, size);
    in->next = source->window + used;
    in->end = in->next + have;
    return ok;
}

size_t hsn__input_fill(hsn_input *in, size_t size)
{
    struct hsn__input_source *source = in->source;
    if (size <= (size_t)(in->end - in->next) || source->ended)
        return (size_t)(in->end - in->next);
    if (!make_room(in, size))
        source->ended = true;
    while ((size_t)(in->end - in->next) < size && !source->ended) {
        size_t got = pull(in, source->window + (in->end - source->window),
                          source->capacity - (size_t)(in->end - source->window));
        in->end += got;
        source->ended = !got;
    }
    memset(source->window + (in->end - source->window), 0, HSN__INPUT_PADDING);
    return (size_t)(in->end - in->next);
}

static struct hsn__input_source *source_new(const char *name, size_t capacity)
{
    size_t length = strlen(name);
    struct hsn__input_source *source = hsn__alloc_zeroed(1, sizeof *source + length + 1);
    if (!source)
        return NULL;
    memcpy(source->name, name, length + 1);
    source->raw = (hsn__raw){.fd = -1, .wake_fd = -1, .name = source->name};
    source->capacity = capacity;
    source->window = hsn__alloc(capacity + HSN__INPUT_PADDING);
    source->in.source = source;
    source->in.next = source->in.end = source->window;
    if (!source->window)
        hsn__fail_memory(&source->err);
    return source;
}

// The first bytes are in the window: when they are compressed they move behind a codec.
static int choose_codec(struct hsn__input_source *source, hsn_error *err)
{
    hsn_input *in = &source->in;
    size_t size = (size_t)(in->end - in->next);
    const hsn__codec_ops *ops = hsn__codec_probe(in->next, size);
    if (!ops)
        return HSN_OK;
    if (!ops->open)
        return hsn__fail(err, HSN_EUNSUPPORTED, source->name,
                         "%s compression is not built in: decompress the file first", ops->name);
    hsn__codec *codec = &source->codec;
    source->compressed = true;
    codec->ops = ops;
    codec->raw = &source->raw;
    codec->buffer = source->window;
    codec->capacity = source->capacity;
    codec->size = size;
    atomic_store(&codec->done, size);
    source->ended = false;
    source->capacity = HSN__INPUT_CHUNK;
    source->window = hsn__alloc(source->capacity + HSN__INPUT_PADDING);
    if (!source->window || ops->open(codec) < 0)
        return hsn__fail_memory(err);
    memset(source->window, 0, HSN__INPUT_PADDING);
    in->next = in->end = source->window;
    source->feed = hsn__feed_start(codec);
    return HSN_OK;
}

int hsn__input_open(hsn_input **out, const char *path, hsn_error *err)
{
    bool standard = !strcmp(path, "-");
    int r = HSN_OK;
    *out = NULL;
    struct hsn__input_source *source =
        source_new(standard ? "standard input" : path, HSN__INPUT_CHUNK);
    if (!source || source->err.code) {
        r = hsn__fail_memory(err);
        goto done;
    }
    source->raw.owns_fd = !standard;
    source->raw.fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (source->raw.fd < 0) {
        r = hsn__fail_errno(err, path, "cannot open");
        goto done;
    }
    struct stat status;
    if (fstat(source->raw.fd, &status) == 0 && S_ISREG(status.st_mode))
        source->raw.total = (uint64_t)status.st_size;
    // Ten bytes tell every compression.
    hsn__input_fill(&source->in, 10);
    r = hsn__input_status(&source->in, err);
    if (r == HSN_OK)
        r = choose_codec(source, err);
done:
    if (r < 0 && source) {
        hsn__input_close(&source->in);
        source = NULL;
    }
    *out = source ? &source->in : NULL;
    return r;
}

int hsn__input_memory(hsn_input **out, const void *data, size_t size, hsn_error *err)
{
    *out = NULL;
    struct hsn__input_source *source = source_new("memory", size);
    int r = source && source->window ? HSN_OK : hsn__fail_memory(err);
    if (r == HSN_OK) {
        if (size)
            memcpy(source->window, data, size);
        memset(source->window + size, 0, HSN__INPUT_PADDING);
        source->in.end = source->window + size;
        source->ended = source->raw.ended = true;
        source->raw.total = source->read = size;
        r = choose_codec(source, err);
    }
    if (r == HSN_OK)
        *out = &source->in;
    else if (source)
        hsn__input_close(&source->in);
    return r;
}

void hsn__input_close(hsn_input *in)
{
    if (!in)
        return;
    struct hsn__input_source *source = in->source;
    hsn__feed_stop(source->feed);
    if (source->compressed) {
        source->codec.ops->close(&source->codec);
        hsn__free(source->codec.buffer);
    }
    if (source->raw.owns_fd && source->raw.fd >= 0)
        close(source->raw.fd);
    hsn__free(source->window);
    hsn__free(source);
}

const uint8_t *hsn__input_head(hsn_input *in, size_t *out_size)
{
    size_t size = hsn__input_fill(in, HSN__INPUT_HEAD);
    *out_size = size < HSN__INPUT_HEAD ? size : HSN__INPUT_HEAD;
    return in->next;
}

uint64_t hsn__input_offset(const hsn_input *in)
{
    return in->source->base + (uint64_t)(in->next - in->source->window);
}

void hsn__input_coverage(const hsn_input *in, uint64_t *out_done, uint64_t *out_total)
{
    const struct hsn__input_source *source = in->source;
    *out_done = source->compressed ? atomic_load_explicit(&source->codec.done, memory_order_relaxed)
                                   : source->read - (uint64_t)(in->end - in->next);
    *out_total = source->raw.total;
}

const char *hsn__input_name(const hsn_input *in)
{
    return in->source->name;
}

int hsn__input_status(const hsn_input *in, hsn_error *err)
{
    const hsn_error *cause = &in->source->err;
    if (err && !err->code && cause->code)
        *err = *cause;
    return cause->code;
}

const uint8_t *hsn__input_line(hsn_input *in, size_t *out_length, bool *out_ended)
{
    size_t scanned = 0, have = (size_t)(in->end - in->next);
    const uint8_t *newline = NULL;
    while (!newline) {
        if (have > scanned)
            newline = memchr(in->next + scanned, '\n', have - scanned);
        scanned = have;
        if (!newline) {
            have = hsn__input_fill(in, have + 1);
            if (have == scanned)
                break;
        }
    }
    const uint8_t *line = in->next;
    *out_ended = newline != NULL;
    *out_length = newline ? (size_t)(newline - line) : have;
    in->next = newline ? newline + 1 : in->end;
    return newline || have ? line : NULL;
}
