// SPDX-License-Identifier: MIT
// The references of one object, with their names. Rule by rule the same as _walk.py: what
// tp_traverse shows is the truth; a name is only given to a reference that it shows, or to a
// field of an object that the collector does not traverse.
#include "walk.h"

#include <string.h>

enum {
    INDEX_LIMIT = 65536,
    GENERATOR_CODE_MASK = 7,
    INLINE_MANY = 1 << 16,
    UNICODE_ENTRY = 16,
    KEYS_HEADER = 32
};

static int collect(PyObject *target, void *into)
{
    addresses_add(into, (uintptr_t)target);
    return 0;
}

// In 3.12 the traversal of _asyncio shows iterators that were freed and wait for their next use.
static bool visits_freed(PyObject *o)
{
#if PY_VERSION_HEX >= 0x030C0000 && PY_VERSION_HEX < 0x030D0000
    if (!PyModule_CheckExact(o))
        return false;
    const PyModuleDef *definition = PyModule_GetDef(o);
    return definition && definition->m_name && !strcmp(definition->m_name, "_asyncio");
#else
    (void)o;
    return false;
#endif
}

static void push_found(walk *w)
{
    for (size_t at = 0; at < w->found.used; at++)
        walk_push(w, w->found.at[at]);
}

static void comma(buffer *b)
{
    if (b->used && b->bytes[b->used - 1] != '[')
        buffer_add(b, ",", 1);
}

static void add_pair(buffer *b, int64_t label, uint64_t target)
{
    if (b->used)
        buffer_add(b, ",", 1);
    buffer_signed(b, label);
    buffer_add(b, ",", 1);
    buffer_number(b, target);
}

static void put_group(walk *w, const char *name, buffer *content)
{
    if (!content->used)
        return;
    buffer_text(&w->line, ",\"");
    buffer_text(&w->line, name);
    buffer_text(&w->line, "\":[");
    buffer_add(&w->line, content->bytes, content->used);
    buffer_add(&w->line, "]", 1);
    content->used = 0;
}

static void put_flat(walk *w, const char *name, const uint64_t *at, size_t count, bool reversed)
{
    if (!count)
        return;
    buffer_text(&w->line, ",\"");
    buffer_text(&w->line, name);
    buffer_text(&w->line, "\":[");
    for (size_t n = 0; n < count; n++) {
        comma(&w->line);
        buffer_number(&w->line, at[reversed ? count - 1 - n : n]);
    }
    buffer_add(&w->line, "]", 1);
    w->references += count;
}

// An entry's key and value are pushed in this order, as in _walk.py.
static size_t put_entries(walk *w, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;
    size_t count = 0;
    w->group.used = 0;
    while (PyDict_Next(dict, &position, &key, &value)) {
        add_pair(&w->group, key_number(w, key), (uintptr_t)key);
        buffer_add(&w->group, ",", 1);
        buffer_number(&w->group, (uintptr_t)value);
        walk_push(w, (uintptr_t)key);
        walk_push(w, (uintptr_t)value);
        count++;
    }
    return count;
}

static void write_dict(walk *w, PyObject *o)
{
    uint64_t values = w->offset.borrows ? WORD_AT((uintptr_t)o + 40) : 0;
    if (values && WORD_AT(values) >> 16 & 0xff)
        return; /* the instance shows the values as its attributes */
    w->references += 2 * put_entries(w, o);
    put_group(w, "dict", &w->group);
}

// How many of the last referents are the entries; 0 when they are not as we think.
static size_t entries_at_end(walk *w, PyObject *dict, size_t count)
{
    const addresses *f = &w->found;
    bool values_only = f->used >= count;
    bool value_first = f->used >= 2 * count, key_first = value_first;
    PyObject *key, *value;
    Py_ssize_t position = 0;
    for (size_t n = 0; PyDict_Next(dict, &position, &key, &value); n++) {
        if (values_only && f->at[f->used - count + n] != (uintptr_t)value)
            values_only = false;
        if (!value_first && !key_first)
            continue;
        const uint64_t *both = f->at + f->used - 2 * count + 2 * n;
        if (both[0] != (uintptr_t)value || both[1] != (uintptr_t)key)
            value_first = false;
        if (both[0] != (uintptr_t)key || both[1] != (uintptr_t)value)
            key_first = false;
    }
    return value_first || key_first ? 2 * count : values_only ? count : 0;
}

// The closure or the defaults of a function; false when the names do not fit.
static bool write_function_part(walk *w, PyObject *o, int64_t function, bool is_closure)
{
    size_t count = w->found.used;
    const offsets *at = &w->offset;
    Py_ssize_t from = is_closure             ? at->code_free
                      : at->code_names_count ? at->code_names[0]
                                             : UNKNOWN;
    uint64_t code = WORD_AT((uint64_t)function + (uint64_t)at->code);
    if (from == UNKNOWN)
        return false;
    PyObject *names = (PyObject *)(uintptr_t)WORD_AT(code + (uint64_t)from);
    Py_ssize_t end =
        is_closure ? PyTuple_GET_SIZE(names) : ((PyCodeObject *)(uintptr_t)code)->co_argcount;
    Py_ssize_t start = end - (Py_ssize_t)count;
    if (start < 0 || end > PyTuple_GET_SIZE(names))
        return false;
    w->group.used = 0;
    for (size_t n = 0; n < count; n++)
        add_pair(&w->group, label_number(w, PyTuple_GET_ITEM(names, start + (Py_ssize_t)n)),
                 (uintptr_t)PyTuple_GET_ITEM(o, (Py_ssize_t)n));
    put_group(w, is_closure ? "cell" : "default", &w->group);
    w->references += count;
    return true;
}

