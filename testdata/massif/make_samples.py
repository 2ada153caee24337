# SPDX-License-Identifier: MIT
"""Writes the made-* samples of massif from the documented lines: make_samples.py FOLDER."""
import os
import sys

HEAD = "desc: (none)\ncmd: ./app --serve\ntime_unit: B\n"


def snapshot(number, time, heap, tree):
    line = "#-----------\n"
    return (f"{line}snapshot={number}\n{line}time={time}\nmem_heap_B={heap}\nmem_heap_extra_B=8\n"
            f"mem_stacks_B=0\nheap_tree={tree}\n")


TREE = """n3: 1000 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.
 n3: 700 0x4005D6: std::vector<int, std::allocator<int> >::reserve(unsigned long) (vector.tcc:67)
  n0: 400 0x400700: main (main.cc:10)
  n1: 250 0x400720: handle(int) (in /usr/bin/app)
   n0: 250 0x5228B24: (below main) (libc-start.c:308)
  n0: 50 in 3 places, all below massif's threshold (1.00%)
 n0: 200 0x400800: ??? (in /usr/lib/libz.so.1)
 n0: 100 in 12 places, all below massif's threshold (1.00%)
"""

SAMPLES = {
    "made-places.out": HEAD + snapshot(0, 0, 0, "empty") + snapshot(1, 1500, 1000, "peak") + TREE
    + snapshot(2, 1700, 20, "detailed") + "n0: 20 (page allocation syscalls) mmap/mremap/brk, --alloc-fns, etc.\n",
    "made-no-peak.out": HEAD + snapshot(0, 0, 0, "empty") + snapshot(1, 900, 1000, "detailed") + TREE
    + snapshot(2, 901, 1, "empty"),
    "made-no-tree.out": HEAD + snapshot(0, 0, 0, "empty") + snapshot(1, 5, 4096, "empty"),
    "made-damaged.out": HEAD + snapshot(0, 0, 10, "empty") + snapshot(1, 5, 1000, "peak")
    + TREE.replace("n0: 400", "n0: 4000"),
    "made-damaged-line.out": HEAD + snapshot(0, 0, 10, "empty") + snapshot(1, 5, 1000, "peak") + TREE + "noise\n",
}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8") as out:
        out.write(text)
