// SPDX-License-Identifier: MIT
// Sets and maps of addresses and texts, in plain memory: the walk creates no Python objects.
#include "capture.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_SHIFT = 20, GRAIN_SHIFT = 4, PAGE_BYTES = 1 << (PAGE_SHIFT - GRAIN_SHIFT - 3) };

static size_t spread(uint64_t key, size_t room)
{
    return (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (room - 1);
}

bool map_find(const map *m, uint64_t key, int64_t *out_value)
{
    if (!m->used)
        return false;
    for (size_t at = spread(key, m->room); m->keys[at]; at = (at + 1) & (m->room - 1)) {
        if (m->keys[at] == key) {
            *out_value = m->values[at];
            return true;
        }
    }
    return false;
}

static bool map_grow(map *m)
{
    map bigger = {.room = m->room ? m->room * 2 : 64, .used = m->used};
    bigger.keys = calloc(bigger.room, sizeof *bigger.keys);
    bigger.values = malloc(bigger.room * sizeof *bigger.values);
    if (!bigger.keys || !bigger.values) {
        free(bigger.keys);
        free(bigger.values);
        m->failed = true;
        return false;
    }
    for (size_t from = 0; from < m->room; from++) {
        if (!m->keys[from])
            continue;
        size_t at = spread(m->keys[from], bigger.room);
        while (bigger.keys[at])
            at = (at + 1) & (bigger.room - 1);
        bigger.keys[at] = m->keys[from];
        bigger.values[at] = m->values[from];
    }
    free(m->keys);
    free(m->values);
    *m = bigger;
    return true;
}

void map_put(map *m, uint64_t key, int64_t value)
{
    if (m->used * 2 >= m->room && !map_grow(m))
        return;
    size_t at = spread(key, m->room);
    while (m->keys[at] && m->keys[at] != key)
        at = (at + 1) & (m->room - 1);
    if (!m->keys[at]) {
        m->keys[at] = key;
        m->used++;
    }
    m->values[at] = value;
}

void map_free(map *m)
{
    free(m->keys);
    free(m->values);
}

bool seen_add(seen *s, uint64_t address)
{
    uint64_t number = (address >> PAGE_SHIFT) + 1;
    if (number != s->last_number) {
        int64_t found = 0;
        uint8_t *page;
        if (map_find(&s->pages, number, &found)) {
            page = (uint8_t *)(intptr_t)found;
        } else {
            page = calloc(1, PAGE_BYTES);
            if (page)
                map_put(&s->pages, number, (intptr_t)page);
            if (!page || s->pages.failed) {
                s->failed = true;
                return false;
            }
        }
        s->last_number = number;
        s->last_page = page;
    }
    unsigned grain = (unsigned)(address >> GRAIN_SHIFT) & (PAGE_BYTES * 8 - 1);
    uint8_t bit = (uint8_t)(1u << (grain & 7));
    if (s->last_page[grain >> 3] & bit)
        return false;
    s->last_page[grain >> 3] |= bit;
    return true;
}

void seen_free(seen *s)
{
    for (size_t at = 0; at < s->pages.room; at++)
        if (s->pages.keys[at])
            free((void *)(intptr_t)s->pages.values[at]);
    map_free(&s->pages);
}

static uint64_t hash_bytes(const char *bytes, size_t count)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t at = 0; at < count; at++)
        hash = (hash ^ (unsigned char)bytes[at]) * UINT64_C(0x100000001b3);
    return hash;
}

static bool texts_grow(texts *t)
{
    if (t->count + 2 > t->room) {
        size_t room = t->room ? t->room * 2 : 256;
        size_t *starts = realloc(t->starts, room * sizeof *starts);
        if (!starts)
            return false;
        if (!t->room)
            starts[0] = 0;
        t->starts = starts;
        t->room = room;
    }
    if (t->count * 2 < t->slot_room)
        return true;
    size_t slot_room = t->slot_room ? t->slot_room * 2 : 512;
    uint32_t *slots = calloc(slot_room, sizeof *slots); /* number + 1, 0 = free */
    if (!slots)
        return false;
    for (size_t number = 0; number < t->count; number++) {
        const char *bytes = t->bytes.bytes + t->starts[number];
        size_t at = spread(hash_bytes(bytes, t->starts[number + 1] - t->starts[number]), slot_room);
        while (slots[at])
            at = (at + 1) & (slot_room - 1);
        slots[at] = (uint32_t)number + 1;
    }
    free(t->slots);
    t->slots = slots;
    t->slot_room = slot_room;
    return true;
}

int64_t texts_number(texts *t, const char *bytes, size_t count, bool add, bool *out_new)
{
    *out_new = false;
    size_t at = 0;
    uint64_t hash = hash_bytes(bytes, count);
    if (t->slot_room) {
        for (at = spread(hash, t->slot_room); t->slots[at]; at = (at + 1) & (t->slot_room - 1)) {
            size_t number = t->slots[at] - 1;
            if (t->starts[number + 1] - t->starts[number] == count &&
                !memcmp(t->bytes.bytes + t->starts[number], bytes, count))
                return (int64_t)number;
        }
    }
    if (!add)
        return -1;
    if (t->failed || !texts_grow(t)) {
        t->failed = true;
        return -1;
    }
    buffer_add(&t->bytes, bytes, count);
    if (t->bytes.failed) {
        t->failed = true;
        return -1;
    }
    for (at = spread(hash, t->slot_room); t->slots[at];)
        at = (at + 1) & (t->slot_room - 1);
    t->slots[at] = (uint32_t)t->count + 1;
    t->starts[++t->count] = t->bytes.used;
    *out_new = true;
    return (int64_t)t->count - 1;
}

void texts_free(texts *t)
{
    free(t->bytes.bytes);
    free(t->starts);
    free(t->slots);
}
