// SPDX-License-Identifier: MIT
// JSON documents of more than one line.
#include "json_document.h"

uint8_t hsn__json_document_peek(hsn__json *json)
{
    for (;;) {
        uint8_t c = hsn__json_peek(json);
        if (c != '\n' && c != '\r')
            return c;
        json->in->next++;
    }
}

bool hsn__json_document_take(hsn__json *json, uint8_t c)
{
    if (hsn__json_document_peek(json) != c || json->in->next >= json->in->end) {
        json->problem = "a character of another kind expected";
        return false;
    }
    json->in->next++;
    return true;
}

// The comma between members or elements, or the closing bracket.
static int separate(hsn__json *json, bool *first, uint8_t close)
{
    if (hsn__json_document_peek(json) == close) {
        json->in->next++;
        return HSN_DONE;
    }
    if (!*first && !hsn__json_document_take(json, ','))
        return HSN_PARTIAL;
    *first = false;
    return HSN_OK;
}

int hsn__json_document_member(hsn__json *json, bool *first, hsn__json_span *out_key)
{
    int r = separate(json, first, '}');
    if (r != HSN_OK)
        return r;
    hsn__json_document_peek(json);
    if (!hsn__json_string(json, out_key) || json->text.failed ||
        !hsn__json_document_take(json, ':'))
        return HSN_PARTIAL;
    hsn__json_document_peek(json);
    return HSN_OK;
}

int hsn__json_document_element(hsn__json *json, bool *first)
{
    int r = separate(json, first, ']');
    if (r == HSN_OK)
        hsn__json_document_peek(json);
    return r;
}

bool hsn__json_document_skip(hsn__json *json)
{
    size_t depth = 0;
    do {
        uint8_t c = hsn__json_document_peek(json);
        hsn__json_span span;
        hsn__json_kind kind;
        size_t text = json->text.size;
        if (c == '{' || c == '[') {
            depth++;
            json->in->next++;
        } else if (depth && (c == '}' || c == ']')) {
            depth--;
            json->in->next++;
        } else if (depth && (c == ',' || c == ':')) {
            json->in->next++;
        } else if (!hsn__json_scalar(json, &span, &kind)) {
            return false;
        }
        if (json->text.failed)
            return false;
        json->text.size = text;
        if (depth > HSN__JSON_DEPTH) {
            json->problem = "a value nested too deep";
            return false;
        }
    } while (depth);
    return true;
}
