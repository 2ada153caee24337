// SPDX-License-Identifier: MIT
// The walk: every object once, in the order of the collector's lists, each followed by what it
// reaches first. The same as _walk.py, to the byte. Holds the interpreter's lock from the first
// object to the last, and creates no Python object on the way (but a size, where a type has its
// own __sizeof__, and a traceback, while tracemalloc is tracing).
#include "walk.h"

#include <frameobject.h>

enum {
    CHUNK = 1 << 20,
    IMMORTAL_MARGIN = 8,
    FLAG_TRACKED = 1,
    FLAG_IMMORTAL = 2,
    FLAG_FINALIZED = 4
};

void walk_push(walk *w, uint64_t address)
{
    if (seen_add(&w->visited, address))
        addresses_add(&w->pending, address);
}

static void flush_out(walk *w)
{
    sink_write(&w->file, w->out.bytes, w->out.used);
    w->out.used = 0;
}

static bool failed(const walk *w)
{
    return w->raised || w->file.error || w->file.raised || w->visited.failed || w->out.failed ||
           w->line.failed;
}

static bool is_static_type(PyObject *o)
{
    return PyType_Check(o) && !(((PyTypeObject *)o)->tp_flags & Py_TPFLAGS_HEAPTYPE);
}

static Py_ssize_t item_count(PyObject *o)
{
    Py_ssize_t count = (Py_ssize_t)WORD_AT((uintptr_t)o + 16);
    return count < 0 ? -count : count;
}

// The type's own C function, never one that a class defines in Python.
static Py_ssize_t size_of(PyObject *o, const type_row *row)
{
    Py_ssize_t plain = row->basicsize + (row->itemsize ? row->itemsize * item_count(o) : 0);
    if (!row->sizer)
        return plain;
    PyMethodDef *method = row->sizer->d_method;
    PyObject *answer;
    if ((method->ml_flags & ~METH_COEXIST) == METH_NOARGS)
        answer = method->ml_meth(o, NULL);
    else
        answer = PyObject_CallFunctionObjArgs((PyObject *)row->sizer, o, NULL);
    Py_ssize_t size = answer ? PyLong_AsSsize_t(answer) : -1;
    Py_XDECREF(answer);
    if (PyErr_Occurred()) {
        PyErr_Clear();
        return plain;
    }
    return size;
}

static uint64_t length_of(PyObject *o, int container)
{
    return WORD_AT((uintptr_t)o + (container == SET ? 24 : 16));
}

// The exact str in a field of an object, or NULL.
static PyObject *pointed_text(uint64_t address, Py_ssize_t offset)
{
    if (offset == UNKNOWN)
        return NULL;
    PyObject *text = (PyObject *)(uintptr_t)WORD_AT(address + (uint64_t)offset);
    return text && PyUnicode_CheckExact(text) ? text : NULL;
}

static void put_frame_text(walk *w, PyObject *o)
{
#if PY_VERSION_HEX >= 0x03090000
    PyCodeObject *code = PyFrame_GetCode((PyFrameObject *)o);
    Py_DECREF(code); /* the frame keeps it */
#else
    PyCodeObject *code = ((PyFrameObject *)o)->f_code;
#endif
    int line = PyFrame_GetLineNumber((PyFrameObject *)o);
    buffer_quote(&w->line, code->co_filename, PyUnicode_GET_LENGTH(code->co_filename));
    if (w->line.used)
        w->line.used--;
    buffer_text(&w->line, ":");
    buffer_signed(&w->line, line < 0 ? 0 : line);
    buffer_text(&w->line, "\"");
}

static void put_int(walk *w, PyObject *o)
{
    int overflow;
    long long number = PyLong_AsLongLongAndOverflow(o, &overflow);
    if (overflow)
        return;
    buffer_text(&w->line, ",\"text\":\"");
    buffer_signed(&w->line, number);
    buffer_text(&w->line, "\"");
}

static void put_float(walk *w, PyObject *o)
{
    char *text = PyOS_double_to_string(PyFloat_AS_DOUBLE(o), 'r', 0, Py_DTSF_ADD_DOT_0, NULL);
    if (!text) {
        PyErr_Clear();
        return;
    }
    buffer_text(&w->line, ",\"text\":\"");
    buffer_text(&w->line, text);
    buffer_text(&w->line, "\"");
    PyMem_Free(text);
}

static void put_text(walk *w, PyObject *text, Py_ssize_t limit)
{
    if (!text)
        return;
    buffer_text(&w->line, ",\"text\":");
    buffer_quote(&w->line, text, limit);
}

static void put_bytes(walk *w, PyObject *o)
{
    Py_ssize_t count = PyBytes_GET_SIZE(o);
    buffer_text(&w->line, ",\"text\":");
    buffer_quote_latin1(&w->line, (unsigned char *)PyBytes_AS_STRING(o),
                        (size_t)(count < TEXT_MAX ? count : TEXT_MAX));
}

