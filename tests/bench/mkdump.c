// SPDX-License-Identifier: MIT
// Writes a dump of any size in the toolkit's own format: a heap like CPython's, reproducible by a
// seed.
//
// The heap is planned in chunks of 2048 objects. Within a chunk every object is owned by one before
// it (a tree, breadth first); chunk roots are owned by registries, which a module holds. Further
// references only lead to later objects, to leaves or to the static part, so the only cycles are
// the planted ones (rings of 2 to 50 instances, one in ten of them garbage) and those among classes
// and modules. Everything is drawn from generators seeded by chunk, so the plan is made three times
// (addresses, in-degrees, writing) instead of being kept: memory is 10 bytes an object.
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK      2048
#define LABELS     3000
#define MODULES    40
#define REGISTRIES 32
#define INTERNED   512
#define METHODS    3
#define NOWHERE    UINT32_MAX
#define NO_LENGTH  UINT64_MAX

// Builtin types; the application's classes and the growing ones follow them.
enum type {
    NONE_TYPE,
    TYPE,
    MODULE,
    DICT,
    LIST,
    TUPLE,
    SET,
    STR,
    BYTES,
    INT,
    FLOAT,
    FUNCTION,
    CODE,
    CELL,
    METHOD,
    WEAKREF,
    FRAME,
    BUILTINS,
};

// Types in the chunks: how many of 1000, most children, bytes of an empty one and of an item.
static const struct type_row {
    const char *name, *kind;
    uint16_t weight, children, base_bytes, item_bytes;
    bool tracked;
} type_rows[BUILTINS] = {
    [NONE_TYPE] = {"NoneType", "none", 0, 0, 16, 0, false},
    [TYPE] = {"type", "type", 0, 0, 1064, 0, true},
    [MODULE] = {"module", "module", 0, 0, 72, 0, true},
    [DICT] = {"dict", "dict", 110, 5, 80, 32, true},
    [LIST] = {"list", "list", 55, 7, 72, 8, true},
    [TUPLE] = {"tuple", "tuple", 120, 4, 56, 8, true},
    [SET] = {"set", "set", 10, 4, 216, 16, true},
    [STR] = {"str", "str", 270, 0, 49, 0, false},
    [BYTES] = {"bytes", "bytes", 35, 0, 33, 0, false},
    [INT] = {"int", "int", 60, 0, 28, 0, false},
    [FLOAT] = {"float", "float", 30, 0, 24, 0, false},
    [FUNCTION] = {"function", "function", 90, 2, 160, 0, true},
    [CODE] = {"code", "code", 45, 2, 260, 0, false},
    [CELL] = {"cell", "cell", 40, 1, 40, 0, true},
    [METHOD] = {"method", "method", 10, 1, 64, 0, true},
    [WEAKREF] = {"ReferenceType", "weakref", 20, 0, 72, 0, true},
    [FRAME] = {"frame", "frame", 0, 0, 448, 0, true},
};
#define INSTANCE_WEIGHT   105
#define INSTANCE_CHILDREN 6

// Reference groups in the order of the format.
enum group { ATTR, ITEM, ENTRY, ELEMENT, CELL_GROUP, INTERNAL, CLASS, WEAK, NO_GROUP };
static const char *const group_keys[] = {"attr", "item",     "dict",  "elem",
                                         "cell", "internal", "class", "weak"};

// Labels with a meaning; the others are drawn.
enum label {
    L_DICT,
    L_CODE,
    L_GLOBALS,
    L_CLOSURE,
    L_MRO,
    L_CONSTS,
    L_NAME,
    L_FUNC,
    L_NEXT,
    L_PENDING,
    L_PATH,
    L_HEADERS,
    L_BODY,
    L_CACHE,
    L_CONTENTS,
    L_FIRST_DRAWN,
};
static const char *const label_texts[] = {"__dict__", "__code__",  "__globals__",  "__closure__",
                                          "__mro__",  "co_consts", "__name__",     "__func__",
                                          "next",     "_pending",  "path",         "headers",
                                          "body",     "cache",     "cell_contents"};

static const char *const words[] = {
    "user",  "order", "item",  "cache", "request", "session", "path",  "query", "model", "view",
    "token", "field", "index", "value", "handler", "timeout", "state", "queue", "event", "price"};
#define WORDS (sizeof words / sizeof *words)

struct ring {
    uint16_t next;
    bool member, garbage;
};

// What a chunk holds, by position in it.
struct plan {
    uint32_t first, count;
    uint16_t type[CHUNK], first_child[CHUNK], children[CHUNK];
    bool owned[CHUNK];
    struct ring ring[CHUNK];
};

struct pool {
    uint32_t start, used, slots;
};

