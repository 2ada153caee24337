// SPDX-License-Identifier: MIT
// Where growth begins: from what each pattern gained to the holders that collect.
//
// A pattern whose objects became more while the objects above it did not is where something
// collects. What hangs below such an entry came with it, unless its number per holder grew too:
// then it is an entry of its own.
#include "analysis/why_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

// Objects gained that make a repetition; fewer come with what a program sets up once.
enum { FEW = 4, MANY = 8 };

static double gained_bytes(const hsn__growth_tree *t, uint32_t p)
{
    return (double)t->after[p].size_bytes - (double)t->before[p].size_bytes;
}

// A type that gained nothing in all did not grow: its objects only hang elsewhere now.
static int scale_by_type(hsn__growth_tree *t, hsn_error *err)
{
    size_t types = t->patterns->type_names.count, count = t->patterns->count;
    double *net = hsn__alloc_zeroed(types + 1, sizeof *net);
    double *rises = hsn__alloc_zeroed(types + 1, sizeof *rises);
    if (!net || !rises) {
        hsn__free(net);
        hsn__free(rises);
        return hsn__fail_memory(err);
    }
    for (uint32_t p = HSN__TOP_COUNT; p < count; p++) {
        double gained = gained_bytes(t, p);
        net[t->patterns->rows[p].type] += gained;
        if (gained > 0)
            rises[t->patterns->rows[p].type] += gained;
    }
    for (size_t i = 0; i < types; i++)
        if (net[i] > 0)
            t->gained += net[i];
    for (uint32_t p = HSN__TOP_COUNT; p < count; p++) {
        uint32_t type = t->patterns->rows[p].type;
        double gained = gained_bytes(t, p);
        t->gains[p].own = gained > 0 && net[type] > 0 ? gained * (net[type] / rises[type]) : 0;
        t->gains[p].below = t->gains[p].own;
    }
    // Parents stand before their children.
    for (uint32_t p = (uint32_t)count; p-- > HSN__TOP_COUNT;)
        t->gains[t->patterns->rows[p].parent].below += t->gains[p].below;
    hsn__free(net);
    hsn__free(rises);
    return HSN_OK;
}

static void link_children(hsn__growth_tree *t)
{
    size_t count = t->patterns->count;
    memset(t->first_child, 0xff, count * sizeof *t->first_child);
    // Backwards, so that children stand in order of their numbers.
    for (uint32_t p = (uint32_t)count; p-- > HSN__TOP_COUNT;) {
        uint32_t parent = t->patterns->rows[p].parent;
        t->next_sibling[p] = t->first_child[parent];
        t->first_child[parent] = p;
    }
}

static uint32_t heaviest_child(const hsn__growth_tree *t, uint32_t p)
{
    uint32_t best = HSN_NONE;
    for (uint32_t c = t->first_child[p]; c != HSN_NONE; c = t->next_sibling[c])
        if (best == HSN_NONE || t->gains[c].below > t->gains[best].below)
            best = c;
    return best;
}

static uint8_t rank_of(const hsn__growth_tree *t, uint32_t p)
{
    return t->patterns->types[t->patterns->rows[p].type].rank;
}

// A few new objects that hold many others are the set-up of a container that collects. A module
// that was imported brings tables of its own; only objects of the application count there.
static bool is_set_up(const hsn__growth_tree *t, uint32_t p)
{
    const hsn__pattern *row = &t->patterns->rows[p];
    int64_t gained = hsn__gained_count(t, p);
    double half = t->gains[p].below / 2;
    bool imported =
        row->parent == HSN__TOP_LIVE && t->patterns->types[row->type].kind == HSN_KIND_MODULE;
    if (gained >= FEW)
        return false;
    for (uint32_t c = heaviest_child(t, p); c != HSN_NONE; c = heaviest_child(t, c)) {
        if (t->gains[c].below < half)
            return false;
        if (hsn__gained_count(t, c) >= MANY * gained &&
            (!imported || rank_of(t, c) == HSN__TYPE_APPLICATION))
            return true;
    }
    return false;
}

