// SPDX-License-Identifier: MIT
// What `memray stats --json` writes: sums of a whole run, and the places that allocated most.
//
//   {"total_num_allocations":522,"top_allocations_by_size":[{"location":"f:a.py:8","size":9},…],
//    "metadata":{"peak_memory":5055757,"pid":10023,…}}
//
// Source: docs/formats/memraystats.md; memray's src/memray/reporters/stats.py.
#include <stdio.h>

#include "json_walk.h"
#include "profile_scan.h"
#include "reader.h"
#include "text_time.h"

struct reading {
    hsn__profile profile;
    hsn__json json;
    uint32_t allocated; // metric
    uint64_t given;
    char location[8192]; // of the row under way
    double size_bytes, count;
    char section[41]; // whose members are facts
};

static int read_row_member(void *context, const char *name, hsn_error *err)
{
    struct reading *reading = context;
    if (!strcmp(name, "location"))
        return hsn__json_walk_text(&reading->json, reading->location, sizeof reading->location,
                                   err);
    if (!strcmp(name, "size"))
        return hsn__json_walk_real(&reading->json, &reading->size_bytes, err);
    if (!strcmp(name, "count"))
        return hsn__json_walk_real(&reading->json, &reading->count, err);
    return hsn__json_walk_skip(&reading->json, err);
}

// `function:file:line`; the file may hold colons.
static hsn_sink_frame parse_location(hsn_text text)
{
    hsn_sink_frame frame = {.function = text};
    size_t last = hsn__text_last(text, ':');
    const char *first = text.length ? memchr(text.data, ':', text.length) : NULL;
    uint64_t line;
    if (!first || (size_t)(first - text.data) >= last)
        return frame;
    hsn_text number = hsn__text_part(text, last + 1, text.length);
    if (!hsn__text_number(&number, 10, &line) || number.length || line > UINT32_MAX)
        return frame;
    frame.function = hsn__text_part(text, 0, (size_t)(first - text.data));
    frame.file = hsn__text_part(text, (size_t)(first - text.data) + 1, last);
    frame.line = (uint32_t)line;
    return frame;
}

static uint64_t whole(double value)
{
    return value >= 1 && value < 9e18 ? (uint64_t)value : 0;
}

static int read_row(void *context, hsn_error *err)
{
    struct reading *reading = context;
    hsn__profile *profile = &reading->profile;
    *reading->location = 0;
    reading->size_bytes = reading->count = 0;
    int r = hsn__json_walk_object(&reading->json, read_row_member, reading, err);
    if (r < 0 || !*reading->location || (!whole(reading->size_bytes) && !whole(reading->count)))
        return r;
    hsn_sink_frame frame = parse_location(hsn__text(reading->location));
    profile->count = 0;
    r = hsn__profile_push(profile, &frame, err);
    if (r == HSN_OK)
        r = hsn__profile_allocation_of(profile, reading->allocated, whole(reading->count),
                                       whole(reading->size_bytes), err);
    reading->given += r == HSN_OK;
    return r;
}

static int give_fact(struct reading *reading, const char *name, hsn_error *err)
{
    static const struct {
        const char *name, *fact;
    } known[] = {{"command_line", "program"}, {"pid", "pid"}};
    char value[1024] = "", fact[96];
    int r = hsn__json_walk_text(&reading->json, value, sizeof value, err);
    if (r < 0 || !*value)
        return r;
    reading->given++;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(name, known[i].name))
            return hsn__profile_fact(&reading->profile, known[i].fact, hsn__text(value), err);
    double time_s;
    if (!strcmp(name, "end_time") && hsn__text_iso_time(hsn__text(value), &time_s) && time_s > 0)
        r = hsn__profile_fact_number(&reading->profile, "captured_at_unix_ms",
                                     (uint64_t)(time_s * 1000 + 0.5), err);
    snprintf(fact, sizeof fact, "memray.%s%s%s", reading->section, *reading->section ? "." : "",
             name);
    return r < 0 ? r : hsn__profile_fact(&reading->profile, fact, hsn__text(value), err);
}

static int read_fact(void *context, const char *name, hsn_error *err)
{
    return give_fact(context, name, err);
}

static int read_facts(struct reading *reading, const char *section, hsn_error *err)
{
    snprintf(reading->section, sizeof reading->section, "%s", section);
    int r = hsn__json_walk_object(&reading->json, read_fact, reading, err);
    *reading->section = 0;
    return r;
}

static int read_member(void *context, const char *name, hsn_error *err)
{
    struct reading *reading = context;
    if (!strcmp(name, "top_allocations_by_size") || !strcmp(name, "top_allocations_by_count"))
        return hsn__json_walk_array(&reading->json, read_row, reading, err);
    if (!strcmp(name, "metadata"))
        return read_facts(reading, "", err);
    if (!strcmp(name, "allocator_type_distribution"))
        return read_facts(reading, "allocator", err);
    return give_fact(reading, name, err);
}

static int read_document(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading reading = {.profile = {.in = in, .sink = sink}, .json = {.in = in}};
    hsn_error cause = {0};
    int r = hsn__profile_fact(&reading.profile, "runtime", hsn__text("cpython"), &cause);
    if (r == HSN_OK)
        r = hsn__profile_metric(&reading.profile, "alloc", HSN_UNIT_BYTES, &reading.allocated,
                                &cause);
    if (r == HSN_OK)
        r = hsn__json_walk_object(&reading.json, read_member, &reading, &cause);
    r = hsn__profile_outcome(&reading.profile, r, reading.given > 0, &cause, err);
    hsn__profile_clear(&reading.profile);
    hsn__json_clear(&reading.json);
    return r;
}

static int probe(const uint8_t *head, size_t size)
{
    static const char word[] = "\"total_num_allocations\"";
    size_t most = size < 256 ? size : 256;
    for (size_t i = 0; i + sizeof word - 1 <= most && *head == '{'; i++)
        if (!memcmp(head + i, word, sizeof word - 1))
            return 90;
    return 0;
}

const hsn_reader hsn__reader_memraystats = {
    .name = "memraystats",
    .title = "memray's sums (memray stats --json)",
    .spec = "docs/formats/memraystats.md",
    .content = HSN_HAS_ALLOCATIONS,
    .probe = probe,
    .read = read_document,
};
