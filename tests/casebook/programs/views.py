# SPDX-License-Identifier: MIT
"""Small views that keep big NumPy arrays; status 77 without NumPy: views.py BEFORE AFTER."""
import sys

import heapsnap

try:
    import numpy
except ImportError:
    print('SKIP: no NumPy')
    sys.exit(77)


class Thumbnails:
    def __init__(self):
        self._corners = []

    def add(self, number):
        picture = numpy.full((64, 64), number, dtype=numpy.uint8)
        # The leak: a view of 4 x 4 keeps all 4096 bytes. A copy was meant.
        self._corners.append(picture[:4, :4])


thumbnails = Thumbnails()


def traffic(first, count):
    for i in range(first, first + count):
        thumbnails.add(i % 250)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 400)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
