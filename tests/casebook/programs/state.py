# SPDX-License-Identifier: MIT
"""One dictionary of the program in which sessions pile up: state.py BEFORE AFTER."""
import sys

import heapsnap


class Visitor:
    def __init__(self, number):
        self.number = number
        self.basket = []


state = {'settings': {'theme': 'dark', 'language': 'en'}, 'sessions': {}, 'users': {}}


def visit(number):
    state['sessions'][number] = Visitor(number)
    state['users'][number % 5] = 'user'


def traffic(first, count):
    for i in range(first, first + count):
        visit(i)


def main(before, after):
    traffic(0, 20)
    heapsnap.dump(before, label='before')
    traffic(20, 1500)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
