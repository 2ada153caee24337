// SPDX-License-Identifier: MIT
// Speedscope's JSON: sampled and evented profiles, of py-spy, memray and many others.
//
//   {"shared":{"frames":[{"name":"main","file":"app.py","line":3},…]},
//    "profiles":[{"type":"sampled","unit":"seconds","samples":[[0,1],…],"weights":[0.01,…]},
//                {"type":"evented","unit":"none","events":[{"type":"O","frame":0,"at":0},…]}]}
//
// The frames may stand behind the profiles that name them by index, so these are kept: 4 bytes a
// frame of a sample, 24 a sample, 16 an event.
//
// Source: docs/formats/speedscope.md; speedscope's src/lib/file-format-spec.ts.
#include "base/alloc.h"
#include "json_walk.h"
#include "profile_scan.h"
#include "reader.h"

#define MAX_ITEMS    ((size_t)1 << 28)
#define MAX_PROFILES ((size_t)1 << 16)

struct sample {
    size_t first_frame, frame_count;
    double weight;
};

struct event {
    double at;
    uint32_t frame; // index into the table
    bool opens;
};

struct profile {
    char name[120], unit[16];
    size_t first_sample, sample_count, weight_count;
    size_t first_event, event_count;
};

// What a profile's values are in the store.
struct measure {
    uint32_t metric;
    double scale;
    bool is_count;   // of blocks in use
    bool is_samples; // in the unit `count`: the number is the value
};

struct reading {
    hsn__profile profile;
    hsn__json json;
    struct sample *samples;
    size_t sample_count, sample_capacity;
    uint32_t *indices; // into the table, of all samples
    size_t index_count, index_capacity;
    struct event *events;
    size_t event_count, event_capacity;
    struct event event; // under way
    struct profile *profiles;
    size_t profile_count, profile_capacity;
    uint32_t *table; // ids of the sink
    size_t table_count, table_capacity;
    uint32_t *open; // frames of evented profiles, oldest first
    size_t open_capacity;
    uint64_t odd; // what does not fit
    bool by_name; // profiles are called like metrics
};

static int grow(void *array, size_t *capacity, size_t count, size_t size, hsn_error *err)
{
    if (hsn__array_grow(array, capacity, count + 1, size, MAX_ITEMS))
        return HSN_OK;
    return count < MAX_ITEMS ? hsn__fail_memory(err)
                             : hsn__fail_limit(err, "records of a profile", MAX_ITEMS);
}

// ---- frames ----

// Spans stay in the buffer until the frame is given, so no walk.
static int read_frame(void *context, hsn_error *err)
{
    struct reading *reading = context;
    hsn__json *json = &reading->json;
    hsn__json_span key, name = {0}, file = {0}, value;
    hsn__json_kind kind;
    double line = 0;
    uint32_t id;
    bool first = true;
    int r = hsn__json_document_take(json, '{') ? HSN_OK : HSN_PARTIAL;
    while (r == HSN_OK && (r = hsn__json_document_member(json, &first, &key)) == HSN_OK) {
        hsn_text word = hsn__json_text(json, key);
        bool is_name = hsn__json_is(word, "name"), is_file = hsn__json_is(word, "file");
        bool is_line = hsn__json_is(word, "line");
        uint8_t c = hsn__json_document_peek(json);
        if (c == '{' || c == '[') {
            r = hsn__json_document_skip(json) ? HSN_OK : HSN_PARTIAL;
            continue;
        }
        if (!hsn__json_scalar(json, &value, &kind) || json->text.failed)
            return hsn__json_damaged(json, err);
        if (is_name && kind == HSN__JSON_STRING)
            name = value;
        else if (is_file && kind == HSN__JSON_STRING)
            file = value;
        else if (is_line && !hsn__text_real(hsn__json_text(json, value), &line))
            line = 0;
    }
    if (r == HSN_PARTIAL || json->text.failed)
        return hsn__json_damaged(json, err);
    if (r < 0)
        return r;
    hsn_sink_frame frame = {.function = hsn__json_text(json, name),
                            .file = hsn__json_text(json, file)};
    if (line >= 1 && line <= UINT32_MAX)
        frame.line = (uint32_t)line;
    const hsn_sink *sink = reading->profile.sink;
    r = grow(&reading->table, &reading->table_capacity, reading->table_count,
             sizeof *reading->table, err);
    if (r == HSN_OK)
        r = sink->ops->frame(sink->context, &frame, &id, err);
    if (r == HSN_OK)
        reading->table[reading->table_count++] = id;
    hsn__json_reset(json);
    return r;
}

