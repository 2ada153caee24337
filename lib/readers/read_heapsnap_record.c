// SPDX-License-Identifier: MIT
// The `heapsnap` reader: the header, types, strings, frames, stacks, roots, warnings and the end.
#include "read_heapsnap.h"

#include "base/alloc.h"

// Longest stack.
#define STACK_MAX ((size_t)1 << 20)

// The members of these lines, whatever their first key is. The first ones are texts.
enum member {
    NAME,
    MODULE,
    KIND,
    TEXT,
    FILE_NAME,
    FUNCTION,
    THREAD,
    TEXTS,
    OBJECT = TEXTS,
    LINE,
    FINALIZER,
    OBJECTS,
    REFERENCES,
    TYPES,
    STRINGS,
    ROOTS,
    FRAMES,
    MEMBERS,
};

static const char *const member_keys[MEMBERS] = {
    [NAME] = "name",           [MODULE] = "module",   [KIND] = "kind",
    [TEXT] = "text",           [FILE_NAME] = "file",  [FUNCTION] = "function",
    [THREAD] = "thread",       [OBJECT] = "object",   [LINE] = "line",
    [FINALIZER] = "finalizer", [OBJECTS] = "objects", [REFERENCES] = "references",
    [TYPES] = "types",         [STRINGS] = "strings", [ROOTS] = "roots",
    [FRAMES] = "frames",
};

struct record {
    uint64_t id;          // value of the first key
    hsn__json_span first; // the same where it is a text
    hsn__json_span texts[TEXTS];
    uint64_t numbers[MEMBERS];
    bool has[MEMBERS];
    size_t frames; // in reading->stack
};

static hsn_text text_of(const hsn__heapsnap *reading, const struct record *record,
                        enum member member)
{
    return hsn__json_text(&reading->json, record->texts[member]);
}

// [0,3,2] into reading->stack, as the sink's ids.
static int read_frames(hsn__heapsnap *reading, struct record *record)
{
    bool first = true;
    int r;
    record->frames = 0;
    if (!hsn__json_take(&reading->json, '['))
        return hsn__heapsnap_damage(reading, "an array was expected");
    while ((r = hsn__json_element(&reading->json, &first)) == HSN_OK) {
        uint64_t id;
        if (!hsn__json_uint(&reading->json, &id))
            return HSN_PARTIAL;
        if (record->frames == STACK_MAX)
            return hsn__heapsnap_damage(reading, "a stack of more than 2^20 frames");
        if (!hsn__array_grow(&reading->stack, &reading->stack_capacity, record->frames + 1,
                             sizeof *reading->stack, STACK_MAX))
            return hsn__fail_memory(reading->err);
        uint32_t frame = hsn__id_map_get(&reading->frames, id);
        if (frame != HSN_NONE)
            reading->stack[record->frames++] = frame;
        else if ((r = hsn__heapsnap_warn(reading, "stack with the undefined frame %llu",
                                         (unsigned long long)id)) < 0)
            return r;
    }
    return r == HSN_DONE ? HSN_OK : r;
}

static int read_member(hsn__heapsnap *reading, struct record *record, enum member member)
{
    hsn__json_kind kind;
    bool flag;
    bool ok;
    if (member == FRAMES) {
        record->has[member] = true;
        return read_frames(reading, record);
    }
    if (member == MEMBERS)
        return hsn__json_skip(&reading->json) ? HSN_OK : HSN_PARTIAL;
    if (member == FINALIZER) {
        ok = hsn__json_bool(&reading->json, &flag);
        record->numbers[member] = ok && flag;
    } else if (member >= TEXTS) {
        ok = hsn__json_uint(&reading->json, &record->numbers[member]);
    } else {
        ok = hsn__json_scalar(&reading->json, &record->texts[member], &kind);
        if (ok && kind == HSN__JSON_NULL)
            record->texts[member].length = 0;
    }
    record->has[member] = ok;
    return ok ? HSN_OK : HSN_PARTIAL;
}

