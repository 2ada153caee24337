# SPDX-License-Identifier: MIT
"""The pprof reader against `go tool pprof -top`, every sample type: check_pprof.py DUMP_RECORDS TESTDATA."""
import glob
import os
import re
import subprocess
import sys

import profilelib

ROW = re.compile(r"^\s*(\d+)B?\s+\S+%\s+\S+%\s+(\d+)B?\s+\S+%\s+(.*?)(?: \(inline\)| \(partial-inline\))*$")


# Sample types of Go's heap profile, our metric, and whether it is a number of blocks.
TYPES = [("inuse_space", "inuse", False), ("inuse_objects", "inuse", True),
         ("alloc_space", "alloc", False), ("alloc_objects", "alloc", True)]


def top_of(go, path, sample_index, unit):
    top = subprocess.run([go, "tool", "pprof", "-top", "-nodefraction=0", "-nodecount=0", "-unit=" + unit,
                          "-functions", "-sample_index=" + sample_index, path],
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    matches = map(ROW.match, top.stdout.decode().splitlines())
    rows = {match.group(3): [int(match.group(1)), int(match.group(2))] for match in matches if match}
    return {name: pair for name, pair in rows.items() if any(pair)}


def main():
    tool, testdata = sys.argv[1:]
    go = profilelib.need("go", "/usr/local/go/bin/go")
    checked = 0
    for path in sorted(glob.glob(os.path.join(testdata, "pprof", "go*.pb*"))):
        if path.endswith(".records"):
            continue
        records = profilelib.Records(tool, path)
        for sample_type, metric, by_count in TYPES:
            theirs = top_of(go, path, sample_type, "count" if by_count else "B")
            profilelib.equal(f"{path}: {sample_type}", records.by_function(metric, by_count), theirs)
        checked += 1
    print(f"{checked} cases, 0 failed")
    return 0 if checked else 1


sys.exit(main())
