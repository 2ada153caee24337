// SPDX-License-Identifier: MIT
// What classes, references and roots of a V8 heap snapshot are called and mean.
#include "read_v8.h"

static bool begins(hsn_text text, const char *word)
{
    size_t length = strlen(word);
    return text.length >= length && !memcmp(text.data, word, length);
}

static bool ends(hsn_text text, const char *word)
{
    size_t length = strlen(word);
    return text.length >= length && !memcmp(text.data + text.length - length, word, length);
}

static bool is_in(hsn_text text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (hsn__json_is(text, list[i]))
            return true;
    return false;
}

bool hsn__v8_is_of_runtime(hsn_text name)
{
    return begins(name, "system /");
}

hsn_text hsn__v8_script_file(hsn_text name)
{
    static const char word[] = "system / Script / ";
    const size_t size = sizeof word - 1;
    if (begins(name, word))
        return (hsn_text){name.data + size, name.length - size};
    // While a script is debugged, a record of the runtime stands in its place.
    return hsn__v8_is_of_runtime(name) ? (hsn_text){"", 0} : name;
}

hsn_text hsn__v8_global_name(hsn_text name)
{
    static const char word[] = " [JSGlobalObject]";
    const size_t size = sizeof word - 1;
    for (size_t i = 0; i + size <= name.length; i++)
        if (name.data[i] == ' ' && !memcmp(name.data + i, word, size))
            return (hsn_text){name.data, i};
    return name;
}

// `<div class="a">` → `<div`, which wants its bracket again; what is "Detached" stays so.
static hsn_text element_name(hsn_text name)
{
    size_t start = begins(name, "Detached <") ? sizeof "Detached " - 1 : 0;
    for (size_t i = start; name.data[start] == '<' && i < name.length; i++)
        if (name.data[i] == ' ')
            return (hsn_text){name.data, i};
    return name;
}

hsn_text hsn__v8_class_name(unsigned kind, hsn_text name)
{
    static const char *const words[HSN__V8_NODE_COUNT] = {
        [HSN__V8_NODE_UNKNOWN] = "(unknown)",     [HSN__V8_NODE_HIDDEN] = "(system)",
        [HSN__V8_NODE_ARRAY] = "(array)",         [HSN__V8_NODE_STRING] = "(string)",
        [HSN__V8_NODE_OBJECT] = "(object)",       [HSN__V8_NODE_CODE] = "(compiled code)",
        [HSN__V8_NODE_CLOSURE] = "Function",      [HSN__V8_NODE_REGEXP] = "RegExp",
        [HSN__V8_NODE_NUMBER] = "(number)",       [HSN__V8_NODE_NATIVE] = "(native)",
        [HSN__V8_NODE_SYNTHETIC] = "(synthetic)", [HSN__V8_NODE_CONCATENATED] = "(string)",
        [HSN__V8_NODE_SLICED] = "(string)",       [HSN__V8_NODE_SYMBOL] = "(symbol)",
        [HSN__V8_NODE_BIGINT] = "(bigint)",       [HSN__V8_NODE_SHAPE] = "(object shape)",
    };
    if (kind == HSN__V8_NODE_OBJECT && name.length)
        return name;
    if (kind == HSN__V8_NODE_NATIVE && name.length)
        return element_name(name);
    return hsn__text(words[kind]);
}

// What the language itself has.
static const char *const builtin_classes[] = {
    "AggregateError",
    "Array",
    "ArrayBuffer",
    "ArrayIterator",
    "AsyncFunction",
    "AsyncGenerator",
    "Atomics",
    "BigInt64Array",
    "BigUint64Array",
    "Boolean",
    "Buffer",
    "DataView",
    "Date",
    "Error",
    "EvalError",
    "FinalizationRegistry",
    "Float32Array",
    "Float64Array",
    "Function",
    "Generator",
    "GeneratorFunction",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "Intl",
    "Iterator",
    "JSON",
    "Map",
    "Map Iterator",
    "Math",
    "Number",
    "Object",
    "Promise",
    "Proxy",
    "RangeError",
    "ReferenceError",
    "Reflect",
    "RegExp",
    "Set",
    "Set Iterator",
    "SharedArrayBuffer",
    "String",
    "Symbol",
    "SyntaxError",
    "TypeError",
    "URIError",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "WeakMap",
    "WeakRef",
    "WeakSet",
    "WebAssembly",
    "global",
};

bool hsn__v8_is_builtin_class(hsn_text name)
{
    return hsn__v8_is_of_runtime(name) || begins(name, "(") ||
           is_in(name, builtin_classes, sizeof builtin_classes / sizeof *builtin_classes);
}

