// SPDX-License-Identifier: MIT
// Lines on stderr: program, subject, cause. Every message of every tool goes through here.
#include "cli/private.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// Escaped: file names and names out of dumps must not drive the terminal.
static void put_escaped(const char *text)
{
    char out[1024];
    hsn_text_escape(text, strlen(text), out, sizeof out);
    fputs(out, stderr);
}

static void say(struct cli *cli, const char *severity, const char *subject, const char *format,
                va_list arguments) CLI_PRINTF(4, 0);

static void say(struct cli *cli, const char *severity, const char *subject, const char *format,
                va_list arguments)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, arguments);
    cli_progress_erase(cli->private);
    fprintf(stderr, "%s: %s", cli->tool->name, severity);
    if (subject && *subject) {
        put_escaped(strcmp(subject, "-") ? subject : "standard input");
        fputs(": ", stderr);
    }
    put_escaped(text);
    fputc('\n', stderr);
}

int cli_error(struct cli *cli, const char *subject, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(cli, "", subject, format, arguments);
    va_end(arguments);
    return STATUS_TROUBLE;
}

void cli_warn(struct cli *cli, const char *subject, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(cli, "warning: ", subject, format, arguments);
    va_end(arguments);
}

int cli_usage(struct cli *cli, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(cli, "", NULL, format, arguments);
    va_end(arguments);
    fprintf(stderr, "Try '%s --help' for more information.\n", cli->tool->name);
    return STATUS_TROUBLE;
}

void cli_note(struct cli *cli, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (!cli->quiet)
        say(cli, "", NULL, format, arguments);
    va_end(arguments);
}

void cli_detail(struct cli *cli, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (cli->verbose && !cli->quiet)
        say(cli, "", NULL, format, arguments);
    va_end(arguments);
}

void cli_partial(struct cli *cli)
{
    cli->private->partial = true;
}

static const char *error_subject(const char *subject, const hsn_error *err)
{
    return err->source[0] ? err->source : subject;
}

int cli_failed(struct cli *cli, const char *subject, const hsn_error *err)
{
    const char *message = err->message[0] ? err->message : hsn_status_text(err->code);
    subject = error_subject(subject, err);
    // Whoever pressed Ctrl-C knows.
    if (err->code == HSN_ECANCELED && cli_stopped()) {
        cli_progress_erase(cli->private);
        return STATUS_TROUBLE;
    }
    if (err->code && err->offset != HSN_NO_OFFSET)
        return cli_error(cli, subject, "at byte %llu: %s", (unsigned long long)err->offset,
                         message);
    return cli_error(cli, subject, "%s", message);
}

void cli_damaged(struct cli *cli, const char *subject, const hsn_error *err)
{
    const char *message = err->message[0] ? err->message : "the snapshot is incomplete";
    subject = error_subject(subject, err);
    cli_partial(cli);
    if (err->code && err->offset != HSN_NO_OFFSET)
        cli_warn(cli, subject, "at byte %llu: %s", (unsigned long long)err->offset, message);
    else
        cli_warn(cli, subject, "%s", message);
}
