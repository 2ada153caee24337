// SPDX-License-Identifier: MIT
// ELF files: segments, and the functions of .symtab, or of .dynsym where that is stripped.
//
// Everything is read with pread() into memory of its own, so a file that shrinks meanwhile is a
// short read and no signal. Only functions with a size are kept: a byte outside of all of them has
// no name, rather than the name of what stands before it.
//
// Source: System V Application Binary Interface, chapters 4 and 5; elf(5).
#include "base/elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/elf_private.h"

#define MAX_HEADERS 65536

// A file while it is read.
struct reading {
    int fd;
    uint64_t size;
    bool wide; // 64 bits
};

// A section header, of either class.
struct section {
    uint64_t offset, size, entry_size;
    uint32_t type, link;
};

static uint64_t number(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

// A field of a structure that has the same members in both classes.
#define FIELD(reading, bytes, type, member)                                                        \
    ((reading)->wide                                                                               \
         ? number((bytes) + offsetof(Elf64_##type, member), sizeof((Elf64_##type *)0)->member)     \
         : number((bytes) + offsetof(Elf32_##type, member), sizeof((Elf32_##type *)0)->member))
#define SIZE(reading, type) ((reading)->wide ? sizeof(Elf64_##type) : sizeof(Elf32_##type))

static bool read_at(const struct reading *reading, uint64_t offset, void *out, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(reading->fd, (char *)out + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

// Part of the file. No memory is the only failure; what cannot be read is empty.
static int read_part(const struct reading *reading, uint64_t offset, uint64_t size,
                     hsn__elf_bytes *out, hsn_error *err)
{
    *out = (hsn__elf_bytes){0};
    if (!size || size > HSN__ELF_MAX_SECTION || offset > reading->size ||
        size > reading->size - offset)
        return HSN_OK;
    out->data = hsn__alloc(size);
    if (!out->data)
        return hsn__fail_memory(err);
    out->size = size;
    if (!read_at(reading, offset, out->data, size)) {
        hsn__free(out->data);
        *out = (hsn__elf_bytes){0};
    }
    return HSN_OK;
}

// A table of headers of `entry` bytes each.
static int read_headers(const struct reading *reading, uint64_t offset, uint64_t count,
                        uint64_t entry, hsn__elf_bytes *out, hsn_error *err)
{
    *out = (hsn__elf_bytes){0};
    return count <= MAX_HEADERS ? read_part(reading, offset, count * entry, out, err) : HSN_OK;
}

static int read_segments(const struct reading *reading, const uint8_t *header, hsn__elf *elf,
                         hsn_error *err)
{
    hsn__elf_bytes table;
    size_t entry = SIZE(reading, Phdr);
    if (FIELD(reading, header, Ehdr, e_phentsize) != entry)
        return HSN_OK;
    int r = read_headers(reading, FIELD(reading, header, Ehdr, e_phoff),
                         FIELD(reading, header, Ehdr, e_phnum), entry, &table, err);
    if (r < 0)
        return r;
    elf->segments = hsn__alloc_zeroed(table.size / entry + 1, sizeof *elf->segments);
    if (!elf->segments)
        r = hsn__fail_memory(err);
    for (size_t at = 0; r == HSN_OK && at < table.size; at += entry) {
        const uint8_t *bytes = table.data + at;
        if (FIELD(reading, bytes, Phdr, p_type) == PT_LOAD &&
            FIELD(reading, bytes, Phdr, p_flags) & PF_X)
            elf->segments[elf->segment_count++] = (hsn__elf_segment){
                FIELD(reading, bytes, Phdr, p_offset), FIELD(reading, bytes, Phdr, p_filesz),
                FIELD(reading, bytes, Phdr, p_vaddr)};
    }
    hsn__free(table.data);
    return r;
}

static struct section section_at(const struct reading *reading, const hsn__elf_bytes *table,
                                 size_t index)
{
    size_t entry = SIZE(reading, Shdr);
    if (index >= table->size / entry)
        return (struct section){0};
    const uint8_t *bytes = table->data + index * entry;
    return (struct section){
        .offset = FIELD(reading, bytes, Shdr, sh_offset),
        .size = FIELD(reading, bytes, Shdr, sh_size),
        .entry_size = FIELD(reading, bytes, Shdr, sh_entsize),
        .type = (uint32_t)FIELD(reading, bytes, Shdr, sh_type),
        .link = (uint32_t)FIELD(reading, bytes, Shdr, sh_link),
    };
}

// Several names stand for one place: `malloc` before `__libc_malloc`, a global one before a local.
static uint32_t rank_of(unsigned binding, const char *name)
{
    uint32_t rank = binding == STB_GLOBAL ? 0 : binding == STB_WEAK ? 1 : 2;
    size_t lines = strspn(name, "_");
    return rank << 8 | (uint32_t)(lines < 255 ? lines : 255);
}

static int by_place(const void *a, const void *b)
{
    const hsn__elf_symbol *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name;
}

// The symbols of a table; names must end with a NUL.
static void take_symbols(const struct reading *reading, const hsn__elf_bytes *table, hsn__elf *elf)
{
    size_t entry = SIZE(reading, Sym);
    for (size_t at = 0; at + entry <= table->size; at += entry) {
        const uint8_t *bytes = table->data + at;
        unsigned info = (unsigned)FIELD(reading, bytes, Sym, st_info), type = info & 15;
        uint64_t start = FIELD(reading, bytes, Sym, st_value);
        uint64_t size = FIELD(reading, bytes, Sym, st_size);
        uint64_t name = FIELD(reading, bytes, Sym, st_name);
        if ((type != STT_FUNC && type != STT_GNU_IFUNC) || !size || size > UINT64_MAX - start ||
            FIELD(reading, bytes, Sym, st_shndx) == SHN_UNDEF || name >= elf->names.size ||
            !elf->names.data[name])
            continue;
        elf->symbols[elf->symbol_count++] =
            (hsn__elf_symbol){start, start + size, (uint32_t)name,
                              rank_of(info >> 4, (const char *)elf->names.data + name)};
    }
    qsort(elf->symbols, elf->symbol_count, sizeof *elf->symbols, by_place);
}

static void cut_versions(hsn__elf_bytes *names)
{
    for (uint8_t *at = names->data;
         (at = memchr(at, '@', names->size - (size_t)(at - names->data)));)
        *at = 0;
    names->data[names->size - 1] = 0;
}

static int read_symbols(const struct reading *reading, const hsn__elf_bytes *sections,
                        hsn__elf *elf, hsn_error *err)
{
    struct section found = {0};
    hsn__elf_bytes table = {0};
    for (size_t i = 0; i < sections->size / SIZE(reading, Shdr); i++) {
        struct section section = section_at(reading, sections, i);
        if (section.entry_size == SIZE(reading, Sym) &&
            (section.type == SHT_SYMTAB || (section.type == SHT_DYNSYM && !found.type)))
            found = section;
    }
    struct section names = section_at(reading, sections, found.link);
    if (!found.type || names.type != SHT_STRTAB)
        return HSN_OK;
    int r = read_part(reading, found.offset, found.size, &table, err);
    if (r == HSN_OK)
        r = read_part(reading, names.offset, names.size, &elf->names, err);
    if (r == HSN_OK && table.size && elf->names.size) {
        cut_versions(&elf->names);
        elf->symbols = hsn__alloc_array(table.size / SIZE(reading, Sym) + 1, sizeof *elf->symbols);
        if (elf->symbols)
            take_symbols(reading, &table, elf);
        else
            r = hsn__fail_memory(err);
    }
    hsn__free(table.data);
    return r;
}

static bool is_understood(struct reading *reading, const uint8_t *header)
{
    reading->wide = header[EI_CLASS] == ELFCLASS64;
    return !memcmp(header, ELFMAG, SELFMAG) && header[EI_DATA] == ELFDATA2LSB &&
           (reading->wide || header[EI_CLASS] == ELFCLASS32);
}

static int read_file(struct reading *reading, const char *path, hsn__elf *elf, hsn_error *err)
{
    uint8_t header[sizeof(Elf64_Ehdr)] = {0};
    hsn__elf_bytes sections = {0};
    if (reading->size < sizeof header || !read_at(reading, 0, header, sizeof header) ||
        !is_understood(reading, header))
        return hsn__fail(err, HSN_EUNSUPPORTED, path, "no ELF file of a known kind");
    int r = read_segments(reading, header, elf, err);
    if (r == HSN_OK && FIELD(reading, header, Ehdr, e_shentsize) == SIZE(reading, Shdr))
        r = read_headers(reading, FIELD(reading, header, Ehdr, e_shoff),
                         FIELD(reading, header, Ehdr, e_shnum), SIZE(reading, Shdr), &sections,
                         err);
    if (r == HSN_OK)
        r = read_symbols(reading, &sections, elf, err);
    hsn__free(sections.data);
    return r;
}

int hsn__elf_open(hsn__elf **out, const char *path, hsn_error *err)
{
    struct stat status;
    int r = HSN_OK;
    *out = NULL;
    // Not blocking: the name may be a pipe's, until it is known what it is.
    struct reading reading = {.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (reading.fd < 0 || fstat(reading.fd, &status))
        r = errno == ENOENT || errno == ENOTDIR
                ? hsn__fail(err, HSN_ENOTFOUND, path, "no such file")
                : hsn__fail_errno(err, path, "cannot open");
    else if (!S_ISREG(status.st_mode))
        r = hsn__fail(err, HSN_ENOTFOUND, path, "no regular file");
    if (r == HSN_OK) {
        reading.size = (uint64_t)status.st_size;
        *out = hsn__alloc_zeroed(1, sizeof **out);
        r = *out ? HSN_OK : hsn__fail_memory(err);
    }
    if (r == HSN_OK) {
        (*out)->modified_s = status.st_mtime;
        r = read_file(&reading, path, *out, err);
    }
    if (reading.fd >= 0)
        close(reading.fd);
    if (r < 0) {
        hsn__elf_close(*out);
        *out = NULL;
    }
    return r;
}

void hsn__elf_close(hsn__elf *elf)
{
    if (!elf)
        return;
    hsn__free(elf->names.data);
    hsn__free(elf->symbols);
    hsn__free(elf->segments);
    hsn__free(elf);
}

int64_t hsn__elf_modified_s(const hsn__elf *elf)
{
    return elf->modified_s;
}

// Where a byte of the file was linked to be; false when it is no code.
static bool address_of(const hsn__elf *elf, uint64_t offset, uint64_t *out)
{
    for (size_t i = 0; i < elf->segment_count; i++) {
        const hsn__elf_segment *segment = &elf->segments[i];
        if (offset >= segment->offset && offset - segment->offset < segment->size) {
            *out = offset - segment->offset + segment->address;
            return true;
        }
    }
    return false;
}

const char *hsn__elf_function(const hsn__elf *elf, uint64_t offset)
{
    uint64_t address;
    size_t low = 0, high = elf->symbol_count;
    if (!address_of(elf, offset, &address))
        return NULL;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (elf->symbols[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    // Names of one place stand in order of rank; functions within others are rare.
    const hsn__elf_symbol *best = NULL;
    for (size_t i = low, near = 64; i-- && near--;) {
        const hsn__elf_symbol *symbol = &elf->symbols[i];
        if (best && symbol->start != best->start)
            break;
        if (address < symbol->end)
            best = symbol;
    }
    return best ? (const char *)elf->names.data + best->name : NULL;
}
