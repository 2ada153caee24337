// SPDX-License-Identifier: MIT
// Random graphs for the tests of analyses: small ones that have everything, as arrays.
#ifndef TESTS_UNIT_RANDOM_GRAPH_H
#define TESTS_UNIT_RANDOM_GRAPH_H

#include <stdlib.h>

#include "check.h"
#include "heapsnap/model.h"

typedef struct random_graph {
    uint32_t node_count;
    uint64_t *offsets; /**< node_count + 1 */
    hsn_node_id *targets;
} random_graph;

/**
 * Up to twice `degree` references a node: none, self references, parallel ones. Half of the graphs
 * prefer targets near by, so that they fall into several components.
 */
static inline void random_graph_make(random_graph *out, check_random *random, uint32_t node_count,
                                     uint32_t degree)
{
    uint32_t spread = check_random_below(random, 2) ? 6 : node_count;
    uint64_t count = 0;
    out->node_count = node_count;
    out->offsets = malloc(((size_t)node_count + 1) * sizeof *out->offsets);
    out->targets = malloc(((size_t)node_count * degree * 2 + 1) * sizeof *out->targets);
    out->offsets[0] = 0;
    for (uint32_t node = 0; node < node_count; node++) {
        uint32_t wanted = check_random_below(random, degree * 2 + 1);
        if (check_random_below(random, 3) == 0)
            wanted = check_random_below(random, 2);
        for (uint32_t i = 0; i < wanted; i++) {
            uint64_t target = check_random_below(random, spread);
            target = (node + target + node_count - spread / 2) % node_count;
            out->targets[count++] = (hsn_node_id)target;
        }
        out->offsets[node + 1] = count;
    }
}

static inline void random_graph_clear(random_graph *graph)
{
    free(graph->offsets);
    free(graph->targets);
}

#endif
