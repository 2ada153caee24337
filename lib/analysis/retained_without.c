// SPDX-License-Identifier: MIT
// What if: what the roots still reach when some objects or references are not there.
//
// A reference that is imagined away becomes one of its source to itself, in a copy of the graph's
// references, and is put back afterwards.
#include "heapsnap/retained.h"

#include <stdbool.h>
#include <string.h>

#include "analysis/dominators_private.h"
#include "analysis/reach.h"
#include "analysis/roots_private.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "heapsnap/label.h"

typedef struct edit {
    uint64_t place;
    hsn_node_id target;
} edit;

typedef struct imagining {
    hsn_heap *heap;
    const hsn_graph *graph;
    hsn__preorder p;
    hsn__adjacency side; // the graph's own, but for `ids`
    uint64_t *sizes;
    hsn_node_id *queue;
    uint64_t *seen;    // what is reached, or not there
    uint64_t *targets; // bitmap: of the references at hand
    edit *edits;
    size_t edit_count, edit_capacity;
    uint64_t whole_bytes;
} imagining;

static int begin(imagining *m, bool references, const hsn_progress *progress, hsn_error *err)
{
    uint32_t nodes = m->graph->node_count;
    hsn__sources sources = {0};
    int r = hsn__sources_read(m->heap, &sources, err);
    if (r >= 0)
        r = hsn__preorder_find(m->graph, &sources.holders, progress, &m->p, err);
    hsn__sources_clear(&sources);
    if (r < 0)
        return r;
    m->side = m->graph->forward;
    if (references) {
        m->side.ids = hsn__alloc_array((size_t)m->graph->reference_count, sizeof *m->side.ids);
        if (!m->side.ids)
            return hsn__fail_memory(err);
        memcpy(m->side.ids, m->graph->forward.ids,
               (size_t)m->graph->reference_count * sizeof *m->side.ids);
    }
    m->sizes = hsn__alloc_array(nodes, sizeof *m->sizes);
    m->queue = hsn__alloc_array(nodes, sizeof *m->queue);
    m->seen = hsn__bitmap_new(nodes);
    m->targets = hsn__bitmap_new(nodes);
    if (!m->sizes || !m->queue || !m->seen || !m->targets)
        return hsn__fail_memory(err);
    return hsn_heap_column_sizes(m->heap, m->sizes, err);
}

// ---- imagining away ---------------------------------------------------------------------------

static bool has_label(imagining *m, const hsn_ref *ref, const char *label, int *r, hsn_error *err)
{
    char text[HSN_LABEL_TEXT_BYTES];
    *r = hsn_label_text(m->heap, ref, text, err);
    return *r >= 0 && !strcmp(text, label);
}

static int remove_reference(imagining *m, uint64_t place, hsn_node_id source, hsn_error *err)
{
    if (!hsn__array_grow(&m->edits, &m->edit_capacity, m->edit_count + 1, sizeof *m->edits,
                         SIZE_MAX))
        return hsn__fail_memory(err);
    m->edits[m->edit_count++] = (edit){place, m->side.ids[place]};
    m->side.ids[place] = source;
    return HSN_OK;
}

static int remove_of_source(imagining *m, const hsn_absence *a, hsn_node_id source,
                            hsn_absence_result *out, hsn_error *err)
{
    // As the graph has them, whatever was imagined away before.
    hsn_span span = hsn__adjacency_span(&m->graph->forward, source);
    uint64_t start = hsn__adjacency_start(&m->side, source);
    const hsn_ref *refs = NULL;
    size_t ref_count = 0;
    int r = HSN_OK;
    if (a->label)
        r = hsn_heap_refs(m->heap, source, &refs, &ref_count, err);
    // The strong references come first, in the order of the graph.
    if (r >= 0 && a->label && ref_count < span.count)
        return hsn__fail(err, HSN_EINVAL, NULL, "the graph is not that of the heap");
    for (size_t i = 0; i < span.count && r >= 0; i++) {
        if (!hsn__bitmap_get(m->targets, span.ids[i]) ||
            (a->label && !has_label(m, &refs[i], a->label, &r, err)) || r < 0)
            continue;
        out->references++;
        if (m->side.ids[start + i] != source)
            r = remove_reference(m, start + i, source, err);
    }
    return r;
}

