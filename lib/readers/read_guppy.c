// SPDX-License-Identifier: MIT
// The .hpy files of guppy (heapy): how many objects there are of each kind, and their bytes.
//
//   .loader: _load_stat
//   .format: SetFormat
//   .timemade: 1795203440.714024
//   .kindname:
//   .r: 100 205700 bytearray
//   .end: .loader: _load_stat
//
// Such packages are appended to one file; each is a snapshot with totals by type and no objects.
//
// Source: docs/formats/guppy.md; guppy's heapy/Part.py.
#include <stdio.h>

#include "base/buf.h"
#include "profile_scan.h"
#include "reader.h"

#define MAX_NAME ((size_t)1 << 16)

// What the numbers of a row are.
enum format { SETS, IDS, DIFFERENCE };

static const struct {
    const char *name;
    enum format format;
} formats[] = {{"SetFormat", SETS}, {"IdFormat", IDS}, {"DiffFormat", DIFFERENCE}};

struct reading {
    hsn__profile profile;
    uint64_t packages, rows; // in all, and in the file
    // of the package under way
    bool open;
    enum format format;
    hsn__buf kind_name;   // what all rows have in common; of IdFormat
    uint32_t common_type; // the type of that name; HSN_NONE = not given out
    uint64_t package_rows, count, size_bytes, shrunk;
    uint64_t stated_rows, stated_count, stated_size_bytes;
    bool has_stated_rows, has_stated_count, has_stated_size_bytes;
};

static int malformed(struct reading *reading, uint64_t offset, const char *what, hsn_error *err)
{
    return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(reading->profile.in), offset, "%s", what);
}

static int begin_package(struct reading *reading, hsn_text loader, uint64_t offset, hsn_error *err)
{
    const hsn_sink *sink = reading->profile.sink;
    int r = HSN_OK;
    hsn__text_blanks(&loader);
    if (!hsn__text_is(loader, "_load_stat"))
        return malformed(reading, offset, "a package that is no table of kinds", err);
    if (reading->packages++)
        r = sink->ops->next_snapshot(sink->context, err);
    hsn__buf_reset(&reading->kind_name);
    reading->open = true;
    reading->format = SETS;
    reading->common_type = HSN_NONE;
    reading->package_rows = reading->count = reading->size_bytes = reading->shrunk = 0;
    reading->has_stated_rows = reading->has_stated_count = reading->has_stated_size_bytes = false;
    return r < 0 ? r : hsn__profile_fact(&reading->profile, "runtime", hsn__text("cpython"), err);
}

// A type of the full name `text`; what stands before the last dot of a plain name is its module.
static int give_type(struct reading *reading, hsn_text text, uint32_t *out_id, hsn_error *err)
{
    const hsn_sink *sink = reading->profile.sink;
    hsn_sink_type type = {.name = text};
    size_t dot = hsn__text_last(text, '.');
    bool plain = dot && dot + 1 < text.length;
    for (size_t i = 0; i < text.length && plain; i++)
        plain = !strchr(" '\"()[]{}<>,:/", text.data[i]);
    if (plain) {
        type.module = hsn__text_part(text, 0, dot);
        type.name = hsn__text_part(text, dot + 1, text.length);
    }
    return sink->ops->type(sink->context, &type, out_id, err);
}

static bool take_signed(hsn_text *text, bool *out_negative, uint64_t *out)
{
    *out_negative = hsn__text_take(text, "-");
    return hsn__text_number(text, 10, out);
}

// `count size kind`, of IdFormat `size kind`, where the kind is the one object's address or text.
static int read_row(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    const hsn_sink *sink = reading->profile.sink;
    uint64_t count = 1, size_bytes;
    bool fewer = false, smaller;
    uint32_t type;
    int r = HSN_OK;
    hsn__text_blanks(&line);
    if ((reading->format != IDS &&
         (!take_signed(&line, &fewer, &count) || !hsn__text_take(&line, " "))) ||
        !take_signed(&line, &smaller, &size_bytes) || !hsn__text_take(&line, " ") ||
        line.length > MAX_NAME || ((fewer || smaller) && reading->format != DIFFERENCE))
        return hsn__profile_warn(&reading->profile, offset, "a row of the wrong form is left out",
                                 err);
    reading->rows++;
    reading->package_rows++;
    reading->count += fewer ? -count : count;
    reading->size_bytes += smaller ? -size_bytes : size_bytes;
    if ((fewer && count) || (smaller && size_bytes)) {
        reading->shrunk++;
        return HSN_OK;
    }
    if (reading->format == IDS && reading->common_type == HSN_NONE) {
        hsn_text name = {reading->kind_name.data, reading->kind_name.size};
        r = give_type(reading, name.length ? name : hsn__text("<Anything>"), &reading->common_type,
                      err);
    }
    type = reading->common_type;
    if (r == HSN_OK && reading->format != IDS)
        r = give_type(reading, line, &type, err);
    return r < 0 ? r : sink->ops->type_total(sink->context, type, count, size_bytes, err);
}

