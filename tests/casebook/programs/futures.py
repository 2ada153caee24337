# SPDX-License-Identifier: MIT
"""Futures that are kept for their results: futures.py BEFORE AFTER."""
import concurrent.futures
import sys

import heapsnap


class Thumbnail:
    def __init__(self, number):
        self.number = number
        self.pixels = bytearray(512)


class Renderer:
    def __init__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(2)
        self._done = []

    def render(self, number):
        future = self.pool.submit(Thumbnail, number)
        self._done.append(future)
        return future.result()


renderer = Renderer()


def traffic(first, count):
    for i in range(first, first + count):
        renderer.render(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 300)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