struct maker {
    // options
    uint64_t chunk_objects, seed, growth;
    double refs_per_object;
    const char *label;
    const char *growth_module, *growth_name;
    // layout: indices of objects
    uint32_t classes, first_type, first_module, first_registry, first_interned, big_list, big_dict,
        first_frame, first_method, first_chunk, first_growth, total;
    uint32_t *address; // in 16 bytes from one of two bases
    uint32_t *indegree;
    uint16_t *type; // top bit: member of a garbage ring
    uint32_t *chunk_roots;
    uint32_t chunk_roots_count;
    uint32_t extra_per_1024;
    // addresses
    struct pool pools[32];
    uint32_t next_pool, next_large;
    // writing
    bool writing;
    FILE *out;
    enum group open;
    uint64_t references, gap_state;
    char *buffer;
    size_t used;
    struct plan plan;
};

#define GARBAGE     0x8000u
#define BUFFER_SIZE ((size_t)1 << 20)

// ---- drawing ----

static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static uint64_t draw(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    return mix(*state);
}

static uint32_t below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)((draw(state) >> 32) * limit >> 32);
}

// Mostly small: density falls with the cube, near enough to Zipf.
static uint32_t skewed(uint64_t *state, uint32_t limit)
{
    uint64_t x = draw(state) >> 44;
    return (uint32_t)((x * x >> 20) * x * limit >> 40);
}

static uint64_t state_of(const struct maker *m, uint64_t what, uint64_t number)
{
    return mix(m->seed * 31 + what) ^ mix(number + 1);
}

// ---- the plan of a chunk ----

static uint16_t draw_type(const struct maker *m, uint64_t *state)
{
    uint32_t x = below(state, 1000);
    for (uint16_t type = 0; type < BUILTINS; type++) {
        if (x < type_rows[type].weight)
            return type;
        x -= type_rows[type].weight;
    }
    return (uint16_t)(BUILTINS + skewed(state, m->classes));
}

// Rings over the next instances; none overlaps another.
static void plan_rings(struct plan *plan, uint64_t *state)
{
    uint16_t members[50];
    uint32_t wanted = 0, have = 0;
    bool garbage = false;
    memset(plan->ring, 0, sizeof plan->ring);
    for (uint16_t i = 1; i < plan->count; i++) {
        if (plan->type[i] < BUILTINS)
            continue;
        if (!wanted && below(state, 100) < 8) {
            wanted = 2 + skewed(state, 49);
            garbage = below(state, 10) == 0;
            have = 0;
        }
        if (!wanted)
            continue;
        members[have++] = i;
        if (have < wanted)
            continue;
        for (uint32_t k = 0; k < have; k++)
            plan->ring[members[k]] =
                (struct ring){.next = members[(k + 1) % have], .member = true, .garbage = garbage};
        wanted = 0;
    }
}

static void make_plan(struct maker *m, uint32_t chunk)
{
    struct plan *plan = &m->plan;
    uint64_t state = state_of(m, 1, chunk);
    uint64_t left = m->chunk_objects - (uint64_t)chunk * CHUNK;
    uint32_t next = 0;
    plan->first = m->first_chunk + chunk * CHUNK;
    plan->count = left < CHUNK ? (uint32_t)left : CHUNK;
    for (uint32_t i = 0; i < plan->count; i++)
        plan->type[i] = draw_type(m, &state);
    for (uint32_t i = 0; i < plan->count; i++) {
        uint16_t type = plan->type[i];
        uint32_t most = type < BUILTINS ? type_rows[type].children : INSTANCE_CHILDREN;
        uint32_t children = most ? below(&state, most + 1) : 0;
        plan->owned[i] = i < next;
        if (next <= i)
            next = i + 1;
        if (children > plan->count - next)
            children = plan->count - next;
        plan->first_child[i] = (uint16_t)next;
        plan->children[i] = (uint16_t)children;
        next += children;
    }
    plan_rings(plan, &state);
}

// References beyond the tree.
static uint32_t extra_of(const struct maker *m, uint32_t object)
{
    uint64_t state = state_of(m, 2, object);
    uint32_t whole = m->extra_per_1024 / 1024, part = m->extra_per_1024 % 1024;
    uint32_t spread = below(&state, whole * 2 + 1);
    return spread + (below(&state, 1024) < part);
}

static bool has_extra(uint16_t type)
{
    return type >= BUILTINS || type == DICT || type == LIST || type == TUPLE || type == SET;
}

// ---- addresses ----

static uint32_t shape_bytes(uint16_t type, uint64_t length, uint64_t random)
{
    if (type >= BUILTINS)
        return 64 + 16 * (type % 5);
    const struct type_row *row = &type_rows[type];
    if (type == STR || type == BYTES)
        return (uint32_t)(row->base_bytes + 4 + random % 24 + (random % 61 == 0) * 700);
    return (uint32_t)(row->base_bytes + length * row->item_bytes);
}

