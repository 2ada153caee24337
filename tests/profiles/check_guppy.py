# SPDX-License-Identifier: MIT
"""The reader of .hpy files against guppy's own: check_guppy.py DUMP_RECORDS TESTDATA."""
import glob
import os
import sys

import profilelib

try:
    from guppy import hpy
except ImportError:
    print("skipped: guppy3 is not installed")
    sys.exit(77)


def their_packages(path):
    heapy = hpy()
    with open(path, encoding="utf-8") as file:
        while True:
            try:
                yield heapy.load(file)
            except StopIteration:
                return


def main():
    tool, testdata = sys.argv[1:]
    checked = 0
    for path in sorted(glob.glob(os.path.join(testdata, "guppy", "guppy3*.hpy"))):
        ours = profilelib.packages(tool, path)
        theirs = list(their_packages(path))
        profilelib.equal(f"{path}: packages", len(ours), len(theirs))
        for number, (mine, stat) in enumerate(zip(ours, theirs)):
            what = f"{path}: package {number + 1}"
            rows = [(row.name, row.count, row.size) for row in stat.get_rows()]
            if stat.format_name == "IdFormat":
                rows = [(stat.kindname.strip("<>"), len(rows), sum(size for _, _, size in rows))]
            profilelib.equal(what, sorted(mine.types), sorted(rows))
            profilelib.equal(what + ": sums", (sum(row[1] for row in mine.types), sum(row[2] for row in mine.types)),
                             (stat.count, stat.size))
            profilelib.equal(what + ": time", int(mine.facts["captured_at_unix_ms"]), round(stat.timemade * 1000))
            checked += 1
    print(f"{checked} cases, 0 failed")
    return 0 if checked else 1


sys.exit(main())
