// SPDX-License-Identifier: MIT
// A V8 heap snapshot into events: its synthetic nodes become names of roots, all others objects.
#include "read_v8.h"

#include <inttypes.h>
#include <stdio.h>

enum { BATCH = 256, MAX_TEXT = 200 };

typedef struct giving {
    hsn__v8_reading *v;
    const hsn_sink_ops *ops;
    void *sink;
    hsn__v8_roots roots;
    uint32_t *labels;     // by string: id of the sink
    uint32_t *classes[2]; // by string: type of objects of this name, and of detached ones
    uint32_t *types;      // by id of the type's name
    size_t types_capacity;
    uint32_t plain_types[2][HSN__V8_NODE_COUNT]; // of kinds whose class is the same for all
    uint32_t pair_label;                         // of values in weak maps
    hsn_sink_ref refs[BATCH];
    size_t ref_count;
    size_t place; // the next one
    hsn__buf text;
} giving;

// ---- types

static int make_type(giving *g, unsigned kind, hsn_text name, bool has_source, uint32_t *out,
                     hsn_error *err)
{
    uint32_t id;
    int r = g->ops->string(g->sink, name, &id, err);
    if (r != HSN_OK)
        return r;
    size_t known = g->types_capacity;
    if (id >= known) {
        r = hsn__v8_grow(&g->types, &g->types_capacity, (size_t)id + 1, sizeof *g->types, "types",
                         err);
        if (r != HSN_OK)
            return r;
        memset(g->types + known, 0xff, (g->types_capacity - known) * sizeof *g->types);
    }
    if (g->types[id] == HSN_NONE) {
        hsn_sink_type type = {.name = name, .kind = hsn__v8_class_kind(kind, name, has_source)};
        r = g->ops->type(g->sink, &type, &g->types[id], err);
    }
    *out = g->types[id];
    return r;
}

// The class of a node as text: in g->text where it is put together.
static int class_text(giving *g, const hsn__v8_node *node, hsn_text name, hsn_text *out,
                      hsn_error *err)
{
    static const char detached_word[] = "Detached ";
    const size_t length = sizeof detached_word - 1;
    hsn_text text = hsn__v8_class_name(node->kind, name);
    bool prefixed = text.length >= length && !memcmp(text.data, detached_word, length);
    bool detached = node->detachedness == HSN__V8_DETACHED && !prefixed;
    bool open = node->kind == HSN__V8_NODE_NATIVE && text.length < name.length;
    *out = text;
    if (!detached && !open)
        return HSN_OK;
    hsn__buf_reset(&g->text);
    if (detached)
        hsn__buf_puts(&g->text, detached_word);
    hsn__buf_append(&g->text, text.data, text.length);
    if (open)
        hsn__buf_putc(&g->text, '>');
    *out = (hsn_text){g->text.data, g->text.size};
    return g->text.failed ? hsn__fail_memory(err) : HSN_OK;
}

static int type_of(giving *g, const hsn__v8_node *node, uint32_t name, uint32_t *out,
                   hsn_error *err)
{
    hsn__v8_reading *v = g->v;
    bool named = (node->kind == HSN__V8_NODE_OBJECT || node->kind == HSN__V8_NODE_NATIVE) &&
                 hsn__v8_string(v, name).length;
    // Two nodes of one name may be two classes: one of them is detached.
    bool detached = node->detachedness == HSN__V8_DETACHED;
    uint32_t *known = named ? &g->classes[detached][name] : &g->plain_types[detached][node->kind];
    if (*known == HSN_NONE) {
        hsn_text text;
        int r = class_text(g, node, hsn__v8_string(v, name), &text, err);
        // Without locations there is nothing that tells a program's class but its name.
        bool has_source = named && (v->source_classes ? hsn__bitmap_get(v->source_classes, name)
                                                      : !hsn__v8_is_builtin_class(text));
        if (r == HSN_OK)
            r = make_type(g, node->kind, text, has_source, known, err);
        if (r != HSN_OK)
            return r;
    }
    *out = *known;
    return HSN_OK;
}

// ---- references

static int flush(giving *g, hsn_error *err)
{
    int r = g->ref_count ? g->ops->refs(g->sink, g->refs, g->ref_count, err) : HSN_OK;
    g->ref_count = 0;
    return r;
}

static int label_of(giving *g, uint64_t name, hsn_sink_ref *ref, hsn_error *err)
{
    if (name >= g->v->string_count)
        return HSN_OK;
    ref->label_form = HSN_LABEL_STRING;
    if (g->labels[name] == HSN_NONE) {
        int r = g->ops->string(g->sink, hsn__v8_string(g->v, name), &g->labels[name], err);
        if (r != HSN_OK)
            return r;
    }
    ref->label = g->labels[name];
    return HSN_OK;
}

static void index_of(uint64_t index, hsn_sink_ref *ref)
{
    ref->label_form = index < HSN_NONE ? HSN_LABEL_INDEX : HSN_LABEL_NONE;
    ref->label = index < HSN_NONE ? (uint32_t)index : 0;
}

