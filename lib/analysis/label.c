// SPDX-License-Identifier: MIT
// Labels of references as text, and which reference to show of several.
#include "heapsnap/label.h"

#include <stdio.h>
#include <string.h>

int hsn_label_text(hsn_heap *heap, const hsn_ref *ref, char *out, hsn_error *err)
{
    const char *text = "";
    *out = 0;
    if (ref->label_form == HSN_LABEL_INDEX) {
        // A value's number is the position of its entry, which is no key.
        if (ref->kind == HSN_REF_INDEX)
            snprintf(out, HSN_LABEL_TEXT_BYTES, "[%u]", ref->label);
        else
            snprintf(out, HSN_LABEL_TEXT_BYTES, "[*]");
        return HSN_OK;
    }
    if (ref->label_form == HSN_LABEL_STRING) {
        int r = hsn_heap_string(heap, ref->label, &text, err);
        if (r < 0)
            return r;
    } else if (ref->kind == HSN_REF_CLASS) {
        text = "__class__";
    }
    size_t length = strlen(text), most = HSN_LABEL_TEXT_BYTES - 1;
    if (length <= most) {
        memcpy(out, text, length + 1);
        return HSN_OK;
    }
    static const char ellipsis[] = "\xe2\x80\xa6";
    length = most - (sizeof ellipsis - 1);
    // Not in the middle of a character.
    while (length && ((unsigned char)text[length] & 0xc0) == 0x80)
        length--;
    memcpy(out, text, length);
    memcpy(out + length, ellipsis, sizeof ellipsis);
    return HSN_OK;
}

unsigned hsn_ref_rank(const hsn_ref *ref)
{
    switch ((hsn_ref_kind)ref->kind) {
    case HSN_REF_ATTRIBUTE:
    case HSN_REF_SLOT:
    case HSN_REF_VALUE:
    case HSN_REF_INDEX:
    case HSN_REF_LOCAL:
        return 0;
    case HSN_REF_KEY:
    case HSN_REF_ELEMENT:
    case HSN_REF_CELL:
    case HSN_REF_DEFAULT:
        return 1;
    case HSN_REF_INTERNAL:
        return 2;
    case HSN_REF_CLASS:
        return 4;
    case HSN_REF_WEAK:
        return 5;
    case HSN_REF_OTHER:
    case HSN_REF_EPHEMERON:
    case HSN_REF_KIND_COUNT:
        break;
    }
    return ref->label_form == HSN_LABEL_STRING ? 2 : 3;
}
