# SPDX-License-Identifier: MIT
"""Inner functions that call themselves, with the collector off: recursion.py BEFORE AFTER."""
import gc
import sys

import heapsnap

gc.disable()


def flatten(tree):
    found = []

    def walk(branch):
        for item in branch:
            if isinstance(item, list):
                walk(item)
            else:
                found.append(item)

    walk(tree)
    return len(found)


def handle(number):
    assert flatten([number, [1, 2, [3, number]]]) == 5


def traffic(first, count):
    for i in range(first, first + count):
        handle(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 400)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
