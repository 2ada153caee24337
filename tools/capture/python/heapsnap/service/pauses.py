# SPDX-License-Identifier: MIT
"""How long the collector stops the process, counted by gc.callbacks, told in the facts of every dump.

Facts, all whole numbers: gc.pause.count, gc.pause.total_ns, gc.pause.longest_ns,
gc.pause.longest_at_unix_ms, gc.pause.since_unix_ms, and gc.pause.N.count, .total_ns and .longest_ns for
each generation N. A collection costs two calls of a few hundred nanoseconds more.
"""
import gc
import time

from .. import _facts

try:
    _now = time.perf_counter_ns
except AttributeError:                    # before 3.7

    def _now():
        return int(time.perf_counter() * 1e9)

_COUNT, _TOTAL, _LONGEST, _LONGEST_AT = range(4)
_GENERATIONS = 3
_rows = [[0] * 4 for _ in range(_GENERATIONS)]
_began = [0, 0]                           # of the collection that runs; since when we count (Unix ms)


def _on_collection(phase, info):
    if phase == 'start':
        _began[0] = _now()
        return
    began, _began[0] = _began[0], 0
    if began:
        row = _rows[min(info['generation'], _GENERATIONS - 1)]
        elapsed = _now() - began
        row[_COUNT] += 1
        row[_TOTAL] += elapsed
        if elapsed > row[_LONGEST]:
            row[_LONGEST] = elapsed
            row[_LONGEST_AT] = int(time.time() * 1000)


def start():
    """Count from now on; the counts of a process before its fork are not its own."""
    for row in _rows:
        row[:] = [0] * 4
    _began[:] = [0, int(time.time() * 1000)]
    if _on_collection not in gc.callbacks:
        gc.callbacks.append(_on_collection)
    if facts not in _facts.more:
        _facts.more.append(facts)


def stop():
    if _on_collection in gc.callbacks:
        gc.callbacks.remove(_on_collection)
    if facts in _facts.more:
        _facts.more.remove(facts)


def facts():
    """[(name, number)] for the first line of a dump."""
    longest = max(_rows, key=lambda row: row[_LONGEST])
    found = [('gc.pause.count', sum(row[_COUNT] for row in _rows)),
             ('gc.pause.total_ns', sum(row[_TOTAL] for row in _rows)),
             ('gc.pause.longest_ns', longest[_LONGEST]),
             ('gc.pause.longest_at_unix_ms', longest[_LONGEST_AT]),
             ('gc.pause.since_unix_ms', _began[1])]
    for at, row in enumerate(_rows):
        found += [('gc.pause.%d.count' % at, row[_COUNT]),
                  ('gc.pause.%d.total_ns' % at, row[_TOTAL]),
                  ('gc.pause.%d.longest_ns' % at, row[_LONGEST])]
    return found
