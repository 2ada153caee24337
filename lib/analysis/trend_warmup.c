// SPDX-License-Identifier: MIT
// Where a warm-up ends: the start of a series that no straight line shares with the rest.
//
// White's MSER drops as many values at the start as makes the standard error of the mean of the
// rest least: squares about the mean by the square of the number kept. A heap may grow, so squares
// about a straight line take the place of those about the mean. What is dropped counts as a
// warm-up only when that is plainly better than dropping nothing, and when it rose several times as
// fast as the rest does: a spike, a step back or noise is none.
#include "heapsnap/trend.h"

#include <math.h>

enum {
    FEWEST = 8,    // values
    STEEPER = 4,   // times
    PLAINER = 4,   // times less
    MOST_PART = 3, // a third
    BEYOND = 3,    // standard deviations of the rest
};

// Sums of a series from some value on, about its last value.
typedef struct sums {
    double n, x, y, xx, xy, yy;
} sums;

static void add(sums *to, double x, double y)
{
    to->n++;
    to->x += x;
    to->y += y;
    to->xx += x * x;
    to->xy += x * y;
    to->yy += y * y;
}

static double line_rate(const sums *of)
{
    return (of->n * of->xy - of->x * of->y) / (of->n * of->xx - of->x * of->x);
}

// Squares about the line that fits best, by the square of their number.
static double error_of(const sums *of)
{
    double xx = of->xx - of->x * of->x / of->n, yy = of->yy - of->y * of->y / of->n;
    double xy = of->xy - of->x * of->y / of->n;
    return fmax(yy - xy * xy / xx, 0) / (of->n * of->n);
}

static double time_at(const hsn_trend_series *series, size_t i)
{
    return series->times ? series->times[i] : (double)i;
}

size_t hsn_trend_warmup(const hsn_trend_series *series)
{
    size_t count = series->count, best = 0;
    sums rest = {0};
    double least = INFINITY, all = 0, rate = 0;
    if (count < FEWEST)
        return 0;
    double last_time = time_at(series, count - 1), last = series->values[count - 1];
    for (size_t i = count; i-- > 0;) {
        add(&rest, time_at(series, i) - last_time, series->values[i] - last);
        if (i > count / MOST_PART)
            continue;
        all = error_of(&rest);
        if (all <= least) {
            least = all;
            best = i;
            rate = line_rate(&rest);
        }
    }
    if (!best || least * PLAINER > all)
        return 0;
    double rise = series->values[best] - series->values[0];
    double early = rise / (time_at(series, best) - time_at(series, 0));
    double deviation = sqrt(least * (double)(count - best));
    return rise > BEYOND * deviation && early >= STEEPER * rate ? best : 0;
}
