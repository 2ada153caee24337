// SPDX-License-Identifier: MIT
// The arrays of numbers of a V8 heap snapshot, packed as they come, and the header that says what
// their fields are.
#include "read_v8.h"

enum { MAX_NAME = 24 };

// ---- numbers

int hsn__v8_number_slowly(hsn__v8_reading *v, bool *first, uint64_t *out)
{
    hsn__json *json = &v->json;
    hsn__json_span span;
    hsn__json_kind kind;
    int r = hsn__json_document_element(json, first);
    size_t before = json->text.size;
    if (r != HSN_OK)
        return r;
    uint8_t c = hsn__json_document_peek(json);
    if ((c != '-' && !hsn__json_is_digit(c)) || !hsn__json_scalar(json, &span, &kind) ||
        json->text.failed)
        return HSN_PARTIAL;
    // Zero bytes behind the digits stop them, whatever follows the text in the buffer.
    uint8_t digits[32] = {0};
    size_t length = span.length < sizeof digits - 1 ? span.length : sizeof digits - 1;
    memcpy(digits, json->text.data + span.start, length);
    json->text.size = before;
    *out = 0;
    if (c != '-' && !hsn__json_digits(digits, out))
        return HSN_PARTIAL;
    return HSN_OK;
}

static int open_array(hsn__v8_reading *v, hsn_error *err)
{
    return hsn__json_document_take(&v->json, '[') ? HSN_OK
                                                  : hsn__v8_damaged(v, v->json.problem, err);
}

// A row of `count` numbers: HSN_OK, HSN_DONE at the end of the array, or negative.
static inline int read_row(hsn__v8_reading *v, uint64_t *row, int count, bool *first,
                           hsn_error *err)
{
    for (int i = 0; i < count; i++) {
        int r = hsn__v8_number(v, first, &row[i]);
        if (r == HSN_OK)
            continue;
        if (r == HSN_DONE && !i)
            return HSN_DONE;
        return hsn__v8_damaged(v, r == HSN_DONE ? "a row ends early" : "a number was expected",
                               err);
    }
    return HSN_OK;
}

static inline uint64_t field(const uint64_t *row, int place)
{
    return place < 0 ? 0 : row[place];
}

static inline uint32_t small(uint64_t value)
{
    return value < HSN_NONE ? (uint32_t)value : HSN_NONE;
}

static int pack_room(hsn__v8_pack *pack, size_t need, hsn_error *err)
{
    return pack->capacity - pack->size >= need ||
                   hsn__array_grow(&pack->data, &pack->capacity, pack->size + need, 1, SIZE_MAX / 2)
               ? HSN_OK
               : hsn__fail_memory(err);
}

// ---- nodes

static int put_node(hsn__v8_reading *v, const uint64_t *row, hsn_error *err)
{
    const hsn__v8_layout *l = &v->layout;
    size_t need = v->node_count + 1;
    int r = pack_room(&v->nodes, 1 + 3 * HSN__VARINT_MAX, err);
    if (r == HSN_OK && need > v->ids_capacity)
        r = hsn__v8_grow(&v->ids, &v->ids_capacity, need, sizeof *v->ids, "nodes", err);
    if (r == HSN_OK && need > v->names_capacity)
        r = hsn__v8_grow(&v->names, &v->names_capacity, need, sizeof *v->names, "nodes", err);
    if (r != HSN_OK)
        return r;
    uint64_t kind = field(row, l->node_type), detached = field(row, l->node_detachedness);
    uint8_t head = kind < l->node_kind_count ? l->node_kinds[kind] : HSN__V8_NODE_UNKNOWN;
    if (detached == HSN__V8_ATTACHED || detached == HSN__V8_DETACHED) {
        head |= (uint8_t)(detached << 4);
        v->has_detachedness = true;
    }
    uint64_t id = l->node_id < 0 ? need : row[l->node_id];
    v->has_zero_id |= !id;
    v->max_id = id > v->max_id ? id : v->max_id;
    v->ids[v->node_count] = id;
    v->names[v->node_count] = small(field(row, l->node_name));
    uint8_t *p = v->nodes.data + v->nodes.size;
    *p++ = head;
    p = hsn__varint_put(p, field(row, l->node_size));
    p = hsn__varint_put(p, row[l->node_edges]);
    p = hsn__varint_put(p, field(row, l->node_trace));
    v->nodes.size = (size_t)(p - v->nodes.data);
    v->node_count = need;
    if (__builtin_add_overflow(v->owned_edges, row[l->node_edges], &v->owned_edges))
        v->owned_edges = UINT64_MAX;
    return HSN_OK;
}

