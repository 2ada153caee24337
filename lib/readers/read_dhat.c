// SPDX-License-Identifier: MIT
// Output of DHAT (Valgrind's, and of the Rust crate): JSON, format 2, of the mode `heap`.
//
//   {"dhatFileVersion":2,"mode":"heap",…,"pps":[{"tb":96,…,"fs":[1,2]},…],"ftbl":["[root]",…]}
//
// The table of frames stands behind the program points that name them by index, so these are kept:
// 40 bytes each and 4 a frame.
//
// Source: docs/formats/dhat.md; Valgrind's dhat/dh_main.c.
#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"
#include "json_document.h"
#include "profile_scan.h"
#include "reader.h"

#define MAX_ITEMS ((size_t)1 << 28)

// Sums of a program point: key of the bytes, key of the blocks, what it is called.
static const struct {
    const char *size, *count, *name;
} sums[] = {{"gb", "gbk", "t-gmax"}, {"eb", "ebk", "t-end"}, {"tb", "tbk", "total"}};

enum { PEAK, END, TOTAL, SUMS };

struct point {
    uint64_t size_bytes[SUMS], count[SUMS];
    size_t first_frame, frame_count;
};

struct reading {
    hsn__profile profile;
    hsn__json json;
    struct point *points;
    size_t point_count, point_capacity;
    uint32_t *indices; // into table, of all points
    size_t index_count, index_capacity;
    uint32_t *table; // ids of the sink
    size_t table_count, table_capacity;
    bool lifetimes; // blocks are followed to their end, so there is a peak
    bool other_mode, has_points;
};

static int damaged(struct reading *reading, hsn_error *err)
{
    hsn_input *in = reading->profile.in;
    if (reading->json.text.failed)
        return hsn__fail_memory(err);
    int r = hsn__input_at_end(in) ? hsn__input_status(in, err) : HSN_OK;
    if (r < 0)
        return r;
    const char *problem = hsn__input_at_end(in) ? "the document ends early" : reading->json.problem;
    return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(in), hsn__input_offset(in), "%s",
                        problem ? problem : "no JSON");
}

static int grow(void *array, size_t *capacity, size_t count, size_t size, hsn_error *err)
{
    if (hsn__array_grow(array, capacity, count + 1, size, MAX_ITEMS))
        return HSN_OK;
    return count < MAX_ITEMS ? hsn__fail_memory(err)
                             : hsn__fail_limit(err, "records of a profile", MAX_ITEMS);
}

static int read_indices(struct reading *reading, struct point *point, hsn_error *err)
{
    hsn__json *json = &reading->json;
    bool first = true;
    uint64_t index;
    int r = hsn__json_document_take(json, '[') ? HSN_OK : HSN_PARTIAL;
    while (r == HSN_OK && (r = hsn__json_document_element(json, &first)) == HSN_OK) {
        if (!hsn__json_uint(json, &index))
            return damaged(reading, err);
        r = grow(&reading->indices, &reading->index_capacity, reading->index_count,
                 sizeof *reading->indices, err);
        if (r == HSN_OK)
            reading->indices[reading->index_count++] =
                index < UINT32_MAX ? (uint32_t)index : UINT32_MAX;
    }
    point->frame_count = reading->index_count - point->first_frame;
    return r == HSN_PARTIAL ? damaged(reading, err) : r < 0 ? r : HSN_OK;
}

static int read_point(struct reading *reading, hsn_error *err)
{
    hsn__json *json = &reading->json;
    struct point point = {.first_frame = reading->index_count};
    hsn__json_span key;
    bool first = true;
    int r = hsn__json_document_take(json, '{') ? HSN_OK : HSN_PARTIAL;
    while (r == HSN_OK && (r = hsn__json_document_member(json, &first, &key)) == HSN_OK) {
        hsn_text name = hsn__json_text(json, key);
        uint64_t *number = NULL;
        for (unsigned i = 0; i < SUMS; i++) {
            if (hsn__json_is(name, sums[i].size))
                number = &point.size_bytes[i];
            else if (hsn__json_is(name, sums[i].count))
                number = &point.count[i];
        }
        if (hsn__json_is(name, "fs"))
            r = read_indices(reading, &point, err);
        else if (number ? !hsn__json_uint(json, number) : !hsn__json_document_skip(json))
            r = HSN_PARTIAL;
        hsn__json_reset(json);
    }
    if (r == HSN_PARTIAL)
        return damaged(reading, err);
    if (r >= 0)
        r = grow(&reading->points, &reading->point_capacity, reading->point_count,
                 sizeof *reading->points, err);
    if (r == HSN_OK)
        reading->points[reading->point_count++] = point;
    return r;
}

