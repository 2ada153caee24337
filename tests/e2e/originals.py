# SPDX-License-Identifier: MIT
"""Answers of the tools against those of the programs that made the profiles, on the same files."""
import collections
import csv
import glob
import json
import os
import re
import shutil
import subprocess

import e2elib

TESTDATA = os.path.join(e2elib.ROOT, 'testdata')
GO_PROGRAM = os.path.join(TESTDATA, 'pprof', 'twice.go')
# Sample types of Go's heap profile, our metric, the unit to ask for, and our column.
SAMPLE_TYPES = [('inuse_space', 'inuse', 'B', 'size_bytes'), ('inuse_objects', 'inuse_count', 'count', 'count'),
                ('alloc_space', 'alloc', 'B', 'size_bytes'), ('alloc_objects', 'alloc_count', 'count', 'count')]
PPROF_ROW = re.compile(r'^\s*(-?\d+)B?\s+\S+%\s+\S+%\s+(-?\d+)B?\s+\S+%\s+(.*?)'
                       r'(?: \(inline\)| \(partial-inline\))*$')
MS_NODE = re.compile(r'^[| ]*->\s*\S+% \(([\d,]+)B\) (?:0x[0-9A-F]+: )(.*?) \((?:in )?[^()]*\)$')


def sums(rows, *names, column='size_bytes'):
    """{names of a row: sum of the column}, without what is 0."""
    out = collections.Counter()
    for row in rows:
        key = tuple(row[name] for name in names)
        out[key if len(names) > 1 else key[0]] += row[column]
    return {key: value for key, value in out.items() if value}


def samples(folder, pattern):
    paths = sorted(glob.glob(os.path.join(TESTDATA, folder, pattern)))
    return [(path, os.path.basename(path)) for path in paths if not path.endswith('.records')]


def same(cases, what, ours, theirs):
    keys = set(ours) | set(theirs)
    cases.check(ours == theirs, what,
                [(key, ours.get(key), theirs.get(key)) for key in keys if ours.get(key) != theirs.get(key)][:10])


