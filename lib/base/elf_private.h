// SPDX-License-Identifier: MIT
// What the two halves of the ELF reader share: symbols, and lines.
#ifndef HSN_BASE_ELF_PRIVATE_H
#define HSN_BASE_ELF_PRIVATE_H

#include <stddef.h>

#include "base/elf.h"

/** Bytes of a section; data is NULL when there is none. */
typedef struct hsn__elf_bytes {
    uint8_t *data;
    size_t size;
} hsn__elf_bytes;

typedef struct hsn__elf_symbol {
    uint64_t start, end; // addresses as linked
    uint32_t name;       // in names
    uint32_t rank;       // of names for the same place the lowest is told
} hsn__elf_symbol;

typedef struct hsn__elf_segment {
    uint64_t offset, size, address;
} hsn__elf_segment;

struct hsn__elf {
    int64_t modified_s;
    hsn__elf_bytes names;
    hsn__elf_symbol *symbols; // by start, then rank
    size_t symbol_count;
    hsn__elf_segment *segments;
    size_t segment_count;
};

#endif
