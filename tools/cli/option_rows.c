// SPDX-License-Identifier: MIT
// The option rows that tools have in common, and what rows look like in documents.
#include "cli/private.h"

#include <assert.h>
#include <string.h>

static const char *const table_formats[] = {"text", "json", "csv", NULL};
static const char *const whens[] = {"auto", "always", "never", NULL};
static const char *const shells[] = {"none", "bash", "zsh", "fish", NULL};

#define MAX_COMMON 32

static size_t add(struct opt *rows, size_t count, struct opt row)
{
    assert(count < MAX_COMMON);
    rows[count] = row;
    return count + 1;
}

static size_t add_output(struct cli_private *p, struct opt *rows, size_t n)
{
    struct cli *cli = &p->cli;
    unsigned features = cli->tool->features;
    const char *const *formats = cli->tool->formats ? cli->tool->formats : table_formats;
    if (features & (TOOL_TABLE | TOOL_LIMIT | TOOL_JSON | TOOL_EXIT_CODE))
        n = add(rows, n, (struct opt){.type = OPT_GROUP, .name = "Output"});
    if (features & TOOL_LIMIT)
        n = add(rows, n,
                (struct opt){
                    OPT_COUNT, 'n', "limit", "N", &cli->limit,
                    "show at most N rows, 0 for all (default: 20 in text, all in JSON and CSV)",
                    .sized = cli->tool->limit_size});
    if (features & TOOL_TABLE)
        n = add(rows, n,
                (struct opt){OPT_CHOICE, 0, "format", "FORMAT", &cli->format, "how to print",
                             .choices = formats});
    if (features & (TOOL_TABLE | TOOL_JSON))
        n = add(rows, n,
                (struct opt){OPT_SET, 0, "json", NULL, &cli->format,
                             features & TOOL_TABLE ? "same as --format=json"
                                                   : "print the result as JSON",
                             .number = FORMAT_JSON});
    if (features & TOOL_TABLE) {
        n = add(rows, n,
                (struct opt){OPT_SET, 0, "csv", NULL, &cli->format, "same as --format=csv",
                             .number = FORMAT_CSV});
        n = add(rows, n,
                (struct opt){OPT_TEXT, 'o', "output", "FILE", &cli->output,
                             "write to FILE, whole or not at all; - is stdout"});
        n = add(rows, n,
                (struct opt){OPT_CHOICE, 0, "color", "WHEN", &p->color, "colour the text",
                             .choices = whens});
    }
    if (features & (TOOL_TABLE | TOOL_JSON))
        n = add(rows, n,
                (struct opt){OPT_FLAG, 0, "bytes", NULL, &cli->exact_bytes,
                             "exact bytes in text, not 1.5 MiB"});
    if (features & TOOL_EXIT_CODE)
        n = add(rows, n,
                (struct opt){OPT_FLAG, 0, "exit-code", NULL, &cli->exit_code,
                             "exit with status 1 when something is found"});
    return n;
}

static size_t add_aggregate(struct cli_private *p, struct opt *rows, size_t n)
{
    if (!(p->cli.tool->features & TOOL_AGGREGATE))
        return n;
    n = add(rows, n, (struct opt){.type = OPT_GROUP, .name = "Many processes"});
    n = add(rows, n,
            (struct opt){OPT_CHOICE, 0, "aggregate", "HOW", &p->aggregate,
                         "take all snapshots of a store as one", .choices = cli_aggregates});
    n = add(
        rows, n,
        (struct opt){
            OPT_TEXT, 0, "group", "WHAT", &p->group,
            "with --aggregate: one for each day, hour, host, program, label without its number, "
            "or value of a tag; joined by commas. a.db#VALUE chooses one"});
    return add(rows, n,
               (struct opt){OPT_LIST, 0, "tag", "NAME=VALUE", &p->tags,
                            "with --aggregate: only snapshots with this tag; repeatable"});
}

