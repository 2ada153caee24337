// SPDX-License-Identifier: MIT
// What readers of allocation profiles share.
#include "profile_scan.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"

void hsn__profile_clear(hsn__profile *profile)
{
    hsn__free(profile->frames);
    profile->frames = NULL;
    profile->count = profile->capacity = 0;
}

int hsn__profile_fact(hsn__profile *profile, const char *name, hsn_text value, hsn_error *err)
{
    return profile->sink->ops->fact(profile->sink->context, hsn__text(name), value, err);
}

int hsn__profile_fact_number(hsn__profile *profile, const char *name, uint64_t value,
                             hsn_error *err)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    return hsn__profile_fact(profile, name, hsn__text(text), err);
}

int hsn__profile_warn(hsn__profile *profile, uint64_t offset, const char *message, hsn_error *err)
{
    if (profile->warnings++ >= HSN__PROFILE_WARNINGS)
        return HSN_OK;
    return profile->sink->ops->warn(profile->sink->context, offset, hsn__text(message), err);
}

int hsn__profile_push_id(hsn__profile *profile, uint32_t id, hsn_error *err)
{
    if (profile->count == profile->capacity &&
        !hsn__array_grow(&profile->frames, &profile->capacity, profile->count + 1,
                         sizeof *profile->frames, HSN__PROFILE_DEPTH))
        return profile->count < HSN__PROFILE_DEPTH
                   ? hsn__fail_memory(err)
                   : hsn__fail_limit(err, "frames of a stack", HSN__PROFILE_DEPTH);
    profile->frames[profile->count++] = id;
    return HSN_OK;
}

int hsn__profile_push(hsn__profile *profile, const hsn_sink_frame *frame, hsn_error *err)
{
    uint32_t id = HSN_NONE;
    int r = profile->sink->ops->frame(profile->sink->context, frame, &id, err);
    return r < 0 ? r : hsn__profile_push_id(profile, id, err);
}

void hsn__profile_reverse(hsn__profile *profile)
{
    for (size_t i = 0; i < profile->count / 2; i++) {
        uint32_t id = profile->frames[i];
        profile->frames[i] = profile->frames[profile->count - 1 - i];
        profile->frames[profile->count - 1 - i] = id;
    }
}

int hsn__profile_stack(hsn__profile *profile, uint32_t *out_stack, hsn_error *err)
{
    const hsn_sink *sink = profile->sink;
    static const hsn_sink_frame unknown = {.function = {"[unknown]", 9}};
    int r = profile->count ? HSN_OK : hsn__profile_push(profile, &unknown, err);
    return r < 0 ? r
                 : sink->ops->stack(sink->context, profile->frames, profile->count, profile->count,
                                    out_stack, err);
}

int hsn__profile_metric(hsn__profile *profile, const char *name, const char *unit, uint32_t *out_id,
                        hsn_error *err)
{
    const hsn_sink *sink = profile->sink;
    return sink->ops->metric(sink->context, hsn__text(name), hsn__text(unit), out_id, err);
}

int hsn__profile_total(hsn__profile *profile, uint32_t stack, uint32_t metric, uint64_t count,
                       uint64_t value, hsn_error *err)
{
    hsn_sink_allocation allocation = {
        .stack = stack, .count = count, .size_bytes = value, .metric = metric};
    if (!count && !value)
        return HSN_OK;
    if (metric == HSN_METRIC_INUSE)
        profile->size_bytes += value;
    return profile->sink->ops->allocation(profile->sink->context, &allocation, err);
}

int hsn__profile_allocation(hsn__profile *profile, uint64_t count, uint64_t size_bytes,
                            hsn_error *err)
{
    return hsn__profile_allocation_of(profile, HSN_METRIC_INUSE, count, size_bytes, err);
}

int hsn__profile_allocation_of(hsn__profile *profile, uint32_t metric, uint64_t count,
                               uint64_t size_bytes, hsn_error *err)
{
    const hsn_sink *sink = profile->sink;
    hsn_sink_allocation allocation = {.count = count, .size_bytes = size_bytes, .metric = metric};
    int r = hsn__profile_stack(profile, &allocation.stack, err);
    if (r == HSN_OK)
        r = sink->ops->allocation(sink->context, &allocation, err);
    profile->size_bytes += size_bytes;
    return r;
}

int hsn__profile_line(hsn__profile *profile, hsn_text *out_line, uint64_t *out_offset,
                      hsn_error *err)
{
    size_t length = 0;
    bool ended = false;
    *out_offset = hsn__input_offset(profile->in);
    const uint8_t *line = hsn__input_line(profile->in, &length, &ended);
    if (!ended) {
        int r = hsn__input_status(profile->in, err);
        if (r < 0)
            return r;
    }
    if (!line)
        return HSN_DONE;
    if (length && line[length - 1] == '\r')
        length--;
    *out_line = (hsn_text){(const char *)line, length};
    return HSN_OK;
}

