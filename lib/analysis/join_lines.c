// SPDX-License-Identifier: MIT
// Live and retained bytes by line, the types that each line allocated and who holds them.
//
// Lines are numbered once, by file and line of the newest frame. Retained bytes come from the
// dominators, which are let go before the chains of all objects are looked for, since both need
// room. Then one pass over the objects counts pairs of (line, type) and (line, pattern), of the
// lines that are listed only.
#include "heapsnap/join.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/pattern_private.h"
#include "base/alloc.h"
#include "base/fail.h"
#include "heapsnap/retained.h"
#include "store/heap_private.h"
#include "store/intern.h"
#include "store/map64.h"
#include "store/results.h"

// What one line has of one type or of one pattern.
typedef struct part {
    uint32_t line; // row
    uint32_t what; // type id, or pattern
    uint64_t count, size_bytes;
} part;

// Pairs in order of first sight.
typedef struct tally {
    hsn__map64 pairs;
    part *parts;
    size_t capacity;
} tally;

typedef struct join {
    hsn_heap *heap;
    const hsn_join_options *options;
    hsn_profile profile;
    hsn__intern files;
    hsn__map64 places;  // (file, line) → line's number
    uint32_t *of_stack; // by stack + 1: the number of its line; then the row, or HSN_NONE
    uint32_t *of_node;  // by node: row, or HSN_NONE
    hsn_join_line *lines;
    size_t count, capacity;
    tally types, patterns;
    hsn__arena *arena;
    hsn_join_lines *out;
} join;

static const hsn_join_options all_default;

// ---- lines ------------------------------------------------------------------------------------

static int put_line(join *j, const char *file, const char *function, uint32_t line, uint32_t *out,
                    hsn_error *err)
{
    uint32_t id;
    if (hsn__intern_put(&j->files, file, strlen(file), &id) != HSN__INTERN_OK)
        return hsn__fail_memory(err);
    *out = hsn__map64_put(&j->places, (uint64_t)id << 32 | line);
    if (*out == UINT32_MAX ||
        !hsn__array_grow(&j->lines, &j->capacity, (size_t)*out + 1, sizeof *j->lines, UINT32_MAX))
        return hsn__fail_memory(err);
    if (*out == j->count)
        j->lines[j->count++] = (hsn_join_line){.file = file, .function = function, .line = line};
    else if (!*j->lines[*out].function)
        j->lines[*out].function = function;
    return HSN_OK;
}

static int number_stacks(join *j, hsn_error *err)
{
    const hsn_profile *profile = &j->profile;
    j->of_stack = hsn__alloc_array(profile->stack_count + 1, sizeof *j->of_stack);
    int r = j->of_stack ? put_line(j, "", "", 0, &j->of_stack[0], err) : hsn__fail_memory(err);
    for (size_t i = 0; i < profile->stack_count && r >= 0; i++) {
        const hsn_frame *frame = &profile->frames[profile->stacks[i].frame];
        r = put_line(j, frame->file, frame->function, frame->line, &j->of_stack[i + 1], err);
    }
    return r;
}

static void add_allocations(join *j)
{
    for (size_t i = 0; i < j->profile.total_count; i++) {
        const hsn_stack_total *total = &j->profile.totals[i];
        size_t stack = total->stack == HSN_NONE ? 0 : (size_t)total->stack + 1;
        hsn_join_line *line = &j->lines[j->of_stack[stack]];
        line->allocated_count += total->count;
        line->allocated_bytes += total->size_bytes;
        j->out->has_profile = 1;
    }
}

