# SPDX-License-Identifier: MIT
"""What the service tests share that any Python from 3.6 on can run: counting, waiting, reading dumps."""
import gzip
import json
import os
import shutil
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PACKAGE = os.path.join(ROOT, 'tools', 'capture', 'python')
MEGABYTE = 1 << 20


class Skip(Exception):
    """This test does not apply here; the text says why."""


class Folder(object):
    """A temporary folder."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix='heapsnap-services-')
        return self.path

    def __exit__(self, *exception):
        shutil.rmtree(self.path, ignore_errors=True)


def until(condition, seconds=20.0, pause=0.01):
    """The condition's value once it is true, or its last."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found or time.monotonic() > end:
            return found
        time.sleep(pause)


def dumps(folder, word=''):
    """Paths of the whole dumps in a folder, oldest first."""
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))
            if word in name and name.endswith(('.jsonl', '.jsonl.gz'))]


def lines(path):
    opened = gzip.open if path.endswith('.gz') else open
    with opened(path, 'rb') as file:
        return [json.loads(line.decode()) for line in file]


def header(path):
    """The first line of a dump that is whole."""
    found = lines(path)
    assert 'end' in found[-1], path
    return found[0]


def run_tests(module):
    """Run its functions test_*; one line each: ok, skip or FAIL."""
    for name in sorted(vars(module)):
        if not name.startswith('test_'):
            continue
        start = time.monotonic()
        try:
            getattr(module, name)()
            print('ok %s (%d ms)' % (name, (time.monotonic() - start) * 1000))
        except Skip as why:
            print('skip %s: %s' % (name, why))
        except Exception:
            print('FAIL %s: %s' % (name, traceback.format_exc().replace('\n', '\n     ')))
        sys.stdout.flush()


def main():
    """python servicelib.py MODULE...: the unit tests of this interpreter."""
    sys.dont_write_bytecode = True
    sys.modules['servicelib'] = sys.modules['__main__']
    sys.path[:0] = [PACKAGE, HERE]
    for name in sys.argv[1:]:
        run_tests(__import__(name))


if __name__ == '__main__':
    main()
