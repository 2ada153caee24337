// SPDX-License-Identifier: MIT
// The `heapsnap` reader: lines about objects, which are nearly all of a dump.
//
// Keys in the writer's form are found by wide compares, numbers and references parsed straight from
// the window; at the first byte of another form (blanks, escapes, unknown keys) the scanner's
// general calls take over for that token only. References wait in a batch and follow their object
// at the end of the line, so keys may stand in any order and a damaged line leaves nothing behind.
// Only when a batch is full (4096 references, or 2^20 while the type is still unknown) the object
// goes first, with what is known by then; keys that come later than that are ignored with a
// warning. Cost: O(bytes); no memory beyond the batch. Source: docs/formats/heapsnap.md
#include "read_heapsnap.h"

#include "base/alloc.h"

enum field {
    TYPE,
    SIZE,
    RC,
    LEN,
    FLAGS,
    GEN,
    STACK,
    NUMBERS, // the fields above are numbers
    TEXT = NUMBERS,
    ATTR,
    SLOT,
    ITEM,
    DICT,
    ELEM,
    CELL,
    DEFAULT,
    LOCAL,
    INTERNAL,
    CLASS,
    REF,
    WEAK,
    FIELDS,
};

// What the value of a key looks like.
enum shape { NUMBER, STRING, LABELLED, INDEXED, ENTRIES, PLAIN, SINGLE };

static const struct row {
    const char *key;
    uint8_t shape, ref_kind;
} rows[FIELDS] = {
    [TYPE] = {"type", NUMBER, 0},
    [SIZE] = {"size", NUMBER, 0},
    [RC] = {"rc", NUMBER, 0},
    [LEN] = {"len", NUMBER, 0},
    [FLAGS] = {"flags", NUMBER, 0},
    [GEN] = {"gen", NUMBER, 0},
    [STACK] = {"stack", NUMBER, 0},
    [TEXT] = {"text", STRING, 0},
    [ATTR] = {"attr", LABELLED, HSN_REF_ATTRIBUTE},
    [SLOT] = {"slot", LABELLED, HSN_REF_SLOT},
    [ITEM] = {"item", INDEXED, HSN_REF_INDEX},
    [DICT] = {"dict", ENTRIES, HSN_REF_VALUE},
    [ELEM] = {"elem", PLAIN, HSN_REF_ELEMENT},
    [CELL] = {"cell", LABELLED, HSN_REF_CELL},
    [DEFAULT] = {"default", LABELLED, HSN_REF_DEFAULT},
    [LOCAL] = {"local", LABELLED, HSN_REF_LOCAL},
    [INTERNAL] = {"internal", LABELLED, HSN_REF_INTERNAL},
    [CLASS] = {"class", SINGLE, HSN_REF_CLASS},
    [REF] = {"ref", PLAIN, HSN_REF_OTHER},
    [WEAK] = {"weak", PLAIN, HSN_REF_WEAK},
};

struct object {
    uint64_t address;
    uint64_t numbers[NUMBERS];
    hsn__json_span text;
    bool has_type, announced, late;
};

static int unknown_type(hsn__heapsnap *reading, uint32_t *out)
{
    int r = HSN_OK;
    if (reading->unknown_type == HSN_NONE) {
        hsn_sink_type type = {.name = hsn__text("<unknown>"), .kind = HSN_KIND_INSTANCE};
        r = reading->sink->ops->type(reading->sink->context, &type, &reading->unknown_type,
                                     reading->err);
    }
    *out = reading->unknown_type;
    return r;
}

static int announce(hsn__heapsnap *reading, struct object *object)
{
    const uint64_t *numbers = object->numbers;
    hsn_sink_object event = {
        .address = object->address,
        .size_bytes = numbers[SIZE],
        .length = numbers[LEN],
        .refcount = numbers[RC],
        .text = hsn__json_text(&reading->json, object->text),
        .type = hsn__id_map_get(&reading->types, numbers[TYPE]),
        .stack = hsn__id_map_get(&reading->stacks, numbers[STACK]),
        .flags = (uint32_t)numbers[FLAGS],
        .generation = numbers[GEN] < HSN_NO_GENERATION ? (uint8_t)numbers[GEN] : HSN_NO_GENERATION,
    };
    int r = HSN_OK;
    if (event.type == HSN_NONE) {
        r = object->has_type ? hsn__heapsnap_warn(reading, "object of the undefined type %llu",
                                                  (unsigned long long)numbers[TYPE])
                             : hsn__heapsnap_warn(reading, "object without a type");
        if (r == HSN_OK)
            r = unknown_type(reading, &event.type);
    }
    if (r == HSN_OK && event.stack == HSN_NONE && numbers[STACK] != UINT64_MAX)
        r = hsn__heapsnap_warn(reading, "object with the undefined stack %llu",
                               (unsigned long long)numbers[STACK]);
    object->announced = true;
    reading->seen.objects++;
    return r < 0 ? r : reading->sink->ops->object(reading->sink->context, &event, reading->err);
}

