# SPDX-License-Identifier: MIT
"""Clean-up functions registered for the end of the process, one a request: atexits.py BEFORE AFTER."""
import atexit
import sys

import heapsnap


class Report:
    def __init__(self, number):
        self.number = number
        self.lines = ['line %d of %d' % (i, number) for i in range(10)]

    def discard(self):
        self.lines = []


def handle(number):
    report = Report(number)
    atexit.register(report.discard)
    return len(report.lines)


def traffic(first, count):
    for i in range(first, first + count):
        handle(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 500)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
