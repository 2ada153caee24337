# SPDX-License-Identifier: MIT
"""The case book: programs that leak, each in another way, and who names the culprit first.

cases.json says of each program what an expert would say. Rules of judgement:

heapsnap     the first row of `snapdiff --why --json` has the type, the words of the path in this order
             (labels and types of path_steps), the line of the allocation, and the kind. All four.
objgraph     the first type of growth(), what show_growth() prints at the top, is the type; or one that
             grew by as many objects. No more is asked, since it says no more.
tracemalloc  the first line of compare_to(…, 'lineno') is the line. No more is asked.

All three look at the same moments of the same program under the same interpreter. A "line" of null means
that the object is not made by a line of the program; heapsnap must then say so or name a line of the
program's own, and tracemalloc passes with any line of the program.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CAPTURE = os.path.join(ROOT, 'tools', 'capture', 'python')
BIN = os.environ.get('HEAPSNAP_BIN', os.path.join(ROOT, 'build-release', 'tools'))
FRAMES = '8'


def interpreter():
    """A Python that has objgraph, if there is one; the running one otherwise."""
    for python in (sys.executable, '/usr/bin/python3'):
        if os.access(python, os.X_OK):
            found = subprocess.run([python, '-c', 'import objgraph'], stderr=subprocess.DEVNULL)
            if found.returncode == 0:
                return python
    return sys.executable


def environment(first_path, frames):
    env = {name: value for name, value in os.environ.items() if not name.startswith('PYTHON')}
    env.update(PYTHONPATH=first_path, PYTHONDONTWRITEBYTECODE='1', PYTHONHASHSEED='0',
               PYTHONTRACEMALLOC=frames)
    env.pop('LD_PRELOAD', None)
    return env


def words(text):
    return re.findall(r'\w+', text or '')


def in_order(wanted, found):
    rest = iter(found)
    return all(any(word == other for other in rest) for word in wanted)


def lines_of(case, program):
    """The numbers of the lines that hold one of the texts."""
    texts = case['line'] if isinstance(case['line'], list) else [case['line']]
    with open(program, encoding='utf-8') as source:
        return {number for number, line in enumerate(source, 1)
                if any(text is not None and text in line for text in texts)}


def same_file(a, b):
    return os.path.basename(a) == os.path.basename(b)


def run_program(python, program, path, frames, before, after):
    return subprocess.run([python, program, before, after], env=environment(path, frames),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300)


def judge(case, program, row):
    """What is wrong with the first row, as words; none is right."""
    wrong = []
    if row['type'] != case['type']:
        wrong.append(f'type {row["type"]}')
    if row['kind'] != case['kind']:
        wrong.append(f'kind {row["kind"]}')
    said = []
    for step in row['path_steps']:
        said += words(step['label']) + words(step['type'])
    if not in_order(case['path'], said):
        wrong.append(f'path {row["path"]}')
    site = row['allocated_at']
    lines = lines_of(case, program)
    if lines:
        if not site or not same_file(site['file'], program) or site['line'] not in lines:
            wrong.append(f'line {site and site["line"]}')
    elif site and not same_file(site['file'], program):
        wrong.append(f'file {site["file"]}')
    return wrong


def judge_rivals(case, program, said):
    types = said['objgraph']
    names = (case['type'], case['type'].rpartition('.')[2])
    objgraph = bool(types) and any(name in names for name, gained in types
                                   if gained == types[0][1])
    top = said['tracemalloc'][0] if said['tracemalloc'] else None
    lines = lines_of(case, program)
    tracemalloc = bool(top) and same_file(top['file'], program) and (
        not lines or top['line'] in lines)
    return (None if types is None else objgraph), tracemalloc


class Score:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.objgraph = self.tracemalloc = self.judged = 0
        self.has_objgraph = True
        self._lock = threading.Lock()

    def add(self, **numbers):
        with self._lock:
            for name, number in numbers.items():
                setattr(self, name, getattr(self, name) + number)


def run_case(case, python, folder, score, args):
    """Run one program and judge it: what to print. Several run at once; Score adds under a lock."""
    program = os.path.normpath(os.path.join(HERE, case['program']))
    name = case['name']
    dumps = [os.path.join(folder, f'{name}-{moment}.jsonl') for moment in ('before', 'after')]
    done = run_program(python, program, score.capture, FRAMES, *dumps)
    if done.returncode == 77:
        score.add(skipped=1)
        return [f'skip  {name:12} {done.stdout.strip()}']
    row, wrong = None, [f'the program failed: {done.stdout[-500:]}']
    if done.returncode == 0:
        said = subprocess.run([os.path.join(BIN, 'snapdiff'), '--why', *dumps, '--json', '-n', '5'],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wrong = [f'snapdiff: status {said.returncode} {said.stderr[-1500:]}']
        if said.returncode == 0:
            rows = json.loads(said.stdout)['rows']
            row = rows[0] if rows else None
            wrong = judge(case, program, row) if row else ['no rows']
    rivals_asked = not args.no_rivals
    rival_dumps = [path + '.rivals' for path in dumps]
    marks, by_type, by_line = 'rivals not asked', False, False
    rivals = None if not rivals_asked else run_program(
        python, program, os.path.join(HERE, 'rivals'), '1', *rival_dumps)
    if rivals and rivals.returncode == 0:
        with open(rival_dumps[1]) as answer:
            by_type, by_line = judge_rivals(case, program, json.load(answer))
        if by_type is None:
            score.has_objgraph = False
        marks = f'objgraph {"yes" if by_type else "no ":3} tracemalloc {"yes" if by_line else "no"}'
    score.add(judged=1, failed=bool(wrong), passed=not wrong, objgraph=bool(by_type),
              tracemalloc=bool(by_line))
    lines = [f'{"FAIL" if wrong else "ok":5} {name:12} {marks}  {case["leak"]}']
    if wrong or args.verbose:
        lines.append(f'      {"; ".join(wrong)}')
        if row:
            lines.append(f'      said: {row["type"]} {row["kind"]} {row["path"]} '
                         f'{row["allocated_at"]} {row["share"]:.0%}')
    for path in dumps + rival_dumps:
        if os.path.exists(path) and not os.environ.get('HEAPSNAP_KEEP'):
            os.remove(path)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('names', nargs='*', help='only these cases')
    parser.add_argument('-v', '--verbose', action='store_true')
    parser.add_argument('-j', '--jobs', type=int, default=2, help='programs at a time')
    parser.add_argument('--no-rivals', action='store_true', help='only heapsnap: half the time')
    args = parser.parse_args()
    with open(os.path.join(HERE, 'cases.json'), encoding='utf-8') as file:
        cases = json.load(file)
    python, score, began = interpreter(), Score(), time.monotonic()
    folder = tempfile.mkdtemp(prefix='heapsnap-casebook-')
    # Compiled once, not by every program again.
    score.capture = os.path.join(folder, 'capture')
    shutil.copytree(os.path.join(CAPTURE, 'heapsnap'), os.path.join(score.capture, 'heapsnap'))
    subprocess.run([python, '-m', 'compileall', '-q', score.capture], check=True)
    for case in cases:
        path = case['program']
        case['name'] = (os.path.basename(os.path.dirname(path)) if path.endswith('/app.py')
                        else os.path.basename(path)[:-3])
    asked = [case for case in cases if not args.names or case['name'] in args.names]
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for lines in pool.map(lambda case: run_case(case, python, folder, score, args), asked):
            print('\n'.join(lines), flush=True)
    if os.environ.get('HEAPSNAP_KEEP'):
        print(f'kept {folder}')
    else:
        shutil.rmtree(folder)
    print(f'{time.monotonic() - began:.0f} s, {python}')
    print(f'snapdiff --why (type, path, line and kind)   {score.passed} of {score.judged}')
    if not args.no_rivals:
        print('objgraph show_growth (type)                  '
              + (f'{score.objgraph} of {score.judged}' if score.has_objgraph else 'not installed'))
        print(f'tracemalloc compare_to (line)                {score.tracemalloc} of {score.judged}')
    print(f'{score.passed} passed, {score.failed} failed, {score.skipped} skipped')
    return 1 if score.failed else 0


if __name__ == '__main__':
    sys.exit(main())
