// SPDX-License-Identifier: MIT
// The first rows of totals in an order of numbers and keys.
//
// Text shows twenty rows of what may be millions. So rows are gathered until there are twice as
// many as wanted, sorted, and cut to those; the last of them is the bar that later rows must pass.
// Most rows are then one comparison of a number.
#include "analysis/ranking.h"

#include "base/alloc.h"
#include "base/fail.h"

#include <stdlib.h>

// So many ties are decided by walking two stacks; after that, all stacks are put in order at once.
enum { MANY_WALKS = 65536 };

static int compare(const void *a, const void *b, void *context)
{
    const hsn__rank_key *x = a, *y = b;
    hsn__ranking *ranking = context;
    hsn_totals *totals = ranking->totals;
    for (int i = 0; i < 4; i++)
        if (x->numbers[i] != y->numbers[i])
            return x->numbers[i] < y->numbers[i] ? 1 : -1;
    // Without memory for the order of all, walking goes on: slower, but right.
    if (totals->by == HSN_BY_TRACEBACK && !totals->stack_order && ++ranking->walked >= MANY_WALKS &&
        hsn__totals_order_stacks(totals, NULL) < 0)
        ranking->walked = 0;
    return ranking->tie_sign * hsn_totals_compare_keys(totals, x->row, y->row);
}

int hsn__ranking_begin(hsn__ranking *ranking, hsn_totals *totals, size_t limit, int tie_sign,
                       hsn_error *err)
{
    size_t rows = totals->count;
    limit = limit && limit < rows ? limit : rows;
    *ranking = (hsn__ranking){.totals = totals, .tie_sign = tie_sign, .limit = limit};
    ranking->capacity = limit < rows / 2 ? 2 * limit : rows;
    ranking->keys = hsn__alloc_array(ranking->capacity, sizeof *ranking->keys);
    return ranking->keys ? HSN_OK : hsn__fail_memory(err);
}

static void cut(hsn__ranking *ranking)
{
    if (ranking->count)
        qsort_r(ranking->keys, ranking->count, sizeof *ranking->keys, compare, ranking);
    if (ranking->count > ranking->limit)
        ranking->count = ranking->limit;
}

void hsn__ranking_put(hsn__ranking *ranking, const hsn__rank_key *key)
{
    if (ranking->has_bar && compare(key, &ranking->keys[ranking->limit - 1], ranking) > 0)
        return;
    ranking->keys[ranking->count++] = *key;
    if (ranking->count == ranking->capacity && ranking->capacity > ranking->limit) {
        cut(ranking);
        ranking->has_bar = true;
    }
}

void hsn__ranking_end(hsn__ranking *ranking)
{
    cut(ranking);
}

void hsn__ranking_clear(hsn__ranking *ranking)
{
    hsn__free(ranking->keys);
    *ranking = (hsn__ranking){0};
}