// Whether the objects of a pattern became more for each object above it.
static bool outgrew(const hsn__growth_tree *t, uint32_t p)
{
    uint32_t above = t->patterns->rows[p].parent;
    double gained = (double)hsn__gained_count(t, p);
    double holders_before = (double)t->before[above].count;
    if (!t->before[above].count || gained < MANY)
        return false;
    double expected = (double)t->before[p].count / holders_before * (double)t->after[above].count;
    return (double)t->after[p].count - expected >= gained / 2;
}

static bool is_held_by_name(const hsn__growth_tree *t, const hsn__pattern *row)
{
    uint32_t any = t->patterns->any_name;
    if (any && row->label == hsn__pattern_label(HSN_REF_ATTRIBUTE, any))
        return false;
    switch (row->label >> HSN__LABEL_NAME_BITS) {
    case HSN_REF_VALUE:
    case HSN_REF_KEY:
    case HSN_REF_INDEX:
    case HSN_REF_ELEMENT:
        return false;
    case HSN_REF_OTHER:
        return row->label & HSN__LABEL_NAME_MASK;
    default:
        return true;
    }
}

// The entry of a group, made when it is new. HSN_NONE when memory runs out.
static uint32_t entry_for(hsn__growth_tree *t, uint32_t group, uint32_t p, uint32_t *entry_of_group)
{
    if (entry_of_group[group] == HSN_NONE) {
        if (!hsn__array_grow(&t->entries, &t->capacity, t->count + 1, sizeof *t->entries, SIZE_MAX))
            return HSN_NONE;
        uint32_t number = entry_of_group[group] = (uint32_t)t->count;
        t->entries[t->count++] =
            (hsn__entry){.group = group, .entry = p, .subject = HSN_NONE, .number = number};
    }
    return entry_of_group[group];
}

static int find_entries(hsn__growth_tree *t, hsn_error *err)
{
    size_t count = t->patterns->count;
    uint32_t *entry_of_group = hsn__alloc_array(count, sizeof *entry_of_group);
    int r = entry_of_group ? HSN_OK : hsn__fail_memory(err);
    if (entry_of_group)
        memset(entry_of_group, 0xff, count * sizeof *entry_of_group);
    memset(t->entry_of, 0xff, count * sizeof *t->entry_of);
    for (uint32_t p = HSN__TOP_COUNT; r >= 0 && p < count; p++) {
        const hsn__pattern *row = &t->patterns->rows[p];
        uint32_t inside = t->entry_of[row->parent];
        int64_t gained = hsn__gained_count(t, p);
        bool begins;
        t->entry_of[p] = inside;
        if (inside != HSN_NONE)
            begins = outgrew(t, p) && t->gains[p].below > 0;
        else
            begins = t->gains[p].below > 0 && gained > 0 && !is_set_up(t, p);
        // A container or a buffer that became larger, and nothing below tells of it.
        bool swells = inside == HSN_NONE && !begins && gained <= 0 && t->gains[p].own > 0;
        if (!begins && !swells)
            continue;
        uint32_t group =
            swells || is_held_by_name(t, row) || row->parent < HSN__TOP_COUNT ? p : row->parent;
        uint32_t entry = entry_for(t, group, p, entry_of_group);
        if (entry == HSN_NONE) {
            r = hsn__fail_memory(err);
            break;
        }
        // What swells stays open: what it collects is looked for below it.
        if (begins)
            t->entry_of[p] = entry;
    }
    hsn__free(entry_of_group);
    return r;
}

