// SPDX-License-Identifier: MIT
// The builder's sink: events into the log, the tables of names, and sums.
//
// The log, one record an object, all varints but the marks:
//   zigzag(pid - pid of the record before) type size length+1 refcount+1 flags|(generation+1)<<8
//   text+1 stack+1 { code+1 [index+1] zigzag(target pid - pid)+1 }* 0
// No byte behind the head is 0 but the mark at the end, so records are skipped by a search for it.
// Pids (see address_map.h) of neighbours are close to one another, so a reference takes four bytes
// as a rule, whatever is still to come in the dump. Weak references stand among the others here and
// are sorted to the end when the log is written out (builder_write.c).
#include "store/builder.h"
#include "base/alloc.h"
#include "base/varint.h"

#include <string.h>

enum {
    MAX_TYPES = 1 << 26,
    MAX_ROOTS = 1 << 26,
    MAX_FACTS = 100000,
    MAX_WARNINGS = 1000,
    MAX_SAMPLES = 1 << 26,
    OBJECTS_PER_TICK = 1 << 16,
    AHEAD = 8, // references whose blocks are fetched early
    RECORD_ROOM = 10 * HSN__VARINT_MAX,
    REF_ROOM = 3 * HSN__VARINT_MAX + 1,
};

void hsn__builder_init(hsn__builder *builder, uint64_t max_objects, uint64_t max_string_bytes)
{
    *builder = (hsn__builder){0};
    hsn__address_map_init(&builder->addresses);
    builder->max_objects = HSN_MAX_OBJECTS;
    builder->strings.max_bytes = (size_t)16 << 30;
    if (max_objects && max_objects < builder->max_objects)
        builder->max_objects = max_objects;
    if (max_string_bytes)
        builder->strings.max_bytes = max_string_bytes;
    builder->names.max_bytes = builder->strings.max_bytes;
    builder->metrics[HSN_METRIC_INUSE] =
        (hsn__built_metric){.name = HSN_METRIC_INUSE_NAME, .unit = HSN_UNIT_BYTES};
    builder->metric_count = 1;
}

void hsn__builder_clear(hsn__builder *builder)
{
    hsn__address_map_clear(&builder->addresses);
    hsn__intern_clear(&builder->strings);
    hsn__intern_clear(&builder->names);
    hsn__map64_clear(&builder->label_names);
    hsn__map64_clear(&builder->frame_functions);
    hsn__map64_clear(&builder->frame_lines);
    hsn__map64_clear(&builder->stacks);
    hsn__map64_clear(&builder->planes);
    hsn__map64_clear(&builder->totals_map);
    hsn__free(builder->log);
    hsn__free(builder->label_uses);
    hsn__free(builder->last_names);
    hsn__free(builder->types);
    hsn__free(builder->roots);
    hsn__free(builder->totals);
    hsn__free(builder->facts);
    hsn__free(builder->tags);
    hsn__free(builder->warnings);
    hsn__free(builder->samples);
    hsn__arena_clear(&builder->arena);
    *builder = (hsn__builder){0};
}

uint64_t hsn__builder_bytes(const hsn__builder *builder)
{
    return builder->log_size + hsn__address_map_bytes(&builder->addresses) + builder->strings.size +
           builder->strings.count * 16 + builder->names.size + builder->names.count * 16 +
           builder->last_names_capacity * sizeof *builder->last_names +
           builder->label_names.count * 24 + builder->type_count * sizeof *builder->types +
           builder->root_count * sizeof *builder->roots +
           (builder->frame_lines.count + builder->stacks.count + builder->totals_map.count) * 16 +
           builder->totals_map.count * sizeof *builder->totals;
}

static int put_string(hsn__intern *strings, hsn_text text, uint32_t *out_id, hsn_error *err)
{
    switch (hsn__intern_put(strings, text.data, text.length, out_id)) {
    case HSN__INTERN_OK:
        return HSN_OK;
    case HSN__INTERN_LIMIT:
        return hsn__fail_limit(err, "bytes of strings", strings->max_bytes);
    default:
        return hsn__fail_memory(err);
    }
}

// Reserve room for `need` more bytes of log. realloc of a large block moves pages, not bytes.
static bool log_room(hsn__builder *builder, size_t need)
{
    return hsn__array_grow(&builder->log, &builder->log_capacity, builder->log_size + need, 1,
                           SIZE_MAX / 2);
}

