// SPDX-License-Identifier: MIT
// The canonical chain of every object: breadth first from the roots, in phases.
//
// A phase is a breadth-first search over references that hold things in the sense of a program.
// Housekeeping references (a function's globals, an object's class, a type's bases, a frame's
// caller) wait until the phases of all roots are over, and then lead only to what nothing else
// does. Modules and frames stand on their own: no chain leads through `import`.
#include "analysis/pattern_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "store/heap_private.h"
#include "store/label_code.h"

enum { AHEAD_OFFSET = 24, AHEAD_REFS = 12, AHEAD_CODES = 6 };
enum { TICK_NODES = 1 << 18 };

// ---- what label codes mean

// Internal references that hold nothing in the sense of a program.
static const char *const housekeeping[] = {
    "__base__",     "__bases__",      "__builtins__", "__globals__", "__module__", "__mro__",
    "__objclass__", "__subclasses__", "ag_code",      "cr_code",     "f_back",     "f_builtins",
    "f_code",       "f_func",         "f_globals",    "frame",       "gi_code",
};
// Entries of every module's namespace that belong to the import system.
static const char *const imported[] = {"__builtins__", "__loader__", "__spec__"};

static bool is_in(const char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(list[i], name))
            return true;
    return false;
}

static int mean_named(hsn_heap *heap, hsn__patterns *patterns, uint64_t code_name,
                      hsn__code_meaning *out, hsn_error *err)
{
    unsigned kind = code_name & 15;
    const char *text;
    uint32_t name;
    int r = hsn_heap_string(heap, (uint32_t)(code_name >> 4), &text, err);
    if (r >= 0)
        r = hsn__patterns_name(patterns, text, &name, err);
    if (r < 0)
        return r;
    out->is_housekeeping = false;
    switch ((hsn_ref_kind)kind) {
    case HSN_REF_VALUE:
    case HSN_REF_EPHEMERON:
        // Which key it is, is told where all objects of a row agree: see why_path.c.
        out->label = hsn__pattern_label(HSN_REF_VALUE, 0);
        out->of_instance = hsn__pattern_label(HSN_REF_ATTRIBUTE, name);
        out->is_housekeeping = is_in(imported, sizeof imported / sizeof *imported, text);
        return HSN_OK;
    case HSN_REF_KEY:
        out->label = out->of_instance = hsn__pattern_label(HSN_REF_KEY, 0);
        return HSN_OK;
    case HSN_REF_SLOT:
        kind = HSN_REF_ATTRIBUTE;
        break;
    case HSN_REF_INTERNAL:
        out->is_housekeeping =
            is_in(housekeeping, sizeof housekeeping / sizeof *housekeeping, text);
        break;
    case HSN_REF_CLASS:
        out->is_housekeeping = true;
        break;
    default:
        break;
    }
    out->label = out->of_instance = hsn__pattern_label(kind, name);
    return HSN_OK;
}

static int read_meanings(hsn__placed *placed, hsn__patterns *patterns, hsn_error *err)
{
    const uint64_t *names;
    uint64_t count;
    int r = hsn__heap_names(placed->heap, &names, &count, err);
    if (r < 0)
        return r;
    placed->code_count = HSN__LABEL_NAMES + count;
    placed->meanings = hsn__alloc_array((size_t)placed->code_count, sizeof *placed->meanings);
    if (!placed->meanings)
        return hsn__fail_memory(err);
    for (unsigned code = 0; code < HSN__LABEL_NAMES; code++) {
        unsigned kind = code / 3;
        uint32_t label = hsn__pattern_label(kind == HSN_REF_EPHEMERON ? HSN_REF_VALUE : kind, 0);
        placed->meanings[code] = (hsn__code_meaning){label, label, kind == HSN_REF_CLASS};
    }
    for (uint64_t i = 0; i < count && r >= 0; i++)
        r = mean_named(placed->heap, patterns, names[i], &placed->meanings[HSN__LABEL_NAMES + i],
                       err);
    return r;
}

// ---- columns

