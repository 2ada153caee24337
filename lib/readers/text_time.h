// SPDX-License-Identifier: MIT
// Dates in dumps.
#ifndef HSN_READERS_TEXT_TIME_H
#define HSN_READERS_TEXT_TIME_H

#include "readers/sink.h"

/**
 * A date of ISO 8601, the whole of `text`, as seconds since 1970: `2026-11-20T10:00:00.5+01:00`; a
 * space for the T, a comma for the point, slashes for the dashes, no seconds, no time, no zone
 * (then UTC). False when it is none.
 */
bool hsn__text_iso_time(hsn_text text, double *out);

/** What `date` prints in English: `Fri Nov 20 19:46:02 UTC 2026`, also with AM or PM. Zones but UTC
 * and GMT are not known: false. */
bool hsn__text_date(hsn_text text, double *out);

#endif
