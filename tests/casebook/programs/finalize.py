# SPDX-License-Identifier: MIT
"""A finalizer that is bound to the object that it waits for: finalize.py BEFORE AFTER."""
import sys
import weakref

import heapsnap


class Session:
    def __init__(self, number):
        self.number = number
        self.data = bytearray(500)
        # The leak: the bound method keeps the session, so it never dies.
        weakref.finalize(self, self.close)

    def close(self):
        self.data = None


def traffic(first, count):
    for i in range(first, first + count):
        Session(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 500)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
