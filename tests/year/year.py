# SPDX-License-Identifier: MIT
"""A simulated year of nights with planted regressions, judged by the default policy of snapreport.

    year.py [--years=N] [--seed=S] [--nights=N] [--keep=FOLDER] [--verbose]

Every night is a dump of a small service: types with counts that wander, a weekly wave of traffic over all that
serves requests, a cache that breathes. Regressions are planted at known nights and taken out again. The
report of each night is asked as a cron job would, with a history. Printed are, per regression, the nights until it
was reported, and over all nights precision and recall; then "N passed, N failed".
"""
import argparse
import collections
import json
import math
import os
import random
import subprocess
import sys
import tempfile

BIN = os.environ.get('HEAPSNAP_BIN', 'build-release/tools')
DAY_MS = 86400000
START_MS = 1767225600000  # 2026-01-01
# Nights after a regression was taken out in which the baseline still knows it.
RECOVERY = 8
WITHIN = 3

# (name, first night, last night, what); the truth.
Planted = collections.namedtuple('Planted', 'name first last types')


class Type:
    def __init__(self, name, count, size, wander, wave):
        self.name, self.count, self.size = name, count, size
        self.wander, self.wave = wander, wave


def make_types(rng):
    """A heap of some 100 MB in 90 types; what serves requests follows the traffic."""
    types = []
    for i in range(60):
        size = int(20000 * math.exp(rng.gauss(0, 1)))
        types.append(Type('lib.part%d.Kind%d' % (i % 7, i), 20 + rng.randrange(20), size, 0.004, 0.0))
    for i in range(24):
        size = int(20000 * math.exp(rng.gauss(0, 0.8)))
        types.append(Type('app.views.Kind%d' % i, 20 + rng.randrange(30), size, 0.01, 0.05))
    types.append(Type('app.cache.Entry', 60, 50000, 0.25, 0.0))  # breathes: a quarter up or down
    types.append(Type('app.pool.Buffer', 40, 30000, 0.12, 0.03))
    return types


class Year:
    def __init__(self, seed, nights):
        self.rng = random.Random(seed)
        self.types = make_types(self.rng)
        self.nights = nights
        self.level = sum(t.count * t.size for t in self.types)
        at = [40, 90, 150, 190, 225, 270, 310]
        move = lambda night: night + self.rng.randrange(-5, 6)
        a, b, c, d, e, f, g = (move(night) for night in at)
        self.planted = [
            Planted('step', a, a + 20, ['app.registry.Session']),
            Planted('creep', b, b + 35, ['app.audit.Record']),
            Planted('cycle', c, c + 14, ['app.tree.Node', 'app.tree.Link']),
            Planted('spike', d, d, ['app.export.Row']),
            Planted('step', e, e + 20, ['app.mail.Draft']),
            Planted('creep', f, f + 28, ['app.feed.Event']),
            Planted('cycle', g, g + 14, ['app.jobs.Job', 'app.jobs.Result']),
        ]
        self.planted = [p for p in self.planted if p.last + RECOVERY < nights]

    def clean(self, night):
        return not any(p.first <= night <= p.last + RECOVERY for p in self.planted)

    def bytes_of(self, planted, night):
        """Bytes that a regression adds this night."""
        if not planted.first <= night <= planted.last:
            return 0
        since = night - planted.first + 1
        return {'step': 0.15 * self.level, 'spike': 0.45 * self.level,
                'creep': 0.03 * self.level * since / 7, 'cycle': 0.001 * self.level}[planted.name]

    def dump(self, night, path):
        """Write the night's dump: modules that hold lists that hold everything."""
        traffic = math.sin(2 * math.pi * night / 7) + 0.3 * math.sin(4 * math.pi * night / 7)
        rows = []  # (type, sizes, is on a cycle)
        for t in self.types:
            count = t.count * (1 + t.wave * traffic) * (1 + self.rng.gauss(0, t.wander))
            count = max(1, round(count))
            rows.append((t.name, [t.size] * count, False))
        for planted in self.planted:
            size = self.bytes_of(planted, night)
            if not size:
                continue
            for name in planted.types:
                count = 24 if planted.name == 'cycle' else 60
                rows.append((name, [int(size / count / len(planted.types))] * count,
                             planted.name == 'cycle'))
        write(path, night, rows)


