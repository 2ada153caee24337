// SPDX-License-Identifier: MIT
// Values of a policy: sizes, times, shares, dates, words; each refusal says what was expected.
#include "report/policy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct unit_row {
    const char *name;
    double factor;
} unit_row;

static const unit_row byte_units[] = {
    {"", 1},
    {"B", 1},
    {"K", 1024},
    {"k", 1024},
    {"KiB", 1024},
    {"KB", 1e3},
    {"kB", 1e3},
    {"M", 1048576},
    {"MiB", 1048576},
    {"MB", 1e6},
    {"G", 1073741824},
    {"GiB", 1073741824},
    {"GB", 1e9},
    {"T", 1099511627776},
    {"TiB", 1099511627776},
    {"TB", 1e12},
};
static const unit_row count_units[] = {{"", 1}};
static const unit_row time_units[] = {{"ms", 1}, {"us", 1e-3}, {"s", 1e3}, {"m", 6e4}};

typedef struct unit_table {
    const unit_row *rows;
    size_t count;
    const char *expected;
} unit_table;

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

// By hsn__unit.
static const unit_table unit_tables[] = {
    {byte_units, COUNT_OF(byte_units), "a size like 512, 10K, 10MiB or 10MB"},
    {count_units, COUNT_OF(count_units), "a number like 1000"},
    {time_units, COUNT_OF(time_units), "a time like 50ms or 1.5s"},
};

// Digits with at most one point, whatever the locale; the rest is left to `text`.
static bool number(const char **text, double *out)
{
    const char *p = *text;
    double value = 0, place = 1;
    size_t digits = 0;
    for (; *p >= '0' && *p <= '9' && digits < 18; p++, digits++)
        value = value * 10 + (*p - '0');
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9' && digits < 18; p++, digits++)
            value += (*p - '0') * (place /= 10);
    *text = p;
    *out = value;
    return digits > 0 && digits < 18;
}

bool hsn__amount_read(const char *text, hsn__unit unit, double *out)
{
    const unit_table *table = &unit_tables[unit];
    double value;
    if (!number(&text, &value))
        return false;
    text += strspn(text, " ");
    for (size_t i = 0; i < table->count; i++)
        if (!strcmp(text, table->rows[i].name)) {
            *out = value * table->rows[i].factor;
            return true;
        }
    return false;
}

static bool share_read(const char *text, double *out)
{
    if (!number(&text, out))
        return false;
    text += strspn(text, " ");
    *out /= 100;
    return !strcmp(text, "%");
}

bool hsn__limit_read(const char *text, hsn__unit unit, hsn__limit *out)
{
    const char *comma = strchr(text, ',');
    char part[64];
    *out = (hsn__limit){0};
    if (comma) {
        snprintf(part, sizeof part, "%.*s", (int)(comma - text), text);
        out->has_share = share_read(part, &out->share);
        text = comma + 1 + strspn(comma + 1, " ");
        return out->has_share && (out->has_amount = hsn__amount_read(text, unit, &out->amount));
    }
    if ((out->has_share = share_read(text, &out->share)))
        return true;
    return out->has_amount = hsn__amount_read(text, unit, &out->amount);
}

int hsn__policy_text(const hsn_policy *policy, const hsn__yaml *node, const char **out,
                     hsn_error *err)
{
    if (node->kind != HSN__YAML_SCALAR)
        return hsn__yaml_fail(err, policy->path, node, "'%.40s' takes one value", node->key);
    if (!*node->text)
        return hsn__yaml_fail(err, policy->path, node, "'%.40s' is empty",
                              node->key ? node->key : "the value");
    *out = node->text;
    return HSN_OK;
}

static int refuse(const hsn_policy *policy, const hsn__yaml *node, const char *expected,
                  hsn_error *err)
{
    if (node->kind != HSN__YAML_SCALAR)
        return hsn__yaml_fail(err, policy->path, node, "'%.40s' takes %s",
                              node->key ? node->key : "this", expected);
    return hsn__yaml_fail(err, policy->path, node, "'%.60s' is not %s", node->text, expected);
}

int hsn__policy_bool(const hsn_policy *policy, const hsn__yaml *node, bool *out, hsn_error *err)
{
    if (node->kind == HSN__YAML_SCALAR && !strcmp(node->text, "true"))
        *out = true;
    else if (node->kind == HSN__YAML_SCALAR && !strcmp(node->text, "false"))
        *out = false;
    else
        return refuse(policy, node, "true or false", err);
    return HSN_OK;
}

int hsn__policy_count(const hsn_policy *policy, const hsn__yaml *node, uint32_t least,
                      uint32_t most, uint32_t *out, hsn_error *err)
{
    char expected[64];
    double value;
    snprintf(expected, sizeof expected, "a whole number from %u to %u", (unsigned)least,
             (unsigned)most);
    if (node->kind != HSN__YAML_SCALAR || !hsn__amount_read(node->text, HSN__UNIT_COUNT, &value) ||
        value != floor(value) || value < least || value > most)
        return refuse(policy, node, expected, err);
    *out = (uint32_t)value;
    return HSN_OK;
}

