// SPDX-License-Identifier: MIT
// Export as profile.proto, compressed: what `go tool pprof` and its kin open.
//
// A location is a frame, a function is a name in a file. Where only file and line are known
// (tracemalloc), `file:line` is the function's name, so that pprof's rows are lines. Memory metrics
// come as Go names them: inuse_objects and inuse_space, alloc_objects and alloc_space.
//
// Source: https://github.com/google/pprof/blob/main/proto/profile.proto
#include "render/export_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "base/gzip.h"
#include "base/varint.h"

// Field numbers.
enum {
    PROFILE_SAMPLE_TYPE = 1,
    PROFILE_SAMPLE = 2,
    PROFILE_LOCATION = 4,
    PROFILE_FUNCTION = 5,
    PROFILE_STRING = 6,
    PROFILE_TIME_NS = 9,
    PROFILE_DEFAULT_TYPE = 14,
    TYPE_NAME = 1,
    TYPE_UNIT = 2,
    SAMPLE_LOCATION = 1,
    SAMPLE_VALUE = 2,
    SAMPLE_LABEL = 3,
    LABEL_KEY = 1,
    LABEL_NUMBER = 3,
    LOCATION_ID = 1,
    LOCATION_LINE = 4,
    LINE_FUNCTION = 1,
    LINE_NUMBER = 2,
    FUNCTION_ID = 1,
    FUNCTION_NAME = 2,
    FUNCTION_FILE = 4,
};
enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

// A frame among those of its function.
typedef struct place {
    const hsn_frame *frame;
    uint32_t number; // of the frame
} place;

typedef struct pprof {
    hsn__export *e;
    hsn__buf message, inner;
    uint64_t strings;   // written so far
    uint64_t domain;    // the string …
    uint64_t preferred; // … and that of the sample type to show first
    // By metric: whether it has a column of counts and one of sizes.
    bool counts[HSN_MAX_METRICS], sizes[HSN_MAX_METRICS];
    hsn__gzip *gzip;
    hsn_error *err;
} pprof;

// ---- protocol buffers -------------------------------------------------------------------------

static void put_varint(hsn__buf *out, uint64_t value)
{
    uint8_t bytes[HSN__VARINT_MAX];
    hsn__buf_append(out, bytes, (size_t)(hsn__varint_put(bytes, value) - bytes));
}

static void put_number(hsn__buf *out, unsigned field, uint64_t value)
{
    put_varint(out, field << 3 | WIRE_VARINT);
    put_varint(out, value);
}

static void put_bytes(hsn__buf *out, unsigned field, const void *data, size_t size)
{
    put_varint(out, field << 3 | WIRE_BYTES);
    put_varint(out, size);
    hsn__buf_append(out, data, size);
}

// A message of the profile: what gathered in p->message.
static int put_message(pprof *p, unsigned field, hsn_error *err)
{
    hsn__buf *out = &p->e->out;
    out->failed = out->failed || p->message.failed || p->inner.failed;
    put_bytes(out, field, p->message.data, p->message.size);
    hsn__buf_reset(&p->message);
    return hsn__export_flush(p->e, false, err);
}

static uint64_t put_string(pprof *p, const char *text)
{
    put_bytes(&p->e->out, PROFILE_STRING, text, strlen(text));
    return p->strings++;
}

// ---- parts of a profile -----------------------------------------------------------------------

static int put_type(pprof *p, const char *name, const char *suffix, const char *unit,
                    hsn_error *err)
{
    hsn__buf_reset(&p->inner);
    hsn__buf_printf(&p->inner, "%s%s", name, suffix);
    uint64_t text = put_string(p, hsn__buf_text(&p->inner));
    p->preferred = text;
    put_number(&p->message, TYPE_NAME, text);
    put_number(&p->message, TYPE_UNIT, put_string(p, unit));
    return put_message(p, PROFILE_SAMPLE_TYPE, err);
}

static int put_types(pprof *p, hsn_error *err)
{
    uint64_t first = 0;
    int r = HSN_OK;
    for (size_t i = 0; i < p->e->metric_count && r >= 0; i++) {
        const hsn_metric *metric = &p->e->metrics[i];
        bool bytes = !strcmp(metric->unit, HSN_UNIT_BYTES);
        bool counted = !strcmp(metric->unit, HSN_UNIT_COUNT);
        if (!metric->total_count)
            continue;
        p->sizes[i] = true;
        p->counts[i] = metric->count && !counted;
        const char *unit = strcmp(metric->unit, HSN_UNIT_NS) ? metric->unit : "nanoseconds";
        if (p->counts[i])
            r = put_type(p, metric->name, bytes ? "_objects" : "_count", "count", err);
        if (r >= 0)
            r = put_type(p, metric->name, bytes ? "_space" : "", unit, err);
        first = first ? first : p->preferred;
    }
    p->preferred = first;
    return r;
}

