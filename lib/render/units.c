// SPDX-License-Identifier: MIT
// Numbers for people: bytes in units, signs, decimals, times.
#include "render/units.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "heapsnap/table.h"

void hsn_bytes_text(uint64_t size_bytes, char out[HSN_BYTES_TEXT_SIZE])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (size_bytes < 1024) {
        snprintf(out, HSN_BYTES_TEXT_SIZE, "%u B", (unsigned)size_bytes);
        return;
    }
    // Whole numbers all the way, so that no locale and no rounding mode shows.
    for (unsigned i = 0;; i++) {
        unsigned shift = 10 * (i + 1);
        uint64_t unit = UINT64_C(1) << shift;
        uint64_t whole = size_bytes >> shift;
        uint64_t tenths = ((size_bytes & (unit - 1)) * 10 + unit / 2) >> shift;
        if (tenths == 10) {
            whole++;
            tenths = 0;
        }
        if (whole < 1024 || i == 5) {
            snprintf(out, HSN_BYTES_TEXT_SIZE, "%" PRIu64 ".%u %s", whole, (unsigned)tenths,
                     units[i]);
            return;
        }
    }
}

void hsn__units_bytes(hsn__buf *buf, uint64_t size_bytes, bool exact)
{
    char text[HSN_BYTES_TEXT_SIZE];
    hsn_bytes_text(size_bytes, text);
    if (exact)
        hsn__buf_printf(buf, "%" PRIu64, size_bytes);
    else
        hsn__buf_puts(buf, text);
}

void hsn__units_delta_bytes(hsn__buf *buf, int64_t delta_bytes, bool exact)
{
    uint64_t size_bytes = delta_bytes < 0 ? -(uint64_t)delta_bytes : (uint64_t)delta_bytes;
    if (delta_bytes)
        hsn__buf_putc(buf, delta_bytes < 0 ? '-' : '+');
    hsn__units_bytes(buf, size_bytes, exact);
}

void hsn__units_ns(hsn__buf *buf, uint64_t ns, bool exact)
{
    static const struct {
        uint64_t ns;
        const char *name;
    } units[] = {{UINT64_C(3600000000000), "h"},
                 {UINT64_C(60000000000), "min"},
                 {1000000000, "s"},
                 {1000000, "ms"},
                 {1000, "us"}};
    size_t i = 0;
    while (i < sizeof units / sizeof *units && ns < units[i].ns)
        i++;
    if (exact || i == sizeof units / sizeof *units) {
        hsn__buf_printf(buf, exact ? "%" PRIu64 : "%" PRIu64 " ns", ns);
        return;
    }
    uint64_t unit = units[i].ns, whole = ns / unit;
    // 100ths without an overflow: the remainder is below an hour.
    uint64_t hundredths = ns % unit * 100 / unit;
    hsn__buf_printf(buf, "%" PRIu64 ".%02u %s", whole, (unsigned)hundredths, units[i].name);
}

void hsn__units_delta(hsn__buf *buf, int64_t delta, bool duration, bool exact)
{
    uint64_t size = delta < 0 ? -(uint64_t)delta : (uint64_t)delta;
    if (delta)
        hsn__buf_putc(buf, delta < 0 ? '-' : '+');
    hsn__units_ns(buf, size, exact || !duration);
}

void hsn__units_real_bytes(hsn__buf *buf, double size_bytes, bool exact)
{
    // 9.2e18 is the last double of its kind below INT64_MAX.
    if (!isfinite(size_bytes))
        hsn__buf_putc(buf, '-');
    else
        hsn__units_delta_bytes(buf, (int64_t)fmax(-9.2e18, fmin(9.2e18, round(size_bytes))), exact);
}

void hsn__units_real(hsn__buf *buf, double value, int decimals)
{
    char text[400];
    if (!isfinite(value)) {
        hsn__buf_putc(buf, '-');
        return;
    }
    snprintf(text, sizeof text, "%.*f", decimals, value);
    hsn__c_locale_number(text);
    // "-0.00" says no more than "0.00".
    bool zero = text[0] == '-' && strspn(text + 1, "0.") == strlen(text + 1);
    hsn__buf_puts(buf, text + zero);
}

// Civil date from days since 1970-01-01, without the C library's time zones and limits.
// Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
static void civil(int64_t days, int64_t *out_year, unsigned *out_month, unsigned *out_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    unsigned day_of_era = (unsigned)(days - era * 146097);
    unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned shifted = (5 * day_of_year + 2) / 153;
    *out_day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *out_month = shifted < 10 ? shifted + 3 : shifted - 9;
    *out_year = (int64_t)year_of_era + era * 400 + (*out_month <= 2);
}

void hsn__units_time(hsn__buf *buf, int64_t unix_ms)
{
    int64_t days = unix_ms / 86400000 - (unix_ms % 86400000 < 0);
    unsigned seconds = (unsigned)((unix_ms - days * 86400000) / 1000);
    int64_t year;
    unsigned month, day;
    civil(days, &year, &month, &day);
    if (year < 0 || year > 9999)
        hsn__buf_printf(buf, "%" PRId64, unix_ms);
    else
        hsn__buf_printf(buf, "%04d-%02u-%02uT%02u:%02u:%02uZ", (int)year, month, day,
                        seconds / 3600, seconds / 60 % 60, seconds % 60);
}

void hsn__c_locale_number(char *text)
{
    char *to = text;
    bool in_point = false;
    for (const char *from = text; *from; from++) {
        bool digit = strchr("0123456789+-e", *from) != NULL;
        if (digit)
            *to++ = *from;
        else if (!in_point)
            *to++ = '.';
        in_point = !digit;
    }
    *to = 0;
}