int hsn__policy_days(const hsn_policy *policy, const hsn__yaml *node, uint64_t *out, hsn_error *err)
{
    const char *text = node->kind == HSN__YAML_SCALAR ? node->text : "";
    double value;
    uint64_t factor = 0;
    if (number(&text, &value))
        factor = !strcmp(text, "d") ? 1 : !strcmp(text, "w") ? 7 : 0;
    if (!factor || value != floor(value) || value < 1 || value > 100000)
        return refuse(policy, node, "a time like 90d or 52w", err);
    *out = (uint64_t)value * factor;
    return HSN_OK;
}

int hsn__policy_amount(const hsn_policy *policy, const hsn__yaml *node, hsn__unit unit, double *out,
                       hsn_error *err)
{
    if (node->kind != HSN__YAML_SCALAR || !hsn__amount_read(node->text, unit, out))
        return refuse(policy, node, unit_tables[unit].expected, err);
    return HSN_OK;
}

int hsn__policy_limit(const hsn_policy *policy, const hsn__yaml *node, hsn__unit unit,
                      hsn__limit *out, hsn_error *err)
{
    char expected[96];
    snprintf(expected, sizeof expected, "a share like 10%%, or %s", unit_tables[unit].expected);
    *out = (hsn__limit){0};
    if (node->kind == HSN__YAML_SCALAR) {
        if (!strchr(node->text, ',') && hsn__limit_read(node->text, unit, out))
            return HSN_OK;
        return refuse(policy, node, expected, err);
    }
    if (node->kind != HSN__YAML_SEQUENCE)
        return refuse(policy, node, expected, err);
    for (const hsn__yaml *item = node->first; item; item = item->next) {
        hsn__limit part;
        if (item->kind != HSN__YAML_SCALAR || strchr(item->text, ',') ||
            !hsn__limit_read(item->text, unit, &part))
            return refuse(policy, item, expected, err);
        if ((part.has_share && out->has_share) || (part.has_amount && out->has_amount))
            return hsn__yaml_fail(err, policy->path, item,
                                  "a list holds one share and one amount: both must be exceeded");
        if (part.has_share)
            out->share = part.share, out->has_share = true;
        else
            out->amount = part.amount, out->has_amount = true;
    }
    if (!out->has_share && !out->has_amount)
        return refuse(policy, node, expected, err);
    return HSN_OK;
}

int hsn__policy_severity(const hsn_policy *policy, const hsn__yaml *node, hsn_severity *out,
                         hsn_error *err)
{
    if (node->kind == HSN__YAML_SCALAR && !strcmp(node->text, hsn_severity_name(HSN_SEVERITY_WARN)))
        *out = HSN_SEVERITY_WARN;
    else if (node->kind == HSN__YAML_SCALAR &&
             !strcmp(node->text, hsn_severity_name(HSN_SEVERITY_FAIL)))
        *out = HSN_SEVERITY_FAIL;
    else
        return refuse(policy, node, "warn or fail", err);
    return HSN_OK;
}

int hsn__policy_by(const hsn_policy *policy, const hsn__yaml *node, hsn_by *out, hsn_error *err)
{
    static const hsn_by taken[] = {HSN_BY_TYPE, HSN_BY_MODULE, HSN_BY_LINENO};
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        if (node->kind == HSN__YAML_SCALAR && !strcmp(node->text, hsn_by_name(taken[i]))) {
            *out = taken[i];
            return HSN_OK;
        }
    return refuse(policy, node, "type, module or lineno", err);
}

// Days since 1970-01-01 of a date of the Gregorian calendar.
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int hsn__policy_date(const hsn_policy *policy, const hsn__yaml *node, const char **out,
                     int64_t *out_until_unix_ms, hsn_error *err)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    static const char form[] = "dddd-dd-dd";
    const char *text = node->kind == HSN__YAML_SCALAR ? node->text : "";
    bool fits = strlen(text) == sizeof form - 1;
    for (size_t i = 0; fits && form[i]; i++)
        fits = form[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == form[i];
    if (!fits)
        return refuse(policy, node, "a date like 2027-01-31", err);
    int year = (int)strtol(text, NULL, 10), month = (int)strtol(text + 5, NULL, 10);
    int day = (int)strtol(text + 8, NULL, 10);
    bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;
    if (year < 1970 || month < 1 || month > 12 || day < 1 ||
        day > lengths[month - 1] + (month == 2 && leap))
        return refuse(policy, node, "a date of the calendar", err);
    *out = text;
    *out_until_unix_ms = (days_of(year, month, day) + 1) * 86400000;
    return HSN_OK;
}
