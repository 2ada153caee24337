// SPDX-License-Identifier: MIT
// Mappings of a process: /proc/PID/smaps, smaps_rollup, pmap -x, -X, -XX; several captures in a
// row.
//
//   55c0a1bec000-55c0a1bf1000 r-xp 00002000 fe:00 247766   /usr/bin/sleep      smaps
//   Rss:                  20 kB
//
//   Address           Kbytes     RSS   Dirty Mode  Mapping                     pmap
//   000055c0a1bec000      20      20       0 r-x-- sleep
//
// A mapping is an allocation whose file is the mapping's name, so that groupings by file tell which
// one grew. Each capture is a snapshot; a line with a date before it says when it was taken.
//
// Source: docs/formats/smaps.md; Documentation/filesystems/proc.rst of Linux; pmap.c of procps.
#include "base/alloc.h"
#include "profile_scan.h"
#include "reader.h"
#include "text_time.h"

#define MAX_CAPTURES ((size_t)1 << 20)
#define MAX_COLUMNS  64
#define KIB          1024

// What is known of a mapping, in KiB.
enum field { RSS, VIRTUAL, PSS, PRIVATE_CLEAN, PRIVATE_DIRTY, PRIVATE_HUGE, DIRTY, SWAP, FIELDS };

// Columns of pmap that are no number.
enum { OTHER = FIELDS, MODE, FLAGS, MAPPING };

static const struct {
    const char *name;
    int field;
} names[] = {
    {"Rss", RSS},
    {"RSS", RSS},
    {"Size", VIRTUAL},
    {"Kbytes", VIRTUAL},
    {"Pss", PSS},
    {"Private_Clean", PRIVATE_CLEAN},
    {"Private_Dirty", PRIVATE_DIRTY},
    {"Private_Hugetlb", PRIVATE_HUGE},
    {"Dirty", DIRTY},
    {"Swap", SWAP},
    {"Mode", MODE},
    {"Perm", MODE},
    {"VmFlags", FLAGS},
    {"Mapping", MAPPING},
};

// What is given to the sink: sums of fields.
enum metric {
    METRIC_RSS,
    METRIC_PSS,
    METRIC_USS,
    METRIC_PRIVATE_DIRTY,
    METRIC_DIRTY,
    METRIC_SWAP,
    METRIC_VIRTUAL,
    METRICS
};

static const struct {
    const char *name, *fact;
    unsigned fields; // that are added
} metrics[METRICS] = {
    [METRIC_RSS] = {"rss", "rss_bytes", 1 << RSS},
    [METRIC_PSS] = {"pss", "smaps.pss_bytes", 1 << PSS},
    [METRIC_USS] = {"uss", "smaps.uss_bytes",
                    1 << PRIVATE_CLEAN | 1 << PRIVATE_DIRTY | 1 << PRIVATE_HUGE},
    [METRIC_PRIVATE_DIRTY] = {"private_dirty", "smaps.private_dirty_bytes", 1 << PRIVATE_DIRTY},
    [METRIC_DIRTY] = {"dirty", "smaps.dirty_bytes", 1 << DIRTY},
    [METRIC_SWAP] = {"swap", "smaps.swap_bytes", 1 << SWAP},
    [METRIC_VIRTUAL] = {"virtual", "smaps.virtual_bytes", 1 << VIRTUAL},
};

// A capture that is over: a point of each series.
struct point {
    double time_s;
    uint64_t bytes[METRICS];
    unsigned known; // metrics, as bits
};

struct reading {
    hsn__profile profile;
    struct point *points; // of captures with a time
    size_t point_count, point_capacity;
    uint64_t captures, mappings;
    double next_time_s; // of the capture to come
    bool has_next_time;
    // of the capture under way
    bool open, has_time, given_point;
    double time_s;
    uint64_t capture_mappings, last_start;
    struct point sums;
    uint32_t ids[METRICS]; // HSN_NONE = not announced yet
    // of the mapping under way
    bool in_mapping;
    uint64_t kib[FIELDS];
    unsigned known; // fields, as bits
    // of pmap's table
    uint8_t columns[MAX_COLUMNS];
    size_t column_count, mapping_place;
};

