# SPDX-License-Identifier: MIT
"""Counts of tracked objects by type equal objgraph.typestats() of the same process."""
import collections
import json
import os
import subprocess
import sys

import e2elib

TRACKED = 1


def tracked_in(dump):
    """(objects by type as objgraph names them, types of which every object is tracked)."""
    names, full_names = {}, {}
    counts, others = collections.Counter(), set()
    with open(dump, encoding='utf-8') as lines:
        for line in lines:
            row = json.loads(line)
            if next(iter(row)) == 'type':
                module = row.get('module', 'builtins')
                names[row['type']] = module + '.' + row['name'].rsplit('.', 1)[-1]
                full_names[row['type']] = (row['module'] + '.' if 'module' in row else '') + \
                    row['name']
            elif next(iter(row)) == 'object':
                if row.get('flags', 0) & TRACKED:
                    counts[row['type']] += 1
                else:
                    others.add(row['type'])
    by_objgraph = collections.Counter()
    for number, count in counts.items():
        by_objgraph[names[number]] += count
    # Two classes may share a full name: those of one function that ran twice.
    mixed = {full_names[number] for number in others}
    purely = collections.Counter()
    for number, count in counts.items():
        if full_names[number] not in mixed:
            purely[full_names[number]] += count
    return by_objgraph, purely


def test(cases):
    if subprocess.run([sys.executable, '-c', 'import objgraph'], stderr=subprocess.DEVNULL).returncode:
        cases.skip('no objgraph')
        return
    here = os.path.dirname(os.path.abspath(__file__))
    with e2elib.Folder('counts') as folder:
        stats_path, dump = os.path.join(folder, 'stats.json'), os.path.join(folder, 'dump.jsonl')
        ran = subprocess.run([sys.executable, os.path.join(here, 'counts_app.py'), stats_path, dump],
                             env=e2elib.python_environment(), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if not cases.check(ran.returncode == 0, 'the program runs', ran.stdout):
            return
        with open(stats_path, encoding='utf-8') as file:
            stats = collections.Counter(json.load(file))
        counts, purely = tracked_in(dump)
        cases.check(len(stats) > 100 and stats['__main__.Plain'] == 500, 'objgraph saw the furniture',
                    len(stats))
        different = {name: (stats[name], counts[name]) for name in sorted(set(stats) | set(counts))
                     if stats[name] != counts[name]}
        cases.check(not different, f'{len(stats)} counts equal (objgraph, dump)', different)
        shown = collections.Counter()
        for row in e2elib.rows(cases, 'snaptop', dump, '--limit', '0'):
            shown[row['type']] += row['count']
        different = {name: (count, shown.get(name)) for name, count in purely.items()
                     if shown.get(name) != count}
        cases.check(not different, f'{len(purely)} counts equal (dump, snaptop)', different)


if __name__ == '__main__':
    e2elib.main(test)
