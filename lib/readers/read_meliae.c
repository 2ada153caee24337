// SPDX-License-Identifier: MIT
// Reader of meliae dumps (Python 2, and its late ports): one object of the heap a line, as JSON.
//
// What a reference is depends on the type's name and on how many there are, so a line is collected
// before it is handed on. Dumps name no attributes; but most keys of dicts are strings whose text
// stands in the dump, often behind the dict. So dicts with keys not seen yet are kept back until
// the end, up to a limit, and their references carry the keys' text as labels. Memory: the
// references of one line; 16 bytes per string that may be a key; 8 bytes per reference of a dict
// that is kept back. Source: docs/formats/meliae.md
#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"
#include "readers/json_scan.h"
#include "readers/reader.h"

#define LINE_HINT    512
#define WARNINGS_MAX 1000
#define BATCH        1024
#define REFS_MAX     ((size_t)1 << 27) // of one line
#define KEPT_MAX     ((size_t)1 << 26) // references of all dicts that are kept back
#define TYPES_MAX    ((size_t)1 << 20)
#define NAMES_MAX    ((size_t)1 << 26)
#define KEY_TEXT_MAX 64

// A type by its name, in an open hash table.
struct type {
    uint64_t hash;
    size_t name, length; // in `type_names`
    uint32_t id;
    hsn_kind kind;
    bool used;
};

// What is known of an address; 0 = free.
struct known {
    uint64_t address;
    uint32_t value;
};

// An open hash table by address.
struct table {
    struct known *slots;
    size_t count, capacity;
};

// A line, without its texts and references.
struct object {
    uint64_t address, size_bytes, length;
    const struct type *type;
    bool named; // has `name` or `len`: written by the scanner itself, not converted back
};

// A dict whose keys are not all known yet.
struct kept {
    uint64_t address, size_bytes, length;
    uint32_t type;
    uint32_t count;
};

struct reading {
    hsn__json json;
    hsn_input *in;
    const hsn_sink *sink;
    hsn_error *err;
    struct type *types;
    size_t types_count, types_capacity;
    hsn__buf type_names;
    struct table names;   // string ids of strings that may be keys
    struct table classes; // hashes of the names of type objects
    uint64_t *refs;       // of the current line
    size_t refs_count, refs_capacity;
    struct kept *kept;
    size_t kept_count, kept_capacity;
    uint64_t *kept_refs;
    size_t kept_refs_count, kept_refs_capacity;
    hsn_sink_ref batch[BATCH];
    bool value_first; // dicts were seen that show values only: Python 3, where values come first
    uint64_t objects, damaged, warnings, first_damage;
    const char *first_problem;
    bool cut;
};

static const struct {
    const char *name;
    hsn_kind kind;
} kinds[] = {
    {"dict", HSN_KIND_DICT},
    {"dictproxy", HSN_KIND_DICT},
    {"list", HSN_KIND_LIST},
    {"tuple", HSN_KIND_TUPLE},
    {"set", HSN_KIND_SET},
    {"frozenset", HSN_KIND_SET},
    {"str", HSN_KIND_STR},
    {"unicode", HSN_KIND_STR},
    {"bytes", HSN_KIND_BYTES},
    {"int", HSN_KIND_INT},
    {"long", HSN_KIND_INT},
    {"float", HSN_KIND_FLOAT},
    {"bool", HSN_KIND_BOOL},
    {"NoneType", HSN_KIND_NOTHING},
    {"module", HSN_KIND_MODULE},
    {"type", HSN_KIND_TYPE},
    {"classobj", HSN_KIND_TYPE},
    {"frame", HSN_KIND_FRAME},
    {"function", HSN_KIND_FUNCTION},
    {"instancemethod", HSN_KIND_METHOD},
    {"method", HSN_KIND_METHOD},
    {"builtin_function_or_method", HSN_KIND_BUILTIN},
    {"cell", HSN_KIND_CELL},
    {"code", HSN_KIND_CODE},
    {"generator", HSN_KIND_GENERATOR},
    {"coroutine", HSN_KIND_COROUTINE},
    {"weakref", HSN_KIND_WEAKREF},
    {"weakproxy", HSN_KIND_WEAKREF},
    {"property", HSN_KIND_PROPERTY},
    {"getset_descriptor", HSN_KIND_DESCRIPTOR},
    {"member_descriptor", HSN_KIND_DESCRIPTOR},
    {"wrapper_descriptor", HSN_KIND_DESCRIPTOR},
    {"method_descriptor", HSN_KIND_DESCRIPTOR},
    {"classmethod_descriptor", HSN_KIND_DESCRIPTOR},
    {"classmethod", HSN_KIND_DESCRIPTOR},
    {"staticmethod", HSN_KIND_DESCRIPTOR},
    {"traceback", HSN_KIND_TRACEBACK},
    {"file", HSN_KIND_FILE},
    {"_socketobject", HSN_KIND_SOCKET},
};