static int add_retained(join *j, const hsn_progress *progress, hsn_error *err)
{
    hsn_dominators dominators = {0};
    hsn_retained_groups groups = {0};
    int r = hsn_dominators_read(j->heap, j->options->dominators, progress, &dominators, err);
    if (r >= 0)
        r = hsn_retained_groups_find(j->heap, &dominators, HSN_BY_LINENO, &groups, err);
    hsn_dominators_free(&dominators);
    for (size_t i = 0; i < groups.count && r >= 0; i++) {
        const hsn_retained_group *group = &groups.rows[i];
        uint32_t line;
        // The name goes with the groups, and the line is there already.
        r = put_line(j, group->name, "", group->line, &line, err);
        if (r < 0)
            break;
        j->lines[line].count = group->count;
        j->lines[line].size_bytes = group->size_bytes;
        j->lines[line].retained_bytes = group->retained_bytes;
    }
    hsn_retained_groups_free(&groups);
    return r;
}

static int compare_lines(const void *a, const void *b)
{
    const hsn_join_line *x = a, *y = b;
    if (x->retained_bytes != y->retained_bytes)
        return x->retained_bytes > y->retained_bytes ? -1 : 1;
    if (x->allocated_bytes != y->allocated_bytes)
        return x->allocated_bytes > y->allocated_bytes ? -1 : 1;
    int order = strcmp(x->file, y->file);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

// What no stack is known of is no line.
static bool is_row(const hsn_join_line *line)
{
    return (line->count || line->allocated_count || line->allocated_bytes) &&
           (*line->file || line->line || *line->function);
}

// Sort and cut; of_stack then leads to rows.
static int choose(join *j, hsn_error *err)
{
    hsn_join_lines *out = j->out;
    size_t kept = 0;
    out->rows = hsn__arena_zeroed(j->arena, j->count + 1, sizeof *out->rows);
    uint32_t *row_of = hsn__alloc_array(j->count + 1, sizeof *row_of);
    int r = out->rows && row_of ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; i < j->count && r >= 0; i++)
        if (is_row(&j->lines[i]))
            out->rows[kept++] = j->lines[i];
    if (r >= 0 && kept)
        qsort(out->rows, kept, sizeof *out->rows, compare_lines);
    out->matched = kept;
    out->count = j->options->limit && j->options->limit < kept ? j->options->limit : kept;
    for (size_t i = 0; i < j->count && r >= 0; i++)
        row_of[i] = HSN_NONE;
    for (size_t i = 0; i < out->count && r >= 0; i++) {
        hsn_join_line *row = &out->rows[i];
        uint32_t number;
        r = put_line(j, row->file, row->function, row->line, &number, err);
        if (r < 0)
            break;
        row_of[number] = (uint32_t)i;
        row->file = hsn__arena_copy(j->arena, row->file, strlen(row->file));
        row->function = hsn__arena_copy(j->arena, row->function, strlen(row->function));
        if (!row->file || !row->function)
            r = hsn__fail_memory(err);
    }
    for (size_t i = 0; i <= j->profile.stack_count && r >= 0; i++)
        j->of_stack[i] = row_of[j->of_stack[i]];
    hsn__free(row_of);
    return r;
}

// ---- what the objects of a line are -----------------------------------------------------------

static const char *take_stacks(void *context, uint64_t first, uint32_t rows, const uint64_t *values)
{
    join *j = context;
    for (uint32_t i = 0; i < rows; i++) {
        if (values[i] > j->profile.stack_count)
            return "no such stack";
        j->of_node[first + i] = j->of_stack[values[i]];
    }
    return NULL;
}

static int count_pair(tally *t, uint32_t line, uint32_t what, uint64_t size_bytes, hsn_error *err)
{
    size_t before = t->pairs.count;
    uint32_t id = hsn__map64_put(&t->pairs, (uint64_t)line << 32 | what);
    if (id == UINT32_MAX ||
        !hsn__array_grow(&t->parts, &t->capacity, (size_t)id + 1, sizeof *t->parts, UINT32_MAX))
        return hsn__fail_memory(err);
    if (id == before)
        t->parts[id] = (part){line, what, 0, 0};
    t->parts[id].count++;
    t->parts[id].size_bytes += size_bytes;
    return HSN_OK;
}

