# SPDX-License-Identifier: MIT
"""A function whose mutable default collects what it was called with: defaults.py BEFORE AFTER."""
import sys

import heapsnap


class Measurement:
    __slots__ = ('name', 'value')

    def __init__(self, name, value):
        self.name = name
        self.value = value


def record(name, value, batch=[]):
    batch.append(Measurement(name, value))
    return len(batch)


def traffic(first, count):
    for i in range(first, first + count):
        record('latency', i * 1.5)


def main(before, after):
    traffic(0, 20)
    heapsnap.dump(before, label='before')
    traffic(20, 3000)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
