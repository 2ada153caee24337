# SPDX-License-Identifier: MIT
"""The pprof reader against `go tool pprof -top`: check_pprof.py DUMP_RECORDS TESTDATA."""
import glob
import os
import re
import subprocess
import sys

import profilelib

ROW = re.compile(r"^\s*(\d+)B?\s+\S+%\s+\S+%\s+(\d+)B?\s+\S+%\s+(.*?)(?: \(inline\)| \(partial-inline\))*$")


def main():
    tool, testdata = sys.argv[1:]
    go = profilelib.need("go", "/usr/local/go/bin/go")
    checked = 0
    for path in sorted(glob.glob(os.path.join(testdata, "pprof", "go*.pb*"))):
        if path.endswith(".records"):
            continue
        records = profilelib.Records(tool, path)
        top = subprocess.run([go, "tool", "pprof", "-top", "-nodefraction=0", "-nodecount=0", "-unit=B",
                              "-functions", "-sample_index=" + records.facts["profile.metric"], path],
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        theirs = {}
        for line in top.stdout.decode().splitlines():
            match = ROW.match(line)
            if match:
                theirs[match.group(3)] = [int(match.group(1)), int(match.group(2))]
        profilelib.equal(path, records.by_function(), theirs)
        checked += 1
    print(f"{checked} cases, 0 failed")
    return 0 if checked else 1


sys.exit(main())
