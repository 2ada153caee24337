// SPDX-License-Identifier: MIT
// What CPython holds out of sight of any dump, one row each.
//
// To add one: find the holder in CPython's source, write the narrowest row that fits, and put what
// was seen, with the version, into docs/analysis/audit.md. A row that may fit an application's own
// objects needs `most` and a cap: a leak must not fit into it.
#include "analysis/audit_private.h"

#define KIND(name) (1u << HSN_KIND_##name)
#define ROOT(name) (1u << HSN_ROOT_##name)
#define CALLABLES  (KIND(FUNCTION) | KIND(METHOD) | KIND(BUILTIN))

enum { V3_7 = 0x0307, V3_9 = 0x0309, V3_10 = 0x030a, V3_11 = 0x030b, V3_12 = 0x030c };

const hsn__audit_rule hsn__audit_rules[] = {
    // Too few: references that are visible and not counted.
    {"keys that instances share", .deficit = true, .before = V3_12, .kinds = KIND(STR)},
    {"singletons", .deficit = true, .before = V3_12,
     .kinds = KIND(BOOL) | KIND(NOTHING) | KIND(INT)},
    {"instances that do not count their type", .deficit = true, .kinds = KIND(TYPE)},
    {"a running coroutine, shown twice", .deficit = true, .running = true},

    // Frames first: they may hold anything.
    {"evaluation stack of a running frame", .running = true},
    {"thread state", .roots = ROOT(FRAME), .most = 1},

    // Values without references of their own: shared by all code, and gone with their last holder.
    {"interned names, C variables", .kinds = KIND(STR), .state = HSN__UNTRACKED},
    {"shared values", .kinds = KIND(INT) | KIND(BYTES) | KIND(FLOAT), .state = HSN__UNTRACKED},
    {"singletons", .before = V3_12, .kinds = KIND(BOOL) | KIND(NOTHING)},
    {"singletons", .before = V3_12, .type = "ellipsis"},
    {"singletons", .before = V3_12, .type = "NotImplementedType"},
    {"singletons", .before = V3_12, .kinds = KIND(TUPLE), .state = HSN__EMPTY | HSN__UNTRACKED},
    {"singletons", .before = V3_12, .type = "frozenset", .state = HSN__EMPTY, .most = 4, .cap = 2},

    // Types and modules.
    {"static type: itself, C variables", .kinds = KIND(TYPE), .roots = ROOT(STATIC), .most = 8},
    // A C variable of 3.9 holds up to 100 of them, in a dict that the collector does not see.
    {"struct: cache of formats", .since = V3_9, .before = V3_10, .kinds = KIND(TYPE),
     .text = "Struct", .most = 102, .cap = 1},
    {"ctypes: results and pointers", .type = "_ctypes.*", .kinds = KIND(TYPE), .most = 16,
     .cap = 64},
    {"state of a C module", .kinds = KIND(TYPE), .most = 2, .cap = 4096},
    {"module definition", .type = "moduledef", .most = 2},
    {"modules of the interpreter", .kinds = KIND(MODULE), .most = 3, .cap_kinds = KIND(MODULE)},
    {"ast: state of its module", .type = "ast.*", .most = 1, .cap = 64},
    {"ast: state of its module", .type = "_ast.*", .most = 1, .cap = 64},
    {"abc: registry and caches", .since = V3_7, .type = "set", .state = HSN__UNSEEN,
     .targets = KIND(WEAKREF), .most = 1, .cap_kinds = KIND(TYPE)},
    {"subclasses of a static type", .since = V3_12, .type = "dict", .state = HSN__UNSEEN,
     .keys = KIND(INT), .targets = KIND(WEAKREF), .most = 1, .cap_kinds = KIND(TYPE)},
    {"slots of a type", .kinds = KIND(DESCRIPTOR), .state = HSN__SEEN, .most = 1, .cap = 4},

    // Namespaces and the interpreter's own tables.
    {"interpreter", .roots = ROOT(INTERPRETER), .most = 4},
    {"copy of a module's dict", .type = "dict", .state = HSN__UNSEEN, .first = "__name__",
     .most = 1, .cap_kinds = KIND(MODULE)},
    {"namespace of a running module", .type = "dict", .state = HSN__SEEN, .first = "__name__",
     .most = 3, .cap_kinds = KIND(MODULE)},
    {"interpreter: extension modules", .type = "dict", .state = HSN__UNSEEN, .keys = KIND(TUPLE),
     .target_type = "moduledef", .most = 1, .cap = 1},
    // Before "modules by index": of these lists, all items may be None.
    {"re: groups of a pattern", .before = V3_7, .type = "list", .state = HSN__UNSEEN,
     .targets = KIND(NOTHING) | KIND(STR), .most = 1, .cap = 256},
    {"interpreter: modules by index", .type = "list", .state = HSN__UNSEEN,
     .targets = KIND(MODULE) | KIND(NOTHING), .most = 1, .cap = 1},
    {"codecs: error handlers", .type = "dict", .state = HSN__UNSEEN, .first = "strict",
     .targets = KIND(BUILTIN) | KIND(FUNCTION), .most = 1, .cap = 1},
    {"codecs: cache", .type = "dict", .state = HSN__UNSEEN, .target_type = "codecs.CodecInfo",
     .most = 1, .cap = 1},
    {"codec search path, fork hooks", .type = "list", .state = HSN__UNSEEN, .targets = CALLABLES,
     .most = 1, .cap = 4},
    {"thread state", .type = "dict", .state = HSN__UNSEEN, .first = "Py_Repr", .most = 1,
     .cap_frames = 1},
    {"gc.garbage, gc.callbacks", .type = "list", .state = HSN__SEEN | HSN__EMPTY, .most = 1,
     .cap = 4},
    {"warnings: filters", .type = "list", .state = HSN__SEEN, .targets = KIND(TUPLE), .most = 1,
     .cap = 1},
    {"warnings: registry", .type = "dict", .state = HSN__SEEN | HSN__EMPTY | HSN__UNTRACKED,
     .most = 1, .cap = 1},

    // Code.
    {"code: names of variables", .type = "tuple", .targets = KIND(STR), .cap_kinds = KIND(CODE)},
    {"constants of the running script", .type = "list", .state = HSN__UNSEEN,
     .targets = KIND(STR) | KIND(BYTES) | KIND(INT) | KIND(FLOAT) | KIND(TUPLE), .most = 1,
     .cap = 1},
    {"callbacks: atexit, signal, fork", .kinds = KIND(FUNCTION), .state = HSN__SEEN, .most = 1,
     .cap = 64},
    {"code of running functions", .kinds = KIND(CODE), .state = HSN__SEEN, .most = 1,
     .cap_frames = 2},
    {"C variables", .kinds = KIND(BUILTIN), .state = HSN__SEEN, .most = 2, .cap = 16},
    {"evaluation stack of a running frame", .kinds = KIND(METHOD) | KIND(BUILTIN),
     .state = HSN__UNSEEN, .most = 1, .cap_frames = 2},
    // f(*args, **kwargs)
    {"evaluation stack of a running frame", .kinds = KIND(TUPLE) | KIND(DICT),
     .state = HSN__SEEN | HSN__UNTRACKED, .most = 1, .cap_frames = 1},
    {"evaluation stack of a running frame", .type = "*_iterator", .state = HSN__UNSEEN, .most = 1,
     .cap_frames = 2},

    {"evaluation stack of a running frame", .before = V3_11, .kinds = KIND(FUNCTION),
     .state = HSN__SEEN, .most = 16, .most_frames = 2, .cap_frames = 2},
    {"evaluation stack of a running frame", .kinds = KIND(DESCRIPTOR), .state = HSN__SEEN,
     .most = 16, .cap_frames = 1},

    // Modules of the standard library that are written in C.
    {"lru_cache: list of entries", .type = "functools._lru_list_elem", .most = 1},
    {"ctypes: argument types", .type = "tuple", .target_type = "_ctypes.*", .most = 1, .cap = 256},
    {"ctypes: converters", .type = "tuple", .state = HSN__UNSEEN, .targets = KIND(BUILTIN),
     .most = 1, .cap = 256},
    {"ctypes: cache", .type = "dict", .keys = KIND(TUPLE), .targets = KIND(WEAKREF), .most = 4,
     .cap = 1},
    {"ctypes: cache", .type = "dict", .state = HSN__SEEN, .target_type = "_ctypes.*", .most = 1,
     .cap = 1},
    {"datetime: C variables", .type = "datetime.timezone", .state = HSN__SEEN, .most = 8, .cap = 2},
    {"C variables", .type = "PyCapsule", .state = HSN__SEEN, .most = 1, .cap = 64},
    {"text file: its decoder", .type = "encodings.*", .state = HSN__UNSEEN, .most = 1,
     .cap_kinds = KIND(FILE)},
    {"asyncio: all tasks", .type = "_weakrefset.WeakSet", .state = HSN__SEEN, .most = 1, .cap = 2},
    {"asyncio: current tasks", .type = "dict", .targets = KIND(TASK), .most = 1, .cap = 2},
    {"C variables", .type = "memoryview", .state = HSN__SEEN, .most = 1, .cap = 1},
    {"contextvars: missing value", .type = "Token.MISSING", .most = 1, .cap = 1},
    {"thread state", .type = "*Context", .most = 2, .cap = 4, .cap_frames = 1},
    {"thread state", .type = "hamt*", .most = 1, .cap = 16, .cap_frames = 1},
    {"C variables", .type = "*ContextVar", .most = 1, .cap = 64},
    {"decimal: contexts and signals", .type = "*SignalDict", .state = HSN__UNSEEN, .most = 1,
     .cap = 8, .cap_frames = 1},
    {"decimal: contexts and signals", .type = "tuple", .state = HSN__UNSEEN, .targets = KIND(TYPE),
     .most = 1, .cap = 1},
    {"datetime: C variables", .type = "dict", .state = HSN__UNSEEN,
     .first = "cached_datetime_module", .most = 1, .cap = 1},
    {"thread-local values", .type = "_thread._localdummy", .most = 2, .cap_frames = 4},
    {"a thread that waits for it", .type = "_thread.lock", .state = HSN__SEEN, .most = 1,
     .cap_frames = 1},
    {"C variables", .kinds = KIND(WEAKREF), .state = HSN__UNSEEN, .most = 1, .cap = 8,
     .cap_frames = 1},
};

const size_t hsn__audit_rule_count = sizeof hsn__audit_rules / sizeof *hsn__audit_rules;

size_t hsn_audit_holder_count(void)
{
    return hsn__audit_rule_count;
}

const char *hsn_audit_holder(uint32_t holder)
{
    return holder < hsn__audit_rule_count ? hsn__audit_rules[holder].holder : "";
}
