# SPDX-License-Identifier: MIT
"""Simulated years of nights with planted regressions, judged by the default policy of snapreport.

    year.py --bin build/tools [--years=N] [--seed=S] [--kinds=A,B] [--nights=N] [--keep=FOLDER] [--verbose]

Every night is a dump of a service (service.py); the report of each night is asked as a cron job would,
with a history. The truth is written beside: what was planted, and in which nights. Goals: each regression is
reported within three nights of its first, and no night of the clean part is. Printed are the regressions that
were missed, nights until found by kind, precision by night and by finding; then "N passed, N failed".
"""
import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import service  # noqa: E402

WITHIN = 3


def judge(tools, folder, night):
    """The findings of a night that fail, from the report's JSON."""
    done = subprocess.run([os.path.join(tools, 'snapreport'), 'policy.yaml', 'night.jsonl', '--json', '-q'],
                          cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError('night %d: status %d: %s' % (night, done.returncode, done.stderr))
    findings = [row for row in json.loads(done.stdout)['rows'] if row['severity'] == 'fail']
    assert bool(findings) == bool(done.returncode), (night, done.returncode)
    return findings


def is_total(row):
    """Of the whole heap: right whenever something is planted."""
    return not row['subject'] and row['rule'] in ('heap', 'creep')


def names(row, planted):
    text = json.dumps([row.get(key) for key in ('subject', 'type', 'path', 'message')])
    return any(name in text for name in planted.types)


class Score:
    """What was seen of one year, or of many."""

    def __init__(self):
        self.after = collections.defaultdict(list)  # kind of regression: nights until found, or None
        self.named = collections.defaultdict(list)  # the same, until its type was named
        self.clean = self.false_nights = self.true_nights = self.right = self.wrong = 0

    def add(self, other):
        for name in other.after:
            self.after[name] += other.after[name]
            self.named[name] += other.named[name]
        for key in ('clean', 'false_nights', 'true_nights', 'right', 'wrong'):
            setattr(self, key, getattr(self, key) + getattr(other, key))

    def show(self):
        for name, after in sorted(self.after.items()):
            found = sorted(n for n in after if n)
            by = ' '.join('%d×%d' % (found.count(n), n) for n in sorted(set(found)))
            in_time = sum(n <= WITHIN for n in found)
            told = sum(bool(n) and n <= WITHIN for n in self.named[name])
            print('%-18s %3d planted, %3d in %d nights, type named in %3d; nights until found (times×night): %s'
                  % (name, len(after), in_time, WITHIN, told, by))
        alarms = self.true_nights + self.false_nights
        every = [n for after in self.after.values() for n in after]
        findings = self.right + self.wrong
        print('precision %.4f by night (%d of %d), %.4f by finding (%d of %d)' % (
            self.true_nights / alarms if alarms else 1, self.true_nights, alarms,
            self.right / findings if findings else 1, self.right, findings))
        print('recall %.4f (%d of %d), false alarms %.2f in 1000 clean nights (%d in %d)' % (
            sum(bool(n) for n in every) / len(every) if every else 1, sum(bool(n) for n in every), len(every),
            1000 * self.false_nights / self.clean if self.clean else 0, self.false_nights, self.clean))


def see_night(score, year, night, findings, since, verbose):
    """`since`: of each regression, nights until found and until named."""
    active = [p for p in year.planted if p.first <= night <= p.last + service.RECOVERY]
    score.clean += not active
    score.false_nights += bool(findings) and not active
    score.true_nights += bool(findings) and bool(active)
    for row in findings:
        right = active and (is_total(row) or any(names(row, p) for p in active))
        score.right += bool(right)
        score.wrong += not right
        if not right or verbose:
            print('  %s %s: night %d: %s %s: %s' % ('right' if right else 'WRONG', year.name, night,
                                                  row['rule'], row['subject'], row.get('message')))
    for p in active:
        nights = year.nights_since(p, night)
        if night <= p.last and any(is_total(row) or names(row, p) for row in findings):
            since[0].setdefault(p, nights)
        if night <= p.last and any(names(row, p) for row in findings):
            since[1].setdefault(p, nights)


def run_year(options, kind, seed, folder):
    year, score, since = service.Year(kind, seed, options.nights), Score(), ({}, {})
    with open(os.path.join(folder, 'policy.yaml'), 'w') as file:
        file.write('history: history.db\n' + year.policy)
    with open(os.path.join(folder, 'truth.json'), 'w') as file:
        json.dump([p._asdict() for p in year.planted], file, indent=1)
    for night in year.captured:
        year.dump(night, os.path.join(folder, 'night.jsonl'))
        see_night(score, year, night, judge(options.bin, folder, night), since,
                  options.verbose)
    for p in year.planted:
        score.after[p.name].append(since[0].get(p))
        score.named[p.name].append(since[1].get(p))
        if not since[0].get(p) or since[0][p] > WITHIN:
            print('  LATE %s: %s, %.3g of the heap, from night %d: found in night %s' % (
                year.name, p.name, p.size, p.first, since[0].get(p)))
    return score


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--bin', default=os.environ.get('HEAPSNAP_BIN', 'build/tools'))
    parser.add_argument('--years', type=int, default=1)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--kinds', default=','.join(service.KINDS))
    parser.add_argument('--nights', type=int, default=365)
    parser.add_argument('--keep')
    parser.add_argument('--verbose', action='store_true')
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    kinds, total, passed, failed = options.kinds.split(','), Score(), 0, 0
    for number in range(options.years):
        kind, seed = kinds[number % len(kinds)], options.seed + number
        with tempfile.TemporaryDirectory() as scratch:
            folder = options.keep or scratch
            os.makedirs(folder, exist_ok=True)
            score = run_year(options, kind, seed, folder)
        late = sum(not n or n > WITHIN for after in score.after.values() for n in after)
        planted = sum(len(after) for after in score.after.values())
        print('%s year %d of kind %s: %d of %d in %d nights, %d false alarms in %d clean nights' % (
            'FAIL' if late or score.false_nights else 'ok  ', seed, kind, planted - late, planted, WITHIN,
            score.false_nights, score.clean), flush=True)
        passed += planted - late + (not score.false_nights)
        failed += late + bool(score.false_nights)
        total.add(score)
    total.show()
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
