// SPDX-License-Identifier: MIT
// Unit tests of render/plot.c and plot_axis.c: ticks, thinning, texts, failing allocations.
#include "heapsnap/plot.h"

#include "base/alloc.h"
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double random_value(check_random *random, double power)
{
    double sign = check_random_below(random, 4) ? 1 : -1;
    return sign * pow(10, power * check_random_below(random, 1000) / 1000) *
           (1 + check_random_below(random, 1000) / 1000.0);
}

static bool is_power_of_two(double value)
{
    int exponent;
    return frexp(value, &exponent) == 0.5;
}

static void test_ticks_cover_what_they_are_for_with_a_round_step(void)
{
    check_random random = {.state = 11};
    for (int turn = 0; turn < 20000; turn++) {
        hsn_plot_unit unit = (hsn_plot_unit)check_random_below(&random, HSN_PLOT_STEPS + 1);
        size_t most = 2 + check_random_below(&random, 14), count;
        double low = random_value(&random, 10);
        double high = low + fabs(low) * 1e-5 + fabs(random_value(&random, 10));
        double ticks[16];
        count = hsn_plot_ticks(unit, low, high, most, ticks);
        if (!CHECK(count >= 2 && count <= most))
            break;
        double step = ticks[1] - ticks[0], slack = step * 1e-6;
        CHECK(ticks[0] <= low + slack && ticks[count - 1] >= high - slack);
        for (size_t i = 1; i < count; i++)
            CHECK(fabs(ticks[i] - ticks[i - 1] - step) <= slack);
        if (unit == HSN_PLOT_BYTES && most > 2)
            CHECK(is_power_of_two(step));
        if (unit == HSN_PLOT_STEPS)
            CHECK(step >= 1 && fmod(step, 1) == 0);
        if (unit == HSN_PLOT_CLOCK && step > 1 && most > 2)
            CHECK(fmod(86400, round(step)) == 0 || fmod(round(step), 86400) == 0);
    }
}

static void test_ticks_bear_a_single_value(void)
{
    double ticks[16];
    CHECK(hsn_plot_ticks(HSN_PLOT_BYTES, 0, 0, 9, ticks) >= 2 && ticks[0] == 0 && ticks[1] > 0);
    CHECK(hsn_plot_ticks(HSN_PLOT_NUMBER, 5e9, 5e9, 9, ticks) >= 2 && ticks[0] <= 5e9);
}

static char *draw(const hsn_plot *plot)
{
    char *svg = NULL;
    size_t size;
    hsn_error err = {0};
    if (CHECK_OK(hsn_plot_render(plot, &svg, &size, &err), &err))
        CHECK_EQ(strlen(svg), size);
    return svg;
}

static void test_long_lines_are_thinned_and_keep_their_peak(void)
{
    enum { COUNT = 1000000 };
    double *x = malloc(COUNT * sizeof *x), *y = malloc(COUNT * sizeof *y);
    for (size_t i = 0; i < COUNT; i++) {
        x[i] = (double)i;
        y[i] = 500 + (double)(i * 2654435761u % 100);
    }
    y[777777] = 1024; // one value of a million, at the upper end of the axis
    hsn_plot_line line = {.name = "rss", .x = x, .y = y, .count = COUNT};
    hsn_plot_panel panel = {.lines = &line, .line_count = 1, .y_unit = HSN_PLOT_BYTES};
    hsn_plot plot = {.title = "t", .x_unit = HSN_PLOT_SECONDS, .panels = &panel, .panel_count = 1};
    char *svg = draw(&plot);
    CHECK(strlen(svg) < 100000);
    // The grid line at 1 KiB, and the line that reaches it.
    const char *grid = strstr(svg, "<path class=\"grid\" d=\"M74.0,");
    double top = HUGE_VAL, highest = HUGE_VAL;
    for (; grid; grid = strstr(grid + 1, "<path class=\"grid\" d=\"M74.0,"))
        top = fmin(top, strtod(grid + 28, NULL));
    const char *path = strstr(svg, "<path class=\"c1\" d=\"M");
    if (CHECK(path != NULL))
        for (const char *comma = strchr(path, ','), *end = strchr(path, '/'); comma && comma < end;
             comma = strchr(comma + 1, ','))
            highest = fmin(highest, strtod(comma + 1, NULL));
    CHECK(fabs(highest - top) < 0.11);
    hsn_plot_free(svg);
    free(x);
    free(y);
}

