// SPDX-License-Identifier: MIT
// What an object is called by the one that dominates it.
#include "heapsnap/label.h"
#include "heapsnap/retained.h"

int hsn_retained_label(hsn_heap *heap, const hsn_dominators *dominators, hsn_node_id node,
                       char *out, hsn_error *err)
{
    hsn_node_id above = dominators->dominator[node];
    const hsn_ref *refs, *best = NULL;
    size_t count;
    *out = 0;
    if (above == HSN_HELD_BY_ROOTS || above == HSN_HELD_BY_NOTHING)
        return HSN_OK;
    int r = hsn_heap_refs(heap, above, &refs, &count, err);
    for (size_t i = 0; r >= 0 && i < count; i++)
        if (refs[i].target == node && refs[i].kind != HSN_REF_WEAK &&
            (!best || hsn_ref_rank(&refs[i]) < hsn_ref_rank(best)))
            best = &refs[i];
    return r >= 0 && best ? hsn_label_text(heap, best, out, err) : r;
}
