# SPDX-License-Identifier: MIT
"""Properties cached in objects that live for ever: cachedprop.py BEFORE AFTER."""
import functools
import sys

import heapsnap


class Document:
    def __init__(self, number):
        self.text = 'lorem ipsum dolor sit amet %d' % number

    @functools.cached_property
    def words(self):
        return self.text.split()


class Library:
    def __init__(self, count):
        self.documents = [Document(number) for number in range(count)]


library = Library(500)


def read(number):
    assert library.documents[number].words


def traffic(first, count):
    for i in range(first, first + count):
        read(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 450)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
