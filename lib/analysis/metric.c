// SPDX-License-Identifier: MIT
// Choosing a metric of an allocation profile by the words that people use.
#include "base/buf.h"
#include "base/fail.h"
#include "heapsnap/totals.h"

#include <string.h>

// Whether `word` is "name_suffix".
static bool is_family(const char *word, const hsn_metric *metric, const char *suffix)
{
    size_t name = strlen(metric->name), tail = strlen(suffix);
    return strlen(word) == name + 1 + tail && !strncmp(word, metric->name, name) &&
           word[name] == '_' && !strcmp(word + name + 1, suffix);
}

static bool matches(const char *word, const hsn_metric *metric, int *out_by_count)
{
    *out_by_count = 0;
    if (!strcmp(word, metric->name) || is_family(word, metric, metric->unit))
        return true;
    *out_by_count = is_family(word, metric, HSN_UNIT_COUNT);
    return *out_by_count;
}

// Nothing live is an answer where memory was recorded; a profile of CPU time has no such answer.
static bool is_recorded(const hsn_metric *metrics, size_t count, size_t index)
{
    bool bytes = false, any = false;
    for (size_t i = 0; i < count; i++) {
        any = any || metrics[i].total_count;
        bytes = bytes || (metrics[i].total_count && !strcmp(metrics[i].unit, HSN_UNIT_BYTES));
    }
    return index != HSN_METRIC_INUSE || bytes || !any;
}

static int unknown(const hsn_metric *metrics, size_t count, const char *word, hsn_error *err)
{
    hsn__buf list = {0};
    for (size_t i = 0; i < count; i++)
        if (metrics[i].total_count)
            hsn__buf_printf(&list, "%s%s (%s)", list.size ? ", " : "", metrics[i].name,
                            metrics[i].unit);
    int r = list.failed ? hsn__fail_memory(err)
                        : hsn__fail(err, HSN_ENOTFOUND, NULL, "no metric named '%s'; there are: %s",
                                    word, hsn__buf_text(&list));
    hsn__buf_clear(&list);
    return r;
}

int hsn_metric_choose(const hsn_metric *metrics, size_t count, const char *word, size_t *out_index,
                      int *out_by_count, hsn_error *err)
{
    *out_index = HSN_METRIC_INUSE;
    *out_by_count = 0;
    // A name as a whole wins over one with a suffix: a profile may have both "x" and "x_count".
    for (size_t i = 0; word && i < count; i++)
        if (!strcmp(word, metrics[i].name) && metrics[i].total_count) {
            *out_index = i;
            return HSN_OK;
        }
    for (size_t i = 0; i < count; i++)
        if (word ? matches(word, &metrics[i], out_by_count) && is_recorded(metrics, count, i)
                 : metrics[i].is_default) {
            *out_index = i;
            return HSN_OK;
        }
    return word && count ? unknown(metrics, count, word, err) : HSN_OK;
}
