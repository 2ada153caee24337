# SPDX-License-Identifier: MIT
"""Database connections with __del__ in a cycle with their cursors: app.py BEFORE AFTER."""
import gc
import sys

import heapsnap


class Connection:
    """Wraps a server session. __del__ is meant to give it back."""

    open_sessions = 0

    def __init__(self, dsn):
        self.dsn = dsn
        self.settings = {'autocommit': False, 'timeout': 30}
        self.cursors = []
        Connection.open_sessions += 1

    def cursor(self):
        cursor = Cursor(self)
        self.cursors.append(cursor)
        return cursor

    def __del__(self):
        # With the cycle below this never runs while the collector is off, and sessions pile up.
        Connection.open_sessions -= 1


class Cursor:
    def __init__(self, connection):
        self.connection = connection
        self.rows = []

    def execute(self, statement):
        self.rows = [(i, statement) for i in range(5)]
        return self

    def fetchall(self):
        return self.rows


class Worker:
    def __init__(self, dsn):
        self.dsn = dsn
        self.done = 0

    def run(self, job):
        rows = Connection(self.dsn).cursor().execute('select * from job where id = %d' % job)
        self.done += len(rows.fetchall())


worker = Worker('db.example/shop')


def traffic(first, count):
    for i in range(first, first + count):
        worker.run(i)


def main(before, after):
    # As pre-forking servers do, to keep pages shared with the parent.
    gc.freeze()
    gc.disable()
    traffic(0, 20)
    heapsnap.dump(before, label='before')
    traffic(20, 800)
    heapsnap.dump(after, label='after')


if __name__ == '__main__':
    main(*sys.argv[1:])
