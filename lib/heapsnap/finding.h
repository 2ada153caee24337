// SPDX-License-Identifier: MIT
// finding: what a report found in a snapshot, kept in its store, with when it was first seen.
#ifndef HEAPSNAP_FINDING_H
#define HEAPSNAP_FINDING_H

#include "heapsnap/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Sixteen hex digits and a NUL. */
#define HSN_FINGERPRINT_SIZE 17

/** Most findings of one snapshot. */
#define HSN_MAX_FINDINGS 100000

/** How bad: X(NAME, "word in the store"). */
#define HSN_SEVERITY_LIST(X)                                                                       \
    X(NOTE, "note") /* worth a line */                                                             \
    X(WARN, "warn") /* over a limit that only warns */                                             \
    X(FAIL, "fail") /* a regression */

typedef enum hsn_severity {
#define HSN_SEVERITY_ROW(name, text) HSN_SEVERITY_##name,
    HSN_SEVERITY_LIST(HSN_SEVERITY_ROW)
#undef HSN_SEVERITY_ROW
        HSN_SEVERITY_COUNT
} hsn_severity;

/** The word of a severity; "unknown" outside the list. Static. */
HSN_API const char *hsn_severity_name(hsn_severity severity);

/** Since when a fingerprint is known: over the snapshots up to and including the one asked for. */
typedef struct hsn_finding_seen {
    hsn_snapshot_id first_snapshot; /**< 0 = never */
    int64_t first_seen_unix_ms;     /**< its time of capture; 0 = unknown */
    uint64_t snapshots;             /**< that have it */
    uint64_t nights;                /**< days (UTC) of capture of these; unknown times are a day */
} hsn_finding_seen;

/** One finding. Strings are never NULL when read; NULL counts as "" when written. */
typedef struct hsn_finding {
    const char *fingerprint; /**< from hsn_finding_fingerprint(); equal for the same leak */
    const char *rule;        /**< "heap", "type", "cycle" …: the policy's word */
    hsn_severity severity;
    const char *subject;      /**< what was judged: a type, a module, "app/cache.py:31" */
    const char *kind;         /**< "growth", "garbage", "extref", "new" …; "" = none */
    const char *unit;         /**< of the values: "bytes", "count", "ms"; "" = none */
    double value_old;         /**< of the baseline; NAN = none */
    double value_new;         /**< of this snapshot; NAN = none */
    double value_limit;       /**< that was exceeded; NAN = none */
    const char *message;      /**< one line */
    const char *path;         /**< the holder pattern; "" = none */
    const char *allocated_at; /**< "app/cache.py:31 in put"; "" = unknown */
    hsn_finding_seen seen;    /**< filled by reading; ignored by writing */
} hsn_finding;

typedef struct hsn_finding_list {
    hsn_finding *rows; /**< in the order written */
    size_t count;
    void *memory; /**< private */
} hsn_finding_list;

/**
 * A stable name for what the parts say together, such as rule, holder pattern and type: the same on
 * every machine and in every version. NULL counts as "".
 */
HSN_API void hsn_finding_fingerprint(const char *const *parts, size_t count,
                                     char out[HSN_FINGERPRINT_SIZE]);

/**
 * Keep the findings of a snapshot, instead of those that it had. All or none; `store` must be
 * writable.
 *
 * Errors: HSN_EINVAL (no fingerprint, severity outside the list), HSN_ENOTFOUND (no such snapshot),
 *         HSN_ELIMIT, HSN_ESTORE, HSN_EIO, HSN_ENOMEM.
 */
HSN_API int hsn_finding_list_write(hsn_store *store, hsn_snapshot_id id, const hsn_finding *rows,
                                   size_t count, hsn_error *err);

/**
 * The findings of a snapshot, each with since when it is known.
 *
 * Owns:   free *out with hsn_finding_list_free().
 * Errors: HSN_ESTORE, HSN_ENOMEM, HSN_EFORMAT.
 * Cost:   O(findings × snapshots that share them).
 */
HSN_API int hsn_finding_list_read(hsn_store *store, hsn_snapshot_id id, hsn_finding_list *out,
                                  hsn_error *err);
HSN_API void hsn_finding_list_free(hsn_finding_list *list);

/**
 * Since when a fingerprint is known, over snapshots up to and including `id` in order of capture
 * time, then of id; a snapshot without a time takes its place by id alone.
 *
 * Errors: HSN_ENOTFOUND (no such snapshot), HSN_ESTORE. A fingerprint that was never seen is all
 *         zero.
 * Cost:   O(snapshots that share it).
 */
HSN_API int hsn_finding_seen_read(hsn_store *store, const char *fingerprint, hsn_snapshot_id id,
                                  hsn_finding_seen *out, hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
