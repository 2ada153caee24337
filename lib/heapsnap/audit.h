// SPDX-License-Identifier: MIT
// audit: refcounts against visible references; what is left over is held by C code.
#ifndef HEAPSNAP_AUDIT_H
#define HEAPSNAP_AUDIT_H

#include "heapsnap/heap.h"
#include "heapsnap/totals.h"

#ifdef __cplusplus
extern "C" {
#endif

/** No known holder explains it. */
#define HSN_AUDIT_UNEXPLAINED HSN_NONE

/** All zero = what no known holder explains, of every type. */
typedef struct hsn_audit_options {
    const char *type;   /**< glob over full type names; NULL = all */
    const char *module; /**< glob over module names ("builtins" for builtins); NULL = all */
    int explained;      /**< list also what known holders explain, deficits among it */
} hsn_audit_options;

/** An object whose refcount is not the number of references that the snapshot shows to it. */
typedef struct hsn_audit_object {
    hsn_node_id node;
    uint32_t type; /**< index into hsn_heap_types() */
    uint64_t refcount;
    uint64_t visible;  /**< strong references to it, parallel ones too */
    int64_t surplus;   /**< refcount - visible; negative: a deficit */
    int64_t explained; /**< the part of it that `holder` accounts for; the sign of surplus */
    uint32_t holder;   /**< hsn_audit_holder(); HSN_AUDIT_UNEXPLAINED */
} hsn_audit_object;

/** Sums of objects, of a type or of a holder. */
typedef struct hsn_audit_total {
    uint64_t objects;             /**< with a surplus or deficit, explained or not */
    uint64_t surplus;             /**< references too many */
    uint64_t deficit;             /**< references too few */
    uint64_t unexplained_objects; /**< with something left over */
    uint64_t unexplained;         /**< references too many that no holder explains */
    uint64_t unexplained_deficit; /**< references too few … */
} hsn_audit_total;

/** The objects of a type. */
typedef struct hsn_audit_type {
    uint32_t type; /**< index into hsn_heap_types() */
    hsn_audit_total total;
    uint64_t count;      /**< all objects of the type */
    uint64_t refcount;   /**< sum over the objects of `total` */
    uint64_t visible;    /**< … */
    hsn_node_id example; /**< the object with most left over; of equals the first one */
    uint32_t holder;     /**< explains most of what is explained; HSN_AUDIT_UNEXPLAINED = none */
} hsn_audit_type;

typedef struct hsn_audit {
    hsn_audit_object *objects; /**< by what is left over (largest first), type name, node */
    size_t object_count;
    hsn_audit_type *types; /**< by unexplained, unexplained deficit, surplus, name */
    size_t type_count;
    hsn_audit_total *holders; /**< as many as hsn_audit_holder_count(); all types */
    hsn_audit_total whole;    /**< all types */
    uint64_t counted;         /**< objects whose refcount is known */
    uint64_t uncounted;       /**< immortal, or without a refcount */
} hsn_audit;

/**
 * Compare every refcount with the strong references that the snapshot shows.
 *
 * What the runtime itself holds out of sight is explained by rows of a table
 * (docs/analysis/audit.md); the rest is held by C code: a C extension that forgot a decref, or a
 * variable of one.
 *
 * Owns:    free *out with hsn_audit_free(). It does not point into the heap.
 * Errors:  HSN_ENOTFOUND (no refcounts), HSN_EFORMAT, HSN_ESTORE, HSN_ENOMEM, HSN_ECANCELED.
 * Cost:    one pass over the references: O(objects + references); 12 bytes an object, and 48 for
 *          each with a surplus or deficit.
 * Threads: needs exclusive use of `heap` while it runs.
 * Source:  docs/analysis/audit.md
 */
HSN_API int hsn_audit_read(hsn_heap *heap, const hsn_audit_options *options,
                           const hsn_progress *progress, hsn_audit *out, hsn_error *err);

/** Accepts NULL. */
HSN_API void hsn_audit_free(hsn_audit *audit);

/** What is known to hold objects out of sight. */
HSN_API size_t hsn_audit_holder_count(void);

/** Its words: "interned names, C variables"; "" for HSN_AUDIT_UNEXPLAINED. Static. */
HSN_API const char *hsn_audit_holder(uint32_t holder);

/** A type in two snapshots of one program. */
typedef struct hsn_audit_diff_row {
    const char *type; /**< full name */
    hsn_audit_total old_total, new_total;
    int64_t unexplained_objects_delta;
    int64_t unexplained_delta;
    int64_t surplus_delta; /**< explained or not */
    hsn_node_id example;   /**< in the new snapshot; HSN_NONE = none */
} hsn_audit_diff_row;

typedef struct hsn_audit_diff {
    hsn_audit_diff_row *rows; /**< by unexplained_delta, surplus_delta, name */
    size_t count;
    void *memory; /**< private */
} hsn_audit_diff;

/**
 * What changed between two audits, by type name. Types without a surplus or deficit in either are
 * left out. Immortals and deficits count for nothing here.
 *
 * Owns:   free *out with hsn_audit_diff_free().
 * Errors: HSN_ENOMEM.
 * Cost:   O(t log t), t = types.
 */
HSN_API int hsn_audit_compare(const hsn_type_list *old_types, const hsn_audit *old_audit,
                              const hsn_type_list *new_types, const hsn_audit *new_audit,
                              hsn_audit_diff *out, hsn_error *err);

/** Accepts NULL. */
HSN_API void hsn_audit_diff_free(hsn_audit_diff *diff);

#ifdef __cplusplus
}
#endif

#endif
