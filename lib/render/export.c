// SPDX-License-Identifier: MIT
// Export of allocation profiles: the table of formats, and what they share.
#include "render/export_private.h"

#include <string.h>

#include "base/fail.h"

static const struct {
    const char *word;
    int (*write)(hsn__export *e, hsn_error *err);
} formats[] = {
    [HSN_EXPORT_PPROF] = {"pprof", hsn__export_pprof},
    [HSN_EXPORT_FOLDED] = {"folded", hsn__export_folded},
    [HSN_EXPORT_SPEEDSCOPE] = {"speedscope", hsn__export_speedscope},
    [HSN_EXPORT_CSV] = {"csv", hsn__export_csv},
};

const char *hsn_export_format_name(hsn_export_format format)
{
    return (unsigned)format < HSN_EXPORT_COUNT ? formats[format].word : "unknown";
}

int hsn__export_flush(hsn__export *e, bool all, hsn_error *err)
{
    enum { MUCH = 1 << 16 };
    int r = HSN_OK;
    if (e->out.failed)
        return hsn__fail_memory(err);
    if (e->out.size && (all || e->out.size >= MUCH)) {
        r = e->writer->write(e->writer->context, e->out.data, e->out.size)
                ? hsn__fail(err, HSN_EIO, NULL, "cannot write")
                : HSN_OK;
        hsn__buf_reset(&e->out);
    }
    return r;
}

bool hsn__export_next(const hsn__export *e, hsn__export_merge *merge, hsn__export_sample *out)
{
    const hsn_stack_total *first = NULL;
    for (size_t i = 0; i < e->metric_count; i++) {
        const hsn_metric *metric = &e->metrics[i];
        if (merge->next[i] == metric->total_count)
            continue;
        const hsn_stack_total *total = &e->profile->totals[metric->first_total + merge->next[i]];
        if (!first || total->stack < first->stack ||
            (total->stack == first->stack && total->domain < first->domain))
            first = total;
    }
    if (!first)
        return false;
    out->stack = first->stack;
    out->domain = first->domain;
    for (size_t i = 0; i < e->metric_count; i++) {
        const hsn_metric *metric = &e->metrics[i];
        const hsn_stack_total *total = &e->profile->totals[metric->first_total + merge->next[i]];
        bool has = merge->next[i] < metric->total_count && total->stack == out->stack &&
                   total->domain == out->domain;
        out->values[2 * i] = has ? total->count : 0;
        out->values[2 * i + 1] = has ? total->size_bytes : 0;
        merge->next[i] += has;
    }
    return true;
}

static void put_clean(hsn__buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        char c = *p == ';' ? ':' : *p;
        hsn__buf_putc(out, (unsigned char)c < ' ' || c == 0x7f ? ' ' : c);
    }
}

void hsn__export_put_frame(hsn__buf *out, const hsn_frame *frame)
{
    if (*frame->function)
        put_clean(out, frame->function);
    else if (!*frame->file)
        hsn__buf_puts(out, "[unknown]");
    if (!*frame->file)
        return;
    hsn__buf_puts(out, *frame->function ? " (" : "");
    put_clean(out, frame->file);
    if (frame->line)
        hsn__buf_printf(out, ":%u", frame->line);
    hsn__buf_puts(out, *frame->function ? ")" : "");
}

// The metric of that name; without one all that have totals.
static int choose_metrics(hsn__export *e, const hsn_export_options *options, hsn_error *err)
{
    const hsn_profile *profile = e->profile;
    if (!profile->total_count)
        return hsn__fail(err, HSN_ENOTFOUND, NULL, "it has no allocations by stack");
    e->metrics = profile->metrics;
    e->metric_count = profile->metric_count;
    if (!options->metric)
        return HSN_OK;
    for (size_t i = 0; i < profile->metric_count; i++)
        if (!strcmp(profile->metrics[i].name, options->metric)) {
            e->metrics = &profile->metrics[i];
            e->metric_count = 1;
            return HSN_OK;
        }
    return hsn__fail(err, HSN_ENOTFOUND, NULL, "no metric named '%s'", options->metric);
}

int hsn_export_profile(const hsn_profile *profile, const hsn_snapshot_info *info,
                       hsn_export_format format, const hsn_export_options *options,
                       const hsn_writer *writer, hsn_error *err)
{
    static const hsn_export_options none;
    hsn__export e = {.profile = profile, .info = info, .writer = writer};
    options = options ? options : &none;
    if ((unsigned)format >= HSN_EXPORT_COUNT)
        return hsn__fail(err, HSN_EINVAL, NULL, "no such format");
    e.by_count = options->by_count;
    int r = choose_metrics(&e, options, err);
    if (r >= 0)
        r = formats[format].write(&e, err);
    if (r >= 0)
        r = hsn__export_flush(&e, true, err);
    hsn__buf_clear(&e.out);
    return r;
}
