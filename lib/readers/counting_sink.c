// SPDX-License-Identifier: MIT
// A sink that counts, digests and checks what a reader promises: ids are given out before they are
// used.
//
// It keeps no tables, so equal texts get different ids: readers must live with that, too.
#include <assert.h>

#include "readers/reader.h"

static void mix(hsn__counting_sink *counts, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    uint64_t digest = counts->digest;
    for (size_t i = 0; i < size; i++)
        digest = (digest ^ bytes[i]) * UINT64_C(0x100000001b3);
    counts->digest = digest;
}

static void mix_number(hsn__counting_sink *counts, uint64_t value)
{
    mix(counts, &value, sizeof value);
}

static void mix_text(hsn__counting_sink *counts, hsn_text text)
{
    mix_number(counts, text.length);
    mix(counts, text.data, text.length);
}

// Every event begins with its letter, so that events of the same bytes differ.
static void event(hsn__counting_sink *counts, char letter, uint64_t *count)
{
    mix(counts, &letter, 1);
    ++*count;
}

static int on_fact(void *context, hsn_text name, hsn_text value, hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    event(counts, 'f', &counts->facts);
    mix_text(counts, name);
    mix_text(counts, value);
    return HSN_OK;
}

static int on_tag(void *context, hsn_text name, hsn_text value, hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    event(counts, 'g', &counts->tags);
    mix_text(counts, name);
    mix_text(counts, value);
    return HSN_OK;
}

static int on_type(void *context, const hsn_sink_type *type, uint32_t *out_id, hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    assert(type->kind < HSN_KIND_COUNT);
    *out_id = (uint32_t)counts->types;
    event(counts, 't', &counts->types);
    mix_text(counts, type->name);
    mix_text(counts, type->module);
    mix_number(counts, type->object_address);
    mix_number(counts, type->kind);
    mix_number(counts, type->has_finalizer);
    return HSN_OK;
}

static int on_type_total(void *context, uint32_t type, uint64_t count, uint64_t size_bytes,
                         hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    assert(type < counts->types);
    event(counts, 't', &counts->type_totals);
    mix_number(counts, type);
    mix_number(counts, count);
    mix_number(counts, size_bytes);
    return HSN_OK;
}

static int on_string(void *context, hsn_text text, uint32_t *out_id, hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    *out_id = (uint32_t)counts->strings;
    event(counts, 's', &counts->strings);
    mix_text(counts, text);
    return HSN_OK;
}

static int on_object(void *context, const hsn_sink_object *object, hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    assert(object->type < counts->types && object->address);
    assert(object->stack == HSN_NONE || object->stack < counts->stacks);
    event(counts, 'o', &counts->objects);
    counts->object_bytes += object->size_bytes;
    mix_number(counts, object->address);
    mix_number(counts, object->size_bytes);
    mix_number(counts, object->length);
    mix_number(counts, object->refcount);
    mix_text(counts, object->text);
    mix_number(counts, object->type);
    mix_number(counts, object->stack);
    mix_number(counts, object->flags);
    mix_number(counts, object->generation);
    return HSN_OK;
}

static int on_refs(void *context, const hsn_sink_ref *refs, size_t count, hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    assert(counts->objects);
    for (size_t i = 0; i < count; i++) {
        assert(refs[i].kind < HSN_REF_KIND_COUNT && refs[i].label_form <= HSN_LABEL_INDEX);
        assert(refs[i].label_form != HSN_LABEL_STRING || refs[i].label < counts->strings);
        event(counts, 'r', &counts->references);
        mix_number(counts, refs[i].target);
        mix_number(counts, refs[i].label_form == HSN_LABEL_NONE ? 0 : refs[i].label);
        mix_number(counts, refs[i].kind);
        mix_number(counts, refs[i].label_form);
    }
    return HSN_OK;
}

static int on_root(void *context, const hsn_sink_root *root, hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    assert(root->kind < HSN_ROOT_KIND_COUNT);
    event(counts, 'R', &counts->roots);
    mix_number(counts, root->address);
    mix_number(counts, root->kind);
    mix_text(counts, root->name);
    mix_text(counts, root->thread);
    return HSN_OK;
}

static int on_frame(void *context, const hsn_sink_frame *frame, uint32_t *out_id, hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    *out_id = (uint32_t)counts->frames;
    event(counts, 'F', &counts->frames);
    mix_text(counts, frame->file);
    mix_text(counts, frame->function);
    mix_number(counts, frame->line);
    return HSN_OK;
}

static int on_stack(void *context, const uint32_t *frames, size_t count, uint64_t total_frames,
                    uint32_t *out_id, hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    assert(total_frames >= count);
    *out_id = (uint32_t)counts->stacks;
    event(counts, 'S', &counts->stacks);
    for (size_t i = 0; i < count; i++) {
        assert(frames[i] < counts->frames);
        mix_number(counts, frames[i]);
    }
    mix_number(counts, total_frames);
    return HSN_OK;
}

static int on_metric(void *context, hsn_text name, hsn_text unit, uint32_t *out_id, hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    assert(name.length && unit.length);
    event(counts, 'm', &counts->metrics);
    mix_text(counts, name);
    mix_text(counts, unit);
    *out_id = hsn__metric_is_inuse(name, unit) ? HSN_METRIC_INUSE : (uint32_t)counts->metrics;
    return HSN_OK;
}

static int on_allocation(void *context, const hsn_sink_allocation *allocation, hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    assert(allocation->stack < counts->stacks);
    assert(allocation->metric <= counts->metrics);
    event(counts, 'a', &counts->allocations);
    if (allocation->metric == HSN_METRIC_INUSE) {
        counts->allocation_bytes += allocation->size_bytes;
        counts->allocation_blocks += allocation->count;
    }
    mix_number(counts, allocation->metric);
    mix_number(counts, allocation->stack);
    mix_number(counts, allocation->domain);
    mix_number(counts, allocation->count);
    mix_number(counts, allocation->size_bytes);
    return HSN_OK;
}

static int on_sample(void *context, hsn_text series, double time_s, double value, hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    event(counts, 'p', &counts->samples);
    mix_text(counts, series);
    mix(counts, &time_s, sizeof time_s);
    mix(counts, &value, sizeof value);
    return HSN_OK;
}

static int on_warn(void *context, uint64_t offset, hsn_text message, hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    event(counts, 'w', &counts->warnings);
    mix_number(counts, offset);
    mix_text(counts, message);
    return HSN_OK;
}

static int on_next_snapshot(void *context, hsn_error *err)
{
    hsn__counting_sink *counts = context;
    (void)err;
    event(counts, 'n', &counts->further_snapshots);
    return HSN_OK;
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

hsn_sink hsn__counting_sink_init(hsn__counting_sink *counts)
{
    *counts = (hsn__counting_sink){.digest = UINT64_C(0xcbf29ce484222325)};
    return (hsn_sink){&ops, counts};
}
