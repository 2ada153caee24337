// SPDX-License-Identifier: MIT
// Matching objects against the table of known holders.
//
// Only objects with a surplus or deficit come here, in order of node, so that the references of a
// segment are decoded once, however many rows ask for them.
#include "analysis/audit_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bitmap.h"
#include "base/fail.h"

// References that are looked at to tell what a container holds.
enum { LOOK = 16 };

typedef struct notes {
    hsn__audit_note *rows;
    size_t count, capacity;
} notes;

static int compare_notes(const void *a, const void *b)
{
    hsn_node_id x = ((const hsn__audit_note *)a)->node, y = ((const hsn__audit_note *)b)->node;
    return x < y ? -1 : x > y;
}

static int note(notes *list, hsn_node_id node, hsn_error *err)
{
    if (!hsn__array_grow(&list->rows, &list->capacity, list->count + 1, sizeof *list->rows,
                         SIZE_MAX))
        return hsn__fail_memory(err);
    list->rows[list->count++] = (hsn__audit_note){node, 1};
    return HSN_OK;
}

// Sorted, and every node once.
static void merge(notes *list, hsn__audit_note **out, size_t *out_count)
{
    size_t kept = 0;
    if (list->count)
        qsort(list->rows, list->count, sizeof *list->rows, compare_notes);
    for (size_t i = 0; i < list->count; i++)
        if (kept && list->rows[kept - 1].node == list->rows[i].node)
            list->rows[kept - 1].count++;
        else
            list->rows[kept++] = list->rows[i];
    *out = list->rows;
    *out_count = kept;
}

static uint32_t noted(const hsn__audit_note *rows, size_t count, hsn_node_id node)
{
    hsn__audit_note key = {node, 0};
    const hsn__audit_note *found =
        count ? bsearch(&key, rows, count, sizeof *rows, compare_notes) : NULL;
    return found ? found->count : 0;
}

static bool is_label(hsn_heap *heap, const hsn_ref *ref, const char *wanted)
{
    const char *text;
    return ref->label_form == HSN_LABEL_STRING &&
           hsn_heap_string(heap, ref->label, &text, NULL) == HSN_OK && !strcmp(text, wanted);
}

// What running frames refer to, and which static types have static subclasses.
static int read_roots(hsn__audit_matcher *m, hsn_error *err)
{
    notes running = {0}, bases = {0};
    hsn_node_id last = HSN_NONE;
    int r = hsn_heap_roots(m->heap, &m->roots, err);
    for (size_t i = 0; r >= 0 && i < m->roots->count; i++) {
        const hsn_root *root = &m->roots->rows[i];
        bool frame = root->kind == HSN_ROOT_FRAME;
        const hsn_ref *refs;
        size_t count;
        if ((!frame && root->kind != HSN_ROOT_STATIC) || root->node == last)
            continue;
        last = root->node;
        m->frame_count += frame;
        r = hsn_heap_refs(m->heap, root->node, &refs, &count, err);
        for (size_t k = 0; r >= 0 && k < count; k++) {
            if (refs[k].kind == HSN_REF_WEAK)
                continue;
            if (frame)
                r = note(&running, refs[k].target, err);
            else if (refs[k].kind == HSN_REF_INTERNAL && is_label(m->heap, &refs[k], "__base__"))
                r = note(&bases, refs[k].target, err);
        }
    }
    merge(&running, &m->running, &m->running_count);
    merge(&bases, &m->bases, &m->base_count);
    return r < 0 ? r : HSN_OK;
}

// "3.11.7" → 0x030b; 0 = unknown.
static unsigned version_number(const char *text)
{
    char *end;
    unsigned long major = strtoul(text, &end, 10);
    unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
    return major < 256 && minor < 256 ? (unsigned)(major << 8 | minor) : 0;
}

int hsn__audit_matcher_init(hsn__audit_matcher *m, hsn_heap *heap, const uint32_t *type_of,
                            hsn_error *err)
{
    const hsn_snapshot_info *info = hsn_heap_info(heap);
    const hsn_type_list *types = hsn_heap_types(heap);
    unsigned version = version_number(info->runtime_version);
    *m = (hsn__audit_matcher){.heap = heap, .type_of = type_of};
    m->applies = hsn__bitmap_new(hsn__audit_rule_count);
    if (!m->applies)
        return hsn__fail_memory(err);
    for (size_t i = 0; i < hsn__audit_rule_count; i++) {
        const hsn__audit_rule *rule = &hsn__audit_rules[i];
        bool in_time = !version || ((!rule->since || version >= rule->since) &&
                                    (!rule->before || version < rule->before));
        if (in_time && !strcmp(info->runtime, "cpython"))
            hsn__bitmap_set(m->applies, i);
    }
    for (size_t i = 0; i < types->count; i++)
        if (types->rows[i].kind < HSN_KIND_COUNT)
            m->kind_counts[types->rows[i].kind] += types->rows[i].count;
    return read_roots(m, err);
}

