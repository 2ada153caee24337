// SPDX-License-Identifier: MIT
// heaptrack's interpreted files, formats 0 to 3: what is alive at the end, and memory over time.
//
// Everything is a line: a letter, then hexadecimal numbers. Strings, instruction pointers and
// traces are numbered from 1 in the order of appearance, kinds of allocation from 0. Format 0 has
// no kinds: an allocation names its size, trace and address itself, so live addresses are kept in a
// table.
//
// Cost:   memory: 24 bytes an instruction pointer or frame, 8 a trace, 24 a kind of allocation.
// Source: docs/formats/heaptrack.md; heaptrack's src/analyze/accumulatedtracedata.cpp.
#include <stdio.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "profile_scan.h"
#include "reader.h"

#define MAX_ITEMS ((size_t)1 << 30)

struct pointer {
    uint32_t first_frame, frame_count; // into frames; innermost first
};

struct trace {
    uint32_t pointer, parent; // numbers of the file
};

// Blocks of one size and stack. How many were live at the peak is noted late: when the number
// changes for the first time after a peak, or at the end.
struct kind {
    uint64_t size_bytes, live, allocated, temporary;
    uint64_t at_peak, peak; // live ones at the peak of that number
    uint32_t trace;
};

struct live {
    uint64_t address; // 0 = free
    uint32_t kind;
    bool freed;
};

struct reading {
    hsn__profile profile;
    hsn__buf texts;
    size_t *text_ends;
    size_t text_count, text_capacity;
    struct pointer *pointers;
    size_t pointer_count, pointer_capacity;
    uint32_t *frames; // ids of the sink
    size_t frame_count, frame_capacity;
    struct trace *traces;
    size_t trace_count, trace_capacity;
    struct kind *kinds;
    size_t kind_count, kind_capacity;
    struct live *slots; // format 0: open addressing
    size_t slot_count, slots_used;
    uint64_t format, page_bytes;
    uint64_t heap_bytes, peak_bytes, time_ms, peak_ms;
    uint64_t allocations, unmatched;
    uint64_t peaks;  // how many times there was more than ever
    uint64_t newest; // what the line before allocated: kind or address; HSN_NO_OFFSET = nothing
    bool has_version;
};

static int malformed(struct reading *reading, uint64_t offset, const char *what, hsn_error *err)
{
    return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(reading->profile.in), offset, "%s", what);
}

static int grow(void *array, size_t *capacity, size_t count, size_t size, hsn_error *err)
{
    if (hsn__array_grow(array, capacity, count + 1, size, MAX_ITEMS))
        return HSN_OK;
    return count < MAX_ITEMS ? hsn__fail_memory(err)
                             : hsn__fail_limit(err, "records of a profile", MAX_ITEMS);
}

// The next hexadecimal number of the line, with the blank before it.
static bool number(hsn_text *line, uint64_t *out)
{
    hsn__text_blanks(line);
    return hsn__text_number(line, 16, out);
}

static int read_version(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    uint64_t version, format;
    if (!number(&line, &version))
        return malformed(reading, offset, "a version that is no number", err);
    // The first versions of the program wrote no version of the format.
    if (!number(&line, &format))
        format = version == 0x010200;
    if (format > 3)
        return hsn__fail_at(err, HSN_EUNSUPPORTED, hsn__input_name(reading->profile.in), offset,
                            "heaptrack's format %llu is newer than 3", (unsigned long long)format);
    reading->format = format;
    reading->has_version = true;
    return hsn__profile_fact_number(&reading->profile, "heaptrack.format", format, err);
}

static int read_text(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    uint64_t size;
    hsn__text_take(&line, " ");
    if (reading->format >= 3 &&
        (!number(&line, &size) || (!hsn__text_take(&line, " ") && size) || size != line.length))
        return malformed(reading, offset, "a string of another length", err);
    int r = grow(&reading->text_ends, &reading->text_capacity, reading->text_count,
                 sizeof *reading->text_ends, err);
    if (r < 0)
        return r;
    hsn__buf_append(&reading->texts, line.data, line.length);
    if (reading->texts.failed)
        return hsn__fail_memory(err);
    reading->text_ends[reading->text_count++] = reading->texts.size;
    return HSN_OK;
}

