// SPDX-License-Identifier: MIT
// Boxes upon boxes in SVG: a box is as wide as its share and touches the one that it belongs to.
//
// Boxes come in preorder, so one pass places them. The picture is whole without its script, which
// only moves what is there: in a page that runs none, in a print, in another program. Every box is
// one flat group, since parsers of XML bound the depth of nesting and stacks may be ten thousand
// frames deep. Boxes below a quarter of a pixel are left out; when that is not enough for
// HSN__BOXES_MAX_BYTES the bound rises to what the widest boxes that fit allow. Both are said in
// the picture.
#include "render/boxes_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "render/draw_private.h"
#include "render/utf8.h"

enum { WIDTH = 1200, MARGIN = 10, ROW = 18, HEAD = 88, FOOT = 10 };
static const double LETTER = 6.62; // of 11 px in monospaced fonts
#define LETTER_TEXT "6.62"
static const double NARROWEST = 0.25;
static const double ROOM = 0.97; // of the bytes allowed, for boxes that say more than the average

static const char style[] = {
#include "flame_css.h"
};
static const char script[] = {
#include "flame_js.h"
};

// Fills of a differential picture: a colour, and lines that rise or fall, denser when more changed.
static const struct hatch {
    const char *name, *fill, *line, *path;
    int step;
} hatches[] = {
    {"up1", "#fbdcd7", "#e9a79c", "M-1,1l2,-2M0,12l12,-12M11,13l2,-2", 12},
    {"up2", "#f7bdb3", "#dc7f70", "M-1,1l2,-2M0,9l9,-9M8,10l2,-2", 9},
    {"up3", "#f29c8e", "#d87362", "M-1,1l2,-2M0,7l7,-7M6,8l2,-2", 7},
    {"up4", "#ee8373", "#d4624f", "M-1,1l2,-2M0,5l5,-5M4,6l2,-2", 5},
    {"down1", "#dbe8f8", "#a3c0e6", "M-1,11l2,2M0,0l12,12M11,-1l2,2", 12},
    {"down2", "#bcd5f2", "#7ba5dc", "M-1,8l2,2M0,0l9,9M8,-1l2,2", 9},
    {"down3", "#9cc0ec", "#6d9bdb", "M-1,6l2,2M0,0l7,7M6,-1l2,2", 7},
    {"down4", "#84b0e8", "#5d8fd6", "M-1,4l2,2M0,0l5,5M4,-1l2,2", 5},
};

typedef struct drawing {
    const hsn__boxes *boxes;
    hsn__buf *out;
    double *left; // by box: where it begins
    double *next; // by box: where the next one above or below it begins
    double scale; // pixels a unit
    double least; // narrower ones are left out
    uint64_t dropped;
    size_t drawn;  // boxes so far
    uint32_t rows; // levels that are drawn
    hsn__box_text text;
} drawing;

// ---- texts ------------------------------------------------------------------------------------

// At most `most` columns, with "…" where it is cut.
static void put_cut(hsn__buf *out, const char *text, double most)
{
    size_t size = strlen(text), at = 0, columns = 0;
    bool fits = (double)hsn__utf8_text_columns(text, size) <= most;
    while (at < size && !fits) {
        uint32_t character;
        size_t bytes = hsn__utf8_decode(text + at, size - at, &character);
        columns += hsn__utf8_columns(character);
        if ((double)columns > most - 1)
            break;
        at += bytes ? bytes : 1;
    }
    hsn__draw_put_xml(out, text, fits ? size : at);
    if (!fits)
        hsn__buf_puts(out, "\xe2\x80\xa6");
}

// Four decimals at most, in every locale: exact enough to zoom into the narrowest box.
static void put_pixels(hsn__buf *out, double pixels)
{
    char text[24];
    uint64_t value = (uint64_t)(pixels * 10000 + 0.5);
    int size =
        snprintf(text, sizeof text, "%" PRIu64 ".%04u", value / 10000, (unsigned)(value % 10000));
    while (text[size - 1] == '0')
        size--;
    hsn__buf_append(out, text, (size_t)size - (text[size - 1] == '.'));
}