int hsn__v8_read_nodes(hsn__v8_reading *v, hsn_error *err)
{
    uint64_t row[HSN__V8_MAX_FIELDS];
    bool first = true;
    int r = open_array(v, err);
    while (r == HSN_OK && (r = read_row(v, row, v->layout.node_count, &first, err)) == HSN_OK)
        r = put_node(v, row, err);
    return r == HSN_DONE ? HSN_OK : r;
}

// ---- edges

static int put_edge(hsn__v8_reading *v, const uint64_t *row, hsn_error *err)
{
    const hsn__v8_layout *l = &v->layout;
    const uint64_t max_name = UINT64_MAX >> 3;
    int r = pack_room(&v->edges, 2 * HSN__VARINT_MAX, err);
    if (r != HSN_OK)
        return r;
    uint64_t kind = field(row, l->edge_type), name = field(row, l->edge_name);
    uint64_t to = row[l->edge_target], nodes = (uint64_t)l->node_count, target = to / nodes;
    if (target * nodes != to || target > HSN_NONE)
        target = HSN_NONE;
    kind = kind < l->edge_kind_count ? l->edge_kinds[kind] : HSN__V8_EDGE_UNKNOWN;
    uint8_t *p = v->edges.data + v->edges.size;
    p = hsn__varint_put(p, hsn__zigzag((int64_t)(target - v->last_target)));
    p = hsn__varint_put(p, (name < max_name ? name : max_name) << 3 | kind);
    v->edges.size = (size_t)(p - v->edges.data);
    v->last_target = target;
    v->edge_count++;
    return HSN_OK;
}

int hsn__v8_read_edges(hsn__v8_reading *v, hsn_error *err)
{
    uint64_t row[HSN__V8_MAX_FIELDS];
    bool first = true;
    int r = open_array(v, err);
    while (r == HSN_OK && (r = read_row(v, row, v->layout.edge_count, &first, err)) == HSN_OK)
        r = put_edge(v, row, err);
    return r == HSN_DONE ? HSN_OK : r;
}

// ---- the rest

// Arrays whose fields the header does not tell are skipped.
static int skip(hsn__v8_reading *v, hsn_error *err)
{
    return hsn__json_document_skip(&v->json) ? HSN_OK : hsn__v8_damaged(v, v->json.problem, err);
}

int hsn__v8_read_places(hsn__v8_reading *v, hsn_error *err)
{
    const hsn__v8_layout *l = &v->layout;
    uint64_t row[HSN__V8_MAX_FIELDS];
    bool first = true;
    if (l->place_object < 0 || l->place_script < 0 || l->place_line < 0)
        return skip(v, err);
    int r = open_array(v, err);
    while (r == HSN_OK && (r = read_row(v, row, l->place_count, &first, err)) == HSN_OK) {
        uint64_t node = row[l->place_object] / (uint64_t)l->node_count;
        r = hsn__v8_grow(&v->places, &v->places_capacity, v->place_count + 1, sizeof *v->places,
                         "locations", err);
        if (r == HSN_OK)
            v->places[v->place_count++] =
                (hsn__v8_place){small(node), small(row[l->place_script]), small(row[l->place_line]),
                                l->place_script_object < 0
                                    ? HSN_NONE
                                    : small(row[l->place_script_object] / (uint64_t)l->node_count)};
    }
    return r == HSN_DONE ? HSN_OK : r;
}

