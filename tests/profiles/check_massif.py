# SPDX-License-Identifier: MIT
"""The massif reader against ms_print: every snapshot's sizes, every stack of the peak.

    check_massif.py DUMP_RECORDS TESTDATA
"""
import collections
import glob
import os
import re
import subprocess
import sys

import profilelib

ROW = re.compile(r"^\s*\d+" + r"\s+([\d,]+)" * 5 + r"\s*$")
NODE = re.compile(r"^([| ]*)->\s*\S+% \(([\d,]+)B\) (?:0x[0-9A-F]+: )?(.*?) \((?:in )?([^()]*)\)$")
RARE = re.compile(r"^[| ]*->\s*\S+% \([\d,]+B\) in .* places?,")


def plain(number):
    return int(number.replace(",", ""))


def printed(ms_print, path):
    """Rows of all tables, and {stack of functions, newest first: bytes} of each tree."""
    text = subprocess.run([ms_print, "--threshold=0", path], stdout=subprocess.PIPE,
                          check=True).stdout.decode()
    rows, trees = [], []
    for line in text.splitlines():
        row, node = ROW.match(line), NODE.match(line)
        if row:
            rows.append([plain(number) for number in row.groups()])
        elif "% (" in line and not line.startswith(("-", "|", " ")):
            trees.append((rows[-1], {}))
            stack = []
        elif node and not RARE.match(line):
            del stack[len(node.group(1)) // 2:]
            stack.append(node.group(3))
            trees[-1][1][tuple(stack)] = plain(node.group(2))
    return rows, trees


def main():
    tool, testdata = sys.argv[1:]
    ms_print = profilelib.need("ms_print")
    checked = 0
    for path in sorted(glob.glob(os.path.join(testdata, "massif", "*.out"))):
        if "damaged" in path:
            continue
        records = profilelib.Records(tool, path)
        rows, trees = printed(ms_print, path)
        series = collections.defaultdict(list)
        for name, _, value in records.samples:
            series[name].append(int(value))
        profilelib.equal(path + ": heap", series["mem_heap"], [row[2] for row in rows])
        profilelib.equal(path + ": extra", series["mem_heap_extra"], [row[3] for row in rows])
        for metric in ("peak", "inuse"):
            ours = collections.Counter()
            for stack, _, size in records.by_metric[metric]:
                functions = tuple(frame.function for frame in stack)
                for depth in range(1, len(functions) + 1):
                    ours[functions[:depth]] += size
            # What lies below the threshold has no frame, or one of ours.
            del ours["[below threshold]",], ours["[unknown]",]
            at = records.facts.get(f"massif.{metric}_snapshot")
            theirs = [tree for row, tree in trees if at and row is rows[int(at)]]
            profilelib.equal(f"{path}: trees", len(theirs), 1 if at else 0)
            profilelib.equal(f"{path}: {metric}", dict(ours), theirs[0] if at else {})
        checked += 1
    print(f"{checked} cases, 0 failed")
    return 0 if checked else 1


sys.exit(main())
