// SPDX-License-Identifier: MIT
// Objects by holder pattern: the tree of patterns that snapshots share, and a snapshot laid over
// it.
//
// Every object has one place: the end of its canonical chain from a root. Chains with equal labels
// (indexes and keys left out) and equal types are one pattern:
//
//     live ── app.cache (module) ── ._pending (dict) ── [*] (Request) ── .headers (dict) ── …
//
// Patterns name labels and types by text, so that those of two processes can be laid side by side.
// docs/analysis/pattern.md states the rules.
#ifndef HSN_ANALYSIS_PATTERN_PRIVATE_H
#define HSN_ANALYSIS_PATTERN_PRIVATE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/bitmap.h"
#include "base/buf.h"
#include "graph/graph_internal.h"
#include "heapsnap/pattern.h"
#include "store/intern.h"

/** The three patterns that stand before all others: what holds the roots below them. */
enum { HSN__TOP_LIVE, HSN__TOP_GARBAGE, HSN__TOP_EXTREF, HSN__TOP_COUNT };

/** A label in 32 bits: kind of reference above, name below; name 0 is "" (no name, or any). */
enum { HSN__LABEL_NAME_BITS = 28, HSN__LABEL_ROOT = 15 };
#define HSN__LABEL_NAME_MASK ((1u << HSN__LABEL_NAME_BITS) - 1)

static inline uint32_t hsn__pattern_label(unsigned kind, uint32_t name)
{
    return (uint32_t)kind << HSN__LABEL_NAME_BITS | name;
}

enum hsn__pattern_flag {
    HSN__PATTERN_NAMESPACE =
        1,                   /**< an object's __dict__: its entries are the object's attributes */
    HSN__PATTERN_STDLIB = 2, /**< below a root of the standard library or of the runtime */
    HSN__PATTERN_TOOL = 4,   /**< below a root of what measures and imports: noise */
    HSN__PATTERN_FRAME = 8,  /**< below a frame */
};

typedef struct hsn__pattern {
    uint32_t parent; /**< always less than its own number; HSN_NONE for the tops */
    uint32_t label;  /**< of the reference from an object of the parent */
    uint32_t type;
    uint32_t fold_from; /**< a pattern below whose `fold_label` leads here again; HSN_NONE = none */
    uint32_t fold_label;
    uint16_t depth;
    uint8_t flags; /**< hsn__pattern_flag bits; all but NAMESPACE come from the root */
} hsn__pattern;

/** How much of a story a type tells. */
enum hsn__type_rank {
    HSN__TYPE_PLAIN,   /**< containers, texts, numbers: says nothing of itself */
    HSN__TYPE_RUNTIME, /**< files, tasks, functions, classes of the standard library */
    HSN__TYPE_APPLICATION,
};

typedef struct hsn__pattern_type {
    uint8_t kind; /**< hsn_kind */
    uint8_t rank; /**< hsn__type_rank */
} hsn__pattern_type;

typedef struct hsn__pattern_slot {
    uint32_t parent, label, type;
    uint32_t pattern; /**< HSN_NONE = free */
} hsn__pattern_slot;

/** Most patterns. When they stand, what would need a new one counts for its type alone. */
#define HSN__MAX_PATTERNS (UINT32_C(1) << 20)

/** Start with hsn__patterns_init(). */
typedef struct hsn__patterns {
    hsn__pattern *rows;
    size_t count, capacity;
    size_t max; /**< HSN__MAX_PATTERNS unless a test says less */
    hsn__pattern_slot *slots;
    size_t slot_mask, slot_used;
    uint32_t elsewhere;     /**< name of the root of what has no pattern of its own */
    uint32_t any_name;      /**< name of attributes that were merged; 0 = none were */
    hsn__intern names;      /**< of labels and roots; id 0 is "" */
    hsn__intern type_names; /**< id = type */
    hsn__pattern_type *types;
    size_t type_capacity;
    bool is_full; /**< max was reached */
} hsn__patterns;

/** Errors: HSN_ENOMEM. Clear it with hsn__patterns_clear(), failed or not. */
int hsn__patterns_init(hsn__patterns *patterns, hsn_error *err);
void hsn__patterns_clear(hsn__patterns *patterns);

/** The number of a name or of a type. Errors: HSN_ENOMEM, HSN_ELIMIT. */
int hsn__patterns_name(hsn__patterns *patterns, const char *text, uint32_t *out, hsn_error *err);
int hsn__patterns_type(hsn__patterns *patterns, const hsn_type *type, uint32_t *out,
                       hsn_error *err);

/**
 * The pattern of an object of `type` that `label` leads to from an object of `parent`; made when it
 * is new. It may be `parent` or one above it: chains that repeat themselves are folded. HSN_NONE
 * when memory runs out.
 */
uint32_t hsn__patterns_child(hsn__patterns *patterns, uint32_t parent, uint32_t label,
                             uint32_t type);

/** The pattern of a root; `flags` are kept by all patterns below. HSN_NONE as above. */
uint32_t hsn__patterns_root(hsn__patterns *patterns, uint32_t top, uint32_t name, uint32_t type,
                            uint8_t flags);

/** NUL-terminated copies of names, into an arena. NULL when memory runs out. */
const char *hsn__patterns_text(const hsn__patterns *patterns, uint32_t name, hsn__arena *arena);
const char *hsn__patterns_type_name(const hsn__patterns *patterns, uint32_t type,
                                    hsn__arena *arena);

