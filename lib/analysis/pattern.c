// SPDX-License-Identifier: MIT
// The chains of all objects of some types, merged by pattern.
#include "heapsnap/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/pattern_private.h"
#include "base/alloc.h"
#include "base/fail.h"

typedef struct found {
    uint32_t pattern;
    hsn__pattern_cell cell;
} found;

static int compare_found(const void *a, const void *b)
{
    const found *x = a, *y = b;
    if (x->cell.size_bytes != y->cell.size_bytes)
        return x->cell.size_bytes > y->cell.size_bytes ? -1 : 1;
    if (x->cell.count != y->cell.count)
        return x->cell.count > y->cell.count ? -1 : 1;
    return x->pattern < y->pattern ? -1 : x->pattern > y->pattern;
}

// The types of the snapshot that are asked for, as types of the tree.
static int mark_types(hsn_heap *heap, hsn__patterns *patterns, const uint8_t *types, uint8_t **out,
                      hsn_error *err)
{
    const hsn_type_list *list = hsn_heap_types(heap);
    uint8_t *wanted = hsn__alloc_zeroed(patterns->type_names.count + 1, 1);
    uint32_t type;
    int r = wanted ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; i < list->count && r >= 0; i++) {
        r = hsn__patterns_type(patterns, &list->rows[i], &type, err);
        if (r >= 0 && (!types || types[i]))
            wanted[type] = 1;
    }
    *out = wanted;
    return r;
}

static int choose(const hsn__patterns *patterns, const hsn__pattern_cell *cells,
                  const uint8_t *wanted, size_t limit, found **out, hsn_pattern_list *list,
                  hsn_error *err)
{
    size_t capacity = 0, count = 0;
    found *rows = NULL;
    for (size_t i = HSN__TOP_COUNT; i < patterns->count; i++) {
        if (!cells[i].count || !wanted[patterns->rows[i].type])
            continue;
        if (!hsn__array_grow(&rows, &capacity, count + 1, sizeof *rows, SIZE_MAX)) {
            hsn__free(rows);
            return hsn__fail_memory(err);
        }
        rows[count++] = (found){(uint32_t)i, cells[i]};
        list->objects += cells[i].count;
        list->size_bytes += cells[i].size_bytes;
    }
    if (count)
        qsort(rows, count, sizeof *rows, compare_found);
    list->matched = count;
    list->count = limit && limit < count ? limit : count;
    *out = rows;
    return HSN_OK;
}

static int tell(const hsn__placed *placed, const hsn__patterns *patterns, const found *rows,
                hsn__arena *arena, hsn_pattern_list *out, hsn_error *err)
{
    hsn__pattern_sample *samples = hsn__alloc_zeroed(out->count, sizeof *samples);
    int r = samples ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; i < out->count && r >= 0; i++)
        samples[i].pattern = rows[i].pattern;
    if (r >= 0)
        r = hsn__pattern_collect(placed, patterns, samples, out->count, arena, err);
    out->rows = hsn__arena_zeroed(arena, out->count, sizeof *out->rows);
    if (r >= 0 && !out->rows)
        r = hsn__fail_memory(err);
    for (size_t i = 0; i < out->count && r >= 0; i++) {
        hsn__pattern_story story;
        r = hsn__pattern_tell(placed, patterns, rows[i].pattern, samples[i].nodes, samples[i].count,
                              arena, &story, err);
        if (r < 0)
            break;
        out->rows[i] = (hsn_pattern){.text = story.text,
                                     .type = story.steps[story.step_count - 1].type,
                                     .held = hsn__patterns_held(patterns, rows[i].pattern),
                                     .count = rows[i].cell.count,
                                     .size_bytes = rows[i].cell.size_bytes,
                                     .steps = story.steps,
                                     .step_count = story.step_count};
    }
    hsn__free(samples);
    return r;
}

int hsn_pattern_find(hsn_heap *heap, const uint8_t *types, size_t limit,
                     const hsn_progress *progress, hsn_pattern_list *out, hsn_error *err)
{
    hsn__patterns patterns;
    hsn__placed placed = {0};
    hsn__pattern_cell *cells = NULL;
    uint8_t *wanted = NULL;
    found *rows = NULL;
    hsn__arena *arena = hsn__alloc_zeroed(1, sizeof *arena);
    *out = (hsn_pattern_list){.memory = arena};
    int r = hsn__patterns_init(&patterns, err);
    if (r >= 0 && !arena)
        r = hsn__fail_memory(err);
    if (r >= 0)
        r = hsn__placed_find(&placed, heap, &patterns, progress, err);
    if (r >= 0 && !(cells = hsn__alloc_zeroed(patterns.count, sizeof *cells)))
        r = hsn__fail_memory(err);
    if (r >= 0)
        r = hsn__placed_sum(&placed, cells, err);
    if (r >= 0)
        r = mark_types(heap, &patterns, types, &wanted, err);
    if (r >= 0)
        r = choose(&patterns, cells, wanted, limit, &rows, out, err);
    if (r >= 0)
        r = tell(&placed, &patterns, rows, arena, out, err);
    hsn__free(rows);
    hsn__free(wanted);
    hsn__free(cells);
    hsn__placed_clear(&placed);
    hsn__patterns_clear(&patterns);
    if (r < 0)
        hsn_pattern_list_free(out);
    return r < 0 ? r : HSN_OK;
}

void hsn_pattern_list_free(hsn_pattern_list *list)
{
    if (list->memory) {
        hsn__arena_clear(list->memory);
        hsn__free(list->memory);
    }
    *list = (hsn_pattern_list){0};
}
