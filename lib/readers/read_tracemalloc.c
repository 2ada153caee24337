// SPDX-License-Identifier: MIT
// Snapshots of Python's tracemalloc: the pickles of Snapshot.dump() and of pickle.dump(snapshot).
//
// The pickle machine builds values; this file gives tuples their meaning by their shape:
//
//   (text, int)                         a frame: file and line
//   (frame, frame, …)                   a traceback, newest frame first
//   (size, traceback)                   a trace of Python 3.4 and 3.5
//   (domain, size, traceback)           … of 3.6 to 3.8
//   (domain, size, traceback, frames)   … of 3.9 and later: how deep the traceback was before it
//   was cut
//
// A snapshot is mostly traces whose traceback is an entry of the memo, eleven to fourteen bytes
// each, so a shortcut matches those bytes in one go and adds to the totals of (traceback, domain).
// The totals go to the sink at the end, in the order in which they first appeared.
//
// Cost:   10 ns a trace of a known traceback, 40 ns a frame of a new one; memory 4 bytes a memo
// entry
//         (one per trace, and one per frame of each traceback) and some 60 a traceback.
// Source: docs/formats/tracemalloc.md; CPython's Lib/tracemalloc.py and Modules/_tracemalloc.c.
#include "read_tracemalloc.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "pickle.h"

#define MAX_STACKS ((size_t)1 << 28)
#define MAX_FRAMES ((size_t)1 << 28)

enum kind { FRAME = HSN__PICKLE_USER, STACK, TRACE, RECIPE };

enum class { SNAPSHOT, TRACES, RECONSTRUCTOR, ROOT_CLASS };

static const struct {
    const char *module, *name;
    enum class class;
} classes[] = {
    {"tracemalloc", "Snapshot", SNAPSHOT},
    {"tracemalloc", "_Traces", TRACES},
    // How protocols 0 and 1 make an instance, by its names of Python 3 and of Python 2.
    {"copyreg", "_reconstructor", RECONSTRUCTOR},
    {"copy_reg", "_reconstructor", RECONSTRUCTOR},
    {"builtins", "object", ROOT_CLASS},
    {"__builtin__", "object", ROOT_CLASS},
};

// Totals of one domain of one traceback. Most tracebacks have one domain.
struct total {
    uint64_t count, size_bytes;
    uint32_t stack; // index into stacks
    uint32_t domain;
    uint32_t next; // of the same stack; HSN_NONE = last
};

struct stack {
    size_t first_frame; // into frames, until the sink knows the stack
    uint32_t count;
    uint32_t id;    // of the sink; HSN_NONE = not announced yet
    uint32_t total; // first; HSN_NONE = none yet
};

struct reading {
    hsn__pickle pickle;
    const hsn_sink *sink;
    struct stack *stacks;
    size_t stack_count, stack_capacity;
    uint32_t *frames; // ids of the sink: of stacks that it does not know yet
    size_t frame_count, frame_capacity;
    struct total *totals;
    size_t total_count, total_capacity;
    uint64_t *frame_keys; // open addressing: text id + 1 and line
    uint32_t *frame_ids;
    size_t frame_slots, frames_used;
    uint64_t traces, listed; // trace tuples made; items of the list
    uint64_t limit;
    bool has_limit, has_traces;
    bool refused; // the pickle wants something that no snapshot contains
    bool odd;     // traces have fields we do not know
};

static int malformed(struct reading *reading, const char *what, hsn_error *err)
{
    return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(reading->pickle.in),
                        reading->pickle.offset, "%s", what);
}

static bool is_text(hsn_text text, const char *word)
{
    return text.length == strlen(word) && !memcmp(text.data, word, text.length);
}

static int on_global(void *context, hsn_text module, hsn_text name, uint32_t *out_id,
                     hsn_error *err)
{
    struct reading *reading = context;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (is_text(module, classes[i].module) && is_text(name, classes[i].name)) {
            *out_id = classes[i].class;
            return HSN_OK;
        }
    }
    reading->refused = true;
    return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(reading->pickle.in),
                        reading->pickle.offset, "refused: pickle names %.*s.%.*s",
                        module.length < 80 ? (int)module.length : 80, module.data,
                        name.length < 80 ? (int)name.length : 80, name.data);
}

