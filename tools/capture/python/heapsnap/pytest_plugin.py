# SPDX-License-Identifier: MIT
"""pytest: @pytest.mark.heapsnap(max_growth='1MB', no_cycles=True), and dumps of a marked test that fails.

max_growth: Python memory that the test may leave behind, measured by tracemalloc after a collection.
no_cycles: the test may leave no garbage that only a collection frees (a number: at most that many objects).
warmup: call the test function so many times before it is measured, so that caches are full.
Marked tests are dumped before and after; the files stay when the test fails, in --heapsnap-dir
(ini: heapsnap_dir; default heapsnap-dumps).
"""
import gc
import os
import re

import pytest

MARK = 'heapsnap'
_OPTIONS = {'max_growth', 'no_cycles', 'warmup', 'dump'}
_TYPES_NAMED = 5
_LINES_NAMED = 3


def pytest_addoption(parser):
    group = parser.getgroup('heapsnap', 'heap snapshots of marked tests')
    group.addoption('--heapsnap-dir', default=None, metavar='DIR',
                    help='where dumps of failed marked tests go (default: heapsnap-dumps)')
    group.addoption('--no-heapsnap-dumps', action='store_true', help='measure, but write no dumps')
    parser.addini('heapsnap_dir', 'where dumps of failed marked tests go', default='heapsnap-dumps')


def pytest_configure(config):
    config.addinivalue_line(
        'markers', "heapsnap(max_growth='1MB', no_cycles=True, warmup=0, dump=True): fail when the test leaves "
        'memory or garbage cycles behind; dump the heap when it fails')


