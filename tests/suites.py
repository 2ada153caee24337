# SPDX-License-Identifier: MIT
"""Builds heapsnap twice, runs the suites and adds up their counts. tests/run calls it.

Each Meson test counts as one, unless it prints its own counts as its last such line:
"12 cases, 0 failed" or "12 passed, 0 failed, 3 skipped".
"""
import argparse
import json
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Suites that gain nothing from a second build: they look at sources, or spend their time in Python.
RELEASE_ONLY = {'lint', 'headers', 'leaks', 'casebook', 'kill', 'quickstart', 'docs', 'year'}
# Suites whose only point is what a sanitizer sees.
SANITIZER_ONLY = {'fuzz'}
# Suites that Meson does not know: a script that prints its own counts.
SCRIPTS = {'capture': ['tests/capture/run.py'], 'services': ['tests/services/run.py']}

BUILDS = {
    'release': ['--buildtype=release'],
    # Less optimisation compiles faster, and confuses the compiler's warnings less.
    'asan': ['-Ddebug=true', '-Doptimization=1', '-Db_sanitize=address,undefined',
             '-Db_lundef=false'],
}

COUNTS = re.compile(
    r'^\s*(?:(\d+) cases, (\d+) failed|(\d+) passed, (\d+) failed(?:, (\d+) skipped)?)\s*$', re.M)


class Totals:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def __str__(self):
        return f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped'


def counts_printed(text):
    """The counts that a test printed itself, or None."""
    totals = None
    for match in COUNTS.finditer(text):
        cases, cases_failed, passed, failed, skipped = match.groups()
        totals = Totals()
        if cases is not None:
            totals.passed = int(cases) - int(cases_failed)
            totals.failed = int(cases_failed)
        else:
            totals.passed, totals.failed = int(passed), int(failed)
            totals.skipped = int(skipped or 0)
    return totals


def judge(ok, skipped, text):
    """Totals of one test from its outcome and its output. The exit status has the last word."""
    totals = counts_printed(text) if not skipped else None
    if totals is None or totals.passed + totals.failed + totals.skipped == 0:
        totals = Totals()
        if skipped:
            totals.skipped = 1
        elif ok:
            totals.passed = 1
    if not ok and not skipped and totals.failed == 0:
        totals.failed = 1
    return totals


def show_failure(name, text):
    lines = text.strip().splitlines()
    print(f'---- {name} failed ' + '-' * max(0, 60 - len(name)))
    if len(lines) > 120:
        print(f'  … {len(lines) - 120} lines left out')
    for line in lines[-120:]:
        print('  ' + line)
    print('-' * 75, flush=True)


def skip_reasons(text):
    return [line.strip() for line in text.splitlines() if re.match(r'\s*(SKIP|skip(ped)?)\b', line)]


def build_folder(name):
    return os.path.join(ROOT, 'build-' + name)


def build(name):
    """Configure and compile one build; a warning is a failure."""
    folder = build_folder(name)
    began = time.monotonic()
    if os.path.exists(os.path.join(folder, 'build.ninja')):
        configured = subprocess.CompletedProcess([], 0, '')
    else:
        configured = subprocess.run(['meson', 'setup', *BUILDS[name], folder, ROOT],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, errors='replace')
    made = configured
    if configured.returncode == 0:
        made = subprocess.run(['ninja', '-C', folder], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors='replace')
    totals = Totals()
    warnings = re.findall(r'^\S+:\d+:\d+: warning: .*$', made.stdout, re.M)
    if made.returncode == 0 and not warnings:
        totals.passed = 1
    else:
        totals.failed = 1
        show_failure(f'build of {name}',
                     '\n'.join(dict.fromkeys(warnings)) if made.returncode == 0 else made.stdout)
    report('build', name, totals, time.monotonic() - began)
    return made.returncode == 0, totals


def report(suite, build_name, totals, seconds):
    print(f'{suite:<14} {build_name:<8} {totals}  ({seconds:.1f} s)', flush=True)


def sanitizer_environment():
    env = dict(os.environ)
    env.setdefault('ASAN_OPTIONS', 'detect_leaks=1:abort_on_error=1:strict_string_checks=1:'
                                   'detect_stack_use_after_return=1:allocator_may_return_null=1')
    env.setdefault('UBSAN_OPTIONS', 'print_stacktrace=1:halt_on_error=1:abort_on_error=1')
    env.setdefault('LSAN_OPTIONS', 'suppressions=' + os.path.join(ROOT, 'tests', 'lsan.supp') +
                   ':print_suppressions=0')
    return env