static int read_codes(hsn__placed *placed, hsn_error *err)
{
    const hsn__adjacency *side = &placed->graph->forward;
    uint32_t parts = hsn__heap_part_count(placed->heap);
    int r = HSN_OK;
    placed->codes =
        hsn__alloc_array((size_t)placed->graph->reference_count + 1, sizeof *placed->codes);
    if (!placed->codes)
        return hsn__fail_memory(err);
    for (uint32_t part = 0; part < parts && r >= 0; part++) {
        uint32_t first = part * HSN__PART_NODES;
        uint64_t start = hsn__adjacency_start(side, first);
        uint64_t end = hsn__adjacency_start(side, first + hsn__heap_part_nodes(placed->heap, part));
        r = hsn__heap_label_codes(placed->heap, part, placed->codes + start, end - start, err);
    }
    return r;
}

static int read_types(hsn__placed *placed, hsn__patterns *patterns, hsn_error *err)
{
    const hsn_type_list *types = hsn_heap_types(placed->heap);
    uint32_t *known = hsn__alloc_array(types->count, sizeof *known);
    uint32_t nodes = placed->graph->node_count;
    int r = known ? HSN_OK : hsn__fail_memory(err);
    placed->types = hsn__alloc_array(nodes, sizeof *placed->types);
    if (!placed->types)
        r = hsn__fail_memory(err);
    for (size_t i = 0; i < types->count && r >= 0; i++)
        r = hsn__patterns_type(patterns, &types->rows[i], &known[i], err);
    if (r >= 0)
        r = hsn_heap_column_types(placed->heap, placed->types, err);
    for (uint32_t node = 0; node < nodes && r >= 0; node++)
        placed->types[node] = known[placed->types[node]];
    hsn__free(known);
    return r;
}

// ---- following references

void hsn__pattern_enqueue(hsn__pattern_walk *w, hsn_node_id node, hsn_node_id holder,
                          uint32_t pattern)
{
    hsn__placed *placed = w->placed;
    if (hsn__bitmap_get(placed->seen, node))
        return;
    hsn__bitmap_set(placed->seen, node);
    placed->pattern[node] = pattern;
    placed->holder[node] = holder;
    w->queue[w->count++] = node;
}

// Where the children of a pattern hang, and which of the two labels of a code they get.
static uint32_t base_of(const hsn__patterns *patterns, uint32_t pattern, bool *out_is_namespace)
{
    const hsn__pattern *row = &patterns->rows[pattern];
    *out_is_namespace = row->flags & HSN__PATTERN_NAMESPACE;
    return *out_is_namespace ? row->parent : pattern;
}

static bool visit(hsn__pattern_walk *w, hsn_node_id node, bool sweeping)
{
    hsn__placed *placed = w->placed;
    const hsn__adjacency *side = &placed->graph->forward;
    uint64_t start = hsn__adjacency_start(side, node), end = hsn__adjacency_start(side, node + 1);
    bool in_namespace;
    uint32_t base = base_of(w->patterns, placed->pattern[node], &in_namespace);
    uint32_t last_label = UINT32_MAX, last_type = 0, last_pattern = 0;
    for (uint64_t at = start; at < end; at++) {
        hsn_node_id target = side->ids[at];
        if (hsn__bitmap_get(placed->seen, target))
            continue;
        const hsn__code_meaning *meaning = &placed->meanings[placed->codes[at]];
        if (meaning->is_housekeeping && !sweeping) {
            hsn__bitmap_set(w->deferred, node);
            continue;
        }
        uint32_t label = in_namespace ? meaning->of_instance : meaning->label;
        uint32_t type = placed->types[target];
        if (label != last_label || type != last_type) {
            last_pattern = hsn__patterns_child(w->patterns, base, label, type);
            if (last_pattern == HSN_NONE)
                return false;
            last_label = label;
            last_type = type;
        }
        hsn__pattern_enqueue(w, target, node, last_pattern);
    }
    return true;
}

static int tick(hsn__pattern_walk *w, hsn_error *err)
{
    const hsn_progress *progress = w->progress;
    if (progress &&
        progress->tick(progress->context, "patterns", w->done, w->placed->graph->node_count))
        return hsn__fail(err, HSN_ECANCELED, NULL, "canceled");
    return HSN_OK;
}

