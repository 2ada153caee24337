# SPDX-License-Identifier: MIT
"""The tracemalloc reader against tracemalloc itself, for every sample and some larger snapshots.

    check_tracemalloc.py DUMP_RECORDS TESTDATA

The interpreter that runs this loads each snapshot and groups it by traceback, line and file; the
reader's records are grouped here in the same way. Snapshots of other versions load, too: the pickle
holds plain tuples, whose missing fields are filled in below.
"""
import collections
import glob
import gzip
import os
import pickle
import re
import subprocess
import sys
import tempfile
import tracemalloc

EVENT = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)')


def unquote(text):
    raw = re.sub(rb"\\(x[0-9a-f]{2}|.)",
                 lambda m: bytes([int(m.group(1)[1:], 16)]) if m.group(1)[:1] == b"x" and len(m.group(1)) == 3
                 else m.group(1), text[1:-1].encode())
    return raw.decode("utf-8", "surrogatepass")


def ours(tool, path):
    """{(traceback, total_frames, domain): (count, bytes)} and the facts."""
    frames, stacks, totals, facts = {}, {}, collections.Counter(), {}
    done = subprocess.run([tool, path], stdout=subprocess.PIPE, check=True)
    for line in done.stdout.decode().splitlines():
        word = line.split(" ", 2)
        fields = dict(EVENT.findall(line))
        if word[0] == "frame":
            frames[int(word[1])] = (unquote(fields["file"]), int(fields["line"]))
        elif word[0] == "stack":
            ids = [int(i) for i in fields["frames"].split(",")]
            stacks[int(word[1])] = (tuple(frames[i] for i in ids),
                                    int(fields.get("total_frames", len(ids))))
        elif word[0] == "allocation":
            key = stacks[int(fields["stack"])] + (int(fields["domain"]),)
            totals[key, "count"] += int(fields["count"])
            totals[key, "bytes"] += int(fields["size_bytes"])
        elif word[0] == "fact":
            facts[unquote(fields["name"])] = unquote(fields["value"])
    return totals, facts


def theirs(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rb") as file:
        taken = pickle.load(file)
    totals = collections.Counter()
    for trace in taken.traces._traces:
        if len(trace) == 2:
            trace = (0,) + trace
        domain, size, traceback = trace[:3]
        depth = trace[3] if len(trace) > 3 and trace[3] is not None else len(traceback)
        key = (traceback, depth, domain)
        totals[key, "count"] += 1
        totals[key, "bytes"] += size
    return totals, taken


def by_lineno(totals):
    """What Snapshot.statistics('lineno') says, from our totals."""
    lines = collections.Counter()
    for ((traceback, _, _), what), value in totals.items():
        lines[traceback[0], what] += value
    return lines


def check(tool, path):
    mine, facts = ours(tool, path)
    real, taken = theirs(path)
    assert mine == real, "%s: totals differ" % path
    assert facts["tracemalloc.traces"] == str(len(taken.traces._traces)), path
    assert facts["tracemalloc.traceback_limit"] == str(taken.traceback_limit), path
    if len(taken.traces._traces[0]) == 3 + (sys.version_info >= (3, 9)):
        # The interpreter's own grouping, by its own code.
        lines = by_lineno(mine)
        for row in taken.statistics("lineno"):
            key = (row.traceback[0].filename, row.traceback[0].lineno)
            assert (lines[key, "count"], lines[key, "bytes"]) == (row.count, row.size), (path, key)
        files = collections.Counter()
        for ((file, _), what), value in lines.items():
            files[file, what] += value
        for row in taken.statistics("filename"):
            file = row.traceback[0].filename
            assert (files[file, "count"], files[file, "bytes"]) == (row.count, row.size), (path, file)


def deep(n):
    return [bytearray(n)] if n <= 0 else deep(n - 1) + [bytearray(n), object()]


def generated(folder):
    """Snapshots of real allocations, larger than the input's window, with several domains and sizes."""
    kept = []
    for limit in (1, 10, 200):
        tracemalloc.start(limit)
        for i in range(30000):
            kept.append(bytearray(i % 700))
        kept.extend(deep(i % 150) for i in range(600))
        kept.append(compile("\n".join("x%d = %d" % (i, i) for i in range(3000)), "made.py", "exec"))
        exec(kept[-1], {})
        taken = tracemalloc.take_snapshot()
        tracemalloc.stop()
        traces = taken.traces._traces
        extra = (2,) if sys.version_info >= (3, 9) else ()
        foreign = (("native.so", 0), ("a\udc80\u20ac.py", 4000000000))
        taken.traces._traces = traces + [(389047, 5 << 31, foreign) + extra, (389047, 1, traces[0][2]) + traces[0][3:]]
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            path = os.path.join(folder, "limit%d-protocol%d" % (limit, protocol))
            with open(path, "wb") as file:
                pickle.dump(taken, file, protocol)
            yield path
            with open(path, "rb") as plain, gzip.open(path + ".gz", "wb", 1) as packed:
                packed.write(plain.read())
            yield path + ".gz"
        path = os.path.join(folder, "limit%d-pure" % limit)
        with open(path, "wb") as file:
            pickle._Pickler(file, pickle.HIGHEST_PROTOCOL).dump(taken)
        yield path
        # The tuples of Python 3.4 and of 3.6, which this interpreter does not make.
        for name, fields in (("two", slice(1, 3)), ("three", slice(0, 3))):
            taken.traces._traces = [trace[fields] for trace in traces]
            path = os.path.join(folder, "limit%d-%s-fields" % (limit, name))
            with open(path, "wb") as file:
                pickle.dump(taken, file, 4)
            yield path
        kept.clear()


def main(tool, testdata):
    samples = sorted(glob.glob(os.path.join(testdata, "tracemalloc", "python*.pickle"))
                     + glob.glob(os.path.join(testdata, "tracemalloc", "python*.gz")))
    assert samples
    for path in samples:
        check(tool, path)
    with tempfile.TemporaryDirectory() as folder:
        count = 0
        for path in generated(folder):
            check(tool, path)
            count += 1
    print("%d samples and %d generated snapshots agree" % (len(samples), count))


main(*sys.argv[1:])
