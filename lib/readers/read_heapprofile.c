// SPDX-License-Identifier: MIT
// V8's sampling heap profile, `.heapprofile`: a tree of calls with the bytes that each allocated.
//
//   {"head":{"callFrame":{"functionName":"f","scriptId":"5","url":"file:///a.js","lineNumber":3,
//    "columnNumber":9},"selfSize":4096,"id":7,"children":[…]},"samples":[…]}
//
// The tree is read without recursion: the path to the node at hand is a stack of its own. A node is
// given to the sink when it ends, for its frame and size may stand behind its children.
//
// Source: docs/formats/heapprofile.md; HeapProfiler.SamplingHeapProfile of the DevTools protocol.
#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"
#include "json_document.h"
#include "profile_scan.h"
#include "reader.h"

#define MAX_DEPTH ((size_t)1 << 14)
#define MAX_NODES ((size_t)1 << 28)

// A node of the tree; a parent stands before its children.
struct node {
    uint64_t size_bytes;
    uint32_t frame; // id of the sink
    uint32_t parent;
};

// A node whose object is open: whether a member was read, and whether its children are being read.
struct level {
    uint32_t node;
    bool first_member, first_child, in_children;
};

struct reading {
    hsn__profile profile;
    hsn__json json;
    struct node *nodes;
    size_t node_count, node_capacity;
    struct level *levels;
    size_t depth, level_capacity;
};

static int damaged(struct reading *reading, hsn_error *err)
{
    hsn_input *in = reading->profile.in;
    if (reading->json.text.failed)
        return hsn__fail_memory(err);
    bool ended = hsn__input_at_end(in);
    int r = ended ? hsn__input_status(in, err) : HSN_OK;
    if (r < 0)
        return r;
    const char *problem = ended ? "the document ends early" : reading->json.problem;
    return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(in), hsn__input_offset(in), "%s",
                        problem ? problem : "no JSON");
}

// `{` of a node was not yet consumed.
static int open_node(struct reading *reading, uint32_t parent, hsn_error *err)
{
    if (!hsn__json_document_take(&reading->json, '{'))
        return damaged(reading, err);
    if (!hsn__array_grow(&reading->nodes, &reading->node_capacity, reading->node_count + 1,
                         sizeof *reading->nodes, MAX_NODES))
        return reading->node_count < MAX_NODES ? hsn__fail_memory(err)
                                               : hsn__fail_limit(err, "nodes", MAX_NODES);
    if (!hsn__array_grow(&reading->levels, &reading->level_capacity, reading->depth + 1,
                         sizeof *reading->levels, MAX_DEPTH))
        return reading->depth < MAX_DEPTH ? hsn__fail_memory(err)
                                          : hsn__fail_limit(err, "depth of the tree", MAX_DEPTH);
    uint32_t node = (uint32_t)reading->node_count++;
    reading->nodes[node] = (struct node){0, HSN_NONE, parent};
    reading->levels[reading->depth++] = (struct level){node, true, true, false};
    return HSN_OK;
}

// A number that may have a sign or a fraction; anything below 1 is 0.
static bool read_number(struct reading *reading, uint64_t *out)
{
    hsn__json_span span;
    hsn__json_kind kind;
    double value;
    if (!hsn__json_scalar(&reading->json, &span, &kind))
        return false;
    hsn_text text = hsn__json_text(&reading->json, span);
    *out = 0;
    if (!hsn__text_number(&text, 10, out) && hsn__text_decimal(&text, &value) && value > 0)
        *out = (uint64_t)value;
    return true;
}

static int read_frame(struct reading *reading, struct node *node, hsn_error *err)
{
    hsn__json *json = &reading->json;
    hsn__json_span key, function = {0, 0}, url = {0, 0};
    uint64_t line = 0;
    bool first = true, has_line = false;
    int r = hsn__json_document_take(json, '{') ? HSN_OK : HSN_PARTIAL;
    while (r == HSN_OK && (r = hsn__json_document_member(json, &first, &key)) == HSN_OK) {
        hsn_text name = hsn__json_text(json, key);
        bool good = true;
        if (hsn__json_is(name, "functionName"))
            good = hsn__json_string(json, &function);
        else if (hsn__json_is(name, "url"))
            good = hsn__json_string(json, &url);
        else if (hsn__json_is(name, "lineNumber")) {
            // Counted from 0, and -1 where there is none.
            has_line = hsn__json_document_peek(json) != '-';
            good = read_number(reading, &line);
        } else {
            good = hsn__json_document_skip(json);
        }
        r = good ? HSN_OK : HSN_PARTIAL;
    }
    if (r == HSN_PARTIAL || json->text.failed)
        return damaged(reading, err);
    const hsn_sink *sink = reading->profile.sink;
    hsn_sink_frame frame = {.file = hsn__json_text(json, url),
                            .function = hsn__json_text(json, function)};
    if (!frame.function.length)
        frame.function = hsn__text("(anonymous)");
    if (has_line && frame.file.length && line < UINT32_MAX)
        frame.line = (uint32_t)line + 1;
    return sink->ops->frame(sink->context, &frame, &node->frame, err);
}

