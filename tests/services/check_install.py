# SPDX-License-Identifier: MIT
"""heapsnap.install(): when it dumps, what the files are called, how many stay, what it survives."""
import gc
import gzip
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time

import heapsnap
from heapsnap import _dump, service
from heapsnap.service import files, pauses, rss, units, worker
from servicelib import MEGABYTE, PACKAGE, Folder, Skip, dumps, header, until

LOGGED = []


class _Handler(logging.Handler):
    def emit(self, record):
        LOGGED.append(record.getMessage())


logging.getLogger('heapsnap').addHandler(_Handler())
logging.getLogger('heapsnap').propagate = False


class Quick(object):
    """Stands in for the capture where a test asks when and not what is dumped."""

    @staticmethod
    def dump(path, fork=False, label=None, tags=None, **options):
        opened = gzip.open if path.endswith('.gz') else open
        with opened(path + '.tmp', 'wb') as file:
            first = {'heapsnap': 1, 'pid': os.getpid(), 'label': label, 'tags': tags}
            file.write((json.dumps(first) + '\n{"end":1}\n').encode())
        os.rename(path + '.tmp', path)


class Installed(object):
    """A folder, and heapsnap.install() into it for the time of a with block."""

    def __init__(self, whole=False, **options):
        worker._dump = _dump if whole else Quick
        self.options = options
        self.folder = Folder()

    def __enter__(self):
        path = self.folder.__enter__()
        del LOGGED[:]
        heapsnap.install(path, **self.options)
        return path

    def __exit__(self, *exception):
        heapsnap.uninstall()
        worker._dump = _dump
        self.folder.__exit__()


def test_a_signal_writes_a_dump_with_its_name_and_tags():
    with Installed(whole=True, label='shop', tags={'env': 'a/b'}) as folder:
        os.kill(os.getpid(), signal.SIGUSR2)
        assert until(lambda: dumps(folder)), LOGGED
        path = dumps(folder)[0]
        name = os.path.basename(path)
        assert re.match(r'\d{8}T\d{6}\.\d{3}Z-[A-Za-z0-9._]+-%d-signal-service=shop-env=a_b\.jsonl\.gz$'
                        % os.getpid(), name), name
        first = header(path)
        assert name.startswith(first['label'] + '-') and first['pid'] == os.getpid()
        assert first['tags'] == {'service': 'shop', 'env': 'a/b', 'reason': 'signal'}
        assert os.stat(path).st_mode & 0o77 == 0


def test_signals_during_a_dump_give_one_more():
    with Installed() as folder:
        for _ in range(50):
            os.kill(os.getpid(), signal.SIGUSR2)
            time.sleep(0.001)
        assert until(lambda: len(dumps(folder)) >= 1)
        time.sleep(0.5)
        assert 1 <= len(dumps(folder)) <= 25, dumps(folder)
        assert not [name for name in os.listdir(folder) if '.tmp-' in name]


def test_the_handler_that_was_there_is_called_too_and_comes_back():
    called = []

    def mine(number, frame):
        called.append(number)
    signal.signal(signal.SIGUSR2, mine)
    try:
        with Installed() as folder:
            heapsnap.install(folder)                     # again: ours is not called twice
            os.kill(os.getpid(), signal.SIGUSR2)
            assert until(lambda: dumps(folder))
        assert called == [signal.SIGUSR2]
        assert signal.getsignal(signal.SIGUSR2) is mine
    finally:
        signal.signal(signal.SIGUSR2, signal.SIG_DFL)


def test_the_handler_takes_no_lock():
    """The main thread may be interrupted anywhere, with logging's or threading's lock held."""
    with Installed() as folder:
        handler = signal.getsignal(signal.SIGUSR2)
        with threading._active_limbo_lock:
            handler(signal.SIGUSR2, None)
        logging._acquireLock() if hasattr(logging, '_acquireLock') else None
        try:
            handler(signal.SIGUSR2, None)
        finally:
            logging._releaseLock() if hasattr(logging, '_releaseLock') else None
        assert until(lambda: dumps(folder))


