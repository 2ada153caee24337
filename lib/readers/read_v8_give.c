// SPDX-License-Identifier: MIT
// A V8 heap snapshot into events: its synthetic nodes become names of roots, all others objects.
#include "read_v8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 256, MAX_TEXT = 200 };

// An edge of a synthetic node; in order of its source.
typedef struct root_edge {
    uint32_t source, target; // ordinals
    uint8_t kind;
} root_edge;

typedef struct giving {
    hsn__v8_reading *v;
    const hsn_sink_ops *ops;
    void *sink;
    uint64_t *synthetic; // bitmap: synthetic and of no size, or the root
    uint64_t *is_root;   // bitmap: … and the root leads there; no object
    root_edge *root_edges;
    size_t root_edge_count, root_edge_capacity;
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

static uint32_t root_node(const hsn__v8_reading *v)
{
    uint64_t node = v->root_offset / (uint64_t)v->layout.node_count;
    return node < v->node_count ? (uint32_t)node : 0;
}

// ---- which nodes are roots

static int find_synthetic(giving *g, hsn_error *err)
{
    hsn__v8_reading *v = g->v;
    hsn__v8_edge_walk walk = {.p = v->edges.data};
    const uint8_t *p = v->nodes.data;
    uint64_t left = v->edge_count;
    uint32_t root = root_node(v);
    int r = HSN_OK;
    g->synthetic = hsn__bitmap_new(v->node_count);
    g->is_root = hsn__bitmap_new(v->node_count);
    if (!g->synthetic || !g->is_root)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < v->node_count && r == HSN_OK; i++) {
        hsn__v8_node node;
        hsn__v8_edge edge;
        p = hsn__v8_node_get(p, &node);
        bool synthetic = !node.size_bytes && (node.kind == HSN__V8_NODE_SYNTHETIC || i == root);
        if (synthetic)
            hsn__bitmap_set(g->synthetic, i);
        for (uint64_t k = hsn__v8_take_edges(&node, &left); k && r == HSN_OK; k--) {
            hsn__v8_edge_get(&walk, &edge);
            if (!synthetic || edge.kind == HSN__V8_EDGE_WEAK || edge.target >= v->node_count)
                continue;
            r = hsn__v8_grow(&g->root_edges, &g->root_edge_capacity, g->root_edge_count + 1,
                             sizeof *g->root_edges, "edges of roots", err);
            if (r == HSN_OK)
                g->root_edges[g->root_edge_count++] =
                    (root_edge){(uint32_t)i, (uint32_t)edge.target, edge.kind};
        }
    }
    return r;
}

