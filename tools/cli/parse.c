// SPDX-License-Identifier: MIT
// The command line: GNU long options, letters, operands in any place, no abbreviations.
#include "cli/private.h"

#include <stdlib.h>
#include <string.h>

// Rows that a person wants to see; scripts want all of them.
#define DEFAULT_LIMIT 20

// The words being read.
struct words {
    int argc, next;
    char **argv;
};

static const struct opt *find_letter(const struct opt *rows, char letter)
{
    for (; rows->type; rows++)
        if (rows->type != OPT_GROUP && rows->letter == letter)
            return rows;
    return NULL;
}

// `name` may be followed by "=value". *out_negated: it is the --no- form of a flag.
static const struct opt *find_name(const struct opt *rows, const char *name, size_t length,
                                   bool *out_negated)
{
    *out_negated = false;
    for (const struct opt *row = rows; row->type; row++)
        if (row->type != OPT_GROUP && strlen(row->name) == length &&
            !memcmp(row->name, name, length))
            return row;
    if (length <= 3 || memcmp(name, "no-", 3))
        return NULL;
    *out_negated = true;
    for (const struct opt *row = rows; row->type; row++)
        if (row->type != OPT_GROUP && opt_negatable(row) && strlen(row->name) == length - 3 &&
            !memcmp(row->name, name + 3, length - 3))
            return row;
    return NULL;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

// Edits (insert, delete, replace) from a to b; at most 64 bytes of each count.
static size_t distance(const char *a, size_t a_length, const char *b)
{
    size_t row[65], b_length = strnlen(b, 64);
    a_length = a_length < 64 ? a_length : 64;
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t above = row[j];
            row[j] = smallest(row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_length];
}

static int unknown_option(struct cli_private *private, const char *word, size_t length)
{
    const char *name = word + 2, *nearest = NULL;
    size_t best = length / 3 + 1;
    for (const struct opt *row = private->rows; row->type; row++) {
        if (row->type == OPT_GROUP || row->hidden)
            continue;
        // A cut word counts as one edit: abbreviations are the commonest mistake.
        bool begins = length >= 2 && !strncmp(row->name, name, length);
        size_t edits = begins ? 1 : distance(name, length, row->name);
        if (edits < best || (edits == best && !nearest)) {
            best = edits;
            nearest = row->name;
        }
    }
    if (nearest)
        return cli_usage(&private->cli, "unknown option '--%.*s', did you mean '--%s'?",
                         (int)length, name, nearest);
    return cli_usage(&private->cli, "unknown option '--%.*s'", (int)length, name);
}

// The word after `--svg` is its file only when it looks like one.
static const char *optional_value(const struct opt *row, struct words *words)
{
    if (words->next >= words->argc)
        return NULL;
    const char *word = words->argv[words->next];
    size_t length = strlen(word), extension = strlen(row->extension);
    if (length < extension || strcmp(word + length - extension, row->extension))
        return NULL;
    words->next++;
    return word;
}

static int long_option(struct cli_private *private, struct words *words, const char *word)
{
    struct cli *cli = &private->cli;
    size_t length = strcspn(word + 2, "=");
    const char *value = word[2 + length] ? word + 2 + length + 1 : NULL;
    bool negated;
    const struct opt *row = find_name(private->rows, word + 2, length, &negated);
    char shown[80];
    if (!row)
        return unknown_option(private, word, length);
    snprintf(shown, sizeof shown, "--%s%s", negated ? "no-" : "", row->name);
    if (value && !opt_takes_value(row) && row->type != OPT_FILE)
        return cli_usage(cli, "option '%s' takes no value", shown);
    if (negated) {
        *(bool *)row->target = false;
        return STATUS_OK;
    }
    if (!value && opt_takes_value(row)) {
        if (words->next >= words->argc)
            return cli_usage(cli, "option '%s' needs a value: %s", shown, row->value);
        value = words->argv[words->next++];
    }
    if (!value && row->type == OPT_FILE)
        value = optional_value(row, words);
    return cli_set_value(cli, row, shown, value) ? STATUS_OK : STATUS_TROUBLE;
}

static int short_options(struct cli_private *private, struct words *words, const char *word)
{
    struct cli *cli = &private->cli;
    for (const char *letter = word + 1; *letter; letter++) {
        const struct opt *row = find_letter(private->rows, *letter);
        const char shown[] = {'-', *letter, 0};
        const char *value = NULL;
        if (!row)
            return cli_usage(cli, "unknown option '%s'", shown);
        if (opt_takes_value(row)) {
            if (!letter[1] && words->next >= words->argc)
                return cli_usage(cli, "option '%s' needs a value: %s", shown, row->value);
            value = letter[1] ? letter + 1 : words->argv[words->next++];
        } else if (row->type == OPT_FILE) {
            value = letter[1] ? NULL : optional_value(row, words);
        }
        if (!cli_set_value(cli, row, shown, value))
            return STATUS_TROUBLE;
        if (opt_takes_value(row))
            break;
    }
    return STATUS_OK;
}

static int check_operands(struct cli_private *private)
{
    size_t count = private->cli.arg_count;
    if (private->print || private->shell || private->man.given)
        return STATUS_OK;
    if (count == 0 && tool.min_args > 0)
        return cli_missing_arguments();
    if (count < tool.min_args)
        return cli_usage(&private->cli, "too few arguments: %s %s", tool.name, tool.args);
    if ((tool.max_args && count > tool.max_args) || (!tool.args && count)) {
        size_t most = tool.args ? tool.max_args : 0;
        return cli_usage(&private->cli, "unexpected argument '%s'", private->cli.args[most]);
    }
    return STATUS_OK;
}

int cli_parse(struct cli_private *private, int argc, char **argv)
{
    struct cli *cli = &private->cli;
    struct words words = {.argc = argc, .next = 1, .argv = argv};
    const char **args = cli_alloc(cli, (size_t)argc + 1, sizeof *args);
    bool only_operands = false;
    int r = STATUS_OK;
    cli->args = args;
    while (words.next < argc && r == STATUS_OK) {
        const char *word = argv[words.next++];
        if (only_operands || word[0] != '-' || !word[1])
            args[cli->arg_count++] = word;
        else if (!strcmp(word, "--"))
            only_operands = true;
        else if (word[1] == '-')
            r = long_option(private, &words, word);
        else
            r = short_options(private, &words, word);
    }
    if (r == STATUS_OK)
        r = check_operands(private);
    if (cli->limit == UINT64_MAX && cli->format == FORMAT_TEXT)
        cli->limit = DEFAULT_LIMIT;
    else if (cli->limit == 0)
        cli->limit = UINT64_MAX;
    return r;
}
