// SPDX-License-Identifier: MIT
// The builder: a sink that turns a reader's events into the rows and columns of one snapshot.
#ifndef HSN_STORE_BUILDER_H
#define HSN_STORE_BUILDER_H

#include "base/arena.h"
#include "base/input.h"
#include "heapsnap/store.h"
#include "readers/sink.h"
#include "store/address_map.h"
#include "store/intern.h"
#include "store/label_code.h"
#include "store/map64.h"

/** A type as it was announced, and its totals. */
typedef struct hsn__built_type {
    const char *name; /**< full */
    const char *module;
    uint64_t object_address;
    uint64_t count;
    uint64_t size_bytes;
    uint64_t stated_count, stated_size_bytes; /**< by totals without objects */
    uint8_t kind;
    uint8_t has_finalizer;
} hsn__built_type;

typedef struct hsn__built_root {
    uint64_t address;
    const char *name;
    const char *thread;
    uint32_t node; /**< after resolving; HSN_NONE = dangling */
    uint8_t kind;
} hsn__built_root;

typedef struct hsn__built_frame {
    uint32_t file;     /**< in `names` */
    uint32_t function; /**< in `names` */
    uint32_t line;
} hsn__built_frame;

typedef struct hsn__built_total {
    uint64_t count;
    uint64_t size_bytes;
} hsn__built_total;

/** A metric, and the sum of its totals. */
typedef struct hsn__built_metric {
    const char *name;
    const char *unit;
    uint64_t count;
    uint64_t size_bytes; /**< in its unit */
} hsn__built_metric;

typedef struct hsn__built_warning {
    uint64_t offset;
    const char *message;
} hsn__built_warning;

typedef struct hsn__built_sample {
    const char *series;
    double time_s;
    double value;
} hsn__built_sample;

/**
 * Everything of one snapshot between reading and writing.
 *
 * Objects and references live in one log of varints in the order in which they came (some 8 bytes
 * an object and 4 a reference); the address map gives them their final place. See builder.c.
 */
typedef struct hsn__builder {
    hsn__arena arena;
    hsn__address_map addresses;
    uint8_t *log;
    size_t log_size, log_capacity;
    uint64_t pid;     /**< of the object being written */
    bool in_object;   /**< its end mark is still to come */
    bool skip_object; /**< a duplicate: its references are dropped */
    hsn__label_state labels;

    hsn__intern strings;    /**< labels and texts: the string column */
    hsn__intern names;      /**< file and function names of frames: rows */
    hsn__map64 label_names; /**< string id * 16 + kind -> name */
    uint64_t *label_uses;   /**< by name */
    size_t label_uses_capacity;
    uint32_t *last_names; /**< by string id: the name that it had last, plus one */
    size_t last_names_capacity;

    hsn__built_type *types;
    size_t type_count, type_capacity;
    hsn__built_root *roots;
    size_t root_count, root_capacity;
    hsn__map64 frame_functions; /**< file << 32 | function */
    hsn__map64 frame_lines;     /**< frame_functions id << 32 | line: ids are frame ids */
    hsn__map64 stacks;          /**< (parent + 1) << 32 | frame: ids are stack ids */
    hsn__map64 planes;          /**< metric << 32 | domain: few, so that totals need 64 bits */
    hsn__map64 totals_map;      /**< stack << 32 | plane -> index into totals */
    hsn__built_total *totals;
    size_t totals_capacity;
    hsn__built_metric metrics[HSN_MAX_METRICS];
    uint32_t metric_count; /**< the first is `inuse` */
    hsn_pair *facts, *tags;
    size_t fact_count, fact_capacity, tag_count, tag_capacity;
    hsn__built_warning *warnings;
    size_t warning_count, warning_capacity; /**< kept ones */
    hsn__built_sample *samples;
    size_t sample_count, sample_capacity;

    hsn_input *input;             /**< of the dump being read: how far it is; may be NULL */
    const hsn_progress *progress; /**< asked every 64 Ki objects; may be NULL */
    /** Called for `next_snapshot` to write this one and start anew; NULL: a second is refused. */
    int (*write_out)(void *context, hsn_error *err);
    void *write_out_context;
    /** Asked for frames by offset: *out is what to keep. NULL: they stay as they are. */
    int (*name_frame)(void *context, const hsn_sink_frame *frame, hsn_sink_frame *out,
                      hsn_error *err);
    void *name_frame_context;
    uint64_t max_objects;
    uint64_t log_references; /**< in the log, dangling ones among them */
    uint64_t duplicate_objects;
    uint64_t warnings_seen;
    uint64_t heap_bytes;
    uint64_t stated_objects, stated_bytes; /**< by totals without objects */
    bool has_refcounts;
    bool has_allocations; /**< an event about live memory came */
    bool has_object_stacks;
} hsn__builder;

/** What is said of the snapshot as a whole. */
typedef struct hsn__snapshot_meta {
    const char *label;  /**< NULL = the dump's own */
    const char *source; /**< file names */
    const char *format; /**< names of readers */
    uint64_t bytes_read, bytes_total;
    bool complete;
} hsn__snapshot_meta;

/** Limits; 0 = the default of hsn_load_options. */
void hsn__builder_init(hsn__builder *builder, uint64_t max_objects, uint64_t max_string_bytes);
void hsn__builder_clear(hsn__builder *builder);

/** The sink that fills it. */
hsn_sink hsn__builder_sink(hsn__builder *builder);

/**
 * Give final ids and write rows and segments. To be called once, inside a transaction of the store.
 * Errors: HSN_ESTORE, HSN_EIO, HSN_ENOMEM, HSN_ELIMIT, HSN_EINVAL (label taken), HSN_ECANCELED.
 */
int hsn__builder_write(hsn__builder *builder, hsn_store *store, const hsn__snapshot_meta *meta,
                       const hsn_progress *progress, hsn_snapshot_id *out_id,
                       uint64_t *out_peak_bytes, hsn_error *err);

/** The value of a fact; NULL when it was not said. */
const char *hsn__builder_fact(const hsn__builder *builder, const char *name);

/** End the record under way: before the log is read. */
void hsn__builder_end(hsn__builder *builder);

/** Read the head of the record at `p`; its references follow at the pointer that is returned. */
const uint8_t *hsn__builder_record(const uint8_t *p, uint64_t *pid, uint64_t fields[7]);

/** Add to a stack's total, as an allocation event does: ids must be known ones. */
int hsn__builder_add_total(hsn__builder *builder, const hsn_sink_allocation *allocation,
                           hsn_error *err);

/** Bytes held now. */
uint64_t hsn__builder_bytes(const hsn__builder *builder);

#endif
