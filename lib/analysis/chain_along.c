// SPDX-License-Identifier: MIT
// A chain that was found as node ids, told as steps and as an expression.
#include "analysis/chain_private.h"
#include "analysis/cycles_private.h"
#include "heapsnap/disjoint.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

static int tell_step(hsn_heap *heap, hsn_node_id node, const hsn_ref *ref, hsn__arena *arena,
                     hsn_chain_step *out, hsn_error *err)
{
    hsn_object object;
    char label[HSN_LABEL_TEXT_BYTES] = "";
    int r = ref ? hsn_label_text(heap, ref, label, err) : HSN_OK;
    if (r >= 0)
        r = hsn_heap_object(heap, node, &object, err);
    if (r < 0)
        return r;
    const hsn_type *type = &hsn_heap_types(heap)->rows[object.type];
    *out = (hsn_chain_step){.node = node,
                            .type = object.type,
                            .address = object.address,
                            .type_name = hsn__arena_copy(arena, type->name, strlen(type->name)),
                            .text = hsn__arena_copy(arena, object.text, strlen(object.text)),
                            .label = hsn__arena_copy(arena, label, strlen(label)),
                            .kind = type->kind};
    if (ref)
        out->ref = *ref;
    return out->type_name && out->text && out->label ? HSN_OK : hsn__fail_memory(err);
}

// Roots stand by node, then kind, then name: the first one of the node.
static int tell_root(hsn_heap *heap, hsn_node_id node, hsn__arena *arena, hsn_root *out,
                     hsn_error *err)
{
    const hsn_root_list *roots;
    int r = hsn_heap_roots(heap, &roots, err);
    *out = (hsn_root){.node = node, .kind = HSN_ROOT_OTHER, .name = "", .thread = ""};
    for (size_t i = 0; r >= 0 && i < roots->count; i++) {
        const hsn_root *root = &roots->rows[i];
        if (root->node != node)
            continue;
        *out = *root;
        out->name = hsn__arena_copy(arena, root->name, strlen(root->name));
        out->thread = hsn__arena_copy(arena, root->thread, strlen(root->thread));
        return out->name && out->thread ? HSN_OK : hsn__fail_memory(err);
    }
    return r;
}

int hsn_disjoint_tell(hsn_heap *heap, const hsn_disjoint_chain *chain, hsn_chain *out,
                      hsn_error *err)
{
    hsn__buf text = {0};
    hsn__arena *arena = hsn__alloc_zeroed(1, sizeof *arena);
    *out = (hsn_chain){.target = HSN_NONE, .expression = "", .memory = arena};
    out->root = (hsn_root){.node = HSN_NONE, .kind = HSN_ROOT_OTHER, .name = "", .thread = ""};
    int r = arena ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0 && !(out->steps = hsn__arena_zeroed(arena, chain->count, sizeof *out->steps)))
        r = hsn__fail_memory(err);
    if (r >= 0)
        r = tell_root(heap, chain->nodes[0], arena, &out->root, err);
    for (size_t i = 0; i < chain->count && r >= 0; i++) {
        hsn_ref ref;
        if (i)
            r = hsn__best_ref(heap, chain->nodes[i - 1], chain->nodes[i], &ref, err);
        if (r >= 0)
            r = tell_step(heap, chain->nodes[i], i ? &ref : NULL, arena, &out->steps[i], err);
    }
    if (r >= 0) {
        out->step_count = chain->count;
        out->target = chain->nodes[chain->count - 1];
        out->found = 1;
        hsn__chain_text(out, &text);
        out->expression = hsn__arena_copy(arena, hsn__buf_text(&text), text.size);
        if (text.failed || !out->expression)
            r = hsn__fail_memory(err);
    }
    hsn__buf_clear(&text);
    if (r < 0)
        hsn_chain_free(out);
    return r < 0 ? r : HSN_OK;
}
