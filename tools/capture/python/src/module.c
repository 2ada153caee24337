// SPDX-License-Identifier: MIT
// The module heapsnap._heapsnap: reads what _dump.py hands over, and walks, or forks and walks.
#include "walk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool read_map(map *m, PyObject *from)
{
    PyObject *key, *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(from, &position, &key, &value))
        map_put(m, PyLong_AsUnsignedLongLong(key), PyLong_AsLongLong(value));
    return !m->failed && !PyErr_Occurred();
}

static bool read_rows(walk *w, PyObject *described)
{
    for (Py_ssize_t n = 0; n < PyList_GET_SIZE(described); n++) {
        if (!row_add(w, PyList_GET_ITEM(described, n)))
            return false;
    }
    // The rows refer to objects that the dump counts the references of.
    return !PyList_SetSlice(described, 0, PyList_GET_SIZE(described), NULL);
}

// The order is that of _accelerated.OFFSETS.
static bool read_offsets(offsets *o, PyObject *from)
{
    unsigned long long mask, immortal;
    int borrows;
    if (!PyArg_ParseTuple(from, "nnnnnnnnnnnnn(nnn)nKKp", &o->closure, &o->defaults, &o->code,
                          &o->function_name, &o->module_name, &o->code_name, &o->code_free,
                          &o->frame_base, &o->frame_code, &o->frame_locals, &o->generator_base,
                          &o->cached_keys, &o->static_type_extra, &o->code_names[0],
                          &o->code_names[1], &o->code_names[2], &o->code_names_count, &mask,
                          &immortal, &borrows))
        return false;
    o->rc_mask = mask;
    o->rc_immortal = immortal;
    o->borrows = borrows;
    return true;
}

static void walk_free(walk *w)
{
    buffer *buffers[] = {&w->out, &w->line, &w->group, &w->named, &w->entries, &w->scratch};
    for (size_t n = 0; n < sizeof buffers / sizeof *buffers; n++)
        free(buffers[n]->bytes);
    map *maps[] = {&w->row_of, &w->key_of, &w->closures, &w->defaults,
                   &w->skip,   &w->adjust, &w->sizes,    &w->untraced};
    for (size_t n = 0; n < sizeof maps / sizeof *maps; n++)
        map_free(maps[n]);
    rows_free(w);
    texts_free(&w->strings);
    texts_free(&w->frames);
    texts_free(&w->stacks);
    seen_free(&w->visited);
    free(w->pending.at);
    free(w->found.at);
    free(w->tail.at);
    sink_close(&w->file);
}