// What hangs below an entry counts for it, but for what is an entry of its own.
static void sum_entries(hsn__growth_tree *t)
{
    for (uint32_t p = HSN__TOP_COUNT; p < t->patterns->count; p++)
        if (t->entry_of[p] != HSN_NONE)
            t->entries[t->entry_of[p]].gained += t->gains[p].own;
    for (size_t i = 0; i < t->count; i++) {
        hsn__entry *e = &t->entries[i];
        // The holder's own bytes, unless they count elsewhere already.
        if (t->entry_of[e->group] == HSN_NONE)
            e->gained += t->gains[e->group].own;
        uint32_t most = HSN_NONE;
        for (uint32_t c = t->first_child[e->group]; c != HSN_NONE; c = t->next_sibling[c])
            if (t->entry_of[e->group] != i && t->entry_of[c] == i &&
                (most == HSN_NONE || t->gains[c].below > t->gains[most].below))
                most = c;
        if (most != HSN_NONE)
            e->entry = most;
        e->grew_in_size_only = hsn__gained_count(t, e->entry) <= 0;
    }
}

// ---- whom to name

static bool carries(const hsn__growth_tree *t, uint32_t p, int64_t least)
{
    return hsn__gained_count(t, p) >= least && t->gains[p].own > 0;
}

static uint8_t kind_of(const hsn__growth_tree *t, uint32_t p)
{
    return t->patterns->types[t->patterns->rows[p].type].kind;
}

// Of two patterns at one holder: the heavier one; but a container wins over the keys it stands at.
static bool tells_more(const hsn__growth_tree *t, uint32_t p, uint32_t best)
{
    bool is_key = t->patterns->rows[p].label >> HSN__LABEL_NAME_BITS == HSN_REF_KEY;
    bool best_is_key = t->patterns->rows[best].label >> HSN__LABEL_NAME_BITS == HSN_REF_KEY;
    uint8_t kind = kind_of(t, is_key ? best : p);
    bool container = kind == HSN_KIND_DICT || kind == HSN_KIND_LIST || kind == HSN_KIND_SET ||
                     kind == HSN_KIND_TUPLE;
    if (is_key != best_is_key && container &&
        t->patterns->rows[p].parent == t->patterns->rows[best].parent)
        return best_is_key;
    return t->gains[p].below > t->gains[best].below;
}

// Below the entries, nearest first, the pattern whose type tells most.
static int find_subject(const hsn__growth_tree *t, const uint32_t *starts, size_t start_count,
                        uint32_t entry, uint32_t **queue, size_t *capacity, uint32_t *out,
                        hsn_error *err)
{
    enum { MAX_LOOK = 4096 };
    uint32_t best = HSN_NONE;
    size_t count = 0;
    int64_t most = 0;
    for (size_t i = 0; i < start_count; i++)
        if (hsn__gained_count(t, starts[i]) > most)
            most = hsn__gained_count(t, starts[i]);
    int64_t least = (most + 1) / 2;
    for (size_t i = 0; i < start_count; i++) {
        if (!hsn__array_grow(queue, capacity, count + 1, sizeof **queue, SIZE_MAX))
            return hsn__fail_memory(err);
        (*queue)[count++] = starts[i];
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t p = (*queue)[i];
        const hsn__pattern *row = &t->patterns->rows[p];
        uint8_t rank = rank_of(t, p);
        if (carries(t, p, least)) {
            uint8_t best_rank = best == HSN_NONE ? HSN__TYPE_PLAIN : rank_of(t, best);
            bool as_near = best != HSN_NONE && t->patterns->rows[best].depth == row->depth;
            if (best == HSN_NONE || rank > best_rank ||
                (rank == best_rank && as_near && tells_more(t, p, best)))
                best = p;
        }
        // A class made at run time brings what hangs on it: members, defaults.
        if (carries(t, p, least) && kind_of(t, p) == HSN_KIND_TYPE)
            continue;
        for (uint32_t c = t->first_child[p]; c != HSN_NONE && count < MAX_LOOK;
             c = t->next_sibling[c]) {
            if (t->entry_of[c] != entry || hsn__gained_count(t, c) < least)
                continue;
            if (!hsn__array_grow(queue, capacity, count + 1, sizeof **queue, SIZE_MAX))
                return hsn__fail_memory(err);
            (*queue)[count++] = c;
        }
    }
    *out = best;
    return HSN_OK;
}

