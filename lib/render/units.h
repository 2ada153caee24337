// SPDX-License-Identifier: MIT
// Numbers for people: bytes in units, signs, decimals, times.
#ifndef HSN_RENDER_UNITS_H
#define HSN_RENDER_UNITS_H

#include <stdint.h>

#include "base/buf.h"

/** "1.5 MiB", or "1572864" when exact. */
void hsn__units_bytes(hsn__buf *buf, uint64_t size_bytes, bool exact);

/** "+1.5 MiB", "-512 B", "0 B" (exact: "+1572864"). */
void hsn__units_delta_bytes(hsn__buf *buf, int64_t delta_bytes, bool exact);

/** The same with a sign, of a duration; without `duration` a bare number. */
void hsn__units_delta(hsn__buf *buf, int64_t delta, bool duration, bool exact);

/** A rate: rounded to whole bytes. Not finite: "-". */
void hsn__units_real_bytes(hsn__buf *buf, double size_bytes, bool exact);

/** A duration: "1.50 s", "320 us", "12 ns", or "1500000000" when exact. */
void hsn__units_ns(hsn__buf *buf, uint64_t ns, bool exact);

/** "12.34" with `decimals`, a decimal point in every locale. Not finite: "-". */
void hsn__units_real(hsn__buf *buf, double value, int decimals);

/** "2026-11-20T16:31:37Z"; years outside 0 … 9999 as the plain number of milliseconds. */
void hsn__units_time(hsn__buf *buf, int64_t unix_ms);

/** Replace whatever the locale uses as decimal point by '.', in place. */
void hsn__c_locale_number(char *text);

#endif