static int damage(struct reading *reading, const char *problem)
{
    reading->json.problem = problem;
    return HSN_PARTIAL;
}

// ---- types by name ----

static uint64_t hash_text(hsn_text text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (uint8_t)text.data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static bool grow_types(struct reading *reading)
{
    size_t capacity = reading->types_capacity ? reading->types_capacity * 2 : 256;
    struct type *types = hsn__alloc_zeroed(capacity, sizeof *types);
    if (!types)
        return false;
    for (size_t i = 0; i < reading->types_capacity; i++) {
        if (!reading->types[i].used)
            continue;
        size_t at = reading->types[i].hash & (capacity - 1);
        while (types[at].used)
            at = (at + 1) & (capacity - 1);
        types[at] = reading->types[i];
    }
    hsn__free(reading->types);
    reading->types = types;
    reading->types_capacity = capacity;
    return true;
}

// Static types carry their module in the name: "collections.deque".
static int new_type(struct reading *reading, hsn_text name, uint64_t hash, struct type *out)
{
    hsn_sink_type type = {.name = name, .kind = HSN_KIND_INSTANCE};
    const char *dot = name.length ? memrchr(name.data, '.', name.length) : NULL;
    if (dot && dot > name.data && dot + 1 < name.data + name.length) {
        type.module = (hsn_text){name.data, (size_t)(dot - name.data)};
        type.name = (hsn_text){dot + 1, name.length - type.module.length - 1};
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (hsn__json_is(name, kinds[i].name))
            type.kind = kinds[i].kind;
    *out = (struct type){.hash = hash,
                         .name = reading->type_names.size,
                         .length = name.length,
                         .kind = type.kind,
                         .used = true};
    hsn__buf_append(&reading->type_names, name.data, name.length);
    if (reading->type_names.failed)
        return hsn__fail_memory(reading->err);
    reading->types_count++;
    return reading->sink->ops->type(reading->sink->context, &type, &out->id, reading->err);
}

static int find_type(struct reading *reading, hsn_text name, const struct type **out)
{
    if (reading->types_count * 2 >= reading->types_capacity && !grow_types(reading))
        return hsn__fail_memory(reading->err);
    if (reading->types_count == TYPES_MAX)
        return hsn__fail_limit(reading->err, "types", TYPES_MAX);
    uint64_t hash = hash_text(name);
    size_t at = hash & (reading->types_capacity - 1);
    int r = HSN_OK;
    for (;; at = (at + 1) & (reading->types_capacity - 1)) {
        struct type *type = &reading->types[at];
        if (type->used && (type->hash != hash || type->length != name.length ||
                           (name.length &&
                            memcmp(reading->type_names.data + type->name, name.data, name.length))))
            continue;
        if (!type->used) {
            struct type added;
            r = new_type(reading, name, hash, &added);
            if (r == HSN_OK)
                *type = added;
        }
        *out = type;
        return r;
    }
}

// ---- objects that give names to references ----

static size_t find_slot(const struct table *table, uint64_t address)
{
    size_t mask = table->capacity - 1;
    size_t at = (address >> 3) * UINT64_C(0x9E3779B97F4A7C15) >> 32 & mask;
    while (table->slots[at].address && table->slots[at].address != address)
        at = (at + 1) & mask;
    return at;
}

static bool grow_table(struct table *table)
{
    struct table grown = {.count = table->count,
                          .capacity = table->capacity ? table->capacity * 2 : 256};
    grown.slots = hsn__alloc_zeroed(grown.capacity, sizeof *grown.slots);
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i].address)
            grown.slots[find_slot(&grown, table->slots[i].address)] = table->slots[i];
    hsn__free(table->slots);
    *table = grown;
    return true;
}

// The slot of an address that is not in the table yet; NULL when it is, or the table is full.
static int new_slot(struct reading *reading, struct table *table, uint64_t address,
                    struct known **out)
{
    *out = NULL;
    if (table->count == NAMES_MAX)
        return HSN_OK;
    if (table->count * 2 >= table->capacity && !grow_table(table))
        return hsn__fail_memory(reading->err);
    struct known *slot = &table->slots[find_slot(table, address)];
    *out = slot->address ? NULL : slot;
    return HSN_OK;
}

