# SPDX-License-Identifier: MIT
"""A few large texts: archive.py BEFORE AFTER."""
import sys

import heapsnap

archive = []
names = {}


def export(number):
    names[number] = 'export-%d' % number
    if number % 100 == 99:
        archive.append(bytes(3000000 + number))


def traffic(first, count):
    for i in range(first, first + count):
        export(i)


def main(before, after):
    traffic(0, 100)
    heapsnap.dump(before, label='before')
    traffic(100, 200)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
