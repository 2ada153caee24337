// SPDX-License-Identifier: MIT
// Heap profiles as text: of gperftools (tcmalloc), of jemalloc, and of Go's debug=1.
//
//   heap profile:   3: 4096 [   9: 8192] @ heap_v2/524288      heap_v2/524288
//     1: 1024 [ 2: 2048] @ 0x401136 0x7f5a10                   @ 0x401136 0x7f5a10
//   #  0x401135  main.load+0x15  /app/main.go:12                 t*: 1: 1024 [2: 2048]
//   MAPPED_LIBRARIES:                                          MAPPED_LIBRARIES:
//
// Sampled blocks stand for more than themselves: a stack of n blocks and b bytes at a mean of R
// bytes between samples is scaled by 1 / (1 - e^-(b/n/R)), each line by itself.
//
// The mappings that addresses need come last, so addresses are kept until the end.
//
// Source: docs/formats/gperftools.md; profile/legacy_profile.go of github.com/google/pprof.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "profile_scan.h"
#include "reader.h"

#define MAX_ITEMS    ((size_t)1 << 30)
#define MAX_MAPPINGS ((size_t)1 << 16)

// In use, and ever allocated.
struct counts {
    uint64_t count, size_bytes, alloc_count, alloc_bytes;
};

struct sample {
    struct counts counts;
    size_t first_address, address_count;
    size_t first_frame, frame_count; // of a stack that is told by comments
};

struct mapping {
    uint64_t start, end, offset;
    size_t path, path_length; // in paths
};

