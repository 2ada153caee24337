// SPDX-License-Identifier: MIT
// Dominators and retained bytes of a store: processor time of each phase, and peak memory.
#include <heapsnap/dominators.h>
#include <heapsnap/load.h>

#include "analysis/dominators_private.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// Time of each phase, by the names that the library reports.
typedef struct phases {
    const char *name;
    double start;
    char text[512];
} phases;

static void end_phase(phases *p, double now)
{
    size_t used = strlen(p->text);
    if (p->name)
        snprintf(p->text + used, sizeof p->text - used, ", \"%s_s\": %.3f", p->name,
                 now - p->start);
}

static int tick(void *context, const char *phase, uint64_t done, uint64_t total)
{
    phases *p = context;
    (void)done, (void)total;
    if (!p->name || strcmp(p->name, phase)) {
        double now = cpu_s();
        end_phase(p, now);
        p->name = phase;
        p->start = now;
    }
    return 0;
}

static int fail(const char *path, const hsn_error *err)
{
    fprintf(stderr, "bench_retained: %s: %s\n", path, err->message);
    return 2;
}

// The worst case: references to anywhere, so that nothing lies near anything.
static int run_random(uint32_t nodes, uint32_t refs_per_node)
{
    uint64_t references = (uint64_t)nodes * refs_per_node, state = 88172645463325252u;
    uint64_t *offsets = malloc(((size_t)nodes + 1) * sizeof *offsets);
    hsn_node_id *targets = malloc((size_t)references * sizeof *targets), root = 0;
    hsn__holders holders = {.declared = &root, .declared_count = 1};
    hsn__preorder preorder;
    hsn__referrers referrers = {0};
    hsn_graph *graph = NULL;
    hsn_error err = {0};
    if (!offsets || !targets)
        return 2;
    for (uint64_t i = 0; i <= nodes; i++)
        offsets[i] = i * refs_per_node;
    for (uint64_t i = 0; i < references; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        targets[i] = (hsn_node_id)((state >> 32) * nodes >> 32);
    }
    int r = hsn_graph_build(&graph, nodes, offsets, targets, HSN_GRAPH_FORWARD, &err);
    free(offsets);
    free(targets);
    double start = cpu_s();
    if (r >= 0)
        r = hsn__preorder_find(graph, &holders, NULL, &preorder, &err);
    double numbered = cpu_s();
    if (r >= 0)
        r = hsn__referrers_find(graph, &preorder, NULL, &referrers, &err);
    hsn_graph_free(graph);
    double collected = cpu_s();
    if (r >= 0)
        r = hsn__dominators_sweep(&preorder, &referrers, NULL, &err);
    hsn__referrers_clear(&referrers);
    if (r < 0)
        return fail("random", &err);
    double end = cpu_s();
    printf("{\"bench\": \"retained\", \"shape\": \"random\", \"objects\": %" PRIu32
           ", \"references\": %" PRIu64 ", \"preorder_s\": %.3f, \"referrers_s\": %.3f, "
           "\"dominators_s\": %.3f}\n",
           nodes, references, numbered - start, collected - numbered, end - collected);
    hsn__preorder_clear(&preorder);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "random"))
        return run_random((uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]));
    hsn_store *store = NULL;
    hsn_snapshot_id id;
    hsn_heap *heap = NULL;
    hsn_graph *graph = NULL;
    hsn_dominators d = {0};
    hsn_error err = {0};
    phases p = {.name = "open", .start = cpu_s()};
    hsn_progress progress = {tick, &p};
    struct rusage usage;
    bool stored = argc > 2 && !strcmp(argv[2], "stored");
    if (argc < 2) {
        fprintf(stderr, "usage: bench_retained STORE [stored] | random NODES REFERENCES\n");
        return 2;
    }
    if (hsn_snapshot_open(&store, &id, argv[1], NULL, &err) < 0 ||
        hsn_heap_open(&heap, store, id, &err) < 0)
        return fail(argv[1], &err);
    double start = cpu_s();
    int r = stored ? hsn_dominators_read(heap, 0, &progress, &d, &err)
                   : hsn_graph_load(&graph, heap, HSN_GRAPH_FORWARD, &progress, &err);
    double loaded = cpu_s();
    if (r >= 0 && !stored)
        r = hsn_dominators_find(heap, graph, &progress, &d, &err);
    if (r < 0)
        return fail(argv[1], &err);
    double end = cpu_s();
    end_phase(&p, end);
    getrusage(RUSAGE_SELF, &usage);
    const hsn_snapshot_info *info = hsn_heap_info(heap);
    printf("{\"bench\": \"retained\", \"objects\": %" PRIu64 ", \"references\": %" PRIu64
           ", \"load_s\": %.3f, \"find_s\": %.3f, \"all_s\": %.3f, \"ns_per_object\": %.0f, "
           "\"peak_bytes\": %" PRIu64 ", \"live_bytes\": %" PRIu64 ", \"garbage_bytes\": %" PRIu64
           "%s}\n",
           info->objects, info->references, loaded - start, end - loaded, end - start,
           (end - start) * 1e9 / (double)info->objects, (uint64_t)usage.ru_maxrss * 1024,
           d.live_bytes, d.garbage_bytes, p.text);
    hsn_dominators_free(&d);
    hsn_graph_free(graph);
    hsn_heap_close(heap);
    hsn_store_close(store);
    return 0;
}
