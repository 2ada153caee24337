# SPDX-License-Identifier: MIT
"""A retry loop whose last error remembers all errors before it: context.py BEFORE AFTER."""
import sys

import heapsnap


class Unavailable(Exception):
    def __init__(self, attempt):
        Exception.__init__(self, 'attempt %d' % attempt)
        self.reply = bytearray(300)


class Client:
    def __init__(self):
        self.last_error = None

    def attempt(self, number):
        error = Unavailable(number)
        error.__context__ = self.last_error
        self.last_error = error


client = Client()


def traffic(first, count):
    for i in range(first, first + count):
        client.attempt(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 800)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
