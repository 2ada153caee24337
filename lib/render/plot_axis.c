// SPDX-License-Identifier: MIT
// Axes: round steps for bytes, numbers, durations and clocks, and the texts at them.
#include "render/plot_private.h"

#include <math.h>
#include <string.h>

#include "render/draw_private.h"
#include "render/units.h"

enum { DAY = 86400 };

// ---- steps ------------------------------------------------------------------------------------

// The smallest of 1, 2, 5 × 10^n that is at least `raw`.
static double decimal_step(double raw)
{
    double power = pow(10, floor(log10(raw)));
    static const double factors[] = {1, 2, 5, 10};
    for (size_t i = 0; i < 4; i++)
        if (power * factors[i] >= raw * (1 - 1e-9))
            return power * factors[i];
    return power * 10;
}

static double time_step(double raw)
{
    static const double steps[] = {1,       2,       5,        10,       15,       30,
                                   60,      120,     300,      600,      900,      1800,
                                   3600,    7200,    10800,    21600,    43200,    DAY,
                                   2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 182 * DAY};
    if (raw <= 0.5)
        return decimal_step(raw);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i] >= raw)
            return steps[i];
    return decimal_step(fmax(1, raw / (365.0 * DAY))) * 365 * DAY;
}

static double step_for(hsn_plot_unit unit, double raw)
{
    switch (unit) {
    case HSN_PLOT_BYTES:
        return raw <= 1 ? 1 : exp2(ceil(log2(raw) - 1e-9));
    case HSN_PLOT_SECONDS:
    case HSN_PLOT_CLOCK:
        return time_step(raw);
    case HSN_PLOT_STEPS:
        return raw <= 1 ? 1 : decimal_step(raw);
    default:
        return decimal_step(raw);
    }
}

size_t hsn_plot_ticks(hsn_plot_unit unit, double low, double high, size_t most, double *out)
{
    if (!(low < high))
        high = low + (unit == HSN_PLOT_NUMBER ? fabs(low) > 1 ? fabs(low) * 0.1 : 1 : 1);
    double step = step_for(unit, (high - low) / (double)(most > 2 ? most - 1 : 1)), first, last;
    for (;;) {
        first = floor(low / step + 1e-9);
        last = ceil(high / step - 1e-9);
        if (last - first + 1 <= (double)most || most <= 2)
            break;
        step = step_for(unit, step * 1.01);
    }
    if (most <= 2) {
        out[0] = first * step;
        out[1] = last * step;
        return 2;
    }
    size_t count = 0;
    for (double i = first; i <= last && count < most; i++)
        out[count++] = i * step;
    return count;
}

void hsn__plot_axis_set(hsn__plot_axis *axis, hsn_plot_unit unit, double low, double high,
                        size_t most, bool grow)
{
    axis->unit = unit;
    axis->low = low;
    axis->high = high;
    axis->tick_count = hsn_plot_ticks(unit, low, high, most, axis->ticks);
    if (grow || !(low < high)) {
        axis->low = axis->ticks[0];
        axis->high = axis->ticks[axis->tick_count - 1];
        return;
    }
    size_t kept = 0;
    double slack = (high - low) * 1e-9;
    for (size_t i = 0; i < axis->tick_count; i++)
        if (axis->ticks[i] >= low - slack && axis->ticks[i] <= high + slack)
            axis->ticks[kept++] = axis->ticks[i];
    axis->tick_count = kept;
}

double hsn__plot_at(const hsn__plot_axis *axis, double value)
{
    return axis->from + (value - axis->low) / (axis->high - axis->low) * (axis->to - axis->from);
}

// ---- texts ------------------------------------------------------------------------------------

static void put_trimmed(hsn__buf *out, double value, int decimals)
{
    hsn__units_real(out, value, decimals);
    if (!decimals || out->failed)
        return;
    while (out->size && out->data[out->size - 1] == '0')
        out->size--;
    if (out->size && out->data[out->size - 1] == '.')
        out->size--;
}

