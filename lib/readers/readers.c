// SPDX-License-Identifier: MIT
// The table of readers, generated from the list in lib/readers/meson.build.
#include "readers/reader.h"

#include <string.h>

#define ROW(name) extern const hsn_reader hsn__reader_##name;
#include "readers_rows.h"
#undef ROW

const hsn_reader *const hsn__readers[] = {
#define ROW(name) &hsn__reader_##name,
#include "readers_rows.h"
#undef ROW
    NULL,
};

const hsn_reader *hsn__reader_find(const char *name)
{
    for (const hsn_reader *const *reader = hsn__readers; *reader; reader++)
        if (!strcmp((*reader)->name, name))
            return *reader;
    return NULL;
}

const hsn_reader *hsn__reader_probe(const uint8_t *head, size_t size)
{
    const hsn_reader *best = NULL;
    int best_score = 0;
    for (const hsn_reader *const *reader = hsn__readers; *reader; reader++) {
        int score = (*reader)->probe(head, size);
        if (score > best_score) {
            best_score = score;
            best = *reader;
        }
    }
    return best;
}