def test_a_call_from_any_thread_gets_the_path():
    with Installed() as folder:
        found = []
        thread = threading.Thread(target=lambda: found.append(
            heapsnap.capture('mine', {'task': 'send mail'}, wait=30)))
        thread.start()
        thread.join()
        assert found and found[0] in dumps(folder), (found, LOGGED)
        assert '-mine-task=send_mail.' in found[0]
        assert header(found[0])['tags'] == {'task': 'send mail', 'reason': 'mine'}


def test_without_install_a_call_is_logged_only():
    del LOGGED[:]
    assert heapsnap.capture(wait=1) is None
    assert 'install' in LOGGED[0]
    heapsnap.uninstall()


def test_in_a_thread_the_signal_is_left_alone():
    with Folder() as folder:
        thread = threading.Thread(target=heapsnap.install, args=(folder,))
        del LOGGED[:]
        thread.start()
        thread.join()
        try:
            assert 'main thread' in LOGGED[0]
            assert signal.getsignal(signal.SIGUSR2) == signal.SIG_DFL
            assert heapsnap.capture(wait=30)
        finally:
            heapsnap.uninstall()


def test_the_timer_dumps_and_old_files_go():
    with Installed(every=1, max_files=2, gzip=False) as folder:
        os.mkdir(os.path.join(folder, 'other.jsonl'))    # not ours: stays
        for _ in range(3):
            heapsnap.capture('first', wait=30)
        assert until(lambda: [path for path in dumps(folder, '-timer')])
        assert until(lambda: len(dumps(folder, 'Z-')) == 2), os.listdir(folder)
        assert os.path.isdir(os.path.join(folder, 'other.jsonl'))


class Occupied(object):
    """Resident memory as a test wants it."""

    def __init__(self, value):
        self.value = value

    def __enter__(self):
        worker.rss.rss_bytes, self.real = lambda: self.value, worker.rss.rss_bytes
        return self

    def __exit__(self, *exception):
        worker.rss.rss_bytes = self.real


def test_rss_over_a_limit_dumps_once_and_is_armed_again():
    with Occupied(90) as occupied:
        with Installed(on_rss_over=100, interval=0.05, cool_down=0) as folder:
            for value, count in ((90, 0), (101, 1), (125, 1), (127, 2),     # a quarter more: 126.25
                                 (101, 2), (150, 2), (89, 2), (101, 3)):    # below 90: armed again
                occupied.value = value
                time.sleep(0.2)
                assert until(lambda: len(dumps(folder)) == count, 5), (value, count, dumps(folder))


def test_resident_memory_is_read():
    before = rss.rss_bytes()
    kept = bytearray(b'x') * (60 * MEGABYTE)
    assert 30 * MEGABYTE < rss.rss_bytes() - before < 90 * MEGABYTE
    del kept


def test_no_child_where_memory_is_short():
    """The child would need as much as the parent, and might end both."""
    forked = []

    class Told(Quick):
        @staticmethod
        def dump(path, fork=False, **options):
            forked.append(fork)
            return Quick.dump(path, **options)
    assert 0 < units.memory_left_bytes() < 1 << 62
    real = units.memory_left_bytes
    with Installed() as folder:
        worker._dump = Told
        try:
            for left in (1 << 40, 1 << 20):
                units.memory_left_bytes = lambda: left
                assert heapsnap.capture(wait=30), LOGGED
                time.sleep(0.01)                         # another name
        finally:
            units.memory_left_bytes = real
        assert forked == [True, False] and len(dumps(folder)) == 2
        assert 'no memory' in LOGGED[0]


def test_a_cool_down_keeps_dumps_apart():
    with Installed(on_rss_over=1, interval=0.05, cool_down=3600) as folder:
        assert until(lambda: dumps(folder))
        service.current().limit = 1
        time.sleep(0.3)
        assert len(dumps(folder)) == 1