// The line's members behind the first. Its end is only looked at: damage found later skips this
// line.
static int read_members(hsn__heapsnap *reading, struct record *record)
{
    hsn__json *json = &reading->json;
    bool first = false;
    hsn__json_span span;
    int r;
    for (;;) {
        size_t start = json->text.size;
        r = hsn__json_member(json, &first, &span);
        if (r != HSN_OK)
            break;
        hsn_text key = hsn__json_text(json, span);
        enum member member = 0;
        while (member < MEMBERS && !hsn__json_is(key, member_keys[member]))
            member++;
        json->text.size = start;
        r = read_member(reading, record, member);
        if (r != HSN_OK)
            return r;
    }
    if (r != HSN_DONE || !hsn__json_at_line_end(json))
        return HSN_PARTIAL;
    return json->text.failed ? hsn__fail_memory(reading->err) : HSN_OK;
}

// Whether the id may be defined, before the sink is told.
static int check_id(hsn__heapsnap *reading, const hsn__id_map *map, const char *what, uint64_t id)
{
    if (id >= HSN__HEAPSNAP_ID_MAX || id > map->count + HSN__HEAPSNAP_ID_GAP)
        return hsn__heapsnap_damage(reading, "an id far above the ones before it");
    if (id > map->count)
        return hsn__heapsnap_warn(reading, "the id of a %s is %llu, not %zu", what,
                                  (unsigned long long)id, map->count);
    if (id < map->count && map->ids[id] != HSN_NONE)
        return hsn__heapsnap_warn(reading, "%s %llu is defined twice", what,
                                  (unsigned long long)id);
    return HSN_OK;
}

static int put_id(hsn__heapsnap *reading, hsn__id_map *map, uint64_t id, uint32_t sink_id)
{
    if (!hsn__array_grow(&map->ids, &map->capacity, (size_t)id + 1, sizeof *map->ids,
                         HSN__HEAPSNAP_ID_MAX))
        return hsn__fail_memory(reading->err);
    while (map->count <= id)
        map->ids[map->count++] = HSN_NONE;
    map->ids[id] = sink_id;
    return HSN_OK;
}

static int read_type(hsn__heapsnap *reading, struct record *record)
{
    hsn_text kind = text_of(reading, record, KIND);
    hsn_sink_type type = {
        .name = text_of(reading, record, NAME),
        .module = text_of(reading, record, MODULE),
        .object_address = record->numbers[OBJECT],
        .kind = HSN_KIND_COUNT,
        .has_finalizer = record->numbers[FINALIZER],
    };
    uint32_t id;
    int r = check_id(reading, &reading->types, "type", record->id);
    if (!kind.length)
        type.kind = HSN_KIND_INSTANCE;
    for (hsn_kind i = 0; type.kind == HSN_KIND_COUNT && i < HSN_KIND_COUNT; i++)
        if (hsn__json_is(kind, hsn_kind_name(i)))
            type.kind = i;
    if (r == HSN_OK && type.kind == HSN_KIND_COUNT) {
        type.kind = HSN_KIND_INSTANCE;
        r = hsn__heapsnap_warn(reading, "unknown kind \"%.*s\" of a type",
                               kind.length < 64 ? (int)kind.length : 64, kind.data);
    }
    if (r == HSN_OK)
        r = reading->sink->ops->type(reading->sink->context, &type, &id, reading->err);
    if (r == HSN_OK)
        r = put_id(reading, &reading->types, record->id, id);
    reading->seen.types += r == HSN_OK;
    return r;
}

static int read_string(hsn__heapsnap *reading, struct record *record)
{
    uint32_t id;
    int r = check_id(reading, &reading->strings, "string", record->id);
    if (r == HSN_OK)
        r = reading->sink->ops->string(reading->sink->context, text_of(reading, record, TEXT), &id,
                                       reading->err);
    if (r == HSN_OK)
        r = put_id(reading, &reading->strings, record->id, id);
    reading->seen.strings += r == HSN_OK;
    return r;
}

