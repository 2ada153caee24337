// SPDX-License-Identifier: MIT
// A profile of time beside a profile of memory, by function.
//
// The functions of the time profile come first, in order of file and of the line where they begin.
// A frame of memory is looked up among those of its file: by name and line, or by line alone where
// its profile knows no names. What is not there becomes a function of its own.
#include "heapsnap/join.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/fail.h"

// A frame with the number of its function, for sorting.
typedef struct entry {
    const char *file, *name;
    uint32_t line;
    uint32_t frame;
} entry;

typedef struct side {
    hsn_profile profile;
    const hsn_metric *metrics[2]; // those that are looked at; NULL = one only
    uint32_t *function_of;        // by frame
} side;

typedef struct join {
    side memory, time;
    hsn_join_function *rows;
    size_t count, capacity;
    size_t known; // rows of the time profile, sorted by file, line, name
    hsn__arena *arena;
} join;

// ---- functions --------------------------------------------------------------------------------

static int compare_places(const char *file, uint32_t line, const char *name,
                          const hsn_join_function *row)
{
    int order = strcmp(file, row->file);
    if (!order)
        order = (line > row->line) - (line < row->line);
    return order ? order : strcmp(name, row->function);
}

static int compare_entries(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int order = strcmp(x->file, y->file);
    if (!order)
        order = (x->line > y->line) - (x->line < y->line);
    if (!order)
        order = strcmp(x->name, y->name);
    return order ? order : (x->frame > y->frame) - (x->frame < y->frame);
}

// The same by name before line: for memory, whose lines are anywhere in a function.
static int compare_names(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    int order = strcmp(x->file, y->file);
    if (!order)
        order = strcmp(x->name, y->name);
    if (!order)
        order = (x->line > y->line) - (x->line < y->line);
    return order ? order : (x->frame > y->frame) - (x->frame < y->frame);
}

static int add_row(join *j, const char *file, const char *name, uint32_t line, hsn_error *err)
{
    if (!hsn__array_grow(&j->rows, &j->capacity, j->count + 1, sizeof *j->rows, UINT32_MAX))
        return hsn__fail_memory(err);
    j->rows[j->count++] = (hsn_join_function){.file = file, .function = name, .line = line};
    return HSN_OK;
}

// The frames of stacks that the side's metrics count: one snapshot may hold both profiles.
static int list_frames(const side *s, entry **out, size_t *out_count, hsn_error *err)
{
    const hsn_profile *profile = &s->profile;
    uint8_t *used = hsn__alloc_zeroed(profile->frame_count + 1, 1);
    entry *entries = *out = hsn__alloc_array(profile->frame_count, sizeof *entries);
    *out_count = 0;
    for (size_t m = 0; used && m < 2; m++)
        for (size_t i = 0; s->metrics[m] && i < s->metrics[m]->total_count; i++)
            for (uint32_t at = profile->totals[s->metrics[m]->first_total + i].stack;
                 at != HSN_NONE; at = profile->stacks[at].parent)
                used[profile->stacks[at].frame] = 1;
    for (size_t i = 0; used && entries && i < profile->frame_count; i++)
        if (used[i])
            entries[(*out_count)++] = (entry){profile->frames[i].file, profile->frames[i].function,
                                              profile->frames[i].line, (uint32_t)i};
    hsn__free(used);
    return used && entries ? HSN_OK : hsn__fail_memory(err);
}

static int number_time(join *j, hsn_error *err)
{
    entry *entries;
    size_t count;
    int r = list_frames(&j->time, &entries, &count, err);
    j->time.function_of =
        hsn__alloc_array(j->time.profile.frame_count, sizeof *j->time.function_of);
    if (r >= 0 && !j->time.function_of)
        r = hsn__fail_memory(err);
    if (r >= 0 && count)
        qsort(entries, count, sizeof *entries, compare_entries);
    for (size_t i = 0; i < count && r >= 0; i++) {
        const entry *e = &entries[i];
        if (!j->count || compare_places(e->file, e->line, e->name, &j->rows[j->count - 1]))
            r = add_row(j, e->file, e->name, e->line, err);
        j->time.function_of[e->frame] = (uint32_t)(j->count - 1);
    }
    j->known = j->count;
    hsn__free(entries);
    return r;
}

// "<lambda>", "<listcomp>": a line says nothing of where they end.
static bool has_name(const hsn_join_function *row)
{
    return *row->function != '<' || !strcmp(row->function, "<module>");
}

