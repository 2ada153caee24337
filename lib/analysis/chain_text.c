// SPDX-License-Identifier: MIT
// A chain as an expression that a person could type: app.cache._pending['k'][3].owner
//
// An instance's or a module's dictionary is not shown: `x.__dict__['name']` is `x.name`. What
// cannot be typed stands in angle brackets, so that it is plain where the expression needs help.
#include "analysis/chain_private.h"

#include <inttypes.h>
#include <string.h>

static void put_root(const hsn_chain *chain, hsn__buf *out)
{
    const hsn_root *root = &chain->root;
    const hsn_chain_step *first = &chain->steps[0];
    if (!*root->name)
        hsn__buf_printf(out, "<%s 0x%" PRIx64 ">", first->type_name, first->address);
    else if (root->kind == HSN_ROOT_MODULE)
        hsn__buf_puts(out, root->name);
    else
        hsn__buf_printf(out, "<%s %s>", hsn_root_kind_name(root->kind), root->name);
}

static void put_quoted(const char *text, hsn__buf *out)
{
    hsn__buf_puts(out, "['");
    for (const char *p = text; *p; p++) {
        if (*p == '\'' || *p == '\\')
            hsn__buf_putc(out, '\\');
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            hsn__buf_printf(out, "\\x%02x", (unsigned char)*p);
        else
            hsn__buf_putc(out, *p);
    }
    hsn__buf_puts(out, "']");
}

static bool is_identifier(const char *text)
{
    if (!*text || (*text >= '0' && *text <= '9'))
        return false;
    for (const char *p = text; *p; p++)
        if (!(*p == '_' || (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
              (*p >= 'A' && *p <= 'Z') || (unsigned char)*p >= 0x80))
            return false;
    return true;
}

static bool is_entry_of_namespace(const hsn_chain_step *dict, const hsn_chain_step *value)
{
    return dict->ref.kind == HSN_REF_INTERNAL && !strcmp(dict->label, "__dict__") &&
           value->ref.kind == HSN_REF_VALUE && value->ref.label_form == HSN_LABEL_STRING &&
           is_identifier(value->label);
}

static void put_attribute(const char *label, const char *type_name, hsn__buf *out)
{
    if (is_identifier(label))
        hsn__buf_printf(out, ".%s", label);
    else
        hsn__buf_printf(out, ".<%s>", *label ? label : type_name);
}

void hsn__ref_text(const hsn_ref *ref, const char *label, const char *type_name, hsn__buf *out)
{
    bool named = ref->label_form == HSN_LABEL_STRING;
    switch ((hsn_ref_kind)ref->kind) {
    case HSN_REF_VALUE:
    case HSN_REF_CELL:
    case HSN_REF_DEFAULT:
    case HSN_REF_EPHEMERON:
        if (named)
            put_quoted(label, out);
        else
            hsn__buf_puts(out, "[*]");
        break;
    case HSN_REF_INDEX:
        hsn__buf_puts(out, label);
        break;
    case HSN_REF_ELEMENT:
        hsn__buf_puts(out, "[*]");
        break;
    case HSN_REF_KEY:
        hsn__buf_puts(out, ".keys()");
        if (named)
            put_quoted(label, out);
        else
            hsn__buf_puts(out, "[*]");
        break;
    default:
        put_attribute(label, type_name, out);
        break;
    }
}

void hsn__chain_text(const hsn_chain *chain, hsn__buf *out)
{
    put_root(chain, out);
    for (size_t i = 1; i < chain->step_count; i++) {
        const hsn_chain_step *step = &chain->steps[i];
        if (i + 1 < chain->step_count && is_entry_of_namespace(step, step + 1)) {
            i++;
            hsn__buf_printf(out, ".%s", step[1].label);
        } else {
            hsn__ref_text(&step->ref, step->label, step->type_name, out);
        }
    }
}
