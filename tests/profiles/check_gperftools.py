# SPDX-License-Identifier: MIT
"""The reader of textual heap profiles against `go tool pprof -raw`, jemalloc's against the formula.

    check_gperftools.py DUMP_RECORDS TESTDATA
"""
import glob
import math
import os
import re
import subprocess
import sys

import profilelib

SAMPLE = re.compile(r"^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+):")
JEMALLOC = re.compile(r"^@.*\n +t\*: (\d+): (\d+) ", re.M)


def pprof(go, path):
    raw = subprocess.run([go, "tool", "pprof", "-raw", "-symbolize=none", path], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, check=True).stdout.decode()
    matches = map(SAMPLE.match, raw.splitlines())
    rows = [tuple(map(int, match.groups())) for match in matches if match]
    return {"alloc": [row[:2] for row in rows], "inuse": [row[2:] for row in rows]}


def scaled(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    rate = int(re.match(r"heap_v2/(\d+)", text).group(1))
    for count, size in JEMALLOC.findall(text):
        scale = 1 / (1 - math.exp(-(int(size) / int(count)) / rate))
        yield int(int(count) * scale), int(int(size) * scale)


def main():
    tool, testdata = sys.argv[1:]
    go = profilelib.need("go", "/usr/local/go/bin/go")
    checked = 0
    for path in sorted(glob.glob(os.path.join(testdata, "gperftools", "*.heap"))
                       + glob.glob(os.path.join(testdata, "gperftools", "go*.txt"))):
        name = os.path.basename(path)
        if name.startswith(("made-damaged", "made-addresses", "made-growth", "made-no-rate")):
            continue
        theirs = {"inuse": list(scaled(path))} if "jemalloc" in name else pprof(go, path)
        records = profilelib.Records(tool, path)
        for metric, pairs in theirs.items():
            ours = [(count, size) for _, count, size in records.by_metric[metric]]
            profilelib.equal(f"{path}: {metric}", sorted(ours), sorted(pair for pair in pairs if pair != (0, 0)))
        checked += 1
    print(f"{checked} cases, 0 failed")
    return 0 if checked else 1


sys.exit(main())