def write(path, night, rows):
    names = ['module', 'list'] + sorted({name for name, _, _ in rows})
    number = {name: i for i, name in enumerate(names)}
    strings, lines, references = [], [], 0
    address = 1 << 20
    attributes, lists, objects = [], [], []
    for name, sizes, cyclic in rows:
        own = [address + 64 * (i + 1) for i in range(len(sizes))]
        attributes += [len(strings), address]
        strings.append('_' + name.replace('.', '_').lower())
        lists.append({'object': address, 'type': 1, 'size': 56 + 8 * len(sizes), 'rc': 1,
                      'len': len(sizes), 'item': own})
        references += 1 + len(own)
        for i, size in enumerate(sizes):
            objects.append([name, own[i], size, cyclic, i])
        address += 64 * (len(sizes) + 2)
    by_cycle = [row for row in objects if row[3]]
    partner = {}
    half = len(by_cycle) // 2
    for i in range(half):  # the two types of a cycle stand one after the other
        partner[by_cycle[i][1]] = by_cycle[i + half][1]
        partner[by_cycle[i + half][1]] = by_cycle[i][1]
    out = [{'heapsnap': 1, 'runtime': 'cpython', 'runtime_version': '3.11.7', 'program': 'service.py',
            'pid': 100 + night, 'captured_at_unix_ms': START_MS + night * DAY_MS, 'label': 'night-%03d' % night}]
    for i, name in enumerate(names):
        module, _, short = name.rpartition('.')
        row = {'type': i, 'name': short}
        row.update({'module': module} if module else {'kind': name})
        out.append(row)
    other = len(strings)
    for i, text in enumerate(strings + ['other']):
        out.append({'string': i, 'text': text})
    out.append({'object': 4096, 'type': 0, 'size': 72, 'rc': 2, 'text': 'app', 'attr': attributes})
    out += lists
    for name, where, size, _, _ in objects:
        row = {'object': where, 'type': number[name], 'size': max(size, 16), 'rc': 1, 'flags': 1}
        if where in partner:
            row['rc'] = 2
            row['attr'] = [other, partner[where]]
            references += 1
        out.append(row)
    out.append({'root': 4096, 'kind': 'module', 'name': 'app'})
    out.append({'end': 1, 'objects': 1 + len(lists) + len(objects), 'references': references,
                'types': len(names), 'strings': len(strings) + 1, 'roots': 1})
    with open(path, 'w') as file:
        for row in out:
            file.write(json.dumps(row, separators=(',', ':')) + '\n')


def judge(folder, night):
    """The findings of a night that fail, from the report's JSON; and its status."""
    done = subprocess.run([os.path.join(BIN, 'snapreport'), 'policy.yaml', 'night.jsonl', '--json', '-q'],
                          cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError('night %d: status %d: %s' % (night, done.returncode, done.stderr))
    document = json.loads(done.stdout)
    return done.returncode, [row for row in document['rows'] if row['severity'] == 'fail']


def run_year(seed, nights, folder, verbose):
    year = Year(seed, nights)
    with open(os.path.join(folder, 'policy.yaml'), 'w') as file:
        file.write('history: history.db\n')
    found, false_nights, true_nights, alarms = {}, [], 0, 0
    for night in range(nights):
        year.dump(night, os.path.join(folder, 'night.jsonl'))
        status, findings = judge(folder, night)
        if not findings:
            assert status == 0, (night, status)
            continue
        alarms += 1
        if verbose:
            print('  night %d: %s' % (night, [(row['rule'], row['subject']) for row in findings]))
        if year.clean(night):
            false_nights.append((night, [(row['rule'], row['subject']) for row in findings]))
        else:
            true_nights += 1
        for i, planted in enumerate(year.planted):
            said = any(row['rule'] == 'heap' or any(name in json.dumps(row) for name in planted.types)
                       for row in findings)
            if planted.first <= night <= planted.last and said:
                found.setdefault(i, night - planted.first + 1)
    return year, found, false_nights, true_nights, alarms


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--years', type=int, default=1)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--nights', type=int, default=365)
    parser.add_argument('--keep')
    parser.add_argument('--verbose', action='store_true')
    options = parser.parse_args()
    passed = failed = planted_all = found_all = true_all = alarms_all = 0
    for number in range(options.years):
        seed = options.seed + number
        with tempfile.TemporaryDirectory() as scratch:
            folder = options.keep or scratch
            os.makedirs(folder, exist_ok=True)
            year, found, false_nights, true_nights, alarms = run_year(seed, options.nights, folder,
                                                                      options.verbose)
        for i, planted in enumerate(year.planted):
            after = found.get(i)
            ok = after is not None and after <= WITHIN
            passed, failed = passed + ok, failed + (not ok)
            planted_all += 1
            found_all += after is not None
            print('%s year %d: %s at night %d %s' % (
                'ok  ' if ok else 'FAIL', seed, planted.name, planted.first,
                'never found' if after is None else 'found in night %d' % after))
        for night, findings in false_nights:
            print('FAIL year %d: false alarm in night %d: %s' % (seed, night, findings))
        ok = not false_nights
        passed, failed = passed + ok, failed + (not ok)
        true_all += true_nights
        alarms_all += alarms
    print('precision %.3f (%d of %d nights with a finding), recall %.3f (%d of %d regressions)' % (
        true_all / alarms_all if alarms_all else 1, true_all, alarms_all, found_all / planted_all,
        found_all, planted_all))
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
