# SPDX-License-Identifier: MIT
"""A global variable for each row: globalnames.py BEFORE AFTER."""
import sys

import heapsnap


class Row:
    def __init__(self, number):
        self.cells = [number, number + 1]


def load(number):
    globals()['row_%d' % number] = Row(number)


def traffic(first, count):
    for i in range(first, first + count):
        load(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 300)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
