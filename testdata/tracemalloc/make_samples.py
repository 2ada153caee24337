# SPDX-License-Identifier: MIT
"""Make the samples of this folder: real snapshots by every interpreter named, and hostile pickles.

    make_samples.py FOLDER INTERPRETER...

Each interpreter runs this text again with --snapshot and dumps a snapshot of a tiny program.
Running it anew gives other bytes: tracemalloc sees whatever the interpreter does.
"""
import gzip
import os
import pickle
import subprocess
import sys
import tracemalloc


# The file name that the snapshots show: no sample shall hold a path of the machine that made it.
PROGRAM = "/app/leak.py"


def leaf(n):
    return bytearray(n)


def tree(depth):
    return [leaf(100)] + ([tree(depth - 1)] if depth else [])


def snapshot(path, how):
    tracemalloc.start({"deep": 5}.get(how, 2))
    kept = [leaf(70000), [leaf(10 * n) for n in range(8)], tree(6 if how == "deep" else 1)]
    taken = tracemalloc.take_snapshot()
    tracemalloc.stop()
    taken = taken.filter_traces([tracemalloc.Filter(True, PROGRAM, all_frames=True)])
    if how in ("dump", "deep", "gz"):
        taken.dump(path)
    elif how == "pure":
        with open(path, "wb") as out:
            pickle._Pickler(out, 4).dump(taken)
    else:
        with open(path, "wb") as out:
            pickle.dump(taken, out, int(how))
    if how == "gz":
        with open(path, "rb") as plain:
            data = plain.read()
        with open(path, "wb") as out, gzip.GzipFile("", "wb", 9, out, 0) as packed:
            packed.write(data)
    return kept


def state(traces):
    """A snapshot's pickle whose list holds `traces`, opcodes that are already encoded."""
    return (b"\x80\x04\x8c\x0btracemalloc\x94\x8c\x08Snapshot\x94\x93\x94)\x81\x94}\x94("
            b"\x8c\x06traces\x94h\x00\x8c\x07_Traces\x94\x93\x94)\x81\x94}\x94\x8c\x07_traces\x94]\x94("
            + traces + b"esb\x8c\x0ftraceback_limit\x94K\x01ub.")


TRACE = b"(K\x00K\x40\x8c\x04a.py\x94K\x07\x86\x94\x85\x94K\x01t\x94"

HOSTILE = {
    "os-system": state(TRACE + b"\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R"),
    "os-system-first": b"\x80\x02cos\nsystem\n(X\x04\x00\x00\x00truetR.tracemalloc",
    "eval-global": b"\x80\x02ctracemalloc\nSnapshot\nq\x00)\x81}(X\x06\x00\x00\x00tracescbuiltins\neval\n",
    "instance": state(TRACE + b"(itracemalloc\nSnapshot\n"),
    "persistent": state(TRACE + b"Pname\n"),
    "memo-far": state(TRACE + b"r\xff\xff\xff\x0f"),
    "memo-absent": state(TRACE + b"j\xff\xff\xff\x7f"),
    "text-huge": state(TRACE + b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7f"),
    "long-huge": state(TRACE + b"\x8b\xff\xff\xff\x7f"),
    "size-negative": state(b"(K\x00J\xff\xff\xff\xff\x8c\x04a.py\x94K\x07\x86\x94\x85\x94K\x01t\x94"),
    "marks": state(TRACE + b"(" * 3000),
    "trace-shape": state(b"K\x00K\x40\x86\x94"),
    "list-of-texts": state(b"\x8c\x04a.py\x94"),
    "not-a-snapshot": b"\x80\x04\x8c\x0btracemalloc\x94.",
    "no-traces": b"\x80\x04\x8c\x0btracemalloc\x94\x8c\x08Snapshot\x94\x93\x94)\x81\x94.",
    "new-field": state(b"(K\x00K\x40\x8c\x04a.py\x94K\x07\x86\x94\x85\x94K\x01K\x09t\x94"),
    "two-fields": state(b"K\x40\x8c\x04a.py\x94K\x07\x86\x94\x85\x94\x86\x94M\x00\x01h\x0e\x86\x94"),
    "listed-twice": state(TRACE + b"h\x0f"),
    "two-in-one": state(TRACE) + state(TRACE),
    "surrogate": state(b"(K\x00K\x40\x8c\x06a\xed\xb2\x80.y\x94K\x07\x86\x94\x85\x94K\x01t\x94"),
    "big-size": state(b"(K\x00\x8a\x05\x00\x00\x00\x00\x05\x8c\x04a.py\x94K\x07\x86\x94\x85\x94K\x01t\x94"
                      b"(M\x75\xf0K\x03h\x0eK\x01t\x94(K\x00K\x05h\x0eK\x01t\x94"),
}


def main(folder, interpreters):
    os.chdir(folder)
    hows = {"dump": "", "deep": "-deep", "gz": "-gz", "0": "-protocol0", "2": "-protocol2",
            "3": "-protocol3", "pure": "-pure"}
    for interpreter in interpreters:
        version = subprocess.check_output(
            [interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]).decode().strip()
        wanted = list(hows) if version in ("3.6", "3.13") else ["dump"]
        for how in wanted:
            path = "python%s%s.pickle%s" % (version, hows[how], ".gz" if how == "gz" else "")
            subprocess.check_call([interpreter, "-c", "exec(compile(open('make_samples.py').read(), %r, 'exec'))"
                                   % PROGRAM, "--snapshot", path, how])
    for name, data in HOSTILE.items():
        with open("made-%s.pickle" % name, "wb") as out:
            out.write(data)


if sys.argv[1] == "--snapshot":
    snapshot(sys.argv[2], sys.argv[3])
else:
    main(sys.argv[1], sys.argv[2:])