// Names that are numbers: the items of V8's own arrays.
static bool is_number(hsn_text text, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.length; i++) {
        if (!hsn__json_is_digit((uint8_t)text.data[i]) || i == 9)
            return false;
        *out = *out * 10 + (uint64_t)(text.data[i] - '0');
    }
    return text.length > 0;
}

static int internal_ref(giving *g, uint64_t owner, const hsn__v8_edge *edge, hsn_sink_ref *ref,
                        bool *out_left_out, hsn_error *err)
{
    hsn_text name = hsn__v8_string(g->v, edge->name);
    uint64_t number;
    if (is_number(name, &number)) {
        ref->kind = HSN_REF_INDEX;
        index_of(number, ref);
        return HSN_OK;
    }
    if (name.length > 40 && hsn__v8_weak_pair(name, &number)) {
        // Told twice, by the key and by the table. Only the key keeps the value alive.
        *out_left_out = number == owner;
        ref->kind = HSN_REF_EPHEMERON;
        ref->label_form = HSN_LABEL_STRING;
        int r = HSN_OK;
        if (g->pair_label == HSN_NONE)
            r = g->ops->string(g->sink, hsn__text("WeakMap"), &g->pair_label, err);
        ref->label = g->pair_label;
        return r;
    }
    ref->kind = hsn__v8_is_class_reference(edge->kind, name) ? HSN_REF_CLASS : HSN_REF_INTERNAL;
    return label_of(g, edge->name, ref, err);
}

static int put_edge(giving *g, uint64_t owner, const hsn__v8_edge *edge, hsn_error *err)
{
    hsn__v8_reading *v = g->v;
    hsn_sink_ref ref = {.label_form = HSN_LABEL_NONE};
    bool left_out = edge->kind == HSN__V8_EDGE_SHORTCUT;
    int r = HSN_OK;
    // A shortcut says again what other edges say; but for the root, where it is a global object.
    if (left_out)
        return HSN_OK;
    if (edge->target >= v->node_count || hsn__bitmap_get(g->roots.is_root, edge->target)) {
        v->odd_targets++;
        return HSN_OK;
    }
    ref.target = v->ids[edge->target];
    switch (edge->kind) {
    case HSN__V8_EDGE_ELEMENT:
        ref.kind = HSN_REF_INDEX;
        index_of(edge->name, &ref);
        break;
    case HSN__V8_EDGE_HIDDEN:
        ref.kind = HSN_REF_OTHER;
        break;
    case HSN__V8_EDGE_INTERNAL:
        r = internal_ref(g, owner, edge, &ref, &left_out, err);
        break;
    case HSN__V8_EDGE_WEAK:
        ref.kind = HSN_REF_WEAK;
        r = label_of(g, edge->name, &ref, err);
        break;
    case HSN__V8_EDGE_CONTEXT:
        ref.kind = HSN_REF_LOCAL;
        r = label_of(g, edge->name, &ref, err);
        break;
    case HSN__V8_EDGE_PROPERTY:
        ref.kind = hsn__v8_is_class_reference(edge->kind, hsn__v8_string(v, edge->name))
                       ? HSN_REF_CLASS
                       : HSN_REF_ATTRIBUTE;
        r = label_of(g, edge->name, &ref, err);
        break;
    default:
        ref.kind = HSN_REF_OTHER;
        r = label_of(g, edge->name, &ref, err);
        break;
    }
    if (r != HSN_OK || left_out)
        return r;
    g->refs[g->ref_count++] = ref;
    return g->ref_count == BATCH ? flush(g, err) : HSN_OK;
}

// ---- objects

static void cut(hsn_text *text)
{
    if (text->length > MAX_TEXT)
        for (text->length = MAX_TEXT; text->length && (text->data[text->length] & 0xc0) == 0x80;)
            text->length--;
}

// Names and short values: of a function with its place, of others where the class does not say it.
static int text_of(giving *g, size_t ordinal, const hsn__v8_node *node, hsn_text *out,
                   hsn_error *err)
{
    hsn__v8_reading *v = g->v;
    hsn_text text = hsn__v8_string(v, v->names[ordinal]);
    while (g->place < v->place_count && v->places[g->place].node < ordinal)
        g->place++;
    *out = (hsn_text){"", 0};
    if (node->kind == HSN__V8_NODE_OBJECT)
        return HSN_OK;
    cut(&text);
    *out = text;
    if (node->kind != HSN__V8_NODE_CLOSURE || g->place == v->place_count ||
        v->places[g->place].node != ordinal)
        return HSN_OK;
    const hsn__v8_place *place = &v->places[g->place];
    hsn_text script = hsn__v8_script_name(v, place->script);
    if (!script.length || place->line == HSN_NONE)
        return HSN_OK;
    cut(&script);
    hsn__buf_reset(&g->text);
    hsn__buf_append(&g->text, text.data, text.length);
    hsn__buf_puts(&g->text, text.length ? " " : "(anonymous) ");
    hsn__buf_append(&g->text, script.data, script.length);
    hsn__buf_printf(&g->text, ":%" PRIu32, place->line + 1);
    *out = (hsn_text){g->text.data, g->text.size};
    return g->text.failed ? hsn__fail_memory(err) : HSN_OK;
}

