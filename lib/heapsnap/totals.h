// SPDX-License-Identifier: MIT
// Totals of one or many snapshots, side by side: what top, diff and growth rank.
#ifndef HEAPSNAP_TOTALS_H
#define HEAPSNAP_TOTALS_H

#include "heapsnap/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A snapshot in its store. */
typedef struct hsn_snapshot_ref {
    hsn_store *store;
    hsn_snapshot_id id;
} hsn_snapshot_ref;

/** What a row is about: X(NAME, "word of --by"). Types and modules count objects. */
#define HSN_BY_LIST(X)                                                                             \
    X(TYPE, "type")                                                                                \
    X(MODULE, "module")           /* of the types */                                               \
    X(FILENAME, "filename")       /* of the newest frame */                                        \
    X(LINENO, "lineno")           /* file and line of the newest frame */                          \
    X(FUNCTION, "function")       /* file and function of the newest frame */                      \
    X(TRACEBACK, "traceback")     /* all frames */                                                 \
    X(DOMAIN, "domain")           /* allocator domain */                                           \
    X(SITE_MODULE, "site-module") /* module, package or binary that the newest frame's file is */

typedef enum hsn_by {
#define HSN_BY_ROW(name, text) HSN_BY_##name,
    HSN_BY_LIST(HSN_BY_ROW)
#undef HSN_BY_ROW
        HSN_BY_COUNT
} hsn_by;

/** The word of a grouping; "unknown" outside the list. Static. */
HSN_API const char *hsn_by_name(hsn_by by);

/** Whether rows are allocation sites (from the allocation profile), not types. */
HSN_API int hsn_by_is_site(hsn_by by);

/**
 * A filter of allocations, with the meaning of tracemalloc's Filter and DomainFilter.
 *
 * An allocation passes when any inclusive filter accepts it (or there is none) and no exclusive
 * filter rejects it. The pattern is a glob over the file name (see hsn_glob_match), ".pyc" read as
 * ".py" in both. It looks at the newest frame, with `all_frames` at every one.
 */
typedef struct hsn_site_filter {
    int exclusive;        /**< reject what matches; default: accept what matches */
    const char *pattern;  /**< NULL = only the domain is looked at (DomainFilter) */
    size_t pattern_bytes; /**< length of pattern; 0 = up to its NUL */
    int has_line;         /**< `line` must be equal too */
    uint32_t line;
    int all_frames;
    int has_domain; /**< `domain` must be equal too; without a pattern it is always looked at */
    uint32_t domain;
} hsn_site_filter;

/**
 * Fill *out from `GLOB` or `GLOB:LINE`; its pattern points into `text`. The rest of *out is zeroed.
 * Errors: HSN_EINVAL (empty pattern, line over 2^32 - 1).
 */
HSN_API int hsn_site_filter_parse(const char *text, hsn_site_filter *out, hsn_error *err);

/**
 * Whether `text` matches the glob `pattern` as a whole: `*` any text, `?` one character, `[a-z]`,
 * `[!a-z]`; nothing quotes. As Python's fnmatch.fnmatchcase(), over UTF-8.
 * Cost: O(pattern × text) at worst, no memory.
 */
HSN_API int hsn_glob_match(const char *pattern, const char *text);

/**
 * Find a metric by name. `word` is its name ("alloc"), or the name and what ranks: "alloc_bytes",
 * "alloc_count", "cpu_ns". NULL = the default one; a profile without metrics has only `inuse`.
 *
 * Errors: HSN_ENOTFOUND, with the metrics that are there.
 */
HSN_API int hsn_metric_choose(const hsn_metric *metrics, size_t count, const char *word,
                              size_t *out_index, int *out_by_count, hsn_error *err);

/**
 * The module, package or binary of a frame's file, written to `out` (at most `room` bytes with a
 * NUL); returns the length of the whole, as snprintf() does. Python files: the dotted module below
 * `site-packages` or the folder of the standard library, else the file's name without `.py`, of a
 * package (`__init__.py`) the folder's. URLs and paths of JavaScript: the package below
 * `node_modules`. Go: the import path of the function. Everything else: the last part of the path,
 * which for native code is the binary. Source: docs/analysis/sites.md.
 */
