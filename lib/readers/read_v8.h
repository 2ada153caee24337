// SPDX-License-Identifier: MIT
// Between the files of the reader of V8's heap snapshots.
//
//   read_v8.c          the document: its members, in any order behind "snapshot"
//   read_v8_columns.c  the arrays of numbers, packed as they come
//   read_v8_trace.c    trees of allocation traces
//   read_v8_place.c    which script and line an object's code stands in
//   read_v8_names.c    what classes and references are called
//   read_v8_detached.c which DOM nodes hang on no document
//   read_v8_roots.c    which nodes are roots, and what they hold
//   read_v8_give.c     objects and references, once the strings are known
#ifndef HSN_READERS_READ_V8_H
#define HSN_READERS_READ_V8_H

#include "base/alloc.h"
#include "base/bitmap.h"
#include "base/varint.h"
#include "json_document.h"
#include "reader.h"

/** Most numbers of a row of any of the arrays. */
enum { HSN__V8_MAX_FIELDS = 32 };

/** Most nodes, edges, strings. Offsets in the file are multiples of the row, so these are plenty.
 */
#define HSN__V8_MAX_ROWS ((size_t)UINT32_MAX - 16)

/** Bytes of a string that are kept: V8 itself cuts at 1024. */
enum { HSN__V8_MAX_STRING = 1024 };

/** Kinds of nodes that mean something here. X(NAME, "word") */
#define HSN__V8_NODE_LIST(X)                                                                       \
    X(UNKNOWN, "")                                                                                 \
    X(HIDDEN, "hidden")                                                                            \
    X(ARRAY, "array")                                                                              \
    X(STRING, "string")                                                                            \
    X(OBJECT, "object")                                                                            \
    X(CODE, "code")                                                                                \
    X(CLOSURE, "closure")                                                                          \
    X(REGEXP, "regexp")                                                                            \
    X(NUMBER, "number")                                                                            \
    X(NATIVE, "native")                                                                            \
    X(SYNTHETIC, "synthetic")                                                                      \
    X(CONCATENATED, "concatenated string")                                                         \
    X(SLICED, "sliced string")                                                                     \
    X(SYMBOL, "symbol")                                                                            \
    X(BIGINT, "bigint")                                                                            \
    X(SHAPE, "object shape")

enum {
#define ROW(name, text) HSN__V8_NODE_##name,
    HSN__V8_NODE_LIST(ROW)
#undef ROW
        HSN__V8_NODE_COUNT
};

/** Kinds of edges. X(NAME, "word") */
#define HSN__V8_EDGE_LIST(X)                                                                       \
    X(UNKNOWN, "")                                                                                 \
    X(CONTEXT, "context")                                                                          \
    X(ELEMENT, "element")                                                                          \
    X(PROPERTY, "property")                                                                        \
    X(INTERNAL, "internal")                                                                        \
    X(HIDDEN, "hidden")                                                                            \
    X(SHORTCUT, "shortcut")                                                                        \
    X(WEAK, "weak")

enum {
#define ROW(name, text) HSN__V8_EDGE_##name,
    HSN__V8_EDGE_LIST(ROW)
#undef ROW
        HSN__V8_EDGE_COUNT
};

enum { HSN__V8_DETACHEDNESS_UNKNOWN, HSN__V8_ATTACHED, HSN__V8_DETACHED };

/** Where the fields of a row stand; -1 = the file has none. */
typedef struct hsn__v8_layout {
    int node_count, node_type, node_name, node_id, node_size, node_edges, node_trace,
        node_detachedness;
    int edge_count, edge_type, edge_name, edge_target;
    int place_count, place_object, place_script, place_script_object, place_line;
    int function_count, function_name, function_script_name, function_script, function_line;
    int trace_count, trace_id, trace_function, trace_blocks, trace_size, trace_children;
    int sample_count, sample_time, sample_id;
    size_t node_kind_count, edge_kind_count;
    uint8_t node_kinds[HSN__V8_MAX_FIELDS]; /**< number in the file → HSN__V8_NODE_… */
    uint8_t edge_kinds[HSN__V8_MAX_FIELDS];
} hsn__v8_layout;

/** Where the code of an object stands. */
typedef struct hsn__v8_place {
    uint32_t node, script, line; /**< node = ordinal; line from 0 */
    uint32_t script_node;        /**< ordinal; HSN_NONE = not told */
} hsn__v8_place;

/** A function that allocated. */
typedef struct hsn__v8_function {
    uint32_t name, script_name, line; /**< strings; line from 1, 0 = unknown */
} hsn__v8_function;

/** A node of the tree of calls; callers stand before what they call. */
typedef struct hsn__v8_trace {
    uint64_t id;
    uint64_t blocks, size_bytes; /**< ever allocated while allocations were tracked */
    uint32_t parent;             /**< index; HSN_NONE = the root */
    uint32_t function;
    uint32_t frame, stack; /**< ids of the sink; HSN_NONE = not yet */
} hsn__v8_trace;

