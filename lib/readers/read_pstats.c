// SPDX-License-Identifier: MIT
// The files of cProfile and profile (`python -m cProfile -o a.pstats`): time by function and
// caller.
//
// A dict in Python's marshal format, of which only the codes are read that occur here; nothing can
// be executed:
//
//   {(file, line, function): (primitive calls, calls, own seconds, cumulated seconds,
//                             {caller: (calls, primitive calls, own, cumulated)})}
//
// Source: docs/formats/pstats.md; CPython's Python/marshal.c and Lib/pstats.py.
#include "base/alloc.h"
#include "base/buf.h"
#include "profile_scan.h"
#include "reader.h"

#define FLAG_REF  0x80
#define MAX_ITEMS ((size_t)1 << 26)
#define MAX_TEXT  ((size_t)1 << 28)
#define MAX_NAME  ((size_t)1 << 20) // of one; a longer one is no name but damage

enum kind { OTHER, INTEGER, REAL, TEXT, TUPLE, DICT, END, FUNCTION };

// An object, or the start of a tuple or dict.
struct value {
    enum kind kind;
    uint32_t reference; // its place in the table of references; HSN_NONE = not there
    uint32_t frame;     // FUNCTION
    uint64_t number;    // INTEGER; items of a TUPLE
    double real;
    size_t start, length; // TEXT, in reading->text
};

struct caller {
    uint32_t frame;
    uint64_t calls, own_ns;
};

struct reading {
    hsn__profile profile;
    hsn__buf text; // of all texts, as later ones may refer to them
    struct value *references;
    size_t reference_count, reference_capacity;
    struct value *interned; // texts that Python 2 refers to
    size_t interned_count, interned_capacity;
    struct caller *callers; // of the function under way
    size_t caller_count, caller_capacity;
    uint32_t own, cumulated, calls; // metrics
    uint64_t functions;
};

static int damaged(struct reading *reading, const char *what, hsn_error *err)
{
    hsn_input *in = reading->profile.in;
    if (hsn__input_failed(in)) {
        int r = hsn__input_status(in, err);
        if (r < 0)
            return r;
        what = "the file ends early";
    }
    return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(in), hsn__input_offset(in), "%s", what);
}

static int append(void *array, size_t *capacity, size_t count, size_t size, hsn_error *err)
{
    if (hsn__array_grow(array, capacity, count + 1, size, MAX_ITEMS))
        return HSN_OK;
    return count < MAX_ITEMS ? hsn__fail_memory(err)
                             : hsn__fail_limit(err, "objects of a profile", MAX_ITEMS);
}

// ---- objects ----

static int read_text(struct reading *reading, size_t length, struct value *out, hsn_error *err)
{
    const uint8_t *bytes = length > MAX_NAME ? NULL : hsn__input_bytes(reading->profile.in, length);
    if (!bytes)
        return damaged(reading, length > MAX_NAME ? "a name of absurd length" : "", err);
    *out = (struct value){.kind = TEXT, .start = reading->text.size, .length = length};
    hsn__buf_append(&reading->text, bytes, length);
    if (reading->text.failed)
        return reading->text.size + length >= MAX_TEXT
                   ? hsn__fail_limit(err, "bytes of names", MAX_TEXT)
                   : hsn__fail_memory(err);
    return HSN_OK;
}

// Digits of 15 bits, the sign in their number.
static int read_long(struct reading *reading, struct value *out, hsn_error *err)
{
    uint32_t digits = hsn__input_u32le(reading->profile.in);
    uint64_t value = 0;
    if (digits > 4)
        return damaged(reading, "a number that is no count", err);
    for (uint32_t i = 0; i < digits; i++)
        value |= (uint64_t)hsn__input_u16le(reading->profile.in) << (15 * i);
    *out = (struct value){.kind = INTEGER, .number = value};
    return HSN_OK;
}

static void read_real(struct reading *reading, struct value *out)
{
    uint64_t bits = hsn__input_u64le(reading->profile.in);
    *out = (struct value){.kind = REAL};
    memcpy(&out->real, &bits, sizeof bits);
}

