// SPDX-License-Identifier: MIT
// Checks for unit tests.
#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static unsigned failures;

static bool report(bool ok, const char *file, int line, const char *text)
{
    if (!ok) {
        failures++;
        fprintf(stderr, "%s:%d: failed: %s\n", file, line, text);
    }
    return ok;
}

bool check_true(bool ok, const char *file, int line, const char *text)
{
    return report(ok, file, line, text);
}

bool check_equal(int64_t a, int64_t b, const char *file, int line, const char *text)
{
    if (!report(a == b, file, line, text))
        fprintf(stderr, "    left %" PRId64 ", right %" PRId64 "\n", a, b);
    return a == b;
}

bool check_text(const char *a, const char *b, const char *file, int line, const char *text)
{
    bool ok = a && b ? !strcmp(a, b) : a == b;
    if (!report(ok, file, line, text))
        fprintf(stderr, "    left  \"%s\"\n    right \"%s\"\n", a ? a : "(null)", b ? b : "(null)");
    return ok;
}

bool check_memory(const void *a, const void *b, size_t size, const char *file, int line,
                  const char *text)
{
    const unsigned char *x = a, *y = b;
    size_t i = 0;
    while (i < size && x[i] == y[i])
        i++;
    if (!report(i == size, file, line, text))
        fprintf(stderr, "    byte %zu of %zu: left 0x%02x, right 0x%02x\n", i, size, x[i], y[i]);
    return i == size;
}

bool check_status(int actual, int expected, const hsn_error *err, const char *file, int line,
                  const char *text)
{
    if (!report(actual == expected, file, line, text)) {
        fprintf(stderr, "    status %s, expected %s\n", hsn_status_name(actual),
                hsn_status_name(expected));
        if (err && err->code)
            fprintf(stderr, "    %s: %s\n", err->source, err->message);
    }
    return actual == expected;
}

int check_main(const check_case *cases, size_t count, int argc, char **argv)
{
    unsigned failed_cases = 0, run = 0;
    for (size_t i = 0; i < count; i++) {
        if (argc > 1 && !strstr(cases[i].name, argv[1]))
            continue;
        unsigned before = failures;
        cases[i].run();
        run++;
        if (failures > before) {
            failed_cases++;
            fprintf(stderr, "not ok: %s\n", cases[i].name);
        }
    }
    printf("%u cases, %u failed\n", run, failed_cases);
    return failed_cases || !run;
}

uint64_t check_random_next(check_random *random)
{
    uint64_t x = random->state ? random->state : UINT64_C(0x9e3779b97f4a7c15);
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    random->state = x;
    return x * UINT64_C(0x2545f4914f6cdd1d);
}

uint32_t check_random_below(check_random *random, uint32_t below)
{
    return (uint32_t)((check_random_next(random) >> 32) * below >> 32);
}
