# SPDX-License-Identifier: MIT
"""An index whose lists only become longer: postings.py BEFORE AFTER."""
import collections
import sys

import heapsnap

index = collections.defaultdict(list)


def add(document, words):
    for position, word in enumerate(words):
        index[word].append((document, position))


def traffic(first, count):
    for i in range(first, first + count):
        add(i, ['alpha', 'beta', 'gamma', 'delta'])


def main(before, after):
    traffic(0, 20)
    heapsnap.dump(before, label='before')
    traffic(20, 1500)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
