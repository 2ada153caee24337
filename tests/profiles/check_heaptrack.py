# SPDX-License-Identifier: MIT
"""The heaptrack reader against heaptrack_print: leaked bytes of every stack, and the totals.

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


def printed(heaptrack_print, path):
    """The report, and {functions from the root: leaked bytes}."""
    with tempfile.TemporaryDirectory() as folder:
        stacks = os.path.join(folder, "stacks.txt")
        report = subprocess.run([heaptrack_print, "-f", path, "-F", stacks, "--flamegraph-cost-type", "leaked",
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
        report, theirs = printed(heaptrack_print, path)
        ours = collections.Counter()
        for stack, _, size in records.allocations:
            functions = [frame.function for frame in stack]
            # heaptrack_print does not look below main.
            functions = functions[:functions.index("main") + 1] if "main" in functions else functions
            ours[tuple(reversed(functions))] += size
        profilelib.equal(path, ours, theirs)
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
