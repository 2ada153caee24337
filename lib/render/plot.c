// SPDX-License-Identifier: MIT
// Charts in SVG: one large panel, or many small ones on the same x axis.
//
// Lines of more values than pixels are thinned to the first, lowest, highest and last value of
// every column, so that no peak is lost. Lines differ in colour and in dashes, so that a print in
// black and white tells them apart.
#include "render/plot_private.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "heapsnap/table.h"
#include "render/draw_private.h"
#include "render/units.h"
#include "render/utf8.h"

enum {
    WIDTH = 1200,
    HEIGHT = 520,      // of one panel
    CELL_HEIGHT = 200, // of a small one
    COLUMNS = 3,
    MARGIN = 12,
    LEFT = 74, // room for the texts of the y axis
    BOTTOM = 44,
    COLORS = 8,
    MOST_DOTS = 80,
    MOST_NAMES = 24, // in the legend
    MOST_LABELS = 64,
};
static const double LETTER = 6.4; // of 12 px Helvetica, generously

static const char style[] = {
#include "plot_css.h"
};

// Where a text stands, so that the next one avoids it.
typedef struct label {
    double left, right, y;
} label;

typedef struct drawing {
    const hsn_plot *plot;
    hsn__buf *out;
    double x_low, x_high;
    label labels[MOST_LABELS];
    size_t label_count;
} drawing;

typedef struct frame {
    double left, top, right, bottom;
    hsn__plot_axis x, y;
} frame;

// ---- texts ------------------------------------------------------------------------------------

static void put_xml(hsn__buf *out, const char *text)
{
    hsn__buf safe = {0};
    hsn__text_escape(&safe, text, strlen(text));
    const char *clean = hsn__buf_text(&safe);
    hsn__draw_put_xml(out, clean, strlen(clean));
    out->failed |= safe.failed;
    hsn__buf_clear(&safe);
}

static double text_width(const char *text)
{
    return LETTER * (double)hsn__utf8_text_columns(text, strlen(text));
}

// A text of at most `room` pixels; what is too long loses its end.
static void put_fitting(hsn__buf *out, const char *text, double room)
{
    size_t most = room > LETTER * 4 ? (size_t)(room / LETTER) : 4;
    hsn__buf cut = {0};
    hsn__draw_clean(&cut, text, most, false);
    const char *clean = hsn__buf_text(&cut);
    hsn__draw_put_xml(out, clean, strlen(clean));
    out->failed |= cut.failed;
    hsn__buf_clear(&cut);
}

static void put_point(hsn__buf *out, double x, double y)
{
    hsn__units_real(out, x, 1);
    hsn__buf_putc(out, ',');
    hsn__units_real(out, y, 1);
}

static void put_attribute(hsn__buf *out, const char *name, double value)
{
    hsn__buf_printf(out, " %s=\"", name);
    hsn__units_real(out, value, 1);
    hsn__buf_putc(out, '"');
}

static void open_text(hsn__buf *out, const char *look, double x, double y, const char *anchor)
{
    hsn__buf_printf(out, "<text class=\"%s\"", look);
    put_attribute(out, "x", x);
    put_attribute(out, "y", y);
    if (*anchor)
        hsn__buf_printf(out, " text-anchor=\"%s\"", anchor);
    hsn__buf_putc(out, '>');
}

// ---- extents ----------------------------------------------------------------------------------

static void stretch(double value, double *low, double *high)
{
    if (!isfinite(value))
        return;
    *low = fmin(*low, value);
    *high = fmax(*high, value);
}

static void find_x(drawing *d)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t p = 0; p < d->plot->panel_count; p++) {
        const hsn_plot_panel *panel = &d->plot->panels[p];
        for (size_t i = 0; i < panel->line_count; i++)
            for (size_t k = 0; k < panel->lines[i].count; k++)
                stretch(panel->lines[i].x[k], &low, &high);
        for (size_t i = 0; i < panel->interval_count; i++) {
            stretch(panel->intervals[i].x0, &low, &high);
            stretch(panel->intervals[i].x1, &low, &high);
        }
    }
    d->x_low = low <= high ? low : 0;
    d->x_high = low <= high ? high : 1;
}

