// SPDX-License-Identifier: MIT
// Memory over time as CSV: `time,rss` and its kin, as a psutil loop or a middleware writes it.
//
//   time,rss_mb,vms_mb              1795186701.7,52428800        2026-11-20T10:00:00Z;53821440
//   1795186701.7,50.0,210.5         1795186702.7,53821440
//
// The first line is a header when it does not start with a time or number. Its names say which
// column is the time, what the series are called and in which unit values are.
//
// Source: docs/formats/csv.md
#include <stdio.h>

#include "base/buf.h"
#include "profile_scan.h"
#include "reader.h"
#include "text_time.h"

#define MAX_COLUMNS 256
#define MAX_NAME    200

enum role { TIME, VALUE, PID, OTHER };

struct column {
    double scale; // what a value is multiplied by
    enum role role;
    char name[MAX_NAME + 1];
};

struct reading {
    hsn__profile profile;
    struct column columns[MAX_COLUMNS];
    size_t column_count;
    hsn_text fields[MAX_COLUMNS];
    size_t field_count;
    uint64_t samples;
    double last_time_s, last_rss;
    char separator;
    bool has_rss;
};

static hsn_text trim(hsn_text text)
{
    hsn__text_blanks(&text);
    while (text.length && (text.data[text.length - 1] == ' ' || text.data[text.length - 1] == '\t'))
        text.length--;
    if (text.length > 1 && text.data[0] == '"' && text.data[text.length - 1] == '"')
        text = hsn__text_part(text, 1, text.length - 1);
    return text;
}

// Cut a line at its separators, those within quotes apart. More than `most` fields are dropped.
static size_t split(hsn_text line, char separator, hsn_text *out, size_t most)
{
    size_t count = 0, start = 0;
    bool quoted = false;
    for (size_t i = 0; i <= line.length && count < most; i++) {
        if (i < line.length && line.data[i] == '"')
            quoted = !quoted;
        if (i < line.length && (quoted || line.data[i] != separator))
            continue;
        out[count++] = trim(hsn__text_part(line, start, i));
        start = i + 1;
    }
    return count;
}

static char find_separator(hsn_text line)
{
    static const char separators[] = ",;\t";
    for (size_t i = 0; i < sizeof separators - 1; i++)
        if (line.length && memchr(line.data, separators[i], line.length))
            return separators[i];
    return 0;
}

// Seconds since 1970, or since the start: ISO 8601, or a number whose size tells its unit.
static bool parse_time(hsn_text text, double *out)
{
    double value;
    if (!hsn__text_real(text, &value))
        return hsn__text_iso_time(text, out);
    *out = value > 1e17   ? value / 1e9
           : value > 1e14 ? value / 1e6
           : value > 1e11 ? value / 1e3
                          : value;
    return true;
}

// ---- the header ----

static const struct {
    const char *word;
    double scale;
} units[] = {
    {"bytes", 1},
    {"byte", 1},
    {"b", 1},
    {"kib", 1024},
    {"kb", 1024},
    {"k", 1024},
    {"mib", 1048576},
    {"mb", 1048576},
    {"m", 1048576},
    {"gib", 1 << 30},
    {"gb", 1 << 30},
    {"g", 1 << 30},
    {"kilobytes", 1024},
    {"megabytes", 1048576},
    {"gigabytes", 1 << 30},
};

static const struct {
    const char *word;
    double scale;
} time_units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}};

static const char *const time_words[] = {"time", "timestamp", "ts",      "t",    "date", "datetime",
                                         "unix", "epoch",     "elapsed", "when", "secs", "seconds"};

