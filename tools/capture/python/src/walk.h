// SPDX-License-Identifier: MIT
// The state of one walk, shared by rows.c (types, labels, stacks) and walk.c (objects).
#ifndef HEAPSNAP_WALK_H
#define HEAPSNAP_WALK_H

#include "capture.h"

enum container { LIST = 1, TUPLE, DICT, SET, DEQUE, STRING, BYTES };
enum text {
    TEXT_MODULE = 1,
    TEXT_TYPE,
    TEXT_FUNCTION,
    TEXT_METHOD,
    TEXT_BUILTIN,
    TEXT_CODE,
    TEXT_FRAME,
    TEXT_STR,
    TEXT_BYTES,
    TEXT_INT,
    TEXT_FLOAT,
    TEXT_BOOL,
};
enum locals { LOCALS_FRAME = 1, LOCALS_GENERATOR };
enum place { PLACE_INTERNAL, PLACE_SLOT, PLACE_HIDDEN };
enum inline_mode { INLINE_APART = 1, INLINE_TAGGED, INLINE_EMBEDDED };
enum dict_place { DICT_NONE, DICT_OFFSET, DICT_FROM_END, DICT_MANAGED };
enum { LABEL_MAX = 40, KEY_STRINGS_MAX = 65536, TEXT_MAX = 100, UNKNOWN = -1 };

typedef struct member {
    char *label;    /* JSON string */
    int64_t string; /* its number, or -1 before first use */
    Py_ssize_t offset;
    int place; /* enum place */
} member;

/** What _types.describe() says about a type. */
typedef struct type_row {
    PyTypeObject *type;
    int64_t number; /* -1 before first use */
    char *definition;
    bool heap;
    bool is_gc;
    Py_ssize_t basicsize;
    Py_ssize_t itemsize;
    Py_ssize_t extra;
    PyMethodDescrObject *sizer; /* NULL: object.__sizeof__ */
    int container;
    int dict_place;
    Py_ssize_t dict_offset;
    int inline_mode;
    member *members;
    Py_ssize_t member_count;
    int text;
    Py_ssize_t weak;
    int locals;
} type_row;

/** Offsets from _layout.py; UNKNOWN where not found. */
typedef struct offsets {
    Py_ssize_t closure, defaults, code, function_name, module_name, code_name, code_free;
    Py_ssize_t frame_base, frame_code, frame_locals, generator_base, cached_keys;
    Py_ssize_t static_type_extra;
    Py_ssize_t code_names[3];
    Py_ssize_t code_names_count;
    uint64_t rc_mask, rc_immortal;
    bool borrows; /* a dict may borrow the inline values of an instance */
} offsets;

typedef struct addresses {
    uint64_t *at;
    size_t used;
    size_t room;
    bool failed;
} addresses;

typedef struct walk {
    sink file;
    buffer out;  /* finished lines */
    buffer line; /* the object at hand */
    buffer group, named, entries, scratch;
    offsets offset;
    PyObject *describe; /* callable: type -> row */
    PyObject *traceback;
    map untraced; /* tuples whose own trace was dropped */
    type_row *rows;
    size_t row_count, row_room;
    map row_of; /* type -> index */
    type_row *last_row;
    int64_t types;
    texts strings, frames, stacks;
    map key_of; /* interned str that is a dict key -> its number */
    int64_t key_strings;
    map closures, defaults, skip, adjust, sizes;
    seen visited;
    addresses pending;
    addresses tail;
    addresses found; /* what tp_traverse shows of the object at hand */
    uint64_t objects, references, roots;
    bool raised;
} walk;

/** What the Python part hands over. */
typedef struct walk_input {
    PyObject *head;    /* bytes: the lines before the objects */
    PyObject *lists;   /* the collector's lists, one for each generation */
    PyObject *rows;    /* frames without an object: (address, size, text, names, values, ...) */
    PyObject *targets; /* addresses of roots */
    PyObject *tail;    /* bytes: the root lines */
    Py_ssize_t root_count;
} walk_input;

/** False with the error in w->file or as a Python exception. */
bool walk_run(walk *w, const walk_input *in);

void addresses_add(addresses *a, uint64_t address);
/** Remove the first occurrence. */
bool addresses_take(addresses *a, uint64_t address);

type_row *row_find(walk *w, PyTypeObject *type);
bool row_add(walk *w, PyObject *described);
void row_use(walk *w, type_row *row); /* writes the type line before first use */
void rows_free(walk *w);

void walk_push(walk *w, uint64_t address);
int64_t label_number(walk *w, PyObject *name);
int64_t label_text(walk *w, const char *json);
int64_t key_number(walk *w, PyObject *key);
int64_t stack_number(walk *w, PyObject *o, const type_row *row);
void quote_c_name(buffer *to, const char *name);
/** The qualified name of a type; of a static type also with its module, unless builtins. */
void type_name(buffer *to, PyTypeObject *type, bool with_module);
void write_text(walk *w, PyObject *o, int mode);
/** The references of an object, behind its own numbers. */
void write_references(walk *w, PyObject *o, type_row *row, bool is_gc, uint64_t length);

#endif
