// SPDX-License-Identifier: MIT
// Objects and types as people name them on the command line.
#include "cli/choose.h"

#include <heapsnap/totals.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool choose_parse_address(const char *text, uint64_t *out)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = hex ? text + 2 : text;
    if (!*digits || strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits))
        return false;
    errno = 0;
    *out = strtoull(digits, NULL, hex ? 16 : 10);
    return !errno;
}

int choose_object(struct cli *cli, hsn_heap *heap, const char *argument, uint64_t address,
                  hsn_node_id *out)
{
    hsn_error err = {0};
    int r = hsn_heap_find_address(heap, address, out, &err);
    if (r == HSN_ENOTFOUND)
        return cli_error(cli, argument, "no object at 0x%llx", (unsigned long long)address);
    return r < 0 ? cli_failed(cli, argument, &err) : STATUS_OK;
}

// 3 = the full name, 2 = the name without its module, 1 = the pattern matches, 0 = no.
static int match(const hsn_type *type, const char *pattern)
{
    size_t module = strlen(type->module);
    const char *bare = type->name;
    if (module && !strncmp(bare, type->module, module) && bare[module] == '.')
        bare += module + 1;
    if (!strcmp(type->name, pattern))
        return 3;
    if (!strcmp(bare, pattern))
        return 2;
    return hsn_glob_match(pattern, type->name) || hsn_glob_match(pattern, bare);
}

size_t choose_types(const hsn_heap *heap, const char *pattern, uint8_t *flags)
{
    const hsn_type_list *types = hsn_heap_types(heap);
    int best = 1;
    size_t count = 0;
    for (size_t i = 0; i < types->count; i++) {
        int how = match(&types->rows[i], pattern);
        best = how > best ? how : best;
    }
    for (size_t i = 0; i < types->count; i++)
        if (match(&types->rows[i], pattern) == best) {
            flags[i] = 1;
            count++;
        }
    return count;
}