static int count_objects(join *j, const uint32_t *what, tally *t, hsn_error *err)
{
    uint32_t nodes = (uint32_t)hsn_heap_info(j->heap)->objects;
    uint64_t size_bytes;
    int r = HSN_OK;
    for (uint32_t node = 0; node < nodes && r >= 0; node++) {
        if (j->of_node[node] == HSN_NONE)
            continue;
        r = hsn__heap_value(j->heap, HSN__COLUMN_SIZE, node, &size_bytes, err);
        if (r >= 0)
            r = count_pair(t, j->of_node[node], what[node], size_bytes, err);
    }
    return r;
}

static int compare_parts(const void *a, const void *b)
{
    const part *x = a, *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->size_bytes != y->size_bytes)
        return x->size_bytes > y->size_bytes ? -1 : 1;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->what < y->what ? -1 : x->what > y->what;
}

// The parts of each line in order, at most `most` of each. Returns how many are left.
static size_t cut_parts(tally *t, size_t most)
{
    size_t kept = 0, of_line = 0;
    if (t->pairs.count)
        qsort(t->parts, t->pairs.count, sizeof *t->parts, compare_parts);
    for (size_t i = 0; i < t->pairs.count; i++) {
        of_line = i && t->parts[i].line == t->parts[i - 1].line ? of_line + 1 : 0;
        if (of_line < most)
            t->parts[kept++] = t->parts[i];
    }
    return kept;
}

static int tell_types(join *j, hsn_error *err)
{
    const hsn_type_list *types = hsn_heap_types(j->heap);
    uint32_t *type_of = hsn__alloc_array(hsn_heap_info(j->heap)->objects, sizeof *type_of);
    int r = type_of ? hsn_heap_column_types(j->heap, type_of, err) : hsn__fail_memory(err);
    if (r >= 0)
        r = count_objects(j, type_of, &j->types, err);
    hsn__free(type_of);
    if (r < 0)
        return r;
    size_t count = cut_parts(&j->types, j->options->most_types);
    hsn_join_type *told = hsn__arena_zeroed(j->arena, count + 1, sizeof *told);
    if (!told)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        const part *p = &j->types.parts[i];
        hsn_join_line *row = &j->out->rows[p->line];
        const char *name = types->rows[p->what].name;
        told[i] = (hsn_join_type){.type = hsn__arena_copy(j->arena, name, strlen(name)),
                                  .count = p->count,
                                  .size_bytes = p->size_bytes};
        if (!told[i].type)
            return hsn__fail_memory(err);
        if (!row->type_count++)
            row->types = &told[i];
    }
    return HSN_OK;
}

// ---- who holds them ---------------------------------------------------------------------------

// The text of each pattern of `parts`, told once however many lines have it.
static int tell_paths(join *j, const hsn__placed *placed, const hsn__patterns *patterns,
                      size_t count, hsn_join_holder *out, hsn_error *err)
{
    hsn__map64 known = {0};
    hsn__pattern_sample *samples = hsn__alloc_zeroed(count + 1, sizeof *samples);
    hsn_join_holder *known_as = hsn__alloc_zeroed(count + 1, sizeof *known_as);
    int r = samples && known_as ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; i < count && r >= 0; i++) {
        uint32_t id = hsn__map64_put(&known, j->patterns.parts[i].what);
        if (id == UINT32_MAX)
            r = hsn__fail_memory(err);
        else
            samples[id].pattern = j->patterns.parts[i].what;
    }
    if (r >= 0)
        r = hsn__pattern_collect(placed, patterns, samples, known.count, j->arena, err);
    for (size_t i = 0; i < known.count && r >= 0; i++) {
        hsn__pattern_story story;
        r = hsn__pattern_tell(placed, patterns, samples[i].pattern, samples[i].nodes,
                              samples[i].count, j->arena, &story, err);
        if (r >= 0)
            known_as[i] = (hsn_join_holder){
                .path = story.text,
                .type = story.steps[story.step_count - 1].type,
                .held = hsn__patterns_held(patterns, samples[i].pattern),
            };
    }
    for (size_t i = 0; i < count && r >= 0; i++)
        out[i] = known_as[hsn__map64_get(&known, j->patterns.parts[i].what)];
    hsn__map64_clear(&known);
    hsn__free(samples);
    hsn__free(known_as);
    return r;
}

