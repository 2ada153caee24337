# SPDX-License-Identifier: MIT
"""The pytest plugin, with each interpreter that has pytest or can use Debian's."""
import os
import subprocess
import sys

from servicelib import PACKAGE, Folder, Skip, header

DEBIAN = '/usr/lib/python3/dist-packages'
PYTEST_MODULES = ('pytest _pytest pluggy iniconfig packaging attr py py.py exceptiongroup tomli '
                  'typing_extensions.py').split()
TESTS = """import gc
import pytest

KEPT = []


class Node(object):
    pass


def cycle():
    node = Node()
    node.me = node


@pytest.mark.heapsnap(max_growth='1MB', dump=False)
def test_leaks():
    KEPT.append([object() for _ in range(200000)])


@pytest.mark.heapsnap(max_growth='1MB', no_cycles=True, dump=False)
def test_fine():
    [object() for _ in range(200000)]
    assert not gc.isenabled()


def test_the_collector_is_on_again():
    assert gc.isenabled()


@pytest.mark.heapsnap(no_cycles=True)
def test_cycle():
    cycle()


@pytest.mark.heapsnap(no_cycles=5, dump=False)
def test_cycle_allowed():
    cycle()


@pytest.mark.heapsnap(max_growth='1MB', dump=False)
def test_fails():
    assert KEPT is None


@pytest.mark.heapsnap(max_growth='100kB', warmup=1, dump=False)
@pytest.mark.parametrize('number', [1])
def test_warm(number, tmp_path):
    if not hasattr(test_warm, 'cache'):
        test_warm.cache = bytearray(1000000)


def test_not_marked():
    cycle()


@pytest.mark.heapsnap(max_grow=1)
def test_wrong():
    pass
"""
OUTCOMES = {'leaks': 'FAILED', 'fine': 'PASSED', 'the_collector_is_on_again': 'PASSED', 'cycle': 'FAILED',
            'cycle_allowed': 'PASSED', 'fails': 'FAILED', 'warm[1]': 'PASSED', 'not_marked': 'PASSED',
            'wrong': 'FAILED'}


def _environment(folder):
    """Where pytest is, found or borrowed from Debian's, which is Python only."""
    env = dict(os.environ, PYTHONPATH=PACKAGE)
    if not subprocess.call([sys.executable, '-c', 'import pytest'], stderr=subprocess.DEVNULL, env=env):
        return env
    borrowed = os.path.join(folder, 'borrowed')
    os.mkdir(borrowed)
    for name in PYTEST_MODULES:
        if os.path.exists(os.path.join(DEBIAN, name)):
            os.symlink(os.path.join(DEBIAN, name), os.path.join(borrowed, name))
    env['PYTHONPATH'] = os.pathsep.join((PACKAGE, borrowed))
    if subprocess.call([sys.executable, '-c', 'import pytest'], stderr=subprocess.DEVNULL, env=env):
        raise Skip('no pytest for this interpreter')
    return env


def test_marks():
    with Folder() as folder:
        env = _environment(folder)
        path = os.path.join(folder, 'test_marked.py')
        with open(path, 'w') as file:
            file.write(TESTS)
        ran = subprocess.Popen([sys.executable, '-B', '-m', 'pytest', '-v', '-p', 'heapsnap.pytest_plugin',
                                '-p', 'no:cacheprovider', path], cwd=folder, env=env,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = ran.communicate()[0].decode('utf-8', 'replace')
        for name, outcome in OUTCOMES.items():
            assert 'test_%s %s' % (name, outcome) in said, said
        assert ran.returncode == 1
        assert 'bytes were left behind (at most 1000000)' in said and 'test_marked.py:18  +' in said, said
        assert 'objects were left in reference cycles (at most 0)' in said, said
        assert 'test_marked.Node x1' in said and 'cyclefind' in said and '--kind garbage' in said, said
        assert 'takes dump, max_growth, no_cycles, warmup' in said, said
        dumps = os.path.join(folder, 'heapsnap-dumps')
        names = sorted(os.listdir(dumps))
        assert names == ['test_marked-test_cycle-%s.jsonl.gz' % moment for moment in ('after', 'before')], names
        assert header(os.path.join(dumps, names[0]))['tags']['test'] == 'test_marked.py::test_cycle'


def test_the_entry_point():
    with open(os.path.join(PACKAGE, 'setup.py')) as file:
        assert "'pytest11': ['heapsnap = heapsnap.pytest_plugin']" in file.read()
