// SPDX-License-Identifier: MIT
// Folded stacks: a line per stack, `root;caller;leaf 4096`, of Fil, py-spy, inferno and their kin.
//
// Frames are text. Four forms carry a place, and the rest is a function's name as it stands:
//
//   /app/a.py:12 (main)     Fil: file, line, function
//   main (app.py:12)        py-spy
//   main (lib/app.py)       py-spy without lines
//   /app/a.py:12            where no function is known
//
// Source: docs/formats/folded.md
#include "profile_scan.h"
#include "reader.h"

struct reading {
    hsn__profile profile;
    uint64_t stacks;
    bool begun;
    bool two_counts; // of a difference: before and after
    uint32_t before; // metric
    bool has_before;
};

static void trim(hsn_text *line)
{
    while (line->length &&
           (line->data[line->length - 1] == ' ' || line->data[line->length - 1] == '\r'))
        line->length--;
}

// A space and digits at the end of the line; they are cut off.
static bool take_last_number(hsn_text *line, uint64_t *out)
{
    size_t space = hsn__text_last(*line, ' ');
    if (space == line->length || !space)
        return false;
    hsn_text number = hsn__text_part(*line, space + 1, line->length);
    if (!hsn__text_number(&number, 10, out))
        return false;
    // Writers that divide leave a fraction.
    uint64_t fraction;
    if (hsn__text_take(&number, ".") && !hsn__text_number(&number, 10, &fraction))
        return false;
    if (number.length)
        return false;
    line->length = space;
    return true;
}

// A colon and a line number at the end of `place`; they are cut off.
static bool take_line_number(hsn_text *place, uint32_t *out)
{
    size_t colon = hsn__text_last(*place, ':');
    if (colon == place->length || !colon)
        return false;
    hsn_text number = hsn__text_part(*place, colon + 1, place->length);
    uint64_t line;
    if (!hsn__text_number(&number, 10, &line) || number.length || line > UINT32_MAX)
        return false;
    place->length = colon;
    *out = (uint32_t)line;
    return true;
}

// `lib/app`, `app.py`, and for native frames `libc.so.6`.
static bool looks_like_file(hsn_text text)
{
    for (size_t i = 1; i + 3 <= text.length; i++)
        if (!memcmp(text.data + i, ".so", 3) && (i + 3 == text.length || text.data[i + 3] == '.'))
            return true;
    return text.length && (memchr(text.data, '/', text.length) ||
                           (text.length > 3 && !memcmp(text.data + text.length - 3, ".py", 3)));
}

static hsn_sink_frame parse_frame(hsn_text text)
{
    hsn_sink_frame frame = {.function = text};
    size_t open = hsn__text_last(text, '(');
    hsn_text place = text;
    if (take_line_number(&place, &frame.line) && looks_like_file(place))
        return (hsn_sink_frame){.file = place, .line = frame.line};
    frame.line = 0;
    if (!text.length || text.data[text.length - 1] != ')' || open == text.length || open < 2 ||
        text.data[open - 1] != ' ')
        return frame;
    hsn_text before = hsn__text_part(text, 0, open - 1);
    hsn_text inner = hsn__text_part(text, open + 1, text.length - 1);
    if (take_line_number(&before, &frame.line)) {
        frame.file = before;
        frame.function = inner;
    } else if (take_line_number(&inner, &frame.line) || looks_like_file(inner)) {
        frame.file = inner;
        frame.function = before;
    }
    return frame;
}

static int push_frames(struct reading *reading, hsn_text stack, hsn_error *err)
{
    int r = HSN_OK;
    reading->profile.count = 0;
    while (stack.length && r == HSN_OK) {
        const char *semicolon = memchr(stack.data, ';', stack.length);
        size_t length = semicolon ? (size_t)(semicolon - stack.data) : stack.length;
        if (length) {
            hsn_sink_frame frame = parse_frame(hsn__text_part(stack, 0, length));
            r = hsn__profile_push(&reading->profile, &frame, err);
        }
        stack = hsn__text_part(stack, length + (semicolon != NULL), stack.length);
    }
    hsn__profile_reverse(&reading->profile);
    return r;
}