void write_text(walk *w, PyObject *o, int mode)
{
    uint64_t address = (uintptr_t)o;
    switch (mode) {
    case TEXT_MODULE:
        put_text(w, pointed_text(address, w->offset.module_name), PY_SSIZE_T_MAX);
        break;
    case TEXT_TYPE:
        buffer_text(&w->line, ",\"text\":");
        type_name(&w->line, (PyTypeObject *)o, false);
        break;
    case TEXT_FUNCTION:
        put_text(w, pointed_text(address, w->offset.function_name), PY_SSIZE_T_MAX);
        break;
    case TEXT_METHOD:
        address = (uintptr_t)PyMethod_GET_FUNCTION(o);
        if (PyFunction_Check((PyObject *)(uintptr_t)address))
            put_text(w, pointed_text(address, w->offset.function_name), PY_SSIZE_T_MAX);
        break;
    case TEXT_BUILTIN:
        buffer_text(&w->line, ",\"text\":");
        quote_c_name(&w->line, ((PyCFunctionObject *)o)->m_ml->ml_name);
        break;
    case TEXT_CODE:
        put_text(w, pointed_text(address, w->offset.code_name), PY_SSIZE_T_MAX);
        break;
    case TEXT_FRAME:
        buffer_text(&w->line, ",\"text\":");
        put_frame_text(w, o);
        break;
    case TEXT_STR:
        put_text(w, o, TEXT_MAX);
        break;
    case TEXT_BYTES:
        put_bytes(w, o);
        break;
    case TEXT_INT:
        put_int(w, o);
        break;
    case TEXT_FLOAT:
        put_float(w, o);
        break;
    case TEXT_BOOL:
        buffer_text(&w->line, o == Py_True ? ",\"text\":\"True\"" : ",\"text\":\"False\"");
        break;
    }
}

static void put_key(buffer *b, const char *key, int64_t number)
{
    buffer_text(b, key);
    buffer_signed(b, number);
}

static void put_static_root(walk *w, PyObject *o)
{
    w->roots++;
    put_key(&w->out, "{\"root\":", (int64_t)(uintptr_t)o);
    buffer_text(&w->out, ",\"kind\":\"static\",\"name\":");
    type_name(&w->out, (PyTypeObject *)o, true);
    buffer_text(&w->out, "}\n");
}

static int flags_of(PyObject *o, bool is_gc, int flags)
{
    // PyGC_Head: the word before the last is 0 for an untracked object, bit 0 of the last says
    // that the finalizer was called (3.8 to 3.14).
    if (!is_gc)
        return flags;
    if (WORD_AT((uintptr_t)o - 16))
        flags |= FLAG_TRACKED;
    if (WORD_AT((uintptr_t)o - 8) & 1)
        flags |= FLAG_FINALIZED;
    return flags;
}

static void emit(walk *w, PyObject *o, int own_references, int flags, int generation)
{
    type_row *row = row_find(w, Py_TYPE(o));
    int64_t adjust;
    uint64_t length = 0;
    if (!row)
        return;
    if (row->number < 0)
        row_use(w, row);
    Py_ssize_t size = size_of(o, row) + row->extra;
    int64_t count = (int64_t)(WORD_AT(o) & w->offset.rc_mask) - own_references;
    bool is_gc = row->is_gc;
    if (row->text == TEXT_TYPE && is_static_type(o)) {
        is_gc = false;
        size -= w->offset.static_type_extra ? 0 : row->extra;
    }
    if (row->text == TEXT_CODE && map_find(&w->sizes, (uintptr_t)o, &adjust))
        size = (Py_ssize_t)adjust;
    flags = flags_of(o, is_gc, flags);
    w->line.used = 0;
    put_key(&w->line, "{\"object\":", (int64_t)(uintptr_t)o);
    put_key(&w->line, ",\"type\":", row->number);
    put_key(&w->line, ",\"size\":", size);
    if (count >= (int64_t)w->offset.rc_immortal - IMMORTAL_MARGIN) {
        flags |= FLAG_IMMORTAL;
    } else {
        if (map_find(&w->adjust, (uintptr_t)o, &adjust))
            count = adjust >= 0 ? count - adjust : -1 - adjust;
        put_key(&w->line, ",\"rc\":", count);
    }
    if (row->container) {
        length = length_of(o, row->container);
        if (length)
            put_key(&w->line, ",\"len\":", (int64_t)length);
    }
    if (flags)
        put_key(&w->line, ",\"flags\":", flags);
    if (generation >= 0)
        put_key(&w->line, ",\"gen\":", generation);
    if (row->text)
        write_text(w, o, row->text);
    if (w->traceback) {
        int64_t stack = stack_number(w, o, row);
        if (stack >= 0)
            put_key(&w->line, ",\"stack\":", stack);
    }
    w->objects++;
    if (is_gc || row->member_count || row->weak || row->heap || row->dict_place)
        write_references(w, o, row, is_gc, length);
    buffer_text(&w->line, "}\n");
    buffer_add(&w->out, w->line.bytes, w->line.used);
    if (row->text == TEXT_TYPE && !is_gc)
        put_static_root(w, o);
    if (w->out.used >= CHUNK)
        flush_out(w);
}

