# SPDX-License-Identifier: MIT
"""Models made at run time, a class for every request: classes.py BEFORE AFTER."""
import sys

import heapsnap

_models = {}


def model_for(table):
    fields = {'table': table, '__slots__': ('key', 'value')}
    _models[table] = type('Row', (object,), fields)
    return _models[table]


def traffic(first, count):
    for i in range(first, first + count):
        model_for('table_%d' % i)


def main(before, after):
    traffic(0, 5)
    heapsnap.dump(before, label='before')
    traffic(5, 200)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
