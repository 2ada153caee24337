// SPDX-License-Identifier: MIT
// Every event as a line of text.
#include "text_sink.h"

#include <inttypes.h>

static void field(hsn__text_sink *sink, const char *name, uint64_t value)
{
    hsn__buf_printf(&sink->line, " %s=%" PRIu64, name, value);
}

static void optional(hsn__text_sink *sink, const char *name, uint64_t value, uint64_t absent)
{
    if (value != absent)
        field(sink, name, value);
}

static void address(hsn__text_sink *sink, const char *name, uint64_t value)
{
    hsn__buf_printf(&sink->line, " %s=0x%" PRIx64, name, value);
}

static void text(hsn__text_sink *sink, const char *name, hsn_text value)
{
    hsn__buf_printf(&sink->line, " %s=\"", name);
    for (size_t i = 0; i < value.length; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if (c < ' ' || c > '~')
            hsn__buf_printf(&sink->line, "\\x%02x", c);
        else if (c == '"' || c == '\\')
            hsn__buf_printf(&sink->line, "\\%c", c);
        else
            hsn__buf_putc(&sink->line, (char)c);
    }
    hsn__buf_putc(&sink->line, '"');
}

static void optional_text(hsn__text_sink *sink, const char *name, hsn_text value)
{
    if (value.length)
        text(sink, name, value);
}

static void word(hsn__text_sink *sink, const char *name, const char *value)
{
    hsn__buf_printf(&sink->line, " %s=%s", name, value);
}

static int end_line(hsn__text_sink *sink, hsn_error *err)
{
    hsn__buf_putc(&sink->line, '\n');
    int r = sink->line.failed ? hsn__fail_memory(err)
                              : sink->write(sink->context, sink->line.data, sink->line.size, err);
    hsn__buf_reset(&sink->line);
    return r;
}

static int named(hsn__text_sink *sink, const char *event, hsn_text name, hsn_text value,
                 hsn_error *err)
{
    hsn__buf_puts(&sink->line, event);
    text(sink, "name", name);
    text(sink, "value", value);
    return end_line(sink, err);
}

static int on_fact(void *context, hsn_text name, hsn_text value, hsn_error *err)
{
    return named(context, "fact", name, value, err);
}

static int on_tag(void *context, hsn_text name, hsn_text value, hsn_error *err)
{
    return named(context, "tag", name, value, err);
}

static int on_type(void *context, const hsn_sink_type *type, uint32_t *out_id, hsn_error *err)
{
    hsn__text_sink *sink = context;
    hsn__buf_printf(&sink->line, "type %" PRIu32, sink->types);
    text(sink, "name", type->name);
    optional_text(sink, "module", type->module);
    if (type->object_address)
        address(sink, "object", type->object_address);
    word(sink, "kind", hsn_kind_name(type->kind));
    if (type->has_finalizer)
        hsn__buf_puts(&sink->line, " finalizer");
    *out_id = sink->types++;
    return end_line(sink, err);
}

static int on_type_total(void *context, uint32_t type, uint64_t count, uint64_t size_bytes,
                         hsn_error *err)
{
    hsn__text_sink *sink = context;
    hsn__buf_puts(&sink->line, "type_total");
    field(sink, "type", type);
    field(sink, "count", count);
    field(sink, "size_bytes", size_bytes);
    return end_line(sink, err);
}

static int on_string(void *context, hsn_text value, uint32_t *out_id, hsn_error *err)
{
    hsn__text_sink *sink = context;
    hsn__buf_printf(&sink->line, "string %" PRIu32, sink->strings);
    text(sink, "text", value);
    *out_id = sink->strings++;
    return end_line(sink, err);
}

static int on_object(void *context, const hsn_sink_object *object, hsn_error *err)
{
    hsn__text_sink *sink = context;
    hsn__buf_puts(&sink->line, "object");
    address(sink, "address", object->address);
    field(sink, "type", object->type);
    field(sink, "size_bytes", object->size_bytes);
    optional(sink, "length", object->length, HSN_NO_LENGTH);
    optional(sink, "refcount", object->refcount, HSN_NO_REFCOUNT);
    optional(sink, "flags", object->flags, 0);
    optional(sink, "generation", object->generation, HSN_NO_GENERATION);
    optional(sink, "stack", object->stack, HSN_NONE);
    optional_text(sink, "text", object->text);
    return end_line(sink, err);
}

