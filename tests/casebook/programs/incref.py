# SPDX-License-Identifier: MIT
"""A C function that takes a reference to each row of a table: incref.py BEFORE AFTER."""
import ctypes
import sys

import heapsnap

incref = ctypes.pythonapi.Py_IncRef
incref.argtypes = [ctypes.py_object]
incref.restype = None


class Row:
    def __init__(self, number):
        self.cells = [number, number * 2]


def insert(number):
    row = Row(number)
    incref(row)


def traffic(first, count):
    for i in range(first, first + count):
        insert(i)


def main(before, after):
    traffic(0, 20)
    heapsnap.dump(before, label='before')
    traffic(20, 1500)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
