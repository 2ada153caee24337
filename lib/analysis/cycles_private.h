// SPDX-License-Identifier: MIT
// The stages of the search for cycles: components, their kinds, their shortest cycles, the cut.
#ifndef HSN_ANALYSIS_CYCLES_PRIVATE_H
#define HSN_ANALYSIS_CYCLES_PRIVATE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/bitmap.h"
#include "graph/graph_internal.h"
#include "heapsnap/cycles.h"

/** What hsn__components.of says of nodes that lie on no cycle. */
#define HSN__ON_NO_CYCLE UINT32_MAX

/**
 * The strongly connected components that hold a cycle: two objects or more, or one that refers to
 * itself. In no order that means anything.
 */
typedef struct hsn__components {
    uint32_t *of;         /**< by node: its component, or HSN__ON_NO_CYCLE */
    uint32_t *starts;     /**< by component, count + 1: where its members begin */
    hsn_node_id *members; /**< ascending within a component */
    uint64_t *live;       /**< bitmap: what the roots reach */
    uint32_t count;
    uint64_t unreachable; /**< nodes that no root reaches */
} hsn__components;

/**
 * Find them. `roots` may repeat nodes. Clear *out with hsn__components_clear(), failed or not.
 * Errors: HSN_ENOMEM, HSN_ECANCELED, HSN_ELIMIT (referrers of an object). Cost: O(nodes +
 * references). While it runs: 12 bytes a node and 4 a reference for the other side, then up to 20 a
 * node for stacks where objects hang in long chains.
 */
int hsn__components_find(const hsn_graph *graph, const hsn_node_id *roots, size_t root_count,
                         const hsn_progress *progress, hsn__components *out, hsn_error *err);
void hsn__components_clear(hsn__components *components);

/** The kind of each component is found in two steps: live ones at once, the others by refcounts. */
static inline bool hsn__component_is_live(const hsn__components *components, uint32_t component)
{
    return hsn__bitmap_get(components->live, components->members[components->starts[component]]);
}

/**
 * Mark in *out_pinned (a bitmap by node; the caller frees it) every unreachable node that
 * references from outside of the snapshot keep. `refcounts` is consumed: UINT32_MAX = unknown or
 * immortal. `flags`: hsn_object_flag bits by node. docs/analysis/cycles.md states the rule.
 *
 * Errors: HSN_ENOMEM. Cost: O(references of unreachable nodes) and 4 bytes for each such node.
 */
int hsn__cycles_pinned(const hsn_graph *graph, const hsn__components *components,
                       uint32_t *refcounts, const uint8_t *flags, uint64_t **out_pinned,
                       hsn_error *err);

/**
 * A copy of the forward graph without the housekeeping references of live objects; the source file
 * says which. `types` by node. The caller owns *out. Errors: HSN_ENOMEM, HSN_ELIMIT. Cost: two
 * passes; 4 bytes a node and 4 a reference that stays.
 */
int hsn__cycles_without_housekeeping(const hsn_graph *graph, const uint64_t *live,
                                     const hsn_type_list *type_list, const uint32_t *types,
                                     hsn_graph **out, hsn_error *err);

/** Components that are alike: of one kind, with as many objects of the same types. */
typedef struct hsn__alike {
    uint32_t rank;       /**< of the first of them */
    uint64_t components; /**< how many there are */
    uint64_t objects;    /**< of all of them */
    uint64_t size_bytes; /**< of all of them */
} hsn__alike;

/**
 * Put components together that are alike. `ranked`: `count` ranks, ascending; order[rank] is a
 * component; `types` by node; kinds and size_bytes by component. *out, the caller's, is by
 * size_bytes, then objects (largest first), then rank. Errors: HSN_ENOMEM. Cost: one pass over the
 * members.
 */
int hsn__cycles_alike(const hsn__components *components, const uint32_t *types,
                      const uint8_t *kinds, const uint64_t *size_bytes, const uint32_t *ranked,
                      const uint32_t *order, size_t count, hsn__alike **out, size_t *out_count,
                      hsn_error *err);

/** Scratch of the search for shortest cycles, one for many components. Start with `{0}`. */
typedef struct hsn__girth {
    const uint8_t *wanted; /**< by type: only cycles through an object of such a type; NULL = all */
    const uint32_t *types; /**< by node; needed with `wanted`, of which every component holds one */
    uint32_t *degree; /**< references to a node from within its component; UINT32_MAX = taken out */
    uint32_t *seen;   /**< the search that saw it last */
    hsn_node_id *parent;
    hsn_node_id *queue;
    uint32_t search;    /**< number of the search, from 1 */
    hsn_node_id *cycle; /**< the result: each node refers to the next, the last one to the first */
    size_t count, capacity;
    bool is_exact;
} hsn__girth;

/**
 * A shortest cycle of a component, into girth->cycle. A reference of an object to itself is always
 * found; otherwise is_exact tells whether the search ended within `budget` visits of references.
 * Errors: HSN_ENOMEM.
 */
int hsn__girth_find(hsn__girth *girth, const hsn_graph *graph, const hsn__components *components,
                    uint32_t component, uint64_t budget, hsn_error *err);
void hsn__girth_clear(hsn__girth *girth);

/** Largest component, in objects and references, for which hsn__cut_choose() counts what a cut
 * frees. */
#define HSN__CUT_LIMIT 65536u

/** Fill row->cut and row->cut_frees: row->shortest stands. Errors: HSN_ENOMEM. */
int hsn__cut_choose(const hsn_graph *graph, const hsn__components *components, uint32_t component,
                    hsn_cycle *row, hsn_error *err);

/** What an attribute or a variable is called that leads back to an owner: `parent`, `_owner`. */
bool hsn__is_back_pointer(const char *name);

/** The reference from `source` to `target` of the best hsn_ref_rank(), the first one of several. */
int hsn__best_ref(hsn_heap *heap, hsn_node_id source, hsn_node_id target, hsn_ref *out,
                  hsn_error *err);

/**
 * Fill the row of a component, of which objects and nodes stand. `types` by node; `type_counts` by
 * type, all 0 before and after.
 */
int hsn__cycle_row_fill(hsn_heap *heap, const hsn_graph *graph, const hsn__components *components,
                        uint32_t component, const uint32_t *types, uint64_t *type_counts,
                        hsn__girth *girth, hsn__arena *arena, hsn_cycle *row, hsn_error *err);

/** "Node" of "app.tree.Node". */
const char *hsn__name_without_module(const hsn_type *type);

#endif