static uint64_t frame_key(uint32_t text, uint64_t line)
{
    return (uint64_t)(text + 1) << 32 | line;
}

static size_t frame_slot(const struct reading *reading, uint64_t key)
{
    size_t slot = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (reading->frame_slots - 1);
    while (reading->frame_keys[slot] && reading->frame_keys[slot] != key)
        slot = (slot + 1) & (reading->frame_slots - 1);
    return slot;
}

static bool grow_frame_table(struct reading *reading)
{
    uint64_t *keys = reading->frame_keys;
    uint32_t *ids = reading->frame_ids;
    size_t slots = reading->frame_slots;
    size_t wanted = slots ? slots * 2 : 1024;
    uint64_t *new_keys = hsn__alloc_zeroed(wanted, sizeof *new_keys);
    uint32_t *new_ids = hsn__alloc_array(wanted, sizeof *new_ids);
    if (!new_keys || !new_ids) {
        hsn__free(new_keys);
        hsn__free(new_ids);
        return false;
    }
    reading->frame_keys = new_keys;
    reading->frame_ids = new_ids;
    reading->frame_slots = wanted;
    for (size_t i = 0; i < slots; i++) {
        if (keys[i]) {
            size_t slot = frame_slot(reading, keys[i]);
            new_keys[slot] = keys[i];
            new_ids[slot] = ids[i];
        }
    }
    hsn__free(keys);
    hsn__free(ids);
    return true;
}

// The sink hears of a (file, line) once.
static int make_frame(struct reading *reading, uint32_t text, int64_t line, uint32_t *out_id,
                      hsn_error *err)
{
    if (line < 0 || line > UINT32_MAX)
        return malformed(reading, "a line number out of range", err);
    if (reading->frames_used * 2 >= reading->frame_slots && !grow_frame_table(reading))
        return hsn__fail_memory(err);
    uint64_t key = frame_key(text, (uint64_t)line);
    size_t slot = frame_slot(reading, key);
    if (!reading->frame_keys[slot]) {
        hsn_sink_frame frame = {.file = reading->pickle.texts[text], .line = (uint32_t)line};
        uint32_t id = HSN_NONE;
        int r = reading->sink->ops->frame(reading->sink->context, &frame, &id, err);
        if (r < 0)
            return r;
        if (id >= MAX_FRAMES)
            return hsn__fail_limit(err, "frames", MAX_FRAMES);
        reading->frame_keys[slot] = key;
        reading->frame_ids[slot] = id;
        reading->frames_used++;
    }
    *out_id = reading->frame_ids[slot];
    return HSN_OK;
}

static int grow(void *array, size_t *capacity, size_t need, size_t size, size_t max,
                const char *what, hsn_error *err)
{
    if (hsn__array_grow(array, capacity, need, size, max))
        return HSN_OK;
    return need > max ? hsn__fail_limit(err, what, max) : hsn__fail_memory(err);
}

static int make_stack(struct reading *reading, const hsn__pickle_value *frames, size_t count,
                      uint32_t *out_id, hsn_error *err)
{
    int r = grow(&reading->stacks, &reading->stack_capacity, reading->stack_count + 1,
                 sizeof *reading->stacks, MAX_STACKS, "tracebacks", err);
    if (r == HSN_OK)
        r = grow(&reading->frames, &reading->frame_capacity, reading->frame_count + count,
                 sizeof *reading->frames, MAX_FRAMES, "frames of tracebacks", err);
    if (r < 0)
        return r;
    reading->stacks[reading->stack_count] =
        (struct stack){reading->frame_count, (uint32_t)count, HSN_NONE, HSN_NONE};
    for (size_t i = 0; i < count; i++)
        reading->frames[reading->frame_count++] = frames[i].id;
    *out_id = (uint32_t)reading->stack_count++;
    return HSN_OK;
}

