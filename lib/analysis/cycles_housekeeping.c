// SPDX-License-Identifier: MIT
// The graph without the references that put every live object of a Python process on some cycle.
//
// An instance refers to its class, the class to its functions, a function to the globals of its
// module, and those to whatever the application keeps there: so a session in a registry is strongly
// connected with the whole interpreter, through references that nobody would cut. Left out here
// are, from objects that a root reaches: references to classes and to modules, and those of
// functions and frames to a module's namespace. Objects that no root reaches keep all of theirs, so
// what the collector would find is found.
#include "analysis/cycles_private.h"

#include "base/alloc.h"
#include "base/fail.h"

typedef struct filter {
    const hsn_graph *graph;
    const uint64_t *live;
    const uint8_t *kinds; // by type: hsn_kind
    const uint32_t *types;
    uint64_t *namespaces; // bitmap: dicts of modules
} filter;

static hsn_kind kind_of(const filter *f, hsn_node_id node)
{
    return (hsn_kind)f->kinds[f->types[node]];
}

static void mark_namespaces(const filter *f)
{
    for (hsn_node_id node = 0; node < f->graph->node_count; node++) {
        if (kind_of(f, node) != HSN_KIND_MODULE)
            continue;
        hsn_span refs = hsn__adjacency_span(&f->graph->forward, node);
        for (size_t i = 0; i < refs.count; i++)
            if (kind_of(f, refs.ids[i]) == HSN_KIND_DICT)
                hsn__bitmap_set(f->namespaces, refs.ids[i]);
    }
}

static bool keeps(const filter *f, bool from_code, hsn_node_id target)
{
    hsn_kind kind = kind_of(f, target);
    if (kind == HSN_KIND_TYPE || kind == HSN_KIND_MODULE)
        return false;
    return !from_code || !hsn__bitmap_get(f->namespaces, target);
}

// Walk what is kept: count it, or write it into `out`.
static int walk(const filter *f, hsn_graph *out, uint64_t *out_count, hsn_error *err)
{
    uint64_t kept = 0;
    int r = HSN_OK;
    for (hsn_node_id node = 0; node < f->graph->node_count && r >= 0; node++) {
        hsn_span refs = hsn__adjacency_span(&f->graph->forward, node);
        bool live = hsn__bitmap_get(f->live, node);
        hsn_kind kind = kind_of(f, node);
        bool code = kind == HSN_KIND_FUNCTION || kind == HSN_KIND_FRAME;
        if (out)
            r = hsn__adjacency_set_start(&out->forward, node, kept, err);
        for (size_t i = 0; i < refs.count; i++) {
            if (live && !keeps(f, code, refs.ids[i]))
                continue;
            if (out)
                out->forward.ids[kept] = refs.ids[i];
            kept++;
        }
    }
    if (out && r >= 0)
        r = hsn__adjacency_set_start(&out->forward, f->graph->node_count, kept, err);
    *out_count = kept;
    return r;
}

int hsn__cycles_without_housekeeping(const hsn_graph *graph, const uint64_t *live,
                                     const hsn_type_list *type_list, const uint32_t *types,
                                     hsn_graph **out, hsn_error *err)
{
    uint8_t *kinds = hsn__alloc_array(type_list->count, sizeof *kinds);
    filter f = {
        .graph = graph,
        .live = live,
        .kinds = kinds,
        .types = types,
        .namespaces = hsn__bitmap_new(graph->node_count),
    };
    uint64_t kept;
    *out = NULL;
    int r = kinds && f.namespaces ? HSN_OK : hsn__fail_memory(err);
    if (r < 0)
        goto done;
    for (size_t i = 0; i < type_list->count; i++)
        kinds[i] = (uint8_t)type_list->rows[i].kind;
    mark_namespaces(&f);
    r = walk(&f, NULL, &kept, err);
    if (r >= 0)
        r = hsn__graph_new(out, graph->node_count, kept, HSN_GRAPH_FORWARD, err);
    if (r >= 0)
        r = walk(&f, *out, &kept, err);
    if (r < 0) {
        hsn_graph_free(*out);
        *out = NULL;
    }
done:
    hsn__free(kinds);
    hsn__free(f.namespaces);
    return r;
}
