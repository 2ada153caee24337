# SPDX-License-Identifier: MIT
"""Capture in services: python3 tests/services/run.py [-v] [NAME...]

Names are check_* modules, run by every interpreter found, and serve_* programs, run once each with real
servers on loopback. The last line counts; the exit code says the same.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'capture'))

import run as capture_run  # noqa: E402

WORKERS = 2
TIMEOUT_S = 240


def names(pattern):
    return sorted(os.path.basename(path)[:-3] for path in glob.glob(os.path.join(HERE, pattern)))


def accelerated(folder):
    """The package with its accelerator for this interpreter, or as it is in the tree."""
    mine = [one for one in capture_run.interpreters()
            if os.path.realpath(one[1]) == os.path.realpath(sys.executable)]
    if mine:
        built, problem = capture_run.build(mine[0], folder)
        if built and not problem:
            return built
    return capture_run.PACKAGE


def lines_of(title, command, package):
    """What it printed, each test's line starting with ok, skip or FAIL."""
    env = {name: value for name, value in os.environ.items() if not name.startswith('PYTHON')}
    env.update(PYTHONDONTWRITEBYTECODE='1', HEAPSNAP_TEST_PACKAGE=package)
    try:
        ran = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, env=env, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        return ['FAIL %s: no end after %d s' % (title, TIMEOUT_S), (error.stdout or b'').decode()]
    lines = ran.stdout.decode('utf-8', 'replace').split('\n')
    if ran.returncode:
        lines.append('FAIL %s: exit code %d: %s' % (
            title, ran.returncode, ran.stderr.decode('utf-8', 'replace')[-3000:]))
    return lines


def jobs(selected):
    """[(title, command)]."""
    checks = [name for name in names('check_*.py') if not selected or name in selected]
    found = []
    for name in names('serve_*.py'):
        if not selected or name in selected:
            found.append((name, [sys.executable, os.path.join(HERE, name + '.py')]))
    if checks:
        for version, path, _, _ in capture_run.interpreters():
            found.append((version, [path, os.path.join(HERE, 'servicelib.py')] + checks))
    return found


def main():
    verbose = '-v' in sys.argv[1:]
    folder = tempfile.mkdtemp(prefix='heapsnap-services-')
    try:
        counts = run_all(folder, jobs([name for name in sys.argv[1:] if name != '-v']), verbose)
    finally:
        shutil.rmtree(folder)
    print('%d passed, %d failed, %d skipped' % (counts['ok'], counts['FAIL'], counts['skip']))
    return 1 if counts['FAIL'] or not counts['ok'] else 0


def run_all(folder, todo, verbose):
    counts = {'ok': 0, 'FAIL': 0, 'skip': 0}
    served = any(title.startswith('serve_') for title, _ in todo)
    package = accelerated(folder) if served else capture_run.PACKAGE
    with ThreadPoolExecutor(WORKERS) as pool:
        ran = pool.map(lambda job: lines_of(job[0], job[1], package), todo)
        for (title, _), lines in zip(todo, ran):
            mine = {word: sum(line.startswith(word + ' ') for line in lines) for word in counts}
            print('%-14s %d ok, %d bad, %d left out' % (title, mine['ok'], mine['FAIL'], mine['skip']))
            for word in counts:
                counts[word] += mine[word]
            for line in lines:
                if verbose or (line and not line.startswith('ok ')):
                    print('    ' + line)
            sys.stdout.flush()
    return counts


if __name__ == '__main__':
    sys.exit(main())
