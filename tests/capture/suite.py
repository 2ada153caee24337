# SPDX-License-Identifier: MIT
"""The tests of one interpreter and one walker: python suite.py PACKAGE_FOLDER pure|c [NAME...].

A name is that of a module less check_, or of one test in it: threads, output.test_fork.

Plain functions and no test framework: every module imported is one more thing to dump.
"""
import os
import shutil
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
sys.path.insert(1, os.path.dirname(os.path.abspath(__file__)))
MODE = sys.argv[2]

import heapsnap
from heapsnap import _accelerated
from dumpfile import Dump

FOLDER = tempfile.mkdtemp(prefix='heapsnap-test-')


class Skip(Exception):
    """This test does not apply here; the text says why."""


def capture(name='a.jsonl', strict=False, **options):
    """Dump this process and read the dump."""
    path = os.path.join(FOLDER, name)
    heapsnap.dump(path, **options)
    dump = Dump(path, strict)
    os.unlink(path)
    return dump


def main():
    if MODE == 'c' and not _accelerated.available():
        print('FAIL accelerator: it was built and does not load')
        return 1
    _accelerated.enabled[0] = MODE == 'c'
    names = sys.argv[3:] or ['references', 'sizes', 'refcounts', 'safety', 'output', 'threads',
                             'identity']
    for name in names:
        name, _, only = name.partition('.')
        module = __import__('check_' + name)
        for test in sorted(vars(module)):
            if test.startswith('test_') and only in ('', test):
                run(test, vars(module)[test])
    shutil.rmtree(FOLDER)
    return 0


def run(name, test):
    start = time.process_time()
    try:
        test()
        print('ok %s (%d ms)' % (name, (time.process_time() - start) * 1000))
    except Skip as why:
        print('skip %s: %s' % (name, why))
    except Exception:
        print('FAIL %s: %s' % (name, traceback.format_exc().replace('\n', '\n     ')))
    sys.stdout.flush()


if __name__ == '__main__':
    # The tests import capture() from here: let them find this module, not a second one.
    sys.modules['suite'] = sys.modules['__main__']
    sys.exit(main())
