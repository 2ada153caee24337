// SPDX-License-Identifier: MIT
// The growth of the heap by who holds it: snapshots laid over one tree of patterns.
#include "analysis/why_ids.h"
#include "analysis/why_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

const char *hsn_why_kind_name(hsn_why_kind kind)
{
    static const char *const names[] = {
#define HSN_WHY_KIND_ROW(name, text) text,
        HSN_WHY_KIND_LIST(HSN_WHY_KIND_ROW)
#undef HSN_WHY_KIND_ROW
    };
    return (unsigned)kind < HSN_WHY_KIND_COUNT ? names[kind] : "unknown";
}

const char *hsn_why_match_name(hsn_why_match match)
{
    static const char *const names[] = {
#define HSN_WHY_MATCH_ROW(name, text) text,
        HSN_WHY_MATCH_LIST(HSN_WHY_MATCH_ROW)
#undef HSN_WHY_MATCH_ROW
    };
    return (size_t)match < sizeof names / sizeof *names ? names[match] : "unknown";
}

typedef struct work {
    const hsn_snapshot_ref *snapshots;
    size_t count;
    hsn__patterns patterns;
    hsn__pattern_cell **cells; // by snapshot
    size_t *cell_counts;
    hsn_heap *heap; // of the last snapshot
    hsn__placed placed;
    int64_t first_bytes, last_bytes;
    unsigned dominators;         // what to do where a store keeps none
    bool has_retained;           // … of all snapshots looked at so far
    hsn__why_places first, last; // where the objects of these snapshots are
    uint32_t *row_of;            // by pattern
    hsn__why_kept *kept;         // by snapshot but the last; NULL = ids mean nothing
    const char *id_obstacle;
    const hsn_progress *progress;
} work;

// Only the first and the last snapshot are asked for retained bytes. The first one's patterns stay,
// packed, until it is known which of them are rows.
static int keep_patterns(work *w, size_t i, hsn_error *err)
{
    bool has = false;
    if (i && i + 1 < w->count)
        return HSN_OK;
    int r = hsn__why_has_retained(w->heap, w->dominators, &has, err);
    w->has_retained = has && (!i || w->has_retained);
    if (r >= 0 && !i && w->has_retained && !w->kept)
        r = hsn__why_pack(w->placed.pattern, w->placed.graph->node_count, &w->first, err);
    return r;
}

// Lay snapshot `i` over the tree; only the last one stays.
static int place(work *w, size_t i, hsn_error *err)
{
    // The first snapshot leaves room for what later ones bring: that is what grew.
    const size_t half = HSN__MAX_PATTERNS / 2;
    w->patterns.max = half + half * i / (w->count - 1);
    int r = hsn_heap_open(&w->heap, w->snapshots[i].store, w->snapshots[i].id, err);
    if (r >= 0)
        r = hsn__placed_find(&w->placed, w->heap, &w->patterns, w->progress, err);
    if (r < 0)
        return r;
    w->cell_counts[i] = w->patterns.count;
    w->cells[i] = hsn__alloc_zeroed(w->patterns.count, sizeof **w->cells);
    if (!w->cells[i])
        return hsn__fail_memory(err);
    r = hsn__placed_sum(&w->placed, w->cells[i], err);
    int64_t bytes = (int64_t)hsn_heap_info(w->heap)->heap_bytes;
    if (!i)
        w->first_bytes = bytes;
    w->last_bytes = bytes;
    if (r >= 0)
        r = keep_patterns(w, i, err);
    if (r >= 0 && i + 1 < w->count && w->kept)
        r = hsn__why_keep(&w->placed, &w->kept[i], err);
    if (i + 1 < w->count) {
        hsn__placed_clear(&w->placed);
        hsn_heap_close(w->heap);
        w->heap = NULL;
    }
    return r;
}

static void clear_kept(work *w)
{
    for (size_t i = 0; w->kept && i + 1 < w->count; i++)
        hsn__why_kept_clear(&w->kept[i]);
    hsn__free(w->kept);
    w->kept = NULL;
}