static void find_y(const hsn_plot_panel *panel, double *out_low, double *out_high)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < panel->line_count; i++)
        for (size_t k = 0; k < panel->lines[i].count; k++)
            stretch(panel->lines[i].y[k], &low, &high);
    for (size_t i = 0; i < panel->interval_count; i++) {
        stretch(panel->intervals[i].y0, &low, &high);
        stretch(panel->intervals[i].y1, &low, &high);
    }
    if (!(low <= high))
        low = high = 0;
    *out_low = panel->y_from_data ? low : fmin(low, 0);
    *out_high = panel->y_from_data ? high : fmax(high, 0);
}

// ---- axes -------------------------------------------------------------------------------------

static void put_axes(drawing *d, const frame *f, bool small)
{
    hsn__buf *out = d->out;
    for (size_t i = 0; i < f->y.tick_count; i++) {
        double y = hsn__plot_at(&f->y, f->y.ticks[i]);
        hsn__buf_puts(out, "<path class=\"grid\" d=\"M");
        put_point(out, f->left, y);
        hsn__buf_puts(out, "H");
        hsn__units_real(out, f->right, 1);
        hsn__buf_puts(out, "\"/>");
        open_text(out, "tick", f->left - 6, y + 4, "end");
        hsn__plot_tick(&f->y, f->y.ticks[i], out);
        hsn__buf_puts(out, "</text>\n");
    }
    for (size_t i = 0; i < f->x.tick_count; i++) {
        double x = hsn__plot_at(&f->x, f->x.ticks[i]);
        hsn__buf_puts(out, "<path class=\"axis\" d=\"M");
        put_point(out, x, f->bottom);
        hsn__buf_puts(out, "v5\"/>");
        open_text(out, "tick", x, f->bottom + 18, "middle");
        hsn__plot_tick(&f->x, f->x.ticks[i], out);
        hsn__buf_puts(out, "</text>\n");
    }
    hsn__buf_puts(out, "<path class=\"axis\" d=\"M");
    put_point(out, f->left, f->top);
    hsn__buf_puts(out, "V");
    hsn__units_real(out, f->bottom, 1);
    hsn__buf_puts(out, "H");
    hsn__units_real(out, f->right, 1);
    hsn__buf_puts(out, "\"/>\n");
    if (small)
        return;
    open_text(out, "faint", (f->left + f->right) / 2, f->bottom + 36, "middle");
    hsn__plot_axis_name(&f->x, out);
    hsn__buf_puts(out, "</text>\n");
}

// ---- lines ------------------------------------------------------------------------------------

typedef struct pen {
    hsn__buf *out;
    bool down;
    char last; // command of the path
} pen;

static void draw_to(pen *p, double x, double y)
{
    char command = p->down ? 'L' : 'M';
    if (command != p->last || command == 'M')
        hsn__buf_putc(p->out, command);
    else
        hsn__buf_putc(p->out, ' ');
    put_point(p->out, x, y);
    p->down = true;
    p->last = command;
}

// What one column of pixels shows of a line.
typedef struct column {
    double x, first, low, high, last;
    bool low_first, any;
} column;

static void close_column(pen *p, const column *c)
{
    if (!c->any)
        return;
    draw_to(p, c->x, c->first);
    if (c->low != c->high) {
        draw_to(p, c->x, c->low_first ? c->low : c->high);
        draw_to(p, c->x, c->low_first ? c->high : c->low);
    }
    if (c->last != c->first || c->low != c->high)
        draw_to(p, c->x, c->last);
}

