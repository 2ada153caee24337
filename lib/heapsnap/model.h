// SPDX-License-Identifier: MIT
// The words of the model: ids, kinds of objects, references, roots; see docs/glossary.md.
#ifndef HEAPSNAP_MODEL_H
#define HEAPSNAP_MODEL_H

#include "heapsnap/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An object of one snapshot: dense from 0, in address order. Never leaves the process' run. */
typedef uint32_t hsn_node_id;

/** No node, type, string, frame or stack. */
#define HSN_NONE UINT32_MAX

#define HSN_NO_LENGTH     UINT64_MAX
#define HSN_NO_REFCOUNT   UINT64_MAX
#define HSN_NO_GENERATION UINT8_MAX

/** Most objects of a snapshot, so that HSN_NONE and a virtual root stay free. */
#define HSN_MAX_OBJECTS (UINT32_MAX - 16)

/** What the instances of a type are: X(NAME, "word in dumps"). Order is part of the store. */
#define HSN_KIND_LIST(X)                                                                           \
    X(INSTANCE, "instance")                                                                        \
    X(MODULE, "module")                                                                            \
    X(TYPE, "type")                                                                                \
    X(FRAME, "frame")                                                                              \
    X(FUNCTION, "function")                                                                        \
    X(METHOD, "method")                                                                            \
    X(BUILTIN, "builtin")                                                                          \
    X(DICT, "dict")                                                                                \
    X(LIST, "list")                                                                                \
    X(TUPLE, "tuple")                                                                              \
    X(SET, "set")                                                                                  \
    X(STR, "str")                                                                                  \
    X(BYTES, "bytes")                                                                              \
    X(INT, "int")                                                                                  \
    X(FLOAT, "float")                                                                              \
    X(BOOL, "bool")                                                                                \
    X(NOTHING, "none")                                                                             \
    X(CELL, "cell")                                                                                \
    X(CODE, "code")                                                                                \
    X(GENERATOR, "generator")                                                                      \
    X(COROUTINE, "coroutine")                                                                      \
    X(WEAKREF, "weakref")                                                                          \
    X(PROPERTY, "property")                                                                        \
    X(DESCRIPTOR, "descriptor")                                                                    \
    X(EXCEPTION, "exception")                                                                      \
    X(TRACEBACK, "traceback")                                                                      \
    X(FILE, "file")                                                                                \
    X(SOCKET, "socket")                                                                            \
    X(THREAD, "thread")                                                                            \
    X(TASK, "task")                                                                                \
    X(OBJECT, "object") /* of a class of the program, where types have no modules to tell it */

typedef enum hsn_kind {
#define HSN_KIND_ROW(name, text) HSN_KIND_##name,
    HSN_KIND_LIST(HSN_KIND_ROW)
#undef HSN_KIND_ROW
        HSN_KIND_COUNT
} hsn_kind;

/** Kinds of references: X(NAME, "word"). Order is part of the store. */
#define HSN_REF_KIND_LIST(X)                                                                       \
    X(OTHER, "ref")           /* no name is known */                                               \
    X(ATTRIBUTE, "attr")      /* instance attribute */                                             \
    X(KEY, "key")             /* a mapping's key; the label is the entry's */                      \
    X(VALUE, "value")         /* a mapping's value, labelled by its key or position */             \
    X(INDEX, "item")          /* a sequence's item, labelled by its index */                       \
    X(ELEMENT, "elem")        /* a set's element, without order */                                 \
    X(SLOT, "slot")           /* a member of __slots__ */                                          \
    X(LOCAL, "local")         /* a frame's local variable */                                       \
    X(CELL, "cell")           /* a closure's cell, labelled by the variable */                     \
    X(DEFAULT, "default")     /* a parameter's default value */                                    \
    X(CLASS, "class")         /* an instance's type */                                             \
    X(INTERNAL, "internal")   /* structural, with a name: __dict__, f_back */                      \
    X(WEAK, "weak")           /* does not keep its target alive */                                 \
    X(EPHEMERON, "ephemeron") /* alive while its key is */

typedef enum hsn_ref_kind {
#define HSN_REF_KIND_ROW(name, text) HSN_REF_##name,
    HSN_REF_KIND_LIST(HSN_REF_KIND_ROW)
#undef HSN_REF_KIND_ROW
        HSN_REF_KIND_COUNT
} hsn_ref_kind;

/** What the label of a reference is. */
typedef enum hsn_label_form {
    HSN_LABEL_NONE,
    HSN_LABEL_STRING, /**< id of an interned string */
    HSN_LABEL_INDEX,  /**< a number: index of an item, position of an entry */
} hsn_label_form;

/** Kinds of roots: X(NAME, "word"). Order is part of the store. */
#define HSN_ROOT_KIND_LIST(X)                                                                      \
    X(MODULE, "module")                                                                            \
    X(FRAME, "frame")                                                                              \
    X(INTERPRETER, "interpreter")                                                                  \
    X(STATIC, "static")                                                                            \
    X(HANDLE, "handle") /* held from native code */                                                \
    X(OTHER, "other")

typedef enum hsn_root_kind {
#define HSN_ROOT_KIND_ROW(name, text) HSN_ROOT_##name,
    HSN_ROOT_KIND_LIST(HSN_ROOT_KIND_ROW)
#undef HSN_ROOT_KIND_ROW
        HSN_ROOT_KIND_COUNT
} hsn_root_kind;

/** The metric that every snapshot has: live memory, in bytes. Its id is 0. */
#define HSN_METRIC_INUSE      0u
#define HSN_METRIC_INUSE_NAME "inuse"

/** Units of metrics that tools know how to print; others are printed as plain numbers. */
#define HSN_UNIT_BYTES "bytes"
#define HSN_UNIT_COUNT "count" /**< a number of things: `count` and `size_bytes` are the same */
#define HSN_UNIT_NS    "ns"

/** Most metrics of a snapshot. */
#define HSN_MAX_METRICS 64

/** Bits of an object's flags. */
enum hsn_object_flag {
    HSN_OBJECT_TRACKED = 1,   /**< the collector looks at it */
    HSN_OBJECT_IMMORTAL = 2,  /**< its refcount means nothing */
    HSN_OBJECT_FINALIZED = 4, /**< its finalizer ran already */
};

/** The word of a kind; "unknown" outside the list. Static. */
HSN_API const char *hsn_kind_name(hsn_kind kind);
HSN_API const char *hsn_ref_kind_name(hsn_ref_kind kind);
HSN_API const char *hsn_root_kind_name(hsn_root_kind kind);

#ifdef __cplusplus
}
#endif

#endif
