// SPDX-License-Identifier: MIT
// The growth of the heap by who holds it: snapshots laid over one tree of patterns.
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

typedef struct work {
    const hsn_snapshot_ref *snapshots;
    size_t count;
    hsn__patterns patterns;
    hsn__pattern_cell **cells; // by snapshot
    size_t *cell_counts;
    hsn_heap *heap; // of the last snapshot
    hsn__placed placed;
    int64_t first_bytes, last_bytes;
    const hsn_progress *progress;
} work;

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
    if (i + 1 < w->count) {
        hsn__placed_clear(&w->placed);
        hsn_heap_close(w->heap);
        w->heap = NULL;
    }
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
    out->gained_bytes = (uint64_t)tree.gained;
    out->heap_bytes_delta = w->last_bytes - w->first_bytes;
    out->patterns = w->patterns.count - HSN__TOP_COUNT;
    out->is_coarse = w->patterns.is_full;
    hsn__growth_tree_clear(&tree);
    return r;
}

int hsn_why_over(const hsn_snapshot_ref *snapshots, size_t count, const hsn_why_options *options,
                 const hsn_progress *progress, hsn_why *out, hsn_error *err)
{
    work w = {.snapshots = snapshots, .count = count, .progress = progress};
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
    for (size_t i = 0; i < count && r >= 0; i++)
        r = place(&w, i, err);
    if (r >= 0)
        r = level(&w, err);
    if (r >= 0)
        r = explain(&w, options ? options->limit : 0, arena, out, err);
    for (size_t i = 0; w.cells && i < count; i++)
        hsn__free(w.cells[i]);
    hsn__free(w.cells);
    hsn__free(w.cell_counts);
    hsn__placed_clear(&w.placed);
    hsn_heap_close(w.heap);
    hsn__patterns_clear(&w.patterns);
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
