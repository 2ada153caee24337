# SPDX-License-Identifier: MIT
"""A document that keeps every version through the one before: history.py BEFORE AFTER."""
import sys

import heapsnap


class Version:
    def __init__(self, text, previous):
        self.text = text
        self.previous = previous


class Document:
    def __init__(self):
        self.head = None

    def edit(self, number):
        self.head = Version('text of version %d' % number, self.head)


document = Document()


def traffic(first, count):
    for i in range(first, first + count):
        document.edit(i)


def main(before, after):
    traffic(0, 20)
    heapsnap.dump(before, label='before')
    traffic(20, 3000)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