// As hsn__array_grow, but what is new is zero.
static bool grow_zeroed(void *array, size_t *capacity, size_t need, size_t size)
{
    size_t known = *capacity;
    if (!hsn__array_grow(array, capacity, need, size, SIZE_MAX))
        return false;
    unsigned char *bytes;
    memcpy(&bytes, array, sizeof bytes);
    memset(bytes + known * size, 0, (*capacity - known) * size);
    return true;
}

static const char *copy_text(hsn__builder *builder, hsn_text text)
{
    return hsn__arena_copy(&builder->arena, text.data, text.length);
}

static int add_pair(hsn__builder *builder, hsn_pair **rows, size_t *count, size_t *capacity,
                    hsn_text name, hsn_text value, hsn_error *err)
{
    // The last word on a name wins, and few facts make a linear search the simplest index.
    const char *copy = copy_text(builder, value);
    if (!copy)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < *count && *count < 1000; i++)
        if (strlen((*rows)[i].name) == name.length &&
            !memcmp((*rows)[i].name, name.data, name.length)) {
            (*rows)[i].value = copy;
            return HSN_OK;
        }
    if (*count >= MAX_FACTS)
        return hsn__fail_limit(err, "facts", MAX_FACTS);
    const char *name_copy = copy_text(builder, name);
    if (!name_copy || !hsn__array_grow(rows, capacity, *count + 1, sizeof **rows, MAX_FACTS))
        return hsn__fail_memory(err);
    (*rows)[(*count)++] = (hsn_pair){name_copy, copy};
    return HSN_OK;
}

static int on_fact(void *sink, hsn_text name, hsn_text value, hsn_error *err)
{
    hsn__builder *b = sink;
    return add_pair(b, &b->facts, &b->fact_count, &b->fact_capacity, name, value, err);
}

static int on_tag(void *sink, hsn_text name, hsn_text value, hsn_error *err)
{
    hsn__builder *b = sink;
    return add_pair(b, &b->tags, &b->tag_count, &b->tag_capacity, name, value, err);
}

const char *hsn__builder_fact(const hsn__builder *builder, const char *name)
{
    for (size_t i = 0; i < builder->fact_count; i++)
        if (!strcmp(builder->facts[i].name, name))
            return builder->facts[i].value;
    return NULL;
}

static int on_type(void *sink, const hsn_sink_type *type, uint32_t *out_id, hsn_error *err)
{
    hsn__builder *b = sink;
    if (b->type_count >= MAX_TYPES)
        return hsn__fail_limit(err, "types", MAX_TYPES);
    if (!hsn__array_grow(&b->types, &b->type_capacity, b->type_count + 1, sizeof *b->types,
                         MAX_TYPES))
        return hsn__fail_memory(err);
    char *full = hsn__arena_alloc(&b->arena, type->module.length + type->name.length + 2);
    const char *module = copy_text(b, type->module);
    if (!full || !module)
        return hsn__fail_memory(err);
    char *p = full;
    if (type->module.length) {
        memcpy(p, type->module.data, type->module.length);
        p += type->module.length;
        *p++ = '.';
    }
    if (type->name.length)
        memcpy(p, type->name.data, type->name.length);
    p[type->name.length] = 0;
    *out_id = (uint32_t)b->type_count;
    b->types[b->type_count++] = (hsn__built_type){
        .name = full,
        .module = module,
        .object_address = type->object_address,
        .kind = (unsigned)type->kind < HSN_KIND_COUNT ? (uint8_t)type->kind : HSN_KIND_INSTANCE,
        .has_finalizer = type->has_finalizer,
    };
    return HSN_OK;
}

static int on_type_total(void *sink, uint32_t id, uint64_t count, uint64_t size_bytes,
                         hsn_error *err)
{
    hsn__builder *b = sink;
    if (id >= b->type_count)
        return hsn__fail(err, HSN_EINVAL, NULL, "a total names a type never announced");
    if (count > b->max_objects || b->stated_objects + count > b->max_objects)
        return hsn__fail_limit(err, "objects", b->max_objects);
    if (__builtin_add_overflow(b->stated_bytes, size_bytes, &b->stated_bytes) ||
        b->stated_bytes > INT64_MAX)
        return hsn__fail_limit(err, "bytes of the heap", INT64_MAX);
    b->stated_objects += count;
    b->types[id].stated_count += count;
    b->types[id].stated_size_bytes += size_bytes;
    return HSN_OK;
}

