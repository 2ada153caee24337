# SPDX-License-Identifier: MIT
"""A request profiler whose tracing hook keeps the frames it saw: app.py BEFORE AFTER."""
import sys
import time

import heapsnap


class Upload:
    """What a request works on; it should die with the request."""

    def __init__(self, number, size):
        self.number = number
        self.chunks = [bytearray(256) for _ in range(size)]


class Profiler:
    """Records when functions of the service are entered."""

    def __init__(self, names):
        self.names = names
        self._calls = []

    def hook(self, frame, event, argument):
        if event == 'call' and frame.f_code.co_name in self.names:
            # The leak: the frame, where its code and line were meant. It keeps all its locals.
            self._calls.append((time.monotonic(), frame))

    def __enter__(self):
        sys.setprofile(self.hook)
        return self

    def __exit__(self, *exception):
        sys.setprofile(None)


profiler = Profiler({'store'})


def store(upload):
    total = 0
    for chunk in upload.chunks:
        total += len(chunk)
    return total


def handle(number):
    return store(Upload(number, 4))


def traffic(first, count):
    with profiler:
        for i in range(first, first + count):
            handle(i)


def main(before, after):
    traffic(0, 20)
    heapsnap.dump(before, label='before')
    traffic(20, 600)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
