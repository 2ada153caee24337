// SPDX-License-Identifier: MIT
// Interned strings in one growing block of bytes, found through a hash table of ids.
#include "store/intern.h"
#include "base/alloc.h"
#include "store/map64.h"

#include <string.h>

// Eight bytes a step, mixed once at the end: labels are short, so the set-up counts, not the loop.
static uint64_t hash(const char *text, size_t length)
{
    uint64_t h = length * UINT64_C(0x9e3779b97f4a7c15);
    while (length >= 8) {
        uint64_t word;
        memcpy(&word, text, 8);
        h = (h ^ word) * UINT64_C(0xff51afd7ed558ccd);
        h ^= h >> 32;
        text += 8;
        length -= 8;
    }
    uint64_t rest = 0;
    memcpy(&rest, text, length);
    return hsn__mix64(h ^ rest);
}

static int grow(hsn__intern *strings)
{
    size_t slots = strings->mask ? (strings->mask + 1) * 2 : 256;
    uint32_t *table = hsn__alloc_zeroed(slots, sizeof *table);
    if (!table)
        return HSN__INTERN_NOMEM;
    for (size_t id = 0; id < strings->count; id++) {
        size_t length;
        const char *text = hsn__intern_get(strings, (uint32_t)id, &length);
        size_t at = hash(text, length) & (slots - 1);
        while (table[at])
            at = (at + 1) & (slots - 1);
        table[at] = (uint32_t)id + 1;
    }
    hsn__free(strings->table);
    strings->table = table;
    strings->mask = slots - 1;
    return HSN__INTERN_OK;
}

int hsn__intern_put(hsn__intern *strings, const char *text, size_t length, uint32_t *out_id)
{
    if (!length)
        text = "";
    if ((!strings->mask || strings->count >= (strings->mask + 1) / 4 * 3) && grow(strings))
        return HSN__INTERN_NOMEM;
    size_t at = hash(text, length) & strings->mask;
    for (; strings->table[at]; at = (at + 1) & strings->mask) {
        size_t known_length;
        const char *known = hsn__intern_get(strings, strings->table[at] - 1, &known_length);
        if (known_length == length && !memcmp(known, text, length)) {
            *out_id = strings->table[at] - 1;
            return HSN__INTERN_OK;
        }
    }
    size_t max = strings->max_bytes ? strings->max_bytes : SIZE_MAX / 2;
    if (strings->count >= UINT32_MAX - 2 || length > max || strings->size > max - length)
        return HSN__INTERN_LIMIT;
    if (!hsn__array_grow(&strings->bytes, &strings->capacity, strings->size + length + 1, 1,
                         SIZE_MAX) ||
        !hsn__array_grow(&strings->starts, &strings->starts_capacity, strings->count + 2,
                         sizeof *strings->starts, SIZE_MAX))
        return HSN__INTERN_NOMEM;
    strings->starts[strings->count] = strings->size;
    memcpy(strings->bytes + strings->size, text, length);
    strings->size += length;
    *out_id = (uint32_t)strings->count++;
    strings->starts[strings->count] = strings->size;
    strings->table[at] = *out_id + 1;
    return HSN__INTERN_OK;
}

void hsn__intern_clear(hsn__intern *strings)
{
    hsn__free(strings->bytes);
    hsn__free(strings->starts);
    hsn__free(strings->table);
    *strings = (hsn__intern){.max_bytes = strings->max_bytes};
}
