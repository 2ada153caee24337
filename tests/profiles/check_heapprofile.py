# SPDX-License-Identifier: MIT
"""The reader of V8's sampling heap profiles against a walk over the tree: stacks and sums.

    check_heapprofile.py DUMP_RECORDS TESTDATA
"""
import glob
import json
import os
import sys

import profilelib


def stacks(node, above):
    frame = node["callFrame"]
    url, line = frame.get("url", ""), frame.get("lineNumber", -1)
    here = [profilelib.Frame(url, line + 1 if url else 0, frame.get("functionName") or "(anonymous)")] + above
    if node.get("selfSize"):
        # The root at the end is no function.
        yield (here[:-1] if len(here) > 1 else here), int(node["selfSize"])
    for child in node["children"]:
        yield from stacks(child, here)


def main():
    tool, testdata = sys.argv[1:]
    checked = 0
    for path in sorted(glob.glob(os.path.join(testdata, "heapprofile", "*.heapprofile"))):
        if "truncated" in path or "damaged" in path:
            continue
        with open(path, encoding="utf-8") as file:
            profile = json.load(file)
        theirs = list(stacks(profile["head"], []))
        ours = [(stack, size) for stack, _, size in profilelib.Records(tool, path).allocations]
        profilelib.equal(path, sorted(ours), sorted(theirs))
        checked += 1
    print(f"{checked} cases, 0 failed")
    return 0 if checked else 1


sys.exit(main())
