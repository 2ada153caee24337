// SPDX-License-Identifier: MIT
// Sorting that counts inversions, selection and medians: what the statistics of trend stand on.
#include "analysis/trend_private.h"

#include <math.h>
#include <string.h>

// Runs that are sorted by insertion before merging begins.
#define RUN 8

// Sorting works on integers in the order of the numbers: choosing the smaller of two takes no
// branch then, and which side is smaller cannot be guessed.
static void to_keys(const double *values, size_t count, int64_t *out)
{
    for (size_t i = 0; i < count; i++) {
        double value = values[i] + 0.0; // -0 becomes 0
        int64_t bits;
        memcpy(&bits, &value, sizeof bits);
        out[i] = bits ^ (int64_t)((uint64_t)(bits >> 63) >> 1);
    }
}

static void from_keys(const int64_t *keys, size_t count, double *out)
{
    for (size_t i = 0; i < count; i++) {
        int64_t bits = keys[i] ^ (int64_t)((uint64_t)(keys[i] >> 63) >> 1);
        memcpy(&out[i], &bits, sizeof bits);
    }
}

static uint64_t sort_run(int64_t *keys, size_t count)
{
    uint64_t inversions = 0;
    for (size_t i = 1; i < count; i++) {
        int64_t key = keys[i];
        size_t j = i;
        for (; j > 0 && key < keys[j - 1]; j--)
            keys[j] = keys[j - 1];
        keys[j] = key;
        inversions += i - j;
    }
    return inversions;
}

// Merge a sorted left part and a sorted right part into `out`.
static uint64_t merge(const int64_t *left, size_t left_count, const int64_t *right,
                      size_t right_count, int64_t *out)
{
    const int64_t *left_end = left + left_count, *right_end = right + right_count;
    uint64_t inversions = 0;
    if (left_end[-1] > right[0])
        while (left < left_end && right < right_end) {
            int64_t a = *left, b = *right;
            size_t from_right = b < a;
            *out++ = from_right ? b : a;
            inversions += (0 - from_right) & (size_t)(left_end - left);
            right += from_right;
            left += 1 - from_right;
        }
    memcpy(out, left, (size_t)(left_end - left) * sizeof *out);
    memcpy(out + (left_end - left), right, (size_t)(right_end - right) * sizeof *out);
    return inversions;
}

uint64_t hsn__sort_count(double *values, size_t count, double *spare)
{
    // Both arrays hold keys for a while: of the same size, and only ever used as these here.
    int64_t *keys = (int64_t *)(void *)spare, *from = keys, *to = (int64_t *)(void *)values;
    uint64_t inversions = 0;
    to_keys(values, count, keys);
    for (size_t at = 0; at < count; at += RUN)
        inversions += sort_run(keys + at, count - at < RUN ? count - at : RUN);
    for (size_t width = RUN; width < count; width *= 2) {
        for (size_t at = 0; at < count; at += 2 * width) {
            size_t left = count - at < width ? count - at : width;
            size_t right = count - at - left < width ? count - at - left : width;
            if (right)
                inversions += merge(from + at, left, from + at + left, right, to + at);
            else
                memcpy(to + at, from + at, left * sizeof *to);
        }
        int64_t *swap = from;
        from = to;
        to = swap;
    }
    from_keys(from, count, values);
    return inversions;
}

// Move what is less than `pivot`, or equal with `equal`, to the front of low … high - 1; returns
// the end of it. Without branches, as above.
static size_t partition(double *values, size_t low, size_t high, double pivot, bool equal)
{
    size_t end = low;
    for (size_t i = low; i < high; i++) {
        double value = values[i];
        values[i] = values[end];
        values[end] = value;
        end += (value < pivot) | ((value == pivot) & equal);
    }
    return end;
}

static double middle_of(double a, double b, double c)
{
    double low = a < b ? a : b, high = a < b ? b : a;
    return c < low ? low : c > high ? high : c;
}

// Quickselect with the median of three as pivot, and what equals it set aside: ties are common.
double hsn__select(double *values, size_t count, size_t wanted)
{
    size_t low = 0, high = count;
    while (high - low > 1) {
        double pivot = middle_of(values[low], values[low + (high - low) / 2], values[high - 1]);
        size_t less = partition(values, low, high, pivot, false);
        if (wanted < less) {
            high = less;
            continue;
        }
        low = partition(values, less, high, pivot, true);
        if (wanted < low)
            return pivot;
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
