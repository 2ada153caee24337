// SPDX-License-Identifier: MIT
// Benchmark of growth by holder and of merged chains.
//
// usage: bench_why OLD NEW. One JSON line: processor time of hsn_why_over() for both snapshots and
// of hsn_pattern_find() over all types of the second one.
#include "heapsnap/load.h"
#include "heapsnap/why.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

int main(int argc, char **argv)
{
    hsn_snapshot_ref refs[2] = {{0}};
    hsn_error err = {0};
    hsn_why why = {0};
    hsn_pattern_list list = {0};
    hsn_heap *heap = NULL;
    struct rusage usage;
    const hsn_why_options options = {.limit = 20};
    for (int i = 0; i < 2; i++)
        if (argc < 3 ||
            hsn_snapshot_open(&refs[i].store, &refs[i].id, argv[1 + i], NULL, &err) < 0) {
            fprintf(stderr, "bench_why: %s\n", argc < 3 ? "two snapshots" : err.message);
            return 2;
        }
    uint64_t start = now_ns();
    int r = hsn_why_over(refs, 2, &options, NULL, &why, &err);
    uint64_t explained = now_ns();
    if (r >= 0)
        r = hsn_heap_open(&heap, refs[1].store, refs[1].id, &err);
    if (r >= 0)
        r = hsn_pattern_find(heap, NULL, 20, NULL, &list, &err);
    uint64_t end = now_ns();
    if (r < 0) {
        fprintf(stderr, "bench_why: %s\n", err.message);
        return 2;
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"name\":\"why\",\"objects\":%" PRIu64 ",\"references\":%" PRIu64
           ",\"why_ns\":%" PRIu64 ",\"pattern_ns\":%" PRIu64 ",\"patterns\":%" PRIu64
           ",\"peak_rss_kib\":%ld}\n",
           hsn_heap_info(heap)->objects, hsn_heap_info(heap)->references, explained - start,
           end - explained, why.patterns, usage.ru_maxrss);
    hsn_why_free(&why);
    hsn_pattern_list_free(&list);
    hsn_heap_close(heap);
    hsn_store_close(refs[0].store);
    hsn_store_close(refs[1].store);
    return 0;
}
