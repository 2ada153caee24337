// SPDX-License-Identifier: MIT
// libyaml's events into a tree with places. The only file that knows libyaml.
#include "report/policy_yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

enum { MAX_DEPTH = 16, MAX_NODES = 20000, MAX_SCALAR = 4096 };

typedef struct building {
    hsn__arena *arena;
    const char *path;
    hsn__yaml *root;
    hsn__yaml *open; // innermost sequence or mapping
    unsigned depth, nodes, documents;
    const char *key; // read, its value is awaited
    uint32_t key_line, key_column;
    hsn_error *err;
} building;

static int fail_at(hsn_error *err, const char *path, uint32_t line, uint32_t column,
                   const char *format, va_list arguments) HSN__PRINTF(5, 0);

static int fail_at(hsn_error *err, const char *path, uint32_t line, uint32_t column,
                   const char *format, va_list arguments)
{
    char text[200];
    vsnprintf(text, sizeof text, format, arguments);
    return hsn__fail(err, HSN_EFORMAT, path, "line %u, column %u: %s", (unsigned)line,
                     (unsigned)column, text);
}

int hsn__yaml_fail(hsn_error *err, const char *path, const hsn__yaml *node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int r = fail_at(err, path, node->line, node->column, format, arguments);
    va_end(arguments);
    return r;
}

int hsn__yaml_fail_key(hsn_error *err, const char *path, const hsn__yaml *node, const char *format,
                       ...)
{
    va_list arguments;
    va_start(arguments, format);
    int r = fail_at(err, path, node->key_line, node->key_column, format, arguments);
    va_end(arguments);
    return r;
}

static int fail_mark(building *b, yaml_mark_t mark, const char *format, ...) HSN__PRINTF(3, 4);

static int fail_mark(building *b, yaml_mark_t mark, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int r = fail_at(b->err, b->path, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1, format,
                    arguments);
    va_end(arguments);
    return r;
}

static int take_key(building *b, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    for (const hsn__yaml *other = b->open->first; other; other = other->next)
        if (!strcmp(other->key, text))
            return fail_mark(b, event->start_mark, "key '%.60s' stands here a second time", text);
    b->key = hsn__arena_copy(b->arena, text, strlen(text));
    b->key_line = (uint32_t)event->start_mark.line + 1;
    b->key_column = (uint32_t)event->start_mark.column + 1;
    return b->key ? HSN_OK : hsn__fail_memory(b->err);
}

// A value of a mapping, an item, or the document itself.
static int add_node(building *b, const yaml_event_t *event, hsn__yaml_kind kind, hsn__yaml **out)
{
    if (++b->nodes > MAX_NODES)
        return hsn__fail_limit(b->err, "values in the policy", MAX_NODES);
    hsn__yaml *node = hsn__arena_zeroed(b->arena, 1, sizeof *node);
    if (!node)
        return hsn__fail_memory(b->err);
    *node = (hsn__yaml){.kind = kind,
                        .line = (uint32_t)event->start_mark.line + 1,
                        .column = (uint32_t)event->start_mark.column + 1,
                        .key = b->key,
                        .key_line = b->key_line,
                        .key_column = b->key_column,
                        .parent = b->open};
    b->key = NULL;
    if (!b->open)
        b->root = node;
    else if (b->open->last)
        b->open->last = b->open->last->next = node;
    else
        b->open->first = b->open->last = node;
    *out = node;
    return HSN_OK;
}

static int take_scalar(building *b, const yaml_event_t *event)
{
    hsn__yaml *node = NULL;
    const char *text = (const char *)event->data.scalar.value;
    size_t length = event->data.scalar.length;
    if (length > MAX_SCALAR || strlen(text) != length)
        return fail_mark(b, event->start_mark,
                         length > MAX_SCALAR ? "a value of over 4096 bytes"
                                             : "a value with a zero byte");
    if (b->open && b->open->kind == HSN__YAML_MAPPING && !b->key)
        return take_key(b, event);
    int r = add_node(b, event, HSN__YAML_SCALAR, &node);
    if (r < 0)
        return r;
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->text = hsn__arena_copy(b->arena, text, length);
    return node->text ? HSN_OK : hsn__fail_memory(b->err);
}

static int take_begin(building *b, const yaml_event_t *event, hsn__yaml_kind kind)
{
    hsn__yaml *node = NULL;
    if (b->open && b->open->kind == HSN__YAML_MAPPING && !b->key)
        return fail_mark(b, event->start_mark, "a key must be a word");
    if (++b->depth > MAX_DEPTH)
        return hsn__fail_limit(b->err, "depth of the policy", MAX_DEPTH);
    int r = add_node(b, event, kind, &node);
    if (r >= 0)
        b->open = node;
    return r;
}

static int take_event(building *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++b->documents > 1 ? fail_mark(b, event->start_mark, "a second document") : HSN_OK;
    case YAML_ALIAS_EVENT:
        return fail_mark(b, event->start_mark, "aliases (*%.40s) are not supported",
                         (const char *)event->data.alias.anchor);
    case YAML_SCALAR_EVENT:
        return take_scalar(b, event);
    case YAML_SEQUENCE_START_EVENT:
        return take_begin(b, event, HSN__YAML_SEQUENCE);
    case YAML_MAPPING_START_EVENT:
        return take_begin(b, event, HSN__YAML_MAPPING);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->open = b->open->parent;
        b->depth--;
        return HSN_OK;
    default:
        return HSN_OK;
    }
}

static int parse_failed(building *b, const yaml_parser_t *parser)
{
    const char *problem = parser->problem ? parser->problem : "cannot be read";
    if (parser->error == YAML_MEMORY_ERROR)
        return hsn__fail_memory(b->err);
    if (parser->error == YAML_READER_ERROR)
        return hsn__fail_at(b->err, HSN_EFORMAT, b->path, parser->problem_offset, "%s", problem);
    return fail_mark(b, parser->problem_mark, "%s", problem);
}

int hsn__yaml_parse(hsn__arena *arena, const char *path, const char *text, size_t size,
                    hsn__yaml **out, hsn_error *err)
{
    building b = {.arena = arena, .path = path, .err = err};
    yaml_parser_t parser;
    int r = HSN_OK;
    bool ended = false;
    *out = NULL;
    if (!yaml_parser_initialize(&parser))
        return hsn__fail_memory(err);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
    while (r >= 0 && !ended) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            r = parse_failed(&b, &parser);
            break;
        }
        ended = event.type == YAML_STREAM_END_EVENT;
        r = take_event(&b, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    // `---` alone, or comments only: one empty scalar.
    bool empty = b.root && b.root->kind == HSN__YAML_SCALAR && b.root->plain && !*b.root->text;
    *out = empty ? NULL : b.root;
    return r;
}
