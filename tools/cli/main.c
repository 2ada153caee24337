// SPDX-License-Identifier: MIT
// main() of every tool: command line, run(), flushed stdout, exit status.
#include "cli/private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A closed standard stream would lend its number to the first file that is opened, the store even.
// Each is replaced by one on which its usual direction fails.
static void keep_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

static bool decide_color(int when)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    if (when != WHEN_AUTO)
        return when == WHEN_ALWAYS;
    return isatty(STDOUT_FILENO) && !(no_color && *no_color) && !(term && !strcmp(term, "dumb"));
}

static void print_document(struct cli_private *private)
{
    if (private->man.given)
        cli_print_man(private, stdout);
    else if (private->shell != SHELL_NONE)
        cli_print_completion(private, stdout);
    else if (private->print == PRINT_HELP)
        cli_print_help(private, stdout);
    else
        cli_print_version(private, stdout);
}

// A full disk must not look like success.
static int finish_stdout(struct cli_private *private, int status)
{
    bool failed = ferror(stdout) != 0;
    errno = 0;
    if (fflush(stdout) || fclose(stdout))
        failed = true;
    if (failed && !private->stdout_failed)
        cli_error(&private->cli, "standard output", "cannot write%s%s", errno ? ": " : "",
                  errno ? strerror(errno) : "");
    return failed || private->stdout_failed ? STATUS_TROUBLE : status;
}

int main(int argc, char **argv)
{
    struct cli_private private = {0};
    struct cli *cli = &private.cli;
    keep_standard_streams();
    signal(SIGPIPE, SIG_DFL);
    cli->tool = &tool;
    cli->private = &private;
    cli->limit = UINT64_MAX; // not given
    cli_make_rows(&private);
    int status = cli_parse(&private, argc, argv);
    if (status == STATUS_OK) {
        cli->color = decide_color(private.color);
        if (private.print || private.shell || private.man.given)
            print_document(&private);
        else
            status = tool.run(cli);
        cli_progress_erase(&private);
    }
    if (status == STATUS_OK && private.partial)
        status = STATUS_PARTIAL;
    status = finish_stdout(&private, status);
    cli_clear(&private);
    cli_end_by_signal();
    return status;
}
