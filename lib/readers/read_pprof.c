// SPDX-License-Identifier: MIT
// pprof profiles: the protobuf message of profile.proto, in any order of its fields.
//
// Samples come before the strings, functions and locations that they name, so the messages of
// samples are kept as they are in the file until its end and decoded then.
//
// Cost:   memory: the samples as encoded, and 24 to 40 bytes a location, line and function.
// Source: docs/formats/pprof.md; proto/profile.proto of github.com/google/pprof.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "profile_scan.h"
#include "reader.h"

#define MAX_FIELD   ((uint64_t)1 << 26) // bytes of one message
#define MAX_SAMPLES ((size_t)1 << 34)   // bytes of all samples
#define MAX_ITEMS   ((size_t)1 << 28)   // locations, lines, functions, mappings, strings
#define MAX_TYPES   64

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

enum {
    SAMPLE_TYPE = 1,
    SAMPLE,
    MAPPING,
    LOCATION,
    FUNCTION,
    STRING,
    TIME = 9,
    DURATION,
    PERIOD_TYPE,
    PERIOD,
    COMMENT,
    DEFAULT_TYPE,
    LAST_FIELD
};

// A message in memory.
struct cursor {
    const uint8_t *next, *end;
    bool bad;
};

struct field {
    uint64_t number, value; // of a varint or fixed field
    struct cursor bytes;
    unsigned wire;
};

// A function, location or mapping: an id of the file, and two values.
struct item {
    uint64_t id;
    uint64_t a;                      // function: name; location: mapping; mapping: file
    uint64_t b;                      // function: file; location: address
    uint32_t first_line, line_count; // mapping: first_line is its place in ranges
    uint32_t frame;                  // location without lines: id of the sink once it knows
};

struct line {
    uint64_t function;
    uint32_t line;
    uint32_t frame;
};

// Where a mapping is, and from where in its file.
struct range {
    uint64_t start, end, offset;
};

struct items {
    struct item *list;
    size_t count, capacity;
};

struct reading {
    hsn__profile profile;
    uint64_t offset; // of the current top-level field
    struct items functions, locations, mappings;
    struct line *lines;
    size_t line_count, line_capacity;
    struct range *ranges;
    size_t range_count, range_capacity;
    hsn__buf texts;
    size_t *text_ends;
    size_t text_count, text_capacity;
    hsn__buf samples; // length (4 bytes) and message of each
    struct {
        uint64_t type, unit, total;
    } types[MAX_TYPES];
    size_t type_count;
    uint64_t default_type, period_type, period, time_ns, duration_ns;
    uint64_t negative;
    struct family {
        uint32_t metric;
        size_t size_at, count_at; // indices of values; type_count = none
        uint64_t scale;           // of the value, to the unit
    } families[MAX_TYPES];
    size_t family_count;
};

static uint64_t varint(struct cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && cursor->next < cursor->end; shift += 7) {
        uint8_t byte = *cursor->next++;
        value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
        if (!(byte & 0x80))
            return value;
    }
    cursor->bad = true;
    return 0;
}

// The next field of a message; false at its end or when it is damaged.
static bool next_field(struct cursor *cursor, struct field *out)
{
    if (cursor->bad || cursor->next >= cursor->end)
        return false;
    uint64_t tag = varint(cursor);
    size_t room = (size_t)(cursor->end - cursor->next);
    *out = (struct field){.number = tag >> 3, .wire = (unsigned)(tag & 7)};
    uint64_t size = 0;
    if (out->wire == VARINT)
        out->value = varint(cursor);
    else if (out->wire == BYTES)
        size = varint(cursor);
    else
        size = out->wire == FIXED64 ? 8 : out->wire == FIXED32 ? 4 : UINT64_MAX;
    room = (size_t)(cursor->end - cursor->next);
    if (size > room || !out->number)
        cursor->bad = true;
    if (cursor->bad)
        return false;
    out->bytes = (struct cursor){cursor->next, cursor->next + size, false};
    cursor->next += size;
    return true;
}

