// SPDX-License-Identifier: MIT
// gprof2dot's JSON, as `memray transform gprof2dot` writes it: bytes by chain of calls.
//
//   {"version":0,"costs":[{"description":"Memory","unit":"bytes"}],
//    "events":[{"callchain":[0,3],"cost":[4096]},…],
//    "functions":[{"name":"load","module":"a.py"},…]}
//
// The functions stand behind the events that name them by index, so these are kept: 24 bytes each
// and 4 a frame.
//
// Source: docs/formats/gprof2dot.md; gprof2dot's JsonParser.
#include <stdio.h>

#include "base/alloc.h"
#include "json_walk.h"
#include "profile_scan.h"
#include "reader.h"

#define MAX_ITEMS ((size_t)1 << 28)

struct event {
    size_t first_frame, frame_count;
    double cost; // the first one
};

struct reading {
    hsn__profile profile;
    hsn__json json;
    struct event *events;
    size_t event_count, event_capacity;
    uint32_t *indices; // into the table, newest first, of all events
    size_t index_count, index_capacity;
    uint32_t *table; // ids of the sink
    size_t table_count, table_capacity;
    struct event event; // under way
    size_t costs_of_event, costs;
    char unit[16];
    char name[1024], module[4096]; // of the function under way
    uint64_t odd;
};

static int grow(void *array, size_t *capacity, size_t count, size_t size, hsn_error *err)
{
    if (hsn__array_grow(array, capacity, count + 1, size, MAX_ITEMS))
        return HSN_OK;
    return count < MAX_ITEMS ? hsn__fail_memory(err)
                             : hsn__fail_limit(err, "records of a profile", MAX_ITEMS);
}

static int read_index(void *context, hsn_error *err)
{
    struct reading *reading = context;
    int r = grow(&reading->indices, &reading->index_capacity, reading->index_count,
                 sizeof *reading->indices, err);
    if (r == HSN_OK)
        r = hsn__json_walk_index(&reading->json, &reading->indices[reading->index_count], err);
    reading->index_count += r == HSN_OK;
    return r;
}

static int read_event_cost(void *context, hsn_error *err)
{
    struct reading *reading = context;
    double cost;
    int r = hsn__json_walk_real(&reading->json, &cost, err);
    if (r == HSN_OK && !reading->costs_of_event++)
        reading->event.cost = cost;
    return r;
}

static int read_event_member(void *context, const char *name, hsn_error *err)
{
    struct reading *reading = context;
    if (!strcmp(name, "callchain"))
        return hsn__json_walk_array(&reading->json, read_index, reading, err);
    if (!strcmp(name, "cost"))
        return hsn__json_walk_array(&reading->json, read_event_cost, reading, err);
    return hsn__json_walk_skip(&reading->json, err);
}

static int read_event(void *context, hsn_error *err)
{
    struct reading *reading = context;
    reading->event = (struct event){.first_frame = reading->index_count};
    reading->costs_of_event = 0;
    int r = hsn__json_walk_object(&reading->json, read_event_member, reading, err);
    reading->event.frame_count = reading->index_count - reading->event.first_frame;
    if (r == HSN_OK)
        r = grow(&reading->events, &reading->event_capacity, reading->event_count,
                 sizeof *reading->events, err);
    if (r == HSN_OK)
        reading->events[reading->event_count++] = reading->event;
    return r;
}

static int read_function_member(void *context, const char *name, hsn_error *err)
{
    struct reading *reading = context;
    if (!strcmp(name, "name"))
        return hsn__json_walk_text(&reading->json, reading->name, sizeof reading->name, err);
    if (!strcmp(name, "module"))
        return hsn__json_walk_text(&reading->json, reading->module, sizeof reading->module, err);
    return hsn__json_walk_skip(&reading->json, err);
}

static int read_function(void *context, hsn_error *err)
{
    struct reading *reading = context;
    const hsn_sink *sink = reading->profile.sink;
    uint32_t id;
    *reading->name = *reading->module = 0;
    int r = hsn__json_walk_object(&reading->json, read_function_member, reading, err);
    hsn_sink_frame frame = {.function = hsn__text(reading->name),
                            .file = hsn__text(reading->module)};
    if (r == HSN_OK)
        r = grow(&reading->table, &reading->table_capacity, reading->table_count,
                 sizeof *reading->table, err);
    if (r == HSN_OK)
        r = sink->ops->frame(sink->context, &frame, &id, err);
    if (r == HSN_OK)
        reading->table[reading->table_count++] = id;
    return r;
}

