# SPDX-License-Identifier: MIT
"""What the checks of profile readers share: our records of a file, and how to leave a check out."""
import collections
import re
import shutil
import subprocess
import sys

EVENT = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)')

Frame = collections.namedtuple("Frame", "file line function")


def unquote(text):
    raw = re.sub(rb"\\(x[0-9a-f]{2}|.)",
                 lambda m: bytes([int(m.group(1)[1:], 16)]) if len(m.group(1)) == 3 else m.group(1),
                 text[1:-1].encode())
    return raw.decode("utf-8", "replace")


class Records:
    """Facts; allocations as (stack of frames, newest first; count; bytes); samples."""

    def __init__(self, tool, path):
        self.facts, self.allocations, self.samples, self.status = {}, [], [], ""
        frames, stacks = {}, {}
        done = subprocess.run([tool, path], stdout=subprocess.PIPE, check=True)
        for line in done.stdout.decode().splitlines():
            event, _, rest = line.partition(" ")
            fields = dict(EVENT.findall(rest))
            if event == "frame":
                frames[int(rest.split(" ")[0])] = Frame(unquote(fields["file"]), int(fields["line"]),
                                                        unquote(fields.get("function", '""')))
            elif event == "stack":
                stacks[int(rest.split(" ")[0])] = [frames[int(i)] for i in fields["frames"].split(",")]
            elif event == "allocation":
                self.allocations.append((stacks[int(fields["stack"])], int(fields["count"]),
                                         int(fields["size_bytes"])))
            elif event == "sample":
                self.samples.append((unquote(fields["series"]), float(fields["time_s"]),
                                     float(fields["value"])))
            elif event == "fact":
                self.facts[unquote(fields["name"])] = unquote(fields["value"])

    def by_function(self):
        """{function: [own bytes, bytes with all that it calls]}"""
        sums = collections.defaultdict(lambda: [0, 0])
        for stack, _, size in self.allocations:
            sums[stack[0].function][0] += size
            for function in {frame.function for frame in stack}:
                sums[function][1] += size
        return dict(sums)


def need(program, *others):
    """The path of a program; ends the check as skipped where there is none."""
    for place in (program,) + others:
        found = shutil.which(place)
        if found:
            return found
    print(f"skipped: {program} is not installed")
    sys.exit(77)


def equal(what, ours, theirs):
    if ours != theirs:
        print(f"failed: {what}: ours {ours!r}, theirs {theirs!r}")
        sys.exit(1)
