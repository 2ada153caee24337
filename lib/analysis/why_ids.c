// SPDX-License-Identifier: MIT
// Matching by stable id: objects that are still there count where they are now.
#include "analysis/why_ids.h"

#include "base/alloc.h"
#include "base/fail.h"

// ---- whether

static const hsn_snapshot_info *find_info(const hsn_snapshot_list *list, hsn_snapshot_id id)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->rows[i].id == id)
            return &list->rows[i];
    return NULL;
}

int hsn__why_can_use_ids(const hsn_snapshot_ref *snapshots, size_t count, bool *out,
                         const char **out_note, hsn_error *err)
{
    hsn_snapshot_list first = {0}, other = {0};
    int r = hsn_snapshot_list_read(snapshots[0].store, &first, err);
    *out = r >= 0;
    *out_note = NULL;
    for (size_t i = 0; i < count && r >= 0 && *out; i++) {
        r = hsn_snapshot_list_read(snapshots[i].store, &other, err);
        if (r < 0)
            break;
        const hsn_snapshot_info *a = find_info(&first, snapshots[0].id);
        const hsn_snapshot_info *b = find_info(&other, snapshots[i].id);
        const char *obstacle = a && b ? hsn__identity_obstacle(a, b) : "";
        *out = !obstacle;
        if (obstacle && a && b && a->stable_ids && b->stable_ids)
            *out_note = obstacle;
        hsn_snapshot_list_free(&other);
    }
    hsn_snapshot_list_free(&first);
    return r;
}

// ---- what stays of a snapshot

int hsn__why_keep(hsn__placed *placed, hsn__why_kept *out, hsn_error *err)
{
    uint32_t count = placed->graph->node_count;
    *out = (hsn__why_kept){.ids = hsn__alloc_array(count, sizeof *out->ids), .count = count};
    if (!out->ids)
        return hsn__fail_memory(err);
    int r = hsn_heap_column_addresses(placed->heap, out->ids, err);
    out->types = placed->types;
    out->pattern = placed->pattern;
    out->holder = placed->holder;
    placed->types = placed->pattern = NULL;
    placed->holder = NULL;
    return r;
}

void hsn__why_kept_clear(hsn__why_kept *kept)
{
    hsn__free(kept->ids);
    hsn__free(kept->types);
    hsn__free(kept->pattern);
    hsn__free(kept->holder);
    *kept = (hsn__why_kept){0};
}

bool hsn__why_ids_agree(const hsn__why_kept *kept, size_t count, const uint64_t *ids,
                        const hsn__placed *last, const hsn__patterns *patterns)
{
    hsn__identities end = {ids, last->types, last->graph->node_count};
    for (size_t i = 0; i < count; i++) {
        hsn__identities old = {kept[i].ids, kept[i].types, kept[i].count}, next = end;
        if (i + 1 < count)
            next = (hsn__identities){kept[i + 1].ids, kept[i + 1].types, kept[i + 1].count};
        hsn__identity identity = hsn__identity_compare(&old, &next, &patterns->type_names);
        if (!hsn__identity_holds(&identity))
            return false;
    }
    return true;
}

// ---- where its objects are now

typedef struct homing {
    const hsn__why_kept *kept;
    hsn__patterns *patterns;
    uint32_t *home;     // by node; HSN_NONE = not yet known
    hsn_node_id *stack; // nodes whose holder comes first
    size_t capacity;
} homing;

static uint32_t base_of(const hsn__patterns *patterns, uint32_t pattern)
{
    const hsn__pattern *row = &patterns->rows[pattern];
    return row->flags & HSN__PATTERN_NAMESPACE ? row->parent : pattern;
}

// The pattern of an object that is gone: as it hung on its holder, below where the holder is now.
static uint32_t home_of(homing *h, hsn_node_id node)
{
    const hsn__why_kept *kept = h->kept;
    const hsn__pattern *rows = h->patterns->rows;
    hsn_node_id holder = kept->holder[node];
    uint32_t pattern = kept->pattern[node];
    if (holder == HSN_NONE || h->home[holder] == kept->pattern[holder])
        return pattern;
    uint32_t was = kept->pattern[holder], is = h->home[holder];
    // Chains that repeat themselves do not tell by which label they do.
    if (rows[pattern].parent != base_of(h->patterns, was) ||
        ((rows[was].flags ^ rows[is].flags) & HSN__PATTERN_NAMESPACE))
        return pattern;
    return hsn__patterns_child(h->patterns, base_of(h->patterns, is), rows[pattern].label,
                               kept->types[node]);
}

static int find_home(homing *h, hsn_node_id node, hsn_error *err)
{
    size_t depth = 0;
    while (node != HSN_NONE && h->home[node] == HSN_NONE) {
        if (!hsn__array_grow(&h->stack, &h->capacity, depth + 1, sizeof *h->stack, SIZE_MAX))
            return hsn__fail_memory(err);
        h->stack[depth++] = node;
        node = h->kept->holder[node];
    }
    while (depth-- > 0) {
        uint32_t home = home_of(h, h->stack[depth]);
        if (home == HSN_NONE)
            return hsn__fail_memory(err);
        h->home[h->stack[depth]] = home;
    }
    return HSN_OK;
}

int hsn__why_rehome(hsn__why_kept *kept, const uint64_t *ids, const hsn__placed *last,
                    hsn__patterns *patterns, hsn_error *err)
{
    homing h = {.kept = kept, .patterns = patterns};
    uint32_t nodes = last->graph->node_count;
    int r = HSN_OK;
    h.home = hsn__alloc_array(kept->count, sizeof *h.home);
    if (!h.home)
        return hsn__fail_memory(err);
    for (uint32_t i = 0, k = 0; i < kept->count; i++) {
        while (k < nodes && ids[k] < kept->ids[i])
            k++;
        h.home[i] = k < nodes && ids[k] == kept->ids[i] ? last->pattern[k] : HSN_NONE;
    }
    for (uint32_t i = 0; i < kept->count && r >= 0; i++)
        if (h.home[i] == HSN_NONE)
            r = find_home(&h, i, err);
    hsn__free(h.stack);
    hsn__free(kept->pattern);
    kept->pattern = h.home;
    return r;
}

int hsn__why_kept_sum(const hsn__why_kept *kept, const hsn_snapshot_ref *snapshot,
                      hsn__pattern_cell *cells, hsn_error *err)
{
    hsn_heap *heap = NULL;
    uint64_t *sizes = hsn__alloc_array(kept->count, sizeof *sizes);
    int r =
        sizes ? hsn_heap_open(&heap, snapshot->store, snapshot->id, err) : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_heap_column_sizes(heap, sizes, err);
    for (uint32_t i = 0; i < kept->count && r >= 0; i++) {
        cells[kept->pattern[i]].count++;
        cells[kept->pattern[i]].size_bytes += sizes[i];
    }
    hsn__free(sizes);
    hsn_heap_close(heap);
    return r;
}
