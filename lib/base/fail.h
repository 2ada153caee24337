// SPDX-License-Identifier: MIT
// Filling an hsn_error: the one way in which library code reports a failure.
#ifndef HSN_BASE_FAIL_H
#define HSN_BASE_FAIL_H

#include "heapsnap/status.h"

#if defined(__GNUC__)
#define HSN__PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define HSN__PRINTF(text, first)
#endif

/**
 * Record a failure in *err, unless err is NULL or already holds one, and return `code`.
 * `source` (a path, a section; may be NULL) is shortened from its front when it is long.
 */
int hsn__fail(hsn_error *err, int code, const char *source, const char *format, ...)
    HSN__PRINTF(4, 5);

/** The same with the byte offset at which the input was found wrong. */
int hsn__fail_at(hsn_error *err, int code, const char *source, uint64_t offset, const char *format,
                 ...) HSN__PRINTF(5, 6);

/** HSN_EIO with the system's own words: "<what>: No space left on device". Keeps errno. */
int hsn__fail_errno(hsn_error *err, const char *source, const char *what);

/** HSN_ENOMEM. */
int hsn__fail_memory(hsn_error *err);

/** HSN_ELIMIT: "<what>: more than <limit>". */
int hsn__fail_limit(hsn_error *err, const char *what, uint64_t limit);

#endif
