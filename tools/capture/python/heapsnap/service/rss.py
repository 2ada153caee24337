# SPDX-License-Identifier: MIT
"""Resident memory of this process, quickly: one pread of a file that stays open.

/proc/self is the process that opened it, so a forked child opens its own. A service that turns itself
into a daemon may close descriptors that are not its own; what is read is checked for its form, and
opened anew when it has another.
"""
import os

_PATH = '/proc/self/statm'
_FIELDS = 7
_PAGE = os.sysconf('SC_PAGE_SIZE') if hasattr(os, 'sysconf') else 4096
_fd = -1
_pid = 0


def _open():
    global _fd, _pid
    # The old descriptor may be somebody else's by now: it is not closed unless it is known to be ours.
    _pid = os.getpid()
    try:
        _fd = os.open(_PATH, os.O_RDONLY | getattr(os, 'O_CLOEXEC', 0))
    except OSError:
        _fd = -1


def rss_bytes():
    """Resident bytes now; 0 where the system does not say. About two microseconds."""
    global _fd
    if _pid != os.getpid():
        inherited = _fd
        _open()
        if inherited > 2 and _is_statm(inherited):
            os.close(inherited)
    for _ in (1, 2):
        if _fd < 0:
            return 0
        try:
            fields = os.pread(_fd, 128, 0).split()
            if len(fields) == _FIELDS:
                return int(fields[1]) * _PAGE
        except (OSError, ValueError):
            pass
        _open()
    return 0


def _is_statm(fd):
    try:
        return os.readlink('/proc/self/fd/%d' % fd).endswith('/statm')
    except OSError:
        return False
