// SPDX-License-Identifier: MIT
// Writing gzip: bytes in, compressed bytes to a callback.
#ifndef HSN_BASE_GZIP_H
#define HSN_BASE_GZIP_H

#include <stddef.h>

#include "base/fail.h"

typedef struct hsn__gzip hsn__gzip;

/**
 * Begin a member without name and time, so that equal input gives equal bytes. `write` gets the
 * compressed bytes and returns 0, or anything else to stop.
 *
 * Owns:   free *out with hsn__gzip_free(). Errors: HSN_ENOMEM.
 */
int hsn__gzip_new(hsn__gzip **out, int (*write)(void *context, const void *data, size_t size),
                  void *context, hsn_error *err);

/** Errors: HSN_EIO (`write` stopped). */
int hsn__gzip_put(hsn__gzip *gzip, const void *data, size_t size, hsn_error *err);

/** Flush and end the member. Errors: HSN_EIO. */
int hsn__gzip_finish(hsn__gzip *gzip, hsn_error *err);

/** Accepts NULL. */
void hsn__gzip_free(hsn__gzip *gzip);

#endif
