# SPDX-License-Identifier: MIT
"""The mprof reader against mprof's own reader of its files: check_mprof.py DUMP_RECORDS TESTDATA."""
import glob
import os
import sys

import profilelib

try:
    import mprof
except ImportError:
    print("skipped: memory_profiler is not installed")
    sys.exit(77)

MIB = 1 << 20


def main():
    tool, testdata = sys.argv[1:]
    checked = 0
    for path in sorted(glob.glob(os.path.join(testdata, "mprof", "memory_profiler*.dat"))):
        records = profilelib.Records(tool, path)
        theirs = mprof.read_mprofile_file(path)
        for series, values in [("rss", zip(theirs["timestamp"], theirs["mem_usage"]))] + [
                (f"rss.child.{pid}", ((time, mib) for mib, time in samples))
                for pid, samples in theirs["children"].items()]:
            profilelib.equal(f"{path}: {series}",
                             [(round(time, 3), value) for name, time, value in records.samples if name == series],
                             [(round(time, 3), round(mib * MIB)) for time, mib in values])
        for function, calls in theirs["func_timestamp"].items():
            ours = [(round(time, 3), round(value)) for name, time, value in records.samples
                    if name == "rss.function." + function]
            expected = [(round(time, 3), round(mib * MIB)) for begin, end, begin_mib, end_mib, *_ in calls
                        for time, mib in ((begin, begin_mib), (end, end_mib))]
            profilelib.equal(f"{path}: {function}", ours, expected)
        checked += 1
    print(f"{checked} cases, 0 failed")
    return 0 if checked else 1


sys.exit(main())
