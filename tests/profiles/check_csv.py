# SPDX-License-Identifier: MIT
"""The CSV reader against Python's csv and datetime modules: check_csv.py DUMP_RECORDS TESTDATA."""
import csv
import datetime
import os
import sys

import profilelib


def iso(text):
    return datetime.datetime.fromisoformat(text).timestamp()


# file: its delimiter, has it a header, time, {series: column and what its unit is}
CASES = {
    "psutil7.2-bytes.csv": (",", False, float, {"rss": (1, 1)}),
    "psutil7.2-columns.csv": (",", True, lambda text: int(text) / 1000,
                              {"rss": (1, 1 << 20), "vms": (2, 1 << 20), "uss": (3, 1 << 10), "cpu_%": (4, 1)}),
    "psutil7.2-iso.csv": (",", True, iso, {"rss": (1, 1)}),
    "psutil7.2-children.csv": (";", True, float, {"rss": (3, 1 << 20)}),
}


def main():
    tool, testdata = sys.argv[1:]
    for name, (delimiter, has_header, parse, series) in CASES.items():
        path = os.path.join(testdata, "csv", name)
        records = profilelib.Records(tool, path)
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter=delimiter))
        header, rows = (rows[0], rows[1:]) if has_header else ([], rows)
        pid = header.index("pid") if "pid" in header else None
        theirs = []
        for row in rows:
            for label, (column, unit) in series.items():
                value = float(row[column]) * unit
                theirs.append((label + (f".pid.{row[pid]}" if pid is not None else ""),
                               round(parse(row[0]), 4), round(value) if unit > 1 else value))
        ours = [(label, round(time, 4), value) for label, time, value in records.samples]
        profilelib.equal(name, ours, theirs)
        if pid is None:
            profilelib.equal(name + ": last", int(records.facts["rss_bytes"]),
                             [int(value) for label, _, value in theirs if label == "rss"][-1])
    print(f"{len(CASES)} cases, 0 failed")
    return 0


sys.exit(main())
