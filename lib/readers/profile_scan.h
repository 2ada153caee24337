// SPDX-License-Identifier: MIT
// What readers of allocation profiles share: lines and numbers, a stack under construction,
// outcomes.
#ifndef HSN_READERS_PROFILE_SCAN_H
#define HSN_READERS_PROFILE_SCAN_H

#include "base/input.h"
#include "readers/sink.h"

/** Frames of one stack; more are damage. */
#define HSN__PROFILE_DEPTH ((size_t)1 << 20)

/** Warnings about single lines and records; more are counted only. */
#define HSN__PROFILE_WARNINGS 20

/** Start with `{.in = in, .sink = sink}`; end with hsn__profile_clear(). */
typedef struct hsn__profile {
    hsn_input *in;
    const hsn_sink *sink;
    uint32_t *frames; /**< ids of the stack under construction, newest first */
    size_t count;     /**< frames in it */
    size_t capacity;
    uint64_t warnings;   /**< asked for, given or not */
    uint64_t size_bytes; /**< of all allocations given to the sink */
} hsn__profile;

void hsn__profile_clear(hsn__profile *profile);

int hsn__profile_fact(hsn__profile *profile, const char *name, hsn_text value, hsn_error *err);
int hsn__profile_fact_number(hsn__profile *profile, const char *name, uint64_t value,
                             hsn_error *err);

/** A warning, unless there were HSN__PROFILE_WARNINGS. */
int hsn__profile_warn(hsn__profile *profile, uint64_t offset, const char *message, hsn_error *err);

/** Append a frame to the stack. */
int hsn__profile_push(hsn__profile *profile, const hsn_sink_frame *frame, hsn_error *err);

/** Append a frame that the sink knows. */
int hsn__profile_push_id(hsn__profile *profile, uint32_t id, hsn_error *err);

/** Turn the stack round: for formats that start at the oldest frame. */
void hsn__profile_reverse(hsn__profile *profile);

/** Give the stack to the sink. It stays; one without frames becomes a frame `[unknown]`. */
int hsn__profile_stack(hsn__profile *profile, uint32_t *out_stack, hsn_error *err);

/** Give what a stack of the sink has of a metric; nothing when both numbers are 0. */
int hsn__profile_total(hsn__profile *profile, uint32_t stack, uint32_t metric, uint64_t count,
                       uint64_t value, hsn_error *err);

/** Give the stack and live memory of it to the sink. */
int hsn__profile_allocation(hsn__profile *profile, uint64_t count, uint64_t size_bytes,
                            hsn_error *err);

/** The same of a metric that hsn__profile_metric() announced. */
int hsn__profile_allocation_of(hsn__profile *profile, uint32_t metric, uint64_t count,
                               uint64_t size_bytes, hsn_error *err);

/** Announce a metric: `peak` in `bytes`. */
int hsn__profile_metric(hsn__profile *profile, const char *name, const char *unit, uint32_t *out_id,
                        hsn_error *err);

/**
 * The next line, without its end and a carriage return before it: HSN_OK, HSN_DONE after the last,
 * or why the bytes ended early. *out_offset is where it starts.
 */
int hsn__profile_line(hsn__profile *profile, hsn_text *out_line, uint64_t *out_offset,
                      hsn_error *err);

/**
 * How a reading ends that went wrong with `r` and `cause`: HSN_PARTIAL when the input is at fault
 * and something `useful` was read, else `r`.
 */
int hsn__profile_outcome(hsn__profile *profile, int r, bool useful, const hsn_error *cause,
                         hsn_error *err);

/** Whether `text` starts with `word`, which is then removed. */
bool hsn__text_take(hsn_text *text, const char *word);

/** A number at the start of `text`, removed: digits of base 10 or 16. False, nothing removed, when
 * there is none or when it needs more than 64 bits. */
bool hsn__text_number(hsn_text *text, unsigned base, uint64_t *out);

/** A decimal fraction, perhaps negative, at the start of `text`, removed: `12`, `-0.5`. */
bool hsn__text_decimal(hsn_text *text, double *out);

/** The whole of `text` as a decimal number, perhaps with an exponent: `5.24e+07`. */
bool hsn__text_real(hsn_text text, double *out);

/** Spaces and tabs at the start, removed. Returns how many. */
size_t hsn__text_blanks(hsn_text *text);

/** Everything up to the next space or the end, removed together with that space. */
hsn_text hsn__text_word(hsn_text *text);

/** Where the last `c` stands; the length when there is none. */
size_t hsn__text_last(hsn_text text, char c);

/** A frame as Valgrind's tools write it: `0x10919E: f (a.c:5)`, `0x4C: ??? (in /usr/lib/libc.so)`,
 * `0x5: (below main) (libc.c:42)`. */
hsn_sink_frame hsn__profile_valgrind_frame(hsn_text text);

static inline bool hsn__text_is(hsn_text text, const char *word)
{
    size_t length = __builtin_strlen(word);
    return text.length == length && (!length || !memcmp(text.data, word, length));
}

static inline hsn_text hsn__text_part(hsn_text text, size_t start, size_t end)
{
    hsn_text part = {text.data + start, end - start};
    return part;
}

#endif
