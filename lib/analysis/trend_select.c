// SPDX-License-Identifier: MIT
// Sorting that counts inversions, selection and medians: what the statistics of trend stand on.
#include "analysis/trend_private.h"

#include <math.h>
#include <string.h>

// Runs that are sorted by insertion before merging begins.
#define RUN 16

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

// Merge what is left of both in the plain way.
static uint64_t merge_rest(const int64_t *left, const int64_t *left_end, const int64_t *right,
                           const int64_t *right_end, int64_t *out)
{
    size_t inversions = 0;
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

// Merge a sorted left part and a sorted right part into `out`; gives the inversions between them.
//
// As many steps as the shorter part has can be made from the front without reaching the end of
// either, and as many from the back: two chains that the processor follows side by side. An element
// of the right that goes to the front is less than all that is left of the left, one of the left
// that goes to the back is more than all that is left of the right; pairs of such two are in both.
static uint64_t merge(const int64_t *left, size_t left_count, const int64_t *right,
                      size_t right_count, int64_t *out)
{
    size_t steps = left_count < right_count ? left_count : right_count, inversions = 0;
    size_t front_left = 0, front_right = 0, back_left = left_count, back_right = right_count;
    if (left[left_count - 1] <= right[0])
        steps = 0;
    for (size_t i = 0; i < steps; i++) {
        int64_t a = left[front_left], b = right[front_right];
        int64_t c = left[back_left - 1], d = right[back_right - 1];
        size_t from_right = b < a, from_left = d < c;
        out[i] = from_right ? b : a;
        out[left_count + right_count - 1 - i] = from_left ? c : d;
        inversions += (0 - from_right) & (left_count - front_left);
        inversions += (0 - from_left) & back_right;
        front_right += from_right;
        front_left += 1 - from_right;
        back_left -= from_left;
        back_right -= 1 - from_left;
    }
    inversions -= (left_count - back_left) * front_right;
    return inversions + merge_rest(left + front_left, left + back_left, right + front_right,
                                   right + back_right, out + steps);
}

uint64_t hsn__sort_count(double *values, size_t count, double *spare)
{
    // Both arrays hold keys for a while: of the same size, and only ever used as these here.
    int64_t *keys = (int64_t *)(void *)spare, *from = keys, *to = (int64_t *)(void *)values;
    uint64_t inversions = 0;
    size_t runs = 1;
    while (count / runs >= RUN)
        runs *= 2;
        // Runs of equal length, but for one, so that both parts of a merge are as long.
#define BOUND(run) ((run)*count / runs)
    to_keys(values, count, keys);
    for (size_t run = 0; run < runs; run++)
        inversions += sort_run(keys + BOUND(run), BOUND(run + 1) - BOUND(run));
    for (size_t width = 1; width < runs; width *= 2) {
        for (size_t run = 0; run < runs; run += 2 * width) {
            size_t low = BOUND(run), middle = BOUND(run + width), high = BOUND(run + 2 * width);
            inversions += merge(from + low, middle - low, from + middle, high - middle, to + low);
        }
        int64_t *swap = from;
        from = to;
        to = swap;
    }
#undef BOUND
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
