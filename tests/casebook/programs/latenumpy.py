# SPDX-License-Identifier: MIT
"""A small leak beside an installed package that is imported late; status 77 without it."""
import importlib.util
import sys

import heapsnap

if importlib.util.find_spec('numpy') is None:
    print('SKIP: no NumPy')
    sys.exit(77)

logins = []


class Login:
    def __init__(self, number):
        self.number = number


def handle(number):
    if number == 100:
        import numpy
        assert numpy
    logins.append(Login(number))


def traffic(first, count):
    for i in range(first, first + count):
        handle(i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 400)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
