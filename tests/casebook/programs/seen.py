# SPDX-License-Identifier: MIT
"""A set of every user name that was ever seen: seen.py BEFORE AFTER."""
import sys

import heapsnap


class Deduplicator:
    def __init__(self):
        self.seen = set()
        self.dropped = 0

    def accept(self, number):
        name = 'user-%d' % number
        if name in self.seen:
            self.dropped += 1
            return False
        self.seen.add(name)
        return True


deduplicator = Deduplicator()


def traffic(first, count):
    for i in range(first, first + count):
        deduplicator.accept(i)


def main(before, after):
    traffic(0, 50)
    heapsnap.dump(before, label='before')
    traffic(50, 5000)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