// HSN_NONE when nothing is known (yet).
static uint32_t find_known(const struct table *table, uint64_t address)
{
    if (!table->count || !address)
        return HSN_NONE;
    const struct known *slot = &table->slots[find_slot(table, address)];
    return slot->address ? slot->value : HSN_NONE;
}

static bool is_identifier(hsn_text text)
{
    if (!text.length || text.length > KEY_TEXT_MAX || hsn__json_is_digit((uint8_t)text.data[0]))
        return false;
    for (size_t i = 0; i < text.length; i++) {
        uint8_t c = (uint8_t)text.data[i], lower = c | 0x20;
        if (!(lower >= 'a' && lower <= 'z') && !hsn__json_is_digit(c) && c != '_')
            return false;
    }
    return true;
}

static int add_name(struct reading *reading, uint64_t address, hsn_text text)
{
    struct known *slot = NULL;
    int r = is_identifier(text) ? new_slot(reading, &reading->names, address, &slot) : HSN_OK;
    if (r < 0 || !slot)
        return r;
    r = reading->sink->ops->string(reading->sink->context, text, &slot->value, reading->err);
    if (r == HSN_OK) {
        slot->address = address;
        reading->names.count++;
    }
    return r;
}

static int add_class(struct reading *reading, uint64_t address, hsn_text name)
{
    struct known *slot;
    int r = new_slot(reading, &reading->classes, address, &slot);
    if (r < 0 || !slot)
        return r;
    *slot = (struct known){address, (uint32_t)hash_text(name)};
    reading->classes.count++;
    return HSN_OK;
}

// ---- references ----

// How the references of a line are to be understood.
enum layout { PLAIN, PAIRS, VALUES, ITEMS, ELEMENTS, FUNCTION, INSTANCE };

// Whether the last reference is to the object's own class, as far as that has been met.
static bool ends_in_class(const struct reading *reading, const struct object *object)
{
    size_t count = reading->refs_count;
    return object->type->kind == HSN_KIND_INSTANCE && count &&
           find_known(&reading->classes, reading->refs[count - 1]) == (uint32_t)object->type->hash;
}

static enum layout layout_of(const struct reading *reading, const struct object *object)
{
    hsn_kind kind = object->type->kind;
    uint64_t count = reading->refs_count;
    bool counted = object->length != HSN_NO_LENGTH;
    if (kind == HSN_KIND_SET)
        return ELEMENTS;
    if (ends_in_class(reading, object))
        return INSTANCE;
    if (kind == HSN_KIND_FUNCTION && object->named && count >= 2)
        return FUNCTION;
    if ((kind == HSN_KIND_LIST || kind == HSN_KIND_TUPLE) && counted && count == object->length)
        return ITEMS;
    if (kind != HSN_KIND_DICT || !counted || !count)
        return PLAIN;
    if (count == object->length)
        return VALUES;
    return count / 2 == object->length && count % 2 == 0 ? PAIRS : PLAIN;
}

static hsn_sink_ref reference(struct reading *reading, enum layout layout, const uint64_t *refs,
                              uint64_t count, uint64_t i)
{
    hsn_sink_ref ref = {.target = refs[i], .kind = HSN_REF_OTHER};
    uint64_t key = i ^ reading->value_first;
    switch (layout) {
    case PAIRS:
        ref.kind = key % 2 ? HSN_REF_VALUE : HSN_REF_KEY;
        ref.label = find_known(&reading->names, refs[i / 2 * 2 + reading->value_first]);
        ref.label_form = ref.label == HSN_NONE ? HSN_LABEL_INDEX : HSN_LABEL_STRING;
        if (ref.label == HSN_NONE)
            ref.label = (uint32_t)(i / 2);
        break;
    case VALUES:
        ref.kind = HSN_REF_VALUE;
        ref.label_form = HSN_LABEL_INDEX;
        ref.label = (uint32_t)i;
        break;
    case ITEMS:
        // The interpreter visits lists and tuples from their end.
        ref.kind = HSN_REF_INDEX;
        ref.label_form = HSN_LABEL_INDEX;
        ref.label = (uint32_t)(count - 1 - i);
        break;
    case ELEMENTS:
        ref.kind = HSN_REF_ELEMENT;
        break;
    case FUNCTION:
        ref.kind = i < 2 ? HSN_REF_INTERNAL : HSN_REF_OTHER;
        break;
    case INSTANCE:
        ref.kind = i + 1 == count ? HSN_REF_CLASS : HSN_REF_OTHER;
        break;
    default:
        break;
    }
    return ref;
}

