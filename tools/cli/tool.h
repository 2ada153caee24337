// SPDX-License-Identifier: MIT
// What a tool is made of: option rows, a run function, and the few calls that it needs to talk.
//
// A tool is one file: statics, `struct opt` rows, `run()`, and `const struct tool tool` at its end.
// main() is in cli/main.c: it parses, answers --help and --version, calls run(), flushes stdout and
// turns the outcome into the exit status. tools/meson.build lists the names.
#ifndef CLI_TOOL_H
#define CLI_TOOL_H

#include <heapsnap/load.h>
#include <heapsnap/status.h>
#include <heapsnap/store.h>
#include <heapsnap/table.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define CLI_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define CLI_PRINTF(text, first)
#endif

/** Exit statuses; run() returns one of the first three. */
enum exit_status {
    STATUS_OK = 0,
    STATUS_FINDING = 1, /**< only with --exit-code or --fail-on */
    STATUS_TROUBLE = 2,
    STATUS_PARTIAL = 3, /**< main() makes it from STATUS_OK when some input was damaged */
};

enum opt_type {
    OPT_END,
    OPT_GROUP,    /**< a heading in the help: only `name` counts */
    OPT_FLAG,     /**< bool; --no-NAME clears it */
    OPT_SET,      /**< int: set to `number` */
    OPT_COUNT,    /**< uint64_t: decimal digits */
    OPT_BYTES,    /**< uint64_t: 512, 10K, 10M and 10MiB in units of 1024, 10MB of 1000 */
    OPT_DURATION, /**< uint64_t seconds: "90s", "7d12h", "7d 12h"; units s m h d w */
    OPT_REAL,     /**< double: 1.5; "5%" is 0.05 */
    OPT_TEXT,     /**< const char * */
    OPT_LIST,     /**< struct opt_list: may be given several times */
    OPT_CHOICE,   /**< int: index into `choices` */
    OPT_FILE,     /**< struct opt_file: the file name is optional */
};

/** Values of an OPT_LIST, in the order given. */
struct opt_list {
    const char **items;
    size_t count;
};

/**
 * Value of an OPT_FILE: `--svg`, `--svg=FILE` or `--svg FILE`. The next word is the FILE only when
 * it ends in the row's `extension`, so that `cyclefind --svg dump.db` still means the dump.
 */
struct opt_file {
    bool given;
    const char *path; /**< NULL = derive it, with cli_derived_path() */
};

/** An option. The last row of a tool's array is `{0}`. */
struct opt {
    enum opt_type type;
    char letter;                /**< 0 = none */
    const char *name;           /**< without its dashes */
    const char *value;          /**< name of the value in the help: "N", "SIZE"; NULL for flags */
    void *target;               /**< static of the tool; its value before parsing is the default */
    const char *help;           /**< lower case, no full stop */
    const char *const *choices; /**< OPT_CHOICE: ended by NULL */
    const char *extension;      /**< OPT_FILE: ".svg" */
    int number;                 /**< OPT_SET */
    uint64_t *sized;            /**< OPT_COUNT: what a size with its unit sets instead; or NULL */
    bool hidden;                /**< not in help, man page and completions */
};

/** Common options that a tool takes beside its own; --help, --version, -q and -v are in every tool.
 */
enum tool_feature {
    TOOL_TABLE = 1,     /**< --format, --json, --csv, -o, --color, --bytes: prints by out_table() */
    TOOL_LIMIT = 2,     /**< -n, --limit: cli->limit; by default 20 in text, all in JSON and CSV */
    TOOL_SNAPSHOTS = 4, /**< --strict, --progress: opens snapshot arguments by cli_open() */
    TOOL_EXIT_CODE = 8, /**< --exit-code: cli->exit_code; run() may return STATUS_FINDING */
    TOOL_AGGREGATE = 32, /**< --aggregate, --group, --tag: cli_open() gives groups of snapshots */
    TOOL_JSON = 16, /**< only --json of TOOL_TABLE, where -o and --format mean something else */
};

/** Values of cli->format. A tool with more formats lists them in `formats` after these three. */
enum { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV, FORMAT_MORE };

struct cli;

struct tool {
    const char *name;           /**< "snapgrow" */
    const char *summary;        /**< "list the fastest-growing types over several snapshots" */
    const char *args;           /**< "SNAPSHOT SNAPSHOT..." */
    const char *examples;       /**< command lines, one a line */
    const struct opt *opts;     /**< NULL = none of its own */
    unsigned features;          /**< tool_feature bits */
    size_t min_args;            /**< fewer operands are a mistake; none at all shows the examples */
    size_t max_args;            /**< 0 = no limit; with `args` NULL none is taken */
    const char *const *formats; /**< words of --format, ended by NULL; NULL = text, json, csv */
    const char
        *exit_notes;      /**< what a finding is, for EXIT STATUS: "some type grew"; may be NULL */
    uint64_t *limit_size; /**< TOOL_LIMIT: what `--limit 2GiB` sets, as no number of rows has a
                               unit; NULL = it is a mistake */
    int (*run)(struct cli *cli); /**< STATUS_OK, STATUS_FINDING or STATUS_TROUBLE */
};

/** Defined by each tool's file. */
extern const struct tool tool;

/** What main() hands to run(): operands and the values of the common options. */
struct cli {
    const struct tool *tool;
    const char *const *args; /**< operands, ended by NULL */
    size_t arg_count;
    int format;         /**< FORMAT_TEXT … */
    const char *output; /**< -o; NULL or "-" = stdout */
    uint64_t limit;     /**< -n; UINT64_MAX when all are wanted */
    bool exact_bytes;   /**< --bytes */
    bool strict;
    bool quiet;
    bool verbose;
    bool exit_code;
    bool color; /**< decided for stdout */
    struct cli_private *private;
};

