// SPDX-License-Identifier: MIT
// A sink for tests of readers: every event becomes a short line of text, so that a test reads as a
// dump.
#ifndef TESTS_UNIT_RECORD_SINK_H
#define TESTS_UNIT_RECORD_SINK_H

#include <inttypes.h>

#include "base/buf.h"
#include "readers/reader.h"

typedef struct record_sink {
    hsn__buf text;
    uint32_t types, strings, frames, stacks, metrics;
    uint64_t objects, references, warnings;
    bool quiet;         // count only
    uint64_t fail_call; // the call with this number fails, 0 = none
    uint64_t calls;
} record_sink;

static inline int record_call(record_sink *sink, hsn_error *err)
{
    if (++sink->calls == sink->fail_call)
        return hsn__fail(err, HSN_ESTORE, "sink", "failed on purpose");
    return HSN_OK;
}

#define RECORD(sink, ...)                                                                          \
    do {                                                                                           \
        if (!(sink)->quiet)                                                                        \
            hsn__buf_printf(&(sink)->text, __VA_ARGS__);                                           \
    } while (0)
#define RECORD_TEXT(text) (int)(text).length, (text).data ? (text).data : ""

static inline int record_fact(void *context, hsn_text name, hsn_text value, hsn_error *err)
{
    record_sink *sink = context;
    RECORD(sink, "fact %.*s=%.*s\n", RECORD_TEXT(name), RECORD_TEXT(value));
    return record_call(sink, err);
}

static inline int record_tag(void *context, hsn_text name, hsn_text value, hsn_error *err)
{
    record_sink *sink = context;
    RECORD(sink, "tag %.*s=%.*s\n", RECORD_TEXT(name), RECORD_TEXT(value));
    return record_call(sink, err);
}

static inline int record_type(void *context, const hsn_sink_type *type, uint32_t *out_id,
                              hsn_error *err)
{
    record_sink *sink = context;
    *out_id = 100 + sink->types++;
    RECORD(sink, "type %u %.*s.%.*s @%" PRIu64 " %s%s\n", *out_id, RECORD_TEXT(type->module),
           RECORD_TEXT(type->name), type->object_address, hsn_kind_name(type->kind),
           type->has_finalizer ? " finalizer" : "");
    return record_call(sink, err);
}

static inline int record_string(void *context, hsn_text text, uint32_t *out_id, hsn_error *err)
{
    record_sink *sink = context;
    *out_id = 200 + sink->strings++;
    RECORD(sink, "string %u %.*s\n", *out_id, RECORD_TEXT(text));
    return record_call(sink, err);
}

static inline int record_object(void *context, const hsn_sink_object *o, hsn_error *err)
{
    record_sink *sink = context;
    sink->objects++;
    RECORD(sink,
           "object %" PRIu64 " type %u size %" PRIu64 " len %" PRId64 " rc %" PRId64
           " flags %u gen %d stack %d text %.*s\n",
           o->address, o->type, o->size_bytes, (int64_t)o->length, (int64_t)o->refcount, o->flags,
           o->generation == HSN_NO_GENERATION ? -1 : o->generation, (int)o->stack,
           RECORD_TEXT(o->text));
    return record_call(sink, err);
}

static inline int record_refs(void *context, const hsn_sink_ref *refs, size_t count, hsn_error *err)
{
    static const char forms[] = "-s#";
    record_sink *sink = context;
    for (size_t i = 0; i < count; i++)
        RECORD(sink, " %s %c%u -> %" PRIu64 "\n", hsn_ref_kind_name(refs[i].kind),
               forms[refs[i].label_form], refs[i].label, refs[i].target);
    sink->references += count;
    return record_call(sink, err);
}

static inline int record_root(void *context, const hsn_sink_root *root, hsn_error *err)
{
    record_sink *sink = context;
    RECORD(sink, "root %" PRIu64 " %s %.*s [%.*s]\n", root->address, hsn_root_kind_name(root->kind),
           RECORD_TEXT(root->name), RECORD_TEXT(root->thread));
    return record_call(sink, err);
}