static int push_refs(struct reading *reading, enum layout layout, const uint64_t *refs,
                     uint64_t count)
{
    static const char *const function_labels[] = {"__code__", "__globals__"};
    const hsn_sink *sink = reading->sink;
    size_t used = 0;
    int r = HSN_OK;
    for (uint64_t i = 0; r == HSN_OK && i < count; i++) {
        hsn_sink_ref *ref = &reading->batch[used++];
        *ref = reference(reading, layout, refs, count, i);
        if (layout == FUNCTION && i < 2) {
            ref->label_form = HSN_LABEL_STRING;
            r = sink->ops->string(sink->context, hsn__text(function_labels[i]), &ref->label,
                                  reading->err);
        }
        if (r == HSN_OK && (used == BATCH || i + 1 == count)) {
            r = sink->ops->refs(sink->context, reading->batch, used, reading->err);
            used = 0;
        }
    }
    return r;
}

static bool knows_keys(const struct reading *reading)
{
    for (size_t i = reading->value_first; i < reading->refs_count; i += 2)
        if (find_known(&reading->names, reading->refs[i]) == HSN_NONE)
            return false;
    return true;
}

static bool may_keep(const struct reading *reading)
{
    return reading->refs_count <= KEPT_MAX - reading->kept_refs_count;
}

static int keep(struct reading *reading, const struct object *object)
{
    size_t count = reading->refs_count;
    if (!hsn__array_grow(&reading->kept, &reading->kept_capacity, reading->kept_count + 1,
                         sizeof *reading->kept, KEPT_MAX) ||
        !hsn__array_grow(&reading->kept_refs, &reading->kept_refs_capacity,
                         reading->kept_refs_count + count, sizeof *reading->kept_refs, KEPT_MAX))
        return hsn__fail_memory(reading->err);
    reading->kept[reading->kept_count++] = (struct kept){
        .address = object->address,
        .size_bytes = object->size_bytes,
        .length = object->length,
        .type = object->type->id,
        .count = (uint32_t)count,
    };
    memcpy(reading->kept_refs + reading->kept_refs_count, reading->refs, count * sizeof(uint64_t));
    reading->kept_refs_count += count;
    return HSN_OK;
}

static int push_object(struct reading *reading, const struct kept *object, hsn_text text)
{
    hsn_sink_object event = {
        .address = object->address,
        .size_bytes = object->size_bytes,
        .length = object->length,
        .refcount = HSN_NO_REFCOUNT,
        .text = text,
        .type = object->type,
        .stack = HSN_NONE,
        .generation = HSN_NO_GENERATION,
    };
    return reading->sink->ops->object(reading->sink->context, &event, reading->err);
}

static int push_kept(struct reading *reading)
{
    const uint64_t *refs = reading->kept_refs;
    int r = HSN_OK;
    for (size_t i = 0; r == HSN_OK && i < reading->kept_count; i++) {
        const struct kept *dict = &reading->kept[i];
        r = push_object(reading, dict, (hsn_text){NULL, 0});
        if (r == HSN_OK)
            r = push_refs(reading, PAIRS, refs, dict->count);
        refs += dict->count;
    }
    return r;
}

// ---- lines ----

// "refs": [1, 2] into reading->refs.
static int read_refs(struct reading *reading)
{
    hsn_input *in = reading->in;
    bool first = true;
    int r;
    reading->refs_count = 0;
    if (!hsn__json_take(&reading->json, '['))
        return damage(reading, "an array was expected");
    while ((r = hsn__json_element(&reading->json, &first)) == HSN_OK) {
        do {
            if (reading->refs_count == reading->refs_capacity &&
                !hsn__array_grow(&reading->refs, &reading->refs_capacity, reading->refs_count + 1,
                                 sizeof *reading->refs, REFS_MAX))
                return reading->refs_count == REFS_MAX
                           ? damage(reading, "an object of more than 2^27 references")
                           : hsn__fail_memory(reading->err);
            uint64_t *out = &reading->refs[reading->refs_count++];
            // The writer's form, ", " between numbers, is taken in place.
            hsn__json_room(&reading->json, HSN__JSON_TOKEN);
            bool blank = *in->next == ' ';
            const uint8_t *end = hsn__json_digits(in->next + blank, out);
            if (end && (*end == ',' || *end == ']'))
                in->next = end;
            else if (!hsn__json_uint(&reading->json, out))
                return HSN_PARTIAL;
        } while (*in->next == ',' && in->next < in->end && ++in->next);
    }
    return r == HSN_DONE ? HSN_OK : r;
}

