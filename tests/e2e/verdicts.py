# SPDX-License-Identifier: MIT
"""snapgrow over sixteen dumps of a real program: the leak is one, the full cache and the work are none."""
import os
import subprocess
import sys

import e2elib

APP = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'verdicts_app.py')
ROUNDS = 16
BY_TYPE = {'__main__.Request': 'leak', '__main__.Job': 'noisy', '__main__.Row': 'stable',
           '__main__.Setting': 'stable'}
BY_HOLDER = {'__main__.pending[*]': 'leak', '__main__.jobs[*]': 'noisy'}


def judge(cases, folder):
    ran = subprocess.run([sys.executable, '-B', APP, folder, str(ROUNDS)],
                         env=e2elib.python_environment(), stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=200)
    if not cases.check(ran.returncode == 0, 'the service runs and captures itself', ran.stdout):
        return
    dumps = [os.path.join(folder, '%02d.jsonl.gz' % i) for i in range(ROUNDS)]
    by_type = {row['type']: row for row in e2elib.rows(cases, 'snapgrow', *dumps)}
    for name, verdict in BY_TYPE.items():
        row = by_type.get(name, {})
        cases.check(row.get('verdict') == verdict, f'{name} is {verdict}', row)
    leak = by_type.get('__main__.Request')
    if not leak:
        return
    cases.check(leak['slope_bytes_low'] <= leak['slope_bytes'] <= leak['slope_bytes_high'],
                'the slope is inside its interval', leak)
    cases.check(leak['bytes_per_hour'] > 0 and leak['p_value'] < 1e-6, 'it grows by the hour', leak)
    by_path = {row['path']: row for row in
               e2elib.rows(cases, 'snapgrow', *dumps, '--by', 'holder')}
    for path, verdict in BY_HOLDER.items():
        row = by_path.get(path, {})
        cases.check(row.get('verdict') == verdict, f'{path} is {verdict}', row, list(by_path))
    status = e2elib.run('snapgrow', *dumps, '--exit-code', '--type', '__main__.*').returncode
    cases.check(status == 1, 'a leak is a finding', status)


def test(cases):
    with e2elib.Folder('verdicts') as folder:
        judge(cases, folder)


if __name__ == '__main__':
    e2elib.main(test)
