// SPDX-License-Identifier: MIT
// Types, labels and allocation stacks: each is written once, before its first use.
#include "walk.h"

#include <stdlib.h>
#include <string.h>

enum { COLLECTOR_HEADER_BYTES = 16 };

void addresses_add(addresses *a, uint64_t address)
{
    if (a->used == a->room) {
        size_t room = a->room ? a->room * 2 : 1024;
        uint64_t *at = realloc(a->at, room * sizeof *at);
        if (!at) {
            a->failed = true;
            return;
        }
        a->at = at;
        a->room = room;
    }
    a->at[a->used++] = address;
}

bool addresses_take(addresses *a, uint64_t address)
{
    for (size_t at = 0; at < a->used; at++) {
        if (a->at[at] != address)
            continue;
        a->used--;
        memmove(a->at + at, a->at + at + 1, (a->used - at) * sizeof *a->at);
        return true;
    }
    return false;
}

static char *copy_text(PyObject *text)
{
    Py_ssize_t count;
    const char *bytes = PyUnicode_AsUTF8AndSize(text, &count);
    char *copy = bytes ? malloc((size_t)count + 1) : NULL;
    if (copy)
        memcpy(copy, bytes, (size_t)count + 1);
    return copy;
}

static char *copy_quoted(walk *w, PyObject *text)
{
    w->scratch.used = 0;
    buffer_quote(&w->scratch, text, PyUnicode_GET_LENGTH(text));
    buffer_add(&w->scratch, "", 1);
    return w->scratch.failed ? NULL : strdup(w->scratch.bytes);
}

static bool read_members(walk *w, type_row *row, PyObject *members)
{
    row->member_count = PyTuple_GET_SIZE(members);
    if (!row->member_count)
        return true;
    row->members = calloc((size_t)row->member_count, sizeof *row->members);
    if (!row->members)
        return false;
    for (Py_ssize_t at = 0; at < row->member_count; at++) {
        PyObject *item = PyTuple_GET_ITEM(members, at);
        member *m = &row->members[at];
        m->label = copy_quoted(w, PyTuple_GET_ITEM(item, 0));
        m->string = UNKNOWN;
        m->offset = PyLong_AsSsize_t(PyTuple_GET_ITEM(item, 1));
        m->place = (int)PyLong_AsLong(PyTuple_GET_ITEM(item, 2));
        if (!m->label)
            return false;
    }
    return true;
}

static bool make_room(walk *w)
{
    if (w->row_count < w->row_room)
        return true;
    size_t room = w->row_room ? w->row_room * 2 : 512;
    type_row *rows = realloc(w->rows, room * sizeof *rows);
    if (!rows) {
        PyErr_NoMemory();
        return false;
    }
    w->rows = rows;
    w->row_room = room;
    w->last_row = NULL;
    return true;
}

// The order is that of the tuple at the end of _types.describe().
bool row_add(walk *w, PyObject *described)
{
    type_row row = {.number = UNKNOWN};
    PyObject *definition, *sizer, *members;
    unsigned long long id;
    int heap, is_gc;
    if (!make_room(w))
        return false;
    if (!PyArg_ParseTuple(described, "UppnnnOiiniO!iniK", &definition, &heap, &is_gc,
                          &row.basicsize, &row.itemsize, &row.extra, &sizer, &row.container,
                          &row.dict_place, &row.dict_offset, &row.inline_mode, &PyTuple_Type,
                          &members, &row.text, &row.weak, &row.locals, &id))
        return false;
    row.type = (PyTypeObject *)(uintptr_t)id;
    row.heap = heap;
    row.is_gc = is_gc;
    row.sizer = sizer == Py_None ? NULL : (PyMethodDescrObject *)sizer;
    row.definition = copy_text(definition);
    bool complete = row.definition && read_members(w, &row, members);
    w->rows[w->row_count] = row; /* rows_free() frees what it has */
    map_put(&w->row_of, (uintptr_t)row.type, (int64_t)w->row_count++);
    if ((!complete || w->row_of.failed) && !PyErr_Occurred())
        PyErr_NoMemory();
    return complete && !PyErr_Occurred();
}

void rows_free(walk *w)
{
    for (size_t at = 0; at < w->row_count; at++) {
        for (Py_ssize_t m = 0; w->rows[at].members && m < w->rows[at].member_count; m++)
            free(w->rows[at].members[m].label);
        free(w->rows[at].members);
        free(w->rows[at].definition);
    }
    free(w->rows);
}