static int read_frame(hsn__heapsnap *reading, struct record *record)
{
    uint64_t line = record->numbers[LINE];
    hsn_sink_frame frame = {
        .file = text_of(reading, record, FILE_NAME),
        .function = text_of(reading, record, FUNCTION),
        .line = line < UINT32_MAX ? (uint32_t)line : 0,
    };
    uint32_t id;
    int r = check_id(reading, &reading->frames, "frame", record->id);
    if (r == HSN_OK)
        r = reading->sink->ops->frame(reading->sink->context, &frame, &id, reading->err);
    return r == HSN_OK ? put_id(reading, &reading->frames, record->id, id) : r;
}

static int read_stack(hsn__heapsnap *reading, struct record *record)
{
    uint32_t id;
    if (!record->has[FRAMES])
        return hsn__heapsnap_damage(reading, "a stack without frames");
    int r = check_id(reading, &reading->stacks, "stack", record->id);
    if (r == HSN_OK)
        r = reading->sink->ops->stack(reading->sink->context, reading->stack, record->frames,
                                      record->frames, &id, reading->err);
    return r == HSN_OK ? put_id(reading, &reading->stacks, record->id, id) : r;
}

static int read_root(hsn__heapsnap *reading, struct record *record)
{
    hsn_text kind = text_of(reading, record, KIND);
    hsn_sink_root root = {
        .address = record->id,
        .kind = HSN_ROOT_OTHER,
        .name = text_of(reading, record, NAME),
        .thread = text_of(reading, record, THREAD),
    };
    for (hsn_root_kind i = 0; i < HSN_ROOT_KIND_COUNT; i++)
        if (hsn__json_is(kind, hsn_root_kind_name(i)))
            root.kind = i;
    if (!root.address)
        return hsn__heapsnap_damage(reading, "a root at address 0");
    reading->seen.roots++;
    return reading->sink->ops->root(reading->sink->context, &root, reading->err);
}

static int read_warning(hsn__heapsnap *reading, struct record *record)
{
    hsn_text message = hsn__json_text(&reading->json, record->first);
    return reading->sink->ops->warn(reading->sink->context, HSN_NO_OFFSET, message, reading->err);
}

static int read_end(hsn__heapsnap *reading, struct record *record)
{
    reading->has_end = true;
    reading->announced = (hsn__heapsnap_counts){
        .objects = record->numbers[OBJECTS],
        .references = record->numbers[REFERENCES],
        .types = record->numbers[TYPES],
        .strings = record->numbers[STRINGS],
        .roots = record->numbers[ROOTS],
    };
    return HSN_OK;
}

typedef int on_scalar(void *sink, hsn_text name, hsn_text value, hsn_error *err);

// The scalars of an object, each to `push`: tags and facts.
static int read_scalars(hsn__heapsnap *reading, on_scalar *push)
{
    hsn__json *json = &reading->json;
    bool first = true;
    int r = HSN_OK;
    size_t start = json->text.size;
    hsn__json_span key, text;
    hsn__json_kind kind;
    if (!hsn__json_take(json, '{'))
        return hsn__heapsnap_damage(reading, "an object was expected");
    while (r == HSN_OK && (r = hsn__json_member(json, &first, &key)) == HSN_OK) {
        uint8_t c = hsn__json_peek(json);
        if (c == '{' || c == '[') {
            r = hsn__json_skip(json) ? hsn__heapsnap_warn(reading, "a fact that is no scalar")
                                     : HSN_PARTIAL;
        } else if (!hsn__json_scalar(json, &text, &kind)) {
            r = HSN_PARTIAL;
        } else if (kind != HSN__JSON_NULL) {
            r = push(reading->sink->context, hsn__json_text(json, key), hsn__json_text(json, text),
                     reading->err);
        }
        if (!json->text.failed)
            json->text.size = start;
    }
    return r == HSN_DONE ? HSN_OK : r;
}