// A thin wrapper (a manager of a figure) stands for what it wraps: go down while one application
// object carries nearly all of the other.
static uint32_t unwrap(const hsn__growth_tree *t, uint32_t entry, uint32_t subject)
{
    int64_t wanted = hsn__gained_count(t, subject);
    double least = t->gains[subject].below * 0.95;
    if (rank_of(t, subject) != HSN__TYPE_APPLICATION)
        return subject;
    for (uint32_t p = heaviest_child(t, subject); p != HSN_NONE; p = heaviest_child(t, p)) {
        if (t->entry_of[p] != entry || t->gains[p].below < least ||
            hsn__gained_count(t, p) != wanted)
            break;
        if (rank_of(t, p) == HSN__TYPE_APPLICATION)
            subject = p;
    }
    return subject;
}

static int find_subjects(hsn__growth_tree *t, hsn_error *err)
{
    uint32_t *starts = NULL, *queue = NULL;
    size_t start_capacity = 0, queue_capacity = 0;
    int r = HSN_OK;
    for (size_t i = 0; i < t->count && r >= 0; i++) {
        hsn__entry *e = &t->entries[i];
        size_t count = 0;
        if (t->entry_of[e->group] == i || e->grew_in_size_only) {
            if (!hsn__array_grow(&starts, &start_capacity, 1, sizeof *starts, SIZE_MAX))
                r = hsn__fail_memory(err);
            else
                starts[count++] = e->entry;
        } else {
            for (uint32_t c = t->first_child[e->group]; c != HSN_NONE && r >= 0;
                 c = t->next_sibling[c]) {
                if (t->entry_of[c] != i)
                    continue;
                if (!hsn__array_grow(&starts, &start_capacity, count + 1, sizeof *starts, SIZE_MAX))
                    r = hsn__fail_memory(err);
                else
                    starts[count++] = c;
            }
        }
        if (r >= 0 && !e->grew_in_size_only)
            r = find_subject(t, starts, count, (uint32_t)i, &queue, &queue_capacity, &e->subject,
                             err);
        e->subject = e->subject == HSN_NONE ? e->entry : unwrap(t, (uint32_t)i, e->subject);
    }
    hsn__free(starts);
    hsn__free(queue);
    return r;
}

// ---- in which order

static uint32_t root_of(const hsn__growth_tree *t, uint32_t p)
{
    while (t->patterns->rows[p].parent >= HSN__TOP_COUNT)
        p = t->patterns->rows[p].parent;
    return p;
}

static const char *name_of(const hsn__intern *names, uint32_t id, size_t *out_length,
                           size_t *out_top_length)
{
    size_t length;
    const char *name = hsn__intern_get(names, id, &length);
    // Interned texts have no NUL at their end.
    const char *dot = length ? memchr(name, '.', length) : NULL;
    *out_top_length = dot ? (size_t)(dot - name) : length;
    *out_length = length;
    return name;
}

// Whether the package of a type was imported after the first snapshot.
static bool is_of_new_package(const hsn__growth_tree *t, uint32_t type)
{
    size_t all, length, other_all, other_length;
    const char *name = name_of(&t->patterns->type_names, type, &all, &length);
    bool found = false;
    if (length == all)
        return false;
    for (uint32_t c = t->first_child[HSN__TOP_LIVE]; c != HSN_NONE; c = t->next_sibling[c]) {
        uint32_t label = t->patterns->rows[c].label & HSN__LABEL_NAME_MASK;
        const char *other = name_of(&t->patterns->names, label, &other_all, &other_length);
        if (kind_of(t, c) != HSN_KIND_MODULE || other_length != length ||
            memcmp(other, name, length) != 0)
            continue;
        if (t->before[c].count)
            return false;
        found = true;
    }
    return found;
}