// Other threads would run while Python describes a type, and free what is known here by its address
// only. So with other threads a type that nobody described before the walk is told by C alone: its
// name and sizes, its instances' references without names.
static bool row_add_plain(walk *w, PyTypeObject *type)
{
    type_row row = {
        .type = type,
        .number = UNKNOWN,
        .heap = type->tp_flags & Py_TPFLAGS_HEAPTYPE,
        .is_gc = type->tp_flags & Py_TPFLAGS_HAVE_GC,
        .basicsize = type->tp_basicsize,
        .itemsize = type->tp_itemsize,
        .extra = type->tp_flags & Py_TPFLAGS_HAVE_GC ? 16 : 0,
    };
    if (!make_room(w))
        return false;
    w->scratch.used = 0;
    buffer_text(&w->scratch, "\"name\":");
    type_name(&w->scratch, type, true);
    buffer_text(&w->scratch, ",\"object\":");
    buffer_number(&w->scratch, (uintptr_t)type);
    buffer_add(&w->scratch, "}\n", 3); /* with its end */
    row.definition = w->scratch.failed ? NULL : strdup(w->scratch.bytes);
    w->rows[w->row_count] = row;
    map_put(&w->row_of, (uintptr_t)type, (int64_t)w->row_count++);
    if (!row.definition || w->row_of.failed)
        PyErr_NoMemory();
    return row.definition && !w->row_of.failed;
}

static bool has_other_threads(void)
{
    PyThreadState *first = PyInterpreterState_ThreadHead(PyThreadState_Get()->interp);
    return first && PyThreadState_Next(first);
}

static bool describe_type(walk *w, PyTypeObject *type)
{
    if (has_other_threads())
        return row_add_plain(w, type);
    PyObject *described = PyObject_CallFunctionObjArgs(w->describe, (PyObject *)type, NULL);
    bool added = described && row_add(w, described);
    Py_XDECREF(described);
    return added;
}

type_row *row_find(walk *w, PyTypeObject *type)
{
    int64_t at;
    if (w->last_row && w->last_row->type == type)
        return w->last_row;
    if (!map_find(&w->row_of, (uintptr_t)type, &at)) {
        // A type that is no subclass of `object` as far as type.__subclasses__ tells: rare.
        if (!describe_type(w, type)) {
            w->raised = true;
            return NULL;
        }
        at = (int64_t)w->row_count - 1;
    }
    return w->last_row = &w->rows[at];
}

void row_use(walk *w, type_row *row)
{
    row->number = w->types++;
    buffer_text(&w->out, "{\"type\":");
    buffer_number(&w->out, (uint64_t)row->number);
    buffer_text(&w->out, ",");
    buffer_text(&w->out, row->definition);
    walk_push(w, (uintptr_t)row->type);
}

static int64_t number_of(walk *w, const char *json, size_t count, bool add, bool *out_new)
{
    int64_t number = texts_number(&w->strings, json, count, add, out_new);
    if (*out_new) {
        buffer_text(&w->out, "{\"string\":");
        buffer_number(&w->out, (uint64_t)number);
        buffer_text(&w->out, ",\"text\":");
        buffer_add(&w->out, json, count);
        buffer_text(&w->out, "}\n");
    }
    return number;
}

int64_t label_text(walk *w, const char *json)
{
    bool is_new;
    return number_of(w, json, strlen(json), true, &is_new);
}

static int64_t quoted_number(walk *w, PyObject *name, bool add, bool *out_new)
{
    w->scratch.used = 0;
    buffer_quote(&w->scratch, name, PyUnicode_GET_LENGTH(name));
    return number_of(w, w->scratch.bytes, w->scratch.used, add, out_new);
}

int64_t label_number(walk *w, PyObject *name)
{
    bool is_new;
    return quoted_number(w, name, true, &is_new);
}

static bool is_identifier(PyObject *key)
{
    if (!PyUnicode_IS_COMPACT_ASCII(key))
        return false;
    Py_ssize_t count = PyUnicode_GET_LENGTH(key);
    const unsigned char *at = PyUnicode_DATA(key);
    if (!count || count > LABEL_MAX || (*at >= '0' && *at <= '9'))
        return false;
    for (; count--; at++) {
        bool letter = (*at | 32) >= 'a' && (*at | 32) <= 'z';
        if (!letter && *at != '_' && (*at < '0' || *at > '9'))
            return false;
    }
    return true;
}

int64_t key_number(walk *w, PyObject *key)
{
    int64_t number;
    bool is_new;
    if (!PyUnicode_CheckExact(key))
        return UNKNOWN;
    // Attribute names are interned nearly always, so that their address stands for them.
    bool interned = PyUnicode_CHECK_INTERNED(key);
    if (interned && map_find(&w->key_of, (uintptr_t)key, &number))
        return number;
    if (!is_identifier(key))
        return UNKNOWN;
    number = quoted_number(w, key, w->key_strings < KEY_STRINGS_MAX, &is_new);
    w->key_strings += is_new;
    if (number >= 0 && interned)
        map_put(&w->key_of, (uintptr_t)key, number);
    return number;
}

