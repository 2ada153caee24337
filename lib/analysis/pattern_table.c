// SPDX-License-Identifier: MIT
// The tree of patterns: found by (pattern above, label, type) in one hash table.
#include "analysis/pattern_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

// Depth at which a chain that does not repeat one type in a row is looked at for any repetition.
enum { DEEP = 48 };

// Where the search for a key begins.
static size_t home_of(uint32_t parent, uint32_t label, uint32_t type)
{
    uint64_t hash = ((uint64_t)parent << 32 | label) * UINT64_C(0x9E3779B97F4A7C15);
    hash = (hash ^ hash >> 32 ^ type) * UINT64_C(0xC2B2AE3D27D4EB4F);
    return (size_t)(hash ^ hash >> 29);
}

static int grow_slots(hsn__patterns *p)
{
    size_t count = p->slots ? (p->slot_mask + 1) * 2 : 1024;
    hsn__pattern_slot *old = p->slots, *fresh = hsn__alloc_array(count, sizeof *fresh);
    if (!fresh)
        return HSN_ENOMEM;
    memset(fresh, 0xff, count * sizeof *fresh);
    for (size_t i = 0; old && i <= p->slot_mask; i++) {
        if (old[i].pattern == HSN_NONE)
            continue;
        size_t at = home_of(old[i].parent, old[i].label, old[i].type) & (count - 1);
        while (fresh[at].pattern != HSN_NONE)
            at = (at + 1) & (count - 1);
        fresh[at] = old[i];
    }
    hsn__free(old);
    p->slots = fresh;
    p->slot_mask = count - 1;
    return HSN_OK;
}

// The slot of a key, or the free one where it belongs.
static hsn__pattern_slot *find_slot(const hsn__patterns *p, uint32_t parent, uint32_t label,
                                    uint32_t type)
{
    size_t at = home_of(parent, label, type) & p->slot_mask;
    for (;;) {
        hsn__pattern_slot *slot = &p->slots[at];
        if (slot->pattern == HSN_NONE ||
            (slot->parent == parent && slot->label == label && slot->type == type))
            return slot;
        at = (at + 1) & p->slot_mask;
    }
}

static uint32_t add_row(hsn__patterns *p, hsn__pattern row)
{
    if (!hsn__array_grow(&p->rows, &p->capacity, p->count + 1, sizeof *p->rows, HSN_NONE))
        return HSN_NONE;
    p->rows[p->count] = row;
    return (uint32_t)p->count++;
}

int hsn__patterns_init(hsn__patterns *p, hsn_error *err)
{
    uint32_t empty;
    *p = (hsn__patterns){.max = HSN__MAX_PATTERNS};
    if (grow_slots(p) < 0)
        return hsn__fail_memory(err);
    for (int top = 0; top < HSN__TOP_COUNT; top++)
        if (add_row(p,
                    (hsn__pattern){.parent = HSN_NONE, .type = HSN_NONE, .fold_from = HSN_NONE}) ==
            HSN_NONE)
            return hsn__fail_memory(err);
    int r = hsn__patterns_name(p, "", &empty, err);
    return r < 0 ? r : hsn__patterns_name(p, "<elsewhere>", &p->elsewhere, err);
}

void hsn__patterns_clear(hsn__patterns *p)
{
    hsn__free(p->rows);
    hsn__free(p->slots);
    hsn__intern_clear(&p->names);
    hsn__intern_clear(&p->type_names);
    hsn__free(p->types);
    *p = (hsn__patterns){0};
}

int hsn__patterns_name(hsn__patterns *p, const char *text, uint32_t *out, hsn_error *err)
{
    if (hsn__intern_put(&p->names, text, strlen(text), out) != HSN__INTERN_OK)
        return hsn__fail_memory(err);
    if (*out > HSN__LABEL_NAME_MASK)
        return hsn__fail_limit(err, "names of references", HSN__LABEL_NAME_MASK);
    return HSN_OK;
}

