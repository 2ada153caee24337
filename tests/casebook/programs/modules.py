# SPDX-License-Identifier: MIT
"""A registry of rules, each with a compiled function: modules.py BEFORE AFTER."""
import sys

import heapsnap

rules = []


def compile_rule(number):
    scope = {}
    exec('def rule(order):\n    return order > %d\n' % number, scope)
    rules.append(scope['rule'])


def traffic(first, count):
    for i in range(first, first + count):
        compile_rule(i)


def main(before, after):
    traffic(0, 5)
    heapsnap.dump(before, label='before')
    traffic(5, 150)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