static hsn_text text_of(const struct reading *reading, uint64_t id)
{
    if (!id || id > reading->text_count)
        return (hsn_text){NULL, 0};
    size_t start = id > 1 ? reading->text_ends[id - 2] : 0;
    return (hsn_text){reading->texts.data + start, reading->text_ends[id - 1] - start};
}

static int add_frame(struct reading *reading, const hsn_sink_frame *frame, hsn_error *err)
{
    uint32_t id;
    const hsn_sink *sink = reading->profile.sink;
    int r = grow(&reading->frames, &reading->frame_capacity, reading->frame_count,
                 sizeof *reading->frames, err);
    if (r == HSN_OK)
        r = sink->ops->frame(sink->context, frame, &id, err);
    if (r == HSN_OK)
        reading->frames[reading->frame_count++] = id;
    return r;
}

// `i ip module [function file line]…`: the inner frame first, then those it was inlined into.
static int read_pointer(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    uint64_t ip, module = 0, function, file, row;
    char address[24];
    if (!number(&line, &ip))
        return malformed(reading, offset, "an instruction pointer that is no number", err);
    number(&line, &module);
    int r = grow(&reading->pointers, &reading->pointer_capacity, reading->pointer_count,
                 sizeof *reading->pointers, err);
    size_t first = reading->frame_count;
    while (r == HSN_OK && number(&line, &function)) {
        hsn_sink_frame frame = {.function = text_of(reading, function)};
        // Very old files name a function only.
        if (number(&line, &file) && number(&line, &row)) {
            frame.file = text_of(reading, file);
            frame.line = row <= UINT32_MAX ? (uint32_t)row : 0;
        }
        if (!frame.file.length)
            frame.file = text_of(reading, module);
        snprintf(address, sizeof address, "0x%llx", (unsigned long long)ip);
        if (!frame.function.length)
            frame.function = hsn__text(address);
        r = add_frame(reading, &frame, err);
    }
    if (r == HSN_OK && reading->frame_count == first) {
        snprintf(address, sizeof address, "0x%llx", (unsigned long long)ip);
        hsn_sink_frame frame = {.file = text_of(reading, module), .function = hsn__text(address)};
        r = add_frame(reading, &frame, err);
    }
    if (r == HSN_OK)
        reading->pointers[reading->pointer_count++] =
            (struct pointer){(uint32_t)first, (uint32_t)(reading->frame_count - first)};
    return r;
}

static int read_trace(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    uint64_t pointer, parent;
    if (!number(&line, &pointer) || !number(&line, &parent))
        return malformed(reading, offset, "a trace without numbers", err);
    // A parent comes before its children, so no trace goes in circles.
    if (pointer > reading->pointer_count || parent > reading->trace_count)
        return malformed(reading, offset, "a trace of something that is not there", err);
    int r = grow(&reading->traces, &reading->trace_capacity, reading->trace_count,
                 sizeof *reading->traces, err);
    if (r == HSN_OK)
        reading->traces[reading->trace_count++] =
            (struct trace){(uint32_t)pointer, (uint32_t)parent};
    return r;
}

static int add_kind(struct reading *reading, uint64_t size, uint64_t trace, uint64_t offset,
                    hsn_error *err)
{
    if (trace > reading->trace_count)
        return malformed(reading, offset, "an allocation of a trace that is not there", err);
    int r = grow(&reading->kinds, &reading->kind_capacity, reading->kind_count,
                 sizeof *reading->kinds, err);
    if (r == HSN_OK)
        reading->kinds[reading->kind_count++] =
            (struct kind){.size_bytes = size, .trace = (uint32_t)trace};
    return r;
}

static int read_kind(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    uint64_t size, trace;
    if (!number(&line, &size) || !number(&line, &trace))
        return malformed(reading, offset, "an allocation without numbers", err);
    return add_kind(reading, size, trace, offset, err);
}