static void write_sequence(walk *w, PyObject *o, uint64_t length)
{
    int64_t function;
    addresses *f = &w->found;
    push_found(w);
    if (f->used != length) {
        put_flat(w, "ref", f->at, f->used, false);
        return;
    }
    if (PyTuple_CheckExact(o) && f->used) {
        if (map_find(&w->closures, (uintptr_t)o, &function)) {
            if (write_function_part(w, o, function, true))
                return;
        } else if (map_find(&w->defaults, (uintptr_t)o, &function)) {
            if (write_function_part(w, o, function, false))
                return;
        }
    }
    put_flat(w, "item", f->at, f->used, true);
}

// Attributes of an object that has no dict (3.11): the type's shared keys name them in order.
static void write_inline(walk *w, PyObject *o, const type_row *row)
{
    uint64_t base = WORD_AT((uintptr_t)o - 24), values, limit = INLINE_MANY;
    if (row->inline_mode == INLINE_EMBEDDED) {
        values = (uintptr_t)o + (uint64_t)row->basicsize;
        uint64_t head = WORD_AT(values);
        if (!(head >> 24 & 0xff))
            return;
        limit = head & 0xff;
        values += 8;
    } else if (row->inline_mode == INLINE_TAGGED) {
        if (!(base & 1))
            return;
        values = base + 1;
    } else {
        values = WORD_AT((uintptr_t)o - 32);
        if (!values)
            return;
    }
    uint64_t keys = WORD_AT((uintptr_t)Py_TYPE(o) + (uint64_t)w->offset.cached_keys);
    if (!keys)
        return;
    uint64_t count = WORD_AT(keys + 24);
    if (count > limit)
        count = limit;
    uint64_t entry = keys + KEYS_HEADER + (UINT64_C(1) << (WORD_AT(keys + 8) >> 8 & 0xff));
    w->group.used = 0;
    for (uint64_t n = 0; n < count; n++) {
        uint64_t target = WORD_AT(values + 8 * n);
        if (target && addresses_take(&w->found, target)) {
            PyObject *name = (PyObject *)(uintptr_t)WORD_AT(entry + UNICODE_ENTRY * n);
            add_pair(&w->group, label_number(w, name), target);
            w->references++;
        }
    }
    put_group(w, "attr", &w->group);
}

static bool addresses_have(const addresses *a, uint64_t address)
{
    for (size_t at = 0; at < a->used; at++)
        if (a->at[at] == address)
            return true;
    return false;
}

// Fast locals of a frame or a generator. `code_taken` is the code that a member has named.
static void write_locals(walk *w, PyObject *o, const type_row *row, uint64_t code_taken)
{
    uint64_t base = (uintptr_t)o;
    const offsets *at = &w->offset;
    if (row->locals == LOCALS_GENERATOR)
        base += (uint64_t)at->generator_base;
    else if (at->frame_base != UNKNOWN)
        base = WORD_AT(base + (uint64_t)at->frame_base);
    if (!base)
        return;
    uint64_t code = WORD_AT(base + (uint64_t)at->frame_code) & ~(uint64_t)GENERATOR_CODE_MASK;
    // While the collector shows the code, what follows is alive. A finished generator leaves
    // stale addresses behind.
    if (!code || (code != code_taken && !addresses_have(&w->found, code)) ||
        !PyCode_Check((PyObject *)(uintptr_t)code))
        return;
    uint64_t position = base + (uint64_t)at->frame_locals;
    for (Py_ssize_t part = 0; part < at->code_names_count; part++) {
        PyObject *names = (PyObject *)(uintptr_t)WORD_AT(code + (uint64_t)at->code_names[part]);
        for (Py_ssize_t n = 0; n < PyTuple_GET_SIZE(names); n++, position += 8) {
            uint64_t target = WORD_AT(position) & ~(uint64_t)GENERATOR_CODE_MASK;
            if (target && addresses_take(&w->found, target)) {
                add_pair(&w->group, label_number(w, PyTuple_GET_ITEM(names, n)), target);
                w->references++;
            }
        }
    }
    if (row->locals == LOCALS_FRAME && addresses_take(&w->found, code)) {
        add_pair(&w->named, label_text(w, "\"f_code\""), code);
        w->references++;
    }
}

