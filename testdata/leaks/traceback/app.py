# SPDX-License-Identifier: MIT
"""An importer that keeps its errors for a summary, and with them every frame: app.py BEFORE AFTER."""
import sys

import heapsnap


class Record:
    def __init__(self, number, fields):
        self.number = number
        self.fields = fields


class Importer:
    def __init__(self):
        self.imported = 0
        # The leak: an exception keeps __traceback__, that keeps frames, and they keep their locals.
        self._failures = []

    def convert(self, record):
        prices = [float(field) for field in record.fields]
        return sum(prices)

    def add(self, line):
        record = Record(self.imported, line.split(';'))
        try:
            self.convert(record)
            self.imported += 1
        except ValueError as error:
            self._failures.append(error)

    def summary(self):
        return '%d imported, %d failed' % (self.imported, len(self._failures))


importer = Importer()


def traffic(first, count):
    for i in range(first, first + count):
        last = 'n/a' if i % 4 == 0 else '7.5'
        importer.add('1.0;%d;3.25;%s' % (i, last))


def main(before, after):
    traffic(0, 40)
    heapsnap.dump(before, label='before')
    traffic(40, 3000)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