static int follow(hsn__pattern_walk *w, hsn_error *err)
{
    const hsn__adjacency *side = &w->placed->graph->forward;
    int r = HSN_OK;
    for (; w->done < w->count && r >= 0; w->done++) {
        size_t i = w->done;
        if (i + AHEAD_OFFSET < w->count) {
            hsn_node_id soon = w->queue[i + AHEAD_REFS], next = w->queue[i + AHEAD_CODES];
            __builtin_prefetch(&side->offsets[w->queue[i + AHEAD_OFFSET]]);
            __builtin_prefetch(&side->ids[hsn__adjacency_start(side, soon)]);
            __builtin_prefetch(&w->placed->codes[hsn__adjacency_start(side, soon)]);
            hsn_span refs = hsn__adjacency_span(side, next);
            for (size_t k = 0; k < refs.count && k < 4; k++)
                __builtin_prefetch(&w->placed->types[refs.ids[k]]);
        }
        if (!visit(w, w->queue[i], false))
            r = hsn__fail_memory(err);
        else if (i % TICK_NODES == 0)
            r = tick(w, err);
    }
    return r;
}

int hsn__pattern_follow(hsn__pattern_walk *w, bool all, hsn_error *err)
{
    int r = follow(w, err);
    // What a sweep finds is followed at once, so that its chain has one such reference only.
    while (all && r >= 0 && w->swept < w->count) {
        hsn_node_id node = w->queue[w->swept++];
        if (!hsn__bitmap_get(w->deferred, node))
            continue;
        if (!visit(w, node, true))
            r = hsn__fail_memory(err);
        else
            r = follow(w, err);
    }
    return r;
}

// ---- roots

typedef struct seed {
    uint8_t phase;
    uint8_t flags;
    uint8_t stands_alone; // a module or a frame: nothing leads to it but itself
    uint32_t name;
    uint32_t order; // of the name among all
    hsn_node_id node;
} seed;

enum { PHASE_MODULES, PHASE_FRAMES, PHASE_STDLIB_MODULES, PHASE_STDLIB_FRAMES, PHASE_OTHERS };

// "handle app.py:31" without its line, which differs from thread to thread.
static void put_without_line(const char *name, hsn__buf *out)
{
    const char *colon = strrchr(name, ':');
    bool has_line = colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1);
    hsn__buf_append(out, name, has_line ? (size_t)(colon - name) : strlen(name));
}

// The length of a word of hexadecimal digits, as a hash or a UUID has, that begins at `p`.
static size_t hash_length(const char *name, const char *p)
{
    size_t length = strspn(p, "0123456789abcdef");
    bool begins = p == name || p[-1] == '_' || p[-1] == '-' || p[-1] == '.';
    bool ends = !p[length] || p[length] == '_' || p[length] == '-' || p[length] == '.';
    return begins && ends && length >= 8 && strcspn(p, "0123456789") < length ? length : 0;
}

// A module's name; modules that are made by number ("plugin_17") or by hash are one.
static void put_module(const char *name, hsn__buf *out)
{
    for (const char *p = name; *p;) {
        size_t hash = hash_length(name, p);
        size_t digits = hash ? hash : strspn(p, "0123456789");
        bool number = digits > 1 || (digits && p > name && p[-1] == '_');
        if (number)
            hsn__buf_putc(out, '*');
        else
            hsn__buf_append(out, p, digits ? digits : 1);
        p += digits ? digits : 1;
    }
}

static int make_seed(hsn__pattern_walk *w, const hsn_root *root, seed *out, hsn__buf *text,
                     hsn_error *err)
{
    hsn_object object;
    int r = HSN_OK;
    *out = (seed){.node = root->node, .phase = PHASE_OTHERS};
    hsn__buf_reset(text);
    if (root->kind == HSN_ROOT_MODULE) {
        bool stdlib = hsn__is_stdlib_module(root->name);
        put_module(root->name, text);
        out->phase = stdlib ? PHASE_STDLIB_MODULES : PHASE_MODULES;
        out->flags = (stdlib ? HSN__PATTERN_STDLIB : 0) |
                     (hsn__is_tool_module(root->name) ? HSN__PATTERN_TOOL : 0);
        out->stands_alone = 1;
    } else if (root->kind == HSN_ROOT_FRAME) {
        r = hsn_heap_object(w->placed->heap, root->node, &object, err);
        if (r < 0)
            return r;
        bool stdlib = hsn__is_stdlib_file(object.text);
        hsn__buf_puts(text, "<frame ");
        put_without_line(root->name, text);
        hsn__buf_putc(text, '>');
        out->phase = stdlib ? PHASE_STDLIB_FRAMES : PHASE_FRAMES;
        out->flags = HSN__PATTERN_FRAME | (stdlib ? HSN__PATTERN_STDLIB : 0);
        out->stands_alone = 1;
    } else {
        hsn__buf_printf(text, "<%s %s>", hsn_root_kind_name(root->kind), root->name);
        bool runtime = root->kind == HSN_ROOT_INTERPRETER || root->kind == HSN_ROOT_STATIC;
        out->flags = runtime ? HSN__PATTERN_STDLIB : 0;
    }
    if (text->failed)
        return hsn__fail_memory(err);
    return hsn__patterns_name(w->patterns, hsn__buf_text(text), &out->name, err);
}