// The next member of the innermost open node, or its end.
static int read_member(struct reading *reading, struct level *level, hsn_error *err)
{
    hsn__json *json = &reading->json;
    struct node *node = &reading->nodes[level->node];
    hsn__json_span key;
    if (json->text.failed)
        return hsn__fail_memory(err);
    hsn__json_reset(json);
    int r = hsn__json_document_member(json, &level->first_member, &key);
    if (r == HSN_DONE) {
        reading->depth--;
        return HSN_OK;
    }
    if (r != HSN_OK)
        return damaged(reading, err);
    hsn_text name = hsn__json_text(json, key);
    if (hsn__json_is(name, "callFrame"))
        return read_frame(reading, node, err);
    if (hsn__json_is(name, "children")) {
        level->in_children = level->first_child = true;
        return hsn__json_document_take(json, '[') ? HSN_OK : damaged(reading, err);
    }
    bool good = hsn__json_is(name, "selfSize") ? read_number(reading, &node->size_bytes)
                                               : hsn__json_document_skip(json);
    return good ? HSN_OK : damaged(reading, err);
}

static int read_tree(struct reading *reading, hsn_error *err)
{
    int r = open_node(reading, HSN_NONE, err);
    while (r == HSN_OK && reading->depth) {
        struct level *level = &reading->levels[reading->depth - 1];
        if (!level->in_children) {
            r = read_member(reading, level, err);
            continue;
        }
        r = hsn__json_document_element(&reading->json, &level->first_child);
        if (r == HSN_OK)
            r = open_node(reading, level->node, err);
        else if (r == HSN_PARTIAL)
            r = damaged(reading, err);
        else if (r == HSN_DONE) {
            level->in_children = false;
            r = HSN_OK;
        }
    }
    return r;
}

static int read_document(struct reading *reading, hsn_error *err)
{
    hsn__json *json = &reading->json;
    hsn__json_span key;
    bool first = true;
    int r = hsn__json_document_take(json, '{') ? HSN_OK : HSN_PARTIAL;
    while (r == HSN_OK && (r = hsn__json_document_member(json, &first, &key)) == HSN_OK) {
        bool head = hsn__json_is(hsn__json_text(json, key), "head");
        hsn__json_reset(json);
        if (head && !reading->node_count)
            r = read_tree(reading, err);
        else if (!hsn__json_document_skip(json))
            r = HSN_PARTIAL;
    }
    if (r == HSN_PARTIAL)
        return damaged(reading, err);
    if (r == HSN_DONE && !reading->node_count)
        return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(reading->profile.in), 0,
                            "a profile without a tree");
    return r;
}

static int give_nodes(struct reading *reading, hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    int r = hsn__profile_fact(profile, "runtime", hsn__text("v8"), err);
    if (r == HSN_OK)
        r = hsn__profile_fact(profile, "profile.metric", hsn__text("selfSize"), err);
    for (size_t i = 0; i < reading->node_count && r == HSN_OK; i++) {
        if (!reading->nodes[i].size_bytes)
            continue;
        profile->count = 0;
        // The root is no function: it stays away unless it has bytes itself.
        for (uint32_t at = (uint32_t)i; at != HSN_NONE && r == HSN_OK;
             at = reading->nodes[at].parent)
            if (reading->nodes[at].frame != HSN_NONE &&
                (reading->nodes[at].parent != HSN_NONE || at == i))
                r = hsn__profile_push_id(profile, reading->nodes[at].frame, err);
        if (r == HSN_OK)
            r = hsn__profile_allocation(profile, 0, reading->nodes[i].size_bytes, err);
    }
    return r;
}

static int read_profile(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading reading = {.profile = {.in = in, .sink = sink}, .json = {.in = in}};
    hsn_error cause = {0};
    int r = read_document(&reading, &cause);
    bool useful = reading.node_count > 0;
    bool give = r == HSN_DONE || (useful && (r == HSN_EFORMAT || r == HSN_EIO));
    int given = give ? give_nodes(&reading, err) : HSN_OK;
    r = given < 0 ? given : hsn__profile_outcome(&reading.profile, r, useful, &cause, err);
    hsn__profile_clear(&reading.profile);
    hsn__json_clear(&reading.json);
    hsn__free(reading.nodes);
    hsn__free(reading.levels);
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
    while (at < size && (head[at] == ' ' || head[at] == '\n' || head[at] == '\r'))
        at++;
    if (at == size || head[at] != '{' || !contains(head, size, "\"head\""))
        return 0;
    return contains(head, size, "\"callFrame\"") ? 90 : 0;
}

const hsn_reader hsn__reader_heapprofile = {
    .name = "heapprofile",
    .title = "V8 sampling heap profile (Chrome, Node)",
    .spec = "docs/formats/heapprofile.md",
    .content = HSN_HAS_ALLOCATIONS,
    .probe = probe,
    .read = read_profile,
};
