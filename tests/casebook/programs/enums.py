# SPDX-License-Identifier: MIT
"""An enumeration made for each schema: enums.py BEFORE AFTER."""
import enum
import sys

import heapsnap

schemas = {}


def parse(number):
    schemas[number] = enum.Enum('Status', ['NEW', 'PAID', 'SENT'])


def traffic(first, count):
    for i in range(first, first + count):
        parse(i)


def main(before, after):
    traffic(0, 5)
    heapsnap.dump(before, label='before')
    traffic(5, 100)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