static void put_path(const frame *f, const hsn_plot_line *line, hsn__buf *out)
{
    bool thin = (double)line->count > 3 * (f->right - f->left);
    pen p = {.out = out};
    column c = {0};
    for (size_t i = 0; i < line->count; i++) {
        if (!isfinite(line->x[i]) || !isfinite(line->y[i])) {
            close_column(&p, &c);
            c.any = p.down = false;
            continue;
        }
        double x = hsn__plot_at(&f->x, line->x[i]), y = hsn__plot_at(&f->y, line->y[i]);
        if (!thin) {
            draw_to(&p, x, y);
            continue;
        }
        x = floor(x) + 0.5;
        if (!c.any || c.x != x) {
            close_column(&p, &c);
            c = (column){.x = x, .first = y, .low = y, .high = y, .any = true};
        }
        if (y < c.low) {
            c.low = y;
            c.low_first = false;
        }
        if (y > c.high) {
            c.high = y;
            c.low_first = true;
        }
        c.last = y;
    }
    close_column(&p, &c);
}

static void put_line_title(const hsn_plot *plot, const hsn_plot_panel *panel,
                           const hsn_plot_line *line, hsn__buf *out)
{
    (void)plot;
    hsn__buf_puts(out, "<title>");
    put_xml(out, line->name);
    if (line->count) {
        hsn__buf_puts(out, *line->name ? ": " : "");
        hsn__plot_value(panel->y_unit, line->y[0], out);
        hsn__buf_puts(out, " \xe2\x86\x92 ");
        hsn__plot_value(panel->y_unit, line->y[line->count - 1], out);
    }
    if (line->note) {
        hsn__buf_putc(out, '\n');
        put_xml(out, line->note);
    }
    hsn__buf_puts(out, "</title>");
}

static void put_dots(const drawing *d, const frame *f, const hsn_plot_panel *panel,
                     const hsn_plot_line *line, unsigned color, hsn__buf *out)
{
    if (!(line->look & HSN_PLOT_DOTS) || line->count > MOST_DOTS)
        return;
    for (size_t i = 0; i < line->count; i++) {
        if (!isfinite(line->x[i]) || !isfinite(line->y[i]))
            continue;
        hsn__buf_printf(out, "<circle class=\"c%u\" r=\"2.6\"", color);
        put_attribute(out, "cx", hsn__plot_at(&f->x, line->x[i]));
        put_attribute(out, "cy", hsn__plot_at(&f->y, line->y[i]));
        hsn__buf_puts(out, "><title>");
        hsn__plot_value(d->plot->x_unit, line->x[i], out);
        hsn__buf_puts(out, ": ");
        hsn__plot_value(panel->y_unit, line->y[i], out);
        hsn__buf_puts(out, "</title></circle>");
    }
}

static unsigned next_color(const hsn_plot_line *line, unsigned *used)
{
    if (!(line->look & HSN_PLOT_SAME) || !*used)
        ++*used;
    return (*used - 1) % COLORS + 1;
}

static void put_lines(drawing *d, const frame *f, const hsn_plot_panel *panel)
{
    unsigned used = 0;
    for (size_t i = 0; i < panel->line_count; i++) {
        const hsn_plot_line *line = &panel->lines[i];
        unsigned color = next_color(line, &used);
        hsn__buf_printf(d->out, "<g class=\"line%s\">", line->look & HSN_PLOT_THIN ? " thin" : "");
        put_line_title(d->plot, panel, line, d->out);
        hsn__buf_printf(d->out, "<path class=\"c%u\" d=\"", color);
        put_path(f, line, d->out);
        hsn__buf_puts(d->out, "\"/>");
        put_dots(d, f, panel, line, color, d->out);
        hsn__buf_puts(d->out, "</g>\n");
    }
}

// ---- intervals and marks ----------------------------------------------------------------------

// `side` 1 opens, -1 closes. Brackets at one place stand around each other.
static void put_bracket(hsn__buf *out, double x, double y, unsigned level, int side)
{
    int half = 16 - 4 * (int)(level < 2 ? level : 2);
    hsn__buf_puts(out, "M");
    put_point(out, x + 5 * side, y - half);
    hsn__buf_printf(out, "h%dv%dh%d", -5 * side, 2 * half, 5 * side);
}

