// SPDX-License-Identifier: MIT
// Walking through a JSON document of a known shape: arrays and objects by callbacks, scalars by
// calls. Every call gives HSN_OK or a failure with its place in *err.
#ifndef HSN_READERS_JSON_WALK_H
#define HSN_READERS_JSON_WALK_H

#include "json_document.h"

/** Reads one element whole. */
typedef int hsn__json_element_call(void *context, hsn_error *err);

/** Reads or skips the value of the member `name` (cut at 40 bytes). */
typedef int hsn__json_member_call(void *context, const char *name, hsn_error *err);

/** Why the last call of the scanner failed: memory, input, or what is wrong in the document. */
int hsn__json_damaged(hsn__json *json, hsn_error *err);

int hsn__json_walk_array(hsn__json *json, hsn__json_element_call *read, void *context,
                         hsn_error *err);
int hsn__json_walk_object(hsn__json *json, hsn__json_member_call *read, void *context,
                          hsn_error *err);

/** Any value. */
int hsn__json_walk_skip(hsn__json *json, hsn_error *err);

/** A number; any other scalar gives 0. */
int hsn__json_walk_real(hsn__json *json, double *out, hsn_error *err);

/** An index; UINT32_MAX when it is larger. */
int hsn__json_walk_index(hsn__json *json, uint32_t *out, hsn_error *err);

/** A text or the characters of another scalar, cut to `size` with its NUL; arrays and objects are
 * skipped and leave `out`. */
int hsn__json_walk_text(hsn__json *json, char *out, size_t size, hsn_error *err);

#endif
