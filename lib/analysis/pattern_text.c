// SPDX-License-Identifier: MIT
// Patterns as text and steps, with what the objects at their end have in common.
#include "analysis/chain_private.h"
#include "analysis/pattern_private.h"
#include "heapsnap/label.h"

#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"

// Longest chain of holders that is followed for one object, and for all objects of a pattern.
enum { MAX_CHAIN = 4096, MAX_VISITS = 1 << 18 };
// Longest loop of a folded chain that is spelled out.
enum { MAX_LOOP = 4 };
#define MAX_DEPTH 65536

const char *hsn_held_name(hsn_held held)
{
    static const char *const names[] = {
#define HSN_HELD_ROW(name, text) text,
        HSN_HELD_LIST(HSN_HELD_ROW)
#undef HSN_HELD_ROW
    };
    return (unsigned)held < HSN_HELD_COUNT ? names[held] : "unknown";
}

// A step of the pattern under description.
typedef struct place {
    uint32_t pattern;
    hsn_node_id node; // that all objects of the sample pass here; HSN_NONE = they differ
    bool repeats;     // the chain of some object passes here more than once
} place;

typedef struct telling {
    const hsn__placed *placed;
    const hsn__patterns *patterns;
    place *places; // by depth - 1
    size_t count;
    hsn_node_id *passed; // by depth - 1: of one object
    hsn__arena *arena;
    hsn__buf text;
} telling;

// Where the chain of `node` passes each place, nearest to the root.
static bool pass(telling *t, hsn_node_id node)
{
    const hsn__placed *placed = t->placed;
    size_t steps = 0;
    for (size_t i = 0; i < t->count; i++)
        t->passed[i] = HSN_NONE;
    for (; node != HSN_NONE; node = placed->holder[node]) {
        uint32_t pattern = placed->pattern[node];
        size_t depth = t->patterns->rows[pattern].depth;
        if (++steps > MAX_CHAIN)
            return false;
        if (!depth || depth > t->count || t->places[depth - 1].pattern != pattern)
            continue;
        t->places[depth - 1].repeats |= t->passed[depth - 1] != HSN_NONE;
        t->passed[depth - 1] = node;
    }
    return true;
}

static void find_common(telling *t, const hsn_node_id *nodes, size_t count)
{
    size_t visits = 0;
    for (size_t k = 0; k < count && visits < MAX_VISITS; k++) {
        bool whole = pass(t, nodes[k]);
        visits += whole ? t->count + 1 : MAX_CHAIN;
        for (size_t i = 0; i < t->count; i++) {
            place *p = &t->places[i];
            if (!whole || (k && p->node != t->passed[i]))
                p->node = HSN_NONE;
            else if (!k)
                p->node = t->passed[i];
        }
        if (!whole)
            t->places[t->count - 1].repeats = true;
    }
}

// The best reference from `source` to `target`.
static int find_ref(const hsn__placed *placed, hsn_node_id source, hsn_node_id target, hsn_ref *out,
                    bool *out_found, hsn_error *err)
{
    const hsn_ref *refs;
    size_t count;
    *out_found = false;
    int r = hsn_heap_refs(placed->heap, source, &refs, &count, err);
    for (size_t i = 0; i < count && r >= 0; i++)
        if (refs[i].target == target &&
            (!*out_found || hsn_ref_rank(&refs[i]) < hsn_ref_rank(out))) {
            *out = refs[i];
            *out_found = true;
        }
    return r;
}

// A label of the tree as a reference: text in, text out.
static hsn_ref general_ref(uint32_t label)
{
    bool named = label & HSN__LABEL_NAME_MASK;
    return (hsn_ref){.target = HSN_NONE,
                     .kind = (uint8_t)(label >> HSN__LABEL_NAME_BITS),
                     .label_form = named ? HSN_LABEL_STRING : HSN_LABEL_NONE};
}

static bool is_indexed(const hsn_ref *ref)
{
    return ref->kind == HSN_REF_VALUE || ref->kind == HSN_REF_INDEX || ref->kind == HSN_REF_KEY ||
           ref->kind == HSN_REF_ELEMENT;
}