// A slot in a pool of its size class; pools are 16 KiB, with a hole now and then between them.
static uint32_t place(struct maker *m, uint64_t bytes)
{
    uint32_t units = (uint32_t)((bytes + 15) / 16);
    if (units > 32) {
        uint32_t start = m->next_large;
        m->next_large += units + 1;
        return start | UINT32_C(0x80000000);
    }
    struct pool *pool = &m->pools[units - 1];
    if (pool->used == pool->slots) {
        pool->start = m->next_pool;
        pool->slots = 1020 / units;
        pool->used = 0;
        m->next_pool += 1024;
        if (below(&m->gap_state, 8) == 0)
            m->next_pool += 1024 * below(&m->gap_state, 24);
    }
    // Freed slots are reused in any order: step through the pool with a stride.
    uint32_t stride = pool->slots % 7 ? 7 : 11;
    uint32_t slot = (uint32_t)((uint64_t)pool->used++ * stride % pool->slots);
    return pool->start + 3 + slot * units;
}

static uint64_t address_of(const struct maker *m, uint32_t object)
{
    uint64_t units = m->address[object];
    return units & UINT32_C(0x80000000)
               ? UINT64_C(0x7f5c10000010) + (units & UINT32_C(0x7fffffff)) * 16
               : UINT64_C(0x7f1240000000) + units * 16;
}

// ---- writing ----

static void flush(struct maker *m)
{
    if (m->used && fwrite(m->buffer, 1, m->used, m->out) != m->used) {
        fprintf(stderr, "mkdump: cannot write: %s\n", strerror(errno));
        exit(2);
    }
    m->used = 0;
}

static void put_text(struct maker *m, const char *text)
{
    size_t length = strlen(text);
    if (BUFFER_SIZE - m->used < length + 64)
        flush(m);
    memcpy(m->buffer + m->used, text, length);
    m->used += length;
}

static void put_number(struct maker *m, uint64_t value)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233"
        "34353637383940414243444546474849505152535455565758596061626364656667"
        "6869707172737475767778798081828384858687888990919293949596979899";
    char text[20];
    size_t at = sizeof text;
    while (value >= 100) {
        at -= 2;
        memcpy(text + at, pairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10) {
        at -= 2;
        memcpy(text + at, pairs + 2 * value, 2);
    } else {
        text[--at] = (char)('0' + value);
    }
    if (BUFFER_SIZE - m->used < 64)
        flush(m);
    memcpy(m->buffer + m->used, text + at, sizeof text - at);
    m->used += sizeof text - at;
}

static void put_member(struct maker *m, const char *key, uint64_t value)
{
    put_text(m, key);
    put_number(m, value);
}

static bool is_surplus(const struct maker *m, uint32_t object)
{
    return object >= m->first_chunk && mix(m->seed ^ (uint64_t)object << 20) % 20000 == 0;
}

// Starts an object's line. In the counting pass there is nothing to do.
static void begin(struct maker *m, uint32_t object, uint16_t type, uint64_t length,
                  const char *text, bool has_stack)
{
    m->open = NO_GROUP;
    if (!m->writing)
        return;
    uint64_t random = mix(m->seed ^ object);
    bool sized = type < BUILTINS && type != FUNCTION && type != CODE && type != CELL &&
                 type != METHOD && type != WEAKREF && type != INT && type != FLOAT &&
                 length != NO_LENGTH;
    uint32_t bytes = shape_bytes(type, length == NO_LENGTH ? 0 : length, random);
    bool tracked = type >= BUILTINS || type_rows[type].tracked;
    put_member(m, "{\"object\":", address_of(m, object));
    put_member(m, ",\"type\":", type);
    put_member(m, ",\"size\":", bytes);
    put_member(m, ",\"rc\":", m->indegree[object] + is_surplus(m, object));
    if (type == STR || type == BYTES)
        put_member(m, ",\"len\":", bytes - type_rows[type].base_bytes);
    else if (sized)
        put_member(m, ",\"len\":", length);
    if (tracked) {
        put_text(m, ",\"flags\":1");
        put_member(m, ",\"gen\":", random % 64 == 0 ? random >> 8 & 1 : 2);
    }
    if (text) {
        put_text(m, ",\"text\":\"");
        put_text(m, text);
        put_text(m, "\"");
    }
    if (has_stack)
        put_text(m, ",\"stack\":0");
}

static void close_group(struct maker *m)
{
    if (m->writing && m->open != NO_GROUP && m->open != CLASS)
        m->buffer[m->used++] = ']';
    m->open = NO_GROUP;
}

static void end(struct maker *m)
{
    close_group(m);
    if (m->writing)
        put_text(m, "}\n");
}

static void open_group(struct maker *m, enum group group)
{
    if (m->open == group) {
        put_text(m, ",");
        return;
    }
    close_group(m);
    put_text(m, ",\"");
    put_text(m, group_keys[group]);
    put_text(m, group == CLASS ? "\":" : "\":[");
    m->open = group;
}