static int give_object(giving *g, size_t ordinal, const hsn__v8_node *node, hsn_error *err)
{
    hsn__v8_reading *v = g->v;
    hsn_sink_object object = {.address = v->ids[ordinal],
                              .size_bytes = node->size_bytes,
                              .length = HSN_NO_LENGTH,
                              .refcount = HSN_NO_REFCOUNT,
                              .stack = HSN_NONE,
                              .generation = HSN_NO_GENERATION};
    hsn__v8_node plain = *node;
    // Strings are strings, however they are put together.
    if (node->kind == HSN__V8_NODE_CONCATENATED || node->kind == HSN__V8_NODE_SLICED)
        plain.kind = HSN__V8_NODE_STRING;
    int r = type_of(g, &plain, v->names[ordinal], &object.type, err);
    if (r == HSN_OK)
        r = hsn__v8_trace_stack(v, node->trace, &object.stack, err);
    if (r != HSN_OK)
        return r;
    r = text_of(g, ordinal, node, &object.text, err);
    return r < 0 ? r : g->ops->object(g->sink, &object, err);
}

static int give_objects(giving *g, hsn_error *err)
{
    hsn__v8_reading *v = g->v;
    hsn__v8_edge_walk walk = {.p = v->edges.data};
    const uint8_t *p = v->nodes.data;
    uint64_t left = v->edge_count;
    int r = HSN_OK;
    for (size_t i = 0; i < v->node_count && r == HSN_OK; i++) {
        hsn__v8_node node;
        hsn__v8_edge edge;
        p = hsn__v8_node_get(p, &node);
        bool is_root = hsn__bitmap_get(g->roots.is_root, i);
        if (!is_root)
            r = give_object(g, i, &node, err);
        for (uint64_t k = hsn__v8_take_edges(&node, &left); k && r == HSN_OK; k--) {
            hsn__v8_edge_get(&walk, &edge);
            if (!is_root)
                r = put_edge(g, v->ids[i], &edge, err);
        }
        if (r == HSN_OK)
            r = flush(g, err);
    }
    return r;
}

// ---- all of it

static int give_facts(giving *g, hsn_error *err)
{
    hsn__v8_reading *v = g->v;
    char text[24];
    int r = g->ops->fact(g->sink, hsn__text("runtime"), hsn__text("v8"), err);
    if (r == HSN_OK && v->layout.node_id >= 0)
        r = g->ops->fact(g->sink, hsn__text("stable_ids"), hsn__text("1"), err);
    snprintf(text, sizeof text, "%" PRIu64, v->native_bytes);
    if (r == HSN_OK && v->native_bytes)
        r = g->ops->fact(g->sink, hsn__text("v8.extra_native_bytes"), hsn__text(text), err);
    return r;
}

// An address is never 0.
static void replace_zero_ids(hsn__v8_reading *v)
{
    uint64_t other = v->max_id == UINT64_MAX ? 1 : v->max_id + 1;
    for (size_t i = 0; v->has_zero_id && i < v->node_count; i++)
        if (!v->ids[i])
            v->ids[i] = other;
}

static int prepare(giving *g, hsn_error *err)
{
    hsn__v8_reading *v = g->v;
    g->labels = hsn__alloc_array(v->string_count + 1, sizeof *g->labels);
    // Only browsers have what is detached.
    for (int i = 0; i <= v->has_detachedness; i++) {
        g->classes[i] = hsn__alloc_array(v->string_count + 1, sizeof *g->classes[i]);
        if (!g->classes[i])
            return hsn__fail_memory(err);
        memset(g->classes[i], 0xff, (v->string_count + 1) * sizeof *g->classes[i]);
    }
    if (!g->labels)
        return hsn__fail_memory(err);
    memset(g->labels, 0xff, (v->string_count + 1) * sizeof *g->labels);
    memset(g->plain_types, 0xff, sizeof g->plain_types);
    replace_zero_ids(v);
    int r = hsn__v8_find_scripts(v, err);
    if (r == HSN_OK)
        r = hsn__v8_propagate_detached(v, err);
    return r == HSN_OK ? hsn__v8_find_roots(v, &g->roots, err) : r;
}

int hsn__v8_give(hsn__v8_reading *v, hsn_error *err)
{
    giving g = {.v = v, .ops = v->sink->ops, .sink = v->sink->context, .pair_label = HSN_NONE};
    int r = prepare(&g, err);
    if (r == HSN_OK)
        r = give_facts(&g, err);
    if (r == HSN_OK)
        r = give_objects(&g, err);
    if (r == HSN_OK)
        r = hsn__v8_give_roots(&g.roots, err);
    if (r == HSN_OK)
        r = hsn__v8_give_traces(v, err);
    hsn__v8_roots_clear(&g.roots);
    hsn__free(g.labels);
    hsn__free(g.classes[0]);
    hsn__free(g.classes[1]);
    hsn__free(g.types);
    hsn__buf_clear(&g.text);
    return r;
}