static void test_texts_are_escaped_once_and_gaps_stay(void)
{
    double x[] = {1, 2, 3, 4}, y[] = {1, 2, NAN, 4};
    hsn_plot_line line = {
        .name = "a<b>&\x1b[31m", .note = "n\"o", .x = x, .y = y, .count = 4, .look = HSN_PLOT_DOTS};
    hsn_plot_interval call = {.name = "f<>", .x0 = 1, .y0 = 1, .x1 = 4, .y1 = 4, .color = 1};
    hsn_plot_mark mark = {"p&k", 4, 4};
    hsn_plot_panel panel = {.lines = &line,
                            .line_count = 1,
                            .intervals = &call,
                            .interval_count = 1,
                            .marks = &mark,
                            .mark_count = 1};
    hsn_plot plot = {.title = "t<1>",
                     .subtitle = "s&",
                     .x_unit = HSN_PLOT_STEPS,
                     .panels = &panel,
                     .panel_count = 1};
    char *svg = draw(&plot), *again = draw(&plot);
    CHECK_STR(svg, again);
    CHECK(strstr(svg, "a&lt;b&gt;&amp;\\x1b[31m") && !strstr(svg, "&amp;amp;"));
    CHECK(strstr(svg, "t&lt;1&gt;</title>") && strstr(svg, "p&amp;k</text>"));
    CHECK(!strstr(svg, "nan") && !strstr(svg, "\x1b"));
    const char *path = strstr(svg, "<g class=\"line\">");
    const char *end = path ? strstr(path, "\"/>") : NULL;
    size_t moves = 0;
    path = path ? strstr(path, "d=\"") : NULL;
    for (; path && path < end; path++)
        moves += *path == 'M';
    CHECK_EQ(moves, 2);
    hsn_plot_free(svg);
    hsn_plot_free(again);
}

static void test_small_charts_and_empty_ones(void)
{
    double x[] = {1763424000, 1763510400, 1763596800}, y[] = {0, 0, 0};
    hsn_plot_line line = {.name = "", .x = x, .y = y, .count = 3};
    hsn_plot_panel panels[HSN_PLOT_MAX_PANELS + 1] = {{0}};
    hsn_error err = {0};
    char *svg;
    size_t size;
    for (size_t i = 0; i < 5; i++)
        panels[i] = (hsn_plot_panel){.title = "panel", .lines = &line, .line_count = i % 2};
    hsn_plot plot = {.title = "", .x_unit = HSN_PLOT_CLOCK, .panels = panels, .panel_count = 5};
    svg = draw(&plot);
    CHECK(strstr(svg, "UTC, 2025-11-18 \xe2\x80\xa6 2025-11-20"));
    hsn_plot_free(svg);
    plot.panel_count = 0;
    CHECK_STATUS(hsn_plot_render(&plot, &svg, &size, &err), HSN_EINVAL);
    plot.panel_count = HSN_PLOT_MAX_PANELS + 1;
    CHECK_STATUS(hsn_plot_render(&plot, &svg, &size, NULL), HSN_ELIMIT);
}

static void test_charts_survive_every_failing_allocation(void)
{
    double x[] = {1, 2}, y[] = {3, 4};
    hsn_plot_line line = {.name = "line", .x = x, .y = y, .count = 2, .look = HSN_PLOT_DOTS};
    hsn_plot_mark mark = {"peak", 2, 4};
    hsn_plot_panel panel = {.lines = &line, .line_count = 1, .marks = &mark, .mark_count = 1};
    hsn_plot plot = {.title = "t", .panels = &panel, .panel_count = 1};
    char *whole = draw(&plot);
    for (uint64_t nth = 1; nth < 10000; nth++) {
        char *svg = NULL;
        size_t size;
        hsn__alloc_fail_at(nth, true);
        int r = hsn_plot_render(&plot, &svg, &size, NULL);
        bool done = hsn__alloc_fail_at(0, false) < nth;
        if (r >= 0)
            CHECK_STR(svg, whole);
        hsn_plot_free(svg);
        if (done)
            break;
        CHECK_EQ(r, HSN_ENOMEM);
    }
    hsn_plot_free(whole);
}

CHECK_MAIN(CHECK_CASE(test_ticks_cover_what_they_are_for_with_a_round_step),
           CHECK_CASE(test_ticks_bear_a_single_value),
           CHECK_CASE(test_long_lines_are_thinned_and_keep_their_peak),
           CHECK_CASE(test_texts_are_escaped_once_and_gaps_stay),
           CHECK_CASE(test_small_charts_and_empty_ones),
           CHECK_CASE(test_charts_survive_every_failing_allocation))
