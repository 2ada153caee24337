// SPDX-License-Identifier: MIT
// The columns of a heap that say what is a root.
#include "analysis/roots_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

// A piece of garbage is best named by an object that user code made.
static int prefer_instances(void *context, uint64_t **out, hsn_error *err)
{
    hsn_heap *heap = context;
    uint32_t nodes = (uint32_t)hsn_heap_info(heap)->objects;
    uint32_t *types = hsn__alloc_array(nodes, sizeof *types);
    *out = hsn__bitmap_new(nodes);
    int r = types && *out ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_heap_column_types(heap, types, err);
    for (uint32_t node = 0; r >= 0 && node < nodes; node++)
        if (hsn_heap_types(heap)->rows[types[node]].kind == HSN_KIND_INSTANCE)
            hsn__bitmap_set(*out, node);
    hsn__free(types);
    return r;
}

/*
 * References that a visible object holds out of sight: the object goes with its holder, so it is no
 * root. Every entry of a bounded lru_cache is in the cache's dict, which shows, and in its list,
 * which does not.
 */
static const struct {
    const char *type;
    uint32_t references;
} owned[] = {
    {"functools._lru_list_elem", 1},
};

static uint32_t owned_references(const hsn_type *type)
{
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        if (type->count && !strcmp(type->name, owned[i].type))
            return owned[i].references;
    return 0;
}

static int subtract_owned(hsn_heap *heap, uint32_t *refcounts, hsn_error *err)
{
    const hsn_type_list *types = hsn_heap_types(heap);
    uint32_t nodes = (uint32_t)hsn_heap_info(heap)->objects, *type_of = NULL;
    bool any = false;
    int r = HSN_OK;
    for (size_t i = 0; i < types->count; i++)
        any = any || owned_references(&types->rows[i]);
    if (!any)
        return HSN_OK;
    uint32_t *references = hsn__alloc_zeroed(types->count, sizeof *references);
    type_of = hsn__alloc_array(nodes, sizeof *type_of);
    if (!references || !type_of) {
        r = hsn__fail_memory(err);
        goto done;
    }
    for (size_t i = 0; i < types->count; i++)
        references[i] = owned_references(&types->rows[i]);
    r = hsn_heap_column_types(heap, type_of, err);
    for (uint32_t node = 0; r >= 0 && node < nodes; node++)
        if (refcounts[node] != UINT32_MAX && refcounts[node] >= references[type_of[node]])
            refcounts[node] -= references[type_of[node]];
done:
    hsn__free(references);
    hsn__free(type_of);
    return r;
}

int hsn__sources_read(hsn_heap *heap, hsn__sources *s, hsn_error *err)
{
    uint32_t nodes = (uint32_t)hsn_heap_info(heap)->objects;
    const hsn_root_list *roots;
    *s = (hsn__sources){0};
    int r = hsn_heap_roots(heap, &roots, err);
    if (r < 0)
        return r;
    s->declared = hsn__alloc_array(roots->count, sizeof *s->declared);
    if (!s->declared)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < roots->count; i++)
        s->declared[i] = roots->rows[i].node;
    if (hsn_heap_info(heap)->has_refcounts) {
        s->refcounts = hsn__alloc_array(nodes, sizeof *s->refcounts);
        s->flags = hsn__alloc_array(nodes, sizeof *s->flags);
        r = s->refcounts && s->flags ? HSN_OK : hsn__fail_memory(err);
        if (r >= 0)
            r = hsn_heap_column_refcounts(heap, s->refcounts, err);
        if (r >= 0)
            r = hsn_heap_column_flags(heap, s->flags, err);
        if (r >= 0)
            r = subtract_owned(heap, s->refcounts, err);
    }
    s->holders = (hsn__holders){.declared = s->declared,
                                .declared_count = roots->count,
                                .refcounts = s->refcounts,
                                .flags = s->flags,
                                .prefer = prefer_instances,
                                .context = heap};
    return r;
}

void hsn__sources_clear(hsn__sources *s)
{
    hsn__free(s->declared);
    hsn__free(s->refcounts);
    hsn__free(s->flags);
}