static int read_shared(void *context, const char *name, hsn_error *err)
{
    struct reading *reading = context;
    return strcmp(name, "frames") ? hsn__json_walk_skip(&reading->json, err)
                                  : hsn__json_walk_array(&reading->json, read_frame, reading, err);
}

// ---- profiles ----

static int read_sample_frame(void *context, hsn_error *err)
{
    struct reading *reading = context;
    int r = grow(&reading->indices, &reading->index_capacity, reading->index_count,
                 sizeof *reading->indices, err);
    if (r == HSN_OK)
        r = hsn__json_walk_index(&reading->json, &reading->indices[reading->index_count], err);
    reading->index_count += r == HSN_OK;
    return r;
}

static int read_sample(void *context, hsn_error *err)
{
    struct reading *reading = context;
    struct sample sample = {.first_frame = reading->index_count};
    int r = hsn__json_walk_array(&reading->json, read_sample_frame, reading, err);
    sample.frame_count = reading->index_count - sample.first_frame;
    if (r == HSN_OK)
        r = grow(&reading->samples, &reading->sample_capacity, reading->sample_count,
                 sizeof *reading->samples, err);
    if (r < 0)
        return r;
    reading->samples[reading->sample_count++] = sample;
    reading->profiles[reading->profile_count - 1].sample_count++;
    return HSN_OK;
}

// Weights stand behind the samples in what all known programs write; before them they are lost.
static int read_weight(void *context, hsn_error *err)
{
    struct reading *reading = context;
    struct profile *profile = &reading->profiles[reading->profile_count - 1];
    double weight;
    int r = hsn__json_walk_real(&reading->json, &weight, err);
    if (r == HSN_OK && profile->weight_count < profile->sample_count)
        reading->samples[profile->first_sample + profile->weight_count++].weight = weight;
    else if (r == HSN_OK)
        reading->odd++;
    return r;
}

static int read_event_member(void *context, const char *name, hsn_error *err)
{
    struct reading *reading = context;
    struct event *event = &reading->event;
    char type[4] = "";
    int r;
    if (!strcmp(name, "at"))
        return hsn__json_walk_real(&reading->json, &event->at, err);
    if (!strcmp(name, "frame"))
        return hsn__json_walk_index(&reading->json, &event->frame, err);
    if (strcmp(name, "type"))
        return hsn__json_walk_skip(&reading->json, err);
    r = hsn__json_walk_text(&reading->json, type, sizeof type, err);
    event->opens = *type == 'O';
    return r;
}

static int read_event(void *context, hsn_error *err)
{
    struct reading *reading = context;
    reading->event = (struct event){.frame = UINT32_MAX};
    int r = hsn__json_walk_object(&reading->json, read_event_member, reading, err);
    if (r == HSN_OK)
        r = grow(&reading->events, &reading->event_capacity, reading->event_count,
                 sizeof *reading->events, err);
    if (r < 0)
        return r;
    reading->events[reading->event_count++] = reading->event;
    reading->profiles[reading->profile_count - 1].event_count++;
    return HSN_OK;
}

static int read_profile_member(void *context, const char *name, hsn_error *err)
{
    struct reading *reading = context;
    struct profile *profile = &reading->profiles[reading->profile_count - 1];
    if (!strcmp(name, "name"))
        return hsn__json_walk_text(&reading->json, profile->name, sizeof profile->name, err);
    if (!strcmp(name, "unit"))
        return hsn__json_walk_text(&reading->json, profile->unit, sizeof profile->unit, err);
    if (!strcmp(name, "samples"))
        return hsn__json_walk_array(&reading->json, read_sample, reading, err);
    if (!strcmp(name, "weights"))
        return hsn__json_walk_array(&reading->json, read_weight, reading, err);
    if (!strcmp(name, "events"))
        return hsn__json_walk_array(&reading->json, read_event, reading, err);
    return hsn__json_walk_skip(&reading->json, err);
}

static int read_profile(void *context, hsn_error *err)
{
    struct reading *reading = context;
    if (!hsn__array_grow(&reading->profiles, &reading->profile_capacity, reading->profile_count + 1,
                         sizeof *reading->profiles, MAX_PROFILES))
        return reading->profile_count < MAX_PROFILES
                   ? hsn__fail_memory(err)
                   : hsn__fail_limit(err, "profiles of one file", MAX_PROFILES);
    reading->profiles[reading->profile_count++] = (struct profile){
        .unit = "none",
        .first_sample = reading->sample_count,
        .first_event = reading->event_count,
    };
    return hsn__json_walk_object(&reading->json, read_profile_member, reading, err);
}