static const hsn_sink_ops *ops_of(const struct reading *reading)
{
    return reading->profile.sink->ops;
}

// ---- captures ----

static int give_point(struct reading *reading, const struct point *point, hsn_error *err)
{
    int r = HSN_OK;
    for (unsigned i = 0; i < METRICS && r == HSN_OK; i++)
        if (point->known & 1u << i)
            r = ops_of(reading)->sample(reading->profile.sink->context, hsn__text(metrics[i].name),
                                        point->time_s, (double)point->bytes[i], err);
    return r;
}

static int open_capture(struct reading *reading, hsn_error *err)
{
    int r = HSN_OK;
    if (reading->open)
        return HSN_OK;
    // The capture before was not the last one: of the series it has its own point only.
    if (reading->captures && reading->given_point)
        r = give_point(reading, &reading->points[reading->point_count - 1], err);
    if (r == HSN_OK && reading->captures++)
        r = ops_of(reading)->next_snapshot(reading->profile.sink->context, err);
    reading->open = true;
    reading->has_time = reading->has_next_time;
    reading->time_s = reading->next_time_s;
    reading->has_next_time = reading->given_point = false;
    reading->capture_mappings = reading->last_start = 0;
    reading->sums = (struct point){0};
    for (unsigned i = 0; i < METRICS; i++)
        reading->ids[i] = HSN_NONE;
    return r;
}

static int announce(struct reading *reading, unsigned metric, hsn_error *err)
{
    if (reading->ids[metric] != HSN_NONE)
        return HSN_OK;
    reading->ids[metric] = HSN_METRIC_INUSE;
    return metric == METRIC_RSS ? HSN_OK
                                : hsn__profile_metric(&reading->profile, metrics[metric].name,
                                                      HSN_UNIT_BYTES, &reading->ids[metric], err);
}

// The mapping's numbers are complete.
static int end_mapping(struct reading *reading, hsn_error *err)
{
    int r = HSN_OK;
    if (!reading->in_mapping)
        return HSN_OK;
    reading->in_mapping = false;
    for (unsigned i = 0; i < METRICS && r == HSN_OK; i++) {
        uint64_t kib = 0;
        for (unsigned field = 0; field < FIELDS; field++)
            if (metrics[i].fields & reading->known & 1u << field)
                kib += reading->kib[field];
        // A kernel may lack huge pages; the other parts of a sum must all be there.
        if (metrics[i].fields & ~reading->known & ~(1u << PRIVATE_HUGE))
            continue;
        uint64_t bytes = kib * KIB;
        if (bytes + reading->sums.bytes[i] > INT64_MAX)
            return hsn__fail_limit(err, "bytes of mappings", INT64_MAX);
        reading->sums.bytes[i] += bytes;
        reading->sums.known |= 1u << i;
        r = announce(reading, i, err);
        if (r == HSN_OK && (bytes || i == METRIC_RSS))
            r = hsn__profile_allocation_of(&reading->profile, reading->ids[i], 1, bytes, err);
    }
    return r;
}

static int begin_mapping(struct reading *reading, hsn_text name, hsn_text mode, uint64_t start,
                         hsn_error *err)
{
    hsn_sink_frame frame = {.file = name, .function = mode};
    // pmap: `  [ anon ]`.
    hsn__text_blanks(&frame.file);
    if (!frame.file.length || hsn__text_is(frame.file, "[ anon ]"))
        frame.file = hsn__text("[anon]");
    else if (hsn__text_is(frame.file, "[ stack ]"))
        frame.file = hsn__text("[stack]");
    reading->in_mapping = true;
    reading->known = 0;
    memset(reading->kib, 0, sizeof reading->kib);
    reading->mappings++;
    reading->capture_mappings++;
    reading->last_start = start;
    reading->profile.count = 0;
    return hsn__profile_push(&reading->profile, &frame, err);
}

