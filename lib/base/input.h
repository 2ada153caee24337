// SPDX-License-Identifier: MIT
// Bytes of a dump: plain, gzip or zstd, from a file, a pipe or memory, bounds-checked and sticky.
#ifndef HSN_BASE_INPUT_H
#define HSN_BASE_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/fail.h"

/** Readable zero bytes that always follow `end`, so that wide loads may run past it. */
#define HSN__INPUT_PADDING 64

/** How much hsn__input_head() shows at most. */
#define HSN__INPUT_HEAD 4096

/**
 * A window on the (inflated) bytes.
 *
 * `next … end` are the bytes in memory. Readers in a hurry may walk `next` themselves; everyone
 * else uses the calls below. A read past the end of the input gives zero and sets the sticky flag,
 * so a reader asks hsn__input_failed() once per record instead of at every field.
 */
typedef struct hsn_input {
    const uint8_t *next;
    const uint8_t *end;
    struct hsn__input_source *source; /**< private */
    bool past_end;                    /**< a read ran past the end of the input */
} hsn_input;

/**
 * Open `path`, "-" for standard input. Compression is recognised by its magic bytes; inflating runs
 * on a thread of its own.
 *
 * Owns:   the caller owns *out; close it with hsn__input_close().
 * Errors: HSN_EIO (cannot open or read), HSN_EFORMAT, HSN_EUNSUPPORTED (compression not built in),
 *         HSN_ENOMEM.
 */
int hsn__input_open(hsn_input **out, const char *path, hsn_error *err);

/** The same over bytes in memory, compressed or not. Copies them, so they need not stay. */
int hsn__input_memory(hsn_input **out, const void *data, size_t size, hsn_error *err);

/** Accepts NULL. */
void hsn__input_close(hsn_input *in);

/** Up to HSN__INPUT_HEAD first bytes, without consuming. Valid before the first read only. */
const uint8_t *hsn__input_head(hsn_input *in, size_t *out_size);

/**
 * Try to have `size` bytes in the window (`end - next >= size`); returns how many there are, which
 * is less only at the end of the input or after a failure (see hsn__input_status). It may bring
 * many more than asked for. Moves the window: pointers into it from before are void. O(1)
 * amortised, whatever the pattern of calls. The window grows to hold records of up to 1 GiB.
 */
size_t hsn__input_fill(hsn_input *in, size_t size);

/** Bytes consumed so far, of the inflated stream: the offset that messages name. */
uint64_t hsn__input_offset(const hsn_input *in);

/** Bytes of the file read so far and its size (0 when unknown): progress and coverage. */
void hsn__input_coverage(const hsn_input *in, uint64_t *out_done, uint64_t *out_total);

/** The path, for messages. */
const char *hsn__input_name(const hsn_input *in);

/** A read ran past the end. */
static inline bool hsn__input_failed(const hsn_input *in)
{
    return in->past_end;
}

/**
 * HSN_OK, or why the bytes ended early: HSN_EIO, HSN_EFORMAT (damaged compression), HSN_ELIMIT (a
 * record larger than the window may grow), HSN_ENOMEM. *err then names the cause and, for damaged
 * compression, the offset in the compressed file. Known once a fill gave fewer bytes than asked
 * for: a reader that meets the end of the input asks here before it blames the format.
 */
int hsn__input_status(const hsn_input *in, hsn_error *err);

/** No byte is left. */
static inline bool hsn__input_at_end(hsn_input *in)
{
    return in->next == in->end && hsn__input_fill(in, 1) == 0;
}

/** `size` contiguous bytes, consumed; NULL and sticky failure when there are fewer. */
static inline const uint8_t *hsn__input_bytes(hsn_input *in, size_t size)
{
    if ((size_t)(in->end - in->next) < size && hsn__input_fill(in, size) < size) {
        in->past_end = true;
        in->next = in->end;
        return NULL;
    }
    const uint8_t *bytes = in->next;
    in->next += size;
    return bytes;
}

static inline uint8_t hsn__input_u8(hsn_input *in)
{
    const uint8_t *p = hsn__input_bytes(in, 1);
    return p ? *p : 0;
}

static inline uint16_t hsn__input_u16le(hsn_input *in)
{
    const uint8_t *p = hsn__input_bytes(in, 2);
    return p ? (uint16_t)(p[0] | p[1] << 8) : 0;
}

static inline uint32_t hsn__input_u32le(hsn_input *in)
{
    const uint8_t *p = hsn__input_bytes(in, 4);
    return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24
             : 0;
}

static inline uint64_t hsn__input_u64le(hsn_input *in)
{
    uint64_t low = hsn__input_u32le(in);
    return low | (uint64_t)hsn__input_u32le(in) << 32;
}

/**
 * The next line without its end, consumed together with it; NULL at the end of the input. The last
 * line may lack its newline: *out_ended says whether it had one.
 */
const uint8_t *hsn__input_line(hsn_input *in, size_t *out_length, bool *out_ended);

#endif
