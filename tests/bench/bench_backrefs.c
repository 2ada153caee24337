// SPDX-License-Identifier: MIT
// Benchmark of back-references: one object, from the open snapshot to the bytes of its SVG.
//
// usage: bench_backrefs SNAPSHOT [ROUNDS]. The objects are spread evenly over the heap; the same in
// every run. One JSON line: best and worst object, and the steps of the worst. Processor time.
#include "heapsnap/draw_backrefs.h"
#include "heapsnap/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

typedef struct times {
    uint64_t load_ns, search_ns, draw_ns, layout_ns, total_ns;
    size_t boxes;
} times;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int measure(hsn_heap *heap, hsn_node_id node, times *out, hsn_error *err)
{
    hsn_graph *graph = NULL;
    hsn_drawing *drawing = NULL;
    hsn_backrefs backrefs = {0};
    char *dot = NULL, *svg = NULL;
    size_t size;
    uint64_t start = now_ns();
    int r = hsn_graph_load(&graph, heap, HSN_GRAPH_BACKWARD, NULL, err);
    uint64_t loaded = now_ns();
    if (r >= 0)
        r = hsn_backrefs_find(heap, graph, &node, 1, NULL, NULL, &backrefs, err);
    uint64_t searched = now_ns();
    if (r >= 0 && (r = hsn_draw_backrefs(&backrefs, NULL, &drawing, err)) >= 0)
        r = hsn_drawing_render(drawing, HSN_DRAW_DOT, &dot, &size, err);
    uint64_t drawn = now_ns();
    if (r >= 0)
        r = hsn_drawing_render(drawing, HSN_DRAW_SVG, &svg, &size, err);
    uint64_t end = now_ns();
    *out = (times){.load_ns = loaded - start,
                   .search_ns = searched - loaded,
                   .draw_ns = drawn - searched,
                   .layout_ns = end - drawn,
                   .total_ns = end - start,
                   .boxes = backrefs.box_count};
    hsn_drawing_free_data(dot);
    hsn_drawing_free_data(svg);
    hsn_drawing_free(drawing);
    hsn_backrefs_free(&backrefs);
    hsn_graph_free(graph);
    return r;
}

int main(int argc, char **argv)
{
    unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 5;
    hsn_store *store = NULL;
    hsn_heap *heap = NULL;
    hsn_snapshot_id id;
    hsn_error err = {0};
    times best = {.total_ns = UINT64_MAX}, worst = {0};
    struct rusage usage;
    if (argc < 2 || hsn_snapshot_open(&store, &id, argv[1], NULL, &err) < 0 ||
        hsn_heap_open(&heap, store, id, &err) < 0) {
        fprintf(stderr, "bench_backrefs: %s\n", argc < 2 ? "no snapshot" : err.message);
        return 2;
    }
    uint64_t objects = hsn_heap_info(heap)->objects;
    for (unsigned long i = 0; i < rounds && objects; i++) {
        times t;
        if (measure(heap, (hsn_node_id)(objects * (2 * i + 1) / (2 * rounds)), &t, &err) < 0) {
            fprintf(stderr, "bench_backrefs: %s\n", err.message);
            return 2;
        }
        best = t.total_ns < best.total_ns ? t : best;
        worst = t.total_ns > worst.total_ns ? t : worst;
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"name\":\"backrefs\",\"objects\":%" PRIu64 ",\"references\":%" PRIu64
           ",\"best_ns\":%" PRIu64 ",\"worst_ns\":%" PRIu64
           ",\"worst_boxes\":%zu,\"load_ns\":%" PRIu64 ",\"search_ns\":%" PRIu64
           ",\"draw_ns\":%" PRIu64 ",\"layout_ns\":%" PRIu64 ",\"peak_rss_kib\":%ld}\n",
           objects, hsn_heap_info(heap)->references, best.total_ns, worst.total_ns, worst.boxes,
           worst.load_ns, worst.search_ns, worst.draw_ns, worst.layout_ns, usage.ru_maxrss);
    hsn_heap_close(heap);
    hsn_store_close(store);
    return 0;
}