// The last function of the time profile that begins at or above the line, of that name if there is
// one, else of any name; SIZE_MAX = none.
static size_t find_known(const join *j, const entry *e)
{
    size_t low = 0, high = j->known;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const hsn_join_function *row = &j->rows[middle];
        int order = strcmp(row->file, e->file);
        if (order < 0 || (!order && row->line <= e->line))
            low = middle + 1;
        else
            high = middle;
    }
    while (low-- > 0 && !strcmp(j->rows[low].file, e->file))
        if (*e->name ? !strcmp(j->rows[low].function, e->name) : has_name(&j->rows[low]))
            return low;
    return SIZE_MAX;
}

static int number_memory(join *j, hsn_error *err)
{
    const entry *before = NULL;
    entry *entries;
    size_t count;
    int r = list_frames(&j->memory, &entries, &count, err);
    j->memory.function_of =
        hsn__alloc_array(j->memory.profile.frame_count, sizeof *j->memory.function_of);
    if (r >= 0 && !j->memory.function_of)
        r = hsn__fail_memory(err);
    if (r >= 0 && count)
        qsort(entries, count, sizeof *entries, compare_names);
    for (size_t i = 0; i < count && r >= 0; i++) {
        const entry *e = &entries[i];
        size_t row = find_known(j, e);
        if (row == SIZE_MAX) {
            // Names that follow each other in order are one function.
            if (!before || strcmp(before->file, e->file) || strcmp(before->name, e->name))
                r = add_row(j, e->file, e->name, 0, err);
            before = e;
            row = j->count - 1;
        }
        j->memory.function_of[e->frame] = (uint32_t)row;
    }
    hsn__free(entries);
    return r;
}

// ---- sums -------------------------------------------------------------------------------------

// Calls `add` for each total of a metric with the functions of its stack, each once, newest first.
static int walk_metric(join *j, const side *s, const hsn_metric *metric, bool callers,
                       void (*add)(hsn_join_function *row, const hsn_stack_total *total,
                                   bool is_newest),
                       hsn_error *err)
{
    const hsn_profile *profile = &s->profile;
    size_t *seen = hsn__alloc_zeroed(j->count, sizeof *seen);
    if (!seen)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < metric->total_count; i++) {
        const hsn_stack_total *total = &profile->totals[metric->first_total + i];
        bool newest = true;
        for (uint32_t at = total->stack; at != HSN_NONE; at = profile->stacks[at].parent) {
            uint32_t row = s->function_of[profile->stacks[at].frame];
            if (seen[row] != i + 1)
                add(&j->rows[row], total, newest);
            seen[row] = i + 1;
            newest = false;
            if (!callers)
                break;
        }
    }
    hsn__free(seen);
    return HSN_OK;
}

static void add_own_time(hsn_join_function *row, const hsn_stack_total *total, bool is_newest)
{
    if (!is_newest)
        return;
    row->own_ns += total->size_bytes;
    row->calls += total->count;
}

static void add_total_time(hsn_join_function *row, const hsn_stack_total *total, bool is_newest)
{
    (void)is_newest;
    row->total_ns += total->size_bytes;
}

static void add_memory(hsn_join_function *row, const hsn_stack_total *total, bool is_newest)
{
    row->total_size_bytes += total->size_bytes;
    if (is_newest) {
        row->size_bytes += total->size_bytes;
        row->count += total->count;
    }
}

static const hsn_metric *find_metric(const hsn_profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->metric_count; i++) {
        const hsn_metric *metric = &profile->metrics[i];
        if (name ? !strcmp(metric->name, name) : !strcmp(metric->unit, HSN_UNIT_NS))
            return metric;
    }
    return NULL;
}

// cProfile counts own and cumulated time itself; of sampled stacks both are sums.
static int choose_time(join *j, hsn_error *err)
{
    side *s = &j->time;
    s->metrics[0] = find_metric(&s->profile, "tottime");
    s->metrics[1] = find_metric(&s->profile, "cumtime");
    if (!s->metrics[0])
        s->metrics[0] = find_metric(&s->profile, NULL);
    if (!s->metrics[0] || !s->metrics[0]->total_count)
        return hsn__fail(err, HSN_ENOTFOUND, NULL, "it holds no profile of time");
    return HSN_OK;
}

static int choose_memory(join *j, const char *word, hsn_error *err)
{
    side *s = &j->memory;
    size_t chosen;
    int by_count;
    int r = hsn_metric_choose(s->profile.metrics, s->profile.metric_count, word, &chosen, &by_count,
                              err);
    if (r < 0)
        return r;
    s->metrics[0] = &s->profile.metrics[chosen];
    if (strcmp(s->metrics[0]->unit, HSN_UNIT_BYTES))
        return hsn__fail(err, HSN_EINVAL, NULL, "metric '%s' is no memory, but in %s",
                         s->metrics[0]->name, s->metrics[0]->unit);
    if (!s->metrics[0]->total_count)
        return hsn__fail(err, HSN_ENOTFOUND, NULL, "it holds no allocations");
    return HSN_OK;
}

