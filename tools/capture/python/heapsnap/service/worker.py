# SPDX-License-Identifier: MIT
"""The thread that dumps: asked by a signal, a timer, the RSS watch or a call; one dump at a time.

A signal handler runs between any two instructions of the main thread, which may hold any lock; it only
writes a byte to a pipe. The thread sleeps on that pipe until the next time that something is due. All
that goes wrong is logged, once a kind and minute, and the service goes on.

A forked process has no thread but the one that forked. From 3.7 on a hook starts a new one there; on
3.6 the first signal does, or install() called again.
"""
import collections
import logging
import os
import platform
import select
import signal as signals
import sys
import threading
import time
import _thread

from .. import _dump
from . import files
from . import pauses
from . import rss
from . import units

log = logging.getLogger('heapsnap')

_CHILD_TIMEOUT_S = 900                    # a writing child that takes longer is killed
_HYSTERESIS = 0.9                         # the watch is armed again below this part of its limit
_STEP = 1.25                              # ... or fires again when the RSS has grown by this since
_LOG_EVERY_S = 60
_LONGEST_SLEEP_S = 60                     # even if nothing is due: the pipe may have been lost
_SERIES_BYTES = 8 << 20                   # of time,value lines, then the file is put aside once
_HOST = platform.node()


class Request(object):
    """A dump that is wanted, and what became of it."""

    __slots__ = ('label', 'tags', 'done', 'path')

    def __init__(self, label, tags):
        self.label = label
        self.tags = tags
        self.path = None
        self.done = _thread.allocate_lock()
        self.done.acquire()