static int malformed(struct reading *reading, const char *what, hsn_error *err)
{
    return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(reading->profile.in), reading->offset,
                        "%s", what);
}

static int grow(void *array, size_t *capacity, size_t count, size_t size, hsn_error *err)
{
    if (hsn__array_grow(array, capacity, count + 1, size, MAX_ITEMS))
        return HSN_OK;
    return count < MAX_ITEMS ? hsn__fail_memory(err)
                             : hsn__fail_limit(err, "records of a profile", MAX_ITEMS);
}

static int add_item(struct items *items, struct item item, hsn_error *err)
{
    int r = grow(&items->list, &items->capacity, items->count, sizeof *items->list, err);
    if (r == HSN_OK)
        items->list[items->count++] = item;
    return r;
}

static int add_line(struct reading *reading, struct cursor message, hsn_error *err)
{
    struct line line = {.frame = HSN_NONE};
    struct field field;
    while (next_field(&message, &field)) {
        if (field.number == 1)
            line.function = field.value;
        else if (field.number == 2)
            line.line = field.value <= UINT32_MAX ? (uint32_t)field.value : 0;
    }
    if (message.bad)
        return malformed(reading, "a damaged line of a location", err);
    int r = grow(&reading->lines, &reading->line_capacity, reading->line_count,
                 sizeof *reading->lines, err);
    if (r == HSN_OK)
        reading->lines[reading->line_count++] = line;
    return r;
}

static int add_location(struct reading *reading, struct cursor message, hsn_error *err)
{
    struct item item = {.first_line = (uint32_t)reading->line_count, .frame = HSN_NONE};
    struct field field;
    int r = HSN_OK;
    while (r == HSN_OK && next_field(&message, &field)) {
        if (field.number == 1)
            item.id = field.value;
        else if (field.number == 2)
            item.a = field.value;
        else if (field.number == 3)
            item.b = field.value;
        else if (field.number == 4)
            r = add_line(reading, field.bytes, err);
    }
    if (r == HSN_OK && message.bad)
        r = malformed(reading, "a damaged location", err);
    item.line_count = (uint32_t)reading->line_count - item.first_line;
    return r == HSN_OK ? add_item(&reading->locations, item, err) : r;
}

static int add_function(struct reading *reading, struct cursor message, hsn_error *err)
{
    struct item item = {.frame = HSN_NONE};
    struct field field;
    while (next_field(&message, &field)) {
        if (field.number == 1)
            item.id = field.value;
        else if (field.number == 2)
            item.a = field.value;
        else if (field.number == 4)
            item.b = field.value;
    }
    return message.bad ? malformed(reading, "a damaged function", err)
                       : add_item(&reading->functions, item, err);
}

static int add_mapping(struct reading *reading, struct cursor message, hsn_error *err)
{
    struct item item = {.first_line = (uint32_t)reading->range_count, .frame = HSN_NONE};
    uint64_t numbers[6] = {0};
    struct field field;
    while (next_field(&message, &field))
        if (field.number < sizeof numbers / sizeof *numbers)
            numbers[field.number] = field.value;
    if (message.bad)
        return malformed(reading, "a damaged mapping", err);
    item.id = numbers[1];
    item.a = numbers[5];
    int r = grow(&reading->ranges, &reading->range_capacity, reading->range_count,
                 sizeof *reading->ranges, err);
    if (r < 0)
        return r;
    reading->ranges[reading->range_count++] = (struct range){numbers[2], numbers[3], numbers[4]};
    return add_item(&reading->mappings, item, err);
}

static int add_text(struct reading *reading, struct cursor bytes, hsn_error *err)
{
    int r = grow(&reading->text_ends, &reading->text_capacity, reading->text_count,
                 sizeof *reading->text_ends, err);
    if (r < 0)
        return r;
    hsn__buf_append(&reading->texts, bytes.next, (size_t)(bytes.end - bytes.next));
    if (reading->texts.failed)
        return hsn__fail_memory(err);
    reading->text_ends[reading->text_count++] = reading->texts.size;
    return HSN_OK;
}