static inline int record_frame(void *context, const hsn_sink_frame *frame, uint32_t *out_id,
                               hsn_error *err)
{
    record_sink *sink = context;
    *out_id = 300 + sink->frames++;
    RECORD(sink, "frame %u %.*s:%u %.*s\n", *out_id, RECORD_TEXT(frame->file), frame->line,
           RECORD_TEXT(frame->function));
    return record_call(sink, err);
}

static inline int record_stack(void *context, const uint32_t *frames, size_t count,
                               uint64_t total_frames, uint32_t *out_id, hsn_error *err)
{
    record_sink *sink = context;
    *out_id = 400 + sink->stacks++;
    RECORD(sink, "stack %u of %" PRIu64, *out_id, total_frames);
    for (size_t i = 0; i < count; i++)
        RECORD(sink, " %u", frames[i]);
    RECORD(sink, "\n");
    return record_call(sink, err);
}

static inline int record_metric(void *context, hsn_text name, hsn_text unit, uint32_t *out_id,
                                hsn_error *err)
{
    record_sink *sink = context;
    *out_id = hsn__metric_is_inuse(name, unit) ? HSN_METRIC_INUSE : 500 + sink->metrics++;
    RECORD(sink, "metric %u %.*s %.*s\n", *out_id, RECORD_TEXT(name), RECORD_TEXT(unit));
    return record_call(sink, err);
}

static inline int record_allocation(void *context, const hsn_sink_allocation *allocation,
                                    hsn_error *err)
{
    record_sink *sink = context;
    RECORD(sink, "allocation %u %" PRIu64, allocation->stack, allocation->size_bytes);
    if (allocation->metric != HSN_METRIC_INUSE)
        RECORD(sink, " of %u", allocation->metric);
    RECORD(sink, "\n");
    return record_call(sink, err);
}

static inline int record_type_total(void *context, uint32_t type, uint64_t count,
                                    uint64_t size_bytes, hsn_error *err)
{
    record_sink *sink = context;
    RECORD(sink, "type_total %u %" PRIu64 " %" PRIu64 "\n", type, count, size_bytes);
    return record_call(sink, err);
}

static inline int record_next_snapshot(void *context, hsn_error *err)
{
    record_sink *sink = context;
    RECORD(sink, "next_snapshot\n");
    return record_call(sink, err);
}

static inline int record_sample(void *context, hsn_text series, double time_s, double value,
                                hsn_error *err)
{
    record_sink *sink = context;
    RECORD(sink, "sample %.*s %g %g\n", RECORD_TEXT(series), time_s, value);
    return record_call(sink, err);
}

static inline int record_warn(void *context, uint64_t offset, hsn_text message, hsn_error *err)
{
    record_sink *sink = context;
    sink->warnings++;
    RECORD(sink, "warning %" PRId64 " %.*s\n", (int64_t)offset, RECORD_TEXT(message));
    return record_call(sink, err);
}

static const hsn_sink_ops record_ops = {
    .fact = record_fact,
    .tag = record_tag,
    .type = record_type,
    .type_total = record_type_total,
    .string = record_string,
    .object = record_object,
    .refs = record_refs,
    .root = record_root,
    .frame = record_frame,
    .stack = record_stack,
    .metric = record_metric,
    .allocation = record_allocation,
    .sample = record_sample,
    .warn = record_warn,
    .next_snapshot = record_next_snapshot,
};

// Reads `size` bytes as `format` into *sink, which starts empty or with its switches set.
static inline int record_read(const char *format, const void *data, size_t size, record_sink *sink,
                              hsn_error *err)
{
    hsn_input *in = NULL;
    hsn_sink target = {&record_ops, sink};
    const hsn_reader *reader = hsn__reader_find(format);
    int r = hsn__input_memory(&in, data, size, err);
    if (r == HSN_OK)
        r = reader->read(in, &target, err);
    hsn__input_close(in);
    return r;
}

#endif