static void put_xml(hsn__buf *out, const char *text)
{
    hsn__draw_put_xml(out, text, strlen(text));
}

// ---- head -------------------------------------------------------------------------------------

static void put_line(drawing *d, const char *look, int y, const char *text)
{
    hsn__buf_printf(d->out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", look, MARGIN, y);
    put_xml(d->out, text);
    hsn__buf_puts(d->out, "</text>\n");
}

// What is not there.
static void put_missing(drawing *d, hsn__buf *text)
{
    uint64_t narrow = d->dropped + d->boxes->dropped;
    if (narrow) {
        hsn__draw_number(text, narrow);
        hsn__buf_puts(text, narrow == 1 ? " box narrower than " : " boxes narrower than ");
        put_pixels(text, d->least);
        hsn__buf_printf(text, " px %s left out with all %s", narrow == 1 ? "is" : "are",
                        d->boxes->upwards ? "on top" : "below");
    }
    if (d->boxes->dropped_deep) {
        hsn__buf_puts(text, narrow ? "; " : "");
        hsn__draw_number(text, d->boxes->dropped_deep);
        hsn__buf_printf(text, " deeper than %" PRIu32 " levels too", d->boxes->max_depth);
    }
}

static void put_legend(drawing *d)
{
    int x = MARGIN;
    hsn__buf_puts(d->out, "<g class=\"key\">\n");
    for (size_t i = 0; i < d->boxes->legend_count; i++) {
        const hsn__box_legend *row = &d->boxes->legend[i];
        hsn__buf_printf(d->out,
                        "<rect class=\"%s\" x=\"%d\" y=\"48\" width=\"22\" height=\"12\"/>"
                        "<text x=\"%d\" y=\"58\">",
                        row->look, x, x + 27);
        put_xml(d->out, row->text);
        hsn__buf_puts(d->out, "</text>\n");
        x += 42 + 6 * (int)hsn__utf8_text_columns(row->text, strlen(row->text));
    }
    hsn__buf_puts(d->out, "</g>\n");
}

static void put_hatches(drawing *d)
{
    hsn__buf_puts(d->out, "<defs>\n");
    for (size_t i = 0; i < sizeof hatches / sizeof *hatches; i++) {
        const struct hatch *h = &hatches[i];
        hsn__buf_printf(d->out,
                        "<pattern id=\"hsn-%s\" patternUnits=\"userSpaceOnUse\" width=\"%d\" "
                        "height=\"%d\"><rect width=\"%d\" height=\"%d\" style=\"stroke:none\" "
                        "fill=\"%s\"/><path d=\"%s\" stroke=\"%s\"/></pattern>\n",
                        h->name, h->step, h->step, h->step, h->step, h->fill, h->path, h->line);
    }
    hsn__buf_puts(d->out, "</defs>\n");
}

static void put_tools(drawing *d)
{
    hsn__buf_printf(d->out,
                    "<foreignObject class=\"tools\" x=\"%d\" y=\"34\" width=\"560\" height=\"30\">"
                    "<form xmlns=\"http://www.w3.org/1999/xhtml\"><output></output>"
                    "<input type=\"search\" aria-label=\"search\" placeholder=\"search ( / )\"/>"
                    "<button type=\"button\">reset (Esc)</button></form></foreignObject>\n",
                    WIDTH - MARGIN - 560);
}

static void put_head(drawing *d)
{
    const hsn__boxes *b = d->boxes;
    int height = HEAD + (int)d->rows * ROW + FOOT;
    hsn__buf missing = {0};
    put_missing(d, &missing);
    hsn__buf_puts(d->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    hsn__buf_printf(d->out,
                    "<svg class=\"hsn-boxes\" lang=\"en\" xml:lang=\"en\" width=\"%d\" "
                    "height=\"%d\" viewBox=\"0 0 %d %d\" data-width=\"%d\" data-margin=\"%d\" "
                    "data-row=\"%d\" data-letter=\"" LETTER_TEXT
                    "\" data-upwards=\"%d\" data-zoomed=\"0\" "
                    "xmlns=\"http://www.w3.org/2000/svg\" aria-label=\"",
                    WIDTH, height, WIDTH, height, WIDTH, MARGIN, ROW, b->upwards);
    put_xml(d->out, b->title);
    hsn__buf_puts(d->out, "\">\n<title>");
    put_xml(d->out, b->title);
    hsn__buf_puts(d->out, "</title>\n<desc>");
    put_xml(d->out, b->description);
    hsn__buf_puts(d->out, "</desc>\n<style><![CDATA[\n");
    hsn__buf_puts(d->out, style);
    hsn__buf_puts(d->out, "]]></style>\n");
    put_hatches(d);
    hsn__buf_printf(d->out, "<rect class=\"page\" width=\"%d\" height=\"%d\"/>\n", WIDTH, height);
    hsn__buf_printf(d->out, "<text class=\"heading\" x=\"%d\" y=\"21\">", MARGIN);
    put_cut(d->out, b->title, 140);
    hsn__buf_puts(d->out, "</text>\n");
    put_line(d, "how", 40, b->how_to_read);
    put_legend(d);
    hsn__buf_printf(d->out, "<text class=\"said\" x=\"%d\" y=\"79\" aria-live=\"polite\">", MARGIN);
    put_xml(d->out, missing.failed ? "" : hsn__buf_text(&missing));
    hsn__buf_puts(d->out, "</text>\n");
    put_tools(d);
    d->out->failed |= missing.failed;
    hsn__buf_clear(&missing);
}

// ---- boxes ------------------------------------------------------------------------------------

static int put_box(drawing *d, size_t box, double width, hsn_error *err)
{
    int level = (int)d->boxes->boxes[box].depth;
    int y = HEAD + (d->boxes->upwards ? (int)d->rows - 1 - level : level) * ROW;
    hsn__buf *out = d->out, *name = &d->text.name, *tooltip = &d->text.tooltip;
    hsn__buf_reset(name);
    hsn__buf_reset(tooltip);
    int r = d->boxes->describe(d->boxes->context, box, &d->text, err);
    if (r < 0)
        return r;
    const char *lines = hsn__buf_text(tooltip);
    hsn__buf_puts(out, width < 2 ? "<g class=\"narrow\"><title>" : "<g><title>");
    put_xml(out, hsn__buf_text(name));
    hsn__buf_putc(out, '\n');
    put_xml(out, lines);
    hsn__buf_printf(out, "</title><rect class=\"%s\" y=\"%d\" height=\"%d\" x=\"", d->text.look, y,
                    ROW);
    put_pixels(out, d->left[box]);
    hsn__buf_puts(out, "\" width=\"");
    put_pixels(out, width);
    hsn__buf_puts(out, "\"/>");
    double letters = (width - 6) / LETTER;
    if (letters >= 3) {
        const char *end = strstr(lines, " (");
        size_t amount = strcspn(lines, "\n");
        if (end && (size_t)(end - lines) < amount)
            amount = (size_t)(end - lines);
        hsn__buf_printf(out, "<text y=\"%d\" x=\"", y + ROW - 6);
        put_pixels(out, d->left[box] + 3);
        hsn__buf_puts(out, "\">");
        hsn__buf_puts(name, "  ");
        hsn__buf_append(name, lines, amount);
        put_cut(out, hsn__buf_text(name), letters);
        hsn__buf_puts(out, "</text>");
    }
    hsn__buf_puts(out, "</g>\n");
    return name->failed || tooltip->failed ? hsn__fail_memory(err) : HSN_OK;
}

// Where every box begins, which levels there are, and what is too narrow.
static void place(drawing *d)
{
    const hsn__boxes *b = d->boxes;
    d->rows = 0;
    d->dropped = 0;
    for (size_t i = 0; i < b->count; i++) {
        const hsn__box *box = &b->boxes[i];
        double width = (double)box->width * d->scale;
        bool top = box->parent == HSN_NONE;
        d->left[i] = d->next[i] = top ? MARGIN : d->next[box->parent];
        if (!top)
            d->next[box->parent] += width;
        if (width >= d->least && box->depth >= d->rows)
            d->rows = box->depth + 1;
        d->dropped +=
            width < d->least && !top && (double)b->boxes[box->parent].width * d->scale >= d->least;
    }
}

static int draw(drawing *d, hsn_error *err)
{
    const hsn__boxes *b = d->boxes;
    int r = HSN_OK;
    hsn__buf_reset(d->out);
    d->drawn = 0;
    place(d);
    put_head(d);
    hsn__buf_puts(d->out, "<g class=\"boxes\" tabindex=\"0\" role=\"application\" "
                          "aria-label=\"boxes: arrows move, Enter zooms, Backspace goes back\">\n");
    for (size_t i = 0; r >= 0 && i < b->count; i++) {
        double width = (double)b->boxes[i].width * d->scale;
        if (width >= d->least) {
            r = put_box(d, i, width, err);
            d->drawn++;
        }
        if (d->out->size > HSN__BOXES_MAX_BYTES)
            return HSN_DONE;
    }
    hsn__buf_puts(d->out, "</g>\n<script><![CDATA[\n");
    hsn__buf_puts(d->out, script);
    hsn__buf_puts(d->out, "]]></script>\n</svg>\n");
    return r;
}

static int by_width(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

// Raise the bound so that only as many boxes are wide enough as fit, going by those drawn so far.
static int raise_bound(drawing *d, hsn_error *err)
{
    size_t count = d->boxes->count, drawn = d->drawn ? d->drawn : 1;
    double per_box = (double)d->out->size / (double)drawn;
    size_t most = (size_t)(ROOM * HSN__BOXES_MAX_BYTES / per_box);
    double *widths = hsn__alloc_array(count, sizeof *widths);
    if (!widths)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < count; i++)
        widths[i] = (double)d->boxes->boxes[i].width * d->scale;
    qsort(widths, count, sizeof *widths, by_width);
    // The next one that does not fit, and all as narrow as it, must go.
    double bound = most < count ? widths[most] * (1 + 1e-9) : 0;
    d->least = bound > d->least ? bound : d->least * 1.1;
    hsn__free(widths);
    return HSN_OK;
}

int hsn__boxes_draw(const hsn__boxes *boxes, hsn__buf *out, hsn_error *err)
{
    drawing d = {.boxes = boxes, .out = out, .least = NARROWEST};
    d.left = hsn__alloc_array(boxes->count, sizeof *d.left);
    d.next = hsn__alloc_array(boxes->count, sizeof *d.next);
    int r = d.left && d.next ? HSN_OK : hsn__fail_memory(err);
    uint64_t whole = boxes->count ? boxes->boxes[0].width : 0;
    d.scale = whole ? (WIDTH - 2.0 * MARGIN) / (double)whole : 0;
    if (r >= 0)
        r = draw(&d, err);
    while (r >= 0 && (r == HSN_DONE || out->size > HSN__BOXES_MAX_BYTES)) {
        r = raise_bound(&d, err);
        if (r >= 0)
            r = draw(&d, err);
    }
    if (r >= 0 && out->failed)
        r = hsn__fail_memory(err);
    hsn__buf_clear(&d.text.name);
    hsn__buf_clear(&d.text.tooltip);
    hsn__free(d.left);
    hsn__free(d.next);
    return r < 0 ? r : HSN_OK;
}
