// SPDX-License-Identifier: MIT
// mkdump: writes lines about objects, or counts references in the pass before.
#include "mkdump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const group_keys[] = {"attr", "item",     "dict",  "elem",
                                         "cell", "internal", "class", "weak"};

void flush(struct maker *m)
{
    if (m->used && fwrite(m->buffer, 1, m->used, m->out) != m->used) {
        fprintf(stderr, "mkdump: cannot write: %s\n", strerror(errno));
        exit(2);
    }
    m->used = 0;
}

void put_text(struct maker *m, const char *text)
{
    size_t length = strlen(text);
    if (BUFFER_SIZE - m->used < length + 64)
        flush(m);
    memcpy(m->buffer + m->used, text, length);
    m->used += length;
}

static void put_number(struct maker *m, uint64_t value)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233"
        "34353637383940414243444546474849505152535455565758596061626364656667"
        "6869707172737475767778798081828384858687888990919293949596979899";
    char text[20];
    size_t at = sizeof text;
    while (value >= 100) {
        at -= 2;
        memcpy(text + at, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10) {
        at -= 2;
        memcpy(text + at, pairs + 2 * value, 2);
    } else {
        text[--at] = (char)('0' + value);
    }
    if (BUFFER_SIZE - m->used < 64)
        flush(m);
    memcpy(m->buffer + m->used, text + at, sizeof text - at);
    m->used += sizeof text - at;
}

static void put_member(struct maker *m, const char *key, uint64_t value)
{
    put_text(m, key);
    put_number(m, value);
}

static bool is_surplus(const struct maker *m, uint32_t object)
{
    return object >= m->first_chunk && mix(m->seed ^ (uint64_t)object << 20) % 20000 == 0;
}

// Starts an object's line. In the counting pass there is nothing to do.
void begin(struct maker *m, uint32_t object, uint16_t type, uint64_t length, const char *text,
           bool has_stack)
{
    m->open = NO_GROUP;
    if (!m->writing)
        return;
    uint64_t random = mix(m->seed ^ object);
    bool sized = type < BUILTINS && type != FUNCTION && type != CODE && type != CELL &&
                 type != METHOD && type != WEAKREF && type != INT && type != FLOAT &&
                 length != NO_LENGTH;
    uint32_t bytes = shape_bytes(type, length == NO_LENGTH ? 0 : length, random);
    bool tracked = type >= BUILTINS || type_rows[type].tracked;
    put_member(m, "{\"object\":", address_of(m, object));
    put_member(m, ",\"type\":", type);
    put_member(m, ",\"size\":", bytes);
    put_member(m, ",\"rc\":", m->indegree[object] + is_surplus(m, object));
    if (type == STR || type == BYTES)
        put_member(m, ",\"len\":", bytes - type_rows[type].base_bytes);
    else if (sized)
        put_member(m, ",\"len\":", length);
    if (tracked) {
        put_text(m, ",\"flags\":1");
        put_member(m, ",\"gen\":", random % 64 == 0 ? random >> 8 & 1 : 2);
    }
    if (text) {
        put_text(m, ",\"text\":\"");
        put_text(m, text);
        put_text(m, "\"");
    }
    if (has_stack)
        put_text(m, ",\"stack\":0");
}

static void close_group(struct maker *m)
{
    if (m->writing && m->open != NO_GROUP && m->open != CLASS)
        m->buffer[m->used++] = ']';
    m->open = NO_GROUP;
}

void end(struct maker *m)
{
    close_group(m);
    if (m->writing)
        put_text(m, "}\n");
}

static void open_group(struct maker *m, enum group group)
{
    if (m->open == group) {
        put_text(m, ",");
        return;
    }
    close_group(m);
    put_text(m, ",\"");
    put_text(m, group_keys[group]);
    put_text(m, group == CLASS ? "\":" : "\":[");
    m->open = group;
}

// A reference. `label` is used where the group has one.
void refer(struct maker *m, enum group group, uint32_t label, uint32_t target)
{
    if (!m->writing) {
        m->indegree[target] += group != WEAK;
        return;
    }
    open_group(m, group);
    if (group == ATTR || group == CELL_GROUP || group == INTERNAL) {
        put_number(m, label);
        put_text(m, ",");
    }
    put_number(m, address_of(m, target));
    m->references++;
}

// A dict's entry; label NOWHERE = the key is no identifier.
void refer_entry(struct maker *m, uint32_t label, uint32_t key, uint32_t value)
{
    if (!m->writing) {
        m->indegree[key]++;
        m->indegree[value]++;
        return;
    }
    open_group(m, ENTRY);
    if (label == NOWHERE)
        put_text(m, "-1");
    else
        put_number(m, label);
    put_text(m, ",");
    put_number(m, address_of(m, key));
    put_text(m, ",");
    put_number(m, address_of(m, value));
    m->references += 2;
}