static void note_peak(const struct reading *reading, struct kind *kind)
{
    if (kind->peak != reading->peaks)
        kind->at_peak = kind->live;
    kind->peak = reading->peaks;
}

static void add_block(struct reading *reading, struct kind *kind)
{
    note_peak(reading, kind);
    kind->live++;
    kind->allocated++;
    reading->allocations++;
    reading->heap_bytes += kind->size_bytes;
    if (reading->heap_bytes > reading->peak_bytes) {
        reading->peak_bytes = reading->heap_bytes;
        reading->peak_ms = reading->time_ms;
        reading->peaks++;
    }
}

// A block is temporary when it is freed before anything else is allocated or freed.
static void remove_block(struct reading *reading, struct kind *kind, bool temporary)
{
    note_peak(reading, kind);
    if (kind->live) {
        kind->temporary += temporary;
        kind->live--;
        reading->heap_bytes -= kind->size_bytes;
    } else {
        reading->unmatched++;
    }
}

static struct live *find_slot(struct reading *reading, uint64_t address)
{
    size_t mask = reading->slot_count - 1;
    size_t at = (size_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;
    while (reading->slots[at].address && reading->slots[at].address != address)
        at = (at + 1) & mask;
    return &reading->slots[at];
}

// Freed addresses stay in the table until it grows, for most of them come again.
static int grow_slots(struct reading *reading, hsn_error *err)
{
    struct live *old = reading->slots;
    size_t count = reading->slot_count, wanted = count ? count * 2 : 1024;
    if (wanted > MAX_ITEMS)
        return hsn__fail_limit(err, "live allocations", MAX_ITEMS / 2);
    struct live *slots = hsn__alloc_zeroed(wanted, sizeof *slots);
    if (!slots)
        return hsn__fail_memory(err);
    reading->slots = slots;
    reading->slot_count = wanted;
    reading->slots_used = 0;
    for (size_t i = 0; i < count; i++) {
        if (old[i].address && !old[i].freed) {
            *find_slot(reading, old[i].address) = old[i];
            reading->slots_used++;
        }
    }
    hsn__free(old);
    return HSN_OK;
}

static int read_old_block(struct reading *reading, hsn_text line, uint64_t size, uint64_t offset,
                          hsn_error *err)
{
    uint64_t trace, address;
    if (!number(&line, &trace) || !number(&line, &address) || !address)
        return malformed(reading, offset, "an allocation without numbers", err);
    int r = HSN_OK;
    if (reading->slots_used * 2 >= reading->slot_count)
        r = grow_slots(reading, err);
    if (r == HSN_OK)
        r = add_kind(reading, size, trace, offset, err);
    if (r < 0)
        return r;
    struct live *slot = find_slot(reading, address);
    reading->slots_used += !slot->address;
    *slot = (struct live){address, (uint32_t)(reading->kind_count - 1), false};
    add_block(reading, &reading->kinds[slot->kind]);
    reading->newest = address;
    return HSN_OK;
}

static int read_block(struct reading *reading, hsn_text line, bool added, uint64_t offset,
                      hsn_error *err)
{
    uint64_t id;
    if (!number(&line, &id))
        return malformed(reading, offset, "an allocation without a number", err);
    if (reading->format == 0 && added)
        return read_old_block(reading, line, id, offset, err);
    bool temporary = reading->newest == id;
    reading->newest = added ? id : HSN_NO_OFFSET;
    if (reading->format == 0) {
        struct live *slot = reading->slot_count && id ? find_slot(reading, id) : NULL;
        if (slot && slot->address && !slot->freed) {
            slot->freed = true;
            remove_block(reading, &reading->kinds[slot->kind], temporary);
        } else {
            reading->unmatched++;
        }
        return HSN_OK;
    }
    if (id >= reading->kind_count)
        return malformed(reading, offset, "an allocation of a kind that is not there", err);
    if (added)
        add_block(reading, &reading->kinds[id]);
    else
        remove_block(reading, &reading->kinds[id], temporary);
    return HSN_OK;
}

static int give_sample(struct reading *reading, const char *series, uint64_t value, hsn_error *err)
{
    return reading->profile.sink->ops->sample(reading->profile.sink->context, hsn__text(series),
                                              (double)reading->time_ms / 1000, (double)value, err);
}

// heaptrack attached to a running program: only what comes from here on is known.
static void forget_blocks(struct reading *reading)
{
    for (size_t i = 0; i < reading->kind_count; i++) {
        struct kind *kind = &reading->kinds[i];
        *kind = (struct kind){.size_bytes = kind->size_bytes, .trace = kind->trace};
    }
    for (size_t i = 0; i < reading->slot_count; i++)
        reading->slots[i].freed = true;
    reading->heap_bytes = reading->peak_bytes = reading->peak_ms = reading->allocations = 0;
    reading->peaks = 0;
    reading->newest = HSN_NO_OFFSET;
}

static int read_line(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    uint64_t value;
    if (!line.length)
        return HSN_OK;
    char letter = line.data[0];
    hsn_text rest = hsn__text_part(line, 1, line.length);
    if (!reading->has_version && letter != 'v' && letter != '#')
        return malformed(reading, offset, "no version of heaptrack at the start", err);
    switch (letter) {
    case '+':
        return read_block(reading, rest, true, offset, err);
    case '-':
        return read_block(reading, rest, false, offset, err);
    case 'a':
        return read_kind(reading, rest, offset, err);
    case 't':
        return read_trace(reading, rest, offset, err);
    case 'i':
        return read_pointer(reading, rest, offset, err);
    case 's':
        return read_text(reading, rest, offset, err);
    case 'c':
        // Time goes backwards in damaged files: such a stamp is skipped.
        if (!number(&rest, &value) || value < reading->time_ms)
            return HSN_OK;
        reading->time_ms = value;
        return give_sample(reading, "heap", reading->heap_bytes, err);
    case 'R':
        return number(&rest, &value) && reading->page_bytes
                   ? give_sample(reading, "rss", value * reading->page_bytes, err)
                   : HSN_OK;
    case 'I':
        if (!number(&rest, &reading->page_bytes))
            reading->page_bytes = 0;
        return HSN_OK;
    case 'X':
        hsn__text_take(&rest, " ");
        return hsn__profile_fact(&reading->profile, "program", rest, err);
    case 'A':
        forget_blocks(reading);
        return HSN_OK;
    case 'v':
        return read_version(reading, rest, offset, err);
    case 'x':
    case 'm':
        return hsn__fail_at(err, HSN_EUNSUPPORTED, hsn__input_name(reading->profile.in), offset,
                            "a raw recording: run heaptrack --interpret on it first");
    default:
        return HSN_OK; // comments, suppressions, whatever is added later
    }
}

enum { ALLOC, PEAK, TEMPORARY, METRICS };

static int give_kind(struct reading *reading, struct kind *kind, const uint32_t metrics[METRICS],
                     hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    uint32_t stack = HSN_NONE;
    int r = HSN_OK;
    profile->count = 0;
    for (uint32_t id = kind->trace; id && r == HSN_OK; id = reading->traces[id - 1].parent) {
        uint32_t number = reading->traces[id - 1].pointer;
        const struct pointer *pointer = number ? &reading->pointers[number - 1] : NULL;
        for (uint32_t i = 0; pointer && i < pointer->frame_count && r == HSN_OK; i++)
            r = hsn__profile_push_id(profile, reading->frames[pointer->first_frame + i], err);
    }
    note_peak(reading, kind);
    if (r == HSN_OK)
        r = hsn__profile_stack(profile, &stack, err);
    const struct {
        uint32_t metric;
        uint64_t count;
    } given[] = {{HSN_METRIC_INUSE, kind->live},
                 {metrics[ALLOC], kind->allocated},
                 {metrics[PEAK], kind->at_peak},
                 {metrics[TEMPORARY], kind->temporary}};
    for (size_t i = 0; i < sizeof given / sizeof *given && r == HSN_OK; i++)
        r = hsn__profile_total(profile, stack, given[i].metric, given[i].count,
                               given[i].count * kind->size_bytes, err);
    return r;
}

static int give_results(struct reading *reading, hsn_error *err)
{
    static const struct {
        const char *name;
        size_t at;
    } numbers[] = {
        {"heaptrack.leaked_bytes", offsetof(struct reading, heap_bytes)},
        {"heaptrack.peak_bytes", offsetof(struct reading, peak_bytes)},
        {"heaptrack.peak_ms", offsetof(struct reading, peak_ms)},
        {"heaptrack.allocations", offsetof(struct reading, allocations)},
        {"profile.duration_ms", offsetof(struct reading, time_ms)},
    };
    static const char *const names[METRICS] = {"alloc", "peak", "temporary"};
    uint32_t metrics[METRICS] = {0};
    int r = hsn__profile_fact(&reading->profile, "profile.metric", hsn__text("leaked"), err);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers && r == HSN_OK; i++) {
        uint64_t value;
        memcpy(&value, (const char *)reading + numbers[i].at, sizeof value);
        r = hsn__profile_fact_number(&reading->profile, numbers[i].name, value, err);
    }
    for (size_t i = 0; i < METRICS && r == HSN_OK; i++)
        r = hsn__profile_metric(&reading->profile, names[i], HSN_UNIT_BYTES, &metrics[i], err);
    for (size_t i = 0; i < reading->kind_count && r == HSN_OK; i++)
        if (reading->kinds[i].allocated)
            r = give_kind(reading, &reading->kinds[i], metrics, err);
    if (r == HSN_OK && reading->unmatched)
        r = hsn__profile_warn(&reading->profile, HSN_NO_OFFSET,
                              "frees of unknown allocations are left out", err);
    return r;
}

