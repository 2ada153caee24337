// SPDX-License-Identifier: MIT
// What the parts of the `heapsnap` reader share: lines about objects, other lines, and the loop.
#ifndef HSN_READERS_READ_HEAPSNAP_H
#define HSN_READERS_READ_HEAPSNAP_H

#include "readers/json_scan.h"
#include "readers/reader.h"

/** Warnings that reach the sink; the rest is only counted. */
#define HSN__HEAPSNAP_WARNINGS 1000

/** References that are handed on at once. */
#define HSN__HEAPSNAP_BATCH 4096

/** References that wait for their object's type when it does not stand before them. */
#define HSN__HEAPSNAP_WAITING ((size_t)1 << 20)

/** Ids may jump this far; every id is below the limit. */
#define HSN__HEAPSNAP_ID_GAP 65536
#define HSN__HEAPSNAP_ID_MAX (UINT32_C(1) << 28)

/** The dump's ids of one kind, dense from 0, to the sink's. HSN_NONE where the dump left a gap. */
typedef struct hsn__id_map {
    uint32_t *ids;
    size_t count, capacity;
} hsn__id_map;

/** Lines and references read, or as the end line gives them. */
typedef struct hsn__heapsnap_counts {
    uint64_t objects, references, types, strings, roots;
} hsn__heapsnap_counts;

/** A reading. Its calls give HSN_OK, HSN_PARTIAL for a damaged line (json.problem says why), or <
 * 0. */
typedef struct hsn__heapsnap {
    hsn__json json;
    hsn_input *in;
    const hsn_sink *sink;
    hsn_error *err;
    hsn__id_map types, strings, frames, stacks;
    hsn_sink_ref *refs; /**< of the object being read, not yet handed on */
    size_t refs_count, refs_capacity;
    uint32_t *stack; /**< frames of the stack being read */
    size_t stack_capacity;
    uint32_t unknown_type; /**< for objects of undefined types; HSN_NONE until the first */
    hsn__heapsnap_counts seen, announced;
    bool has_header, has_end;
    uint64_t warnings;
    uint64_t damaged;      /**< lines */
    uint64_t first_damage; /**< offset */
    const char *first_problem;
} hsn__heapsnap;

/** The sink's id for the dump's; HSN_NONE when it was not defined. */
static inline uint32_t hsn__id_map_get(const hsn__id_map *map, uint64_t id)
{
    return __builtin_expect(id < map->count, 1) ? map->ids[id] : HSN_NONE;
}

/** Fails the line. */
static inline int hsn__heapsnap_damage(hsn__heapsnap *reading, const char *problem)
{
    reading->json.problem = problem;
    return HSN_PARTIAL;
}

/** A warning at the current offset. HSN_OK or the sink's failure. */
int hsn__heapsnap_warn(hsn__heapsnap *reading, const char *format, ...) HSN__PRINTF(2, 3);

/** An object's line, from the value of its first key `object` to the end of the line. */
int hsn__heapsnap_object(hsn__heapsnap *reading);

/** Any line, from its first byte. */
int hsn__heapsnap_record(hsn__heapsnap *reading);

#endif