static int hand_on(hsn__heapsnap *reading, struct object *object)
{
    int r = object->announced ? HSN_OK : announce(reading, object);
    if (r == HSN_OK && reading->refs_count)
        r = reading->sink->ops->refs(reading->sink->context, reading->refs, reading->refs_count,
                                     reading->err);
    reading->refs_count = 0;
    return r;
}

// Room for two more references and, in the window, for two more numbers.
static int make_room(hsn__heapsnap *reading, struct object *object)
{
    hsn__json_room(&reading->json, 2 * HSN__JSON_TOKEN);
    if (reading->refs_count + 2 <= reading->refs_capacity)
        return HSN_OK;
    bool wait = !object->has_type && reading->refs_count + 2 <= HSN__HEAPSNAP_WAITING;
    if (!wait && reading->refs_count)
        return hand_on(reading, object);
    size_t need = reading->refs_capacity ? reading->refs_count + 2 : HSN__HEAPSNAP_BATCH;
    if (!hsn__array_grow(&reading->refs, &reading->refs_capacity, need, sizeof *reading->refs,
                         HSN__HEAPSNAP_WAITING))
        return hsn__fail_memory(reading->err);
    return HSN_OK;
}

static inline bool is_roomy(const hsn__heapsnap *reading, const uint8_t *p)
{
    return reading->in->end - p >= 2 * HSN__JSON_TOKEN &&
           reading->refs_count + 2 <= reading->refs_capacity;
}

// A number of an array and the delimiter behind it, in any form.
static const uint8_t *element_slow(hsn__heapsnap *reading, const uint8_t *p, bool *out_negative,
                                   uint64_t *out, uint8_t *out_delimiter)
{
    reading->in->next = p;
    if (!hsn__json_int(&reading->json, out_negative, out))
        return NULL;
    *out_delimiter = hsn__json_peek(&reading->json);
    if (*out_delimiter != ',' && *out_delimiter != ']') {
        reading->json.problem = "a comma or the end of an array was expected";
        return NULL;
    }
    return ++reading->in->next;
}

// The same for the writer's form. NULL: damaged, with in->next at the place.
static inline const uint8_t *element(hsn__heapsnap *reading, const uint8_t *p, uint64_t *out,
                                     uint8_t *out_delimiter)
{
    bool negative;
    const uint8_t *end = hsn__json_digits(p, out);
    if (__builtin_expect(end && (*end == ',' || *end == ']'), 1)) {
        *out_delimiter = *end;
        return end + 1;
    }
    p = element_slow(reading, p, &negative, out, out_delimiter);
    if (p && negative) {
        reading->json.problem = "a negative number";
        return NULL;
    }
    return p;
}

// A label's string id; negative = the position counts.
static inline const uint8_t *label(hsn__heapsnap *reading, const uint8_t *p, bool *out_negative,
                                   uint64_t *out, uint8_t *out_delimiter)
{
    const uint8_t *end = hsn__json_digits(p, out);
    if (__builtin_expect(end && *end == ',', 1)) {
        *out_negative = false;
        *out_delimiter = ',';
        return end + 1;
    }
    return element_slow(reading, p, out_negative, out, out_delimiter);
}

// Gives a reference the label with the dump's string id.
static inline int set_label(hsn__heapsnap *reading, hsn_sink_ref *ref, uint64_t string)
{
    ref->label = hsn__id_map_get(&reading->strings, string);
    ref->label_form = HSN_LABEL_STRING;
    if (__builtin_expect(ref->label != HSN_NONE, 1))
        return HSN_OK;
    ref->label = 0;
    ref->label_form = HSN_LABEL_NONE;
    return hsn__heapsnap_warn(reading, "label of the undefined string %llu",
                              (unsigned long long)string);
}

