// SPDX-License-Identifier: MIT
// References that every object of a runtime has and that explain nothing: a chain goes round them.
//
// Every instance leads to its class, and from there to whatever hangs on the class; every function
// and frame leads to the globals of its module. Such a way is often shorter than the one through
// the application's own containers, and tells nothing about why an object is alive. Left out are
// the references of anything but a container or a namespace to a class, of a class to its tuples of
// bases and of the method resolution order, and of functions and frames to the namespace of a
// module.
#include "analysis/chain_private.h"

#include "base/alloc.h"
#include "base/bitmap.h"
#include "base/fail.h"

int hsn__housekeeping_init(hsn__housekeeping *h, hsn_heap *heap, const hsn_graph *graph,
                           hsn_error *err)
{
    const hsn_type_list *types = hsn_heap_types(heap);
    uint32_t *type_of = hsn__alloc_array(graph->node_count, sizeof *type_of);
    *h = (hsn__housekeeping){
        .graph = graph,
        .kinds = hsn__alloc_array(graph->node_count, sizeof *h->kinds),
        .looked = hsn__bitmap_new(graph->node_count),
        .namespaces = hsn__bitmap_new(graph->node_count),
    };
    int r = type_of && h->kinds && h->looked && h->namespaces
                ? hsn_heap_column_types(heap, type_of, err)
                : hsn__fail_memory(err);
    for (uint32_t node = 0; node < graph->node_count && r >= 0; node++)
        h->kinds[node] = (uint8_t)types->rows[type_of[node]].kind;
    hsn__free(type_of);
    return r;
}

void hsn__housekeeping_clear(hsn__housekeeping *h)
{
    hsn__free(h->kinds);
    hsn__free(h->looked);
    hsn__free(h->namespaces);
    *h = (hsn__housekeeping){0};
}

// Does a module refer to this dict? Looked up once for each.
static bool is_namespace(const hsn__housekeeping *h, hsn_node_id node)
{
    if (!hsn__bitmap_get(h->looked, node)) {
        hsn_span referrers = hsn__adjacency_span(&h->graph->backward, node);
        hsn__bitmap_set(h->looked, node);
        for (size_t i = 0; i < referrers.count; i++)
            if (h->kinds[referrers.ids[i]] == HSN_KIND_MODULE) {
                hsn__bitmap_set(h->namespaces, node);
                break;
            }
    }
    return hsn__bitmap_get(h->namespaces, node);
}

bool hsn__is_housekeeping(const hsn__housekeeping *h, hsn_node_id source, hsn_node_id target)
{
    hsn_kind from = (hsn_kind)h->kinds[source], to = (hsn_kind)h->kinds[target];
    switch (to) {
    case HSN_KIND_TYPE:
        return from != HSN_KIND_DICT && from != HSN_KIND_LIST && from != HSN_KIND_TUPLE &&
               from != HSN_KIND_SET && from != HSN_KIND_CELL && from != HSN_KIND_MODULE;
    case HSN_KIND_TUPLE:
        return from == HSN_KIND_TYPE;
    case HSN_KIND_DICT:
        return (from == HSN_KIND_FUNCTION || from == HSN_KIND_FRAME) && is_namespace(h, target);
    default:
        return false;
    }
}