// A reference. `label` is used where the group has one.
static void refer(struct maker *m, enum group group, uint32_t label, uint32_t target)
{
    if (!m->writing) {
        m->indegree[target] += group != WEAK;
        return;
    }
    open_group(m, group);
    if (group == ATTR || group == CELL_GROUP || group == INTERNAL) {
        put_number(m, label);
        put_text(m, ",");
    }
    put_number(m, address_of(m, target));
    m->references++;
}

// A dict's entry; label NOWHERE = the key is no identifier.
static void refer_entry(struct maker *m, uint32_t label, uint32_t key, uint32_t value)
{
    if (!m->writing) {
        m->indegree[key]++;
        m->indegree[value]++;
        return;
    }
    open_group(m, ENTRY);
    if (label == NOWHERE)
        put_text(m, "-1");
    else
        put_number(m, label);
    put_text(m, ",");
    put_number(m, address_of(m, key));
    put_text(m, ",");
    put_number(m, address_of(m, value));
    m->references += 2;
}

// ---- references ----

static bool is_leaf(const struct maker *m, uint32_t object)
{
    uint16_t type = m->type[object];
    return type == STR || type == BYTES || type == INT || type == FLOAT || type == NONE_TYPE;
}

static uint32_t interned(const struct maker *m, uint64_t *state)
{
    return m->first_interned + skewed(state, INTERNED);
}

static uint32_t draw_label(uint64_t *state)
{
    return L_FIRST_DRAWN + skewed(state, LABELS);
}

// A target that makes no cycle: near by and later, or a leaf, or one of the heap's common objects.
static uint32_t cross(const struct maker *m, uint64_t *state, uint32_t object)
{
    uint32_t way = below(state, 100);
    uint32_t chunk_end = m->first_growth;
    if (way < 18)
        return below(state, 3) ? interned(m, state) : 0;
    for (int tries = 0; tries < 4; tries++) {
        uint32_t near = object + 1 + below(state, 2000);
        uint32_t target =
            way < 88 ? near : m->first_chunk + below(state, chunk_end - m->first_chunk);
        if (way < 88 && below(state, 2) && object > m->first_chunk + 2000)
            target = object - 1 - below(state, 2000);
        if (target >= chunk_end || m->type[target] & GARBAGE)
            continue;
        if (target > object || is_leaf(m, target))
            return target;
    }
    return interned(m, state);
}

static bool is_owned_child(const struct plan *plan, uint32_t child)
{
    return !plan->ring[child].garbage;
}

static void write_container(struct maker *m, uint32_t position, uint16_t type, uint64_t *state)
{
    const struct plan *plan = &m->plan;
    uint32_t object = plan->first + position;
    uint32_t extra = extra_of(m, object);
    uint32_t count = plan->children[position] + extra;
    enum group group = type == SET ? ELEMENT : type >= BUILTINS ? ATTR : ITEM;
    begin(m, object, type, type < BUILTINS ? count : NO_LENGTH, NULL, false);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t child = plan->first_child[position] + i;
        bool owns = i < plan->children[position] && is_owned_child(plan, child);
        uint32_t target = owns ? plan->first + child : cross(m, state, object);
        if (type != DICT) {
            refer(m, group, draw_label(state), target);
            continue;
        }
        uint32_t key = interned(m, state);
        refer_entry(m, below(state, 10) ? draw_label(state) : NOWHERE, key, target);
    }
    if (plan->ring[position].member)
        refer(m, ATTR, L_NEXT, plan->first + plan->ring[position].next);
    if (type >= BUILTINS)
        refer(m, CLASS, 0, m->first_type + type);
    end(m);
}

// Functions, code, cells, methods and weak references.
static void write_special(struct maker *m, uint32_t position, uint16_t type, uint64_t *state)
{
    const struct plan *plan = &m->plan;
    uint32_t object = plan->first + position;
    char name[32];
    snprintf(name, sizeof name, "%s_%s", words[skewed(state, WORDS)], words[below(state, WORDS)]);
    bool named = type == FUNCTION || type == CODE || type == METHOD;
    begin(m, object, type, NO_LENGTH, named ? name : NULL, false);
    static const uint32_t labels[BUILTINS] = {
        [FUNCTION] = L_CLOSURE, [CODE] = L_CONSTS, [CELL] = L_CONTENTS, [METHOD] = L_FUNC};
    if (type == FUNCTION) {
        refer(m, INTERNAL, L_GLOBALS, m->first_module + 2 * below(state, MODULES) + 1);
        refer(m, INTERNAL, L_NAME, interned(m, state));
    }
    if (type == CODE)
        refer(m, INTERNAL, L_NAME, interned(m, state));
    for (uint32_t i = 0; i < plan->children[position]; i++) {
        uint32_t child = plan->first_child[position] + i;
        if (is_owned_child(plan, child))
            refer(m, INTERNAL, labels[type], plan->first + child);
    }
    if (type == WEAKREF)
        refer(m, WEAK, 0, cross(m, state, object));
    end(m);
}