static int read_frame(struct reading *reading, hsn_error *err)
{
    hsn__json_span span;
    uint32_t id;
    const hsn_sink *sink = reading->profile.sink;
    if (!hsn__json_string(&reading->json, &span))
        return damaged(reading, err);
    hsn_sink_frame frame = hsn__profile_valgrind_frame(hsn__json_text(&reading->json, span));
    int r = grow(&reading->table, &reading->table_capacity, reading->table_count,
                 sizeof *reading->table, err);
    if (r == HSN_OK && !reading->json.text.failed)
        r = sink->ops->frame(sink->context, &frame, &id, err);
    if (reading->json.text.failed)
        return hsn__fail_memory(err);
    if (r == HSN_OK)
        reading->table[reading->table_count++] = id;
    hsn__json_reset(&reading->json);
    return r;
}

static int read_array(struct reading *reading, int (*read)(struct reading *, hsn_error *),
                      hsn_error *err)
{
    bool first = true;
    int r = hsn__json_document_take(&reading->json, '[') ? HSN_OK : HSN_PARTIAL;
    while (r == HSN_OK && (r = hsn__json_document_element(&reading->json, &first)) == HSN_OK)
        r = read(reading, err);
    return r == HSN_PARTIAL ? damaged(reading, err) : r < 0 ? r : HSN_OK;
}

// The document's own members but for the two arrays.
static int read_scalar(struct reading *reading, hsn_text name, hsn_error *err)
{
    static const struct {
        const char *key, *fact;
    } facts[] = {
        {"cmd", "program"}, {"pid", "pid"}, {"mode", "dhat.mode"}, {"tu", "dhat.time_unit"}};
    hsn__json *json = &reading->json;
    size_t row = 0;
    hsn__json_span span;
    hsn__json_kind kind;
    while (row < sizeof facts / sizeof *facts && !hsn__json_is(name, facts[row].key))
        row++;
    bool version = hsn__json_is(name, "dhatFileVersion"), lifetimes = hsn__json_is(name, "bklt");
    bool mode = hsn__json_is(name, "mode"); // the name is void once the value is read
    if (row == sizeof facts / sizeof *facts && !version && !lifetimes)
        return hsn__json_document_skip(json) ? HSN_OK : damaged(reading, err);
    uint8_t c = hsn__json_document_peek(json);
    if (c == '{' || c == '[')
        return hsn__json_document_skip(json) ? HSN_OK : damaged(reading, err);
    if (!hsn__json_scalar(json, &span, &kind) || json->text.failed)
        return damaged(reading, err);
    hsn_text value = hsn__json_text(json, span);
    if (version && !hsn__json_is(value, "2"))
        return hsn__fail(err, HSN_EUNSUPPORTED, hsn__input_name(reading->profile.in),
                         "DHAT's format is not 2");
    if (lifetimes)
        reading->lifetimes = kind == HSN__JSON_TRUE;
    if (version || lifetimes)
        return HSN_OK;
    if (mode)
        reading->other_mode = !hsn__json_is(value, "heap") && !hsn__json_is(value, "rust-heap");
    return hsn__profile_fact(&reading->profile, facts[row].fact, value, err);
}

static int read_document(struct reading *reading, hsn_error *err)
{
    hsn__json *json = &reading->json;
    hsn__json_span key;
    bool first = true;
    int r = hsn__json_document_take(json, '{') ? HSN_OK : HSN_PARTIAL;
    while (r == HSN_OK && (r = hsn__json_document_member(json, &first, &key)) == HSN_OK) {
        hsn_text name = hsn__json_text(json, key);
        if (json->text.failed)
            return hsn__fail_memory(err);
        if (hsn__json_is(name, "pps")) {
            hsn__json_reset(json);
            reading->has_points = true;
            r = read_array(reading, read_point, err);
        } else if (hsn__json_is(name, "ftbl")) {
            hsn__json_reset(json);
            r = read_array(reading, read_frame, err);
        } else {
            r = read_scalar(reading, name, err);
        }
        hsn__json_reset(json);
    }
    if (r == HSN_PARTIAL)
        return damaged(reading, err);
    if (r == HSN_DONE && !reading->has_points)
        return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(reading->profile.in), 0,
                            "no program points");
    return r;
}