static PyObject *result(walk *w)
{
    if (PyErr_Occurred())
        return NULL;
    if (w->file.error) {
        errno = w->file.error;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyErr_NoMemory();
}

enum { GENERATIONS = 3 };

/** What a child does before it walks, and after. */
typedef struct child_input {
    const char *temporary;
    const char *path;
    PyObject *get_objects; /* gc.get_objects */
    PyObject *marker;      /* what is younger is the capture's own */
} child_input;

static void drop_own(PyObject *young, const PyObject *marker)
{
    Py_ssize_t at = PyList_GET_SIZE(young);
    while (at && PyList_GET_ITEM(young, at - 1) != marker)
        at--;
    if (at)
        PyList_SetSlice(young, at - 1, PyList_GET_SIZE(young), NULL);
}

static bool fill_lists(PyObject *lists, const child_input *child)
{
    bool filled = true;
    for (int generation = 0; filled && generation < GENERATIONS; generation++) {
        PyObject *list = PyObject_CallFunction(child->get_objects, "i", generation);
        filled = list && !PyList_Append(lists, list);
        Py_XDECREF(list);
    }
    if (filled)
        drop_own(PyList_GET_ITEM(lists, 0), child->marker);
    return filled;
}

// The child of fork=True: nothing of Python runs in it, so neither at-fork hooks nor finalizers.
static void finish_child(walk *w, const walk_input *in, const child_input *child)
{
    const char *temporary = child->temporary, *path = child->path;
    bool written = fill_lists(in->lists, child) && walk_run(w, in);
    if (written && *temporary)
        written = !fsync(w->file.fd) && !close(w->file.fd) && !rename(temporary, path);
    if (!written && *temporary)
        unlink(temporary);
    _exit(written ? 0 : 1);
}

static PyObject *walk_all(PyObject *module, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"fd",   "gzip",     "write",   "head",      "lists",  "rows",
                            "tail", "targets",  "roots",   "types",     "adjust", "sizes",
                            "skip", "describe", "offsets", "traceback", "fork",   NULL};
    walk w = {.types = 0};
    walk_input in = {0};
    PyObject *write, *types, *adjust, *sizes, *skip, *offset, *traceback, *fork_to;
    int gzip;
    (void)module;
    if (!PyArg_ParseTupleAndKeywords(
            args, keywords, "$ipOSO!O!SO!nO!O!O!O!OOOO", names, &w.file.fd, &gzip, &write, &in.head,
            &PyList_Type, &in.lists, &PyList_Type, &in.rows, &in.tail, &PyList_Type, &in.targets,
            &in.root_count, &PyList_Type, &types, &PyDict_Type, &adjust, &PyDict_Type, &sizes,
            &PyDict_Type, &skip, &w.describe, &offset, &traceback, &fork_to))
        return NULL;
    w.file.gzip = gzip;
    w.file.write = write == Py_None ? NULL : write;
    w.traceback = traceback == Py_None ? NULL : traceback;
    PyObject *answer = NULL;
    child_input in_child = {0};
    if (fork_to != Py_None &&
        !PyArg_ParseTuple(fork_to, "yyOO", &in_child.temporary, &in_child.path,
                          &in_child.get_objects, &in_child.marker))
        goto done;
    if (!read_offsets(&w.offset, offset) || !read_map(&w.adjust, adjust) ||
        !read_map(&w.sizes, sizes) || !read_map(&w.skip, skip) || !read_rows(&w, types))
        goto done;
    if (!sink_open(&w.file)) {
        result(&w);
        goto done;
    }
    if (fork_to != Py_None) {
        pid_t child = fork();
        if (!child)
            finish_child(&w, &in, &in_child);
        if (child > 0)
            answer = PyLong_FromLong(child);
        else
            PyErr_SetFromErrno(PyExc_OSError);
        w.file.error = ECANCELED; /* the parent writes nothing */
    } else if (walk_run(&w, &in)) {
        answer = Py_None;
        Py_INCREF(answer);
    } else {
        result(&w);
    }
done:
    walk_free(&w);
    return answer;
}

// The types of all listed objects, so that only those are described before the walk.
static PyObject *types_in(PyObject *module, PyObject *lists)
{
    map found = {0};
    PyObject *types = PyList_New(0);
    PyTypeObject *last = NULL;
    int64_t ignored;
    (void)module;
    for (Py_ssize_t n = 0; types && n < PyList_GET_SIZE(lists); n++) {
        PyObject *list = PyList_GET_ITEM(lists, n);
        for (Py_ssize_t at = 0; types && at < PyList_GET_SIZE(list); at++) {
            PyTypeObject *type = Py_TYPE(PyList_GET_ITEM(list, at));
            if (type == last || map_find(&found, (uintptr_t)type, &ignored))
                continue;
            last = type;
            map_put(&found, (uintptr_t)type, 1);
            if (found.failed ? (PyErr_NoMemory(), true)
                             : PyList_Append(types, (PyObject *)type) < 0)
                Py_CLEAR(types);
        }
    }
    map_free(&found);
    return types;
}

static PyMethodDef methods[] = {
    {"types_in", types_in, METH_O, "The types of all objects in lists; used by heapsnap.dump."},
    {"walk", (PyCFunction)(void (*)(void))walk_all, METH_VARARGS | METH_KEYWORDS,
     "Write all objects; used by heapsnap.dump only."},
    {0},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "heapsnap._heapsnap", .m_doc = "The walk of heapsnap in C.",
    .m_size = 0,           .m_methods = methods,
};

// Exported by name: up to 3.8 PyMODINIT_FUNC does not say so.
__attribute__((visibility("default"))) PyMODINIT_FUNC PyInit__heapsnap(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module && PyModule_AddIntConstant(module, "can_gzip", sink_can_gzip()) < 0)
        Py_CLEAR(module);
    return module;
}