static void write_chunk(struct maker *m, uint32_t chunk)
{
    make_plan(m, chunk);
    uint64_t state = state_of(m, 3, chunk);
    for (uint32_t i = 0; i < m->plan.count; i++) {
        uint16_t type = m->plan.type[i];
        if (has_extra(type)) {
            write_container(m, i, type, &state);
        } else if (type_rows[type].children || type == WEAKREF) {
            write_special(m, i, type, &state);
        } else {
            begin(m, m->plan.first + i, type, NO_LENGTH, NULL, false);
            end(m);
        }
    }
}

// ---- the static part: None, classes with their methods, modules, registries, big containers ----

static void class_name(char *out, size_t size, uint32_t number)
{
    snprintf(out, size, "%c%s%c%s%u", words[number % WORDS][0] - 32, words[number % WORDS] + 1,
             words[number / WORDS % WORDS][0] - 32, words[number / WORDS % WORDS] + 1, number);
}

static void write_types(struct maker *m)
{
    uint64_t state = state_of(m, 4, 0);
    for (uint32_t i = 0; i < BUILTINS + m->classes; i++) {
        char name[64];
        class_name(name, sizeof name, i);
        begin(m, m->first_type + i, TYPE, NO_LENGTH, i < BUILTINS ? type_rows[i].name : name,
              false);
        if (i >= BUILTINS) {
            uint32_t methods = m->first_method + (i - BUILTINS) * (METHODS + 2);
            refer(m, INTERNAL, L_DICT, methods);
            refer(m, INTERNAL, L_MRO, methods + 1);
        }
        end(m);
    }
    for (uint32_t i = 0; i < m->classes; i++) {
        uint32_t dict = m->first_method + i * (METHODS + 2);
        begin(m, dict, DICT, METHODS, NULL, false);
        for (uint32_t k = 0; k < METHODS; k++)
            refer_entry(m, draw_label(&state), interned(m, &state), dict + 2 + k);
        end(m);
        begin(m, dict + 1, TUPLE, 1, NULL, false);
        refer(m, ITEM, 0, m->first_type + BUILTINS + i);
        end(m);
        for (uint32_t k = 0; k < METHODS; k++) {
            begin(m, dict + 2 + k, FUNCTION, NO_LENGTH, words[(i + k) % WORDS], false);
            refer(m, INTERNAL, L_GLOBALS, m->first_module + 2 * (i % MODULES) + 1);
            refer(m, INTERNAL, L_NAME, interned(m, &state));
            end(m);
        }
    }
}

static void write_modules(struct maker *m)
{
    uint64_t state = state_of(m, 5, 0);
    for (uint32_t i = 0; i <= MODULES; i++) {
        char name[64];
        uint32_t module = m->first_module + 2 * i;
        snprintf(name, sizeof name, i < MODULES ? "app.%s%u" : "app.registry", words[i % WORDS], i);
        begin(m, module, MODULE, NO_LENGTH, name, false);
        refer(m, INTERNAL, L_DICT, module + 1);
        end(m);
        // The last module holds the registries, the others the classes.
        uint32_t count = i < MODULES ? (m->classes + MODULES - 1 - i) / MODULES : REGISTRIES + 2;
        begin(m, module + 1, DICT, count, NULL, false);
        for (uint32_t k = 0; k < count; k++)
            refer_entry(m, draw_label(&state), interned(m, &state),
                        i < MODULES ? m->first_type + BUILTINS + i + k * MODULES
                                    : m->first_registry + k);
        end(m);
    }
}

// The registries own the chunk roots; two big containers refer to many objects once more.
static void write_registries(struct maker *m)
{
    uint64_t state = state_of(m, 6, 0);
    for (uint32_t i = 0; i < REGISTRIES; i++) {
        uint32_t count = (m->chunk_roots_count + REGISTRIES - 1 - i) / REGISTRIES;
        begin(m, m->first_registry + i, LIST, count, NULL, false);
        for (uint32_t k = i; k < m->chunk_roots_count; k += REGISTRIES)
            refer(m, ITEM, 0, m->chunk_roots[k]);
        end(m);
    }
    uint32_t chunks = m->first_growth - m->first_chunk;
    begin(m, m->big_list, LIST, chunks / 20, NULL, false);
    for (uint32_t i = 0; i < chunks / 20; i++)
        refer(m, ITEM, 0, cross(m, &state, m->first_chunk + i * 20));
    end(m);
    begin(m, m->big_dict, DICT, chunks / 50, NULL, false);
    for (uint32_t i = 0; i < chunks / 50; i++)
        refer_entry(m, NOWHERE, interned(m, &state), cross(m, &state, m->first_chunk + i * 50));
    end(m);
    for (uint32_t i = 0; i < INTERNED; i++) {
        begin(m, m->first_interned + i, STR, NO_LENGTH, NULL, false);
        end(m);
    }
}