static int read_recording(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading reading = {.profile = {.in = in, .sink = sink}, .newest = HSN_NO_OFFSET};
    hsn_error cause = {0};
    hsn_text line;
    uint64_t offset = 0;
    int r = HSN_OK;
    while (r == HSN_OK) {
        r = hsn__profile_line(&reading.profile, &line, &offset, &cause);
        if (r == HSN_OK)
            r = read_line(&reading, line, offset, &cause);
    }
    if (r == HSN_DONE && !reading.has_version)
        r = malformed(&reading, 0, "no version of heaptrack at the start", &cause);
    bool useful = reading.kind_count > 0;
    bool give = r == HSN_DONE || (useful && (r == HSN_EFORMAT || r == HSN_EIO));
    int given = give ? give_results(&reading, err) : HSN_OK;
    r = given < 0 ? given : hsn__profile_outcome(&reading.profile, r, useful, &cause, err);
    hsn__profile_clear(&reading.profile);
    hsn__buf_clear(&reading.texts);
    hsn__free(reading.text_ends);
    hsn__free(reading.pointers);
    hsn__free(reading.frames);
    hsn__free(reading.traces);
    hsn__free(reading.kinds);
    hsn__free(reading.slots);
    return r;
}

// `v 10400 3`, and a command line or page size soon behind it.
static int probe(const uint8_t *head, size_t size)
{
    hsn_text text = {(const char *)head, size};
    uint64_t version, format;
    while (text.length && text.data[0] == '#') {
        const char *newline = memchr(text.data, '\n', text.length);
        if (!newline)
            return 0;
        text = hsn__text_part(text, (size_t)(newline - text.data) + 1, text.length);
    }
    if (!hsn__text_take(&text, "v ") || !hsn__text_number(&text, 16, &version))
        return 0;
    if (hsn__text_take(&text, " ") && !hsn__text_number(&text, 16, &format))
        return 0;
    if (!hsn__text_take(&text, "\n") || !text.length || !memchr("XIsmxAtia#cS+", text.data[0], 13))
        return 0;
    return 85;
}

const hsn_reader hsn__reader_heaptrack = {
    .name = "heaptrack",
    .title = "heaptrack recording (leaked, series)",
    .spec = "docs/formats/heaptrack.md",
    .content = HSN_HAS_ALLOCATIONS | HSN_HAS_SERIES,
    .probe = probe,
    .read = read_recording,
};