// The letters and digits of a name in lower case, `_` for each run of others: "RSS (MiB)" rss_mib.
static void plain_name(hsn_text text, char out[MAX_NAME + 1])
{
    size_t length = 0;
    for (size_t i = 0; i < text.length && length < MAX_NAME; i++) {
        char c = text.data[i];
        bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    c == '.' || c == '%' || (uint8_t)c >= 0x80;
        if (word)
            out[length++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        else if (length && out[length - 1] != '_')
            out[length++] = '_';
    }
    while (length && out[length - 1] == '_')
        length--;
    out[length] = 0;
}

static bool is_time_name(const char *name)
{
    size_t length = strcspn(name, "_");
    for (size_t i = 0; i < sizeof time_words / sizeof *time_words; i++)
        if (strlen(time_words[i]) == length && !memcmp(name, time_words[i], length))
            return true;
    return false;
}

// A unit behind the last `_` of a name is cut off.
static void take_unit(struct column *column)
{
    char *last = strrchr(column->name, '_');
    column->scale = 1;
    for (size_t i = 0; last && i < sizeof units / sizeof *units; i++)
        if (!strcmp(last + 1, units[i].word)) {
            column->scale = units[i].scale;
            *last = 0;
            return;
        }
}

static void take_header(struct reading *reading)
{
    bool timed = false;
    for (size_t i = 0; i < reading->field_count; i++) {
        struct column *column = &reading->columns[i];
        plain_name(reading->fields[i], column->name);
        column->role = VALUE;
        if (!timed && is_time_name(column->name)) {
            const char *last = strrchr(column->name, '_');
            column->role = TIME;
            for (size_t k = 0; last && k < sizeof time_units / sizeof *time_units; k++)
                if (!strcmp(last + 1, time_units[k].word))
                    column->scale = time_units[k].scale;
            timed = true;
        } else if (!strcmp(column->name, "pid")) {
            column->role = PID;
        } else if (!*column->name) {
            column->role = OTHER;
        } else {
            take_unit(column);
        }
    }
    if (!timed)
        reading->columns[0] = (struct column){.role = TIME};
    reading->column_count = reading->field_count;
}

static void name_columns(struct reading *reading)
{
    for (size_t i = 0; i < reading->field_count; i++) {
        struct column *column = &reading->columns[i];
        *column = (struct column){.role = i ? VALUE : TIME, .scale = i ? 1 : 0};
        if (i == 1)
            snprintf(column->name, sizeof column->name, "rss");
        else if (i)
            snprintf(column->name, sizeof column->name, "column.%zu", i + 1);
    }
    reading->column_count = reading->field_count;
}

// Whether no field of a line is a time or number.
static bool is_header(const hsn_text *fields, size_t count)
{
    double value;
    for (size_t i = 0; i < count; i++)
        if (parse_time(fields[i], &value))
            return false;
    return count > 1;
}

// ---- lines ----

static bool time_of(const struct reading *reading, double *out, uint64_t *out_pid,
                    bool *out_has_pid)
{
    bool timed = false;
    double value;
    *out_has_pid = false;
    for (size_t i = 0; i < reading->field_count && i < reading->column_count; i++) {
        const struct column *column = &reading->columns[i];
        hsn_text text = reading->fields[i];
        if (column->role == PID)
            *out_has_pid = hsn__text_number(&text, 10, out_pid) && !text.length;
        if (column->role != TIME)
            continue;
        timed = parse_time(text, out);
        // A unit in the name wins over a guess.
        if (timed && column->scale > 0 && hsn__text_real(text, &value))
            *out = value * column->scale;
    }
    return timed;
}

static int read_row(struct reading *reading, uint64_t offset, hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    double time_s = 0, value;
    uint64_t pid = 0, before = reading->samples;
    bool has_pid;
    int r = HSN_OK;
    if (!time_of(reading, &time_s, &pid, &has_pid))
        return hsn__profile_warn(profile, offset, "a line without a time is left out", err);
    for (size_t i = 0; r == HSN_OK && i < reading->field_count && i < reading->column_count; i++) {
        const struct column *column = &reading->columns[i];
        char series[MAX_NAME + 32];
        if (column->role != VALUE || !hsn__text_real(reading->fields[i], &value))
            continue;
        value *= column->scale;
        if (column->scale > 1)
            value = (double)(uint64_t)((value < 0 ? 0 : value > 1e18 ? 1e18 : value) + 0.5);
        snprintf(series, sizeof series, has_pid ? "%s.pid.%llu" : "%s", column->name,
                 (unsigned long long)pid);
        r = profile->sink->ops->sample(profile->sink->context, hsn__text(series), time_s, value,
                                       err);
        reading->samples++;
        if (!has_pid && !strcmp(column->name, "rss")) {
            reading->last_rss = value;
            reading->has_rss = true;
        }
    }
    reading->last_time_s = time_s;
    return r == HSN_OK && reading->samples == before
               ? hsn__profile_warn(profile, offset, "a line without a value is left out", err)
               : r;
}

static int read_line(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    if (!offset)
        hsn__text_take(&line, "\xef\xbb\xbf");
    line = trim(line);
    if (!line.length || line.data[0] == '#')
        return HSN_OK;
    if (!reading->separator) {
        reading->separator = find_separator(line);
        if (!reading->separator)
            return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(reading->profile.in), offset,
                                "a line of one column where time and value belong");
    }
    reading->field_count = split(line, reading->separator, reading->fields, MAX_COLUMNS);
    if (!reading->column_count) {
        if (is_header(reading->fields, reading->field_count)) {
            take_header(reading);
            return HSN_OK;
        }
        name_columns(reading);
    }
    return read_row(reading, offset, err);
}

