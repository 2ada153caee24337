# SPDX-License-Identifier: MIT
"""A real prefork service: workers of one parent are captured, loaded side by side, and judged together."""
import json
import os
import subprocess
import sys

import e2elib

WORKERS = 4
PROGRAM = """
import os, sys
sys.path.insert(0, %(capture)r)
import heapsnap


class Request:
    def __init__(self, number):
        self.number = number


class Leak:
    pass


common = [Request(i) for i in range(1000)]
workers = []
for number in range(%(workers)d):
    pid = os.fork()
    if not pid:
        # Every worker has requests of its own; the last one leaks.
        own = [Request(i) for i in range(100 * (number + 1) + %(night)d * 50)]
        if number == %(workers)d - 1:
            own += [Leak() for i in range(200 * (%(night)d + 1))]
        heapsnap.dump(%(folder)r + '/worker-%%d.jsonl.gz' %% number)
        os._exit(0)
    workers.append(pid)
for pid in workers:
    assert os.waitpid(pid, 0)[1] == 0
"""


def capture(folder, night):
    os.makedirs(folder)
    program = PROGRAM % {'capture': e2elib.CAPTURE, 'folder': folder, 'workers': WORKERS, 'night': night}
    subprocess.run([sys.executable, '-c', program], check=True, timeout=120)


def requests_of(night, worker):
    return 1000 + 100 * (worker + 1) + 50 * night


def rows(cases, *command):
    done = e2elib.run(*command, '--json')
    if not cases.check(done.returncode == 0, ' '.join(command), done.stderr):
        return {}
    return {row['type']: row for row in json.loads(done.stdout)['rows']}


def check_counts(cases, store):
    for how, counts in (('sum', [sum(requests_of(n, w) for w in range(WORKERS)) for n in range(2)]),
                        ('mean', [sum(requests_of(n, w) for w in range(WORKERS)) // WORKERS
                                  for n in range(2)]),
                        ('worst', [requests_of(n, WORKERS - 1) for n in range(2)])):
        for night in range(2):
            found = rows(cases, 'snaptop', f'{store}#{night}', '--aggregate', how, '--group', 'night')
            cases.check(found.get('__main__.Request', {}).get('count') == counts[night],
                        f'{how} of night {night}', found.get('__main__.Request'), counts)
    changed = rows(cases, 'snapdiff', f'{store}#0', f'{store}#1', '--aggregate', 'sum', '--group', 'night')
    cases.check(changed.get('__main__.Leak', {}).get('count_delta') == 200, 'the leak grew by 200',
                changed.get('__main__.Leak'))
    grown = rows(cases, 'snapgrow', store, '--aggregate', 'worst', '--group', 'night')
    cases.check(grown.get('__main__.Leak', {}).get('counts') == [200, 400],
                'snapgrow sees it in the worst worker', grown.get('__main__.Leak'))


def test(cases):
    with e2elib.Folder('prefork') as folder:
        store = os.path.join(folder, 'history.db')
        for night in range(2):
            dumps = os.path.join(folder, f'night-{night}')
            capture(dumps, night)
            with open(os.path.join(dumps, 'worker-9.jsonl.gz'), 'wb') as file:
                file.write(b'\x1f\x8b not a dump')
            done = e2elib.run('snapload', dumps, '--append', '-o', store, '--tag', f'night={night}',
                              '--keep-graphs', WORKERS)
            cases.check(done.returncode == 3, 'one bad dump: status 3', done.stderr)
            cases.check('worker-9.jsonl.gz' in done.stderr and 'left out' in done.stderr,
                        'and it is told', done.stderr)
        listed = e2elib.rows(cases, 'snapinfo', store)
        cases.check([row['label'] for row in listed] == [
            *(f'worker-{w}' for w in range(WORKERS)), *(f'worker-{w}-2' for w in range(WORKERS))],
            'labels are the files\' names, in order', [row['label'] for row in listed])
        cases.check([row['has_graph'] for row in listed] == [False] * WORKERS + [True] * WORKERS,
                    'graphs of the last night are kept')
        cases.check(len({row['pid'] for row in listed[:WORKERS]}) == WORKERS, 'four processes')
        cases.check(e2elib.run('snapinfo', store, '--verify').returncode == 0, 'the store is whole')
        check_counts(cases, store)


if __name__ == '__main__':
    e2elib.main(test)
