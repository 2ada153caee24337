// SPDX-License-Identifier: MIT
// What the exporters share: where bytes go, and the totals of a stack side by side.
#ifndef HSN_RENDER_EXPORT_PRIVATE_H
#define HSN_RENDER_EXPORT_PRIVATE_H

#include <stdbool.h>

#include "base/buf.h"
#include "heapsnap/export.h"

/** One export. Exporters append to `out` and call hsn__export_flush() now and then. */
typedef struct hsn__export {
    const hsn_profile *profile;
    const hsn_snapshot_info *info;
    const hsn_metric *metrics; /**< those to write */
    size_t metric_count;
    bool by_count;
    hsn__buf out;
    int (*write)(struct hsn__export *e, const void *data, size_t size, hsn_error *err);
    const hsn_writer *writer;
} hsn__export;

/** Hand on what has gathered, if it is much or `all`. Errors: HSN_EIO, HSN_ENOMEM. */
int hsn__export_flush(hsn__export *e, bool all, hsn_error *err);

/** All totals of one stack and domain: values[2 i] and [2 i + 1] are count and size of metric i. */
typedef struct hsn__export_sample {
    uint32_t stack; /**< HSN_NONE = unknown */
    uint32_t domain;
    uint64_t values[2 * HSN_MAX_METRICS];
} hsn__export_sample;

/** A place in the totals of each metric. Start with `{0}`. */
typedef struct hsn__export_merge {
    size_t next[HSN_MAX_METRICS];
} hsn__export_merge;

/** The next sample in order of stack and domain; false at the end. O(metrics). */
bool hsn__export_next(const hsn__export *e, hsn__export_merge *merge, hsn__export_sample *out);

/** A frame as text: `handle (/srv/views.py:41)`, `/srv/views.py:41`, `malloc`. Control characters
 * become blanks, and `;`, which parts frames, a colon. */
void hsn__export_put_frame(hsn__buf *out, const hsn_frame *frame);

/** The exporters: one function a format, called by its row. Errors: HSN_EIO, HSN_ENOMEM. */
int hsn__export_pprof(hsn__export *e, hsn_error *err);
int hsn__export_folded(hsn__export *e, hsn_error *err);
int hsn__export_speedscope(hsn__export *e, hsn_error *err);
int hsn__export_csv(hsn__export *e, hsn_error *err);

#endif
