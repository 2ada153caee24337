// SPDX-License-Identifier: MIT
// plot: charts as SVG: lines over time, intervals, marks; one panel or many small ones.
#ifndef HEAPSNAP_PLOT_H
#define HEAPSNAP_PLOT_H

#include "heapsnap/status.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What the numbers of an axis are. */
typedef enum hsn_plot_unit {
    HSN_PLOT_NUMBER,  /**< ticks of 1, 2, 5 × 10^n: 20 000 */
    HSN_PLOT_BYTES,   /**< ticks of powers of two: 64 MiB */
    HSN_PLOT_SECONDS, /**< since the start: 30 s, 5 min, 2 h */
    HSN_PLOT_CLOCK,   /**< seconds since 1970, shown as UTC */
    HSN_PLOT_STEPS,   /**< 1, 2, 3 …: whole numbers only */
} hsn_plot_unit;

/** How a line is drawn. 0 = in the next of eight colours, each with dashes of its own. */
enum hsn_plot_look {
    HSN_PLOT_DOTS = 1,    /**< a dot at every value, as long as there are few */
    HSN_PLOT_THIN = 2,    /**< thin and dashed: a fit through another line, of the same colour */
    HSN_PLOT_UNNAMED = 4, /**< not in the legend */
    HSN_PLOT_SAME = 8,    /**< colour and dashes of the line before */
};

/** A line. Values that are not finite make a gap. */
typedef struct hsn_plot_line {
    const char *name; /**< for legend and tooltip; "" = none */
    const char *note; /**< more for the tooltip; NULL = none */
    const double *x;
    const double *y;
    size_t count;
    unsigned look; /**< hsn_plot_look bits */
} hsn_plot_line;

/** An interval, drawn as a pair of brackets at its ends: a function from call to return. */
typedef struct hsn_plot_interval {
    const char *name;
    double x0, y0;  /**< where it begins */
    double x1, y1;  /**< where it ends; x1 ≥ x0 */
    unsigned color; /**< equal numbers, equal colour and one name in the legend */
    unsigned level; /**< how many others it lies within: inner brackets are smaller */
} hsn_plot_interval;

/** A point worth naming: the peak. */
typedef struct hsn_plot_mark {
    const char *text;
    double x, y;
} hsn_plot_mark;

typedef struct hsn_plot_panel {
    const char *title; /**< of a small panel; NULL or "" = none */
    const char *note;  /**< right of the title: "+1.2 MiB a step"; NULL = none */
    const hsn_plot_line *lines;
    size_t line_count;
    const hsn_plot_interval *intervals;
    size_t interval_count;
    const hsn_plot_mark *marks;
    size_t mark_count;
    hsn_plot_unit y_unit;
    int y_from_data; /**< the axis need not begin at 0 */
} hsn_plot_panel;

/** One panel is 1200 × 520 pixels; more of them stand in rows of three. */
typedef struct hsn_plot {
    const char *title;
    const char *subtitle;    /**< NULL = none */
    const char *description; /**< a sentence for who cannot see it; NULL = made of the panels */
    hsn_plot_unit x_unit;
    const hsn_plot_panel *panels; /**< they share the x axis */
    size_t panel_count;
} hsn_plot;

/** Most panels of a picture. */
#define HSN_PLOT_MAX_PANELS 300

/**
 * Draw as one SVG without script: light, dark and printed in black and white. Equal charts give
 * equal bytes. Texts may hold anything. Long lines are thinned to what pixels can show, extremes
 * kept.
 *
 * Owns:   *out is the caller's, NUL-terminated; hsn_plot_free().
 * Errors: HSN_EINVAL (no panel), HSN_ELIMIT (panels), HSN_ENOMEM.
 * Cost:   O(values).
 * Source: docs/drawing.md
 */
HSN_API int hsn_plot_render(const hsn_plot *plot, char **out, size_t *out_size, hsn_error *err);
HSN_API void hsn_plot_free(char *svg);

/**
 * Nice ticks: at most `most` (≥ 2) values that cover low … high with a round step. Returns how
 * many, at least 2; `out` has room for `most`. The first is ≤ low and the last ≥ high.
 */
HSN_API size_t hsn_plot_ticks(hsn_plot_unit unit, double low, double high, size_t most,
                              double *out);

#ifdef __cplusplus
}
#endif

#endif