static int add_sample(struct reading *reading, struct cursor bytes, hsn_error *err)
{
    uint32_t size = (uint32_t)(bytes.end - bytes.next);
    hsn__buf_append(&reading->samples, &size, sizeof size);
    hsn__buf_append(&reading->samples, bytes.next, size);
    return reading->samples.failed ? hsn__fail_memory(err) : HSN_OK;
}

static bool value_type(struct cursor message, uint64_t *out_type, uint64_t *out_unit)
{
    struct field field;
    *out_type = *out_unit = 0;
    while (next_field(&message, &field)) {
        if (field.number == 1)
            *out_type = field.value;
        else if (field.number == 2)
            *out_unit = field.value;
    }
    return !message.bad;
}

static int add_type(struct reading *reading, struct cursor message, hsn_error *err)
{
    uint64_t type, unit;
    if (!value_type(message, &type, &unit))
        return malformed(reading, "a damaged sample type", err);
    if (reading->type_count == MAX_TYPES)
        return hsn__fail_limit(err, "sample types", MAX_TYPES);
    reading->types[reading->type_count].type = type;
    reading->types[reading->type_count++].unit = unit;
    return HSN_OK;
}

static int add_message(struct reading *reading, const struct field *field, hsn_error *err)
{
    uint64_t unit;
    switch (field->number) {
    case SAMPLE_TYPE:
        return add_type(reading, field->bytes, err);
    case SAMPLE:
        return add_sample(reading, field->bytes, err);
    case MAPPING:
        return add_mapping(reading, field->bytes, err);
    case LOCATION:
        return add_location(reading, field->bytes, err);
    case FUNCTION:
        return add_function(reading, field->bytes, err);
    case STRING:
        return add_text(reading, field->bytes, err);
    case PERIOD_TYPE:
        return value_type(field->bytes, &reading->period_type, &unit)
                   ? HSN_OK
                   : malformed(reading, "a damaged period type", err);
    default:
        return HSN_OK;
    }
}

static void add_number(struct reading *reading, uint64_t number, uint64_t value)
{
    if (number == TIME)
        reading->time_ns = value;
    else if (number == DURATION)
        reading->duration_ns = value;
    else if (number == PERIOD)
        reading->period = value;
    else if (number == DEFAULT_TYPE)
        reading->default_type = value;
}

static uint64_t input_varint(hsn_input *in)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte = hsn__input_u8(in);
        value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
        if (!(byte & 0x80))
            return value;
    }
    in->past_end = true; // longer than any number
    return 0;
}

// One field of the profile itself. HSN_DONE at the end of the input.
static int read_field(struct reading *reading, hsn_error *err)
{
    hsn_input *in = reading->profile.in;
    reading->offset = hsn__input_offset(in);
    if (hsn__input_at_end(in)) {
        int r = hsn__input_status(in, err);
        return r < 0 ? r : HSN_DONE;
    }
    uint64_t tag = input_varint(in);
    struct field field = {.number = tag >> 3, .wire = (unsigned)(tag & 7)};
    uint64_t size = 0;
    if (field.wire == VARINT)
        field.value = input_varint(in);
    else
        size = field.wire == BYTES ? input_varint(in) : field.wire == FIXED64 ? 8 : 4;
    bool known = field.wire <= BYTES || field.wire == FIXED32;
    if (!hsn__input_failed(in) && (!known || !field.number || size > MAX_FIELD))
        return malformed(reading, "no field of a profile", err);
    const uint8_t *bytes = hsn__input_bytes(in, (size_t)size);
    if (!bytes || hsn__input_failed(in)) {
        int r = hsn__input_status(in, err);
        return r < 0 ? r : malformed(reading, "the profile ends within a field", err);
    }
    field.bytes = (struct cursor){bytes, bytes + size, false};
    if (field.wire == BYTES)
        return add_message(reading, &field, err);
    add_number(reading, field.number, field.value);
    return HSN_OK;
}

