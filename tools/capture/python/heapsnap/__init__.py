# SPDX-License-Identifier: MIT
"""Snapshots of the Python heap: heapsnap.dump('a.jsonl.gz'). See docs/capture.md.

In a service: heapsnap.install('/var/tmp/heap'), see docs/capture-services.md. What that needs is
imported when it is called.
"""
from ._dump import dump

__all__ = ['dump', 'install', 'uninstall', 'capture']
__version__ = '0.1.0'


def install(directory, **options):
    """Dump this process into `directory` when it is asked to. Call it in the main thread.

    signal=SIGUSR2: dump when it comes; None for no signal.
    every: dump each '15min', '6h', or number of seconds.
    on_rss_over: dump when resident memory passes '2GiB', '80%' of the container's (else the machine's)
        memory, or a number of bytes; again when it has grown by a quarter, or fell by a tenth below
        the limit and passed it once more, but not within cool_down='10min'; looked at each interval=5 s.
    max_files=20, max_bytes: the oldest dumps in the directory, of all processes, are removed beyond.
    label, tags: the service's name and more, for the files' names and first lines.
    fork=True: a child writes; the service stops for some milliseconds only.
    gzip=True, collect=False, values=False: as in dump().
    tracemalloc=False: also write tracemalloc's snapshot while it traces.
    pauses=True: record how long the collector stops the process, for the facts of each dump.
    series=False: append time,value lines of the RSS to a file.
    at_exit=False: dump when the interpreter ends.
    Raises TypeError or ValueError for wrong arguments. What goes wrong later is logged ('heapsnap').
    A second call replaces the first.
    """
    from .service import install as work
    work(directory, **options)


def uninstall():
    """Undo install(): handler, thread and callbacks are as before."""
    from .service import uninstall as work
    work()


def capture(label='asked', tags=None, wait=None):
    """Ask the installed service for a dump. With wait, seconds, returns its path, else None at once."""
    from .service import capture as work
    return work(label, tags, wait)