// The array's opening bracket. HSN_DONE when it closes at once.
static int open_array(hsn__heapsnap *reading)
{
    if (!hsn__json_take(&reading->json, '['))
        return hsn__heapsnap_damage(reading, "an array was expected");
    return hsn__json_take(&reading->json, ']') ? HSN_DONE : HSN_OK;
}

// [T,...]: with the index as label, or without label.
static inline int targets(hsn__heapsnap *reading, struct object *object, hsn_sink_ref ref,
                          bool indexed)
{
    hsn_input *in = reading->in;
    uint8_t delimiter = ',';
    const uint8_t *p = in->next;
    while (delimiter == ',') {
        if (__builtin_expect(!is_roomy(reading, p), 0)) {
            in->next = p;
            int r = make_room(reading, object);
            if (r < 0)
                return r;
            p = in->next;
        }
        p = element(reading, p, &ref.target, &delimiter);
        if (!p)
            return HSN_PARTIAL;
        reading->refs[reading->refs_count++] = ref;
        reading->seen.references += ref.target != 0;
        ref.label += indexed;
    }
    in->next = p;
    return HSN_OK;
}

// [S,T,...]
static int labelled(hsn__heapsnap *reading, struct object *object, hsn_sink_ref ref)
{
    hsn_input *in = reading->in;
    uint8_t delimiter = ',';
    const uint8_t *p = in->next;
    while (delimiter == ',') {
        if (__builtin_expect(!is_roomy(reading, p), 0)) {
            in->next = p;
            int r = make_room(reading, object);
            if (r < 0)
                return r;
            p = in->next;
        }
        bool negative;
        uint64_t string;
        p = label(reading, p, &negative, &string, &delimiter);
        if (!p)
            return HSN_PARTIAL;
        in->next = p;
        if (negative || delimiter != ',')
            return hsn__heapsnap_damage(reading, "a label and a target were expected");
        p = element(reading, p, &ref.target, &delimiter);
        if (!p)
            return HSN_PARTIAL;
        in->next = p;
        int r = set_label(reading, &ref, string);
        if (r < 0)
            return r;
        reading->refs[reading->refs_count++] = ref;
        reading->seen.references += ref.target != 0;
    }
    in->next = p;
    return HSN_OK;
}

// [S,K,V,...]: one entry. `position` is its label when the key's text was not kept.
static inline const uint8_t *entry(hsn__heapsnap *reading, const uint8_t *p, uint32_t position,
                                   uint8_t *out_delimiter, int *out_status)
{
    bool negative;
    uint64_t string;
    hsn_sink_ref key = {.kind = HSN_REF_KEY}, value;
    uint8_t first, second;
    *out_status = HSN_PARTIAL;
    p = label(reading, p, &negative, &string, &first);
    p = p ? element(reading, p, &key.target, &second) : NULL;
    value = key;
    p = p ? element(reading, p, &value.target, out_delimiter) : NULL;
    if (!p)
        return NULL;
    reading->in->next = p;
    if (first != ',' || second != ',') {
        reading->json.problem = "a label, a key and a value were expected";
        return NULL;
    }
    *out_status = HSN_OK;
    key.label = position;
    key.label_form = HSN_LABEL_INDEX;
    if (!negative)
        *out_status = set_label(reading, &key, string);
    value.kind = HSN_REF_VALUE;
    value.label = key.label;
    value.label_form = key.label_form;
    reading->refs[reading->refs_count] = key;
    reading->refs[reading->refs_count + 1] = value;
    reading->refs_count += 2;
    reading->seen.references += (key.target != 0) + (value.target != 0);
    return p;
}

static int entries(hsn__heapsnap *reading, struct object *object)
{
    hsn_input *in = reading->in;
    uint8_t delimiter = ',';
    const uint8_t *p = in->next;
    int r = HSN_OK;
    for (uint32_t position = 0; delimiter == ','; position++) {
        if (__builtin_expect(!is_roomy(reading, p), 0)) {
            in->next = p;
            r = make_room(reading, object);
            if (r < 0)
                return r;
            p = in->next;
        }
        p = entry(reading, p, position, &delimiter, &r);
        if (r != HSN_OK)
            return r;
    }
    in->next = p;
    return HSN_OK;
}

