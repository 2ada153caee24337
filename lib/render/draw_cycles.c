// SPDX-License-Identifier: MIT
// Components as frames of boxes and arrows: the words of captions, boxes and tooltips.
#include "heapsnap/draw_cycles.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "render/draw_private.h"
#include "render/units.h"

typedef struct drawer {
    hsn_drawing *drawing;
    bool full_names;
    hsn__buf text, size, tooltip, more;
} drawer;

static void put_component(const hsn_cycle *cycle, hsn__buf *out)
{
    hsn__buf_printf(out, "component %" PRIu64 ", %s: ", cycle->component,
                    hsn_cycle_kind_name(cycle->kind));
    hsn__draw_number(out, cycle->objects);
    hsn__buf_printf(out, " object%s, ", cycle->objects == 1 ? "" : "s");
    hsn__units_bytes(out, cycle->size_bytes, 0);
    if (cycle->alike > 1) {
        hsn__buf_puts(out, "; \xc3\x97");
        hsn__draw_number(out, cycle->alike);
        hsn__buf_puts(out, ", all together ");
        hsn__units_bytes(out, cycle->alike_size_bytes, 0);
    }
}

static int draw_box(drawer *d, const hsn_cycle_box *box, uint32_t cluster, hsn_error *err)
{
    hsn__buf *bufs[] = {&d->text, &d->size, &d->tooltip, &d->more};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        hsn__buf_reset(bufs[i]);
    hsn__buf_puts(&d->text, box->text);
    if (!*box->text && box->length != HSN_NO_LENGTH) {
        hsn__draw_number(&d->text, box->length);
        hsn__buf_printf(&d->text, " item%s", box->length == 1 ? "" : "s");
    }
    hsn__units_bytes(&d->size, box->size_bytes, 0);
    if (box->retained_bytes != HSN_NO_RETAINED && box->retained_bytes > box->size_bytes) {
        hsn__buf_puts(&d->size, ", keeps ");
        hsn__units_bytes(&d->size, box->retained_bytes, 0);
    }
    hsn__buf_printf(&d->tooltip, "%s at 0x%" PRIx64, box->type_name, box->address);
    if (box->more) {
        hsn__draw_number(&d->more, box->more);
        hsn__buf_printf(&d->more, " more reference%s", box->more == 1 ? "" : "s");
    }
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        if (bufs[i]->failed)
            return hsn__fail_memory(err);
    hsn_draw_node node = {.address = box->address,
                          .lines = {d->full_names ? box->type_name : box->short_name,
                                    hsn__buf_text(&d->text), hsn__buf_text(&d->size)},
                          .tooltip = hsn__buf_text(&d->tooltip),
                          .count = 1,
                          .depth = box->depth,
                          .role = !box->depth                    ? HSN_DRAW_HIGHLIGHT
                                  : box->kind == HSN_KIND_MODULE ? HSN_DRAW_MODULE
                                                                 : HSN_DRAW_ORDINARY,
                          .flags = box->has_finalizer ? HSN_DRAW_FINALIZER : 0,
                          .cluster = cluster + 1,
                          .more_targets = hsn__buf_text(&d->more)};
    return hsn_drawing_add_node(d->drawing, &node, NULL, err);
}

static int draw_component(drawer *d, const hsn_cycle *cycle, const hsn_cycle_picture *picture,
                          hsn_error *err)
{
    uint32_t cluster, first = (uint32_t)hsn_drawing_node_count(d->drawing);
    hsn__buf_reset(&d->text);
    put_component(cycle, &d->text);
    if (d->text.failed)
        return hsn__fail_memory(err);
    int r = hsn_drawing_add_cluster(d->drawing, hsn__buf_text(&d->text), &cluster, err);
    for (size_t i = 0; i < picture->box_count && r >= 0; i++)
        r = draw_box(d, &picture->boxes[i], cluster, err);
    for (size_t i = 0; i < picture->edge_count && r >= 0; i++) {
        const hsn_cycle_edge *edge = &picture->edges[i];
        hsn_draw_edge arrow = {.source = first + edge->source,
                               .target = first + edge->target,
                               .labels = edge->labels,
                               .label_count = edge->label_count,
                               .count = edge->count,
                               .style = edge->is_cut        ? HSN_DRAW_BREAK
                                        : edge->on_shortest ? HSN_DRAW_CYCLE
                                                            : HSN_DRAW_STRONG,
                               .weight = edge->on_shortest ? 10 : 1,
                               .against = edge->target < edge->source};
        r = hsn_drawing_add_edge(d->drawing, &arrow, err);
    }
    return r;
}

static int make_drawing(drawer *d, const hsn_cycle *cycles, size_t count, uint32_t max_depth,
                        const char *origin, hsn_error *err)
{
    hsn__buf_printf(&d->text, "reference cycles%s%s", origin ? " of " : "", origin ? origin : "");
    for (size_t i = 0; i < count && i < 8; i++) {
        hsn__buf_puts(&d->tooltip, i ? "; " : "");
        put_component(&cycles[i], &d->tooltip);
    }
    if (d->text.failed || d->tooltip.failed)
        return hsn__fail_memory(err);
    hsn_draw_head head = {.title = hsn__buf_text(&d->text),
                          .description = hsn__buf_text(&d->tooltip),
                          .direction = HSN_DRAW_AUTO,
                          .max_depth = max_depth};
    return hsn_drawing_new(&d->drawing, &head, err);
}

int hsn_draw_cycles(const hsn_cycle *cycles, const hsn_cycle_picture *pictures, size_t count,
                    int full_names, const char *origin, hsn_drawing **out, hsn_error *err)
{
    drawer d = {.full_names = full_names != 0};
    uint32_t max_depth = 0;
    *out = NULL;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < pictures[i].box_count; k++)
            if (pictures[i].boxes[k].depth > max_depth)
                max_depth = pictures[i].boxes[k].depth;
    int r = make_drawing(&d, cycles, count, max_depth, origin, err);
    for (size_t i = 0; i < count && r >= 0; i++)
        r = draw_component(&d, &cycles[i], &pictures[i], err);
    if (r < 0)
        hsn_drawing_free(d.drawing);
    else
        *out = d.drawing;
    hsn__buf_clear(&d.text);
    hsn__buf_clear(&d.size);
    hsn__buf_clear(&d.tooltip);
    hsn__buf_clear(&d.more);
    return r;
}
