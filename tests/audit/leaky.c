// SPDX-License-Identifier: MIT
// A C extension with three leaks of a kind each: what tests/audit/extension.py looks for.
#include <Python.h>

typedef struct packet {
    PyObject_HEAD PyObject *payload;
} packet;

static int packet_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((packet *)self)->payload);
#if PY_VERSION_HEX >= 0x03090000
    Py_VISIT(Py_TYPE(self));
#endif
    return 0;
}

static int packet_clear(PyObject *self)
{
    Py_CLEAR(((packet *)self)->payload);
    return 0;
}

static void packet_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    packet_clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyType_Slot packet_slots[] = {
    {Py_tp_traverse, packet_traverse},
    {Py_tp_clear, packet_clear},
    {Py_tp_dealloc, packet_dealloc},
    {0, NULL},
};

static PyType_Spec packet_spec = {"leaky.Packet", sizeof(packet), 0,
                                  Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, packet_slots};

static PyTypeObject *packet_type;

// Keeps a reference to each new packet that nobody can drop.
static PyObject *make_packet(PyObject *module, PyObject *payload)
{
    (void)module;
    packet *made = (packet *)packet_type->tp_alloc(packet_type, 0);
    if (!made)
        return NULL;
    Py_INCREF(payload);
    made->payload = payload;
    Py_INCREF(made); // the leak
    return (PyObject *)made;
}

// The list that it copies into is returned once, and counted twice.
static PyObject *copy_list(PyObject *module, PyObject *list)
{
    (void)module;
    PyObject *copy = PySequence_List(list);
    Py_XINCREF(copy); // the leak
    return copy;
}

static PyObject *leak_none(PyObject *module, PyObject *unused)
{
    (void)module, (void)unused;
    Py_INCREF(Py_None); // the leak
    Py_INCREF(Py_None);
    return Py_None;
}

static PyMethodDef methods[] = {
    {"make_packet", make_packet, METH_O, NULL},
    {"copy_list", copy_list, METH_O, NULL},
    {"leak_none", leak_none, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "leaky", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_leaky(void)
{
    PyObject *module = PyModule_Create(&definition);
    packet_type = (PyTypeObject *)PyType_FromSpec(&packet_spec);
    if (!module || !packet_type ||
        PyObject_SetAttrString(module, "Packet", (PyObject *)packet_type))
        return NULL;
    return module;
}