static int give_point(struct reading *reading, const struct point *point,
                      const uint32_t metrics[SUMS], hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    uint32_t stack = HSN_NONE;
    int r = HSN_OK;
    profile->count = 0;
    for (size_t i = 0; i < point->frame_count && r == HSN_OK; i++) {
        uint32_t index = reading->indices[point->first_frame + i];
        if (index < reading->table_count)
            r = hsn__profile_push_id(profile, reading->table[index], err);
    }
    if (r == HSN_OK)
        r = hsn__profile_stack(profile, &stack, err);
    for (unsigned i = 0; i < SUMS && r == HSN_OK; i++)
        r = hsn__profile_total(profile, stack, metrics[i], point->count[i], point->size_bytes[i],
                               err);
    return r;
}

static bool is_empty(const struct point *point)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < SUMS; i++)
        any |= point->size_bytes[i] | point->count[i];
    return !any;
}

// The peak comes before all that was allocated: it is what is shown when nothing is left at the
// end. Where blocks were not followed, there are totals only.
static int give_points(struct reading *reading, hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    uint32_t metrics[SUMS] = {HSN_METRIC_INUSE, HSN_METRIC_INUSE, HSN_METRIC_INUSE};
    int r = HSN_OK;
    if (reading->lifetimes)
        r = hsn__profile_metric(profile, "peak", HSN_UNIT_BYTES, &metrics[PEAK], err);
    if (r == HSN_OK)
        r = hsn__profile_metric(profile, "alloc", HSN_UNIT_BYTES, &metrics[TOTAL], err);
    for (unsigned i = 0; i < SUMS && r == HSN_OK; i++) {
        uint64_t total = 0;
        char name[40];
        for (size_t j = 0; j < reading->point_count; j++)
            total += reading->points[j].size_bytes[i];
        snprintf(name, sizeof name, "profile.total.%s", sums[i].name);
        if (i == TOTAL || reading->lifetimes)
            r = hsn__profile_fact_number(profile, name, total, err);
    }
    if (r == HSN_OK && reading->other_mode)
        r = hsn__profile_warn(profile, HSN_NO_OFFSET, "the profile is not of a heap", err);
    for (size_t i = 0; i < reading->point_count && r == HSN_OK; i++) {
        const struct point *point = &reading->points[i];
        if (!is_empty(point))
            r = give_point(reading, point, metrics, err);
    }
    return r;
}

static int read_output(hsn_input *in, const hsn_sink *sink, hsn_error *err)
{
    struct reading reading = {.profile = {.in = in, .sink = sink}, .json = {.in = in}};
    hsn_error cause = {0};
    int r = read_document(&reading, &cause);
    bool useful = reading.point_count > 0;
    bool give = r == HSN_DONE || (useful && (r == HSN_EFORMAT || r == HSN_EIO));
    int given = give ? give_points(&reading, err) : HSN_OK;
    r = given < 0 ? given : hsn__profile_outcome(&reading.profile, r, useful, &cause, err);
    hsn__profile_clear(&reading.profile);
    hsn__json_clear(&reading.json);
    hsn__free(reading.points);
    hsn__free(reading.indices);
    hsn__free(reading.table);
    return r;
}

static int probe(const uint8_t *head, size_t size)
{
    static const char word[] = "\"dhatFileVersion\"";
    size_t most = size < 256 ? size : 256;
    for (size_t i = 0; i + sizeof word - 1 <= most; i++)
        if (!memcmp(head + i, word, sizeof word - 1))
            return 95;
    return 0;
}

const hsn_reader hsn__reader_dhat = {
    .name = "dhat",
    .title = "DHAT output (Valgrind, Rust)",
    .spec = "docs/formats/dhat.md",
    .content = HSN_HAS_ALLOCATIONS,
    .probe = probe,
    .read = read_output,
};