/** Where a trace stands in `traces`. */
typedef struct hsn__v8_trace_key {
    uint64_t id;
    uint32_t index;
} hsn__v8_trace_key;

/** The script that a number stands for. */
typedef struct hsn__v8_script {
    uint32_t script;
    uint32_t name; /**< string */
} hsn__v8_script;

/** Bytes of varints. */
typedef struct hsn__v8_pack {
    uint8_t *data;
    size_t size, capacity;
} hsn__v8_pack;

typedef struct hsn__v8_reading {
    hsn_input *in;
    const hsn_sink *sink;
    hsn__json json;
    hsn__v8_layout layout;
    bool has_layout;
    uint64_t said_nodes, said_edges; /**< counts of the header; UINT64_MAX = none */
    uint64_t root_offset;            /**< into the array of nodes */
    uint64_t native_bytes;           /**< extra_native_bytes */

    uint64_t *ids; /**< by ordinal; 0 becomes one that nothing else has */
    uint32_t *names;
    hsn__v8_pack nodes; /**< a node: kind | detachedness << 4, size, edges, trace */
    hsn__v8_pack edges; /**< an edge: zigzag(ordinal - that of the edge before), name << 3 | kind */
    size_t node_count, ids_capacity, names_capacity;
    uint64_t edge_count, owned_edges;
    uint64_t max_id, last_target;
    bool has_zero_id, has_detachedness;

    size_t
        *strings; /**< by number: where it ends in json.text; the first begins at strings_start */
    size_t strings_start, string_count, strings_capacity;

    hsn__v8_place *places;
    size_t place_count, places_capacity;
    hsn__v8_function *functions;
    size_t function_count, functions_capacity;
    hsn__v8_trace *traces;
    size_t trace_count, traces_capacity;
    hsn__v8_trace_key *trace_keys; /**< by id; made when the first is asked for */
    hsn__v8_script *scripts;       /**< by number of the script */
    size_t script_count, scripts_capacity;
    uint64_t *source_classes; /**< bitmap by string: classes that a script of the program defines */

    uint64_t odd_targets; /**< edges that lead to no node: left out */
} hsn__v8_reading;

/** A node as it was packed. */
typedef struct hsn__v8_node {
    uint64_t size_bytes, edges, trace;
    uint8_t kind, detachedness;
} hsn__v8_node;

typedef struct hsn__v8_edge {
    uint64_t target; /**< ordinal; may be that of no node */
    uint64_t name;   /**< number of a string, or an index */
    uint8_t kind;
} hsn__v8_edge;

/** Walks edges in order; start with `{.p = reading->edges.data}`. */
typedef struct hsn__v8_edge_walk {
    const uint8_t *p;
    uint64_t target;
} hsn__v8_edge_walk;

static inline const uint8_t *hsn__v8_node_get(const uint8_t *p, hsn__v8_node *out)
{
    uint8_t head = *p++;
    out->kind = head & 15;
    out->detachedness = head >> 4;
    p = hsn__varint_get(p, &out->size_bytes);
    p = hsn__varint_get(p, &out->edges);
    return hsn__varint_get(p, &out->trace);
}

static inline void hsn__v8_edge_get(hsn__v8_edge_walk *walk, hsn__v8_edge *out)
{
    uint64_t step, name;
    walk->p = hsn__varint_get(walk->p, &step);
    walk->p = hsn__varint_get(walk->p, &name);
    walk->target += (uint64_t)hsn__unzigzag(step);
    out->target = walk->target;
    out->kind = name & 7;
    out->name = name >> 3;
}

/** Edges that the file holds of a node, whatever it claims. `*left` starts as edge_count. */
static inline uint64_t hsn__v8_take_edges(const hsn__v8_node *node, uint64_t *left)
{
    uint64_t count = node->edges < *left ? node->edges : *left;
    *left -= count;
    return count;
}

/** Room for one more; HSN_OK, HSN_ENOMEM, or HSN_ELIMIT by the limit's name. */
int hsn__v8_grow(void *array, size_t *capacity, size_t need, size_t size, const char *what,
                 hsn_error *err);

/** The input ended or is damaged at in->next: negative, with the cause. */
int hsn__v8_damaged(hsn__v8_reading *reading, const char *problem, hsn_error *err);

int hsn__v8_number_slowly(hsn__v8_reading *reading, bool *first, uint64_t *out);

/** The next number of an array after `[`: HSN_OK, HSN_DONE after `]`, or HSN_PARTIAL. *first starts
 * true and is cleared. Fractions are cut off and what is below 0 is 0. */
