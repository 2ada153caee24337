# SPDX-License-Identifier: MIT
"""The reader of speedscope's JSON against a plain sum over the file: check_speedscope.py DUMP_RECORDS TESTDATA."""
import collections
import json
import os
import sys

import profilelib

SCALE = {"seconds": 1e9, "milliseconds": 1e6, "bytes": 1, "none": 1, "nanoseconds": 1}


def theirs(document):
    """{(unit, stack of frames, newest first): value}; an evented profile by its calls' own times."""
    frames = [(frame["name"], frame.get("file") or "", frame.get("line") or 0) for frame in document["shared"]["frames"]]
    sums = collections.Counter()
    for profile in document["profiles"]:
        scale, calls, last = SCALE[profile["unit"]], [], 0
        for sample, weight in zip(profile.get("samples", []), profile.get("weights", [])):
            if sample:
                sums[profile["unit"], tuple(frames[i] for i in reversed(sample))] += round(weight * scale)
        for event in profile.get("events", []):
            if calls:
                sums[profile["unit"], tuple(frames[i] for i in reversed(calls))] += round((event["at"] - last) * scale)
            last = event["at"]
            calls.append(event["frame"]) if event["type"] == "O" else calls.pop()
    return {key: value for key, value in sums.items() if value}


def ours(records, threads):
    sums = collections.Counter()
    for stack, count, size in records.allocations:
        key = tuple((frame.function, frame.file, frame.line) for frame in stack)
        sums["bytes", key] += size
        sums["none", key] += count
    for stack, _, _, size in records.metrics:
        part = stack[:-1] if threads else stack
        unit = "seconds" if threads else "milliseconds"
        sums[unit, tuple((frame.function, frame.file, frame.line) for frame in part)] += size
    return {key: value for key, value in sums.items() if value}


def main():
    tool, testdata = sys.argv[1:]
    cases = {"py-spy0.4-threads.json": True, "memray1.20.json": False, "made-evented.json": False}
    for name, threads in cases.items():
        path = os.path.join(testdata, "speedscope", name)
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        profilelib.equal(name, ours(profilelib.Records(tool, path), threads), theirs(document))
    print(f"{len(cases)} cases, 0 failed")
    return 0


sys.exit(main())