// ---- opening
// -------------------------------------------------------------------------------------

/** An open snapshot argument. cli owns it and closes it after run(). */
struct snapshot {
    hsn_store *store;
    hsn_snapshot_id id;
    const char *argument;          /**< as typed */
    const hsn_snapshot_info *info; /**< lives as long as the snapshot */
};

/**
 * Open a snapshot argument: `a.db`, `a.db#LABEL`, a dump, or "-". Damage is a warning and makes the
 * exit status 3; with --strict it is an error. Opened snapshots stand in the JSON envelope, in
 * order. Returns STATUS_OK, or STATUS_TROUBLE after the message was printed: `if (r) return r;`.
 */
int cli_open(struct cli *cli, const char *argument, struct snapshot **out);

/**
 * Open every snapshot of a store; the chosen one only when the argument has a selector or is a
 * dump. *out is an array of pointers that cli owns. Otherwise as cli_open().
 */
int cli_open_store(struct cli *cli, const char *argument, struct snapshot ***out,
                   size_t *out_count);

/** Name a snapshot in the JSON envelope that was not opened by these calls; it must outlive run().
 */
void cli_mention(struct cli *cli, const hsn_snapshot_info *info);

/** cli_open() for arguments first … arg_count - 1; *out is an array of pointers that cli owns. */
int cli_open_all(struct cli *cli, size_t first, struct snapshot ***out, size_t *out_count);

/** NAME=VALUE of `list`, into pairs that cli owns. `option` is the name without dashes. */
int cli_pairs(struct cli *cli, const char *option, const struct opt_list *list, hsn_pair **out);

/** "-" is refused when it is a terminal or was given before. cli_open() does it itself. */
int cli_check_input(struct cli *cli, const char *argument);

/** For calls of the library that take one; draws on stderr by the rules. Never NULL. */
const hsn_progress *cli_progress(struct cli *cli);

// ---- saying
// --------------------------------------------------------------------------------------

/** `snapgrow: SUBJECT: cause`; subject may be NULL. Returns STATUS_TROUBLE. */
int cli_error(struct cli *cli, const char *subject, const char *format, ...) CLI_PRINTF(3, 4);

/** Print what the library said: `snapgrow: app.hprof: at byte 48211: unknown tag 0x3f`. `subject`
 * is used when *err names no source. Returns STATUS_TROUBLE. */
int cli_failed(struct cli *cli, const char *subject, const hsn_error *err);

/** A mistake on the command line: the line and "Try 'X --help' …". Returns STATUS_TROUBLE. */
int cli_usage(struct cli *cli, const char *format, ...) CLI_PRINTF(2, 3);

/** What a command line without its operands gets: two examples. Returns STATUS_TROUBLE. */
int cli_missing_arguments(void);

/** `snapgrow: warning: SUBJECT: …`. Not silenced by -q. */
void cli_warn(struct cli *cli, const char *subject, const char *format, ...) CLI_PRINTF(3, 4);

/** A line on stderr after a change of state; silenced by -q. */
void cli_note(struct cli *cli, const char *format, ...) CLI_PRINTF(2, 3);

/** A line on stderr with --verbose only. */
void cli_detail(struct cli *cli, const char *format, ...) CLI_PRINTF(2, 3);

/** Warn that an input is damaged, as *err says, and make the exit status 3. */
void cli_damaged(struct cli *cli, const char *subject, const hsn_error *err);

/** Some input was damaged or skipped: the exit status becomes 3 if it would have been 0. */
void cli_partial(struct cli *cli);

// ---- writing
// -------------------------------------------------------------------------------------

/**
 * Print a table to stdout or to -o in cli->format (text, JSON, CSV). `schema` is the word of
 * "heapsnap.<word>/1". `members` may be NULL: see hsn_envelope. The table stays the caller's.
 * Returns STATUS_OK or STATUS_TROUBLE (printed).
 */
int out_table(struct cli *cli, const char *schema, const hsn_table *table,
              const hsn_table *members);

/** A file being written: FILE.tmp until out_close() renames it; stdout for NULL and "-". */
struct out;

int out_open(struct cli *cli, const char *path, struct out **out);
void out_write(struct out *out, const void *data, size_t size);
void out_printf(struct out *out, const char *format, ...) CLI_PRINTF(2, 3);

/** For renderers of the library: writes into `out`. */
hsn_writer out_writer(struct out *out);

/** Finish: flush, check, rename. Returns STATUS_OK or STATUS_TROUBLE (printed). Frees `out`. */
int out_close(struct out *out);

/** Give it up: nothing is left behind. Accepts NULL. */
void out_abandon(struct out *out);

/**
 * The path for an optional output file: `file->path` if given, else the input's name with `suffix`
 * instead of its extension, in the current directory: ("runs/dump.db#last", "-cycles.svg") gives
 * "dump-cycles.svg". cli owns the text.
 */
const char *cli_derived_path(struct cli *cli, const struct opt_file *file, const char *argument,
                             const char *suffix);

/** `output` is the file of one of the operands, under whatever name. out_open() asks by itself. */
bool cli_is_input(struct cli *cli, const char *output);

/** Memory that lives until the tool exits; never NULL (exits with status 2 when there is none). */
void *cli_alloc(struct cli *cli, size_t count, size_t size);
char *cli_format(struct cli *cli, const char *format, ...) CLI_PRINTF(2, 3);

/** 1536 → "1.5 KiB", or "1536" with --bytes. cli owns the text. */
const char *cli_bytes(struct cli *cli, uint64_t size_bytes);

#endif
