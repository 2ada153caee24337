// SPDX-License-Identifier: MIT
// Completions for bash, zsh and fish, from the option rows.
#include "cli/private.h"

#include <string.h>

static bool takes_file(const struct opt *row)
{
    return row->type == OPT_FILE || (row->value && !strcmp(row->value, "FILE"));
}

static void put_choices(FILE *to, const struct opt *row)
{
    for (int i = 0; row->choices[i]; i++)
        fprintf(to, "%s%s", i ? " " : "", row->choices[i]);
}

static bool shown(const struct opt *row)
{
    return row->type != OPT_GROUP && !row->hidden;
}

static void bash(const struct opt *rows, const char *name, FILE *to)
{
    fprintf(to,
            "_%s()\n{\n"
            "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
            "    # bash splits --format=j into three words\n"
            "    if [[ $cur == '=' ]]; then\n        cur=\n"
            "    elif [[ $prev == '=' ]]; then\n        prev=${COMP_WORDS[COMP_CWORD-2]}\n    fi\n"
            "    COMPREPLY=()\n    case $prev in\n",
            name);
    for (const struct opt *row = rows; row->type; row++)
        if (shown(row) && row->type == OPT_CHOICE) {
            fprintf(to, "    --%s)\n        mapfile -t COMPREPLY < <(compgen -W '", row->name);
            put_choices(to, row);
            fputs("' -- \"$cur\")\n        return\n        ;;\n", to);
        }
    fputs("    esac\n    if [[ $cur == -* ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W '",
          to);
    const char *separator = "";
    for (const struct opt *row = rows; row->type; row++)
        if (shown(row)) {
            fprintf(to, "%s--%s", separator, row->name);
            separator = " ";
        }
    fprintf(to, "' -- \"$cur\")\n    fi\n}\ncomplete -o default -F _%s %s\n", name, name);
}

// Text within '…' of zsh's _arguments, where [ ] : \ have a meaning.
static void zsh_text(FILE *to, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\'", to);
        else if (strchr("[]:\\", *text))
            fputc('\\', to);
        fputc(*text, to);
    }
}

static void zsh_row(FILE *to, const struct opt *row)
{
    const char *equals = opt_takes_value(row) ? "=" : row->type == OPT_FILE ? "=-" : "";
    const char *many = row->type == OPT_LIST ? "*" : "";
    if (row->letter)
        fprintf(to, " \\\n    '%s(-%c --%s)'{-%c%s,--%s%s}'[", many, row->letter, row->name,
                row->letter, opt_takes_value(row) ? "+" : "", row->name, equals);
    else
        fprintf(to, " \\\n    '%s--%s%s[", many, row->name, equals);
    zsh_text(to, row->help);
    fputc(']', to);
    if (row->type == OPT_FILE) {
        fputs("::FILE:_files", to);
    } else if (opt_takes_value(row)) {
        fprintf(to, ":%s:", row->value);
        if (row->type == OPT_CHOICE) {
            fputc('(', to);
            put_choices(to, row);
            fputc(')', to);
        } else if (takes_file(row)) {
            fputs("_files", to);
        }
    }
    fputc('\'', to);
}

static void zsh(const struct opt *rows, const char *name, FILE *to)
{
    fprintf(to, "#compdef %s\n\n_arguments -s -S", name);
    for (const struct opt *row = rows; row->type; row++)
        if (shown(row))
            zsh_row(to, row);
    fputs(" \\\n    '*:file:_files'\n", to);
}

static void fish(const struct opt *rows, const char *name, FILE *to)
{
    for (const struct opt *row = rows; row->type; row++) {
        if (!shown(row))
            continue;
        fprintf(to, "complete -c %s -l %s", name, row->name);
        if (row->letter)
            fprintf(to, " -s %c", row->letter);
        if (row->type == OPT_CHOICE) {
            fputs(" -x -a '", to);
            put_choices(to, row);
            fputc('\'', to);
        } else if (opt_takes_value(row)) {
            fputs(takes_file(row) ? " -r -F" : " -x", to);
        }
        fputs(" -d '", to);
        for (const char *c = row->help; *c; c++)
            fprintf(to, *c == '\'' || *c == '\\' ? "\\%c" : "%c", *c);
        fputs("'\n", to);
    }
}

void cli_print_completion(const struct cli_private *private, FILE *to)
{
    static void (*const shells[])(const struct opt *, const char *, FILE *) = {
        [SHELL_BASH] = bash,
        [SHELL_ZSH] = zsh,
        [SHELL_FISH] = fish,
    };
    shells[private->shell](private->rows, private->cli.tool->name, to);
}
