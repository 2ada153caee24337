// SPDX-License-Identifier: MIT
// Names of code in ELF files: which function, and which line of the source, a byte of a file is.
#ifndef HSN_BASE_ELF_H
#define HSN_BASE_ELF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fail.h"

/** Largest section that is read; a larger one is as if it were not there. */
#define HSN__ELF_MAX_SECTION ((uint64_t)1 << 28)

typedef struct hsn__elf hsn__elf;

/**
 * The functions and lines of a program or shared object, little-endian, of 32 or 64 bits. Nothing
 * in the file is believed before it is checked; what is damaged is as if it were not there.
 *
 * Owns:   *out is the caller's; hsn__elf_close(). The file is closed when the call returns.
 * Errors: HSN_ENOTFOUND (no such file, or no regular one), HSN_EUNSUPPORTED (no ELF file that is
 *         understood), HSN_EIO, HSN_ENOMEM.
 * Cost:   24 bytes a function and 24 a row of the line table, and the sections of names.
 */
int hsn__elf_open(hsn__elf **out, const char *path, hsn_error *err);

/** Accepts NULL. */
void hsn__elf_close(hsn__elf *elf);

/** When the file was last changed: seconds since 1970. */
int64_t hsn__elf_modified_s(const hsn__elf *elf);

/** The function that byte `offset` of the file belongs to, without its version; NULL = none. */
const char *hsn__elf_function(const hsn__elf *elf, uint64_t offset);

#endif