static inline int hsn__v8_number(hsn__v8_reading *reading, bool *first, uint64_t *out)
{
    hsn_input *in = reading->in;
    hsn__json_room(&reading->json, HSN__JSON_TOKEN);
    const uint8_t *p = in->next + (*in->next == '\n');
    if (!*first && *p != ',')
        return hsn__v8_number_slowly(reading, first, out);
    p = hsn__json_digits(p + !*first, out);
    // What V8 itself writes ends here; blanks, fractions and the end of the window do not.
    if (!p || (*p != ',' && *p != '\n' && *p != ']'))
        return hsn__v8_number_slowly(reading, first, out);
    in->next = p;
    *first = false;
    return HSN_OK;
}

/** A text by its number in the file; empty when there is none. */
hsn_text hsn__v8_string(const hsn__v8_reading *reading, uint64_t number);

/** Members of the document. HSN_OK or negative. */
int hsn__v8_read_header(hsn__v8_reading *reading, hsn_error *err);
int hsn__v8_read_nodes(hsn__v8_reading *reading, hsn_error *err);
int hsn__v8_read_edges(hsn__v8_reading *reading, hsn_error *err);
int hsn__v8_read_places(hsn__v8_reading *reading, hsn_error *err);
int hsn__v8_read_samples(hsn__v8_reading *reading, hsn_error *err);
int hsn__v8_read_functions(hsn__v8_reading *reading, hsn_error *err);
int hsn__v8_read_traces(hsn__v8_reading *reading, hsn_error *err);

/** The sink's stack of a trace; HSN_NONE where there is none. */
int hsn__v8_trace_stack(hsn__v8_reading *reading, uint64_t trace, uint32_t *out, hsn_error *err);

/** Hand over what every trace ever allocated. */
int hsn__v8_give_traces(hsn__v8_reading *reading, hsn_error *err);

/** Name the scripts of places: from the closures that stand there. Orders places by node. */
int hsn__v8_find_scripts(hsn__v8_reading *reading, hsn_error *err);

/** Note that a number stands for a script of this name (a string's number). */
int hsn__v8_add_script(hsn__v8_reading *reading, uint32_t script, uint32_t name, hsn_error *err);

/** The name of a script by its number; empty when unknown. */
hsn_text hsn__v8_script_name(const hsn__v8_reading *reading, uint32_t script);

/** Hand detachedness down the tree of native nodes. */
int hsn__v8_propagate_detached(hsn__v8_reading *reading, hsn_error *err);

/** What DevTools calls the class of a node; points into `name`, or is static. Of an element with
 * attributes, it is cut short: `<div`. */
hsn_text hsn__v8_class_name(unsigned kind, hsn_text name);

/** What instances of a class are. `has_source`: a script of the program defines it. */
hsn_kind hsn__v8_class_kind(unsigned kind, hsn_text class_name, bool has_source);

/** Whether a script is the program's own, not the runtime's. */
bool hsn__v8_is_program_script(hsn_text name);

/** The file of a script's node: newer V8 writes "system / Script / FILE". Empty = none. */
hsn_text hsn__v8_script_file(hsn_text name);

/** "Window [JSGlobalObject] / URL" → "Window"; what is no such object keeps its name. */
hsn_text hsn__v8_global_name(hsn_text name);

/** A class is known to the language or to its runtime. */
bool hsn__v8_is_builtin_class(hsn_text name);

/** "system / …": what V8 calls its own records. */
bool hsn__v8_is_of_runtime(hsn_text name);

/** A property or an internal field that every object has and no person would follow. */
bool hsn__v8_is_class_reference(unsigned edge_kind, hsn_text name);

/** "3 / part of key (K @5) -> value (V @7) pair in WeakMap (table @9)": the table's id. */
bool hsn__v8_weak_pair(hsn_text name, uint64_t *out_table);

/** The kind of a root held by the synthetic node of this name. */
hsn_root_kind hsn__v8_root_kind(hsn_text name);

/** An edge of a synthetic node. */
typedef struct hsn__v8_root_edge {
    uint32_t source, target; /**< ordinals */
    uint8_t kind;
} hsn__v8_root_edge;

/** The synthetic nodes from the root on, which are no objects, and what they lead to. */
typedef struct hsn__v8_roots {
    hsn__v8_reading *v;
    uint64_t *synthetic; /**< bitmap: synthetic and of no size, or the root */
    uint64_t *is_root;   /**< bitmap: … and the root leads there */
    hsn__v8_root_edge *edges;
    size_t edge_count, capacity;
} hsn__v8_roots;

/** Clear *out, failed or not. */
int hsn__v8_find_roots(hsn__v8_reading *reading, hsn__v8_roots *out, hsn_error *err);
void hsn__v8_roots_clear(hsn__v8_roots *roots);

/** Hand roots to the sink; their objects have been announced. */
int hsn__v8_give_roots(hsn__v8_roots *roots, hsn_error *err);

/** Hand everything to the sink. */
int hsn__v8_give(hsn__v8_reading *reading, hsn_error *err);

#endif
