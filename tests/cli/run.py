# SPDX-License-Identifier: MIT
"""Runs the command-line cases: tests/cli/FOLDER/NAME.sh with what it must print.

A case is a shell script, run with `sh -e` in an empty folder in which `data` is tests/cli/data and
`testdata` is testdata; the tools come first in PATH. Beside it stand NAME.out and NAME.err (exactly what
it prints; none = nothing) and NAME.exit (its status; none = 0). A case that cannot run here prints
"SKIP: why" and exits with status 77.

    run.py --bin build/tools                       every case
    run.py --bin build/tools load info/json.sh     a folder, a case
    run.py --bin build/tools --update load         write down what the cases print now
"""
import argparse
import concurrent.futures
import difflib
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TIMEOUT_S = 60


def environment(bin_folder, scratch):
    """Nothing of the caller's but where programs are, and what a sanitizer was told."""
    env = {name: value for name, value in os.environ.items()
           if name.endswith('SAN_OPTIONS') or name == 'LD_LIBRARY_PATH'}
    env.update(PATH=bin_folder + os.pathsep + os.environ.get('PATH', '/usr/bin:/bin'), LC_ALL='C',
               TZ='UTC', HOME=scratch, TMPDIR=scratch, BIN=bin_folder)
    return env


def scratch_folder(parent, name):
    path = os.path.join(parent, name)
    os.mkdir(path)
    os.symlink(os.path.join(HERE, 'data'), os.path.join(path, 'data'))
    os.symlink(os.path.join(ROOT, 'testdata'), os.path.join(path, 'testdata'))
    return path


def expectation(case, kind):
    path = case[:-3] + '.' + kind
    if not os.path.exists(path):
        return b'0' if kind == 'exit' else b''
    with open(path, 'rb') as file:
        text = file.read()
    return text.strip() if kind == 'exit' else text


def update(case, kind, actual):
    path = case[:-3] + '.' + kind
    if actual == (b'0' if kind == 'exit' else b''):
        if os.path.exists(path):
            os.remove(path)
        return
    with open(path, 'wb') as file:
        file.write(actual + (b'\n' if kind == 'exit' else b''))


def difference(name, kind, expected, actual):
    lines = [text.decode('utf-8', 'backslashreplace').splitlines(keepends=True)
             for text in (expected, actual)]
    diff = difflib.unified_diff(*lines, f'{name}.{kind} (expected)', f'{name}.{kind} (actual)')
    return ''.join(line if line.endswith('\n') else line + ' (no newline)\n' for line in diff)


def run_case(case, bin_folder, parent, number):
    """(outcome, explanation, what it printed by kind): 'passed', 'failed' or 'skipped'."""
    scratch = scratch_folder(parent, f'case-{number}')
    try:
        done = subprocess.run(['sh', '-e', case], cwd=scratch, env=environment(bin_folder, scratch),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return 'failed', f'no end after {TIMEOUT_S} s\n', None
    actual = {'out': done.stdout, 'err': done.stderr, 'exit': str(done.returncode).encode()}
    shutil.rmtree(scratch, ignore_errors=True)
    if done.returncode == 77:
        return 'skipped', done.stdout.decode('utf-8', 'replace'), actual
    name = os.path.relpath(case[:-3], HERE)
    wrong = ''.join(difference(name, kind, expectation(case, kind), actual[kind])
                    for kind in ('out', 'err', 'exit') if actual[kind] != expectation(case, kind))
    return ('failed' if wrong else 'passed'), wrong, actual


def find_cases(selected):
    places = [os.path.join(HERE, name) for name in selected] or [HERE]
    cases = []
    for place in places:
        if os.path.isfile(place):
            cases.append(place)
        elif os.path.isfile(place + '.sh'):
            cases.append(place + '.sh')
        elif os.path.isdir(place):
            for folder, _, names in os.walk(place):
                cases += [os.path.join(folder, name) for name in names if name.endswith('.sh')]
        else:
            sys.exit(f'run.py: no case or folder {os.path.relpath(place, HERE)}')
    return sorted(cases)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--bin', required=True, help='the folder of the built tools')
    parser.add_argument('--update', action='store_true', help='write the expectations')
    parser.add_argument('cases', nargs='*', help='folders or cases under tests/cli')
    args = parser.parse_args()
    counts = {'passed': 0, 'failed': 0, 'skipped': 0}
    cases = find_cases(args.cases)
    with tempfile.TemporaryDirectory(prefix='heapsnap-cli-') as parent, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        outcomes = pool.map(lambda numbered: run_case(numbered[1], os.path.abspath(args.bin), parent,
                                                      numbered[0]), enumerate(cases))
        for case, (outcome, text, actual) in zip(cases, outcomes):
            name = os.path.relpath(case, HERE)
            if args.update and outcome == 'failed' and actual:
                for kind in ('out', 'err', 'exit'):
                    update(case, kind, actual[kind])
                print(f'updated: {name}')
                outcome = 'passed'
            elif outcome == 'failed':
                print(f'not ok: {name}\n{text}', end='')
            elif outcome == 'skipped':
                print(f'SKIP: {name}: ' + text.replace('SKIP: ', '', 1), end='')
            counts[outcome] += 1
    print('{passed} passed, {failed} failed, {skipped} skipped'.format(**counts))
    return 1 if counts['failed'] or not sum(counts.values()) else 0


if __name__ == '__main__':
    sys.exit(main())