// The first edge of a source.
static size_t first_edge(const giving *g, uint32_t source)
{
    size_t low = 0, high = g->root_edge_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (g->root_edges[middle].source < source)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int mark_roots(giving *g, hsn_error *err)
{
    uint32_t root = root_node(g->v), *queue = NULL;
    size_t count = 0, capacity = 0;
    int r = HSN_OK;
    if (!hsn__bitmap_get(g->synthetic, root))
        return HSN_OK;
    r = hsn__v8_grow(&queue, &capacity, 1, sizeof *queue, "roots", err);
    if (r == HSN_OK) {
        queue[count++] = root;
        hsn__bitmap_set(g->is_root, root);
    }
    for (size_t at = 0; at < count && r == HSN_OK; at++) {
        for (size_t i = first_edge(g, queue[at]);
             i < g->root_edge_count && g->root_edges[i].source == queue[at] && r == HSN_OK; i++) {
            uint32_t target = g->root_edges[i].target;
            if (!hsn__bitmap_get(g->synthetic, target) || hsn__bitmap_get(g->is_root, target))
                continue;
            hsn__bitmap_set(g->is_root, target);
            r = hsn__v8_grow(&queue, &capacity, count + 1, sizeof *queue, "roots", err);
            if (r == HSN_OK)
                queue[count++] = target;
        }
    }
    hsn__free(queue);
    return r;
}

static int compare_root_edges(const void *a, const void *b)
{
    const root_edge *x = a, *y = b;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return (int)x->kind - (int)y->kind;
}

// Newer V8 has no shortcuts: the global objects go by their names.
static int find_globals(giving *g, hsn_error *err)
{
    hsn__v8_reading *v = g->v;
    const uint8_t *p = v->nodes.data;
    uint32_t top = root_node(v);
    for (size_t i = first_edge(g, top); i < g->root_edge_count && g->root_edges[i].source == top;
         i++)
        if (g->root_edges[i].kind == HSN__V8_EDGE_SHORTCUT)
            return HSN_OK;
    uint64_t *is_global = hsn__bitmap_new(v->string_count);
    int r = is_global ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; i < v->string_count && r == HSN_OK; i++)
        if (hsn__v8_global_name(hsn__v8_string(v, i)).length < hsn__v8_string(v, i).length)
            hsn__bitmap_set(is_global, i);
    for (size_t i = 0; i < v->node_count && r == HSN_OK; i++) {
        hsn__v8_node node;
        p = hsn__v8_node_get(p, &node);
        if (node.kind != HSN__V8_NODE_OBJECT || v->names[i] >= v->string_count ||
            !hsn__bitmap_get(is_global, v->names[i]))
            continue;
        r = hsn__v8_grow(&g->root_edges, &g->root_edge_capacity, g->root_edge_count + 1,
                         sizeof *g->root_edges, "edges of roots", err);
        if (r == HSN_OK)
            g->root_edges[g->root_edge_count++] =
                (root_edge){top, (uint32_t)i, HSN__V8_EDGE_SHORTCUT};
    }
    hsn__free(is_global);
    return r;
}

static int give_roots(giving *g, hsn_error *err)
{
    const hsn__v8_reading *v = g->v;
    uint32_t top = root_node(v);
    int r = HSN_OK;
    if (g->root_edge_count)
        qsort(g->root_edges, g->root_edge_count, sizeof *g->root_edges, compare_root_edges);
    for (size_t i = 0; i < g->root_edge_count && r == HSN_OK; i++) {
        const root_edge *edge = &g->root_edges[i], *before = i ? edge - 1 : NULL;
        if (!hsn__bitmap_get(g->is_root, edge->source) ||
            hsn__bitmap_get(g->is_root, edge->target) ||
            (before && before->target == edge->target && before->source == edge->source))
            continue;
        hsn_text name = hsn__v8_string(v, v->names[edge->source]);
        hsn_sink_root root = {v->ids[edge->target], hsn__v8_root_kind(name), name, {"", 0}};
        if (edge->source == top) {
            // What the root holds itself: the global objects of the program.
            bool global = edge->kind == HSN__V8_EDGE_SHORTCUT;
            root.kind = global ? HSN_ROOT_MODULE : HSN_ROOT_OTHER;
            root.name = hsn__v8_global_name(hsn__v8_string(v, v->names[edge->target]));
        }
        if (!root.name.length)
            root.name = hsn__text("(root)");
        r = g->ops->root(g->sink, &root, err);
    }
    return r;
}

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
    if (edge->target >= v->node_count || hsn__bitmap_get(g->is_root, edge->target)) {
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
        bool is_root = hsn__bitmap_get(g->is_root, i);
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
    if (r == HSN_OK)
        r = find_synthetic(g, err);
    if (r == HSN_OK)
        r = mark_roots(g, err);
    return r == HSN_OK && hsn__bitmap_get(g->is_root, root_node(v)) ? find_globals(g, err) : r;
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
        r = give_roots(&g, err);
    if (r == HSN_OK)
        r = hsn__v8_give_traces(v, err);
    hsn__free(g.synthetic);
    hsn__free(g.is_root);
    hsn__free(g.root_edges);
    hsn__free(g.labels);
    hsn__free(g.classes[0]);
    hsn__free(g.classes[1]);
    hsn__free(g.types);
    hsn__buf_clear(&g.text);
    return r;
}
