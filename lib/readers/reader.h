// SPDX-License-Identifier: MIT
// A reader of one dump format: one file read_NAME.c, one row in lib/readers/meson.build.
#ifndef HSN_READERS_READER_H
#define HSN_READERS_READER_H

#include "base/input.h"
#include "readers/sink.h"

/** What a format can carry. */
enum hsn_content {
    HSN_HAS_GRAPH = 1,
    HSN_HAS_ALLOCATIONS = 2,
    HSN_HAS_SERIES = 4,
    HSN_HAS_TYPE_TOTALS = 8, /**< totals by type without objects */
};

typedef struct hsn_reader {
    const char *name;  /**< token for --format and for snapshot.format: "tracemalloc" */
    const char *title; /**< one line in `snapinfo --formats` */
    const char *spec;  /**< "docs/formats/tracemalloc.md" */
    unsigned content;  /**< hsn_content bits */

    /** 0 = not mine … 100 = certain, from the first bytes only. No allocation, no I/O. */
    int (*probe)(const uint8_t *head, size_t size);

    /**
     * Push everything into `sink`. HSN_OK; HSN_PARTIAL when the input ended early or was damaged
     * after something of use had been read, with the place and the cause in *err; negative with
     * *err filled when nothing could be read, the file is not of this format, or the sink failed.
     */
    int (*read)(hsn_input *in, const hsn_sink *sink, hsn_error *err);
} hsn_reader;

/** The table of readers, ended by NULL. */
extern const hsn_reader *const hsn__readers[];

/** By name; NULL when there is none. */
const hsn_reader *hsn__reader_find(const char *name);

/** The reader that bids highest for these first bytes; NULL when all bid 0. Table order breaks
 * ties. */
const hsn_reader *hsn__reader_probe(const uint8_t *head, size_t size);

/** A sink that counts events and checks that ids were given out before they are used. For tests. */
typedef struct hsn__counting_sink {
    uint64_t facts, tags, types, strings, objects, references, roots, frames, stacks, allocations,
        samples, warnings, type_totals, further_snapshots, metrics;
    uint64_t object_bytes, allocation_bytes, allocation_blocks;
    uint64_t digest; /**< FNV-1a over all events: equal inputs give equal digests */
} hsn__counting_sink;

hsn_sink hsn__counting_sink_init(hsn__counting_sink *counts);

#endif
