// SPDX-License-Identifier: MIT
// Memory that lives until the tool exits.
#include "cli/private.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void *cli_alloc(struct cli *cli, size_t count, size_t size)
{
    struct cli_block *block = NULL;
    if (!size || count <= (SIZE_MAX - sizeof *block) / size)
        block = calloc(1, sizeof *block + count * size);
    if (!block)
        exit(cli_error(cli, NULL, "out of memory"));
    block->next = cli->private->blocks;
    cli->private->blocks = block;
    return block->data;
}

char *cli_format(struct cli *cli, const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0)
        exit(cli_error(cli, NULL, "out of memory"));
    char *kept = cli_alloc(cli, (size_t)length + 1, 1);
    memcpy(kept, text, (size_t)length);
    free(text);
    return kept;
}

const char *cli_bytes(struct cli *cli, uint64_t size_bytes)
{
    char text[HSN_BYTES_TEXT_SIZE];
    hsn_bytes_text(size_bytes, text);
    return cli->exact_bytes ? cli_format(cli, "%llu", (unsigned long long)size_bytes)
                            : cli_format(cli, "%s", text);
}

void cli_clear(struct cli_private *private)
{
    for (struct cli_opened *opened = private->opened; opened; opened = opened->next) {
        hsn_snapshot_list_free(&opened->list);
        hsn_store_close(opened->store);
    }
    free(private->infos);
    while (private->blocks) {
        struct cli_block *block = private->blocks;
        private->blocks = block->next;
        free(block);
    }
}