static void put_intervals(drawing *d, const frame *f, const hsn_plot_panel *panel)
{
    for (size_t i = 0; i < panel->interval_count; i++) {
        const hsn_plot_interval *one = &panel->intervals[i];
        hsn__buf_puts(d->out, "<g class=\"call\"><title>");
        put_xml(d->out, one->name);
        hsn__buf_puts(d->out, "\n");
        hsn__plot_value(HSN_PLOT_SECONDS, one->x1 - one->x0, d->out);
        hsn__buf_puts(d->out, ", ");
        hsn__plot_value(panel->y_unit, one->y0, d->out);
        hsn__buf_puts(d->out, " \xe2\x86\x92 ");
        hsn__plot_value(panel->y_unit, one->y1, d->out);
        hsn__buf_printf(d->out, "</title><path class=\"c%u\" d=\"", one->color % COLORS + 1);
        put_bracket(d->out, hsn__plot_at(&f->x, one->x0), hsn__plot_at(&f->y, one->y0), one->level,
                    1);
        put_bracket(d->out, hsn__plot_at(&f->x, one->x1), hsn__plot_at(&f->y, one->y1), one->level,
                    -1);
        hsn__buf_puts(d->out, "\"/></g>\n");
    }
}

static bool is_free(const drawing *d, const label *one)
{
    for (size_t i = 0; i < d->label_count; i++) {
        const label *other = &d->labels[i];
        if (one->left < other->right && other->left < one->right && fabs(one->y - other->y) < 14)
            return false;
    }
    return true;
}

// A place for a text near x, y within the panel that no other text has.
static label find_place(drawing *d, const frame *f, double x, double y, double width)
{
    label one = {.left = x + 8};
    if (one.left + width > f->right)
        one.left = x - 8 - width;
    one.left = fmax(one.left, f->left + 2);
    one.right = one.left + width;
    for (int i = 0; i < 16; i++) {
        double shift = (double)((i + 1) / 2) * 14 * (i % 2 ? 1 : -1);
        one.y = y - 8 + shift + (i % 2 ? 8 : 0);
        if (one.y > f->top + 10 && one.y < f->bottom - 4 && is_free(d, &one))
            break;
    }
    if (d->label_count < MOST_LABELS)
        d->labels[d->label_count++] = one;
    return one;
}

static void put_marks(drawing *d, const frame *f, const hsn_plot_panel *panel)
{
    d->label_count = 0;
    for (size_t i = 0; i < panel->mark_count; i++) {
        const hsn_plot_mark *mark = &panel->marks[i];
        double x = hsn__plot_at(&f->x, mark->x), y = hsn__plot_at(&f->y, mark->y);
        label place = find_place(d, f, x, y, text_width(mark->text));
        hsn__buf_puts(d->out, "<g class=\"mark\"><circle r=\"4\"");
        put_attribute(d->out, "cx", x);
        put_attribute(d->out, "cy", y);
        hsn__buf_puts(d->out, "/>");
        open_text(d->out, "", place.left, place.y, "");
        put_xml(d->out, mark->text);
        hsn__buf_puts(d->out, "</text></g>\n");
    }
}

// ---- legend -----------------------------------------------------------------------------------

typedef struct legend {
    double x, y; // where the next name stands
    size_t names, more;
} legend;

static void put_name(drawing *d, legend *l, const char *name, unsigned color, const char *look,
                     const char *path)
{
    double width = fmin(text_width(name), 420) + 58;
    if (l->names >= MOST_NAMES) {
        l->more++;
        return;
    }
    if (l->names && l->x + width > WIDTH - MARGIN) {
        l->x = LEFT;
        l->y += 18;
    }
    if (d->out) {
        hsn__buf_printf(d->out, "<g class=\"key\"><path class=\"c%u %s\" d=\"M", color, look);
        put_point(d->out, l->x, l->y - 4);
        hsn__buf_printf(d->out, "%s\"/>", path);
        open_text(d->out, "", l->x + 34, l->y, "");
        put_fitting(d->out, name, 420);
        hsn__buf_puts(d->out, "</text></g>\n");
    }
    l->x += width;
    l->names++;
}

