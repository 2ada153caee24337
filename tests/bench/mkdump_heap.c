// SPDX-License-Identifier: MIT
// mkdump: the objects and their references.
#include "mkdump.h"

#include <string.h>

const char *const words[WORDS] = {
    "user",  "order", "item",  "cache", "request", "session", "path",  "query", "model", "view",
    "token", "field", "index", "value", "handler", "timeout", "state", "queue", "event", "price"};

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

void class_name(char *out, size_t size, uint32_t number)
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

void write_objects(struct maker *m, bool writing)
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
