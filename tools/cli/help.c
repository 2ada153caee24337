// SPDX-License-Identifier: MIT
// --help, and the short answer to a command line without operands.
#include "cli/private.h"

#include <string.h>

#define WIDTH       79
#define HELP_COLUMN 26

// Words of `text` from `column` on, wrapped and indented.
static void wrap(FILE *to, const char *text, int column, int indent)
{
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column > indent && column + 1 + length > WIDTH) {
            fprintf(to, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', to);
            column++;
        }
        fwrite(text, 1, (size_t)length, to);
        column += length;
        text += length;
        text += strspn(text, " ");
    }
    fputc('\n', to);
}

static void option_line(FILE *to, const struct opt *row)
{
    char spelling[128], help[512];
    size_t used;
    opt_spelling(row, spelling, sizeof spelling);
    int column = fprintf(to, row->letter ? "  %s" : "      %s", spelling);
    fprintf(to, column + 2 > HELP_COLUMN ? "\n%*s" : "%*s",
            column + 2 > HELP_COLUMN ? HELP_COLUMN : HELP_COLUMN - column, "");
    used = (size_t)snprintf(help, sizeof help, "%s", row->help);
    for (int i = 0; row->type == OPT_CHOICE && row->choices[i] && used < sizeof help; i++)
        used += (size_t)snprintf(help + used, sizeof help - used, "%s%s", i ? ", " : ": ",
                                 row->choices[i]);
    wrap(to, help, HELP_COLUMN, HELP_COLUMN);
}

static void examples(FILE *to, const char *lines, int most)
{
    while (*lines && most-- > 0) {
        size_t length = strcspn(lines, "\n");
        fprintf(to, "  %.*s\n", (int)length, lines);
        lines += length + (lines[length] == '\n');
    }
}

void cli_print_help(const struct cli_private *private, FILE *to)
{
    fprintf(to, "%s -", tool.name);
    wrap(to, tool.summary, (int)strlen(tool.name) + 2, 0);
    fprintf(to, "\nUsage: %s [OPTION]...%s%s\n\nExamples:\n", tool.name, tool.args ? " " : "",
            tool.args ? tool.args : "");
    examples(to, tool.examples, 99);
    for (const struct opt *row = private->rows; row->type; row++) {
        if (row->type == OPT_GROUP)
            fprintf(to, "\n%s:\n", row->name);
        else if (!row->hidden)
            option_line(to, row);
    }
    fputs("\nExit status:\n  0  success\n", to);
    if (tool.exit_notes)
        fprintf(to, "  1  %s\n", tool.exit_notes);
    fputs("  2  trouble: usage, an unreadable file, a bad dump\n", to);
    fputs("  3  some input was damaged; the results cover the rest\n", to);
    fprintf(to, "\nSee %s(1).\n", tool.name);
}

int cli_missing_arguments(void)
{
    fprintf(stderr, "%s: %s\n\nUsage: %s [OPTION]... %s\n\n", tool.name, tool.summary, tool.name,
            tool.args);
    examples(stderr, tool.examples, 2);
    fprintf(stderr, "\nTry '%s --help' for more information.\n", tool.name);
    return STATUS_TROUBLE;
}
