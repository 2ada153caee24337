// SPDX-License-Identifier: MIT
// The JSON scanner against a slow, obvious parser, on random documents, whole and damaged.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "readers/json_scan.h"

// ---- the slow twin: recursive, a byte at a time, over a NUL-terminated text ----

struct slow {
    const char *p;
    int depth;
};

static bool slow_value(struct slow *s);

static void slow_blanks(struct slow *s)
{
    while (*s->p == ' ' || *s->p == '\t' || *s->p == '\r')
        s->p++;
}

static bool slow_string(struct slow *s)
{
    if (*s->p++ != '"')
        return false;
    while (*s->p != '"') {
        if ((unsigned char)*s->p < 0x20)
            return false;
        if (*s->p++ != '\\')
            continue;
        char c = *s->p;
        if (!c || !strchr("\"\\/bfnrtu", c))
            return false;
        s->p++;
        for (int i = 0; c == 'u' && i < 4; i++, s->p++)
            if (!*s->p || !strchr("0123456789abcdefABCDEF", *s->p))
                return false;
    }
    s->p++;
    return true;
}

static bool slow_digits(struct slow *s)
{
    const char *start = s->p;
    while (*s->p >= '0' && *s->p <= '9')
        s->p++;
    return s->p > start;
}

static bool slow_number(struct slow *s)
{
    s->p += *s->p == '-';
    if (*s->p == '0')
        s->p++;
    else if (!slow_digits(s))
        return false;
    if (*s->p == '.') {
        s->p++;
        if (!slow_digits(s))
            return false;
    }
    if (*s->p == 'e' || *s->p == 'E') {
        s->p++;
        s->p += *s->p == '+' || *s->p == '-';
        return slow_digits(s);
    }
    return true;
}

static bool slow_container(struct slow *s, char close)
{
    s->p++;
    slow_blanks(s);
    if (*s->p == close)
        return s->p++, true;
    if (++s->depth > HSN__JSON_DEPTH)
        return false;
    for (;;) {
        slow_blanks(s);
        if (close == '}') {
            if (!slow_string(s))
                return false;
            slow_blanks(s);
            if (*s->p++ != ':')
                return false;
        }
        if (!slow_value(s))
            return false;
        slow_blanks(s);
        if (*s->p == close) {
            s->depth--;
            return s->p++, true;
        }
        if (*s->p++ != ',')
            return false;
    }
}

static bool slow_value(struct slow *s)
{
    slow_blanks(s);
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++)
        if (!strncmp(s->p, words[i], strlen(words[i])))
            return s->p += strlen(words[i]), true;
    if (*s->p == '"')
        return slow_string(s);
    if (*s->p == '{' || *s->p == '[')
        return slow_container(s, *s->p == '{' ? '}' : ']');
    return slow_number(s);
}

// ---- random documents ----

static void random_blank(hsn__buf *out, check_random *random)
{
    if (check_random_below(random, 4) == 0)
        hsn__buf_putc(out, " \t\r "[check_random_below(random, 4)]);
}

static void random_string(hsn__buf *out, check_random *random)
{
    static const char *const pieces[] = {"a",
                                         "name",
                                         "\\n",
                                         "\\\"",
                                         "\\\\",
                                         "\\/",
                                         "\\u0041",
                                         "\\u00e9",
                                         "\\ud83d\\ude00",
                                         "\\ud800",
                                         "\xc3\xa9",
                                         "\xe2\x82\xac",
                                         " ",
                                         "{}[]:,",
                                         "\xf0\x9f\x98\x80",
                                         "0123456789abcdef"};
    hsn__buf_putc(out, '"');
    for (uint32_t i = check_random_below(random, 12); i > 0; i--)
        hsn__buf_puts(out, pieces[check_random_below(random, sizeof pieces / sizeof *pieces)]);
    hsn__buf_putc(out, '"');
}

