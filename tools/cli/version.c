// SPDX-License-Identifier: MIT
// --version: the first line for scripts, the rest for bug reports.
#include "cli/private.h"

#include <heapsnap/components.h>

void cli_print_version(const struct cli_private *private, FILE *to)
{
    hsn_component component;
    hsn_format format;
    fprintf(to, "%s (heapsnap) %s\n", private->cli.tool->name, HSN_VERSION);
    for (size_t i = 0; hsn_component_get(i, &component) == HSN_OK; i++)
        fprintf(to, "%s %s\n", component.name, component.version);
    fputs("formats:", to);
    for (size_t i = 0; hsn_format_get(i, &format) == HSN_OK; i++)
        fprintf(to, " %s", format.name);
    fputc('\n', to);
}
