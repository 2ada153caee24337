// SPDX-License-Identifier: MIT
// Where the code of an object of a V8 heap snapshot stands. The file gives scripts by number; their
// names are found through closures: closure -shared-> function -script_or_debug_info-> script.
#include "read_v8.h"

#include <stdlib.h>

int hsn__v8_add_script(hsn__v8_reading *v, uint32_t script, uint32_t name, hsn_error *err)
{
    // Functions of one script stand together as a rule.
    const hsn__v8_script *last = v->script_count ? &v->scripts[v->script_count - 1] : NULL;
    if (last && last->script == script && last->name == name)
        return HSN_OK;
    int r = hsn__v8_grow(&v->scripts, &v->scripts_capacity, v->script_count + 1, sizeof *v->scripts,
                         "scripts", err);
    if (r == HSN_OK)
        v->scripts[v->script_count++] = (hsn__v8_script){script, name};
    return r;
}

hsn_text hsn__v8_script_name(const hsn__v8_reading *v, uint32_t script)
{
    size_t low = 0, high = v->script_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v->scripts[middle].script < script)
            low = middle + 1;
        else
            high = middle;
    }
    bool known = low < v->script_count && v->scripts[low].script == script;
    return hsn__v8_script_file(hsn__v8_string(v, known ? v->scripts[low].name : HSN_NONE));
}

static int compare_places(const void *a, const void *b)
{
    const hsn__v8_place *x = a, *y = b;
    if (x->node != y->node)
        return x->node < y->node ? -1 : 1;
    if (x->script != y->script)
        return x->script < y->script ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static int compare_scripts(const void *a, const void *b)
{
    const hsn__v8_script *x = a, *y = b;
    if (x->script != y->script)
        return x->script < y->script ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name;
}

// The next step from a closure to its script, by node; HSN_NONE = none.
static int find_links(const hsn__v8_reading *v, uint32_t *links)
{
    enum { SHARED = 1, SCRIPT };
    uint8_t *steps = hsn__alloc_zeroed(v->string_count + 1, 1);
    if (!steps)
        return HSN_ENOMEM;
    for (size_t i = 0; i < v->string_count; i++) {
        hsn_text text = hsn__v8_string(v, i);
        if (hsn__json_is(text, "shared"))
            steps[i] = SHARED;
        else if (hsn__json_is(text, "script_or_debug_info") || hsn__json_is(text, "script"))
            steps[i] = SCRIPT;
    }
    hsn__v8_edge_walk walk = {.p = v->edges.data};
    const uint8_t *p = v->nodes.data;
    uint64_t left = v->edge_count;
    for (size_t i = 0; i < v->node_count; i++) {
        hsn__v8_node node;
        p = hsn__v8_node_get(p, &node);
        uint8_t step = node.kind == HSN__V8_NODE_CLOSURE ? SHARED
                       : node.kind == HSN__V8_NODE_CODE  ? SCRIPT
                                                         : 0;
        links[i] = HSN_NONE;
        for (uint64_t k = hsn__v8_take_edges(&node, &left); k; k--) {
            hsn__v8_edge edge;
            hsn__v8_edge_get(&walk, &edge);
            if (step && edge.kind == HSN__V8_EDGE_INTERNAL && edge.name < v->string_count &&
                steps[edge.name] == step && edge.target < v->node_count)
                links[i] = (uint32_t)edge.target;
        }
    }
    hsn__free(steps);
    return HSN_OK;
}

static int name_scripts(hsn__v8_reading *v, hsn_error *err)
{
    uint32_t *links = hsn__alloc_array(v->node_count, sizeof *links);
    int r = links ? find_links(v, links) : HSN_ENOMEM;
    if (r < 0)
        r = hsn__fail_memory(err);
    for (size_t i = 0; r == HSN_OK && i < v->place_count; i++) {
        const hsn__v8_place *place = &v->places[i];
        uint32_t function = place->node < v->node_count ? links[place->node] : HSN_NONE;
        uint32_t script = function != HSN_NONE ? links[function] : HSN_NONE;
        if (place->script_node < v->node_count)
            script = place->script_node;
        if (script != HSN_NONE && hsn__v8_script_file(hsn__v8_string(v, v->names[script])).length)
            r = hsn__v8_add_script(v, place->script, v->names[script], err);
    }
    hsn__free(links);
    return r;
}

static int find_source_classes(hsn__v8_reading *v, hsn_error *err)
{
    const uint8_t *p = v->nodes.data;
    size_t at = 0;
    v->source_classes = hsn__bitmap_new(v->string_count);
    if (!v->source_classes)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < v->node_count && at < v->place_count; i++) {
        hsn__v8_node node;
        p = hsn__v8_node_get(p, &node);
        for (; at < v->place_count && v->places[at].node <= i; at++)
            if (v->places[at].node == i && node.kind == HSN__V8_NODE_OBJECT &&
                v->names[i] < v->string_count &&
                hsn__v8_is_program_script(hsn__v8_script_name(v, v->places[at].script)))
                hsn__bitmap_set(v->source_classes, v->names[i]);
    }
    return HSN_OK;
}

int hsn__v8_find_scripts(hsn__v8_reading *v, hsn_error *err)
{
    int r = HSN_OK;
    if (v->place_count) {
        qsort(v->places, v->place_count, sizeof *v->places, compare_places);
        r = name_scripts(v, err);
    }
    if (v->script_count)
        qsort(v->scripts, v->script_count, sizeof *v->scripts, compare_scripts);
    if (r == HSN_OK && v->place_count)
        r = find_source_classes(v, err);
    return r;
}
