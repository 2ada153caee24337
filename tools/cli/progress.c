// SPDX-License-Identifier: MIT
// Progress on stderr by git's rules: a terminal, in the foreground, after a second, erased when
// done.
#include "cli/private.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#define FIRST_AFTER_MS 1000
#define REDRAW_MS      250

// The signal that asks to stop; a handler can reach nothing else.
static volatile sig_atomic_t stop_signal;

static void stop(int number)
{
    stop_signal = number;
}

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
        return stop_signal;
    private->drawn_ms = now;
    if (isatty(STDERR_FILENO) && tcgetpgrp(STDERR_FILENO) != getpgrp())
        return stop_signal;
    if (total)
        fprintf(stderr, "\r%s: %3u%%\x1b[K", phase, (unsigned)((double)done / (double)total * 100));
    else
        fprintf(stderr, "\r%s: %llu\x1b[K", phase, (unsigned long long)done);
    fflush(stderr);
    private->drawn = true;
    return stop_signal;
}

static int silent(void *context, const char *phase, uint64_t done, uint64_t total)
{
    (void)context, (void)phase, (void)done, (void)total;
    return stop_signal;
}

// A call that reports progress can be stopped, and then it removes what it was writing. The second
// signal ends the tool at once.
static void stop_on_signals(void)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
    struct sigaction action = {.sa_handler = stop, .sa_flags = SA_RESETHAND}, old;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
}

void cli_end_by_signal(void)
{
    if (stop_signal)
        raise(stop_signal);
}

bool cli_stopped(void)
{
    return stop_signal != 0;
}

const hsn_progress *cli_progress(struct cli *cli)
{
    struct cli_private *private = cli->private;
    if (!private->ticker.tick) {
        bool wanted = private->progress == WHEN_ALWAYS ||
                      (private->progress == WHEN_AUTO && isatty(STDERR_FILENO));
        private->draws = wanted && !cli->quiet;
        private->started_ms = now_ms();
        stop_on_signals();
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
