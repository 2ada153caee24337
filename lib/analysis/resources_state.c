// SPDX-License-Identifier: MIT
// The state of a resource, as far as its references tell it.
#include "analysis/resources_private.h"

#include <string.h>

#include "base/fail.h"

static int label_is(hsn_heap *heap, const hsn_ref *ref, const char *wanted, bool *out,
                    hsn_error *err)
{
    const char *text = "";
    int r = ref->label_form == HSN_LABEL_STRING ? hsn_heap_string(heap, ref->label, &text, err)
                                                : HSN_OK;
    *out = !strcmp(text, wanted);
    return r;
}

int hsn__constants_find(hsn_heap *heap, hsn__constants *out, hsn_error *err)
{
    const hsn_root_list *roots;
    *out = (hsn__constants){HSN_NONE, HSN_NONE};
    int r = hsn_heap_roots(heap, &roots, err);
    for (size_t i = 0; r >= 0 && i < roots->count; i++) {
        const hsn_ref *refs;
        size_t count;
        if (roots->rows[i].kind != HSN_ROOT_INTERPRETER || strcmp(roots->rows[i].name, "builtins"))
            continue;
        r = hsn_heap_refs(heap, roots->rows[i].node, &refs, &count, err);
        for (size_t k = 0; r >= 0 && k < count; k++) {
            bool is_true, is_false = false;
            if (refs[k].kind != HSN_REF_VALUE)
                continue;
            r = label_is(heap, &refs[k], "True", &is_true, err);
            if (r >= 0)
                r = label_is(heap, &refs[k], "False", &is_false, err);
            if (is_true)
                out->true_node = refs[k].target;
            if (is_false)
                out->false_node = refs[k].target;
        }
    }
    return r < 0 ? r : HSN_OK;
}

// 1 = yes, 0 = no, -1 = cannot be told.
static int holds(const hsn__state_rule *rule, const hsn__constants *constants,
                 const hsn_type *target_type, hsn_node_id target)
{
    switch (rule->test) {
    case HSN__STATE_HAS:
        return 1;
    case HSN__STATE_NONE:
        return target_type->kind == HSN_KIND_NOTHING;
    case HSN__STATE_TRUE:
        return target == constants->true_node ? 1 : target == constants->false_node ? 0 : -1;
    }
    return -1;
}

// What the first reference that the rule asks for tells.
static int ask(hsn_heap *heap, const uint32_t *type_of, const hsn__constants *constants,
               const hsn__state_rule *rule, const hsn_ref *refs, size_t count, const char **out,
               hsn_error *err)
{
    const hsn_type_list *types = hsn_heap_types(heap);
    int told = rule->test == HSN__STATE_HAS ? 0 : -1;
    for (size_t i = 0; i < count; i++) {
        const hsn_type *type = &types->rows[type_of[refs[i].target]];
        bool same = true;
        if (rule->target_kinds && !(rule->target_kinds >> type->kind & 1))
            continue;
        int r = rule->label ? label_is(heap, &refs[i], rule->label, &same, err) : HSN_OK;
        if (r < 0)
            return r;
        if (same) {
            told = holds(rule, constants, type, refs[i].target);
            break;
        }
    }
    *out = told > 0 ? rule->yes : told == 0 ? rule->no : NULL;
    return HSN_OK;
}

// The namespace of an instance that keeps its attributes in a dict; HSN_NONE = it has none.
static int namespace_of(hsn_heap *heap, const hsn_ref *refs, size_t count, hsn_node_id *out,
                        hsn_error *err)
{
    int r = HSN_OK;
    *out = HSN_NONE;
    for (size_t i = 0; r >= 0 && i < count && *out == HSN_NONE; i++) {
        bool same;
        r = label_is(heap, &refs[i], "__dict__", &same, err);
        if (same && refs[i].kind == HSN_REF_INTERNAL)
            *out = refs[i].target;
    }
    return r;
}

int hsn__resource_state(hsn_heap *heap, const uint32_t *type_of, const hsn__constants *constants,
                        hsn_node_id node, const char **out, hsn_error *err)
{
    const hsn_type *type = &hsn_heap_types(heap)->rows[type_of[node]];
    const char *state = NULL;
    int r = HSN_OK;
    // Attributes of its own first, then those of its dict.
    for (int level = 0; r >= 0 && level < 2 && !state && node != HSN_NONE; level++) {
        const hsn_ref *refs;
        size_t count;
        r = hsn_heap_refs(heap, node, &refs, &count, err);
        for (size_t i = 0; r >= 0 && i < hsn__state_rule_count && !state; i++) {
            const hsn__state_rule *rule = &hsn__state_rules[i];
            if ((rule->kinds && !(rule->kinds >> type->kind & 1)) ||
                (rule->type && !hsn_glob_match(rule->type, type->name)) ||
                (level && rule->test == HSN__STATE_HAS))
                continue;
            r = ask(heap, type_of, constants, rule, refs, count, &state, err);
        }
        if (r >= 0)
            r = namespace_of(heap, refs, count, &node, err);
    }
    *out = state ? state : "";
    return r < 0 ? r : HSN_OK;
}
