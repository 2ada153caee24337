// SPDX-License-Identifier: MIT
// mkdump: what a heap of the wanted size holds, and where its objects lie.
#include "mkdump.h"

#include <stdlib.h>
#include <string.h>

#define INSTANCE_CHILDREN 6

const struct type_row type_rows[BUILTINS] = {
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

void make_plan(struct maker *m, uint32_t chunk)
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
uint32_t extra_of(const struct maker *m, uint32_t object)
{
    uint64_t state = state_of(m, 2, object);
    uint32_t whole = m->extra_per_1024 / 1024, part = m->extra_per_1024 % 1024;
    uint32_t spread = below(&state, whole * 2 + 1);
    return spread + (below(&state, 1024) < part);
}

bool has_extra(uint16_t type)
{
    return type >= BUILTINS || type == DICT || type == LIST || type == TUPLE || type == SET;
}

uint32_t shape_bytes(uint16_t type, uint64_t length, uint64_t random)
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

uint64_t address_of(const struct maker *m, uint32_t object)
{
    uint64_t units = m->address[object];
    return units & UINT32_C(0x80000000)
               ? UINT64_C(0x7f5c10000010) + (units & UINT32_C(0x7fffffff)) * 16
               : UINT64_C(0x7f1240000000) + units * 16;
}

// Gives every object its type and address, in the order of creation.
void lay_out(struct maker *m)
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

bool prepare(struct maker *m)
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