class Measure(object):
    """One marked test: dumps before and after, its growth and its garbage."""

    def __init__(self, item, mark):
        unknown = set(mark.kwargs) - _OPTIONS
        if mark.args or unknown:
            pytest.fail('the mark heapsnap() takes ' + ', '.join(sorted(_OPTIONS)), pytrace=False)
        from .service.units import size_bytes
        options = mark.kwargs
        self.item = item
        limit = options.get('max_growth')
        self.limit = None if limit is None else size_bytes(limit, 'max_growth')
        cycles = options.get('no_cycles', False)
        # True is an int: none is allowed. A number says how many objects are.
        self.garbage_limit = None if cycles is False else 0 if cycles is True else int(cycles)
        self.warmup = int(options.get('warmup', 0))
        self.dumping = options.get('dump', True) and not item.config.getoption('--no-heapsnap-dumps')
        self.paths = []
        self.problems = []
        self.was_enabled = True
        self.traced_here = False

    def path(self, moment):
        folder = self.item.config.getoption('--heapsnap-dir') or self.item.config.getini('heapsnap_dir')
        folder = os.path.join(str(self.item.config.invocation_dir if not hasattr(
            self.item.config, 'invocation_params') else self.item.config.invocation_params.dir), folder)
        os.makedirs(folder, exist_ok=True)
        name = re.sub(r'[^A-Za-z0-9_.]+', '-', self.item.nodeid.replace('.py::', '-')).strip('-')
        return os.path.join(folder, '%s-%s.jsonl.gz' % (name[-120:], moment))

    def dump(self, moment):
        if not self.dumping:
            return
        from . import dump
        try:
            path = self.path(moment)
            dump(path, label=moment, tags={'test': self.item.nodeid})
            self.paths.append(path)
        except Exception as error:
            self.item.warn(pytest.PytestWarning('heapsnap: no dump: %s' % error))

    def begin(self):
        self.was_enabled = gc.isenabled()
        for _ in range(self.warmup):
            names = self.item._fixtureinfo.argnames
            self.item.obj(**dict((name, self.item.funcargs[name]) for name in names))
        gc.collect()
        self.dump('before')
        if self.limit is not None:
            import tracemalloc
            self.traced_here = not tracemalloc.is_tracing()
            if self.traced_here:
                tracemalloc.start(1)
            self.before = tracemalloc.take_snapshot()
            gc.collect()
            self.before_bytes = tracemalloc.get_traced_memory()[0]
        if self.garbage_limit is not None:
            gc.disable()                  # a collection during the test would hide what it leaves

    def end(self, failed):
        """After the test's own code; garbage first, since looking for growth frees it."""
        garbage = None
        try:
            if not failed and self.garbage_limit is not None:
                # The dump has to be made while the garbage is there, so before it is counted.
                self.dump('after')
                garbage = self.count_garbage()
            if not failed and self.limit is not None:
                self.check_growth()
        finally:
            if self.was_enabled:
                gc.enable()
            self.stop_tracing()
        if failed or self.problems:
            if not garbage or failed:
                self.dump('after')
        elif self.paths:
            self.forget()

    def count_garbage(self):
        flags, kept = gc.get_debug(), len(gc.garbage)
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            gc.collect()
            found = gc.garbage[kept:]
            del gc.garbage[kept:]
        finally:
            gc.set_debug(flags)
        counts = {}
        for o in found:
            name = '%s.%s' % (type(o).__module__, type(o).__qualname__)
            counts[name] = counts.get(name, 0) + 1
        number = len(found)
        del found, flags
        o = None
        gc.collect()
        if number > self.garbage_limit:
            rows = sorted(counts.items(), key=lambda item: (item[0].startswith('builtins.'), -item[1], item[0]))
            self.problems.append('%d objects were left in reference cycles (at most %d): %s' % (
                number, self.garbage_limit, ', '.join('%s x%d' % row for row in rows[:_TYPES_NAMED])))
        return number

    def check_growth(self):
        import tracemalloc
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - self.before_bytes
        if grown <= self.limit:
            return
        after = tracemalloc.take_snapshot()
        ours = os.path.dirname(os.path.abspath(__file__))
        hidden = (tracemalloc.Filter(False, os.path.join(ours, '*')),
                  tracemalloc.Filter(False, tracemalloc.__file__))
        rows = after.filter_traces(hidden).compare_to(self.before.filter_traces(hidden), 'lineno')
        self.problems.append('%d bytes were left behind (at most %d):' % (grown, self.limit))
        for row in rows[:_LINES_NAMED]:
            if row.size_diff > 0:
                frame = row.traceback[0]
                self.problems.append('    %s:%d  +%d bytes, +%d blocks' % (
                    frame.filename, frame.lineno, row.size_diff, row.count_diff))

    def stop_tracing(self):
        self.before = None
        if self.traced_here:
            import tracemalloc
            tracemalloc.stop()

    def forget(self):
        for path in self.paths:
            os.unlink(path)
        folder = os.path.dirname(self.paths[0])
        try:
            os.rmdir(folder)              # if it was made for this
        except OSError:
            pass

    def message(self):
        lines = list(self.problems)
        if len(self.paths) == 2:
            lines.append('why: snapdiff --why %s %s' % tuple(map(os.path.relpath, self.paths)))
            if self.garbage_limit is not None:
                lines.append('cycles: cyclefind %s --kind garbage' % os.path.relpath(self.paths[1]))
        return 'heapsnap: ' + '\n'.join(lines)


@pytest.hookimpl(hookwrapper=True, trylast=True)
def pytest_pyfunc_call(pyfuncitem):
    mark = pyfuncitem.get_closest_marker(MARK)
    if mark is None:
        yield
        return
    measure = Measure(pyfuncitem, mark)
    measure.begin()
    outcome = yield
    measure.end(outcome.excinfo is not None)
    if measure.problems:
        pyfuncitem._heapsnap_message = measure.message()


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item):
    """After the test has run and passed; a hook that raises around it would not be read everywhere."""
    message = getattr(item, '_heapsnap_message', None)
    if message:
        item._heapsnap_message = None
        pytest.fail(message, pytrace=False)