HSN_API size_t hsn_site_module(const hsn_frame *frame, char *out, size_t room);

/** All zero = every type. */
typedef struct hsn_totals_options {
    hsn_by by;
    const char *metric; /**< sites only: as hsn_metric_choose() takes it; NULL = the default one */
    /**
     * Sites only: count an allocation at every frame of its stack, a frame that recurs repeatedly,
     * but by function and by module once.
     * Not by traceback.
     */
    int cumulative;
    const char *type;               /**< glob over full type names; by type and module only */
    const char *module;             /**< glob over module names ("builtins" for builtins) */
    const hsn_site_filter *filters; /**< sites only */
    size_t filter_count;
} hsn_totals_options;

/** Shallow bytes of objects, or live bytes of allocations, or what another metric's unit is. Sums
 * stop at UINT64_MAX. */
typedef struct hsn_cell {
    uint64_t count;
    uint64_t size_bytes;
} hsn_cell;

/** What a row is about. Strings are never NULL. */
typedef struct hsn_key {
    const char *type;     /**< full name; "" unless by type */
    const char *module;   /**< by type and module; "builtins" for builtins; of sites by site-module;
                             else "" */
    const char *file;     /**< of the newest frame; "" for types and where unknown */
    const char *function; /**< the first one seen there; "" = unknown, or by filename */
    uint32_t line;        /**< of the newest frame; 0 = unknown, or not by line */
    uint32_t stack;       /**< by traceback: index into stacks; else HSN_NONE */
    uint32_t domain;      /**< by domain; else 0 */
} hsn_key;

/** Keys × snapshots. */
typedef struct hsn_totals {
    hsn_by by;
    const char *metric; /**< of sites: its name; "" for types and modules */
    const char *unit;   /**< of `size_bytes`: HSN_UNIT_BYTES for types */
    int by_count;       /**< rows rank by count first: "alloc_count" was asked for */
    size_t count;       /**< keys, in order of first sight */
    size_t columns;     /**< snapshots */
    hsn_key *keys;
    hsn_cell *cells;         /**< key i in snapshot j: cells[i * columns + j]; absent = 0, 0 */
    hsn_cell *wholes;        /**< per snapshot: everything, whatever the filters leave out */
    const hsn_frame *frames; /**< of all snapshots, by traceback only */
    size_t frame_count;
    const hsn_stack *stacks; /**< of all snapshots: equal frames, equal stack; by traceback only */
    size_t stack_count;
    const uint32_t *stack_order; /**< private: number of each stack in their order, or NULL */
    void *memory;                /**< private */
} hsn_totals;

/**
 * Read the totals that the stores hold and line them up by name, or by file and line, never by id.
 * No object is looked at. Types of equal name are one row. Frames without a file (native code) are
 * told apart by their function.
 *
 * Owns:   free *out with hsn_totals_free(). It does not point into the stores.
 * Errors: HSN_EINVAL (options that do not go together), HSN_ENOTFOUND (a snapshot without objects,
 * or no snapshot with allocations, or with function names, or no such metric), HSN_ELIMIT,
 * HSN_EFORMAT (damaged profile), HSN_ESTORE, HSN_ENOMEM. Cost:   O(types), or O(frames) for sites
 * by newest frame, or O(stacks) cumulative, by traceback or with filters that look at all frames;
 * each times the snapshots.
 */
HSN_API int hsn_totals_read(const hsn_snapshot_ref *snapshots, size_t count,
                            const hsn_totals_options *options, hsn_totals *out, hsn_error *err);

/** Accepts NULL. */
HSN_API void hsn_totals_free(hsn_totals *totals);

/**
 * The order of two keys (strcmp's sign): by type, module, file, line, function; by traceback from
 * the oldest frame on, as tracemalloc orders. Cost: O(1), by traceback O(frames).
 */
HSN_API int hsn_totals_compare_keys(const hsn_totals *totals, size_t a, size_t b);

#ifdef __cplusplus
}
#endif

#endif
