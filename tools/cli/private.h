// SPDX-License-Identifier: MIT
// What the files of tools/cli share among themselves.
#ifndef CLI_PRIVATE_H
#define CLI_PRIVATE_H

#include "cli/tool.h"
#include "cli/values.h"

#include <stdio.h>

/** What to print instead of running. */
enum cli_print {
    PRINT_NOTHING,
    PRINT_HELP,
    PRINT_VERSION,
};

/** Values of --color, --progress and --help-completion. */
enum cli_when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };
enum cli_shell { SHELL_NONE, SHELL_BASH, SHELL_ZSH, SHELL_FISH };

/** Memory of cli_alloc(), freed at the end. */
struct cli_block {
    struct cli_block *next;
    // The caller's bytes follow, aligned for any type.
    max_align_t data[];
};

/** A store that was opened by cli_open(), with what its snapshots' info points into. */
struct cli_opened {
    struct cli_opened *next;
    hsn_store *store;
    hsn_snapshot_list list;
};

struct cli_private {
    struct cli cli;
    struct opt *rows;    /**< the tool's, then the common ones; ended by OPT_END */
    int print;           /**< enum cli_print */
    int shell;           /**< enum cli_shell: completions to print */
    struct opt_file man; /**< print the man page; its DESCRIPTION is in this file */
    int color;           /**< enum cli_when, as given */
    int progress;        /**< enum cli_when, as given */
    bool partial;
    bool stdin_taken;
    bool stdout_failed; /**< and it was said */

    int aggregate;     /**< index into cli_aggregates: 0 = snapshots as they are */
    const char *group; /**< what a group has in common; NULL = all of a store are one */
    struct opt_list tags;

    struct cli_opened *opened;
    const hsn_snapshot_info **infos; /**< of the JSON envelope */
    size_t info_count, info_capacity;

    hsn_progress ticker;
    int64_t started_ms, drawn_ms;
    bool drawn; /**< a progress line stands on the terminal */
    bool draws; /**< it may */

    struct cli_block *blocks;
};

/** Words of --aggregate, ended by NULL. */
extern const char *const cli_aggregates[];

/** STATUS_OK, or STATUS_TROUBLE (printed) for options that do not go together. */
int cli_check_aggregate(struct cli *cli);

/** The group of an argument `a.db`, `a.db#GROUP`; closed by the caller. */
int cli_open_aggregate(struct cli *cli, const char *argument, hsn_store **out,
                       hsn_snapshot_id *out_id);

/** Rows of the tool and the common ones with their targets in *private. */
void cli_make_rows(struct cli_private *private);

/** Read the command line. STATUS_OK, or STATUS_TROUBLE (printed). */
int cli_parse(struct cli_private *private, int argc, char **argv);

/** Set the row's target from `text` (NULL for flags). False after a message. */
bool cli_set_value(struct cli *cli, const struct opt *row, const char *shown, const char *text);

/** The row's --name is a flag that has a --no-name. */
bool opt_negatable(const struct opt *row);
bool opt_takes_value(const struct opt *row);
/** "-n, --limit=N" without the letter's part when it has none; `out` as large as any. */
void opt_spelling(const struct opt *row, char *out, size_t size);

/** Documents made from the rows, to stdout. */
void cli_print_help(const struct cli_private *private, FILE *to);
void cli_print_man(const struct cli_private *private, FILE *to);
void cli_print_completion(const struct cli_private *private, FILE *to);
void cli_print_version(const struct cli_private *private, FILE *to);

/** Remove the progress line, before anything else is written to the terminal. */
void cli_progress_erase(struct cli_private *private);

/** A signal asked to stop. */
bool cli_stopped(void);

/** Die of the signal that asked to stop, if there was one: shells and parents look at that. */
void cli_end_by_signal(void);

/** Close snapshots, free memory. */
void cli_clear(struct cli_private *private);

/** Columns of the terminal that stdout is; 0 = it is none. */
unsigned cli_terminal_columns(void);

#endif
