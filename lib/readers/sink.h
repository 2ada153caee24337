// SPDX-License-Identifier: MIT
// Where readers push what they read: typed events, one interface for the store, counting and text.
#ifndef HSN_READERS_SINK_H
#define HSN_READERS_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fail.h"
#include "heapsnap/model.h"

/** Text that lives until the call returns. Not NUL-terminated, any bytes. */
typedef struct hsn_text {
    const char *data; /**< may be NULL when length is 0 */
    size_t length;    /**< bytes */
} hsn_text;

/** A type of objects. Text fields may be empty. */
typedef struct hsn_sink_type {
    hsn_text name;           /**< without its module */
    hsn_text module;         /**< empty for builtins and where runtimes have none */
    uint64_t object_address; /**< the object that is this type; 0 = none */
    hsn_kind kind;           /**< what its instances are */
    bool has_finalizer;      /**< user code runs when an instance dies */
} hsn_sink_type;

/** A reference. The label is an interned string, an index, or absent. */
typedef struct hsn_sink_ref {
    uint64_t target; /**< address; 0 = empty place: skipped by the sink, but the index counts on */
    uint32_t label;  /**< string id or index, as label_form says */
    uint8_t kind;    /**< hsn_ref_kind */
    uint8_t label_form; /**< hsn_label_form */
} hsn_sink_ref;

/** An object. Its references follow in calls of `refs`. */
typedef struct hsn_sink_object {
    uint64_t address;    /**< address or stable id, unique in the snapshot, not 0 */
    uint64_t size_bytes; /**< shallow */
    uint64_t length;     /**< items; HSN_NO_LENGTH = has none */
    uint64_t refcount;   /**< HSN_NO_REFCOUNT = unknown or immortal */
    hsn_text text;       /**< name or short value; empty = none */
    uint32_t type;       /**< id from `type` */
    uint32_t stack;      /**< id from `stack`; HSN_NONE = unknown */
    uint32_t flags;      /**< hsn_object_flag bits */
    uint8_t generation;  /**< collector generation; HSN_NO_GENERATION = unknown */
} hsn_sink_object;

/** A root: something alive on its own. */
typedef struct hsn_sink_root {
    uint64_t address;
    hsn_root_kind kind;
    hsn_text name;   /**< `app.cache`, `handle app.py:31` */
    hsn_text thread; /**< of a frame; may be empty */
} hsn_sink_root;

/** A frame of a stack. line 0 = unknown. */
typedef struct hsn_sink_frame {
    hsn_text file;
    hsn_text function; /**< may be empty */
    uint32_t line;
    bool by_offset; /**< function is `0x…`, a byte of the program or library `file`, not its name */
} hsn_sink_frame;

/**
 * What one stack and allocator domain hold of a metric. Repeated calls add up.
 *
 * Of the metric `inuse`, which is always there: live blocks and their bytes. Of others (ever
 * allocated, at the peak, CPU time) what `metric` was told: `count` is the number of blocks, calls
 * or samples, 0 where the dump does not say; `size_bytes` is the value in the metric's unit. Where
 * the unit is HSN_UNIT_COUNT, both are the same number.
 */
typedef struct hsn_sink_allocation {
    uint32_t stack;  /**< id from `stack` */
    uint32_t domain; /**< allocator domain; 0 = the runtime's own */
    uint64_t count;
    uint64_t size_bytes;
    uint32_t metric; /**< id from `metric`; HSN_METRIC_INUSE = 0 = live memory */
} hsn_sink_allocation;

/**
 * The events. Every call returns HSN_OK or a negative status with *err filled; a reader stops at
 * the first negative one and returns it. Ids are given out by the sink, dense from 0; equal text or
 * frames or stacks give equal ids. Readers keep their own map from the dump's ids to these.
 */
typedef struct hsn_sink_ops {
    /** A fact: name like `runtime`, `pid`, `gc.collections.0`; see docs/store.md for the known
     * ones. `stable_ids` = 1: addresses are ids that an object keeps as long as it lives. */
    int (*fact)(void *sink, hsn_text name, hsn_text value, hsn_error *err);
    int (*tag)(void *sink, hsn_text name, hsn_text value, hsn_error *err);
    int (*type)(void *sink, const hsn_sink_type *type, uint32_t *out_id, hsn_error *err);
    /** Objects of a type that the dump does not list one by one. Repeated calls add up. Where
     * objects came, these count and such totals are dropped. */
    int (*type_total)(void *sink, uint32_t type, uint64_t count, uint64_t size_bytes,
                      hsn_error *err);
    int (*string)(void *sink, hsn_text text, uint32_t *out_id, hsn_error *err);
    int (*object)(void *sink, const hsn_sink_object *object, hsn_error *err);
    /** References of the object announced last; any number of calls. */
    int (*refs)(void *sink, const hsn_sink_ref *refs, size_t count, hsn_error *err);
    int (*root)(void *sink, const hsn_sink_root *root, hsn_error *err);
    int (*frame)(void *sink, const hsn_sink_frame *frame, uint32_t *out_id, hsn_error *err);
    /** `frames`: ids, newest first. `total_frames` >= count when the traceback was cut. */
    int (*stack)(void *sink, const uint32_t *frames, size_t count, uint64_t total_frames,
                 uint32_t *out_id, hsn_error *err);
    /** A metric of allocations: `alloc` in `bytes`, `cpu` in `ns`; docs/store.md lists the usual
     * ones. At most HSN_MAX_METRICS; equal name and unit, equal id. `inuse` in `bytes` is 0 and
     * need not be announced. */
    int (*metric)(void *sink, hsn_text name, hsn_text unit, uint32_t *out_id, hsn_error *err);
    int (*allocation)(void *sink, const hsn_sink_allocation *allocation, hsn_error *err);
    /** A value of a time series: seconds since the epoch (or since the start), and bytes or a unit.
     */
    int (*sample)(void *sink, hsn_text series, double time_s, double value, hsn_error *err);
    /** An oddity that does not stop the import. offset = HSN_NO_OFFSET when none applies. */
    int (*warn)(void *sink, uint64_t offset, hsn_text message, hsn_error *err);
    /** What came so far was one snapshot, what follows is the next of the same file: ids from
     * before are void, nothing is carried over. Not before the first snapshot nor after the last.
     */
    int (*next_snapshot)(void *sink, hsn_error *err);
} hsn_sink_ops;

typedef struct hsn_sink {
    const hsn_sink_ops *ops;
    void *context; /**< handed to every call as `sink` */
} hsn_sink;

static inline hsn_text hsn__text(const char *text)
{
    hsn_text result = {text, text ? __builtin_strlen(text) : 0};
    return result;
}

/** Whether a metric is the one that is always there. */
static inline bool hsn__metric_is_inuse(hsn_text name, hsn_text unit)
{
    return name.length == sizeof HSN_METRIC_INUSE_NAME - 1 &&
           unit.length == sizeof HSN_UNIT_BYTES - 1 &&
           !__builtin_memcmp(name.data, HSN_METRIC_INUSE_NAME, name.length) &&
           !__builtin_memcmp(unit.data, HSN_UNIT_BYTES, unit.length);
}

#endif
