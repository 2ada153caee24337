# SPDX-License-Identifier: MIT
"""The heaptrack reader against heaptrack_print: every metric of every stack, and the totals.

    check_heaptrack.py DUMP_RECORDS TESTDATA
"""
import collections
import glob
import os
import re
import subprocess
import sys
import tempfile

import profilelib

UNITS = {"": 1, "B": 1, "K": 1e3, "M": 1e6, "G": 1e9}


# heaptrack_print's cost types, our metric, and whether it is a number of blocks.
COSTS = [("leaked", "inuse", False), ("peak", "peak", False), ("allocations", "alloc", True),
         ("temporary", "temporary", True)]


def printed(heaptrack_print, path, cost):
    """The report, and {functions from the root: cost}."""
    with tempfile.TemporaryDirectory() as folder:
        stacks = os.path.join(folder, "stacks.txt")
        report = subprocess.run([heaptrack_print, "-f", path, "-F", stacks, "--flamegraph-cost-type", cost,
                                 "--disable-builtin-suppressions", "--disable-embedded-suppressions"],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout.decode()
        sums = collections.Counter()
        with open(stacks, encoding="utf-8") as file:
            for line in file:
                stack, _, leaked = line.rstrip("\n").rpartition("; ")
                functions = tuple(re.sub(r" \([^()]*\)$", "", frame) for frame in stack.split(";"))
                sums[functions] += int(leaked)
    return report, +sums


def total(report, name):
    match = re.search(rf"^{name}: ([\d.]+)([BKMG]?)", report, re.M)
    return float(match.group(1)) * UNITS[match.group(2)]


def main():
    tool, testdata = sys.argv[1:]
    heaptrack_print = profilelib.need("heaptrack_print")
    checked = 0
    for path in sorted(glob.glob(os.path.join(testdata, "heaptrack", "heaptrack1.*"))):
        if path.endswith(".records"):
            continue
        records = profilelib.Records(tool, path)
        for cost, metric, by_count in COSTS:
            report, theirs = printed(heaptrack_print, path, cost)
            ours = collections.Counter()
            for stack, count, size in records.by_metric[metric]:
                functions = [frame.function for frame in stack]
                # heaptrack_print does not look below main.
                functions = functions[:functions.index("main") + 1] if "main" in functions else functions
                ours[tuple(reversed(functions))] += count if by_count else size
            if cost == "temporary":
                # heaptrack_print marks "nothing was allocated last" with 0, which is also the number of
                # the first kind of allocation: it takes every free of that kind for a temporary one.
                first = tuple(frame.function for frame in reversed(records.by_metric["alloc"][0][0]))
                theirs.pop(first, None), ours.pop(first, None)
            profilelib.equal(f"{path}: {cost}", ours, theirs)
        for name, fact in [("calls to allocation functions", "heaptrack.allocations"),
                           ("peak heap memory consumption", "heaptrack.peak_bytes"),
                           ("total memory leaked", "heaptrack.leaked_bytes")]:
            value, expected = int(records.facts[fact]), total(report, name)
            if abs(value - expected) > expected * 0.005:
                profilelib.equal(f"{path}: {name}", value, expected)
        checked += 1
    print(f"{checked} cases, 0 failed")
    return 0 if checked else 1


sys.exit(main())
