# SPDX-License-Identifier: MIT
"""A codec in C that takes a reference to each frame and never gives it back: app.py BEFORE AFTER."""
import ctypes
import sys

import heapsnap


class Header:
    def __init__(self, packet, name, value):
        self.packet = packet
        self.name = name
        self.value = value


class Packet:
    """Knows its headers, and they know it: a cycle that the collector would free."""

    def __init__(self, number):
        self.number = number
        self.headers = [Header(self, 'length', 64), Header(self, 'sequence', number)]


class Codec:
    """Stands for an extension module: one Py_INCREF in it has no Py_DECREF."""

    def __init__(self):
        self._incref = ctypes.pythonapi.Py_IncRef
        self._incref.argtypes = [ctypes.py_object]
        self._incref.restype = None
        self.encoded = 0

    def encode(self, packet):
        self._incref(packet)
        self.encoded += 1
        return b'%d:%d' % (packet.number, len(packet.headers))


codec = Codec()


def traffic(first, count):
    for i in range(first, first + count):
        codec.encode(Packet(i))


def main(before, after):
    traffic(0, 20)
    heapsnap.dump(before, label='before')
    traffic(20, 1000)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
