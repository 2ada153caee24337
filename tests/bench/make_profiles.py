# SPDX-License-Identifier: MIT
"""Big profiles with a fixed seed, to time readers with: make_profiles.py [--megabytes N] FOLDER.

Writes big.folded, big.pb and big.heaptrack: stacks of 12 to 28 frames among 20 000 functions, where most
of a stack is shared with the one before it, as in a real profile. With --traces N also big.pickle and
random.pickle: tracemalloc's snapshots of N traces of 25 frames with 50 000 different tracebacks, which grow from
one another, or share nothing.
"""
import argparse
import os
import pickle
import random
import tracemalloc

FUNCTIONS = 20000


def stacks(seed):
    """Stacks without end, from the root: numbers of functions."""
    random_number = random.Random(seed)
    stack = []
    while True:
        length = random_number.randrange(12, 29)
        del stack[max(0, min(length - 1, len(stack) - random_number.randrange(1, 7))):]
        while len(stack) < length:
            stack.append(random_number.randrange(FUNCTIONS))
        yield stack


def name_of(function):
    return f"service.module{function % 97}.Class{function % 1013}.method_{function}"


def write_folded(out, size_bytes):
    names = [name_of(function) for function in range(FUNCTIONS)]
    for number, stack in enumerate(stacks(1)):
        out.write((";".join([names[function] for function in stack]) + f" {64 + number % 4096}\n").encode())
        if out.tell() >= size_bytes:
            return


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, body):
    return varint(field << 3 | 2) + varint(len(body)) + body


def write_pprof(out, size_bytes):
    """The order of Go's runtime: types, samples, locations, functions, names."""
    texts = ["", "alloc_objects", "count", "alloc_space", "bytes", "inuse_objects", "inuse_space"]
    for kind, unit in ((1, 2), (3, 4), (5, 2), (6, 4)):
        out.write(message(1, number(1, kind) + number(2, unit)))
    ids = [varint(1 + function) for function in range(FUNCTIONS)]
    for count, stack in enumerate(stacks(2), 1):
        locations = b"".join([ids[function] for function in reversed(stack)])
        values = b"".join(map(varint, (count % 300, count % 300 * 512, count % 50, count % 50 * 512)))
        out.write(message(2, message(1, locations) + message(2, values)))
        if out.tell() >= size_bytes:
            break
    first = len(texts)
    texts += ["service.go"] + [name_of(function) for function in range(FUNCTIONS)]
    for function in range(FUNCTIONS):
        line = number(1, 1 + function) + number(2, 1 + function % 900)
        out.write(message(4, number(1, 1 + function) + number(3, 0x400000 + 16 * function) + message(4, line)))
    for function in range(FUNCTIONS):
        out.write(message(5, number(1, 1 + function) + number(2, first + 1 + function) + number(4, first)))
    for text in texts:
        out.write(message(6, text.encode()))


def write_heaptrack(out, size_bytes):
    """Interpreted text of version 3: allocations and frees are most of it, new places the rest."""
    random_number = random.Random(3)
    out.write(b"v 10400 3\nX ./service\nI 1000 5e6f8\ns 7 service\ns 9 service.c\n")
    texts, allocations, moment = 2, 0, 0
    traces = {}
    lines, held, made = [], [], stacks(3)
    for function in range(FUNCTIONS):
        name = name_of(function)
        lines.append(f"s {len(name):x} {name}")
        texts += 1
        lines.append(f"i {0x400000 + 16 * function:x} 1 {texts:x} 2 {1 + function % 900:x}")
    while out.tell() < size_bytes:
        if allocations < 200000 and random_number.random() < 0.3:
            parent = 0
            for function in next(made):
                path = (parent, function)
                if path not in traces:
                    lines.append(f"t {1 + function:x} {parent:x}")
                    traces[path] = 1 + len(traces)
                parent = traces[path]
            lines.append(f"a {16 + random_number.randrange(4096):x} {parent:x}")
            allocations += 1
        if held and random_number.random() < 0.48:
            lines.append(f"- {held.pop(random_number.randrange(max(0, len(held) - 50), len(held))):x}")
        elif allocations:
            held.append(random_number.randrange(allocations))
            lines.append(f"+ {held[-1]:x}")
        if len(lines) >= 5000:
            moment += 10
            out.write("\n".join(lines + [f"c {moment:x}", ""]).encode())
            lines = []


DEPTH = 25


def random_frame(random_number):
    return f"/srv/app/mod{random_number.randrange(300)}.py", random_number.randrange(1, 2000)


def tracebacks(random_number, shared):
    """50 000 different tracebacks, newest frame first."""
    found, grown = set(), [()]
    while len(found) < 50000:
        base = random_number.choice(grown) if shared else ()
        stack = base[:random_number.randrange(max(1, len(base) - 4), len(base) + 1)] if base else ()
        stack += tuple(random_frame(random_number) for _ in range(DEPTH - len(stack)))
        grown.append(stack)
        found.add(stack)
    return [tuple(reversed(stack)) for stack in sorted(found)]


def write_traces(out, count, shared):
    random_number = random.Random(2)
    places = tracebacks(random_number, shared)
    weights = [random_number.paretovariate(1) for _ in places]
    snapshot = tracemalloc.Snapshot(
        [(0, random_number.randrange(28, 600), place, DEPTH)
         for place in random_number.choices(places, weights, k=count)], DEPTH)
    pickle.dump(snapshot, out, pickle.HIGHEST_PROTOCOL)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=60)
    parser.add_argument("--traces", type=int, default=0)
    parser.add_argument("folder")
    options = parser.parse_args()
    for name, write in (("big.folded", write_folded), ("big.pb", write_pprof),
                        ("big.heaptrack", write_heaptrack)):
        with open(os.path.join(options.folder, name), "wb") as out:
            write(out, options.megabytes * 1000000)
    for name, shared in (("big.pickle", True), ("random.pickle", False)):
        if options.traces:
            with open(os.path.join(options.folder, name), "wb") as out:
                write_traces(out, options.traces, shared)


main()