// Names of lines and intervals; returns the pixels that they take. Without d->out only that.
static double put_legend(drawing *d, const hsn_plot_panel *panel, double y)
{
    legend l = {.x = LEFT, .y = y};
    unsigned used = 0;
    uint64_t seen = 0; // colours of intervals
    for (size_t i = 0; i < panel->line_count; i++) {
        const hsn_plot_line *line = &panel->lines[i];
        unsigned color = next_color(line, &used);
        if (*line->name && !(line->look & HSN_PLOT_UNNAMED))
            put_name(d, &l, line->name, color, line->look & HSN_PLOT_THIN ? "thin" : "", "h28");
    }
    for (size_t i = 0; i < panel->interval_count; i++) {
        const hsn_plot_interval *one = &panel->intervals[i];
        if (one->color < 64 && (seen >> one->color & 1))
            continue;
        if (one->color < 64)
            seen |= UINT64_C(1) << one->color;
        put_name(d, &l, one->name, one->color % COLORS + 1, "bracket",
                 "m9,-5h-5v10h5m10,-10h5v10h-5");
    }
    if (l.more && d->out) {
        open_text(d->out, "faint", LEFT, l.y + 16, "");
        hsn__buf_puts(d->out, "and ");
        hsn__draw_number(d->out, l.more);
        hsn__buf_puts(d->out, " more</text>\n");
    }
    return l.names ? l.y - y + 18 + (l.more ? 18 : 0) : 0;
}

// ---- the picture ------------------------------------------------------------------------------

static void put_panel(drawing *d, frame *f, const hsn_plot_panel *panel, bool small)
{
    double low, high;
    find_y(panel, &low, &high);
    f->x.from = f->left;
    f->x.to = f->right;
    f->y.from = f->bottom;
    f->y.to = f->top;
    hsn__plot_axis_set(&f->x, d->plot->x_unit, d->x_low, d->x_high, small ? 5 : 13, false);
    hsn__plot_axis_set(&f->y, panel->y_unit, low, high, small ? 4 : 9, true);
    put_axes(d, f, small);
    put_lines(d, f, panel);
    put_intervals(d, f, panel);
    put_marks(d, f, panel);
}

static void put_small(drawing *d, size_t number, double top)
{
    const hsn_plot_panel *panel = &d->plot->panels[number];
    double cell = (WIDTH - 2.0 * MARGIN) / COLUMNS;
    double left = MARGIN + (double)(number % COLUMNS) * cell;
    double y = top + (double)(number / COLUMNS) * CELL_HEIGHT;
    frame f = {.left = left + 66,
               .right = left + cell - 18,
               .top = y + 52,
               .bottom = y + CELL_HEIGHT - 32};
    hsn__buf_puts(d->out, "<g role=\"img\">\n");
    if (panel->title && *panel->title) {
        hsn__buf_puts(d->out, "<title>");
        put_xml(d->out, panel->title);
        hsn__buf_puts(d->out, "</title>");
        open_text(d->out, "name", left + 8, y + 16, "");
        put_fitting(d->out, panel->title, (cell - 24) * 0.9);
        hsn__buf_puts(d->out, "</text>\n");
    }
    if (panel->note) {
        open_text(d->out, "faint", left + 8, y + 32, "");
        put_fitting(d->out, panel->note, cell - 24);
        hsn__buf_puts(d->out, "</text>\n");
    }
    put_panel(d, &f, panel, true);
    hsn__buf_puts(d->out, "</g>\n");
}

