// SPDX-License-Identifier: MIT
// Allocates and frees a few known blocks: the program behind samples of native profilers.
#include <stdlib.h>

static void *kept[200];

__attribute__((noinline)) static void cache(void)
{
    for (int i = 0; i < 100; i++)
        kept[i] = malloc(4096);
}

__attribute__((noinline)) static void sessions(int count)
{
    for (int i = 0; i < count; i++)
        kept[100 + i] = calloc(1, 65536);
}

__attribute__((noinline)) static void churn(int depth)
{
    if (depth) {
        churn(depth - 1);
        return;
    }
    for (int i = 0; i < 50; i++) {
        void *volatile dropped = malloc(8192 + (size_t)i);
        free(dropped);
    }
}

int main(void)
{
    cache();
    sessions(8);
    churn(3);
    void *volatile large = malloc(1 << 20);
    free(large);
    for (int i = 0; i < 50; i++) {
        free(kept[i]);
        kept[i] = NULL;
    }
    return kept[100] == NULL;
}
