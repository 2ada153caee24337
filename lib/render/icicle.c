// SPDX-License-Identifier: MIT
// The dominator tree as an icicle: what the boxes say and how they look; boxes.c draws them.
//
// A box is as wide as it retains and stands right below the box that dominates it; what the boxes
// below leave free is the box' own shallow bytes. Several tops get a box of the roots above them.
#include "heapsnap/icicle.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "render/boxes_private.h"
#include "render/draw_private.h"
#include "render/units.h"
#include "render/utf8.h"

typedef struct icicle {
    hsn_heap *heap;
    const hsn_dominators *dominators;
    const hsn_retained_tree *tree;
    size_t above; // boxes before the tree's: 1 when there are several tops
} icicle;

static const hsn__box_legend legend[] = {
    {"w0", "instances"}, {"map", "dicts"},          {"seq", "lists, tuples, sets"},
    {"mod", "modules"},  {"typ", "types and code"}, {"val", "values"},
};

// "Request ×1204", "module app.cache", "_pending: dict".
static int put_name(const icicle *c, const hsn_retained_box *box, hsn__buf *out, hsn_error *err)
{
    hsn_object object;
    if (box->type == HSN_NONE) {
        hsn__buf_puts(out, "smaller ones \xc3\x97");
        hsn__draw_number(out, box->count);
        return HSN_OK;
    }
    const char *name = hsn_heap_types(c->heap)->rows[box->type].name;
    if (box->count > 1) {
        hsn__text_escape(out, name, strlen(name));
        hsn__buf_puts(out, " \xc3\x97");
        hsn__draw_number(out, box->count);
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

// What people look for stands out: their own instances warm, containers blue, the rest pale.
static const char *look_of(const icicle *c, const hsn_retained_box *box)
{
    static const char *const warm[] = {"w0", "w1", "w2", "w3", "w4"};
    if (box->type == HSN_NONE)
        return "few";
    const hsn_type *type = &hsn_heap_types(c->heap)->rows[box->type];
    switch (type->kind) {
    case HSN_KIND_MODULE:
        return "mod";
    case HSN_KIND_DICT:
        return "map";
    case HSN_KIND_LIST:
    case HSN_KIND_TUPLE:
    case HSN_KIND_SET:
        return "seq";
    case HSN_KIND_STR:
    case HSN_KIND_BYTES:
    case HSN_KIND_INT:
    case HSN_KIND_FLOAT:
    case HSN_KIND_BOOL:
    case HSN_KIND_NOTHING:
        return "val";
    case HSN_KIND_INSTANCE:
        break;
    default:
        return "typ";
    }
    uint32_t hash = 2166136261u;
    for (const char *p = type->name; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 16777619u;
    return warm[hash % (sizeof warm / sizeof *warm)];
}

static int put_tooltip(const icicle *c, const hsn_retained_box *box, hsn__buf *out, hsn_error *err)
{
    double whole = c->tree->whole_bytes ? (double)c->tree->whole_bytes : 1;
    hsn_object object;
    hsn__units_bytes(out, box->retained_bytes, false);
    hsn__buf_puts(out, " (");
    hsn__draw_number(out, box->retained_bytes);
    hsn__buf_puts(out, " bytes), ");
    hsn__units_real(out, (double)box->retained_bytes * 100 / whole, 2);
    hsn__buf_puts(out, " %\nshallow ");
    hsn__draw_number(out, box->size_bytes);
    hsn__buf_puts(out, box->count == 1 ? " bytes, " : " bytes, objects ");
    if (box->count != 1)
        hsn__draw_number(out, box->count);
    if (box->type == HSN_NONE)
        return HSN_OK;
    int r = hsn_heap_object(c->heap, box->node, &object, err);
    if (r >= 0)
        hsn__buf_printf(out, box->count > 1 ? ", largest 0x%" PRIx64 : "at 0x%" PRIx64,
                        object.address);
    return r;
}

static int describe(void *context, size_t index, hsn__box_text *out, hsn_error *err)
{
    const icicle *c = context;
    if (index < c->above) {
        hsn__buf_puts(&out->name, "all");
        hsn__units_bytes(&out->tooltip, c->tree->whole_bytes, false);
        hsn__buf_puts(&out->tooltip, " (");
        hsn__draw_number(&out->tooltip, c->tree->whole_bytes);
        hsn__buf_puts(&out->tooltip, " bytes)");
        out->look = "all";
        return HSN_OK;
    }
    const hsn_retained_box *box = &c->tree->boxes[index - c->above];
    out->look = look_of(c, box);
    int r = put_name(c, box, &out->name, err);
    return r < 0 ? r : put_tooltip(c, box, &out->tooltip, err);
}

static hsn__box *make_boxes(const icicle *c)
{
    const hsn_retained_tree *tree = c->tree;
    hsn__box *rows = hsn__alloc_array(tree->count + c->above, sizeof *rows);
    if (rows && c->above)
        rows[0] = (hsn__box){HSN_NONE, 0, tree->whole_bytes};
    for (size_t i = 0; rows && i < tree->count; i++) {
        const hsn_retained_box *box = &tree->boxes[i];
        uint32_t parent =
            box->parent == HSN_NONE ? (c->above ? 0 : HSN_NONE) : box->parent + (uint32_t)c->above;
        rows[i + c->above] =
            (hsn__box){parent, box->depth + (uint32_t)c->above, box->retained_bytes};
    }
    return rows;
}

int hsn_icicle_render(hsn_heap *heap, const hsn_dominators *dominators,
                      const hsn_retained_tree *tree, const char *source, char **out,
                      size_t *out_size, hsn_error *err)
{
    icicle c = {.heap = heap, .dominators = dominators, .tree = tree};
    hsn__buf svg = {0}, title = {0}, description = {0};
    size_t tops = 0;
    *out = NULL;
    *out_size = 0;
    for (size_t i = 0; i < tree->count; i++)
        tops += tree->boxes[i].parent == HSN_NONE;
    c.above = tops != 1;
    hsn__box *rows = make_boxes(&c);
    hsn__buf_puts(&title, "Dominator tree of ");
    hsn__text_escape(&title, source, strlen(source));
    hsn__buf_puts(&title, ": ");
    hsn__units_bytes(&title, tree->whole_bytes, false);
    hsn__buf_printf(&description,
                    "An icicle of %zu boxes: each is as wide as the bytes that it retains and "
                    "stands below the one that dominates it.",
                    tree->count);
    hsn__boxes boxes = {
        .boxes = rows,
        .count = tree->count + c.above,
        .title = hsn__buf_text(&title),
        .how_to_read = "width: retained bytes; below: what it dominates, objects of one type "
                       "together",
        .description = hsn__buf_text(&description),
        .legend = legend,
        .legend_count = sizeof legend / sizeof *legend,
        .describe = describe,
        .context = &c,
    };
    int r = rows && !title.failed && !description.failed ? hsn__boxes_draw(&boxes, &svg, err)
                                                         : hsn__fail_memory(err);
    if (r >= 0) {
        *out_size = svg.size;
        hsn__buf_text(&svg);
        *out = svg.data;
        svg = (hsn__buf){0};
    }
    hsn__buf_clear(&svg);
    hsn__buf_clear(&title);
    hsn__buf_clear(&description);
    hsn__free(rows);
    return r;
}

void hsn_icicle_free(char *svg)
{
    hsn__free(svg);
}
