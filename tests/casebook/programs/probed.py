# SPDX-License-Identifier: MIT
"""A defaultdict that grows when it is asked: probed.py BEFORE AFTER."""
import collections
import sys

import heapsnap

by_user = collections.defaultdict(list)


def is_banned(number):
    return len(by_user['user-%d' % number]) > 3


def traffic(first, count):
    for i in range(first, first + count):
        is_banned(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 800)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
