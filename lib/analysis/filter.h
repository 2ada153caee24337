// SPDX-License-Identifier: MIT
// Which allocations of a profile pass the filters: every file name is matched once.
#ifndef HSN_ANALYSIS_FILTER_H
#define HSN_ANALYSIS_FILTER_H

#include <stdbool.h>

#include "heapsnap/totals.h"

/** Filters made ready for one profile. Start with `{0}`. */
typedef struct hsn__filter {
    const hsn_site_filter *filters;
    size_t count;
    bool has_inclusive;
    uint64_t **stack_bits; /**< per filter: the stacks that its pattern matches; NULL without one */
} hsn__filter;

/** Errors: HSN_ENOMEM. Cost: O(filters × (frames + stacks)). */
int hsn__filter_prepare(hsn__filter *filter, const hsn_profile *profile,
                        const hsn_site_filter *filters, size_t count, hsn_error *err);

/** `stack` may be HSN_NONE: no pattern matches it. O(filters). */
bool hsn__filter_passes(const hsn__filter *filter, uint32_t stack, uint32_t domain);

void hsn__filter_clear(hsn__filter *filter);

#endif
