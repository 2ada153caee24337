# SPDX-License-Identifier: MIT
"""The reader of mappings against the sums that Linux and pmap print: check_smaps.py DUMP_RECORDS TESTDATA."""
import collections
import os
import re
import sys

import profilelib

KIB = 1024


def sums(records):
    """{file: bytes of live memory}; the metrics of all together."""
    by_file, by_metric = collections.Counter(), collections.Counter()
    for stack, _, size in records.allocations:
        by_file[stack[0].file] += size
    for (_, metric, _, size) in records.metrics:
        by_metric[metric] += size
    return by_file, by_metric


def check_smaps(tool, path):
    """Against a slow reading with regular expressions, and, of one process, its smaps_rollup."""
    with open(path, encoding="utf-8") as file:
        parts = re.split(r"(?m)^=== .* ===\n", file.read())
    ours = profilelib.packages(tool, path)
    parts = [part for part in parts if part]
    profilelib.equal(f"{path}: captures", len(ours), len(parts))
    for number, (mine, part) in enumerate(zip(ours, parts)):
        theirs, totals = collections.Counter(), collections.Counter()
        for block in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", part)[1:]:
            head = block.splitlines()[0].split(None, 5)
            keys = {key: int(value) * KIB for key, value in re.findall(r"(?m)^(\w+): +(\d+) kB", block)}
            theirs[head[5] if len(head) > 5 else "[anon]"] += keys["Rss"]
            for metric, names in {"virtual": ["Size"], "pss": ["Pss"], "private_dirty": ["Private_Dirty"], "swap": ["Swap"],
                                  "uss": ["Private_Clean", "Private_Dirty", "Private_Hugetlb"]}.items():
                totals[metric] += sum(keys[name] for name in names)
        by_file, by_metric = sums(mine)
        profilelib.equal(f"{path}: {number}: rss", by_file, theirs)
        profilelib.equal(f"{path}: {number}: metrics", by_metric, totals)
        profilelib.equal(f"{path}: {number}: fact", int(mine.facts["rss_bytes"]), sum(theirs.values()))
    return len(parts)


def check_pmap(tool, path):
    """Against the sums below pmap's tables."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    theirs = []
    for number, line in enumerate(lines):
        if line.startswith("total kB"):
            size, rss, dirty = (int(word) * KIB for word in line.split()[2:])
            theirs.append({"virtual": size, "rss": rss, "dirty": dirty})
        elif line.strip().startswith("===="):
            header = next(row for row in lines if "Mapping" in row).split()
            names = header[header.index("Size"):]
            values = dict(zip((name for name in names if name not in ("VmFlags", "Mapping")), lines[number + 1].split()))
            part = {"virtual": "Size", "rss": "Rss", "pss": "Pss", "swap": "Swap", "private_dirty": "Private_Dirty"}
            theirs.append({name: int(values[key]) * KIB for name, key in part.items() if key in values})
    ours = profilelib.packages(tool, path)
    profilelib.equal(f"{path}: captures", len(ours), len(theirs))
    for number, (mine, expected) in enumerate(zip(ours, theirs)):
        by_file, by_metric = sums(mine)
        by_metric["rss"] = sum(by_file.values())
        profilelib.equal(f"{path}: {number}", {name: by_metric[name] for name in expected}, expected)
    return len(theirs)


def main():
    tool, testdata = sys.argv[1:]
    folder = os.path.join(testdata, "smaps")
    checked = sum(check_smaps(tool, os.path.join(folder, name)) for name in ("linux6.smaps", "linux6-log.smaps"))
    checked += sum(check_pmap(tool, os.path.join(folder, f"procps4.0-{name}.pmap")) for name in ("log", "extended", "all"))
    # The kernel's own sum of all mappings, taken at the same moments as the table.
    rollup = profilelib.packages(tool, os.path.join(folder, "linux6-rollup.smaps"))
    table = profilelib.packages(tool, os.path.join(folder, "procps4.0-log.pmap"))
    profilelib.equal("rollup", [part.facts["rss_bytes"] for part in rollup], [part.facts["rss_bytes"] for part in table])
    print(f"{checked + len(rollup)} cases, 0 failed")
    return 0


sys.exit(main())
