# SPDX-License-Identifier: MIT
"""An attribute for each user on one object: attributes.py BEFORE AFTER."""
import sys
import types

import heapsnap

state = types.SimpleNamespace(version=1)


class Profile:
    def __init__(self, name):
        self.name = name
        self.friends = []


def login(number):
    name = 'user_%x' % (number * 7919)
    setattr(state, name, Profile(name))


def traffic(first, count):
    for i in range(first, first + count):
        login(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 300)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
