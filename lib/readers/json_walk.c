// SPDX-License-Identifier: MIT
// Walking through a JSON document of a known shape.
#include "json_walk.h"

#include <stdio.h>

#include "profile_scan.h"

int hsn__json_damaged(hsn__json *json, hsn_error *err)
{
    hsn_input *in = json->in;
    if (json->text.failed)
        return hsn__fail_memory(err);
    int r = hsn__input_at_end(in) ? hsn__input_status(in, err) : HSN_OK;
    if (r < 0)
        return r;
    const char *problem = hsn__input_at_end(in) ? "the document ends early" : json->problem;
    return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(in), hsn__input_offset(in), "%s",
                        problem ? problem : "no JSON");
}

int hsn__json_walk_array(hsn__json *json, hsn__json_element_call *read, void *context,
                         hsn_error *err)
{
    bool first = true;
    int r = hsn__json_document_take(json, '[') ? HSN_OK : HSN_PARTIAL;
    while (r == HSN_OK && (r = hsn__json_document_element(json, &first)) == HSN_OK)
        r = read(context, err);
    return r == HSN_PARTIAL ? hsn__json_damaged(json, err) : r < 0 ? r : HSN_OK;
}

int hsn__json_walk_object(hsn__json *json, hsn__json_member_call *read, void *context,
                          hsn_error *err)
{
    hsn__json_span key;
    char name[41];
    bool first = true;
    int r = hsn__json_document_take(json, '{') ? HSN_OK : HSN_PARTIAL;
    while (r == HSN_OK && (r = hsn__json_document_member(json, &first, &key)) == HSN_OK) {
        hsn_text text = hsn__json_text(json, key);
        snprintf(name, sizeof name, "%.*s",
                 text.length < sizeof name ? (int)text.length : (int)sizeof name - 1,
                 text.length ? text.data : "");
        hsn__json_reset(json);
        r = read(context, name, err);
    }
    return r == HSN_PARTIAL ? hsn__json_damaged(json, err) : r < 0 ? r : HSN_OK;
}

int hsn__json_walk_skip(hsn__json *json, hsn_error *err)
{
    if (!hsn__json_document_skip(json) || json->text.failed)
        return hsn__json_damaged(json, err);
    hsn__json_reset(json);
    return HSN_OK;
}

int hsn__json_walk_real(hsn__json *json, double *out, hsn_error *err)
{
    hsn__json_span span;
    hsn__json_kind kind;
    hsn__json_document_peek(json);
    if (!hsn__json_scalar(json, &span, &kind) || json->text.failed)
        return hsn__json_damaged(json, err);
    if (!hsn__text_real(hsn__json_text(json, span), out))
        *out = 0;
    hsn__json_reset(json);
    return HSN_OK;
}

int hsn__json_walk_index(hsn__json *json, uint32_t *out, hsn_error *err)
{
    uint64_t index;
    hsn__json_document_peek(json);
    if (!hsn__json_uint(json, &index))
        return hsn__json_damaged(json, err);
    *out = index < UINT32_MAX ? (uint32_t)index : UINT32_MAX;
    return HSN_OK;
}

int hsn__json_walk_text(hsn__json *json, char *out, size_t size, hsn_error *err)
{
    hsn__json_span span;
    hsn__json_kind kind;
    uint8_t c = hsn__json_document_peek(json);
    if (c == '{' || c == '[')
        return hsn__json_walk_skip(json, err);
    if (!hsn__json_scalar(json, &span, &kind) || json->text.failed)
        return hsn__json_damaged(json, err);
    hsn_text text = hsn__json_text(json, span);
    snprintf(out, size, "%.*s", text.length < size ? (int)text.length : (int)size - 1,
             text.length ? text.data : "");
    hsn__json_reset(json);
    return HSN_OK;
}
