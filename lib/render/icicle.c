// SPDX-License-Identifier: MIT
// The dominator tree as an icicle in SVG.
//
// A box is as wide as it retains and stands right below the box that dominates it; what the boxes
// below leave free is the box' own shallow bytes. Boxes come in preorder, so one pass places them.
#include "heapsnap/icicle.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/fail.h"
#include "heapsnap/table.h"
#include "render/draw_private.h"
#include "render/utf8.h"

enum { WIDTH = 1200, ROW = 20, HEAD = 46, MARGIN = 10 };
static const double LETTER = 6.3; // of 11 px Helvetica, on average
static const double NARROWEST = 0.4;

static const char style[] =
    "<style>\n"
    ".hsn-icicle{max-width:100%;height:auto;font:11px Helvetica,Arial,sans-serif}\n"
    ".hsn-icicle .page{fill:#fff}\n"
    ".hsn-icicle .head{fill:#222}\n"
    ".hsn-icicle g rect{stroke:#fff;stroke-width:.6}\n"
    ".hsn-icicle g text{fill:#1a1a1a;pointer-events:none}\n"
    ".hsn-icicle g:hover rect{stroke:#000;stroke-width:1.2}\n"
    "@media (prefers-color-scheme:dark){\n"
    ".hsn-icicle .page{fill:#1e1f22}\n"
    ".hsn-icicle .head{fill:#d5d8dd}\n"
    ".hsn-icicle g rect{stroke:#1e1f22}\n"
    ".hsn-icicle g:hover rect{stroke:#fff}\n"
    "}\n"
    "</style>\n";

typedef struct icicle {
    hsn_heap *heap;
    const hsn_dominators *dominators;
    const hsn_retained_tree *tree;
    hsn__buf out;
    double *left;  // by box: where it begins
    double *next;  // by box: where the next one below it begins
    double top;    // where the next one of depth 0 begins
    uint32_t rows; // levels
} icicle;

// ---- texts ------------------------------------------------------------------------------------

// At most `most` columns, with "…" where it is cut. Everything unsafe is escaped before.
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

// "Request ×1204", "module app.cache", "_pending: dict".
static int put_name(icicle *c, const hsn_retained_box *box, hsn__buf *out, hsn_error *err)
{
    hsn_object object;
    if (box->type == HSN_NONE) {
        hsn__buf_printf(out, "smaller ones \xc3\x97%" PRIu64, box->count);
        return HSN_OK;
    }
    const char *name = hsn_heap_types(c->heap)->rows[box->type].name;
    if (box->count > 1) {
        hsn__text_escape(out, name, strlen(name));
        hsn__buf_printf(out, " \xc3\x97%" PRIu64, box->count);
        return HSN_OK;
    }
    char label[HSN_LABEL_TEXT_BYTES];
    int r = hsn_retained_label(c->heap, c->dominators, box->node, label, err);
    if (r < 0)
        return r;
    if (*label) {
        hsn__text_escape(out, label, strlen(label));
        hsn__buf_puts(out, ": ");
    }
    hsn__text_escape(out, name, strlen(name));
    r = hsn_heap_object(c->heap, box->node, &object, err);
    if (r >= 0 && *object.text) {
        hsn__buf_putc(out, ' ');
        hsn__text_escape(out, object.text, strlen(object.text));
    }
    return r;
}

static int put_tooltip(icicle *c, const hsn_retained_box *box, const char *name, hsn_error *err)
{
    double whole = c->tree->whole_bytes ? (double)c->tree->whole_bytes : 1;
    char bytes[HSN_BYTES_TEXT_SIZE];
    hsn_object object;
    hsn_bytes_text(box->retained_bytes, bytes);
    hsn__buf_puts(&c->out, "<title>");
    hsn__draw_put_xml(&c->out, name, strlen(name));
    hsn__buf_printf(&c->out,
                    "\nretained %" PRIu64 " bytes (%s, %.2f%%)\nshallow %" PRIu64
                    " bytes\nobjects %" PRIu64,
                    box->retained_bytes, bytes, (double)box->retained_bytes * 100 / whole,
                    box->size_bytes, box->count);
    int r = HSN_OK;
    if (box->type != HSN_NONE) {
        r = hsn_heap_object(c->heap, box->node, &object, err);
        if (r >= 0)
            hsn__buf_printf(&c->out, box->count > 1 ? "\nlargest 0x%" PRIx64 : "\nat 0x%" PRIx64,
                            object.address);
    }
    hsn__buf_puts(&c->out, "</title>");
    return r;
}

// ---- colours ----------------------------------------------------------------------------------