static int read_cost_member(void *context, const char *name, hsn_error *err)
{
    struct reading *reading = context;
    return reading->costs || strcmp(name, "unit")
               ? hsn__json_walk_skip(&reading->json, err)
               : hsn__json_walk_text(&reading->json, reading->unit, sizeof reading->unit, err);
}

static int read_cost(void *context, hsn_error *err)
{
    struct reading *reading = context;
    int r = hsn__json_walk_object(&reading->json, read_cost_member, reading, err);
    reading->costs++;
    return r;
}

static int read_member(void *context, const char *name, hsn_error *err)
{
    static const struct {
        const char *name;
        hsn__json_element_call *read;
    } arrays[] = {{"costs", read_cost}, {"events", read_event}, {"functions", read_function}};
    struct reading *reading = context;
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        if (!strcmp(name, arrays[i].name))
            return hsn__json_walk_array(&reading->json, arrays[i].read, reading, err);
    return hsn__json_walk_skip(&reading->json, err);
}

// Bytes are memory in use; of anything else only the numbers are known.
static int give_events(struct reading *reading, hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    bool bytes = !strcmp(reading->unit, "bytes");
    uint32_t metric = HSN_METRIC_INUSE;
    int r = bytes ? HSN_OK : hsn__profile_metric(profile, "samples", HSN_UNIT_COUNT, &metric, err);
    for (size_t i = 0; i < reading->event_count && r == HSN_OK; i++) {
        const struct event *event = &reading->events[i];
        uint64_t cost = event->cost >= 1 && event->cost < 9e18 ? (uint64_t)event->cost : 0;
        reading->odd += !(event->cost >= 0 && event->cost < 9e18);
        profile->count = 0;
        for (size_t k = 0; k < event->frame_count && r == HSN_OK; k++) {
            uint32_t index = reading->indices[event->first_frame + k];
            if (index < reading->table_count)
                r = hsn__profile_push_id(profile, reading->table[index], err);
            else
                reading->odd++;
        }
        if (r == HSN_OK && cost)
            r = hsn__profile_allocation_of(profile, metric, bytes ? 0 : cost, cost, err);
    }
    if (r == HSN_OK && reading->odd)
        r = hsn__profile_warn(profile, HSN_NO_OFFSET, "some events do not fit the functions", err);
    return r;
}

static int read_document(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading reading = {.profile = {.in = in, .sink = sink}, .json = {.in = in}};
    hsn_error cause = {0};
    int r = hsn__json_walk_object(&reading.json, read_member, &reading, &cause);
    bool useful = reading.event_count && reading.table_count;
    if (r == HSN_OK && !reading.costs)
        r = hsn__fail_at(&cause, HSN_EFORMAT, hsn__input_name(in), 0, "no costs");
    bool give = r == HSN_OK || (useful && (r == HSN_EFORMAT || r == HSN_EIO));
    int given = give ? give_events(&reading, err) : HSN_OK;
    r = given < 0 ? given : hsn__profile_outcome(&reading.profile, r, useful, &cause, err);
    hsn__profile_clear(&reading.profile);
    hsn__json_clear(&reading.json);
    hsn__free(reading.events);
    hsn__free(reading.indices);
    hsn__free(reading.table);
    return r;
}

static int probe(const uint8_t *head, size_t size)
{
    static const char *const words[] = {"\"costs\"", "\"description\"", "\"unit\""};
    unsigned found = 0;
    size_t most = size < 512 ? size : 512;
    for (size_t i = 0; i < most && found < 3; i++) {
        size_t length = strlen(words[found]);
        found += i + length <= most && !memcmp(head + i, words[found], length);
    }
    return size && *head == '{' && found == 3 ? 85 : 0;
}

const hsn_reader hsn__reader_gprof2dot = {
    .name = "gprof2dot",
    .title = "gprof2dot's JSON (memray transform gprof2dot)",
    .spec = "docs/formats/gprof2dot.md",
    .content = HSN_HAS_ALLOCATIONS,
    .probe = probe,
    .read = read_document,
};
