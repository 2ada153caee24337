# SPDX-License-Identifier: MIT
"""A log that is kept in one growing buffer: buffer.py BEFORE AFTER."""
import sys

import heapsnap


class AccessLog:
    def __init__(self):
        self.buffer = bytearray()

    def write(self, line):
        self.buffer += line


access_log = AccessLog()


def traffic(first, count):
    for i in range(first, first + count):
        access_log.write(b'GET /%d 200\n' % i)


def main(before, after):
    traffic(0, 50)
    heapsnap.dump(before, label='before')
    traffic(50, 20000)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
