// SPDX-License-Identifier: MIT
// Export as CSV: a line for each metric, stack and domain; frames newest first.
#include "render/export_private.h"

#include <inttypes.h>
#include <string.h>

static void put_quoted(hsn__buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '"')
            hsn__buf_putc(out, '"');
        // What parts frames and fields of a frame must not stand in them.
        char c = *p == ';' || *p == '|' ? ':' : *p;
        hsn__buf_putc(out, (unsigned char)c < ' ' || c == 0x7f ? ' ' : c);
    }
}

static void put_stack(hsn__export *e, uint32_t stack)
{
    const hsn_profile *profile = e->profile;
    hsn__buf_putc(&e->out, '"');
    for (uint32_t at = stack; at != HSN_NONE; at = profile->stacks[at].parent) {
        const hsn_frame *frame = &profile->frames[profile->stacks[at].frame];
        hsn__buf_puts(&e->out, at == stack ? "" : "|");
        put_quoted(&e->out, frame->function);
        hsn__buf_putc(&e->out, ';');
        put_quoted(&e->out, frame->file);
        hsn__buf_printf(&e->out, ";%u", frame->line);
    }
    hsn__buf_putc(&e->out, '"');
}

int hsn__export_csv(hsn__export *e, hsn_error *err)
{
    int r = HSN_OK;
    hsn__buf_puts(&e->out, "metric,unit,domain,count,value,stack_trace\r\n");
    for (size_t i = 0; i < e->metric_count && r >= 0; i++) {
        const hsn_metric *metric = &e->metrics[i];
        for (size_t k = 0; k < metric->total_count && r >= 0; k++) {
            const hsn_stack_total *total = &e->profile->totals[metric->first_total + k];
            hsn__buf_putc(&e->out, '"');
            put_quoted(&e->out, metric->name);
            hsn__buf_puts(&e->out, "\",\"");
            put_quoted(&e->out, metric->unit);
            hsn__buf_printf(&e->out, "\",%" PRIu32 ",%" PRIu64 ",%" PRIu64 ",", total->domain,
                            total->count, total->size_bytes);
            put_stack(e, total->stack);
            hsn__buf_puts(&e->out, "\r\n");
            r = hsn__export_flush(e, false, err);
        }
    }
    return r;
}
