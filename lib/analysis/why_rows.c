// SPDX-License-Identifier: MIT
// Rows of why: paths, holders, allocation sites and numbers of the entries that are listed.
#include "analysis/why_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "store/heap_private.h"

typedef struct filling {
    const hsn__why_source *source;
    const hsn__growth_tree *tree;
    const hsn__patterns *patterns;
    hsn__pattern_sample *samples; // two a row: of the subject, of the entry
    hsn_profile profile;
    bool has_profile;
    hsn__arena *arena;
} filling;

static int64_t difference(uint64_t before, uint64_t after)
{
    return (int64_t)(after - before);
}

static const char *prefix(filling *f, const hsn__pattern_story *story, size_t steps)
{
    if (!steps)
        return "";
    return hsn__arena_copy(f->arena, story->text, story->ends[steps - 1]);
}

// ---- allocation sites

static int compare_stacks(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

// The stack of most of the sample; HSN_NONE where most have none.
static int common_stack(filling *f, const hsn__pattern_sample *sample, uint32_t *out,
                        hsn_error *err)
{
    uint32_t stacks[HSN__SAMPLE];
    size_t best = 0;
    int r = HSN_OK;
    *out = HSN_NONE;
    for (size_t i = 0; i < sample->count; i++) {
        uint64_t value;
        r = hsn__heap_value(f->source->placed->heap, HSN__COLUMN_STACK, sample->nodes[i], &value,
                            err);
        if (r < 0)
            return r;
        stacks[i] = (uint32_t)value - 1;
    }
    if (sample->count)
        qsort(stacks, sample->count, sizeof *stacks, compare_stacks);
    for (size_t i = 0, start = 0; i < sample->count; i++) {
        if (stacks[i] != stacks[start])
            start = i;
        if (stacks[i] != HSN_NONE && i - start + 1 > best) {
            best = i - start + 1;
            *out = stacks[i];
        }
    }
    return HSN_OK;
}

// tracemalloc says <unknown> where it found no file.
static bool is_typed(const char *file)
{
    return *file == '<' && strcmp(file, "<unknown>") != 0 && !hsn__is_stdlib_file(file);
}

static int fill_stack(filling *f, uint32_t stack, hsn_why_row *row, hsn_error *err)
{
    int r = HSN_OK;
    if (!f->has_profile) {
        r = hsn_profile_read(f->source->snapshot.store, f->source->snapshot.id, &f->profile, err);
        if (r < 0)
            return r;
        f->has_profile = true;
    }
    size_t count = 0;
    for (uint32_t at = stack; at < f->profile.stack_count; at = f->profile.stacks[at].parent)
        count++;
    hsn_frame *frames = hsn__arena_zeroed(f->arena, count, sizeof *frames);
    if (!frames)
        return hsn__fail_memory(err);
    const hsn_frame *site = NULL, *typed = NULL;
    count = 0;
    for (uint32_t at = stack; at < f->profile.stack_count; at = f->profile.stacks[at].parent) {
        const hsn_frame *frame = &f->profile.frames[f->profile.stacks[at].frame];
        hsn_frame *copy = &frames[count++];
        *copy = *frame;
        copy->file = hsn__arena_copy(f->arena, frame->file, strlen(frame->file));
        copy->function = hsn__arena_copy(f->arena, frame->function, strlen(frame->function));
        if (!copy->file || !copy->function)
            return hsn__fail_memory(err);
        if (!site && hsn__is_application_file(copy->file))
            site = copy;
        // Code out of a string, where nothing on the stack has a file.
        else if (!typed && is_typed(copy->file))
            typed = copy;
    }
    if (!site)
        site = typed;
    // One that names the application wins over one that does not.
    if (!row->allocated_stack || (site && !row->allocated_at)) {
        row->allocated_stack = frames;
        row->stack_count = count;
        row->allocated_at = site;
    }
    return HSN_OK;
}

static int fill_sites(filling *f, const hsn__pattern_sample *samples, hsn_why_row *row,
                      hsn_error *err)
{
    int r = HSN_OK;
    for (int i = 0; i < 2 && r >= 0 && !row->allocated_at; i++) {
        uint32_t stack;
        r = common_stack(f, &samples[i], &stack, err);
        if (r >= 0 && stack != HSN_NONE)
            r = fill_stack(f, stack, row, err);
    }
    return r;
}

// ---- holders and paths

static void count_items(const filling *f, uint32_t group, hsn_why_holder *out)
{
    const hsn__growth_tree *t = f->tree;
    for (uint32_t c = t->first_child[group]; c != HSN_NONE; c = t->next_sibling[c]) {
        out->items_old += t->before[c].count;
        out->items_new += t->after[c].count;
    }
}

static int fill_holder(filling *f, const hsn__entry *e, const hsn__pattern_story *story,
                       hsn_why_row *row, hsn_error *err)
{
    const hsn__growth_tree *t = f->tree;
    const hsn__pattern *entry = &f->patterns->rows[e->entry];
    uint32_t group = e->group == e->entry ? entry->parent : e->group;
    size_t depth = f->patterns->rows[group].depth;
    hsn_why_holder *holder = &row->holder;
    *holder = (hsn_why_holder){.type = "", .path = prefix(f, story, depth)};
    row->cut = entry->depth > 1 ? prefix(f, story, entry->depth) : "";
    if (!holder->path || !row->cut)
        return hsn__fail_memory(err);
    if (group < HSN__TOP_COUNT)
        return HSN_OK;
    holder->type = hsn__patterns_type_name(f->patterns, f->patterns->rows[group].type, f->arena);
    if (!holder->type)
        return hsn__fail_memory(err);
    holder->count_delta = hsn__gained_count(t, group);
    holder->size_bytes_delta = difference(t->before[group].size_bytes, t->after[group].size_bytes);
    count_items(f, group, holder);
    return HSN_OK;
}

static hsn_node_id root_of(const hsn__placed *placed, hsn_node_id node)
{
    while (placed->holder[node] != HSN_NONE)
        node = placed->holder[node];
    return node;
}

// The path of garbage is its cycle; the one through the object itself, if there is one.
static int fill_cycle(filling *f, hsn_node_id node, hsn_why_row *row, hsn_error *err)
{
    const hsn__placed *placed = f->source->placed;
    hsn__why_cycle cycle;
    int r = hsn__why_cycle_find(placed, f->patterns, node, f->arena, &cycle, err);
    if (r < 0)
        return r;
    if (cycle.step_count) {
        hsn__buf text = {0};
        hsn__buf_printf(&text, "<garbage %s>%s", cycle.steps[0].type, cycle.text);
        row->path = hsn__arena_copy(f->arena, hsn__buf_text(&text), text.size);
        row->steps = cycle.steps;
        row->step_count = cycle.step_count;
        row->cut = cycle.cut;
        r = text.failed || !row->path ? hsn__fail_memory(err) : HSN_OK;
        hsn__buf_clear(&text);
        return r;
    }
    hsn_node_id root = root_of(placed, node);
    if (root != node)
        r = hsn__why_cycle_find(placed, f->patterns, root, f->arena, &cycle, err);
    row->cut = cycle.cut;
    return r;
}

static hsn_why_kind kind_of(const hsn__patterns *patterns, uint32_t pattern)
{
    while (patterns->rows[pattern].parent != HSN_NONE)
        pattern = patterns->rows[pattern].parent;
    return pattern == HSN__TOP_GARBAGE  ? HSN_WHY_GARBAGE
           : pattern == HSN__TOP_EXTREF ? HSN_WHY_EXTREF
                                        : HSN_WHY_GROWTH;
}

static int fill_row(filling *f, const hsn__entry *e, const hsn__pattern_sample *samples,
                    hsn_why_row *row, hsn_error *err)
{
    const hsn__growth_tree *t = f->tree;
    hsn__pattern_story story;
    int r = hsn__pattern_tell(f->source->placed, f->patterns, e->subject, samples[0].nodes,
                              samples[0].count, f->arena, &story, err);
    if (r < 0)
        return r;
    row->kind = kind_of(f->patterns, e->subject);
    row->type = story.steps[story.step_count - 1].type;
    row->path = story.text;
    row->steps = story.steps;
    row->step_count = story.step_count;
    row->count_delta = hsn__gained_count(t, e->subject);
    row->size_bytes_delta =
        difference(t->before[e->subject].size_bytes, t->after[e->subject].size_bytes);
    row->share = t->gained > 0 ? e->gained / t->gained : 0;
    row->is_noise = e->is_noise;
    r = fill_holder(f, e, &story, row, err);
    if (r >= 0 && row->kind == HSN_WHY_GARBAGE && samples[0].count)
        r = fill_cycle(f, samples[0].nodes[samples[0].count / 2], row, err);
    if (r >= 0)
        r = fill_sites(f, samples, row, err);
    return r;
}

// ---- numbers of every snapshot

static int fill_numbers(filling *f, size_t count, hsn_why *out, hsn_error *err)
{
    const hsn__growth_tree *t = f->tree;
    const hsn__why_source *source = f->source;
    uint32_t *row_of = hsn__alloc_array(t->count, sizeof *row_of);
    if (!row_of)
        return hsn__fail_memory(err);
    memset(row_of, 0xff, t->count * sizeof *row_of);
    int r = HSN_OK;
    for (size_t i = 0; i < count && r >= 0; i++) {
        hsn_why_row *row = &out->rows[i];
        row_of[t->entries[i].number] = (uint32_t)i;
        row->cells = hsn__arena_zeroed(f->arena, source->snapshots, sizeof *row->cells);
        row->held_bytes = hsn__arena_zeroed(f->arena, source->snapshots, sizeof *row->held_bytes);
        if (!row->cells || !row->held_bytes)
            r = hsn__fail_memory(err);
    }
    for (size_t s = 0; s < source->snapshots && r >= 0; s++) {
        const hsn__pattern_cell *cells = source->cells[s];
        for (uint32_t p = HSN__TOP_COUNT; p < f->patterns->count; p++) {
            uint32_t number = t->entry_of[p];
            if (number != HSN_NONE && row_of[number] != HSN_NONE)
                out->rows[row_of[number]].held_bytes[s] += cells[p].size_bytes;
        }
        for (size_t i = 0; i < count; i++) {
            const hsn__entry *e = &t->entries[i];
            const hsn__pattern_cell *cell = &cells[e->subject];
            out->rows[i].cells[s] = (hsn_cell){cell->count, cell->size_bytes};
            if (t->entry_of[e->group] == HSN_NONE)
                out->rows[i].held_bytes[s] += cells[e->group].size_bytes;
        }
    }
    for (size_t i = 0; i < count && r >= 0; i++) {
        hsn_why_row *row = &out->rows[i];
        row->grew_every_step = 1;
        for (size_t s = 1; s < source->snapshots; s++) {
            bool fell = row->cells[s].count < row->cells[s - 1].count ||
                        row->held_bytes[s] < row->held_bytes[s - 1];
            bool rose = row->cells[s].count > row->cells[s - 1].count ||
                        row->held_bytes[s] > row->held_bytes[s - 1];
            if (fell || !rose)
                row->grew_every_step = 0;
        }
        row->held_bytes_delta =
            difference(row->held_bytes[0], row->held_bytes[source->snapshots - 1]);
    }
    hsn__free(row_of);
    return r;
}

int hsn__why_rows(const hsn__why_source *source, size_t limit, hsn__arena *arena, hsn_why *out,
                  hsn_error *err)
{
    const hsn__growth_tree *t = source->tree;
    filling f = {.source = source, .tree = t, .patterns = t->patterns, .arena = arena};
    size_t count = limit && limit < t->count ? limit : t->count, sample_count = 0;
    hsn__pattern_sample *samples = hsn__alloc_zeroed(2 * count, sizeof *samples);
    out->rows = hsn__arena_zeroed(arena, count, sizeof *out->rows);
    int r = samples && out->rows ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; i < count && r >= 0; i++) {
        samples[sample_count++].pattern = t->entries[i].subject;
        if (t->entries[i].entry != t->entries[i].subject)
            samples[sample_count++].pattern = t->entries[i].entry;
    }
    if (r >= 0)
        r = hsn__pattern_collect(source->placed, t->patterns, samples, sample_count, arena, err);
    for (size_t i = 0, at = 0; i < count && r >= 0; i++) {
        hsn__pattern_sample mine[2] = {samples[at++], {0}};
        if (t->entries[i].entry != t->entries[i].subject)
            mine[1] = samples[at++];
        r = fill_row(&f, &t->entries[i], mine, &out->rows[i], err);
    }
    if (r >= 0)
        r = fill_numbers(&f, count, out, err);
    out->count = count;
    out->matched = t->count;
    hsn_profile_free(&f.profile);
    hsn__free(samples);
    return r;
}