// One member of the header, behind its key.
static int read_header_member(hsn__heapsnap *reading, hsn__json_span key)
{
    static const char *const facts[] = {
        "runtime", "runtime_version",     "program",   "pid",    "host",
        "label",   "captured_at_unix_ms", "rss_bytes", "values",
    };
    const hsn_sink_ops *ops = reading->sink->ops;
    hsn__json *json = &reading->json;
    hsn__json_span text;
    hsn__json_kind kind;
    hsn_text name = hsn__json_text(json, key);
    if (hsn__json_is(name, "tags"))
        return read_scalars(reading, ops->tag);
    if (hsn__json_is(name, "facts"))
        return read_scalars(reading, ops->fact);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if (!hsn__json_is(name, facts[i]))
            continue;
        if (!hsn__json_scalar(json, &text, &kind))
            return HSN_PARTIAL;
        if (kind == HSN__JSON_NULL)
            return HSN_OK;
        return ops->fact(reading->sink->context, hsn__text(facts[i]), hsn__json_text(json, text),
                         reading->err);
    }
    return hsn__json_skip(json) ? HSN_OK : HSN_PARTIAL;
}

static int read_header(hsn__heapsnap *reading, uint64_t version)
{
    hsn__json *json = &reading->json;
    bool first = false;
    hsn__json_span key;
    int r;
    if (version != 1)
        return hsn__fail_at(reading->err, HSN_EUNSUPPORTED, hsn__input_name(reading->in),
                            hsn__input_offset(reading->in),
                            "version %llu of the dump format: only version 1 is known",
                            (unsigned long long)version);
    if (reading->has_header)
        return hsn__heapsnap_damage(reading, "a second header");
    reading->has_header = true;
    for (;;) {
        size_t start = json->text.size;
        r = hsn__json_member(json, &first, &key);
        if (r != HSN_OK)
            break;
        r = read_header_member(reading, key);
        if (r != HSN_OK)
            return r;
        if (json->text.failed)
            return hsn__fail_memory(reading->err);
        json->text.size = start;
    }
    return r == HSN_DONE && hsn__json_line_end(json) ? HSN_OK : HSN_PARTIAL;
}

// Lines by their first key; the header and objects have their own forms.
static const struct line {
    const char *key;
    bool is_text; // the first value is a text, not a number
    int (*read)(hsn__heapsnap *reading, struct record *record);
} lines[] = {
    {"type", false, read_type},   {"string", false, read_string}, {"frame", false, read_frame},
    {"stack", false, read_stack}, {"root", false, read_root},     {"warning", true, read_warning},
    {"end", false, read_end},
};

static int read_line(hsn__heapsnap *reading, const struct line *line)
{
    struct record record = {.id = 0};
    if (line->is_text ? !hsn__json_string(&reading->json, &record.first)
                      : !hsn__json_uint(&reading->json, &record.id))
        return HSN_PARTIAL;
    int r = read_members(reading, &record);
    if (r == HSN_OK)
        r = line->read(reading, &record);
    if (r == HSN_OK)
        hsn__json_line_end(&reading->json);
    return r;
}

int hsn__heapsnap_record(hsn__heapsnap *reading)
{
    hsn__json *json = &reading->json;
    bool first = true;
    hsn__json_span span;
    uint64_t version;
    if (hsn__json_peek(json) == '\n')
        return hsn__json_line_end(json) ? HSN_OK : HSN_PARTIAL;
    if (!hsn__json_take(json, '{'))
        return hsn__heapsnap_damage(reading, "a line that is no JSON object");
    int r = hsn__json_member(json, &first, &span);
    if (r != HSN_OK)
        return r == HSN_DONE ? hsn__heapsnap_damage(reading, "an empty record") : r;
    hsn_text key = hsn__json_text(json, span);
    if (hsn__json_is(key, "object"))
        return hsn__heapsnap_object(reading);
    if (hsn__json_is(key, "heapsnap"))
        return hsn__json_uint(json, &version) ? read_header(reading, version) : HSN_PARTIAL;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (hsn__json_is(key, lines[i].key))
            return read_line(reading, &lines[i]);
    return hsn__heapsnap_damage(reading, "a line of an unknown kind");
}