static int compare_text(const hsn__patterns *p, uint32_t a, uint32_t b)
{
    size_t a_length, b_length;
    const char *a_text = hsn__intern_get(&p->names, a, &a_length);
    const char *b_text = hsn__intern_get(&p->names, b, &b_length);
    size_t least = a_length < b_length ? a_length : b_length;
    int order = memcmp(a_text, b_text, least);
    return order ? order : (a_length > b_length) - (a_length < b_length);
}

static bool seed_before(const hsn__patterns *p, const seed *a, const seed *b)
{
    if (a->phase != b->phase)
        return a->phase < b->phase;
    int order = a->name == b->name ? 0 : compare_text(p, a->name, b->name);
    return order ? order < 0 : a->node < b->node;
}

// Heap sort: the order needs the names, and qsort() has no place for them.
static void sink(const hsn__patterns *p, seed *seeds, size_t at, size_t count)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && seed_before(p, &seeds[child], &seeds[child + 1]))
            child++;
        if (!seed_before(p, &seeds[at], &seeds[child]))
            break;
        seed held = seeds[at];
        seeds[at] = seeds[child];
        seeds[child] = held;
    }
}

static void sort_seeds(const hsn__patterns *p, seed *seeds, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sink(p, seeds, i, count);
    for (size_t end = count; end-- > 1;) {
        seed held = seeds[0];
        seeds[0] = seeds[end];
        seeds[end] = held;
        sink(p, seeds, 0, end);
    }
}

// Without roots (formats that do not tell them) every module is one.
static int seeds_of_modules(hsn__pattern_walk *w, seed **out, size_t *out_count, hsn_error *err)
{
    const hsn__placed *placed = w->placed;
    hsn__buf text = {0};
    size_t capacity = 0;
    int r = HSN_OK;
    for (uint32_t node = 0; node < placed->graph->node_count && r >= 0; node++) {
        if (w->patterns->types[placed->types[node]].kind != HSN_KIND_MODULE)
            continue;
        hsn_object object;
        r = hsn_heap_object(placed->heap, node, &object, err);
        if (r >= 0 && !hsn__array_grow(out, &capacity, *out_count + 1, sizeof **out, SIZE_MAX))
            r = hsn__fail_memory(err);
        if (r < 0)
            break;
        hsn_root root = {.node = node, .kind = HSN_ROOT_MODULE, .name = object.text, .thread = ""};
        r = make_seed(w, &root, &(*out)[(*out_count)++], &text, err);
    }
    hsn__buf_clear(&text);
    return r;
}

static int read_seeds(hsn__pattern_walk *w, seed **out, size_t *out_count, hsn_error *err)
{
    const hsn_root_list *roots;
    hsn__buf text = {0};
    *out = NULL;
    *out_count = 0;
    int r = hsn_heap_roots(w->placed->heap, &roots, err);
    if (r >= 0 && !roots->count)
        r = seeds_of_modules(w, out, out_count, err);
    else if (r >= 0 && !(*out = hsn__alloc_array(roots->count, sizeof **out)))
        r = hsn__fail_memory(err);
    for (size_t i = 0; r >= 0 && i < roots->count; i++) {
        r = make_seed(w, &roots->rows[i], &(*out)[i], &text, err);
        (*out_count)++;
    }
    hsn__buf_clear(&text);
    if (r >= 0)
        sort_seeds(w->patterns, *out, *out_count);
    return r;
}