// Count the objects of an earlier snapshot again, where they are now.
static int recount(work *w, size_t i, const uint64_t *ids, hsn_error *err)
{
    int r = hsn__why_rehome(&w->kept[i], ids, &w->placed, &w->patterns, err);
    if (r < 0)
        return r;
    hsn__free(w->cells[i]);
    w->cell_counts[i] = w->patterns.count;
    w->cells[i] = hsn__alloc_zeroed(w->patterns.count, sizeof **w->cells);
    return w->cells[i] ? hsn__why_kept_sum(&w->kept[i], &w->snapshots[i], w->cells[i], err)
                       : hsn__fail_memory(err);
}

// With stable ids, objects of earlier snapshots move to their patterns of now; unless ids turn out
// to be of several processes.
static int match_by_id(work *w, hsn_why *out, hsn_error *err)
{
    if (!w->kept)
        return HSN_OK;
    uint64_t *ids = hsn__alloc_array(w->placed.graph->node_count, sizeof *ids);
    int r = ids ? hsn_heap_column_addresses(w->heap, ids, err) : hsn__fail_memory(err);
    bool agree = r >= 0 && hsn__why_ids_agree(w->kept, w->count - 1, ids, &w->placed, &w->patterns);
    if (r >= 0 && agree)
        out->matched_by = HSN_WHY_BY_ID;
    else
        w->id_obstacle = "they are of different processes";
    for (size_t i = 0; i + 1 < w->count && r >= 0 && agree; i++)
        r = recount(w, i, ids, err);
    if (r >= 0 && w->has_retained)
        r = hsn__why_pack(w->kept[0].pattern, w->kept[0].count, &w->first, err);
    hsn__free(ids);
    clear_kept(w);
    return r;
}

static int prepare_ids(work *w, hsn_error *err)
{
    bool can;
    int r = hsn__why_can_use_ids(w->snapshots, w->count, &can, &w->id_obstacle, err);
    if (r >= 0 && can && !(w->kept = hsn__alloc_zeroed(w->count, sizeof *w->kept)))
        r = hsn__fail_memory(err);
    return r;
}

// Patterns that later snapshots brought are absent from earlier ones.
static int level(work *w, hsn_error *err)
{
    for (size_t i = 0; i < w->count; i++) {
        size_t before = w->cell_counts[i], after = w->patterns.count;
        hsn__pattern_cell *longer =
            after > before ? hsn__realloc(w->cells[i], after * sizeof *longer) : w->cells[i];
        if (!longer)
            return hsn__fail_memory(err);
        memset(longer + before, 0, (after - before) * sizeof *longer);
        w->cells[i] = longer;
    }
    return HSN_OK;
}

static int explain(work *w, size_t limit, hsn__arena *arena, hsn_why *out, hsn_error *err)
{
    hsn__growth_tree tree = {0};
    int r = hsn__growth_tree_find(&tree, &w->patterns, w->cells[0], w->cells[w->count - 1], err);
    if (r >= 0) {
        hsn__why_source source = {.tree = &tree,
                                  .placed = &w->placed,
                                  .snapshot = w->snapshots[w->count - 1],
                                  .cells = w->cells,
                                  .snapshots = w->count};
        r = hsn__why_rows(&source, limit, arena, out, err);
    }
    if (r >= 0 && w->has_retained)
        r = hsn__why_number_rows(&tree, out->count, &w->row_of, err);
    out->gained_bytes = (uint64_t)tree.gained;
    out->heap_bytes_delta = w->last_bytes - w->first_bytes;
    out->patterns = w->patterns.count - HSN__TOP_COUNT;
    out->is_coarse = w->patterns.is_full;
    hsn__growth_tree_clear(&tree);
    return r;
}

// Everything that is not needed for retained bytes: finding dominators takes room.
static void clear_patterns(work *w)
{
    for (size_t i = 0; w->cells && i < w->count; i++)
        hsn__free(w->cells[i]);
    hsn__free(w->cells);
    hsn__free(w->cell_counts);
    w->cells = NULL;
    w->cell_counts = NULL;
    hsn__placed_clear(&w->placed);
    hsn_heap_close(w->heap);
    w->heap = NULL;
    hsn__patterns_clear(&w->patterns);
}