// "class":T
static int single(hsn__heapsnap *reading, struct object *object, hsn_sink_ref ref)
{
    int r = make_room(reading, object);
    if (r < 0)
        return r;
    if (!hsn__json_uint(&reading->json, &ref.target))
        return HSN_PARTIAL;
    reading->refs[reading->refs_count++] = ref;
    reading->seen.references += ref.target != 0;
    return HSN_OK;
}

static int group(hsn__heapsnap *reading, struct object *object, const struct row *row)
{
    hsn_sink_ref ref = {.kind = row->ref_kind};
    if (row->shape == SINGLE)
        return single(reading, object, ref);
    int r = open_array(reading);
    if (r != HSN_OK)
        return r == HSN_DONE ? HSN_OK : r;
    switch (row->shape) {
    case LABELLED:
        return labelled(reading, object, ref);
    case ENTRIES:
        return entries(reading, object);
    case INDEXED:
        ref.label_form = HSN_LABEL_INDEX;
        return targets(reading, object, ref, true);
    default:
        return targets(reading, object, ref, false);
    }
}

static int number(hsn__heapsnap *reading, struct object *object, enum field field)
{
    hsn_input *in = reading->in;
    uint64_t value;
    const uint8_t *end = hsn__json_digits(in->next, &value);
    if (__builtin_expect(end && (*end == ',' || *end == '}'), 1))
        in->next = end;
    else if (!hsn__json_uint(&reading->json, &value))
        return HSN_PARTIAL;
    object->numbers[field] = value;
    object->has_type |= field == TYPE;
    return HSN_OK;
}

static int value(hsn__heapsnap *reading, struct object *object, enum field field)
{
    if (field == FIELDS)
        return hsn__json_skip(&reading->json) ? HSN_OK : HSN_PARTIAL;
    bool is_reference = rows[field].shape > STRING;
    if (object->announced && !is_reference && !object->late) {
        object->late = true;
        int r = hsn__heapsnap_warn(reading, "\"%s\" behind thousands of references is ignored",
                                   rows[field].key);
        if (r < 0)
            return r;
    }
    if (is_reference)
        return group(reading, object, &rows[field]);
    if (field == TEXT)
        return hsn__json_string(&reading->json, &object->text) ? HSN_OK : HSN_PARTIAL;
    return number(reading, object, field);
}

// The key after a comma when it has the writer's form, with its length including comma and colon.
// Four characters tell the keys apart; the compare of the whole has a constant length.
static inline enum field known_key(const uint8_t *p, size_t *out_length)
{
#define FOUR(a, b, c, d)                                                                           \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define KEY(field, text, a, b, c, d)                                                               \
    case FOUR(a, b, c, d):                                                                         \
        *out_length = sizeof ",\"" text "\":" - 1;                                                 \
        return memcmp(p, ",\"" text "\":", sizeof ",\"" text "\":" - 1) ? FIELDS : (field);
    switch (FOUR(p[2], p[3], p[4], p[5])) {
        KEY(TYPE, "type", 't', 'y', 'p', 'e')
        KEY(SIZE, "size", 's', 'i', 'z', 'e')
        KEY(RC, "rc", 'r', 'c', '"', ':')
        KEY(LEN, "len", 'l', 'e', 'n', '"')
        KEY(FLAGS, "flags", 'f', 'l', 'a', 'g')
        KEY(GEN, "gen", 'g', 'e', 'n', '"')
        KEY(STACK, "stack", 's', 't', 'a', 'c')
        KEY(TEXT, "text", 't', 'e', 'x', 't')
        KEY(ATTR, "attr", 'a', 't', 't', 'r')
        KEY(SLOT, "slot", 's', 'l', 'o', 't')
        KEY(ITEM, "item", 'i', 't', 'e', 'm')
        KEY(DICT, "dict", 'd', 'i', 'c', 't')
        KEY(ELEM, "elem", 'e', 'l', 'e', 'm')
        KEY(CELL, "cell", 'c', 'e', 'l', 'l')
        KEY(DEFAULT, "default", 'd', 'e', 'f', 'a')
        KEY(LOCAL, "local", 'l', 'o', 'c', 'a')
        KEY(INTERNAL, "internal", 'i', 'n', 't', 'e')
        KEY(CLASS, "class", 'c', 'l', 'a', 's')
        KEY(REF, "ref", 'r', 'e', 'f', '"')
        KEY(WEAK, "weak", 'w', 'e', 'a', 'k')
    default:
        return FIELDS;
    }
#undef KEY
#undef FOUR
}