def test_rotation_is_whole_or_nothing():
    with Folder() as folder:
        stems = ['2026112%dT000000.000Z-h-%d-x' % (day, day) for day in range(5)]
        for stem in stems:
            for ending in ('.jsonl.gz', '.tracemalloc'):
                with open(os.path.join(folder, stem + ending), 'wb') as file:
                    file.write(b'1' * 100)
        keep = ['notes.jsonl.gz', '20261120T000000.000Z.jsonl']
        for name in keep + ['20261120T000000.000Z-h-9-x.jsonl.gz.tmp-999999999']:
            open(os.path.join(folder, name), 'w').close()
        os.utime(os.path.join(folder, '20261120T000000.000Z-h-9-x.jsonl.gz.tmp-999999999'), (1, 1))
        for pid in range(9):
            open(os.path.join(folder, 'rss-h-%d.csv' % pid), 'w').close()
            os.utime(os.path.join(folder, 'rss-h-%d.csv' % pid), (pid, pid))
        assert files.rotate(folder, 3, None, 'h') == 2
        keep += ['rss-h-%d.csv' % pid for pid in range(3, 9)]
        assert sorted(os.listdir(folder)) == sorted(
            [stem + ending for stem in stems[2:] for ending in ('.jsonl.gz', '.tracemalloc')] + keep)
        assert files.rotate(folder, None, 450, 'h') == 1
        assert files.rotate(folder, None, 1, 'h') == 1   # the newest stays
        assert len(os.listdir(folder)) == 2 + len(keep)


def test_a_forked_child_dumps_itself():
    with Installed(whole=True, fork=True) as folder:
        child = os.fork()
        if not child:
            try:
                until(lambda: service.current().pid == os.getpid(), 0.5)
                os.kill(os.getpid(), signal.SIGUSR2)
                until(lambda: dumps(folder, '-%d-' % os.getpid()))
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert len(dumps(folder, '-%d-signal' % child)) == 1, (os.listdir(folder), LOGGED)
        assert header(dumps(folder)[0])['pid'] == child
        assert heapsnap.capture(wait=30), LOGGED         # the parent's goes on
        assert len(os.listdir('/proc/self/fd')) < 40


def test_the_child_that_writes_has_no_thread_of_ours():
    with Installed(whole=True) as folder:
        before = threading.active_count()
        path = os.path.join(folder, 'own.jsonl')
        os.waitpid(heapsnap.dump(path, fork=True), 0)
        assert threading.active_count() == before
        roots = [line for line in __import__('servicelib').lines(path) if 'root' in line]
        waiting = [root for root in roots if root.get('thread') == 'heapsnap']
        assert waiting, 'the thread of the service is shown'


def test_what_fails_is_logged_and_the_service_goes_on():
    with Folder() as outer:
        path = os.path.join(outer, 'file', 'folder')
        with open(os.path.join(outer, 'file'), 'w'):
            pass
        del LOGGED[:]
        heapsnap.install(path)
        try:
            assert heapsnap.capture(wait=10) is None
            assert heapsnap.capture(wait=10) is None
            assert len(LOGGED) == 2, LOGGED              # once at install, once a minute for dumps
            os.unlink(os.path.join(outer, 'file'))
            assert heapsnap.capture(wait=30)
        finally:
            heapsnap.uninstall()


def test_a_service_that_closes_all_descriptors():
    with Installed(interval=0.1, series=True) as folder:
        assert until(lambda: rss._fd >= 0)
        for fd in service.current().ends + (rss._fd,):
            os.close(fd)
        assert until(lambda: heapsnap.capture(wait=3), 20), LOGGED
        os.kill(os.getpid(), signal.SIGUSR2)
        assert until(lambda: dumps(folder, '-signal')), LOGGED


def test_a_child_reaped_by_others_is_no_failure():
    real = os.waitpid

    def stolen(pid, options):
        if threading.current_thread().name == 'heapsnap' and pid > 0:
            real(pid, 0)
            raise ChildProcessError('No child processes')
        return real(pid, options)
    with Installed(whole=True) as folder:
        os.waitpid = stolen
        try:
            path = heapsnap.capture(wait=30)
        finally:
            os.waitpid = real
        assert path and dumps(folder) == [path], LOGGED