static int64_t frame_number(walk *w, PyObject *place)
{
    PyObject *file = PyTuple_GET_ITEM(place, 0);
    uint64_t key[2] = {(uintptr_t)file, PyLong_AsUnsignedLongLong(PyTuple_GET_ITEM(place, 1))};
    bool is_new;
    int64_t number = texts_number(&w->frames, (char *)key, sizeof key, true, &is_new);
    if (is_new) {
        buffer_text(&w->out, "{\"frame\":");
        buffer_number(&w->out, (uint64_t)number);
        buffer_text(&w->out, ",\"file\":");
        buffer_quote(&w->out, file, PyUnicode_GET_LENGTH(file));
        buffer_text(&w->out, ",\"line\":");
        buffer_number(&w->out, key[1]);
        buffer_text(&w->out, "}\n");
    }
    return number;
}

// Exported by the interpreter, though in no public header; absent, the slower way is taken.
extern PyObject *_PyTraceMalloc_GetTraceback(unsigned domain, uintptr_t address)
    __attribute__((weak));

static PyObject *traceback_of(walk *w, PyObject *o, const type_row *row)
{
    if (_PyTraceMalloc_GetTraceback)
        return _PyTraceMalloc_GetTraceback(0, (uintptr_t)o - (uintptr_t)row->extra);
    return PyObject_CallFunctionObjArgs(w->traceback, o, NULL);
}

// A tuple from a free list that once was traced is traced again at each reuse, unless its trace
// is dropped. The few on top of the list are reused all the time.
static void untrace(walk *w, PyObject *tuple)
{
    int64_t ignored;
    if (map_find(&w->untraced, (uintptr_t)tuple, &ignored))
        return;
    map_put(&w->untraced, (uintptr_t)tuple, 1);
    PyTraceMalloc_Untrack(0, (uintptr_t)tuple - COLLECTOR_HEADER_BYTES);
}

int64_t stack_number(walk *w, PyObject *o, const type_row *row)
{
    PyObject *trace = traceback_of(w, o, row);
    if (!trace) {
        w->raised = true;
        return UNKNOWN;
    }
    int64_t number = UNKNOWN;
    bool is_new = false;
    if (PyTuple_CheckExact(trace) && PyTuple_GET_SIZE(trace)) {
        w->scratch.used = 0;
        untrace(w, trace);
        for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(trace); at++) {
            PyObject *place = PyTuple_GET_ITEM(trace, at);
            untrace(w, place);
            int64_t frame = frame_number(w, place);
            buffer_add(&w->scratch, (char *)&frame, sizeof frame);
        }
        number = texts_number(&w->stacks, w->scratch.bytes, w->scratch.used, true, &is_new);
    }
    if (is_new) {
        buffer_text(&w->out, "{\"stack\":");
        buffer_number(&w->out, (uint64_t)number);
        buffer_text(&w->out, ",\"frames\":[");
        for (size_t at = 0; at < w->scratch.used; at += sizeof(int64_t)) {
            int64_t frame;
            memcpy(&frame, w->scratch.bytes + at, sizeof frame);
            if (at)
                buffer_text(&w->out, ",");
            buffer_number(&w->out, (uint64_t)frame);
        }
        buffer_text(&w->out, "]}\n");
    }
    Py_DECREF(trace);
    return number;
}

static void quote_utf8(buffer *to, const char *bytes, size_t count)
{
    size_t at = 0;
    while (at < count && (unsigned char)bytes[at] < 128)
        at++;
    if (at == count) {
        buffer_quote_latin1(to, (const unsigned char *)bytes, count);
        return;
    }
    PyObject *text = PyUnicode_DecodeUTF8(bytes, (Py_ssize_t)count, "replace");
    if (!text) {
        PyErr_Clear();
        buffer_text(to, "\"\"");
        return;
    }
    buffer_quote(to, text, PyUnicode_GET_LENGTH(text));
    Py_DECREF(text);
}

void quote_c_name(buffer *to, const char *name)
{
    quote_utf8(to, name, strlen(name));
}

void type_name(buffer *to, PyTypeObject *type, bool with_module)
{
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE) {
        PyObject *name = ((PyHeapTypeObject *)type)->ht_qualname;
        buffer_quote(to, name, PyUnicode_GET_LENGTH(name));
        return;
    }
    const char *name = type->tp_name;
    const char *dot = strrchr(name, '.');
    if (dot && (!with_module || !strncmp(name, "builtins.", (size_t)(dot + 1 - name))))
        name = dot + 1;
    quote_c_name(to, name);
}
