// SPDX-License-Identifier: MIT
// Progress on stderr by git's rules: a terminal, in the foreground, after a second, erased when
// done.
#include "cli/private.h"

#include <time.h>
#include <unistd.h>

#define FIRST_AFTER_MS 1000
#define REDRAW_MS      250

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int tick(void *context, const char *phase, uint64_t done, uint64_t total)
{
    struct cli_private *private = context;
    int64_t now = now_ms();
    if (now - private->started_ms < FIRST_AFTER_MS || now - private->drawn_ms < REDRAW_MS)
        return 0;
    private->drawn_ms = now;
    if (isatty(STDERR_FILENO) && tcgetpgrp(STDERR_FILENO) != getpgrp())
        return 0;
    if (total)
        fprintf(stderr, "\r%s: %3u%%\x1b[K", phase, (unsigned)((double)done / (double)total * 100));
    else
        fprintf(stderr, "\r%s: %llu\x1b[K", phase, (unsigned long long)done);
    fflush(stderr);
    private->drawn = true;
    return 0;
}

static int silent(void *context, const char *phase, uint64_t done, uint64_t total)
{
    (void)context, (void)phase, (void)done, (void)total;
    return 0;
}

const hsn_progress *cli_progress(struct cli *cli)
{
    struct cli_private *private = cli->private;
    if (!private->ticker.tick) {
        bool wanted = private->progress == WHEN_ALWAYS ||
                      (private->progress == WHEN_AUTO && isatty(STDERR_FILENO));
        private->draws = wanted && !cli->quiet;
        private->started_ms = now_ms();
        private->ticker =
            (hsn_progress){.tick = private->draws ? tick : silent, .context = private};
    }
    return &private->ticker;
}

void cli_progress_erase(struct cli_private *private)
{
    if (private->drawn)
        fputs("\r\x1b[K", stderr);
    private->drawn = false;
}
