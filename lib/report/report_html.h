// SPDX-License-Identifier: MIT
// The parts of the HTML page.
#ifndef HSN_REPORT_REPORT_HTML_H
#define HSN_REPORT_REPORT_HTML_H

#include <stdbool.h>

#include "report/report_render.h"

/** Cycles in the table: those that a finding may link to. */
enum { HSN__HTML_CYCLES = 200 };

/** Sections with tables. Each writes nothing when it has no rows, but rules and snapshots. */
void hsn__html_rules(hsn__rendering *rendering);
void hsn__html_types(hsn__rendering *rendering);
void hsn__html_why(hsn__rendering *rendering);
void hsn__html_snapshots(hsn__rendering *rendering);
/** The table of cycles; pictures stand between the two. */
void hsn__html_cycles_begin(hsn__rendering *rendering);
void hsn__html_cycles_end(hsn__rendering *rendering);

bool hsn__html_has_picture(const hsn_report *report, hsn_report_picture_kind kind);

#endif
