// SPDX-License-Identifier: MIT
// The only file that calls malloc, realloc and free.
#include "base/alloc.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

// Test state. The fast path costs one relaxed load: `armed` is false outside of failure tests.
static atomic_bool armed;
static atomic_uint_fast64_t seen;
static uint64_t fail_nth;
static bool fail_forever;

static bool must_fail(void)
{
    if (!atomic_load_explicit(&armed, memory_order_relaxed))
        return false;
    uint64_t number = atomic_fetch_add(&seen, 1) + 1;
    return fail_nth && (number == fail_nth || (fail_forever && number > fail_nth));
}

uint64_t hsn__alloc_fail_at(uint64_t nth, bool forever)
{
    uint64_t count = atomic_exchange(&seen, 0);
    fail_nth = nth;
    fail_forever = forever;
    atomic_store(&armed, nth != 0);
    return count;
}

enum { PAGE = 1 << 12, HUGE_PAGE = 1 << 21, LARGE = 4 * HUGE_PAGE };

// Graph searches jump about in arrays of tens of megabytes: with huge pages, far fewer of the jumps
// miss the TLB, and the first touch costs one fault for 2 MiB. Only advice: failing is no matter.
// Whole pages outwards: advice on a part would split the mapping, and one that is split cannot be
// moved by realloc, which then copies and holds both.
static void *advise(void *pointer, size_t size)
{
#ifdef MADV_HUGEPAGE
    if (pointer && size >= LARGE) {
        uintptr_t start = (uintptr_t)pointer & ~(uintptr_t)(PAGE - 1);
        uintptr_t end = ((uintptr_t)pointer + size + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
        madvise((void *)start, end - start, MADV_HUGEPAGE);
    }
#else
    (void)size;
#endif
    return pointer;
}

void *hsn__alloc(size_t size)
{
    return must_fail() ? NULL : advise(malloc(size ? size : 1), size);
}

void *hsn__alloc_zeroed(size_t count, size_t size)
{
    void *pointer = must_fail() ? NULL : calloc(count ? count : 1, size ? size : 1);
    return pointer ? advise(pointer, count * size) : NULL;
}

void *hsn__realloc(void *pointer, size_t size)
{
    return must_fail() ? NULL : advise(realloc(pointer, size ? size : 1), size);
}

void hsn__free(void *pointer)
{
    free(pointer);
}

void *hsn__alloc_array(size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        return NULL;
    return hsn__alloc(count * size);
}

bool hsn__array_grow(void *array, size_t *capacity, size_t need, size_t size, size_t max)
{
    if (need <= *capacity)
        return true;
    if (need > max || need > SIZE_MAX / size)
        return false;
    size_t wanted = *capacity + *capacity / 2 + 16;
    if (wanted < need || wanted < *capacity)
        wanted = need;
    if (wanted > max)
        wanted = max;
    if (wanted > SIZE_MAX / size)
        wanted = need;
    void *old;
    memcpy(&old, array, sizeof old);
    void *grown = hsn__realloc(old, wanted * size);
    if (!grown)
        return false;
    memcpy(array, &grown, sizeof grown);
    *capacity = wanted;
    return true;
}