// Floats of marshal's first versions are text.
static int read_real_text(struct reading *reading, struct value *out, hsn_error *err)
{
    size_t length = hsn__input_u8(reading->profile.in);
    const uint8_t *bytes = hsn__input_bytes(reading->profile.in, length);
    *out = (struct value){.kind = REAL};
    if (!bytes || !hsn__text_real((hsn_text){(const char *)bytes, length}, &out->real))
        return damaged(reading, "a number of the wrong form", err);
    return HSN_OK;
}

static int read_reference(struct reading *reading, const struct value *table, size_t count,
                          struct value *out, hsn_error *err)
{
    uint32_t index = hsn__input_u32le(reading->profile.in);
    if (index >= count || table[index].kind == OTHER)
        return damaged(reading, "a reference to nothing of use", err);
    *out = table[index];
    out->reference = HSN_NONE;
    return HSN_OK;
}

static int read_code(struct reading *reading, uint8_t code, struct value *out, hsn_error *err)
{
    hsn_input *in = reading->profile.in;
    int r = HSN_OK;
    switch (code) {
    case '{':
        *out = (struct value){.kind = DICT};
        break;
    case '0':
        *out = (struct value){.kind = END};
        break;
    case '(':
        *out = (struct value){.kind = TUPLE, .number = hsn__input_u32le(in)};
        break;
    case ')':
        *out = (struct value){.kind = TUPLE, .number = hsn__input_u8(in)};
        break;
    case 'i':
        // A count is never negative; a line of -1 is no line.
        *out = (struct value){.kind = INTEGER, .number = hsn__input_u32le(in)};
        break;
    case 'I':
        *out = (struct value){.kind = INTEGER, .number = hsn__input_u64le(in)};
        break;
    case 'l':
        r = read_long(reading, out, err);
        break;
    case 'g':
        read_real(reading, out);
        break;
    case 'f':
        r = read_real_text(reading, out, err);
        break;
    case 'z':
    case 'Z':
        r = read_text(reading, hsn__input_u8(in), out, err);
        break;
    case 'a':
    case 'A':
    case 'u':
    case 's':
    case 't':
        r = read_text(reading, hsn__input_u32le(in), out, err);
        break;
    case 'r':
        r = read_reference(reading, reading->references, reading->reference_count, out, err);
        break;
    case 'R':
        r = read_reference(reading, reading->interned, reading->interned_count, out, err);
        break;
    default:
        r = damaged(reading, "an object that cProfile does not write", err);
    }
    return r < 0 ? r : hsn__input_failed(in) ? damaged(reading, "", err) : HSN_OK;
}

static int next_value(struct reading *reading, struct value *out, hsn_error *err)
{
    uint8_t byte = hsn__input_u8(reading->profile.in), code = byte & ~FLAG_REF;
    size_t reserved = reading->reference_count;
    int r = HSN_OK;
    *out = (struct value){0};
    if (hsn__input_failed(reading->profile.in))
        return damaged(reading, "", err);
    if (byte & FLAG_REF)
        r = append(&reading->references, &reading->reference_capacity, reserved,
                   sizeof *reading->references, err);
    if (r == HSN_OK)
        r = read_code(reading, code, out, err);
    out->reference = HSN_NONE;
    if (r == HSN_OK && code == 't') {
        r = append(&reading->interned, &reading->interned_capacity, reading->interned_count,
                   sizeof *reading->interned, err);
        if (r == HSN_OK)
            reading->interned[reading->interned_count++] = *out;
    }
    if (r < 0 || !(byte & FLAG_REF))
        return r;
    bool scalar = out->kind == INTEGER || out->kind == REAL || out->kind == TEXT;
    reading->references[reading->reference_count++] = scalar ? *out : (struct value){.kind = OTHER};
    out->reference = (uint32_t)reserved;
    return HSN_OK;
}

// ---- functions ----

static hsn_text text_of(const struct reading *reading, const struct value *value)
{
    return (hsn_text){value->length ? reading->text.data + value->start : NULL, value->length};
}