static hsn_text text_of(const struct reading *reading, uint64_t index)
{
    if (index >= reading->text_count)
        return (hsn_text){NULL, 0};
    size_t start = index ? reading->text_ends[index - 1] : 0;
    return (hsn_text){reading->texts.data + start, reading->text_ends[index] - start};
}

static int by_id(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->first_line < y->first_line ? -1 : x->first_line > y->first_line;
}

static void sort_items(struct items *items)
{
    bool sorted = true;
    for (size_t i = 1; i < items->count && sorted; i++)
        sorted = items->list[i - 1].id <= items->list[i].id;
    if (!sorted)
        qsort(items->list, items->count, sizeof *items->list, by_id);
}

// Ids are dense from 1 as a rule; any other are found by halving.
static struct item *find_item(const struct items *items, uint64_t id)
{
    if (id - 1 < items->count && items->list[id - 1].id == id)
        return &items->list[id - 1];
    struct item key = {.id = id};
    size_t low = 0, high = items->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_id(&items->list[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < items->count && items->list[low].id == id ? &items->list[low] : NULL;
}

// Where nothing but the place is known, some writers (ours is one) make a name of it.
static bool names_its_place(const hsn_sink_frame *frame)
{
    hsn_text rest = frame->function;
    uint64_t line;
    if (!frame->file.length || rest.length <= frame->file.length ||
        memcmp(rest.data, frame->file.data, frame->file.length) != 0)
        return false;
    rest = hsn__text_part(rest, frame->file.length, rest.length);
    return hsn__text_take(&rest, ":") && hsn__text_number(&rest, 10, &line) && !rest.length &&
           line == frame->line;
}

static int push_line(struct reading *reading, struct line *line, hsn_error *err)
{
    if (line->frame != HSN_NONE)
        return hsn__profile_push_id(&reading->profile, line->frame, err);
    const struct item *function = find_item(&reading->functions, line->function);
    hsn_sink_frame frame = {.line = line->line, .function = hsn__text("[unknown]")};
    if (function) {
        frame.function = text_of(reading, function->a);
        frame.file = text_of(reading, function->b);
        if (names_its_place(&frame))
            frame.function = (hsn_text){0};
    }
    int r = hsn__profile_push(&reading->profile, &frame, err);
    if (r == HSN_OK)
        line->frame = reading->profile.frames[reading->profile.count - 1];
    return r;
}

// A location without symbols: its file and the place in it, which is equal in every run; the
// address where the mapping does not hold it.
static int push_address(struct reading *reading, struct item *location, hsn_error *err)
{
    char address[24];
    if (location->frame != HSN_NONE)
        return hsn__profile_push_id(&reading->profile, location->frame, err);
    const struct item *mapping = find_item(&reading->mappings, location->a);
    hsn_sink_frame frame = {.line = 0};
    uint64_t at = location->b;
    if (mapping) {
        const struct range *range = &reading->ranges[mapping->first_line];
        frame.file = text_of(reading, mapping->a);
        frame.by_offset = frame.file.length && at >= range->start && at < range->end;
        at = frame.by_offset ? at - range->start + range->offset : at;
    }
    snprintf(address, sizeof address, "0x%" PRIx64, at);
    frame.function = hsn__text(address);
    int r = hsn__profile_push(&reading->profile, &frame, err);
    if (r == HSN_OK)
        location->frame = reading->profile.frames[reading->profile.count - 1];
    return r;
}

static int push_location(struct reading *reading, uint64_t id, hsn_error *err)
{
    struct item *location = find_item(&reading->locations, id);
    static const hsn_sink_frame unknown = {.function = {"[unknown]", 9}};
    if (!location)
        return hsn__profile_push(&reading->profile, &unknown, err);
    if (!location->line_count)
        return push_address(reading, location, err);
    int r = HSN_OK;
    for (uint32_t i = 0; i < location->line_count && r == HSN_OK; i++)
        r = push_line(reading, &reading->lines[location->first_line + i], err);
    return r;
}

// The next of repeated numbers, packed into bytes or in a field of their own each; false behind the
// last. Start with *first set.
static bool next_number(struct field *field, bool *first, uint64_t *out)
{
    if (field->wire == BYTES && field->bytes.next < field->bytes.end && !field->bytes.bad) {
        *out = varint(&field->bytes);
        return !field->bytes.bad;
    }
    bool single = *first && field->wire == VARINT;
    *first = false;
    *out = field->value;
    return single;
}

static void sample_values(struct reading *reading, struct cursor message, uint64_t *out)
{
    struct field field;
    size_t count = 0;
    memset(out, 0, MAX_TYPES * sizeof *out);
    while (next_field(&message, &field)) {
        if (field.number != 2)
            continue;
        uint64_t value;
        for (bool first = true; next_number(&field, &first, &value);) {
            if (count < reading->type_count) {
                reading->types[count].total += value;
                out[count++] = value;
            }
        }
    }
}

static int give_sample(struct reading *reading, struct cursor message, hsn_error *err)
{
    uint64_t values[MAX_TYPES + 1];
    sample_values(reading, message, values);
    values[reading->type_count] = 0;
    bool any = false, negative = false;
    for (size_t i = 0; i < reading->family_count; i++) {
        uint64_t *size = &values[reading->families[i].size_at];
        uint64_t *count = &values[reading->families[i].count_at];
        if ((int64_t)*size < 0 || (int64_t)*count < 0) {
            negative = true;
            *size = *count = 0;
        }
        any = any || *size || *count;
    }
    reading->negative += negative;
    if (!any)
        return HSN_OK;
    struct field field;
    uint32_t stack = HSN_NONE;
    int r = HSN_OK;
    reading->profile.count = 0;
    while (r == HSN_OK && next_field(&message, &field)) {
        uint64_t id;
        for (bool first = true;
             field.number == 1 && r == HSN_OK && next_number(&field, &first, &id);)
            r = push_location(reading, id, err);
    }
    if (r == HSN_OK)
        r = hsn__profile_stack(&reading->profile, &stack, err);
    for (size_t i = 0; i < reading->family_count && r == HSN_OK; i++) {
        const struct family *family = &reading->families[i];
        uint64_t size = values[family->size_at], count = values[family->count_at];
        if (__builtin_mul_overflow(size, family->scale, &size))
            size = UINT64_MAX;
        r = hsn__profile_total(&reading->profile, stack, family->metric, count, size, err);
    }
    return r;
}

static hsn_text type_name(const struct reading *reading, size_t type)
{
    return text_of(reading, reading->types[type].type);
}

// The family that a type belongs to. Memory has names that everybody knows, and `peak_space` is of
// `peak`; other types are their own.
static hsn_text family_name(const struct reading *reading, size_t type)
{
    static const struct {
        const char *type, *family;
    } known[] = {
        {"inuse_space", HSN_METRIC_INUSE_NAME},
        {"inuse_objects", HSN_METRIC_INUSE_NAME},
        {"space", HSN_METRIC_INUSE_NAME},
        {"objects", HSN_METRIC_INUSE_NAME},
        {"heap-space", HSN_METRIC_INUSE_NAME},
        {"alloc_space", "alloc"},
        {"alloc_objects", "alloc"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (hsn__text_is(type_name(reading, type), known[i].type))
            return hsn__text(known[i].family);
    const char *const suffix = "_space";
    hsn_text name = type_name(reading, type);
    size_t length = strlen(suffix);
    if (name.length > length && !memcmp(name.data + name.length - length, suffix, length))
        name.length -= length;
    return name;
}

// The unit as the sink knows it, and what a value is of it.
static const char *family_unit(const struct reading *reading, size_t type, char out[64],
                               uint64_t *out_scale)
{
    static const struct {
        const char *unit, *name;
        uint64_t scale;
    } known[] = {
        {"bytes", HSN_UNIT_BYTES, 1},           {"count", HSN_UNIT_COUNT, 1},
        {"nanoseconds", HSN_UNIT_NS, 1},        {"microseconds", HSN_UNIT_NS, 1000},
        {"milliseconds", HSN_UNIT_NS, 1000000}, {"seconds", HSN_UNIT_NS, 1000000000},
    };
    hsn_text unit = text_of(reading, reading->types[type].unit);
    *out_scale = 1;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (hsn__text_is(unit, known[i].unit)) {
            *out_scale = known[i].scale;
            return known[i].name;
        }
    snprintf(out, 64, "%.*s", unit.length < 63 ? (int)unit.length : 63, unit.data ? unit.data : "");
    return *out ? out : HSN_UNIT_COUNT;
}

static bool is_count(const struct reading *reading, size_t type)
{
    return hsn__text_is(text_of(reading, reading->types[type].unit), "count");
}

// Types come in pairs: a number of things and what they sum up to. `samples` in count belongs to
// `cpu` in nanoseconds behind it, `inuse_objects` to `inuse_space`. A type without such a
// neighbour is a metric of its own.
static int make_families(struct reading *reading, hsn_error *err)
{
    const hsn_sink *sink = reading->profile.sink;
    size_t count = reading->type_count;
    int r = HSN_OK;
    for (size_t i = 0; i < count && r == HSN_OK; i++) {
        bool pair = is_count(reading, i) && i + 1 < count && !is_count(reading, i + 1);
        struct family family = {.size_at = pair ? i + 1 : i, .count_at = pair ? i : count};
        char unit[64];
        hsn_text name = family_name(reading, family.size_at);
        const char *word = family_unit(reading, family.size_at, unit, &family.scale);
        if (!strcmp(word, HSN_UNIT_COUNT))
            family.count_at = family.size_at;
        i = family.size_at;
        if (!name.length)
            continue;
        r = sink->ops->metric(sink->context, name, hsn__text(word), &family.metric, err);
        if (r == HSN_OK && reading->default_type &&
            (reading->types[family.size_at].type == reading->default_type ||
             (pair && reading->types[family.count_at].type == reading->default_type)))
            r = hsn__profile_fact(&reading->profile, "metric.default", name, err);
        bool again = false;
        for (size_t j = 0; j < reading->family_count; j++)
            again = again || reading->families[j].metric == family.metric;
        if (!again)
            reading->families[reading->family_count++] = family;
    }
    return r;
}

static int give_totals(struct reading *reading, hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    int r = HSN_OK;
    for (size_t i = 0; i < reading->type_count && r == HSN_OK; i++) {
        char name[96], total[24];
        hsn_text type = text_of(reading, reading->types[i].type);
        snprintf(name, sizeof name, "profile.total.%.*s", type.length < 64 ? (int)type.length : 64,
                 type.data ? type.data : "");
        snprintf(total, sizeof total, "%" PRId64, (int64_t)reading->types[i].total);
        bool again = false;
        for (size_t j = 0; j < i; j++)
            again = again || reading->types[j].type == reading->types[i].type;
        if (!again && type.length)
            r = hsn__profile_fact(profile, name, hsn__text(total), err);
    }
    return r;
}

static int give_facts(struct reading *reading, hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    int r = HSN_OK;
    if (reading->time_ns)
        r = hsn__profile_fact_number(profile, "captured_at_unix_ms", reading->time_ns / 1000000,
                                     err);
    if (r == HSN_OK && reading->duration_ns)
        r = hsn__profile_fact_number(profile, "profile.duration_ns", reading->duration_ns, err);
    if (r == HSN_OK && reading->period)
        r = hsn__profile_fact_number(profile, "profile.period", reading->period, err);
    if (r == HSN_OK)
        r = give_totals(reading, err);
    if (r == HSN_OK && reading->negative)
        r = hsn__profile_warn(profile, HSN_NO_OFFSET,
                              "samples of negative size (of a difference) are left out", err);
    return r;
}

static int give_samples(struct reading *reading, hsn_error *err)
{
    const uint8_t *next = (const uint8_t *)reading->samples.data;
    const uint8_t *end = next ? next + reading->samples.size : next;
    int r = make_families(reading, err);
    sort_items(&reading->functions);
    sort_items(&reading->locations);
    sort_items(&reading->mappings);
    while (next < end && r == HSN_OK) {
        uint32_t size;
        memcpy(&size, next, sizeof size);
        next += sizeof size;
        r = give_sample(reading, (struct cursor){next, next + size, false}, err);
        next += size;
    }
    return r == HSN_OK ? give_facts(reading, err) : r;
}

static int read_profile(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading reading = {.profile = {.in = in, .sink = sink}};
    hsn_error cause = {0};
    reading.samples.max = MAX_SAMPLES;
    int r = HSN_OK;
    while (r == HSN_OK)
        r = read_field(&reading, &cause);
    bool named = reading.type_count && text_of(&reading, reading.types[0].type).length;
    if (r == HSN_DONE && !named)
        r = malformed(&reading, "a profile without sample types", &cause);
    bool useful = named && (r == HSN_DONE || reading.samples.size);
    bool damaged = r == HSN_EFORMAT || r == HSN_EIO;
    int given = useful && (r == HSN_DONE || damaged) ? give_samples(&reading, err) : HSN_OK;
    r = given < 0 ? given : hsn__profile_outcome(&reading.profile, r, useful, &cause, err);
    hsn__profile_clear(&reading.profile);
    hsn__free(reading.functions.list);
    hsn__free(reading.locations.list);
    hsn__free(reading.mappings.list);
    hsn__free(reading.lines);
    hsn__free(reading.ranges);
    hsn__free(reading.text_ends);
    hsn__buf_clear(&reading.texts);
    hsn__buf_clear(&reading.samples);
    return r;
}

// Whether the profile's own field has the form that the documentation gives it. Repeated numbers
// may be packed, and fields of later versions may be anything.
static bool field_fits(const struct field *field)
{
    uint64_t type, unit;
    if (field->number > LAST_FIELD)
        return field->wire <= BYTES || field->wire == FIXED32;
    if (field->number == SAMPLE_TYPE)
        return field->wire == BYTES && value_type(field->bytes, &type, &unit) && type;
    if (field->number == COMMENT)
        return field->wire == VARINT || field->wire == BYTES;
    bool number = field->number > STRING && field->number != PERIOD_TYPE;
    return field->wire == (number ? VARINT : BYTES);
}

// Sample types come first as a rule; what is left of the last field may be behind the head.
static int probe(const uint8_t *head, size_t size)
{
    struct cursor cursor = {head, head + size, false};
    struct field field;
    unsigned fields = 0, types = 0;
    bool first = false, fits = true;
    while (fields < 32 && fits && next_field(&cursor, &field)) {
        fits = field_fits(&field);
        first = first || (!fields && fits && field.number == SAMPLE_TYPE);
        types += fits && field.number == SAMPLE_TYPE;
        fields += fits;
    }
    if (first && fields >= 3)
        return 95;
    return fits && types && fields >= 8 ? 60 : 0;
}

const hsn_reader hsn__reader_pprof = {
    .name = "pprof",
    .title = "pprof profile (Go, C++, Rust: profile.proto)",
    .spec = "docs/formats/pprof.md",
    .content = HSN_HAS_ALLOCATIONS,
    .probe = probe,
    .read = read_profile,
};
