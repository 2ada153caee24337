// SPDX-License-Identifier: MIT
// The .dat files of mprof (memory_profiler): memory over time, in total, by function, by child.
//
// Source: docs/formats/mprof.md
#include <stdio.h>

#include "profile_scan.h"
#include "reader.h"

#define MIB     1048576.0
#define MAX_MIB 4294967296.0

struct reading {
    hsn__profile profile;
    uint64_t samples;
    bool has_program;
};

static int give(struct reading *reading, hsn_text series, double time_s, double mib, hsn_error *err)
{
    double bytes = mib * MIB;
    // MEM has as many digits as whole bytes need.
    if (mib >= 0 && mib < MAX_MIB)
        bytes = (double)(uint64_t)(bytes + 0.5);
    reading->samples++;
    return reading->profile.sink->ops->sample(reading->profile.sink->context, series, time_s, bytes,
                                              err);
}

// The word behind the last space, cut off.
static bool last_decimal(hsn_text *line, double *out)
{
    size_t space = hsn__text_last(*line, ' ');
    if (space == line->length)
        return false;
    hsn_text word = hsn__text_part(*line, space + 1, line->length);
    if (!hsn__text_decimal(&word, out) || word.length)
        return false;
    line->length = space;
    return true;
}

// `NAME mib time mib time [level]`: the name may contain spaces, so it is read from the end.
static bool read_function(hsn_text line, hsn_text *out_name, double out[4])
{
    double numbers[5];
    unsigned count = 0;
    while (count < 5 && last_decimal(&line, &numbers[count]))
        count++;
    if (count < 4 || !line.length)
        return false;
    // Old files have no level; then the fifth number, if any, is a part of the name.
    unsigned level = count == 5 && numbers[0] < numbers[1];
    for (unsigned i = 0; i < 4; i++)
        out[i] = numbers[level + 3 - i];
    *out_name = line;
    return true;
}

static int read_line(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    double mib, time_s, numbers[4];
    uint64_t pid;
    hsn_text name;
    char series[300];
    if (hsn__text_take(&line, "CMDLINE ")) {
        if (reading->has_program)
            return HSN_OK;
        reading->has_program = true;
        return hsn__profile_fact(profile, "program", line, err);
    }
    if (hsn__text_take(&line, "MEM ")) {
        if (hsn__text_decimal(&line, &mib) && hsn__text_take(&line, " ") &&
            hsn__text_decimal(&line, &time_s) && !line.length)
            return give(reading, hsn__text("rss"), time_s, mib, err);
    } else if (hsn__text_take(&line, "CHLD ")) {
        if (hsn__text_number(&line, 10, &pid) && hsn__text_take(&line, " ") &&
            hsn__text_decimal(&line, &mib) && hsn__text_take(&line, " ") &&
            hsn__text_decimal(&line, &time_s) && !line.length) {
            snprintf(series, sizeof series, "rss.child.%llu", (unsigned long long)pid);
            return give(reading, hsn__text(series), time_s, mib, err);
        }
    } else if (hsn__text_take(&line, "FUNC ")) {
        if (read_function(line, &name, numbers)) {
            snprintf(series, sizeof series, "rss.function.%.*s",
                     name.length < 256 ? (int)name.length : 256, name.data);
            int r = give(reading, hsn__text(series), numbers[1], numbers[0], err);
            return r < 0 ? r : give(reading, hsn__text(series), numbers[3], numbers[2], err);
        }
    } else {
        return HSN_OK;
    }
    return hsn__profile_warn(profile, offset, "a line of the wrong form is left out", err);
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
    r = hsn__profile_outcome(&reading.profile, r, reading.samples > 0, &cause, err);
    hsn__profile_clear(&reading.profile);
    return r;
}

static int probe(const uint8_t *head, size_t size)
{
    static const char *const words[] = {"MEM ", "FUNC ", "CHLD ", "CMDLINE "};
    hsn_text text = {(const char *)head, size};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (hsn__text_take(&text, words[i]))
            return 80;
    return 0;
}

const hsn_reader hsn__reader_mprof = {
    .name = "mprof",
    .title = "mprof samples (memory_profiler)",
    .spec = "docs/formats/mprof.md",
    .content = HSN_HAS_SERIES,
    .probe = probe,
    .read = read_series,
};