struct reading {
    hsn__profile profile;
    struct sample *samples;
    size_t sample_count, sample_capacity;
    uint64_t *addresses;
    size_t address_count, address_capacity;
    uint32_t *frames;
    size_t frame_count, frame_capacity;
    struct mapping *mappings;
    size_t mapping_count, mapping_capacity;
    hsn__buf paths;
    uint64_t rate; // mean bytes between samples; 0 or 1 = every block is recorded
    size_t stack_at;
    uint32_t alloc; // metric
    bool begun, jemalloc, in_stack, in_maps;
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

// `3: 4096 [9: 8192]`, with blanks anywhere. A minus sign makes *out_negative.
static bool take_counts(hsn_text *line, struct counts *out, bool *out_negative)
{
    uint64_t numbers[4];
    static const char *const between[] = {":", "[", ":", "]"};
    *out_negative = false;
    for (unsigned i = 0; i < 4; i++) {
        hsn__text_blanks(line);
        bool negative = hsn__text_take(line, "-");
        *out_negative = *out_negative || (negative && i < 2);
        // jemalloc leaves out what it does not count.
        if (!hsn__text_number(line, 10, &numbers[i])) {
            if (i < 2)
                return false;
            numbers[i] = 0;
        }
        hsn__text_blanks(line);
        if (!hsn__text_take(line, between[i]))
            return false;
    }
    *out = (struct counts){numbers[0], numbers[1], numbers[2], numbers[3]};
    return true;
}

static int read_addresses(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    uint64_t address;
    int r = HSN_OK;
    hsn__text_blanks(&line);
    while (line.length && r == HSN_OK) {
        hsn__text_take(&line, "0x");
        if (!hsn__text_number(&line, 16, &address))
            return malformed(reading, offset, "an address that is no number", err);
        r = grow(&reading->addresses, &reading->address_capacity, reading->address_count,
                 sizeof *reading->addresses, err);
        if (r == HSN_OK)
            reading->addresses[reading->address_count++] = address;
        hsn__text_blanks(&line);
    }
    return r;
}

// Scaled as pprof does it: whole numbers, cut off.
static void scale(uint64_t rate, uint64_t *count, uint64_t *size_bytes)
{
    if (rate <= 1 || !*count || !*size_bytes)
        return;
    double average = (double)*size_bytes / (double)*count;
    double factor = 1 / (1 - exp(-average / (double)rate));
    double scaled_count = (double)*count * factor, scaled_size = (double)*size_bytes * factor;
    if (scaled_count < 0x1p63 && scaled_size < 0x1p63) {
        *count = (uint64_t)scaled_count;
        *size_bytes = (uint64_t)scaled_size;
    }
}

static int add_sample(struct reading *reading, struct counts counts, size_t first, hsn_error *err)
{
    int r = grow(&reading->samples, &reading->sample_capacity, reading->sample_count,
                 sizeof *reading->samples, err);
    if (r < 0)
        return r;
    scale(reading->rate, &counts.count, &counts.size_bytes);
    scale(reading->rate, &counts.alloc_count, &counts.alloc_bytes);
    reading->samples[reading->sample_count++] =
        (struct sample){counts, first, reading->address_count - first, reading->frame_count, 0};
    return HSN_OK;
}

// `#  0x401135  main.load+0x15    /app/main.go:12` behind a sample; other comments are
// none.
static int read_comment(struct reading *reading, hsn_text line, hsn_error *err)
{
    uint64_t number;
    const hsn_sink *sink = reading->profile.sink;
    if (!reading->sample_count || !hsn__text_take(&line, "#\t0x") ||
        !hsn__text_number(&line, 16, &number) || !hsn__text_take(&line, "\t"))
        return HSN_OK;
    const char *tab = line.length ? memchr(line.data, '\t', line.length) : NULL;
    size_t length = tab ? (size_t)(tab - line.data) : line.length;
    hsn_sink_frame frame = {.function = hsn__text_part(line, 0, length)};
    hsn_text place = hsn__text_part(line, length, line.length);
    hsn__text_blanks(&place);
    size_t plus = hsn__text_last(frame.function, '+'), colon = hsn__text_last(place, ':');
    frame.function.length = plus;
    if (colon < place.length) {
        hsn_text row = hsn__text_part(place, colon + 1, place.length);
        frame.file = hsn__text_part(place, 0, colon);
        if (hsn__text_number(&row, 10, &number) && number <= UINT32_MAX)
            frame.line = (uint32_t)number;
    }
    uint32_t id;
    int r = grow(&reading->frames, &reading->frame_capacity, reading->frame_count,
                 sizeof *reading->frames, err);
    if (r == HSN_OK)
        r = sink->ops->frame(sink->context, &frame, &id, err);
    if (r < 0)
        return r;
    reading->frames[reading->frame_count++] = id;
    reading->samples[reading->sample_count - 1].frame_count++;
    return HSN_OK;
}

// A line of /proc/PID/maps: `start-end perms offset device inode path`.
static int read_mapping(struct reading *reading, hsn_text line, hsn_error *err)
{
    struct mapping mapping;
    if (!hsn__text_number(&line, 16, &mapping.start) || !hsn__text_take(&line, "-") ||
        !hsn__text_number(&line, 16, &mapping.end) || !hsn__text_take(&line, " "))
        return HSN_OK;
    hsn_text access = hsn__text_word(&line);
    if (!access.length || !memchr(access.data, 'x', access.length) ||
        !hsn__text_number(&line, 16, &mapping.offset))
        return HSN_OK;
    hsn__text_blanks(&line);
    hsn__text_word(&line); // device
    hsn__text_word(&line); // inode
    hsn__text_blanks(&line);
    if (reading->mapping_count >= MAX_MAPPINGS)
        return hsn__fail_limit(err, "mappings", MAX_MAPPINGS);
    int r = grow(&reading->mappings, &reading->mapping_capacity, reading->mapping_count,
                 sizeof *reading->mappings, err);
    if (r < 0)
        return r;
    mapping.path = reading->paths.size;
    mapping.path_length = line.length;
    hsn__buf_append(&reading->paths, line.data, line.length);
    reading->mappings[reading->mapping_count++] = mapping;
    return reading->paths.failed ? hsn__fail_memory(err) : HSN_OK;
}

// `heap profile: … @ heap_v2/524288`, or jemalloc's `heap_v2/524288`.
static int read_header(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    struct counts totals;
    bool negative, gperftools = hsn__text_take(&line, "heap profile:");
    if (gperftools) {
        if (!take_counts(&line, &totals, &negative))
            return malformed(reading, offset, "a header without totals", err);
        hsn__text_blanks(&line);
        hsn__text_take(&line, "@");
        hsn__text_blanks(&line);
    }
    size_t slash = hsn__text_last(line, '/');
    hsn_text kind = hsn__text_part(line, 0, slash);
    hsn_text rate = hsn__text_part(line, slash < line.length ? slash + 1 : slash, line.length);
    if (!hsn__text_is(kind, "heapprofile") && !hsn__text_number(&rate, 10, &reading->rate) &&
        hsn__text_is(kind, "heap_v2"))
        reading->rate = 128 << 10;
    // The first version states twice the mean.
    if (hsn__text_is(kind, "heap"))
        reading->rate /= 2;
    reading->begun = true;
    reading->jemalloc = !gperftools;
    if (!gperftools && !hsn__text_is(kind, "heap_v2"))
        return malformed(reading, offset, "no header of a heap profile", err);
    return reading->rate > 1
               ? hsn__profile_fact_number(&reading->profile, "profile.period", reading->rate, err)
               : HSN_OK;
}

static int read_jemalloc(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    struct counts counts;
    bool negative;
    if (hsn__text_take(&line, "@")) {
        reading->stack_at = reading->address_count;
        reading->in_stack = true;
        return read_addresses(reading, line, offset, err);
    }
    hsn__text_blanks(&line);
    // Lines of single threads are parts of this one.
    if (!hsn__text_take(&line, "t*:") || !reading->in_stack)
        return HSN_OK;
    reading->in_stack = false;
    if (!take_counts(&line, &counts, &negative) || negative)
        return malformed(reading, offset, "a stack without counts", err);
    return add_sample(reading, counts, reading->stack_at, err);
}

static int read_line(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    struct counts counts;
    bool negative;
    if (!reading->begun)
        return read_header(reading, line, offset, err);
    if (hsn__text_is(line, "MAPPED_LIBRARIES:") || hsn__text_is(line, "--- Memory map: ---")) {
        reading->in_maps = true;
        return HSN_OK;
    }
    if (reading->in_maps)
        return read_mapping(reading, line, err);
    if (line.length && line.data[0] == '#')
        return read_comment(reading, line, err);
    if (reading->jemalloc)
        return read_jemalloc(reading, line, offset, err);
    hsn__text_blanks(&line);
    if (!line.length)
        return HSN_OK;
    size_t first = reading->address_count;
    if (!take_counts(&line, &counts, &negative))
        return malformed(reading, offset, "a stack without counts", err);
    hsn__text_blanks(&line);
    if (!hsn__text_take(&line, "@"))
        return malformed(reading, offset, "a stack without addresses", err);
    int r = read_addresses(reading, line, offset, err);
    if (r == HSN_OK && negative)
        r = hsn__profile_warn(&reading->profile, offset, "a stack of negative size is left out",
                              err);
    if (negative)
        counts.count = counts.size_bytes = 0;
    return r < 0 ? r : add_sample(reading, counts, first, err);
}

// The mapping of a file that holds an address; NULL = none.
static const struct mapping *find_mapping(const struct reading *reading, uint64_t address)
{
    for (size_t i = 0; i < reading->mapping_count; i++) {
        const struct mapping *mapping = &reading->mappings[i];
        if (address >= mapping->start && address < mapping->end && mapping->path_length)
            return mapping;
    }
    return NULL;
}

// A return address is one too far.
static uint64_t call_of(uint64_t address)
{
    return address ? address - 1 : 0;
}

// How many of a stack's innermost frames are the allocator's own; never all of them.
static size_t own_frames(const struct reading *reading, const struct sample *sample)
{
    for (size_t i = 0; i < sample->address_count; i++) {
        const struct mapping *mapping =
            find_mapping(reading, call_of(reading->addresses[sample->first_address + i]));
        hsn_text path = {mapping ? reading->paths.data + mapping->path : NULL,
                         mapping ? mapping->path_length : 0};
        size_t slash = hsn__text_last(path, '/');
        hsn_text name = hsn__text_part(path, slash < path.length ? slash + 1 : 0, path.length);
        if (!hsn__text_take(&name, "libjemalloc.so") && !hsn__text_take(&name, "libtcmalloc"))
            return i;
    }
    return 0;
}

// The file's own address if a mapping is known: equal in every run.
static int push_address(struct reading *reading, uint64_t address, hsn_error *err)
{
    char text[24];
    hsn_sink_frame frame = {.line = 0};
    uint64_t at = call_of(address);
    const struct mapping *mapping = find_mapping(reading, at);
    if (mapping) {
        frame.file = (hsn_text){reading->paths.data + mapping->path, mapping->path_length};
        frame.by_offset = true;
        at = at - mapping->start + mapping->offset;
    }
    snprintf(text, sizeof text, "0x%" PRIx64, at);
    frame.function = hsn__text(text);
    return hsn__profile_push(&reading->profile, &frame, err);
}

static int give_sample(struct reading *reading, const struct sample *sample, hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    int r = HSN_OK;
    profile->count = 0;
    for (size_t i = 0; i < sample->frame_count && r == HSN_OK; i++)
        r = hsn__profile_push_id(profile, reading->frames[sample->first_frame + i], err);
    size_t inner = sample->frame_count ? sample->address_count : own_frames(reading, sample);
    for (size_t i = inner; i < sample->address_count && r == HSN_OK; i++)
        r = push_address(reading, reading->addresses[sample->first_address + i], err);
    const struct counts *counts = &sample->counts;
    uint32_t stack = HSN_NONE;
    if (r == HSN_OK)
        r = hsn__profile_stack(profile, &stack, err);
    if (r == HSN_OK)
        r = hsn__profile_total(profile, stack, HSN_METRIC_INUSE, counts->count, counts->size_bytes,
                               err);
    return r < 0 ? r
                 : hsn__profile_total(profile, stack, reading->alloc, counts->alloc_count,
                                      counts->alloc_bytes, err);
}

static bool is_empty(const struct counts *counts)
{
    return !(counts->count | counts->size_bytes | counts->alloc_count | counts->alloc_bytes);
}

static int give_samples(struct reading *reading, hsn_error *err)
{
    int r = hsn__profile_fact(&reading->profile, "profile.metric", hsn__text("inuse_space"), err);
    if (r == HSN_OK)
        r = hsn__profile_metric(&reading->profile, "alloc", HSN_UNIT_BYTES, &reading->alloc, err);
    for (size_t i = 0; i < reading->sample_count && r == HSN_OK; i++)
        if (!is_empty(&reading->samples[i].counts))
            r = give_sample(reading, &reading->samples[i], err);
    return r;
}

static int read_profile(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading reading = {.profile = {.in = in, .sink = sink}};
    hsn_error cause = {0};
    hsn_text line;
    uint64_t offset = 0;
    int r = HSN_OK;
    while (r == HSN_OK) {
        r = hsn__profile_line(&reading.profile, &line, &offset, &cause);
        if (r == HSN_OK)
            r = read_line(&reading, line, offset, &cause);
    }
    if (r == HSN_DONE && !reading.begun)
        r = malformed(&reading, 0, "no header of a heap profile", &cause);
    bool useful = reading.sample_count > 0;
    bool give = r == HSN_DONE || (useful && (r == HSN_EFORMAT || r == HSN_EIO));
    int given = give ? give_samples(&reading, err) : HSN_OK;
    r = given < 0 ? given : hsn__profile_outcome(&reading.profile, r, useful, &cause, err);
    hsn__profile_clear(&reading.profile);
    hsn__buf_clear(&reading.paths);
    hsn__free(reading.samples);
    hsn__free(reading.addresses);
    hsn__free(reading.frames);
    hsn__free(reading.mappings);
    return r;
}

static int probe(const uint8_t *head, size_t size)
{
    hsn_text text = {(const char *)head, size};
    uint64_t rate;
    if (hsn__text_take(&text, "heap profile:"))
        return 90;
    return hsn__text_take(&text, "heap_v2/") && hsn__text_number(&text, 10, &rate) ? 90 : 0;
}

const hsn_reader hsn__reader_gperftools = {
    .name = "gperftools",
    .title = "heap profile as text (tcmalloc, jemalloc, Go)",
    .spec = "docs/formats/gperftools.md",
    .content = HSN_HAS_ALLOCATIONS,
    .probe = probe,
    .read = read_profile,
};
