// SPDX-License-Identifier: MIT
// What readers of profiles share: numbers, words, Valgrind's frames, stacks.
#include <string.h>

#include "../unit/check.h"
#include "readers/profile_scan.h"

static void check_number(const char *text, unsigned base, bool good, uint64_t value,
                         const char *rest)
{
    hsn_text at = hsn__text(text);
    uint64_t got = 77;
    CHECK_EQ(hsn__text_number(&at, base, &got), good);
    CHECK_EQ(got, good ? value : 77);
    CHECK(hsn__text_is(at, rest));
}

static void test_numbers_end_at_the_first_other_character(void)
{
    check_number("120]", 10, true, 120, "]");
    check_number("7fFFx", 16, true, 0x7fff, "x");
    check_number("12f", 10, true, 12, "f");
    check_number("x1", 10, false, 0, "x1");
    check_number("", 16, false, 0, "");
    check_number("18446744073709551615", 10, true, UINT64_MAX, "");
    check_number("18446744073709551616", 10, false, 0, "18446744073709551616");
    check_number("ffffffffffffffff0", 16, false, 0, "ffffffffffffffff0");
}

static void test_decimals_follow_no_locale(void)
{
    double value = 0;
    hsn_text text = hsn__text("1795186701.7124 1");
    CHECK(hsn__text_decimal(&text, &value) && value > 1795186701.7123 && value < 1795186701.7125);
    CHECK(hsn__text_is(text, " 1"));
    text = hsn__text("-0.25");
    CHECK(hsn__text_decimal(&text, &value) && value == -0.25);
    text = hsn__text("1.");
    CHECK(!hsn__text_decimal(&text, &value));
    CHECK(hsn__text_is(text, "1."));
}

static void check_frame(const char *text, const char *file, unsigned line, const char *function)
{
    hsn_sink_frame frame = hsn__profile_valgrind_frame(hsn__text(text));
    CHECK(hsn__text_is(frame.file, file));
    CHECK(hsn__text_is(frame.function, function));
    CHECK_EQ(frame.line, line);
}

static void test_frames_of_valgrind_are_read_from_their_end(void)
{
    check_frame("0x10919E: f (a.c:5)", "a.c", 5, "f");
    check_frame("0x4C: ??? (in /usr/lib/libc.so.6)", "/usr/lib/libc.so.6", 0, "???");
    check_frame("0x5: (below main) (libc.c:42)", "libc.c", 42, "(below main)");
    check_frame("0x5: f(int, char (*)(int)) (a.cc:7)", "a.cc", 7, "f(int, char (*)(int))");
    check_frame("0x5: T::push (vec/mod.rs:12:5)", "vec/mod.rs", 12, "T::push");
    check_frame("0x5: f (int)", "", 0, "f (int)");
    check_frame("[root]", "", 0, "[root]");
    check_frame("", "", 0, "");
}

static void test_words_and_last_characters(void)
{
    hsn_text text = hsn__text("a bc ");
    CHECK(hsn__text_is(hsn__text_word(&text), "a"));
    CHECK(hsn__text_is(hsn__text_word(&text), "bc"));
    CHECK_EQ(text.length, 0);
    CHECK_EQ(hsn__text_word(&text).length, 0);
    CHECK_EQ(hsn__text_last(hsn__text("a:b:c"), ':'), 3);
    CHECK_EQ(hsn__text_last(hsn__text("abc"), ':'), 3);
    text = hsn__text(" \t x");
    CHECK_EQ(hsn__text_blanks(&text), 3);
    CHECK(hsn__text_take(&text, "x") && !hsn__text_take(&text, "x"));
}

CHECK_MAIN(CHECK_CASE(test_numbers_end_at_the_first_other_character),
           CHECK_CASE(test_decimals_follow_no_locale),
           CHECK_CASE(test_frames_of_valgrind_are_read_from_their_end),
           CHECK_CASE(test_words_and_last_characters))
