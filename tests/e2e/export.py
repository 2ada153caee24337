# SPDX-License-Identifier: MIT
"""Exports against what their readers make of them: go tool pprof, Python's json and csv, and our own."""
import collections
import csv
import glob
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile

import e2elib

# Real profiles of every kind that testdata has, and some that were made to be odd.
SAMPLES = ('tracemalloc/python*.pickle', 'pprof/*.pb', 'folded/fil*.prof', 'folded/made-native.folded',
           'heaptrack/heaptrack*', 'massif/*valgrind*', 'dhat/valgrind*', 'memray/memray*.csv',
           'heapprofile/node*', 'gperftools/gperftools*.heap')


def samples():
    for pattern in SAMPLES:
        for path in sorted(glob.glob(os.path.join(e2elib.ROOT, 'testdata', pattern))):
            if not path.endswith('.records') and os.path.isfile(path):
                yield path


def tool(name, *arguments):
    done = subprocess.run([os.path.join(e2elib.BIN, name), *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    return done.returncode, done.stdout, done.stderr.decode()


def rows(name, *arguments):
    status, out, err = tool(name, *arguments, '--json', '-q')
    if status not in (0, 3):
        raise RuntimeError(err)
    return json.loads(out)['rows']


def by_stack(path, metric):
    """{stack, newest first: [count, bytes]}. A function tells frames apart where no file does."""
    sums = collections.defaultdict(lambda: [0, 0])
    for row in rows('snaptop', path, '--by', 'traceback', '--metric', metric, '-n', '0'):
        stack = tuple((f['file'], f['line'], '' if f['file'] else f.get('function') or '')
                      for f in row['stack'])
        sums[stack][0] += row['count']
        sums[stack][1] += row['size_bytes'] if 'size_bytes' in row else row['value']
    return dict(sums)


def metrics(path):
    return [row['name'] for row in rows('snapsql', path, 'SELECT * FROM metric ORDER BY id')
            if row['size_bytes'] or row['count']]


def check_pprof(cases, name, path, folder, go):
    out = os.path.join(folder, 'out.pb.gz')
    status, _, err = tool('snapexport', path, '--to', 'pprof', '-o', out)
    if not cases.check(status in (0, 3), f'{name}: export as pprof', err):
        return
    with gzip.open(out) as file:
        cases.check(len(file.read()) > 0, f'{name}: is gzip')
    for metric in metrics(path):
        ours, theirs = by_stack(path, metric), by_stack(out, metric)
        cases.check(ours == theirs, f'{name}: {metric} is the same after pprof',
                    len(ours), len(theirs), list(set(ours) - set(theirs))[:3])
    if not go:
        return
    said = subprocess.run([go, 'tool', 'pprof', '-raw', out], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    cases.check(said.returncode == 0, f'{name}: go tool pprof opens it', said.stderr.decode())


def check_folded(cases, name, path, folder):
    metric = metrics(path)[0]
    status, out, err = tool('snapexport', path, '--to', 'folded')
    if not cases.check(status in (0, 3), f'{name}: export as folded', err):
        return
    total = sum(int(line.rsplit(b' ', 1)[1]) for line in out.splitlines())
    ours = sum(size for _, size in by_stack(path, metric).values())
    cases.check(total == ours, f'{name}: folded adds up', total, ours)
    copy = os.path.join(folder, 'out.folded')
    with open(copy, 'wb') as file:
        file.write(out)
    again = sum(size for _, size in by_stack(copy, 'inuse').values())
    cases.check(again == ours, f'{name}: folded is read again', again, ours)


def check_speedscope(cases, name, path):
    status, out, err = tool('snapexport', path, '--to', 'speedscope')
    if not cases.check(status in (0, 3), f'{name}: export as speedscope', err):
        return
    document = json.loads(out)
    frames = document['shared']['frames']
    cases.check([p['name'] for p in document['profiles']] == metrics(path), f'{name}: its profiles')
    for profile in document['profiles']:
        sums = collections.Counter()
        for stack, weight in zip(profile['samples'], profile['weights']):
            leaf = frames[stack[-1]] if stack else {}
            sums[(leaf.get('file', ''), leaf.get('line', 0))] += weight
        ours = collections.Counter()
        for stack, (_, size) in by_stack(path, profile['name']).items():
            ours[stack[0][:2] if stack else ('', 0)] += size
        cases.check(+sums == +ours, f'{name}: {profile["name"]} by line', len(sums), len(ours))
        cases.check(len(profile['samples']) == len(profile['weights']) and
                    sum(profile['weights']) == profile['endValue'], f'{name}: weights add up')


def check_csv(cases, name, path):
    status, out, err = tool('snapexport', path, '--to', 'csv')
    if not cases.check(status in (0, 3), f'{name}: export as CSV', err):
        return
    sums = collections.defaultdict(lambda: [0, 0])
    for row in csv.DictReader(io.StringIO(out.decode(), newline='')):
        sums[row['metric']][0] += int(row['count'])
        sums[row['metric']][1] += int(row['value'])
    for metric in metrics(path):
        ours = by_stack(path, metric).values()
        cases.check(sums[metric] == [sum(c for c, _ in ours), sum(s for _, s in ours)],
                    f'{name}: {metric} of the CSV adds up', sums[metric])


def main():
    cases = e2elib.Cases()
    go = shutil.which('go') or (os.path.exists('/usr/local/go/bin/go') and '/usr/local/go/bin/go')
    if not go:
        cases.skip('go is not installed')
    with tempfile.TemporaryDirectory() as folder:
        for path in samples():
            name = os.path.relpath(path, os.path.join(e2elib.ROOT, 'testdata'))
            store = os.path.join(folder, 'sample.db')
            status, _, err = tool('snapload', path, '-o', store, '--force', '-q')
            if cases.check(status in (0, 3), f'{name}: loads', err):
                check_pprof(cases, name, store, folder, go)
                check_folded(cases, name, store, folder)
                check_speedscope(cases, name, store)
                check_csv(cases, name, store)
    return cases.finish()


sys.exit(main())
