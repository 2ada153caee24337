// SPDX-License-Identifier: MIT
// The man page: everything from the rows but DESCRIPTION, which docs/man/TOOL.md holds.
#include "cli/private.h"

#include <ctype.h>
#include <string.h>

// The character at `text`, of valid UTF-8 or of one byte; returns its bytes.
static size_t character(const char *text, size_t size, unsigned *out)
{
    unsigned char first = (unsigned char)*text;
    size_t length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    *out = length == 1 ? first : first & (0x7fu >> length);
    for (size_t i = 1; i < length && i < size; i++)
        *out = *out << 6 | ((unsigned char)text[i] & 0x3fu);
    return length < size ? length : size;
}

// `\` and `-` mean something to roff; so do `.` and `'` at the start of a line. Backquotes set
// bold.
static void roff(FILE *to, const char *text, size_t size)
{
    bool bold = false;
    if (size && (*text == '.' || *text == '\''))
        fputs("\\&", to);
    for (size_t i = 0; i < size;) {
        unsigned c;
        i += character(text + i, size - i, &c);
        if (c == '\\')
            fputs("\\e", to);
        else if (c == '-')
            fputs("\\-", to);
        else if (c == '`')
            fputs((bold = !bold) ? "\\fB" : "\\fR", to);
        else if (c < 0x80)
            fputc((int)c, to);
        else
            fprintf(to, "\\[u%04X]", c);
    }
}

static void roff_text(FILE *to, const char *text)
{
    roff(to, text, strlen(text));
}

// Paragraphs, "- " items and indented code of a short Markdown file.
static void description(FILE *to, FILE *from)
{
    char line[1024];
    bool code = false, item = false;
    while (fgets(line, sizeof line, from)) {
        size_t length = strcspn(line, "\r\n");
        bool indented = length > 4 && !strncmp(line, "    ", 4);
        if (code && !indented)
            fputs(".EE\n", to);
        if (indented && !code)
            fputs(".EX\n", to);
        code = indented;
        if (length == 0) {
            fputs(".PP\n", to);
            item = false;
            continue;
        }
        if (length > 2 && line[0] == '-' && line[1] == ' ') {
            fputs(".IP \\(bu 2\n", to);
            item = true;
            roff(to, line + 2, length - 2);
        } else {
            size_t blanks = item || !indented ? strspn(line, " ") : 0;
            roff(to, line + blanks, length - blanks);
        }
        fputc('\n', to);
    }
    if (code)
        fputs(".EE\n", to);
}

static void options(FILE *to, const struct opt *rows)
{
    for (const struct opt *row = rows; row->type; row++) {
        char spelling[128];
        if (row->type == OPT_GROUP) {
            fprintf(to, ".SS %s\n", row->name);
            continue;
        }
        if (row->hidden)
            continue;
        opt_spelling(row, spelling, sizeof spelling);
        fputs(".TP\n\\fB", to);
        roff_text(to, spelling);
        fprintf(to, "\\fR\n%c", toupper((unsigned char)*row->help));
        roff_text(to, row->help + 1);
        for (int i = 0; row->type == OPT_CHOICE && row->choices[i]; i++) {
            fputs(i ? ", " : ": ", to);
            roff_text(to, row->choices[i]);
        }
        fputs(".\n", to);
    }
}

static void examples(FILE *to, const char *lines)
{
    while (*lines) {
        size_t length = strcspn(lines, "\n");
        fputs(".PP\n.EX\n", to);
        roff(to, lines, length);
        fputs("\n.EE\n", to);
        lines += length + (lines[length] == '\n');
    }
}

void cli_print_man(const struct cli_private *private, FILE *to)
{
    fputs(".TH ", to);
    for (const char *c = tool.name; *c; c++)
        fputc(toupper((unsigned char)*c), to);
    fprintf(to, " 1 \"\" \"heapsnap %s\" \"User Commands\"\n.SH NAME\n%s \\- ", hsn_version(),
            tool.name);
    roff_text(to, tool.summary);
    fprintf(to, "\n.SH SYNOPSIS\n.B %s\n[\\fIOPTION\\fR]...", tool.name);
    if (tool.args)
        fprintf(to, " \\fI%s\\fR", tool.args);
    fputs("\n.SH DESCRIPTION\n", to);
    FILE *from = private->man.path ? fopen(private->man.path, "r") : NULL;
    if (from) {
        description(to, from);
        fclose(from);
    } else {
        roff_text(to, tool.summary);
        fputs(".\n", to);
    }
    fputs(".SH OPTIONS\nOptions may stand before, between and after the arguments; \\fB\\-\\-\\fR "
          "ends them.\nWhere one is given twice, the last one counts, and a switch has a "
          "\\fB\\-\\-no\\-\\fR form.\n",
          to);
    options(to, private->rows);
    fputs(".SH EXIT STATUS\n.TP\n.B 0\nSuccess.\n", to);
    if (tool.exit_notes)
        fprintf(to, ".TP\n.B 1\n%c%s.\n", toupper((unsigned char)*tool.exit_notes),
                tool.exit_notes + 1);
    fputs(".TP\n.B 2\nTrouble: usage, an unreadable file, a bad dump.\n", to);
    fputs(".TP\n.B 3\nSome input was damaged; the results cover the rest.\n", to);
    fputs(".SH EXAMPLES\n", to);
    examples(to, tool.examples);
    fputs(".SH SEE ALSO\n.BR heapsnap (7)\n", to);
}
