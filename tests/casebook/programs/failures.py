# SPDX-License-Identifier: MIT
"""Cycles of frames and exceptions while the collector is off: failures.py BEFORE AFTER."""
import gc
import sys

import heapsnap

gc.disable()


class Query:
    def __init__(self, number):
        self.number = number
        self.result = bytearray(400)


def run(number):
    query = Query(number)
    error = None
    try:
        raise ValueError(query.number)
    except ValueError as caught:
        # The leak: the frame keeps the error, the error its traceback, the traceback the frame.
        error = caught
    return str(error)


def traffic(first, count):
    for i in range(first, first + count):
        run(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 400)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
