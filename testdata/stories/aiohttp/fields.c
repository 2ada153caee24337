// SPDX-License-Identifier: MIT
// A mapping with many values for a key, as a C extension. getall() forgets a reference: the leak.
#include <Python.h>

typedef struct fields {
    PyObject_HEAD PyObject *items; // list of (lower-case key, value)
} fields;

static int fields_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((fields *)self)->items);
#if PY_VERSION_HEX >= 0x03090000
    Py_VISIT(Py_TYPE(self));
#endif
    return 0;
}

static int fields_clear(PyObject *self)
{
    Py_CLEAR(((fields *)self)->items);
    return 0;
}

static void fields_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    fields_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *fields_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    fields *self = (fields *)type->tp_alloc(type, 0);
    if (self && !(self->items = PyList_New(0))) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyObject *fields_add(PyObject *self, PyObject *args)
{
    PyObject *key, *value;
    if (!PyArg_ParseTuple(args, "OO", &key, &value))
        return NULL;
    PyObject *identity = PyObject_CallMethod(key, "lower", NULL);
    if (!identity)
        return NULL;
    PyObject *pair = PyTuple_Pack(2, identity, value);
    Py_DECREF(identity);
    if (!pair)
        return NULL;
    int failed = PyList_Append(((fields *)self)->items, pair);
    Py_DECREF(pair);
    if (failed)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *fields_getall(PyObject *self, PyObject *unused)
{
    (void)unused;
    Py_INCREF(self); // for a view that is gone since the code was changed: the leak
    return PyList_AsTuple(((fields *)self)->items);
}

static PyMethodDef fields_methods[] = {
    {"add", fields_add, METH_VARARGS, "add(key, value)"},
    {"getall", fields_getall, METH_NOARGS, "all pairs"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot fields_slots[] = {
    {Py_tp_new, fields_new},         {Py_tp_traverse, fields_traverse}, {Py_tp_clear, fields_clear},
    {Py_tp_dealloc, fields_dealloc}, {Py_tp_methods, fields_methods},   {0, NULL},
};

static PyType_Spec fields_spec = {"fields.Fields", sizeof(fields), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, fields_slots};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "fields", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_fields(void)
{
    PyObject *made = PyModule_Create(&module);
    PyObject *type = made ? PyType_FromSpec(&fields_spec) : NULL;
    if (!type || PyModule_AddObject(made, "Fields", type) < 0) {
        Py_XDECREF(type);
        Py_XDECREF(made);
        return NULL;
    }
    return made;
}
