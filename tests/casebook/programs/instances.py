# SPDX-License-Identifier: MIT
"""A class that keeps a list of its instances: instances.py BEFORE AFTER."""
import sys

import heapsnap


class Plugin:
    instances = []

    def __init__(self, name):
        self.name = name
        self.options = {'name': name, 'enabled': True}
        Plugin.instances.append(self)


def traffic(first, count):
    for i in range(first, first + count):
        Plugin('plugin %d' % i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 800)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