def go_top(go, index, unit, old, new):
    """{function: flat}, {function: cum} of `go tool pprof -top -diff_base`."""
    done = subprocess.run([go, 'tool', 'pprof', '-top', '-diff_base=' + old, '-functions', '-nodecount=0',
                           '-nodefraction=0', '-unit=' + unit, '-sample_index=' + index, new],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    rows = [match.groups() for match in map(PPROF_ROW.match, done.stdout.decode().splitlines()) if match]
    return ({name: int(flat) for flat, _, name in rows if int(flat)},
            {name: int(cum) for _, cum, name in rows if int(cum)})


def check_pprof(cases, folder):
    go = shutil.which('go') or shutil.which('/usr/local/go/bin/go')
    if not go:
        cases.skip('go is not installed')
        return
    before, after = os.path.join(folder, 'before.pb.gz'), os.path.join(folder, 'after.pb.gz')
    done = subprocess.run([go, 'run', GO_PROGRAM, before, after], cwd=folder, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    if not cases.check(done.returncode == 0, 'a Go program writes two profiles', done.stdout.decode()):
        return
    kept = [path for path, _ in samples('pprof', 'go*.pb')]
    for old, new in [(before, after), (after, before)] + [(path, after) for path in kept]:
        name = f'{os.path.basename(old)} to {os.path.basename(new)}'
        for index, metric, unit, column in SAMPLE_TYPES:
            flat, cumulative = go_top(go, index, unit, old, new)
            cases.check(flat and cumulative, f'{name}: pprof tells a difference of {index}')
            for option, theirs in (((), flat), (('--cumulative',), cumulative)):
                rows = e2elib.rows(cases, 'snapdiff', old, new, '--by', 'function', '--metric', metric, '-n', 0,
                                   *option)
                same(cases, f'{name}: {index} by function {"".join(option)}',
                     sums(rows, 'function', column=column + '_delta'), theirs)


def peak_tree(text):
    """{function: bytes with all that it calls} of the tree that ms_print shows for the peak."""
    number = re.search(r'(\d+) \(peak\)', text)
    if not number:
        return None
    rows, seen = collections.Counter(), None
    for line in text.splitlines():
        row, node = re.match(r'^\s*(\d+)(?:\s+[\d,]+){5}\s*$', line), MS_NODE.match(line)
        if row:
            seen = row.group(1)
        elif node and seen == number.group(1):
            rows[node.group(2)] += int(node.group(1).replace(',', ''))
    return {name: size for name, size in rows.items() if size}


def check_massif(cases):
    ms_print = shutil.which('ms_print')
    if not ms_print:
        cases.skip('ms_print is not installed')
        return
    for path, name in samples('massif', 'valgrind*.out'):
        text = subprocess.run([ms_print, '--threshold=0', path], stdout=subprocess.PIPE,
                              check=True).stdout.decode()
        theirs = peak_tree(text)
        if not cases.check(theirs, f'{name}: ms_print shows a peak'):
            continue
        rows = e2elib.rows(cases, 'snaptop', path, '--metric', 'peak', '--by', 'function', '--cumulative', '-n', 0)
        # What lies below massif's threshold has no function in ms_print's tree.
        ours = {key: value for key, value in sums(rows, 'function').items() if key and not key.startswith('[')}
        same(cases, f'{name}: peak by function', ours, theirs)


def check_dhat(cases):
    for path, name in samples('dhat', 'valgrind*.json'):
        with open(path, encoding='utf-8') as file:
            points = json.load(file)['pps']
        for metric, size, blocks in (('peak', 'gb', 'gbk'), ('inuse', 'eb', 'ebk'), ('alloc', 'tb', 'tbk')):
            theirs = [sum(point[key] for point in points) for key in (size, blocks)]
            cases.check(theirs[0] and theirs[1], f'{name}: has {metric}')
            for group in ('function', 'lineno', 'traceback'):
                rows = e2elib.rows(cases, 'snaptop', path, '--metric', metric, '--by', group, '-n', 0)
                ours = [sum(row[key] for row in rows) for key in ('size_bytes', 'count')]
                cases.check(ours == theirs, f'{name}: {metric} of all, by {group}', ours, theirs)


def memray_sums(path):
    """By (file, line), by function, by function with what it calls; and of all allocators."""
    lines, functions, cumulative, total = (collections.Counter() for _ in range(4))
    counts = collections.Counter()
    with open(path, newline='', encoding='utf-8') as file:
        for row in csv.DictReader(file):
            stack = []
            for frame in row['stack_trace'].split('|'):
                function, place = frame.split(';', 1)
                stack.append((function, *place.rsplit(';', 1)))
            size, (function, source, line) = int(row['size']), stack[0]
            lines[source, int(line)] += size
            counts[source, int(line)] += int(row['num_allocations'])
            functions[source, function] += size
            # A function that recurs counts once.
            for function, source in {frame[:2] for frame in stack}:
                cumulative[source, function] += size
            total['all'] += size
    return lines, counts, functions, cumulative, total


def check_memray(cases):
    for path, name in samples('memray', 'memray*.csv'):
        lines, counts, functions, cumulative, total = memray_sums(path)
        rows = e2elib.rows(cases, 'snaptop', path, '--by', 'lineno', '-n', 0)
        same(cases, f'{name}: bytes by line', sums(rows, 'file', 'line'), dict(lines))
        same(cases, f'{name}: blocks by line', sums(rows, 'file', 'line', column='count'), dict(counts))
        for option, theirs in (((), functions), (('--cumulative',), cumulative)):
            rows = e2elib.rows(cases, 'snaptop', path, '--by', 'function', '-n', 0, *option)
            same(cases, f'{name}: bytes by function {"".join(option)}', sums(rows, 'file', 'function'),
                 dict(theirs))
        # The domains of a store are tracemalloc's; every allocator of memray counts in one.
        rows = e2elib.rows(cases, 'snaptop', path, '--by', 'domain', '-n', 0)
        same(cases, f'{name}: bytes of all allocators', {'all': sum(row['size_bytes'] for row in rows)}, total)


def test(cases):
    with e2elib.Folder('originals') as folder:
        check_pprof(cases, folder)
    check_massif(cases)
    check_dhat(cases)
    check_memray(cases)


if __name__ == '__main__':
    e2elib.main(test)
