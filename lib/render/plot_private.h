// SPDX-License-Identifier: MIT
// What the files of the charts share: axes with their ticks.
#ifndef HSN_RENDER_PLOT_PRIVATE_H
#define HSN_RENDER_PLOT_PRIVATE_H

#include "base/buf.h"
#include "heapsnap/plot.h"

enum { HSN__PLOT_TICKS = 16 };

/** An axis: values low … high lie on pixels from … to. */
typedef struct hsn__plot_axis {
    hsn_plot_unit unit;
    double low, high;
    double from, to;
    double ticks[HSN__PLOT_TICKS];
    size_t tick_count;
} hsn__plot_axis;

/** Ticks for low … high, at most `most`; `grow` makes the axis reach to the outer ones. */
void hsn__plot_axis_set(hsn__plot_axis *axis, hsn_plot_unit unit, double low, double high,
                        size_t most, bool grow);

double hsn__plot_at(const hsn__plot_axis *axis, double value);

/** The text of a tick, as exact as the step of the axis. */
void hsn__plot_tick(const hsn__plot_axis *axis, double value, hsn__buf *out);

/** A value for people, with its unit: "43.1 MiB", "2.5 s", "1 204". */
void hsn__plot_value(hsn_plot_unit unit, double value, hsn__buf *out);

/** What stands below an axis of time: "UTC, 2026-11-20". */
void hsn__plot_axis_name(const hsn__plot_axis *axis, hsn__buf *out);

#endif