static int put_samples(pprof *p, hsn_error *err)
{
    const hsn_profile *profile = p->e->profile;
    hsn__export_merge merge = {0};
    hsn__export_sample sample;
    int r = HSN_OK;
    while (r >= 0 && hsn__export_next(p->e, &merge, &sample)) {
        hsn__buf_reset(&p->inner);
        for (uint32_t at = sample.stack; at != HSN_NONE; at = profile->stacks[at].parent)
            put_varint(&p->inner, (uint64_t)profile->stacks[at].frame + 1);
        put_bytes(&p->message, SAMPLE_LOCATION, p->inner.data, p->inner.size);
        hsn__buf_reset(&p->inner);
        for (size_t i = 0; i < p->e->metric_count; i++) {
            if (p->counts[i])
                put_varint(&p->inner, sample.values[2 * i]);
            if (p->sizes[i])
                put_varint(&p->inner, sample.values[2 * i + 1]);
        }
        put_bytes(&p->message, SAMPLE_VALUE, p->inner.data, p->inner.size);
        if (sample.domain) {
            hsn__buf_reset(&p->inner);
            put_number(&p->inner, LABEL_KEY, p->domain);
            put_number(&p->inner, LABEL_NUMBER, sample.domain);
            put_bytes(&p->message, SAMPLE_LABEL, p->inner.data, p->inner.size);
        }
        r = put_message(p, PROFILE_SAMPLE, err);
    }
    return r;
}

// Whether two frames are of one function; where it has no name, a line is one.
static int compare_functions(const hsn_frame *a, const hsn_frame *b)
{
    int order = strcmp(a->file, b->file);
    if (!order)
        order = strcmp(a->function, b->function);
    if (!order && !*a->function)
        order = (a->line > b->line) - (a->line < b->line);
    return order;
}

static int compare_places(const void *a, const void *b)
{
    const place *x = a, *y = b;
    int order = compare_functions(x->frame, y->frame);
    return order ? order : (x->number > y->number) - (x->number < y->number);
}

static int put_function(pprof *p, uint64_t id, const hsn_frame *frame, uint64_t file,
                        hsn_error *err)
{
    hsn__buf_reset(&p->inner);
    if (*frame->function)
        hsn__buf_puts(&p->inner, frame->function);
    else
        hsn__export_put_frame(&p->inner, frame);
    // Without a system name: with an equal one, pprof would cut out what stands in <> as C++.
    uint64_t name = put_string(p, hsn__buf_text(&p->inner));
    put_number(&p->message, FUNCTION_ID, id);
    put_number(&p->message, FUNCTION_NAME, name);
    put_number(&p->message, FUNCTION_FILE, file);
    return put_message(p, PROFILE_FUNCTION, err);
}

static int put_location(pprof *p, const place *at, uint64_t function, hsn_error *err)
{
    hsn__buf_reset(&p->inner);
    put_number(&p->inner, LINE_FUNCTION, function);
    put_number(&p->inner, LINE_NUMBER, at->frame->line);
    put_number(&p->message, LOCATION_ID, (uint64_t)at->number + 1);
    put_bytes(&p->message, LOCATION_LINE, p->inner.data, p->inner.size);
    return put_message(p, PROFILE_LOCATION, err);
}

// In order of file and function, so that each file's name and each function comes once.
static int put_places(pprof *p, hsn_error *err)
{
    const hsn_profile *profile = p->e->profile;
    place *places = hsn__alloc_array(profile->frame_count, sizeof *places);
    uint64_t function = 0, file = 0;
    int r = places ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; r >= 0 && i < profile->frame_count; i++)
        places[i] = (place){&profile->frames[i], (uint32_t)i};
    if (r >= 0 && profile->frame_count)
        qsort(places, profile->frame_count, sizeof *places, compare_places);
    for (size_t i = 0; r >= 0 && i < profile->frame_count; i++) {
        const hsn_frame *frame = places[i].frame, *before = i ? places[i - 1].frame : NULL;
        if (!before || strcmp(before->file, frame->file) != 0)
            file = put_string(p, frame->file);
        if (!before || compare_functions(before, frame))
            r = put_function(p, ++function, frame, file, err);
        if (r >= 0)
            r = put_location(p, &places[i], function, err);
    }
    hsn__free(places);
    return r;
}

// ---- all of it --------------------------------------------------------------------------------

static int to_user(void *context, const void *data, size_t size)
{
    const hsn_writer *writer = context;
    return writer->write(writer->context, data, size);
}

static int to_gzip(void *context, const void *data, size_t size)
{
    pprof *p = context;
    return hsn__gzip_put(p->gzip, data, size, p->err) < 0;
}

int hsn__export_pprof(hsn__export *e, hsn_error *err)
{
    enum { NS_PER_MS = 1000000 };
    hsn_writer user = *e->writer;
    pprof p = {.e = e, .err = err};
    hsn_writer writer = {to_gzip, &p};
    int r = hsn__gzip_new(&p.gzip, to_user, &user, err);
    if (r < 0)
        return r;
    e->writer = &writer;
    put_string(&p, "");
    p.domain = put_string(&p, "domain");
    r = put_types(&p, err);
    if (r >= 0)
        r = put_samples(&p, err);
    if (r >= 0)
        r = put_places(&p, err);
    if (r >= 0 && e->info->captured_at_unix_ms > 0)
        put_number(&e->out, PROFILE_TIME_NS, (uint64_t)e->info->captured_at_unix_ms * NS_PER_MS);
    put_number(&e->out, PROFILE_DEFAULT_TYPE, p.preferred);
    if (r >= 0)
        r = hsn__export_flush(e, true, err);
    if (r >= 0)
        r = hsn__gzip_finish(p.gzip, err);
    hsn__gzip_free(p.gzip);
    hsn__buf_clear(&p.message);
    hsn__buf_clear(&p.inner);
    // Nothing is left for it, and `writer` ends here.
    e->writer = NULL;
    return r;
}