// What a type says of a leak. Types without a module are the runtime's; those of the runtime that
// a person would name (a task, a file, a function) stand above containers and values.
static uint8_t rank_of(const hsn_type *type)
{
    switch (type->kind) {
    case HSN_KIND_FUNCTION:
    case HSN_KIND_GENERATOR:
    case HSN_KIND_COROUTINE:
    case HSN_KIND_EXCEPTION:
    case HSN_KIND_FILE:
    case HSN_KIND_SOCKET:
    case HSN_KIND_THREAD:
    case HSN_KIND_TASK:
    case HSN_KIND_FRAME:
    case HSN_KIND_TYPE:
    case HSN_KIND_MODULE:
        return *type->module && !hsn__is_stdlib_module(type->module) ? HSN__TYPE_APPLICATION
                                                                     : HSN__TYPE_RUNTIME;
    default:
        break;
    }
    if (!*type->module)
        return HSN__TYPE_PLAIN;
    if (!hsn__is_stdlib_module(type->module))
        return HSN__TYPE_APPLICATION;
    // OrderedDict, deque and the like are containers under another name.
    return type->kind == HSN_KIND_INSTANCE && strcmp(type->module, "collections") != 0
               ? HSN__TYPE_RUNTIME
               : HSN__TYPE_PLAIN;
}

int hsn__patterns_type(hsn__patterns *p, const hsn_type *type, uint32_t *out, hsn_error *err)
{
    size_t known = p->type_names.count;
    if (hsn__intern_put(&p->type_names, type->name, strlen(type->name), out) != HSN__INTERN_OK ||
        !hsn__array_grow(&p->types, &p->type_capacity, p->type_names.count, sizeof *p->types,
                         SIZE_MAX))
        return hsn__fail_memory(err);
    if (*out == known)
        p->types[*out] = (hsn__pattern_type){.kind = (uint8_t)type->kind, .rank = rank_of(type)};
    return HSN_OK;
}

static bool is_foldable(const hsn__pattern_type *type)
{
    switch ((hsn_kind)type->kind) {
    case HSN_KIND_DICT:
    case HSN_KIND_LIST:
    case HSN_KIND_TUPLE:
    case HSN_KIND_SET:
    case HSN_KIND_CELL:
    case HSN_KIND_FUNCTION:
    case HSN_KIND_METHOD:
    case HSN_KIND_BUILTIN:
        return false;
    default:
        return true;
    }
}

// The pattern that a new one below `parent` repeats, or HSN_NONE.
static uint32_t find_fold(const hsn__patterns *p, uint32_t parent, uint32_t label, uint32_t type)
{
    const hsn__pattern *up = &p->rows[parent];
    bool foldable = is_foldable(&p->types[type]), deep = up->depth >= DEEP;
    uint32_t same_type = 0, nearest = HSN_NONE;
    if (!foldable && !deep) {
        // Containers within containers are shapes of data: three in a row are a recursion.
        const hsn__pattern *above = up->parent == HSN_NONE ? up : &p->rows[up->parent];
        bool repeats =
            up->label == label && up->type == type && above->label == label && above->type == type;
        return repeats ? parent : HSN_NONE;
    }
    for (uint32_t at = parent; p->rows[at].parent != HSN_NONE; at = p->rows[at].parent) {
        const hsn__pattern *row = &p->rows[at];
        if (row->type != type)
            continue;
        if (nearest == HSN_NONE)
            nearest = at;
        if (row->label == label || ++same_type == 2)
            return at == nearest || row->label == label ? at : nearest;
    }
    if (!deep)
        return HSN_NONE;
    return nearest != HSN_NONE ? nearest : parent;
}

static uint32_t remember(hsn__patterns *p, uint32_t parent, uint32_t label, uint32_t type,
                         uint32_t pattern)
{
    if (p->slot_used * 3 >= p->slot_mask * 2 && grow_slots(p) < 0)
        return HSN_NONE;
    *find_slot(p, parent, label, type) = (hsn__pattern_slot){parent, label, type, pattern};
    p->slot_used++;
    return pattern;
}