static void random_value(hsn__buf *out, check_random *random, int depth)
{
    static const char *const scalars[] = {
        "true", "false", "null", "0",       "-0",
        "17",   "-3.5",  "1e9",  "2.5E-10", "12345678901234567890123"};
    uint32_t choice = check_random_below(random, depth > 6 ? 6 : 10);
    random_blank(out, random);
    if (choice < 4) {
        hsn__buf_puts(out, scalars[check_random_below(random, sizeof scalars / sizeof *scalars)]);
    } else if (choice < 6) {
        random_string(out, random);
    } else {
        bool object = choice < 8;
        hsn__buf_putc(out, object ? '{' : '[');
        uint32_t count = check_random_below(random, 5);
        for (uint32_t i = 0; i < count; i++) {
            if (i)
                hsn__buf_putc(out, ',');
            random_blank(out, random);
            if (object) {
                random_string(out, random);
                random_blank(out, random);
                hsn__buf_putc(out, ':');
            }
            random_value(out, random, depth + 1);
        }
        random_blank(out, random);
        hsn__buf_putc(out, object ? '}' : ']');
    }
    random_blank(out, random);
}

// Whether the scanner skips the text as one value, and how far it came.
static bool scan(const char *text, size_t size, size_t *out_read)
{
    hsn_input *in = NULL;
    hsn_error err = {0};
    CHECK_OK(hsn__input_memory(&in, text, size, &err), &err);
    hsn__json json = {.in = in};
    bool ok = hsn__json_skip(&json);
    CHECK(ok || json.problem);
    *out_read = (size_t)hsn__input_offset(in);
    hsn__json_clear(&json);
    hsn__input_close(in);
    return ok;
}

static void test_skip_agrees_with_a_slow_parser(void)
{
    check_random random = {.state = 7};
    hsn__buf text = {0};
    for (int round = 0; round < 20000; round++) {
        size_t read;
        hsn__buf_reset(&text);
        random_value(&text, &random, 0);
        if (round % 2)
            text.data[check_random_below(&random, (uint32_t)text.size)] =
                "\"\\{}[]:,0x\n e\x01"[check_random_below(&random, 14)];
        struct slow slow = {.p = hsn__buf_text(&text)};
        bool expected = slow_value(&slow);
        bool ok = scan(text.data, text.size, &read);
        if (!CHECK_EQ(ok, expected)) {
            fprintf(stderr, "%s\n", text.data);
            break;
        }
        if (ok && !CHECK_EQ(read, slow.p - text.data))
            break;
    }
    hsn__buf_clear(&text);
}

static void test_numbers_agree_with_strtoull(void)
{
    check_random random = {.state = 11};
    for (int round = 0; round < 200000; round++) {
        char text[64 + 32] = {0}, *end;
        uint64_t value = check_random_next(&random) >> check_random_below(&random, 64), got;
        int length = snprintf(text, 40, "%llu", (unsigned long long)value);
        memset(text + length, "0123456789,]/: x"[check_random_below(&random, 16)],
               check_random_below(&random, 6));
        errno = 0;
        uint64_t expected = strtoull(text, &end, 10);
        const uint8_t *stop = hsn__json_digits((const uint8_t *)text, &got);
        if (!CHECK_EQ(stop == NULL, errno != 0))
            fprintf(stderr, "%s\n", text);
        if (stop && (!CHECK_EQ(got, expected) || !CHECK_EQ((const char *)stop - text, end - text)))
            fprintf(stderr, "%s\n", text);
    }
    uint64_t got;
    char none[40] = "x1", zeros[60] = "000000000000000000000000000000000000017,";
    CHECK(!hsn__json_digits((const uint8_t *)none, &got));
    CHECK(hsn__json_digits((const uint8_t *)zeros, &got) && got == 17);
}

static void check_string(const char *json_text, const char *expected, bool replaced)
{
    hsn_input *in = NULL;
    hsn_error err = {0};
    hsn__json_span span;
    CHECK_OK(hsn__input_memory(&in, json_text, strlen(json_text), &err), &err);
    hsn__json json = {.in = in};
    bool ok = hsn__json_string(&json, &span);
    CHECK_EQ(ok, expected != NULL);
    if (ok && expected) {
        hsn_text text = hsn__json_text(&json, span);
        CHECK_EQ(text.length, strlen(expected));
        CHECK(!text.length || !memcmp(text.data, expected, text.length));
        CHECK_EQ(json.replaced, replaced);
    }
    hsn__json_clear(&json);
    hsn__input_close(in);
}