/** Why objects of a pattern are there: the top that it hangs on. */
hsn_held hsn__patterns_held(const hsn__patterns *patterns, uint32_t pattern);

/** Whether a module, by its full name, belongs to the standard library or to the interpreter. */
bool hsn__is_stdlib_module(const char *name);
/** Whether it belongs to what measures, imports and caches for the interpreter itself. */
bool hsn__is_tool_module(const char *name);
/** Whether a source file is the runtime's own (not of a package installed into it). */
bool hsn__is_stdlib_file(const char *path);
/** … or a file, and neither that nor of an installed package. */
bool hsn__is_application_file(const char *path);

/** What a label code of a snapshot means to patterns. */
typedef struct hsn__code_meaning {
    uint32_t label;       /**< in patterns */
    uint32_t of_instance; /**< the same in a namespace */
    bool is_housekeeping; /**< not followed while something else leads there */
} hsn__code_meaning;

/** A snapshot by patterns. Start with `{0}`; clear with hsn__placed_clear(). */
typedef struct hsn__placed {
    hsn_heap *heap;
    hsn_graph *graph;            /**< forward, strong */
    uint32_t *codes;             /**< label code of each reference, as graph->forward.ids */
    uint32_t *types;             /**< by node: in patterns */
    uint32_t *pattern;           /**< by node */
    hsn_node_id *holder;         /**< by node: before it on its chain; HSN_NONE = a root */
    hsn__code_meaning *meanings; /**< by code */
    uint64_t code_count;
    uint64_t *seen; /**< bitmap: reached from roots; in the end all */
} hsn__placed;

/** Count and bytes of the objects of a pattern in one snapshot. */
typedef struct hsn__pattern_cell {
    uint64_t count, size_bytes;
} hsn__pattern_cell;

/**
 * Lay a snapshot over the tree.
 *
 * Errors:  HSN_ENOMEM, HSN_ELIMIT, HSN_ESTORE, HSN_EFORMAT, HSN_ECANCELED.
 * Cost:    O(nodes + references); 20 bytes a node and 8 a reference, 8 more a node where some are
 *          unreachable.
 */
int hsn__placed_find(hsn__placed *placed, hsn_heap *heap, hsn__patterns *patterns,
                     const hsn_progress *progress, hsn_error *err);
void hsn__placed_clear(hsn__placed *placed);

/** Add the snapshot's objects to `cells`, one for each pattern. Errors: HSN_ESTORE, HSN_EFORMAT. */
int hsn__placed_sum(const hsn__placed *placed, hsn__pattern_cell *cells, hsn_error *err);

/** Search from `count` queued nodes on; see pattern_walk.c. */
typedef struct hsn__pattern_walk {
    hsn__placed *placed;
    hsn__patterns *patterns;
    hsn_node_id *queue;
    size_t count;       /**< nodes in the queue */
    size_t done;        /**< nodes whose references were followed */
    size_t swept;       /**< nodes whose housekeeping references were followed */
    uint64_t *deferred; /**< bitmap: has housekeeping references that lead to something unseen */
    const hsn_progress *progress;
} hsn__pattern_walk;

/** Put a node into the queue unless it was seen. */
void hsn__pattern_enqueue(hsn__pattern_walk *walk, hsn_node_id node, hsn_node_id holder,
                          uint32_t pattern);
/** Follow references from all that is queued. With `all`, also housekeeping ones, after the others.
 * Errors: HSN_ENOMEM, HSN_ECANCELED. */
int hsn__pattern_follow(hsn__pattern_walk *walk, bool all, hsn_error *err);

/** Place what no root reaches: held from outside first, then garbage. */
int hsn__pattern_unreachable(hsn__pattern_walk *walk, hsn_error *err);

/** A pattern as the objects of a snapshot show it. Texts live in the arena that made it. */
typedef struct hsn__pattern_story {
    const char *text;        /**< `app.cache._pending[*]` */
    hsn_pattern_step *steps; /**< from the root to the object */
    size_t *ends;            /**< by step: where it ends in `text` */
    size_t step_count;
} hsn__pattern_story;

/**
 * Tell a pattern by some objects of it. Where all of them hang on the same object, the step says
 * which index or key that is, and where chains repeat themselves, the text says so: `.next*`.
 *
 * Errors: HSN_ENOMEM, HSN_ESTORE, HSN_EFORMAT. Cost: O(count × length of chains), bounded.
 */
int hsn__pattern_tell(const hsn__placed *placed, const hsn__patterns *patterns, uint32_t pattern,
                      const hsn_node_id *nodes, size_t count, hsn__arena *arena,
                      hsn__pattern_story *out, hsn_error *err);

/** Objects of some patterns, spread evenly. */
typedef struct hsn__pattern_sample {
    uint32_t pattern;
    hsn_node_id *nodes; /**< ascending; at most HSN__SAMPLE */
    size_t count;
    uint64_t stride; /**< every so many were taken */
    uint64_t passed;
} hsn__pattern_sample;

enum { HSN__SAMPLE = 512 };

/** Collect objects for `count` samples, whose `pattern` stands and is different for each. One pass
 * over the objects. `nodes` come from the arena. Errors: HSN_ENOMEM. */
int hsn__pattern_collect(const hsn__placed *placed, const hsn__patterns *patterns,
                         hsn__pattern_sample *samples, size_t count, hsn__arena *arena,
                         hsn_error *err);

#endif
