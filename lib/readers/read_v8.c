// SPDX-License-Identifier: MIT
// V8's heap snapshots: `.heapsnapshot` and `.heaptimeline` of Chrome, Node, Deno and Electron, and
// what other engines write in the same form.
//
//   {"snapshot":{"meta":{"node_fields":[…],"node_types":[[…]],"edge_fields":[…],…},"node_count":3},
//    "nodes":[9,1,1,0,2,…],"edges":[1,1,7,…],"trace_function_infos":[],"trace_tree":[],
//    "samples":[],"locations":[],"strings":["","(root)",…]}
//
// Names stand at the end, so nodes and edges are held until then: packed, some 18 bytes a node and
// 5 an edge. Fields are found by name, for every version has others.
//
// Source: docs/formats/v8.md; V8's heap-snapshot-generator.cc, HeapSnapshotJSONSerializer.
#include "read_v8.h"

#include <inttypes.h>
#include <stdio.h>

int hsn__v8_grow(void *array, size_t *capacity, size_t need, size_t size, const char *what,
                 hsn_error *err)
{
    if (need > HSN__V8_MAX_ROWS)
        return hsn__fail_limit(err, what, HSN__V8_MAX_ROWS);
    return hsn__array_grow(array, capacity, need, size, HSN__V8_MAX_ROWS) ? HSN_OK
                                                                          : hsn__fail_memory(err);
}

int hsn__v8_damaged(hsn__v8_reading *v, const char *problem, hsn_error *err)
{
    if (v->json.text.failed)
        return hsn__fail_memory(err);
    bool ended = hsn__input_at_end(v->in);
    int r = ended ? hsn__input_status(v->in, err) : HSN_OK;
    if (r < 0)
        return r;
    if (ended)
        problem = "the document ends early";
    return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(v->in), hsn__input_offset(v->in), "%s",
                        problem ? problem : "no JSON");
}

hsn_text hsn__v8_string(const hsn__v8_reading *v, uint64_t number)
{
    if (number >= v->string_count)
        return (hsn_text){"", 0};
    size_t start = number ? v->strings[number - 1] : v->strings_start;
    return (hsn_text){v->json.text.data + start, v->strings[number] - start};
}

// Cut a text that nobody would read to its end, between two characters.
static void shorten(hsn__buf *text, size_t start)
{
    size_t end = start + HSN__V8_MAX_STRING;
    if (text->size <= end)
        return;
    while (end > start && ((unsigned char)text->data[end] & 0xc0) == 0x80)
        end--;
    text->size = end;
}

static int read_strings(hsn__v8_reading *v, hsn_error *err)
{
    hsn__json *json = &v->json;
    bool first = true;
    int r = hsn__json_document_take(json, '[') ? HSN_OK : HSN_PARTIAL;
    v->strings_start = json->text.size;
    while (r == HSN_OK && (r = hsn__json_document_element(json, &first)) == HSN_OK) {
        hsn__json_span span;
        if (!hsn__json_string(json, &span) || json->text.failed) {
            r = HSN_PARTIAL;
            break;
        }
        shorten(&json->text, span.start);
        r = hsn__v8_grow(&v->strings, &v->strings_capacity, v->string_count + 1, sizeof *v->strings,
                         "strings", err);
        if (r == HSN_OK)
            v->strings[v->string_count++] = json->text.size;
    }
    return r == HSN_DONE ? HSN_OK : r == HSN_PARTIAL ? hsn__v8_damaged(v, json->problem, err) : r;
}

static const struct member {
    const char *name;
    int (*read)(hsn__v8_reading *v, hsn_error *err);
} members[] = {
    {"nodes", hsn__v8_read_nodes},
    {"edges", hsn__v8_read_edges},
    {"trace_function_infos", hsn__v8_read_functions},
    {"trace_tree", hsn__v8_read_traces},
    {"samples", hsn__v8_read_samples},
    {"locations", hsn__v8_read_places},
    {"strings", read_strings},
};
enum { MEMBERS = sizeof members / sizeof *members };

static int read_member(hsn__v8_reading *v, hsn_text name, unsigned *seen, hsn_error *err)
{
    bool header = hsn__json_is(name, "snapshot");
    for (unsigned i = 0; i < MEMBERS; i++) {
        if (!hsn__json_is(name, members[i].name) || *seen >> i & 1)
            continue;
        if (!v->has_layout)
            return hsn__fail_at(
                err, HSN_EUNSUPPORTED, hsn__input_name(v->in), hsn__input_offset(v->in),
                "\"%s\" stands before \"snapshot\", which says how to read it", members[i].name);
        *seen |= 1u << i;
        return members[i].read(v, err);
    }
    if (header && !v->has_layout)
        return hsn__v8_read_header(v, err);
    return hsn__json_document_skip(&v->json) ? HSN_OK : hsn__v8_damaged(v, v->json.problem, err);
}

