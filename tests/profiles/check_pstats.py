# SPDX-License-Identifier: MIT
"""The reader of cProfile's files against pstats: check_pstats.py DUMP_RECORDS TESTDATA."""
import collections
import glob
import marshal
import os
import pstats
import sys

import profilelib


def main():
    tool, testdata = sys.argv[1:]
    checked = 0
    for path in sorted(glob.glob(os.path.join(testdata, "pstats", "python3*.pstats"))):
        sums = collections.defaultdict(lambda: collections.defaultdict(lambda: [0, 0]))
        edges = collections.Counter()
        records = profilelib.Records(tool, path)
        for stack, metric, count, value in records.metrics:
            total = sums[stack[0].file, stack[0].line, stack[0].function][metric]
            total[0] += count
            total[1] += value
            if metric == "calls" and len(stack) > 1:
                edges[stack[0].function, stack[1].function] += count
        with open(path, "rb") as file:
            stats = marshal.load(file)
        theirs_edges = collections.Counter()
        for (name, line, function), (primitive, calls, own, cumulated, callers) in stats.items():
            ours = sums[name, line, function]
            what = f"{path}: {function}"
            profilelib.equal(what + ": own", ours["tottime"], [calls, round(own * 1e9)])
            profilelib.equal(what + ": cumulated", ours["cumtime"], [primitive, round(cumulated * 1e9)])
            profilelib.equal(what + ": calls", ours["calls"], [calls, calls])
            for caller, numbers in callers.items():
                calls = numbers if isinstance(numbers, int) else numbers[0]
                theirs_edges[function, caller[2]] += calls
        profilelib.equal(path + ": callers", edges, theirs_edges)
        profilelib.equal(path + ": functions", len(sums), len(stats))
        # The order of pstats itself, in whole nanoseconds.
        for key, metric in (("tottime", "tottime"), ("cumtime", "cumtime"), ("ncalls", "calls")):
            order = pstats.Stats(path).sort_stats(key).fcn_list
            values = [sums[function][metric][1] for function in order]
            profilelib.equal(f"{path}: order by {key}", values, sorted(values, reverse=True))
        checked += 1
    print(f"{checked} cases, 0 failed")
    return 0 if checked else 1


sys.exit(main())
