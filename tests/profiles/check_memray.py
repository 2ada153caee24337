# SPDX-License-Identifier: MIT
"""The memray reader against Python's csv module, which is what memray writes its CSV with.

    check_memray.py DUMP_RECORDS TESTDATA
"""
import collections
import csv
import glob
import os
import sys

import profilelib


def main():
    tool, testdata = sys.argv[1:]
    checked = 0
    for path in sorted(glob.glob(os.path.join(testdata, "memray", "memray*.csv"))):
        theirs = collections.defaultdict(lambda: [0, 0])
        with open(path, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                stack = []
                for frame in row["stack_trace"].split("|"):
                    function, place = frame.split(";", 1)
                    name, line = place.rsplit(";", 1)
                    stack.append(profilelib.Frame(name, int(line), function))
                theirs[tuple(stack)][0] += int(row["num_allocations"])
                theirs[tuple(stack)][1] += int(row["size"])
        ours = collections.defaultdict(lambda: [0, 0])
        for stack, count, size in profilelib.Records(tool, path).allocations:
            ours[tuple(stack)][0] += count
            ours[tuple(stack)][1] += size
        profilelib.equal(path, dict(ours), dict(theirs))
        checked += 1
    print(f"{checked} cases, 0 failed")
    return 0 if checked else 1


sys.exit(main())