static int read_document(hsn__v8_reading *v, hsn_error *err)
{
    hsn__json *json = &v->json;
    hsn__json_span key;
    unsigned seen = 0;
    bool first = true;
    int r = hsn__json_document_take(json, '{') ? HSN_OK : HSN_PARTIAL;
    while (r == HSN_OK && (r = hsn__json_document_member(json, &first, &key)) == HSN_OK) {
        char name[32];
        hsn_text text = hsn__json_text(json, key);
        // The strings of the document stay in the buffer; keys go away again.
        size_t length = text.length < sizeof name ? text.length : 0;
        if (length)
            memcpy(name, text.data, length);
        json->text.size = key.start;
        r = read_member(v, (hsn_text){name, length}, &seen, err);
    }
    if (r == HSN_PARTIAL)
        return hsn__v8_damaged(v, json->problem, err);
    if (r == HSN_DONE && !v->node_count)
        return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(v->in), 0,
                            "a snapshot without nodes");
    return r == HSN_DONE ? HSN_OK : r;
}

static int warn_of_count(hsn__v8_reading *v, uint64_t said, uint64_t found, const char *what,
                         hsn_error *err)
{
    char text[128];
    if (said == UINT64_MAX || said == found)
        return HSN_OK;
    snprintf(text, sizeof text, "the header says %" PRIu64 " %s, the file holds %" PRIu64, said,
             what, found);
    return v->sink->ops->warn(v->sink->context, HSN_NO_OFFSET, hsn__text(text), err);
}

static int warn_of(hsn__v8_reading *v, uint64_t count, const char *what, hsn_error *err)
{
    char text[128];
    if (!count)
        return HSN_OK;
    snprintf(text, sizeof text, "%" PRIu64 " %s", count, what);
    return v->sink->ops->warn(v->sink->context, HSN_NO_OFFSET, hsn__text(text), err);
}

static int give(hsn__v8_reading *v, bool whole, hsn_error *err)
{
    int r = hsn__v8_give(v, err);
    if (r == HSN_OK && whole)
        r = warn_of_count(v, v->said_nodes, v->node_count, "nodes", err);
    if (r == HSN_OK && whole)
        r = warn_of_count(v, v->said_edges, v->edge_count, "edges", err);
    if (r == HSN_OK && whole)
        r = warn_of_count(v, v->owned_edges, v->edge_count, "edges of its nodes", err);
    if (r == HSN_OK)
        r = warn_of(v, v->odd_targets, "edges to no node were left out", err);
    return r;
}

static int read_snapshot(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    hsn__v8_reading v = {.in = in,
                         .sink = sink,
                         .json = {.in = in, .lenient = true, .text.max = (size_t)8 << 30},
                         .said_nodes = UINT64_MAX,
                         .said_edges = UINT64_MAX};
    hsn_error cause = {0};
    int r = read_document(&v, &cause), given = HSN_OK;
    // A limit or missing memory is not the dump's fault: nothing is made of what was read.
    bool partial = (r == HSN_EFORMAT || r == HSN_EIO) && v.node_count;
    if (r == HSN_OK || partial)
        given = give(&v, r == HSN_OK, err);
    if (given < 0) {
        r = given;
    } else if (partial) {
        r = hsn__fail_at(err, HSN_PARTIAL, hsn__input_name(in), cause.offset, "%s", cause.message);
    } else if (r < 0 && err && !err->code) {
        *err = cause;
    }
    hsn__json_clear(&v.json);
    hsn__free(v.ids);
    hsn__free(v.names);
    hsn__free(v.nodes.data);
    hsn__free(v.edges.data);
    hsn__free(v.strings);
    hsn__free(v.places);
    hsn__free(v.functions);
    hsn__free(v.traces);
    hsn__free(v.scripts);
    hsn__free(v.source_classes);
    hsn__free(v.trace_keys);
    return r;
}

static bool contains(const uint8_t *head, size_t size, const char *word)
{
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= size; i++)
        if (!memcmp(head + i, word, length))
            return true;
    return false;
}

static int probe(const uint8_t *head, size_t size)
{
    size_t at = 0;
    while (at < size &&
           (head[at] == ' ' || head[at] == '\n' || head[at] == '\r' || head[at] == '\t'))
        at++;
    if (at == size || head[at] != '{' || !contains(head, size, "\"snapshot\""))
        return 0;
    if (contains(head, size, "\"node_fields\""))
        return 95;
    return contains(head, size, "\"meta\"") ? 60 : 0;
}

const hsn_reader hsn__reader_v8 = {
    .name = "v8",
    .title = "V8 heap snapshot (Chrome, Node, Deno, Electron)",
    .spec = "docs/formats/v8.md",
    .content = HSN_HAS_GRAPH | HSN_HAS_ALLOCATIONS | HSN_HAS_SERIES,
    .probe = probe,
    .read = read_snapshot,
};
