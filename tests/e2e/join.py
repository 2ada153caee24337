# SPDX-License-Identifier: MIT
"""snapjoin against Python's own reading of the same profiles: pstats, and tracemalloc stack by stack."""
import bisect
import collections
import os
import pstats
import subprocess
import sys
import tracemalloc

import e2elib

PROGRAM = '''
import cProfile, json, sys, tracemalloc
class Store:
    def __init__(self, number):
        self.number = number
        self.rows = []
    def add(self, count):
        for i in range(count):
            self.rows.append(make_row(i))
        self.index = {row['name']: row for row in self.rows}
        return self
def make_row(i):
    return json.loads(json.dumps({'name': 'row %d' % i, 'values': list(range(i % 7))}))
def depth(n):
    return [n] + depth(n - 1) if n else []
def main():
    stores = [Store(i).add(200) for i in range(10)]
    return stores, [depth(40) for _ in range(20)], sorted(range(1000), key=lambda x: -x)
profile = cProfile.Profile()
profile.runcall(main)
profile.dump_stats('time.pstats')
tracemalloc.start(50)
kept = main()
tracemalloc.take_snapshot().dump('memory.pickle')
'''


def expected_time(path):
    stats = pstats.Stats(path).stats
    return {(file, line, name): [calls, own, total]
            for (file, line, name), (_, calls, own, total, _) in stats.items()}


def expected_memory(path, functions):
    """{function: [blocks, own bytes, total bytes]}: a line belongs to the last named def above it."""
    starts = collections.defaultdict(list)
    for file, line, name in functions:
        if not name.startswith('<') or name == '<module>':
            starts[file].append((line, name))
    for rows in starts.values():
        rows.sort()

    def owner(frame):
        rows = starts.get(frame.filename, [])
        at = bisect.bisect_right(rows, (frame.lineno, '\U0010ffff'))
        return (frame.filename, *rows[at - 1]) if at else (frame.filename, 0, '')

    sums = collections.defaultdict(lambda: [0, 0, 0])
    for trace in tracemalloc.Snapshot.load(path).traces:
        own = owner(trace.traceback[-1])
        sums[own][0] += 1
        sums[own][1] += trace.size
        for function in {owner(frame) for frame in trace.traceback}:
            sums[function][2] += trace.size
    return sums


def compare(cases, folder):
    time = expected_time(os.path.join(folder, 'time.pstats'))
    memory = expected_memory(os.path.join(folder, 'memory.pickle'), time)
    rows = e2elib.rows(cases, 'snapjoin', os.path.join(folder, 'memory.pickle'),
                       os.path.join(folder, 'time.pstats'), '-n', '0')
    ours = {(row['file'], row['line'], row['function'] or ''): row for row in rows}
    cases.check(len(ours) == len(rows), 'a function has one row')
    wrong = [(key, ours.get(key), want) for key, want in time.items()
             if key not in ours or ours[key]['calls'] != want[0] or
             abs(ours[key]['own_ns'] - want[1] * 1e9) > 1 or abs(ours[key]['total_ns'] - want[2] * 1e9) > 1]
    cases.check(not wrong, f'times of {len(time)} functions are those of pstats', wrong[:3])
    wrong = [(key, ours.get(key), want) for key, want in memory.items()
             if key not in ours or [ours[key]['count'], ours[key]['size_bytes'],
                                    ours[key]['total_size_bytes']] != want]
    cases.check(not wrong, f'bytes of {len(memory)} functions are those of tracemalloc', wrong[:3])
    cases.check(not set(ours) - set(time) - set(memory), 'nothing else is listed',
                list(set(ours) - set(time) - set(memory))[:3])
    totals = [row['total_size_bytes'] for row in rows]
    cases.check(totals == sorted(totals, reverse=True), 'largest first')
    named = [row for row in rows if row['function'] == 'make_row']
    cases.check(named and named[0]['calls'] == 2000 and named[0]['total_size_bytes'] > 100000,
                'make_row took time and memory', named)
    slow = e2elib.rows(cases, 'snapjoin', os.path.join(folder, 'memory.pickle'),
                       os.path.join(folder, 'time.pstats'), '--sort', 'time', '-n', '5')
    times = [row['total_ns'] for row in slow]
    cases.check(len(slow) == 5 and times == sorted(times, reverse=True), 'by time, longest first', times)
    store = os.path.join(folder, 'both.db')
    done = e2elib.run('snapload', os.path.join(folder, 'memory.pickle'),
                      os.path.join(folder, 'time.pstats'), '-o', store)
    cases.check(done.returncode == 0, 'both make one snapshot', done.stderr)
    again = e2elib.rows(cases, 'snapjoin', store, '--by', 'function', '-n', '0', '--metric', 'inuse')
    cases.check(again == rows, 'one snapshot of both says the same', len(again), len(rows))


def main():
    cases = e2elib.Cases()
    with e2elib.Folder('join') as folder:
        ran = subprocess.run([sys.executable, '-c', PROGRAM], cwd=folder, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        if cases.check(ran.returncode == 0, 'the program runs', ran.stdout):
            compare(cases, folder)
    return cases.finish()


sys.exit(main())