// The next key in any form: a field, FIELDS for an unknown one.
static int next_key(hsn__heapsnap *reading, enum field *out)
{
    bool first = false;
    hsn__json_span span;
    size_t start = reading->json.text.size;
    int r = hsn__json_member(&reading->json, &first, &span);
    if (r != HSN_OK)
        return r;
    hsn_text key = hsn__json_text(&reading->json, span);
    for (*out = 0; *out < FIELDS && !hsn__json_is(key, rows[*out].key); ++*out)
        ;
    reading->json.text.size = start;
    return HSN_OK;
}

static int members(hsn__heapsnap *reading, struct object *object)
{
    hsn_input *in = reading->in;
    int r = HSN_OK;
    while (r == HSN_OK) {
        // Room for a key and a number.
        hsn__json_room(&reading->json, 2 * HSN__JSON_TOKEN);
        size_t length;
        enum field field = known_key(in->next, &length);
        if (__builtin_expect(field != FIELDS, 1)) {
            in->next += length;
        } else if (in->next[0] == '}' && in->next[1] == '\n') {
            in->next += 2;
            return HSN_OK;
        } else {
            r = next_key(reading, &field);
        }
        if (r == HSN_OK)
            r = value(reading, object, field);
    }
    if (r != HSN_DONE)
        return r;
    return hsn__json_line_end(&reading->json) ? HSN_OK : HSN_PARTIAL;
}

// A key with its number, when it stands at `p` in the writer's form. Returns the byte behind, else
// `p`.
static inline const uint8_t *leading(const uint8_t *p, const char *key, uint64_t *out)
{
    size_t length = strlen(key);
    if (memcmp(p, key, length))
        return p;
    uint64_t value;
    const uint8_t *end = hsn__json_digits(p + length, &value);
    if (!end || (*end != ',' && *end != '}'))
        return p;
    *out = value;
    return end;
}

// The keys that most lines begin with, in their order; what differs is left to members(). Straight
// code spares the processor wrong guesses. Padding makes reading ahead safe.
static inline void leading_numbers(hsn__heapsnap *reading, struct object *object)
{
    uint64_t *numbers = object->numbers;
    const uint8_t *start = reading->in->next, *p = start;
    p = leading(p, ",\"type\":", &numbers[TYPE]);
    object->has_type = p != start;
    p = leading(p, ",\"size\":", &numbers[SIZE]);
    p = leading(p, ",\"rc\":", &numbers[RC]);
    p = leading(p, ",\"len\":", &numbers[LEN]);
    p = leading(p, ",\"flags\":", &numbers[FLAGS]);
    p = leading(p, ",\"gen\":", &numbers[GEN]);
    reading->in->next = p;
}

int hsn__heapsnap_object(hsn__heapsnap *reading)
{
    struct object object = {
        .numbers = {[TYPE] = UINT64_MAX,
                    [RC] = HSN_NO_REFCOUNT,
                    [LEN] = HSN_NO_LENGTH,
                    [GEN] = HSN_NO_GENERATION,
                    [STACK] = UINT64_MAX},
    };
    reading->refs_count = 0;
    uint64_t references = reading->seen.references;
    const uint8_t *end = hsn__json_digits(reading->in->next, &object.address);
    if (__builtin_expect(end && *end == ',', 1))
        reading->in->next = end;
    else if (!hsn__json_uint(&reading->json, &object.address))
        return HSN_PARTIAL;
    if (!object.address)
        return hsn__heapsnap_damage(reading, "an object at address 0");
    leading_numbers(reading, &object);
    int r = members(reading, &object);
    if (r == HSN_OK && reading->json.text.failed)
        r = hsn__fail_memory(reading->err);
    if (r == HSN_OK && (!object.announced || reading->refs_count))
        r = hand_on(reading, &object);
    if (r == HSN_PARTIAL && !object.announced)
        reading->seen.references = references;
    return r;
}