// How deep a traceback was before it was cut stands in the trace, not in the traceback, so the sink
// hears of a stack with its first trace.
static int announce_stack(struct reading *reading, struct stack *stack, uint64_t total_frames,
                          hsn_error *err)
{
    const hsn_sink *sink = reading->sink;
    int r = sink->ops->stack(sink->context, reading->frames + stack->first_frame, stack->count,
                             total_frames > stack->count ? total_frames : stack->count, &stack->id,
                             err);
    if (r == HSN_OK && stack->first_frame + stack->count == reading->frame_count)
        reading->frame_count = stack->first_frame;
    return r;
}

static int new_total(struct reading *reading, uint32_t stack, uint32_t domain, uint32_t *link,
                     hsn_error *err)
{
    int r = grow(&reading->totals, &reading->total_capacity, reading->total_count + 1,
                 sizeof *reading->totals, MAX_STACKS, "tracebacks and domains", err);
    if (r < 0)
        return r;
    reading->totals[reading->total_count] = (struct total){0, 0, stack, domain, HSN_NONE};
    *link = (uint32_t)reading->total_count++;
    return HSN_OK;
}

static int add_trace(struct reading *reading, uint32_t stack_index, uint32_t domain,
                     uint64_t size_bytes, uint64_t total_frames, hsn_error *err)
{
    struct stack *stack = &reading->stacks[stack_index];
    int r = stack->id == HSN_NONE ? announce_stack(reading, stack, total_frames, err) : HSN_OK;
    if (r < 0)
        return r;
    uint32_t index = stack->total, last = HSN_NONE;
    while (index != HSN_NONE && reading->totals[index].domain != domain) {
        last = index;
        index = reading->totals[index].next;
    }
    if (index == HSN_NONE) {
        r = new_total(reading, stack_index, domain, &index, err);
        if (r < 0)
            return r;
        *(last == HSN_NONE ? &stack->total : &reading->totals[last].next) = index;
    }
    reading->totals[index].count++;
    reading->totals[index].size_bytes += size_bytes;
    reading->traces++;
    return HSN_OK;
}

// The tuple holds a traceback at `at`: sizes before it, perhaps its full depth behind it.
static int make_trace(struct reading *reading, const hsn__pickle_value *items, size_t count,
                      size_t at, hsn_error *err)
{
    int64_t domain = at == 2 ? items[0].number : 0, size_bytes = items[at - 1].number;
    uint64_t total_frames = 0;
    for (size_t i = 0; i < at; i++)
        if (items[i].kind != HSN__PICKLE_INT)
            return malformed(reading, "a trace whose size is no number", err);
    if (domain < 0 || domain > UINT32_MAX || size_bytes < 0)
        return malformed(reading, "a trace of impossible size or domain", err);
    if (count > at + 1) {
        bool known =
            items[at + 1].kind == HSN__PICKLE_INT || items[at + 1].kind == HSN__PICKLE_NONE;
        if (!known || items[at + 1].number < 0)
            return malformed(reading, "a trace of impossible depth", err);
        total_frames = (uint64_t)items[at + 1].number;
    }
    reading->odd = reading->odd || count > at + 2;
    return add_trace(reading, items[at].id, (uint32_t)domain, (uint64_t)size_bytes, total_frames,
                     err);
}

static int on_tuple(void *context, const hsn__pickle_value *items, size_t count,
                    hsn__pickle_value *out, hsn_error *err)
{
    struct reading *reading = context;
    if (count == 2 && items[0].kind == HSN__PICKLE_TEXT && items[1].kind == HSN__PICKLE_INT) {
        out->kind = (hsn__pickle_kind)FRAME;
        return make_frame(reading, items[0].id, items[1].number, &out->id, err);
    }
    size_t frames = 0;
    while (frames < count && items[frames].kind == (hsn__pickle_kind)FRAME)
        frames++;
    if (frames == count) {
        out->kind = (hsn__pickle_kind)STACK;
        return make_stack(reading, items, count, &out->id, err);
    }
    for (size_t at = 1; at <= 2 && at < count; at++) {
        if (items[at].kind == (hsn__pickle_kind)STACK) {
            out->kind = (hsn__pickle_kind)TRACE;
            return make_trace(reading, items, count, at, err);
        }
    }
    // (class, object, None): what copyreg._reconstructor is called with.
    if (count == 3 && items[0].kind == HSN__PICKLE_GLOBAL && items[0].id <= TRACES &&
        items[1].kind == HSN__PICKLE_GLOBAL && items[1].id == ROOT_CLASS &&
        items[2].kind == HSN__PICKLE_NONE) {
        out->kind = (hsn__pickle_kind)RECIPE;
        out->id = items[0].id;
        return HSN_OK;
    }
    return malformed(reading, "a tuple that is no frame, no traceback and no trace", err);
}

