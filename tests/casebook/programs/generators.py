# SPDX-License-Identifier: MIT
"""Database cursors as generators that nobody reads to their end: generators.py BEFORE AFTER."""
import sys

import heapsnap


class Rows:
    def __init__(self, query):
        self.query = query
        self.buffer = [(query, i) for i in range(20)]


def fetch(query):
    rows = Rows(query)
    for row in rows.buffer:
        yield row


class Database:
    def __init__(self):
        self._cursors = []

    def first(self, query):
        cursor = fetch(query)
        self._cursors.append(cursor)
        return next(cursor)


database = Database()


def traffic(first, count):
    for i in range(first, first + count):
        database.first('select %d' % i)


def main(before, after):
    traffic(0, 10)
    heapsnap.dump(before, label='before')
    traffic(10, 400)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
