# SPDX-License-Identifier: MIT
"""A pool of connections that are opened and never given back: sockets.py BEFORE AFTER."""
import socket
import sys

import heapsnap


class Pool:
    def __init__(self):
        self._lent = []

    def connection(self):
        connection = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._lent.append(connection)
        return connection


pool = Pool()


def traffic(first, count):
    for i in range(first, first + count):
        pool.connection()


def main(before, after):
    traffic(0, 5)
    heapsnap.dump(before, label='before')
    traffic(5, 150)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
