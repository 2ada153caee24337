// SPDX-License-Identifier: MIT
// Reading a number as it stands on a command line.
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include <stdbool.h>
#include <stdint.h>

/** "500", "10M", "7d 12h", "5%": false when it is not one, or overflows. */
bool parse_count(const char *text, uint64_t *out);
bool parse_bytes(const char *text, uint64_t *out);
bool parse_duration(const char *text, uint64_t *out_seconds);
bool parse_real(const char *text, double *out);

#endif
