// SPDX-License-Identifier: MIT
// A JSON scanner over the input window: for dumps of one document a line, of any length.
//
// The scanner walks `in->next` itself and never needs a whole line in memory: tokens refill the
// window as they go. It relies on the zero padding behind the window: no token contains a zero
// byte, so a wide load may run past the end and the scan still stops there. A newline ends every
// token too, so damage never spreads beyond its line.
#ifndef HSN_READERS_JSON_SCAN_H
#define HSN_READERS_JSON_SCAN_H

#include "base/buf.h"
#include "base/input.h"
#include "readers/sink.h"

/** Bytes that every number, with the byte after it, fits into. */
#define HSN__JSON_TOKEN 64

/** Deepest nesting of a value that is skipped. */
#define HSN__JSON_DEPTH 512

/** Longest text that is kept: names, labels, messages. */
#define HSN__JSON_TEXT_MAX ((size_t)1 << 20)

/** A text in the scanner's own buffer, which may move: see hsn__json_text(). */
typedef struct hsn__json_span {
    size_t start;
    size_t length;
} hsn__json_span;

/** What a scalar was. */
typedef enum hsn__json_kind {
    HSN__JSON_STRING,
    HSN__JSON_NUMBER,
    HSN__JSON_TRUE,
    HSN__JSON_FALSE,
    HSN__JSON_NULL,
} hsn__json_kind;

/** Start with `{.in = in}`. After a call gave false, `problem` says why and `in->next` where. */
typedef struct hsn__json {
    hsn_input *in;
    hsn__buf text;       /**< texts of the current record, one behind the other */
    const char *problem; /**< why the last call failed; static */
    bool replaced;       /**< invalid UTF-8 became U+FFFD since the last reset */
    bool lenient;        /**< strings may hold control characters and bad escapes, but no newline */
} hsn__json;

/** Forget the texts of the last record. */
static inline void hsn__json_reset(hsn__json *json)
{
    hsn__buf_reset(&json->text);
    json->replaced = false;
}

/** Frees the buffer. */
void hsn__json_clear(hsn__json *json);

/** The text of a span: valid until the next call that scans. */
static inline hsn_text hsn__json_text(const hsn__json *json, hsn__json_span span)
{
    hsn_text text = {span.length ? json->text.data + span.start : NULL, span.length};
    return text;
}

static inline bool hsn__json_is(hsn_text text, const char *word)
{
    size_t length = __builtin_strlen(word);
    return text.length == length && !memcmp(text.data, word, length);
}

static inline uint64_t hsn__json_load8(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/** Have `size` bytes in the window unless the input ends before. */
static inline void hsn__json_room(hsn__json *json, size_t size)
{
    if (__builtin_expect((size_t)(json->in->end - json->in->next) < size, 0))
        hsn__input_fill(json->in, size);
}

static inline bool hsn__json_is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') < 10;
}

// Digits at the start of a word of eight characters minus '0' each: a byte above 9 is none. A carry
// out of such a byte can only spoil the bytes above it, and the lowest one is what counts.
static inline unsigned hsn__json_digits8(uint64_t digits)
{
    uint64_t none =
        ((digits + UINT64_C(0x7676767676767676)) | digits) & UINT64_C(0x8080808080808080);
    return none ? (unsigned)__builtin_ctzll(none) >> 3 : 8;
}

// Eight digits to a number: neighbours join to pairs, pairs to fours, fours to eight, by
// multiplying.
static inline uint64_t hsn__json_value8(uint64_t digits)
{
    digits = (digits * 2561) >> 8 & UINT64_C(0x00FF00FF00FF00FF);
    digits = (digits * 6553601) >> 16 & UINT64_C(0x0000FFFF0000FFFF);
    return (digits * UINT64_C(42949672960001)) >> 32;
}

/**
 * The digits at `p` as a number. Returns the byte after them; NULL when there are none or when the
 * number needs more than 64 bits. Reads up to 32 bytes, at most 8 behind the last digit.
 */
static inline const uint8_t *hsn__json_digits(const uint8_t *p, uint64_t *out)
{
    static const uint32_t power[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    const uint64_t zeros = UINT64_C(0x3030303030303030);
    uint64_t word = hsn__json_load8(p) ^ zeros;
    unsigned count = hsn__json_digits8(word);
    if (count < 8) {
        if (!count)
            return NULL;
        *out = hsn__json_value8(word << (64 - 8 * count));
        return p + count;
    }
    uint64_t value = hsn__json_value8(word);
    word = hsn__json_load8(p + 8) ^ zeros;
    count = hsn__json_digits8(word);
    if (count < 8) {
        // Two shifts, for a shift by 64 is undefined and count may be 0.
        *out = value * power[count] + hsn__json_value8(word << (56 - 8 * count) << 8);
        return p + 8 + count;
    }
    value = value * 100000000 + hsn__json_value8(word);
    for (p += 16; hsn__json_is_digit(*p); p++)
        if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
            return NULL;
    *out = value;
    return p;
}

/** The next byte that is no blank, not consumed; 0 at the end of the input. Newlines are no blanks.
 */
uint8_t hsn__json_peek(hsn__json *json);

/** Consume `c`, blanks allowed before it. */
bool hsn__json_take(hsn__json *json, uint8_t c);

/** A number of 64 bits without sign, fraction and exponent. */
bool hsn__json_uint(hsn__json *json, uint64_t *out);

/** The same with a sign; the minus sign makes `negative`, -0 too. */
bool hsn__json_int(hsn__json *json, bool *out_negative, uint64_t *out_magnitude);

/**
 * A string, decoded to UTF-8 into json->text. Each byte of an invalid sequence and each lone
 * surrogate becomes U+FFFD; control characters within a string are damage, as the specification has
 * it.
 */
bool hsn__json_string(hsn__json *json, hsn__json_span *out);

/** A string, or the characters of a number, or "true", "false", "null". */
bool hsn__json_scalar(hsn__json *json, hsn__json_span *out, hsn__json_kind *out_kind);

/** `true`, `false`, or a number, where 0 is false. */
bool hsn__json_bool(hsn__json *json, bool *out);

/**
 * The next member's key up to and with its colon. Call it after `{` and after each value. HSN_OK;
 * HSN_DONE after `}`; HSN_PARTIAL with the problem. *first starts true and is cleared.
 */
int hsn__json_member(hsn__json *json, bool *first, hsn__json_span *out_key);

/** The same for an array after `[`: HSN_OK when an element stands next. */
int hsn__json_element(hsn__json *json, bool *first);

/** Any value, without recursion. Texts in it are not kept. */
bool hsn__json_skip(hsn__json *json);

/** Whether only blanks are left of the line. Consumes them. */
bool hsn__json_at_line_end(hsn__json *json);

/** Consume the line's end: blanks, then a newline or the end of the input. */
bool hsn__json_line_end(hsn__json *json);

/** Consume everything up to the next newline, and that. False when the input ended before one. */
bool hsn__json_skip_line(hsn__json *json);

#endif
