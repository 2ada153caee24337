// SPDX-License-Identifier: MIT
// Outcomes and errors: every call that can fail returns an hsn_status and fills an hsn_error.
#ifndef HEAPSNAP_STATUS_H
#define HEAPSNAP_STATUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HSN_API __attribute__((visibility("default")))
#else
#define HSN_API
#endif

/**
 * The list of outcomes: X(NAME, VALUE, "text").
 *
 * Positive values are outcomes, negative ones are failures, so that `if (r < 0)` is always the
 * right test for "it did not work".
 */
#define HSN_STATUS_LIST(X)                                                                         \
    X(OK, 0, "success")                                                                            \
    X(DONE, 1, "no more rows")                                                                     \
    X(PARTIAL, 2, "the input was damaged; what could be read is valid")                            \
    X(ENOMEM, -1, "out of memory")                                                                 \
    X(EIO, -2, "input or output failed")                                                           \
    X(EFORMAT, -3, "malformed input")                                                              \
    X(EUNSUPPORTED, -4, "not supported")                                                           \
    X(ENOTFOUND, -5, "not found")                                                                  \
    X(ELIMIT, -6, "a limit was exceeded")                                                          \
    X(ESTORE, -7, "the store failed")                                                              \
    X(EINVAL, -8, "invalid argument")                                                              \
    X(ECANCELED, -9, "canceled")

enum hsn_status {
#define HSN_STATUS_ROW(name, value, text) HSN_##name = value,
    HSN_STATUS_LIST(HSN_STATUS_ROW)
#undef HSN_STATUS_ROW
};

/** No byte offset applies. */
#define HSN_NO_OFFSET UINT64_MAX

/**
 * What went wrong. The caller owns it, starts it with `{0}` and may pass NULL instead.
 *
 * Untouched on success; the first failure wins. It allocates nothing, so that running out of
 * memory can be reported.
 */
typedef struct hsn_error {
    int code;          /**< negative hsn_status; 0 while unset */
    int os_errno;      /**< errno at the failure; 0 if the system was not involved */
    uint64_t offset;   /**< bytes into `source`; HSN_NO_OFFSET if not applicable */
    char source[128];  /**< file or section, shortened with "..."; may be empty */
    char message[256]; /**< one line, no final full stop or newline */
} hsn_error;

/** The name of a status, "ENOTFOUND"; "UNKNOWN" for a value outside the list. Static. */
HSN_API const char *hsn_status_name(int status);

/** What a status means, in lower case, one line. Static. */
HSN_API const char *hsn_status_text(int status);

/** The library's version, "0.1.0". Static. */
HSN_API const char *hsn_version(void);

/**
 * A long call asks `tick` now and then. Return 0 to go on, anything else to stop, upon which the
 * call returns HSN_ECANCELED. `total` is 0 while unknown. `phase` is a word or two, static.
 */
typedef struct hsn_progress {
    int (*tick)(void *context, const char *phase, uint64_t done, uint64_t total);
    void *context;
} hsn_progress;

#ifdef __cplusplus
}
#endif

#endif