void hsn__audit_matcher_clear(hsn__audit_matcher *m)
{
    hsn__free(m->applies);
    hsn__free(m->running);
    hsn__free(m->bases);
    *m = (hsn__audit_matcher){0};
}

// ---- one object
// ----------------------------------------------------------------------------------

static uint32_t roots_of(const hsn__audit_matcher *m, hsn_node_id node)
{
    size_t low = 0, high = m->roots->count;
    uint32_t bits = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->roots->rows[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < m->roots->count && m->roots->rows[low].node == node; low++)
        bits |= 1u << m->roots->rows[low].kind;
    return bits;
}

static const hsn_type *type_of(const hsn__audit_matcher *m, hsn_node_id node)
{
    return &hsn_heap_types(m->heap)->rows[m->type_of[node]];
}

static bool asks_for_refs(const hsn__audit_rule *rule)
{
    return rule->keys || rule->targets || rule->first || rule->target_type;
}

static bool refs_fit(const hsn__audit_matcher *m, const hsn__audit_rule *rule, const hsn_ref *refs,
                     size_t count)
{
    const hsn_type *first_target = NULL;
    size_t strong = 0;
    for (size_t i = 0; i < count && i < LOOK; i++) {
        if (refs[i].kind == HSN_REF_WEAK || refs[i].kind == HSN_REF_CLASS)
            continue;
        const hsn_type *type = type_of(m, refs[i].target);
        uint32_t kinds = refs[i].kind == HSN_REF_KEY ? rule->keys : rule->targets;
        if (kinds && !(kinds >> type->kind & 1))
            return false;
        if (refs[i].kind != HSN_REF_KEY && !first_target)
            first_target = type;
        if (!strong++ && rule->first && !is_label(m->heap, &refs[i], rule->first))
            return false;
    }
    if (rule->target_type &&
        (!first_target || !hsn_glob_match(rule->target_type, first_target->name)))
        return false;
    return strong > 0;
}

static bool state_fits(unsigned state, const hsn_object *object, const hsn_audit_object *row,
                       size_t ref_count)
{
    unsigned is = (object->flags & HSN_OBJECT_TRACKED ? HSN__TRACKED : HSN__UNTRACKED) |
                  (row->visible ? HSN__SEEN : HSN__UNSEEN) | (ref_count ? 0 : HSN__EMPTY);
    return (is & state) == state;
}

static uint64_t instances_of(const hsn__audit_matcher *m, hsn_node_id node)
{
    const hsn_type_list *types = hsn_heap_types(m->heap);
    uint64_t count = 0;
    for (size_t i = 0; i < types->count; i++)
        if (types->rows[i].node == node)
            count += types->rows[i].count;
    return count;
}

// The part of the surplus that the rule explains in this object; 0 = the rule does not fit.
static int64_t part_of(const hsn__audit_matcher *m, const hsn__audit_rule *rule,
                       const hsn_audit_object *row)
{
    int64_t most =
        rule->most ? rule->most + (int64_t)(rule->most_frames * m->frame_count) : INT64_MAX;
    if (rule->running) {
        // An argument of a call, and once more as the iterator of a loop over it.
        int64_t held = 2 * (int64_t)noted(m->running, m->running_count, row->node);
        most = held < most ? held : most;
    }
    if (!rule->deficit && rule->roots & 1u << HSN_ROOT_STATIC)
        // A static subclass does not count its base, so the true surplus is larger.
        most -= noted(m->bases, m->base_count, row->node);
    if (!rule->deficit)
        return row->surplus < most ? row->surplus : most;
    if (rule->kinds == 1u << HSN_KIND_TYPE) {
        uint64_t instances = instances_of(m, row->node);
        most = instances < (uint64_t)most ? (int64_t)instances : most;
    }
    return row->surplus < -most ? -most : row->surplus;
}