int hsn__profile_outcome(hsn__profile *profile, int r, bool useful, const hsn_error *cause,
                         hsn_error *err)
{
    if (r >= 0)
        return HSN_OK;
    bool input = r == HSN_EFORMAT || r == HSN_EIO;
    if (input && useful)
        return hsn__fail_at(err, HSN_PARTIAL, hsn__input_name(profile->in), cause->offset, "%s",
                            cause->message);
    if (err && !err->code)
        *err = *cause;
    return r;
}

bool hsn__text_take(hsn_text *text, const char *word)
{
    size_t length = strlen(word);
    if (text->length < length || memcmp(text->data, word, length))
        return false;
    text->data += length;
    text->length -= length;
    return true;
}

static unsigned digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a' + 10);
    return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10) : 16;
}

bool hsn__text_number(hsn_text *text, unsigned base, uint64_t *out)
{
    uint64_t value = 0;
    size_t i = 0;
    for (; i < text->length && digit(text->data[i]) < base; i++)
        if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit(text->data[i]), &value))
            return false;
    if (!i)
        return false;
    *out = value;
    text->data += i;
    text->length -= i;
    return true;
}

// No strtod: it follows the locale. Profiles hold sixteen digits at most, exact in a uint64_t.
bool hsn__text_decimal(hsn_text *text, double *out)
{
    hsn_text rest = *text;
    uint64_t whole, fraction = 0;
    bool negative = hsn__text_take(&rest, "-");
    double scale = 1;
    if (!hsn__text_number(&rest, 10, &whole))
        return false;
    if (hsn__text_take(&rest, ".")) {
        size_t before = rest.length;
        if (!hsn__text_number(&rest, 10, &fraction))
            return false;
        for (size_t i = rest.length; i < before; i++)
            scale *= 10;
    }
    *out = (double)whole + (double)fraction / scale;
    if (negative)
        *out = -*out;
    *text = rest;
    return true;
}

bool hsn__text_real(hsn_text text, double *out)
{
    uint64_t exponent;
    if (!hsn__text_decimal(&text, out))
        return false;
    if (!hsn__text_take(&text, "e") && !hsn__text_take(&text, "E"))
        return !text.length;
    bool smaller = hsn__text_take(&text, "-");
    if (!smaller)
        hsn__text_take(&text, "+");
    if (!hsn__text_number(&text, 10, &exponent) || exponent > 300 || text.length)
        return false;
    double power = 1;
    while (exponent--)
        power *= 10;
    *out = smaller ? *out / power : *out * power;
    return true;
}

size_t hsn__text_blanks(hsn_text *text)
{
    size_t i = 0;
    while (i < text->length && (text->data[i] == ' ' || text->data[i] == '\t'))
        i++;
    text->data += i;
    text->length -= i;
    return i;
}

hsn_text hsn__text_word(hsn_text *text)
{
    const char *space = text->length ? memchr(text->data, ' ', text->length) : NULL;
    size_t length = space ? (size_t)(space - text->data) : text->length;
    hsn_text word = {text->data, length};
    text->data += length + (space != NULL);
    text->length -= length + (space != NULL);
    return word;
}

size_t hsn__text_last(hsn_text text, char c)
{
    for (size_t i = text.length; i-- > 0;)
        if (text.data[i] == c)
            return i;
    return text.length;
}

hsn_sink_frame hsn__profile_valgrind_frame(hsn_text text)
{
    hsn_text rest = text;
    uint64_t number;
    if (hsn__text_take(&rest, "0x") && hsn__text_number(&rest, 16, &number) &&
        hsn__text_take(&rest, ": "))
        text = rest;
    hsn_sink_frame frame = {.function = text};
    size_t open = hsn__text_last(text, '(');
    if (!text.length || text.data[text.length - 1] != ')' || open < 2 || open == text.length ||
        text.data[open - 1] != ' ')
        return frame;
    hsn_text place = hsn__text_part(text, open + 1, text.length - 1);
    size_t colon = hsn__text_last(place, ':');
    frame.function = hsn__text_part(text, 0, open - 1);
    if (hsn__text_take(&place, "in ")) {
        frame.file = place;
    } else if (colon < place.length) {
        rest = hsn__text_part(place, colon + 1, place.length);
        if (hsn__text_number(&rest, 10, &number) && !rest.length && number <= UINT32_MAX)
            frame.line = (uint32_t)number;
        frame.file = hsn__text_part(place, 0, frame.line ? colon : place.length);
        // Rust has a column behind the line.
        colon = hsn__text_last(frame.file, ':');
        rest = hsn__text_part(frame.file, colon < frame.file.length ? colon + 1 : colon,
                              frame.file.length);
        if (hsn__text_number(&rest, 10, &number) && !rest.length && number <= UINT32_MAX) {
            frame.line = (uint32_t)number;
            frame.file.length = colon;
        }
    } else {
        frame.function = text;
    }
    return frame;
}
