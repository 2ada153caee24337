// SPDX-License-Identifier: MIT
// Output of Valgrind's massif: sizes at every snapshot, and the allocation tree of the peak.
//
// The lines of one tree are kept: those of the peak, else of the last detailed snapshot. A node's
// children are its callers, and what they do not add up to belongs to the node's own stack.
//
// Source: docs/formats/massif.md; Valgrind's massif/ms_main.c and ms_print.
#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "profile_scan.h"
#include "reader.h"

// A node of the path to the current one.
struct node {
    uint64_t size_bytes; // less what its children have so far
};

// The lines of an allocation tree.
struct tree {
    hsn__buf lines;
    uint64_t snapshot, offset;
    bool is_there;
};

struct reading {
    hsn__profile profile;
    struct tree peak, last; // last: detailed, and not the peak
    struct tree *open;      // that takes lines now; NULL = none
    struct tree *given;     // to the sink, for messages
    struct node *path;
    size_t depth, path_capacity;
    double time;
    uint64_t snapshot, snapshots;
    uint32_t metric; // of the tree that is given
    bool seconds;
};

static int malformed(struct reading *reading, uint64_t offset, const char *what, hsn_error *err)
{
    return hsn__fail_at(err, HSN_EFORMAT, hsn__input_name(reading->profile.in), offset, "%s", what);
}

static int give_sample(struct reading *reading, const char *series, hsn_text value, uint64_t offset,
                       hsn_error *err)
{
    uint64_t bytes;
    if (!hsn__text_number(&value, 10, &bytes) || value.length)
        return malformed(reading, offset, "a size that is no number", err);
    double time = reading->seconds ? reading->time / 1000 : reading->time;
    return reading->profile.sink->ops->sample(reading->profile.sink->context, hsn__text(series),
                                              time, (double)bytes, err);
}

static int begin_tree(struct reading *reading, hsn_text kind, uint64_t offset)
{
    reading->open = hsn__text_is(kind, "peak")       ? &reading->peak
                    : hsn__text_is(kind, "detailed") ? &reading->last
                                                     : NULL;
    if (reading->open) {
        hsn__buf_reset(&reading->open->lines);
        reading->open->snapshot = reading->snapshot;
        reading->open->offset = offset;
        reading->open->is_there = true;
    }
    return HSN_OK;
}

static int keep_line(struct reading *reading, hsn_text line, hsn_error *err)
{
    if (!reading->open)
        return HSN_OK;
    hsn__buf_append(&reading->open->lines, line.data, line.length);
    hsn__buf_putc(&reading->open->lines, '\n');
    return reading->open->lines.failed ? hsn__fail_memory(err) : HSN_OK;
}

static int read_line(struct reading *reading, hsn_text line, uint64_t offset, hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    hsn_text rest = line;
    hsn__text_blanks(&rest);
    if (rest.length > 1 && rest.data[0] == 'n' && rest.data[1] >= '0' && rest.data[1] <= '9')
        return keep_line(reading, line, err);
    reading->open = NULL;
    if (!rest.length || rest.data[0] == '#')
        return HSN_OK;
    if (hsn__text_take(&rest, "snapshot=")) {
        reading->snapshots++;
        return hsn__text_number(&rest, 10, &reading->snapshot) && !rest.length
                   ? HSN_OK
                   : malformed(reading, offset, "a snapshot without a number", err);
    }
    if (hsn__text_take(&rest, "time="))
        return hsn__text_decimal(&rest, &reading->time) && !rest.length
                   ? HSN_OK
                   : malformed(reading, offset, "a time that is no number", err);
    if (hsn__text_take(&rest, "mem_heap_B="))
        return give_sample(reading, "mem_heap", rest, offset, err);
    if (hsn__text_take(&rest, "mem_heap_extra_B="))
        return give_sample(reading, "mem_heap_extra", rest, offset, err);
    if (hsn__text_take(&rest, "mem_stacks_B="))
        return give_sample(reading, "mem_stacks", rest, offset, err);
    if (hsn__text_take(&rest, "heap_tree="))
        return begin_tree(reading, rest, offset);
    if (hsn__text_take(&rest, "cmd: "))
        return hsn__profile_fact(profile, "program", rest, err);
    if (hsn__text_take(&rest, "desc: "))
        return hsn__profile_fact(profile, "massif.desc", rest, err);
    if (hsn__text_take(&rest, "time_unit: ")) {
        reading->seconds = hsn__text_is(rest, "ms");
        return hsn__profile_fact(profile, "massif.time_unit", rest, err);
    }
    return malformed(reading, offset, "no line of massif", err);
}

// What is left of the nodes below `depth` goes to their own stacks; the path becomes that long.
static int close_nodes(struct reading *reading, size_t depth, hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    int r = HSN_OK;
    while (reading->depth > depth && r == HSN_OK) {
        struct node *node = &reading->path[reading->depth - 1];
        if (node->size_bytes) {
            // The path's frames start at the allocating function; the root is no frame.
            profile->count = reading->depth - 1;
            uint32_t stack = HSN_NONE;
            r = hsn__profile_stack(profile, &stack, err);
            if (r == HSN_OK)
                r = hsn__profile_total(profile, stack, reading->metric, 0, node->size_bytes, err);
        }
        reading->depth--;
    }
    profile->count = reading->depth ? reading->depth - 1 : 0;
    return r;
}