class Service(object):
    """What install() sets up. `options` is service.Options."""

    def __init__(self, options):
        self.options = options
        self.pid = 0
        self.closing = False
        self.wanted = collections.deque()
        self.signalled = False            # beside the byte, which a lost pipe may swallow
        self.previous = None              # the handler that was there before ours
        self.handling = False
        self.ends = ()                    # of a pipe: the thread sleeps on the first
        self.inode = 0
        self.thread = None
        self.limit = options.rss_limit
        self.last_rss_dump = None
        self.logged = {}

    # Start and stop

    def start(self):
        """In the process that calls install(), or in a forked child of it."""
        self.pid = os.getpid()
        self.open_pipe()
        self.busy = _thread.allocate_lock()
        self.wanted.clear()
        self.limit = self.options.rss_limit
        self.last_rss_dump = None
        if self.options.pauses:
            pauses.start()
        self.thread = threading.Thread(target=self.run, args=(self.pid,), name='heapsnap')
        self.thread.daemon = True
        self.thread.start()

    def open_pipe(self):
        """A new one; the one before is a parent's, which has its own ends, or was closed by others."""
        self.close_pipe()
        self.ends = os.pipe()
        for fd in self.ends:
            os.set_blocking(fd, False)
        self.inode = os.fstat(self.ends[0]).st_ino

    def close_pipe(self):
        for fd in self.ends:
            if _inode(fd) == self.inode:
                os.close(fd)
        self.ends = ()

    def handle(self):
        """Take the signal; only a main thread may."""
        number = self.options.signal
        if not number:
            return
        try:
            before = signals.signal(number, self.on_signal)
        except (ValueError, OSError, RuntimeError) as error:
            log.warning('no dump on signal %d: %s', number, error)
            return
        if not self.handling:
            # Ours of an earlier installation is not called again.
            owner = getattr(before, '__self__', None)
            self.previous = owner.previous if isinstance(owner, Service) else before
        self.handling = True

    def stop(self):
        """Undo start() and handle(), in the process that did it."""
        self.closing = True
        if self.handling and signals.getsignal(self.options.signal) == self.on_signal:
            try:
                signals.signal(self.options.signal, self.previous or signals.SIG_DFL)
            except (ValueError, TypeError) as error:
                log.warning('signal %d stays handled: %s', self.options.signal, error)
        if self.options.pauses:
            pauses.stop()
        if self.pid != os.getpid():
            return
        self.wake()
        if self.thread is not None and self.thread is not threading.current_thread():
            self.thread.join(5)
            if not self.thread.is_alive():
                self.close_pipe()

    def on_signal(self, number, frame):
        """Runs in the main thread at any moment: no locks, no logging."""
        if self.pid != os.getpid():
            # A forked child of 3.6. Its thread must not be started by threading, which takes locks.
            self.pid = os.getpid()
            self.open_pipe()
            self.busy = _thread.allocate_lock()
            _thread.start_new_thread(self.run, (self.pid,))
        self.signalled = True
        self.wake()
        if callable(self.previous):
            self.previous(number, frame)

    def wake(self):
        try:
            if _inode(self.ends[1]) == self.inode:
                os.write(self.ends[1], b'w')
        except (OSError, IndexError):
            pass                          # the pipe is full: the thread will wake anyway

    # The thread

    def run(self, pid):
        poll, pipe = None, -1
        now = time.monotonic()
        due = {'timer': now + self.options.every + _spread(pid, self.options.every)
               if self.options.every else None,
               'watch': now if self.options.rss_limit or self.options.series else None}
        while not self.closing and self.pid == pid:
            times = [at for at in due.values() if at is not None]
            wait = min([at - time.monotonic() for at in times] + [_LONGEST_SLEEP_S])
            try:
                if _inode(pipe) != self.inode:
                    # A service that becomes a daemon closes all descriptors that it knows nothing of.
                    if _inode(self.ends[0]) != self.inode:
                        self.open_pipe()
                    poll, pipe = select.poll(), self.ends[0]
                    poll.register(pipe, select.POLLIN)
                poll.poll(max(0, int(wait * 1000) + 1))
                _drain(pipe)
                self.turn(due)
            except Exception as error:
                self.complain('watching', error)
                time.sleep(1)

    def turn(self, due):
        """Do what is due or asked for."""
        if self.closing:
            return
        if self.signalled:
            self.signalled = False
            self.dump(Request('signal', ()))
        while self.wanted:
            self.dump(self.wanted.popleft())
        now = time.monotonic()
        if due['timer'] is not None and now >= due['timer']:
            # Behind time after a stop or a long dump: not several at once.
            due['timer'] = max(due['timer'] + self.options.every, now + 1)
            self.dump(Request('timer', ()))
        if due['watch'] is not None and now >= due['watch']:
            due['watch'] = now + self.options.interval
            self.watch(now)

    def watch(self, now):
        occupied = rss.rss_bytes()
        if self.options.series:
            self.write_series(occupied)
        if not self.options.rss_limit or not occupied:
            return
        if occupied < self.options.rss_limit * _HYSTERESIS:
            self.limit = self.options.rss_limit
        if occupied <= self.limit:
            return
        if self.last_rss_dump is not None and now - self.last_rss_dump < self.options.cool_down:
            return
        self.last_rss_dump = now
        self.limit = int(occupied * _STEP)
        self.dump(Request('rss', (('rss_mb', '%d' % (occupied // 10 ** 6)),)))

    def write_series(self, occupied):
        path = os.path.join(self.options.directory,
                            'rss-%s-%d.csv' % (files.fit(_HOST or 'localhost'), self.pid))
        try:
            os.makedirs(self.options.directory, 0o700, exist_ok=True)
            with open(path, 'a') as file:
                if file.tell() == 0:
                    file.write('time,value\n')
                elif file.tell() > _SERIES_BYTES:
                    os.rename(path, path[:-4] + '.1.csv')
                file.write('%.3f,%d\n' % (time.time(), occupied))
        except OSError as error:
            self.complain(path, error)

    # Dumps

    def ask(self, label, tags):
        """A dump by the thread; the caller may wait for request.done."""
        request = Request(label, tags)
        if self.pid != os.getpid() or self.closing or len(self.wanted) >= 4:
            request.done.release()        # a fork of 3.6, the end, or too many at once
            return request
        self.wanted.append(request)
        self.wake()
        return request

    def dump(self, request, fork=None):
        """One dump, or none while another is running. Never raises. Returns its path or None."""
        if not self.busy.acquire(False):
            request.done.release()
            return None
        try:
            self.write(request, self.options.fork if fork is None else fork)
        except Exception as error:
            self.complain('dump', error)
        finally:
            self.busy.release()
            request.done.release()
        return request.path

    def write(self, request, fork):
        options = self.options
        os.makedirs(options.directory, 0o700, exist_ok=True)
        now = time.time()
        tags = dict(options.tags, reason=request.label)
        tags.update(request.tags)
        # A store wants each label once: the time and the process are in it.
        label = files.stem(now, _HOST, os.getpid(), request.label, ())
        stem = os.path.join(options.directory, files.stem(
            now, _HOST, os.getpid(), request.label, list(options.name_tags) + list(request.tags)))
        path = stem + ('.jsonl.gz' if options.gzip else '.jsonl')
        if fork and rss.rss_bytes() > units.memory_left_bytes():
            # A child that writes comes to need as much memory as its parent: see docs.
            log.warning('%s: written without a child, for which there is no memory', request.label)
            fork = False
        began = time.perf_counter()
        if options.tracemalloc:
            self.write_tracemalloc(stem + '.tracemalloc')
        pid = _dump.dump(path, collect=options.collect, values=options.values, fork=fork,
                         label=label, tags=tags)
        stopped = time.perf_counter() - began
        if pid and not self.wait(pid, path):
            self.discard(stem)
            return
        request.path = path
        log.info('%s: %s (caller stopped for %.0f ms, done after %.1f s)', request.label, path,
                 stopped * 1000, time.perf_counter() - began)
        files.rotate(options.directory, options.max_files, options.max_bytes, _HOST)

    def write_tracemalloc(self, path):
        tracemalloc = sys.modules.get('tracemalloc')
        if tracemalloc is None:
            if '_tracemalloc' not in sys.modules:
                return
            import tracemalloc
        if tracemalloc.is_tracing():
            temporary = '%s.tmp-%d' % (path, os.getpid())
            # Only the owner may read it, as the dump itself.
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            tracemalloc.take_snapshot().dump(temporary)
            os.rename(temporary, path)

    def wait(self, pid, path):
        """Until the child has written the file. The service may reap it before we do."""
        end = time.monotonic() + _CHILD_TIMEOUT_S
        pause = 0.002
        while time.monotonic() < end:
            try:
                done, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                return os.path.exists(path)         # it has ended, and somebody else was told
            if done:
                if status:
                    self.complain('dump', 'the child that writes it ended with status %d' % status)
                return not status
            time.sleep(pause)
            pause = min(pause * 1.5, 0.1)
        self.complain('dump', 'the child that writes it took too long')
        try:
            os.kill(pid, signals.SIGKILL)
            os.waitpid(pid, 0)
        except OSError:
            pass
        return False

    def discard(self, stem):
        """What a child that died, or a dump that failed, has left."""
        directory, name = os.path.split(stem)
        for left in os.listdir(directory):
            if left.startswith(name + '.'):
                try:
                    os.unlink(os.path.join(directory, left))
                except OSError:
                    pass

    def complain(self, what, error):
        """Log, but not the same again within a minute: a full disk must not fill the log."""
        now = time.monotonic()
        kind = (what, str(error))
        if now - self.logged.get(kind, now - _LOG_EVERY_S) >= _LOG_EVERY_S:
            if len(self.logged) > 50:
                self.logged.clear()
            self.logged[kind] = now
            log.error('%s: %s', what, error)


def _spread(pid, every):
    """Workers that started together do not dump together: up to a tenth of the interval."""
    return pid * 0.6180339887 % 1 * min(every * 0.1, 60)


def _drain(fd):
    try:
        while len(os.read(fd, 4096)) == 4096:
            pass
    except OSError:
        pass


def _inode(fd):
    try:
        return os.fstat(fd).st_ino
    except OSError:
        return -1