// `(file, line, function)`, or a reference to one.
static int take_function(struct reading *reading, const struct value *value, uint32_t *out_frame,
                         hsn_error *err)
{
    struct value parts[3];
    const hsn_sink *sink = reading->profile.sink;
    if (value->kind == FUNCTION) {
        *out_frame = value->frame;
        return HSN_OK;
    }
    if (value->kind != TUPLE || value->number != 3)
        return damaged(reading, "a function is (file, line, name)", err);
    for (int i = 0; i < 3; i++) {
        int r = next_value(reading, &parts[i], err);
        if (r < 0)
            return r;
    }
    if (parts[0].kind != TEXT || parts[1].kind != INTEGER || parts[2].kind != TEXT)
        return damaged(reading, "a function is (file, line, name)", err);
    hsn_sink_frame frame = {
        .file = text_of(reading, &parts[0]),
        .function = text_of(reading, &parts[2]),
        .line = parts[1].number <= INT32_MAX ? (uint32_t)parts[1].number : 0,
    };
    int r = sink->ops->frame(sink->context, &frame, out_frame, err);
    if (r == HSN_OK && value->reference != HSN_NONE) {
        reading->references[value->reference].kind = FUNCTION;
        reading->references[value->reference].frame = *out_frame;
    }
    return r;
}

static uint64_t nanoseconds(const struct value *value)
{
    double ns = (value->kind == REAL ? value->real : (double)value->number) * 1e9 + 0.5;
    return ns >= 1 && ns < 9e18 ? (uint64_t)ns : 0;
}

static int next_number(struct reading *reading, struct value *out, hsn_error *err)
{
    int r = next_value(reading, out, err);
    if (r == HSN_OK && out->kind != INTEGER && out->kind != REAL)
        r = damaged(reading, "a count or a time was expected", err);
    return r;
}

// `caller: (calls, primitive calls, own, cumulated)`; the module `profile` has calls only.
static int read_caller(struct reading *reading, const struct value *key, hsn_error *err)
{
    struct caller caller = {0};
    struct value value, numbers[4];
    int r = take_function(reading, key, &caller.frame, err);
    if (r == HSN_OK)
        r = next_value(reading, &value, err);
    if (r < 0)
        return r;
    if (value.kind == INTEGER) {
        caller.calls = value.number;
    } else if (value.kind == TUPLE && value.number == 4) {
        for (int i = 0; i < 4 && r == HSN_OK; i++)
            r = next_number(reading, &numbers[i], err);
        if (r < 0)
            return r;
        caller.calls = numbers[0].number;
        caller.own_ns = nanoseconds(&numbers[2]);
    } else {
        return damaged(reading, "what a caller did is four numbers", err);
    }
    r = append(&reading->callers, &reading->caller_capacity, reading->caller_count,
               sizeof *reading->callers, err);
    if (r == HSN_OK)
        reading->callers[reading->caller_count++] = caller;
    return r;
}

static int give(struct reading *reading, uint32_t frame, uint32_t caller, uint32_t metric,
                uint64_t count, uint64_t value, hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    if (!count && !value)
        return HSN_OK;
    profile->count = 0;
    int r = hsn__profile_push_id(profile, frame, err);
    if (r == HSN_OK && caller != HSN_NONE)
        r = hsn__profile_push_id(profile, caller, err);
    return r < 0 ? r : hsn__profile_allocation_of(profile, metric, count, value, err);
}

