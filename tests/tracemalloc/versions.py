# SPDX-License-Identifier: MIT
"""Snapshots of different versions of Python compared with one another, which tracemalloc cannot.

Every pair of versions under testdata/tracemalloc goes through snapdiff, and one series through snapgrow. The
other side is a computation of its own: pickles are opened with stand-ins for tracemalloc's classes, whose raw
tuples are the same from 3.6 on but for a fourth field. HEAPSNAP_BIN is the folder of the tools.
"""
import collections
import glob
import itertools
import json
import os
import pickle
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get('HEAPSNAP_BIN', '')
WAYS = [('lineno', False), ('traceback', False), ('filename', True), ('lineno', True), ('domain', False)]


class Plain:
    """Whatever object the pickle makes: its state as attributes."""

    def __init__(self, *arguments):
        self.arguments = arguments


class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        if module == 'tracemalloc':
            return Plain
        if (module, name) in (('copyreg', '_reconstructor'), ('copy_reg', '_reconstructor')):
            return lambda cls, base, state: cls()
        if module in ('builtins', '__builtin__') and name == 'object':
            return object
        raise pickle.UnpicklingError(f'{module}.{name}')


def read_traces(path):
    """(domain, size, frames newest first) of every block."""
    with open(path, 'rb') as file:
        snapshot = Reader(file).load()
    return [(trace[0], trace[1], trace[2]) for trace in snapshot.traces._traces]


def keys_of(trace, by, cumulative):
    domain, _, frames = trace
    if by == 'domain':
        return [domain]
    if by == 'traceback':
        return [tuple(frames)]
    chosen = frames if cumulative else frames[:1]
    return [(file, line if by == 'lineno' else 0) for file, line in chosen]


def sums(traces, by, cumulative):
    """{key: [count, bytes]}"""
    result = collections.defaultdict(lambda: [0, 0])
    for trace in traces:
        for key in keys_of(trace, by, cumulative):
            result[key][0] += 1
            result[key][1] += trace[1]
    return result


def key_of_row(row, by):
    if by == 'domain':
        return row['domain']
    if by == 'traceback':
        return tuple((frame['file'], frame['line']) for frame in row['stack'])
    return (row['file'], row['line'] if by == 'lineno' else 0)


def run(tool, files, by, cumulative):
    command = [os.path.join(BIN, tool), *files, '--by', by, '--json'] + ['--cumulative'] * cumulative
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)['rows']


def check_pair(old, new, traces, by, cumulative):
    before, after = sums(traces[old], by, cumulative), sums(traces[new], by, cumulative)
    expected = {key: (*before.get(key, (0, 0)), *after.get(key, (0, 0))) for key in {*before, *after}}
    rows = run('snapdiff', [old, new], by, cumulative)
    ours = {key_of_row(row, by): (row['count_old'], row['size_bytes_old'], row['count_new'], row['size_bytes_new'])
            for row in rows}
    assert len(ours) == len(rows), (old, new, by, 'a key twice')
    assert ours == expected, (old, new, by, cumulative, {*ours.items()} ^ {*expected.items()})
    order = [(abs(row['size_bytes_delta']), row['size_bytes_new'], abs(row['count_delta']), row['count_new'])
             for row in rows]
    assert order == sorted(order, reverse=True), (old, new, by, cumulative)


def check_series(files, traces, by):
    expected = [sums(traces[path], by, False) for path in files]
    for row in run('snapgrow', files, by, False):
        key = key_of_row(row, by)
        theirs = [part.get(key, (0, 0)) for part in expected]
        assert row['counts'] == [count for count, _ in theirs], (by, key)
        assert row['sizes_bytes'] == [size for _, size in theirs], (by, key)


def main():
    def version(path):
        return tuple(map(int, re.search(r'python(\d+)\.(\d+)', path).groups()))

    files = sorted(glob.glob(os.path.join(ROOT, 'testdata', 'tracemalloc', 'python3.*.pickle')),
                   key=lambda path: (version(path), path))
    traces = {path: read_traces(path) for path in files}
    plain = [path for path in files if re.search(r'python[\d.]+\.pickle$', path)]
    assert len(plain) >= 8, plain
    pairs = 0
    for old, new in itertools.permutations(plain, 2):
        for by, cumulative in WAYS:
            check_pair(old, new, traces, by, cumulative)
        pairs += 1
    # Deep stacks, other protocols and the pure pickler, each against the version furthest away.
    for path in files:
        if path not in plain:
            check_pair(path, plain[0] if version(path) > (3, 9) else plain[-1], traces, 'traceback', False)
            pairs += 1
    for by in ('lineno', 'traceback'):
        check_series(plain, traces, by)
    print(f'{len(files)} snapshots, {pairs} pairs')
    return 0


if __name__ == '__main__':
    sys.exit(main())