static int on_append(void *context, const hsn__pickle_value *items, size_t count, hsn_error *err)
{
    struct reading *reading = context;
    for (size_t i = 0; i < count; i++)
        if (items[i].kind != (hsn__pickle_kind)TRACE)
            return malformed(reading, "a list of something else than traces", err);
    reading->listed += count;
    return HSN_OK;
}

static int on_set(void *context, hsn__pickle_value key, hsn__pickle_value value, hsn_error *err)
{
    struct reading *reading = context;
    if (key.kind != HSN__PICKLE_TEXT)
        return malformed(reading, "an attribute without a name", err);
    hsn_text name = reading->pickle.texts[key.id];
    if (is_text(name, "traceback_limit") && value.kind == HSN__PICKLE_INT && value.number >= 0) {
        reading->limit = (uint64_t)value.number;
        reading->has_limit = true;
    }
    if (is_text(name, "_traces") && value.kind == HSN__PICKLE_LIST)
        reading->has_traces = true;
    return HSN_OK;
}

static int on_reduce(void *context, hsn__pickle_value callee, hsn__pickle_value argument,
                     hsn__pickle_value *out, hsn_error *err)
{
    if (callee.kind != HSN__PICKLE_GLOBAL || callee.id != RECONSTRUCTOR ||
        argument.kind != (hsn__pickle_kind)RECIPE)
        return malformed(context, "a call that makes no snapshot", err);
    out->kind = HSN__PICKLE_OBJECT;
    out->id = argument.id;
    return HSN_OK;
}

static const hsn__pickle_hooks hooks = {on_global, on_tuple, on_append, on_set, on_reduce};

// A small integer as picklers write it; NULL for anything else.
static inline const uint8_t *match_number(const uint8_t *p, uint64_t *out)
{
    switch (*p) {
    case 'K':
        *out = p[1];
        return p + 2;
    case 'M':
        *out = (uint64_t)(p[1] | p[2] << 8);
        return p + 3;
    case 'J':
        *out = (uint64_t)p[1] | (uint64_t)p[2] << 8 | (uint64_t)p[3] << 16 | (uint64_t)p[4] << 24;
        return p[4] & 0x80 ? NULL : p + 5;
    default:
        return NULL;
    }
}

static inline const uint8_t *match_memo(const uint8_t *p, uint8_t small, uint8_t large, size_t *out)
{
    if (*p == small) {
        *out = p[1];
        return p + 2;
    }
    *out = (size_t)p[1] | (size_t)p[2] << 8 | (size_t)p[3] << 16 | (size_t)p[4] << 24;
    return *p == large ? p + 5 : NULL;
}

// MEMOIZE, or BINPUT with the next index.
static inline const uint8_t *match_put(const uint8_t *p, size_t next)
{
    size_t index = next;
    if (*p == 0x94)
        return p + 1;
    p = match_memo(p, 'q', 'r', &index);
    return p && index == next ? p : NULL;
}

