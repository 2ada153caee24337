// SPDX-License-Identifier: MIT
// A snapshot from the text of a dump, for tests that want to say what a heap looks like.
#ifndef TESTS_UNIT_SNAPSHOT_OF_H
#define TESTS_UNIT_SNAPSHOT_OF_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "heapsnap/graph.h"
#include "heapsnap/load.h"

typedef struct snapshot_of {
    hsn_store *store;
    hsn_heap *heap;
    hsn_graph *graph;
} snapshot_of;

static inline void snapshot_close(snapshot_of *s)
{
    hsn_graph_free(s->graph);
    hsn_heap_close(s->heap);
    hsn_store_close(s->store);
    *s = (snapshot_of){0};
}

/**
 * Lines of a dump, single quotes standing for double ones. The first line is added; there is no
 * last one to count the others, so that the snapshot is a partial one.
 */
static inline bool snapshot_open(snapshot_of *out, const char *lines, unsigned parts)
{
    char path[] = "/tmp/heapsnap-test-XXXXXX";
    hsn_snapshot_id id;
    hsn_error err = {0};
    int fd = mkstemp(path);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    *out = (snapshot_of){0};
    if (!CHECK(file != NULL))
        return false;
    fprintf(file, "{\"heapsnap\":1,\"runtime\":\"cpython\",\"pid\":1}\n");
    for (const char *p = lines; *p; p++)
        fputc(*p == '\'' ? '"' : *p, file);
    fclose(file);
    bool ok = CHECK_STATUS(hsn_snapshot_open(&out->store, &id, path, NULL, NULL), HSN_PARTIAL) &&
              CHECK_OK(hsn_heap_open(&out->heap, out->store, id, &err), &err) &&
              CHECK_OK(hsn_graph_load(&out->graph, out->heap, parts, NULL, &err), &err);
    unlink(path);
    if (!ok)
        snapshot_close(out);
    return ok;
}

#endif