int hsn__v8_read_samples(hsn__v8_reading *v, hsn_error *err)
{
    const hsn__v8_layout *l = &v->layout;
    uint64_t row[HSN__V8_MAX_FIELDS];
    bool first = true;
    if (l->sample_time < 0 || l->sample_id < 0)
        return skip(v, err);
    int r = open_array(v, err);
    while (r == HSN_OK && (r = read_row(v, row, l->sample_count, &first, err)) == HSN_OK)
        r = v->sink->ops->sample(v->sink->context, hsn__text("last_object_id"),
                                 (double)row[l->sample_time] / 1e6, (double)row[l->sample_id], err);
    return r == HSN_DONE ? HSN_OK : r;
}

int hsn__v8_read_functions(hsn__v8_reading *v, hsn_error *err)
{
    const hsn__v8_layout *l = &v->layout;
    uint64_t row[HSN__V8_MAX_FIELDS];
    bool first = true;
    if (l->function_name < 0)
        return skip(v, err);
    int r = open_array(v, err);
    while (r == HSN_OK && (r = read_row(v, row, l->function_count, &first, err)) == HSN_OK) {
        r = hsn__v8_grow(&v->functions, &v->functions_capacity, v->function_count + 1,
                         sizeof *v->functions, "functions", err);
        if (r == HSN_OK)
            v->functions[v->function_count++] = (hsn__v8_function){
                small(field(row, l->function_name)),
                l->function_script_name < 0 ? HSN_NONE : small(row[l->function_script_name]),
                small(field(row, l->function_line))};
        if (r == HSN_OK && l->function_script >= 0 && l->function_script_name >= 0)
            r = hsn__v8_add_script(v, small(row[l->function_script]),
                                   small(row[l->function_script_name]), err);
    }
    return r == HSN_DONE ? HSN_OK : r;
}

// ---- the header

// The names of an array of strings, numbered by their place; `hand` takes them.
static int read_names(hsn__v8_reading *v, void (*hand)(void *to, int place, hsn_text name),
                      void *to, int *out_count, hsn_error *err)
{
    hsn__json *json = &v->json;
    hsn__json_span span;
    bool first = true;
    int r = open_array(v, err);
    *out_count = 0;
    while (r == HSN_OK && (r = hsn__json_document_element(json, &first)) == HSN_OK) {
        size_t before = json->text.size;
        if (*out_count == HSN__V8_MAX_FIELDS)
            return hsn__fail_limit(err, "fields of a row", HSN__V8_MAX_FIELDS);
        if (!hsn__json_string(json, &span) || json->text.failed) {
            r = HSN_PARTIAL;
            break;
        }
        hand(to, (*out_count)++, hsn__json_text(json, span));
        json->text.size = before;
    }
    return r == HSN_DONE ? HSN_OK : r == HSN_PARTIAL ? hsn__v8_damaged(v, json->problem, err) : r;
}

// Fields that have a meaning here, by name: where their place is noted.
typedef struct meaning {
    const char *name;
    size_t offset; // of an int in hsn__v8_layout
} meaning;

#define PLACE(name, member)                                                                        \
    {                                                                                              \
        name, offsetof(hsn__v8_layout, member)                                                     \
    }

