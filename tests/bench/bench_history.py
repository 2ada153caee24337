# SPDX-License-Identifier: MIT
"""Times questions over a history of many nights: totals only, as retention leaves them.

    bench_history.py --bin build/tools [--nights 2000] [--types 5000] [--keep a.db]

Writes a store with the schema of schemas/store, every type with another count each night (the worst
case for size), then times `snaptop` of one night, `snapgrow` over all and two queries of docs/history.md.
Prints one JSON line each: name, best of three in seconds (wall and user), bytes of the store a row.
"""
import argparse
import json
import os
import random
import resource
import sqlite3
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DAY_MS = 86400000
FIRST_MS = 1735689600000
QUERIES = {
    'query_type_over_nights': """SELECT captured_at_unix_ms / 1000 AS time, count, size_bytes
        FROM type_history WHERE name = 'app.type42' ORDER BY time""",
    'query_heap_over_nights': """SELECT captured_at_unix_ms / 1000 AS time, heap_bytes FROM snapshot
        ORDER BY time""",
}


def make(path, nights, types):
    """A store whose graphs were dropped."""
    numbers = random.Random(1)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute('PRAGMA page_size = 8192')
    db.execute('PRAGMA application_id = %d' % 0x68736e70)
    db.execute('PRAGMA user_version = 2')
    db.execute('PRAGMA journal_mode = OFF')
    db.execute('PRAGMA synchronous = OFF')
    with open(os.path.join(ROOT, 'schemas', 'store', '001-store.sql'), encoding='utf-8') as file:
        db.executescript(file.read())
    db.executemany('INSERT INTO type VALUES (?, ?, ?, 0, 0)',
                   ((i + 1, 'app.type%d' % i, 'app') for i in range(types)))
    counts = [1 + int(2 / numbers.uniform(0.001, 1) ** 2) for _ in range(types)]
    sizes = [16 + 8 * numbers.randrange(100) for _ in range(types)]
    columns = [row[1] for row in db.execute('PRAGMA table_info(snapshot)')]
    for night in range(1, nights + 1):
        db.execute('BEGIN')
        rows = []
        for i in range(types):
            count = counts[i] + int(numbers.random() * (counts[i] // 10 + 2))
            rows.append((night, i + 1, count, count * sizes[i]))
        db.executemany('INSERT INTO type_total VALUES (?, ?, ?, ?)', rows)
        values = dict.fromkeys(columns, 0)
        values.update(id=night, label='night-%d' % night, source='n.jsonl.gz', format='heapsnap',
                      runtime='cpython', runtime_version='3.11', program='shop', host='web1',
                      captured_at_unix_ms=FIRST_MS + night * DAY_MS, types=types, complete=1,
                      graph_dropped=1, objects=sum(row[2] for row in rows),
                      heap_bytes=sum(row[3] for row in rows))
        db.execute('INSERT INTO snapshot(%s) VALUES (%s)' % (
            ', '.join('"%s"' % name for name in columns), ', '.join('?' * len(columns))),
            [values[name] for name in columns])
        db.execute('COMMIT')
    db.close()


def best(name, run, **more):
    """Print the best of three."""
    wall, user = [], []
    for _ in range(3):
        used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        began = time.perf_counter()
        run()
        wall.append(time.perf_counter() - began)
        user.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - used)
    print(json.dumps(dict(name=name, wall_s=round(min(wall), 3), user_s=round(min(user), 3), **more)),
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--bin', required=True)
    parser.add_argument('--nights', type=int, default=2000)
    parser.add_argument('--types', type=int, default=5000)
    parser.add_argument('--keep')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = args.keep or os.path.join(scratch, 'history.db')
        if not os.path.exists(path):
            make(path, args.nights, args.types)
        size = os.path.getsize(path)
        print(json.dumps({'name': 'store', 'bytes': size,
                          'bytes_a_row': round(size / args.nights / args.types, 2)}), flush=True)

        def tool(*command):
            return lambda: subprocess.run([os.path.join(args.bin, command[0]), *command[1:]],
                                          check=True, stdout=subprocess.DEVNULL)
        best('snaptop_one_night', tool('snaptop', path))
        for name, sql in QUERIES.items():
            best(name, tool('snapsql', path, sql, '-n', '0'))
        best('snapgrow_all', tool('snapgrow', path))


if __name__ == '__main__':
    main()
