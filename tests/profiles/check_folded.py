# SPDX-License-Identifier: MIT
"""The folded reader against the few lines of Python that a script would use: sums by leaf and by root.

    check_folded.py DUMP_RECORDS TESTDATA
"""
import collections
import glob
import os
import re
import sys

import profilelib

FIL = re.compile(r"^(?P<file>.+):(?P<line>\d+) \((?P<function>[^()]*)\)$")
PY_SPY = re.compile(r"^(?P<function>.+) \((?P<file>[^()]+):(?P<line>\d+)\)$")

NATIVE = re.compile(r"^(?P<function>.+) \((?P<file>[^() ]+\.so(\.[^() ]*)?)\)$")


def frame(text):
    native = NATIVE.match(text)
    if native:
        return profilelib.Frame(native.group("file"), 0, native.group("function"))
    match = FIL.match(text) or PY_SPY.match(text)
    if not match:
        return profilelib.Frame("", 0, text)
    return profilelib.Frame(match.group("file"), int(match.group("line")), match.group("function"))


def main():
    tool, testdata = sys.argv[1:]
    checked = 0
    for path in sorted(glob.glob(os.path.join(testdata, "folded", "*"))):
        if not os.path.basename(path).startswith(("fil-", "py-spy-")) or path.endswith(".records"):
            continue
        theirs = collections.Counter()
        with open(path, encoding="utf-8") as file:
            for line in file:
                stack, value = line.rsplit(" ", 1)
                theirs[tuple(frame(text) for text in reversed(stack.split(";")))] += int(value)
        ours = collections.Counter()
        for stack, _, size in profilelib.Records(tool, path).allocations:
            ours[tuple(stack)] += size
        profilelib.equal(path, ours, theirs)
        checked += 1
    print(f"{checked} cases, 0 failed")
    return 0 if checked else 1


sys.exit(main())
