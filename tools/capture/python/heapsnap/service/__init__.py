# SPDX-License-Identifier: MIT
"""heapsnap.install(): dumps on a signal, by a timer, when memory passes a limit, or when asked.

This package is apart from the capture itself, whose frames are not in a dump: what stands here runs in
the service and is shown like the rest of it.
"""
import atexit
import logging
import os
import signal as signals
import sys
import threading

from .. import _dump
from . import units
from .worker import Request, Service

log = logging.getLogger('heapsnap')
_installed = None                         # the Service
_hooked = False


class Options(object):
    """The checked arguments of install()."""

    def __init__(self, directory, signal=signals.SIGUSR2, every=None, on_rss_over=None,
                 cool_down=600, interval=5, max_files=20, max_bytes=None, label=None, tags=None,
                 fork=True, gzip=True, collect=False, values=False, tracemalloc=False, pauses=True,
                 series=False, at_exit=False):
        self.directory = os.path.abspath(os.fspath(directory))
        self.signal = int(signal) if signal else 0
        self.every = None if every is None else max(1.0, units.seconds(every, 'every'))
        self.rss_limit = None if on_rss_over is None else units.size_bytes(on_rss_over, 'on_rss_over')
        self.cool_down = units.seconds(cool_down, 'cool_down')
        self.interval = max(0.05, units.seconds(interval, 'interval'))
        self.max_files = int(max_files) if max_files else 0
        self.max_bytes = None if max_bytes is None else units.size_bytes(max_bytes, 'max_bytes')
        self.tags = _checked_tags(tags)
        self.name_tags = tuple(sorted(self.tags.items()))
        if label is not None and not isinstance(label, str):
            raise TypeError('label must be a str')
        if label is not None:
            self.tags.setdefault('service', label)
            self.name_tags = (('service', label),) + self.name_tags
        self.fork = bool(fork) and hasattr(os, 'fork')
        self.gzip = bool(gzip)
        self.collect = bool(collect)
        self.values = bool(values)
        self.tracemalloc = bool(tracemalloc)
        self.pauses = bool(pauses)
        self.series = bool(series)
        self.at_exit = bool(at_exit)


def _checked_tags(tags):
    tags = dict(tags or {})
    for name, value in tags.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError('tags must be a dict of str to str')
    return tags


def install(directory, **options):
    """See heapsnap.install()."""
    global _installed, _hooked
    checked = Options(directory, **options)
    uninstall()
    service = Service(checked)
    try:
        os.makedirs(checked.directory, 0o700, exist_ok=True)
    except OSError as error:
        log.error('%s: %s; it is tried again for each dump', checked.directory, error)
    if threading.current_thread() is threading.main_thread():
        service.handle()
    elif checked.signal:
        log.warning('no dump on signal %d: install() was not called by the main thread',
                    checked.signal)
    service.start()
    _installed = service
    if not _hooked:
        _hooked = True
        atexit.register(_at_exit)
        if hasattr(os, 'register_at_fork'):
            os.register_at_fork(after_in_child=_in_child)


def uninstall():
    """Undo install(); without one, nothing."""
    global _installed
    service, _installed = _installed, None
    if service is not None:
        service.stop()


def capture(label='asked', tags=None, wait=None):
    """See heapsnap.capture()."""
    service = _installed
    if service is None:
        log.warning('no dump: heapsnap.install() was not called')
        return None
    request = service.ask(label, tuple(sorted(_checked_tags(tags).items())))
    if wait:
        request.done.acquire(True, wait)
    return request.path


def capture_here(label, tags=()):
    """A dump by this thread, not forked: for a process that is about to end."""
    service = _installed
    if service is None or service.pid != os.getpid():
        return None
    return service.dump(Request(label, tuple(tags)), fork=False)


def current():
    """The installed Service, or None."""
    return _installed


def take_signal():
    """Handle the signal again, if a server took it away after install(). Cheap when it did not."""
    service = _installed
    if service is not None and service.options.signal and signals.getsignal(
            service.options.signal) != service.on_signal and (
                threading.current_thread() is threading.main_thread()):
        service.handle()


def follow_fork():
    """Start in a forked process of which no hook has told: 3.6, and uWSGI without py-call-osafterfork."""
    service = _installed
    if service is not None and service.pid != os.getpid():
        _in_child()


def _in_child():
    """After a fork: its own thread, unless the child is one that writes a dump."""
    service = _installed
    forker = sys._getframe().f_back       # None when C forked, as in uWSGI
    if service is None or forker is not None and forker.f_code is _dump._forked.__code__:
        return
    try:
        service.start()
    except Exception as error:
        log.error('no dumps of the forked process %d: %s', os.getpid(), error)


def _at_exit():
    service = _installed
    if service is not None:
        if service.options.at_exit:
            capture_here('exit')
        uninstall()