// Each caller's part is a stack of two frames; what is left, and what rounding took, is the
// function's own, so that its sums are those of the file.
static int give_function(struct reading *reading, uint32_t frame, const struct value numbers[4],
                         hsn_error *err)
{
    uint64_t calls = numbers[1].number, own_ns = nanoseconds(&numbers[2]);
    int r = give(reading, frame, HSN_NONE, reading->cumulated, numbers[0].number,
                 nanoseconds(&numbers[3]), err);
    for (size_t i = 0; i < reading->caller_count && r == HSN_OK; i++) {
        const struct caller *caller = &reading->callers[i];
        uint64_t part = caller->calls < calls ? caller->calls : calls;
        uint64_t part_ns = caller->own_ns < own_ns ? caller->own_ns : own_ns;
        calls -= part;
        own_ns -= part_ns;
        r = give(reading, frame, caller->frame, reading->own, part, part_ns, err);
        if (r == HSN_OK)
            r = give(reading, frame, caller->frame, reading->calls, part, part, err);
    }
    if (r == HSN_OK)
        r = give(reading, frame, HSN_NONE, reading->own, calls, own_ns, err);
    return r < 0 ? r : give(reading, frame, HSN_NONE, reading->calls, calls, calls, err);
}

static int read_function(struct reading *reading, const struct value *key, hsn_error *err)
{
    struct value value, numbers[4];
    uint32_t frame;
    reading->caller_count = 0;
    int r = take_function(reading, key, &frame, err);
    if (r == HSN_OK)
        r = next_value(reading, &value, err);
    if (r == HSN_OK && (value.kind != TUPLE || value.number != 5))
        r = damaged(reading, "what a function did is four numbers and its callers", err);
    for (int i = 0; i < 4 && r == HSN_OK; i++)
        r = next_number(reading, &numbers[i], err);
    if (r == HSN_OK)
        r = next_value(reading, &value, err);
    if (r == HSN_OK && value.kind != DICT)
        r = damaged(reading, "callers are a dict", err);
    while (r == HSN_OK && (r = next_value(reading, &value, err)) == HSN_OK && value.kind != END)
        r = read_caller(reading, &value, err);
    if (r == HSN_OK)
        r = give_function(reading, frame, numbers, err);
    reading->functions += r == HSN_OK;
    return r;
}

static int read_stats(struct reading *reading, hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    struct value value;
    int r = hsn__profile_fact(profile, "runtime", hsn__text("cpython"), err);
    if (r == HSN_OK)
        r = hsn__profile_metric(profile, "tottime", HSN_UNIT_NS, &reading->own, err);
    if (r == HSN_OK)
        r = hsn__profile_metric(profile, "cumtime", HSN_UNIT_NS, &reading->cumulated, err);
    if (r == HSN_OK)
        r = hsn__profile_metric(profile, "calls", HSN_UNIT_COUNT, &reading->calls, err);
    if (r == HSN_OK)
        r = next_value(reading, &value, err);
    if (r == HSN_OK && value.kind != DICT)
        r = damaged(reading, "no dict of functions", err);
    while (r == HSN_OK && (r = next_value(reading, &value, err)) == HSN_OK && value.kind != END)
        r = read_function(reading, &value, err);
    return r;
}

static int read_file(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading reading = {.profile = {.in = in, .sink = sink}, .text = {.max = MAX_TEXT}};
    hsn_error cause = {0};
    int r = read_stats(&reading, &cause);
    r = hsn__profile_outcome(&reading.profile, r, reading.functions > 0, &cause, err);
    hsn__profile_clear(&reading.profile);
    hsn__buf_clear(&reading.text);
    hsn__free(reading.references);
    hsn__free(reading.interned);
    hsn__free(reading.callers);
    return r;
}

// A dict whose first key is a tuple of three, a text first.
static int probe(const uint8_t *head, size_t size)
{
    if (size < 12 || (head[0] & ~FLAG_REF) != '{')
        return 0;
    uint8_t code = head[1] & (uint8_t)~FLAG_REF;
    size_t next = 0;
    if (code == ')' && head[2] == 3)
        next = 3;
    else if (code == '(' && head[2] == 3 && !head[3] && !head[4] && !head[5])
        next = 6;
    uint8_t text = head[next] & (uint8_t)~FLAG_REF;
    return next && text && strchr("zZaAust", text) ? 90 : 0;
}

const hsn_reader hsn__reader_pstats = {
    .name = "pstats",
    .title = "cProfile's statistics (time by function)",
    .spec = "docs/formats/pstats.md",
    .content = HSN_HAS_ALLOCATIONS,
    .probe = probe,
    .read = read_file,
};
