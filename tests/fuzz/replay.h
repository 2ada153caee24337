// SPDX-License-Identifier: MIT
// Runs a fuzz target over files, for compilers without libFuzzer and for every normal test run.
#ifndef TESTS_FUZZ_REPLAY_H
#define TESTS_FUZZ_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** The target; libFuzzer's name for it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Exactly `size` bytes and then the end of the file; anything else is false. */
bool replay_read(FILE *file, uint8_t *data, size_t size);

/** Run the target on a file, or on every file of a folder in order of names; gives how many ran, -1
 * on trouble. */
int replay_path(const char *path);

#endif