static int read_member_of_document(void *context, const char *name, hsn_error *err)
{
    struct reading *reading = context;
    char text[256] = "";
    if (!strcmp(name, "shared") && hsn__json_document_peek(&reading->json) == '{')
        return hsn__json_walk_object(&reading->json, read_shared, reading, err);
    if (!strcmp(name, "profiles"))
        return hsn__json_walk_array(&reading->json, read_profile, reading, err);
    if (strcmp(name, "name") && strcmp(name, "exporter"))
        return hsn__json_walk_skip(&reading->json, err);
    int r = hsn__json_walk_text(&reading->json, text, sizeof text, err);
    if (r < 0 || !*text)
        return r;
    if (*name == 'e')
        reading->by_name = !strncmp(text, "heapsnap", 8);
    return hsn__profile_fact(&reading->profile, *name == 'n' ? "program" : "speedscope.exporter",
                             hsn__text(text), err);
}

// ---- into the sink ----

// The metric of a profile: its own name when snapexport wrote it, else by its unit.
static int measure_of(struct reading *reading, const struct profile *profile, struct measure *out,
                      hsn_error *err)
{
    static const struct {
        const char *unit;
        double scale;
        const char *metric, *metric_unit;
    } units[] = {
        {"seconds", 1e9, "wall", HSN_UNIT_NS},
        {"milliseconds", 1e6, "wall", HSN_UNIT_NS},
        {"microseconds", 1e3, "wall", HSN_UNIT_NS},
        {"nanoseconds", 1, "wall", HSN_UNIT_NS},
        {"bytes", 1, HSN_METRIC_INUSE_NAME, HSN_UNIT_BYTES},
    };
    const char *metric = "samples", *unit = HSN_UNIT_COUNT;
    *out = (struct measure){.metric = HSN_METRIC_INUSE, .scale = 1};
    // memray has a second profile of the same stacks with numbers of blocks.
    if (!strcmp(profile->name, "Allocations") && !strcmp(profile->unit, "none")) {
        out->is_count = true;
        return HSN_OK;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcmp(profile->unit, units[i].unit)) {
            metric = units[i].metric;
            unit = units[i].metric_unit;
            out->scale = units[i].scale;
        }
    if (reading->by_name && *profile->name)
        metric = profile->name;
    if (!strcmp(metric, HSN_METRIC_INUSE_NAME) && !strcmp(unit, HSN_UNIT_BYTES))
        return HSN_OK;
    out->is_samples = !strcmp(unit, HSN_UNIT_COUNT);
    return hsn__profile_metric(&reading->profile, metric, unit, &out->metric, err);
}

static int give(struct reading *reading, const struct measure *measure, double weight,
                hsn_error *err)
{
    double value = weight * measure->scale + 0.5;
    uint64_t whole = value >= 1 && value < 9e18 ? (uint64_t)value : 0;
    if (!(value >= 0 && value < 9e18))
        reading->odd++;
    if (!whole)
        return HSN_OK;
    uint64_t count = measure->is_count || measure->is_samples ? whole : measure->metric ? 1 : 0;
    return hsn__profile_allocation_of(&reading->profile, measure->metric, count,
                                      measure->is_count ? 0 : whole, err);
}

// The frames of the table that `indices` name, oldest first, and the thread above them.
static int push_stack(struct reading *reading, const uint32_t *indices, size_t count,
                      uint32_t thread, hsn_error *err)
{
    int r = HSN_OK;
    reading->profile.count = 0;
    for (size_t i = count; i-- > 0 && r == HSN_OK;) {
        if (indices[i] < reading->table_count)
            r = hsn__profile_push_id(&reading->profile, reading->table[indices[i]], err);
        else
            reading->odd++;
    }
    return r == HSN_OK && thread != HSN_NONE ? hsn__profile_push_id(&reading->profile, thread, err)
                                             : r;
}

static int give_samples(struct reading *reading, const struct profile *profile,
                        const struct measure *measure, uint32_t thread, hsn_error *err)
{
    int r = HSN_OK;
    for (size_t i = 0; i < profile->sample_count && r == HSN_OK; i++) {
        const struct sample *sample = &reading->samples[profile->first_sample + i];
        // py-spy ends each profile with a sample of no frames.
        if (!sample->frame_count)
            continue;
        r = push_stack(reading, reading->indices + sample->first_frame, sample->frame_count, thread,
                       err);
        if (r == HSN_OK)
            r = give(reading, measure, sample->weight, err);
    }
    return r;
}

