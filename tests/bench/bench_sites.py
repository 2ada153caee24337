#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Times groupings of allocation profiles: bench_sites.py --build=DIR [--stacks=N] [--runs=K] [--pickle=FILE].

Two pprof profiles of N stacks each (20 frames deep at most, 100 000 places, two metrics), most of them
common, are loaded; then snapdiff and snaptop group the stores in every way. One JSON line a figure:
best wall and processor seconds of K runs. With --pickle a tracemalloc snapshot is
loaded and grouped as well.
"""
import argparse
import json
import os
import random
import sys
import tempfile

import bench_tools

PLACES, FILES, DEPTH = 100000, 700, 20


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def numbers(number, values):
    return field(number, b"".join(map(varint, values)))


def write_profile(path, stacks, seed):
    """Stacks that grow from the ones before; `seed` changes one in ten and all values."""
    common, own = random.Random(1), random.Random(seed)
    texts = ["", "inuse_objects", "count", "inuse_space", "bytes", "alloc_objects", "alloc_space"]
    texts += [f"/srv/app/package{i % 40}/module{i}.py" for i in range(FILES)]
    texts += [f"function_{i}" for i in range(PLACES // 10)]
    known = [()]
    with open(path, "wb") as file:
        for kind, unit in ((5, 2), (6, 4), (1, 2), (3, 4)):
            file.write(field(1, varint(8) + varint(kind) + varint(16) + varint(unit)))
        for _ in range(stacks):
            parent, place = known[common.randrange(len(known))], common.randrange(PLACES) + 1
            if own.random() < 0.1:
                place = own.randrange(PLACES) + 1
            stack = (place,) + parent
            if len(stack) < DEPTH:
                known.append(stack)
            size = own.randrange(16, 4096)
            file.write(field(2, numbers(1, stack) + numbers(2, (3, 3 * size, 1, size))))
        for i in range(1, PLACES + 1):
            function = (i - 1) // 10 + 1
            line = field(4, varint(8) + varint(function) + varint(16) + varint(i % 997 + 1))
            file.write(field(4, varint(8) + varint(i) + line))
        for i in range(1, PLACES // 10 + 1):
            file.write(field(5, varint(8) + varint(i) + varint(16) + varint(7 + FILES + i - 1)
                             + varint(32) + varint(7 + i % FILES)))
        for text in texts:
            file.write(field(6, text.encode()))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--stacks", type=int, default=1000000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--pickle")
    parser.add_argument("--folder")
    options = parser.parse_args()
    environment = dict(os.environ, LD_LIBRARY_PATH=os.path.join(options.build, "lib"))

    def measure(name, tool, *arguments):
        command = [os.path.join(options.build, "tools", tool), *arguments]
        wall, cpu, _ = bench_tools.run(command, options.runs, environment)
        print(json.dumps({"name": name, "wall_s": round(wall, 3), "cpu_s": round(cpu, 3)}), flush=True)

    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        stores = []
        for seed in (2, 3):
            dump = os.path.join(folder, f"{seed}.pb")
            stores.append(os.path.join(folder, f"{seed}.db"))
            write_profile(dump, options.stacks, seed)
            measure(f"snapload {os.path.getsize(dump)} bytes", "snapload", "-q", "--force", dump, "-o", stores[-1])
            os.unlink(dump)
        if options.pickle:
            stores.append(os.path.join(folder, "trace.db"))
            measure("snapload pickle", "snapload", "-q", "--force", options.pickle, "-o", stores[-1])
        ways = [["--by", by] for by in ("lineno", "filename", "function", "module", "domain", "traceback")]
        ways.append(["--by", "lineno", "--cumulative"])
        for way in ways:
            measure(" ".join(["snapdiff", *way]), "snapdiff", *stores[:2], *way)
        for way in ways:
            if not (options.pickle and way[1] == "function"):  # frames of tracemalloc have none
                measure(" ".join(["snaptop", *way]), "snaptop", stores[-1], *way)
    return 0


if __name__ == "__main__":
    sys.exit(main())
