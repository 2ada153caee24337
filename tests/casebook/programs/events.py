# SPDX-License-Identifier: MIT
"""A deque without a limit: events.py BEFORE AFTER."""
import collections
import sys

import heapsnap


class Event:
    __slots__ = ('kind', 'data')

    def __init__(self, kind, data):
        self.kind = kind
        self.data = data


class Monitor:
    def __init__(self):
        self.recent = collections.deque()

    def saw(self, number):
        self.recent.append(Event('click', {'at': number}))


monitor = Monitor()


def traffic(first, count):
    for i in range(first, first + count):
        monitor.saw(i)


def main(before, after):
    traffic(0, 20)
    heapsnap.dump(before, label='before')
    traffic(20, 1500)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