static int end_capture(struct reading *reading, hsn_error *err)
{
    int r = end_mapping(reading, err);
    if (r < 0 || !reading->open || !reading->capture_mappings)
        return r;
    reading->open = false;
    reading->column_count = 0;
    for (unsigned i = 0; i < METRICS && r == HSN_OK; i++)
        if (reading->sums.known & 1u << i)
            r = hsn__profile_fact_number(&reading->profile, metrics[i].fact, reading->sums.bytes[i],
                                         err);
    if (r < 0 || !reading->has_time)
        return r;
    if (reading->time_s >= 0 && reading->time_s < 1e11)
        r = hsn__profile_fact_number(&reading->profile, "captured_at_unix_ms",
                                     (uint64_t)(reading->time_s * 1000 + 0.5), err);
    if (r == HSN_OK &&
        !hsn__array_grow(&reading->points, &reading->point_capacity, reading->point_count + 1,
                         sizeof *reading->points, MAX_CAPTURES))
        return reading->point_count < MAX_CAPTURES
                   ? hsn__fail_memory(err)
                   : hsn__fail_limit(err, "captures of one file", MAX_CAPTURES);
    if (r == HSN_OK) {
        reading->sums.time_s = reading->time_s;
        reading->points[reading->point_count++] = reading->sums;
        reading->given_point = true;
    }
    return r;
}

// ---- lines ----

static bool is_mode(hsn_text text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!strchr("rwxsp-R", text.data[i]))
            return false;
    return text.length == 4 || text.length == 5;
}

static int field_of(hsn_text name)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (hsn__text_is(name, names[i].name))
            return names[i].field;
    return OTHER;
}

// No mapping is larger than the address space.
static bool parse_kib(hsn_text *text, uint64_t *out)
{
    return hsn__text_number(text, 10, out) && *out <= INT64_MAX / KIB;
}

static void set_field(struct reading *reading, unsigned field, uint64_t kib)
{
    reading->kib[field] = kib;
    reading->known |= 1u << field;
}

static hsn_text next_word(hsn_text *line)
{
    hsn__text_blanks(line);
    return hsn__text_word(line);
}

// `start-end mode offset device inode   name`: the head of a mapping in smaps.
static bool parse_head(hsn_text line, uint64_t *out_start, hsn_text *out_mode, hsn_text *out_name)
{
    uint64_t end;
    if (!hsn__text_number(&line, 16, out_start) || !hsn__text_take(&line, "-") ||
        !hsn__text_number(&line, 16, &end) || !hsn__text_take(&line, " "))
        return false;
    *out_mode = hsn__text_word(&line);
    if (!is_mode(*out_mode) || !next_word(&line).length || !next_word(&line).length ||
        !next_word(&line).length)
        return false;
    hsn__text_blanks(&line);
    *out_name = line;
    return true;
}

static int read_head(struct reading *reading, hsn_text mode, hsn_text name, uint64_t start,
                     hsn_error *err)
{
    int r = end_mapping(reading, err);
    // Addresses ascend within a capture.
    if (r == HSN_OK && reading->capture_mappings &&
        (start <= reading->last_start || hsn__text_is(name, "[rollup]")))
        r = end_capture(reading, err);
    if (r == HSN_OK)
        r = open_capture(reading, err);
    return r < 0 ? r : begin_mapping(reading, name, mode, start, err);
}

// `Rss:   20 kB`. Keys that are not looked at are known by their form.
static bool read_key(struct reading *reading, hsn_text line)
{
    const char *colon = line.length ? memchr(line.data, ':', line.length) : NULL;
    if (!colon || !reading->in_mapping)
        return false;
    hsn_text key = hsn__text_part(line, 0, (size_t)(colon - line.data));
    hsn_text value = hsn__text_part(line, key.length + 1, line.length);
    int field = field_of(key);
    uint64_t kib;
    if (!key.length || key.data[0] < 'A' || key.data[0] > 'Z' || memchr(key.data, ' ', key.length))
        return false;
    hsn__text_blanks(&value);
    if (field < FIELDS) {
        if (!parse_kib(&value, &kib) || !hsn__text_is(value, " kB"))
            return false;
        set_field(reading, (unsigned)field, kib);
    }
    return true;
}

