// SPDX-License-Identifier: MIT
// Globs over texts of known length; hsn_glob_match() in totals.h says what they mean.
#ifndef HSN_ANALYSIS_GLOB_H
#define HSN_ANALYSIS_GLOB_H

#include <stdbool.h>
#include <stddef.h>

bool hsn__glob_match(const char *pattern, size_t pattern_bytes, const char *text,
                     size_t text_bytes);

#endif