static void put_bytes(hsn__buf *out, double value)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    hsn__buf_puts(out, value < 0 ? "-" : "");
    for (value = fabs(value); value >= 1024 && unit < 6; value /= 1024)
        unit++;
    put_trimmed(out, value, unit ? 2 : 0);
    hsn__buf_putc(out, ' ');
    hsn__buf_puts(out, units[unit]);
}

static void put_number(hsn__buf *out, double value)
{
    if (value < 0)
        hsn__buf_putc(out, '-');
    value = fabs(value);
    if (value >= 1000 && value < 1e15)
        hsn__draw_number(out, (uint64_t)(value + 0.5));
    else if (value >= 1e15)
        hsn__buf_printf(out, "%.3g", value);
    else
        put_trimmed(out, value, value >= 1 ? 2 : 4);
}

// In the largest unit that the step allows.
static void put_seconds(hsn__buf *out, double value, double step)
{
    static const struct {
        double seconds;
        const char *name;
    } units[] = {{DAY, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}};
    size_t i = 0;
    while (i < 3 && units[i].seconds > step)
        i++;
    put_trimmed(out, value / units[i].seconds, 3);
    hsn__buf_puts(out, units[i].name);
}

// "2026-11-20T16:31:37Z", cut to what the step needs.
static void put_clock(hsn__buf *out, double value, double step)
{
    hsn__buf whole = {0};
    hsn__units_time(&whole, (int64_t)floor(value) * 1000);
    const char *text = hsn__buf_text(&whole);
    if (strlen(text) != 20)
        hsn__buf_puts(out, text);
    else if (step >= DAY)
        hsn__buf_append(out, text, 10);
    else
        hsn__buf_append(out, text + 11, step >= 60 ? 5 : 8);
    out->failed |= whole.failed;
    hsn__buf_clear(&whole);
}

void hsn__plot_tick(const hsn__plot_axis *axis, double value, hsn__buf *out)
{
    double step = axis->tick_count > 1 ? axis->ticks[1] - axis->ticks[0] : axis->high - axis->low;
    switch (axis->unit) {
    case HSN_PLOT_BYTES:
        put_bytes(out, value);
        break;
    case HSN_PLOT_SECONDS:
        put_seconds(out, value, step);
        break;
    case HSN_PLOT_CLOCK:
        put_clock(out, value, step);
        break;
    default:
        put_number(out, value);
        break;
    }
}

void hsn__plot_value(hsn_plot_unit unit, double value, hsn__buf *out)
{
    switch (unit) {
    case HSN_PLOT_BYTES:
        put_bytes(out, value);
        break;
    case HSN_PLOT_SECONDS:
        put_seconds(out, value, fabs(value));
        break;
    case HSN_PLOT_CLOCK:
        hsn__units_time(out, (int64_t)floor(value) * 1000);
        break;
    default:
        put_number(out, value);
        break;
    }
}

void hsn__plot_axis_name(const hsn__plot_axis *axis, hsn__buf *out)
{
    hsn__buf first = {0}, last = {0};
    switch (axis->unit) {
    case HSN_PLOT_SECONDS:
        hsn__buf_puts(out, "time since the start");
        break;
    case HSN_PLOT_CLOCK:
        put_clock(&first, axis->low, DAY);
        put_clock(&last, axis->high, DAY);
        hsn__buf_puts(out, "UTC, ");
        hsn__buf_puts(out, hsn__buf_text(&first));
        if (strcmp(hsn__buf_text(&first), hsn__buf_text(&last)) != 0) {
            hsn__buf_puts(out, " \xe2\x80\xa6 ");
            hsn__buf_puts(out, hsn__buf_text(&last));
        }
        break;
    case HSN_PLOT_STEPS:
        hsn__buf_puts(out, "snapshot");
        break;
    default:
        break;
    }
    out->failed |= first.failed || last.failed;
    hsn__buf_clear(&first);
    hsn__buf_clear(&last);
}
