// SPDX-License-Identifier: MIT
// Filters of allocations, as tracemalloc's Snapshot.filter_traces() applies them.
//
// A pattern is matched once per distinct frame; whether any frame of a stack matches is then one
// pass over the prefix tree, where a caller's stack always comes first.
#include "analysis/filter.h"

#include "analysis/glob.h"
#include "base/alloc.h"
#include "base/bitmap.h"
#include "base/fail.h"

#include <string.h>

int hsn_site_filter_parse(const char *text, hsn_site_filter *out, hsn_error *err)
{
    const char *colon = strrchr(text, ':');
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;
    *out = (hsn_site_filter){.pattern = text, .pattern_bytes = strlen(text)};
    if (digits && !colon[1 + digits]) {
        uint64_t line = 0;
        for (const char *c = colon + 1; *c && line <= UINT32_MAX; c++)
            line = line * 10 + (uint64_t)(*c - '0');
        if (line > UINT32_MAX)
            return hsn__fail(err, HSN_EINVAL, NULL, "line number too large in '%s'", text);
        out->has_line = 1;
        out->line = (uint32_t)line;
        out->pattern_bytes = (size_t)(colon - text);
    }
    if (!out->pattern_bytes)
        return hsn__fail(err, HSN_EINVAL, NULL, "no file pattern in '%s'", text);
    return HSN_OK;
}

// ".pyc" reads as ".py".
static size_t source_bytes(const char *file, size_t size)
{
    return size >= 4 && !memcmp(file + size - 4, ".pyc", 4) ? size - 1 : size;
}

static bool frame_matches(const hsn_site_filter *filter, const hsn_frame *frame)
{
    size_t pattern_bytes = filter->pattern_bytes ? filter->pattern_bytes : strlen(filter->pattern);
    if (filter->has_line && filter->line != frame->line)
        return false;
    return hsn__glob_match(filter->pattern, source_bytes(filter->pattern, pattern_bytes),
                           frame->file, source_bytes(frame->file, strlen(frame->file)));
}

static int match_stacks(const hsn_site_filter *filter, const hsn_profile *profile,
                        uint64_t *stack_bits, hsn_error *err)
{
    uint64_t *frame_bits = hsn__bitmap_new(profile->frame_count);
    if (!frame_bits)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < profile->frame_count; i++)
        if (frame_matches(filter, &profile->frames[i]))
            hsn__bitmap_set(frame_bits, i);
    for (size_t i = 0; i < profile->stack_count; i++) {
        const hsn_stack *stack = &profile->stacks[i];
        if (hsn__bitmap_get(frame_bits, stack->frame) ||
            (filter->all_frames && stack->parent != HSN_NONE &&
             hsn__bitmap_get(stack_bits, stack->parent)))
            hsn__bitmap_set(stack_bits, i);
    }
    hsn__free(frame_bits);
    return HSN_OK;
}

int hsn__filter_prepare(hsn__filter *filter, const hsn_profile *profile,
                        const hsn_site_filter *filters, size_t count, hsn_error *err)
{
    *filter = (hsn__filter){.filters = filters, .count = count};
    filter->stack_bits = hsn__alloc_zeroed(count, sizeof *filter->stack_bits);
    if (!filter->stack_bits)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        filter->has_inclusive |= !filters[i].exclusive;
        if (!filters[i].pattern)
            continue;
        filter->stack_bits[i] = hsn__bitmap_new(profile->stack_count);
        if (!filter->stack_bits[i])
            return hsn__fail_memory(err);
        int r = match_stacks(&filters[i], profile, filter->stack_bits[i], err);
        if (r < 0)
            return r;
    }
    return HSN_OK;
}

// Whether the allocation is one that the filter speaks of. tracemalloc says it twice, once for each
// sign: an exclusive filter with a domain lets pass `not matched or domain differs`.
static bool speaks_of(const hsn__filter *filter, size_t i, uint32_t stack, uint32_t domain)
{
    const hsn_site_filter *f = &filter->filters[i];
    if (!f->pattern)
        return f->domain == domain;
    if (f->has_domain && f->domain != domain)
        return false;
    return stack != HSN_NONE && hsn__bitmap_get(filter->stack_bits[i], stack);
}

bool hsn__filter_passes(const hsn__filter *filter, uint32_t stack, uint32_t domain)
{
    bool included = !filter->has_inclusive;
    for (size_t i = 0; i < filter->count; i++) {
        bool exclusive = filter->filters[i].exclusive;
        if (!exclusive && included)
            continue;
        if (!speaks_of(filter, i, stack, domain))
            continue;
        if (exclusive)
            return false;
        included = true;
    }
    return included;
}

void hsn__filter_clear(hsn__filter *filter)
{
    for (size_t i = 0; filter->stack_bits && i < filter->count; i++)
        hsn__free(filter->stack_bits[i]);
    hsn__free(filter->stack_bits);
    *filter = (hsn__filter){0};
}