static const meaning node_fields[] = {
    PLACE("type", node_type),
    PLACE("name", node_name),
    PLACE("id", node_id),
    PLACE("self_size", node_size),
    PLACE("edge_count", node_edges),
    PLACE("trace_node_id", node_trace),
    PLACE("detachedness", node_detachedness),
    {NULL, 0},
};
static const meaning edge_fields[] = {
    PLACE("type", edge_type),
    PLACE("name_or_index", edge_name),
    PLACE("to_node", edge_target),
    {NULL, 0},
};
static const meaning place_fields[] = {
    PLACE("object_index", place_object),
    PLACE("script_id", place_script),
    PLACE("script_object_index", place_script_object),
    PLACE("line", place_line),
    {NULL, 0},
};
static const meaning function_fields[] = {
    PLACE("name", function_name),
    PLACE("script_name", function_script_name),
    PLACE("script_id", function_script),
    PLACE("line", function_line),
    {NULL, 0},
};
static const meaning trace_fields[] = {
    PLACE("id", trace_id),
    PLACE("function_info_index", trace_function),
    PLACE("count", trace_blocks),
    PLACE("size", trace_size),
    PLACE("children", trace_children),
    {NULL, 0},
};
static const meaning sample_fields[] = {
    PLACE("timestamp_us", sample_time),
    PLACE("last_assigned_id", sample_id),
    {NULL, 0},
};

static const struct field_list {
    const char *name;
    const meaning *meanings;
    size_t count_offset;
} field_lists[] = {
    {"node_fields", node_fields, offsetof(hsn__v8_layout, node_count)},
    {"edge_fields", edge_fields, offsetof(hsn__v8_layout, edge_count)},
    {"location_fields", place_fields, offsetof(hsn__v8_layout, place_count)},
    {"trace_function_info_fields", function_fields, offsetof(hsn__v8_layout, function_count)},
    {"trace_node_fields", trace_fields, offsetof(hsn__v8_layout, trace_count)},
    {"sample_fields", sample_fields, offsetof(hsn__v8_layout, sample_count)},
};
enum { FIELD_LISTS = sizeof field_lists / sizeof *field_lists };

static int *layout_int(hsn__v8_layout *layout, size_t offset)
{
    return (int *)(void *)((char *)layout + offset);
}

typedef struct field_taker {
    hsn__v8_layout *layout;
    const meaning *meanings;
} field_taker;

static void take_field(void *to, int place, hsn_text name)
{
    field_taker *taker = to;
    for (const meaning *m = taker->meanings; m->name; m++) {
        int *where = layout_int(taker->layout, m->offset);
        if (hsn__json_is(name, m->name) && *where < 0)
            *where = place;
    }
}

static const char *const node_words[] = {
#define ROW(name, text) text,
    HSN__V8_NODE_LIST(ROW)
#undef ROW
};
static const char *const edge_words[] = {
#define ROW(name, text) text,
    HSN__V8_EDGE_LIST(ROW)
#undef ROW
};

typedef struct kind_taker {
    const char *const *words;
    size_t word_count;
    uint8_t *kinds;
} kind_taker;

static void take_kind(void *to, int place, hsn_text name)
{
    kind_taker *taker = to;
    taker->kinds[place] = 0;
    for (size_t i = 1; i < taker->word_count; i++)
        if (hsn__json_is(name, taker->words[i]))
            taker->kinds[place] = (uint8_t)i;
}

// The list of kinds is the first array among the types of the fields. The others' places are not to
// be trusted: V8 leaves out fields and keeps their types.
static int read_kinds(hsn__v8_reading *v, kind_taker *taker, size_t *out_count, hsn_error *err)
{
    bool first = true, done = false;
    int r = open_array(v, err);
    while (r == HSN_OK && (r = hsn__json_document_element(&v->json, &first)) == HSN_OK) {
        if (done || hsn__json_document_peek(&v->json) != '[') {
            r = skip(v, err);
            continue;
        }
        int count;
        done = true;
        r = read_names(v, take_kind, taker, &count, err);
        *out_count = (size_t)count;
    }
    return r == HSN_DONE ? HSN_OK : r == HSN_PARTIAL ? hsn__v8_damaged(v, v->json.problem, err) : r;
}