static int put_general(telling *t, uint32_t label, uint32_t type, hsn__buf *out,
                       const char **out_label, hsn_error *err)
{
    hsn_ref ref = general_ref(label);
    const char *name = hsn__patterns_text(t->patterns, label & HSN__LABEL_NAME_MASK, t->arena);
    const char *type_name = hsn__patterns_type_name(t->patterns, type, t->arena);
    if (!name || !type_name)
        return hsn__fail_memory(err);
    if (is_indexed(&ref) && ref.label_form == HSN_LABEL_NONE)
        name = "[*]";
    *out_label = name;
    uint32_t any = t->patterns->any_name;
    if (any && label == hsn__pattern_label(HSN_REF_ATTRIBUTE, any))
        hsn__buf_printf(out, ".%s", name);
    else
        hsn__ref_text(&ref, name, type_name, out);
    return HSN_OK;
}

static int put_root(telling *t, uint32_t pattern, const char **out_label, hsn_error *err)
{
    const hsn__pattern *row = &t->patterns->rows[pattern];
    const char *name = hsn__patterns_text(t->patterns, row->label & HSN__LABEL_NAME_MASK, t->arena);
    const char *type = hsn__patterns_type_name(t->patterns, row->type, t->arena);
    if (!name || !type)
        return hsn__fail_memory(err);
    const place *p = &t->places[0];
    if (p->node != HSN_NONE && t->patterns->types[row->type].kind == HSN_KIND_MODULE) {
        // The one module that all hang on, by its whole name.
        hsn_object object;
        int r = hsn_heap_object(t->placed->heap, p->node, &object, err);
        if (r < 0)
            return r;
        if (*object.text && !(name = hsn__arena_copy(t->arena, object.text, strlen(object.text))))
            return hsn__fail_memory(err);
    }
    if (row->parent == HSN__TOP_LIVE) {
        hsn__buf_puts(&t->text, name);
        *out_label = name;
        return HSN_OK;
    }
    bool garbage = row->parent == HSN__TOP_GARBAGE;
    hsn__buf_printf(&t->text, "<%s %s>", garbage ? "garbage" : "held by native code:", type);
    *out_label = garbage ? "<garbage>" : "<native code>";
    return HSN_OK;
}

// ".next*", "(.children[*])*": the labels that lead from a pattern back to itself.
static int put_loop(telling *t, uint32_t pattern, hsn__buf *out, hsn_error *err)
{
    uint32_t loop[MAX_LOOP], at = t->patterns->rows[pattern].fold_from;
    size_t count = 0;
    const char *ignored;
    int r = HSN_OK;
    for (; at != pattern && at != HSN_NONE && count < MAX_LOOP; at = t->patterns->rows[at].parent)
        loop[count++] = at;
    if (at != pattern) {
        hsn__buf_puts(out, "(…)*");
        return HSN_OK;
    }
    if (count)
        hsn__buf_putc(out, '(');
    while (count-- > 0 && r >= 0)
        r = put_general(t, t->patterns->rows[loop[count]].label,
                        t->patterns->rows[loop[count]].type, out, &ignored, err);
    if (r >= 0)
        r = put_general(t, t->patterns->rows[pattern].fold_label, t->patterns->rows[pattern].type,
                        out, &ignored, err);
    if (t->patterns->rows[pattern].fold_from != pattern)
        hsn__buf_putc(out, ')');
    hsn__buf_putc(out, '*');
    return r;
}

static int put_step(telling *t, size_t i, const char **out_label, hsn_error *err)
{
    const place *p = &t->places[i];
    const hsn__pattern *row = &t->patterns->rows[p->pattern];
    hsn_ref ref = general_ref(row->label);
    bool found = false;
    int r = HSN_OK;
    // Which index or key it is, where that is the same for all.
    if (is_indexed(&ref) && p->node != HSN_NONE && t->placed->holder[p->node] != HSN_NONE && i &&
        t->places[i - 1].node == t->placed->holder[p->node])
        r = find_ref(t->placed, t->placed->holder[p->node], p->node, &ref, &found, err);
    if (r < 0)
        return r;
    if (found && ref.label_form != HSN_LABEL_NONE) {
        char label[HSN_LABEL_TEXT_BYTES];
        const char *type = hsn__patterns_type_name(t->patterns, row->type, t->arena);
        r = hsn_label_text(t->placed->heap, &ref, label, err);
        if (r < 0)
            return r;
        *out_label = hsn__arena_copy(t->arena, label, strlen(label));
        if (!type || !*out_label)
            return hsn__fail_memory(err);
        hsn__ref_text(&ref, *out_label, type, &t->text);
    } else {
        r = put_general(t, row->label, row->type, &t->text, out_label, err);
    }
    if (r >= 0 && p->repeats && row->fold_from != HSN_NONE)
        r = put_loop(t, p->pattern, &t->text, err);
    return r;
}