static int plant(hsn__pattern_walk *w, const seed *s, hsn_error *err)
{
    uint32_t pattern = hsn__patterns_root(w->patterns, HSN__TOP_LIVE, s->name,
                                          w->placed->types[s->node], s->flags);
    if (pattern == HSN_NONE)
        return hsn__fail_memory(err);
    hsn__pattern_enqueue(w, s->node, HSN_NONE, pattern);
    return HSN_OK;
}

static int walk_live(hsn__pattern_walk *w, hsn_error *err)
{
    seed *seeds = NULL;
    size_t count = 0;
    int r = read_seeds(w, &seeds, &count, err);
    // What stands alone is taken at first, so that nothing else leads to it. It is queued when its
    // phase comes.
    for (size_t i = 0; i < count && r >= 0; i++)
        if (seeds[i].stands_alone) {
            r = plant(w, &seeds[i], err);
            w->count = 0;
        }
    for (size_t i = 0; i < count && r >= 0;) {
        unsigned phase = seeds[i].phase;
        for (; i < count && seeds[i].phase == phase && r >= 0; i++) {
            const seed *s = &seeds[i];
            if (!s->stands_alone)
                r = plant(w, s, err);
            // A module under two names comes twice; the first one counts.
            else if (!hsn__bitmap_get(w->deferred, s->node)) {
                hsn__bitmap_set(w->deferred, s->node);
                w->queue[w->count++] = s->node;
            }
        }
        if (r >= 0)
            r = hsn__pattern_follow(w, false, err);
    }
    if (r >= 0)
        r = hsn__pattern_follow(w, true, err);
    hsn__free(seeds);
    return r;
}

// ---- a snapshot

static int allocate(hsn__placed *placed, hsn__pattern_walk *w, hsn_error *err)
{
    uint32_t nodes = placed->graph->node_count;
    placed->pattern = hsn__alloc_array(nodes, sizeof *placed->pattern);
    placed->holder = hsn__alloc_array(nodes, sizeof *placed->holder);
    placed->seen = hsn__bitmap_new(nodes);
    w->deferred = hsn__bitmap_new(nodes);
    w->queue = hsn__alloc_array(nodes, sizeof *w->queue);
    if (!placed->pattern || !placed->holder || !placed->seen || !w->deferred || !w->queue)
        return hsn__fail_memory(err);
    return HSN_OK;
}

int hsn__placed_find(hsn__placed *placed, hsn_heap *heap, hsn__patterns *patterns,
                     const hsn_progress *progress, hsn_error *err)
{
    hsn__pattern_walk w = {.placed = placed, .patterns = patterns, .progress = progress};
    *placed = (hsn__placed){.heap = heap};
    int r = hsn_graph_load(&placed->graph, heap, HSN_GRAPH_FORWARD, progress, err);
    if (r >= 0)
        r = allocate(placed, &w, err);
    if (r >= 0)
        r = read_meanings(placed, patterns, err);
    if (r >= 0)
        r = read_types(placed, patterns, err);
    if (r >= 0)
        r = read_codes(placed, err);
    if (r >= 0)
        r = walk_live(&w, err);
    if (r >= 0)
        r = hsn__pattern_unreachable(&w, err);
    hsn__free(w.deferred);
    hsn__free(w.queue);
    return r < 0 ? r : HSN_OK;
}

void hsn__placed_clear(hsn__placed *placed)
{
    hsn_graph_free(placed->graph);
    hsn__free(placed->codes);
    hsn__free(placed->types);
    hsn__free(placed->pattern);
    hsn__free(placed->holder);
    hsn__free(placed->meanings);
    hsn__free(placed->seen);
    *placed = (hsn__placed){0};
}

int hsn__placed_sum(const hsn__placed *placed, hsn__pattern_cell *cells, hsn_error *err)
{
    int r = HSN_OK;
    uint64_t size;
    for (uint32_t node = 0; node < placed->graph->node_count; node++) {
        r = hsn__heap_value(placed->heap, HSN__COLUMN_SIZE, node, &size, err);
        if (r < 0)
            break;
        hsn__pattern_cell *cell = &cells[placed->pattern[node]];
        cell->count++;
        cell->size_bytes += size;
    }
    return r;
}
