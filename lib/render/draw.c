// SPDX-License-Identifier: MIT
// Building a drawing: copies what it is given, cleaned, and checks that arrows have both ends.
#include "render/draw_private.h"
#include "base/alloc.h"

#include <assert.h>
#include <string.h>

// An arena copy of `text`, cleaned. "" for NULL; NULL when memory runs out.
static const char *clean_copy(hsn_drawing *drawing, const char *text, size_t max_chars,
                              bool keep_lines)
{
    hsn__buf buf = {0};
    const char *copy = "";
    if (text && *text) {
        hsn__draw_clean(&buf, text, max_chars, keep_lines);
        const char *clean = hsn__buf_text(&buf);
        copy = buf.failed ? NULL : hsn__arena_copy(&drawing->arena, clean, strlen(clean));
    }
    hsn__buf_clear(&buf);
    return copy;
}

int hsn_drawing_new(hsn_drawing **out, const hsn_draw_head *head, hsn_error *err)
{
    hsn_drawing *drawing = hsn__alloc_zeroed(1, sizeof *drawing);
    if (!drawing)
        return hsn__fail_memory(err);
    hsn_draw_head *own = &drawing->head;
    *own = *head;
    own->title = clean_copy(drawing, head->title, 300, false);
    own->description = clean_copy(drawing, head->description, HSN__DRAW_TOOLTIP_CHARS, false);
    own->language = clean_copy(drawing, head->language ? head->language : "en", 35, false);
    if (!own->title || !own->description || !own->language) {
        hsn_drawing_free(drawing);
        return hsn__fail_memory(err);
    }
    *out = drawing;
    return HSN_OK;
}

void hsn_drawing_free(hsn_drawing *drawing)
{
    if (!drawing)
        return;
    hsn__free(drawing->clusters);
    hsn__free(drawing->nodes);
    hsn__free(drawing->edges);
    hsn__arena_clear(&drawing->arena);
    hsn__free(drawing);
}

// Room for one more element, or the right failure.
static int grow(void *array, size_t *capacity, size_t count, size_t size, size_t max,
                const char *what, hsn_error *err)
{
    if (count >= max)
        return hsn__fail_limit(err, what, max);
    if (!hsn__array_grow(array, capacity, count + 1, size, max))
        return hsn__fail_memory(err);
    return HSN_OK;
}

int hsn_drawing_add_cluster(hsn_drawing *drawing, const char *title, uint32_t *out_index,
                            hsn_error *err)
{
    int r = grow(&drawing->clusters, &drawing->cluster_capacity, drawing->cluster_count,
                 sizeof *drawing->clusters, HSN__DRAW_MAX_CLUSTERS, "frames of a drawing", err);
    if (r < 0)
        return r;
    const char *copy = clean_copy(drawing, title, 200, false);
    if (!copy)
        return hsn__fail_memory(err);
    *out_index = (uint32_t)drawing->cluster_count;
    drawing->clusters[drawing->cluster_count++] = copy;
    return HSN_OK;
}

// The lines in full, for a box without a tooltip of its own.
static void default_tooltip(const char *const *lines, size_t count, hsn__buf *out)
{
    for (size_t i = 0; i < count; i++)
        if (lines[i] && *lines[i]) {
            if (out->size)
                hsn__buf_putc(out, '\n');
            hsn__draw_clean(out, lines[i], HSN__DRAW_TOOLTIP_CHARS / 4, false);
        }
}

static const char *tooltip_copy(hsn_drawing *drawing, const char *tooltip, const char *const *lines,
                                size_t count)
{
    hsn__buf buf = {0};
    if (!tooltip) {
        default_tooltip(lines, count, &buf);
        tooltip = hsn__buf_text(&buf);
    }
    const char *copy =
        buf.failed ? NULL : clean_copy(drawing, tooltip, HSN__DRAW_TOOLTIP_CHARS, true);
    hsn__buf_clear(&buf);
    return copy;
}

int hsn_drawing_add_node(hsn_drawing *drawing, const hsn_draw_node *node, uint32_t *out_index,
                         hsn_error *err)
{
    assert(node->cluster <= drawing->cluster_count);
    int r = grow(&drawing->nodes, &drawing->node_capacity, drawing->node_count,
                 sizeof *drawing->nodes, HSN_DRAW_MAX_NODES, "boxes of a drawing", err);
    if (r < 0)
        return r;
    hsn_draw_node copy = *node;
    bool whole = true;
    for (size_t i = 0; i < HSN_DRAW_LINES; i++)
        whole &= (copy.lines[i] =
                      clean_copy(drawing, node->lines[i], HSN__DRAW_LINE_CHARS, false)) != NULL;
    whole &=
        (copy.tooltip = tooltip_copy(drawing, node->tooltip, node->lines, HSN_DRAW_LINES)) != NULL;
    whole &= (copy.more_sources =
                  clean_copy(drawing, node->more_sources, HSN__DRAW_LINE_CHARS, false)) != NULL;
    whole &= (copy.more_targets =
                  clean_copy(drawing, node->more_targets, HSN__DRAW_LINE_CHARS, false)) != NULL;
    if (!whole)
        return hsn__fail_memory(err);
    if (out_index)
        *out_index = (uint32_t)drawing->node_count;
    drawing->nodes[drawing->node_count++] = copy;
    return HSN_OK;
}

// The labels that are drawn, without the empty ones; the others are added to `more_labels`.
static bool copy_labels(hsn_drawing *drawing, const hsn_draw_edge *edge, hsn_draw_edge *out)
{
    const char **labels = hsn__arena_zeroed(&drawing->arena, HSN_DRAW_LABELS, sizeof *labels);
    if (!labels)
        return false;
    out->labels = labels;
    out->label_count = 0;
    for (size_t i = 0; i < edge->label_count; i++) {
        if (!edge->labels[i] || !*edge->labels[i])
            continue;
        if (out->label_count == HSN_DRAW_LABELS) {
            out->more_labels++;
            continue;
        }
        const char *copy = clean_copy(drawing, edge->labels[i], HSN__DRAW_LABEL_CHARS, false);
        if (!copy)
            return false;
        labels[out->label_count++] = copy;
    }
    return true;
}

int hsn_drawing_add_edge(hsn_drawing *drawing, const hsn_draw_edge *edge, hsn_error *err)
{
    assert(edge->source < drawing->node_count && edge->target < drawing->node_count);
    int r = grow(&drawing->edges, &drawing->edge_capacity, drawing->edge_count,
                 sizeof *drawing->edges, HSN_DRAW_MAX_EDGES, "arrows of a drawing", err);
    if (r < 0)
        return r;
    hsn_draw_edge copy = *edge;
    if (!copy_labels(drawing, edge, &copy))
        return hsn__fail_memory(err);
    copy.tooltip = tooltip_copy(drawing, edge->tooltip, edge->labels, edge->label_count);
    if (!copy.tooltip)
        return hsn__fail_memory(err);
    drawing->edges[drawing->edge_count++] = copy;
    return HSN_OK;
}

size_t hsn_drawing_node_count(const hsn_drawing *drawing)
{
    return drawing->node_count;
}

size_t hsn_drawing_edge_count(const hsn_drawing *drawing)
{
    return drawing->edge_count;
}
