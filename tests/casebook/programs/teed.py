# SPDX-License-Identifier: MIT
"""A copy of a stream that is made in advance and never read: teed.py BEFORE AFTER."""
import itertools
import sys

import heapsnap


class Reading:
    def __init__(self, number):
        self.number = number
        self.values = [number, number + 1]


def readings():
    number = 0
    while True:
        yield Reading(number)
        number += 1


live, replay = itertools.tee(readings())


def traffic(first, count):
    for i in range(first, first + count):
        next(live)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 1500)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
