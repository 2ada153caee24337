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


def record_lines(tool, path):
    return subprocess.run([tool, path], stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()


class Records:
    """Facts; allocations as (stack of frames, newest first; count; bytes), those in use and by metric;
    samples; totals of types.

    `metrics`, of those other than memory in use: (stack, metric, count, value).
    """

    def __init__(self, tool, path, lines=None):
        self.facts, self.samples, self.metrics = {}, [], []
        self.by_metric, self.units = collections.defaultdict(list), {}
        names = {0: "inuse"}
        frames, stacks, types, totals = {}, {}, {}, collections.defaultdict(lambda: [0, 0])
        for line in lines if lines is not None else record_lines(tool, path):
            event, _, rest = line.partition(" ")
            fields = dict(EVENT.findall(rest))
            if event == "frame":
                frames[int(rest.split(" ")[0])] = Frame(unquote(fields["file"]), int(fields["line"]),
                                                        unquote(fields.get("function", '""')))
            elif event == "stack":
                stacks[int(rest.split(" ")[0])] = [frames[int(i)] for i in fields["frames"].split(",")]
            elif event == "metric":
                names[int(rest.split(" ")[0])] = unquote(fields["name"])
                self.units[unquote(fields["name"])] = unquote(fields["unit"])
            elif event == "allocation":
                name = names[int(fields.get("metric", 0))]
                stack, count, size = stacks[int(fields["stack"])], int(fields["count"]), int(fields["size_bytes"])
                self.by_metric[name].append((stack, count, size))
                if "metric" in fields:
                    self.metrics.append((stack, name, count, size))
            elif event == "sample":
                self.samples.append((unquote(fields["series"]), float(fields["time_s"]),
                                     float(fields["value"])))
            elif event == "type":
                module = unquote(fields.get("module", '""'))
                types[int(rest.split(" ")[0])] = (module + "." if module else "") + unquote(fields["name"])
            elif event == "type_total":
                total = totals[types[int(fields["type"])]]
                total[0] += int(fields["count"])
                total[1] += int(fields["size_bytes"])
            elif event == "fact":
                self.facts[unquote(fields["name"])] = unquote(fields["value"])

        self.allocations = self.by_metric["inuse"]
        self.types = [(name, count, size) for name, (count, size) in totals.items()]

    def by_function(self, metric="inuse", by_count=False):
        """{function: [own bytes, bytes with all that it calls]}"""
        sums = collections.defaultdict(lambda: [0, 0])
        for stack, count, size in self.by_metric[metric]:
            value = count if by_count else size
            sums[stack[0].function][0] += value
            for function in {frame.function for frame in stack}:
                sums[function][1] += value
        return {name: pair for name, pair in sums.items() if any(pair)}


def packages(tool, path):
    """The records of each snapshot of a file that holds several."""
    parts = [[]]
    for line in record_lines(tool, path):
        if line == "next_snapshot":
            parts.append([])
        else:
            parts[-1].append(line)
    return [Records(tool, path, part) for part in parts]


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