// The line of pmap that names its columns.
static bool parse_columns(struct reading *reading, hsn_text line)
{
    hsn_text rest = line;
    bool mapping = false;
    size_t count = 0;
    if (!hsn__text_is(next_word(&rest), "Address"))
        return false;
    while (count < MAX_COLUMNS && !mapping) {
        hsn_text word = next_word(&rest);
        if (!word.length)
            return false;
        int field = field_of(word);
        mapping = field == MAPPING;
        if (mapping)
            reading->mapping_place = (size_t)(word.data - line.data);
        reading->columns[count++] = (uint8_t)field;
    }
    reading->column_count = mapping ? count : 0;
    return mapping;
}

// A row of pmap; its flags are words of their own number, so there the column's place counts.
static int read_row(struct reading *reading, hsn_text line, uint64_t start, hsn_text rest,
                    bool *out_taken, hsn_error *err)
{
    uint64_t kib[FIELDS] = {0};
    unsigned known = 0;
    hsn_text mode = {0}, name = {0};
    *out_taken = false;
    for (size_t i = 0; i < reading->column_count; i++) {
        unsigned field = reading->columns[i];
        if (field == MAPPING) {
            name = rest;
        } else if (field == FLAGS) {
            size_t place =
                reading->mapping_place < line.length ? reading->mapping_place : line.length;
            rest = hsn__text_part(line, place, line.length);
        } else {
            hsn_text word = next_word(&rest);
            if (!word.length)
                return HSN_OK;
            if (field == MODE)
                mode = word;
            if (field < FIELDS) {
                if (!parse_kib(&word, &kib[field]) || word.length)
                    return HSN_OK;
                known |= 1u << field;
            }
        }
    }
    *out_taken = true;
    int r = end_mapping(reading, err);
    if (r == HSN_OK)
        r = open_capture(reading, err);
    if (r == HSN_OK)
        r = begin_mapping(reading, name, mode, start, err);
    for (unsigned field = 0; field < FIELDS; field++)
        if (known & 1u << field)
            set_field(reading, field, kib[field]);
    return r;
}

// `13279:   sleep 100`, the first line of pmap.
static bool parse_process(hsn_text line, uint64_t *out_pid, hsn_text *out_program)
{
    if (!hsn__text_number(&line, 10, out_pid) || !hsn__text_take(&line, ": "))
        return false;
    hsn__text_blanks(&line);
    *out_program = line;
    return line.length > 0;
}

static int read_process(struct reading *reading, uint64_t pid, hsn_text program, hsn_error *err)
{
    int r = end_capture(reading, err);
    if (r == HSN_OK)
        r = open_capture(reading, err);
    if (r == HSN_OK)
        r = hsn__profile_fact_number(&reading->profile, "pid", pid, err);
    return r < 0 ? r : hsn__profile_fact(&reading->profile, "program", program, err);
}

// A line that holds a date and nothing else but signs and a word for it: `=== 2026-11-20 10:00
// ===`.
static bool parse_when(hsn_text line, double *out)
{
    static const char *const words[] = {"timestamp", "time", "date", "at"};
    const char *const signs = " \t#=-*:|[]";
    while (line.length && strchr(signs, line.data[0]))
        line = hsn__text_part(line, 1, line.length);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (hsn__text_take(&line, words[i]))
            break;
    while (line.length && strchr(signs, line.data[0]))
        line = hsn__text_part(line, 1, line.length);
    while (line.length && strchr(signs, line.data[line.length - 1]))
        line.length--;
    double value;
    hsn_text number = line;
    if (hsn__text_decimal(&number, &value) && !number.length) {
        *out = value > 1e17   ? value / 1e9
               : value > 1e14 ? value / 1e6
               : value > 1e11 ? value / 1e3
                              : value;
        return value >= 1e8;
    }
    return hsn__text_iso_time(line, out) || hsn__text_date(line, out);
}

