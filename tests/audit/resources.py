# SPDX-License-Identifier: MIT
"""snaptop --resources names what the leaking programs of testdata/leaks forget, and its holder."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', 'e2e')]

import e2elib  # noqa: E402

LEAKS = os.path.join(e2elib.ROOT, 'testdata', 'leaks')

# Program, kind of resource, at least so many of them in one row, a word of the holder.
STORIES = [
    ('files', 'file', 100, '__main__'),
    ('task', 'task', 100, '__main__'),
    ('traceback', 'traceback', 100, '__main__'),
]


def test_story(cases, name, resource, count, holder):
    with e2elib.Folder('resources') as folder:
        dumps = [os.path.join(folder, moment + '.jsonl.gz') for moment in ('before', 'after')]
        ran = subprocess.run([sys.executable, os.path.join(LEAKS, name, 'app.py'), *dumps],
                             env=e2elib.python_environment(), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        if ran.returncode == 77:
            cases.skip(f'{name}: ' + ran.stdout.strip().replace('SKIP: ', ''))
            return
        if not cases.check(ran.returncode == 0, f'{name} runs and captures itself', ran.stdout):
            return
        rows = e2elib.rows(cases, 'snaptop', dumps[1], '--resources', '--limit', '20')
        first = rows[0] if rows else {}
        seen = [(row['resource'], row['type'], row['count'], row['holder']) for row in rows[:5]]
        cases.check(first.get('resource') == resource and first['count'] >= count,
                    f'{name}: the first row is {resource}, {count} or more', seen)
        cases.check(holder in (first.get('holder') or ''), f'{name}: held by {holder}', seen)


def test(cases):
    for story in STORIES:
        test_story(cases, *story)


if __name__ == '__main__':
    e2elib.main(test)