// ` n1: 8000 0x10919E: f (a.c:5)`: as many spaces as it is deep.
static int read_node(struct reading *reading, hsn_text line, hsn_error *err)
{
    uint64_t children, size_bytes;
    size_t depth = hsn__text_blanks(&line);
    bool good = hsn__text_take(&line, "n") && hsn__text_number(&line, 10, &children) &&
                hsn__text_take(&line, ": ") && hsn__text_number(&line, 10, &size_bytes) &&
                hsn__text_take(&line, " ") && depth <= reading->depth;
    if (!good)
        return malformed(reading, reading->given->offset, "a damaged allocation tree", err);
    int r = close_nodes(reading, depth, err);
    if (r < 0)
        return r;
    // Places below the threshold have no frame: their bytes stay with the node above, unless that
    // is the root.
    hsn_text below = line;
    uint64_t places;
    bool is_below = hsn__text_take(&below, "in ") && hsn__text_number(&below, 10, &places) &&
                    hsn__text_take(&below, " place");
    if (is_below && (depth > 1 || !size_bytes))
        return HSN_OK;
    if (depth && reading->path[depth - 1].size_bytes < size_bytes)
        return malformed(reading, reading->given->offset, "a node larger than the one above it",
                         err);
    if (!hsn__array_grow(&reading->path, &reading->path_capacity, depth + 1, sizeof *reading->path,
                         HSN__PROFILE_DEPTH))
        return depth < HSN__PROFILE_DEPTH
                   ? hsn__fail_memory(err)
                   : hsn__fail_limit(err, "depth of an allocation tree", HSN__PROFILE_DEPTH);
    if (depth)
        reading->path[depth - 1].size_bytes -= size_bytes;
    reading->path[depth] = (struct node){size_bytes};
    reading->depth = depth + 1;
    if (!depth)
        return HSN_OK;
    hsn_sink_frame frame = is_below ? (hsn_sink_frame){.function = hsn__text("[below threshold]")}
                                    : hsn__profile_valgrind_frame(line);
    return hsn__profile_push(&reading->profile, &frame, err);
}

static int give_tree(struct reading *reading, struct tree *tree, uint32_t metric, hsn_error *err)
{
    hsn_text rest = {tree->lines.data, tree->lines.size};
    int r = HSN_OK;
    reading->given = tree;
    reading->metric = metric;
    while (rest.length && r == HSN_OK) {
        const char *newline = memchr(rest.data, '\n', rest.length);
        size_t length = newline ? (size_t)(newline - rest.data) : rest.length;
        r = read_node(reading, hsn__text_part(rest, 0, length), err);
        rest = hsn__text_part(rest, newline ? length + 1 : length, rest.length);
    }
    int closed = r == HSN_OK ? close_nodes(reading, 0, err) : HSN_OK;
    reading->depth = 0;
    return r < 0 ? r : closed;
}

// The peak, and what was in use when a tree was written last: after the peak, or at it when it is
// the end. What was freed since that tree is still in it; `massif.inuse_snapshot` says which it is.
static int give_trees(struct reading *reading, bool whole, hsn_error *err)
{
    hsn__profile *profile = &reading->profile;
    struct tree *peak = &reading->peak, *last = &reading->last;
    bool peak_is_end = whole && peak->is_there && peak->snapshot == reading->snapshot;
    uint32_t metric = HSN_METRIC_INUSE;
    if (peak->is_there && (!last->is_there || last->snapshot < peak->snapshot))
        last = peak_is_end ? peak : NULL;
    int r = hsn__profile_fact(profile, "profile.metric", hsn__text("mem_heap"), err);
    if (r == HSN_OK && peak->is_there)
        r = hsn__profile_fact_number(profile, "massif.peak_snapshot", peak->snapshot, err);
    if (r == HSN_OK && last && last->is_there)
        r = hsn__profile_fact_number(profile, "massif.inuse_snapshot", last->snapshot, err);
    if (r == HSN_OK && peak->is_there)
        r = hsn__profile_metric(profile, "peak", HSN_UNIT_BYTES, &metric, err);
    if (r == HSN_OK && peak->is_there)
        r = give_tree(reading, peak, metric, err);
    if (r == HSN_OK && last && last->is_there)
        r = give_tree(reading, last, HSN_METRIC_INUSE, err);
    return r;
}

static int read_output(hsn_input *in, const hsn_sink *sink, hsn_error *err)
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
    if (r == HSN_DONE && !reading.snapshots)
        r = malformed(&reading, 0, "no snapshots", &cause);
    bool damaged = r == HSN_EFORMAT || r == HSN_EIO;
    hsn_error tree_cause = {0};
    int given = HSN_OK;
    if (r == HSN_DONE || damaged)
        given = give_trees(&reading, r == HSN_DONE, &tree_cause);
    if (given < 0 && !(damaged && given == HSN_EFORMAT)) {
        r = given;
        cause = tree_cause;
    }
    r = hsn__profile_outcome(&reading.profile, r, reading.snapshots > 0, &cause, err);
    hsn__profile_clear(&reading.profile);
    hsn__buf_clear(&reading.peak.lines);
    hsn__buf_clear(&reading.last.lines);
    hsn__free(reading.path);
    return r;
}

static int probe(const uint8_t *head, size_t size)
{
    static const char first[] = "desc: ", second[] = "\ncmd: ";
    if (size < sizeof first - 1 || memcmp(head, first, sizeof first - 1))
        return 0;
    for (size_t i = 0; i + sizeof second - 1 <= size; i++)
        if (!memcmp(head + i, second, sizeof second - 1))
            return 90;
    return 20;
}

const hsn_reader hsn__reader_massif = {
    .name = "massif",
    .title = "Valgrind massif output (peak, series)",
    .spec = "docs/formats/massif.md",
    .content = HSN_HAS_ALLOCATIONS | HSN_HAS_SERIES,
    .probe = probe,
    .read = read_output,
};