static int read_line(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    uint64_t value, before;
    trim(&line);
    if (!line.length || line.data[0] == '#')
        return HSN_OK;
    if (!take_last_number(&line, &value))
        return hsn__profile_warn(&reading->profile, offset, "a line without a count is left out",
                                 err);
    hsn_text stack = line;
    uint32_t id = HSN_NONE;
    bool two = take_last_number(&stack, &before);
    if (!reading->begun)
        reading->two_counts = two;
    reading->begun = true;
    reading->stacks++;
    two = two && reading->two_counts;
    int r = push_frames(reading, two ? stack : line, err);
    if (r < 0 || (!value && !(two && before)))
        return r;
    r = hsn__profile_stack(&reading->profile, &id, err);
    if (r == HSN_OK && two && !reading->has_before)
        r = hsn__profile_metric(&reading->profile, "before", HSN_UNIT_BYTES, &reading->before, err);
    reading->has_before |= r == HSN_OK && two;
    if (r == HSN_OK)
        r = hsn__profile_total(&reading->profile, id, HSN_METRIC_INUSE, 0, value, err);
    return r < 0 || !two
               ? r
               : hsn__profile_total(&reading->profile, id, reading->before, 0, before, err);
}

static int read_stacks(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading reading = {.profile = {.in = in, .sink = sink}};
    hsn_error cause = {0};
    hsn_text line;
    uint64_t offset = 0;
    int r = hsn__profile_fact(&reading.profile, "profile.metric", hsn__text("folded"), &cause);
    while (r == HSN_OK) {
        r = hsn__profile_line(&reading.profile, &line, &offset, &cause);
        if (r == HSN_OK)
            r = read_line(&reading, line, offset, &cause);
    }
    if (r == HSN_DONE && !reading.stacks)
        r = hsn__fail_at(&cause, HSN_EFORMAT, hsn__input_name(in), 0, "no folded stacks");
    if (r == HSN_DONE && reading.two_counts)
        r = hsn__profile_fact(&reading.profile, "profile.column", hsn__text("2"), &cause);
    r = hsn__profile_outcome(&reading.profile, r, reading.stacks > 0, &cause, err);
    hsn__profile_clear(&reading.profile);
    return r;
}

// A first line longer than the head: a stack so deep that its number is not seen.
static bool has_many_frames(hsn_text line)
{
    enum { MANY = 32 };
    unsigned semicolons = 0;
    for (size_t i = 0; i < line.length; i++)
        semicolons += line.data[i] == ';';
    return semicolons >= MANY;
}

// A guess: every line of the head is text with a number at its end, and some line has frames.
static int probe(const uint8_t *head, size_t size)
{
    const uint8_t *next = head, *end = head + size;
    bool frames = false;
    unsigned lines = 0;
    while (next < end && lines < 64) {
        const uint8_t *newline = memchr(next, '\n', (size_t)(end - next));
        if (!newline && lines)
            break;
        hsn_text line = {(const char *)next, (size_t)((newline ? newline : end) - next)};
        next = newline ? newline + 1 : end;
        uint64_t value;
        for (size_t i = 0; i < line.length; i++)
            if ((uint8_t)line.data[i] < ' ' && line.data[i] != '\t' && line.data[i] != '\r')
                return 0;
        trim(&line);
        if (!line.length || line.data[0] == '#')
            continue;
        if (line.data[0] == '{')
            return 0;
        if (!newline && size >= HSN__INPUT_HEAD)
            return has_many_frames(line) ? 20 : 0;
        if (!take_last_number(&line, &value))
            return 0;
        frames = frames || memchr(line.data, ';', line.length) || parse_frame(line).file.length;
        lines++;
    }
    return frames ? 40 : 0;
}

const hsn_reader hsn__reader_folded = {
    .name = "folded",
    .title = "folded stacks (Fil, py-spy, inferno)",
    .spec = "docs/formats/folded.md",
    .content = HSN_HAS_ALLOCATIONS,
    .probe = probe,
    .read = read_stacks,
};
