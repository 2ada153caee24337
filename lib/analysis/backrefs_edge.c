// SPDX-License-Identifier: MIT
// The edge between two boxes: how many references it stands for, and what they are called.
#include "analysis/backrefs_private.h"
#include "base/fail.h"
#include "heapsnap/label.h"

#include <string.h>

// So many items of a sequence, or entries of a mapping, are told one by one; more of them are
// `[*]`.
#define FEW_INDEXES 3
#define FEW_ENTRIES 8

// The different links of an edge.
typedef struct distinct {
    hsn__backrefs_link links[HSN__BACKREFS_DISTINCT];
    size_t count;
    uint64_t more;
} distinct;

static bool same_label(const hsn__backrefs_link *a, const hsn__backrefs_link *b)
{
    return a->kind == b->kind && a->label_form == b->label_form &&
           (a->label_form == HSN_LABEL_NONE || a->label == b->label);
}

static void note(distinct *set, const hsn__backrefs_link *link)
{
    for (size_t i = 0; i < set->count; i++)
        if (same_label(&set->links[i], link))
            return;
    if (set->count < HSN__BACKREFS_DISTINCT)
        set->links[set->count++] = *link;
    else
        set->more = 1; // how many different ones is not known
}

static unsigned rank(const hsn__backrefs_link *link)
{
    hsn_ref ref = {.label = link->label, .kind = link->kind, .label_form = link->label_form};
    return hsn_ref_rank(&ref);
}

// Best first, otherwise as they were found: an insertion sort of at most 64.
static void sort_by_rank(distinct *set)
{
    for (size_t i = 1; i < set->count; i++) {
        hsn__backrefs_link link = set->links[i];
        size_t k = i;
        for (; k && rank(&set->links[k - 1]) > rank(&link); k--)
            set->links[k] = set->links[k - 1];
        set->links[k] = link;
    }
}

static bool is_entry(const hsn__backrefs_link *link)
{
    return (link->kind == HSN_REF_VALUE || link->kind == HSN_REF_KEY) &&
           link->label_form == HSN_LABEL_STRING;
}

static int label_of(hsn__backrefs_search *search, const hsn__backrefs_link *link, bool any,
                    char text[HSN_LABEL_TEXT_BYTES + 8], hsn_error *err)
{
    hsn_ref ref = {.label = link->label, .kind = link->kind, .label_form = link->label_form};
    int r = HSN_OK;
    if (any)
        memcpy(text, "[*]", 4);
    else
        r = hsn_label_text(search->heap, &ref, text, err);
    if (r >= 0 && link->kind == HSN_REF_KEY && *text)
        memcpy(text + strlen(text), " (key)", 7);
    return r;
}

// Adds a label once; the copy lives in the arena.
static int add_label(hsn__backrefs_search *search, hsn_backrefs_edge *edge, const char *text,
                     hsn_error *err)
{
    if (!*text)
        return HSN_OK;
    for (uint32_t i = 0; i < edge->label_count; i++)
        if (!strcmp(edge->labels[i], text))
            return HSN_OK;
    if (edge->label_count == HSN_BACKREFS_LABELS) {
        edge->more_labels++;
        return HSN_OK;
    }
    const char *copy = hsn__arena_copy(search->arena, text, strlen(text));
    if (!copy)
        return hsn__fail_memory(err);
    edge->labels[edge->label_count++] = copy;
    return HSN_OK;
}

int hsn__backrefs_describe(hsn__backrefs_search *search, const hsn__backrefs_siblings *siblings,
                           hsn_backrefs_edge *edge, hsn_error *err)
{
    distinct set = {.count = 0};
    size_t indexes = 0, entries = 0;
    edge->weak = 1;
    for (size_t i = siblings->first; i < siblings->first + siblings->count; i++) {
        const hsn__backrefs_neighbour *neighbour = &search->neighbours[i];
        for (size_t k = 0; k < neighbour->link_count; k++) {
            const hsn__backrefs_link *link = &search->links[neighbour->first_link + k];
            edge->count += link->times;
            edge->weak &= link->kind == HSN_REF_WEAK;
            note(&set, link);
        }
    }
    sort_by_rank(&set);
    edge->kind = (hsn_ref_kind)set.links[0].kind;
    for (size_t i = 0; i < set.count; i++) {
        indexes += set.links[i].label_form == HSN_LABEL_INDEX;
        entries += is_entry(&set.links[i]);
    }
    for (size_t i = 0; i < set.count; i++) {
        const hsn__backrefs_link *link = &set.links[i];
        bool any = link->label_form == HSN_LABEL_INDEX ? indexes > FEW_INDEXES
                                                       : is_entry(link) && entries > FEW_ENTRIES;
        char text[HSN_LABEL_TEXT_BYTES + 8];
        int r = label_of(search, link, any, text, err);
        if (r >= 0)
            r = add_label(search, edge, text, err);
        if (r < 0)
            return r;
    }
    // What found no place in the set is `[*]` like the others, or at least so many labels.
    if (indexes <= FEW_INDEXES && entries <= FEW_ENTRIES)
        edge->more_labels += set.more;
    return HSN_OK;
}