static uint32_t add_child(hsn__patterns *p, uint32_t parent, uint32_t label, uint32_t type)
{
    const hsn__pattern *up = &p->rows[parent];
    hsn__pattern row = {.parent = parent,
                        .label = label,
                        .type = type,
                        .fold_from = HSN_NONE,
                        .depth = (uint16_t)(up->depth + 1),
                        .flags = up->flags & (uint8_t)~HSN__PATTERN_NAMESPACE};
    size_t length;
    const char *name = hsn__intern_get(&p->names, label & HSN__LABEL_NAME_MASK, &length);
    if (label >> HSN__LABEL_NAME_BITS == HSN_REF_INTERNAL && length == 8 &&
        !memcmp(name, "__dict__", 8))
        row.flags |= HSN__PATTERN_NAMESPACE;
    uint32_t made = add_row(p, row);
    return made == HSN_NONE ? HSN_NONE : remember(p, parent, label, type, made);
}

// Where objects of a type count when there is no room for their own pattern.
static uint32_t elsewhere(hsn__patterns *p, uint32_t parent, uint32_t label, uint32_t type)
{
    uint32_t top = parent, anywhere = hsn__pattern_label(HSN__LABEL_ROOT, p->elsewhere);
    p->is_full = true;
    while (p->rows[top].parent != HSN_NONE)
        top = p->rows[top].parent;
    uint32_t found = find_slot(p, top, anywhere, type)->pattern;
    if (found == HSN_NONE)
        found = add_child(p, top, anywhere, type);
    // Looking it up again is for callers that come often; the table keeps its bound.
    if (found != HSN_NONE && p->slot_used < p->max + p->max / 2)
        return remember(p, parent, label, type, found);
    return found;
}

uint32_t hsn__patterns_child(hsn__patterns *p, uint32_t parent, uint32_t label, uint32_t type)
{
    const hsn__pattern_slot *slot = find_slot(p, parent, label, type);
    if (slot->pattern != HSN_NONE)
        return slot->pattern;
    uint32_t fold = find_fold(p, parent, label, type);
    if (fold != HSN_NONE) {
        if (p->rows[fold].fold_from == HSN_NONE) {
            p->rows[fold].fold_from = parent;
            p->rows[fold].fold_label = label;
        }
        return p->slot_used >= p->max + p->max / 2 ? fold : remember(p, parent, label, type, fold);
    }
    return p->count < p->max ? add_child(p, parent, label, type)
                             : elsewhere(p, parent, label, type);
}

uint32_t hsn__patterns_root(hsn__patterns *p, uint32_t top, uint32_t name, uint32_t type,
                            uint8_t flags)
{
    size_t before = p->count;
    uint32_t made = hsn__patterns_child(p, top, hsn__pattern_label(HSN__LABEL_ROOT, name), type);
    if (made != HSN_NONE && p->count > before)
        p->rows[made].flags |= flags;
    return made;
}

static const char *copy_of(const hsn__intern *strings, uint32_t id, hsn__arena *arena)
{
    size_t length;
    const char *text = hsn__intern_get(strings, id, &length);
    return hsn__arena_copy(arena, text, length);
}

const char *hsn__patterns_text(const hsn__patterns *p, uint32_t name, hsn__arena *arena)
{
    return copy_of(&p->names, name, arena);
}

const char *hsn__patterns_type_name(const hsn__patterns *p, uint32_t type, hsn__arena *arena)
{
    return type == HSN_NONE ? "" : copy_of(&p->type_names, type, arena);
}

hsn_held hsn__patterns_held(const hsn__patterns *patterns, uint32_t pattern)
{
    while (patterns->rows[pattern].parent != HSN_NONE)
        pattern = patterns->rows[pattern].parent;
    return (hsn_held)pattern;
}
