// SPDX-License-Identifier: MIT
// Speed of the stages of cycles: transposing, components, shortest cycle. The reference is Tarjan's
// algorithm as the textbook has it, with an explicit stack, in the same run.
//
//     bench_cycles [OBJECTS [REFERENCES_PER_OBJECT [FAR_PERCENT]]]
//
// Half of the objects have no references, as in real heaps; of the references of the others
// FAR_PERCENT lead anywhere (100 = a random graph), the rest to one of 2000 objects that follow.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "analysis/cycles_private.h"

enum { NEAR = 2000, ROUNDS = 3 };

static uint64_t random_state = 88172645463325252u;

static uint32_t random_below(uint32_t below)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)((random_state >> 32) * below >> 32);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); // one thread, and machines are shared
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static hsn_graph *make_graph(uint32_t objects, uint32_t degree, uint32_t far_percent)
{
    uint64_t *offsets = malloc(((size_t)objects + 1) * sizeof *offsets), count = 0;
    hsn_node_id *targets = malloc((size_t)objects * degree * 2 * sizeof *targets);
    hsn_graph *graph = NULL;
    if (!offsets || !targets)
        return NULL;
    for (uint32_t node = 0; node < objects; node++) {
        uint32_t wanted = far_percent == 100 ? degree : random_below(2) ? degree * 2 : 0;
        offsets[node] = count;
        for (uint32_t i = 0; i < wanted; i++)
            targets[count++] = random_below(100) < far_percent
                                   ? random_below(objects)
                                   : (uint32_t)(((uint64_t)node + random_below(NEAR)) % objects);
    }
    offsets[objects] = count;
    hsn_graph_build(&graph, objects, offsets, targets, HSN_GRAPH_FORWARD, NULL);
    free(offsets);
    free(targets);
    return graph;
}

// The reference. Returns the number of nodes in components of two nodes or more.
static uint64_t textbook(const hsn_graph *graph)
{
    uint32_t n = graph->node_count, index = 0;
    uint32_t *number = calloc(n, sizeof *number), *low = calloc(n, sizeof *low);
    uint64_t *at = malloc(n * sizeof *at), members = 0;
    hsn_node_id *path = malloc(n * sizeof *path), *stack = malloc(n * sizeof *stack);
    size_t depth = 0, waiting = 0;
    bool *on_stack = calloc(n, 1);
    for (uint32_t start = 0; start < n && number && low && at && path && stack && on_stack;
         start++) {
        if (number[start])
            continue;
        path[depth++] = start;
        while (depth) {
            hsn_node_id node = path[depth - 1];
            hsn_span refs = hsn_graph_refs(graph, node);
            if (!number[node]) {
                number[node] = low[node] = ++index;
                at[node] = 0;
                on_stack[node] = true;
                stack[waiting++] = node;
            }
            if (at[node] < refs.count) {
                hsn_node_id next = refs.ids[at[node]++];
                if (!number[next])
                    path[depth++] = next;
                else if (on_stack[next] && number[next] < low[node])
                    low[node] = number[next];
                continue;
            }
            depth--;
            if (depth && low[node] < low[path[depth - 1]])
                low[path[depth - 1]] = low[node];
            if (low[node] != number[node])
                continue;
            size_t size = waiting;
            do
                on_stack[stack[--waiting]] = false;
            while (stack[waiting] != node);
            size -= waiting;
            members += size > 1 ? size : 0;
        }
    }
    free(number);
    free(low);
    free(at);
    free(path);
    free(stack);
    free(on_stack);
    return members;
}

static uint64_t time_transpose(const hsn_graph *graph)
{
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < ROUNDS; i++) {
        hsn__adjacency back = {0};
        uint64_t start = now_ns();
        if (hsn__adjacency_init(&back, graph->node_count, graph->reference_count, NULL) < 0 ||
            hsn__adjacency_transpose(&back, &graph->forward, graph->node_count,
                                     graph->reference_count, NULL, NULL) < 0)
            exit(1);
        uint64_t taken = now_ns() - start;
        best = taken < best ? taken : best;
        hsn__adjacency_clear(&back);
    }
    return best;
}

static uint64_t time_components(const hsn_graph *graph, hsn__components *out)
{
    uint64_t best = UINT64_MAX;
    hsn_node_id root = 0;
    for (int i = 0; i < ROUNDS; i++) {
        hsn__components_clear(out);
        uint64_t start = now_ns();
        if (hsn__components_find(graph, &root, 1, NULL, out, NULL) < 0)
            exit(1);
        uint64_t taken = now_ns() - start;
        best = taken < best ? taken : best;
    }
    return best;
}

static uint64_t time_girth(const hsn_graph *graph, const hsn__components *components)
{
    hsn__girth girth = {0};
    uint32_t largest = 0;
    for (uint32_t i = 0; i < components->count; i++)
        if (components->starts[i + 1] - components->starts[i] >
            components->starts[largest + 1] - components->starts[largest])
            largest = i;
    uint64_t start = now_ns();
    if (components->count && hsn__girth_find(&girth, graph, components, largest, 1 << 24, NULL) < 0)
        exit(1);
    hsn__girth_clear(&girth);
    return now_ns() - start;
}

int main(int argc, char **argv)
{
    uint32_t objects = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    uint32_t degree = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 3;
    uint32_t far_percent = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 10;
    hsn_graph *graph = make_graph(objects, degree, far_percent);
    hsn__components components = {0};
    struct rusage usage;
    if (!graph)
        return 1;
    uint64_t transpose_ns = time_transpose(graph);
    uint64_t components_ns = time_components(graph, &components);
    uint64_t girth_ns = time_girth(graph, &components);
    getrusage(RUSAGE_SELF, &usage);
    uint64_t start = now_ns(), members = textbook(graph), textbook_ns = now_ns() - start;
    printf("{\"name\":\"cycles\",\"objects\":%u,\"references\":%llu,\"far_percent\":%u,"
           "\"components\":%u,\"members\":%u,\"textbook_members\":%llu,\"best_of\":%d,"
           "\"transpose_ns\":%llu,\"components_ns\":%llu,\"girth_ns\":%llu,\"textbook_ns\":%llu,"
           "\"ratio\":%.2f,\"peak_rss_bytes\":%llu}\n",
           objects, (unsigned long long)graph->reference_count, far_percent, components.count,
           components.starts[components.count], (unsigned long long)members, ROUNDS,
           (unsigned long long)transpose_ns, (unsigned long long)components_ns,
           (unsigned long long)girth_ns, (unsigned long long)textbook_ns,
           (double)textbook_ns / (double)components_ns, (unsigned long long)usage.ru_maxrss * 1024);
    hsn__components_clear(&components);
    hsn_graph_free(graph);
    return 0;
}