static void write_growth(struct maker *m)
{
    if (!m->growth)
        return;
    uint32_t module = m->first_growth, cache = module + 2, list = module + 3;
    uint16_t request_type = (uint16_t)(BUILTINS + m->classes), cache_type = request_type + 1;
    uint32_t request_class = module + 4, cache_class = module + 5, first = module + 6;
    begin(m, module, MODULE, NO_LENGTH, "app.cache", false);
    refer(m, INTERNAL, L_DICT, module + 1);
    end(m);
    begin(m, module + 1, DICT, 3, NULL, false);
    refer_entry(m, L_CACHE, m->first_interned, cache);
    refer_entry(m, L_FIRST_DRAWN, m->first_interned + 1, request_class);
    refer_entry(m, L_FIRST_DRAWN + 1, m->first_interned + 2, cache_class);
    end(m);
    begin(m, cache, cache_type, NO_LENGTH, NULL, false);
    refer(m, ATTR, L_PENDING, list);
    refer(m, CLASS, 0, cache_class);
    end(m);
    begin(m, list, LIST, m->growth, NULL, false);
    for (uint64_t i = 0; i < m->growth; i++)
        refer(m, ITEM, 0, first + 4 * (uint32_t)i);
    end(m);
    begin(m, request_class, TYPE, NO_LENGTH, m->growth_name, false);
    end(m);
    begin(m, cache_class, TYPE, NO_LENGTH, "Cache", false);
    end(m);
    for (uint64_t i = 0; i < m->growth; i++) {
        uint32_t request = first + 4 * (uint32_t)i;
        begin(m, request, request_type, NO_LENGTH, NULL, true);
        refer(m, ATTR, L_PATH, request + 1);
        refer(m, ATTR, L_HEADERS, request + 2);
        refer(m, ATTR, L_BODY, request + 3);
        refer(m, CLASS, 0, request_class);
        end(m);
        begin(m, request + 1, STR, NO_LENGTH, NULL, true);
        end(m);
        begin(m, request + 2, DICT, 1, NULL, true);
        refer_entry(m, L_FIRST_DRAWN + 2, m->first_interned + 3, request + 1);
        end(m);
        begin(m, request + 3, BYTES, NO_LENGTH, NULL, true);
        end(m);
    }
}

static void write_objects(struct maker *m, bool writing)
{
    m->writing = writing;
    begin(m, 0, NONE_TYPE, NO_LENGTH, NULL, false);
    end(m);
    write_types(m);
    write_modules(m);
    write_registries(m);
    begin(m, m->first_frame, FRAME, NO_LENGTH, "main.py:12", false);
    refer(m, INTERNAL, L_GLOBALS, m->first_module + 1);
    end(m);
    for (uint32_t chunk = 0; (uint64_t)chunk * CHUNK < m->chunk_objects; chunk++)
        write_chunk(m, chunk);
    write_growth(m);
}

// ---- layout ----

// Gives every object its type and address, in the order of creation.
static void lay_out(struct maker *m)
{
    for (uint32_t i = 0; i < m->first_chunk; i++) {
        uint16_t type = i >= m->first_method || i == m->big_dict                     ? DICT
                        : i >= m->first_interned && i < m->first_interned + INTERNED ? STR
                        : i == 0                                                     ? NONE_TYPE
                                                                                     : LIST;
        m->type[i] = type;
        bool is_class = i >= m->first_type && i < m->first_module;
        m->address[i] = place(m, is_class ? 1064 : type == DICT ? 232 : 80);
    }
    uint32_t capacity = 0;
    for (uint32_t chunk = 0; (uint64_t)chunk * CHUNK < m->chunk_objects; chunk++) {
        make_plan(m, chunk);
        for (uint32_t i = 0; i < m->plan.count; i++) {
            uint32_t object = m->plan.first + i;
            uint16_t type = m->plan.type[i];
            uint64_t length = m->plan.children[i] + (has_extra(type) ? extra_of(m, object) : 0);
            bool garbage = m->plan.ring[i].garbage;
            m->type[object] = type | (garbage ? GARBAGE : 0);
            m->address[object] = place(m, shape_bytes(type, length, mix(m->seed ^ object)));
            if (m->plan.owned[i] || garbage)
                continue;
            if (m->chunk_roots_count == capacity) {
                capacity = capacity * 2 + 1024;
                m->chunk_roots = realloc(m->chunk_roots, capacity * sizeof *m->chunk_roots);
                if (!m->chunk_roots)
                    abort();
            }
            m->chunk_roots[m->chunk_roots_count++] = object;
        }
    }
    // Of each growing object: itself, a path, headers, a body. See write_growth().
    static const uint16_t members[] = {BUILTINS, STR, DICT, BYTES};
    for (uint32_t i = m->first_growth; i < m->total; i++) {
        uint32_t member = i - m->first_growth;
        m->address[i] =
            member < 6 ? place(m, 1064)
                       : place(m, shape_bytes(members[(member - 6) % 4], 1, mix(m->seed ^ i)) + 48);
    }
}

