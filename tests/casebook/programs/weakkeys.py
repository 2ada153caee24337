# SPDX-License-Identifier: MIT
"""A weak dictionary whose values keep their keys: weakkeys.py BEFORE AFTER."""
import sys
import weakref

import heapsnap


class Upload:
    def __init__(self, number):
        self.number = number
        self.body = bytearray(400)


class Scan:
    def __init__(self, upload):
        self.upload = upload
        self.clean = None


_scans = weakref.WeakKeyDictionary()


def scan(number):
    upload = Upload(number)
    _scans[upload] = Scan(upload)


def traffic(first, count):
    for i in range(first, first + count):
        scan(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 600)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
