// SPDX-License-Identifier: MIT
// Interned strings: equal bytes, equal id, dense from 0.
#ifndef HSN_STORE_INTERN_H
#define HSN_STORE_INTERN_H

#include <stddef.h>
#include <stdint.h>

/** Start with `{.max_bytes = …}`. Bytes lie one after another; string i is starts[i] … starts[i+1].
 */
typedef struct hsn__intern {
    char *bytes;
    size_t size;
    size_t capacity;
    uint64_t *starts; /**< count + 1 elements once count > 0 */
    size_t count;
    size_t starts_capacity;
    uint32_t *table; /**< id + 1; 0 = free */
    size_t mask;
    size_t max_bytes; /**< 0 = no limit but memory */
} hsn__intern;

enum { HSN__INTERN_OK, HSN__INTERN_NOMEM, HSN__INTERN_LIMIT };

/** O(length) expected. */
int hsn__intern_put(hsn__intern *strings, const char *text, size_t length, uint32_t *out_id);

/** The text of an id, not NUL-terminated; lives until the next put. */
static inline const char *hsn__intern_get(const hsn__intern *strings, uint32_t id,
                                          size_t *out_length)
{
    *out_length = (size_t)(strings->starts[id + 1] - strings->starts[id]);
    return strings->bytes + strings->starts[id];
}

void hsn__intern_clear(hsn__intern *strings);

#endif