// What people look for stands out: their own instances warm, containers blue, the rest pale.
static const char *colour(const icicle *c, const hsn_retained_box *box)
{
    static const char *const warm[] = {"#ffb570", "#ffc98f", "#f7a072", "#ffd08a", "#f2b880"};
    if (box->type == HSN_NONE)
        return "#e4e4e4";
    const hsn_type *type = &hsn_heap_types(c->heap)->rows[box->type];
    switch (type->kind) {
    case HSN_KIND_MODULE:
        return "#8fd19e";
    case HSN_KIND_DICT:
        return "#8fbce6";
    case HSN_KIND_LIST:
    case HSN_KIND_TUPLE:
    case HSN_KIND_SET:
        return "#b1d4f1";
    case HSN_KIND_STR:
    case HSN_KIND_BYTES:
    case HSN_KIND_INT:
    case HSN_KIND_FLOAT:
    case HSN_KIND_BOOL:
    case HSN_KIND_NOTHING:
        return "#d4d4cf";
    case HSN_KIND_INSTANCE:
        break;
    default:
        return "#d3bfe8";
    }
    uint32_t hash = 2166136261u;
    for (const char *p = type->name; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 16777619u;
    return warm[hash % (sizeof warm / sizeof *warm)];
}

// ---- boxes ------------------------------------------------------------------------------------

static int put_box(icicle *c, const hsn_retained_box *box, double left, double width,
                   hsn_error *err)
{
    hsn__buf name = {0};
    char bytes[HSN_BYTES_TEXT_SIZE];
    int y = HEAD + (int)box->depth * ROW;
    int r = put_name(c, box, &name, err);
    if (r < 0)
        goto done;
    hsn__buf_printf(&c->out,
                    "<g><rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"%s\"/>", left,
                    y, width, ROW, colour(c, box));
    r = put_tooltip(c, box, name.failed ? "" : hsn__buf_text(&name), err);
    double letters = (width - 6) / LETTER;
    if (r >= 0 && letters >= 3) {
        hsn__buf_printf(&c->out, "<text x=\"%.2f\" y=\"%d\">", left + 3, y + 14);
        hsn_bytes_text(box->retained_bytes, bytes);
        hsn__buf_printf(&name, "  %s", bytes);
        put_cut(&c->out, name.failed ? "" : hsn__buf_text(&name), letters);
        hsn__buf_puts(&c->out, "</text>");
    }
    hsn__buf_puts(&c->out, "</g>\n");
    if (name.failed)
        r = hsn__fail_memory(err);
done:
    hsn__buf_clear(&name);
    return r;
}

static int put_boxes(icicle *c, hsn_error *err)
{
    const hsn_retained_tree *tree = c->tree;
    double scale = tree->whole_bytes ? (WIDTH - 2.0 * MARGIN) / (double)tree->whole_bytes : 0;
    int r = HSN_OK;
    for (size_t i = 0; i < tree->count && r >= 0; i++) {
        const hsn_retained_box *box = &tree->boxes[i];
        double width = (double)box->retained_bytes * scale;
        double *place = box->parent == HSN_NONE ? &c->top : &c->next[box->parent];
        c->left[i] = c->next[i] = *place;
        *place += width;
        if (width >= NARROWEST)
            r = put_box(c, box, c->left[i], width, err);
    }
    return r;
}

static void put_head(icicle *c, const char *source)
{
    int height = HEAD + (int)c->rows * ROW + MARGIN;
    char bytes[HSN_BYTES_TEXT_SIZE];
    hsn__buf title = {0};
    hsn_bytes_text(c->tree->whole_bytes, bytes);
    hsn__buf_puts(&title, "dominator tree of ");
    hsn__text_escape(&title, source, strlen(source));
    hsn__buf_printf(&title, ": %s", bytes);
    const char *text = title.failed ? "dominator tree" : hsn__buf_text(&title);
    hsn__buf_puts(&c->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    hsn__buf_printf(&c->out,
                    "<svg class=\"hsn-icicle\" role=\"img\" lang=\"en\" xml:lang=\"en\" "
                    "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
                    "xmlns=\"http://www.w3.org/2000/svg\" aria-label=\"",
                    WIDTH, height, WIDTH, height);
    hsn__draw_put_xml(&c->out, text, strlen(text));
    hsn__buf_puts(&c->out, "\">\n<title>");
    hsn__draw_put_xml(&c->out, text, strlen(text));
    hsn__buf_printf(&c->out,
                    "</title>\n<desc>An icicle of %zu boxes: each is as wide as the bytes that it "
                    "retains and stands below the one that dominates it.</desc>\n",
                    c->tree->count);
    hsn__buf_puts(&c->out, style);
    hsn__buf_printf(&c->out, "<rect class=\"page\" width=\"%d\" height=\"%d\"/>\n", WIDTH, height);
    hsn__buf_printf(&c->out, "<text class=\"head\" x=\"%d\" y=\"18\" style=\"font-size:14px\">",
                    MARGIN);
    hsn__draw_put_xml(&c->out, text, strlen(text));
    hsn__buf_printf(&c->out,
                    "</text>\n<text class=\"head\" x=\"%d\" y=\"36\">width: retained bytes; below: "
                    "what it dominates, objects of one type together</text>\n",
                    MARGIN);
    hsn__buf_clear(&title);
}

int hsn_icicle_render(hsn_heap *heap, const hsn_dominators *dominators,
                      const hsn_retained_tree *tree, const char *source, char **out,
                      size_t *out_size, hsn_error *err)
{
    icicle c = {.heap = heap, .dominators = dominators, .tree = tree, .top = MARGIN};
    *out = NULL;
    *out_size = 0;
    c.left = hsn__alloc_array(tree->count, sizeof *c.left);
    c.next = hsn__alloc_array(tree->count, sizeof *c.next);
    int r = c.left && c.next ? HSN_OK : hsn__fail_memory(err);
    double least = tree->whole_bytes ? NARROWEST / (WIDTH - 2.0 * MARGIN) : 0;
    for (size_t i = 0; i < tree->count; i++)
        if (tree->boxes[i].depth >= c.rows &&
            (double)tree->boxes[i].retained_bytes >= least * (double)tree->whole_bytes)
            c.rows = tree->boxes[i].depth + 1;
    if (r >= 0) {
        put_head(&c, source);
        r = put_boxes(&c, err);
        hsn__buf_puts(&c.out, "</svg>\n");
        if (r >= 0 && c.out.failed)
            r = hsn__fail_memory(err);
    }
    hsn__free(c.left);
    hsn__free(c.next);
    if (r < 0) {
        hsn__buf_clear(&c.out);
        return r;
    }
    *out_size = c.out.size;
    hsn__buf_text(&c.out);
    *out = c.out.data;
    return HSN_OK;
}

void hsn_icicle_free(char *svg)
{
    hsn__free(svg);
}