// Objects count as seen, so that nothing goes through them.
static int apply(imagining *m, const hsn_absence *a, hsn_absence_result *out, hsn_error *err)
{
    int r = HSN_OK;
    for (size_t i = 0; i < a->node_count; i++)
        if (a->nodes[i] >= m->graph->node_count)
            return hsn__fail(err, HSN_EINVAL, NULL, "no object number %u", a->nodes[i]);
    for (size_t i = 0; a->targets && i < a->target_count; i++)
        if (a->targets[i] >= m->graph->node_count)
            return hsn__fail(err, HSN_EINVAL, NULL, "no object number %u", a->targets[i]);
    if (!a->targets) {
        for (size_t i = 0; i < a->node_count; i++)
            hsn__bitmap_set(m->seen, a->nodes[i]);
        return HSN_OK;
    }
    for (size_t i = 0; i < a->target_count; i++)
        hsn__bitmap_set(m->targets, a->targets[i]);
    for (size_t i = 0; i < a->node_count && r >= 0; i++)
        r = remove_of_source(m, a, a->nodes[i], out, err);
    for (size_t i = 0; i < a->target_count; i++)
        hsn__bitmap_unset(m->targets, a->targets[i]);
    return r;
}

static void take_back(imagining *m)
{
    while (m->edit_count) {
        const edit *e = &m->edits[--m->edit_count];
        m->side.ids[e->place] = e->target;
    }
    memset(m->seen, 0, hsn__bitmap_words(m->graph->node_count) * sizeof *m->seen);
}

// ---- counting ---------------------------------------------------------------------------------

static bool is_live(const imagining *m, hsn_node_id node)
{
    return m->p.seen[node].number < m->p.garbage;
}

// All that the tops of one kind reach, added up.
static void reach(imagining *m, bool live, uint64_t *out_objects, uint64_t *out_bytes)
{
    size_t count = 0;
    for (uint32_t node = 0; node < m->graph->node_count; node++)
        if (hsn__bitmap_get(m->p.tops, node) && is_live(m, node) == live)
            count = hsn__reach_from(m->seen, m->queue, count, node);
    count = hsn__reach(&m->side, NULL, m->seen, m->queue, count);
    *out_objects += count;
    for (size_t i = 0; i < count; i++)
        *out_bytes += m->sizes[m->queue[i]];
}

static void count_gone(imagining *m, hsn_absence_result *out)
{
    uint64_t objects = 0, size_bytes = 0;
    reach(m, true, &objects, &size_bytes);
    // Garbage does not bring back to life what the roots have lost.
    for (uint32_t node = 0; node < m->graph->node_count; node++)
        if (is_live(m, node))
            hsn__bitmap_set(m->seen, node);
    reach(m, false, &objects, &size_bytes);
    out->objects = m->graph->node_count - objects;
    out->size_bytes = m->whole_bytes - size_bytes;
}

int hsn_retained_without(hsn_heap *heap, const hsn_graph *graph, const hsn_absence *absences,
                         size_t count, const hsn_progress *progress, hsn_absence_result *out,
                         hsn_error *err)
{
    imagining m = {.heap = heap, .graph = graph};
    bool references = false;
    unsigned parts = hsn_graph_parts(graph);
    if (!(parts & HSN_GRAPH_FORWARD) || parts & HSN_GRAPH_WEAK)
        return hsn__fail(err, HSN_EINVAL, NULL, "what-if needs the strong references of the graph");
    for (size_t i = 0; i < count; i++)
        references = references || absences[i].targets;
    int r = begin(&m, references, progress, err);
    for (uint32_t node = 0; r >= 0 && node < graph->node_count; node++)
        m.whole_bytes += m.sizes[node];
    for (size_t i = 0; i <= count && r >= 0; i++) {
        out[i] = (hsn_absence_result){0};
        for (size_t k = 0; k < count && r >= 0; k++)
            if (k == i || i == count)
                r = apply(&m, &absences[k], &out[i], err);
        if (r >= 0)
            count_gone(&m, &out[i]);
        if (r >= 0 && progress && progress->tick(progress->context, "what if", i + 1, count + 1))
            r = hsn__fail(err, HSN_ECANCELED, NULL, "canceled");
        if (r >= 0)
            take_back(&m);
    }
    if (references)
        hsn__free(m.side.ids);
    hsn__preorder_clear(&m.p);
    hsn__free(m.sizes);
    hsn__free(m.queue);
    hsn__free(m.seen);
    hsn__free(m.targets);
    hsn__free(m.edits);
    return r;
}
