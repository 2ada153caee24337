// SPDX-License-Identifier: MIT
// Retained bytes of the objects at the end of holder patterns.
#include "analysis/pattern_private.h"
#include "analysis/retained_private.h"

#include "base/alloc.h"
#include "base/fail.h"

// The patterns that have objects, with some of them to tell the pattern by.
static int choose(const hsn__placed *placed, const hsn__patterns *patterns,
                  hsn__pattern_sample **out, size_t *out_count, hsn_error *err)
{
    hsn__pattern_cell *cells = hsn__alloc_zeroed(patterns->count, sizeof *cells);
    hsn__pattern_sample *samples = hsn__alloc_zeroed(patterns->count, sizeof *samples);
    int r = cells && samples ? hsn__placed_sum(placed, cells, err) : hsn__fail_memory(err);
    for (size_t i = HSN__TOP_COUNT; r >= 0 && i < patterns->count; i++)
        if (cells[i].count)
            samples[(*out_count)++].pattern = (uint32_t)i;
    hsn__free(cells);
    *out = samples;
    return r;
}

// fits[glob * patterns + pattern]: does the pattern's text fit?
static int match(const hsn__placed *placed, const hsn__patterns *patterns, const char *const *globs,
                 size_t count, uint8_t *fits, hsn_error *err)
{
    hsn__arena arena = {0};
    hsn__pattern_sample *samples = NULL;
    hsn__pattern_story story;
    size_t found = 0;
    int r = choose(placed, patterns, &samples, &found, err);
    if (r >= 0)
        r = hsn__pattern_collect(placed, patterns, samples, found, &arena, err);
    for (size_t i = 0; i < found && r >= 0; i++) {
        r = hsn__pattern_tell(placed, patterns, samples[i].pattern, samples[i].nodes,
                              samples[i].count, &arena, &story, err);
        for (size_t glob = 0; glob < count && r >= 0; glob++)
            fits[glob * patterns->count + samples[i].pattern] =
                (uint8_t)hsn_glob_match(globs[glob], story.text);
    }
    hsn__free(samples);
    hsn__arena_clear(&arena);
    return r;
}

// The same walk over the dominator tree for each glob: an object may fit several.
static int sum(hsn_heap *heap, const uint32_t *pattern, const uint8_t *fits, size_t patterns,
               size_t count, unsigned flags, const hsn_progress *progress, uint64_t *out,
               hsn_error *err)
{
    hsn_dominators dominators = {0};
    hsn__below below = {0};
    uint32_t *group = NULL;
    uint64_t both[2];
    int r = hsn_dominators_read(heap, flags, progress, &dominators, err);
    if (r >= 0)
        r = hsn__below_make(&below, &dominators, err);
    if (r >= 0 && !(group = hsn__alloc_array((size_t)dominators.node_count + 1, sizeof *group)))
        r = hsn__fail_memory(err);
    for (size_t glob = 0; glob < count && r >= 0; glob++) {
        for (uint32_t node = 0; node < dominators.node_count; node++)
            group[node] = fits[glob * patterns + pattern[node]];
        r = hsn__retained_sum(&dominators, &below, group, 2, both, err);
        out[glob] = r >= 0 ? both[1] : 0;
    }
    hsn__free(group);
    hsn__below_clear(&below);
    hsn_dominators_free(&dominators);
    return r;
}

int hsn_retained_holders(hsn_heap *heap, const char *const *globs, size_t count, unsigned flags,
                         const hsn_progress *progress, uint64_t *out, hsn_error *err)
{
    hsn__patterns patterns;
    hsn__placed placed = {0};
    uint32_t *pattern = NULL;
    uint8_t *fits = NULL;
    int r = hsn__patterns_init(&patterns, err);
    if (r >= 0)
        r = hsn__placed_find(&placed, heap, &patterns, progress, err);
    if (r >= 0 && !(fits = hsn__alloc_zeroed(patterns.count * count + 1, 1)))
        r = hsn__fail_memory(err);
    if (r >= 0)
        r = match(&placed, &patterns, globs, count, fits, err);
    // Finding dominators takes room: only the pattern of each object is needed beside it.
    pattern = placed.pattern;
    placed.pattern = NULL;
    hsn__placed_clear(&placed);
    if (r >= 0)
        r = sum(heap, pattern, fits, patterns.count, count, flags, progress, out, err);
    hsn__free(pattern);
    hsn__free(fits);
    hsn__patterns_clear(&patterns);
    return r < 0 ? r : HSN_OK;
}
