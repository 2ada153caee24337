// SPDX-License-Identifier: MIT
// The shortest way from a piece of garbage back to itself.
#include "analysis/chain_private.h"
#include "analysis/cycles_private.h"
#include "analysis/why_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

enum { MAX_VISITS = 1 << 16, MAX_STEPS = 64 };

typedef struct visit {
    hsn_node_id node;
    uint32_t before; // index of the visit that led here
} visit;

// Breadth first until a reference leads back to `node`: the index of the last object of the cycle.
static int search(const hsn_graph *graph, hsn_node_id node, visit **out, uint32_t *out_last,
                  hsn_error *err)
{
    uint64_t *seen = hsn__bitmap_new(graph->node_count);
    visit *visits = hsn__alloc_array(MAX_VISITS, sizeof *visits);
    size_t count = 0;
    *out = visits;
    *out_last = HSN_NONE;
    if (!seen || !visits) {
        hsn__free(seen);
        return hsn__fail_memory(err);
    }
    visits[count++] = (visit){node, HSN_NONE};
    for (size_t i = 0; i < count && *out_last == HSN_NONE; i++) {
        hsn_span refs = hsn__adjacency_span(&graph->forward, visits[i].node);
        for (size_t k = 0; k < refs.count; k++) {
            if (refs.ids[k] == node) {
                *out_last = (uint32_t)i;
                break;
            }
            if (count < MAX_VISITS && !hsn__bitmap_get(seen, refs.ids[k])) {
                hsn__bitmap_set(seen, refs.ids[k]);
                visits[count++] = (visit){refs.ids[k], (uint32_t)i};
            }
        }
    }
    hsn__free(seen);
    return HSN_OK;
}

// The reference from `source` to `target` as a step; its expression goes into `text`.
static int put_step(const hsn__placed *placed, const hsn__patterns *patterns, hsn_node_id source,
                    hsn_node_id target, hsn__arena *arena, hsn_pattern_step *out, hsn__buf *text,
                    hsn_error *err)
{
    hsn_ref ref;
    char label[HSN_LABEL_TEXT_BYTES];
    int r = hsn__best_ref(placed->heap, source, target, &ref, err);
    if (r >= 0)
        r = hsn_label_text(placed->heap, &ref, label, err);
    if (r < 0)
        return r;
    out->type = hsn__patterns_type_name(patterns, placed->types[target], arena);
    out->label = hsn__arena_copy(arena, label, strlen(label));
    if (!out->type || !out->label)
        return hsn__fail_memory(err);
    hsn__ref_text(&ref, label, out->type, text);
    return HSN_OK;
}

// Whether the reference is called like a way back to an owner.
static int leads_back(const hsn__placed *placed, hsn_node_id source, hsn_node_id target, bool *out,
                      hsn_error *err)
{
    hsn_ref ref;
    char label[HSN_LABEL_TEXT_BYTES];
    int r = hsn__best_ref(placed->heap, source, target, &ref, err);
    if (r >= 0)
        r = hsn_label_text(placed->heap, &ref, label, err);
    *out = r >= 0 && ref.label_form == HSN_LABEL_STRING && ref.kind != HSN_REF_INTERNAL &&
           hsn__is_back_pointer(label);
    return r;
}

// Begin where a way back leads to, so that the text goes from the owner to what it owns and back:
// .children[0].parent. Only to an object of the same type as the first one.
static int begin_at_owner(const hsn__placed *placed, hsn_node_id *nodes, size_t count,
                          hsn_error *err)
{
    hsn_node_id turned[MAX_STEPS];
    for (size_t i = 0; i + 1 < count; i++) {
        bool back;
        int r = leads_back(placed, nodes[i], nodes[i + 1], &back, err);
        if (r < 0)
            return r;
        if (!back || placed->types[nodes[i + 1]] != placed->types[nodes[0]])
            continue;
        for (size_t k = 0; k < count; k++)
            turned[k] = nodes[(i + 1 + k) % count];
        memcpy(nodes, turned, count * sizeof *nodes);
        break;
    }
    return HSN_OK;
}

static int fill(const hsn__placed *placed, const hsn__patterns *patterns, const hsn_node_id *nodes,
                size_t count, hsn__arena *arena, hsn__why_cycle *out, hsn_error *err)
{
    hsn__buf text = {0}, cut = {0};
    bool cut_leads_back = false, back = false;
    int r = HSN_OK;
    out->steps = hsn__arena_zeroed(arena, count + 1, sizeof *out->steps);
    if (!out->steps)
        return hsn__fail_memory(err);
    out->steps[0].type = hsn__patterns_type_name(patterns, placed->types[nodes[0]], arena);
    out->steps[0].label = "<garbage>";
    for (size_t i = 0; i < count && r >= 0; i++) {
        hsn_pattern_step *step = &out->steps[i + 1];
        size_t start = text.size;
        hsn_node_id next = nodes[(i + 1) % count];
        r = put_step(placed, patterns, nodes[i], next, arena, step, &text, err);
        if (r >= 0)
            r = leads_back(placed, nodes[i], next, &back, err);
        // The one that is called like a way back; else the last one, which closes the cycle.
        if (r < 0 || (cut_leads_back && !back))
            continue;
        cut_leads_back |= back;
        hsn__buf_reset(&cut);
        hsn__buf_puts(&cut, out->steps[i].type ? out->steps[i].type : "");
        if (!text.failed)
            hsn__buf_append(&cut, text.data + start, text.size - start);
    }
    if (r >= 0) {
        out->step_count = count + 1;
        out->text = hsn__arena_copy(arena, hsn__buf_text(&text), text.size);
        out->cut = hsn__arena_copy(arena, hsn__buf_text(&cut), cut.size);
        if (text.failed || cut.failed || !out->text || !out->cut || !out->steps[0].type)
            r = hsn__fail_memory(err);
    }
    hsn__buf_clear(&text);
    hsn__buf_clear(&cut);
    return r;
}

int hsn__why_cycle_find(const hsn__placed *placed, const hsn__patterns *patterns, hsn_node_id node,
                        hsn__arena *arena, hsn__why_cycle *out, hsn_error *err)
{
    hsn_node_id nodes[MAX_STEPS], held;
    visit *visits = NULL;
    uint32_t last;
    size_t count = 0;
    *out = (hsn__why_cycle){.text = "", .cut = ""};
    int r = search(placed->graph, node, &visits, &last, err);
    for (uint32_t at = last; r >= 0 && at != HSN_NONE && count < MAX_STEPS; at = visits[at].before)
        nodes[count++] = visits[at].node;
    bool whole = count && nodes[count - 1] == node;
    hsn__free(visits);
    if (r < 0 || !whole)
        return r;
    for (size_t i = 0; i < count / 2; i++) {
        held = nodes[i];
        nodes[i] = nodes[count - 1 - i];
        nodes[count - 1 - i] = held;
    }
    r = begin_at_owner(placed, nodes, count, err);
    return r < 0 ? r : fill(placed, patterns, nodes, count, arena, out, err);
}
