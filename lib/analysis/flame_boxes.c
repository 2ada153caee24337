// SPDX-License-Identifier: MIT
// The boxes of a flame graph, chosen and put in order.
#include "analysis/flame_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

static bool is_unknown(const hsn_frame *frame)
{
    return !*frame->file && !*frame->function && !frame->line;
}

typedef struct sorted {
    uint32_t id, parent;
    uint64_t width;
    const hsn_frame *frame;
} sorted;

static int by_parent(const void *a, const void *b)
{
    const sorted *x = a, *y = b;
    if (x->parent != y->parent)
        return x->parent < y->parent ? -1 : 1;
    if (x->width != y->width)
        return x->width > y->width ? -1 : 1;
    int order = strcmp(x->frame->file, y->frame->file);
    if (!order)
        order = strcmp(x->frame->function, y->frame->function);
    if (!order)
        order = (x->frame->line > y->frame->line) - (x->frame->line < y->frame->line);
    return order ? order : (x->id > y->id) - (x->id < y->id);
}

static bool is_kept(const hsn__flame_merge *m, const hsn__flame_node *n)
{
    return n->width && n->width >= m->least &&
           (!m->options.max_depth || n->depth <= m->options.max_depth);
}

// The nodes that are wide and high enough, by parent, then as they will stand. Counts the others
// where they begin.
static int choose(hsn__flame_merge *m, sorted **out, size_t *out_count, hsn_error *err)
{
    static const hsn_frame none = {"", "", 0};
    size_t kept = 0;
    for (size_t i = 1; i < m->count; i++)
        kept += is_kept(m, &m->nodes[i]);
    sorted *rows = hsn__alloc_array(kept, sizeof *rows);
    if (!rows)
        return hsn__fail_memory(err);
    kept = 0;
    for (size_t i = 1; i < m->count; i++) {
        const hsn__flame_node *n = &m->nodes[i];
        if (is_kept(m, n)) {
            rows[kept++] = (sorted){(uint32_t)i, n->parent, n->width,
                                    n->group == HSN_NONE ? &none : &m->rows[n->group].frame};
        } else if (n->width && is_kept(m, &m->nodes[n->parent])) {
            m->out->dropped += n->width < m->least;
            m->out->dropped_deep += n->width >= m->least;
        }
    }
    if (kept)
        qsort(rows, kept, sizeof *rows, by_parent);
    *out = rows;
    *out_count = kept;
    return HSN_OK;
}

static void put_box(hsn__flame_merge *m, uint32_t id, uint32_t parent)
{
    const hsn__flame_node *n = &m->nodes[id];
    hsn_flame_box *box = &m->out->boxes[m->out->count++];
    uint32_t frame = n->group;
    if (frame != HSN_NONE && is_unknown(&m->rows[frame].frame))
        frame = HSN_NONE;
    *box = (hsn_flame_box){.parent = parent, .depth = n->depth, .frame = frame, .width = n->width};
    memcpy(box->cells, n->cells, sizeof box->cells);
    memcpy(box->owns, n->owns, sizeof box->owns);
}

// Preorder over the rows, which stand by parent.
static int put_boxes(hsn__flame_merge *m, const sorted *rows, size_t kept, hsn_error *err)
{
    struct open {
        uint32_t node, box, next; // next row to put below the box
    } *stack = hsn__alloc_array(m->out->levels + 2, sizeof *stack);
    uint32_t *first = hsn__alloc_array(m->count, sizeof *first); // by node: where its rows begin
    size_t depth = 0;
    m->out->boxes = hsn__alloc_array(kept + 1, sizeof *m->out->boxes);
    int r = stack && first && m->out->boxes ? HSN_OK : hsn__fail_memory(err);
    if (r < 0)
        goto done;
    for (size_t i = 0; i < m->count; i++)
        first[i] = (uint32_t)kept;
    for (size_t i = kept; i-- > 0;)
        first[rows[i].parent] = (uint32_t)i;
    put_box(m, 0, HSN_NONE);
    stack[depth++] = (struct open){0, 0, first[0]};
    while (depth) {
        struct open *top = &stack[depth - 1];
        uint32_t row = top->next;
        if (row >= kept || rows[row].parent != top->node) {
            depth--;
            continue;
        }
        top->next++;
        put_box(m, rows[row].id, top->box);
        stack[depth++] =
            (struct open){rows[row].id, (uint32_t)(m->out->count - 1), first[rows[row].id]};
    }
done:
    hsn__free(stack);
    hsn__free(first);
    return r;
}

int hsn__flame_boxes(hsn__flame_merge *m, hsn_error *err)
{
    sorted *rows = NULL;
    size_t kept = 0;
    m->least = (uint64_t)(m->options.least_share * (double)m->nodes[0].width);
    int r = choose(m, &rows, &kept, err);
    if (r >= 0)
        r = put_boxes(m, rows, kept, err);
    hsn__free(rows);
    return r;
}
