# SPDX-License-Identifier: MIT
"""A caching descriptor that keeps every instance it was asked for: descriptor.py BEFORE AFTER."""
import sys

import heapsnap


class cached:
    def __init__(self, function):
        self.function = function
        self._values = {}

    def __get__(self, instance, owner):
        if instance not in self._values:
            self._values[instance] = self.function(instance)
        return self._values[instance]


class Article:
    def __init__(self, number):
        self.number = number
        self.words = ['word'] * 10

    @cached
    def size(self):
        return len(self.words)


def traffic(first, count):
    for i in range(first, first + count):
        assert Article(i).size == 10


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 800)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
