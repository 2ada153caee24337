// SPDX-License-Identifier: MIT
// Export as folded stacks: `root;caller;leaf 4096`, a line a stack.
#include "render/export_private.h"

#include <inttypes.h>

#include "base/alloc.h"
#include "base/fail.h"

// One metric: the first that has totals.
static int choose_one(hsn__export *e, hsn_error *err)
{
    size_t chosen = 0;
    while (chosen + 1 < e->metric_count && !e->metrics[chosen].total_count)
        chosen++;
    e->metrics += chosen;
    e->metric_count = 1;
    if (e->by_count && !e->metrics->count)
        return hsn__fail(err, HSN_EINVAL, NULL, "metric '%s' has no counts", e->metrics->name);
    return HSN_OK;
}

static void put_line(hsn__export *e, const uint32_t *stacks, size_t depth, uint64_t value)
{
    const hsn_profile *profile = e->profile;
    for (size_t i = depth; i-- > 0;) {
        hsn__export_put_frame(&e->out, &profile->frames[profile->stacks[stacks[i]].frame]);
        hsn__buf_putc(&e->out, i ? ';' : ' ');
    }
    if (!depth)
        hsn__buf_puts(&e->out, "[unknown] ");
    hsn__buf_printf(&e->out, "%" PRIu64 "\n", value);
}

int hsn__export_folded(hsn__export *e, hsn_error *err)
{
    hsn__export_merge merge = {0};
    hsn__export_sample sample;
    uint32_t *stacks = NULL, last = HSN_NONE;
    size_t capacity = 0, depth = 0;
    uint64_t value = 0;
    bool any = false;
    int r = choose_one(e, err);
    while (r >= 0 && hsn__export_next(e, &merge, &sample)) {
        // Domains of one stack are one line.
        if (any && sample.stack != last) {
            put_line(e, stacks, depth, value);
            value = 0;
            r = hsn__export_flush(e, false, err);
        }
        if (!any || sample.stack != last) {
            depth = 0;
            for (uint32_t at = sample.stack; r >= 0 && at != HSN_NONE;
                 at = e->profile->stacks[at].parent) {
                if (!hsn__array_grow(&stacks, &capacity, depth + 1, sizeof *stacks, SIZE_MAX))
                    r = hsn__fail_memory(err);
                else
                    stacks[depth++] = at;
            }
        }
        any = true;
        last = sample.stack;
        value += sample.values[e->by_count ? 0 : 1];
    }
    if (r >= 0 && any)
        put_line(e, stacks, depth, value);
    hsn__free(stacks);
    return r;
}
