// SPDX-License-Identifier: MIT
// export: the allocation profile of a snapshot in the formats of other tools.
#ifndef HEAPSNAP_EXPORT_H
#define HEAPSNAP_EXPORT_H

#include "heapsnap/store.h"
#include "heapsnap/table.h"

#ifdef __cplusplus
extern "C" {
#endif

/** X(NAME, "word", "what it is"). docs/export.md says what each of them carries. */
#define HSN_EXPORT_LIST(X)                                                                         \
    X(PPROF, "pprof", "profile.proto, gzip: go tool pprof, speedscope, Grafana Pyroscope")         \
    X(FOLDED, "folded", "a line a stack, root first: flamegraph.pl, inferno, speedscope")          \
    X(SPEEDSCOPE, "speedscope", "JSON for speedscope.app, all metrics in one file")                \
    X(CSV, "csv", "a line a stack, newest frame first: spreadsheets, pandas")

typedef enum hsn_export_format {
#define HSN_EXPORT_ROW(name, word, title) HSN_EXPORT_##name,
    HSN_EXPORT_LIST(HSN_EXPORT_ROW)
#undef HSN_EXPORT_ROW
        HSN_EXPORT_COUNT
} hsn_export_format;

/** The word of a format; "unknown" outside the list. Static. */
HSN_API const char *hsn_export_format_name(hsn_export_format format);

/** All zero = every metric that the format can carry. */
typedef struct hsn_export_options {
    const char
        *metric;  /**< only this one, by name; NULL = all, or for folded the first with totals */
    int by_count; /**< folded: counts in place of bytes (or of the metric's unit) */
} hsn_export_options;

/**
 * Write a profile. Equal profiles give equal bytes. Stacks come in the order of the profile; totals
 * of domains stay apart where the format can say so (pprof's label `domain`, the column of CSV),
 * and are summed where it cannot.
 *
 * Errors: HSN_ENOTFOUND (no allocations, or no such metric), HSN_EINVAL (by_count without counts),
 *         HSN_EIO (the writer failed), HSN_ENOMEM.
 * Cost:   O(totals × depth) time; O(stacks) memory.
 * Source: docs/export.md
 */
HSN_API int hsn_export_profile(const hsn_profile *profile, const hsn_snapshot_info *info,
                               hsn_export_format format, const hsn_export_options *options,
                               const hsn_writer *writer, hsn_error *err);

#ifdef __cplusplus
}
#endif

#endif
