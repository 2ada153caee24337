// SPDX-License-Identifier: MIT
// A JSON scanner over the input window: for dumps of one document a line, of any length.
//
// Texts are found eight bytes at a time; only escapes and bytes outside ASCII take the slow way.
// Values that nobody asked for are skipped with a bit per open bracket, so depth costs nothing.
// Source: RFC 8259 (JSON), RFC 3629 (UTF-8).
#include "readers/json_scan.h"

#include <assert.h>

static bool fail(hsn__json *json, const char *problem)
{
    json->problem = problem;
    return false;
}

void hsn__json_clear(hsn__json *json)
{
    hsn__buf_clear(&json->text);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

uint8_t hsn__json_peek(hsn__json *json)
{
    hsn_input *in = json->in;
    for (;;) {
        while (in->next < in->end && is_blank(*in->next))
            in->next++;
        if (in->next < in->end)
            return *in->next;
        if (!hsn__input_fill(in, HSN__JSON_TOKEN))
            return 0;
    }
}

bool hsn__json_take(hsn__json *json, uint8_t c)
{
    if (hsn__json_peek(json) != c || !c)
        return false;
    json->in->next++;
    return true;
}

bool hsn__json_uint(hsn__json *json, uint64_t *out)
{
    bool negative;
    uint64_t value;
    if (!hsn__json_int(json, &negative, &value))
        return false;
    if (negative && value)
        return fail(json, "a negative number");
    *out = value;
    return true;
}

bool hsn__json_int(hsn__json *json, bool *out_negative, uint64_t *out_magnitude)
{
    uint8_t c = hsn__json_peek(json);
    if (c != '-' && !hsn__json_is_digit(c))
        return fail(json, "a number was expected");
    hsn__json_room(json, HSN__JSON_TOKEN);
    const uint8_t *digits = json->in->next + (c == '-');
    const uint8_t *end = hsn__json_digits(digits, out_magnitude);
    if (!end)
        return fail(json, hsn__json_is_digit(*digits) ? "a number of more than 64 bits"
                                                      : "a number was expected");
    if (*end == '.' || *end == 'e' || *end == 'E')
        return fail(json, "a whole number was expected");
    *out_negative = c == '-';
    json->in->next = end;
    return true;
}

// Bytes of a string before its end, an escape, a control character or a byte outside ASCII. May
// stop early, never late.
static size_t plain_run(const uint8_t *p, const uint8_t *end)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = UINT64_C(0x8080808080808080);
    const uint8_t *start = p;
    while (p < end) {
        uint64_t word = hsn__json_load8(p);
        uint64_t quote = word ^ (ones * '"');
        uint64_t slash = word ^ (ones * '\\');
        // Borrows may mark bytes above a true hit; the lowest mark is always true.
        uint64_t hits = ((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) |
                        ((slash - ones) & ~slash) | word;
        hits &= tops;
        if (hits) {
            p += __builtin_ctzll(hits) >> 3;
            break;
        }
        p += 8;
    }
    return (size_t)((p < end ? p : end) - start);
}

static void put_utf8(hsn__buf *buf, uint32_t c)
{
    char bytes[4];
    size_t size = 0;
    if (c < 0x80) {
        bytes[size++] = (char)c;
    } else if (c < 0x800) {
        bytes[size++] = (char)(0xC0 | c >> 6);
    } else if (c < 0x10000) {
        bytes[size++] = (char)(0xE0 | c >> 12);
        bytes[size++] = (char)(0x80 | (c >> 6 & 0x3F));
    } else {
        bytes[size++] = (char)(0xF0 | c >> 18);
        bytes[size++] = (char)(0x80 | (c >> 12 & 0x3F));
        bytes[size++] = (char)(0x80 | (c >> 6 & 0x3F));
    }
    if (c >= 0x80)
        bytes[size++] = (char)(0x80 | (c & 0x3F));
    hsn__buf_append(buf, bytes, size);
}

// Length of the valid sequence at p, 0 when it is none: no overlong forms, surrogates or values
// above U+10FFFF. Zero padding makes reading four bytes safe.
static size_t utf8_length(const uint8_t *p)
{
#define TAIL(i) ((p[i] & 0xC0) == 0x80)
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    if (p[0] < 0xE0)
        return TAIL(1) ? 2 : 0;
    if (p[0] < 0xF0) {
        bool overlong = p[0] == 0xE0 && p[1] < 0xA0;
        bool surrogate = p[0] == 0xED && p[1] > 0x9F;
        return TAIL(1) && TAIL(2) && !overlong && !surrogate ? 3 : 0;
    }
    bool overlong = p[0] == 0xF0 && p[1] < 0x90;
    bool above = p[0] == 0xF4 && p[1] > 0x8F;
    return TAIL(1) && TAIL(2) && TAIL(3) && !overlong && !above ? 4 : 0;
#undef TAIL
}

// Four hexadecimal digits; -1 when they are not.
static int32_t hex4(const uint8_t *p)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        uint8_t c = p[i] | 0x20;
        if (hsn__json_is_digit(p[i]))
            value = value * 16 + (p[i] - '0');
        else if (c >= 'a' && c <= 'f')
            value = value * 16 + (c - 'a') + 10;
        else
            return -1;
    }
    return value;
}