def test_pauses_of_the_collector_are_facts():
    with Installed(whole=True, fork=False) as folder:
        for generation in (0, 1, 2):
            gc.collect(generation)
        facts = header(heapsnap.capture(wait=30))['facts']
        for generation in (0, 1, 2):
            assert facts['gc.pause.%d.count' % generation] >= 1
        total = sum(facts['gc.pause.%d.total_ns' % n] for n in range(3))
        assert facts['gc.pause.total_ns'] == total > 0
        assert facts['gc.pause.longest_ns'] == max(facts['gc.pause.%d.longest_ns' % n] for n in range(3))
        assert 0 < facts['gc.pause.since_unix_ms'] <= facts['gc.pause.longest_at_unix_ms']
        assert folder
    assert pauses._on_collection not in gc.callbacks
    assert not __import__('heapsnap._facts')._facts.more


def test_tracemalloc_beside_the_dump():
    import tracemalloc
    tracemalloc.start()
    try:
        with Installed(tracemalloc=True, max_files=1) as folder:
            heapsnap.capture(wait=60)
            path = heapsnap.capture(wait=60)
            names = sorted(os.listdir(folder))
            stem = os.path.basename(path)[:-len('.jsonl.gz')]
            assert names == [stem + '.jsonl.gz', stem + '.tracemalloc'], names
            assert tracemalloc.Snapshot.load(os.path.join(folder, names[1])).traces
    finally:
        tracemalloc.stop()


def test_a_series_of_rss():
    with Installed(series=True, interval=0.05) as folder:
        def rows():
            found = [name for name in os.listdir(folder) if name.startswith('rss-')]
            return found and open(os.path.join(folder, found[0])).read().split('\n')
        assert until(lambda: rows() and len(rows()) > 4)
        assert rows()[0] == 'time,value'
        moment, value = rows()[1].split(',')
        assert abs(float(moment) - time.time()) < 60 and int(value) > MEGABYTE


def test_sizes_and_times():
    assert units.size_bytes('500MB') == 500 * 10 ** 6
    assert units.size_bytes('1.5 GiB') == 3 << 29
    assert units.size_bytes('64k') == 65536 and units.size_bytes(7) == 7
    assert 0 < units.size_bytes('50%') == int(units.memory_limit_bytes() / 2)
    assert units.seconds('15min') == 900 and units.seconds(0.5) == 0.5 and units.seconds('1d') == 86400
    for wrong in ('', 'GB', '5 apples', '-1', '1e9'):
        for read in (units.size_bytes, units.seconds):
            try:
                read(wrong)
            except ValueError:
                continue
            raise AssertionError('%r was read' % wrong)


def test_wrong_arguments_are_said_at_once():
    for options, error in (({'every': 'often'}, ValueError), ({'on_rss_over': []}, TypeError),
                           ({'tags': {'a': 1}}, TypeError), ({'nonsense': 1}, TypeError)):
        try:
            heapsnap.install('/tmp', **options)
        except error:
            assert service.current() is None
            continue
        raise AssertionError(options)


def test_at_exit():
    with Folder() as folder:
        subprocess.check_call([sys.executable, '-B', '-c', 'import sys, heapsnap;'
                               'heapsnap.install(sys.argv[1], at_exit=True)', folder],
                              env=dict(os.environ, PYTHONPATH=PACKAGE), timeout=60)
        assert len(dumps(folder, '-exit')) == 1
        assert header(dumps(folder)[0])['tags'] == {'reason': 'exit'}


def test_importing_heapsnap_imports_little():
    asked = subprocess.check_output(
        [sys.executable, '-B', '-c', 'import sys, heapsnap; print(" ".join(sys.modules))'],
        env=dict(os.environ, PYTHONPATH=PACKAGE)).decode().split()
    for name in ('logging', 'heapsnap.service', 'tracemalloc', 'json', 'hmac'):
        assert name not in asked, name


def test_no_file_is_left_when_the_child_dies():
    with Installed(whole=True) as folder:
        real = _dump._write

        def die(*arguments):
            os.kill(os.getpid(), signal.SIGKILL)
        _dump._write = die
        try:
            if heapsnap._dump._accelerated.available():
                raise Skip('the accelerator writes in C')
            assert heapsnap.capture(wait=30) is None
        finally:
            _dump._write = real
        assert os.listdir(folder) == [] and 'status 9' in LOGGED[-1], (os.listdir(folder), LOGGED)
