# SPDX-License-Identifier: MIT
"""Writes the made-* samples of memray's CSV: make_samples.py FOLDER."""
import csv
import os
import sys

HEADER = ["allocator", "num_allocations", "size", "tid", "thread_name", "stack_trace"]
ROWS = [
    ["MALLOC", 3, 4096, 1, "0x1 (MainThread)", "load;/app/a;b.py;12|<module>;/app/a, b.py;40"],
    ["MMAP", 1, 1 << 33, 7, 'a "pool", of threads\nin two lines', "operator new;<unknown>;0"],
    ["PYMALLOC_MALLOC", 2, 100, -1, "merged thread", ""],
    ["CALLOC", 5, 80, 1, "", "bare|half;file"],
]


def table(rows, end):
    with open(os.path.join(sys.argv[1], "made-work"), "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator=end).writerows([HEADER] + rows)
    with open(file.name, encoding="utf-8", newline="") as file:
        text = file.read()
    os.unlink(file.name)
    return text


SAMPLES = {
    "made-quoted.csv": table(ROWS, "\r\n"),
    "made-truncated.csv": table(ROWS, "\n")[:-40],
    "made-quotes-open.csv": table(ROWS[:1], "\n") + 'MALLOC,1,2,3,"never closed,x;y;1\n',
    "made-damaged.csv": table(ROWS[:1], "\n") + "MALLOC,many,2,3,t,x;y;1\n",
    "made-empty.csv": table([], "\n"),
}

for name, text in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name), "w", newline="", encoding="utf-8") as out:
        out.write(text)
