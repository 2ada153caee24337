# SPDX-License-Identifier: MIT
"""Heap snapshots of real Node processes: counts as another program has them, and a leak with its holder."""
import glob
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import e2elib
import v8heap

NODE = shutil.which('node') or shutil.which('nodejs')
SAMPLES = os.path.join(e2elib.ROOT, 'testdata', 'v8')
TIMEOUT_S = 60


def check_program(cases, folder):
    subprocess.run([NODE, os.path.join(SAMPLES, 'program.js'), folder], check=True, timeout=TIMEOUT_S)
    for name in ('plain.heapsnapshot', 'tracked.heaptimeline'):
        cases.check(v8heap.check_totals(cases, os.path.join(folder, name)), f'{name} has roots')
    lines = v8heap.answer('snaptop', os.path.join(folder, 'tracked.heaptimeline'), '--by', 'lineno')['rows']
    best = next((row for row in lines if not row['file'].startswith('node:') and row['file']), None)
    cases.check(best and best['file'].endswith('program.js') and best['line'] in range(17, 28),
                'the line that allocates is found', lines[:3])


class Service:
    """service.js in a process of its own; snapshots come by signal."""

    def __init__(self, folder):
        self.folder = folder
        program = os.path.join(SAMPLES, 'service.js')
        self.process = subprocess.Popen([NODE, '--heapsnapshot-signal=SIGUSR2', program], cwd=folder,
                                        stdout=subprocess.PIPE, text=True)
        self.url = f'http://127.0.0.1:{int(self.process.stdout.readline())}/'

    def visit(self, times):
        for _ in range(times):
            urllib.request.urlopen(self.url, timeout=TIMEOUT_S).read()

    def snapshot(self):
        """The path of a new snapshot, once it is whole: it ends with a brace."""
        known = set(glob.glob(os.path.join(self.folder, '*.heapsnapshot')))
        self.process.send_signal(signal.SIGUSR2)
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            for path in set(glob.glob(os.path.join(self.folder, '*.heapsnapshot'))) - known:
                with open(path, 'rb') as file:
                    file.seek(max(0, os.path.getsize(path) - 4))
                    if file.read().rstrip().endswith(b']}'):
                        return path
            time.sleep(0.05)
        raise TimeoutError('no snapshot')

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def check_service(cases, folder):
    service = Service(folder)
    try:
        service.visit(40)
        first = service.snapshot()
        service.visit(150)
        second = service.snapshot()
        third = service.snapshot()
    finally:
        service.close()
    why = v8heap.answer('snapdiff', first, second, '--why')['rows']
    sessions = [row for row in why if row['type'] == 'Session']
    cases.check(why and why[0]['type'] == 'Session' and '.sessions.table' in why[0]['path'],
                'the map of sessions comes first', [(row['path'], row['type']) for row in why[:4]])
    cases.check(sum(row['count_delta'] for row in sessions) == 150, 'its sessions are counted once',
                [(row['path'], row['count_delta']) for row in sessions])
    cases.check(why and why[0]['matched_by'] == 'stable id', 'by id')
    rows = {row['type']: row for row in v8heap.answer('snapdiff', first, second, third, '--objects')['rows']}
    row = rows['Session']
    cases.check((row['new_count'], row['gone_count'], row['survived_count']) == (150, 0, 150), 'sessions survive', row)
    return first


def main():
    if not NODE:
        print('SKIP: node is not installed')
        return 77
    cases = e2elib.Cases()
    with e2elib.Folder('node') as folder:
        check_program(cases, folder)
        other = os.path.join(folder, 'service')
        os.mkdir(other)
        first = check_service(cases, other)
        done = e2elib.run('snapdiff', os.path.join(folder, 'plain.heapsnapshot'), first, '--objects')
        cases.check(done.returncode == 2 and 'ids of different processes' in done.stderr, 'ids of two processes are told apart', done.stderr)
        done = e2elib.run('snapdiff', os.path.join(folder, 'plain.heapsnapshot'), first, '--why', '--json')
        cases.check('not by id' in done.stderr and '"stable id"' not in done.stdout, 'and not used', done.stderr)
    return cases.finish()


sys.exit(main())