struct texts {
    hsn__json_span type, name, value;
    bool has_type, has_address, has_refs;
};

static int read_member(struct reading *reading, hsn_text key, struct object *object,
                       struct texts *texts)
{
    hsn__json *json = &reading->json;
    hsn__json_kind kind;
    bool ok = true;
    if (hsn__json_is(key, "address")) {
        ok = texts->has_address = hsn__json_uint(json, &object->address);
    } else if (hsn__json_is(key, "type")) {
        ok = texts->has_type = hsn__json_string(json, &texts->type);
    } else if (hsn__json_is(key, "size")) {
        ok = hsn__json_uint(json, &object->size_bytes);
    } else if (hsn__json_is(key, "len")) {
        ok = object->named = hsn__json_uint(json, &object->length);
    } else if (hsn__json_is(key, "name")) {
        ok = object->named = hsn__json_scalar(json, &texts->name, &kind);
    } else if (hsn__json_is(key, "value")) {
        ok = hsn__json_scalar(json, &texts->value, &kind);
    } else if (hsn__json_is(key, "refs")) {
        texts->has_refs = true;
        return read_refs(reading);
    } else {
        ok = hsn__json_skip(json);
    }
    return ok ? HSN_OK : HSN_PARTIAL;
}

static int read_members(struct reading *reading, struct object *object, struct texts *texts)
{
    hsn__json *json = &reading->json;
    bool first = true;
    hsn__json_span key;
    int r = HSN_OK;
    while (r == HSN_OK) {
        r = hsn__json_member(json, &first, &key);
        if (r == HSN_OK)
            r = read_member(reading, hsn__json_text(json, key), object, texts);
    }
    if (r != HSN_DONE)
        return r;
    // What an array of objects leaves behind each.
    hsn__json_take(json, ',');
    hsn__json_take(json, ']');
    if (!texts->has_type || !texts->has_address)
        return damage(reading, "an object without address or type");
    if (!object->address && !hsn__json_is(hsn__json_text(json, texts->type), "<ex-reference>"))
        return damage(reading, "an object at address 0");
    return hsn__json_line_end(json) ? HSN_OK : HSN_PARTIAL;
}

static int read_object(struct reading *reading)
{
    hsn__json *json = &reading->json;
    struct object object = {.length = HSN_NO_LENGTH};
    struct texts texts = {.has_refs = false};
    reading->refs_count = 0;
    int r = read_members(reading, &object, &texts);
    if (json->text.failed)
        return hsn__fail_memory(reading->err);
    if (r != HSN_OK)
        return r;
    // The stand-in for what was taken out of a dump is not an object.
    if (!object.address)
        return HSN_OK;
    r = find_type(reading, hsn__json_text(json, texts.type), &object.type);
    if (r < 0)
        return r;
    hsn_text text = hsn__json_text(json, texts.name.length ? texts.name : texts.value);
    if (object.type->kind == HSN_KIND_STR)
        r = add_name(reading, object.address, text);
    else if (texts.name.length && object.type->kind != HSN_KIND_MODULE &&
             object.type->kind != HSN_KIND_FUNCTION)
        r = add_class(reading, object.address, text);
    enum layout layout = layout_of(reading, &object);
    reading->value_first |= layout == VALUES;
    reading->objects++;
    if (r == HSN_OK && layout == PAIRS && !knows_keys(reading) && may_keep(reading))
        return keep(reading, &object);
    struct kept event = {object.address, object.size_bytes, object.length, object.type->id, 0};
    if (r == HSN_OK)
        r = push_object(reading, &event, text);
    return r == HSN_OK ? push_refs(reading, layout, reading->refs, reading->refs_count) : r;
}

static int warn(struct reading *reading, const char *what, const char *problem)
{
    char message[160];
    if (++reading->warnings > WARNINGS_MAX)
        return HSN_OK;
    snprintf(message, sizeof message, "%s%s", what, problem);
    return reading->sink->ops->warn(reading->sink->context, hsn__input_offset(reading->in),
                                    hsn__text(message), reading->err);
}

