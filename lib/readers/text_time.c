// SPDX-License-Identifier: MIT
// Dates in dumps: ISO 8601 to seconds since 1970.
#include "text_time.h"

#include "profile_scan.h"

// Exactly `digits` digits, removed.
static bool take_digits(hsn_text *text, unsigned digits, unsigned *out)
{
    if (text->length < digits)
        return false;
    hsn_text part = hsn__text_part(*text, 0, digits);
    uint64_t value;
    if (!hsn__text_number(&part, 10, &value) || part.length)
        return false;
    *out = (unsigned)value;
    *text = hsn__text_part(*text, digits, text->length);
    return true;
}

static bool take_one(hsn_text *text, const char *characters)
{
    for (; *characters; characters++)
        if (text->length && *text->data == *characters) {
            *text = hsn__text_part(*text, 1, text->length);
            return true;
        }
    return false;
}

// Days since 1970-01-01 in the Gregorian calendar; March is the first month of its year.
static int64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

// `Z`, `+01:00`, `+0100`, `-08`, ` UTC`, or nothing. Seconds east of UTC.
static bool take_zone(hsn_text *text, int64_t *out)
{
    unsigned hours, minutes = 0;
    *out = 0;
    hsn__text_blanks(text);
    if (!text->length || take_one(text, "Zz") || hsn__text_take(text, "UTC") ||
        hsn__text_take(text, "GMT"))
        return true;
    bool west = *text->data == '-';
    if (!take_one(text, "+-") || !take_digits(text, 2, &hours))
        return false;
    take_one(text, ":");
    if (text->length && !take_digits(text, 2, &minutes))
        return false;
    *out = (west ? -60 : 60) * (int64_t)(hours * 60 + minutes);
    return true;
}

bool hsn__text_iso_time(hsn_text text, double *out)
{
    unsigned year, month, day, hour = 0, minute = 0, second = 0;
    double fraction = 0;
    int64_t zone = 0;
    if (!take_digits(&text, 4, &year) || !take_one(&text, "-/") || !take_digits(&text, 2, &month) ||
        !take_one(&text, "-/") || !take_digits(&text, 2, &day) || !month || month > 12 || !day ||
        day > 31)
        return false;
    if (take_one(&text, "T ")) {
        if (!take_digits(&text, 2, &hour) || !take_one(&text, ":") ||
            !take_digits(&text, 2, &minute))
            return false;
        if (take_one(&text, ":") && !take_digits(&text, 2, &second))
            return false;
        double scale = 1;
        uint64_t digit;
        if (take_one(&text, ".,"))
            while (text.length && *text.data >= '0' && *text.data <= '9') {
                digit = (uint64_t)(*text.data - '0');
                fraction += (double)digit / (scale *= 10);
                text = hsn__text_part(text, 1, text.length);
            }
        if (hour > 24 || minute > 59 || second > 60 || !take_zone(&text, &zone))
            return false;
    }
    if (text.length)
        return false;
    int64_t whole = days_since_1970(year, month, day) * 86400 + (int64_t)hour * 3600 +
                    (int64_t)minute * 60 + second - zone;
    *out = (double)whole + fraction;
    return true;
}

bool hsn__text_date(hsn_text text, double *out)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    unsigned month = 0, hour, minute, second, year;
    uint64_t day;
    if (hsn__text_word(&text).length != 3)
        return false;
    hsn_text name = hsn__text_word(&text);
    while (month < 12 && !(name.length == 3 && !memcmp(name.data, months + 3 * month, 3)))
        month++;
    hsn__text_blanks(&text);
    if (month == 12 || !hsn__text_number(&text, 10, &day) || !day || day > 31 ||
        !hsn__text_take(&text, " ") || !take_digits(&text, 2, &hour) || !take_one(&text, ":") ||
        !take_digits(&text, 2, &minute) || !take_one(&text, ":") ||
        !take_digits(&text, 2, &second) || !hsn__text_take(&text, " "))
        return false;
    bool morning = hsn__text_take(&text, "AM "), evening = hsn__text_take(&text, "PM ");
    if (morning || evening)
        hour = hour % 12 + (evening ? 12 : 0);
    if ((!hsn__text_take(&text, "UTC ") && !hsn__text_take(&text, "GMT ")) ||
        !take_digits(&text, 4, &year) || text.length || hour > 23 || minute > 59 || second > 60)
        return false;
    *out = (double)(days_since_1970(year, month + 1, (unsigned)day) * 86400 + (int64_t)hour * 3600 +
                    (int64_t)minute * 60 + second);
    return true;
}