// Retained bytes by row of the snapshot `ref`.
static int retained_of(work *w, const hsn_snapshot_ref *ref, hsn__why_places *places, size_t rows,
                       uint64_t *out, hsn_error *err)
{
    int r = hsn_heap_open(&w->heap, ref->store, ref->id, err);
    if (r < 0)
        return r;
    hsn__why_rows_of rows_of = {places, w->row_of, rows};
    r = hsn__why_retained(w->heap, w->dominators, &rows_of, w->progress, out, err);
    hsn__why_places_clear(places);
    hsn_heap_close(w->heap);
    w->heap = NULL;
    return r;
}

static int fill_retained(work *w, hsn_why *out, hsn_error *err)
{
    uint64_t *before = hsn__alloc_array(out->count + 1, sizeof *before);
    uint64_t *after = hsn__alloc_array(out->count + 1, sizeof *after);
    int r = before && after ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0 && out->count)
        r = retained_of(w, &w->snapshots[w->count - 1], &w->last, out->count, after, err);
    if (r >= 0 && out->count)
        r = retained_of(w, &w->snapshots[0], &w->first, out->count, before, err);
    for (size_t i = 0; i < out->count && r >= 0; i++) {
        hsn_why_row *row = &out->rows[i];
        row->retained_bytes_old = before[i];
        row->retained_bytes_new = after[i];
        row->retained_bytes_delta = (int64_t)(after[i] - before[i]);
    }
    out->has_retained = 1;
    hsn__free(before);
    hsn__free(after);
    return r;
}

int hsn_why_over(const hsn_snapshot_ref *snapshots, size_t count, const hsn_why_options *options,
                 const hsn_progress *progress, hsn_why *out, hsn_error *err)
{
    work w = {.snapshots = snapshots,
              .count = count,
              .progress = progress,
              .dominators = options ? options->dominators : 0};
    *out = (hsn_why){.snapshots = count};
    if (count < 2)
        return hsn__fail(err, HSN_EINVAL, NULL, "growth needs two or more snapshots");
    if (count > HSN_WHY_MAX_SNAPSHOTS)
        return hsn__fail_limit(err, "snapshots", HSN_WHY_MAX_SNAPSHOTS);
    hsn__arena *arena = out->memory = hsn__alloc_zeroed(1, sizeof *arena);
    w.cells = hsn__alloc_zeroed(count, sizeof *w.cells);
    w.cell_counts = hsn__alloc_zeroed(count, sizeof *w.cell_counts);
    int r = hsn__patterns_init(&w.patterns, err);
    if (r >= 0 && (!arena || !w.cells || !w.cell_counts))
        r = hsn__fail_memory(err);
    if (r >= 0)
        r = prepare_ids(&w, err);
    for (size_t i = 0; i < count && r >= 0; i++)
        r = place(&w, i, err);
    if (r >= 0)
        r = match_by_id(&w, out, err);
    if (r >= 0)
        r = level(&w, err);
    if (r >= 0)
        r = hsn__why_merge_names(&w.patterns, w.cells, count, &w.placed, err);
    if (r >= 0)
        r = explain(&w, options ? options->limit : 0, arena, out, err);
    if (r >= 0 && w.has_retained)
        r = hsn__why_pack(w.placed.pattern, w.placed.graph->node_count, &w.last, err);
    clear_kept(&w);
    clear_patterns(&w);
    if (r >= 0 && w.has_retained)
        r = fill_retained(&w, out, err);
    hsn__why_places_clear(&w.first);
    hsn__why_places_clear(&w.last);
    hsn__free(w.row_of);
    out->id_obstacle = w.id_obstacle;
    if (r < 0)
        hsn_why_free(out);
    return r < 0 ? r : HSN_OK;
}

void hsn_why_free(hsn_why *why)
{
    if (why->memory) {
        hsn__arena_clear(why->memory);
        hsn__free(why->memory);
    }
    *why = (hsn_why){0};
}
