// SPDX-License-Identifier: MIT
// Unit tests of analysis/timeline.c and store/series.c, against slow twins, on made mprof files.
#include "heapsnap/timeline_svg.h"

#include "check.h"
#include "heapsnap/load.h"
#include "heapsnap/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 60 };
static const double MIB = 1048576;

typedef struct made {
    double t[MOST], v[MOST]; // in order of time
    size_t count;
    char text[16384];
} made;

static bool open_text(const char *text, hsn_store **store, hsn_timeline *out, int expected)
{
    char path[] = "/tmp/heapsnap-test-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    hsn_snapshot_id id;
    hsn_error err = {0};
    if (!CHECK(file != NULL))
        return false;
    fputs(text, file);
    fclose(file);
    bool ok = CHECK_OK(hsn_snapshot_open(store, &id, path, NULL, &err), &err) &&
              CHECK_STATUS(hsn_timeline_read(*store, id, out, &err), expected);
    unlink(path);
    return ok;
}

// Memory as whole MiB, so that no rounding of the reader is in the way; lines in any order.
static void make_random(made *m, check_random *random)
{
    char lines[MOST][64];
    m->count = 1 + check_random_below(random, MOST);
    double t = 1795186701;
    for (size_t i = 0; i < m->count; i++) {
        t += 0.25 * (1 + check_random_below(random, 8));
        m->t[i] = t;
        m->v[i] = MIB * check_random_below(random, 500);
        snprintf(lines[i], sizeof lines[i], "MEM %.6f %.4f\n", m->v[i] / MIB, t);
    }
    for (size_t i = m->count; i-- > 1;) {
        size_t other = check_random_below(random, (uint32_t)i + 1);
        char kept[64];
        memcpy(kept, lines[i], 64);
        memcpy(lines[i], lines[other], 64);
        memcpy(lines[other], kept, 64);
    }
    strcpy(m->text, "CMDLINE python3 app.py\n");
    for (size_t i = 0; i < m->count; i++)
        strcat(m->text, lines[i]);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_slope(const made *m)
{
    static double slopes[MOST * MOST];
    size_t n = 0;
    for (size_t i = 0; i < m->count; i++)
        for (size_t j = i + 1; j < m->count; j++)
            slopes[n++] = (m->v[j] - m->v[i]) / (m->t[j] - m->t[i]);
    qsort(slopes, n, sizeof *slopes, by_value);
    return !n ? 0 : n % 2 ? slopes[n / 2] : (slopes[n / 2 - 1] + slopes[n / 2]) / 2;
}

// The slope by the sums over all pairs.
static double least_squares(const made *m)
{
    long double tt = 0, tv = 0;
    for (size_t i = 0; i < m->count; i++)
        for (size_t j = i + 1; j < m->count; j++) {
            long double dt = (long double)m->t[j] - m->t[i];
            tt += dt * dt;
            tv += dt * ((long double)m->v[j] - m->v[i]);
        }
    return tt > 0 ? (double)(tv / tt) : 0;
}

static bool near_to(double a, double b)
{
    return fabs(a - b) <= 1e-6 * (1 + fabs(b));
}

static void test_peaks_and_slopes_equal_their_twins(void)
{
    check_random random = {.state = 5};
    made *m = malloc(sizeof *m);
    for (int round = 0; round < 150; round++) {
        hsn_store *store = NULL;
        hsn_timeline timeline = {0};
        make_random(m, &random);
        if (open_text(m->text, &store, &timeline, HSN_OK) && CHECK_EQ(timeline.curve_count, 1)) {
            const hsn_timeline_curve *curve = &timeline.curves[0];
            size_t peak = 0;
            CHECK_EQ(curve->count, m->count);
            for (size_t i = 0; i < m->count; i++) {
                CHECK(curve->times[i] == m->t[i] && curve->values[i] == m->v[i]);
                peak = m->v[i] > m->v[peak] ? i : peak;
            }
            CHECK_EQ(curve->peak, peak);
            CHECK(near_to(curve->slope, least_squares(m)));
            CHECK(near_to(curve->median_slope, median_slope(m)));
            CHECK(timeline.first_s == m->t[0] && timeline.last_s == m->t[m->count - 1]);
        }
        hsn_timeline_free(&timeline);
        hsn_store_close(store);
    }
    free(m);
}

static void test_calls_nest_and_their_ends_are_samples(void)
{
    static const char text[] = "CMDLINE a\n"
                               "FUNC inner 12.0000 102.0 20.0000 103.0 1\n"
                               "FUNC outer 10.0000 101.0 30.0000 105.0 0\n"
                               "FUNC inner 20.0000 103.5 30.0000 105.0 1\n"
                               "MEM 9.000000 100.0\nMEM 31.000000 106.0\n"
                               "CHLD 7 5.000000 101.0\n";
    hsn_store *store = NULL;
    hsn_timeline timeline = {0};
    hsn_error err = {0};
    char *svg = NULL;
    size_t size;
    if (!open_text(text, &store, &timeline, HSN_OK))
        return;
    CHECK_EQ(timeline.call_count, 3);
    CHECK_EQ(timeline.function_count, 2);
    CHECK_STR(timeline.calls[0].name, "outer");
    CHECK_EQ(timeline.calls[0].depth, 0);
    CHECK_EQ(timeline.calls[1].depth, 1);
    CHECK_EQ(timeline.calls[2].depth, 1);
    CHECK_EQ(timeline.curve_count, 2);
    const char *name = "a.dat";
    if (CHECK_OK(hsn_timeline_render(&timeline, &name, 1, &(hsn_timeline_svg_options){0}, &svg,
                                     &size, &err),
                 &err)) {
        CHECK(strstr(svg, "child 7") && strstr(svg, "outer 4.000 s"));
        CHECK(strstr(svg, "peak 31.0 MiB"));
    }
    for (size_t i = 0; i < timeline.curve_count; i++)
        CHECK_EQ(timeline.curves[i].count, strcmp(timeline.curves[i].name, "rss") ? 1 : 8);
    hsn_plot_free(svg);
    hsn_timeline_free(&timeline);
    hsn_store_close(store);
}

static void test_a_snapshot_without_samples_is_told(void)
{
    hsn_store *store = NULL;
    hsn_timeline timeline = {0};
    open_text("main;f 10\nmain;g 20\n", &store, &timeline, HSN_ENOTFOUND);
    hsn_timeline_free(&timeline);
    hsn_store_close(store);
}

CHECK_MAIN(CHECK_CASE(test_peaks_and_slopes_equal_their_twins),
           CHECK_CASE(test_calls_nest_and_their_ends_are_samples),
           CHECK_CASE(test_a_snapshot_without_samples_is_told))