// The package says itself how much it holds.
static int end_package(struct reading *reading, uint64_t offset, hsn_error *err)
{
    char message[120];
    int r = HSN_OK;
    reading->open = false;
    if ((reading->has_stated_rows && reading->stated_rows != reading->package_rows) ||
        (reading->has_stated_count && reading->stated_count != reading->count) ||
        (reading->has_stated_size_bytes && reading->stated_size_bytes != reading->size_bytes))
        r = hsn__profile_warn(&reading->profile, offset, "the package's own sums are others", err);
    if (r == HSN_OK && reading->shrunk) {
        snprintf(message, sizeof message, "%llu kinds that became less are left out",
                 (unsigned long long)reading->shrunk);
        r = hsn__profile_warn(&reading->profile, offset, message, err);
    }
    return r;
}

static int read_format(struct reading *reading, hsn_text value, uint64_t offset, hsn_error *err)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (hsn__text_is(value, formats[i].name)) {
            reading->format = formats[i].format;
            return hsn__profile_fact(&reading->profile, "guppy.format", value, err);
        }
    return malformed(reading, offset, "a table of an unknown format", err);
}

static int read_time(struct reading *reading, hsn_text value, hsn_error *err)
{
    double time_s;
    if (!hsn__text_decimal(&value, &time_s) || value.length || time_s < 0 || time_s > 1e11)
        return HSN_OK;
    return hsn__profile_fact_number(&reading->profile, "captured_at_unix_ms",
                                    (uint64_t)(time_s * 1000 + 0.5), err);
}

// `<__main__.Session>`, what all rows of the table are, without its brackets.
static int read_kind_name(struct reading *reading, hsn_text value, hsn_error *err)
{
    if (value.length > MAX_NAME || !value.length)
        return HSN_OK;
    if (value.length > 2 && value.data[0] == '<' && value.data[value.length - 1] == '>')
        value = hsn__text_part(value, 1, value.length - 1);
    hsn__buf_reset(&reading->kind_name);
    hsn__buf_append(&reading->kind_name, value.data, value.length);
    if (reading->kind_name.failed)
        return hsn__fail_memory(err);
    return hsn__profile_fact(&reading->profile, "guppy.kind", value, err);
}

static int read_header(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    bool negative = false;
    const struct {
        const char *word;
        uint64_t *value;
        bool *has;
    } sums[] = {
        {".count:", &reading->stated_count, &reading->has_stated_count},
        {".size:", &reading->stated_size_bytes, &reading->has_stated_size_bytes},
        {".numrows:", &reading->stated_rows, &reading->has_stated_rows},
    };
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        if (hsn__text_take(&line, sums[i].word)) {
            hsn__text_blanks(&line);
            *sums[i].has = take_signed(&line, &negative, sums[i].value) && !line.length;
            if (negative)
                *sums[i].value = -*sums[i].value;
            return HSN_OK;
        }
    if (hsn__text_take(&line, ".format:")) {
        hsn__text_blanks(&line);
        return read_format(reading, line, offset, err);
    }
    if (hsn__text_take(&line, ".timemade:")) {
        hsn__text_blanks(&line);
        return read_time(reading, line, err);
    }
    if (hsn__text_take(&line, ".kindname:")) {
        hsn__text_blanks(&line);
        return read_kind_name(reading, line, err);
    }
    if (hsn__text_take(&line, ".kindheader:")) {
        hsn__text_blanks(&line);
        return hsn__profile_fact(&reading->profile, "guppy.classifier", line, err);
    }
    return line.length && *line.data == '.'
               ? HSN_OK
               : hsn__profile_warn(&reading->profile, offset,
                                   "a line of the wrong form is left out", err);
}

static int read_line(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    int r = HSN_OK;
    if (hsn__text_take(&line, ".loader:")) {
        if (reading->open)
            r = end_package(reading, offset, err);
        return r < 0 ? r : begin_package(reading, line, offset, err);
    }
    if (!reading->packages)
        return malformed(reading, offset, "no package of guppy", err);
    if (hsn__text_take(&line, ".end:"))
        return reading->open ? end_package(reading, offset, err) : HSN_OK;
    if (!line.length || !reading->open)
        return HSN_OK;
    if (hsn__text_take(&line, ".r:"))
        return read_row(reading, line, offset, err);
    return read_header(reading, line, offset, err);
}

static int read_packages(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading reading = {.profile = {.in = in, .sink = sink},
                              .kind_name = {.max = MAX_NAME + 2}};
    hsn_error cause = {0};
    hsn_text line;
    uint64_t offset = 0;
    int r = HSN_OK;
    while (r == HSN_OK) {
        r = hsn__profile_line(&reading.profile, &line, &offset, &cause);
        if (r == HSN_OK)
            r = read_line(&reading, line, offset, &cause);
    }
    if (r == HSN_DONE && reading.open)
        r = malformed(&reading, hsn__input_offset(in), "the last package has no end", &cause);
    else if (r == HSN_DONE && !reading.packages)
        r = malformed(&reading, 0, "no package of guppy", &cause);
    r = hsn__profile_outcome(&reading.profile, r, reading.rows > 0, &cause, err);
    hsn__profile_clear(&reading.profile);
    hsn__buf_clear(&reading.kind_name);
    return r;
}

static int probe(const uint8_t *head, size_t size)
{
    hsn_text text = {(const char *)head, size};
    return hsn__text_take(&text, ".loader: _load_stat") ? 95 : 0;
}

const hsn_reader hsn__reader_guppy = {
    .name = "guppy",
    .title = "guppy's tables of kinds (.hpy)",
    .spec = "docs/formats/guppy.md",
    .content = HSN_HAS_TYPE_TOTALS,
    .probe = probe,
    .read = read_packages,
};