static void put_description(const drawing *d)
{
    const hsn_plot *plot = d->plot;
    if (plot->description) {
        put_xml(d->out, plot->description);
        return;
    }
    hsn__buf_printf(d->out, "A chart of %zu panel%s.", plot->panel_count,
                    plot->panel_count == 1 ? "" : "s");
}

static void put_head(drawing *d, double height)
{
    const hsn_plot *plot = d->plot;
    hsn__buf *out = d->out;
    hsn__buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    hsn__buf_printf(out,
                    "<svg class=\"hsn-plot\" role=\"img\" lang=\"en\" xml:lang=\"en\" "
                    "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
                    "xmlns=\"http://www.w3.org/2000/svg\" aria-label=\"",
                    WIDTH, (int)height, WIDTH, (int)height);
    put_xml(out, plot->title);
    hsn__buf_puts(out, "\">\n<title>");
    put_xml(out, plot->title);
    hsn__buf_puts(out, "</title>\n<desc>");
    put_description(d);
    hsn__buf_puts(out, "</desc>\n<style><![CDATA[\n");
    hsn__buf_puts(out, style);
    hsn__buf_puts(out, "]]></style>\n");
    hsn__buf_printf(out, "<rect class=\"page\" width=\"%d\" height=\"%d\"/>\n", WIDTH, (int)height);
    open_text(out, "heading", MARGIN, 22, "");
    put_fitting(out, plot->title, WIDTH * 0.8);
    hsn__buf_puts(out, "</text>\n");
    if (plot->subtitle) {
        open_text(out, "faint", MARGIN, 40, "");
        put_fitting(out, plot->subtitle, WIDTH - 2.0 * MARGIN);
        hsn__buf_puts(out, "</text>\n");
    }
}

static void draw_one(drawing *d, double top)
{
    const hsn_plot_panel *panel = d->plot->panels;
    hsn__buf *out = d->out;
    d->out = NULL;
    double names = put_legend(d, panel, top + 14);
    d->out = out;
    double height = top + names + HEIGHT;
    frame f = {
        .left = LEFT, .right = WIDTH - 24, .top = top + names + 10, .bottom = height - BOTTOM};
    put_head(d, height);
    put_legend(d, panel, top + 14);
    put_panel(d, &f, panel, false);
}

static void draw_many(drawing *d, double top)
{
    size_t rows = (d->plot->panel_count + COLUMNS - 1) / COLUMNS;
    hsn__plot_axis x;
    put_head(d, top + 22 + (double)rows * CELL_HEIGHT);
    for (size_t i = 0; i < d->plot->panel_count; i++)
        put_small(d, i, top);
    hsn__plot_axis_set(&x, d->plot->x_unit, d->x_low, d->x_high, 5, false);
    open_text(d->out, "faint", WIDTH / 2.0, top + (double)rows * CELL_HEIGHT + 8, "middle");
    hsn__plot_axis_name(&x, d->out);
    hsn__buf_puts(d->out, "</text>\n");
}

int hsn_plot_render(const hsn_plot *plot, char **out, size_t *out_size, hsn_error *err)
{
    hsn__buf svg = {0};
    drawing d = {.plot = plot, .out = &svg};
    double top = plot->subtitle ? 50 : 32;
    *out = NULL;
    *out_size = 0;
    if (!plot->panel_count)
        return hsn__fail(err, HSN_EINVAL, NULL, "a chart needs a panel");
    if (plot->panel_count > HSN_PLOT_MAX_PANELS)
        return hsn__fail_limit(err, "panels", HSN_PLOT_MAX_PANELS);
    find_x(&d);
    if (plot->panel_count == 1)
        draw_one(&d, top);
    else
        draw_many(&d, top);
    hsn__buf_puts(&svg, "</svg>\n");
    if (svg.failed) {
        hsn__buf_clear(&svg);
        return hsn__fail_memory(err);
    }
    *out_size = svg.size;
    hsn__buf_text(&svg);
    *out = svg.data;
    return HSN_OK;
}

void hsn_plot_free(char *svg)
{
    hsn__free(svg);
}