static int on_string(void *sink, hsn_text text, uint32_t *out_id, hsn_error *err)
{
    hsn__builder *b = sink;
    return put_string(&b->strings, text, out_id, err);
}

void hsn__builder_end(hsn__builder *b)
{
    if (b->in_object)
        b->log[b->log_size++] = 0; // RECORD_ROOM and REF_ROOM keep one byte for this
    b->in_object = false;
}

static void log_object(hsn__builder *b, uint64_t previous_pid, const uint64_t fields[7])
{
    uint8_t *p = b->log + b->log_size;
    p = hsn__varint_put(p, hsn__zigzag((int64_t)(b->pid - previous_pid)));
    for (int i = 0; i < 7; i++)
        p = hsn__varint_put(p, fields[i]);
    b->log_size = (size_t)(p - b->log);
}

const uint8_t *hsn__builder_record(const uint8_t *p, uint64_t *pid, uint64_t fields[7])
{
    uint64_t step;
    p = hsn__varint_get(p, &step);
    *pid += (uint64_t)hsn__unzigzag(step);
    for (int i = 0; i < 7; i++)
        p = hsn__varint_get(p, &fields[i]);
    return p;
}

// Write the log anew for a map with a smaller shift. Rare: it happens when the first addresses of a
// dump were multiples of 16 and a later one is not.
static int reshift(hsn__builder *b, uint64_t address, hsn_error *err)
{
    hsn__address_map fresh, old = b->addresses;
    unsigned shift = address ? (unsigned)__builtin_ctzll(address) : 0;
    if (!hsn__address_map_reshift(&old, shift, &fresh))
        return hsn__fail_memory(err);
    uint8_t *log = b->log;
    const uint8_t *p = log, *end = log + b->log_size;
    uint64_t old_pid = 0, previous = 0, fields[7], code, value;
    bool ok = true;
    b->addresses = fresh;
    b->log = NULL;
    b->log_size = b->log_capacity = 0;
    while (ok && p < end) {
        p = hsn__builder_record(p, &old_pid, fields);
        b->pid = hsn__address_map_pid(&b->addresses, hsn__address_map_address(&old, old_pid));
        ok = b->pid != HSN__NO_PID && log_room(b, RECORD_ROOM);
        if (ok)
            log_object(b, previous, fields);
        previous = b->pid;
        for (p = hsn__varint_get(p, &code); ok && code; p = hsn__varint_get(p, &code)) {
            ok = log_room(b, REF_ROOM);
            uint8_t *q = ok ? hsn__varint_put(b->log + b->log_size, code) : NULL;
            if (code - 1 < HSN__LABEL_NAMES && (code - 1) % 3 == HSN__LABEL_INDEX_FOLLOWS) {
                p = hsn__varint_get(p, &value);
                q = ok ? hsn__varint_put(q, value) : NULL;
            }
            p = hsn__varint_get(p, &value);
            uint64_t target = old_pid + (uint64_t)hsn__unzigzag(value - 1);
            uint64_t pid =
                ok ? hsn__address_map_pid(&b->addresses, hsn__address_map_address(&old, target))
                   : HSN__NO_PID;
            ok = pid != HSN__NO_PID;
            if (ok)
                b->log_size =
                    (size_t)(hsn__varint_put(q, hsn__zigzag((int64_t)(pid - b->pid)) + 1) - b->log);
        }
        if (ok)
            b->log[b->log_size++] = 0;
    }
    hsn__free(log);
    hsn__address_map_clear(&old);
    return ok ? HSN_OK : hsn__fail_memory(err);
}

// Ask the caller now and then whether to go on.
static int tick(hsn__builder *b, hsn_error *err)
{
    uint64_t done = 0, total = 0;
    if (b->addresses.count % OBJECTS_PER_TICK || !b->progress || !b->progress->tick)
        return HSN_OK;
    if (b->input)
        hsn__input_coverage(b->input, &done, &total);
    if (b->progress->tick(b->progress->context, "reading", done, total))
        return hsn__fail(err, HSN_ECANCELED, NULL, "canceled");
    return HSN_OK;
}

static int count_object(hsn__builder *b, const hsn_sink_object *object, hsn_error *err)
{
    hsn__built_type *type = &b->types[object->type];
    if (__builtin_add_overflow(b->heap_bytes, object->size_bytes, &b->heap_bytes) ||
        b->heap_bytes > INT64_MAX)
        return hsn__fail_limit(err, "bytes of the heap", INT64_MAX);
    type->count++;
    type->size_bytes += object->size_bytes;
    b->has_refcounts |= object->refcount != HSN_NO_REFCOUNT;
    b->has_object_stacks |= object->stack != HSN_NONE;
    return HSN_OK;
}