static size_t add_general(struct cli_private *p, struct opt *rows, size_t n)
{
    struct cli *cli = &p->cli;
    n = add(rows, n, (struct opt){.type = OPT_GROUP, .name = "General"});
    if (cli->tool->features & TOOL_SNAPSHOTS) {
        n = add(rows, n,
                (struct opt){OPT_FLAG, 0, "strict", NULL, &cli->strict,
                             "take damaged input as an error"});
        n = add(rows, n,
                (struct opt){OPT_SET, 0, "progress", NULL, &p->progress,
                             "show progress even when stderr is no terminal",
                             .number = WHEN_ALWAYS});
        n = add(rows, n,
                (struct opt){OPT_SET, 0, "no-progress", NULL, &p->progress, "never show progress",
                             .number = WHEN_NEVER});
    }
    n = add(rows, n,
            (struct opt){OPT_FLAG, 'q', "quiet", NULL, &cli->quiet,
                         "no notes and no progress; errors stay"});
    n = add(rows, n,
            (struct opt){OPT_FLAG, 'v', "verbose", NULL, &cli->verbose, "say more on stderr"});
    n = add(rows, n,
            (struct opt){OPT_SET, 'h', "help", NULL, &p->print, "print this text",
                         .number = PRINT_HELP});
    n = add(rows, n,
            (struct opt){OPT_SET, 'V', "version", NULL, &p->print, "print versions and formats",
                         .number = PRINT_VERSION});
    n = add(rows, n,
            (struct opt){OPT_FILE, 0, "help-man", "FILE", &p->man,
                         "print the man page; its description is in FILE", .extension = ".md",
                         .hidden = true});
    n = add(rows, n,
            (struct opt){OPT_CHOICE, 0, "help-completion", "SHELL", &p->shell, "print completions",
                         .choices = shells, .hidden = true});
    return n;
}

// Names and letters are unique, and each row has what its type needs: our own mistakes.
static void check_rows(const struct opt *rows)
{
    for (const struct opt *row = rows; row->type; row++) {
        if (row->type == OPT_GROUP)
            continue;
        assert(row->name && row->target && row->help);
        assert(opt_takes_value(row) == (row->value != NULL) || row->type == OPT_FILE);
        assert(row->type != OPT_CHOICE || row->choices);
        assert(row->type != OPT_FILE || row->extension);
        for (const struct opt *other = rows; other < row; other++)
            assert(other->type == OPT_GROUP || (strcmp(other->name, row->name) &&
                                                (!row->letter || other->letter != row->letter)));
    }
}

void cli_make_rows(struct cli_private *private)
{
    struct opt common[MAX_COMMON];
    size_t common_count = add_general(
        private, common, add_output(private, common, add_aggregate(private, common, 0)));
    size_t own = 0;
    const struct opt *opts = private->cli.tool->opts;
    while (opts && opts[own].type)
        own++;
    bool headed = own && opts[0].type == OPT_GROUP;
    struct opt *rows = cli_alloc(&private->cli, own + common_count + 2, sizeof *rows);
    size_t n = 0;
    if (own && !headed)
        rows[n++] = (struct opt){.type = OPT_GROUP, .name = "Options"};
    if (own)
        memcpy(rows + n, opts, own * sizeof *rows);
    memcpy(rows + n + own, common, common_count * sizeof *rows);
    private->rows = rows;
    check_rows(rows);
}

bool opt_negatable(const struct opt *row)
{
    return row->type == OPT_FLAG;
}

bool opt_takes_value(const struct opt *row)
{
    switch (row->type) {
    case OPT_COUNT:
    case OPT_BYTES:
    case OPT_DURATION:
    case OPT_REAL:
    case OPT_TEXT:
    case OPT_LIST:
    case OPT_CHOICE:
        return true;
    default:
        return false;
    }
}

void opt_spelling(const struct opt *row, char *out, size_t size)
{
    char letter[8] = "";
    if (row->letter)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    if (row->type == OPT_FILE)
        snprintf(out, size, "%s--%s [%s]", letter, row->name, row->value ? row->value : "FILE");
    else
        snprintf(out, size, "%s--%s%s%s", letter, row->name, row->value ? "=" : "",
                 row->value ? row->value : "");
}
