// SPDX-License-Identifier: MIT
// Sorting that counts inversions, selection and medians: what the statistics of trend stand on.
#include "analysis/trend_private.h"

#include <math.h>
#include <string.h>

// Runs that are sorted by insertion before merging begins.
#define RUN 16

static uint64_t sort_run(double *values, size_t count)
{
    uint64_t inversions = 0;
    for (size_t i = 1; i < count; i++) {
        double value = values[i];
        size_t j = i;
        for (; j > 0 && value < values[j - 1]; j--)
            values[j] = values[j - 1];
        values[j] = value;
        inversions += i - j;
    }
    return inversions;
}

// Merge a sorted left part and a sorted right part into `out`.
static uint64_t merge(const double *left, size_t left_count, const double *right,
                      size_t right_count, double *out)
{
    size_t i = 0, j = 0;
    uint64_t inversions = 0;
    if (left[left_count - 1] <= right[0]) {
        memcpy(out, left, left_count * sizeof *out);
        memcpy(out + left_count, right, right_count * sizeof *out);
        return 0;
    }
    // Without branches but the loop's: which side is smaller cannot be guessed.
    while (i < left_count && j < right_count) {
        size_t from_right = right[j] < left[i];
        out[i + j] = from_right ? right[j] : left[i];
        inversions += from_right * (left_count - i);
        j += from_right;
        i += 1 - from_right;
    }
    memcpy(out + i + j, left + i, (left_count - i) * sizeof *out);
    memcpy(out + left_count + j, right + j, (right_count - j) * sizeof *out);
    return inversions;
}

uint64_t hsn__sort_count(double *values, size_t count, double *spare)
{
    double *from = values, *to = spare;
    uint64_t inversions = 0;
    for (size_t at = 0; at < count; at += RUN)
        inversions += sort_run(values + at, count - at < RUN ? count - at : RUN);
    for (size_t width = RUN; width < count; width *= 2) {
        for (size_t at = 0; at < count; at += 2 * width) {
            size_t left = count - at < width ? count - at : width;
            size_t right = count - at - left < width ? count - at - left : width;
            if (right)
                inversions += merge(from + at, left, from + at + left, right, to + at);
            else
                memcpy(to + at, from + at, left * sizeof *to);
        }
        double *swap = from;
        from = to;
        to = swap;
    }
    if (from != values)
        memcpy(values, from, count * sizeof *values);
    return inversions;
}

// Quickselect with the median of three as pivot.
double hsn__select(double *values, size_t count, size_t wanted)
{
    size_t low = 0, high = count - 1;
    while (low < high) {
        double a = values[low], b = values[low + (high - low) / 2], c = values[high];
        double pivot = fmax(fmin(a, b), fmin(fmax(a, b), c));
        size_t i = low, j = high;
        for (;;) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i >= j)
                break;
            double swap = values[i];
            values[i++] = values[j];
            values[j--] = swap;
        }
        // Now low … j are not larger than the pivot, j + 1 … high not smaller.
        if (wanted <= j)
            high = j;
        else
            low = j + 1;
    }
    return values[wanted];
}

double hsn__median(double *values, size_t count)
{
    double upper = hsn__select(values, count, count / 2);
    if (count % 2)
        return upper;
    double lower = values[0];
    for (size_t i = 1; i < count / 2; i++)
        lower = values[i] > lower ? values[i] : lower;
    return lower / 2 + upper / 2;
}