// What the last line says of the process: facts of the snapshot.
static int give_last(struct reading *reading, hsn_error *err)
{
    int r = HSN_OK;
    if (reading->last_time_s >= 1e8 && reading->last_time_s < 1e11)
        r = hsn__profile_fact_number(&reading->profile, "captured_at_unix_ms",
                                     (uint64_t)(reading->last_time_s * 1000 + 0.5), err);
    if (r == HSN_OK && reading->has_rss && reading->last_rss >= 0 && reading->last_rss < 1e18)
        r = hsn__profile_fact_number(&reading->profile, "rss_bytes", (uint64_t)reading->last_rss,
                                     err);
    return r;
}

static int read_series(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading reading = {.profile = {.in = in, .sink = sink}};
    hsn_error cause = {0};
    hsn_text line;
    uint64_t offset = 0;
    int r = HSN_OK;
    while (r == HSN_OK) {
        r = hsn__profile_line(&reading.profile, &line, &offset, &cause);
        if (r == HSN_OK)
            r = read_line(&reading, line, offset, &cause);
    }
    if (r == HSN_DONE && !reading.samples)
        r = hsn__fail_at(&cause, HSN_EFORMAT, hsn__input_name(in), 0, "no samples");
    if (reading.samples && (r == HSN_DONE || r == HSN_EFORMAT || r == HSN_EIO)) {
        int given = give_last(&reading, err);
        r = given < 0 ? given : r;
    }
    r = hsn__profile_outcome(&reading.profile, r, reading.samples > 0, &cause, err);
    hsn__profile_clear(&reading.profile);
    return r;
}

// The first line a header that names a time, or a time and numbers; the second a time and numbers.
static int probe(const uint8_t *head, size_t size)
{
    hsn_text fields[MAX_COLUMNS], text = {(const char *)head, size};
    double value;
    unsigned lines = 0;
    size_t count = 0, time_column = 0;
    char separator = 0, name[MAX_NAME + 1];
    hsn__text_take(&text, "\xef\xbb\xbf");
    while (lines < 2 && text.length) {
        const char *newline = memchr(text.data, '\n', text.length);
        size_t length = newline ? (size_t)(newline - text.data) : text.length;
        hsn_text line = hsn__text_part(text, 0, length);
        text = hsn__text_part(text, newline ? length + 1 : length, text.length);
        if (line.length && line.data[line.length - 1] == '\r')
            line.length--;
        line = trim(line);
        if (!line.length || line.data[0] == '#')
            continue;
        if (!newline && lines)
            break;
        separator = separator ? separator : find_separator(line);
        count = separator ? split(line, separator, fields, MAX_COLUMNS) : 0;
        if (count < 2)
            return 0;
        bool header = !lines++ && is_header(fields, count);
        bool timed = false, valued = false;
        for (size_t i = 0; i < count && header && !timed; i++) {
            plain_name(fields[i], name);
            timed = is_time_name(name);
            time_column = timed ? i : 0;
        }
        if (!header)
            timed = time_column < count && parse_time(fields[time_column], &value);
        for (size_t i = 0; i < count; i++)
            valued = valued || (i != time_column && hsn__text_real(fields[i], &value));
        if (!timed || (!header && !valued))
            return 0;
    }
    return lines ? 60 : 0;
}

const hsn_reader hsn__reader_csv = {
    .name = "csv",
    .title = "memory over time as CSV (time,rss)",
    .spec = "docs/formats/csv.md",
    .content = HSN_HAS_SERIES,
    .probe = probe,
    .read = read_series,
};
