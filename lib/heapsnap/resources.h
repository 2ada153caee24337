// SPDX-License-Identifier: MIT
// resources: files, sockets, threads and suspended code that a heap holds, and who holds them.
#ifndef HEAPSNAP_RESOURCES_H
#define HEAPSNAP_RESOURCES_H

#include "heapsnap/chain.h"

#ifdef __cplusplus
extern "C" {
#endif

/** All zero = every resource. */
typedef struct hsn_resources_options {
    const char *type;           /**< glob over full type names; NULL = all */
    const char *module;         /**< glob over module names ("builtins" for builtins); NULL = all */
    uint64_t limit;             /**< rows; only these get a chain. 0 = all */
    const hsn_profile *profile; /**< of the snapshot, to name allocation sites; NULL = none */
} hsn_resources_options;

/** Resources of one type in one state whose shortest chains go through the same types. */
typedef struct hsn_resource {
    const char *resource;  /**< what it is: "file", "thread", "http session"; static */
    const char *type_name; /**< full: "_io.TextIOWrapper" */
    const char *state;     /**< "closed", "suspended"; "" = cannot be seen; static */
    uint64_t count;
    uint64_t size_bytes; /**< shallow bytes of these objects and of those that are part of them */
    uint64_t parts; /**< objects that are part of them: the buffer and raw file of a text file */
    hsn_node_id example; /**< lowest address among them */
    uint32_t stack;      /**< where the example was allocated; HSN_NONE = unknown */
    hsn_frame site;      /**< its newest frame in the application\'s own code; file "" = none */
    hsn_chain chain;     /**< of the example; `found` 0: no root reaches it */
} hsn_resource;

typedef struct hsn_resources {
    hsn_resource *rows; /**< by count, size_bytes (largest first), resource, type, example */
    size_t count;
    uint64_t groups; /**< rows without a limit */
    uint64_t found;  /**< resources, whatever the limit */
    void *memory;    /**< private */
} hsn_resources;

/**
 * List what has to be closed, joined or finished, with its holder.
 *
 * Recognised by the kind of the type (file, socket, thread, generator, coroutine, task, traceback;
 * frames that do not run), and by a table of type names. One that another one holds is part of it:
 * the raw file of a text file, the frames of a traceback, what a coroutine waits for.
 *
 * Owns:    free *out with hsn_resources_free(). Independent of the heap.
 * Errors:  HSN_ENOTFOUND (no objects), HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM, HSN_ECANCELED.
 * Cost:    O(objects + references), and a search for each row; 4 bytes a reference, 16 an object.
 * Threads: needs exclusive use of `heap` while it runs.
 * Source:  docs/analysis/resources.md
 */
HSN_API int hsn_resources_find(hsn_heap *heap, const hsn_resources_options *options,
                               const hsn_progress *progress, hsn_resources *out, hsn_error *err);

/** Accepts NULL. */
HSN_API void hsn_resources_free(hsn_resources *resources);

#ifdef __cplusplus
}
#endif

#endif
