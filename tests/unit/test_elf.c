// SPDX-License-Identifier: MIT
// ELF files: this very program by its own mappings, and copies of it with damage.
#include "base/elf.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "check.h"

static const char path[] = "test_elf.tmp";

// Named by the tests.
__attribute__((noinline)) static int square(int number)
{
    return number * number;
}

// Which byte of which file an address of this process is.
static bool offset_of(uintptr_t address, uint64_t *out)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    bool found = false;
    while (maps && !found && fgets(line, sizeof line, maps)) {
        uint64_t start, end, offset, at = address;
        found = sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &start, &end, &offset) == 3 &&
                at >= start && at < end;
        if (found)
            *out = at - start + offset;
    }
    if (maps)
        fclose(maps);
    return found;
}

static void test_elf_names_the_function_of_a_byte_of_the_file(void)
{
    hsn__elf *elf = NULL;
    hsn_error err = {0};
    uint64_t offset = 0;
    const char *name = NULL;
    if (!CHECK_OK(hsn__elf_open(&elf, "/proc/self/exe", &err), &err))
        return;
    CHECK_EQ(square(3), 9);
    if (CHECK(offset_of((uintptr_t)square, &offset))) {
        name = hsn__elf_function(elf, offset);
        CHECK_STR(name ? name : "(none)", "square");
        name = hsn__elf_function(elf, offset + 1);
        CHECK_STR(name ? name : "(none)", "square");
    }
    CHECK(hsn__elf_modified_s(elf) > 0);
    CHECK(hsn__elf_function(elf, 0) == NULL);
    CHECK(hsn__elf_function(elf, UINT64_MAX) == NULL);
    hsn__elf_close(elf);
}

static void test_elf_refuses_what_is_none(void)
{
    hsn__elf *elf;
    CHECK_STATUS(hsn__elf_open(&elf, "nowhere/at.all", NULL), HSN_ENOTFOUND);
    CHECK_STATUS(hsn__elf_open(&elf, ".", NULL), HSN_ENOTFOUND);
    CHECK_STATUS(hsn__elf_open(&elf, "/dev/null", NULL), HSN_ENOTFOUND);
    CHECK_STATUS(hsn__elf_open(&elf, __FILE__, NULL),
                 access(__FILE__, R_OK) ? HSN_ENOTFOUND : HSN_EUNSUPPORTED);
    CHECK(elf == NULL);
}

static void test_elf_every_failed_allocation_leaves_nothing(void)
{
    for (uint64_t nth = 1; nth < 100; nth++) {
        hsn__elf *elf = NULL;
        hsn__alloc_fail_at(nth, false);
        int r = hsn__elf_open(&elf, "/proc/self/exe", NULL);
        hsn__alloc_fail_at(0, false);
        hsn__elf_close(elf);
        if (r == HSN_OK)
            return;
        CHECK_STATUS(r, HSN_ENOMEM);
        CHECK(elf == NULL);
    }
    CHECK(false);
}

static size_t read_own(uint8_t **out)
{
    FILE *file = fopen("/proc/self/exe", "rb");
    size_t size = 0;
    *out = malloc(1 << 26);
    if (file && *out)
        size = fread(*out, 1, 1 << 26, file);
    if (file)
        fclose(file);
    return size;
}

static void write_copy(const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(bytes, 1, size, file) == size);
    if (file)
        fclose(file);
}

// Whatever it says now: a name, or none.
static void ask(check_random *random, size_t size)
{
    hsn__elf *elf;
    if (hsn__elf_open(&elf, path, NULL) < 0)
        return;
    for (unsigned i = 0; i < 50; i++) {
        const char *name = hsn__elf_function(elf, check_random_next(random) % (size + 1));
        CHECK(!name || strlen(name) < size);
    }
    hsn__elf_close(elf);
}

static void test_elf_damage_is_survived(void)
{
    uint8_t *bytes;
    size_t size = read_own(&bytes);
    check_random random = {7};
    if (!CHECK(size > 4096))
        return;
    uint64_t tables[2]; // program headers, section headers
    memcpy(&tables[0], bytes + 32, 8);
    memcpy(&tables[1], bytes + 40, 8);
    write_copy(bytes, size);
    for (unsigned i = 0; i < 1500; i++) {
        uint64_t base = i % 3 ? tables[i % 3 - 1] : 0;
        uint64_t at = base + check_random_below(&random, i % 3 == 2 ? 2600 : i % 3 ? 800 : 64);
        uint8_t wild = (uint8_t)(i % 2 ? check_random_next(&random) : 0xff);
        if (at >= size)
            continue;
        FILE *file = fopen(path, "r+b");
        if (!CHECK(file))
            break;
        fseek(file, (long)at, SEEK_SET);
        fputc(wild, file);
        fflush(file);
        ask(&random, size);
        fseek(file, (long)at, SEEK_SET);
        fputc(bytes[at], file);
        fclose(file);
    }
    for (size_t end = size; end > 0; end = end / 10 * 9) {
        CHECK(truncate(path, (off_t)end) == 0);
        ask(&random, size);
    }
    unlink(path);
    free(bytes);
}

CHECK_MAIN(CHECK_CASE(test_elf_names_the_function_of_a_byte_of_the_file),
           CHECK_CASE(test_elf_refuses_what_is_none),
           CHECK_CASE(test_elf_every_failed_allocation_leaves_nothing),
           CHECK_CASE(test_elf_damage_is_survived))