static bool is_rule(hsn_text line)
{
    for (size_t i = 0; i < line.length; i++)
        if (!strchr("-= ", line.data[i]))
            return false;
    return true;
}

static int read_line(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    uint64_t start, pid;
    hsn_text mode, name, rest = line;
    double when;
    bool taken;
    int r;
    if (parse_head(line, &start, &mode, &name))
        return read_head(reading, mode, name, start, err);
    if (read_key(reading, line) || parse_columns(reading, line))
        return HSN_OK;
    hsn__text_blanks(&rest);
    if (reading->column_count && hsn__text_number(&rest, 16, &start) && rest.length &&
        rest.data[0] == ' ') {
        r = read_row(reading, line, start, rest, &taken, err);
        if (r < 0 || taken)
            return r;
    }
    if (is_rule(line)) {
        // What follows are sums.
        r = line.length && reading->column_count ? end_mapping(reading, err) : HSN_OK;
        if (line.length)
            reading->column_count = 0;
        return r;
    }
    if (parse_when(line, &when)) {
        r = end_capture(reading, err);
        reading->next_time_s = when;
        reading->has_next_time = true;
        return r;
    }
    if (parse_process(line, &pid, &name))
        return read_process(reading, pid, name, err);
    hsn__text_blanks(&line);
    uint64_t sum;
    if (!reading->column_count &&
        (hsn__text_take(&line, "total kB") || hsn__text_number(&line, 10, &sum)))
        return HSN_OK;
    return hsn__profile_warn(&reading->profile, offset, "a line of the wrong form is left out",
                             err);
}

static int read_captures(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading reading = {.profile = {.in = in, .sink = sink}};
    hsn_error cause = {0}, last = {0};
    hsn_text line;
    uint64_t offset = 0;
    int r = HSN_OK;
    while (r == HSN_OK) {
        r = hsn__profile_line(&reading.profile, &line, &offset, &cause);
        if (r == HSN_OK)
            r = read_line(&reading, line, offset, &cause);
    }
    if (r == HSN_DONE && !reading.mappings)
        r = hsn__fail_at(&cause, HSN_EFORMAT, hsn__input_name(in), 0, "no mappings");
    // The last capture has the series of all.
    int given = HSN_OK;
    if (reading.mappings && (r == HSN_DONE || r == HSN_EFORMAT || r == HSN_EIO)) {
        given = end_capture(&reading, &last);
        for (size_t i = 0; i < reading.point_count && given == HSN_OK; i++)
            given = give_point(&reading, &reading.points[i], &last);
    }
    if (given < 0) {
        r = given;
        cause = last;
    }
    r = hsn__profile_outcome(&reading.profile, r, reading.mappings > 0, &cause, err);
    hsn__profile_clear(&reading.profile);
    hsn__free(reading.points);
    return r;
}

// Within the first lines the head of a mapping with a size below it, or pmap's columns.
static int probe(const uint8_t *head, size_t size)
{
    struct reading reading = {0};
    hsn_text text = {(const char *)head, size}, mode, name;
    uint64_t start;
    bool after_head = false;
    for (unsigned lines = 0; lines < 6 && text.length; lines++) {
        const char *newline = memchr(text.data, '\n', text.length);
        hsn_text line =
            hsn__text_part(text, 0, newline ? (size_t)(newline - text.data) : text.length);
        text = hsn__text_part(text, line.length + (newline != NULL), text.length);
        if (after_head)
            return hsn__text_take(&line, "Size:") || hsn__text_take(&line, "Rss:") ? 90 : 0;
        after_head = parse_head(line, &start, &mode, &name);
        if (parse_columns(&reading, line))
            return memchr(reading.columns, RSS, reading.column_count) ? 90 : 0;
    }
    return 0;
}

const hsn_reader hsn__reader_smaps = {
    .name = "smaps",
    .title = "mappings of a process (/proc/PID/smaps, pmap -x)",
    .spec = "docs/formats/smaps.md",
    .content = HSN_HAS_ALLOCATIONS | HSN_HAS_SERIES,
    .probe = probe,
    .read = read_captures,
};
