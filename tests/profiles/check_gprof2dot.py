# SPDX-License-Identifier: MIT
"""gprof2dot's JSON and memray's sums, of one run, against plain readings of them and against each other.

    check_gprof2dot.py DUMP_RECORDS TESTDATA
"""
import collections
import json
import os
import sys

import profilelib


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main():
    tool, testdata = sys.argv[1:]
    path = os.path.join(testdata, "gprof2dot", "memray1.20.json")
    document, theirs, ours = load(path), collections.Counter(), collections.Counter()
    functions = [(function["name"], function["module"]) for function in document["functions"]]
    for event in document["events"]:
        theirs[tuple(functions[i] for i in event["callchain"])] += event["cost"][0]
    for stack, _, size in profilelib.Records(tool, path).allocations:
        ours[tuple((frame.function, frame.file) for frame in stack)] += size
    profilelib.equal(path, ours, theirs)

    path = os.path.join(testdata, "memraystats", "memray1.20.json")
    document, records = load(path), profilelib.Records(tool, path)
    sums = collections.defaultdict(lambda: [0, 0])
    for stack, metric, count, size in records.metrics:
        profilelib.equal("metric", metric, "alloc")
        frame = stack[0]
        place = sums[f"{frame.function}:{frame.file}:{frame.line}"]
        place[0] += count
        place[1] += size
    expected = collections.defaultdict(lambda: [0, 0])
    for row in document["top_allocations_by_size"]:
        expected[row["location"]][1] += row["size"]
    for row in document["top_allocations_by_count"]:
        expected[row["location"]][0] += row["count"]
    profilelib.equal(path, dict(sums), dict(expected))
    profilelib.equal("peak", int(records.facts["memray.peak_memory"]), sum(ours.values()))
    print("3 cases, 0 failed")
    return 0


sys.exit(main())