// The next member of an object; its name is copied, for values may move the buffer.
static int next_member(hsn__v8_reading *v, bool *first, char name[MAX_NAME + 8], hsn_error *err)
{
    hsn__json_span key;
    int r = hsn__json_document_member(&v->json, first, &key);
    if (r == HSN_PARTIAL)
        return hsn__v8_damaged(v, v->json.problem, err);
    if (r != HSN_OK)
        return r;
    hsn_text text = hsn__json_text(&v->json, key);
    size_t length = text.length < MAX_NAME + 8 ? text.length : 0;
    if (length)
        memcpy(name, text.data, length);
    name[length] = 0;
    v->json.text.size = key.start;
    return HSN_OK;
}

static int read_meta_member(hsn__v8_reading *v, const char *name, hsn_error *err)
{
    hsn__v8_layout *l = &v->layout;
    kind_taker nodes = {node_words, HSN__V8_NODE_COUNT, l->node_kinds};
    kind_taker edges = {edge_words, HSN__V8_EDGE_COUNT, l->edge_kinds};
    if (!strcmp(name, "node_types"))
        return read_kinds(v, &nodes, &l->node_kind_count, err);
    if (!strcmp(name, "edge_types"))
        return read_kinds(v, &edges, &l->edge_kind_count, err);
    for (size_t i = 0; i < FIELD_LISTS; i++) {
        field_taker taker = {l, field_lists[i].meanings};
        if (!strcmp(name, field_lists[i].name))
            return read_names(v, take_field, &taker, layout_int(l, field_lists[i].count_offset),
                              err);
    }
    return skip(v, err);
}

static int read_meta(hsn__v8_reading *v, hsn_error *err)
{
    hsn__v8_layout *l = &v->layout;
    char name[MAX_NAME + 8];
    bool first = true;
    for (size_t i = 0; i < FIELD_LISTS; i++) {
        *layout_int(l, field_lists[i].count_offset) = 0;
        for (const meaning *m = field_lists[i].meanings; m->name; m++)
            *layout_int(l, m->offset) = -1;
    }
    int r =
        hsn__json_document_take(&v->json, '{') ? HSN_OK : hsn__v8_damaged(v, v->json.problem, err);
    while (r == HSN_OK && (r = next_member(v, &first, name, err)) == HSN_OK)
        r = read_meta_member(v, name, err);
    if (r != HSN_DONE)
        return r;
    if (l->node_edges < 0 || l->edge_target < 0)
        return hsn__fail_at(err, HSN_EUNSUPPORTED, hsn__input_name(v->in), hsn__input_offset(v->in),
                            "a snapshot without the fields edge_count and to_node");
    v->has_layout = true;
    return HSN_OK;
}

static int read_count(hsn__v8_reading *v, uint64_t *out, hsn_error *err)
{
    bool first = true;
    uint8_t c = hsn__json_document_peek(&v->json);
    if (c != '-' && !hsn__json_is_digit(c))
        return skip(v, err);
    return hsn__v8_number_slowly(v, &first, out) == HSN_OK
               ? HSN_OK
               : hsn__v8_damaged(v, v->json.problem, err);
}

int hsn__v8_read_header(hsn__v8_reading *v, hsn_error *err)
{
    char name[MAX_NAME + 8];
    bool first = true;
    int r =
        hsn__json_document_take(&v->json, '{') ? HSN_OK : hsn__v8_damaged(v, v->json.problem, err);
    while (r == HSN_OK && (r = next_member(v, &first, name, err)) == HSN_OK) {
        if (!strcmp(name, "meta") && !v->has_layout)
            r = read_meta(v, err);
        else if (!strcmp(name, "node_count"))
            r = read_count(v, &v->said_nodes, err);
        else if (!strcmp(name, "edge_count"))
            r = read_count(v, &v->said_edges, err);
        else if (!strcmp(name, "root_index"))
            r = read_count(v, &v->root_offset, err);
        else if (!strcmp(name, "extra_native_bytes"))
            r = read_count(v, &v->native_bytes, err);
        else
            r = skip(v, err);
    }
    if (r != HSN_DONE)
        return r;
    return v->has_layout ? HSN_OK
                         : hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(v->in),
                                        hsn__input_offset(v->in), "a header without \"meta\"");
}
