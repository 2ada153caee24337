// SPDX-License-Identifier: MIT
// Benchmark of readers: a dump into a sink that only counts, next to counting newlines in the same
// file.
//
// usage: bench_read FILE [ROUNDS]. One JSON line: best of the rounds, for the stable statistic is
// the best.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/input.h"
#include "readers/reader.h"

struct counts {
    uint64_t objects, references, targets, types, strings, frames, stacks;
};

static uint64_t now_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int on_pair(void *sink, hsn_text name, hsn_text value, hsn_error *err)
{
    (void)sink, (void)name, (void)value, (void)err;
    return HSN_OK;
}

static int on_type(void *sink, const hsn_sink_type *type, uint32_t *out_id, hsn_error *err)
{
    struct counts *counts = sink;
    (void)type, (void)err;
    *out_id = (uint32_t)counts->types++;
    return HSN_OK;
}

static int on_string(void *sink, hsn_text text, uint32_t *out_id, hsn_error *err)
{
    struct counts *counts = sink;
    (void)text, (void)err;
    *out_id = (uint32_t)counts->strings++;
    return HSN_OK;
}

static int on_object(void *sink, const hsn_sink_object *object, hsn_error *err)
{
    struct counts *counts = sink;
    (void)object, (void)err;
    counts->objects++;
    return HSN_OK;
}

// Touches every reference, as any consumer must.
static int on_refs(void *sink, const hsn_sink_ref *refs, size_t count, hsn_error *err)
{
    struct counts *counts = sink;
    (void)err;
    for (size_t i = 0; i < count; i++)
        counts->targets ^= refs[i].target;
    counts->references += count;
    return HSN_OK;
}

static int on_root(void *sink, const hsn_sink_root *root, hsn_error *err)
{
    (void)sink, (void)root, (void)err;
    return HSN_OK;
}

static int on_frame(void *sink, const hsn_sink_frame *frame, uint32_t *out_id, hsn_error *err)
{
    struct counts *counts = sink;
    (void)frame, (void)err;
    *out_id = (uint32_t)counts->frames++;
    return HSN_OK;
}

static int on_stack(void *sink, const uint32_t *frames, size_t count, uint64_t total_frames,
                    uint32_t *out_id, hsn_error *err)
{
    struct counts *counts = sink;
    (void)frames, (void)count, (void)total_frames, (void)err;
    *out_id = (uint32_t)counts->stacks++;
    return HSN_OK;
}

static int on_metric(void *sink, hsn_text name, hsn_text unit, uint32_t *out_id, hsn_error *err)
{
    (void)sink, (void)name, (void)unit, (void)err;
    *out_id = HSN_METRIC_INUSE;
    return HSN_OK;
}

static int on_allocation(void *sink, const hsn_sink_allocation *allocation, hsn_error *err)
{
    (void)sink, (void)allocation, (void)err;
    return HSN_OK;
}

static int on_type_total(void *sink, uint32_t type, uint64_t count, uint64_t size_bytes,
                         hsn_error *err)
{
    (void)sink, (void)type, (void)count, (void)size_bytes, (void)err;
    return HSN_OK;
}

static int on_next_snapshot(void *sink, hsn_error *err)
{
    (void)sink, (void)err;
    return HSN_OK;
}

static int on_sample(void *sink, hsn_text series, double time_s, double value, hsn_error *err)
{
    (void)sink, (void)series, (void)time_s, (void)value, (void)err;
    return HSN_OK;
}

static int on_warning(void *sink, uint64_t offset, hsn_text message, hsn_error *err)
{
    (void)sink, (void)err;
    fprintf(stderr, "warning: at byte %" PRIu64 ": %.*s\n", offset, (int)message.length,
            message.data);
    return HSN_OK;
}

