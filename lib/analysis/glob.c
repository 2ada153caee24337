// SPDX-License-Identifier: MIT
// Globs with the meaning of Python's fnmatch.fnmatchcase(), over UTF-8 of known length.
//
// POSIX fnmatch() is not the same: it quotes with backslashes, reads [^a] as [!a] and [[:alpha:]]
// as a class, and depends on the locale. Only the last `*` is ever retried: if a later one can
// match at all, it can match after the shortest text that the earlier ones took.
#include "analysis/glob.h"

#include "heapsnap/totals.h"

#include <string.h>

// One character, at least one byte: bytes that are no UTF-8 count as one character each.
static uint32_t decode(const char *text, const char *end, const char **out_next)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t extra = *p < 0xc0 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : *p < 0xf8 ? 3 : 0;
    uint32_t c = extra ? *p & (0x3fu >> extra) : *p;
    *out_next = text + 1;
    if ((size_t)(end - text) <= extra)
        return *p;
    for (size_t i = 1; i <= extra; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return *p;
        c = c << 6 | (p[i] & 0x3f);
    }
    *out_next = text + 1 + extra;
    return c;
}

// `set` stands behind the '['. NULL when no ']' closes it: then '[' is an ordinary character.
static const char *find_set_end(const char *set, const char *end)
{
    if (set < end && *set == '!')
        set++;
    if (set < end && *set == ']')
        set++;
    return set < end ? memchr(set, ']', (size_t)(end - set)) : NULL;
}

static bool set_has(const char *set, const char *end, uint32_t c)
{
    bool negated = set < end && *set == '!';
    bool found = false;
    set += negated;
    while (set < end) {
        uint32_t low = decode(set, end, &set);
        uint32_t high = low;
        if (end - set >= 2 && *set == '-')
            high = decode(set + 1, end, &set);
        found = found || (low <= c && c <= high);
    }
    return found != negated;
}

bool hsn__glob_match(const char *pattern, size_t pattern_bytes, const char *text, size_t text_bytes)
{
    const char *pattern_end = pattern + pattern_bytes, *text_end = text + text_bytes;
    const char *star = NULL, *retry = NULL; // behind the last '*', and where its text ends
    for (;;) {
        const char *next_pattern = pattern, *next_text = text, *set_end;
        bool matches;
        if (pattern < pattern_end && *pattern == '*') {
            star = ++pattern;
            retry = text;
            continue;
        }
        if (text == text_end && pattern == pattern_end)
            return true;
        if (text == text_end)
            return false; // what stands in the pattern needs a character
        uint32_t c = decode(text, text_end, &next_text);
        if (pattern == pattern_end) {
            matches = false;
        } else if (*pattern == '?') {
            matches = true;
            next_pattern = pattern + 1;
        } else if (*pattern == '[' && (set_end = find_set_end(pattern + 1, pattern_end))) {
            matches = set_has(pattern + 1, set_end, c);
            next_pattern = set_end + 1;
        } else {
            matches = decode(pattern, pattern_end, &next_pattern) == c;
        }
        if (matches) {
            pattern = next_pattern;
            text = next_text;
        } else if (star) {
            decode(retry, text_end, &retry);
            pattern = star;
            text = retry;
        } else {
            return false;
        }
    }
}

int hsn_glob_match(const char *pattern, const char *text)
{
    return hsn__glob_match(pattern, strlen(pattern), text, strlen(text));
}
