// SPDX-License-Identifier: MIT
// The Mann–Kendall test in O(n log n): pairs are counted while sorting.
//
// With few values the p value is counted, not approximated. Of all orders of values t1 times the
// first, t2 times the second …, the number with k inversions is the coefficient of q^k in the
// multinomial [n]! / ([t1]! [t2]! …) of q, where [m] = 1 + q + … + q^(m-1) (MacMahon 1916). Up to
// 20 values every coefficient fits 64 bits; the divisions come out even, also modulo 2^64.
#include "analysis/trend_private.h"

#include <math.h>
#include <string.h>

enum { MOST_INVERSIONS = HSN__KENDALL_EXACT * (HSN__KENDALL_EXACT - 1) / 2 };

// Times [m]: each coefficient becomes the sum of the last m.
static void multiply(uint64_t *coefficients, size_t m)
{
    uint64_t before[MOST_INVERSIONS + 1], sum = 0;
    memcpy(before, coefficients, sizeof before);
    for (size_t k = 0; k <= MOST_INVERSIONS; k++) {
        sum += before[k];
        if (k >= m)
            sum -= before[k - m];
        coefficients[k] = sum;
    }
}

// By [m], from the lowest coefficient on.
static void divide(uint64_t *coefficients, size_t m)
{
    uint64_t sum = 0; // of the last m - 1 quotients
    for (size_t k = 0; k <= MOST_INVERSIONS; k++) {
        if (k >= m)
            sum -= coefficients[k - m];
        coefficients[k] -= sum;
        sum += coefficients[k];
    }
}

double hsn__kendall_exact(const double *sorted, size_t count, int64_t s)
{
    uint64_t coefficients[MOST_INVERSIONS + 1] = {1}, tail = 0, all = 0;
    uint64_t pairs = count * (count - 1) / 2, extreme = (uint64_t)(s < 0 ? -s : s);
    if (!s)
        return 1;
    for (size_t m = 2; m <= count; m++)
        multiply(coefficients, m);
    for (size_t i = 0, ties; i < count; i += ties) {
        for (ties = 1; i + ties < count && sorted[i + ties] == sorted[i]; ties++)
            divide(coefficients, ties + 1);
        pairs -= ties * (ties - 1) / 2;
    }
    // s = pairs - 2 × inversions, and the distribution is symmetric.
    for (size_t k = 0; k <= MOST_INVERSIONS; k++) {
        all += coefficients[k];
        if (k <= (pairs - extreme) / 2)
            tail += coefficients[k];
    }
    return 2 * ((double)tail / (double)all);
}

void hsn__kendall(hsn__trend_work *work, const double *values, size_t count, hsn_kendall *out)
{
    double n = (double)count, tied = 0;
    *out = (hsn_kendall){.p_value = 1, .is_exact = 1};
    memcpy(work->sorted, values, count * sizeof *values);
    if (count < 2)
        return;
    uint64_t inversions = hsn__sort_count(work->sorted, count, work->spare);
    uint64_t pairs = (uint64_t)count * (count - 1) / 2;
    for (size_t i = 0, ties; i < count; i += ties) {
        for (ties = 1; i + ties < count && work->sorted[i + ties] == work->sorted[i]; ties++)
            continue;
        double t = (double)ties;
        pairs -= (uint64_t)ties * (ties - 1) / 2;
        tied += t * (t - 1) * (2 * t + 5);
    }
    out->s = (int64_t)pairs - 2 * (int64_t)inversions;
    out->variance = (n * (n - 1) * (2 * n + 5) - tied) / 18;
    out->is_exact = count <= HSN__KENDALL_EXACT;
    if (out->is_exact)
        out->p_value = hsn__kendall_exact(work->sorted, count, out->s);
    else if (out->s)
        out->p_value = erfc((fabs((double)out->s) - 1) / sqrt(2 * out->variance));
}