static void take_members(walk *w, PyObject *o, type_row *row, bool is_gc, uint64_t *out_code)
{
    w->group.used = w->named.used = 0;
    for (Py_ssize_t n = 0; n < row->member_count; n++) {
        member *m = &row->members[n];
        uint64_t target = WORD_AT((uintptr_t)o + (uint64_t)m->offset);
        bool hidden = !is_gc || m->place == PLACE_HIDDEN;
        // A static type of 3.12 has an index in place of the dict of its subclasses.
        if (target < INDEX_LIMIT || (!hidden && !addresses_take(&w->found, target)))
            continue;
        if (hidden)
            walk_push(w, target);
        if (m->string < 0)
            m->string = label_text(w, m->label);
        if (row->locals && PyCode_Check((PyObject *)(uintptr_t)target))
            *out_code = target;
        add_pair(m->place == PLACE_SLOT ? &w->group : &w->named, m->string, target);
        w->references++;
    }
}

// The dict of a static type of 3.12, which is not in the type.
static uint64_t static_dict(PyObject *o)
{
#if PY_VERSION_HEX >= 0x030c0000
    PyObject *dict = PyType_GetDict((PyTypeObject *)o);
    Py_XDECREF(dict); /* the type keeps it */
    return (uintptr_t)dict;
#else
    (void)o;
    return 0;
#endif
}

static void take_dict(walk *w, PyObject *o, const type_row *row, bool is_gc)
{
    uint64_t target;
    Py_ssize_t offset = row->dict_offset;
    if (row->dict_place == DICT_MANAGED) {
        target = WORD_AT((uintptr_t)o - 24);
        if (target & 1)
            return;
    } else {
        if (row->dict_place == DICT_FROM_END) {
            Py_ssize_t length = Py_SIZE(o);
            if (length < 0)
                length = -length;
            offset += (row->basicsize + row->itemsize * length + 7) & ~(Py_ssize_t)7;
        }
        target = WORD_AT((uintptr_t)o + (uint64_t)offset);
    }
    if (!target && row->text == TEXT_TYPE && !is_gc)
        target = static_dict(o);
    if (!target)
        return;
    if (!addresses_take(&w->found, target)) {
        // From 3.13 on the collector does not see a dict that borrows its values.
        if (row->inline_mode != INLINE_EMBEDDED && is_gc)
            return;
        walk_push(w, target);
    }
    add_pair(&w->named, label_text(w, "\"__dict__\""), target);
    w->references++;
}

static size_t cut_entries(walk *w, PyObject *o, buffer *entries)
{
    size_t count = put_entries(w, o);
    size_t tail = count ? entries_at_end(w, o, count) : 0;
    if (tail) {
        buffer swap = *entries;
        *entries = w->group;
        w->group = swap;
        w->references += 2 * count;
    }
    w->group.used = 0;
    return tail;
}

static void write_other(walk *w, PyObject *o, type_row *row, bool is_gc, uint64_t length)
{
    addresses *f = &w->found;
    bool reversed = row->container == LIST || row->container == TUPLE;
    uint64_t code = 0;
    size_t tail = 0;
    w->entries.used = 0;
    push_found(w);
    if (row->container == DICT)
        tail = cut_entries(w, o, &w->entries);
    else if (row->container && row->container <= DEQUE && length && f->used >= length)
        tail = (size_t)length;
    f->used -= tail;
    w->tail.used = 0;
    if (tail && row->container != DICT)
        for (size_t n = 0; n < tail; n++)
            addresses_add(&w->tail, f->at[f->used + n]);
    if (row->inline_mode && f->used)
        write_inline(w, o, row);
    take_members(w, o, row, is_gc, &code);
    put_group(w, "slot", &w->group);
    put_flat(w, row->container == SET ? "elem" : "item", w->tail.at, w->tail.used, reversed);
    put_group(w, "dict", &w->entries);
    if (row->locals && f->used)
        write_locals(w, o, row, code);
    put_group(w, "local", &w->group);
    if (row->dict_place)
        take_dict(w, o, row, is_gc);
    put_group(w, "internal", &w->named);
    if (row->heap) {
        addresses_take(f, (uintptr_t)row->type);
        buffer_text(&w->line, ",\"class\":");
        buffer_number(&w->line, (uintptr_t)row->type);
        w->references++;
    }
    put_flat(w, "ref", f->at, f->used, false);
    if (row->weak) {
        uint64_t target = WORD_AT((uintptr_t)o + (uint64_t)row->weak);
        if (target && target != (uintptr_t)Py_None) {
            walk_push(w, target);
            put_flat(w, "weak", &target, 1, false);
        }
    }
}

void write_references(walk *w, PyObject *o, type_row *row, bool is_gc, uint64_t length)
{
    if (PyDict_CheckExact(o)) {
        write_dict(w, o);
        return;
    }
    w->found.used = 0;
    if (visits_freed(o))
        addresses_add(&w->found, (uintptr_t)PyModule_GetDict(o));
    else if (is_gc && Py_TYPE(o)->tp_traverse)
        Py_TYPE(o)->tp_traverse(o, collect, &w->found);
    if (PyList_CheckExact(o) || PyTuple_CheckExact(o))
        write_sequence(w, o, length);
    else
        write_other(w, o, row, is_gc, length);
}