static hsn_kind object_kind(hsn_text name, bool has_source)
{
    static const struct {
        const char *name;
        hsn_kind kind;
    } rows[] = {
        {"Array", HSN_KIND_LIST},          {"AsyncGenerator", HSN_KIND_GENERATOR},
        {"Generator", HSN_KIND_GENERATOR}, {"Map", HSN_KIND_DICT},
        {"Object", HSN_KIND_DICT},         {"Set", HSN_KIND_SET},
        {"WeakMap", HSN_KIND_DICT},        {"WeakSet", HSN_KIND_SET},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (hsn__json_is(name, rows[i].name))
            return rows[i].kind;
    if (has_source && !hsn__v8_is_builtin_class(name))
        return HSN_KIND_OBJECT;
    return ends(name, "Error") ? HSN_KIND_EXCEPTION : HSN_KIND_INSTANCE;
}

hsn_kind hsn__v8_class_kind(unsigned kind, hsn_text class_name, bool has_source)
{
    switch (kind) {
    case HSN__V8_NODE_OBJECT:
        return object_kind(class_name, has_source);
    case HSN__V8_NODE_NATIVE:
        // Node calls its own weakly held records detached, too.
        return begins(class_name, "Detached ") && !begins(class_name, "Detached Node /")
                   ? HSN_KIND_OBJECT
                   : HSN_KIND_INSTANCE;
    case HSN__V8_NODE_ARRAY:
        return HSN_KIND_LIST;
    case HSN__V8_NODE_CODE:
        return HSN_KIND_CODE;
    case HSN__V8_NODE_CLOSURE:
        return HSN_KIND_FUNCTION;
    case HSN__V8_NODE_NUMBER:
        return HSN_KIND_FLOAT;
    case HSN__V8_NODE_BIGINT:
        return HSN_KIND_INT;
    case HSN__V8_NODE_STRING:
    case HSN__V8_NODE_CONCATENATED:
    case HSN__V8_NODE_SLICED:
    case HSN__V8_NODE_SYMBOL:
        return HSN_KIND_STR;
    default:
        return HSN_KIND_INSTANCE;
    }
}

bool hsn__v8_is_program_script(hsn_text name)
{
    return name.length && !begins(name, "node:") && !begins(name, "internal/") &&
           !begins(name, "extensions::") && !begins(name, "native ") && !begins(name, "v8/") &&
           !begins(name, "chrome-extension:") && !begins(name, "evalmachine.");
}

bool hsn__v8_is_class_reference(unsigned kind, hsn_text name)
{
    static const char *const properties[] = {"__proto__", "constructor"};
    static const char *const fields[] = {
        "back_pointer",         "code",           "constructor",
        "dependent_code",       "descriptors",    "feedback_cell",
        "function_data",        "initial_map",    "map",
        "native_context",       "prototype_info", "scope_info",
        "script_or_debug_info", "shared",         "transitions",
    };
    if (kind == HSN__V8_EDGE_PROPERTY)
        return is_in(name, properties, sizeof properties / sizeof *properties);
    return kind == HSN__V8_EDGE_INTERNAL && is_in(name, fields, sizeof fields / sizeof *fields);
}

bool hsn__v8_weak_pair(hsn_text name, uint64_t *out_table)
{
    static const char middle[] = " pair in WeakMap (table @", start[] = " / part of key (";
    size_t at = 0, number = name.length;
    while (at < name.length && hsn__json_is_digit((uint8_t)name.data[at]))
        at++;
    if (!at || name.length < at + sizeof start + sizeof middle ||
        name.data[name.length - 1] != ')' || memcmp(name.data + at, start, sizeof start - 1) != 0)
        return false;
    for (number = name.length - 1; hsn__json_is_digit((uint8_t)name.data[number - 1]);)
        number--;
    if (number < sizeof middle - 1 || number == name.length - 1 ||
        memcmp(name.data + number - (sizeof middle - 1), middle, sizeof middle - 1) != 0)
        return false;
    *out_table = 0;
    for (; number < name.length - 1; number++)
        *out_table = *out_table * 10 + (uint64_t)(name.data[number] - '0');
    return true;
}

hsn_root_kind hsn__v8_root_kind(hsn_text name)
{
    static const char *const handles[] = {
        "(Global handles)",     "(Handle scope)",       "(Stack roots)",        "(Traced handles)",
        "(Document DOM trees)", "(Detached DOM trees)", "(Persistent handles)",
    };
    if (is_in(name, handles, sizeof handles / sizeof *handles) || begins(name, "C++") ||
        begins(name, "Node /") || begins(name, "Blink"))
        return HSN_ROOT_HANDLE;
    return HSN_ROOT_INTERPRETER;
}
