# SPDX-License-Identifier: MIT
"""kill -9 at many moments of a load and of an append: the store is absent, old or complete."""
import os
import shutil
import signal
import subprocess
import time

import e2elib

OBJECTS = 500000
MOMENTS = 40


def command(dump, store, append):
    arguments = [e2elib.tool('snapload'), dump, '-o', store]
    if append:
        arguments += ['--append', '--label', 'second']
    return arguments


def start(dump, store, append):
    return subprocess.Popen(command(dump, store, append), stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def duration(dump, store, append):
    """Seconds of an undisturbed run; the quickest of three."""
    best = None
    for _ in range(3):
        copy = store + '.timed'
        if append:
            shutil.copy(store, copy)
        began = time.monotonic()
        process = start(dump, copy, append)
        errors = process.communicate()[1]
        taken = time.monotonic() - began
        if process.returncode != 0:
            raise RuntimeError(f'snapload: status {process.returncode}: {errors}')
        os.remove(copy)
        best = taken if best is None else min(best, taken)
    return best


def killed(dump, store, append, delay):
    """Whether the load was still running when the signal came."""
    process = start(dump, store, append)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return process.returncode == -signal.SIGKILL


def snapshots(cases, store, what):
    verified = e2elib.run('snapinfo', store, '--verify')
    cases.check(verified.returncode == 0, f'{what}: the store is whole', verified.stdout,
                verified.stderr)
    rows = e2elib.rows(cases, 'snapinfo', store)
    cases.check(all(row['complete'] and row['objects'] == OBJECTS + 2 for row in rows),
                f'{what}: every snapshot is complete', rows)
    return len(rows)


def test_new(cases, folder, dump):
    """Kills while a new store is made."""
    store = os.path.join(folder, 'new.db')
    whole = duration(dump, store, append=False)
    hits = absent = leftovers = 0
    for moment in range(MOMENTS):
        hits += killed(dump, store, False, whole * 1.5 * moment / MOMENTS)
        # A temporary file, which the next load removes: it is not a store yet.
        left = [name for name in os.listdir(folder) if name.startswith('new.db.')]
        leftovers += len(left)
        cases.check(len(left) <= 1, f'new store, moment {moment}: at most one file is left', left)
        if os.path.exists(store):
            count = snapshots(cases, store, f'new store, moment {moment}')
            cases.check(count == 1, f'new store, moment {moment}: one snapshot', count)
            os.remove(store)
        else:
            absent += 1
            cases.check(True, 'absent')
    cases.check(hits >= MOMENTS // 2, 'most kills met a running load', f'{hits} of {MOMENTS}')
    cases.check(leftovers > 0, 'some kills met a half-written store', leftovers)
    done = e2elib.run('snapload', dump, '-o', store)
    cases.check(done.returncode == 0, 'a load after all the kills succeeds', done.stderr)
    cases.check(snapshots(cases, store, 'after the kills') == 1, 'and it is one snapshot')
    after = [name for name in os.listdir(folder) if name.startswith('new.db')]
    cases.check(after == ['new.db'], 'the next load removes what killed ones left', after)
    print(f'new store: {whole * 1000:.0f} ms, {hits} of {MOMENTS} killed, {absent} absent, '
          f'{leftovers} times a file was left, then removed')
    return store


def test_append(cases, folder, dump, old):
    """Kills while a snapshot is added to a store."""
    store = os.path.join(folder, 'appended.db')
    whole = duration(dump, old, append=True)
    hits = kept = 0
    for moment in range(MOMENTS):
        for name in os.listdir(folder):
            if name.startswith('appended.db'):
                os.remove(os.path.join(folder, name))
        shutil.copy(old, store)
        hits += killed(dump, store, True, whole * 1.5 * moment / MOMENTS)
        count = snapshots(cases, store, f'append, moment {moment}')
        cases.check(count in (1, 2), f'append, moment {moment}: old or complete', count)
        kept += count == 1
        if count == 1 and moment % 8 == 0:
            done = e2elib.run('snapload', dump, '-o', store, '--append', '--label', 'second')
            cases.check(done.returncode == 0, f'append, moment {moment}: works again', done.stderr)
            count = snapshots(cases, store, f'append again, moment {moment}')
            cases.check(count == 2, f'append again, moment {moment}: two snapshots', count)
    cases.check(hits >= MOMENTS // 2, 'most kills met a running append', f'{hits} of {MOMENTS}')
    print(f'append: {whole * 1000:.0f} ms, {hits} of {MOMENTS} killed, {kept} as before')


def test(cases):
    with e2elib.Folder('kill') as folder:
        dump = os.path.join(folder, 'dump.jsonl')
        e2elib.write_dump(dump, OBJECTS, label='first')
        store = test_new(cases, folder, dump)
        test_append(cases, folder, dump, store)


if __name__ == '__main__':
    e2elib.main(test)
