# SPDX-License-Identifier: MIT
"""Celery workers: heapsnap.celery.install('/var/tmp/heap', sample=0.1, every='6h').

Call it where the application is made. Each process of a prefork pool dumps itself: on the signal, by the
timer, when its memory passes the limit, after a task that added more than dump_over, and (at_end) when the
pool retires it, as max_tasks_per_child makes it do. Files are called by pid and the last task.

The signal is SIGURG and not SIGUSR2, which a pool process takes for an order to end (billiard sets its
handlers after all hooks); a process without a handler ignores SIGURG.
"""
import signal as numbers

from celery import signals

from . import install as install_here
from . import service
from .service.meter import Meter
from .service.rss import rss_bytes

_state = {'meter': None, 'options': None, 'task': '', 'left': 0, 'before': {}, 'at_end': False}


def install(directory, sample=0.1, dump_over=None, cool_down=600, at_end=True,
            signal=numbers.SIGURG, **options):
    """options: of heapsnap.install(). at_end: dump when a pool process ends; it waits for that."""
    _state.update(meter=Meter('task', sample, dump_over, cool_down), at_end=at_end,
                  options=dict(options, directory=directory, signal=signal))
    _state['left'] = _state['meter'].gap()
    for event, receiver in _RECEIVERS:
        event.connect(receiver, weak=False, dispatch_uid='heapsnap.' + receiver.__name__)


def _pool_process_started(**_):
    """In a process of a prefork pool."""
    _begin()


def _worker_ready(sender=None, **_):
    """In the worker itself: it runs the tasks where the pool is of threads or has no processes."""
    if not getattr(getattr(sender, 'pool', None), 'uses_semaphore', True):
        _begin()


def _begin():
    try:
        install_here(**_state['options'])
    except Exception as error:
        service.log.error('no dumps of this worker: %s', error)


def _task_began(task_id=None, task=None, **_):
    service.take_signal()                 # SIGUSR2, if it was asked for: now it stays
    _state['task'] = getattr(task, 'name', '') or ''
    _state['left'] -= 1
    if _state['left'] <= 0:
        _state['left'] = _state['meter'].gap()
        _state['before'][task_id] = rss_bytes()


def _task_ended(task_id=None, task=None, **_):
    before = _state['before'].pop(task_id, None)
    if before is not None:
        _state['meter'].finish(getattr(task, 'name', '') or '', before, 'task')


def _pool_process_ends(**_):
    if _state['at_end']:
        service.capture_here('end', (('task', _state['task']),) if _state['task'] else ())
    service.uninstall()


_RECEIVERS = ((signals.worker_process_init, _pool_process_started), (signals.worker_ready, _worker_ready),
              (signals.task_prerun, _task_began), (signals.task_postrun, _task_ended),
              (signals.worker_process_shutdown, _pool_process_ends))