static bool prepare(struct maker *m)
{
    uint64_t classes = m->chunk_objects / 100 + 4;
    m->classes = classes < 800 ? (uint32_t)classes : 800;
    uint32_t next = 1;
    m->first_type = next;
    next += BUILTINS + m->classes;
    m->first_module = next;
    next += 2 * (MODULES + 1);
    m->first_registry = next;
    m->big_list = next + REGISTRIES;
    m->big_dict = m->big_list + 1;
    next += REGISTRIES + 2;
    m->first_interned = next;
    next += INTERNED;
    m->first_frame = next++;
    m->first_method = next;
    next += m->classes * (METHODS + 2);
    m->first_chunk = next;
    m->chunk_objects = m->chunk_objects > next ? m->chunk_objects - next : 1;
    uint64_t total = next + m->chunk_objects + (m->growth ? 6 + 4 * m->growth : 0);
    if (total >= UINT32_MAX / 2)
        return false;
    m->first_growth = next + (uint32_t)m->chunk_objects;
    m->total = (uint32_t)total;
    // The tree, keys and structure make about 1.55 references an object; containers that take any
    // number are 0.4 of the objects, and a fifth of what they take are entries, which count twice.
    double extra = (m->refs_per_object - 1.55) / (0.4 * 1.27);
    m->extra_per_1024 = extra > 0 ? (uint32_t)(extra * 1024) : 0;
    m->address = calloc(total, sizeof *m->address);
    m->indegree = calloc(total, sizeof *m->indegree);
    m->type = calloc(total, sizeof *m->type);
    m->buffer = malloc(BUFFER_SIZE);
    m->gap_state = state_of(m, 7, 0);
    return m->address && m->indegree && m->type && m->buffer;
}

// ---- lines beside objects ----

static void write_type_line(struct maker *m, uint32_t id, const char *name, const char *module,
                            uint32_t object, const char *kind)
{
    char line[512];
    snprintf(line, sizeof line,
             "{\"type\":%u,\"name\":\"%s\"%s%s%s,\"object\":%" PRIu64 "%s%s%s}\n", id, name,
             *module ? ",\"module\":\"" : "", module, *module ? "\"" : "", address_of(m, object),
             *kind ? ",\"kind\":\"" : "", kind, *kind ? "\"" : "");
    put_text(m, line);
}

static uint32_t write_head(struct maker *m)
{
    char line[512];
    snprintf(line, sizeof line,
             "{\"heapsnap\":1,\"runtime\":\"cpython\",\"runtime_version\":\"3.11.7\",\"program\":"
             "\"mkdump\",\"pid\":42,\"host\":\"bench\",\"captured_at_unix_ms\":1795186701712%s%s%s,"
             "\"values\":false,\"facts\":{\"gc.enabled\":true}}\n",
             m->label ? ",\"label\":\"" : "", m->label ? m->label : "", m->label ? "\"" : "");
    put_text(m, line);
    uint32_t types = 0;
    for (; types < BUILTINS + m->classes; types++) {
        char name[64], module[64];
        class_name(name, sizeof name, types);
        snprintf(module, sizeof module, "app.%s%u", words[types % WORDS], types % MODULES);
        bool builtin = types < BUILTINS;
        write_type_line(m, types, builtin ? type_rows[types].name : name, builtin ? "" : module,
                        m->first_type + types, builtin ? type_rows[types].kind : "");
    }
    if (m->growth) {
        write_type_line(m, types++, m->growth_name, m->growth_module, m->first_growth + 4, "");
        write_type_line(m, types++, "Cache", "app.cache", m->first_growth + 5, "");
        put_text(m, "{\"frame\":0,\"file\":\"/app/views.py\",\"line\":41,\"function\":\"handle\"}\n"
                    "{\"frame\":1,\"file\":\"/app/main.py\",\"line\":12,\"function\":\"serve\"}\n"
                    "{\"stack\":0,\"frames\":[0,1]}\n");
    }
    for (uint32_t i = 0; i < L_FIRST_DRAWN + LABELS; i++) {
        uint32_t drawn = i - L_FIRST_DRAWN;
        if (i < L_FIRST_DRAWN)
            snprintf(line, sizeof line, "{\"string\":%u,\"text\":\"%s\"}\n", i, label_texts[i]);
        else
            snprintf(line, sizeof line, "{\"string\":%u,\"text\":\"%s_%s%u\"}\n", i,
                     words[drawn % WORDS], words[drawn / WORDS % WORDS],
                     (unsigned)(drawn / WORDS / WORDS));
        put_text(m, line);
    }
    return types;
}

