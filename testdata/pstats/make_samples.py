# SPDX-License-Identifier: MIT
"""Writes the made-* samples of cProfile with marshal: make_samples.py FOLDER."""
import marshal
import os
import sys

MAIN, WORK = ("app.py", 1, "main"), ("~", 0, "<built-in method work>")
STATS = {MAIN: (1, 1, 0.5, 2.0, {}), WORK: (3, 4, 1.5, 1.5, {MAIN: (2, 2, 1.0, 1.0), WORK: (1, 1, 0.25, 0.25)})}
WHOLE = marshal.dumps(STATS)

SAMPLES = {
    "made-no-references.pstats": marshal.dumps(STATS, 2),
    "made-first-version.pstats": marshal.dumps(STATS, 0),
    "made-large.pstats": marshal.dumps({("ä.py", 1 << 31, "f"): (1 << 40, 1 << 40, 1e300, -1.0, {})}),
    "made-cut.pstats": WHOLE[:-30],
    "made-code.pstats": WHOLE.replace(b"app.py", b"app.py")[:-1] + marshal.dumps(compile("1", "a", "eval")) + b"0",
    "made-reference.pstats": WHOLE[:-2] + b"r\xff\0\0\0" + WHOLE[-2:],
    "made-only-counts.pstats": marshal.dumps({MAIN: (1, 1, 0.5, 2.0, {}), WORK: (3, 4, 1.5, 1.5, {MAIN: 4})}),
}

for name, data in SAMPLES.items():
    with open(os.path.join(sys.argv[1], name), "wb") as out:
        out.write(data)