static int put_all(telling *t, hsn__pattern_story *out, hsn_error *err)
{
    int r = HSN_OK;
    out->steps = hsn__arena_zeroed(t->arena, t->count, sizeof *out->steps);
    out->ends = hsn__arena_zeroed(t->arena, t->count, sizeof *out->ends);
    if (!out->steps || !out->ends)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < t->count && r >= 0; i++) {
        hsn_pattern_step *step = &out->steps[i];
        step->type = hsn__patterns_type_name(
            t->patterns, t->patterns->rows[t->places[i].pattern].type, t->arena);
        r = i ? put_step(t, i, &step->label, err)
              : put_root(t, t->places[0].pattern, &step->label, err);
        out->ends[i] = t->text.size;
        if (r >= 0 && !step->type)
            r = hsn__fail_memory(err);
    }
    if (r >= 0 && t->text.failed)
        r = hsn__fail_memory(err);
    out->step_count = t->count;
    if (r >= 0) {
        out->text = hsn__arena_copy(t->arena, hsn__buf_text(&t->text), t->text.size);
        if (!out->text)
            r = hsn__fail_memory(err);
    }
    return r;
}

int hsn__pattern_tell(const hsn__placed *placed, const hsn__patterns *patterns, uint32_t pattern,
                      const hsn_node_id *nodes, size_t count, hsn__arena *arena,
                      hsn__pattern_story *out, hsn_error *err)
{
    telling t = {.placed = placed, .patterns = patterns, .arena = arena};
    int r = HSN_OK;
    *out = (hsn__pattern_story){.text = ""};
    t.count = patterns->rows[pattern].depth;
    t.places = hsn__alloc_zeroed(t.count, sizeof *t.places);
    t.passed = hsn__alloc_array(t.count, sizeof *t.passed);
    if (!t.places || !t.passed) {
        r = hsn__fail_memory(err);
        goto done;
    }
    for (uint32_t at = pattern; patterns->rows[at].depth; at = patterns->rows[at].parent)
        t.places[patterns->rows[at].depth - 1] = (place){.pattern = at, .node = HSN_NONE};
    find_common(&t, nodes, count);
    r = put_all(&t, out, err);
done:
    hsn__buf_clear(&t.text);
    hsn__free(t.places);
    hsn__free(t.passed);
    return r;
}

int hsn__pattern_collect(const hsn__placed *placed, const hsn__patterns *patterns,
                         hsn__pattern_sample *samples, size_t count, hsn__arena *arena,
                         hsn_error *err)
{
    uint32_t *of = hsn__alloc_array(patterns->count, sizeof *of);
    int r = of ? HSN_OK : hsn__fail_memory(err);
    if (of)
        memset(of, 0xff, patterns->count * sizeof *of);
    for (size_t i = 0; i < count && r >= 0; i++) {
        samples[i] = (hsn__pattern_sample){.pattern = samples[i].pattern, .stride = 1};
        of[samples[i].pattern] = (uint32_t)i;
    }
    for (uint32_t node = 0; r >= 0 && node < placed->graph->node_count; node++) {
        if (of[placed->pattern[node]] == HSN_NONE)
            continue;
        hsn__pattern_sample *s = &samples[of[placed->pattern[node]]];
        if (s->passed++ % s->stride)
            continue;
        if (s->count == HSN__SAMPLE) {
            // Every second one stays; from now on half as many are taken.
            for (size_t i = 0; i < HSN__SAMPLE / 2; i++)
                s->nodes[i] = s->nodes[2 * i];
            s->count = HSN__SAMPLE / 2;
            s->stride *= 2;
            if ((s->passed - 1) % s->stride)
                continue;
        }
        if (!s->nodes && !(s->nodes = hsn__arena_alloc(arena, HSN__SAMPLE * sizeof *s->nodes))) {
            r = hsn__fail_memory(err);
            break;
        }
        s->nodes[s->count++] = node;
    }
    hsn__free(of);
    return r;
}
