// SPDX-License-Identifier: MIT
// Values of options: whole words only, checked for overflow.
#include "cli/private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// A unit after a number.
struct unit {
    const char *name;
    uint64_t factor;
};

// Decimal digits at *text, which moves past them; false without any or on overflow.
static bool digits(const char **text, uint64_t *out)
{
    const char *p = *text;
    uint64_t value = 0;
    for (; *p >= '0' && *p <= '9'; p++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
            return false;
    bool any = p > *text;
    *text = p;
    *out = value;
    return any;
}

bool parse_count(const char *text, uint64_t *out)
{
    uint64_t value;
    if (!digits(&text, &value) || *text)
        return false;
    *out = value;
    return true;
}

bool parse_bytes(const char *text, uint64_t *out)
{
    static const struct unit units[] = {
        {"", 1},
        {"B", 1},
        {"K", UINT64_C(1) << 10},
        {"KiB", UINT64_C(1) << 10},
        {"KB", 1000},
        {"kB", 1000},
        {"k", UINT64_C(1) << 10},
        {"M", UINT64_C(1) << 20},
        {"MiB", UINT64_C(1) << 20},
        {"MB", 1000000},
        {"G", UINT64_C(1) << 30},
        {"GiB", UINT64_C(1) << 30},
        {"GB", 1000000000},
        {"T", UINT64_C(1) << 40},
        {"TiB", UINT64_C(1) << 40},
        {"TB", 1000000000000},
    };
    uint64_t value;
    if (!digits(&text, &value))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (!strcmp(text, units[i].name))
            return !__builtin_mul_overflow(value, units[i].factor, out);
    return false;
}

bool parse_duration(const char *text, uint64_t *out_seconds)
{
    static const struct unit units[] = {
        {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800},
    };
    uint64_t total = 0;
    do {
        uint64_t value, factor = 0;
        text += strspn(text, " ");
        if (!digits(&text, &value))
            return false;
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            if (*text == *units[i].name)
                factor = units[i].factor;
        if (!factor || __builtin_mul_overflow(value, factor, &value) ||
            __builtin_add_overflow(total, value, &total))
            return false;
        text++;
    } while (*text);
    *out_seconds = total;
    return true;
}

bool parse_real(const char *text, double *out)
{
    char *end;
    // strtod() also takes blanks, hexadecimal, "nan" and "infinity".
    if (strspn(text, "0123456789+-.eE%") != strlen(text))
        return false;
    double value = strtod(text, &end);
    if (end == text || !isfinite(value))
        return false;
    if (*end == '%') {
        value /= 100;
        end++;
    }
    *out = value;
    return !*end;
}

static bool refuse(struct cli *cli, const char *shown, const char *text, const char *what)
{
    cli_usage(cli, "option '%s': '%s' is not %s", shown, text, what);
    return false;
}

static bool set_choice(struct cli *cli, const struct opt *row, const char *shown, const char *text)
{
    char list[512];
    size_t used = 0;
    for (int i = 0; row->choices[i]; i++) {
        if (!strcmp(text, row->choices[i])) {
            *(int *)row->target = i;
            return true;
        }
        int length =
            snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", row->choices[i]);
        used += (size_t)length < sizeof list - used ? (size_t)length : 0;
    }
    cli_usage(cli, "option '%s': '%s' is none of %s", shown, text, list);
    return false;
}

static void add_to_list(struct cli *cli, struct opt_list *list, const char *text)
{
    const char **items = cli_alloc(cli, list->count + 1, sizeof *items);
    if (list->count)
        memcpy(items, list->items, list->count * sizeof *items);
    items[list->count++] = text;
    list->items = items;
}

bool cli_set_value(struct cli *cli, const struct opt *row, const char *shown, const char *text)
{
    switch (row->type) {
    case OPT_FLAG:
        *(bool *)row->target = true;
        return true;
    case OPT_SET:
        *(int *)row->target = row->number;
        return true;
    case OPT_COUNT:
        return parse_count(text, row->target) || (row->sized && parse_bytes(text, row->sized)) ||
               refuse(cli, shown, text, "a whole number");
    case OPT_BYTES:
        return parse_bytes(text, row->target) ||
               refuse(cli, shown, text, "a size like 512, 10K, 10MiB or 10MB");
    case OPT_DURATION:
        return parse_duration(text, row->target) ||
               refuse(cli, shown, text, "a duration like 90s, 12h or '7d 12h'");
    case OPT_REAL:
        return parse_real(text, row->target) || refuse(cli, shown, text, "a number like 1.5 or 5%");
    case OPT_TEXT:
        *(const char **)row->target = text;
        return true;
    case OPT_LIST:
        add_to_list(cli, row->target, text);
        return true;
    case OPT_CHOICE:
        return set_choice(cli, row, shown, text);
    case OPT_FILE:
        *(struct opt_file *)row->target = (struct opt_file){.given = true, .path = text};
        return true;
    case OPT_GROUP:
    case OPT_END:
        break;
    }
    return false;
}