def suites_of(folder):
    """The suites that a build registers, in the order in which Meson lists them."""
    tests = json.loads(subprocess.run(['meson', 'introspect', '--tests', folder], check=True,
                                      stdout=subprocess.PIPE, text=True).stdout)
    names = {}
    for test in tests:
        for suite in test['suite']:
            names.setdefault(suite.split(':')[-1], None)
    return list(names)


def run_meson_suite(suite, build_name, verbose):
    folder = build_folder(build_name)
    began = time.monotonic()
    log_base = 'suite-' + suite
    log_path = os.path.join(folder, 'meson-logs', log_base + '.json')
    if os.path.exists(log_path):
        os.remove(log_path)
    command = ['meson', 'test', '-C', folder, '--no-rebuild', '--suite', suite,
               '--logbase', log_base, '--num-processes', str(os.cpu_count() or 1)]
    env = os.environ
    if build_name == 'asan':
        env = sanitizer_environment()
        command += ['--timeout-multiplier', '4']
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors='replace', env=env)
    totals = Totals()
    rows = []
    if os.path.exists(log_path):
        with open(log_path, encoding='utf-8', errors='replace') as log:
            rows = [json.loads(line) for line in log if line.strip()]
    for row in rows:
        text = row.get('stdout') or ''
        output = text + (row.get('stderr') or '')
        result = row['result']
        one = judge(result in ('OK', 'EXPECTEDFAIL'), result == 'SKIP', text)
        totals.add(one)
        if one.failed:
            show_failure(f'{suite} {row["name"]} ({build_name}, {result})', output)
        elif verbose:
            print(f'  {row["name"]}: {one}  ({row["duration"]:.1f} s)')
        for reason in skip_reasons(output):
            print(f'  {row["name"]}: {reason}')
    if not rows or (done.returncode != 0 and totals.failed == 0):
        totals.failed += 1
        show_failure(f'{suite} ({build_name})', done.stdout)
    report(suite, build_name, totals, time.monotonic() - began)
    return totals


def run_script_suite(suite, verbose):
    began = time.monotonic()
    env = dict(os.environ, HEAPSNAP_BIN=os.path.join(build_folder('release'), 'tools'))
    done = subprocess.run([sys.executable, *SCRIPTS[suite]], cwd=ROOT, env=env,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors='replace')
    totals = judge(done.returncode == 0, done.returncode == 77, done.stdout)
    if totals.failed:
        show_failure(suite, done.stdout)
    elif verbose:
        print(done.stdout, end='')
    if not verbose:
        for reason in skip_reasons(done.stdout):
            print(f'  {reason}')
    report(suite, 'release', totals, time.monotonic() - began)
    return totals


def plan(selected, registered):
    """(suite, build) pairs in running order; selected is empty for everything."""
    pairs = []
    for suite in registered:
        if selected and suite not in selected:
            continue
        if suite not in SANITIZER_ONLY:
            pairs.append((suite, 'release'))
        if suite not in RELEASE_ONLY:
            pairs.append((suite, 'asan'))
    return pairs


def main():
    parser = argparse.ArgumentParser(prog='tests/run', description=__doc__.splitlines()[0])
    parser.add_argument('suites', nargs='*', metavar='SUITE', help='only these suites')
    parser.add_argument('-v', '--verbose', action='store_true', help='one line per test')
    args = parser.parse_args()
    os.chdir(ROOT)
    began = time.monotonic()
    totals = Totals()
    built, one = build('release')
    totals.add(one)
    pairs = []
    if built:
        registered = suites_of(build_folder('release'))
        unknown = set(args.suites) - set(registered) - set(SCRIPTS)
        if unknown:
            print(f'tests/run: no suite named {sorted(unknown)[0]!r}; there are: '
                  f'{" ".join(registered + list(SCRIPTS))}', file=sys.stderr)
            return 2
        pairs = plan(args.suites, registered)
    if any(build_name == 'asan' for _, build_name in pairs):
        built_asan, one = build('asan')
        totals.add(one)
        if not built_asan:
            pairs = [pair for pair in pairs if pair[1] != 'asan']
    for suite, build_name in pairs:
        totals.add(run_meson_suite(suite, build_name, args.verbose))
    for suite in SCRIPTS:
        if built and (not args.suites or suite in args.suites):
            totals.add(run_script_suite(suite, args.verbose))
    print(f'{time.monotonic() - began:.0f} s')
    print(totals, flush=True)
    return 1 if totals.failed else 0


if __name__ == '__main__':
    sys.exit(main())
