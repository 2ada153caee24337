# SPDX-License-Identifier: MIT
"""Callbacks for C code, kept for safety: trampolines.py BEFORE AFTER."""
import ctypes
import sys

import heapsnap

CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)
_alive = []


class Device:
    def __init__(self, number):
        self.number = number
        self.samples = [0] * 30


def subscribe(device):
    def on_event(value):
        device.samples.append(value)
        return 0

    _alive.append(CALLBACK(on_event))


def traffic(first, count):
    for i in range(first, first + count):
        subscribe(Device(i))


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 300)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