static bool rule_fits(const hsn__audit_matcher *m, const hsn__audit_rule *rule,
                      const hsn_audit_object *row, const hsn_object *object, uint32_t roots,
                      const hsn_ref *refs, size_t ref_count)
{
    const hsn_type *type = type_of(m, row->node);
    // Of static types, also what their subclasses turn into a deficit.
    bool below = row->surplus < 0 && rule->roots & roots & 1u << HSN_ROOT_STATIC &&
                 -row->surplus <= noted(m->bases, m->base_count, row->node);
    if (rule->deficit ? row->surplus > 0 : row->surplus < 0 && !below)
        return false;
    if ((rule->kinds && !(rule->kinds >> type->kind & 1)) ||
        (rule->roots && !(rule->roots & roots)) ||
        (rule->running && !noted(m->running, m->running_count, row->node)) ||
        (rule->type && !hsn_glob_match(rule->type, type->name)) ||
        (rule->text && strcmp(rule->text, object->text)) ||
        !state_fits(rule->state, object, row, ref_count))
        return false;
    return !asks_for_refs(rule) || refs_fit(m, rule, refs, ref_count);
}

static int explain_one(const hsn__audit_matcher *m, hsn_audit_object *row, hsn_error *err)
{
    uint32_t roots = roots_of(m, row->node);
    const hsn_ref *refs;
    size_t ref_count;
    hsn_object object;
    row->holder = HSN_AUDIT_UNEXPLAINED;
    row->explained = 0;
    int r = hsn_heap_object(m->heap, row->node, &object, err);
    if (r >= 0)
        r = hsn_heap_refs(m->heap, row->node, &refs, &ref_count, err);
    for (uint32_t i = 0; r >= 0 && i < hsn__audit_rule_count; i++) {
        const hsn__audit_rule *rule = &hsn__audit_rules[i];
        if (!hsn__bitmap_get(m->applies, i) ||
            !rule_fits(m, rule, row, &object, roots, refs, ref_count))
            continue;
        int64_t part = part_of(m, rule, row);
        if (row->holder != HSN_AUDIT_UNEXPLAINED && llabs(part) <= llabs(row->explained))
            continue;
        // The first row that leaves nothing, or else the one that leaves least.
        row->explained = part;
        row->holder = i;
        if (part == row->surplus)
            break;
    }
    return r < 0 ? r : HSN_OK;
}

// ---- caps
// ----------------------------------------------------------------------------------------

static uint64_t cap_of(const hsn__audit_matcher *m, const hsn__audit_rule *rule)
{
    uint64_t cap = rule->cap + rule->cap_frames * m->frame_count;
    if (!rule->cap && !rule->cap_frames && !rule->cap_kinds)
        return UINT64_MAX;
    for (unsigned kind = 0; kind < HSN_KIND_COUNT; kind++)
        if (rule->cap_kinds >> kind & 1)
            cap += m->kind_counts[kind];
    return cap;
}

// Leave out the rules that fit too many of the objects. Returns whether there were any.
static bool drop_rules(hsn__audit_matcher *m, const hsn_audit_object *objects, size_t count,
                       uint64_t *fits)
{
    bool dropped = false;
    memset(fits, 0, hsn__audit_rule_count * sizeof *fits);
    for (size_t i = 0; i < count; i++)
        if (objects[i].holder != HSN_AUDIT_UNEXPLAINED)
            fits[objects[i].holder]++;
    for (size_t i = 0; i < hsn__audit_rule_count; i++)
        if (fits[i] > cap_of(m, &hsn__audit_rules[i])) {
            hsn__bitmap_unset(m->applies, i);
            dropped = true;
        }
    return dropped;
}

int hsn__audit_explain(hsn__audit_matcher *m, hsn_audit_object *objects, size_t count,
                       hsn_error *err)
{
    uint64_t *fits = hsn__alloc_array(hsn__audit_rule_count, sizeof *fits);
    int r = fits ? HSN_OK : hsn__fail_memory(err);
    for (size_t i = 0; r >= 0 && i < count; i++)
        r = explain_one(m, &objects[i], err);
    while (r >= 0 && drop_rules(m, objects, count, fits))
        for (size_t i = 0; r >= 0 && i < count; i++)
            if (objects[i].holder != HSN_AUDIT_UNEXPLAINED &&
                !hsn__bitmap_get(m->applies, objects[i].holder))
                r = explain_one(m, &objects[i], err);
    hsn__free(fits);
    return r;
}