static uint32_t write_roots(struct maker *m)
{
    char line[256];
    uint32_t roots = 0;
    for (uint32_t i = 0; i <= MODULES; i++, roots++) {
        char name[64];
        snprintf(name, sizeof name, i < MODULES ? "app.%s%u" : "app.registry", words[i % WORDS], i);
        snprintf(line, sizeof line, "{\"root\":%" PRIu64 ",\"kind\":\"module\",\"name\":\"%s\"}\n",
                 address_of(m, m->first_module + 2 * i), name);
        put_text(m, line);
    }
    for (uint32_t i = 0; i < BUILTINS; i++, roots++) {
        snprintf(line, sizeof line, "{\"root\":%" PRIu64 ",\"kind\":\"static\",\"name\":\"%s\"}\n",
                 address_of(m, m->first_type + i), type_rows[i].name);
        put_text(m, line);
    }
    snprintf(line, sizeof line,
             "{\"root\":%" PRIu64 ",\"kind\":\"frame\",\"name\":\"main main.py:12\",\"thread\":"
             "\"MainThread\"}\n",
             address_of(m, m->first_frame));
    put_text(m, line);
    roots++;
    if (m->growth) {
        snprintf(line, sizeof line,
                 "{\"root\":%" PRIu64 ",\"kind\":\"module\",\"name\":\"app.cache\"}\n",
                 address_of(m, m->first_growth));
        put_text(m, line);
        roots++;
    }
    return roots;
}

static void write_dump(struct maker *m)
{
    char line[256];
    uint32_t types = write_head(m);
    write_objects(m, true);
    uint32_t roots = write_roots(m);
    snprintf(line, sizeof line,
             "{\"end\":1,\"objects\":%u,\"references\":%" PRIu64
             ",\"types\":%u,\"strings\":%u,\"roots\":%u}\n",
             m->total, m->references, types, (unsigned)(L_FIRST_DRAWN + LABELS), roots);
    put_text(m, line);
    flush(m);
}

// "app.cache.Request=1000" into module, name and count.
static bool parse_growth(struct maker *m, char *text)
{
    char *equals = strchr(text, '=');
    if (!equals)
        return false;
    *equals = 0;
    m->growth = strtoull(equals + 1, NULL, 10);
    char *dot = strrchr(text, '.');
    if (!dot || !m->growth || m->growth > UINT32_MAX / 16)
        return false;
    *dot = 0;
    m->growth_module = text;
    m->growth_name = dot + 1;
    return true;
}

static bool parse_options(struct maker *m, int argc, char **argv, const char **out_path)
{
    static const struct option options[] = {{"objects", required_argument, NULL, 'n'},
                                            {"refs-per-object", required_argument, NULL, 'r'},
                                            {"seed", required_argument, NULL, 's'},
                                            {"growth", required_argument, NULL, 'g'},
                                            {"label", required_argument, NULL, 'l'},
                                            {"output", required_argument, NULL, 'o'},
                                            {NULL, 0, NULL, 0}};
    int option;
    bool ok = true;
    while ((option = getopt_long(argc, argv, "n:r:s:g:l:o:", options, NULL)) != -1) {
        switch (option) {
        case 'n':
            m->chunk_objects = strtoull(optarg, NULL, 10);
            break;
        case 'r':
            m->refs_per_object = strtod(optarg, NULL);
            break;
        case 's':
            m->seed = strtoull(optarg, NULL, 10);
            break;
        case 'g':
            ok = parse_growth(m, optarg);
            break;
        case 'l':
            m->label = optarg;
            break;
        case 'o':
            *out_path = optarg;
            break;
        default:
            ok = false;
        }
        if (!ok)
            return false;
    }
    return optind == argc && m->chunk_objects > 0;
}

int main(int argc, char **argv)
{
    static struct maker m = {.chunk_objects = 100000, .seed = 1, .refs_per_object = 3};
    const char *path = "-";
    if (!parse_options(&m, argc, argv, &path) || !prepare(&m)) {
        fprintf(stderr, "usage: mkdump [--objects N] [--refs-per-object R] [--seed S] "
                        "[--growth MODULE.TYPE=COUNT] [--label TEXT] [-o FILE]\n");
        return 2;
    }
    m.out = strcmp(path, "-") ? fopen(path, "wb") : stdout;
    if (!m.out) {
        fprintf(stderr, "mkdump: %s: %s\n", path, strerror(errno));
        return 2;
    }
    lay_out(&m);
    write_objects(&m, false);
    write_dump(&m);
    if (fflush(m.out) || (m.out != stdout && fclose(m.out))) {
        fprintf(stderr, "mkdump: %s: %s\n", path, strerror(errno));
        return 2;
    }
    free(m.address);
    free(m.indegree);
    free(m.type);
    free(m.buffer);
    free(m.chunk_roots);
    return 0;
}