static void drain(walk *w)
{
    int64_t ignored;
    while (w->pending.used && !failed(w)) {
        uint64_t address = w->pending.at[--w->pending.used];
        if (!map_find(&w->skip, address, &ignored))
            emit(w, (PyObject *)(uintptr_t)address, 0, 0, UNKNOWN);
    }
}

static void mark_list(walk *w, PyObject *list)
{
    const offsets *at = &w->offset;
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(list); n++) {
        PyObject *o = PyList_GET_ITEM(list, n);
        int64_t ignored;
        seen_add(&w->visited, (uintptr_t)o);
        if (!PyFunction_Check(o) || at->code == UNKNOWN)
            continue;
        uint64_t closure = WORD_AT((uintptr_t)o + (uint64_t)at->closure);
        uint64_t defaults = WORD_AT((uintptr_t)o + (uint64_t)at->defaults);
        if (closure && !map_find(&w->closures, closure, &ignored))
            map_put(&w->closures, closure, (intptr_t)o);
        if (defaults && !map_find(&w->defaults, defaults, &ignored))
            map_put(&w->defaults, defaults, (intptr_t)o);
    }
}

static void walk_list(walk *w, PyObject *list, int generation)
{
    int64_t ignored;
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(list) && !failed(w); n++) {
        PyObject *o = PyList_GET_ITEM(list, n);
        if (map_find(&w->skip, (uintptr_t)o, &ignored))
            continue;
        emit(w, o, 1, FLAG_TRACKED, generation);
        drain(w);
    }
}

static void pairs_of(walk *w, PyObject *names, PyObject *values, buffer *to)
{
    for (Py_ssize_t n = 0; n < PyTuple_GET_SIZE(names); n++) {
        int64_t label = label_number(w, PyTuple_GET_ITEM(names, n));
        uint64_t target = PyLong_AsUnsignedLongLong(PyTuple_GET_ITEM(values, n));
        if (to->used)
            buffer_text(to, ",");
        buffer_signed(to, label);
        buffer_text(to, ",");
        buffer_number(to, target);
        walk_push(w, target);
        w->references++;
    }
}

// A frame that has no frame object (3.11): written under its own address.
static bool write_frame_row(walk *w, PyObject *item)
{
    unsigned long long address;
    long long size;
    PyObject *text, *names, *values, *inner_names, *inner_values;
    if (!PyArg_ParseTuple(item, "KLUO!O!O!O!", &address, &size, &text, &PyTuple_Type, &names,
                          &PyTuple_Type, &values, &PyTuple_Type, &inner_names, &PyTuple_Type,
                          &inner_values))
        return false;
    type_row *row = row_find(w, &PyFrame_Type);
    if (!row)
        return false;
    if (row->number < 0)
        row_use(w, row);
    w->line.used = w->group.used = w->named.used = 0;
    put_key(&w->line, "{\"object\":", (int64_t)address);
    put_key(&w->line, ",\"type\":", row->number);
    put_key(&w->line, ",\"size\":", size);
    put_text(w, text, PY_SSIZE_T_MAX);
    pairs_of(w, names, values, &w->group);
    pairs_of(w, inner_names, inner_values, &w->named);
    if (w->group.used) {
        buffer_text(&w->line, ",\"local\":[");
        buffer_add(&w->line, w->group.bytes, w->group.used);
        buffer_text(&w->line, "]");
    }
    if (w->named.used) {
        buffer_text(&w->line, ",\"internal\":[");
        buffer_add(&w->line, w->named.bytes, w->named.used);
        buffer_text(&w->line, "]");
    }
    buffer_text(&w->line, "}\n");
    buffer_add(&w->out, w->line.bytes, w->line.used);
    w->objects++;
    drain(w);
    return !failed(w);
}

static void put_end(walk *w, Py_ssize_t more_roots)
{
    put_key(&w->out, "{\"end\":1,\"objects\":", (int64_t)w->objects);
    put_key(&w->out, ",\"references\":", (int64_t)w->references);
    put_key(&w->out, ",\"types\":", w->types);
    put_key(&w->out, ",\"strings\":", (int64_t)w->strings.count);
    put_key(&w->out, ",\"roots\":", (int64_t)w->roots + more_roots);
    buffer_text(&w->out, "}\n");
}

bool walk_run(walk *w, const walk_input *in)
{
    buffer_add(&w->out, PyBytes_AS_STRING(in->head), (size_t)PyBytes_GET_SIZE(in->head));
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(in->lists); n++)
        mark_list(w, PyList_GET_ITEM(in->lists, n));
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(in->lists); n++)
        walk_list(w, PyList_GET_ITEM(in->lists, n), (int)n);
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(in->rows); n++)
        if (!write_frame_row(w, PyList_GET_ITEM(in->rows, n)))
            return false;
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(in->targets); n++)
        walk_push(w, PyLong_AsUnsignedLongLong(PyList_GET_ITEM(in->targets, n)));
    drain(w);
    buffer_add(&w->out, PyBytes_AS_STRING(in->tail), (size_t)PyBytes_GET_SIZE(in->tail));
    put_end(w, in->root_count);
    flush_out(w);
    sink_close(&w->file);
    return !failed(w);
}