static int on_refs(void *context, const hsn_sink_ref *refs, size_t count, hsn_error *err)
{
    hsn__text_sink *sink = context;
    int r = HSN_OK;
    for (size_t i = 0; i < count && r == HSN_OK; i++) {
        hsn__buf_puts(&sink->line, "ref");
        address(sink, "target", refs[i].target);
        word(sink, "kind", hsn_ref_kind_name((hsn_ref_kind)refs[i].kind));
        if (refs[i].label_form == HSN_LABEL_STRING)
            field(sink, "string", refs[i].label);
        else if (refs[i].label_form == HSN_LABEL_INDEX)
            field(sink, "index", refs[i].label);
        r = end_line(sink, err);
    }
    return r;
}

static int on_root(void *context, const hsn_sink_root *root, hsn_error *err)
{
    hsn__text_sink *sink = context;
    hsn__buf_puts(&sink->line, "root");
    address(sink, "address", root->address);
    word(sink, "kind", hsn_root_kind_name(root->kind));
    optional_text(sink, "name", root->name);
    optional_text(sink, "thread", root->thread);
    return end_line(sink, err);
}

static int on_frame(void *context, const hsn_sink_frame *frame, uint32_t *out_id, hsn_error *err)
{
    hsn__text_sink *sink = context;
    hsn__buf_printf(&sink->line, "frame %" PRIu32, sink->frames);
    text(sink, "file", frame->file);
    field(sink, "line", frame->line);
    optional_text(sink, "function", frame->function);
    *out_id = sink->frames++;
    return end_line(sink, err);
}

static int on_stack(void *context, const uint32_t *frames, size_t count, uint64_t total_frames,
                    uint32_t *out_id, hsn_error *err)
{
    hsn__text_sink *sink = context;
    hsn__buf_printf(&sink->line, "stack %" PRIu32 " frames=", sink->stacks);
    for (size_t i = 0; i < count; i++)
        hsn__buf_printf(&sink->line, i ? ",%" PRIu32 : "%" PRIu32, frames[i]);
    optional(sink, "total_frames", total_frames, count);
    *out_id = sink->stacks++;
    return end_line(sink, err);
}

static int on_metric(void *context, hsn_text name, hsn_text unit, uint32_t *out_id, hsn_error *err)
{
    hsn__text_sink *sink = context;
    *out_id = hsn__metric_is_inuse(name, unit) ? HSN_METRIC_INUSE : ++sink->metrics;
    hsn__buf_printf(&sink->line, "metric %" PRIu32, *out_id);
    text(sink, "name", name);
    text(sink, "unit", unit);
    return end_line(sink, err);
}

static int on_allocation(void *context, const hsn_sink_allocation *allocation, hsn_error *err)
{
    hsn__text_sink *sink = context;
    hsn__buf_puts(&sink->line, "allocation");
    field(sink, "stack", allocation->stack);
    field(sink, "domain", allocation->domain);
    field(sink, "count", allocation->count);
    field(sink, "size_bytes", allocation->size_bytes);
    optional(sink, "metric", allocation->metric, HSN_METRIC_INUSE);
    return end_line(sink, err);
}

static int on_sample(void *context, hsn_text series, double time_s, double value, hsn_error *err)
{
    hsn__text_sink *sink = context;
    hsn__buf_puts(&sink->line, "sample");
    text(sink, "series", series);
    hsn__buf_printf(&sink->line, " time_s=%.17g value=%.17g", time_s, value);
    return end_line(sink, err);
}

static int on_warn(void *context, uint64_t offset, hsn_text message, hsn_error *err)
{
    hsn__text_sink *sink = context;
    hsn__buf_puts(&sink->line, "warn");
    optional(sink, "offset", offset, HSN_NO_OFFSET);
    text(sink, "message", message);
    return end_line(sink, err);
}

static int on_next_snapshot(void *context, hsn_error *err)
{
    hsn__text_sink *sink = context;
    sink->types = sink->strings = sink->frames = sink->stacks = sink->metrics = 0;
    hsn__buf_puts(&sink->line, "next_snapshot");
    return end_line(sink, err);
}

static const hsn_sink_ops ops = {
    .fact = on_fact,
    .tag = on_tag,
    .type = on_type,
    .type_total = on_type_total,
    .string = on_string,
    .object = on_object,
    .refs = on_refs,
    .root = on_root,
    .frame = on_frame,
    .stack = on_stack,
    .metric = on_metric,
    .allocation = on_allocation,
    .sample = on_sample,
    .warn = on_warn,
    .next_snapshot = on_next_snapshot,
};

hsn_sink hsn__text_sink_init(hsn__text_sink *sink)
{
    sink->line = (hsn__buf){0};
    sink->types = sink->strings = sink->frames = sink->stacks = sink->metrics = 0;
    return (hsn_sink){&ops, sink};
}

void hsn__text_sink_clear(hsn__text_sink *sink)
{
    hsn__buf_clear(&sink->line);
}