// One trace with a traceback out of the memo, in any of its three forms:
//   [ ( ] [domain] size BINGET traceback [frames] TUPLE MEMOIZE
// At most 32 bytes. NULL, and nothing has happened, when the bytes are anything else.
static const uint8_t *match_trace(struct reading *reading, const uint8_t *p)
{
    hsn__pickle *pickle = &reading->pickle;
    bool marked = *p == '(';
    uint64_t domain = 0, size_bytes, depth = 0;
    size_t index, numbers = 1;
    p = match_number(p + marked, &size_bytes);
    if (!p)
        return NULL;
    const uint8_t *after = match_number(p, &domain);
    if (after) {
        uint64_t first = size_bytes;
        size_bytes = domain;
        domain = first;
        p = after;
        numbers = 2;
    }
    p = match_memo(p, 'h', 'j', &index);
    if (!p)
        return NULL;
    hsn__pickle_value memo = hsn__pickle_memo(pickle, index);
    if (memo.kind != (hsn__pickle_kind)STACK)
        return NULL;
    if (marked)
        p = match_number(p, &depth);
    if (!p || *p != (marked ? 't' : 0x85 + numbers) || (marked && numbers != 2))
        return NULL;
    p = match_put(p + 1, pickle->memo_size);
    // Whatever may run out of something is left to the general way.
    struct stack *stack = &reading->stacks[memo.id];
    if (!p || stack->total == HSN_NONE || reading->totals[stack->total].domain != domain ||
        pickle->memo_size == pickle->memo_capacity || pickle->depth == pickle->stack_capacity)
        return NULL;
    pickle->memo[pickle->memo_size++] = (uint32_t)TRACE << 28;
    pickle->stack[pickle->depth++] = (hsn__pickle_value){(hsn__pickle_kind)TRACE, 0, 0};
    struct total *total = &reading->totals[stack->total];
    total->count++;
    total->size_bytes += size_bytes;
    reading->traces++;
    return p;
}

// One frame whose file is out of the memo and that was seen before:
//   BINGET file, line, TUPLE2 MEMOIZE
static const uint8_t *match_frame(struct reading *reading, const uint8_t *p)
{
    hsn__pickle *pickle = &reading->pickle;
    size_t index;
    uint64_t line;
    p = match_memo(p, 'h', 'j', &index);
    hsn__pickle_value memo = p ? hsn__pickle_memo(pickle, index) : (hsn__pickle_value){0};
    if (memo.kind != HSN__PICKLE_TEXT || !reading->frame_slots)
        return NULL;
    p = match_number(p, &line);
    if (!p || *p != 0x86)
        return NULL;
    p = match_put(p + 1, pickle->memo_size);
    size_t slot = frame_slot(reading, frame_key(memo.id, line));
    if (!p || !reading->frame_keys[slot] || pickle->memo_size == pickle->memo_capacity ||
        pickle->depth == pickle->stack_capacity)
        return NULL;
    uint32_t id = reading->frame_ids[slot];
    pickle->memo[pickle->memo_size++] = (uint32_t)FRAME << 28 | id;
    pickle->stack[pickle->depth++] = (hsn__pickle_value){(hsn__pickle_kind)FRAME, id, 0};
    return p;
}

static void take_shortcut(struct reading *reading)
{
    hsn_input *in = reading->pickle.in;
    const uint8_t *p = in->next;
    while (p && in->end - p >= HSN__INPUT_PADDING) {
        in->next = p;
        p = *p == 'h' || *p == 'j' ? match_frame(reading, p) : match_trace(reading, p);
    }
    if (p)
        in->next = p;
}

static int give_fact(struct reading *reading, const char *name, uint64_t value, hsn_error *err)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return reading->sink->ops->fact(reading->sink->context, hsn__text(name), hsn__text(text), err);
}

static int give_results(struct reading *reading, hsn_error *err)
{
    const hsn_sink_ops *ops = reading->sink->ops;
    void *context = reading->sink->context;
    int r = ops->fact(context, hsn__text("runtime"), hsn__text("cpython"), err);
    if (r == HSN_OK)
        r = give_fact(reading, "pickle.protocol", reading->pickle.protocol, err);
    if (r == HSN_OK)
        r = give_fact(reading, "tracemalloc.traces", reading->traces, err);
    if (r == HSN_OK && reading->has_limit)
        r = give_fact(reading, "tracemalloc.traceback_limit", reading->limit, err);
    if (r == HSN_OK && reading->odd)
        r = ops->warn(context, HSN_NO_OFFSET,
                      hsn__text("traces have fields that this version does not know"), err);
    for (size_t i = 0; i < reading->total_count && r == HSN_OK; i++) {
        const struct total *total = &reading->totals[i];
        hsn_sink_allocation allocation = {.stack = reading->stacks[total->stack].id,
                                          .domain = total->domain,
                                          .count = total->count,
                                          .size_bytes = total->size_bytes};
        r = ops->allocation(context, &allocation, err);
    }
    return r;
}

