// SPDX-License-Identifier: MIT
// Checks for unit tests: they print both sides, count failures and go on.
#ifndef TESTS_UNIT_CHECK_H
#define TESTS_UNIT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heapsnap/status.h"

bool check_true(bool ok, const char *file, int line, const char *text);
bool check_equal(int64_t a, int64_t b, const char *file, int line, const char *text);
bool check_text(const char *a, const char *b, const char *file, int line, const char *text);
bool check_memory(const void *a, const void *b, size_t size, const char *file, int line,
                  const char *text);
bool check_status(int actual, int expected, const hsn_error *err, const char *file, int line,
                  const char *text);

/** Each gives false when it fails, so that a test can stop where going on makes no sense. */
#define CHECK(condition)      check_true((condition), __FILE__, __LINE__, #condition)
#define CHECK_EQ(a, b)        check_equal((int64_t)(a), (int64_t)(b), __FILE__, __LINE__, #a " == " #b)
#define CHECK_STR(a, b)       check_text((a), (b), __FILE__, __LINE__, #a " == " #b)
#define CHECK_MEM(a, b, size) check_memory((a), (b), (size), __FILE__, __LINE__, #a " == " #b)
#define CHECK_OK(call, err)   check_status((call), HSN_OK, (err), __FILE__, __LINE__, #call)
#define CHECK_STATUS(call, s) check_status((call), (s), NULL, __FILE__, __LINE__, #call)

/** A row of a test program. */
typedef struct check_case {
    const char *name;
    void (*run)(void);
} check_case;

#define CHECK_CASE(function)                                                                       \
    {                                                                                              \
#function, function                                                                        \
    }

/** Runs every case (or those whose name contains argv[1]); returns main's status. */
int check_main(const check_case *cases, size_t count, int argc, char **argv);

#define CHECK_MAIN(...)                                                                            \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        static const check_case cases[] = {__VA_ARGS__};                                           \
        return check_main(cases, sizeof cases / sizeof *cases, argc, argv);                        \
    }

/** A reproducible generator for random tests: xorshift64*, never 0 state. */
typedef struct check_random {
    uint64_t state;
} check_random;
uint64_t check_random_next(check_random *random);
/** 0 … below-1 */
uint32_t check_random_below(check_random *random, uint32_t below);

#endif