// What came with an import: tables of its modules, and objects that its native code keeps.
static double weigh_import(const hsn__growth_tree *t, const hsn__entry *e)
{
    uint32_t root = root_of(t, e->subject), top = t->patterns->rows[root].parent;
    if (top == HSN__TOP_EXTREF)
        return is_of_new_package(t, t->patterns->rows[e->subject].type) ? 0.05 : 1;
    bool imported = kind_of(t, root) == HSN_KIND_MODULE && !t->before[root].count;
    return top == HSN__TOP_LIVE && imported ? 0.5 : 1;
}

// Weight of a byte, by what a person would look at first.
static double weigh(const hsn__growth_tree *t, hsn__entry *e)
{
    const hsn__pattern *row = &t->patterns->rows[e->subject];
    uint8_t rank = rank_of(t, e->subject);
    double weight = weigh_import(t, e);
    if (e->grew_in_size_only)
        weight *= e->gained < t->gained / 100 ? 0.05 : 0.5;
    else if (hsn__gained_count(t, e->subject) < FEW && hsn__gained_count(t, e->entry) < FEW)
        // Set up once: a module imported, an attribute made. Not so what is half of the growth by
        // its own bytes: a few large texts or buffers.
        weight *= t->gains[e->subject].own < t->gained / 2 ? 0.05 : 0.5;
    if (row->flags & (HSN__PATTERN_STDLIB | HSN__PATTERN_TOOL)) {
        if (rank == HSN__TYPE_RUNTIME)
            weight *= row->flags & HSN__PATTERN_TOOL ? 0.05 : 0.5;
        else if (rank == HSN__TYPE_PLAIN)
            weight *= row->flags & HSN__PATTERN_TOOL ? 0.01 : 0.05;
    }
    e->is_noise = weight <= 0.05;
    return weight;
}

static int compare_entries(const void *a, const void *b)
{
    const hsn__entry *x = a, *y = b;
    if (x->is_noise != y->is_noise)
        return x->is_noise ? 1 : -1;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->gained != y->gained)
        return x->gained > y->gained ? -1 : 1;
    return x->group < y->group ? -1 : x->group > y->group;
}

int hsn__growth_tree_find(hsn__growth_tree *t, const hsn__patterns *patterns,
                          const hsn__pattern_cell *before, const hsn__pattern_cell *after,
                          hsn_error *err)
{
    *t = (hsn__growth_tree){.patterns = patterns, .before = before, .after = after};
    t->gains = hsn__alloc_zeroed(patterns->count, sizeof *t->gains);
    t->first_child = hsn__alloc_array(patterns->count, sizeof *t->first_child);
    t->next_sibling = hsn__alloc_array(patterns->count, sizeof *t->next_sibling);
    t->entry_of = hsn__alloc_array(patterns->count, sizeof *t->entry_of);
    if (!t->gains || !t->first_child || !t->next_sibling || !t->entry_of)
        return hsn__fail_memory(err);
    int r = scale_by_type(t, err);
    if (r < 0)
        return r;
    link_children(t);
    r = find_entries(t, err);
    if (r < 0)
        return r;
    sum_entries(t);
    r = find_subjects(t, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < t->count; i++)
        t->entries[i].score = t->entries[i].gained * weigh(t, &t->entries[i]);
    if (t->count)
        qsort(t->entries, t->count, sizeof *t->entries, compare_entries);
    return HSN_OK;
}

void hsn__growth_tree_clear(hsn__growth_tree *t)
{
    hsn__free(t->gains);
    hsn__free(t->first_child);
    hsn__free(t->next_sibling);
    hsn__free(t->entry_of);
    hsn__free(t->entries);
    *t = (hsn__growth_tree){0};
}