static void test_strings_are_decoded_to_utf8(void)
{
    check_string("\"\"", "", false);
    check_string("\"plain text of more than eight bytes\"", "plain text of more than eight bytes",
                 false);
    check_string("\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\te\"", "a\"b\\c/d\b\f\n\r\te", false);
    check_string("\"\\u0041\\u00e9\\u20ac\\uD83D\\uDE00\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
                 false);
    check_string("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
                 false);
    // Lone surrogates, as Python writes undecodable file names.
    check_string("\"\\udc80x\\ud800\\u0041\"",
                 "\xef\xbf\xbdx\xef\xbf\xbd"
                 "A",
                 false);
    // Invalid bytes: alone, overlong, a surrogate, above U+10FFFF, cut off.
    check_string("\"\xff\"", "\xef\xbf\xbd", true);
    check_string("\"\xc0\x80\"", "\xef\xbf\xbd\xef\xbf\xbd", true);
    check_string("\"\xed\xa0\x80\"", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", true);
    check_string("\"\xf4\x90\x80\x80\"", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", true);
    check_string("\"\xe2\x82\"", "\xef\xbf\xbd\xef\xbf\xbd", true);
    check_string("\"a\nb\"", NULL, false);
    check_string("\"\\x\"", NULL, false);
    check_string("\"\\u12g4\"", NULL, false);
    check_string("\"never closed", NULL, false);
    check_string("17", NULL, false);
}

// Tokens of all lengths across the borders of the window.
static void test_long_input_gives_the_same_from_a_file(void)
{
    check_random random = {.state = 3};
    hsn__buf text = {0};
    hsn__buf_puts(&text, "[0");
    while (text.size < 1500000) {
        hsn__buf_putc(&text, ',');
        random_value(&text, &random, 3);
    }
    hsn__buf_puts(&text, "]");
    struct slow slow = {.p = hsn__buf_text(&text)};
    CHECK(slow_value(&slow));
    char path[] = "/tmp/heapsnap-test-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text.data, text.size) == (ssize_t)text.size);
    close(fd);
    hsn_input *in = NULL;
    hsn_error err = {0};
    CHECK_OK(hsn__input_open(&in, path, &err), &err);
    unlink(path);
    hsn__json json = {.in = in};
    CHECK(hsn__json_skip(&json));
    CHECK(hsn__json_line_end(&json));
    CHECK_EQ(hsn__input_offset(in), text.size);
    hsn__json_clear(&json);
    hsn__input_close(in);
    hsn__buf_clear(&text);
}

static void test_nesting_is_bounded(void)
{
    size_t read;
    char text[2 * HSN__JSON_DEPTH + 4];
    memset(text, '[', HSN__JSON_DEPTH);
    memset(text + HSN__JSON_DEPTH, ']', HSN__JSON_DEPTH);
    CHECK(scan(text, 2 * HSN__JSON_DEPTH, &read));
    memset(text, '[', HSN__JSON_DEPTH + 1);
    memset(text + HSN__JSON_DEPTH + 1, ']', HSN__JSON_DEPTH + 1);
    CHECK(!scan(text, 2 * HSN__JSON_DEPTH + 2, &read));
}

static void test_long_strings_are_refused_where_they_are_kept(void)
{
    size_t size = HSN__JSON_TEXT_MAX + 100, read;
    hsn__buf text = {0};
    hsn__buf_putc(&text, '"');
    for (size_t i = 0; i < size; i++)
        hsn__buf_putc(&text, 'x');
    hsn__buf_putc(&text, '"');
    CHECK(scan(text.data, text.size, &read));
    hsn_input *in = NULL;
    hsn_error err = {0};
    hsn__json_span span;
    CHECK_OK(hsn__input_memory(&in, text.data, text.size, &err), &err);
    hsn__json json = {.in = in};
    CHECK(!hsn__json_string(&json, &span));
    CHECK_STR(json.problem, "a string of more than 1 MiB");
    hsn__json_clear(&json);
    hsn__input_close(in);
    hsn__buf_clear(&text);
}

CHECK_MAIN(CHECK_CASE(test_skip_agrees_with_a_slow_parser),
           CHECK_CASE(test_numbers_agree_with_strtoull),
           CHECK_CASE(test_strings_are_decoded_to_utf8),
           CHECK_CASE(test_long_input_gives_the_same_from_a_file),
           CHECK_CASE(test_nesting_is_bounded),
           CHECK_CASE(test_long_strings_are_refused_where_they_are_kept))
