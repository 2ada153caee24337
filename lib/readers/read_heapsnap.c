// SPDX-License-Identifier: MIT
// Reader of the toolkit's own dumps: JSON Lines, one object of the heap a line.
//
// The loop over lines, damage and the end. A line that cannot be read is skipped as a whole with a
// warning, for no line depends on the one before it except through ids. Memory: the maps of ids and
// one batch of references, never a line. Source: docs/formats/heapsnap.md
#include "read_heapsnap.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"

// Most lines are shorter, so that the window is asked once a line.
#define LINE_HINT 512

int hsn__heapsnap_warn(hsn__heapsnap *reading, const char *format, ...)
{
    char message[256];
    if (++reading->warnings > HSN__HEAPSNAP_WARNINGS)
        return HSN_OK;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return reading->sink->ops->warn(reading->sink->context, hsn__input_offset(reading->in),
                                    hsn__text(message), reading->err);
}

// A line could not be read: note it and go on behind it. A line without end was cut off; the
// missing end line will tell.
static int damaged_line(hsn__heapsnap *reading)
{
    uint64_t offset = hsn__input_offset(reading->in);
    const char *problem = reading->json.problem;
    int r = HSN_OK;
    if (!reading->first_problem) {
        reading->first_damage = offset;
        reading->first_problem = problem;
    }
    hsn__json_room(&reading->json, 1);
    if (reading->in->next < reading->in->end) {
        r = hsn__heapsnap_warn(reading, "damaged line: %s", problem);
        reading->damaged++;
    }
    hsn__json_skip_line(&reading->json);
    return r;
}

static int read_lines(hsn__heapsnap *reading)
{
    static const char object_key[] = "{\"object\":";
    hsn_input *in = reading->in;
    for (;;) {
        hsn__json_reset(&reading->json);
        hsn__json_room(&reading->json, LINE_HINT);
        if (in->next == in->end)
            return HSN_OK;
        int r;
        if (reading->has_end) {
            if (hsn__json_peek(&reading->json) != '\n')
                return in->next == in->end ? HSN_OK : HSN_PARTIAL;
            r = HSN_OK;
            in->next++;
        } else if (!memcmp(in->next, object_key, sizeof object_key - 1)) {
            in->next += sizeof object_key - 1;
            r = hsn__heapsnap_object(reading);
        } else {
            r = hsn__heapsnap_record(reading);
        }
        if (r == HSN_PARTIAL && reading->json.text.failed)
            r = hsn__fail_memory(reading->err);
        if (r == HSN_PARTIAL)
            r = damaged_line(reading);
        if (r == HSN_OK && reading->json.replaced)
            r = hsn__heapsnap_warn(reading, "a text of invalid UTF-8");
        if (r < 0)
            return r;
    }
}

static bool is_empty(const hsn__heapsnap *reading)
{
    const hsn__heapsnap_counts *seen = &reading->seen;
    return !reading->has_header && !reading->has_end &&
           !(seen->objects | seen->types | seen->strings | seen->roots | reading->frames.count |
             reading->stacks.count);
}

// The first count of the end line that does not agree with what was read; NULL when all do.
static const char *differing_count(const hsn__heapsnap *reading, uint64_t *out_announced,
                                   uint64_t *out_seen)
{
    const hsn__heapsnap_counts *announced = &reading->announced, *seen = &reading->seen;
    const struct {
        const char *name;
        uint64_t announced, seen;
    } counts[] = {
        {"objects", announced->objects, seen->objects},
        {"references", announced->references, seen->references},
        {"types", announced->types, seen->types},
        {"strings", announced->strings, seen->strings},
        {"roots", announced->roots, seen->roots},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (counts[i].announced == counts[i].seen)
            continue;
        *out_announced = counts[i].announced;
        *out_seen = counts[i].seen;
        return counts[i].name;
    }
    return NULL;
}

// The whole reading's outcome, when all lines went through. `trailing` = something followed the
// end.
static int outcome(hsn__heapsnap *reading, bool trailing)
{
    hsn_error *err = reading->err;
    const char *name = hsn__input_name(reading->in);
    uint64_t offset = hsn__input_offset(reading->in);
    hsn_error cause = {0};
    uint64_t announced, seen;
    int status = hsn__input_status(reading->in, &cause);
    if (status == HSN_ENOMEM)
        return hsn__fail_memory(err);
    if (is_empty(reading) && status < 0)
        return hsn__input_status(reading->in, err);
    if (is_empty(reading))
        return hsn__fail_at(err, HSN_EFORMAT, name, offset, "no readable record: %s",
                            reading->first_problem ? reading->first_problem : "the file is empty");
    if (status < 0)
        return hsn__fail_at(err, HSN_PARTIAL, name, offset, "%s", cause.message);
    if (!reading->has_end)
        return hsn__fail_at(err, HSN_PARTIAL, name, offset, "truncated: the end line is missing");
    if (reading->damaged)
        return hsn__fail_at(err, HSN_PARTIAL, name, reading->first_damage,
                            "%" PRIu64 " damaged line%s, the first: %s", reading->damaged,
                            reading->damaged == 1 ? "" : "s", reading->first_problem);
    if (!reading->has_header)
        return hsn__fail_at(err, HSN_PARTIAL, name, 0, "the header line is missing");
    const char *count = differing_count(reading, &announced, &seen);
    if (count)
        return hsn__fail_at(err, HSN_PARTIAL, name, offset,
                            "truncated: the end line counts %" PRIu64 " %s, not %" PRIu64,
                            announced, count, seen);
    if (trailing)
        return hsn__fail_at(err, HSN_PARTIAL, name, offset, "data behind the end line is ignored");
    return HSN_OK;
}

static int probe(const uint8_t *head, size_t size)
{
    static const char key[] = "{\"heapsnap\":";
    return size >= sizeof key - 1 && !memcmp(head, key, sizeof key - 1) ? 100 : 0;
}

static int read(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    hsn__heapsnap reading = {
        .json = {.in = in},
        .in = in,
        .sink = sink,
        .err = err,
        .unknown_type = HSN_NONE,
    };
    int r = read_lines(&reading);
    if (r >= 0)
        r = outcome(&reading, r == HSN_PARTIAL);
    if (r >= 0 && reading.warnings > HSN__HEAPSNAP_WARNINGS) {
        char message[96];
        snprintf(message, sizeof message, "%" PRIu64 " more warnings were left out",
                 reading.warnings - HSN__HEAPSNAP_WARNINGS);
        int warned = sink->ops->warn(sink->context, HSN_NO_OFFSET, hsn__text(message), err);
        r = warned < 0 ? warned : r;
    }
    hsn__json_clear(&reading.json);
    hsn__free(reading.types.ids);
    hsn__free(reading.strings.ids);
    hsn__free(reading.frames.ids);
    hsn__free(reading.stacks.ids);
    hsn__free(reading.refs);
    hsn__free(reading.stack);
    return r;
}

const hsn_reader hsn__reader_heapsnap = {
    .name = "heapsnap",
    .title = "dumps of the heapsnap capture package (JSON Lines)",
    .spec = "docs/formats/heapsnap.md",
    .content = HSN_HAS_GRAPH,
    .probe = probe,
    .read = read,
};
