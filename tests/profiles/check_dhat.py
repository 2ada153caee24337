# SPDX-License-Identifier: MIT
"""The DHAT reader against Python's json module, with the sums of DHAT's own viewer.

    check_dhat.py DUMP_RECORDS TESTDATA
"""
import glob
import json
import os
import sys

import profilelib


def main():
    tool, testdata = sys.argv[1:]
    checked = 0
    for path in sorted(glob.glob(os.path.join(testdata, "dhat", "*.json"))):
        if any(word in path for word in ("damaged", "truncated", "newer", "copy", "issue")):
            continue
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        records = profilelib.Records(tool, path)
        # A frame reads "ADDRESS: FUNCTION (PLACE)".
        names = [frame.split(": ", 1)[-1].rsplit(" (", 1)[0] for frame in document["ftbl"]]
        for size, blocks, metric in (("gb", "gbk", "peak"), ("eb", "ebk", "inuse"), ("tb", "tbk", "alloc")):
            theirs = [([names[i] for i in point["fs"] if i < len(names)], point[blocks], point[size])
                      for point in document["pps"] if point[size] or point[blocks]]
            ours = [([frame.function for frame in stack], count, bytes_)
                    for stack, count, bytes_ in records.by_metric[metric]]
            profilelib.equal(f"{path}: {metric}", ours, theirs)
        for key, name in (("gb", "t-gmax"), ("eb", "t-end"), ("tb", "total")):
            profilelib.equal(f"{path}: {name}", int(records.facts["profile.total." + name]),
                             sum(point[key] for point in document["pps"]))
        checked += 1
    print(f"{checked} cases, 0 failed")
    return 0 if checked else 1


sys.exit(main())
