// SPDX-License-Identifier: MIT
// A graph of back-references as tables.
#include "heapsnap/backrefs_table.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "render/draw_private.h"

#include <inttypes.h>
#include <string.h>

static const hsn_column tree_columns[] = {
    {HSN_COLUMN_TEXT, "referrers", "Referrers", 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", "Bytes", 0, NULL},
    {HSN_COLUMN_ADDRESS, "address", "Address", 0, NULL},
    {0},
};

static const hsn_column reference_columns[] = {
    {HSN_COLUMN_TEXT, "references", "References", 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", "Bytes", 0, NULL},
    {HSN_COLUMN_ADDRESS, "address", "Address", 0, NULL},
    {0},
};

typedef struct tree {
    const hsn_backrefs *backrefs;
    bool full_names, refcounts;
    uint32_t *first_edge; // by box: its edges are first_edge[box] … first_edge[box + 1] - 1
    uint32_t *edges;      // by the box that was looked behind, in order
    bool *shown;          // by box
    hsn_table *table;
    hsn__buf line;
} tree;

// A line to write: a box under an edge, or (box == HSN_NONE) what `above` left out.
typedef struct tree_line {
    uint32_t box, edge, above, indent;
} tree_line;

static uint32_t inner(const hsn_backrefs *backrefs, uint32_t edge)
{
    return backrefs->refs ? backrefs->edges[edge].source : backrefs->edges[edge].target;
}

static uint32_t outer(const hsn_backrefs *backrefs, uint32_t edge)
{
    return backrefs->refs ? backrefs->edges[edge].target : backrefs->edges[edge].source;
}

// Edges by the box that they were found from: a counting sort.
static int index_edges(tree *t, hsn_error *err)
{
    const hsn_backrefs *backrefs = t->backrefs;
    t->first_edge = hsn__alloc_zeroed(backrefs->box_count + 2, sizeof *t->first_edge);
    t->edges = hsn__alloc_array(backrefs->edge_count, sizeof *t->edges);
    t->shown = hsn__alloc_zeroed(backrefs->box_count, sizeof *t->shown);
    if (!t->first_edge || !t->edges || !t->shown)
        return hsn__fail_memory(err);
    // Counted two places on, so that placing the edges leaves first_edge as it should be.
    for (uint32_t i = 0; i < backrefs->edge_count; i++)
        t->first_edge[inner(backrefs, i) + 2]++;
    for (size_t i = 2; i < backrefs->box_count + 2; i++)
        t->first_edge[i] += t->first_edge[i - 1];
    for (uint32_t i = 0; i < backrefs->edge_count; i++)
        t->edges[t->first_edge[inner(backrefs, i) + 1]++] = i;
    return HSN_OK;
}

static void put_count(hsn__buf *line, uint64_t count)
{
    hsn__buf_puts(line, " \xC3\x97");
    hsn__draw_number(line, count);
}

// Shortened as in drawings: a tree of names of 10 000 characters is none.
static void put_clean(hsn__buf *line, const char *before, const char *text)
{
    hsn__buf_puts(line, before);
    hsn__draw_clean(line, text, HSN__DRAW_LINE_CHARS, false);
}

static void put_label(tree *t, const hsn_backrefs_edge *edge)
{
    for (uint32_t i = 0; i < edge->label_count; i++)
        put_clean(&t->line, i ? ", " : "", edge->labels[i]);
    if (edge->more_labels)
        hsn__buf_printf(&t->line, "%s+ %" PRIu64 " more", edge->label_count ? " " : "",
                        edge->more_labels);
    if (!edge->label_count)
        hsn__buf_puts(&t->line, "?");
    if (edge->count > 1 && edge->count > edge->label_count + edge->more_labels)
        put_count(&t->line, edge->count);
    if (edge->weak)
        hsn__buf_puts(&t->line, " (weak)");
    hsn__buf_puts(&t->line, t->backrefs->refs ? " \xE2\x86\x92 " : " \xE2\x86\x90 ");
}

static void put_root(hsn__buf *line, const hsn_backrefs_box *box)
{
    const char *name = *box->root_name ? box->root_name : hsn_root_kind_name(box->root_kind);
    hsn__buf_puts(line, ", root");
    if (strcmp(name, box->text))
        hsn__buf_printf(line, ": %s", name);
}

static void put_box(tree *t, const hsn_backrefs_box *box)
{
    put_clean(&t->line, "", t->full_names ? box->type_name : box->short_name);
    if (box->count > 1)
        put_count(&t->line, box->count);
    if (t->refcounts && (box->object_flags & HSN_OBJECT_IMMORTAL))
        hsn__buf_puts(&t->line, " [\xE2\x88\x9E]");
    else if (t->refcounts && box->refcount != HSN_NO_REFCOUNT)
        hsn__buf_printf(&t->line, " [%" PRIu64 "]", box->refcount);
    if (box->count > 1)
        return;
    if (box->kind == HSN_KIND_FRAME && *box->root_name)
        put_clean(&t->line, " ", box->root_name);
    else if (*box->text)
        put_clean(&t->line, " ", box->text);
    else if (box->length != HSN_NO_LENGTH)
        hsn__buf_printf(&t->line, " (%" PRIu64 ")", box->length);
    if ((box->flags & HSN_BACKREFS_HOLDER) && *box->root_thread)
        hsn__buf_printf(&t->line, ", thread %s", box->root_thread);
    else if ((box->flags & HSN_BACKREFS_HOLDER) && box->root_kind != HSN_ROOT_MODULE &&
             box->root_kind != HSN_ROOT_FRAME)
        put_root(&t->line, box);
}

static void write_line(tree *t, const tree_line *line)
{
    const hsn_backrefs *backrefs = t->backrefs;
    hsn__buf_reset(&t->line);
    for (uint32_t i = 0; i < line->indent; i++)
        hsn__buf_puts(&t->line, "  ");
    if (line->box == HSN_NONE) {
        const hsn_backrefs_box *above = &backrefs->boxes[line->above];
        const char *what = backrefs->refs ? "reference" : "backreference";
        hsn__draw_number(&t->line, above->more);
        if (above->flags & HSN_BACKREFS_UNFOLLOWED)
            hsn__buf_printf(&t->line, " %ss not followed", what);
        else
            hsn__buf_printf(&t->line, " more %s%s", what, above->more == 1 ? "" : "s");
        hsn_table_text_bytes(t->table, t->line.data, t->line.size);
        hsn_table_null(t->table);
        hsn_table_null(t->table);
        return;
    }
    const hsn_backrefs_box *box = &backrefs->boxes[line->box];
    if (line->edge != HSN_NONE)
        put_label(t, &backrefs->edges[line->edge]);
    put_box(t, box);
    if (t->shown[line->box])
        hsn__buf_puts(&t->line, ", see above");
    hsn_table_text_bytes(t->table, t->line.data, t->line.size);
    hsn_table_bytes(t->table, box->size_bytes);
    if (box->count > 1)
        hsn_table_null(t->table);
    else
        hsn_table_address(t->table, box->address);
}

// A box's lines below it go onto the stack, the last one first.
static int push_below(tree *t, const tree_line *line, tree_line **stack, size_t *count,
                      size_t *capacity, hsn_error *err)
{
    uint32_t first = t->first_edge[line->box], end = t->first_edge[line->box + 1];
    if (!hsn__array_grow(stack, capacity, *count + (end - first) + 1, sizeof **stack, UINT32_MAX))
        return hsn__fail_memory(err);
    if (t->backrefs->boxes[line->box].more)
        (*stack)[(*count)++] = (tree_line){HSN_NONE, HSN_NONE, line->box, line->indent + 1};
    for (uint32_t i = end; i > first; i--)
        (*stack)[(*count)++] = (tree_line){outer(t->backrefs, t->edges[i - 1]), t->edges[i - 1],
                                           line->box, line->indent + 1};
    return HSN_OK;
}

static int write_tree(tree *t, uint32_t root, hsn_error *err)
{
    size_t count = 1, capacity = 0;
    tree_line *stack = NULL;
    int r = HSN_OK;
    if (!hsn__array_grow(&stack, &capacity, 1, sizeof *stack, UINT32_MAX))
        return hsn__fail_memory(err);
    stack[0] = (tree_line){root, HSN_NONE, HSN_NONE, 0};
    while (r >= 0 && count) {
        tree_line line = stack[--count];
        write_line(t, &line);
        if (line.box == HSN_NONE || t->shown[line.box])
            continue;
        t->shown[line.box] = true;
        r = push_below(t, &line, &stack, &count, &capacity, err);
    }
    hsn__free(stack);
    return r;
}

int hsn_backrefs_tree(const hsn_backrefs *backrefs, int full_names, int refcounts, hsn_table **out,
                      hsn_error *err)
{
    tree t = {.backrefs = backrefs, .full_names = full_names != 0, .refcounts = refcounts != 0};
    int r = hsn_table_new(&t.table, backrefs->refs ? reference_columns : tree_columns, err);
    if (r >= 0)
        r = index_edges(&t, err);
    for (uint32_t i = 0; r >= 0 && i < backrefs->box_count; i++)
        if ((backrefs->boxes[i].flags & HSN_BACKREFS_ROOT) && !t.shown[i])
            r = write_tree(&t, i, err);
    if (r >= 0 && t.line.failed)
        r = hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_table_status(t.table, err);
    hsn__free(t.first_edge);
    hsn__free(t.edges);
    hsn__free(t.shown);
    hsn__buf_clear(&t.line);
    if (r >= 0)
        *out = t.table;
    else
        hsn_table_free(t.table);
    return r;
}

static const hsn_column box_columns[] = {
    {HSN_COLUMN_ADDRESS, "address", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "type", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "text", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "count", NULL, 0, NULL},
    {HSN_COLUMN_BYTES, "size_bytes", NULL, 0, NULL},
    {HSN_COLUMN_BYTES, "retained_bytes", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "length", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "refcount", NULL, 0, NULL},
    {HSN_COLUMN_BOOL, "immortal", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "depth", NULL, 0, NULL},
    {HSN_COLUMN_BOOL, "root", NULL, 0, NULL},
    {HSN_COLUMN_BOOL, "module", NULL, 0, NULL},
    {HSN_COLUMN_BOOL, "highlight", NULL, 0, NULL},
    {HSN_COLUMN_BOOL, "finalizer", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "root_kind", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "root_name", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "more", NULL, 0, NULL},
    {HSN_COLUMN_BOOL, "followed", NULL, 0, NULL},
    {0},
};

static void optional_text(hsn_table *table, const char *text)
{
    hsn_table_text(table, *text ? text : NULL);
}

static void optional_count(hsn_table *table, uint64_t count, uint64_t none)
{
    if (count == none)
        hsn_table_null(table);
    else
        hsn_table_count(table, count);
}

int hsn_backrefs_boxes(const hsn_backrefs *backrefs, hsn_table **out, hsn_error *err)
{
    hsn_table *table = NULL;
    int r = hsn_table_new(&table, box_columns, err);
    for (size_t i = 0; r >= 0 && i < backrefs->box_count; i++) {
        const hsn_backrefs_box *box = &backrefs->boxes[i];
        hsn_table_address(table, box->address);
        hsn_table_text(table, box->type_name);
        optional_text(table, box->count > 1 ? "" : box->text);
        hsn_table_count(table, box->count);
        hsn_table_bytes(table, box->size_bytes);
        if (box->retained_bytes == HSN_NO_RETAINED)
            hsn_table_null(table);
        else
            hsn_table_bytes(table, box->retained_bytes);
        optional_count(table, box->length, HSN_NO_LENGTH);
        optional_count(table, box->refcount, HSN_NO_REFCOUNT);
        hsn_table_bool(table, (box->object_flags & HSN_OBJECT_IMMORTAL) != 0);
        hsn_table_count(table, box->depth);
        hsn_table_bool(table, (box->flags & HSN_BACKREFS_ROOT) != 0);
        hsn_table_bool(table, (box->flags & HSN_BACKREFS_MODULE) != 0);
        hsn_table_bool(table, (box->flags & HSN_BACKREFS_COLOURED) != 0);
        hsn_table_bool(table, (box->flags & HSN_BACKREFS_FINALIZER) != 0);
        bool held = box->flags & HSN_BACKREFS_HOLDER;
        optional_text(table, held ? hsn_root_kind_name(box->root_kind) : "");
        optional_text(table, held ? box->root_name : "");
        hsn_table_count(table, box->more);
        hsn_table_bool(table, !(box->flags & HSN_BACKREFS_UNFOLLOWED));
    }
    if (r >= 0)
        r = hsn_table_status(table, err);
    if (r >= 0)
        *out = table;
    else
        hsn_table_free(table);
    return r;
}

static const hsn_column label_fields[] = {{HSN_COLUMN_TEXT, NULL, NULL, 0, NULL}, {0}};

static const hsn_column edge_fields[] = {
    {HSN_COLUMN_COUNT, "source", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "target", NULL, 0, NULL},
    {HSN_COLUMN_LIST, "labels", NULL, 0, label_fields},
    {HSN_COLUMN_COUNT, "more_labels", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "count", NULL, 0, NULL},
    {HSN_COLUMN_TEXT, "kind", NULL, 0, NULL},
    {HSN_COLUMN_BOOL, "weak", NULL, 0, NULL},
    {0},
};

static const hsn_column whole_columns[] = {
    {HSN_COLUMN_TEXT, "direction", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "max_depth", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "objects", NULL, 0, NULL},
    {HSN_COLUMN_COUNT, "cut_objects", NULL, 0, NULL},
    {HSN_COLUMN_LIST, "edges", NULL, 0, edge_fields},
    {0},
};

int hsn_backrefs_whole(const hsn_backrefs *backrefs, hsn_table **out, hsn_error *err)
{
    hsn_table *table = NULL;
    int r = hsn_table_new(&table, whole_columns, err);
    if (r < 0)
        return r;
    hsn_table_text(table, backrefs->refs ? "references" : "backreferences");
    hsn_table_count(table, backrefs->max_depth);
    hsn_table_count(table, backrefs->root_count);
    hsn_table_count(table, backrefs->cut_objects);
    hsn_table_begin(table);
    for (size_t i = 0; i < backrefs->edge_count; i++) {
        const hsn_backrefs_edge *edge = &backrefs->edges[i];
        hsn_table_count(table, edge->source);
        hsn_table_count(table, edge->target);
        hsn_table_begin(table);
        for (uint32_t k = 0; k < edge->label_count; k++)
            hsn_table_text(table, edge->labels[k]);
        hsn_table_end(table);
        hsn_table_count(table, edge->more_labels);
        hsn_table_count(table, edge->count);
        hsn_table_text(table, hsn_ref_kind_name(edge->kind));
        hsn_table_bool(table, edge->weak);
    }
    hsn_table_end(table);
    r = hsn_table_status(table, err);
    if (r >= 0)
        *out = table;
    else
        hsn_table_free(table);
    return r;
}
