# SPDX-License-Identifier: MIT
"""What the end-to-end tests share: running the tools, counting cases, making dumps."""
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CAPTURE = os.path.join(ROOT, 'tools', 'capture', 'python')
BIN = os.environ.get('HEAPSNAP_BIN', os.path.join(ROOT, 'build-release', 'tools'))
SANITIZED = re.compile(r'AddressSanitizer|LeakSanitizer|runtime error:')


class Cases:
    """Counts cases and says what went wrong in each."""

    def __init__(self):
        self.total = self.failed = self.skipped = 0

    def check(self, ok, what, *details):
        self.total += 1
        if not ok:
            self.failed += 1
            print(f'FAIL: {what}')
            for detail in details:
                print('    ' + str(detail)[:2000].replace('\n', '\n    '))
        return bool(ok)

    def skip(self, why):
        self.skipped += 1
        print(f'SKIP: {why}')

    def finish(self):
        print(f'{self.total - self.failed} passed, {self.failed} failed, {self.skipped} skipped')
        if self.failed:
            return 1
        return 77 if self.total == 0 and self.skipped else 0


class Folder:
    """A temporary folder, kept when HEAPSNAP_KEEP is set."""

    def __init__(self, name):
        self.path = tempfile.mkdtemp(prefix=f'heapsnap-{name}-')

    def __enter__(self):
        return self.path

    def __exit__(self, *exception):
        if os.environ.get('HEAPSNAP_KEEP'):
            print(f'kept {self.path}')
        else:
            shutil.rmtree(self.path, ignore_errors=True)


def tool(name):
    return os.path.join(BIN, name)


def have(name):
    return os.access(tool(name), os.X_OK)


def run(name, *arguments, **options):
    """A finished tool, with its output as text. A sanitizer's report becomes a status of its own."""
    if not have(name):
        return subprocess.CompletedProcess([name], 127, '', f'{tool(name)} does not exist')
    options.setdefault('timeout', 300)
    options.setdefault('stdin', subprocess.DEVNULL)
    done = subprocess.run([tool(name), *map(str, arguments)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors='replace', **options)
    if SANITIZED.search(done.stderr):
        print(done.stderr)
        done.returncode = -1000
    return done


def rows(cases, name, *arguments):
    """The rows of a tool's JSON; [] and a failed case when there is none."""
    done = run(name, *arguments, '--json')
    command = ' '.join([name, *map(str, arguments), '--json'])
    if not cases.check(done.returncode == 0, f'{command} succeeds',
                       f'status {done.returncode}', done.stderr):
        return []
    try:
        document = json.loads(done.stdout)
    except ValueError as error:
        cases.check(False, f'{command} prints JSON', error, done.stdout[:500])
        return []
    cases.check(re.fullmatch(r'heapsnap\.\w+/\d+', document.get('schema', '')) and
                isinstance(document.get('rows'), list), f'{command} has a schema and rows',
                list(document))
    return document.get('rows') or []


def python_environment():
    """The environment in which a program finds the capture package and nothing of the user's."""
    env = {name: value for name, value in os.environ.items() if not name.startswith('PYTHON')}
    env.update(PYTHONPATH=CAPTURE, PYTHONDONTWRITEBYTECODE='1', PYTHONHASHSEED='0')
    env.pop('LD_PRELOAD', None)
    return env


def write_dump(path, objects, label=None, truncated=False):
    """
    A dump in the project's own format: one module that holds a list of `objects` small objects,
    half of them in a chain. Gzip by name.
    """
    opener = gzip.open(path, 'wt', compresslevel=1) if path.endswith('.gz') else open(path, 'w')
    head = {'heapsnap': 1, 'runtime': 'cpython', 'runtime_version': '3.11.2', 'program': 'made.py',
            'pid': 1, 'captured_at_unix_ms': 1795186701712}
    if label:
        head['label'] = label
    base = 1 << 20
    with opener as out:
        def line(value):
            out.write(json.dumps(value, separators=(',', ':')) + '\n')
        line(head)
        for number, name in enumerate(('module', 'list', 'Entry')):
            row = {'type': number, 'name': name}
            if name == 'Entry':
                row['module'] = 'made'
            else:
                row['kind'] = name
            line(row)
        line({'string': 0, 'text': '_entries'})
        line({'string': 1, 'text': 'next'})
        line({'object': base, 'type': 0, 'size': 72, 'rc': 2, 'text': 'made',
              'attr': [0, base + 64]})
        first = base + 128
        line({'object': base + 64, 'type': 1, 'size': 56 + 8 * objects, 'rc': 1, 'len': objects,
              'item': [first + 64 * i for i in range(objects)]})
        for i in range(objects):
            row = {'object': first + 64 * i, 'type': 2, 'size': 64, 'rc': 1 + (i % 2), 'flags': 1}
            if i % 2 and i + 1 < objects:
                row['attr'] = [1, first + 64 * (i + 1)]
            line(row)
        line({'root': base, 'kind': 'module', 'name': 'made'})
        if not truncated:
            references = 1 + objects + (objects - 1) // 2
            line({'end': 1, 'objects': objects + 2, 'references': references, 'types': 3,
                  'strings': 2, 'roots': 1})


def main(test):
    cases = Cases()
    test(cases)
    sys.exit(cases.finish())
