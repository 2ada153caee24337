// SPDX-License-Identifier: MIT
// What the outputs of a report share: buffers, escaping, words.
#ifndef HSN_REPORT_REPORT_RENDER_H
#define HSN_REPORT_REPORT_RENDER_H

#include "base/buf.h"
#include "heapsnap/report.h"

/** A report on its way out. */
typedef struct hsn__rendering {
    const hsn_report *report;
    hsn_report_render_options options; /**< limit filled in */
    hsn__buf *out;
    const hsn_writer *writer; /**< for what writes by itself */
    hsn_error *err;
} hsn__rendering;

/** Append a text made safe for a terminal. */
void hsn__put_plain(hsn__buf *out, const char *text);
/** Append a text for XML, as content or attribute. */
void hsn__put_xml(hsn__buf *out, const char *text);
/** Append a text for Markdown outside of code: nothing in it is markup. */
void hsn__put_markdown(hsn__buf *out, const char *text);
/** Append a number as XML, JSON and OpenMetrics read it, whatever the locale; "NaN" when it is. */
void hsn__put_number(hsn__buf *out, double value);

/** "2026-11-18", "2026-11-18T02:00:00Z"; "" for 0. `out` has room for both. */
void hsn__date_text(int64_t unix_ms, bool with_time, char out[24]);

/** "new", or "since 2026-11-18, seen 3 nights". */
void hsn__since_text(const hsn_report_finding *finding, char out[64]);

/** Does it count? Not allowed, not a note. */
bool hsn__finding_counts(const hsn_report_finding *finding);

int hsn__render_text(hsn__rendering *rendering);
int hsn__render_json(hsn__rendering *rendering);
int hsn__render_csv(hsn__rendering *rendering);
int hsn__render_markdown(hsn__rendering *rendering);
int hsn__render_html(hsn__rendering *rendering);
int hsn__render_junit(hsn__rendering *rendering);
int hsn__render_openmetrics(hsn__rendering *rendering);
int hsn__render_github(hsn__rendering *rendering);
int hsn__render_gitlab(hsn__rendering *rendering);
int hsn__render_azure(hsn__rendering *rendering);
int hsn__render_teamcity(hsn__rendering *rendering);

#endif
