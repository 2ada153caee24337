// SPDX-License-Identifier: MIT
// What the parts of mkdump share: the heap's layout, random numbers, the pen.
#ifndef TESTS_BENCH_MKDUMP_H
#define TESTS_BENCH_MKDUMP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

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
struct type_row {
    const char *name, *kind;
    uint16_t weight, children, base_bytes, item_bytes;
    bool tracked;
};
extern const struct type_row type_rows[BUILTINS];

// Reference groups in the order of the format.
enum group { ATTR, ITEM, ENTRY, ELEMENT, CELL_GROUP, INTERNAL, CLASS, WEAK, NO_GROUP };

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

#define WORDS 20
extern const char *const words[WORDS];

static inline uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static inline uint64_t draw(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    return mix(*state);
}

static inline uint32_t below(uint64_t *state, uint32_t limit)
{
    return (uint32_t)((draw(state) >> 32) * limit >> 32);
}

// Mostly small: density falls with the cube, near enough to Zipf.
static inline uint32_t skewed(uint64_t *state, uint32_t limit)
{
    uint64_t x = draw(state) >> 44;
    return (uint32_t)((x * x >> 20) * x * limit >> 40);
}

static inline uint64_t state_of(const struct maker *m, uint64_t what, uint64_t number)
{
    return mix(m->seed * 31 + what) ^ mix(number + 1);
}

// mkdump_plan.c: what the heap holds and where.
bool prepare(struct maker *m);
void lay_out(struct maker *m);
void make_plan(struct maker *m, uint32_t chunk);
uint32_t extra_of(const struct maker *m, uint32_t object);
bool has_extra(uint16_t type);
uint32_t shape_bytes(uint16_t type, uint64_t length, uint64_t random);
uint64_t address_of(const struct maker *m, uint32_t object);

// mkdump_pen.c: lines about objects; in the counting pass they only count.
void flush(struct maker *m);
void put_text(struct maker *m, const char *text);
void begin(struct maker *m, uint32_t object, uint16_t type, uint64_t length, const char *text,
           bool has_stack);
void end(struct maker *m);
void refer(struct maker *m, enum group group, uint32_t label, uint32_t target);
void refer_entry(struct maker *m, uint32_t label, uint32_t key, uint32_t value);

// mkdump_heap.c: every object with its references, in the order of the dump.
void class_name(char *out, size_t size, uint32_t number);
void write_objects(struct maker *m, bool writing);

#endif