static int tell_holders(join *j, const hsn_progress *progress, hsn_error *err)
{
    hsn__patterns patterns;
    hsn__placed placed = {0};
    hsn_join_holder *told = NULL;
    size_t count = 0;
    int r = hsn__patterns_init(&patterns, err);
    if (r >= 0)
        r = hsn__placed_find(&placed, j->heap, &patterns, progress, err);
    if (r >= 0)
        r = count_objects(j, placed.pattern, &j->patterns, err);
    if (r >= 0) {
        count = cut_parts(&j->patterns, j->options->most_holders);
        told = hsn__arena_zeroed(j->arena, count + 1, sizeof *told);
        r = told ? tell_paths(j, &placed, &patterns, count, told, err) : hsn__fail_memory(err);
    }
    for (size_t i = 0; i < count && r >= 0; i++) {
        const part *p = &j->patterns.parts[i];
        hsn_join_line *row = &j->out->rows[p->line];
        told[i].count = p->count;
        told[i].size_bytes = p->size_bytes;
        if (!row->holder_count++)
            row->holders = &told[i];
    }
    hsn__placed_clear(&placed);
    hsn__patterns_clear(&patterns);
    return r;
}

// ---- all of it --------------------------------------------------------------------------------

static int describe_objects(join *j, const hsn_progress *progress, hsn_error *err)
{
    uint64_t nodes = hsn_heap_info(j->heap)->objects;
    int r = HSN_OK;
    if (!j->options->most_types && !j->options->most_holders)
        return HSN_OK;
    j->of_node = hsn__alloc_array(nodes, sizeof *j->of_node);
    if (!j->of_node)
        return hsn__fail_memory(err);
    r = hsn__results_read(j->heap, HSN__COLUMN_STACK, nodes, take_stacks, j, err);
    if (r >= 0 && j->options->most_types)
        r = tell_types(j, err);
    if (r >= 0 && j->options->most_holders)
        r = tell_holders(j, progress, err);
    return r;
}

int hsn_join_lines_find(hsn_heap *heap, const hsn_join_options *options,
                        const hsn_progress *progress, hsn_join_lines *out, hsn_error *err)
{
    join j = {.heap = heap, .options = options ? options : &all_default, .out = out};
    *out = (hsn_join_lines){0};
    j.arena = out->memory = hsn__alloc_zeroed(1, sizeof *j.arena);
    int r = j.arena ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_profile_read(hsn__results_store(heap), hsn_heap_info(heap)->id, &j.profile, err);
    if (r >= 0)
        r = number_stacks(&j, err);
    if (r >= 0) {
        add_allocations(&j);
        r = add_retained(&j, progress, err);
    }
    if (r >= 0)
        r = choose(&j, err);
    if (r >= 0)
        r = describe_objects(&j, progress, err);
    hsn_profile_free(&j.profile);
    hsn__intern_clear(&j.files);
    hsn__map64_clear(&j.places);
    hsn__map64_clear(&j.types.pairs);
    hsn__map64_clear(&j.patterns.pairs);
    hsn__free(j.types.parts);
    hsn__free(j.patterns.parts);
    hsn__free(j.of_stack);
    hsn__free(j.of_node);
    hsn__free(j.lines);
    if (r < 0)
        hsn_join_lines_free(out);
    return r < 0 ? r : HSN_OK;
}

void hsn_join_lines_free(hsn_join_lines *lines)
{
    if (lines->memory)
        hsn__arena_clear(lines->memory);
    hsn__free(lines->memory);
    *lines = (hsn_join_lines){0};
}