static const hsn_sink_ops ops = {
    .fact = on_pair,
    .tag = on_pair,
    .type = on_type,
    .type_total = on_type_total,
    .string = on_string,
    .object = on_object,
    .refs = on_refs,
    .root = on_root,
    .frame = on_frame,
    .stack = on_stack,
    .metric = on_metric,
    .allocation = on_allocation,
    .sample = on_sample,
    .warn = on_warning,
    .next_snapshot = on_next_snapshot,
};

static int fail(const char *path, const hsn_error *err)
{
    fprintf(stderr, "bench_read: %s: %s\n", path, err->message);
    return 2;
}

// Reads the file once; the number of inflated bytes, 0 on failure.
static uint64_t read_once(const char *path, struct counts *counts, const char **out_name,
                          hsn_error *err)
{
    hsn_input *in = NULL;
    size_t size;
    uint64_t bytes = 0;
    *counts = (struct counts){.objects = 0};
    if (hsn__input_open(&in, path, err) < 0)
        return 0;
    const uint8_t *head = hsn__input_head(in, &size);
    const hsn_reader *reader = hsn__reader_probe(head, size);
    hsn_sink sink = {&ops, counts};
    if (!reader)
        hsn__fail(err, HSN_EFORMAT, path, "not a known format");
    else if (reader->read(in, &sink, err) >= 0)
        bytes = hsn__input_offset(in);
    *out_name = reader ? reader->name : "";
    hsn__input_close(in);
    return bytes;
}

// The reference: how long it takes to look at every byte with the C library's memchr.
static uint64_t count_newlines(const char *path, hsn_error *err)
{
    hsn_input *in = NULL;
    uint64_t lines = 0;
    if (hsn__input_open(&in, path, err) < 0)
        return 0;
    while (!hsn__input_at_end(in)) {
        const uint8_t *newline = memchr(in->next, '\n', (size_t)(in->end - in->next));
        lines += newline != NULL;
        in->next = newline ? newline + 1 : in->end;
    }
    hsn__input_close(in);
    return lines;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_read FILE [ROUNDS]\n");
        return 2;
    }
    int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 3;
    uint64_t best = UINT64_MAX, best_reference = UINT64_MAX, best_cpu = UINT64_MAX, bytes = 0,
             lines = 0;
    struct counts counts = {.objects = 0};
    const char *name = "";
    for (int i = 0; i < rounds; i++) {
        hsn_error err = {0};
        uint64_t start = now_ns(CLOCK_MONOTONIC);
        lines = count_newlines(argv[1], &err);
        uint64_t middle = now_ns(CLOCK_MONOTONIC), middle_cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
        bytes = read_once(argv[1], &counts, &name, &err);
        uint64_t end = now_ns(CLOCK_MONOTONIC), end_cpu = now_ns(CLOCK_PROCESS_CPUTIME_ID);
        if (!bytes)
            return fail(argv[1], &err);
        if (err.code)
            fprintf(stderr, "bench_read: %s: at byte %" PRIu64 ": %s\n", argv[1], err.offset,
                    err.message);
        best_reference = middle - start < best_reference ? middle - start : best_reference;
        best = end - middle < best ? end - middle : best;
        best_cpu = end_cpu - middle_cpu < best_cpu ? end_cpu - middle_cpu : best_cpu;
    }
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"name\":\"read_%s\",\"objects\":%" PRIu64 ",\"references\":%" PRIu64
           ",\"lines\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"best_ns\":%" PRIu64
           ",\"best_cpu_ns\":%" PRIu64
           ",\"bytes_per_s\":%.0f,\"objects_per_s\":%.0f,\"memchr_ns\":%" PRIu64
           ",\"ratio_to_memchr\":%.2f,\"peak_rss_bytes\":%" PRIu64 ",\"targets\":%" PRIu64 "}\n",
           name, counts.objects, counts.references, lines, bytes, best, best_cpu,
           (double)bytes * 1e9 / (double)best, (double)counts.objects * 1e9 / (double)best,
           best_reference, (double)best / (double)best_reference, (uint64_t)usage.ru_maxrss * 1024,
           counts.targets);
    return 0;
}