static int on_object(void *sink, const hsn_sink_object *object, hsn_error *err)
{
    hsn__builder *b = sink;
    uint64_t previous = b->pid;
    int r;
    hsn__builder_end(b);
    b->skip_object = true;
    if (object->type >= b->type_count ||
        (object->stack != HSN_NONE && object->stack >= b->stacks.count))
        return hsn__fail(err, HSN_EINVAL, NULL, "an object names a type or stack never announced");
    if (!hsn__address_fits(&b->addresses, object->address)) {
        r = reshift(b, object->address, err);
        if (r < 0)
            return r;
        previous = b->pid;
    }
    if (!log_room(b, RECORD_ROOM))
        return hsn__fail_memory(err);
    uint64_t pid = hsn__address_map_pid(&b->addresses, object->address);
    if (pid == HSN__NO_PID)
        return hsn__fail_memory(err);
    if (!hsn__address_map_add(&b->addresses, pid)) {
        b->duplicate_objects++;
        return HSN_OK;
    }
    if (b->addresses.count > b->max_objects)
        return hsn__fail_limit(err, "objects", b->max_objects);
    r = count_object(b, object, err);
    if (r == HSN_OK)
        r = tick(b, err);
    if (r < 0)
        return r;
    uint32_t text = UINT32_MAX;
    if (object->text.length) {
        r = put_string(&b->strings, object->text, &text, err);
        if (r < 0)
            return r;
    }
    b->pid = pid;
    // HSN_NO_LENGTH, HSN_NO_REFCOUNT and HSN_NONE are all ones, so that + 1 makes them 0.
    log_object(b, previous,
               (uint64_t[7]){object->type, object->size_bytes, object->length + 1,
                             object->refcount + 1,
                             (uint64_t)(uint8_t)object->flags |
                                 (uint64_t)(uint8_t)(object->generation + 1) << 8,
                             (uint32_t)(text + 1), (uint32_t)(object->stack + 1)});
    b->in_object = true;
    b->skip_object = false;
    b->labels = (hsn__label_state){0};
    return HSN_OK;
}

// The code of a reference with a string: its name, made when it is new.
static int name_code(hsn__builder *b, const hsn_sink_ref *ref, uint32_t *out_code, hsn_error *err)
{
    uint64_t key = (uint64_t)ref->label << 4 | ref->kind;
    // A string is nearly always used with one kind: look at the name that it had last.
    if (ref->label < b->last_names_capacity) {
        uint32_t last = b->last_names[ref->label];
        if (last && b->label_names.keys[last - 1] == key) {
            *out_code = HSN__LABEL_NAMES + last - 1;
            return HSN_OK;
        }
    }
    uint32_t name = hsn__map64_put(&b->label_names, key);
    if (name == UINT32_MAX ||
        !grow_zeroed(&b->label_uses, &b->label_uses_capacity, (size_t)name + 1,
                     sizeof *b->label_uses) ||
        !grow_zeroed(&b->last_names, &b->last_names_capacity, (size_t)ref->label + 1,
                     sizeof *b->last_names))
        return hsn__fail_memory(err);
    b->last_names[ref->label] = name + 1;
    *out_code = HSN__LABEL_NAMES + name;
    return HSN_OK;
}

