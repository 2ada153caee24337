// SPDX-License-Identifier: MIT
// Grows for every byte that it reads: its heap, a mapping of its own, and a mapped file.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)

int main(int argc, char **argv)
{
    int file = open(argc > 1 ? argv[1] : "mapped", O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, 8 * MIB))
        return 1;
    char *mapped = mmap(NULL, 8 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), byte;
    if (mapped == MAP_FAILED)
        return 1;
    for (size_t step = 0; step < 8 && read(0, &byte, 1) == 1; step++) {
        for (int i = 0; i < 300; i++)
            memset(malloc(4096), 1, 4096);
        memset(malloc(3 * MIB), 2, 3 * MIB); // too large for the heap: mapped by itself
        memset(mapped + step * MIB, 3, MIB);
        if (write(1, ".", 1) != 1)
            return 1;
    }
    return 0;
}