static int damaged_line(struct reading *reading)
{
    const char *problem = reading->json.problem;
    if (!reading->first_problem) {
        reading->first_problem = problem;
        reading->first_damage = hsn__input_offset(reading->in);
    }
    hsn__json_room(&reading->json, 1);
    reading->cut = reading->in->next == reading->in->end;
    int r = reading->cut ? HSN_OK : warn(reading, "damaged line: ", problem);
    reading->damaged += !reading->cut;
    hsn__json_skip_line(&reading->json);
    return r;
}

// An object, or a line of an array's brackets and commas, or an empty one.
static int read_line(struct reading *reading)
{
    hsn__json *json = &reading->json;
    hsn__json_take(json, '[');
    hsn__json_take(json, ',');
    if (hsn__json_take(json, '{'))
        return read_object(reading);
    hsn__json_take(json, ']');
    if (hsn__json_line_end(json))
        return HSN_OK;
    return damage(reading, "a line that is no JSON object");
}

static int read_lines(struct reading *reading)
{
    int r = HSN_OK;
    while (r == HSN_OK) {
        hsn__json_reset(&reading->json);
        hsn__json_room(&reading->json, LINE_HINT);
        if (reading->in->next == reading->in->end)
            return HSN_OK;
        r = read_line(reading);
        if (r == HSN_PARTIAL)
            r = damaged_line(reading);
        if (r == HSN_OK && reading->json.replaced)
            r = warn(reading, "a text of invalid UTF-8", "");
    }
    return r;
}

static int outcome(struct reading *reading)
{
    hsn_error *err = reading->err;
    const char *name = hsn__input_name(reading->in);
    uint64_t offset = hsn__input_offset(reading->in);
    hsn_error cause = {0};
    int status = hsn__input_status(reading->in, &cause);
    if (status == HSN_ENOMEM)
        return hsn__fail_memory(err);
    if (!reading->objects && status < 0)
        return hsn__input_status(reading->in, err);
    if (!reading->objects)
        return hsn__fail_at(err, HSN_EFORMAT, name, offset, "no readable object: %s",
                            reading->first_problem ? reading->first_problem : "the file is empty");
    if (status < 0)
        return hsn__fail_at(err, HSN_PARTIAL, name, offset, "%s", cause.message);
    if (reading->damaged)
        return hsn__fail_at(err, HSN_PARTIAL, name, reading->first_damage,
                            "%" PRIu64 " damaged line%s, the first: %s", reading->damaged,
                            reading->damaged == 1 ? "" : "s", reading->first_problem);
    if (reading->cut)
        return hsn__fail_at(err, HSN_PARTIAL, name, offset,
                            "truncated: the last line is incomplete");
    return HSN_OK;
}

// A key `address` whose value is a number, near the beginning: others write it as a text.
static int probe(const uint8_t *head, size_t size)
{
    static const char key[] = "\"address\"";
    size_t at = 0;
    while (at < size && strchr(" \t\r\n[", head[at]) && head[at])
        at++;
    if (at == size || head[at] != '{')
        return 0;
    const uint8_t *found = memmem(head + at, size - at, key, sizeof key - 1);
    if (!found)
        return 0;
    const uint8_t *p = found + sizeof key - 1, *end = head + size;
    while (p < end && (*p == ' ' || *p == ':'))
        p++;
    if (p == end || !hsn__json_is_digit(*p))
        return 0;
    return found == head + at + 1 ? 95 : 60;
}

static int read(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading *reading = hsn__alloc_zeroed(1, sizeof *reading);
    if (!reading)
        return hsn__fail_memory(err);
    reading->json = (hsn__json){.in = in, .lenient = true};
    reading->in = in;
    reading->sink = sink;
    reading->err = err;
    int r = read_lines(reading);
    if (r >= 0)
        r = push_kept(reading);
    if (r >= 0 && reading->objects)
        r = sink->ops->fact(sink->context, hsn__text("runtime"), hsn__text("cpython"), err);
    if (r >= 0)
        r = outcome(reading);
    hsn__json_clear(&reading->json);
    hsn__buf_clear(&reading->type_names);
    hsn__free(reading->types);
    hsn__free(reading->names.slots);
    hsn__free(reading->classes.slots);
    hsn__free(reading->refs);
    hsn__free(reading->kept);
    hsn__free(reading->kept_refs);
    hsn__free(reading);
    return r;
}

const hsn_reader hsn__reader_meliae = {
    .name = "meliae",
    .title = "meliae dumps of Python 2 and 3 (JSON lines)",
    .spec = "docs/formats/meliae.md",
    .content = HSN_HAS_GRAPH,
    .probe = probe,
    .read = read,
};
