# SPDX-License-Identifier: MIT
"""refaudit names what a real C extension leaks, and nothing else, on every interpreter found."""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'e2e'), os.path.join(HERE, '..', 'capture')]

import e2elib  # noqa: E402
import run as capture_run  # noqa: E402

LEAKED = 500
# Objects of an idle process that no row of the table explains, at most: docs/analysis/audit.md.
IDLE_MOST = {(3, 6): 8, (3, 7): 8}
IDLE_MOST_OTHERS = 5


def build(include, suffix, folder):
    """None, or why there is no extension."""
    compiler = shutil.which(os.environ.get('CC', 'cc'))
    if compiler is None or not os.path.exists(os.path.join(include, 'Python.h')):
        return 'no compiler or no Python.h'
    done = subprocess.run([compiler, '-shared', '-fPIC', '-O1', '-isystem', include,
                           os.path.join(HERE, 'leaky.c'), '-o', os.path.join(folder, 'leaky' + suffix)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return None if done.returncode == 0 else 'the extension does not compile: ' + done.stdout


def capture(cases, python, folder, what):
    dumps = [os.path.join(folder, what + moment) for moment in ('-before.jsonl', '-after.jsonl')]
    env = e2elib.python_environment()
    env['PYTHONPATH'] += os.pathsep + folder
    ran = subprocess.run([python, os.path.join(HERE, 'leaky_app.py'), what, *dumps], env=env,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, timeout=120)
    if not cases.check(ran.returncode == 0, f'{python} dumps {what}', ran.stdout):
        return None
    return dumps


def check_leak(cases, name, dumps, leaked_type):
    rows = e2elib.rows(cases, 'refaudit', *dumps)
    first = rows[0] if rows else {}
    cases.check(first.get('type') == leaked_type and first['unexplained_delta'] == LEAKED,
                f'{name}: {leaked_type} grew by {LEAKED} unexplained references', rows[:3])
    others = [row for row in rows[1:] if row['unexplained_delta'] > 2]
    cases.check(not others, f'{name}: nothing else grew', others)
    gate = e2elib.run('refaudit', *dumps, '--exit-code', '--min-growth', '100')
    cases.check(gate.returncode == 1, f'{name}: --exit-code says so', gate.stdout, gate.stderr)
    rows = e2elib.rows(cases, 'refaudit', dumps[1], '--type', leaked_type)
    objects = [row for row in rows if row['surplus'] == 1 and row['explained_by'] is None]
    cases.check(LEAKED <= len(objects) <= LEAKED + 60, f'{name}: every {leaked_type} has a row',
                len(objects), rows[:2])


def check_none(cases, version, name, dumps):
    rows = e2elib.rows(cases, 'refaudit', *dumps)
    mine = [row for row in rows if row['type'] == 'NoneType']
    if version >= (3, 12):
        cases.check(not mine, f'{name}: an immortal has no surplus', mine)
        return
    # A singleton is explained, but its growth stands in the first line after what is not.
    cases.check(mine and LEAKED <= mine[0]['surplus_delta'] < LEAKED + 200,
                f'{name}: NoneType gained {LEAKED} references', mine)
    cases.check(not [row for row in rows if row['unexplained_delta'] > 2],
                f'{name}: nothing unexplained grew', rows[:2])


def check_idle(cases, version, name, dumps):
    most = IDLE_MOST.get(version[:2], IDLE_MOST_OTHERS)
    rows = e2elib.rows(cases, 'refaudit', dumps[1])
    cases.check(len(rows) <= most, f'{name}: at most {most} objects are unexplained', len(rows),
                [(row['type'], row['surplus'], row['text']) for row in rows])
    gate = e2elib.run('refaudit', *dumps, '--exit-code', '--min-growth', '3')
    cases.check(gate.returncode == 0, f'{name}: nothing grew', gate.stdout, gate.stderr)


def test_interpreter(cases, interpreter):
    name, python, include, suffix = interpreter
    version = tuple(map(int, name.split('.')))
    with e2elib.Folder('audit') as folder:
        dumps = capture(cases, python, folder, 'idle')
        if dumps:
            check_idle(cases, version, name, dumps)
        missing = build(include, suffix, folder)
        if missing:
            cases.skip(f'{name}: {missing}')
            return
        for what, leaked_type in (('packet', 'leaky.Packet'), ('list', 'list')):
            dumps = capture(cases, python, folder, what)
            if dumps:
                check_leak(cases, name, dumps, leaked_type)
        dumps = capture(cases, python, folder, 'none')
        if dumps:
            check_none(cases, version, name, dumps)


def test(cases):
    found = capture_run.interpreters()
    if not found:
        cases.skip('no Python of 3.6 or later')
    for interpreter in found:
        test_interpreter(cases, interpreter)


if __name__ == '__main__':
    e2elib.main(test)
