# SPDX-License-Identifier: MIT
"""Jobs that append to one history at once, some of them killed: every finished one is there, whole."""
import os
import random
import signal
import subprocess
import time

import e2elib

JOBS = 6
ROUNDS = 3
OBJECTS = 40000
KEEP = 4


def start(dump, store, label):
    return subprocess.Popen([e2elib.tool('snapload'), dump, '-o', store, '--append', '--label', label,
                             '--keep-graphs', str(KEEP)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)


def check_store(cases, store, labels, what):
    verified = e2elib.run('snapinfo', store, '--verify')
    cases.check(verified.returncode == 0, f'{what}: the store is whole', verified.stdout,
                verified.stderr)
    rows = e2elib.rows(cases, 'snapinfo', store)
    found = [row['label'] for row in rows]
    cases.check(set(labels) <= set(found) and len(found) == len(set(found)),
                f'{what}: every job that ended is there once', found, labels)
    graphs = [row['has_graph'] for row in rows]
    kept = min(KEEP, len(rows))
    cases.check(graphs == [False] * (len(rows) - kept) + [True] * kept,
                f'{what}: the newest {KEEP} graphs are kept', graphs)
    return found


def test_at_once(cases, folder, dump):
    """The first round makes the store; all jobs of a round start together."""
    store = os.path.join(folder, 'history.db')
    done = []
    for number in range(ROUNDS):
        labels = [f'{number}-{job}' for job in range(JOBS)]
        processes = [start(dump, store, label) for label in labels]
        for process in processes:
            errors = process.communicate()[1]
            cases.check(process.returncode == 0, f'round {number}: a job succeeds', errors)
        done += labels
        check_store(cases, store, done, f'round {number}')
    left = [name for name in os.listdir(folder) if name.startswith('history.db')]
    cases.check(left == ['history.db'], 'nothing lies beside the store', left)
    return store, done


def test_killed(cases, store, done, dump):
    """One of two jobs is killed at some moment; the other one never fails."""
    numbers = random.Random(7)
    hits = 0
    for number in range(12):
        victim = start(dump, store, f'victim-{number}')
        other = start(dump, store, f'other-{number}')
        time.sleep(numbers.uniform(0, 0.3))
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
        hits += victim.returncode == -signal.SIGKILL
        errors = other.communicate()[1]
        cases.check(other.returncode == 0, f'kill {number}: the other job succeeds', errors)
        done.append(f'other-{number}')
        if victim.returncode == 0:
            done.append(f'victim-{number}')
        check_store(cases, store, done, f'kill {number}')
    cases.check(hits > 0, 'some job was killed', hits)
    print(f'{hits} of 12 jobs killed')


def test(cases):
    with e2elib.Folder('appending') as folder:
        dump = os.path.join(folder, 'dump.jsonl')
        e2elib.write_dump(dump, OBJECTS)
        store, done = test_at_once(cases, folder, dump)
        test_killed(cases, store, done, dump)


if __name__ == '__main__':
    e2elib.main(test)