// The pickle has ended: is it a snapshot, and is there something behind it?
static int check_end(struct reading *reading, hsn_error *err)
{
    hsn__pickle *pickle = &reading->pickle;
    hsn__pickle_value result = pickle->stack[pickle->depth - 1];
    if (result.kind != HSN__PICKLE_OBJECT || result.id != SNAPSHOT || !reading->has_traces)
        return malformed(reading, "the pickle holds no tracemalloc snapshot", err);
    if (reading->listed != reading->traces) {
        char message[96];
        snprintf(message, sizeof message, "%" PRIu64 " traces are listed, %" PRIu64 " counted once",
                 reading->listed, reading->traces);
        int r = reading->sink->ops->warn(reading->sink->context, HSN_NO_OFFSET, hsn__text(message),
                                         err);
        if (r < 0)
            return r;
    }
    uint64_t offset = hsn__input_offset(pickle->in);
    if (hsn__input_at_end(pickle->in))
        return hsn__input_status(pickle->in, err);
    return reading->sink->ops->warn(reading->sink->context, offset,
                                    hsn__text("data behind the snapshot is ignored"), err);
}

// What was read before the damage is of use, unless the file is not what it claims to be.
static int outcome(struct reading *reading, int r, const hsn_error *cause, hsn_error *err)
{
    bool damage = r == HSN_EFORMAT || r == HSN_EIO;
    if (r < 0 && (!damage || reading->refused || !reading->traces)) {
        if (err && !err->code)
            *err = *cause;
        return r;
    }
    int given = give_results(reading, err);
    if (given < 0 || r >= 0)
        return given;
    return hsn__fail_at(err, HSN_PARTIAL, hsn__input_name(reading->pickle.in), cause->offset, "%s",
                        cause->message);
}

int hsn__tracemalloc_read(hsn_input *in, const hsn_sink *sink, bool shortcut, hsn_error *err)
{
    struct reading reading = {.sink = sink};
    hsn_error cause = {0};
    hsn__pickle_init(&reading.pickle, in, &hooks, &reading);
    int r = HSN_OK;
    while (r == HSN_OK) {
        if (shortcut)
            take_shortcut(&reading);
        r = hsn__pickle_step(&reading.pickle, &cause);
    }
    if (r == HSN_DONE)
        r = check_end(&reading, &cause);
    r = outcome(&reading, r, &cause, err);
    hsn__pickle_clear(&reading.pickle);
    hsn__free(reading.stacks);
    hsn__free(reading.frames);
    hsn__free(reading.totals);
    hsn__free(reading.frame_keys);
    hsn__free(reading.frame_ids);
    return r;
}

// The class is named within the first bytes: protocol 0 … 3 spell it with a blank line, 4 and 5 as
// texts.
static int probe(const uint8_t *head, size_t size)
{
    static const char word[] = "tracemalloc";
    size_t length = sizeof word - 1, most = size < 128 ? size : 128;
    bool pickle = size > 2 && ((head[0] == 0x80 && head[1] <= 5) || head[0] == 'c');
    for (size_t i = 0; pickle && i + length <= most; i++)
        if (!memcmp(head + i, word, length))
            return 95;
    // Some pickle: better a clear refusal than no reader.
    return pickle && head[0] == 0x80 && head[1] >= 2 ? 10 : 0;
}

static int read_snapshot(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    return hsn__tracemalloc_read(in, sink, true, err);
}

const hsn_reader hsn__reader_tracemalloc = {
    .name = "tracemalloc",
    .title = "Python tracemalloc snapshot (Snapshot.dump, pickle)",
    .spec = "docs/formats/tracemalloc.md",
    .content = HSN_HAS_ALLOCATIONS,
    .probe = probe,
    .read = read_snapshot,
};