static int on_refs(void *sink, const hsn_sink_ref *refs, size_t count, hsn_error *err)
{
    hsn__builder *b = sink;
    if (b->skip_object)
        return HSN_OK;
    for (size_t i = 0; i < count && i < AHEAD; i++)
        hsn__address_map_prefetch(&b->addresses, refs[i].target);
    for (size_t i = 0; i < count; i++) {
        const hsn_sink_ref *ref = &refs[i];
        if (count - i > AHEAD)
            hsn__address_map_prefetch(&b->addresses, refs[i + AHEAD].target);
        unsigned kind = ref->kind < HSN_REF_KIND_COUNT ? ref->kind : HSN_REF_OTHER;
        if (!ref->target)
            continue;
        if (!hsn__address_fits(&b->addresses, ref->target)) {
            // The record under way is closed, rewritten with all others, and opened again.
            hsn__builder_end(b);
            int r = reshift(b, ref->target, err);
            if (r < 0)
                return r;
            b->log_size--;
            b->in_object = true;
        }
        if (!log_room(b, REF_ROOM))
            return hsn__fail_memory(err);
        uint64_t target = hsn__address_map_pid(&b->addresses, ref->target);
        if (target == HSN__NO_PID)
            return hsn__fail_memory(err);
        uint8_t *p = b->log + b->log_size;
        if (ref->label_form == HSN_LABEL_INDEX) {
            uint32_t *next = &b->labels.next_index[kind];
            if (ref->label == *next) {
                p = hsn__varint_put(p, 3 * kind + HSN__LABEL_COUNT_ON + 1);
            } else {
                p = hsn__varint_put(p, 3 * kind + HSN__LABEL_INDEX_FOLLOWS + 1);
                p = hsn__varint_put(p, (uint64_t)ref->label + 1);
            }
            *next = ref->label + 1;
        } else if (ref->label_form == HSN_LABEL_STRING && ref->label < b->strings.count) {
            uint32_t code = 0;
            int r = name_code(b, ref, &code, err);
            if (r < 0)
                return r;
            b->label_uses[code - HSN__LABEL_NAMES]++;
            p = hsn__varint_put(p, (uint64_t)code + 1);
        } else {
            p = hsn__varint_put(p, 3 * kind + HSN__LABEL_PLAIN + 1);
        }
        p = hsn__varint_put(p, hsn__zigzag((int64_t)(target - b->pid)) + 1);
        b->log_size = (size_t)(p - b->log);
        b->log_references++;
    }
    return HSN_OK;
}

static int on_root(void *sink, const hsn_sink_root *root, hsn_error *err)
{
    hsn__builder *b = sink;
    if (b->root_count >= MAX_ROOTS)
        return hsn__fail_limit(err, "roots", MAX_ROOTS);
    const char *name = copy_text(b, root->name), *thread = copy_text(b, root->thread);
    if (!name || !thread ||
        !hsn__array_grow(&b->roots, &b->root_capacity, b->root_count + 1, sizeof *b->roots,
                         MAX_ROOTS))
        return hsn__fail_memory(err);
    b->roots[b->root_count++] = (hsn__built_root){
        .address = root->address,
        .name = name,
        .thread = thread,
        .node = HSN_NONE,
        .kind = (unsigned)root->kind < HSN_ROOT_KIND_COUNT ? (uint8_t)root->kind : HSN_ROOT_OTHER,
    };
    return HSN_OK;
}

static int on_frame(void *sink, const hsn_sink_frame *frame, uint32_t *out_id, hsn_error *err)
{
    hsn__builder *b = sink;
    hsn_sink_frame named;
    uint32_t file, function, place;
    int r = HSN_OK;
    if (frame->by_offset && b->name_frame) {
        r = b->name_frame(b->name_frame_context, frame, &named, err);
        frame = &named;
    }
    if (r >= 0)
        r = put_string(&b->names, frame->file, &file, err);
    if (r < 0)
        return r;
    r = put_string(&b->names, frame->function, &function, err);
    if (r < 0)
        return r;
    place = hsn__map64_put(&b->frame_functions, (uint64_t)file << 32 | function);
    if (place == UINT32_MAX)
        return hsn__fail_memory(err);
    *out_id = hsn__map64_put(&b->frame_lines, (uint64_t)place << 32 | frame->line);
    return *out_id == UINT32_MAX ? hsn__fail_memory(err) : HSN_OK;
}

static int on_stack(void *sink, const uint32_t *frames, size_t count, uint64_t total_frames,
                    uint32_t *out_id, hsn_error *err)
{
    hsn__builder *b = sink;
    uint32_t stack = UINT32_MAX; // + 1 = 0: no parent
    (void)total_frames;
    if (!count)
        return hsn__fail(err, HSN_EINVAL, NULL, "a stack without frames");
    while (count) {
        uint32_t frame = frames[--count];
        if (frame >= b->frame_lines.count)
            return hsn__fail(err, HSN_EINVAL, NULL, "a stack names a frame never announced");
        stack = hsn__map64_put(&b->stacks, (uint64_t)(uint32_t)(stack + 1) << 32 | frame);
        if (stack == UINT32_MAX)
            return hsn__fail_memory(err);
    }
    *out_id = stack;
    return HSN_OK;
}

