// SPDX-License-Identifier: MIT
// Export as speedscope's JSON: frames once, then a sampled profile for each metric.
//
// Source: the file format's JSON schema, https://www.speedscope.app/file-format-schema.json
#include "render/export_private.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/fail.h"
#include "render/json.h"

static void put_text(hsn__buf *out, const char *text)
{
    hsn__json_put_text(out, text, strlen(text));
}

static int put_frames(hsn__export *e, hsn_error *err)
{
    int r = HSN_OK;
    for (size_t i = 0; i < e->profile->frame_count && r >= 0; i++) {
        const hsn_frame *frame = &e->profile->frames[i];
        const char *name = *frame->function ? frame->function
                           : *frame->file   ? frame->file
                                            : "[unknown]";
        hsn__buf_puts(&e->out, i ? ",\n{\"name\":" : "\n{\"name\":");
        put_text(&e->out, name);
        if (*frame->file) {
            hsn__buf_puts(&e->out, ",\"file\":");
            put_text(&e->out, frame->file);
        }
        if (frame->line)
            hsn__buf_printf(&e->out, ",\"line\":%" PRIu32, frame->line);
        hsn__buf_putc(&e->out, '}');
        r = hsn__export_flush(e, false, err);
    }
    return r;
}

static const char *unit_of(const hsn_metric *metric)
{
    if (!strcmp(metric->unit, HSN_UNIT_BYTES))
        return "bytes";
    return strcmp(metric->unit, HSN_UNIT_NS) ? "none" : "nanoseconds";
}

// Root first, which is the far end of the chain of callers.
static int put_sample(hsn__export *e, uint32_t stack, uint32_t **frames, size_t *capacity,
                      hsn_error *err)
{
    size_t depth = 0;
    for (uint32_t at = stack; at != HSN_NONE; at = e->profile->stacks[at].parent) {
        if (!hsn__array_grow(frames, capacity, depth + 1, sizeof **frames, SIZE_MAX))
            return hsn__fail_memory(err);
        (*frames)[depth++] = e->profile->stacks[at].frame;
    }
    hsn__buf_putc(&e->out, '[');
    while (depth-- > 0)
        hsn__buf_printf(&e->out, depth ? "%" PRIu32 "," : "%" PRIu32, (*frames)[depth]);
    hsn__buf_putc(&e->out, ']');
    return hsn__export_flush(e, false, err);
}

static int put_profile(hsn__export *e, const hsn_metric *metric, hsn_error *err)
{
    const hsn_stack_total *totals = &e->profile->totals[metric->first_total];
    uint32_t *frames = NULL;
    size_t capacity = 0;
    int r = HSN_OK;
    hsn__buf_puts(&e->out, "{\"type\":\"sampled\",\"name\":");
    put_text(&e->out, metric->name);
    hsn__buf_printf(&e->out,
                    ",\"unit\":\"%s\",\"startValue\":0,\"endValue\":%" PRIu64 ",\n\"samples\":[",
                    unit_of(metric), metric->size_bytes);
    for (size_t i = 0; i < metric->total_count && r >= 0; i++) {
        hsn__buf_puts(&e->out, i ? ",\n" : "\n");
        r = put_sample(e, totals[i].stack, &frames, &capacity, err);
    }
    hsn__buf_puts(&e->out, "],\n\"weights\":[");
    for (size_t i = 0; i < metric->total_count && r >= 0; i++) {
        hsn__buf_printf(&e->out, i ? ",%" PRIu64 : "%" PRIu64, totals[i].size_bytes);
        r = hsn__export_flush(e, false, err);
    }
    hsn__buf_puts(&e->out, "]}");
    hsn__free(frames);
    return r;
}

int hsn__export_speedscope(hsn__export *e, hsn_error *err)
{
    bool first = true;
    hsn__buf_puts(&e->out, "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n"
                           "\"exporter\":\"heapsnap\",\"name\":");
    put_text(&e->out, e->info->source);
    hsn__buf_puts(&e->out, ",\"activeProfileIndex\":0,\n\"shared\":{\"frames\":[");
    int r = put_frames(e, err);
    hsn__buf_puts(&e->out, "]},\n\"profiles\":[");
    for (size_t i = 0; i < e->metric_count && r >= 0; i++) {
        if (!e->metrics[i].total_count)
            continue;
        hsn__buf_puts(&e->out, first ? "\n" : ",\n");
        r = put_profile(e, &e->metrics[i], err);
        first = false;
    }
    hsn__buf_puts(&e->out, "]}\n");
    return r;
}
