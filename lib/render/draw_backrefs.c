// SPDX-License-Identifier: MIT
// Back-references as boxes and arrows: the lines of a box, its tooltip, the words of the caption.
#include "heapsnap/draw_backrefs.h"
#include "render/draw_private.h"
#include "render/units.h"

#include <inttypes.h>
#include <string.h>

// Neighbours of the roots that the description names.
#define DESCRIBED 8

typedef struct drawer {
    const hsn_backrefs *backrefs;
    const hsn_draw_backrefs_options *options;
    hsn_drawing *drawing;
    hsn__buf name, text, size, holder, tooltip, more;
} drawer;

static const char *name_of(const drawer *d, const hsn_backrefs_box *box)
{
    return d->options->full_names ? box->type_name : box->short_name;
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void put_name(drawer *d, const hsn_backrefs_box *box)
{
    hsn__buf_puts(&d->name, name_of(d, box));
    if (!d->options->refcounts)
        return;
    if (box->object_flags & HSN_OBJECT_IMMORTAL)
        hsn__buf_puts(&d->name, " [\xE2\x88\x9E]");
    else if (box->refcount != HSN_NO_REFCOUNT)
        hsn__buf_printf(&d->name, " [%" PRIu64 "]", box->refcount);
}

static bool is_container(hsn_kind kind)
{
    return kind == HSN_KIND_DICT || kind == HSN_KIND_LIST || kind == HSN_KIND_TUPLE ||
           kind == HSN_KIND_SET;
}

static void put_items(hsn__buf *buf, uint64_t length)
{
    hsn__draw_number(buf, length);
    hsn__buf_printf(buf, " item%s", plural(length));
}

// A group has no text: it would be that of one of them.
static void put_text(drawer *d, const hsn_backrefs_box *box)
{
    if (box->count > 1)
        return;
    if (box->kind == HSN_KIND_FRAME && *box->root_name)
        hsn__buf_puts(&d->text, box->root_name);
    else if (*box->text)
        hsn__buf_puts(&d->text, box->text);
    else if (is_container(box->kind) && box->length != HSN_NO_LENGTH)
        put_items(&d->text, box->length);
}

static void put_size(const drawer *d, hsn__buf *buf, uint64_t size_bytes)
{
    hsn__units_bytes(buf, size_bytes, d->options->exact_bytes);
    if (d->options->exact_bytes)
        hsn__buf_puts(buf, " B");
}

// How it is alive on its own, unless the other lines say so already.
static void put_holder(drawer *d, const hsn_backrefs_box *box)
{
    if (!(box->flags & HSN_BACKREFS_HOLDER) || box->root_kind == HSN_ROOT_MODULE)
        return;
    if (*box->root_thread)
        hsn__buf_printf(&d->holder, "thread %s", box->root_thread);
    else if (box->root_kind != HSN_ROOT_FRAME && !strcmp(box->root_name, box->text))
        hsn__buf_puts(&d->holder, "root");
    else if (box->root_kind != HSN_ROOT_FRAME && *box->root_name)
        hsn__buf_printf(&d->holder, "root: %s", box->root_name);
    else if (box->root_kind != HSN_ROOT_FRAME)
        hsn__buf_printf(&d->holder, "root: %s", hsn_root_kind_name(box->root_kind));
}

// Only what says more than the size does.
static void put_retained(const drawer *d, hsn__buf *out, const hsn_backrefs_box *box,
                         const char *words)
{
    if (box->retained_bytes == HSN_NO_RETAINED || box->retained_bytes <= box->size_bytes)
        return;
    hsn__buf_puts(out, words);
    put_size(d, out, box->retained_bytes);
}

static void put_tooltip(drawer *d, const hsn_backrefs_box *box)
{
    hsn__buf *out = &d->tooltip;
    hsn__buf_puts(out, box->type_name);
    if (box->count > 1) {
        hsn__buf_puts(out, "\n");
        hsn__draw_number(out, box->count);
        hsn__buf_puts(out, " objects, ");
        put_size(d, out, box->size_bytes);
        hsn__buf_printf(out, " in all\nthe first at 0x%" PRIx64, box->address);
        return;
    }
    hsn__buf_printf(out, " at 0x%" PRIx64, box->address);
    if (*box->text)
        hsn__buf_printf(out, "\n%s", box->text);
    if (box->length != HSN_NO_LENGTH) {
        hsn__buf_puts(out, "\n");
        put_items(out, box->length);
    }
    hsn__buf_puts(out, "\n");
    put_size(d, out, box->size_bytes);
    put_retained(d, out, box, "\nretained: ");
    if (box->object_flags & HSN_OBJECT_IMMORTAL)
        hsn__buf_puts(out, "\nimmortal");
    else if (box->refcount != HSN_NO_REFCOUNT)
        hsn__buf_printf(out, "\nrefcount %" PRIu64, box->refcount);
    if (box->flags & HSN_BACKREFS_HOLDER)
        hsn__buf_printf(out, "\nroot: %s %s", hsn_root_kind_name(box->root_kind), box->root_name);
}

static void put_more(drawer *d, const hsn_backrefs_box *box)
{
    if (!box->more)
        return;
    const char *what = d->backrefs->refs ? "reference" : "backreference";
    hsn__draw_number(&d->more, box->more);
    if (box->flags & HSN_BACKREFS_UNFOLLOWED)
        hsn__buf_printf(&d->more, " %ss not followed", what);
    else
        hsn__buf_printf(&d->more, " more %s%s", what, plural(box->more));
}

static unsigned flags_of(const hsn_backrefs_box *box)
{
    return (box->flags & HSN_BACKREFS_ROOT ? HSN_DRAW_ROOT : 0) |
           (box->flags & HSN_BACKREFS_FINALIZER ? HSN_DRAW_FINALIZER : 0) |
           (box->flags & HSN_BACKREFS_HOLDER ? HSN_DRAW_HOLDER : 0);
}

static int draw_box(drawer *d, const hsn_backrefs_box *box, hsn_error *err)
{
    hsn__buf *bufs[] = {&d->name, &d->text, &d->size, &d->holder, &d->tooltip, &d->more};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        hsn__buf_reset(bufs[i]);
    put_name(d, box);
    put_text(d, box);
    if (!d->options->no_sizes) {
        put_size(d, &d->size, box->size_bytes);
        put_retained(d, &d->size, box, ", keeps ");
    }
    put_holder(d, box);
    put_tooltip(d, box);
    put_more(d, box);
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        if (bufs[i]->failed)
            return hsn__fail_memory(err);
    const char *more = hsn__buf_text(&d->more);
    hsn_draw_node node = {
        .address = box->address,
        .lines = {hsn__buf_text(&d->name), hsn__buf_text(&d->text), hsn__buf_text(&d->size),
                  hsn__buf_text(&d->holder)},
        .tooltip = hsn__buf_text(&d->tooltip),
        .count = box->count,
        .depth = box->depth,
        .role = box->flags & HSN_BACKREFS_COLOURED ? HSN_DRAW_HIGHLIGHT
                : box->flags & HSN_BACKREFS_MODULE ? HSN_DRAW_MODULE
                                                   : HSN_DRAW_ORDINARY,
        .flags = flags_of(box),
        .more_sources = d->backrefs->refs ? NULL : more,
        .more_targets = d->backrefs->refs ? more : NULL,
    };
    return hsn_drawing_add_node(d->drawing, &node, NULL, err);
}

static int draw_edge(drawer *d, const hsn_backrefs_edge *edge, hsn_error *err)
{
    uint32_t source_depth = d->backrefs->boxes[edge->source].depth;
    uint32_t target_depth = d->backrefs->boxes[edge->target].depth;
    hsn_draw_edge arrow = {
        .source = edge->source,
        .target = edge->target,
        .labels = edge->labels,
        .label_count = edge->label_count,
        .more_labels = edge->more_labels,
        .count = edge->count,
        .style = edge->weak ? HSN_DRAW_WEAK : HSN_DRAW_STRONG,
        .weight = edge->kind == HSN_REF_INTERNAL ? 10
                  : edge->label_count            ? 2
                                                 : 0,
        .against = d->backrefs->refs ? source_depth > target_depth : source_depth < target_depth,
    };
    return hsn_drawing_add_edge(d->drawing, &arrow, err);
}

// "Request ×1 204"
static void put_box_words(const drawer *d, const hsn_backrefs_box *box, hsn__buf *out)
{
    hsn__buf_puts(out, name_of(d, box));
    if (box->count > 1) {
        hsn__buf_puts(out, " \xC3\x97");
        hsn__draw_number(out, box->count);
    }
}

static void put_title(const drawer *d, hsn__buf *out)
{
    const hsn_backrefs *backrefs = d->backrefs;
    hsn__buf_puts(out, backrefs->refs ? "references of " : "backreferences of ");
    size_t roots = 0;
    while (roots < backrefs->box_count && (backrefs->boxes[roots].flags & HSN_BACKREFS_ROOT))
        roots++;
    for (size_t i = 0; i < roots && i < 3; i++) {
        hsn__buf_puts(out, i ? ", " : "");
        put_box_words(d, &backrefs->boxes[i], out);
    }
    if (roots > 3)
        hsn__buf_printf(out, " and %zu more", roots - 3);
    hsn__buf_printf(out, ", depth %" PRIu32, backrefs->max_depth);
    if (d->options->origin && *d->options->origin)
        hsn__buf_printf(out, " \xE2\x80\x94 %s", d->options->origin);
}

// For those who cannot see it: how large it is, and the first ring of neighbours in words.
static void put_description(const drawer *d, hsn__buf *out)
{
    const hsn_backrefs *backrefs = d->backrefs;
    size_t told = 0, first_ring = 0;
    hsn__buf_printf(out, "A graph of %zu box%s and %zu arrow%s.", backrefs->box_count,
                    backrefs->box_count == 1 ? "" : "es", backrefs->edge_count,
                    plural(backrefs->edge_count));
    for (size_t i = 0; i < backrefs->edge_count; i++) {
        const hsn_backrefs_edge *edge = &backrefs->edges[i];
        const hsn_backrefs_box *source = &backrefs->boxes[edge->source];
        const hsn_backrefs_box *target = &backrefs->boxes[edge->target];
        if ((backrefs->refs ? source : target)->depth)
            continue;
        first_ring++;
        if (told == DESCRIBED)
            continue;
        told++;
        hsn__buf_puts(out, " ");
        put_box_words(d, source, out);
        hsn__buf_puts(out, " refers to ");
        put_box_words(d, target, out);
        if (edge->label_count)
            hsn__buf_printf(out, " by %s", edge->labels[0]);
        hsn__buf_puts(out, ".");
    }
    if (first_ring > told)
        hsn__buf_printf(out, " And %zu more.", first_ring - told);
}

static int begin(drawer *d, hsn_error *err)
{
    hsn__buf title = {0}, description = {0};
    put_title(d, &title);
    put_description(d, &description);
    hsn_draw_head head = {.title = hsn__buf_text(&title),
                          .description = hsn__buf_text(&description),
                          .max_depth = d->backrefs->max_depth};
    int r = title.failed || description.failed ? hsn__fail_memory(err)
                                               : hsn_drawing_new(&d->drawing, &head, err);
    hsn__buf_clear(&title);
    hsn__buf_clear(&description);
    return r;
}

int hsn_draw_backrefs(const hsn_backrefs *backrefs, const hsn_draw_backrefs_options *options,
                      hsn_drawing **out, hsn_error *err)
{
    static const hsn_draw_backrefs_options defaults;
    drawer d = {.backrefs = backrefs, .options = options ? options : &defaults};
    int r = begin(&d, err);
    for (size_t i = 0; r >= 0 && i < backrefs->box_count; i++)
        r = draw_box(&d, &backrefs->boxes[i], err);
    for (size_t i = 0; r >= 0 && i < backrefs->edge_count; i++)
        r = draw_edge(&d, &backrefs->edges[i], err);
    if (r >= 0)
        *out = d.drawing;
    else
        hsn_drawing_free(d.drawing);
    hsn__buf_clear(&d.name);
    hsn__buf_clear(&d.text);
    hsn__buf_clear(&d.size);
    hsn__buf_clear(&d.holder);
    hsn__buf_clear(&d.tooltip);
    hsn__buf_clear(&d.more);
    return r;
}