static int on_metric(void *sink, hsn_text name, hsn_text unit, uint32_t *out_id, hsn_error *err)
{
    hsn__builder *b = sink;
    const char *name_copy = copy_text(b, name), *unit_copy = copy_text(b, unit);
    if (!name_copy || !unit_copy)
        return hsn__fail_memory(err);
    for (uint32_t i = 0; i < b->metric_count; i++)
        if (!strcmp(b->metrics[i].name, name_copy) && !strcmp(b->metrics[i].unit, unit_copy)) {
            *out_id = i;
            return HSN_OK;
        }
    if (b->metric_count >= HSN_MAX_METRICS)
        return hsn__fail_limit(err, "metrics", HSN_MAX_METRICS);
    *out_id = b->metric_count;
    b->metrics[b->metric_count++] = (hsn__built_metric){.name = name_copy, .unit = unit_copy};
    return HSN_OK;
}

int hsn__builder_add_total(hsn__builder *b, const hsn_sink_allocation *a, hsn_error *err)
{
    hsn__built_metric *metric = &b->metrics[a->metric];
    uint32_t plane = hsn__map64_put(&b->planes, (uint64_t)a->metric << 32 | a->domain);
    if (plane == UINT32_MAX)
        return hsn__fail_memory(err);
    uint32_t index = hsn__map64_put(&b->totals_map, (uint64_t)a->stack << 32 | plane);
    if (index == UINT32_MAX ||
        !grow_zeroed(&b->totals, &b->totals_capacity, (size_t)index + 1, sizeof *b->totals))
        return hsn__fail_memory(err);
    // No single total can pass what the sum over all may not.
    b->totals[index].count += a->count;
    b->totals[index].size_bytes += a->size_bytes;
    if (__builtin_add_overflow(metric->count, a->count, &metric->count) ||
        __builtin_add_overflow(metric->size_bytes, a->size_bytes, &metric->size_bytes) ||
        metric->count > INT64_MAX || metric->size_bytes > INT64_MAX)
        return hsn__fail_limit(err, "bytes of allocations", INT64_MAX);
    return HSN_OK;
}

static int on_allocation(void *sink, const hsn_sink_allocation *allocation, hsn_error *err)
{
    hsn__builder *b = sink;
    if (allocation->stack >= b->stacks.count || allocation->metric >= b->metric_count)
        return hsn__fail(err, HSN_EINVAL, NULL,
                         "an allocation names a stack or metric never announced");
    b->has_allocations |= allocation->metric == HSN_METRIC_INUSE;
    return hsn__builder_add_total(b, allocation, err);
}

static int on_sample(void *sink, hsn_text series, double time_s, double value, hsn_error *err)
{
    hsn__builder *b = sink;
    // Samples of one series come in a row as a rule: share the text with the one before.
    const char *name = b->sample_count ? b->samples[b->sample_count - 1].series : NULL;
    if (b->sample_count >= MAX_SAMPLES)
        return hsn__fail_limit(err, "samples", MAX_SAMPLES);
    if (!name || strlen(name) != series.length || memcmp(name, series.data, series.length))
        name = copy_text(b, series);
    if (!name || !hsn__array_grow(&b->samples, &b->sample_capacity, b->sample_count + 1,
                                  sizeof *b->samples, MAX_SAMPLES))
        return hsn__fail_memory(err);
    b->samples[b->sample_count++] = (hsn__built_sample){name, time_s, value};
    return HSN_OK;
}

static int on_warn(void *sink, uint64_t offset, hsn_text message, hsn_error *err)
{
    hsn__builder *b = sink;
    b->warnings_seen++;
    if (b->warning_count >= MAX_WARNINGS)
        return HSN_OK;
    const char *copy = copy_text(b, message);
    if (!copy || !hsn__array_grow(&b->warnings, &b->warning_capacity, b->warning_count + 1,
                                  sizeof *b->warnings, MAX_WARNINGS))
        return hsn__fail_memory(err);
    b->warnings[b->warning_count++] = (hsn__built_warning){offset, copy};
    return HSN_OK;
}

static int on_next_snapshot(void *sink, hsn_error *err)
{
    hsn__builder *b = sink;
    if (!b->write_out)
        return hsn__fail(err, HSN_EUNSUPPORTED, NULL, "the dump holds several snapshots");
    return b->write_out(b->write_out_context, err);
}

hsn_sink hsn__builder_sink(hsn__builder *builder)
{
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
    return (hsn_sink){&ops, builder};
}