// What lies between two events belongs to the stack that is open.
static int give_events(struct reading *reading, const struct profile *profile,
                       const struct measure *measure, uint32_t thread, hsn_error *err)
{
    size_t depth = 0;
    double last_at = 0;
    int r = HSN_OK;
    for (size_t i = 0; i < profile->event_count && r == HSN_OK; i++) {
        const struct event *event = &reading->events[profile->first_event + i];
        if (depth && event->at > last_at) {
            r = push_stack(reading, reading->open, depth, thread, err);
            if (r == HSN_OK)
                r = give(reading, measure, event->at - last_at, err);
        }
        last_at = event->at;
        if (event->opens) {
            if (!hsn__array_grow(&reading->open, &reading->open_capacity, depth + 1,
                                 sizeof *reading->open, HSN__PROFILE_DEPTH))
                return depth < HSN__PROFILE_DEPTH
                           ? hsn__fail_memory(err)
                           : hsn__fail_limit(err, "frames of a stack", HSN__PROFILE_DEPTH);
            reading->open[depth++] = event->frame;
        } else if (depth && reading->open[depth - 1] == event->frame) {
            depth--;
        } else {
            reading->odd++;
        }
    }
    return r;
}

static int give_profile(struct reading *reading, const struct profile *profile, bool named,
                        hsn_error *err)
{
    struct measure measure;
    uint32_t thread = HSN_NONE;
    hsn_sink_frame frame = {.function = hsn__text(profile->name)};
    const hsn_sink *sink = reading->profile.sink;
    int r = measure_of(reading, profile, &measure, err);
    if (r == HSN_OK && named)
        r = sink->ops->frame(sink->context, &frame, &thread, err);
    if (r == HSN_OK)
        r = give_samples(reading, profile, &measure, thread, err);
    return r < 0 ? r : give_events(reading, profile, &measure, thread, err);
}

// Several profiles in one unit are threads: their names stand above their frames.
static int give_profiles(struct reading *reading, hsn_error *err)
{
    int r = HSN_OK;
    for (size_t i = 0; i < reading->profile_count && r == HSN_OK; i++) {
        const struct profile *profile = &reading->profiles[i];
        bool alone = reading->by_name || !*profile->name;
        size_t alike = 0;
        for (size_t k = 0; k < reading->profile_count && alike < 2 && !alone; k++)
            alike += !strcmp(reading->profiles[k].unit, profile->unit);
        r = give_profile(reading, profile, alike > 1, err);
    }
    if (r == HSN_OK && reading->odd)
        r = hsn__profile_warn(&reading->profile, HSN_NO_OFFSET,
                              "some samples or events do not fit the others", err);
    return r;
}

static int read_document(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading reading = {.profile = {.in = in, .sink = sink}, .json = {.in = in}};
    hsn_error cause = {0};
    int r = hsn__json_walk_object(&reading.json, read_member_of_document, &reading, &cause);
    bool useful = reading.table_count && (reading.sample_count || reading.event_count);
    if (r == HSN_OK && !reading.profile_count)
        r = hsn__fail_at(&cause, HSN_EFORMAT, hsn__input_name(in), 0, "no profiles");
    bool give = r == HSN_OK || (useful && (r == HSN_EFORMAT || r == HSN_EIO));
    int given = give ? give_profiles(&reading, err) : HSN_OK;
    r = given < 0 ? given : hsn__profile_outcome(&reading.profile, r, useful, &cause, err);
    hsn__profile_clear(&reading.profile);
    hsn__json_clear(&reading.json);
    hsn__free(reading.samples);
    hsn__free(reading.indices);
    hsn__free(reading.events);
    hsn__free(reading.profiles);
    hsn__free(reading.table);
    hsn__free(reading.open);
    return r;
}

static int probe(const uint8_t *head, size_t size)
{
    static const char word[] = "speedscope.app/file-format-schema.json";
    for (size_t i = 0; i + sizeof word - 1 <= size; i++)
        if (!memcmp(head + i, word, sizeof word - 1))
            return *head == '{' ? 95 : 0;
    return 0;
}

const hsn_reader hsn__reader_speedscope = {
    .name = "speedscope",
    .title = "speedscope's JSON (py-spy, memray and others)",
    .spec = "docs/formats/speedscope.md",
    .content = HSN_HAS_ALLOCATIONS,
    .probe = probe,
    .read = read_document,
};
