// SPDX-License-Identifier: MIT
// The CSV that `memray transform csv` writes: a line per stack, allocator and thread.
//
//   allocator,num_allocations,size,tid,thread_name,stack_trace
//   MALLOC,3,4096,1,0x1 (MainThread),load;app.py;12|main;app.py;40
//
// Fields are quoted as the csv module of Python does it: "" within quotes stands for one quote, and
// a quoted field may hold newlines.
//
// Source: docs/formats/memray.md; memray's src/memray/reporters/transform.py.
#include "base/buf.h"
#include "profile_scan.h"
#include "reader.h"

#define HEADER    "allocator,num_allocations,size,tid,thread_name,stack_trace"
#define FIELDS    6
#define MAX_FIELD ((size_t)1 << 26)

enum { ALLOCATOR, COUNT, SIZE, THREAD, THREAD_NAME, STACK };

struct reading {
    hsn__profile profile;
    hsn__buf text; // fields of the record, unquoted, one behind the other
    size_t ends[FIELDS];
    uint64_t offset; // of the record
    uint64_t records;
};

// One record into reading->text: HSN_OK, HSN_DONE at the end of the input, HSN_EFORMAT.
static int next_record(struct reading *reading, hsn_error *err)
{
    hsn_input *in = reading->profile.in;
    size_t field = 0;
    bool quoted = false, ended = false;
    reading->offset = hsn__input_offset(in);
    hsn__buf_reset(&reading->text);
    if (hsn__input_at_end(in)) {
        int r = hsn__input_status(in, err);
        return r < 0 ? r : HSN_DONE;
    }
    while (!ended && !reading->text.failed && field < FIELDS && !hsn__input_at_end(in)) {
        char c = (char)*in->next++;
        if (quoted) {
            quoted = c != '"';
            // A second quote right behind it: one quote, and the field goes on.
            if (!quoted && !hsn__input_at_end(in) && *in->next == '"') {
                hsn__buf_putc(&reading->text, '"');
                in->next++;
                quoted = true;
            } else if (quoted) {
                hsn__buf_putc(&reading->text, c);
            }
        } else if (c == '"') {
            quoted = true;
        } else if (c == ',' && field + 1 < FIELDS) {
            reading->ends[field++] = reading->text.size;
        } else if (c == '\n') {
            ended = true;
        } else if (c != '\r') {
            hsn__buf_putc(&reading->text, c);
        }
    }
    if (reading->text.failed)
        return reading->text.size + 1 >= MAX_FIELD
                   ? hsn__fail_limit(err, "bytes of a record", MAX_FIELD)
                   : hsn__fail_memory(err);
    int r = ended ? HSN_OK : hsn__input_status(in, err);
    if (r == HSN_OK && (quoted || field != STACK) && (quoted || field || reading->text.size))
        r = hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(in), reading->offset,
                         quoted ? "the file ends within quotes" : "a record of too few fields");
    reading->ends[STACK] = reading->text.size;
    return r;
}

static hsn_text field_of(const struct reading *reading, unsigned field)
{
    size_t start = field ? reading->ends[field - 1] : 0;
    hsn_text text = {reading->text.data, reading->text.size};
    return text.data ? hsn__text_part(text, start, reading->ends[field]) : text;
}

// `function;file;line`; the file may contain semicolons.
static int push_frame(struct reading *reading, hsn_text text, hsn_error *err)
{
    hsn_sink_frame frame = {.function = text};
    size_t last = hsn__text_last(text, ';');
    const char *first = text.length ? memchr(text.data, ';', text.length) : NULL;
    uint64_t line;
    if (first && (size_t)(first - text.data) < last && last < text.length) {
        hsn_text number = hsn__text_part(text, last + 1, text.length);
        frame.function = hsn__text_part(text, 0, (size_t)(first - text.data));
        frame.file = hsn__text_part(text, (size_t)(first - text.data) + 1, last);
        if (hsn__text_number(&number, 10, &line) && !number.length && line <= UINT32_MAX)
            frame.line = (uint32_t)line;
    }
    return hsn__profile_push(&reading->profile, &frame, err);
}

static int give_record(struct reading *reading, hsn_error *err)
{
    hsn_text count_text = field_of(reading, COUNT), size_text = field_of(reading, SIZE);
    hsn_text stack = field_of(reading, STACK);
    uint64_t count, size;
    if (!hsn__text_number(&count_text, 10, &count) || count_text.length ||
        !hsn__text_number(&size_text, 10, &size) || size_text.length)
        return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(reading->profile.in), reading->offset,
                            "a record whose size is no number");
    int r = HSN_OK;
    reading->profile.count = 0;
    while (stack.length && r == HSN_OK) {
        const char *bar = memchr(stack.data, '|', stack.length);
        size_t length = bar ? (size_t)(bar - stack.data) : stack.length;
        r = push_frame(reading, hsn__text_part(stack, 0, length), err);
        stack = hsn__text_part(stack, bar ? length + 1 : length, stack.length);
    }
    reading->records++;
    return r < 0 ? r : hsn__profile_allocation(&reading->profile, count, size, err);
}

static int read_records(struct reading *reading, hsn_error *err)
{
    hsn_text line;
    uint64_t offset;
    int r = hsn__profile_line(&reading->profile, &line, &offset, err);
    if (r == HSN_DONE || (r == HSN_OK && !hsn__text_is(line, HEADER)))
        return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(reading->profile.in), 0,
                            "no header of memray's CSV");
    while (r == HSN_OK) {
        r = next_record(reading, err);
        if (r == HSN_OK && reading->text.size)
            r = give_record(reading, err);
    }
    return r;
}

static int read_csv(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading reading = {.profile = {.in = in, .sink = sink}, .text = {.max = MAX_FIELD}};
    hsn_error cause = {0};
    int r = hsn__profile_fact(&reading.profile, "runtime", hsn__text("cpython"), &cause);
    if (r == HSN_OK)
        r = hsn__profile_fact(&reading.profile, "profile.metric", hsn__text("size"), &cause);
    if (r == HSN_OK)
        r = read_records(&reading, &cause);
    r = hsn__profile_outcome(&reading.profile, r, reading.records > 0, &cause, err);
    hsn__profile_clear(&reading.profile);
    hsn__buf_clear(&reading.text);
    return r;
}

static int probe(const uint8_t *head, size_t size)
{
    size_t length = sizeof HEADER - 1;
    return size > length && !memcmp(head, HEADER, length) &&
                   (head[length] == '\n' || head[length] == '\r')
               ? 95
               : 0;
}

const hsn_reader hsn__reader_memray = {
    .name = "memray",
    .title = "memray's CSV (memray transform csv)",
    .spec = "docs/formats/memray.md",
    .content = HSN_HAS_ALLOCATIONS,
    .probe = probe,
    .read = read_csv,
};