// What the letter behind a backslash means; 0 for none.
static char escaped(uint8_t letter)
{
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        return (char)letter;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

// The escape at in->next, which is a backslash. Twelve bytes hold a surrogate pair.
static bool escape(hsn__json *json, bool keep)
{
    hsn_input *in = json->in;
    hsn__json_room(json, 12);
    char meant = escaped(in->next[1]);
    if (meant) {
        if (keep)
            hsn__buf_putc(&json->text, meant);
        in->next += 2;
        return true;
    }
    int32_t c = in->next[1] == 'u' ? hex4(in->next + 2) : -1;
    if (c < 0 && !json->lenient)
        return fail(json, "a bad escape in a string");
    if (c < 0) {
        if (keep)
            hsn__buf_putc(&json->text, '\\');
        in->next++;
        return true;
    }
    in->next += 6;
    if (c >= 0xD800 && c < 0xDC00 && in->next[0] == '\\' && in->next[1] == 'u') {
        int32_t low = hex4(in->next + 2);
        if (low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            in->next += 6;
        }
    }
    if (keep)
        put_utf8(&json->text, c >= 0xD800 && c < 0xE000 ? 0xFFFD : (uint32_t)c);
    return true;
}

// A byte outside ASCII at in->next.
static void beyond_ascii(hsn__json *json, bool keep)
{
    hsn_input *in = json->in;
    hsn__json_room(json, 4);
    size_t length = utf8_length(in->next);
    if (keep && length)
        hsn__buf_append(&json->text, in->next, length);
    if (keep && !length)
        put_utf8(&json->text, 0xFFFD);
    json->replaced |= keep && !length;
    in->next += length ? length : 1;
}

static void control(hsn__json *json, bool keep)
{
    if (keep)
        hsn__buf_putc(&json->text, (char)*json->in->next);
    json->in->next++;
}

static bool string(hsn__json *json, bool keep)
{
    hsn_input *in = json->in;
    size_t start = json->text.size;
    if (!hsn__json_take(json, '"'))
        return fail(json, "a string was expected");
    for (;;) {
        if (in->next == in->end && !hsn__input_fill(in, HSN__JSON_TOKEN))
            return fail(json, "a string without its end");
        size_t run = plain_run(in->next, in->end);
        if (keep)
            hsn__buf_append(&json->text, in->next, run);
        if (json->text.size - start > HSN__JSON_TEXT_MAX)
            return fail(json, "a string of more than 1 MiB");
        in->next += run;
        if (in->next == in->end)
            continue;
        uint8_t c = *in->next;
        if (c == '"') {
            in->next++;
            return true;
        }
        if (c >= 0x80)
            beyond_ascii(json, keep);
        else if (c < 0x20 && !(json->lenient && c && c != '\n'))
            return fail(json, "a control character in a string");
        else if (c < 0x20)
            control(json, keep);
        else if (c == '\\' && !escape(json, keep))
            return false;
    }
}

bool hsn__json_string(hsn__json *json, hsn__json_span *out)
{
    size_t start = json->text.size;
    if (!string(json, true))
        return false;
    *out = (hsn__json_span){start, json->text.size - start};
    return true;
}

// The next byte, consumed into the kept text when it is in `wanted`.
static bool accept(hsn__json *json, const char *wanted, bool keep)
{
    hsn_input *in = json->in;
    hsn__json_room(json, 1);
    uint8_t c = *in->next;
    if (!c || !strchr(wanted, c))
        return false;
    if (keep)
        hsn__buf_putc(&json->text, (char)c);
    in->next++;
    return true;
}

static bool digits(hsn__json *json, bool keep)
{
    size_t count = 0;
    size_t start = json->text.size;
    while (accept(json, "0123456789", keep)) {
        count++;
        keep = keep && json->text.size - start < HSN__JSON_TEXT_MAX;
    }
    return count > 0;
}

// Any number, by the grammar, of any length.
static bool number(hsn__json *json, bool keep)
{
    accept(json, "-", keep);
    bool ok = accept(json, "0", keep) || digits(json, keep);
    if (ok && accept(json, ".", keep))
        ok = digits(json, keep);
    if (ok && accept(json, "eE", keep)) {
        accept(json, "+-", keep);
        ok = digits(json, keep);
    }
    return ok || fail(json, "a number was expected");
}

static bool word(hsn__json *json, const char *text, bool keep)
{
    size_t length = strlen(text);
    hsn__json_room(json, length);
    if (memcmp(json->in->next, text, length))
        return fail(json, "a value was expected");
    if (keep)
        hsn__buf_append(&json->text, text, length);
    json->in->next += length;
    return true;
}

static bool scalar(hsn__json *json, bool keep, hsn__json_kind *out_kind)
{
    switch (hsn__json_peek(json)) {
    case '"':
        *out_kind = HSN__JSON_STRING;
        return string(json, keep);
    case 't':
        *out_kind = HSN__JSON_TRUE;
        return word(json, "true", keep);
    case 'f':
        *out_kind = HSN__JSON_FALSE;
        return word(json, "false", keep);
    case 'n':
        *out_kind = HSN__JSON_NULL;
        return word(json, "null", keep);
    default:
        *out_kind = HSN__JSON_NUMBER;
        return number(json, keep);
    }
}

bool hsn__json_scalar(hsn__json *json, hsn__json_span *out, hsn__json_kind *out_kind)
{
    size_t start = json->text.size;
    if (!scalar(json, true, out_kind))
        return false;
    *out = (hsn__json_span){start, json->text.size - start};
    return true;
}

bool hsn__json_bool(hsn__json *json, bool *out)
{
    hsn__json_kind kind;
    uint8_t c = hsn__json_peek(json);
    if (hsn__json_is_digit(c)) {
        uint64_t value;
        if (!hsn__json_uint(json, &value))
            return false;
        *out = value != 0;
        return true;
    }
    if ((c != 't' && c != 'f') || !scalar(json, false, &kind))
        return fail(json, "true or false was expected");
    *out = kind == HSN__JSON_TRUE;
    return true;
}

int hsn__json_member(hsn__json *json, bool *first, hsn__json_span *out_key)
{
    if (hsn__json_take(json, '}'))
        return HSN_DONE;
    if (!*first && !hsn__json_take(json, ',')) {
        fail(json, "a comma or the end of an object was expected");
        return HSN_PARTIAL;
    }
    *first = false;
    if (!hsn__json_string(json, out_key))
        return HSN_PARTIAL;
    if (hsn__json_take(json, ':'))
        return HSN_OK;
    fail(json, "a colon was expected");
    return HSN_PARTIAL;
}

int hsn__json_element(hsn__json *json, bool *first)
{
    if (hsn__json_take(json, ']'))
        return HSN_DONE;
    if (!*first && !hsn__json_take(json, ',')) {
        fail(json, "a comma or the end of an array was expected");
        return HSN_PARTIAL;
    }
    *first = false;
    return HSN_OK;
}

// One step of skipping a value: what may stand next.
enum skip_state { WANT_VALUE, WANT_FIRST, WANT_MORE };

// Open brackets: one bit each, set for objects.
struct brackets {
    uint64_t bits[HSN__JSON_DEPTH / 64];
    size_t depth;
};

static bool top_is_object(const struct brackets *open)
{
    size_t i = open->depth - 1;
    return open->bits[i / 64] >> (i % 64) & 1;
}

static bool push(hsn__json *json, struct brackets *open, bool object)
{
    if (open->depth == HSN__JSON_DEPTH)
        return fail(json, "a value nested more than 512 deep");
    uint64_t bit = UINT64_C(1) << (open->depth % 64);
    uint64_t *bits = &open->bits[open->depth / 64];
    *bits = object ? *bits | bit : *bits & ~bit;
    open->depth++;
    return true;
}

static bool skip_key(hsn__json *json)
{
    if (!string(json, false))
        return false;
    return hsn__json_take(json, ':') || fail(json, "a colon was expected");
}

bool hsn__json_skip(hsn__json *json)
{
    struct brackets open = {.depth = 0};
    enum skip_state state = WANT_VALUE;
    hsn__json_kind kind;
    do {
        uint8_t c = hsn__json_peek(json);
        if (state == WANT_VALUE) {
            bool bracket = c == '{' || c == '[';
            json->in->next += bracket;
            if (bracket ? !push(json, &open, c == '{') : !scalar(json, false, &kind))
                return false;
            state = bracket ? WANT_FIRST : WANT_MORE;
            continue;
        }
        bool object = top_is_object(&open);
        if (c == (object ? '}' : ']')) {
            json->in->next++;
            open.depth--;
            state = WANT_MORE;
            continue;
        }
        if (state == WANT_MORE && !hsn__json_take(json, ','))
            return fail(json, "a comma or a closing bracket was expected");
        if (object && !skip_key(json))
            return false;
        state = WANT_VALUE;
    } while (open.depth);
    return true;
}

bool hsn__json_at_line_end(hsn__json *json)
{
    uint8_t c = hsn__json_peek(json);
    if (c == '\n' || (!c && json->in->next == json->in->end))
        return true;
    return fail(json, "data after the record");
}

bool hsn__json_line_end(hsn__json *json)
{
    if (!hsn__json_at_line_end(json))
        return false;
    json->in->next += json->in->next < json->in->end;
    return true;
}

bool hsn__json_skip_line(hsn__json *json)
{
    hsn_input *in = json->in;
    do {
        const uint8_t *newline = memchr(in->next, '\n', (size_t)(in->end - in->next));
        if (newline) {
            in->next = newline + 1;
            return true;
        }
        in->next = in->end;
    } while (hsn__input_fill(in, HSN__JSON_TOKEN));
    return false;
}
