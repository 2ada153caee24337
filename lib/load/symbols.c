// SPDX-License-Identifier: MIT
// Names of frames from the programs and libraries of this machine that a dump's mappings name.
//
// A file that was changed after the dump was written is another version of it: its names would be
// wrong, so it is not used, and a warning says so.
#include "load/symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/elf.h"

enum { MAX_FILES = 4096 };

struct hsn__symbol_file {
    hsn_text path;
    hsn__elf *elf;   // NULL = not used
    const char *why; // said in a warning; NULL = nothing to say
};

void hsn__symbols_clear(hsn__symbols *symbols)
{
    for (size_t i = 0; i < symbols->file_count; i++)
        hsn__elf_close(symbols->files[i].elf);
    hsn__free(symbols->files);
    hsn__arena_clear(&symbols->arena);
    *symbols = (hsn__symbols){0};
}

static bool is_equal(hsn_text a, hsn_text b)
{
    return a.length == b.length && !memcmp(a.data, b.data, a.length);
}

// Ordinary paths only: what a system shows as files is none of them.
static bool is_usable(hsn_text path)
{
    static const char *const others[] = {"/proc/", "/sys/", "/dev/"};
    if (path.length < 2 || path.length >= 4096 || path.data[0] != '/' ||
        memchr(path.data, 0, path.length))
        return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (path.length > strlen(others[i]) && !memcmp(path.data, others[i], strlen(others[i])))
            return false;
    return true;
}

static int open_file(const hsn__symbols *symbols, struct hsn__symbol_file *file, hsn_error *err)
{
    hsn_error cause = {0};
    if (!is_usable(file->path))
        return HSN_OK;
    int r = hsn__elf_open(&file->elf, file->path.data, &cause);
    if (r == HSN_ENOMEM)
        return hsn__fail_memory(err);
    if (r < 0) {
        file->why = r == HSN_ENOTFOUND ? NULL : "cannot be read: its addresses stay without names";
        return HSN_OK;
    }
    if (symbols->dump_modified_s && hsn__elf_modified_s(file->elf) > symbols->dump_modified_s) {
        hsn__elf_close(file->elf);
        file->elf = NULL;
        file->why = "changed after the dump was written: its addresses stay without names";
    }
    return HSN_OK;
}

// The file of that path; NULL when there are too many.
static int find_file(hsn__symbols *symbols, hsn_text path, struct hsn__symbol_file **out,
                     hsn_error *err)
{
    *out = NULL;
    for (size_t i = 0; i < symbols->file_count; i++) {
        size_t at = (symbols->last + i) % symbols->file_count;
        if (is_equal(symbols->files[at].path, path)) {
            symbols->last = at;
            *out = &symbols->files[at];
            return HSN_OK;
        }
    }
    if (symbols->file_count == MAX_FILES)
        return HSN_OK;
    struct hsn__symbol_file file = {
        .path = {hsn__arena_copy(&symbols->arena, path.data, path.length), path.length}};
    if (!file.path.data || !hsn__array_grow(&symbols->files, &symbols->file_capacity,
                                            symbols->file_count + 1, sizeof file, MAX_FILES))
        return hsn__fail_memory(err);
    int r = open_file(symbols, &file, err);
    if (r < 0)
        return r;
    symbols->last = symbols->file_count++;
    symbols->files[symbols->last] = file;
    *out = &symbols->files[symbols->last];
    return HSN_OK;
}

// `0x1173`
static bool take_offset(hsn_text text, uint64_t *out)
{
    *out = 0;
    if (text.length < 3 || text.length > 18 || memcmp(text.data, "0x", 2) != 0)
        return false;
    for (size_t i = 2; i < text.length; i++) {
        const char *digit = memchr("0123456789abcdef", text.data[i], 16);
        if (!digit)
            return false;
        *out = *out << 4 | (uint64_t)(digit - "0123456789abcdef");
    }
    return true;
}

int hsn__symbols_name(void *context, const hsn_sink_frame *frame, hsn_sink_frame *out,
                      hsn_error *err)
{
    hsn__symbols *symbols = context;
    struct hsn__symbol_file *file = NULL;
    uint64_t offset;
    *out = *frame;
    if (!frame->file.length || !take_offset(frame->function, &offset))
        return HSN_OK;
    int r = find_file(symbols, frame->file, &file, err);
    const char *function = file && file->elf ? hsn__elf_function(file->elf, offset) : NULL;
    if (function)
        out->function = hsn__text(function);
    symbols->named += function != NULL;
    symbols->unnamed += !function;
    return r;
}

int hsn__symbols_tell(const hsn__symbols *symbols, const hsn_sink *sink, hsn_error *err)
{
    char text[512];
    int r = HSN_OK;
    for (size_t i = 0; r == HSN_OK && i < symbols->file_count; i++) {
        const struct hsn__symbol_file *file = &symbols->files[i];
        snprintf(text, sizeof text, "%.400s: %s", file->path.data, file->why ? file->why : "");
        if (file->why)
            r = sink->ops->warn(sink->context, HSN_NO_OFFSET, hsn__text(text), err);
    }
    if (r == HSN_OK && (symbols->named || symbols->unnamed)) {
        snprintf(text, sizeof text, "%" PRIu64 " of %" PRIu64, symbols->named,
                 symbols->named + symbols->unnamed);
        r = sink->ops->fact(sink->context, hsn__text("symbols.named"), hsn__text(text), err);
    }
    return r;
}