static int sum_all(join *j, hsn_join_functions *out, hsn_error *err)
{
    const hsn_metric *own = j->time.metrics[0], *total = j->time.metrics[1];
    const hsn_metric *memory = j->memory.metrics[0];
    out->whole.own_ns = out->whole.total_ns = own->size_bytes;
    out->whole.calls = own->count;
    out->whole.count = memory->count;
    out->whole.size_bytes = out->whole.total_size_bytes = memory->size_bytes;
    out->metric = hsn__arena_copy(j->arena, memory->name, strlen(memory->name));
    int r = out->metric ? walk_metric(j, &j->time, own, false, add_own_time, err)
                        : hsn__fail_memory(err);
    if (r >= 0)
        r = walk_metric(j, &j->time, total ? total : own, !total, add_total_time, err);
    return r < 0 ? r : walk_metric(j, &j->memory, memory, true, add_memory, err);
}

// ---- rows -------------------------------------------------------------------------------------

static int compare_names_of(const hsn_join_function *x, const hsn_join_function *y)
{
    int order = strcmp(x->file, y->file);
    if (!order)
        order = (x->line > y->line) - (x->line < y->line);
    return order ? order : strcmp(x->function, y->function);
}

static int falling(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static int compare_bytes(const hsn_join_function *x, const hsn_join_function *y)
{
    int order = falling(x->total_size_bytes, y->total_size_bytes);
    return order ? order : falling(x->size_bytes, y->size_bytes);
}

static int compare_time(const hsn_join_function *x, const hsn_join_function *y)
{
    int order = falling(x->total_ns, y->total_ns);
    return order ? order : falling(x->own_ns, y->own_ns);
}

static int bytes_first(const void *a, const void *b)
{
    int order = compare_bytes(a, b);
    if (!order)
        order = compare_time(a, b);
    return order ? order : compare_names_of(a, b);
}

static int time_first(const void *a, const void *b)
{
    int order = compare_time(a, b);
    if (!order)
        order = compare_bytes(a, b);
    return order ? order : compare_names_of(a, b);
}

static int copy_rows(join *j, hsn_join_order order, hsn_join_functions *out, hsn_error *err)
{
    out->rows = hsn__arena_zeroed(j->arena, j->count + 1, sizeof *out->rows);
    if (!out->rows)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < j->count; i++) {
        hsn_join_function row = j->rows[i];
        if (!row.calls && !row.own_ns && !row.total_ns && !row.total_size_bytes)
            continue;
        row.file = hsn__arena_copy(j->arena, row.file, strlen(row.file));
        row.function = hsn__arena_copy(j->arena, row.function, strlen(row.function));
        if (!row.file || !row.function)
            return hsn__fail_memory(err);
        out->rows[out->count++] = row;
    }
    qsort(out->rows, out->count, sizeof *out->rows,
          order == HSN_JOIN_BY_TIME ? time_first : bytes_first);
    return HSN_OK;
}

int hsn_join_functions_find(const hsn_snapshot_ref *memory, const hsn_snapshot_ref *time,
                            const char *metric, hsn_join_order order, hsn_join_functions *out,
                            hsn_error *err)
{
    join j = {0};
    *out = (hsn_join_functions){.whole = {.file = "", .function = ""}, .metric = ""};
    j.arena = out->memory = hsn__alloc_zeroed(1, sizeof *j.arena);
    int r = j.arena ? HSN_OK : hsn__fail_memory(err);
    if (r >= 0)
        r = hsn_profile_read(memory->store, memory->id, &j.memory.profile, err);
    if (r >= 0)
        r = hsn_profile_read(time->store, time->id, &j.time.profile, err);
    if (r >= 0)
        r = choose_time(&j, err);
    if (r >= 0)
        r = choose_memory(&j, metric, err);
    if (r >= 0)
        r = number_time(&j, err);
    if (r >= 0)
        r = number_memory(&j, err);
    if (r >= 0)
        r = sum_all(&j, out, err);
    if (r >= 0)
        r = copy_rows(&j, order, out, err);
    hsn_profile_free(&j.memory.profile);
    hsn_profile_free(&j.time.profile);
    hsn__free(j.memory.function_of);
    hsn__free(j.time.function_of);
    hsn__free(j.rows);
    if (r < 0)
        hsn_join_functions_free(out);
    return r;
}

void hsn_join_functions_free(hsn_join_functions *functions)
{
    if (functions->memory)
        hsn__arena_clear(functions->memory);
    hsn__free(functions->memory);
    *functions = (hsn_join_functions){0};
}
